#!/usr/bin/env bash
# Sets up and runs the measurements. Everything behind the name goes to `python -m bench`: deploy/bench.sh --rounds 9
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
deploy/setup.sh test
export PATH="$PWD/.venv/bin:$PATH"
exec python -m bench "$@"
