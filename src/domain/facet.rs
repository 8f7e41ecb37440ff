//! Facets (限定): what a field means, parsed. The codebook behind them: two fields are the same figure when a careful clerk would write
//! the same value in both for every unit and period.
//!
//! Facets are data only; reading them from a label is the work of the overlap layer.

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Time basis (时间口径).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimeBasis {
    /// At the end of the period (期末).
    Stock,
    /// During the period (本期发生).
    Flow,
    /// From 1 January to the end of the period (本年累计).
    YearToDate,
    /// Average over the period (平均).
    Average,
    /// At the start of the period (期初).
    Begin,
    /// Stays until it changes (长期不变).
    Standing,
}

impl TimeBasis {
    /// Returns the word used in keys and in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stock => "stock",
            Self::Flow => "flow",
            Self::YearToDate => "ytd",
            Self::Average => "avg",
            Self::Begin => "begin",
            Self::Standing => "standing",
        }
    }
}

/// What a field means (限定), as far as it was understood. `None` and empty mean "the form does not say".
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Facets {
    /// The thing counted or measured, by its standard name (人口, 户, 耕地, 稻谷 …).
    pub measure: Option<String>,
    /// What is told about it (人数, 户数, 个数, 面积, 产量, 金额, 比率 …).
    pub statistic: Option<String>,
    /// Population or scope (常住, 户籍, 农村 …).
    pub population: BTreeSet<String>,
    /// Every further restriction (女, 60+, 早稻, 有效灌溉 …).
    pub qualifiers: BTreeSet<String>,
    /// Time basis.
    pub time_basis: Option<TimeBasis>,
    /// Price or accounting basis (现价, 不变价 …).
    pub price_basis: Option<String>,
    /// Dimension of the unit of measure (person, household, area, money, ratio …).
    pub dimension: Option<String>,
    /// Inclusions and exclusions that the note (口径) states, normalised (含…, 不含…).
    pub clauses: BTreeSet<String>,
}

/// The meaning of one field of a form, with what was not understood.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meaning {
    /// The facets.
    pub facets: Facets,
    /// Words that were not understood, normalised, in order of appearance.
    pub residue: Vec<String>,
    /// Canonical key: two fields belong to one data element exactly when their keys are equal. Never empty.
    pub key: String,
    /// Years by which the column lies from the form's period (上年 = -1).
    pub offset_years: i16,
    /// Whether a unit's figure is the sum of its children's.
    pub sums_over_units: bool,
    /// Whether the key names the meaning fully enough to merge by itself. A field for which this is false has a key of its own.
    pub is_certain: bool,
    /// Why, in data: which words gave which facet. Printed in explanations.
    pub evidence: Vec<FacetEvidence>,
}

/// One step of the reading: these words gave this facet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FacetEvidence {
    /// Facet name (measure, statistic, population, qualifier, time, price, unit, offset, clause).
    pub facet: String,
    /// Value it got.
    pub value: String,
    /// The words that gave it.
    pub words: String,
    /// Where the words stood (label, path, column, unit, note, title, department, frequency).
    pub source: String,
}
