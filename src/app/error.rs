//! How a use case ends when it does not succeed.

use thiserror::Error;

use crate::domain::problem::{Code, Problem};
use crate::{dataset, overlap, store};

/// Error of a use case.
#[derive(Debug, Error)]
pub enum Error {
    /// The caller did something that is refused; nothing was stored. Holds at least one problem, errors first.
    #[error("refused: {}", .0.first().map_or("", |p| p.code.as_str()))]
    Refused(Vec<Problem>),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// Finding overlaps failed: our fault.
    #[error(transparent)]
    Overlap(#[from] overlap::Error),
    /// Computing a form failed: our fault.
    #[error(transparent)]
    Dataset(#[from] dataset::Error),
    /// What was stored by an earlier version cannot be understood: our fault.
    #[error("stored answer cannot be read: {0}")]
    StoredAnswer(#[from] serde_json::Error),
}

/// Whose turn it is when a use case did not succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure<'a> {
    /// The caller's: what it did is refused.
    Refused(&'a [Problem]),
    /// The caller's, who may try again: transactions met.
    Conflict,
    /// The operator's: the store cannot be reached or written.
    Unavailable,
    /// Ours.
    OurFault,
}

impl Error {
    /// Whose turn it is.
    pub fn failure(&self) -> Failure<'_> {
        match self {
            Self::Refused(problems) => Failure::Refused(problems),
            Self::Store(error) | Self::Dataset(dataset::Error::Store(error)) => match error {
                store::Error::Conflict => Failure::Conflict,
                store::Error::Unavailable { .. } => Failure::Unavailable,
                store::Error::Broken { .. } => Failure::OurFault,
            },
            Self::Overlap(_) | Self::Dataset(_) | Self::StoredAnswer(_) => Failure::OurFault,
        }
    }
}

impl store::IsConflict for Error {
    fn is_conflict(&self) -> bool {
        matches!(self.failure(), Failure::Conflict)
    }
}

/// Result of a use case.
pub type Result<T> = std::result::Result<T, Error>;

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self::Refused(vec![problem])
    }
}

impl From<Code> for Error {
    fn from(code: Code) -> Self {
        Problem::new(code).into()
    }
}

/// Refuses when any of the problems is an error; the errors come first, warnings after them.
pub(crate) fn refuse_errors(problems: &[Problem]) -> Result<()> {
    if !problems.iter().any(Problem::is_error) {
        return Ok(());
    }
    let mut sorted = problems.to_vec();
    sorted.sort_by_key(|p| !p.is_error());
    Err(Error::Refused(sorted))
}
