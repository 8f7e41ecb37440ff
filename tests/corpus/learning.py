"""What decisions teach: a reviewer simulated from labels answers half of the questions, and the other half is measured.

learning.py BINARY NAME FORMS LABELS [--seeds 5] [--json FILE]

The questions are those that a reviewer who is always right would be asked, walking the queue in its order; a pair that earlier answers settle
is not asked. They are dealt into two halves by a seeded draw. Answers of the first half become decisions: none, then as many as make 10, 25
and 50 % of all questions. Nothing of the second half is ever decided.

Counted are true pairs of fields in different forms that neither the first half's answers nor what follows from them by "same as the same"
settle; so a pair counts only where something was learnt about it. Synonyms that the decisions propose are taken exactly when the program
takes them by itself.

auto     pairs merged without asking: recall over those true pairs, and precision
learnt   of the true pairs that were open before any decision, the share merged; and the precision of what was merged newly
queue    average precision of the second half's questions, always the same ones, merged ones first; the questions that are left, and how
         many of them reach 0.95 and 0.98 of the true pairs
"""

import argparse
import collections
import itertools
import json
import pathlib
import random
import subprocess
import sys
import tempfile

SHARES = (0.0, 0.10, 0.25, 0.50)
GOALS = (0.95, 0.98)
Overlap = collections.namedtuple("Overlap", "element queue scores synonyms")


def read_jsonl(text):
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def read_labels(path):
    labels, doubtful = {}, set()
    for row in read_jsonl(pathlib.Path(path).read_text(encoding="utf-8")):
        field = (row["form_id"], row["field_id"])
        if not row["key"].startswith(("META", "UNIT")):
            labels[field] = (row["key"], row.get("offset", 0))
            if row.get("doubt"):
                doubtful.add(field)
    return labels, doubtful


class Sets:
    """Groups that grow together."""

    def __init__(self):
        self.up = {}

    def find(self, x):
        self.up.setdefault(x, x)
        while self.up[x] != x:
            self.up[x] = self.up[self.up[x]]
            x = self.up[x]
        return x

    def join(self, x, y):
        self.up[self.find(y)] = self.find(x)


class Corpus:
    def __init__(self, binary, forms, labels):
        self.binary, self.forms = binary, forms
        self.labels, self.doubtful = read_labels(labels)

    def overlap(self, decisions):
        command = [self.binary, "overlap", self.forms, "--format", "jsonl"]
        with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as file:
            if decisions:
                for a, b, same in decisions:
                    ends = {side: {"form_id": f[0], "field_id": f[1]} for side, f in (("a", a), ("b", b))}
                    file.write(json.dumps({**ends, "verdict": "same" if same else "different"}, ensure_ascii=False) + "\n")
                file.flush()
                command += ["--decisions", file.name]
            done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8")
        if done.returncode not in (0, 2):
            sys.exit(done.stderr)
        element, queue, scores, synonyms = {}, [], {}, []
        for row in read_jsonl(done.stdout):
            if row["kind"] == "field":
                element[(row["form_id"], row["field_id"])] = (row["element"], row["offset"])
            elif row["kind"] == "candidate":
                pair = tuple((row[side]["form_id"], row[side]["field_id"]) for side in "ab")
                queue.append(pair)
                scores[pair] = row["score"]
            elif row["kind"] == "synonym":
                synonyms.append(row)
        return Overlap(element, queue, scores, synonyms)

    def counts(self, x, y):
        return x in self.labels and y in self.labels and x[0] != y[0] and not {x, y} & self.doubtful

    def is_true(self, x, y):
        return self.labels[x] == self.labels[y]

    def pairs(self, group_of):
        groups = collections.defaultdict(list)
        for field in self.labels:
            if field in group_of:
                groups[group_of[field]].append(field)
        pairs = itertools.chain.from_iterable(itertools.combinations(sorted(g), 2) for g in groups.values())
        return {p for p in pairs if self.counts(*p)}

    def sets_of(self, overlap):
        sets = Sets()
        first = {}
        for field, element in overlap.element.items():
            sets.join(first.setdefault(element, field), field)
        return sets

    def walk(self, overlap, skip=frozenset()):
        """Questions asked in order, with their answers; `skip` are questions that are settled otherwise."""
        sets, apart, asked = self.sets_of(overlap), set(), []
        for x, y in overlap.queue:
            if not self.counts(x, y) or (x, y) in skip:
                continue
            ends = frozenset((sets.find(x), sets.find(y)))
            if len(ends) == 1 or ends in apart:
                continue
            asked.append((x, y, self.is_true(x, y)))
            if asked[-1][2]:
                sets.join(x, y)
                apart = {frozenset(map(sets.find, pair)) for pair in apart}
            else:
                apart.add(ends)
        return asked


def average_precision(answers):
    hits = total = 0
    for n, answer in enumerate(answers, 1):
        if answer:
            hits += 1
            total += hits / n
    return total / hits if hits else None


def ranked(overlap, questions):
    """Answers of fixed questions in the order that the program gives them now: merged ones, then by score."""
    best = {}
    for (x, y), score in overlap.scores.items():
        ends = frozenset((overlap.element[x], overlap.element[y]))
        best[ends] = max(score, best.get(ends, 0))

    def score(question):
        x, y = overlap.element[question[0]], overlap.element[question[1]]
        return 2 if x == y else best.get(frozenset((x, y)), 0)

    return [same for _, _, same in sorted(questions, key=score, reverse=True)]


def questions_to(corpus, overlap, asked, counted):
    """How many of the questions reach each goal among the pairs that count."""
    sets, reached = corpus.sets_of(overlap), {}
    for n in range(len(asked) + 1):
        if n:
            x, y, same = asked[n - 1]
            if same:
                sets.join(x, y)
            else:
                continue
        recall = sum(sets.find(x) == sets.find(y) for x, y in counted) / max(1, len(counted))
        for goal in GOALS:
            if recall >= goal:
                reached.setdefault(goal, n)
    return [reached.get(goal) for goal in GOALS]


def measure(corpus, before, teach, test, share):
    n_taught = round(share * (len(teach) + len(test)))
    after = corpus.overlap(teach[:n_taught])
    truth = corpus.pairs(corpus.labels)
    merged_before, merged_after = corpus.pairs(before.element), corpus.pairs(after.element)
    # What the first half's answers settle, by themselves and by what follows from them, counts nowhere, at any share.
    direct = corpus.sets_of(before)
    for x, y, same in teach:
        if same:
            direct.join(x, y)
    settled = {p for p in truth | merged_after if direct.find(p[0]) == direct.find(p[1])} - merged_before
    counted, merged = truth - settled, merged_after - settled
    open_before, new = counted - merged_before, merged - merged_before
    taught = {(x, y) for x, y, _ in teach}
    asked = corpus.walk(after, skip=taught)
    goals = questions_to(corpus, after, asked, counted)
    return {
        "decisions": n_taught,
        "accepted": sum(s["accepted"] for s in after.synonyms),
        "true": len(counted), "merged": len(merged), "right": len(merged & truth),
        "open": len(open_before), "new": len(new), "new_right": len(new & truth),
        "questions": len(asked), "ap": average_precision(ranked(after, test)),
        "to_0.95": goals[0], "to_0.98": goals[1],
        "wrong": sorted("/".join(x) + " ~ " + "/".join(y) for x, y in new - truth),
    }


def mean(values):
    values = [v for v in values if v is not None]
    return sum(values) / len(values) if values else None


def show(value, digits=3):
    return "-" if value is None else f"{value:.{digits}f}"


def calibration(corpus, overlap):
    """Predicted score against true share, over every pair that is asked about."""
    edges = (0.0, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 0.9, 1.01)
    rows = [(overlap.scores[p], corpus.is_true(*p)) for p in overlap.queue if corpus.counts(*p)]
    print("  score        pairs  predicted  true share")
    for low, high in itertools.pairwise(edges):
        part = [r for r in rows if low <= r[0] < high]
        if part:
            print(f"  {low:.2f}-{min(high, 1):.2f} {len(part):9d} {mean([s for s, _ in part]):10.3f} {mean([float(t) for _, t in part]):11.3f}")
    print(f"  average precision of the queue: {show(average_precision([t for _, t in rows]))}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("binary", "name", "forms", "labels"):
        parser.add_argument(name)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--json", help="write every measurement to this file")
    parser.add_argument("--synonyms", action="store_true", help="list what is proposed at the greatest share of the first seed")
    args = parser.parse_args()
    corpus = Corpus(args.binary, args.forms, args.labels)
    before = corpus.overlap([])
    questions = corpus.walk(before)
    print(f"{args.name}: {len(questions)} questions, {sum(q[2] for q in questions)} of them yes")
    calibration(corpus, before)
    results = []
    for seed in range(args.seeds):
        order = sorted(questions)
        random.Random(seed).shuffle(order)
        half = len(order) // 2
        for share in SHARES:
            results.append({"seed": seed, "share": share, **measure(corpus, before, order[:half], order[half:], share)})
    print("  decided  decisions  synonyms  auto recall  precision   learnt   precision  questions  AP     to 0.95  to 0.98")
    for share in SHARES:
        rows = [r for r in results if r["share"] == share]
        total = {k: sum(r[k] for r in rows) for k in ("true", "merged", "right", "open", "new", "new_right")}
        ratio = lambda x, y: total[x] / total[y] if total[y] else None  # noqa: E731
        print(
            f"  {share:6.0%} {mean([r['decisions'] for r in rows]):10.1f} {mean([r['accepted'] for r in rows]):9.1f}"
            f" {show(ratio('right', 'true'), 4):>12} {show(ratio('right', 'merged'), 4):>10}"
            f" {show(ratio('new_right', 'open')):>8} {show(ratio('new_right', 'new'), 4):>11}"
            f" {mean([r['questions'] for r in rows]):10.1f} {show(mean([r['ap'] for r in rows])):>6}"
            f" {show(mean([r['to_0.95'] for r in rows]), 1):>8} {show(mean([r['to_0.98'] for r in rows]), 1):>8}"
        )
    wrong = collections.Counter(w for r in results for w in r["wrong"])
    for pair, n in wrong.most_common(20):
        print(f"  wrongly merged {n} times: {pair}")
    if args.json:
        pathlib.Path(args.json).write_text(json.dumps(results, ensure_ascii=False, indent=1), encoding="utf-8")
    if args.synonyms:
        order = sorted(questions)
        random.Random(0).shuffle(order)
        for row in corpus.overlap(order[: len(order) // 2]).synonyms:
            if row["n_for"] > 1:
                print("  ", json.dumps(row, ensure_ascii=False))


if __name__ == "__main__":
    main()
