"""The whole road, walked by a client that is not ours: Python, grpcio, and stubs made from proto/.

Every step is asserted; at the end stands `N passed, M failed`. Run it with tests/python/run.sh.
"""
import io
import json
import sys
import tempfile
import threading
from fractions import Fraction

import grpc
import pyarrow
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

from foreign_client import Caller, Server, arguments, find_binary, pages, pb, refusal, request_id

COUNTY, TOWNSHIPS = "330122000000", ["330122100000", "330122101000"]
VILLAGES = {TOWNSHIPS[0]: ["330122100201", "330122100202"], TOWNSHIPS[1]: ["330122101201"]}
ALL_VILLAGES = [v for of in VILLAGES.values() for v in of]
YEAR, DUE = 2026, "2027-01-20"

passed = failed = 0


def check(what, holds, detail=""):
    global passed, failed
    if holds:
        passed += 1
        print(f"ok    {what}")
    else:
        failed += 1
        print(f"FAIL  {what}   {detail}")


def expect(what, error, code, problem):
    """A refusal with this gRPC code and this problem, told in both languages."""
    told = error.codes() if error else None
    check(what, error is not None and error.code == code and problem in told, f"{error} {told}")
    if error and problem in told:
        first = error.problems[told.index(problem)]
        check(f"{what}: both languages", first.text_zh and first.text_en and first.text_zh != first.text_en)
        return first
    return None


def form(form_id, title, level, frequency, fields, **more):
    header = {"form_id": form_id, "title": title, "authority": "浙江省", "number": f"浙{form_id}表", "approval": "浙统审〔2026〕1号"}
    return {**header, "level": level, "frequency": frequency, "year": YEAR, "valid_until": "2028-12-31", "fields": fields, **more}


def field(field_id, label, unit, dtype, **more):
    return {"field_id": field_id, "label": label, "unit": unit, "dtype": dtype, **more}


VILLAGE_FORM = form("cun", "村基本情况", "village", "annual", [
    field("renkou", "常住人口", "人", "integer"),
    field("huji", "户籍人口", "人", "integer"),
    field("gengdi", "耕地面积", "亩", "decimal", decimals=2),
    field("dibao", "年末低保户数", "户", "integer"),
    field("gongjiao", "是否通公交", "", "bool"),
    field("dixing", "地形", "代码", "code", options=["1.平原", "2.丘陵", "3.山区"]),
])
TOWNSHIP_FORM = form("zhen", "乡镇基本情况", "township", "annual", [
    field("renkou", "常住人口", "万人", "decimal", decimals=4),
    field("gengdi", "耕地面积", "公顷", "decimal", decimals=2),
    field("shouru", "一般公共预算收入", "万元", "decimal", decimals=2),
])
MONTHLY_FORM = form("yuebao", "社会救助月报", "county", "monthly", [
    field("jiuzhu", "本月临时救助人次", "人次", "integer"),
])
YEARLY_FORM = form("nianbao", "社会救助年报", "county", "annual", [
    field("jiuzhu", "临时救助人次", "人次", "integer"),
    field("renkou", "常住人口", "人", "integer"),
])


def register(caller, template, preview=False):
    text = json.dumps(template, ensure_ascii=False).encode()
    return caller.templates.RegisterTemplate(pb.RegisterTemplateRequest(request_id=request_id(), template_json=text, validate_only=preview))


def consolidated(clerk, unit, due=DUE):
    return clerk.collection.GetConsolidatedForm(pb.GetConsolidatedFormRequest(unit=unit, due=due))


def typed(cell, value, unit=""):
    return pb.TypedFigure(element=cell.element, period=cell.period, value=value, unit_of_measure=unit)


def submission(unit, figures, due=DUE, **more):
    return pb.SubmitRequest(**{"request_id": request_id(), "unit": unit, "due": due, "figures": figures, **more})


def walk(server):
    operator = server.caller("operator", "operator")
    check_doors(server)
    register_units(operator)
    bureau = server.caller("tongjiju", "bureau", "--organisation", "tjj")
    civil = server.caller("minzheng", "data_officer", "--organisation", "mzt")
    health = server.caller("weijian", "data_officer", "--organisation", "wjw")
    register_forms(civil, bureau, health)
    units = [COUNTY, *TOWNSHIPS, *ALL_VILLAGES]
    clerks = {unit: server.caller(f"clerk-{unit}", "clerk", "--unit", unit) for unit in units}
    people = report_villages(clerks)
    refuse_second(clerks, people)
    correct_and_remember(clerks, people)
    report_townships(clerks, people)
    report_county(clerks, people)
    extract(civil, bureau, health, people)
    reports(bureau, civil)
    permissions(server, operator, bureau, civil, health, clerks)


def check_doors(server):
    answer = health_pb2_grpc.HealthStub(server.channel).Check(health_pb2.HealthCheckRequest(), timeout=10)
    check("health: serving", answer.status == health_pb2.HealthCheckResponse.SERVING)
    check_reflection(server)
    error = refusal(Caller(server.channel, "").units.ListUnits, pb.ListUnitsRequest())
    expect("no token is refused", error, grpc.StatusCode.UNAUTHENTICATED, "CALLER_UNKNOWN")


def check_reflection(server):
    """The server tells its services itself; v1 of the protocol, whose messages are those of v1alpha under another name."""
    messages = __import__("grpc_reflection.v1alpha.reflection_pb2", fromlist=["x"])
    call = server.channel.stream_stream(
        "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
        request_serializer=messages.ServerReflectionRequest.SerializeToString,
        response_deserializer=messages.ServerReflectionResponse.FromString,
    )
    answer = next(call(iter([messages.ServerReflectionRequest(list_services="*")]), timeout=10))
    names = {s.name for s in answer.list_services_response.service}
    own = {f"baoyici.v1.{s}Service" for s in ["Organisation", "Unit", "Template", "Overlap", "Collection", "Dataset", "Report"]}
    check("reflection: every service is told", own <= names, names)


def register_units(operator):
    organisations = [
        pb.Organisation(id="tjj", name="统计局", kind=pb.ORGANISATION_KIND_BUREAU),
        pb.Organisation(id="mzt", name="民政厅", kind=pb.ORGANISATION_KIND_DEPARTMENT),
        pb.Organisation(id="jiuzhu", name="社会救助处", kind=pb.ORGANISATION_KIND_OFFICE, parent="mzt"),
        pb.Organisation(id="wjw", name="卫生健康委员会", kind=pb.ORGANISATION_KIND_DEPARTMENT),
    ]
    request = pb.RegisterOrganisationsRequest(request_id="organisations", organisations=organisations)
    check("organisations register", operator.organisations.RegisterOrganisations(request).registered == 4)
    check("the same request has the same answer", operator.organisations.RegisterOrganisations(request).registered == 4)
    listed = list(pages(operator.organisations.ListOrganisations, pb.ListOrganisationsRequest(page_size=3), "organisations"))
    check("organisations are listed by id, over pages", [o.id for o in listed] == ["jiuzhu", "mzt", "tjj", "wjw"], listed)

    lines = ["code,name,level,parent", f"{COUNTY},桐庐县,county,"]
    lines += [f"{t},镇,township,{COUNTY}" for t in TOWNSHIPS]
    lines += [f"{v},村,village,{t}" for t, of in VILLAGES.items() for v in of]
    csv = "\n".join(lines).encode()
    preview = operator.units.RegisterUnits(pb.RegisterUnitsRequest(request_id=request_id(), csv=csv, validate_only=True))
    check("units are only checked in a preview", preview.registered == 0 and not list(operator.units.ListUnits(pb.ListUnitsRequest()).units))
    registered = operator.units.RegisterUnits(pb.RegisterUnitsRequest(request_id="units", csv=csv)).registered
    check("units register from CSV", registered == 6, registered)
    villages = operator.units.ListUnits(pb.ListUnitsRequest(within=TOWNSHIPS[0], level=pb.LEVEL_VILLAGE)).units
    check("units are listed below a township", [u.code for u in villages] == VILLAGES[TOWNSHIPS[0]], villages)
    broken = pb.RegisterUnitsRequest(request_id=request_id(), csv=csv + b"\n330122102,x,township,330199\n1,y,village,\n", validate_only=True)
    codes = [p.code for p in operator.units.RegisterUnits(broken).problems]
    check("a preview of bad units tells all problems", {"UNIT_PARENT_UNKNOWN", "UNIT_CODE_MALFORMED"} <= set(codes), codes)


def register_forms(civil, bureau, health):
    first = register(civil, VILLAGE_FORM)
    check("a first form has only new fields", (first.version, first.counts.fields, first.counts.new_fields) == (1, 6, 6), first.counts)
    added = {a.level: (a.units, a.cells) for a in first.added}
    check("it adds six cells for each of three villages", added == {pb.LEVEL_VILLAGE: (3, 18)}, added)
    preview = register(bureau, TOWNSHIP_FORM, preview=True)
    standing = {f.field.field_id: pb.Standing.Name(f.standing) for f in preview.fields}
    served = ("STANDING_HELD", "STANDING_COMPUTABLE")
    check("a preview says what is held already", preview.version == 0 and standing["renkou"] in served and standing["gengdi"] in served, standing)
    check("a preview says what is new", standing["shouru"] == "STANDING_NEW", standing)
    reasons = [r for f in preview.fields if f.field.field_id == "renkou" for r in f.relations]
    check("each verdict has its reason in both languages", reasons and all(r.sentence_zh and r.sentence_en for r in reasons), reasons)
    check("a preview stores nothing", not any(t.form_id == "zhen" for t in bureau.templates.ListTemplates(pb.ListTemplatesRequest()).templates))
    added = {a.level: (a.units, a.cells) for a in register(bureau, TOWNSHIP_FORM).added}
    check("it adds only its new field for the two townships", added == {pb.LEVEL_TOWNSHIP: (2, 2)}, added)
    register(civil, MONTHLY_FORM)
    yearly = register(health, YEARLY_FORM)
    check("the yearly form adds nothing", yearly.counts.new_fields == 0 and sum(a.cells for a in yearly.added) == 0, yearly.counts)
    changed = {**VILLAGE_FORM, "fields": [*VILLAGE_FORM["fields"], field("shuiku", "水库座数", "座", "integer")]}
    check("a changed form becomes version 2", register(civil, changed).version == 2)
    template = civil.templates.GetTemplate(pb.GetTemplateRequest(form_id="cun")).template
    since = {f.field_id: f.since for f in template.fields}
    check("unchanged fields keep their identity", since["renkou"] == 1 and since["shuiku"] == 2, since)
    error = refusal(register, civil, changed)
    expect("the same form again is no new version", error, grpc.StatusCode.FAILED_PRECONDITION, "FORM_UNCHANGED")
    secret = {**VILLAGE_FORM, "form_id": "mimi", "fields": [field("a", "户主身份证号", "", "text"), field("a", "x", "", "hex", decimals=99)]}
    problems = {p.code for p in register(civil, secret, preview=True).problems}
    wanted = {"FIELD_PERSONAL_IDENTIFIER", "FIELD_DUPLICATE", "FIELD_TYPE_UNKNOWN", "FIELD_DECIMALS_OUT_OF_RANGE"}
    check("a preview tells all problems of a form at once", wanted <= problems, problems)
    expect("personal identifiers are refused", refusal(register, civil, secret), grpc.StatusCode.INVALID_ARGUMENT, "FIELD_PERSONAL_IDENTIFIER")


def report_villages(clerks):
    """Each village types its form; returns the people typed, by village."""
    people = {}
    for number, unit in enumerate(ALL_VILLAGES):
        dates = clerks[unit].collection.ListDueDates(pb.ListDueDatesRequest(unit=unit, year=YEAR + 1)).due_dates
        check(f"{unit}: one due date with seven cells", [(d.due, d.cells, d.held) for d in dates] == [(DUE, 7, 0)], dates)
        values = {"常住人口": str(1200 + number), "户籍人口": str(1500 + number), "耕地面积": f"{100 + number}.25", "年末低保户数": "12"}
        values |= {"是否通公交": "是", "地形": "2", "水库座数": "0"}
        cells = {c.label: c for c in consolidated(clerks[unit], unit).inputs}
        check(f"{unit}: the form asks each figure once", set(cells) == set(values), set(cells))
        figures = [typed(cells[label], value) for label, value in values.items()]
        short = clerks[unit].collection.Submit(submission(unit, figures[1:] + [typed(cells["常住人口"], "一千")], validate_only=True))
        check(f"{unit}: checking alone stores nothing", [p.code for p in short.problems] == ["FIGURE_TYPE_MISMATCH"] and not short.HasField("receipt"), short)
        error = refusal(clerks[unit].collection.Submit, submission(unit, figures[1:]))
        expect(f"{unit}: an incomplete form is refused", error, grpc.StatusCode.INVALID_ARGUMENT, "FIGURE_MISSING")
        request = submission(unit, figures)
        receipt = clerks[unit].collection.Submit(request).receipt
        check(f"{unit}: a receipt for seven figures", receipt.figures == 7 and receipt.id and receipt.digest, receipt)
        check(f"{unit}: asked again, the same receipt", clerks[unit].collection.Submit(request).receipt == receipt)
        check(f"{unit}: the receipt can be fetched", clerks[unit].collection.GetReceipt(pb.GetReceiptRequest(receipt=receipt.id)).receipt == receipt)
        people[unit] = (1200 + number, receipt.id)
    return people


def refuse_second(clerks, people):
    unit = ALL_VILLAGES[0]
    cell = next(c for c in consolidated(clerks[unit], unit).inputs if c.label == "常住人口")
    check("the form shows what is held", cell.held.value == "1200" and cell.held.reporter == f"clerk-{unit}", cell.held)
    error = refusal(clerks[unit].collection.Submit, submission(unit, [typed(cell, "1999")], partial=True))
    problem = expect("a second submission is refused", error, grpc.StatusCode.ALREADY_EXISTS, "FIGURE_HELD")
    if problem:
        told = arguments(problem)
        holder = (told["value"], told["reporter"], told["receipt"])
        check("and told who holds it", holder == ("1200", f"clerk-{unit}", people[unit][1]), told)
        check("by value, reporter and receipt in the text", all(part in problem.text_zh and part in problem.text_en for part in holder))


def correct_and_remember(clerks, people):
    unit = ALL_VILLAGES[0]
    clerk = clerks[unit]
    cell = next(c for c in consolidated(clerk, unit).inputs if c.label == "常住人口")
    correction = lambda value, seen, reason: pb.CorrectRequest(  # noqa: E731
        request_id=request_id(), unit=unit, reason=reason, figures=[pb.CorrectedFigure(figure=typed(cell, value), seen_version=seen)])
    expect("a correction needs a reason", refusal(clerk.collection.Correct, correction("1300", 1, "")), grpc.StatusCode.INVALID_ARGUMENT, "REASON_MISSING")
    expect("and the version that stands", refusal(clerk.collection.Correct, correction("1300", 4, "错")), grpc.StatusCode.FAILED_PRECONDITION, "FIGURE_VERSION_STALE")
    receipt = clerk.collection.Correct(correction("1300", 1, "漏登新生儿"))
    check("a correction has a receipt", receipt.receipt.figures == 1)
    versions = clerk.collection.ListObservationVersions(pb.ListObservationVersionsRequest(unit=unit, element=cell.element, period=cell.period)).versions
    check("history keeps both versions", [(v.version, v.value, v.reason) for v in versions] == [(1, "1200", ""), (2, "1300", "漏登新生儿")], versions)
    listed = list(pages(clerk.collection.ListReceipts, pb.ListReceiptsRequest(unit=unit, page_size=1), "receipts"))
    check("receipts are listed newest first", [r.id for r in listed] == [receipt.receipt.id, people[unit][1]], listed)
    people[unit] = (1300, receipt.receipt.id)


def report_townships(clerks, people):
    for unit in TOWNSHIPS:
        form = consolidated(clerks[unit], unit)
        check(f"{unit}: types only what its villages did not", [c.label for c in form.inputs] == ["一般公共预算收入"], form.inputs)
        prefilled = {c.label: c for c in form.prefilled}
        total = sum(people[v][0] for v in VILLAGES[unit])
        cell = prefilled["常住人口"]
        check(f"{unit}: people in 万人, from its villages", Fraction(cell.value or "0") == Fraction(total, 10_000), cell)
        check(f"{unit}: and says where from", cell.provenance_zh and cell.provenance_en and cell.sources == cell.sources_held == len(VILLAGES[unit]), cell)
        receipt = clerks[unit].collection.Submit(submission(unit, [typed(form.inputs[0], "5", "亿元")])).receipt
        check(f"{unit}: money typed in 亿元 where 万元 is asked", receipt.figures == 1)
        held = consolidated(clerks[unit], unit).inputs[0].held
        check(f"{unit}: and held in 万元", held.value == "50000", held)


def report_county(clerks, people):
    clerk, total = clerks[COUNTY], 0
    for month in range(1, 13):
        due = f"{YEAR}-{month + 1:02d}-05" if month < 12 else f"{YEAR + 1}-01-05"
        cells = consolidated(clerk, COUNTY, due).inputs
        check(f"county: one cell due on {due}", [(c.label, c.period) for c in cells] == [("本月临时救助人次", f"{YEAR}-{month:02d}")], cells)
        if month == 12:
            empty = next(c for c in consolidated(clerk, COUNTY).prefilled if c.label == "临时救助人次")
            check("county: the year stays empty until December", empty.value == "" and (empty.sources, empty.sources_held) == (12, 11), empty)
        clerk.collection.Submit(submission(COUNTY, [typed(cells[0], str(month * 3))], due=due))
        total += month * 3
    prefilled = {c.label: c.value for c in consolidated(clerk, COUNTY).prefilled}
    check("county: the year is the sum of its months", prefilled.get("临时救助人次") == str(total), prefilled)
    check("county: people are those of its villages", prefilled.get("常住人口") == str(sum(n for n, _ in people.values())), prefilled)


def rows_of(caller, form_id, period, within=""):
    """Columns, and unit → field → value, of an extraction as rows."""
    scope = pb.ExtractionScope(form_id=form_id, period=period, within=within)
    columns, rows, missing = [], {}, 0
    for answer in caller.dataset.ExtractRows(pb.ExtractRowsRequest(scope=scope)):
        columns = [c.field_id for c in answer.columns] or columns
        for row in answer.rows:
            rows[row.unit] = dict(zip(columns, [f.value if f.HasField("value") else None for f in row.figures]))
        missing = answer.missing or missing
    return columns, rows, missing


def table_of(caller, form_id, period, within=""):
    """The same as an Arrow table."""
    scope = pb.ExtractionScope(form_id=form_id, period=period, within=within)
    data = b"".join(a.data for a in caller.dataset.ExtractArrow(pb.ExtractArrowRequest(scope=scope)))
    return pyarrow.ipc.open_stream(io.BytesIO(data)).read_all()


def extract(civil, bureau, health, people):
    columns, rows, missing = rows_of(civil, "cun", str(YEAR))
    check("the village form is drawn in its order", columns == [f["field_id"] for f in VILLAGE_FORM["fields"]] + ["shuiku"], columns)
    check("for each village, with nothing missing", (set(rows), missing) == (set(ALL_VILLAGES), 0), (rows.keys(), missing))
    check("a corrected figure is drawn as corrected", rows[ALL_VILLAGES[0]]["renkou"] == "1300", rows[ALL_VILLAGES[0]])
    table = table_of(civil, "cun", str(YEAR), TOWNSHIPS[0])
    arrow = {row["unit_code"]: row for row in table.to_pylist()} if "unit_code" in table.column_names else None
    check("Arrow has one row for each village of the township", arrow is not None and set(arrow) == set(VILLAGES[TOWNSHIPS[0]]), table.schema)
    if arrow:
        equal = all(Fraction(str(arrow[u][f])) == Fraction(rows[u][f]) for u in arrow for f in ("renkou", "huji", "gengdi", "dibao"))
        check("Arrow and rows agree", equal, table.to_pylist())
    _, rows, missing = rows_of(bureau, "zhen", str(YEAR))
    for unit in TOWNSHIPS:
        total = sum(people[v][0] for v in VILLAGES[unit])
        check(f"{unit}: people in 万人", Fraction(rows[unit]["renkou"]) == Fraction(total, 10_000), rows[unit])
        area = sum(Fraction(f"{100 + ALL_VILLAGES.index(v)}.25") for v in VILLAGES[unit]) / 15
        check(f"{unit}: land in 公顷, rounded once", abs(Fraction(rows[unit]["gengdi"]) - area) <= Fraction(1, 200), (rows[unit], float(area)))
    _, rows, missing = rows_of(health, "nianbao", str(YEAR))
    check("the yearly form is filled, though nobody typed it", rows == {COUNTY: {"jiuzhu": "234", "renkou": str(sum(n for n, _ in people.values()))}}, rows)
    _, rows, missing = rows_of(civil, "cun", str(YEAR + 1))
    check("next year's figures are missing, not invented", missing >= 12, missing)


def reports(bureau, civil):
    report = bureau.reports.GetOverlapReport(pb.GetOverlapReportRequest(year=YEAR))
    shared = {e.name: e.departments for e in report.elements}
    check("overlap report: people are asked by three departments", max(shared.values(), default=0) == 3, shared)
    check("overlap report: a heat map of departments", {(p.a, p.b) for p in report.heat_map} >= {("mzt", "tjj"), ("mzt", "wjw")}, report.heat_map)
    totals = {}
    for breakdown in ("ORGANISATION", "FORM", "LEVEL", "UNIT", "DERIVATION"):
        request = pb.GetBurdenReportRequest(year=YEAR, breakdown=pb.BurdenBreakdown.Value(f"BURDEN_BREAKDOWN_{breakdown}"), page_size=1000)
        answer = bureau.reports.GetBurdenReport(request)
        totals[breakdown] = (answer.total.asked, answer.total.collected)
        rows = [(r.key, r.asked, r.collected) for r in answer.rows]
        check(f"burden by {breakdown.lower()}: asked adds up", breakdown == "DERIVATION" or sum(a for _, a, _ in rows) == answer.total.asked, rows)
    # Three villages with 7 fields, two townships with 3, the county with 12 months of one and a year of two.
    check("burden: 41 cells asked, 35 typed", set(totals.values()) == {(41, 35)}, totals)
    element = bureau.reports.GetOverlapReport(pb.GetOverlapReportRequest(year=YEAR)).elements[0]
    fields = {(f.form_id, f.field_id) for f in bureau.overlap.GetElement(pb.GetElementRequest(element=element.element)).fields}
    check("an element names its fields", fields == {("cun", "renkou"), ("zhen", "renkou"), ("nianbao", "renkou")}, fields)
    relations = list(pages(bureau.overlap.ListRelations, pb.ListRelationsRequest(page_size=2), "relations"))
    check("relations are listed over pages", len(relations) >= 3 and all(r.sentence_zh for r in relations), len(relations))
    verdicts = civil.overlap.GetFormOverlap(pb.GetFormOverlapRequest(form_id="cun")).fields
    check("a registered form's verdict can be read again", len(verdicts) == 7, verdicts)


def permissions(server, operator, bureau, civil, health, clerks):
    denied, unknown = grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.NOT_FOUND
    scope = lambda form_id: pb.ExtractRowsRequest(scope=pb.ExtractionScope(form_id=form_id, period=str(YEAR)))  # noqa: E731
    village, other = ALL_VILLAGES[0], ALL_VILLAGES[1]
    get = pb.GetConsolidatedFormRequest
    rows = [
        ("a clerk does not read another unit's form", clerks[village].collection.GetConsolidatedForm, get(unit=other, due=DUE), denied, "CALLER_NOT_OF_UNIT"),
        ("a clerk does not submit for another unit", clerks[village].collection.Submit, submission(other, []), denied, "CALLER_NOT_OF_UNIT"),
        ("a clerk extracts nothing", clerks[village].dataset.ExtractRows, scope("cun"), denied, "CALLER_MAY_NOT"),
        ("a clerk reads no report", clerks[village].reports.GetBurdenReport, pb.GetBurdenReportRequest(year=YEAR, breakdown=1), denied, "CALLER_MAY_NOT"),
        ("a department does not extract another's form", health.dataset.ExtractRows, scope("cun"), unknown, "FORM_UNKNOWN"),
        ("nor read its fields", health.templates.GetTemplate, pb.GetTemplateRequest(form_id="cun"), unknown, "FORM_UNKNOWN"),
        ("nor the burden report", civil.reports.GetBurdenReport, pb.GetBurdenReportRequest(year=YEAR, breakdown=1), denied, "CALLER_MAY_NOT"),
        ("the bureau does not see a department's figures", bureau.dataset.ExtractRows, scope("cun"), unknown, "FORM_UNKNOWN"),
        ("the operator sees no figures", operator.dataset.ExtractRows, scope("cun"), denied, "CALLER_MAY_NOT"),
        ("a department registers no units", civil.units.RegisterUnits, pb.RegisterUnitsRequest(request_id="x", csv=b"x"), denied, "CALLER_MAY_NOT"),
    ]
    for what, call, request, code, problem in rows:
        expect(what, refusal(call, request), code, problem)
    office = server.caller("chushi", "data_officer", "--organisation", "jiuzhu")
    expect("an office does not draw its department's form", refusal(office.dataset.ExtractRows, scope("cun")), unknown, "FORM_UNKNOWN")


def race(server):
    """Threads of one client library race for one cell: one wins."""
    unit = ALL_VILLAGES[0]
    clerks = [server.caller(f"racer-{n}", "clerk", "--unit", unit) for n in range(8)]
    cell = next(c for c in consolidated(clerks[0], unit, f"{YEAR + 2}-01-20").inputs if c.label == "常住人口")
    outcomes = []

    def run(number):
        request = submission(unit, [typed(cell, str(number))], due=f"{YEAR + 2}-01-20", partial=True)
        outcomes.append(refusal(clerks[number].collection.Submit, request))

    threads = [threading.Thread(target=run, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    won = [o for o in outcomes if o is None]
    check("of eight racers one wins", len(won) == 1 and all(o is None or o.codes() == ["FIGURE_HELD"] for o in outcomes), outcomes)


def main():
    binary = find_binary()
    with tempfile.TemporaryDirectory() as data:
        server = Server(binary, data)
        try:
            walk(server)
            race(server)
            check("it stops gracefully", server.stop() == 0)
        finally:
            server.process.kill()
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
