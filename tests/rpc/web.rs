//! gRPC-Web by plain HTTP/1.1, as a browser sends it.

use crate::harness::{Server, http1};
use baoyici::pb;
use prost::Message;

#[tokio::test]
async fn a_browser_is_answered() {
    let server = Server::start().await;
    let token = format!("Bearer {}", server.furnish().await.clerk);
    let headers = [("content-type", "application/grpc-web+proto"), ("x-grpc-web", "1"), ("authorization", token.as_str())];
    let request = pb::ListUnitsRequest { level: pb::Level::Township.into(), ..Default::default() };
    let body = http1::frame(&request.encode_to_vec());
    let answer = http1::post(server.address, "/baoyici.v1.UnitService/ListUnits", &headers, &body).await;
    assert!(answer.head.starts_with("HTTP/1.1 200"), "{}", answer.head);
    let unit = pb::UnitRow {
        code: "330122002000".into(),
        name: "旧县街道".into(),
        level: pb::Level::Township.into(),
        parent: "330122000000".into(),
        ..Default::default()
    };
    let message = http1::frame(&pb::ListUnitsResponse { units: vec![unit], next_cursor: String::new() }.encode_to_vec());
    assert!(answer.body.windows(message.len()).any(|w| w == message), "{:?}", answer.body);
    assert!(String::from_utf8_lossy(&answer.body).contains("grpc-status:0"));
    server.stop().await;
}

#[tokio::test]
async fn plain_http_is_no_way_in() {
    let server = Server::start().await;
    let answer = http1::post(server.address, "/baoyici.v1.UnitService/ListUnits", &[("content-type", "text/plain")], b"x").await;
    assert!(answer.head.starts_with("HTTP/1.1 400"), "{}", answer.head);
    server.stop().await;
}
