//! The one integration binary: each module is a part of the system seen from outside.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails; clippy knows only functions marked #[test] as tests"
)]

mod crash;
mod harness;
mod outside;
mod postgres;
mod rpc;
mod store;
