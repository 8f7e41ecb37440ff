#!/usr/bin/env python3
"""Splink beside this program on the same generated fields: which fields ask for one figure, and how long finding out takes.

  cargo bench --bench catalogue                     (fills target/tmp/catalogue-N-….sqlite)
  python3 -m venv V && V/bin/pip install -r benches/peers/requirements.txt
  V/bin/python benches/peers/generated.py --measure target/release/deps/catalogue-… --catalogue target/tmp/catalogue-10000-….sqlite [--limit SECONDS]

Both answer the same question over the same fields: which pairs ask for one figure. This program has the catalogue in memory, as a server has, and finds
every relation again: pairs of one figure, look-alikes, parts, conflicts, formulas. Splink has a table of label, heading, unit and note in memory and
is used as its handbook says to: blocking on beginnings, ends and units of labels, Jaro-Winkler levels, weights by expectation maximisation. Reading the
forms counts for neither. Fields ask for one figure where the generator gave them the same words, whatever their units of measure; a pair counts as
found by Splink from a match probability of one half on. What takes longer than the limit is ended and counts as at least that.
"""
import argparse
import json
import multiprocessing
import resource
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path


def read(catalogue: Path) -> list[tuple]:
    """One row for each field: number, form, label, heading, unit, note, its beginning and its end, and the figure it asks for."""
    rows, figures = [], {}
    with sqlite3.connect(f"file:{catalogue}?mode=ro", uri=True) as connection:
        for (text,) in connection.execute("SELECT template FROM form_template"):
            form = json.loads(text)["template"]
            for field in form["fields"]:
                label, heading, note = field["label"] or " ", "".join(field["path"]), field["note"]
                figure = figures.setdefault((label, heading, note), len(figures))
                rows.append((len(rows), form["id"], label, heading, field["unit"], note, label[:3], label[-3:], figure))
    return rows


def run_program(measure: str, catalogue: Path, limit: float) -> tuple[float, float, str, str, bool]:
    """Seconds, MiB, precision and recall of the bench's own process: it counts pairs of one element against the generator's figures."""
    started = time.time()
    try:
        out = subprocess.run([measure, "measure", str(catalogue), "time"], capture_output=True, text=True, check=True, timeout=limit).stdout
    except subprocess.TimeoutExpired:
        return time.time() - started, float("nan"), "", "", True
    cells = out.rstrip("\n").split("\t")
    return float(cells[4].split()[0]), float(cells[6].split()[0]), cells[8], cells[7], False


def splink(rows: list[tuple], result) -> None:
    """Runs in a process of its own."""
    import pandas
    import splink.comparison_library as levels
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    columns = ["unique_id", "form", "label", "heading", "unit", "note", "begins", "ends", "figure"]
    frame = pandas.DataFrame(rows, columns=columns)
    started = time.time()
    settings = SettingsCreator(
        link_type="dedupe_only",
        retain_intermediate_calculation_columns=False,
        comparisons=[
            levels.JaroWinklerAtThresholds("label", [0.95, 0.85, 0.7]),
            levels.ExactMatch("heading"),
            levels.ExactMatch("unit"),
            levels.ExactMatch("note"),
        ],
        blocking_rules_to_generate_predictions=[block_on("begins", "unit"), block_on("ends", "begins")],
        additional_columns_to_retain=["figure"],
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
    pairs = linker.inference.predict(threshold_match_probability=0.5)
    relation = pairs.as_duckdbpyrelation()
    n_pairs, n_right = relation.aggregate("count(*), count(*) FILTER (figure_l = figure_r)").fetchall()[0]
    took = time.time() - started
    result.put((took, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, int(n_pairs), int(n_right)))


def run_splink(rows: list[tuple], limit: float) -> tuple[float, float, str, str, bool]:
    context = multiprocessing.get_context("spawn")
    result = context.Queue()
    process = context.Process(target=splink, args=(rows, result))
    started = time.time()
    process.start()
    while process.is_alive() and result.empty() and time.time() - started < limit:
        time.sleep(0.2)
    if result.empty():
        if process.is_alive():
            process.kill()
            process.join()
            return time.time() - started, float("nan"), "", "", True
        sys.exit("splink failed")
    took, memory, n_pairs, n_right = result.get()
    process.join()
    n_true = sum(n * (n - 1) // 2 for n in Counter(row[-1] for row in rows).values())
    return took, memory, f"{n_right / max(n_pairs, 1):.4f}", f"{n_right / max(n_true, 1):.4f}", False


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--measure", required=True, help="the bench's program: target/release/deps/catalogue-…")
    parser.add_argument("--catalogue", required=True, nargs="+", type=Path)
    parser.add_argument("--limit", type=float, default=600.0)
    arguments = parser.parse_args()
    head = "".join(f"  {name:>9}  {'memory':>10}  precision  recall" for name in ("ours", "splink"))
    print(f"{'fields':>9}{head}  ratio", flush=True)
    for catalogue in arguments.catalogue:
        rows = read(catalogue)
        ours, theirs = run_program(arguments.measure, catalogue, arguments.limit), run_splink(rows, arguments.limit)
        cells = [f"{len(rows):>9}"]
        for took, memory, precision, recall, ended in (ours, theirs):
            cells += [f"{'>' if ended else ''}{took:.1f} s".rjust(9), f"{memory:.0f} MiB".rjust(10), precision.rjust(9), recall.rjust(6)]
        cells.append(f"{'>' if theirs[-1] else ''}{theirs[0] / ours[0]:.1f}")
        print("  ".join(cells), flush=True)


if __name__ == "__main__":
    main()
