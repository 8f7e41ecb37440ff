//! What one server takes: bytes, calls, time.

use crate::harness::hold::Hold;
use crate::harness::{Options, Server, limits, reason};
use baoyici::pb;
use baoyici::pb::organisation_service_client::OrganisationServiceClient;
use baoyici::pb::unit_service_client::UnitServiceClient;
use baoyici::service::Limits;
use std::time::Duration;
use tonic::Code;
use tonic::codec::CompressionEncoding;

fn units_of(n_bytes: usize) -> pb::RegisterUnitsRequest {
    let source = Some(pb::register_units_request::Source::Csv(vec![b'x'; n_bytes]));
    pb::RegisterUnitsRequest { request_id: "r".into(), source, validate_only: true }
}

#[tokio::test]
async fn a_message_that_is_too_large_is_refused() {
    let server = Server::start().await;
    let mut client = UnitServiceClient::new(server.channel_as(&server.operator().await).await);
    let status = client.register_units(units_of(2 << 20)).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::InvalidArgument, "REQUEST_TOO_LARGE"));
    // A small message that unpacks to a large one is refused as well.
    let mut packing = client.clone().send_compressed(CompressionEncoding::Gzip);
    let status = packing.register_units(units_of(200 << 20)).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::InvalidArgument, "REQUEST_TOO_LARGE"));
    client.register_units(units_of(1_000)).await.unwrap();
    drop((client, packing));
    server.stop().await;
}

#[tokio::test]
async fn more_calls_than_slots_are_refused_at_once() {
    let hold = Hold::new("organisations");
    let around = hold.clone();
    let limits = Limits { n_calls: 1, ..limits() };
    let server = Server::start_with(Options { limits, wrap: Box::new(move |store| around.around(store)) }).await;
    let mut client = OrganisationServiceClient::new(server.channel_as(&server.operator().await).await);
    let mut first = client.clone();
    let first = tokio::spawn(async move { first.list_organisations(pb::ListOrganisationsRequest::default()).await });
    hold.arrived().await;
    let status = client.list_organisations(pb::ListOrganisationsRequest::default()).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::ResourceExhausted, "OVERLOADED"));
    hold.release();
    first.await.unwrap().unwrap();
    hold.release();
    client.list_organisations(pb::ListOrganisationsRequest::default()).await.unwrap();
    drop(client);
    server.stop().await;
}

#[tokio::test]
async fn a_call_that_takes_too_long_is_given_up() {
    let hold = Hold::new("organisations");
    let around = hold.clone();
    let limits = Limits { call_time: Duration::from_millis(1), ..limits() };
    let server = Server::start_with(Options { limits, wrap: Box::new(move |store| around.around(store)) }).await;
    let mut client = OrganisationServiceClient::new(server.channel_as(&server.operator().await).await);
    let status = client.list_organisations(pb::ListOrganisationsRequest::default()).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::DeadlineExceeded, "REQUEST_TIMEOUT"));
    drop(client);
    server.stop().await;
}
