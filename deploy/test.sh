#!/usr/bin/env bash
# Sets up and runs every test; a skipped one fails. Everything behind the name goes to pytest: deploy/test.sh tests/kit
# What is tested is what was built. Tests that are marked `rewired` change the program from within, which compiled code
# does not let them: they run a second time, from src.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
deploy/setup.sh test
export PATH="$PWD/.venv/bin:$PATH"
NONE_CHOSEN=5
files=() # all, unless some are named

run() { python -m pytest --numprocesses auto --dist worksteal --no-skips "$@"; }

run -m "not rewired" "$@" && built=0 || built=$?
((built == 0 || built == NONE_CHOSEN)) || exit "$built"
(($#)) || mapfile -t files < <(grep -rl --include='*.py' 'mark\.rewired' tests)
PYTHONPATH="$PWD/src" run -m rewired "$@" "${files[@]}" && from_source=0 || from_source=$?
((from_source == NONE_CHOSEN)) && exit "$built" || exit "$from_source"
