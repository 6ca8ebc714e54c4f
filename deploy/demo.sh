#!/usr/bin/env bash
# Sets up and runs the demonstration. Everything behind the name goes to `idp demo`: deploy/demo.sh --port 9000
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
deploy/setup.sh demo
exec .venv/bin/idp demo "$@"
