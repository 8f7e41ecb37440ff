//! Data elements (数据元): the figure itself, of which fields are the appearances.

use serde::{Deserialize, Serialize};

use crate::domain::facet::{Meaning, TimeBasis};
use crate::domain::id::{ElementId, FieldKey};

/// A data element: one meaning with everything that planning and computing need of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataElement {
    /// Its id, from its key.
    pub id: ElementId,
    /// Its canonical key.
    pub key: String,
    /// Name shown to people: the shortest label among its fields, then the smallest.
    pub name: String,
    /// Time basis, where known.
    pub time_basis: Option<TimeBasis>,
    /// Whether a unit's figure is the sum of its children's.
    pub sums_over_units: bool,
}

/// A field of a registered form with its meaning: what the catalogue of overlaps holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CataloguedField {
    /// Identity of the field.
    pub key: FieldKey,
    /// What it means.
    pub meaning: Meaning,
    /// Key of the element that reviewers' decisions give it, where that is another than its reading's. Follows from the decisions in force,
    /// so it is never stored.
    #[serde(skip)]
    pub settled: Option<String>,
}

impl CataloguedField {
    /// A field that no decision is known of.
    pub fn new(key: FieldKey, meaning: Meaning) -> Self {
        Self { key, meaning, settled: None }
    }

    /// Key of the element it belongs to: two fields belong to one element exactly when these are equal.
    pub fn element_key(&self) -> &str {
        self.settled.as_deref().unwrap_or(&self.meaning.key)
    }

    /// The element it belongs to.
    pub fn element(&self) -> ElementId {
        ElementId::of_key(self.element_key())
    }
}
