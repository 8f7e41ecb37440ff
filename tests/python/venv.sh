# Sourced in the top folder: sets PYTHON to one that has tests/python/requirements.txt.
venv=target/road-python
venv_stamp=$venv/installed-$(cksum <tests/python/requirements.txt | cut -d' ' -f1)
if [ ! -e "$venv_stamp" ]; then
  mkdir -p target
  [ -x "$venv/bin/python3" ] || python3 -m venv "$venv"
  "$venv/bin/python3" -m pip install --quiet --disable-pip-version-check -r tests/python/requirements.txt
  rm -f "$venv"/installed-*
  touch "$venv_stamp"
fi
PYTHON=$PWD/$venv/bin/python3
export PYTHONDONTWRITEBYTECODE=1
