//! The gRPC door: one thin file per service, which reads a request, calls one use case and writes its answer.
//!
//! The only layer that names tonic and prost. Conversions are in `convert`, statuses in `status`, and what holds for every call (who calls,
//! how many at once, for how long, what is measured) in `gate`; handlers have none of it.

mod call;
mod codec;
mod collection;
mod connections;
mod convert;
mod dataset;
mod disputes;
mod drafts;
mod entries;
mod gate;
mod health;
mod methods;
mod organisations;
mod overlap;
mod reports;
mod review;
mod server;
mod status;
mod templates;
mod units;

pub use codec::BoundedCodec;
pub use server::{Limits, ServeError, serve};
