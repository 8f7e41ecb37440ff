//! How far the registry has come, for an engine whose file one server has to itself: nobody else registers, so memory is enough.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::domain::id::FormId;

/// What one transaction registered.
#[derive(Debug, Default)]
pub(crate) struct Registered {
    /// Forms.
    pub(crate) forms: Vec<FormId>,
    /// Whether unit rows were stored.
    pub(crate) has_units: bool,
    /// Whether it locked the registry, which raises the generation by itself.
    pub(crate) is_locked: bool,
}

/// What was registered since the store was opened.
#[derive(Default)]
pub(crate) struct RegistryLog(Mutex<Log>);

#[derive(Default)]
struct Log {
    generation: u64,
    units: u64,
    forms: BTreeMap<FormId, u64>,
}

/// What was registered after a generation.
pub(crate) struct Since {
    /// The generation up to which this says it.
    pub(crate) generation: u64,
    /// The forms, by generation and id.
    pub(crate) forms: Vec<FormId>,
    /// Whether unit rows were stored.
    pub(crate) has_units: bool,
}

impl RegistryLog {
    /// The generation.
    pub(crate) fn generation(&self) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).generation
    }

    /// Takes what a transaction registered.
    pub(crate) fn record(&self, registered: &Registered) {
        if registered.forms.is_empty() && !registered.has_units && !registered.is_locked {
            return;
        }
        let mut log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        log.generation += 1;
        let generation = log.generation;
        if registered.has_units {
            log.units = generation;
        }
        log.forms.extend(registered.forms.iter().map(|form| (form.clone(), generation)));
    }

    /// What came after a generation: at least `limit` forms, and then all of the last one's generation.
    pub(crate) fn since(&self, after: u64, limit: usize) -> Since {
        let log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut forms: Vec<(u64, &FormId)> = log.forms.iter().filter(|(_, at)| **at > after).map(|(form, at)| (*at, form)).collect();
        forms.sort_unstable();
        let cut = forms.get(limit.saturating_sub(1)).filter(|_| forms.len() > limit).map(|(at, _)| *at);
        forms.retain(|(at, _)| cut.is_none_or(|cut| *at <= cut));
        Since {
            generation: cut.unwrap_or(log.generation),
            has_units: log.units > after,
            forms: forms.into_iter().map(|(_, form)| form.clone()).collect(),
        }
    }
}
