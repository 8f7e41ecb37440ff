#!/bin/bash
# Walks the road with a client that is not ours. Takes the binary to test as its argument; without one, the debug build.
set -euo pipefail
cd "$(dirname "$0")/../.."
python=$(tests/python/venv.sh)
[ $# -eq 0 ] || export BAOYICI_BINARY=$1
if [ -z "${BAOYICI_BINARY:-}" ]; then cargo build --locked --quiet --bin baoyici; fi
exec "$python" tests/python/road.py
