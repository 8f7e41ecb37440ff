//! Two reviewers: the second answer waits where it contradicts the first.

use crate::harness::reason;
use crate::rpc::review::ground::{Ground, form};
use baoyici::domain::caller::{Role, Scope};
use baoyici::domain::id::OrganisationId;
use baoyici::pb;
use baoyici::pb::Verdict;
use baoyici::pb::overlap_service_client::OverlapServiceClient;

async fn disagreements(ground: &Ground) -> Vec<pb::Disagreement> {
    ground.bureau().await.list_disagreements(pb::ListDisagreementsRequest {}).await.unwrap().into_inner().disagreements
}

async fn resolve(ground: &Ground, request_id: &str, decision: u64, upholds: bool) -> Result<(), tonic::Status> {
    let request = pb::ResolveDisagreementRequest { request_id: request_id.into(), decision, upholds, note: "会商".into() };
    ground.bureau().await.resolve_disagreement(request).await.map(drop)
}

/// The first reviewer says `same`, the second `different`.
async fn disagreed() -> (Ground, u64, u64) {
    let ground = Ground::of(&[form("jia", &[("1", "特色产业收入", "万元")]), form("yi", &[("1", "特色产业毛收入", "万元")])]).await;
    let first = ground.decide(("jia", "1"), ("yi", "1"), Verdict::Same).await;
    let merged = ground.elements(&["jia", "yi"]).await;
    let of_bureau = Scope::Organisation(OrganisationId::parse("tjj").unwrap());
    let token = ground.server.token("second", Role::Bureau, of_bureau).await;
    let mut second = OverlapServiceClient::new(ground.server.channel_as(&token).await);
    let answer = second.decide(ground.request(("yi", "1"), ("jia", "1"), Verdict::Different)).await.unwrap().into_inner();
    assert!(answer.is_disputed);
    assert_eq!(answer.effects.unwrap(), pb::DecisionEffects::default(), "nothing changes before it is resolved");
    assert_eq!(ground.elements(&["jia", "yi"]).await, merged);
    (ground, first.decision, answer.decision)
}

#[tokio::test]
async fn a_contradiction_between_reviewers_waits_and_is_listed() {
    let (ground, first, second) = disagreed().await;
    let listed = disagreements(&ground).await;
    let [one] = listed.as_slice() else { panic!("{listed:?}") };
    let number = |d: &pb::Decision| d.decision;
    assert_eq!(one.disputed.as_ref().map(number), Some(second));
    assert_eq!(one.against.iter().map(number).collect::<Vec<_>>(), [first]);
    assert_eq!(reason(&ground.undo(first).await.unwrap_err()), "DECISION_DISPUTED");
    assert_eq!(reason(&resolve(&ground, "x", first, true).await.unwrap_err()), "DISAGREEMENT_UNKNOWN");
    // The second withdraws: the first stands as before.
    ground.undo(second).await.unwrap();
    assert_eq!(disagreements(&ground).await, []);
    let elements = ground.elements(&["jia", "yi"]).await;
    assert_eq!(elements[0], elements[1]);
    ground.stop().await;
}

#[tokio::test]
async fn the_bureau_resolves_for_either_side() {
    let (ground, _, second) = disagreed().await;
    resolve(&ground, "r", second, false).await.unwrap();
    resolve(&ground, "r", second, false).await.unwrap();
    let elements = ground.elements(&["jia", "yi"]).await;
    assert_eq!(elements[0], elements[1], "the first holds");
    assert_eq!(disagreements(&ground).await, []);
    ground.stop().await;

    let (ground, first, second) = disagreed().await;
    resolve(&ground, "r", second, true).await.unwrap();
    let elements = ground.elements(&["jia", "yi"]).await;
    assert_ne!(elements[0], elements[1], "the second holds");
    assert_eq!(elements, ground.elements_after_restart(&["jia", "yi"]).await);
    assert_eq!((disagreements(&ground).await, ground.questions().await), (vec![], vec![]));
    let listed = ground.bureau().await.list_decisions(pb::ListDecisionsRequest::default()).await.unwrap().into_inner().decisions;
    let standing: Vec<u64> = listed.iter().filter(|d| d.undone_by.is_empty()).map(|d| d.decision).collect();
    assert_eq!((standing, listed.len() as u64), (vec![second], first + 1));
    ground.fits().await;
    ground.stop().await;
}

#[tokio::test]
async fn a_second_reviewer_may_agree_or_be_unsure() {
    let ground = Ground::of(&[form("jia", &[("1", "特色产业收入", "万元")]), form("yi", &[("1", "特色产业毛收入", "万元")])]).await;
    ground.decide(("jia", "1"), ("yi", "1"), Verdict::Same).await;
    let of_bureau = || Scope::Organisation(OrganisationId::parse("tjj").unwrap());
    for (account, verdict) in [("second", Verdict::Same), ("third", Verdict::Unsure)] {
        let token = ground.server.token(account, Role::Bureau, of_bureau()).await;
        let mut service = OverlapServiceClient::new(ground.server.channel_as(&token).await);
        let answer = service.decide(ground.request(("jia", "1"), ("yi", "1"), verdict)).await.unwrap().into_inner();
        assert!(!answer.is_disputed);
    }
    assert_eq!(disagreements(&ground).await, []);
    ground.undo(1).await.unwrap();
    let elements = ground.elements(&["jia", "yi"]).await;
    assert_eq!(elements[0], elements[1], "the second reviewer's answer stands");
    ground.stop().await;
}
