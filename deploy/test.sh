#!/usr/bin/env bash
# Sets up and runs every test; a skipped one fails. Everything behind the name goes to pytest: deploy/test.sh tests/kit
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
deploy/setup.sh test
export PATH="$PWD/.venv/bin:$PATH"
exec python -m pytest --numprocesses auto --dist worksteal --no-skips "$@"
