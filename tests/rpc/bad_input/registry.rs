//! Organisations and reporting units.

use baoyici::pb;
use baoyici::pb::{Level, OrganisationKind};
use tonic::Code::{FailedPrecondition, InvalidArgument, NotFound, PermissionDenied};
use tonic::{Response, Status};

use super::ground::{Ground, VILLAGE};
use super::{Case, case};
use crate::outside::caller::Caller;
use crate::outside::world::{COUNTY, unit_row, units_request};

fn organisation(id: &str, name: &str, kind: OrganisationKind, parent: &str) -> pb::Organisation {
    pb::Organisation { id: id.to_owned(), name: name.to_owned(), kind: kind.into(), parent: parent.to_owned() }
}

async fn organisations(
    caller: Caller,
    request_id: &'static str,
    list: Vec<pb::Organisation>,
) -> Result<Response<pb::RegisterOrganisationsResponse>, Status> {
    let request = pb::RegisterOrganisationsRequest { request_id: request_id.to_owned(), organisations: list, validate_only: false };
    caller.organisations().register_organisations(request).await
}

async fn units(caller: Caller, rows: Vec<pb::UnitRow>) -> Result<Response<pb::RegisterUnitsResponse>, Status> {
    caller.units().register_units(units_request("bad-units", rows)).await
}

async fn csv(caller: Caller, bytes: Vec<u8>) -> Result<Response<pb::RegisterUnitsResponse>, Status> {
    let source = pb::register_units_request::Source::Csv(bytes);
    let request = pb::RegisterUnitsRequest { request_id: "bad-csv".to_owned(), source: Some(source), validate_only: false };
    caller.units().register_units(request).await
}

async fn list(caller: Caller, request: pb::ListUnitsRequest) -> Result<Response<pb::ListUnitsResponse>, Status> {
    caller.units().list_units(request).await
}

pub fn cases(ground: &Ground) -> Vec<Case> {
    let mut cases = organisation_cases(ground);
    cases.extend(unit_cases(ground));
    cases.extend(csv_cases(ground));
    cases.extend(list_cases(ground));
    cases
}

fn organisation_cases(ground: &Ground) -> Vec<Case> {
    let operator = || ground.world.operator.clone();
    let department = |id: &str, name: &str| organisation(id, name, OrganisationKind::Department, "");
    let send = |list: Vec<pb::Organisation>| organisations(operator(), "bad-organisations", list);
    let unknown_kind = organisation("x", "某厅", OrganisationKind::Unspecified, "");
    let orphan = organisation("x", "某处", OrganisationKind::Office, "");
    let stray = organisation("x", "某处", OrganisationKind::Office, "nobody");
    let cycle = vec![organisation("a", "甲处", OrganisationKind::Office, "b"), organisation("b", "乙处", OrganisationKind::Office, "a")];
    vec![
        case("organisations: none", InvalidArgument, "LIST_EMPTY", "", send(vec![])),
        case("organisations: kind not given", InvalidArgument, "ORGANISATION_KIND_UNKNOWN", "row=1", send(vec![unknown_kind])),
        case(
            "organisations: one id twice",
            InvalidArgument,
            "ORGANISATION_DUPLICATE",
            "row=2 column=id",
            send(vec![department("x", "甲"), department("x", "乙")]),
        ),
        case("organisations: office of nobody", InvalidArgument, "ORGANISATION_PARENT_MISSING", "row=1 column=parent", send(vec![orphan])),
        case("organisations: unknown parent", NotFound, "ORGANISATION_UNKNOWN", "row=1 column=parent", send(vec![stray])),
        case("organisations: a cycle", InvalidArgument, "ORGANISATION_CYCLE", "row=1 column=parent", send(cycle)),
        case("organisations: white space in an id", InvalidArgument, "ID_MALFORMED", "row=1", send(vec![department("a b", "某厅")])),
        case("organisations: endless id", InvalidArgument, "ID_TOO_LONG", "row=1", send(vec![department(&"x".repeat(129), "某厅")])),
        case("organisations: no id", InvalidArgument, "ID_MISSING", "row=1", send(vec![department("", "某厅")])),
        case("organisations: no name", InvalidArgument, "TEXT_MISSING", "row=1 column=name", send(vec![department("x", "  ")])),
        case(
            "organisations: endless name",
            InvalidArgument,
            "TEXT_TOO_LONG",
            "row=1 column=name",
            send(vec![department("x", &"厅".repeat(201))]),
        ),
        case(
            "organisations: control character",
            InvalidArgument,
            "TEXT_CONTROL_CHARACTER",
            "row=1 column=name",
            send(vec![department("x", "某\u{0}厅")]),
        ),
        case(
            "organisations: no request id",
            InvalidArgument,
            "ID_MISSING",
            "",
            organisations(operator(), "", vec![department("x", "某厅")]),
        ),
        case(
            "organisations: request id used before",
            FailedPrecondition,
            "REQUEST_ID_REUSED",
            "",
            organisations(operator(), "organisations", vec![department("x", "某厅")]),
        ),
        case(
            "organisations: by a data officer",
            PermissionDenied,
            "CALLER_MAY_NOT",
            "",
            organisations(ground.world.officer.clone(), "bad", vec![department("x", "某厅")]),
        ),
    ]
}

#[allow(clippy::too_many_lines, reason = "a table of cases")]
fn unit_cases(ground: &Ground) -> Vec<Case> {
    let operator = || ground.world.operator.clone();
    let village = |code: &str, parent: &str| unit_row(code, "某村", Level::Village, parent);
    let send = |rows: Vec<pb::UnitRow>| units(operator(), rows);
    let with_dates = |from: &str, to: &str| pb::UnitRow {
        valid_from: from.to_owned(),
        valid_to: to.to_owned(),
        ..village("330122100901", "330122100000")
    };
    let two_months = vec![with_dates("2026-01-01", "2026-06-01"), with_dates("2026-05-01", "")];
    let ring =
        vec![unit_row("330199000000", "甲", Level::County, "330198000000"), unit_row("330198000000", "乙", Level::City, "330199000000")];
    vec![
        case("units: none", InvalidArgument, "LIST_EMPTY", "", send(vec![])),
        case("units: code of five digits", InvalidArgument, "UNIT_CODE_MALFORMED", "row=1 column=code", send(vec![village("33012", "")])),
        case(
            "units: full-width code",
            InvalidArgument,
            "UNIT_CODE_MALFORMED",
            "row=1 column=code",
            send(vec![village("３３０１２２", "")]),
        ),
        case(
            "units: check character of a credit code",
            InvalidArgument,
            "UNIT_CODE_CHECK_CHARACTER",
            "row=1 column=code",
            send(vec![village("91350100M000100Y44", "")]),
        ),
        case(
            "units: malformed parent",
            InvalidArgument,
            "UNIT_CODE_MALFORMED",
            "row=1 column=parent",
            send(vec![village("330122100901", "x")]),
        ),
        case(
            "units: level not given",
            InvalidArgument,
            "LEVEL_UNKNOWN",
            "row=1 column=level",
            send(vec![unit_row("330122100901", "某村", Level::Unspecified, "330122100000")]),
        ),
        case(
            "units: unknown parent",
            InvalidArgument,
            "UNIT_PARENT_UNKNOWN",
            "row=1 column=parent",
            send(vec![village("330122100901", "330122109000")]),
        ),
        case(
            "units: its own parent",
            InvalidArgument,
            "UNIT_CYCLE",
            "row=1 column=parent",
            send(vec![village("330122100901", "330122100901")]),
        ),
        case("units: a ring of two", InvalidArgument, "UNIT_CYCLE", "row=1 column=parent", send(ring)),
        case(
            "units: parent below the child",
            InvalidArgument,
            "UNIT_LEVEL_ORDER",
            "row=1 column=parent",
            send(vec![unit_row("330199000000", "某县", Level::County, VILLAGE)]),
        ),
        case(
            "units: dates the wrong way round",
            InvalidArgument,
            "UNIT_DATES_REVERSED",
            "row=1 column=valid_to",
            send(vec![with_dates("2026-05-01", "2026-01-01")]),
        ),
        case("units: two rows for one day", InvalidArgument, "UNIT_DUPLICATE", "row=2 column=code", send(two_months)),
        case(
            "units: a day that does not exist",
            InvalidArgument,
            "DATE_MALFORMED",
            "row=1 column=valid_from",
            send(vec![with_dates("2026-02-30", "")]),
        ),
        case(
            "units: no name",
            InvalidArgument,
            "TEXT_MISSING",
            "row=1 column=name",
            send(vec![unit_row("330122100901", "", Level::Village, "330122100000")]),
        ),
        case(
            "units: bell in a name",
            InvalidArgument,
            "TEXT_CONTROL_CHARACTER",
            "row=1 column=name",
            send(vec![unit_row("330122100901", "某\u{7}村", Level::Village, "330122100000")]),
        ),
        case("units: no source", InvalidArgument, "REQUEST_PART_MISSING", "column=source", {
            let caller = operator();
            async move {
                let request = pb::RegisterUnitsRequest { request_id: "bad".to_owned(), source: None, validate_only: false };
                caller.units().register_units(request).await
            }
        }),
        case(
            "units: by a clerk",
            PermissionDenied,
            "CALLER_MAY_NOT",
            "",
            units(ground.clerk.clone(), vec![village("330122100901", "330122100000")]),
        ),
    ]
}

fn csv_cases(ground: &Ground) -> Vec<Case> {
    let send = |bytes: &[u8]| csv(ground.world.operator.clone(), bytes.to_vec());
    let header = "code,name,level,parent\n";
    let with_header = |rows: &str| send(format!("{header}{rows}").as_bytes());
    vec![
        case("csv: no header", InvalidArgument, "CSV_COLUMN_MISSING", "", send(b"330122,x,county,\n")),
        case("csv: nothing at all", InvalidArgument, "CSV_COLUMN_MISSING", "", send(b"")),
        case("csv: a header only", InvalidArgument, "LIST_EMPTY", "", send(header.as_bytes())),
        case("csv: no text", InvalidArgument, "ENCODING_INVALID", "", send(b"code,name,level,parent\n330122,\xff\xff\xff,county,\n")),
        case("csv: a short row", InvalidArgument, "CSV_MALFORMED", "row=2", with_header("330199,某县,county,\n330198,某县\n")),
        case("csv: a level in Chinese", InvalidArgument, "LEVEL_UNKNOWN", "row=1 column=level", with_header("330199,某县,县,\n")),
        case("csv: a column twice", InvalidArgument, "CSV_MALFORMED", "", send(b"code,code,name,level,parent\n")),
        case("csv: a NUL in a name", InvalidArgument, "TEXT_CONTROL_CHARACTER", "row=1 column=name", with_header("330199,\0,county,\n")),
        case(
            "csv: a tree of 5000 on itself",
            InvalidArgument,
            "UNIT_CYCLE",
            "column=parent",
            with_header(&"330199,某县,county,330199\n".repeat(5_000)),
        ),
    ]
}

fn list_cases(ground: &Ground) -> Vec<Case> {
    let send = |request: pb::ListUnitsRequest| list(ground.clerk.clone(), request);
    let of = |within: &str, as_of: &str, page_size: u32, cursor: &str| pb::ListUnitsRequest {
        within: within.to_owned(),
        as_of: as_of.to_owned(),
        page_size,
        cursor: cursor.to_owned(),
        level: 0,
    };
    vec![
        case("list units: cursor of nobody", InvalidArgument, "CURSOR_MALFORMED", "column=cursor", send(of("", "", 0, "%%%"))),
        case("list units: page too large", InvalidArgument, "PAGE_SIZE_OUT_OF_RANGE", "column=page_size", send(of("", "", 10_001, ""))),
        case(
            "list units: a day that does not exist",
            InvalidArgument,
            "DATE_MALFORMED",
            "column=as_of",
            send(of(COUNTY, "2026-02-30", 0, "")),
        ),
        case("list units: within an unknown unit", NotFound, "UNIT_UNKNOWN", "", send(of("330199", "", 0, ""))),
        case("list units: within nonsense", InvalidArgument, "UNIT_CODE_MALFORMED", "column=within", send(of("桐庐", "", 0, ""))),
        case("list organisations: page too large", InvalidArgument, "PAGE_SIZE_OUT_OF_RANGE", "column=page_size", {
            let caller = ground.clerk.clone();
            async move {
                let request = pb::ListOrganisationsRequest { page_size: u32::MAX, cursor: String::new() };
                caller.organisations().list_organisations(request).await
            }
        }),
    ]
}
