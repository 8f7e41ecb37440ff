//! Disputes (异议): a unit finds a figure on its form wrong that another has reported. It never writes over it: whoever reported it is asked,
//! and answers by correcting it or by saying why it stands.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::caller::Scope;
use crate::domain::figure::Figure;
use crate::domain::id::{AccountId, FieldKey, ReceiptId};
use crate::domain::observation::{Observation, ObservationKey};
use crate::domain::period::ReferencePeriod;
use crate::domain::unit::UnitCode;

/// Number of a dispute in the order in which they were raised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DisputeId(pub u64);

impl fmt::Display for DisputeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// Where a dispute stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DisputeState {
    /// Waits for an answer (待答复).
    Open,
    /// The figure was corrected (已更正).
    Corrected,
    /// The figure stands, with a reason (不予更正).
    Rejected,
    /// The unit took it back (已撤回).
    Withdrawn,
}

impl DisputeState {
    /// Returns the word used in answers and in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Corrected => "corrected",
            Self::Rejected => "rejected",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// Parses the word used in answers and in the store.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Open, Self::Corrected, Self::Rejected, Self::Withdrawn].into_iter().find(|s| s.as_str() == text)
    }
}

/// A figure in dispute as it stood.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DisputedFigure {
    /// What it is about.
    pub key: ObservationKey,
    /// The field through which it was typed, by which it is found whatever element it is kept under later.
    pub via: FieldKey,
    /// Its version.
    pub version: u32,
    /// Its value.
    pub figure: Figure,
    /// Unit of measure of the value.
    pub unit_of_measure: String,
}

impl DisputedFigure {
    /// The figure as it stands.
    pub fn of(observation: &Observation) -> Self {
        Self {
            key: observation.key.clone(),
            via: observation.via.clone(),
            version: observation.version,
            figure: observation.figure.clone(),
            unit_of_measure: observation.unit_of_measure.clone(),
        }
    }
}

/// What a dispute is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disputed {
    /// The field on whose place the figure was seen.
    pub field: FieldKey,
    /// The form's period.
    pub period: ReferencePeriod,
    /// Label of the field.
    pub label: String,
    /// The figures that the one who is asked has reported for it.
    pub figures: Vec<DisputedFigure>,
    /// What is wrong.
    pub claim: String,
    /// The value that the unit thinks right; empty where it does not say.
    pub proposed: String,
}

/// A dispute on its way into the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDispute {
    /// The unit that disputes.
    pub unit: UnitCode,
    /// Who reported the figure and is asked.
    pub addressee: Scope,
    /// What it is about.
    pub about: Disputed,
    /// Who raised it.
    pub raised_by: AccountId,
    /// When.
    pub raised_at: Timestamp,
}

impl NewDispute {
    /// Names what is disputed: a unit has one open dispute of it.
    pub fn subject(&self) -> String {
        let to = match &self.addressee {
            Scope::Installation => String::new(),
            Scope::Organisation(organisation) => organisation.to_string(),
            Scope::Unit(unit) => unit.to_string(),
        };
        format!("{}/{} {} {to}", self.about.field.form, self.about.field.field, self.about.period)
    }
}

/// How a dispute ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DisputeEnd {
    /// The state that it ended in; never open.
    pub state: DisputeState,
    /// Who ended it.
    pub by: AccountId,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub note: String,
    /// Receipt of the correction.
    pub receipt: Option<ReceiptId>,
}

/// A dispute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dispute {
    /// Its number.
    pub id: DisputeId,
    /// How it was raised.
    pub raised: NewDispute,
    /// How it ended; `None` while it is open.
    pub end: Option<DisputeEnd>,
}

impl Dispute {
    /// Where it stands.
    pub fn state(&self) -> DisputeState {
        self.end.as_ref().map_or(DisputeState::Open, |end| end.state)
    }
}
