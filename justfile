# The project's habits by name. `.ci/run` calls the same ones.

# What CI does.
ci: fmt-check lint test doc smoke bench-quick

# Formats everything.
fmt:
    cargo fmt --all

fmt-check:
    cargo fmt --all --check

# Clippy, warnings being errors.
lint:
    cargo clippy --workspace --all-targets -- -D warnings

# All tests.
test:
    cargo test --workspace

# The stories through the real program.
e2e:
    cargo test -p e2e

# The documentation of the crates, warnings being errors.
doc:
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps

# The run command of the README, with a few lines piped in.
smoke:
    sh tests/smoke.sh

# Licences, bans and sources of the dependencies (needs cargo-deny).
deny:
    cargo deny check

# The benchmarks, as ratios in one run.
bench:
    cargo bench -p sessionsd

bench-quick:
    cargo bench -p sessionsd -- --quick

# Commands a second on Telegram, times to an answer, a quiet chat beside a flood.
bench-telegram:
    cargo bench -p e2e --bench telegram

bench-telegram-quick:
    cargo bench -p e2e --bench telegram -- --quick

# Interactions a second on Discord, times to their acknowledgement and answer.
bench-discord:
    cargo bench -p e2e --bench discord

# So many kills amid a load on Discord.
kill-discord kills="300":
    KILLS={{kills}} cargo test -p e2e --test discord_kill -- --nocapture

# So many kills amid a load on Telegram, twice: with steady update ids, and with such as start again anywhere.
# KILL_SEED=… tells one of them again.
kill-telegram kills="1000":
    KILLS={{kills}} cargo test -p e2e --test telegram_kill -- --nocapture --test-threads 1

# A backup beside people who talk, a verification, an idle daemon.
bench-operator:
    cargo bench -p e2e --bench operator

# A rotation of the master key over so many sessions, killed ten times.
kill-rotation sessions="10000":
    SESSIONS={{sessions}} cargo test -p e2e --test operator_kill -- --nocapture

# The Debian package (needs cargo-deb).
deb:
    cargo deb -p sessionsd --strip

# What the package installs of manual and completions, and the pictures of the user's guide, written anew.
update:
    SESSIONSD_UPDATE_PACKAGE=1 cargo test -p sessionsd --bin sessionsd what_a_package
    GUIDE_UPDATE=1 cargo test -p e2e --test guide

# The package's life in a clean root, as tests/package/life.py says: ROOT, an older package, the package.
package-life root old new:
    cargo build -p e2e --bin fake-telegram
    python3 tests/package/life.py {{root}} {{old}} {{new}} target/debug/fake-telegram
