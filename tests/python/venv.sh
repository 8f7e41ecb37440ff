#!/bin/bash
# Makes the Python environment of the tests under target/ where it is missing or old, and prints its interpreter.
set -euo pipefail
cd "$(dirname "$0")/../.."
venv=target/python
stamp=$venv/installed-$(cksum < tests/python/requirements.txt | cut -d' ' -f1)
if [ ! -e "$stamp" ]; then
  rm -rf "$venv"
  python3 -m venv "$venv"
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check -r tests/python/requirements.txt >&2
  touch "$stamp"
fi
echo "$venv/bin/python"
