//! What refusals look like: gRPC code, stable code, place, all problems at once, and nothing of our own insides.

use crate::harness::hold::Panicking;
use crate::harness::{Options, Server, http1, reason};
use baoyici::pb;
use baoyici::pb::collection_service_client::CollectionServiceClient;
use baoyici::pb::organisation_service_client::OrganisationServiceClient;
use baoyici::pb::template_service_client::TemplateServiceClient;
use baoyici::pb::unit_service_client::UnitServiceClient;
use baoyici::store::around::Around;
use baoyici::store::fault::{Failure, Faults, Faulty, When};
use prost::Message;
use std::sync::Arc;
use tonic::{Code, Status};
use tonic_types::StatusExt;

/// The list of problems in the details of a refusal.
fn problem_list(status: &Status) -> pb::ProblemList {
    let details = tonic_types::pb::Status::decode(status.details()).unwrap().details;
    let list = details.iter().find(|d| d.type_url == "type.googleapis.com/baoyici.v1.ProblemList").unwrap();
    pb::ProblemList::decode(list.value.as_slice()).unwrap()
}

fn organisation(id: &str, kind: i32, parent: &str) -> pb::Organisation {
    pb::Organisation { id: id.into(), name: format!("单位{id}"), kind, parent: parent.into() }
}

fn register(request_id: &str, organisations: Vec<pb::Organisation>) -> pb::RegisterOrganisationsRequest {
    pb::RegisterOrganisationsRequest { request_id: request_id.into(), organisations, validate_only: false }
}

#[tokio::test]
async fn all_problems_are_told_at_once_with_their_places() {
    let server = Server::start().await;
    let mut client = OrganisationServiceClient::new(server.channel_as(&server.operator().await).await);
    let given = vec![organisation("", 2, ""), organisation("b", 99, ""), organisation("c", 3, ""), organisation("d", 2, "nobody")];
    let request = register("r", given);
    let status = client.register_organisations(request.clone()).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    assert!(status.message().ends_with("(4 problems in all)"), "{}", status.message());
    let list = problem_list(&status);
    let codes: Vec<&str> = list.problems.iter().map(|p| p.code.as_str()).collect();
    assert_eq!(codes, ["ID_MISSING", "ORGANISATION_KIND_UNKNOWN", "ORGANISATION_PARENT_MISSING", "ORGANISATION_UNKNOWN"]);
    assert!(list.problems.iter().all(|p| !p.text_zh.is_empty() && !p.text_en.is_empty()));
    let violations = status.get_details_bad_request().unwrap().field_violations;
    assert_eq!(violations.first().unwrap().field, "1/id");
    let checked = client.register_organisations(pb::RegisterOrganisationsRequest { validate_only: true, ..request }).await.unwrap();
    assert_eq!(checked.into_inner().problems.len(), 4);
    let stored = client.list_organisations(pb::ListOrganisationsRequest::default()).await.unwrap();
    assert_eq!(stored.into_inner().organisations, []);
    server.stop().await;
}

#[tokio::test]
async fn trailers_stay_small_however_many_problems_there_are() {
    let server = Server::start().await;
    let mut client = OrganisationServiceClient::new(server.channel_as(&server.operator().await).await);
    let long = "很长的名字".repeat(30);
    let given = (0..500).map(|n| organisation(&format!("{long}{n}"), 99, &long)).collect();
    let status = client.register_organisations(register("r", given)).await.unwrap_err();
    assert_eq!(problem_list(&status).total, 1_500);
    assert!(status.details().len() < 4_096);
    server.stop().await;
}

#[tokio::test]
async fn unknown_things_are_not_found() {
    let server = Server::start().await;
    let callers = server.furnish().await;
    let mut units = UnitServiceClient::new(server.channel_as(&callers.clerk).await);
    let request = pb::ListUnitsRequest { within: "330199".into(), ..Default::default() };
    let unknown_unit = units.list_units(request).await.unwrap_err();
    let mut templates = TemplateServiceClient::new(server.channel_as(&callers.bureau).await);
    let unknown_form = templates.get_template(pb::GetTemplateRequest { form_id: "x".into(), version: 0 }).await.unwrap_err();
    let mut collection = CollectionServiceClient::new(server.channel_as(&callers.clerk).await);
    let unknown_receipt = collection.get_receipt(pb::GetReceiptRequest { receipt: "r-1".into() }).await.unwrap_err();
    let due = pb::GetConsolidatedFormRequest { unit: "330122002".into(), due: "2026-01-20".into() };
    let unknown_due_date = collection.get_consolidated_form(due).await.unwrap_err();
    let expected = ["UNIT_UNKNOWN", "FORM_UNKNOWN", "RECEIPT_UNKNOWN", "DUE_DATE_UNKNOWN"];
    for (status, code) in [unknown_unit, unknown_form, unknown_receipt, unknown_due_date].iter().zip(expected) {
        assert_eq!((status.code(), reason(status).as_str()), (Code::NotFound, code));
    }
    server.stop().await;
}

#[tokio::test]
async fn a_request_id_gives_the_same_answer_and_refuses_another_payload() {
    let server = Server::start().await;
    let mut client = OrganisationServiceClient::new(server.channel_as(&server.operator().await).await);
    let request = register("same", vec![organisation("a", 2, "")]);
    for _ in 0..2 {
        let answer = client.register_organisations(request.clone()).await.unwrap();
        assert_eq!(answer.into_inner().registered, 1);
    }
    let status = client.register_organisations(register("same", vec![organisation("b", 2, "")])).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::FailedPrecondition, "REQUEST_ID_REUSED"));
    server.stop().await;
}

#[tokio::test]
async fn failures_of_the_store_are_told_apart_and_keep_their_secrets() {
    let faults = Faults::default();
    let planned = faults.clone();
    let wrap = Box::new(move |store| Arc::new(Faulty::new(store, planned)) as Arc<_>);
    let server = Server::start_with(Options { wrap, ..Options::default() }).await;
    let mut client = OrganisationServiceClient::new(server.channel_as(&server.operator().await).await);
    let expected = [
        (Failure::Conflict, Code::Aborted, "STORE_CONFLICT", true),
        (Failure::Unavailable, Code::Unavailable, "STORE_UNAVAILABLE", true),
        (Failure::Broken, Code::Internal, "INTERNAL", false),
    ];
    for (failure, code, stable, is_worth_a_retry) in expected {
        faults.plan("organisations", 0, When::Before, failure);
        let status = client.list_organisations(pb::ListOrganisationsRequest::default()).await.unwrap_err();
        assert_eq!((status.code(), reason(&status).as_str()), (code, stable));
        assert_eq!(status.get_details_retry_info().is_some(), is_worth_a_retry);
        assert!(!format!("{status:?}").contains("on purpose"));
    }
    faults.plan("token", 0, When::Before, Failure::Unavailable);
    let status = client.list_organisations(pb::ListOrganisationsRequest::default()).await.unwrap_err();
    assert_eq!(status.code(), Code::Unavailable, "a token that cannot be looked up is not a wrong one");
    server.stop().await;
}

#[tokio::test]
async fn a_panic_ends_one_call_and_tells_nothing() {
    let wrap = Box::new(|store| Arc::new(Around::new(store, Panicking("organisations"))) as Arc<_>);
    let server = Server::start_with(Options { wrap, ..Options::default() }).await;
    let channel = server.channel_as(&server.operator().await).await;
    let mut client = OrganisationServiceClient::new(channel.clone());
    let status = client.list_organisations(pb::ListOrganisationsRequest::default()).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::Internal, "INTERNAL"));
    assert!(!format!("{status:?}").contains("secret"));
    let mut units = UnitServiceClient::new(channel);
    units.list_units(pb::ListUnitsRequest::default()).await.unwrap();
    drop((client, units));
    server.stop().await;
}

#[tokio::test]
async fn what_is_no_request_has_codes_of_its_own() {
    let server = Server::start().await;
    let token = format!("Bearer {}", server.operator().await);
    let headers = [("content-type", "application/grpc-web"), ("accept-language", "en"), ("authorization", token.as_str())];
    let cases: [(&str, Vec<u8>, &str, &str); 5] = [
        ("/baoyici.v1.OrganisationService/ListOrganisations", http1::frame(&[0xff; 8]), "3", "proto"),
        ("/baoyici.v1.OrganisationService/ListOrganisations", vec![7; 64], "3", "proto"),
        ("/baoyici.v1.OrganisationService/ListOrganisations", Vec::new(), "3", "proto"),
        ("/baoyici.v1.OrganisationService/Drop", http1::frame(&[]), "12", "Nothing answers"),
        ("/baoyici.v1.NoService/Drop", http1::frame(&[]), "12", "Nothing answers"),
    ];
    for (path, body, code, part) in cases {
        let answer = http1::post(server.address, path, &headers, &body).await;
        let message = answer.header("grpc-message").unwrap_or_default().replace("%20", " ");
        assert_eq!(answer.header("grpc-status"), Some(code), "{path}: {}", answer.head);
        assert!(message.contains(part), "{path}: {message}");
        assert!(answer.header("grpc-status-details-bin").is_some());
    }
    server.stop().await;
}
