//! Answers that cannot be taken: the refusal names what stands against them and what to do.

use crate::harness::reason;
use crate::rpc::review::ground::{Ground, argument, form, is_told};
use baoyici::pb::Verdict;
use tonic::Code;

async fn forms() -> Ground {
    Ground::of(&[
        form("jia", &[("1", "甲子事项", "个"), ("2", "乙丑事项", "个")]),
        form("yi", &[("1", "丙寅事项", "个"), ("2", "丁卯人数", "人")]),
        form("bing", &[("1", "戊辰事项", "个"), ("2", "己巳事项", "个")]),
    ])
    .await
}

#[tokio::test]
async fn a_same_that_contradicts_is_refused_with_the_decision_it_contradicts() {
    let ground = forms().await;
    ground.decide(("jia", "1"), ("yi", "1"), Verdict::Same).await;
    let apart = ground.decide(("yi", "1"), ("bing", "1"), Verdict::Different).await;
    let before = (ground.elements(&["jia", "yi", "bing"]).await, ground.everything().await);
    let status = ground.try_decide(("jia", "1"), ("bing", "1"), Verdict::Same).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::FailedPrecondition, "DECISION_CONTRADICTS"));
    assert_eq!(argument(&status, "decision"), apart.decision.to_string());
    assert_eq!(ground.elements(&["jia", "yi", "bing"]).await, before.0);
    // Not only along the chain: what is joined with either side counts.
    ground.decide(("bing", "1"), ("jia", "2"), Verdict::Unsure).await;
    let preview = ground.preview(("jia", "1"), ("bing", "1"), Verdict::Same).await;
    assert!(preview.effects.is_none() && preview.problems.iter().all(is_told), "{preview:?}");
    let asked = ground.question(("jia", "1"), ("bing", "1")).await;
    assert_eq!(asked.objections.len(), 1);
    // Undone, it can be answered.
    ground.undo(apart.decision).await.unwrap();
    ground.decide(("jia", "1"), ("bing", "1"), Verdict::Same).await;
    let elements = ground.elements(&["jia", "yi", "bing"]).await;
    assert!(elements[0] == elements[2] && elements[0] == elements[4], "{elements:?}");
    let status = ground.try_decide(("yi", "1"), ("bing", "1"), Verdict::Different).await.unwrap_err();
    assert_eq!(reason(&status), "DECISION_CONTRADICTS", "joined through a third");
    ground.stop().await;
}

#[tokio::test]
async fn two_fields_of_one_form_are_never_joined() {
    let ground = forms().await;
    let status = ground.try_decide(("jia", "1"), ("jia", "2"), Verdict::Same).await.unwrap_err();
    assert_eq!(reason(&status), "DECISION_WITHIN_FORM");
    ground.decide(("jia", "1"), ("yi", "1"), Verdict::Same).await;
    ground.decide(("jia", "2"), ("bing", "1"), Verdict::Same).await;
    let status = ground.try_decide(("yi", "1"), ("bing", "1"), Verdict::Same).await.unwrap_err();
    assert_eq!((reason(&status).as_str(), argument(&status, "form").as_str()), ("DECISION_WITHIN_FORM", "jia"));
    ground.stop().await;
}

#[tokio::test]
async fn figures_of_other_kinds_and_answers_without_a_question_are_refused() {
    let ground = forms().await;
    let status = ground.try_decide(("jia", "1"), ("yi", "2"), Verdict::Same).await.unwrap_err();
    assert_eq!((reason(&status).as_str(), argument(&status, "facet").as_str()), ("DECISION_VETOED", "unit"));
    ground.decide(("jia", "1"), ("yi", "2"), Verdict::Different).await;
    let status = ground.try_decide(("jia", "1"), ("jia", "1"), Verdict::Same).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::InvalidArgument, "DECISION_OF_ONE_FIELD"));
    let status = ground.try_decide(("jia", "9"), ("nowhere", "1"), Verdict::Same).await.unwrap_err();
    assert_eq!((status.code(), crate::outside::problems::codes_of(&status).len()), (Code::NotFound, 2), "both are named");
    let status = ground.try_decide(("jia", "1"), ("yi", "1"), Verdict::Unspecified).await.unwrap_err();
    assert_eq!(reason(&status), "REQUEST_VALUE_UNKNOWN");
    let first = ground.decide(("jia", "1"), ("yi", "1"), Verdict::Same).await;
    let status = ground.try_decide(("yi", "1"), ("jia", "1"), Verdict::Different).await.unwrap_err();
    assert_eq!((status.code(), argument(&status, "decision")), (Code::AlreadyExists, first.decision.to_string()));
    ground.undo(first.decision).await.unwrap();
    assert_eq!(reason(&ground.undo(first.decision).await.unwrap_err()), "DECISION_UNDONE");
    assert_eq!(reason(&ground.undo(99).await.unwrap_err()), "DECISION_UNKNOWN");
    ground.stop().await;
}

#[tokio::test]
async fn what_later_decisions_rest_on_is_undone_after_them() {
    let ground = Ground::of(&[
        form("jia", &[("1", "年末常住人口", "人")]),
        form("yi", &[("1", "常住人口", "人")]),
        form("bing", &[("1", "甲子人数", "人")]),
    ])
    .await;
    let apart = ground.decide(("jia", "1"), ("yi", "1"), Verdict::Different).await;
    let same = ground.decide(("yi", "1"), ("bing", "1"), Verdict::Same).await;
    let other = ground.decide(("jia", "1"), ("bing", "1"), Verdict::Narrower).await;
    let status = ground.undo(apart.decision).await.unwrap_err();
    assert_eq!((reason(&status).as_str(), argument(&status, "other")), ("DECISION_NEEDED", other.decision.to_string()));
    for decision in [other, same, apart] {
        ground.undo(decision.decision).await.unwrap();
    }
    let elements = ground.elements(&["jia", "yi"]).await;
    assert_eq!(elements[0], elements[1]);
    ground.stop().await;
}
