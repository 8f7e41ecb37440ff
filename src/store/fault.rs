//! A store that fails on purpose, for tests: before a call, so that nothing of it happens, or after it, so that it happened and the caller is
//! told that it did not (an acknowledgement that got lost). After etcd's robustness tests.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use crate::store::around::{Around, Hook};
use crate::store::{Error, Result};

/// A store that fails where it was told to.
pub type Faulty = Around<Faults>;

/// When a call fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Before anything of it happened.
    Before,
    /// After all of it happened.
    After,
}

/// How a call fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// As [`Error::Conflict`].
    Conflict,
    /// As [`Error::Unavailable`].
    Unavailable,
    /// As [`Error::Broken`].
    Broken,
}

#[derive(Clone, Copy, Debug)]
struct Planned {
    method: &'static str,
    n_calls_before: u32,
    when: When,
    failure: Failure,
}

/// The failures that are planned; clones share them.
#[derive(Clone, Debug, Default)]
pub struct Faults(Arc<Mutex<Vec<Planned>>>);

impl Faults {
    /// Plans one failure of `method` (`tx.` before its name inside a transaction), after it was called `n_calls_before` times more.
    pub fn plan(&self, method: &'static str, n_calls_before: u32, when: When, failure: Failure) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(Planned { method, n_calls_before, when, failure });
    }

    /// Number of failures that are still to come.
    pub fn n_planned(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Counts a call; the failure whose turn it is, if any.
    fn due(&self, method: &'static str) -> Option<Planned> {
        let mut planned = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = planned.iter().position(|p| p.method == method)?;
        let first = planned.get_mut(at)?;
        if first.n_calls_before == 0 {
            return Some(planned.remove(at));
        }
        first.n_calls_before -= 1;
        None
    }
}

impl Hook for Faults {
    type Span = ();

    fn span(&self) {}

    async fn around<T: Send>(&self, method: &'static str, call: impl Future<Output = Result<T>> + Send) -> Result<T> {
        let due = self.due(method);
        if let Some(planned) = due.filter(|p| p.when == When::Before) {
            return Err(planned.failure.error());
        }
        let answer = call.await?;
        due.map_or(Ok(answer), |planned| Err(planned.failure.error()))
    }
}

impl Failure {
    fn error(self) -> Error {
        let detail = "on purpose".to_owned();
        match self {
            Self::Conflict => Error::Conflict,
            Self::Unavailable => Error::Unavailable { detail },
            Self::Broken => Error::Broken { what: "fault", detail },
        }
    }
}
