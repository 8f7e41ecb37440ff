//! The dataset: departments' forms computed from the observations by DataFusion, as record batches.
//!
//! Gets what was granted and asked from the use cases and decides nothing about it. Knows domain values, the store's traits and Arrow; no proto,
//! no HTTP, no database.

pub mod error;
pub mod extraction;
pub mod session;

pub use error::Error;
