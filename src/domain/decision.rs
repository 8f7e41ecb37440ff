//! Decisions (裁定): what a reviewer said of two fields. They are kept for good, never asked again, and make later questions better.
//!
//! A decision is about two fields, and about the canonical keys that their readings gave when it was made: every field with one of those
//! keys is meant. Undoing marks a decision and takes nothing away from the record.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::id::{AccountId, FieldKey};

/// Number of a decision in the order in which they were made, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DecisionId(pub u64);

impl fmt::Display for DecisionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// What a reviewer answers to "are these one figure?".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// One figure, also where unit of measure, level or frequency differ (相同).
    Same,
    /// Two figures (不同).
    Different,
    /// The first is part of the second (前者范围窄).
    Narrower,
    /// The second is part of the first (前者范围宽).
    Broader,
    /// Not to be told from the forms (无法判断).
    Unsure,
}

impl Verdict {
    /// Returns the word used in answers, files and the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Different => "different",
            Self::Narrower => "narrower",
            Self::Broader => "broader",
            Self::Unsure => "unsure",
        }
    }

    /// Whether the two fields are two figures by this answer.
    pub fn tells_apart(self) -> bool {
        matches!(self, Self::Different | Self::Narrower | Self::Broader)
    }
}

/// A reviewer's answer on two fields.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// Its number.
    pub id: DecisionId,
    /// One field; the smaller of the two keys.
    pub a: FieldKey,
    /// The other.
    pub b: FieldKey,
    /// Canonical key that the reading of `a` gave; carried along when a new vocabulary renames it.
    pub a_key: String,
    /// The same of `b`.
    pub b_key: String,
    /// The answer, said of `a` against `b`.
    pub verdict: Verdict,
    /// What the reviewer adds; may be empty.
    pub note: String,
    /// Who decided.
    pub decided_by: AccountId,
    /// When.
    pub decided_at: Timestamp,
    /// Set once it was undone.
    pub undone: Option<Undone>,
}

/// That a decision was taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undone {
    /// By whom.
    pub by: AccountId,
    /// When.
    pub at: Timestamp,
    /// Why; may be empty.
    pub note: String,
}
