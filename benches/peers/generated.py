#!/usr/bin/env python3
"""Splink beside this program on the same generated fields: time and memory of either as a process, and their ratio.

  cargo bench --bench catalogue                     (fills target/tmp/catalogue-N-….sqlite)
  python3 -m venv V && V/bin/pip install -r benches/peers/requirements.txt
  V/bin/python benches/peers/generated.py --program target/release/baoyici --catalogue target/tmp/catalogue-10000-….sqlite [--limit SECONDS]

Both start from the same folder of form files. This program reads what they mean, finds every relation and writes one line for each. Splink gets
label, heading and unit, as its handbook says to: blocking on beginnings, ends and units of labels, Jaro-Winkler levels, weights by expectation
maximisation, pairs above a match weight written out. What takes longer than the limit is ended and counts as at least that.
"""
import argparse
import json
import multiprocessing
import os
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def export(catalogue: Path, folder: Path) -> int:
    """Writes each form of a catalogue as a file of its own; answers how many fields there are."""
    n_fields = 0
    with sqlite3.connect(f"file:{catalogue}?mode=ro", uri=True) as connection:
        for (text,) in connection.execute("SELECT template FROM form_template"):
            form = json.loads(text)
            keys = ("title", "department", "authority", "number", "approval", "valid_until", "level", "frequency", "year")
            out = {"form_id": form["id"], "organisation": form["organisation"], **{key: form[key] for key in keys}}
            fields = ("code", "label", "path", "column", "unit", "dtype", "note")
            out["fields"] = [{"field_id": field["id"], **{key: field[key] for key in fields}} for field in form["fields"]]
            n_fields += len(out["fields"])
            (folder / f"{form['id']}.json").write_text(json.dumps(out, ensure_ascii=False), encoding="utf-8")
    return n_fields


def run_program(program: str, folder: Path, limit: float) -> tuple[float, float, int, bool]:
    with tempfile.NamedTemporaryFile() as out, open(os.devnull, "w") as nothing:
        started = time.time()
        process = subprocess.Popen([program, "overlap", str(folder), "--format", "jsonl"], stdout=out, stderr=nothing)
        usage, ended = None, False
        while usage is None:
            pid, _, seen = os.wait4(process.pid, os.WNOHANG)
            if pid:
                usage = seen
            elif time.time() - started > limit:
                process.kill()
                ended = True
                usage = os.wait4(process.pid, 0)[2]
            else:
                time.sleep(0.02)
        took = time.time() - started
        n_pairs = sum(1 for line in open(out.name, encoding="utf-8") if '"candidate"' in line)
    return took, usage.ru_maxrss / 1024, n_pairs, ended


def splink(folder: Path, result) -> None:
    """Runs in a process of its own."""
    import pandas
    import splink.comparison_library as levels
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    started = time.time()
    rows = []
    for path in sorted(folder.glob("*.json")):
        form = json.loads(path.read_text(encoding="utf-8"))
        for field in form["fields"]:
            label = field["label"] or " "
            rows.append((len(rows), form["form_id"], label, "".join(field["path"]), field["unit"], label[:3], label[-3:]))
    frame = pandas.DataFrame(rows, columns=["unique_id", "form", "label", "heading", "unit", "begins", "ends"])
    settings = SettingsCreator(
        link_type="dedupe_only",
        retain_intermediate_calculation_columns=False,
        comparisons=[levels.JaroWinklerAtThresholds("label", [0.95, 0.85, 0.7]), levels.ExactMatch("heading"), levels.ExactMatch("unit")],
        blocking_rules_to_generate_predictions=[block_on("begins", "unit"), block_on("ends", "begins")],
    )
    try:
        api = DuckDBAPI()
        linker = Linker(api.register(frame), settings)
    except (AttributeError, TypeError):
        linker = Linker(frame, settings, db_api=DuckDBAPI())
    linker.training.estimate_probability_two_random_records_match([block_on("label", "unit")], recall=0.6)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6)
    linker.training.estimate_parameters_using_expectation_maximisation(block_on("label"))
    linker.training.estimate_parameters_using_expectation_maximisation(block_on("begins", "ends"))
    pairs = linker.inference.predict(threshold_match_weight=-3)
    n_pairs = int(pairs.as_duckdbpyrelation().aggregate("count(*)").fetchone()[0])
    result.put((time.time() - started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, n_pairs))


def run_splink(folder: Path, limit: float) -> tuple[float, float, int, bool]:
    context = multiprocessing.get_context("spawn")
    result = context.Queue()
    process = context.Process(target=splink, args=(folder, result))
    started = time.time()
    process.start()
    process.join(limit)
    if process.is_alive():
        process.kill()
        process.join()
        return time.time() - started, float("nan"), 0, True
    if process.exitcode != 0:
        sys.exit("splink failed")
    return (*result.get(), False)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True)
    parser.add_argument("--catalogue", required=True, nargs="+", type=Path)
    parser.add_argument("--limit", type=float, default=600.0)
    arguments = parser.parse_args()
    print(f"{'fields':>9}  {'ours':>10}  {'memory':>10}  {'pairs':>9}  {'splink':>10}  {'memory':>10}  {'pairs':>9}  ratio", flush=True)
    for catalogue in arguments.catalogue:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            n_fields = export(catalogue, folder)
            ours = run_program(arguments.program, folder, arguments.limit)
            theirs = run_splink(folder, arguments.limit)
            cells = [f"{n_fields:>9}"]
            for took, memory, n_pairs, ended in (ours, theirs):
                cells += [f"{'>' if ended else ''}{took:.1f} s".rjust(10), f"{memory:.0f} MiB".rjust(10), f"{n_pairs:>9}"]
            cells.append(f"{'>' if theirs[3] else ''}{theirs[0] / ours[0]:.1f}")
            print("  ".join(cells), flush=True)


if __name__ == "__main__":
    main()
