//! A submission as the store takes it: everything that must be durable together, in one value, so that an engine may put several of them
//! into one commit without running anybody's code in between.

use crate::domain::audit::NewAuditRecord;
use crate::domain::observation::{NewObservation, Observation, Receipt};
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
    /// Number of the settlement that the figures were read under; under another one they might belong to other elements.
    pub settlement_version: u64,
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
    /// Another settlement is in force than the figures were read under. Nothing was stored.
    Outdated,
}

/// Stores a submission in a transaction of its own.
pub(super) async fn submit_alone<S: Store + ?Sized>(store: &S, submission: &NewSubmission) -> Result<Submitted> {
    let NewSubmission { receipt, figures, answer, audit, settlement_version } = submission;
    let mut tx = store.begin().await?;
    if tx.settlement_version().await? != *settlement_version {
        return Ok(Submitted::Outdated);
    }
    if let Some(before) = tx.remembered_answer(&receipt.reporter, &receipt.request).await? {
        return Ok(Submitted::Answered(before));
    }
    let held = tx.insert_observations(receipt, figures).await?;
    if !held.is_empty() {
        return Ok(Submitted::Held(held));
    }
    tx.remember_answer(&receipt.reporter, &receipt.request, answer).await?;
    // Last, because whoever else appends waits from here to the commit.
    tx.append_audit(audit).await?;
    tx.commit().await?;
    Ok(Submitted::Stored)
}
