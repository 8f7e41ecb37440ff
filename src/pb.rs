//! Generated code of `proto/baoyici/v1`, nothing else.
#![allow(missing_docs, clippy::all, clippy::pedantic, unused_qualifications, reason = "generated code")]

tonic::include_proto!("baoyici.v1");

/// Descriptors of all services, for reflection.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));
