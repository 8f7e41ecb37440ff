//! Drafts over gRPC: kept right or wrong, never lost between two clerks, gone with the submission that they became.

use crate::harness::{Server, reason};
use crate::rpc::rules::{FIELDS, register};
use baoyici::domain::caller::{Role, Scope};
use baoyici::domain::unit::UnitCode;
use baoyici::pb;
use baoyici::pb::collection_service_client::CollectionServiceClient;
use baoyici::pb::draft_service_client::DraftServiceClient;
use tonic::Code;

const UNIT: &str = "330122002";
const DUE: &str = "2027-01-20";

fn save(value: &str, seen_version: u32) -> pb::SaveDraftRequest {
    let cell = pb::DraftCell { element: "不是数据元".into(), value: value.into(), ..Default::default() };
    pb::SaveDraftRequest { unit: UNIT.into(), due: DUE.into(), cells: vec![cell], seen_version }
}

fn place() -> pb::GetDraftRequest {
    pb::GetDraftRequest { unit: UNIT.into(), due: DUE.into() }
}

#[tokio::test]
async fn of_two_clerks_neither_overwrites_the_other() {
    let server = Server::start().await;
    let callers = server.furnish().await;
    register(&server, &callers, &FIELDS, &[]).await;
    let colleague = server.token("colleague", Role::Clerk, Scope::Unit(UnitCode::parse(UNIT).unwrap())).await;
    let mut one = DraftServiceClient::new(server.channel_as(&callers.clerk).await);
    let mut other = DraftServiceClient::new(server.channel_as(&colleague).await);
    assert_eq!(reason(&one.get_draft(place()).await.unwrap_err()), "DRAFT_UNKNOWN");
    assert_eq!(one.save_draft(save("一百二", 0)).await.unwrap().into_inner().version, 1);
    assert_eq!(one.save_draft(save("一百二", 0)).await.unwrap().into_inner().version, 1, "sent again it is answered as before");
    let stale = other.save_draft(save("9", 0)).await.unwrap_err();
    assert_eq!((stale.code(), reason(&stale).as_str()), (Code::FailedPrecondition, "DRAFT_STALE"));
    assert_eq!(other.save_draft(save("9", 1)).await.unwrap().into_inner().version, 2);
    let draft = one.get_draft(place()).await.unwrap().into_inner().draft.unwrap();
    assert_eq!((draft.version, draft.saved_by.as_str(), draft.cells[0].value.as_str()), (2, "colleague", "9"));
    let discard = |version| pb::DiscardDraftRequest { unit: UNIT.into(), due: DUE.into(), version };
    assert_eq!(reason(&one.discard_draft(discard(1)).await.unwrap_err()), "DRAFT_STALE");
    one.discard_draft(discard(2)).await.unwrap();
    one.discard_draft(discard(2)).await.unwrap();
    let list = pb::ListDraftsRequest { unit: UNIT.into() };
    assert_eq!(one.list_drafts(list).await.unwrap().into_inner().drafts, []);
    let elsewhere = pb::SaveDraftRequest { due: "2027-01-21".into(), ..save("1", 0) };
    assert_eq!(reason(&one.save_draft(elsewhere).await.unwrap_err()), "DUE_DATE_UNKNOWN");
    let officer = DraftServiceClient::new(server.channel_as(&callers.officer).await).get_draft(place()).await.unwrap_err();
    assert_eq!(officer.code(), Code::PermissionDenied);
    drop((one, other));
    server.stop().await;
}

#[tokio::test]
async fn a_draft_goes_with_its_submission() {
    let server = Server::start().await;
    let callers = server.furnish().await;
    register(&server, &callers, &FIELDS, &[]).await;
    let mut drafts = DraftServiceClient::new(server.channel_as(&callers.clerk).await);
    let mut clerk = CollectionServiceClient::new(server.channel_as(&callers.clerk).await);
    drafts.save_draft(save("1", 0)).await.unwrap();
    let form = clerk.get_consolidated_form(pb::GetConsolidatedFormRequest { unit: UNIT.into(), due: DUE.into() }).await.unwrap();
    let figure = |cell: &pb::InputCell| pb::TypedFigure {
        element: cell.element.clone(),
        period: cell.period.clone(),
        value: "7".into(),
        ..Default::default()
    };
    let request = pb::SubmitRequest {
        request_id: "s".into(),
        unit: UNIT.into(),
        due: DUE.into(),
        figures: form.into_inner().inputs.iter().map(figure).collect(),
        draft_version: 1,
        ..Default::default()
    };
    clerk.submit(request).await.unwrap();
    assert_eq!(reason(&drafts.get_draft(place()).await.unwrap_err()), "DRAFT_UNKNOWN");
    drop((drafts, clerk));
    server.stop().await;
}
