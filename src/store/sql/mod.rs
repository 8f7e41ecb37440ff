//! What every SQL database shares: the shapes of rows, what is bound, and what an error means.
//!
//! Knows no engine; the folders `sqlite` and `postgres` hold connections and statements.

pub(crate) mod bind;
pub(crate) mod error;
pub(crate) mod group;
pub(crate) mod migration;
pub(crate) mod numbers;
pub(crate) mod registry_log;
pub(crate) mod row;
