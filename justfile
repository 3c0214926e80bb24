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
