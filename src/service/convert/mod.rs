//! Messages to domain values and back, in pairs `x_from_pb` and `x_to_pb`, by subject.
//!
//! What comes in is parsed here and nowhere else, so that `app` gets valid values; every fault is a [`Problem`] with its place, and all of
//! them are told. Messages live for a few lines only. After jj's `simple_op_store.rs`.

pub(super) mod collection;
pub(super) mod dataset;
pub(super) mod dispute;
pub(super) mod draft;
pub(super) mod organisation;
pub(super) mod overlap;
pub(super) mod problem;
pub(super) mod report;
pub(super) mod review;
pub(super) mod shared_values;
pub(super) mod template;
pub(super) mod unit;

use crate::domain::problem::{Place, Problem};

/// Collects what is wrong with a message while it is taken apart.
#[derive(Debug, Default)]
pub(super) struct Faults(Vec<Problem>);

impl Faults {
    /// Takes the value, or notes the problem at its place.
    pub(super) fn keep<T>(&mut self, parsed: Result<T, Problem>, place: Place) -> Option<T> {
        parsed.map_err(|problem| self.0.push(problem.at(place))).ok()
    }

    /// Notes a problem.
    pub(super) fn add(&mut self, problem: Problem) {
        self.0.push(problem);
    }

    /// Everything noted, in the order met.
    pub(super) fn into_problems(self) -> Vec<Problem> {
        self.0
    }
}

/// Puts a problem at a named part of the request, for single values.
pub(super) fn at_part<T>(parsed: Result<T, Problem>, part: &str) -> Result<T, Problem> {
    parsed.map_err(|problem| problem.at(Place::part(part)))
}

/// Counts for messages; more than fit are told as the most that fits.
pub(super) fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
