#!/usr/bin/env python3
"""Says for each department how well its fields are read and merged: by_source.py LABELS FORMS RESULT.

LABELS and RESULT are those of score_overlap.py; FORMS is the folder of the form files. Printed for each department, over the pairs of
fields in different forms of which one is of that department: the share of its fields that were understood well enough to merge, the
precision and recall of what merged without asking, and the recall that a reviewer reaches who is always right and walks the questions
that touch the department in their order. A department of which little is understood, or that merges wrongly, stands out.
"""
import json
import sys
from collections import defaultdict
from itertools import combinations
from pathlib import Path


def lines(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def pairs_of(groups):
    """Pairs of fields in different forms within each group."""
    return {pair for members in groups.values() for pair in combinations(sorted(members), 2) if pair[0][0] != pair[1][0]}


def reviewed(label, merged, questions):
    """Pairs that are one after all questions were answered rightly."""
    parent = {field: field for field in label}

    def find(field):
        while parent[field] != field:
            parent[field] = parent[parent[field]]
            field = parent[field]
        return field

    for a, b in list(merged) + [q for q in questions if label[q[0]] == label[q[1]]]:
        parent[find(a)] = find(b)
    groups = defaultdict(list)
    for field in label:
        groups[find(field)].append(field)
    return pairs_of(groups)


def main():
    labels_path, forms_path, result_path = sys.argv[1:4]
    department = {}
    for path in Path(forms_path).glob("*.json"):
        form = json.loads(path.read_text(encoding="utf-8"))
        department[form["form_id"]] = form.get("department", "").split("（")[0]
    label, doubt = {}, set()
    for row in lines(labels_path):
        field = (row["form_id"], row["field_id"])
        if not row["key"].startswith(("META", "UNIT")):
            label[field] = (row["key"], row.get("offset", 0))
            doubt |= {field} if row.get("doubt") else set()
    element, questions, understood = {}, [], defaultdict(list)
    for row in lines(result_path):
        if row["kind"] == "field":
            field = (row["form_id"], row["field_id"])
            understood[department.get(field[0], "")].append(row.get("certain"))
            if field in label:
                element[field] = (row["element"], row.get("offset", 0))
        elif row["kind"] == "candidate":
            pair = tuple((row[side]["form_id"], row[side]["field_id"]) for side in "ab")
            if all(field in label for field in pair):
                questions.append(pair)

    def grouped(of):
        groups = defaultdict(list)
        for field, value in of.items():
            groups[value].append(field)
        return {pair for pair in pairs_of(groups) if not doubt & set(pair)}

    true, merged = grouped(label), grouped(element)
    after = reviewed(label, merged, questions) & true
    share = lambda part, whole: f"{len(part) / len(whole):.3f}" if whole else "-"
    print(f"{'understood':>10} {'true':>5} {'merged':>6} {'wrong':>5} {'precision':>9} {'recall':>6} {'reviewed':>8}  department")
    for name in sorted(understood):
        touches = lambda pairs: {p for p in pairs if any(department.get(field[0], "") == name for field in p)}
        t, m = touches(true), touches(merged)
        marks = understood[name]
        read = "-" if None in marks else f"{sum(marks) / len(marks):.3f}"
        row = (read, len(t), len(m), len(m - t), share(m & t, m), share(m & t, t), share(touches(after), t))
        print("{:>10} {:>5} {:>6} {:>5} {:>9} {:>6} {:>8}  {}".format(*row, name))


if __name__ == "__main__":
    main()
