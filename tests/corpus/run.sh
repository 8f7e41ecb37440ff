#!/bin/bash
# Walks the road with a real county's units and scores overlaps: run.sh SHARED_FOLDER.
# The program is the one that BAOYICI names, else cargo's own build.
set -euo pipefail
shared=${1:?say where the corpora are: run.sh SHARED_FOLDER}
[ -d "$shared/corpus" ] || { echo "$shared/corpus is missing" >&2; exit 1; }
shared=$(realpath "$shared")
cd "$(dirname "$0")/../.."
binary=${BAOYICI:-}
if [ -z "$binary" ]; then
  cargo build --locked --quiet
  binary=target/debug/baoyici
fi
source tests/python/venv.sh
SECONDS=0
part() { echo "-- $1: $SECONDS s"; SECONDS=0; }

"$PYTHON" tests/corpus/road.py "$binary" "$shared"
part "road of 桐庐县"

out=target/corpus
mkdir -p "$out"
score() { # NAME FORMS LABELS
  echo "-- overlap of $1"
  "$binary" overlap "$2" --format jsonl >"$out/$1.jsonl"
  "$PYTHON" "$shared/tools/score_overlap.py" --labels "$3" --forms "$2" --result "$out/$1.jsonl"
  "$PYTHON" tests/corpus/by_source.py "$3" "$2" "$out/$1.jsonl"
  part "overlap and score of $1"
}
for set in departments hubei; do score "$set" "$shared/corpus/$set/forms" "$shared/corpus/$set/labels.jsonl"; done
score sample schemas/forms/templates schemas/forms/labels.jsonl

# What reviewers' answers teach: learnt from half of the questions, measured on the other half.
learn() { "$PYTHON" tests/corpus/learning.py "$binary" "$1" "$2" "$3" --json "$out/learning-$1.json"; part "learning from decisions on $1"; }
for set in departments hubei; do learn "$set" "$shared/corpus/$set/forms" "$shared/corpus/$set/labels.jsonl"; done
learn sample schemas/forms/templates schemas/forms/labels.jsonl
