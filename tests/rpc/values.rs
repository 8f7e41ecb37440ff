//! Reported values as evidence, over gRPC: what was planted in two departments' figures is found, told without any figure, and to nobody else.

use std::collections::BTreeMap;

use baoyici::pb;
use baoyici::pb::{DataType, FindingKind, Frequency, Level};
use tonic::Code;

use crate::outside::problems::brief;
use crate::outside::world::{VILLAGES, World, consolidated_form, field, form, register_request, typed};

/// What each label's figure is in a village and a month: the other department's name for the first asks for the same thing, the third is
/// the sum of the first two, and the fourth is typed in the wrong unit of measure nowhere.
fn figure(label: &str, village: usize, month: usize) -> usize {
    let (first, second) = ((village * 977 + month * 61) % 397 + 20, (village * 411 + month * 173) % 311 + 9);
    match label {
        "甲子事项" | "庚午事项" => first,
        "乙丑事项" => second,
        "丙寅事项" => first + second,
        _ => (village * 53 + month * 7) % 29 + 400,
    }
}

#[tokio::test]
async fn what_is_planted_is_found() {
    let world = World::start().await;
    let fields = |labels: &[&str]| {
        labels.iter().enumerate().map(|(n, label)| field(&format!("f{n}"), label, "个", DataType::Integer)).collect::<Vec<_>>()
    };
    let one = form("mzt-yue", Level::Village, Frequency::Monthly, fields(&["甲子事项", "乙丑事项", "丙寅事项"]));
    let other = form("wjw-yue", Level::Village, Frequency::Monthly, fields(&["庚午事项", "辛未事项"]));
    world.officer.templates().register_template(register_request("one", one)).await.expect("registers");
    world.other_officer.templates().register_template(register_request("other", other)).await.expect("registers");
    for (village, code) in VILLAGES.iter().enumerate() {
        let clerk = world.clerk(&format!("clerk-{village}"), code);
        for month in 1..=3 {
            let due = format!("2026-{:02}-05", month + 1);
            let form = consolidated_form(&clerk, code, &due).await;
            assert_eq!(form.inputs.len(), 5, "{due}");
            let figures = form.inputs.iter().map(|c| typed(&c.element, &c.period, &figure(&c.label, village, month).to_string())).collect();
            let request = pb::SubmitRequest {
                request_id: format!("{code}-{due}"),
                unit: (*code).to_owned(),
                due,
                figures,
                partial: false,
                validate_only: false,
                draft_version: 0,
            };
            clerk.collection().submit(request).await.expect("is stored");
        }
    }
    let request = pb::ListValueFindingsRequest { year: 2026, page_size: 0, cursor: String::new() };
    let answer = world.bureau.overlap().list_value_findings(request.clone()).await.expect("the bureau may").into_inner();
    let mut by_kind: BTreeMap<i32, Vec<&pb::ValueFinding>> = BTreeMap::new();
    for finding in &answer.findings {
        by_kind.entry(finding.kind).or_default().push(finding);
    }
    let labels = |f: &pb::ValueFinding| f.fields.iter().map(|f| f.label.clone()).collect::<Vec<_>>();
    let equal = &by_kind[&FindingKind::Equal.into()];
    assert_eq!(equal.len(), 1, "{:?}", answer.findings);
    let mut names = labels(equal[0]);
    names.sort();
    assert_eq!(names, ["庚午事项", "甲子事项"]);
    assert_eq!((equal[0].n_compared, equal[0].n_holds), (18, 18));
    assert!(equal[0].sentence_zh.contains("同一指标") && equal[0].sentence_en.contains("one figure"));
    let sums = &by_kind[&FindingKind::Sum.into()];
    assert!(sums.iter().all(|s| labels(s)[0] == "丙寅事项" && s.n_holds == 18), "{sums:?}");
    assert!(sums.iter().any(|s| labels(s).contains(&"乙丑事项".to_owned())));
    let refused = world.officer.overlap().list_value_findings(request).await.expect_err("only the bureau may");
    assert_eq!(refused.code(), Code::PermissionDenied, "{}", brief(&refused));
    world.server.stop();
}
