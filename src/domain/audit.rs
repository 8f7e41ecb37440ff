//! The audit trail (工作自然留痕): every act leaves a record, kept by the system, chained by hash.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::id::AccountId;

/// A record on its way into the store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewAuditRecord {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub account: AccountId,
    /// What was done, as `aggregate.verb` (template.register, observation.submit …).
    pub act: String,
    /// What it was done to.
    pub object: String,
    /// Particulars, as JSON.
    pub detail: String,
}

/// A stored record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditRecord {
    /// Position in the chain, from 1 without gaps.
    pub sequence: u64,
    /// The record.
    pub record: NewAuditRecord,
    /// Hash of the record before; empty for the first.
    pub previous: String,
    /// [`chain_hash`] of this record.
    pub hash: String,
}

/// Hash of a record in the chain: BLAKE3 over length-prefixed parts, so that no two records can run into each other.
pub fn chain_hash(sequence: u64, record: &NewAuditRecord, previous: &str) -> String {
    let mut hasher = blake3::Hasher::new();
    let at = record.at.to_string();
    let number = sequence.to_string();
    for part in [previous, &number, &at, record.account.as_str(), &record.act, &record.object, &record.detail] {
        hasher.update(&(part.len() as u64).to_be_bytes());
        hasher.update(part.as_bytes());
    }
    hasher.finalize().to_hex().to_string()
}
