//! An answer together with what its caller should know besides.

use crate::domain::problem::Problem;

/// What was done, with warnings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told<T> {
    /// What was done.
    pub done: T,
    /// Warnings; none where a request is answered for the second time.
    pub warnings: Vec<Problem>,
}
