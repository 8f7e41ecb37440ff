//! How a server ends: what is under way is answered, nothing new is taken, and nobody holds it up for ever.

use crate::harness::hold::Hold;
use crate::harness::{Options, Server, limits};
use baoyici::pb;
use baoyici::pb::organisation_service_client::OrganisationServiceClient;
use baoyici::service::Limits;
use std::time::Duration;
use tokio::net::TcpStream;

#[tokio::test]
async fn calls_under_way_are_answered_and_new_connections_are_not_taken() {
    let hold = Hold::new("organisations");
    let around = hold.clone();
    let server = Server::start_with(Options { wrap: Box::new(move |store| around.around(store)), ..Options::default() }).await;
    let address = server.address;
    let mut client = OrganisationServiceClient::new(server.channel_as(&server.operator().await).await);
    let idle = TcpStream::connect(address).await.unwrap();
    let call = tokio::spawn(async move { client.list_organisations(pb::ListOrganisationsRequest::default()).await });
    hold.arrived().await;
    let stopping = server.begin_stop();
    // The listener is gone as soon as the server noticed; until then the system still takes connections.
    while TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    hold.release();
    call.await.unwrap().unwrap();
    stopping.wait().await;
    drop(idle);
}

#[tokio::test]
async fn a_call_that_never_ends_does_not_hold_up_the_stop() {
    let hold = Hold::new("organisations");
    let around = hold.clone();
    let limits = Limits { drain_time: Duration::from_millis(1), ..limits() };
    let server = Server::start_with(Options { limits, wrap: Box::new(move |store| around.around(store)) }).await;
    let mut client = OrganisationServiceClient::new(server.channel_as(&server.operator().await).await);
    let call = tokio::spawn(async move { client.list_organisations(pb::ListOrganisationsRequest::default()).await });
    hold.arrived().await;
    server.stop().await;
    call.abort();
}
