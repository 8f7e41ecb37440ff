//! A submission as the store takes it: everything that must be durable together, in one value, so that an engine may put several of them
//! into one commit without running anybody's code in between.

use jiff::civil::Date;
use std::collections::HashMap;

use crate::domain::audit::NewAuditRecord;
use crate::domain::observation::{Explanation, NewObservation, Observation, ObservationKey, Receipt};
use crate::domain::unit::UnitCode;
use crate::store::{RememberedAnswer, Result, Store};

/// What one submission stores.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSubmission {
    /// The receipt; its reporter and request name the answer.
    pub receipt: Receipt,
    /// First versions, all of the receipt's unit, no key twice.
    pub figures: Vec<NewObservation>,
    /// The answer to the request.
    pub answer: RememberedAnswer,
    /// The audit record.
    pub audit: NewAuditRecord,
    /// Explanations that come with some of the figures.
    pub explanations: Vec<Explanation>,
    /// Other figures of the unit that rules were tried on.
    pub grounds: Vec<Ground>,
    /// The draft that the figures come from: it is removed with their storing. A newer version of it stays.
    pub draft: Option<DraftMark>,
    /// Number of the settlement that the figures were read under; under another one they might belong to other elements.
    pub settlement_version: u64,
}

/// A figure that was looked at before a submission was stored: where another version stands by now, the submission must be looked at anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ground {
    /// The figure.
    pub key: ObservationKey,
    /// The version that stood; 0 where none did.
    pub version: u32,
}

/// A version of a draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftMark {
    /// The unit.
    pub unit: UnitCode,
    /// The due date.
    pub due: Date,
    /// The version.
    pub version: u32,
}

/// Whether what was looked at still stands; `now` is what stands under the keys.
pub(super) fn still_stand(grounds: &[Ground], now: &[Observation]) -> bool {
    let now: HashMap<&ObservationKey, u32> = now.iter().map(|o| (&o.key, o.version)).collect();
    grounds.iter().all(|ground| now.get(&ground.key).copied().unwrap_or(0) == ground.version)
}

/// What became of a submission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Submitted {
    /// All of it is stored and durable.
    Stored,
    /// The request was answered before; nothing was stored now.
    Answered(RememberedAnswer),
    /// Some of the keys are held: the current observations under them, by key. Nothing was stored.
    Held(Vec<Observation>),
    /// Another settlement is in force than the figures were read under, or a figure that rules were tried on has changed. Nothing was stored.
    Outdated,
}

/// Stores a submission in a transaction of its own.
pub(super) async fn submit_alone<S: Store + ?Sized>(store: &S, submission: &NewSubmission) -> Result<Submitted> {
    let NewSubmission { receipt, figures, answer, audit, settlement_version, explanations, grounds, draft } = submission;
    let mut tx = store.begin().await?;
    if tx.settlement_version().await? != *settlement_version {
        return Ok(Submitted::Outdated);
    }
    if let Some(before) = tx.remembered_answer(&receipt.reporter, &receipt.request).await? {
        return Ok(Submitted::Answered(before));
    }
    if !grounds.is_empty() {
        tx.hold_unit(&receipt.unit).await?;
        let keys: Vec<ObservationKey> = grounds.iter().map(|ground| ground.key.clone()).collect();
        if !still_stand(grounds, &tx.observations_at(&keys).await?) {
            return Ok(Submitted::Outdated);
        }
    }
    let held = tx.insert_observations(receipt, figures).await?;
    if !held.is_empty() {
        return Ok(Submitted::Held(held));
    }
    if !explanations.is_empty() {
        tx.explain(explanations).await?;
    }
    if let Some(mark) = draft {
        tx.remove_draft(mark).await?;
    }
    tx.remember_answer(&receipt.reporter, &receipt.request, answer).await?;
    // Last, because whoever else appends waits from here to the commit.
    tx.append_audit(audit).await?;
    tx.commit().await?;
    Ok(Submitted::Stored)
}
