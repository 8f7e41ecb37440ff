//! Bytes that are no request of ours: forged lengths, garbage, methods that do not exist.

use axum::body::Body;
use http::header::{CONTENT_TYPE, TE};
use http::{Method, Request};
use tonic::Code::{InvalidArgument, Unimplemented};
use tonic::{Response, Status};
use tower::{Service, ServiceExt};

use super::ground::Ground;
use super::{Case, case};
use crate::outside::caller::Caller;

/// Sends raw bytes as the body of a call and returns how it ended.
async fn send(caller: Caller, secret: String, path: &'static str, body: Vec<u8>) -> Result<Response<()>, Status> {
    let request = Request::builder()
        .method(Method::POST)
        .uri(path)
        .header(CONTENT_TYPE, "application/grpc")
        .header(TE, "trailers")
        .header("authorization", format!("Bearer {secret}"))
        .body(tonic::body::Body::new(Body::from(body)))
        .expect("a request");
    let mut channel = caller.channel();
    let channel = channel.ready().await.map_err(|e| Status::unknown(e.to_string()))?;
    let response = channel.call(request).await.map_err(|e| Status::unknown(e.to_string()))?;
    // A refusal before any message comes as headers only.
    match Status::from_header_map(response.headers()) {
        Some(status) => Err(status),
        None => Err(Status::unknown("the call was answered with a message")),
    }
}

/// A message with a length in front that need not be its own.
fn framed(length: u32, message: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0];
    bytes.extend(length.to_be_bytes());
    bytes.extend(message);
    bytes
}

pub fn cases(ground: &Ground) -> Vec<Case> {
    let secret = ground.officer_secret.clone();
    let call = |path: &'static str, body: Vec<u8>| send(ground.world.officer.clone(), secret.clone(), path, body);
    let register = "/baoyici.v1.TemplateService/RegisterTemplate";
    // A label's tag and a length of 4 GiB within a small message: template { fields { label } }.
    let label = [0x0a_u8 + 16, 0xff, 0xff, 0xff, 0xff, 0x0f];
    vec![
        case("bytes: a message of 4 GiB announced", InvalidArgument, "REQUEST_TOO_LARGE", "", call(register, framed(u32::MAX, b"x"))),
        case("bytes: a label of 4 GiB announced", InvalidArgument, "REQUEST_MALFORMED", "", call(register, framed(6, &label))),
        case("bytes: no protobuf", InvalidArgument, "REQUEST_MALFORMED", "", call(register, framed(5, &[0xff; 5]))),
        case(
            "bytes: a string that is not UTF-8",
            InvalidArgument,
            "REQUEST_MALFORMED",
            "",
            call(register, framed(4, &[0x0a, 2, 0xb1, 0xed])),
        ),
        case(
            "bytes: no such method",
            Unimplemented,
            "METHOD_UNKNOWN",
            "",
            call("/baoyici.v1.TemplateService/DropEverything", framed(0, b"")),
        ),
        case("bytes: no such service", Unimplemented, "METHOD_UNKNOWN", "", call("/baoyici.v1.SecretService/Tell", framed(0, b""))),
    ]
}
