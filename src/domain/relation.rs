//! Relations (关系) between fields: how one follows from, or only resembles, another.

use serde::{Deserialize, Serialize};

use crate::domain::id::FieldKey;

/// Kind of relation between two fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RelationKind {
    /// The same figure in the same unit of measure, level and frequency.
    Same,
    /// The same figure in another unit of measure.
    Converted,
    /// The same element over a longer or shorter period.
    TimeAggregate,
    /// The same element at another level.
    RollUp,
    /// The same element of another year (上年).
    Offset,
    /// The first is computed from the second and others (合计 = 男 + 女, a ratio, 累计 of 本月).
    Formula,
    /// The first is narrower (其中): it has a qualifier more.
    Narrower,
    /// The first is broader.
    Broader,
    /// Same name, different definition (同名异义).
    Conflict,
    /// Looks alike; a person must say whether it is the same.
    LooksAlike,
}

impl RelationKind {
    /// Returns the word used in answers and files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Converted => "converted",
            Self::TimeAggregate => "time_aggregate",
            Self::RollUp => "roll_up",
            Self::Offset => "offset",
            Self::Formula => "formula",
            Self::Narrower => "narrower",
            Self::Broader => "broader",
            Self::Conflict => "conflict",
            Self::LooksAlike => "looks_alike",
        }
    }

    /// Whether the figure of one side can be given from the other without asking anybody.
    pub fn serves(self) -> bool {
        matches!(self, Self::Same | Self::Converted | Self::TimeAggregate | Self::RollUp | Self::Offset)
    }
}

/// A relation between two fields, with its reason.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Relation {
    /// One field.
    pub a: FieldKey,
    /// The other.
    pub b: FieldKey,
    /// How `a` relates to `b`.
    pub kind: RelationKind,
    /// How sure, 0 to 1. Not a figure: it only orders the reviewer's queue. Of a look-alike, the logistic function of the sum of all weights.
    pub score: f64,
    /// Why, facet by facet.
    pub reasons: Vec<Reason>,
    /// How `a` is computed, where the relation is a formula.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub formula: Option<Derivation>,
}

/// How a figure is computed from others (计算关系).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Derivation {
    /// The equation with labels, for people: `合计 = 男 + 女`.
    pub expression: String,
    /// Every field that it is computed from, as they stand in the form whose equation it is.
    pub operands: Vec<FieldKey>,
    /// Where the equation comes from.
    pub origin: Origin,
    /// Title of the form whose equation it is.
    pub title: String,
    /// The words that say so: the printed rule, or the heading or columns of the breakdown.
    pub words: String,
}

/// Where an equation comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// A printed rule (审核关系).
    Printed,
    /// Rows or columns that make up a whole (合计 of 男 and 女).
    Breakdown,
    /// A growth rate beside its two figures.
    Growth,
    /// A sum over time: 累计 of 本月, a year's figure of the last 累计.
    Time,
}

impl Origin {
    /// Returns the word used in answers and files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Printed => "printed",
            Self::Breakdown => "breakdown",
            Self::Growth => "growth",
            Self::Time => "time",
        }
    }
}

impl Relation {
    /// Takes one more piece of evidence into account: its weight is added to the log odds of the score.
    pub fn weigh(&mut self, reason: Reason) {
        let score = self.score.clamp(1e-6, 1.0 - 1e-6);
        let log_odds = (score / (1.0 - score)).ln() + reason.weight;
        self.score = ((1.0 / (1.0 + (-log_odds).exp())) * 10_000.0).round() / 10_000.0;
        self.reasons.push(reason);
    }
}

/// One piece of evidence for or against a relation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reason {
    /// Facet that was compared (measure, statistic, population, qualifier, time, price, unit, clause, label, level, frequency), or what else
    /// counted: `prior` (before anything is compared), `context` (a neighbour that is settled), `rival` (a better partner in the same form).
    pub facet: String,
    /// Value on the side of `a`; empty where the form does not say.
    pub a: String,
    /// Value on the side of `b`.
    pub b: String,
    /// Weight in favour (positive) or against (negative).
    pub weight: f64,
}

impl Reason {
    /// Whether a facet of the two fields was compared, and not the state of things around them.
    pub fn is_facet(&self) -> bool {
        !matches!(self.facet.as_str(), "prior" | "context" | "rival")
    }
}

/// What a field of a newly registered form is to the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Another form collects this figure already (已采集).
    Held,
    /// Its figure can be computed from what others collect (可计算).
    Computable,
    /// Something looks like it; a reviewer must say (疑似).
    LookAlike,
    /// Nobody collects it yet (新增).
    New,
}

impl Standing {
    /// Returns the word used in answers and files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Computable => "computable",
            Self::LookAlike => "look_alike",
            Self::New => "new",
        }
    }
}

/// The verdict on one field of a form: its standing and the relations that it rests on, best first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FieldOverlap {
    /// The field.
    pub field: FieldKey,
    /// Its standing.
    pub standing: Standing,
    /// Relations to fields of other forms; `a` is always this field.
    pub relations: Vec<Relation>,
}
