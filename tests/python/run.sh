#!/bin/bash
# Walks the road with Python and stubs made from proto/: run.sh BINARY. Installs what it needs into target/road-python; run again it installs nothing.
set -euo pipefail
binary=${1:?say which program: run.sh target/debug/baoyici}
binary=$(realpath "$binary")
cd "$(dirname "$0")/../.."
source tests/python/venv.sh
exec "$PYTHON" tests/python/road.py "$binary"
