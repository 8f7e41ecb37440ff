//! The one integration binary: each module is a part of the system seen from outside.

mod crash;
mod outside;
mod rpc;
mod store;
