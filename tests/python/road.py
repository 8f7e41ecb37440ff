"""Walks the whole road with the sample province as a client that is not ours: road.py BINARY

Every step is one function of Walk; each asserts what it shows, and a step that fails does not stop those that can go on without it.
"""

import csv
import json
import sys
import traceback
from decimal import ROUND_HALF_UP, Decimal

import grpc
import pyarrow
from google.rpc import status_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2

from figures import invent, mend
from server import Server
from stubs import ROOT, make_stubs

FORMS = ROOT / "schemas/forms"
YEAR = 2026
PROVINCE, COUNTY, TOWNSHIP = "980000000000", "980121000000", "980121101000"
ELSEWHERE = "980121100000"
# In the order of registration; the first two ask much of the same, the third is summed from villages.
TEMPLATES = ["tjj-cun", "mzt-cunju", "tjj-xiangzhen", "nynct-zhuangbei"]


def refused(code, call):
    """Asserts that a call is refused with this status; returns its problems."""
    try:
        answer = call()
        if hasattr(answer, "__next__"):
            list(answer)
    except grpc.RpcError as error:
        assert error.code() == code, f"{error.code()}: {error.details()}"
        return error
    raise AssertionError(f"not refused with {code}")


def problems_of(pb, error):
    for key, value in error.trailing_metadata():
        if key == "grpc-status-details-bin":
            status = status_pb2.Status.FromString(value)
            for detail in status.details:
                if detail.type_url.endswith("/baoyici.v1.ProblemList"):
                    return pb.ProblemList.FromString(detail.value)
    raise AssertionError("the refusal has no list of problems")


class Walk:
    def __init__(self, binary):
        self.pb, self.services = make_stubs()
        self.server = Server(binary, self.services)
        self.typed = {}
        self.accounts = {}

    def steps(self):
        return [self.health, self.reflection, self.no_token, self.organisations, self.units, self.units_are_listed, self.preview, self.forms,
                self.verdicts, self.template_reads_back, self.due_dates, self.consolidated_form, self.checking, self.submitting,
                self.repeated_request, self.second_submission, self.prefilled, self.correction, self.correction_needs_a_reason, self.history,
                self.receipts, self.rows, self.rolled_up, self.arrow, self.overlap_report, self.relations, self.burden_report,
                self.other_units_clerk, self.other_departments_form, self.wrong_roles, self.restart]

    def officer(self, organisation, role="data_officer"):
        if organisation not in self.accounts:
            self.accounts[organisation] = self.server.secret(f"officer_{organisation}", role, organisation=organisation)
        return self.server.caller(self.accounts[organisation])

    @property
    def bureau(self):
        return self.officer("tjj", "bureau")

    def owner(self, form):
        return self.bureau if form["organisation"] == "tjj" else self.officer(form["organisation"])

    # The house.

    def health(self):
        stub = health_pb2_grpc.HealthStub(self.server.channel)
        assert stub.Check(health_pb2.HealthCheckRequest()).status == health_pb2.HealthCheckResponse.SERVING
        own = stub.Check(health_pb2.HealthCheckRequest(service="baoyici.v1.CollectionService"))
        assert own.status == health_pb2.HealthCheckResponse.SERVING
        refused(grpc.StatusCode.NOT_FOUND, lambda: stub.Check(health_pb2.HealthCheckRequest(service="baoyici.v1.NoService")))

    def reflection(self):
        request = reflection_pb2.ServerReflectionRequest(list_services="")
        # The first version of the protocol has the same messages under another name.
        call = self.server.channel.stream_stream("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
                                                 request_serializer=reflection_pb2.ServerReflectionRequest.SerializeToString,
                                                 response_deserializer=reflection_pb2.ServerReflectionResponse.FromString)
        names = {s.name for s in next(call(iter([request]))).list_services_response.service}
        own = {f"baoyici.v1.{stub.__name__.removesuffix('Stub')}" for stub in self.services}
        assert own <= names and len(own) == 9, own - names

    def no_token(self):
        pb = self.pb
        request = pb.ListOrganisationsRequest()
        refused(grpc.StatusCode.UNAUTHENTICATED, lambda: self.server.caller(None).ListOrganisations(request))
        refused(grpc.StatusCode.UNAUTHENTICATED, lambda: self.server.caller("byc_wrong").ListOrganisations(request))

    # Registering.

    def organisations(self):
        pb = self.pb
        self.operator = self.server.caller(self.server.secret("operator", "operator"))
        with open(FORMS / "organisations.csv", encoding="utf-8") as f:
            rows = list(csv.DictReader(f))
        kinds = {k: getattr(pb, f"ORGANISATION_KIND_{k.upper()}") for k in ("bureau", "department", "office", "subordinate")}
        organisations = [pb.Organisation(id=r["id"], name=r["name"], kind=kinds[r["kind"]], parent=r["parent"]) for r in rows]
        request = pb.RegisterOrganisationsRequest(request_id="organisations", organisations=organisations, validate_only=True)
        assert not self.operator.RegisterOrganisations(request).problems
        assert not self.operator.ListOrganisations(pb.ListOrganisationsRequest()).organisations, "a check stores nothing"
        request.validate_only = False
        assert self.operator.RegisterOrganisations(request).registered == len(rows)
        listed, cursor = [], ""
        while True:
            page = self.operator.ListOrganisations(pb.ListOrganisationsRequest(page_size=5, cursor=cursor))
            listed += page.organisations
            cursor = page.next_cursor
            if not cursor:
                break
        assert sorted((o.id, o.name) for o in listed) == sorted((o.id, o.name) for o in organisations)

    def units(self):
        pb = self.pb
        source = (FORMS / "units.csv").read_bytes()
        answer = self.operator.RegisterUnits(pb.RegisterUnitsRequest(request_id="units", csv=source))
        assert answer.registered == len(source.decode().splitlines()) - 1

    def units_are_listed(self):
        pb = self.pb
        request = pb.ListUnitsRequest(within=TOWNSHIP, level=pb.LEVEL_VILLAGE, as_of=f"{YEAR}-12-31")
        self.villages = [u.code for u in self.operator.ListUnits(request).units]
        assert len(self.villages) == 7, self.villages
        self.clerks = self.server.clerks([*self.villages, TOWNSHIP])

    def preview(self):
        pb = self.pb
        self.sources = {f: (FORMS / f"templates/{f}.json").read_bytes() for f in TEMPLATES}
        self.json = {f: json.loads(source) for f, source in self.sources.items()}
        request = pb.RegisterTemplateRequest(request_id="preview", template_json=self.sources["tjj-cun"], validate_only=True)
        answer = self.bureau.RegisterTemplate(request)
        assert answer.version == 0 and len(answer.fields) == len(self.json["tjj-cun"]["fields"])
        assert answer.counts.new_fields == answer.counts.fields
        assert not self.bureau.ListTemplates(pb.ListTemplatesRequest()).templates, "a preview stores nothing"

    def forms(self):
        pb = self.pb
        self.answers = {}
        for form_id, form in self.json.items():
            request = pb.RegisterTemplateRequest(request_id=f"form-{form_id}", template_json=self.sources[form_id], validate_only=True)
            preview = self.owner(form).RegisterTemplate(request)
            request.validate_only = False
            answer = self.owner(form).RegisterTemplate(request)
            assert answer.version == 1 and answer.counts == preview.counts and list(answer.added) == list(preview.added), form_id
            self.answers[form_id] = answer
        listed = self.bureau.ListTemplates(pb.ListTemplatesRequest()).templates
        assert sorted(t.form_id for t in listed) == sorted(TEMPLATES)

    def verdicts(self):
        pb = self.pb
        answer = self.answers["mzt-cunju"]
        assert answer.counts.held > 5 and answer.counts.new_fields > 0, answer.counts
        village = next(a for a in answer.added if a.level == pb.LEVEL_VILLAGE)
        n_fields = len(self.json["mzt-cunju"]["fields"])
        assert 0 < village.cells_per_unit_max < n_fields, "held fields are not typed again"
        held = [f for f in answer.fields if f.standing == pb.STANDING_HELD]
        assert all(f.relations and f.relations[0].reasons and f.relations[0].sentence_zh and f.relations[0].sentence_en for f in held)
        assert self.answers["tjj-xiangzhen"].counts.computable > 5
        again = self.owner(self.json["mzt-cunju"]).GetFormOverlap(pb.GetFormOverlapRequest(form_id="mzt-cunju"))
        assert [f.element for f in again.fields] == [f.element for f in answer.fields]
        element = self.bureau.GetElement(pb.GetElementRequest(element=held[0].element))
        assert {"tjj-cun", "mzt-cunju"} <= {f.form_id for f in element.fields} and element.key

    def template_reads_back(self):
        answer = self.bureau.GetTemplate(self.pb.GetTemplateRequest(form_id="tjj-cun"))
        form = self.json["tjj-cun"]
        assert answer.version == 1 and answer.template.title == form["title"]
        assert [(f.field_id, f.label, f.unit) for f in answer.template.fields] == [(f["field_id"], f["label"], f["unit"]) for f in form["fields"]]

    # Collecting.

    def dates_of(self, unit):
        pb = self.pb
        dates = []
        for year in (YEAR, YEAR + 1):
            dates += self.clerks[unit].ListDueDates(pb.ListDueDatesRequest(unit=unit, year=year)).due_dates
        return dates

    def due_dates(self):
        self.village = self.villages[0]
        dates = self.dates_of(self.village)
        # Annual forms: each due once a year, 45 and 30 days after its end.
        assert len(dates) >= 1 and all(d.cells > 0 and d.held == 0 and d.due.startswith("2027-") for d in dates), dates
        self.n_cells = sum(d.cells for d in dates)
        asked = sum(len(self.json[f]["fields"]) for f in ("tjj-cun", "mzt-cunju"))
        assert self.n_cells < asked, f"{self.n_cells} cells for {asked} fields"

    def form_of(self, unit, due):
        return self.clerks[unit].GetConsolidatedForm(self.pb.GetConsolidatedFormRequest(unit=unit, due=due))

    def consolidated_form(self):
        dates = self.dates_of(self.village)
        forms = [self.form_of(self.village, d.due) for d in dates]
        assert [len(f.inputs) for f in forms] == [d.cells for d in dates]
        cells = [(c.element, c.period) for f in forms for c in f.inputs]
        assert len(set(cells)) == len(cells) == self.n_cells, "no cell is asked twice"
        shared = [c for f in forms for c in f.inputs if len({s.field.form_id for s in c.serves}) > 1]
        assert len(shared) > 5, "one cell fills several forms"
        assert all(f.unit_name and f.plan_digest for f in forms)

    def figures(self, unit, form):
        pb = self.pb
        return [pb.TypedFigure(element=c.element, period=c.period, value=invent(pb, c, unit)) for c in form.inputs]

    def checking(self):
        pb, unit = self.pb, self.village
        due = self.dates_of(unit)[0].due
        form = self.form_of(unit, due)
        figures = self.figures(unit, form)
        number = next(n for n, c in enumerate(form.inputs) if c.dtype == pb.DATA_TYPE_INTEGER)
        figures[number].value = "十二"
        left = figures.pop(0 if number else 1)
        request = pb.SubmitRequest(request_id="check", unit=unit, due=due, figures=figures, validate_only=True)
        answer = self.clerks[unit].Submit(request)
        told = {p.code for p in answer.problems if not p.code.startswith(("RULE_", "TOTAL_"))}
        assert told == {"FIGURE_TYPE_MISMATCH", "FIGURE_MISSING"}, answer.problems
        assert any(p.place.field == left.element for p in answer.problems) and not answer.HasField("receipt")
        assert all(p.text_zh and p.text_en for p in answer.problems)
        request.validate_only = False
        refused(grpc.StatusCode.INVALID_ARGUMENT, lambda: self.clerks[unit].Submit(request))
        assert all(d.held == 0 for d in self.dates_of(unit)), "nothing was stored"

    def submitting(self):
        pb = self.pb
        self.submissions = {}
        # The township first: what it cannot know yet is rolled up from its villages later.
        for unit in [TOWNSHIP, *self.villages]:
            for date in self.dates_of(unit):
                form = self.form_of(unit, date.due)
                request = pb.SubmitRequest(request_id=f"{unit}-{date.due}", unit=unit, due=date.due, figures=self.figures(unit, form))
                mend(pb, self.clerks[unit].Submit, form, request)
                receipt = self.clerks[unit].Submit(request).receipt
                assert receipt.figures == date.cells and receipt.reporter == f"clerk_{unit}" and receipt.digest
                self.submissions[unit, date.due] = (request, receipt)
                for cell, figure in zip(form.inputs, request.figures):
                    for served in cell.serves:
                        self.typed[unit, served.field.form_id, served.field.field_id] = (cell, figure.value)
            assert all(d.held == d.cells for d in self.dates_of(unit))

    def repeated_request(self):
        for (unit, _), (request, receipt) in self.submissions.items():
            assert self.clerks[unit].Submit(request).receipt == receipt, "the same request has the same answer"

    def second_submission(self):
        pb, unit = self.pb, self.village
        first, receipt = next(v for k, v in self.submissions.items() if k[0] == unit)
        request = pb.SubmitRequest()
        request.CopyFrom(first)
        request.request_id = "second"
        del request.figures[1:]
        request.partial = True
        error = refused(grpc.StatusCode.ALREADY_EXISTS, lambda: self.clerks[unit].Submit(request))
        problems = problems_of(pb, error)
        assert problems.total == 1 and problems.problems[0].code == "FIGURE_HELD"
        arguments = {a.name: a.value for a in problems.problems[0].arguments}
        assert arguments["value"] == first.figures[0].value, arguments
        assert arguments["reporter"] == f"clerk_{unit}" and arguments["receipt"] == receipt.id

    def prefilled(self):
        unit = self.village
        for date in self.dates_of(unit):
            form = self.form_of(unit, date.due)
            assert all(c.HasField("held") and c.held.version == 1 for c in form.inputs)
            assert all(c.value and c.provenance_zh and c.sources_held == c.sources for c in form.prefilled)
        form = self.form_of(TOWNSHIP, self.dates_of(TOWNSHIP)[0].due)
        sums = [c for c in form.prefilled if c.sources == len(self.villages)]
        assert len(sums) > 5 and all(c.value for c in sums), "the township's sums are there once its villages have reported"

    def correction(self):
        pb, unit = self.pb, self.village
        (_, form, field), (cell, old) = next((k, v) for k, v in self.typed.items()
                                             if k[0] == unit and v[0].dtype == pb.DATA_TYPE_INTEGER and len(v[0].serves) > 1)
        new = str(int(old) + 7)
        figure = pb.TypedFigure(element=cell.element, period=cell.period, value=new)
        self.corrected = (cell, old, new)
        stale = pb.CorrectRequest(request_id="stale", unit=unit, reason="复核", figures=[pb.CorrectedFigure(figure=figure, seen_version=9)])
        error = refused(grpc.StatusCode.FAILED_PRECONDITION, lambda: self.clerks[unit].Correct(stale))
        assert [p.code for p in problems_of(pb, error).problems] == ["FIGURE_VERSION_STALE"], problems_of(pb, error)
        request = pb.CorrectRequest(request_id="correct", unit=unit, reason="复核台账时发现漏计",
                                    figures=[pb.CorrectedFigure(figure=figure, seen_version=1)])
        self.correction_receipt = self.clerks[unit].Correct(request).receipt
        assert self.correction_receipt.figures == 1
        for key, (held, _) in list(self.typed.items()):
            if key[0] == unit and (held.element, held.period) == (cell.element, cell.period):
                self.typed[key] = (held, new)

    def correction_needs_a_reason(self):
        pb, (cell, _, new) = self.pb, self.corrected
        figure = pb.CorrectedFigure(figure=pb.TypedFigure(element=cell.element, period=cell.period, value=new))
        request = pb.CorrectRequest(request_id="no reason", unit=self.village, figures=[figure])
        refused(grpc.StatusCode.INVALID_ARGUMENT, lambda: self.clerks[self.village].Correct(request))

    def history(self):
        pb, (cell, old, new) = self.pb, self.corrected
        request = pb.ListObservationVersionsRequest(unit=self.village, element=cell.element, period=cell.period)
        versions = self.clerks[self.village].ListObservationVersions(request).versions
        assert [(v.version, v.value) for v in versions] == [(1, old), (2, new)]
        assert versions[1].receipt == self.correction_receipt.id and versions[1].reason and not versions[0].reason

    def receipts(self):
        pb, unit = self.pb, self.village
        clerk = self.clerks[unit]
        listed, cursor = [], ""
        while True:
            page = clerk.ListReceipts(pb.ListReceiptsRequest(unit=unit, page_size=1, cursor=cursor))
            listed += page.receipts
            cursor = page.next_cursor
            if not cursor:
                break
        own = [receipt for (u, _), (_, receipt) in self.submissions.items() if u == unit]
        assert listed[0] == self.correction_receipt and {r.id for r in listed} == {self.correction_receipt.id, *(r.id for r in own)}
        assert clerk.GetReceipt(pb.GetReceiptRequest(receipt=own[0].id)).receipt == own[0]

    # Extracting.

    def extracted(self, form_id, within=TOWNSHIP):
        pb = self.pb
        scope = pb.ExtractionScope(form_id=form_id, period=str(YEAR), within=within)
        answers = list(self.owner(self.json[form_id]).ExtractRows(pb.ExtractRowsRequest(scope=scope)))
        return answers[0].columns, [row for a in answers for row in a.rows], answers[-1].missing

    def facts(self, unit):
        """Names and codes of a unit and of those above it."""
        with open(ROOT / "schemas/forms/units.csv", encoding="utf-8") as f:
            by_code = {row["code"]: row for row in csv.DictReader(f)}
        found = set()
        while unit:
            found |= {unit, unit.rstrip("0"), unit[:6], unit[:9], by_code[unit]["name"]}
            unit = by_code[unit]["parent"]
        return found

    def rows(self):
        n_compared = n_not_asked = 0
        for form_id in ("tjj-cun", "mzt-cunju"):
            columns, rows, missing = self.extracted(form_id)
            assert [c.field_id for c in columns] == [f["field_id"] for f in self.json[form_id]["fields"]] and missing == 0
            assert sorted(r.unit for r in rows) == sorted(self.villages)
            for row in rows:
                for column, figure in zip(columns, row.figures, strict=True):
                    assert figure.HasField("value"), (form_id, column.field_id)
                    is_number = column.dtype in (self.pb.DATA_TYPE_INTEGER, self.pb.DATA_TYPE_DECIMAL)
                    if (row.unit, form_id, column.field_id) not in self.typed:
                        # Not asked: what the unit registry knows, or a total of what was typed.
                        assert is_number or figure.value in self.facts(row.unit), (form_id, column.field_id, figure.value)
                        n_not_asked += 1
                        continue
                    cell, value = self.typed[row.unit, form_id, column.field_id]
                    if is_number and column.unit_of_measure == cell.unit_of_measure and cell.via.form_id == form_id:
                        field = next(f for f in self.json[form_id]["fields"] if f["field_id"] == column.field_id)
                        step = Decimal(1).scaleb(-(field.get("decimals", 4) if column.dtype == self.pb.DATA_TYPE_DECIMAL else 0))
                        rounded = Decimal(value).quantize(step, ROUND_HALF_UP)
                        assert Decimal(figure.value) == rounded, (form_id, column.field_id, figure.value, value)
                        n_compared += 1
                    elif not is_number:
                        assert figure.value == value, (form_id, column.field_id, figure.value, value)
                        n_compared += 1
        assert n_compared > 300 and n_not_asked > 10, (n_compared, n_not_asked)
        cell, _, new = self.corrected
        served = {s.field.form_id: s.field.field_id for s in cell.serves}
        for form_id, field_id in served.items():
            columns, rows, _ = self.extracted(form_id)
            at = [c.field_id for c in columns].index(field_id)
            value = next(r for r in rows if r.unit == self.village).figures[at].value
            assert value == new, f"both departments see the corrected figure: {form_id} {value}"

    def rolled_up(self):
        """A count of the township that its villages typed is their sum."""
        pb = self.pb
        form = self.form_of(TOWNSHIP, self.dates_of(TOWNSHIP)[0].due)
        columns, rows, missing = self.extracted("tjj-xiangzhen")
        assert len(rows) == 1 and missing == 0
        at = {c.field_id: n for n, c in enumerate(columns)}
        elements = {f.field.field_id: f.element for f in self.answers["tjj-xiangzhen"].fields}
        n_checked = 0
        for cell in form.prefilled:
            if cell.field.form_id != "tjj-xiangzhen" or cell.sources != len(self.villages):
                continue
            typed = {u: v for (u, _, _), (c, v) in self.typed.items()
                     if c.element == elements[cell.field.field_id] and c.unit_of_measure == cell.unit_of_measure and u in self.villages
                     and c.dtype == pb.DATA_TYPE_INTEGER}
            if len(typed) == len(self.villages):
                assert rows[0].figures[at[cell.field.field_id]].value == str(sum(map(int, typed.values()))) == cell.value, cell.label
                n_checked += 1
        assert n_checked > 3, n_checked

    def arrow(self):
        pb = self.pb
        for form_id in ("tjj-cun", "mzt-cunju", "tjj-xiangzhen"):
            scope = pb.ExtractionScope(form_id=form_id, period=str(YEAR), within=TOWNSHIP)
            pieces = self.owner(self.json[form_id]).ExtractArrow(pb.ExtractArrowRequest(scope=scope))
            table = pyarrow.ipc.open_stream(b"".join(p.data for p in pieces)).read_all()
            columns, rows, _ = self.extracted(form_id)
            assert table.num_rows == len(rows)
            names = [n for n in table.column_names if n in {c.field_id for c in columns}]
            assert names == [c.field_id for c in columns], table.column_names
            by_unit = {r.unit: r for r in rows}
            unit_column = next(n for n in table.column_names if n in ("unit", "unit_code"))
            for record in table.to_pylist():
                row = by_unit.pop(record[unit_column])
                for column, figure in zip(columns, row.figures, strict=True):
                    self.same(column, record[column.field_id], figure)
            assert not by_unit

    def same(self, column, value, figure):
        pb = self.pb
        if not figure.HasField("value"):
            assert value is None
        elif column.dtype in (pb.DATA_TYPE_INTEGER, pb.DATA_TYPE_DECIMAL):
            # Decimal against decimal, never by way of a float.
            assert type(value).__name__ in ("Decimal", "int") and value == type(value)(figure.value), (column.field_id, value, figure.value)
        elif column.dtype == pb.DATA_TYPE_BOOL:
            assert {True: "是", False: "否"}.get(value, value) == figure.value, (column.field_id, value, figure.value)
        else:
            assert str(value) == figure.value, (column.field_id, value, figure.value)

    # Reports.

    def overlap_report(self):
        report = self.bureau.GetOverlapReport(self.pb.GetOverlapReportRequest(year=YEAR))
        assert len(report.elements) > 10 and report.heat_map
        assert all(len({a.field.form_id for a in e.appearances}) > 1 for e in report.elements)
        pair = next(p for p in report.heat_map if {p.a, p.b} == {"mzt", "tjj"})
        assert pair.elements > 5

    def relations(self):
        pb = self.pb
        first = self.bureau.ListRelations(pb.ListRelationsRequest(page_size=5))
        second = self.bureau.ListRelations(pb.ListRelationsRequest(page_size=5, cursor=first.next_cursor))
        assert len(first.relations) == 5 and second.relations and first.relations[0] not in second.relations
        assert all(r.sentence_zh and r.sentence_en for r in first.relations)

    def burden_report(self):
        pb = self.pb
        for name, breakdown in pb.BurdenBreakdown.items():
            if breakdown == pb.BURDEN_BREAKDOWN_UNSPECIFIED:
                continue
            report = self.bureau.GetBurdenReport(pb.GetBurdenReportRequest(year=YEAR, breakdown=breakdown, page_size=10000))
            total = report.total
            assert 0 < total.collected < total.asked and report.rows, name
            if breakdown != pb.BURDEN_BREAKDOWN_DERIVATION:
                assert sum(r.asked for r in report.rows) == total.asked, name
            if breakdown in (pb.BURDEN_BREAKDOWN_UNIT, pb.BURDEN_BREAKDOWN_LEVEL):
                assert sum(r.collected for r in report.rows) == total.collected, name
            if breakdown == pb.BURDEN_BREAKDOWN_UNIT:
                village = next(r for r in report.rows if r.key == self.village)
                assert village.collected == self.n_cells

    # Refusals.

    def other_units_clerk(self):
        pb = self.pb
        clerk, other = self.clerks[self.village], self.villages[1]
        due = self.dates_of(other)[0].due
        cell = self.corrected[0]
        calls = [
            lambda: clerk.ListDueDates(pb.ListDueDatesRequest(unit=other, year=YEAR)),
            lambda: clerk.GetConsolidatedForm(pb.GetConsolidatedFormRequest(unit=other, due=due)),
            lambda: clerk.Submit(pb.SubmitRequest(request_id="x", unit=other, due=due, partial=True)),
            lambda: clerk.ListReceipts(pb.ListReceiptsRequest(unit=other)),
            lambda: clerk.ListObservationVersions(pb.ListObservationVersionsRequest(unit=other, element=cell.element, period=cell.period)),
        ]
        for call in calls:
            refused(grpc.StatusCode.PERMISSION_DENIED, call)
        receipt = next(r.id for (u, _), (_, r) in self.submissions.items() if u == other)
        # Somebody else's receipt is not told from one that does not exist.
        unknown = refused(grpc.StatusCode.NOT_FOUND, lambda: clerk.GetReceipt(pb.GetReceiptRequest(receipt="r-" + "0" * 32)))
        hidden = refused(grpc.StatusCode.NOT_FOUND, lambda: clerk.GetReceipt(pb.GetReceiptRequest(receipt=receipt)))
        assert unknown.code() == hidden.code()

    def other_departments_form(self):
        pb = self.pb
        scope = pb.ExtractionScope(form_id="tjj-cun", period=str(YEAR), within=TOWNSHIP)
        mzt = self.officer("mzt")
        refused(grpc.StatusCode.NOT_FOUND, lambda: mzt.ExtractRows(pb.ExtractRowsRequest(scope=scope)))
        refused(grpc.StatusCode.NOT_FOUND, lambda: mzt.ExtractArrow(pb.ExtractArrowRequest(scope=scope)))
        refused(grpc.StatusCode.NOT_FOUND, lambda: mzt.GetFormOverlap(pb.GetFormOverlapRequest(form_id="tjj-cun")))
        request = pb.RegisterTemplateRequest(request_id="foreign", template_json=self.sources["tjj-cun"])
        refused(grpc.StatusCode.PERMISSION_DENIED, lambda: mzt.RegisterTemplate(request))

    def wrong_roles(self):
        pb = self.pb
        clerk, mzt = self.clerks[self.village], self.officer("mzt")
        scope = pb.ExtractionScope(form_id="tjj-cun", period=str(YEAR), within=TOWNSHIP)
        calls = [
            lambda: clerk.ExtractRows(pb.ExtractRowsRequest(scope=scope)),
            lambda: clerk.GetBurdenReport(pb.GetBurdenReportRequest(year=YEAR, breakdown=pb.BURDEN_BREAKDOWN_UNIT)),
            lambda: mzt.ListRelations(pb.ListRelationsRequest()),
            lambda: mzt.RegisterUnits(pb.RegisterUnitsRequest(request_id="x", csv=b"code,name,level,parent\n")),
            lambda: self.operator.GetConsolidatedForm(pb.GetConsolidatedFormRequest(unit=self.village, due="2027-01-30")),
        ]
        for call in calls:
            refused(grpc.StatusCode.PERMISSION_DENIED, call)

    def restart(self):
        """A graceful stop, and everything is there afterwards."""
        cell, _, new = self.corrected
        secret = self.server.secret(f"clerk_{self.village}", "clerk", unit=self.village)
        before = self.extracted("mzt-cunju")
        assert self.server.stop() == 0, self.server.log()
        self.server.start()
        assert self.extracted("mzt-cunju") == before
        request = self.pb.ListObservationVersionsRequest(unit=self.village, element=cell.element, period=cell.period)
        assert self.server.caller(secret).ListObservationVersions(request).versions[-1].value == new


def main():
    walk = Walk(sys.argv[1])
    n_passed = n_failed = 0
    with walk.server:
        for step in walk.steps():
            name = step.__name__.replace("_", " ")
            try:
                step()
                n_passed += 1
                print(f"ok      {name}", flush=True)
            except Exception:  # Told with its trace; the other steps go on.
                n_failed += 1
                print(f"FAILED  {name}\n{traceback.format_exc()}", flush=True)
    print(f"{n_passed} passed, {n_failed} failed")
    return 1 if n_failed else 0


if __name__ == "__main__":
    sys.exit(main())
