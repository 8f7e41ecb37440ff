//! What clerks can get wrong: figures, periods, corrections, receipts.

use baoyici::pb;
use tonic::Code::{AlreadyExists, FailedPrecondition, InvalidArgument, NotFound, PermissionDenied};
use tonic::{Response, Status};

use super::ground::{DUE, Ground, VILLAGE};
use super::{Case, case};
use crate::outside::caller::Caller;
use crate::outside::world::{TOWNSHIPS, VILLAGES, typed};

/// A submission of the village for 2026.
fn submission(figures: Vec<pb::TypedFigure>) -> pb::SubmitRequest {
    pb::SubmitRequest {
        request_id: "bad-submission".to_owned(),
        unit: VILLAGE.to_owned(),
        due: DUE.to_owned(),
        figures,
        partial: true,
        validate_only: false,
        draft_version: 0,
    }
}

async fn submit(caller: Caller, request: pb::SubmitRequest) -> Result<Response<pb::SubmitResponse>, Status> {
    caller.collection().max_encoding_message_size(usize::MAX).submit(request).await
}

async fn correct(caller: Caller, figures: Vec<pb::CorrectedFigure>, reason: &'static str) -> Result<Response<pb::CorrectResponse>, Status> {
    let request = pb::CorrectRequest {
        request_id: "bad-correction".to_owned(),
        unit: VILLAGE.to_owned(),
        figures,
        reason: reason.to_owned(),
        validate_only: false,
        dispute: 0,
    };
    caller.collection().correct(request).await
}

pub fn cases(ground: &Ground) -> Vec<Case> {
    let mut cases = figure_cases(ground);
    cases.extend(submission_cases(ground));
    cases.extend(correction_cases(ground));
    cases.extend(read_cases(ground));
    cases
}

/// One figure that is wrong in itself: the place is its row, its period and its element.
fn figure_cases(ground: &Ground) -> Vec<Case> {
    let of = |name: &str, problem: &'static str, label: &str, value: &str| {
        let (element, period) = (ground.element(label), ground.period(label));
        let place = format!("row=1 column={period} field={element}");
        case(
            &format!("figure: {name}"),
            InvalidArgument,
            problem,
            &place,
            submit(ground.clerk.clone(), submission(vec![typed(element, period, value)])),
        )
    };
    let in_unit = |name: &str, label: &str, value: &str, unit: &str| {
        let figure = pb::TypedFigure { unit_of_measure: unit.to_owned(), ..typed(ground.element(label), "2026", value) };
        case(
            &format!("figure: {name}"),
            InvalidArgument,
            "FIGURE_UNIT_MISMATCH",
            "row=1",
            submit(ground.clerk.clone(), submission(vec![figure])),
        )
    };
    let (count, area) = ("丙寅事项", "甲子地块面积");
    vec![
        of("text in a number", "FIGURE_TYPE_MISMATCH", count, "很多"),
        of("not a number", "FIGURE_TYPE_MISMATCH", area, "NaN"),
        of("infinite", "FIGURE_TYPE_MISMATCH", area, "∞"),
        of("full-width digits", "FIGURE_TYPE_MISMATCH", count, "１２"),
        of("thousands with commas", "FIGURE_TYPE_MISMATCH", count, "1,234"),
        of("exponent", "FIGURE_TYPE_MISMATCH", count, "1e5"),
        of("hexadecimal", "FIGURE_TYPE_MISMATCH", count, "0x1F"),
        of("with its unit", "FIGURE_TYPE_MISMATCH", count, "12个"),
        of("two minus signs", "FIGURE_TYPE_MISMATCH", count, "--1"),
        of("formula", "FIGURE_TYPE_MISMATCH", count, "=1+1"),
        of("decimals in a whole number", "FIGURE_TOO_MANY_DECIMALS", count, "1.5"),
        of("three decimals of two", "FIGURE_TOO_MANY_DECIMALS", area, "1.234"),
        of("sixteen digits", "FIGURE_OUT_OF_RANGE", count, "1234567890123456"),
        of("negative things", "FIGURE_NEGATIVE", count, "-1"),
        of("nothing", "FIGURE_MISSING", count, " "),
        of("not an option", "FIGURE_NOT_AN_OPTION", "村庄类型", "4.海岛"),
        of("a day that does not exist", "FIGURE_TYPE_MISMATCH", "戊辰日期", "2026-02-30"),
        of("neither yes nor no", "FIGURE_TYPE_MISMATCH", "是否己巳", "大概"),
        of("endless text", "FIGURE_OUT_OF_RANGE", "丁卯说明", &"长".repeat(501)),
        of("control character in a text", "FIGURE_TYPE_MISMATCH", "丁卯说明", "a\u{2}b"),
        in_unit("people in households", "常住人口", "5", "户"),
        in_unit("area in parsecs", area, "5", "秒差距"),
    ]
}

fn submission_cases(ground: &Ground) -> Vec<Case> {
    let send = |request: pb::SubmitRequest| submit(ground.clerk.clone(), request);
    let count = ground.element("丙寅事项");
    let one = || vec![typed(count, "2026", "1")];
    let figure = |element: &str, period: &str| submission(vec![typed(element, period, "1")]);
    let due = |due: &str| pb::SubmitRequest { due: due.to_owned(), ..submission(one()) };
    let unit = |unit: &str| pb::SubmitRequest { unit: unit.to_owned(), ..submission(one()) };
    let held = ground.element("乙丑事项");
    let people = ground.element("常住人口");
    vec![
        case("submit: no figures", InvalidArgument, "LIST_EMPTY", "", send(submission(vec![]))),
        case("submit: 20001 figures", InvalidArgument, "LIST_TOO_LONG", "", send(submission(vec![typed(count, "2026", "1"); 20_001]))),
        case("submit: one figure twice", InvalidArgument, "FIGURE_DUPLICATE", "row=2", send(submission([one(), one()].concat()))),
        case("submit: element that is none", InvalidArgument, "ID_MALFORMED", "row=1 field=x", send(figure("x", "2026"))),
        case("submit: element of nobody", FailedPrecondition, "FIGURE_NOT_ASKED", "row=1", send(figure("e0000000000000001", "2026"))),
        case("submit: month of an annual figure", FailedPrecondition, "FIGURE_NOT_ASKED", "row=1", send(figure(count, "2026-05"))),
        case("submit: year before the form", FailedPrecondition, "FIGURE_NOT_ASKED", "row=1 column=2024", send(figure(count, "2024"))),
        case("submit: thirteenth month", InvalidArgument, "PERIOD_MALFORMED", "row=1 column=2026-13", send(figure(count, "2026-13"))),
        case("submit: period in year 1800", InvalidArgument, "YEAR_OUT_OF_RANGE", "row=1 column=1800", send(figure(count, "1800"))),
        case("submit: no period", InvalidArgument, "PERIOD_MALFORMED", "row=1", send(figure(count, ""))),
        case("submit: due on a day without forms", NotFound, "DUE_DATE_UNKNOWN", "", send(due("2027-01-21"))),
        case("submit: due on a day that does not exist", InvalidArgument, "DATE_MALFORMED", "column=due", send(due("2027-02-30"))),
        case("submit: due in the year 1", InvalidArgument, "YEAR_OUT_OF_RANGE", "", send(due("0001-01-20"))),
        case("submit: unit that is none", InvalidArgument, "UNIT_CODE_MALFORMED", "column=unit", send(unit("桐庐"))),
        case("submit: for another unit", PermissionDenied, "CALLER_NOT_OF_UNIT", "", send(unit(VILLAGES[1]))),
        case("submit: for the township above", PermissionDenied, "CALLER_NOT_OF_UNIT", "", send(unit(TOWNSHIPS[0]))),
        case("submit: by the operator", PermissionDenied, "CALLER_MAY_NOT", "", submit(ground.world.operator.clone(), submission(one()))),
        case("submit: by the bureau", PermissionDenied, "CALLER_MAY_NOT", "", submit(ground.world.bureau.clone(), submission(one()))),
        case("submit: held already", AlreadyExists, "FIGURE_HELD", &format!("field={held} column=2026"), send(figure(held, "2026"))),
        case(
            "submit: cells left empty",
            InvalidArgument,
            "FIGURE_MISSING",
            "",
            send(pb::SubmitRequest { partial: false, ..submission(one()) }),
        ),
        case(
            "submit: no request id",
            InvalidArgument,
            "ID_MISSING",
            "",
            send(pb::SubmitRequest { request_id: String::new(), ..submission(one()) }),
        ),
        case(
            "submit: request id used before",
            FailedPrecondition,
            "REQUEST_ID_REUSED",
            "",
            send(pb::SubmitRequest { request_id: "held".to_owned(), ..submission(one()) }),
        ),
        case("submit: what is computed from the villages", FailedPrecondition, "FIGURE_COMPUTED", "row=1", {
            let request = pb::SubmitRequest { unit: TOWNSHIPS[0].to_owned(), ..figure(people, "2026") };
            submit(ground.township_clerk.clone(), request)
        }),
    ]
}

fn correction_cases(ground: &Ground) -> Vec<Case> {
    let send = |figures: Vec<pb::CorrectedFigure>, reason: &'static str| correct(ground.clerk.clone(), figures, reason);
    let of = |label: &str, value: &str, seen_version: u32| pb::CorrectedFigure {
        figure: Some(typed(ground.element(label), "2026", value)),
        seen_version,
    };
    let held = || of("乙丑事项", "8", 0);
    vec![
        case("correct: no reason", InvalidArgument, "REASON_MISSING", "column=reason", send(vec![held()], "")),
        case("correct: blank reason", InvalidArgument, "REASON_MISSING", "column=reason", send(vec![held()], " 　")),
        case(
            "correct: control character in the reason",
            InvalidArgument,
            "TEXT_CONTROL_CHARACTER",
            "column=reason",
            send(vec![held()], "\u{3}错"),
        ),
        case("correct: no figures", InvalidArgument, "LIST_EMPTY", "", send(vec![], "填错")),
        case(
            "correct: a figure without a figure",
            InvalidArgument,
            "REQUEST_PART_MISSING",
            "row=1",
            send(vec![pb::CorrectedFigure::default()], "填错"),
        ),
        case("correct: not held", NotFound, "FIGURE_NOT_HELD", "row=1", send(vec![of("丙寅事项", "8", 0)], "填错")),
        case(
            "correct: a version that is not the current one",
            FailedPrecondition,
            "FIGURE_VERSION_STALE",
            "row=1",
            send(vec![of("乙丑事项", "8", 5)], "填错"),
        ),
        case("correct: one figure twice", InvalidArgument, "FIGURE_DUPLICATE", "row=2", send(vec![held(), held()], "填错")),
        case("correct: to text", InvalidArgument, "FIGURE_TYPE_MISMATCH", "row=1", send(vec![of("乙丑事项", "八", 0)], "填错")),
        case(
            "correct: by another unit",
            PermissionDenied,
            "CALLER_NOT_OF_UNIT",
            "",
            correct(ground.township_clerk.clone(), vec![held()], "填错"),
        ),
    ]
}

fn read_cases(ground: &Ground) -> Vec<Case> {
    let form = |unit: &str, due: &str| {
        let (caller, request) = (ground.clerk.clone(), pb::GetConsolidatedFormRequest { unit: unit.to_owned(), due: due.to_owned() });
        async move { caller.collection().get_consolidated_form(request).await }
    };
    let due_dates = |year: i32| {
        let (caller, request) = (ground.clerk.clone(), pb::ListDueDatesRequest { unit: VILLAGE.to_owned(), year });
        async move { caller.collection().list_due_dates(request).await }
    };
    let receipt = |caller: &Caller, receipt: &str| {
        let (caller, request) = (caller.clone(), pb::GetReceiptRequest { receipt: receipt.to_owned() });
        async move { caller.collection().get_receipt(request).await }
    };
    let receipts = |page_size: u32, cursor: &str| {
        let request = pb::ListReceiptsRequest { unit: VILLAGE.to_owned(), page_size, cursor: cursor.to_owned() };
        let caller = ground.clerk.clone();
        async move { caller.collection().list_receipts(request).await }
    };
    let versions = |element: &str, period: &str| {
        let request =
            pb::ListObservationVersionsRequest { unit: VILLAGE.to_owned(), element: element.to_owned(), period: period.to_owned() };
        let caller = ground.clerk.clone();
        async move { caller.collection().list_observation_versions(request).await }
    };
    let count = ground.element("丙寅事项");
    vec![
        case("form: of another unit", PermissionDenied, "CALLER_NOT_OF_UNIT", "", form(VILLAGES[1], DUE)),
        case("form: on a day without forms", NotFound, "DUE_DATE_UNKNOWN", "", form(VILLAGE, "2026-07-01")),
        case("form: on no day", InvalidArgument, "DATE_MALFORMED", "column=due", form(VILLAGE, "")),
        case("due dates: year 1800", InvalidArgument, "YEAR_OUT_OF_RANGE", "", due_dates(1800)),
        case("due dates: year beyond 16 bits", InvalidArgument, "YEAR_OUT_OF_RANGE", "", due_dates(i32::MAX)),
        case("receipt: unknown", NotFound, "RECEIPT_UNKNOWN", "", receipt(&ground.clerk, "r-0")),
        case("receipt: another unit's", NotFound, "RECEIPT_UNKNOWN", "", receipt(&ground.township_clerk, &ground.receipt)),
        case("receipts: broken cursor", InvalidArgument, "CURSOR_MALFORMED", "column=cursor", receipts(0, "%")),
        case("receipts: page too large", InvalidArgument, "PAGE_SIZE_OUT_OF_RANGE", "column=page_size", receipts(1_001, "")),
        case("versions: of a figure that is not held", NotFound, "FIGURE_NOT_HELD", "", versions(count, "2026")),
        case("versions: of an element that is none", InvalidArgument, "ID_MALFORMED", "column=element", versions("e", "2026")),
        case("versions: of a period that is none", InvalidArgument, "PERIOD_MALFORMED", "column=period", versions(count, "去年")),
    ]
}
