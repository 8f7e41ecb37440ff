//! Decisions (裁定): what a reviewer said of two fields. They are kept for good, never asked again, and make later questions better.
//!
//! A decision is about two fields, and about the canonical keys that their readings gave when it was made: every field with one of those
//! keys is meant. Where both were one element already, telling the fields apart sets the second one apart from all others with its key.
//! Undoing marks a decision and takes nothing away from the record.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::id::{AccountId, FieldKey};
use crate::domain::observation::Observation;

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

    /// Parses the word used in answers, files and the store.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Same, Self::Different, Self::Narrower, Self::Broader, Self::Unsure].into_iter().find(|v| v.as_str() == text)
    }

    /// The same answer said of the second field against the first.
    pub fn turned(self) -> Self {
        match self {
            Self::Narrower => Self::Broader,
            Self::Broader => Self::Narrower,
            Self::Same | Self::Different | Self::Unsure => self,
        }
    }

    /// Whether two answers to one question cannot both hold; whoever is not sure says nothing against anybody.
    pub fn contradicts(self, other: Self) -> bool {
        self != other && self != Self::Unsure && other != Self::Unsure
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
    /// One field.
    pub a: FieldKey,
    /// The other.
    pub b: FieldKey,
    /// Canonical key that the reading of `a` gave; carried along when a new vocabulary renames it.
    pub a_key: String,
    /// The same of `b`.
    pub b_key: String,
    /// The answer, said of `a` against `b`.
    pub verdict: Verdict,
    /// Whether it sets `b` apart from all other fields with its key: the two were one element when they were told apart.
    pub sets_apart: bool,
    /// What the reviewer adds; may be empty.
    pub note: String,
    /// Who decided.
    pub decided_by: AccountId,
    /// When.
    pub decided_at: Timestamp,
    /// Whether it contradicts what another reviewer answered before: it has no effect until the bureau resolves the disagreement.
    pub is_disputed: bool,
    /// Set once it was undone.
    pub undone: Option<Undone>,
    /// What taught it, where the system made it by itself; `None` where a person answered.
    pub lesson: Option<Lesson>,
}

/// What a decision of the system rests on (学得): every merge that nobody answered has one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lesson {
    /// In which way the answers teach it.
    pub way: LessonWay,
    /// The people's answers that teach it, by number.
    pub answers: Vec<DecisionId>,
}

/// In which way answers teach a merge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LessonWay {
    /// They propose a synonym, and nothing speaks against it.
    Synonym,
    /// They prove that pairs of this score are right often enough.
    Score,
}

impl LessonWay {
    /// Returns the word used in answers and files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Synonym => "synonym",
            Self::Score => "score",
        }
    }
}

impl Decision {
    /// Whether it has its effect: neither undone nor disputed.
    pub fn is_in_force(&self) -> bool {
        self.undone.is_none() && !self.is_disputed
    }
}

/// Who ended something, when and why: that a decision was taken back, or that a conflict was resolved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undone {
    /// By whom.
    pub by: AccountId,
    /// When.
    pub at: Timestamp,
    /// Why; may be empty.
    pub note: String,
}

/// Two figures of one unit and period that a decision brought under one element (数值不一致). One stands; the other was set aside and lost nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FigureConflict {
    /// Its number.
    pub number: u64,
    /// The figure that stands.
    pub held: Option<Observation>,
    /// The figure that was set aside; its key names the element that it would be kept under.
    pub aside: Observation,
    /// That the bureau chose which of the two stands.
    pub resolved: Option<Undone>,
}

/// The keys that another reading of its fields gives a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenamedDecision {
    /// The decision.
    pub id: DecisionId,
    /// Key of `a`.
    pub a_key: String,
    /// Key of `b`.
    pub b_key: String,
    /// Whether `b` is still set apart.
    pub sets_apart: bool,
}
