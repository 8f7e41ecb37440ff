//! Health and reflection, which need no token.

use crate::harness::Server;
use baoyici::pb;
use prost::Message;
use std::collections::BTreeSet;
use tonic::Code;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;

/// The services of the contract, from its descriptors.
fn own_services() -> BTreeSet<String> {
    let files = prost_types::FileDescriptorSet::decode(pb::DESCRIPTORS).unwrap().file;
    files.iter().flat_map(|file| file.service.iter().map(|s| format!("{}.{}", file.package(), s.name()))).collect()
}

fn check(service: &str) -> HealthCheckRequest {
    HealthCheckRequest { service: service.to_owned() }
}

#[tokio::test]
async fn every_service_tells_its_health() {
    let server = Server::start().await;
    let mut client = HealthClient::new(server.channel().await);
    let services = own_services();
    assert_eq!(services.len(), 9);
    for service in services.iter().map(String::as_str).chain([""]) {
        let answer = client.check(check(service)).await.unwrap().into_inner();
        assert_eq!(answer.status(), ServingStatus::Serving, "{service}");
    }
    assert_eq!(client.check(check("nothing")).await.unwrap_err().code(), Code::NotFound);
    drop(client);
    server.stop().await;
}

#[tokio::test]
async fn who_watches_hears_of_the_end_and_does_not_hold_it_up() {
    let server = Server::start().await;
    let mut client = HealthClient::new(server.channel().await);
    let mut watched = client.watch(check("baoyici.v1.UnitService")).await.unwrap().into_inner();
    let status = |answer: Option<HealthCheckResponse>| answer.map(|a| a.status());
    assert_eq!(status(watched.message().await.unwrap()), Some(ServingStatus::Serving));
    let stopping = server.begin_stop();
    assert_eq!(status(watched.message().await.unwrap()), Some(ServingStatus::NotServing));
    assert_eq!(watched.message().await.unwrap(), None);
    stopping.wait().await;
}

#[tokio::test]
async fn reflection_lists_every_service_and_describes_it() {
    let server = Server::start().await;
    let mut client = ServerReflectionClient::new(server.channel().await);
    let list = MessageRequest::ListServices(String::new());
    let describe = MessageRequest::FileContainingSymbol("baoyici.v1.CollectionService".to_owned());
    let requests = [list, describe].map(|m| ServerReflectionRequest { host: String::new(), message_request: Some(m) });
    let mut answers = client.server_reflection_info(tokio_stream::iter(requests)).await.unwrap().into_inner();
    let Some(MessageResponse::ListServicesResponse(listed)) = answers.message().await.unwrap().unwrap().message_response else {
        panic!("no list")
    };
    let listed: BTreeSet<String> = listed.service.into_iter().map(|s| s.name).collect();
    let mut expected = own_services();
    expected.extend(["grpc.health.v1.Health".to_owned(), "grpc.reflection.v1.ServerReflection".to_owned()]);
    assert_eq!(listed, expected);
    let Some(MessageResponse::FileDescriptorResponse(_)) = answers.message().await.unwrap().unwrap().message_response else {
        panic!("no description")
    };
    drop((client, answers));
    server.stop().await;
}
