//! Who gets in: a token is asked before the body of a request is looked at.

use crate::harness::{Bearer, Server, http1, reason};
use baoyici::app::NewToken;
use baoyici::domain::caller::{Role, Scope};
use baoyici::domain::id::AccountId;
use baoyici::pb;
use baoyici::pb::collection_service_client::CollectionServiceClient;
use baoyici::pb::organisation_service_client::OrganisationServiceClient;
use baoyici::pb::report_service_client::ReportServiceClient;
use baoyici::pb::template_service_client::TemplateServiceClient;
use baoyici::pb::unit_service_client::UnitServiceClient;
use tonic::Code;

const LIST: &str = "/baoyici.v1.OrganisationService/ListOrganisations";

async fn http1_status(server: &Server, headers: &[(&str, &str)], body: &[u8]) -> String {
    let headers = [&[("content-type", "application/grpc-web")], headers].concat();
    let answer = http1::post(server.address, LIST, &headers, body).await;
    answer.header("grpc-status").unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_call_without_a_token_is_refused_before_its_body_is_read() {
    let server = Server::start().await;
    let not_a_message = http1::frame(&[0xff; 64]);
    assert_eq!(http1_status(&server, &[], &not_a_message).await, "16");
    let token = format!("Bearer {}", server.operator().await);
    // With a token the same bytes are looked at, and are no message.
    assert_eq!(http1_status(&server, &[("authorization", &token)], &not_a_message).await, "3");
    server.stop().await;
}

#[tokio::test]
async fn tokens_that_do_not_hold_are_refused_alike() {
    let server = Server::start().await;
    let ends = "2026-12-01T00:00:00Z".parse().unwrap();
    let expiring =
        NewToken { account: AccountId::parse("x").unwrap(), role: Role::Operator, scope: Scope::Installation, expires_at: Some(ends) };
    let expiring = server.app.make_token(expiring).await.unwrap();
    let mut client = OrganisationServiceClient::new(server.channel_as(&expiring).await);
    client.list_organisations(pb::ListOrganisationsRequest::default()).await.unwrap();
    server.clock.set(ends);
    for token in [expiring.as_str(), "", "byc_", "byc_nothing", "nothing"] {
        let mut client = OrganisationServiceClient::new(server.channel_as(token).await);
        let status = client.list_organisations(pb::ListOrganisationsRequest::default()).await.unwrap_err();
        assert_eq!((status.code(), reason(&status).as_str()), (Code::Unauthenticated, "CALLER_UNKNOWN"), "{token}");
    }
    server.stop().await;
}

#[tokio::test]
async fn callers_do_only_what_their_role_may() {
    let server = Server::start().await;
    let callers = server.furnish().await;
    let mut denied = Vec::new();
    for token in [&callers.bureau, &callers.officer, &callers.clerk] {
        let mut units = UnitServiceClient::new(server.channel_as(token).await);
        let source = Some(pb::register_units_request::Source::Csv(b"code,name,level,parent\n330123,x,county,\n".to_vec()));
        let request = pb::RegisterUnitsRequest { request_id: "r".into(), source, validate_only: false };
        denied.push(units.register_units(request).await.unwrap_err());
    }
    for token in [&callers.operator, &callers.clerk] {
        let mut templates = TemplateServiceClient::new(server.channel_as(token).await);
        let source = Some(pb::register_template_request::Source::TemplateJson(b"{}".to_vec()));
        let request = pb::RegisterTemplateRequest { request_id: "r".into(), source, validate_only: true };
        denied.push(templates.register_template(request).await.unwrap_err());
    }
    for token in [&callers.operator, &callers.officer, &callers.clerk] {
        let mut reports = ReportServiceClient::new(server.channel_as(token).await);
        let request = pb::GetBurdenReportRequest { year: 2026, breakdown: 1, ..Default::default() };
        denied.push(reports.get_burden_report(request).await.unwrap_err());
    }
    for (token, unit) in [(&callers.officer, "330122002"), (&callers.clerk, "330122")] {
        let mut collection = CollectionServiceClient::new(server.channel_as(token).await);
        let request = pb::ListDueDatesRequest { unit: unit.into(), year: 2026 };
        denied.push(collection.list_due_dates(request).await.unwrap_err());
    }
    for status in denied {
        assert_eq!(status.code(), Code::PermissionDenied, "{status:?}");
    }
    server.stop().await;
}

#[tokio::test]
async fn refusals_speak_the_language_of_the_caller() {
    let server = Server::start().await;
    let channel = server.channel().await;
    for (language, part) in [("zh-CN,en;q=0.5", "令牌"), ("en-GB,zh;q=0.5", "token"), ("fr", "令牌")] {
        let mut client = OrganisationServiceClient::with_interceptor(channel.clone(), Bearer::new("byc_x", language));
        let status = client.list_organisations(pb::ListOrganisationsRequest::default()).await.unwrap_err();
        assert!(status.message().contains(part), "{language}: {}", status.message());
    }
    drop(channel);
    server.stop().await;
}
