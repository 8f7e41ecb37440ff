//! The server as its users have it: the real binary on a folder of its own, spoken to over gRPC and nothing else.

pub mod caller;
pub mod problems;
pub mod seed;
pub mod server;
pub mod world;
