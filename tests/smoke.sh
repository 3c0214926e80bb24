#!/bin/sh
# The README's run command, as a new user would type it, with lines piped in and a folder of its own.
set -eu
data=$(mktemp -d)
trap 'rm -rf "$data"' EXIT
said=$(printf '%s\n' 'hello there' '/checkpoint save "first"' '/history clear' '/undo' '/history export' |
    cargo run --release --quiet -- console --data "$data/state")
printf '%s\n' "$said"
for wanted in 'Kept as message 1' 'Saved checkpoint c-' 'Cleared 1 message' 'Took back: /history clear' 'File: '; do
    case "$said" in
        *"$wanted"*) ;;
        *) echo "smoke: “$wanted” is missing" >&2; exit 1 ;;
    esac
done
if grep -rq 'hello there' "$data/state/sessions.db"; then
    echo 'smoke: the text is on disk in clear' >&2
    exit 1
fi
echo 'smoke: ok'
