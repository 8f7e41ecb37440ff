//! Observations (观测值): the one current value of an element for a unit and a period, its versions, and receipts.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::figure::Figure;
use crate::domain::id::{AccountId, ElementId, FieldKey, ReceiptId, RequestId};
use crate::domain::period::ReferencePeriod;
use crate::domain::unit::UnitCode;

/// What a figure is about: the key under which at most one current observation stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ObservationKey {
    /// The reporting unit.
    pub unit: UnitCode,
    /// The data element.
    pub element: ElementId,
    /// The reference period.
    pub period: ReferencePeriod,
}

/// A typed figure on its way into the store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewObservation {
    /// What it is about.
    pub key: ObservationKey,
    /// The value as typed.
    pub figure: Figure,
    /// Standard symbol of the unit of measure it was typed in; empty where there is none.
    pub unit_of_measure: String,
    /// The field through which it was typed, so that splitting an element gives each figure back.
    pub via: FieldKey,
}

/// A stored figure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observation {
    /// What it is about.
    pub key: ObservationKey,
    /// The value as typed.
    pub figure: Figure,
    /// Standard symbol of the unit of measure it was typed in.
    pub unit_of_measure: String,
    /// The field through which it was typed.
    pub via: FieldKey,
    /// The element under which it was typed; the key names the one it is kept under now, which decisions may change. Receipts digest this one.
    pub typed_under: ElementId,
    /// 1 for the first, one more for each correction.
    pub version: u32,
    /// Who reported this version.
    pub reporter: AccountId,
    /// Receipt of this version.
    pub receipt: ReceiptId,
    /// When it was stored.
    pub stored_at: Timestamp,
    /// Why it was corrected; empty for the first version.
    pub reason: String,
}

/// A stored submission or correction (回执): once given it is never lost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Its id.
    pub id: ReceiptId,
    /// The unit that reported.
    pub unit: UnitCode,
    /// Who reported.
    pub reporter: AccountId,
    /// The request that it answers.
    pub request: RequestId,
    /// Number of figures stored.
    pub n_figures: u32,
    /// BLAKE3 digest of what was stored, in hexadecimal; see [`digest_of`].
    pub digest: String,
    /// When it was stored.
    pub stored_at: Timestamp,
}

/// Why a figure stands although a rule asks about it (说明): kept with the version that it came with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    /// The figure.
    pub key: ObservationKey,
    /// What the clerk wrote.
    pub text: String,
}

/// An explanation with the version of the figure that it came with.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ExplainedVersion {
    /// The figure.
    pub key: ObservationKey,
    /// Its version.
    pub version: u32,
    /// What the clerk wrote.
    pub text: String,
}

/// Digest of a set of figures: over `unit element period version unit-of-measure figure`, one line each, in order of their keys.
pub fn digest_of(observations: &[(NewObservation, u32)]) -> String {
    digest_of_versions(observations.iter().map(|(o, version)| (o, *version)))
}

/// [`digest_of`] figures that stand elsewhere, each with its version.
pub fn digest_of_versions<'o>(observations: impl Iterator<Item = (&'o NewObservation, u32)>) -> String {
    let mut lines: Vec<String> = observations
        .map(|(o, version)| {
            format!("{} {} {} {} {} {}\n", o.key.unit, o.key.element, o.key.period, version, o.unit_of_measure, o.figure.to_stored())
        })
        .collect();
    lines.sort_unstable();
    let mut hasher = blake3::Hasher::new();
    for line in &lines {
        hasher.update(line.as_bytes());
    }
    hasher.finalize().to_hex().to_string()
}
