//! Printed rules at submission and at correction: all that is broken is told at once, an explanation is kept, and the last figure that comes is
//! the one that is asked.

use crate::harness::{Authenticated, Callers, Server, reason};
use baoyici::pb;
use baoyici::pb::collection_service_client::CollectionServiceClient;
use baoyici::pb::register_template_request::Source;
use baoyici::pb::template_service_client::TemplateServiceClient;
use tonic::{Code, Status};

const UNIT: &str = "330122002";
const DUE: &str = "2027-01-20";

type Clerk = CollectionServiceClient<Authenticated>;

pub async fn register(server: &Server, callers: &Callers, fields: &[(&str, &str, &str)], rules: &[&str]) {
    let field = |(id, label, unit): &(&str, &str, &str)| pb::Field {
        field_id: (*id).into(),
        code: (*id).into(),
        label: (*label).into(),
        unit: (*unit).into(),
        decimals: Some(0),
        ..Default::default()
    };
    let template = pb::FormTemplate {
        form_id: "mzt-jb".into(),
        title: "社会救助年报".into(),
        number: "民表1".into(),
        authority: "民政厅".into(),
        approval: "统制1".into(),
        level: pb::Level::Township.into(),
        frequency: pb::Frequency::Annual.into(),
        year: 2026,
        fields: fields.iter().map(field).collect(),
        rules: rules.iter().map(|rule| (*rule).into()).collect(),
        ..Default::default()
    };
    let mut client = TemplateServiceClient::new(server.channel_as(&callers.officer).await);
    let source = Some(Source::Template(template));
    client.register_template(pb::RegisterTemplateRequest { request_id: "form".into(), source, validate_only: false }).await.unwrap();
}

pub const FIELDS: [(&str, &str, &str); 4] =
    [("A1", "年末常住人口", "人"), ("A2", "户籍人口", "人"), ("A3", "城市低保户数", "户"), ("A4", "养老机构床位数", "张")];
const RULES: [&str; 3] = ["A2≥A3", "A1≥A4", "核实性审核：A1≥A2"];

/// A figure by the label of its field, with an explanation.
async fn figures(clerk: &mut Clerk, values: &[(&str, &str, &str)]) -> Vec<pb::TypedFigure> {
    let request = pb::GetConsolidatedFormRequest { unit: UNIT.into(), due: DUE.into() };
    let inputs = clerk.get_consolidated_form(request).await.unwrap().into_inner().inputs;
    let figure = |(label, value, explanation): &(&str, &str, &str)| {
        let cell = inputs.iter().find(|cell| cell.label == *label).unwrap_or_else(|| panic!("{label} is not asked"));
        pb::TypedFigure {
            element: cell.element.clone(),
            period: cell.period.clone(),
            value: (*value).into(),
            unit_of_measure: String::new(),
            explanation: (*explanation).into(),
        }
    };
    values.iter().map(figure).collect()
}

async fn submit(clerk: &mut Clerk, id: &str, values: &[(&str, &str, &str)]) -> Result<Vec<pb::Problem>, Status> {
    let figures = figures(clerk, values).await;
    let request = pb::SubmitRequest {
        request_id: id.into(),
        unit: UNIT.into(),
        due: DUE.into(),
        figures,
        partial: true,
        validate_only: false,
        draft_version: 0,
    };
    Ok(clerk.submit(request).await?.into_inner().problems)
}

async fn check(clerk: &mut Clerk, values: &[(&str, &str, &str)]) -> Vec<pb::Problem> {
    let figures = figures(clerk, values).await;
    let request = pb::SubmitRequest {
        request_id: String::new(),
        unit: UNIT.into(),
        due: DUE.into(),
        figures,
        partial: true,
        validate_only: true,
        draft_version: 0,
    };
    clerk.submit(request).await.unwrap().into_inner().problems
}

fn codes(problems: &[pb::Problem]) -> Vec<&str> {
    problems.iter().map(|p| p.code.as_str()).collect()
}

#[tokio::test]
async fn all_broken_rules_are_told_at_once_word_for_word_with_place_and_values() {
    let server = Server::start().await;
    let callers = server.furnish().await;
    register(&server, &callers, &FIELDS, &RULES).await;
    let mut clerk = CollectionServiceClient::new(server.channel_as(&callers.clerk).await);
    let values = [("年末常住人口", "100", ""), ("户籍人口", "120", ""), ("城市低保户数", "130", ""), ("养老机构床位数", "101", "")];
    let problems = check(&mut clerk, &values).await;
    assert_eq!(codes(&problems), ["RULE_BROKEN", "RULE_BROKEN", "RULE_EXPLANATION_MISSING"]);
    let first = &problems[0];
    let place = first.place.clone().unwrap();
    assert_eq!((place.form.as_str(), place.row, place.field.as_str()), ("mzt-jb", 2, "A2"));
    for part in ["《社会救助年报》（2026）", "第 1 条“A2≥A3”", "户籍人口 ≥ 城市低保户数", "120", "130"] {
        assert!(first.text_zh.contains(part), "{part}: {}", first.text_zh);
    }
    assert!(first.text_en.contains("Rule 1") && first.text_en.contains("A2≥A3"), "{}", first.text_en);
    let status = submit(&mut clerk, "s", &values).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::InvalidArgument, "RULE_BROKEN"));
    drop(clerk);
    server.stop().await;
}

#[tokio::test]
async fn an_explanation_is_demanded_kept_and_shown() {
    let server = Server::start().await;
    let callers = server.furnish().await;
    register(&server, &callers, &FIELDS, &RULES).await;
    let mut clerk = CollectionServiceClient::new(server.channel_as(&callers.clerk).await);
    let status = submit(&mut clerk, "s-1", &[("年末常住人口", "100", ""), ("户籍人口", "120", "")]).await.unwrap_err();
    assert_eq!(reason(&status), "RULE_EXPLANATION_MISSING");
    let explained = [("年末常住人口", "100", ""), ("户籍人口", "120", "外出务工较多"), ("养老机构床位数", "1", "新建")];
    let warnings = submit(&mut clerk, "s-2", &explained).await.unwrap();
    assert_eq!(codes(&warnings), ["RULE_EXPLAINED", "EXPLANATION_NOT_ASKED"]);
    let request = pb::GetConsolidatedFormRequest { unit: UNIT.into(), due: DUE.into() };
    let form = clerk.get_consolidated_form(request).await.unwrap().into_inner();
    let cell = form.inputs.iter().find(|cell| cell.label == "户籍人口").unwrap();
    assert_eq!(cell.held.clone().unwrap().explanation, "外出务工较多");

    // A correction is a figure of its own: what was said of the first one does not speak for it.
    let correct = async |clerk: &mut Clerk, id: &str, explanation: &str| {
        let figure = pb::TypedFigure {
            element: cell.element.clone(),
            period: cell.period.clone(),
            value: "130".into(),
            unit_of_measure: String::new(),
            explanation: explanation.into(),
        };
        let figures = vec![pb::CorrectedFigure { figure: Some(figure), seen_version: 1 }];
        let (unit, reason) = (UNIT.into(), "漏计".into());
        clerk.correct(pb::CorrectRequest { request_id: id.into(), unit, figures, reason, validate_only: false, dispute: 0 }).await
    };
    assert_eq!(reason(&correct(&mut clerk, "c-1", "").await.unwrap_err()), "RULE_EXPLANATION_MISSING");
    correct(&mut clerk, "c-2", "学生迁入").await.unwrap();
    let (element, period) = (cell.element.clone(), cell.period.clone());
    let request = pb::ListObservationVersionsRequest { unit: UNIT.into(), element, period };
    let versions = clerk.list_observation_versions(request).await.unwrap().into_inner().versions;
    let shown: Vec<(u32, &str)> = versions.iter().map(|v| (v.version, v.explanation.as_str())).collect();
    assert_eq!(shown, [(1, "外出务工较多"), (2, "学生迁入")]);
    drop(clerk);
    server.stop().await;
}

#[tokio::test]
async fn the_last_figure_is_tried_against_what_is_held() {
    let server = Server::start().await;
    let callers = server.furnish().await;
    register(&server, &callers, &FIELDS, &RULES).await;
    let mut clerk = CollectionServiceClient::new(server.channel_as(&callers.clerk).await);
    submit(&mut clerk, "s-1", &[("城市低保户数", "130", "")]).await.unwrap();
    let status = submit(&mut clerk, "s-2", &[("户籍人口", "120", "")]).await.unwrap_err();
    assert_eq!(reason(&status), "RULE_BROKEN");
    submit(&mut clerk, "s-3", &[("户籍人口", "130", "")]).await.unwrap();
    // A correction is tried against what is held too.
    let figure = figures(&mut clerk, &[("城市低保户数", "131", "")]).await.remove(0);
    let figures = vec![pb::CorrectedFigure { figure: Some(figure), seen_version: 0 }];
    let (unit, why) = (UNIT.into(), "漏计".into());
    let request = pb::CorrectRequest { request_id: "c".into(), unit, figures, reason: why, validate_only: false, dispute: 0 };
    assert_eq!(reason(&clerk.correct(request).await.unwrap_err()), "RULE_BROKEN");
    drop(clerk);
    server.stop().await;
}

#[tokio::test]
async fn of_two_halves_that_break_a_rule_together_one_is_refused() {
    let server = Server::start().await;
    let callers = server.furnish().await;
    register(&server, &callers, &FIELDS, &RULES).await;
    let clerk = CollectionServiceClient::new(server.channel_as(&callers.clerk).await);
    let (mut first, mut second) = (clerk.clone(), clerk.clone());
    let (one, other) = tokio::join!(
        submit(&mut first, "s-1", &[("城市低保户数", "130", ""), ("养老机构床位数", "3", "")]),
        submit(&mut second, "s-2", &[("户籍人口", "120", "")])
    );
    let refused: Vec<Status> = [one, other].into_iter().filter_map(Result::err).collect();
    assert_eq!(refused.iter().map(reason).collect::<Vec<_>>(), ["RULE_BROKEN"]);
    drop((clerk, first, second));
    server.stop().await;
}

#[tokio::test]
async fn a_total_that_only_the_layout_implies_warns_and_refuses_nobody() {
    let server = Server::start().await;
    let callers = server.furnish().await;
    let template = ["合计", "其中：女"];
    let field = |(n, column): (usize, &&str)| pb::Field {
        field_id: format!("C{n}"),
        label: "残疾人".into(),
        column: (*column).into(),
        unit: "人".into(),
        decimals: Some(0),
        ..Default::default()
    };
    let fields: Vec<pb::Field> = template.iter().enumerate().map(field).collect();
    let template = pb::FormTemplate {
        form_id: "mzt-jb".into(),
        title: "残疾人年报".into(),
        number: "民表2".into(),
        authority: "民政厅".into(),
        approval: "统制2".into(),
        level: pb::Level::Township.into(),
        frequency: pb::Frequency::Annual.into(),
        year: 2026,
        fields,
        ..Default::default()
    };
    let mut client = TemplateServiceClient::new(server.channel_as(&callers.officer).await);
    let source = Some(Source::Template(template));
    client.register_template(pb::RegisterTemplateRequest { request_id: "form".into(), source, validate_only: false }).await.unwrap();
    let mut clerk = CollectionServiceClient::new(server.channel_as(&callers.clerk).await);
    let request = pb::GetConsolidatedFormRequest { unit: UNIT.into(), due: DUE.into() };
    let form = clerk.get_consolidated_form(request).await.unwrap().into_inner();
    let value = |column: &str| if column == "合计" { "3" } else { "4" };
    let figures = form.inputs.iter().map(|cell| pb::TypedFigure {
        element: cell.element.clone(),
        period: cell.period.clone(),
        value: value(&cell.column).into(),
        ..Default::default()
    });
    let request = pb::SubmitRequest {
        request_id: "s".into(),
        unit: UNIT.into(),
        due: DUE.into(),
        figures: figures.collect(),
        partial: false,
        validate_only: false,
        draft_version: 0,
    };
    let answer = clerk.submit(request).await.unwrap().into_inner();
    assert!(answer.receipt.is_some());
    assert_eq!(codes(&answer.problems), ["TOTAL_DOUBTFUL"]);
    drop((client, clerk));
    server.stop().await;
}
