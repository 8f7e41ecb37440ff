"""The whole road for one real county: every form of the labelled corpora, every unit below 桐庐县, every figure recomputed here.

road.py BINARY SHARED_FOLDER

The recomputation shares nothing with the program but its answers on which element a field shows. A figure is what the unit typed for the
element and the period; else it follows from the unit's shorter periods (flows are summed, stocks and running totals taken from the last);
else it is the sum over the unit's children, each by the same rule; converted by the exact factors of schemas/vocabulary/units.toml and
rounded half away from zero to the decimals of the field. A running total is the sum of the flows since January. What follows by none of
these must be what the registry says of the unit, or close an equation of its form's layout (a row's columns, a heading's rows) whose
other figures were found right.

The forms are registered without their printed rules: figures made up at random cannot keep to them. What rules do to figures is shown by
tests/python/road.py on figures that keep to them.
"""

import collections
import csv
import json
import pathlib
import sys
import time
import tomllib
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/python"))

from figures import invent  # noqa: E402
from server import Server  # noqa: E402
from stubs import make_stubs  # noqa: E402

YEAR = 2026
COUNTY = "330122000000"
BUREAU = "浙江省统计局"
SHOWN = 20


class Timer:
    def __init__(self):
        self.parts = []
        self.begin = time.monotonic()

    def part(self, name):
        now = time.monotonic()
        self.parts.append((name, now - self.begin))
        print(f"  {name}: {now - self.begin:.1f} s", flush=True)
        self.begin = now


# Units of measure and periods, read from their definitions.


def plain(text):
    text = "".join(c for c in unicodedata.normalize("NFKC", text) if not c.isspace())
    return text.lstrip("([【").rstrip(")]】").removeprefix("单位:").removeprefix("计量单位:").lower()


def read_measures():
    with open(ROOT / "schemas/vocabulary/units.toml", "rb") as f:
        dimensions = tomllib.load(f)["dimension"]
    measures = {}
    for dimension, entry in dimensions.items():
        for unit in entry["units"]:
            for spelling in [unit["symbol"], *unit.get("spellings", [])]:
                measures[plain(spelling)] = (dimension, Fraction(unit["atoms"]))
    return measures


def periods_of(frequency, year=YEAR):
    return {
        "monthly": [f"{year}-{m:02}" for m in range(1, 13)],
        "quarterly": [f"{year}Q{q}" for q in range(1, 5)],
        "semiannual": [f"{year}H{h}" for h in (1, 2)],
    }.get(frequency, [str(year)])


def year_of(period):
    return YEAR if period == "standing" else int(period[:4])


def shifted(period, years):
    return period if period == "standing" else f"{int(period[:4]) + years}{period[4:]}"


def months(period):
    """First month and length."""
    if "Q" in period:
        return int(period[5:]) * 3 - 2, 3
    if "H" in period:
        return int(period[5:]) * 6 - 5, 6
    if "-" in period:
        return int(period[5:]), 1
    return 1, 12


def shorter(period):
    """For each shorter length, the longest first, the periods that make up this one."""
    first, length = months(period)
    for frequency, size in [("semiannual", 6), ("quarterly", 3), ("monthly", 1)]:
        if size < length:
            parts = [p for p in periods_of(frequency, int(period[:4])) if first <= months(p)[0] < first + length]
            yield parts


def rounded(value, decimals):
    """Half away from zero."""
    scaled = abs(value) * 10**decimals
    whole = (scaled + Fraction(1, 2)).__floor__()
    return Fraction(whole if value >= 0 else -whole, 10**decimals)


# The road.


class Road:
    def __init__(self, binary, shared):
        self.pb, services = make_stubs()
        self.server = Server(binary, services)
        self.shared = pathlib.Path(shared)
        self.timer = Timer()
        self.measures = read_measures()
        # (unit, element, period) → (typed text, unit of measure, number?)
        self.typed = {}
        # element of the plan → fields through which it was typed, and fields that the form says it fills
        self.via = collections.defaultdict(set)
        self.served = collections.defaultdict(set)
        self.offsets = {}
        # Fields whose figure stays until it changes: kept once, whatever the period.
        self.standing = set()
        self.receipts = set()

    def register(self):
        pb, server = self.pb, self.server
        self.forms = []
        for corpus in ("departments", "hubei"):
            for path in sorted((self.shared / f"corpus/{corpus}/forms").glob("*.json")):
                self.forms.append(json.loads(path.read_text(encoding="utf-8")))
        n_city = 0
        for form in self.forms:
            form["year"], form["valid_until"] = YEAR, "2027年12月"
            form.pop("organisation", None)
            form["rules"] = []
            if form["level"] == "city":
                form["level"] = "county"
                n_city += 1
        print(f"  {len(self.forms)} forms, declared for {YEAR}; {n_city} of the level city are asked of counties instead", flush=True)
        departments = sorted({form["department"] for form in self.forms} | {BUREAU})
        self.organisations = {name: f"org{n:02}" for n, name in enumerate(departments, 1)}
        self.operator = server.caller(server.secret("operator", "operator"))
        kind = lambda name: pb.ORGANISATION_KIND_BUREAU if name == BUREAU else pb.ORGANISATION_KIND_DEPARTMENT
        self.operator.RegisterOrganisations(pb.RegisterOrganisationsRequest(
            request_id="organisations",
            organisations=[pb.Organisation(id=i, name=n, kind=kind(n)) for n, i in self.organisations.items()],
        ))
        divisions = (self.shared / "corpus/divisions/zhejiang.csv").read_bytes()
        rows = list(csv.DictReader(divisions.decode("utf-8-sig").splitlines()))
        self.children = collections.defaultdict(list)
        for row in rows:
            self.children[row["parent"]].append(row["code"])
        by_code = {row["code"]: row for row in rows}
        self.units, todo = [], [COUNTY]
        while todo:
            unit = todo.pop()
            self.units.append(unit)
            todo += self.children[unit]
        self.level = {unit: by_code[unit]["level"] for unit in self.units}
        self.facts = collections.defaultdict(set)
        for unit in self.units:
            at = unit
            while at:
                self.facts[unit] |= {by_code[at]["name"], at, at.rstrip("0"), at[:6], at[:9]}
                at = by_code[at]["parent"]
        count = collections.Counter(self.level.values())
        print(f"  桐庐县 {COUNTY}: {count['township']} townships, {count['village']} villages", flush=True)

        # Each account is made by a process that reads all units first: made while only the county is registered, 233 of them take a minute less.
        above, unit = [], COUNTY
        while unit := by_code[unit]["parent"]:
            above.append(unit)
        lines = ["code,name,level,parent", *(",".join(by_code[u].values()) for u in [*reversed(above), *self.units])]
        self.operator.RegisterUnits(pb.RegisterUnitsRequest(request_id="county", csv="\n".join(lines).encode()))
        self.department = {}
        for name, organisation in self.organisations.items():
            role = "bureau" if name == BUREAU else "data_officer"
            self.department[name] = server.caller(server.secret(organisation, role, organisation=organisation))
        self.bureau = self.department[BUREAU]
        self.clerks = server.clerks(self.units)
        self.timer.part(f"{len(self.clerks) + len(self.department) + 1} accounts")

        answer = self.operator.RegisterUnits(pb.RegisterUnitsRequest(request_id="units", csv=divisions))
        assert answer.registered == len(rows) == 27036, (answer.registered, len(rows))
        self.timer.part(f"{answer.registered} units in one call")

        for form in self.forms:
            source = json.dumps(form, ensure_ascii=False).encode()
            answer = self.department[form["department"]].RegisterTemplate(
                pb.RegisterTemplateRequest(request_id=f"form-{form['form_id']}", template_json=source))
            assert answer.version == 1 and len(answer.fields) == len(form["fields"]), form["form_id"]
        self.timer.part(f"{len(self.forms)} forms registered")

    def report_unit(self, unit):
        """Fills and submits every form of the year that a unit has; returns what was typed."""
        pb, clerk = self.pb, self.clerks[unit]
        found, n = [], 0
        dates = [d for y in (YEAR, YEAR + 1) for d in clerk.ListDueDates(pb.ListDueDatesRequest(unit=unit, year=y)).due_dates]
        for due in sorted({d.due for d in dates}):
            form = clerk.GetConsolidatedForm(pb.GetConsolidatedFormRequest(unit=unit, due=due))
            mine = [c for c in form.inputs if self.is_of_the_year(c)]
            cells = [c for c in mine if not c.HasField("held")]
            if not cells:
                continue
            figures = [pb.TypedFigure(element=c.element, period=c.period, value=invent(pb, c, unit)) for c in cells]
            answer = clerk.Submit(pb.SubmitRequest(request_id=f"{unit}-{due}", unit=unit, due=due, figures=figures,
                                                   partial=len(mine) < len(form.inputs)))
            assert answer.receipt.figures == len(figures), (unit, due)
            found.append((answer.receipt.id, list(zip(cells, figures))))
        return unit, found

    @staticmethod
    def is_of_the_year(cell):
        if cell.serves:
            return any(year_of(s.period) == YEAR for s in cell.serves)
        return year_of(cell.period) <= YEAR

    def report(self):
        numbers = (self.pb.DATA_TYPE_INTEGER, self.pb.DATA_TYPE_DECIMAL)
        with ThreadPoolExecutor(4) as pool:
            for unit, submissions in pool.map(self.report_unit, self.units):
                for receipt, cells in submissions:
                    assert receipt not in self.receipts
                    self.receipts.add(receipt)
                    for cell, figure in cells:
                        key = (unit, cell.element, cell.period)
                        assert key not in self.typed, f"asked twice: {key}"
                        self.typed[key] = (figure.value, cell.unit_of_measure, cell.dtype in numbers)
                        self.via[cell.element].add((cell.via.form_id, cell.via.field_id))
                        for served in cell.serves:
                            field = (served.field.form_id, served.field.field_id)
                            self.served[field].add(cell.element)
                            if cell.period == "standing":
                                self.standing.add(field)
                            elif year_of(served.period) == YEAR:
                                offset = year_of(cell.period) - YEAR
                                assert self.offsets.setdefault(field, offset) == offset, field
        self.timer.part(f"{len(self.typed)} figures in {len(self.receipts)} submissions")

    def read_meanings(self):
        """Element, time basis, decimals and kind of every field, from the services."""
        pb = self.pb
        self.fields = {}
        keys = {}
        for form in self.forms:
            caller = self.department[form["department"]]
            template = caller.GetTemplate(pb.GetTemplateRequest(form_id=form["form_id"])).template
            verdicts = caller.GetFormOverlap(pb.GetFormOverlapRequest(form_id=form["form_id"])).fields
            for field, verdict in zip(template.fields, verdicts, strict=True):
                assert field.field_id == verdict.field.field_id
                if verdict.element not in keys:
                    keys[verdict.element] = self.bureau.GetElement(pb.GetElementRequest(element=verdict.element)).key
                self.fields[form["form_id"], field.field_id] = (field, verdict.element)
        self.keys = keys
        cursor = ""
        while True:
            page = self.bureau.GetOverlapReport(pb.GetOverlapReportRequest(year=YEAR, page_size=1000, cursor=cursor))
            for element in page.elements:
                for a in element.appearances:
                    if self.basis(element.element) != "standing":
                        field = (a.field.form_id, a.field.field_id)
                        assert self.offsets.setdefault(field, a.offset_years) == a.offset_years, field
            cursor = page.next_cursor
            if not cursor:
                break
        # Elements of the plan by the element of the field through which they were typed.
        self.parts = collections.defaultdict(set)
        for part, fields in self.via.items():
            for field in fields:
                self.parts[self.fields[field][1]].add(part)
        # A flow and the running total of the same meaning give each other.
        by_key = {key: element for element, key in keys.items()}
        self.running = {}
        for element, key in keys.items():
            other = by_key.get(key.replace("T:ytd", "T:flow") if "T:ytd" in key else key.replace("T:flow", "T:ytd"))
            if other and other != element:
                for part in self.parts.get(element, {element}):
                    for tied in self.parts.get(other, ()):
                        self.running[part] = tied
        self.timer.part("meanings read")

    def basis(self, element):
        for facet in self.keys[element].split("|"):
            if facet.strip().startswith("T:"):
                return facet.strip()[2:]
        return ""

    def kind(self, field):
        pb = self.pb
        if field.dtype in (pb.DATA_TYPE_INTEGER, pb.DATA_TYPE_DECIMAL):
            found = self.measures.get(plain(field.unit))
            return ("number", found[0] if found else "unit " + plain(field.unit))
        return (field.dtype, tuple(field.options) if field.dtype == pb.DATA_TYPE_CODE else ())

    def part_of(self, key):
        """The element under which the figures of a field are kept: told by the forms that it is served through, else by its kind of data."""
        served = self.served.get(key)
        field, element = self.fields[key]
        if served:
            assert len(served) == 1, (key, served)
            part = next(iter(served))
            # January's flow serves the running total, and is not it.
            return element if self.running.get(element) == part else part
        parts = self.parts.get(element, set())
        if len(parts) > 1:
            parts = {p for p in parts if any(self.kind(self.fields[v][0]) == self.kind(field) for v in self.via[p])}
        if not parts:
            # Nobody typed it: it is computed for everybody.
            return element
        assert len(parts) == 1, (key, parts)
        return next(iter(parts))

    def factor(self, unit_of_measure):
        found = self.measures.get(plain(unit_of_measure))
        return found[1] if found else Fraction(1)

    def own(self, unit, part, period):
        held = self.typed.get((unit, part, period))
        if held is None:
            return self.closed.get((unit, part, period))
        text, measure, is_number = held
        return Fraction(text) * self.factor(measure) if is_number else text

    def expected(self, unit, part, period, basis):
        """Figure in atoms, or text; None where it does not follow from what was typed."""
        value = self.own(unit, part, period)
        if value is not None or period == "standing":
            return value
        other = self.running.get(part)
        if other and len(period) > 4:
            frequency = {"-": "monthly", "Q": "quarterly", "H": "semiannual"}[period[4]]
            so_far = [p for p in periods_of(frequency, int(period[:4])) if p <= period]
            values = [self.own(unit, other, p) for p in (so_far if basis == "ytd" else so_far[-2:])]
            if all(isinstance(v, Fraction) for v in values):
                return sum(values) if basis == "ytd" else values[-1] - sum(values[:-1])
        if basis in ("flow", "stock", "ytd", "begin"):
            for periods in shorter(period):
                wanted = {"flow": periods, "begin": periods[:1]}.get(basis, periods[-1:])
                values = [self.own(unit, part, p) for p in wanted]
                if all(v is not None for v in values):
                    if len(values) == 1:
                        return values[0]
                    if not any(isinstance(v, str) for v in values):
                        return sum(values)
        children = self.children.get(unit)
        if not children:
            return None
        values = [self.expected(child, part, period, basis) for child in children]
        if any(v is None or isinstance(v, str) for v in values):
            return None
        return sum(values)

    def compare(self):
        pb = self.pb
        self.counts = collections.Counter()
        self.differences, self.absent = [], []
        self.closed, self.shown, self.open, self.right, self.unseen = {}, {}, [], set(), []
        for form in self.forms:
            caller, form_id = self.department[form["department"]], form["form_id"]
            units = [u for u in self.units if self.level[u] == form["level"]]
            for period in periods_of(form["frequency"]):
                scope = pb.ExtractionScope(form_id=form_id, period=period, within=COUNTY)
                answers = list(caller.ExtractRows(pb.ExtractRowsRequest(scope=scope)))
                columns, rows = answers[0].columns, [row for a in answers for row in a.rows]
                assert [c.field_id for c in columns] == [f["field_id"] for f in form["fields"]], form_id
                assert sorted(r.unit for r in rows) == sorted(units), (form_id, period, len(rows), len(units))
                self.counts["extractions"] += 1
                for row in rows:
                    for column, figure in zip(columns, row.figures, strict=True):
                        self.compare_figure((form_id, column.field_id), column, row.unit, period, figure)
        self.close_equations()
        self.timer.part(f"{self.counts['figures']} figures of {self.counts['extractions']} extractions compared")

    def equations_of(self, form):
        """Sums that a layout shows: the first of a row's columns over the others, a row over the rows below it in the same column."""
        rows, below = collections.defaultdict(list), collections.defaultdict(list)
        for field in form["fields"]:
            path, column = tuple(field.get("path") or ()), field.get("column") or ""
            rows[path, field["label"]].append(field["field_id"])
            below[path, column].append(field["field_id"])
        equations = [(ids[0], ids[1:]) for ids in rows.values() if len(ids) > 2]
        for field in form["fields"]:
            path, column = tuple(field.get("path") or ()), field.get("column") or ""
            # Straight below it, or below a heading in between (按年龄分).
            for (above, beside), parts in below.items():
                if beside == column and len(parts) > 1 and above[: len(path) + 1] == (*path, field["label"]) and len(above) <= len(path) + 2:
                    equations.append((field["field_id"], parts))
        return equations

    def close_equations(self):
        """Figures that follow by no rule above: right where they follow by now, or where they close an equation of right figures."""
        equations = collections.defaultdict(list)
        for form in self.forms:
            for total, parts in self.equations_of(form):
                for field in (total, *parts):
                    equations[form["form_id"], field].append((total, parts))
        while self.open:
            still, n_before = [], len(self.open)
            for one in self.open:
                key, unit, period, own_period, basis, got, step, where = one
                value = self.expected(unit, self.part_of(key), own_period, basis)
                if value is not None and rounded(value / step[0], step[1]) == got:
                    self.right.add((*key, unit, period))
                    self.settle(True, where, got, value)
                    continue
                if any(self.closes(key[0], unit, period, *e) for e in equations[key]):
                    self.closed[unit, self.part_of(key), own_period] = got * step[0]
                    self.right.add((*key, unit, period))
                    self.counts["closed"] += 1
                    self.settle(True, where, got, got)
                    continue
                still.append(one)
            self.open = still
            if len(still) == n_before:
                break
        # Computed, but by a sum that this script does not see in any layout: told one by one, and a fault where they are more than a few.
        for key, unit, _, own_period, basis, got, _, where in self.open:
            self.counts["unseen"] += 1
            self.unseen.append(f"{where}: got {got}, expected {show(self.expected(unit, self.part_of(key), own_period, basis))}")

    def closes(self, form, unit, period, total, parts):
        members = [self.shown.get((form, field, unit, period)) for field in (total, *parts)]
        if any(m is None for m in members):
            return False
        n_open = sum((form, field, unit, period) not in self.right for field in (total, *parts))
        slack = sum(m[1] for m in members) / 2
        return n_open <= 1 and abs(members[0][0] - sum(m[0] for m in members[1:])) <= slack

    def settle(self, is_right, where, got, value):
        self.counts["equal" if is_right else "different"] += 1
        self.counts["computed"] += is_right
        if not is_right:
            self.differences.append(f"{where}: got {got}, expected {show(value)}")

    def compare_figure(self, key, column, unit, period, figure):
        field, element = self.fields[key]
        basis = self.basis(element)
        # The key of a field that was not understood is its own name and tells no time basis; nothing is aggregated to or from it.
        is_standing = basis == "standing" or (self.keys[element][0] in "!?" and key in self.standing)
        assert is_standing or key not in self.standing, (key, self.keys[element])
        own_period = "standing" if is_standing else shifted(period, self.offsets.get(key, 0))
        value = self.expected(unit, self.part_of(key), own_period, basis)
        is_number = field.dtype in (self.pb.DATA_TYPE_INTEGER, self.pb.DATA_TYPE_DECIMAL)
        if value is not None and is_number:
            default = 0 if field.dtype == self.pb.DATA_TYPE_INTEGER else 4
            decimals = field.decimals if field.HasField("decimals") and field.dtype == self.pb.DATA_TYPE_DECIMAL else default
            value = rounded(value / self.factor(field.unit), decimals)
        self.counts["figures"] += 1
        where = f"{key[0]} {key[1]} {field.label} [{field.unit}] {unit} {period} element {element}"
        if not figure.HasField("value"):
            # Missing is only right where what it follows from was not typed.
            if value is None:
                self.counts["missing"] += 1
                self.absent.append(where)
            else:
                self.counts["different"] += 1
                self.differences.append(f"{where}: missing, expected {show(value)}")
            return
        got = Fraction(figure.value) if is_number else figure.value
        if is_number:
            measure = self.factor(field.unit)
            whole = field.dtype == self.pb.DATA_TYPE_INTEGER
            decimals = field.decimals if field.HasField("decimals") and not whole else (0 if whole else 4)
            exact = Fraction(0) if whole else Fraction(1, 10**decimals)
            self.shown[key[0], key[1], unit, period] = (got * measure, exact * measure)
        # What made-up figures of villages add up to is another than what a unit's own parts add up to; either may be meant.
        if is_number and got != value and (unit, self.part_of(key), own_period) not in self.typed:
            self.open.append((key, unit, period, own_period, basis, got, (measure, decimals), where))
            return
        if value is None and got in self.facts[unit]:
            self.counts["registry"] += 1
            self.counts["equal"] += 1
            return
        if got == value:
            self.right.add((key[0], key[1], unit, period))
            self.counts["equal"] += 1
            held = self.typed.get((unit, self.part_of(key), own_period))
            if held is None:
                self.counts["computed"] += 1
            elif is_number and self.factor(held[1]) != self.factor(field.unit):
                self.counts["converted"] += 1
        else:
            self.counts["different"] += 1
            self.differences.append(f"{where}: got {figure.value}, expected {show(value)}")

    def totals(self):
        pb, counts = self.pb, self.counts
        levels = self.bureau.GetBurdenReport(pb.GetBurdenReportRequest(year=YEAR, breakdown=pb.BURDEN_BREAKDOWN_LEVEL))
        asked = collected = 0
        cursor = ""
        while True:
            page = self.bureau.GetBurdenReport(pb.GetBurdenReportRequest(
                year=YEAR, breakdown=pb.BURDEN_BREAKDOWN_UNIT, page_size=10000, cursor=cursor))
            for row in page.rows:
                if row.key in self.level:
                    asked, collected = asked + row.asked, collected + row.collected
            cursor = page.next_cursor
            if not cursor:
                break
        self.timer.part("burden report")
        total = levels.total
        print(f"""
forms        {len(self.forms)} of {len(self.organisations)} departments
fields       {len(self.fields)}
elements     {len(self.keys)}
province     {total.asked} cells asked, {total.collected} collected, {total.reduction_percent} % less""")
        for row in levels.rows:
            print(f"  {row.key:10} {row.asked} asked, {row.collected} collected, {row.reduction_percent} % less")
        print(f"""county       {len(self.units)} units: {asked} cells asked, {collected} collected, {100 * (asked - collected) / asked:.1f} % less
submissions  {len(self.receipts)} with {len(self.typed)} figures, {len(self.receipts)} receipts
extractions  {counts['extractions']}
figures      {counts['figures']} compared: {counts['equal']} equal \
({counts['computed']} computed, {counts['closed']} of them by the layout's sums; {counts['converted']} converted; {counts['registry']} known to the registry), \
{counts['different']} different, {counts['missing']} missing, {counts['unseen']} computed by sums that no layout shows""")
        for title, lines in [("different", self.differences), ("missing", self.absent), ("not recomputed", self.unseen)]:
            for line in lines[:SHOWN]:
                print(f"  {title}: {line}")
            if len(lines) > SHOWN:
                print(f"  … {len(lines) - SHOWN} more {title}")
        is_whole = collected == len(self.typed) and asked == counts["figures"]
        if not is_whole:
            print("  the burden report does not agree with what was typed and extracted")
        few = counts["figures"] // 1000
        return not self.differences and not self.absent and counts["unseen"] <= few and is_whole


def show(value):
    if isinstance(value, Fraction):
        return str(value) if value.denominator == 1 else f"{value} (= {float(value)})"
    return "nothing" if value is None else value


def main():
    road = Road(sys.argv[1], sys.argv[2])
    with road.server:
        road.register()
        road.report()
        road.read_meanings()
        road.compare()
        is_right = road.totals()
        code = road.server.stop()
        assert code == 0, f"the server stopped with {code}: {road.server.log()[-2000:]}"
    print(f"time         {sum(t for _, t in road.timer.parts):.0f} s")
    return 0 if is_right else 1


if __name__ == "__main__":
    sys.exit(main())
