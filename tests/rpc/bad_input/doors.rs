//! Who may not come in, and what departments and the bureau can get wrong when they read.

use baoyici::pb;
use tonic::Code::{FailedPrecondition, InvalidArgument, NotFound, PermissionDenied, Unauthenticated};

use super::ground::{Ground, VILLAGE};
use super::{Case, case};
use crate::outside::caller::Caller;
use crate::outside::world::COUNTY;

pub fn cases(ground: &Ground) -> Vec<Case> {
    let mut cases = token_cases(ground);
    cases.extend(extraction_cases(ground));
    cases.extend(report_cases(ground));
    cases
}

fn token_cases(ground: &Ground) -> Vec<Case> {
    let call = |caller: &Caller| {
        let caller = caller.clone();
        async move { caller.collection().list_due_dates(pb::ListDueDatesRequest { unit: VILLAGE.to_owned(), year: 2026 }).await }
    };
    let with = |secret: &str| ground.clerk.with_secret(secret);
    vec![
        case("token: none", Unauthenticated, "CALLER_UNKNOWN", "", call(&with(""))),
        case("token: of nobody", Unauthenticated, "CALLER_UNKNOWN", "", call(&with("byc_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"))),
        case("token: not one of ours", Unauthenticated, "CALLER_UNKNOWN", "", call(&with("eyJhbGciOiJub25lIn0.e30."))),
        case("token: of 7000 characters", Unauthenticated, "CALLER_UNKNOWN", "", call(&with(&"byc_x".repeat(1_400)))),
        case("token: expired", Unauthenticated, "CALLER_UNKNOWN", "", call(&ground.expired)),
        case("token: revoked", Unauthenticated, "CALLER_UNKNOWN", "", call(&ground.revoked)),
    ]
}

fn extraction_cases(ground: &Ground) -> Vec<Case> {
    let scope = |form_id: &str, period: &str, within: &str| {
        Some(pb::ExtractionScope { form_id: form_id.to_owned(), period: period.to_owned(), within: within.to_owned() })
    };
    let rows_for = |caller: &Caller, scope: Option<pb::ExtractionScope>| {
        let caller = caller.clone();
        async move {
            let mut stream = caller.dataset().extract_rows(pb::ExtractRowsRequest { scope }).await?;
            stream.get_mut().message().await?;
            Ok(stream)
        }
    };
    let rows = |scope: Option<pb::ExtractionScope>| rows_for(&ground.world.officer, scope);
    let arrow = |scope: Option<pb::ExtractionScope>| {
        let caller = ground.world.officer.clone();
        async move {
            let mut stream = caller.dataset().extract_arrow(pb::ExtractArrowRequest { scope }).await?;
            stream.get_mut().message().await?;
            Ok(stream)
        }
    };
    vec![
        case("extract: no scope", InvalidArgument, "REQUEST_PART_MISSING", "column=scope", rows(None)),
        case("extract: unknown form", NotFound, "FORM_UNKNOWN", "", rows(scope("nirgendwo", "2026", ""))),
        case("extract: another department's form", NotFound, "FORM_UNKNOWN", "", rows(scope("bie", "2026", ""))),
        case("extract: year of a monthly form", InvalidArgument, "PERIOD_FREQUENCY_MISMATCH", "", rows(scope("xian", "2026", ""))),
        case("extract: fifth quarter", InvalidArgument, "PERIOD_MALFORMED", "column=period", rows(scope("cun", "2026Q5", ""))),
        case("extract: after the form's end", FailedPrecondition, "FORM_EXPIRED", "", rows(scope("cun", "2030", ""))),
        case("extract: within an unknown unit", NotFound, "UNIT_UNKNOWN", "", rows(scope("cun", "2026", "330199"))),
        case("extract: within nonsense", InvalidArgument, "UNIT_CODE_MALFORMED", "column=within", rows(scope("cun", "2026", "x"))),
        case("extract: by a clerk", PermissionDenied, "CALLER_MAY_NOT", "", rows_for(&ground.clerk, scope("cun", "2026", COUNTY))),
        case(
            "extract: by the operator",
            PermissionDenied,
            "CALLER_MAY_NOT",
            "",
            rows_for(&ground.world.operator, scope("cun", "2026", COUNTY)),
        ),
        case(
            "extract: by the bureau from a department",
            NotFound,
            "FORM_UNKNOWN",
            "",
            rows_for(&ground.world.bureau, scope("cun", "2026", COUNTY)),
        ),
        case("arrow: unknown form", NotFound, "FORM_UNKNOWN", "", arrow(scope("nirgendwo", "2026", ""))),
        case("arrow: no scope", InvalidArgument, "REQUEST_PART_MISSING", "column=scope", arrow(None)),
    ]
}

fn report_cases(ground: &Ground) -> Vec<Case> {
    let burden = |caller: &Caller, breakdown: i32, page_size: u32, cursor: &str| {
        let (caller, cursor) = (caller.clone(), cursor.to_owned());
        async move { caller.reports().get_burden_report(pb::GetBurdenReportRequest { year: 2026, breakdown, page_size, cursor }).await }
    };
    let overlap = |caller: &Caller, year: i32, page_size: u32| {
        let caller = caller.clone();
        async move { caller.reports().get_overlap_report(pb::GetOverlapReportRequest { year, page_size, cursor: String::new() }).await }
    };
    let bureau = &ground.world.bureau;
    vec![
        case("burden: by nothing", InvalidArgument, "REQUEST_VALUE_UNKNOWN", "column=breakdown", burden(bureau, 99, 0, "")),
        case("burden: page too large", InvalidArgument, "PAGE_SIZE_OUT_OF_RANGE", "column=page_size", burden(bureau, 1, 10_001, "")),
        case("burden: broken cursor", InvalidArgument, "CURSOR_MALFORMED", "column=cursor", burden(bureau, 1, 0, "一")),
        case("burden: for a department", PermissionDenied, "CALLER_MAY_NOT", "", burden(&ground.world.officer, 1, 0, "")),
        case("overlap report: for a clerk", PermissionDenied, "CALLER_MAY_NOT", "", overlap(&ground.clerk, 2026, 0)),
        case("overlap report: page too large", InvalidArgument, "PAGE_SIZE_OUT_OF_RANGE", "column=page_size", overlap(bureau, 2026, 1_001)),
        case("overlap report: year beyond 16 bits", InvalidArgument, "YEAR_OUT_OF_RANGE", "", overlap(bureau, i32::MIN, 0)),
    ]
}
