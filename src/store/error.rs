//! What can go wrong in a store, classified once.

use thiserror::Error;

/// Error of a store.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Error {
    /// Two transactions met; the caller may try again.
    #[error("transactions conflict")]
    Conflict,
    /// The database cannot be reached, is full or read-only; nothing was stored.
    #[error("store is unavailable: {detail}")]
    Unavailable {
        /// What the database said; for the log only.
        detail: String,
    },
    /// What is stored cannot be read back, or a query is wrong: our fault.
    #[error("store is broken at {what}: {detail}")]
    Broken {
        /// Which aggregate.
        what: &'static str,
        /// What the database said; for the log only.
        detail: String,
    },
}
