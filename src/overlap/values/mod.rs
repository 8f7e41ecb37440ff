//! Values as evidence (数值证据): once two figures were reported for the same units and periods, the values speak, whatever the names say.
//!
//! Equality over many units, weighed against how often the two would agree by chance, is strong evidence for one figure; persistent
//! difference is evidence against it; a constant ratio between two units of measure points to a unit mistake; and one column that is always
//! the sum of two others points to a formula. Pure: knows nothing of where the figures come from, and tells no figure to anybody.
//! The log-likelihood ratio is the one of Fellegi and Sunter (1969) for a single comparison, taken over the cells.

mod pair;
mod search;
mod sentence;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::domain::id::ElementId;

pub use pair::{ValueEvidence, ValueVerdict};
pub use search::{SumFinding, ValuePair};
pub use sentence::{UnitMistake, say_evidence, say_sum};

/// Decimals of an atom in which values are compared, as in extraction.
const SCALE: u32 = 10;

/// A figure of a column, in atoms of its dimension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Value {
    /// Number of the unit and period that it is about; the same for all columns.
    pub place: u32,
    /// The figure in atoms.
    pub atoms: Decimal,
    /// Step of the last decimal with which it was typed, in atoms.
    pub step: Decimal,
}

/// The figures of one element.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    pub(crate) element: ElementId,
    dimension: String,
    /// By place; in steps of 10^-[`SCALE`] atoms.
    cells: Vec<(u32, i128)>,
    /// The coarsest step with which a figure of it was typed.
    step: i128,
}

/// The figures of many elements over the same units and periods.
#[derive(Clone, Debug, Default)]
pub struct ValueTable {
    columns: BTreeMap<ElementId, Column>,
}

impl ValueTable {
    /// Makes an empty table.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the figures of an element. Figures that cannot be told exactly in steps of 10⁻¹⁰ atoms are left out; of two at one place the
    /// first counts.
    pub fn add(&mut self, element: ElementId, dimension: &str, values: impl IntoIterator<Item = Value>) {
        let mut cells: Vec<(u32, i128)> = Vec::new();
        let mut step = 0;
        for value in values {
            if let (Some(atoms), Some(typed)) = (fixed(value.atoms), fixed(value.step)) {
                cells.push((value.place, atoms));
                step = step.max(typed);
            }
        }
        cells.sort_by_key(|(place, _)| *place);
        cells.dedup_by_key(|(place, _)| *place);
        if !cells.is_empty() {
            self.columns.insert(element, Column { element, dimension: dimension.to_owned(), cells, step });
        }
    }

    /// Number of elements.
    pub fn n_columns(&self) -> usize {
        self.columns.len()
    }

    /// What the values say of two elements; `None` where nothing can be compared: no common place, or other dimensions.
    pub fn compare(&self, a: ElementId, b: ElementId) -> Option<ValueEvidence> {
        let (a, b) = (self.columns.get(&a)?, self.columns.get(&b)?);
        if a.dimension != b.dimension { None } else { pair::evidence(a, b) }
    }

    /// Looks for a factor between units of measure by which the first is the second nearly everywhere.
    pub fn unit_mistake(&self, a: ElementId, b: ElementId, factors: &[Decimal]) -> Option<UnitMistake> {
        let (a, b) = (self.columns.get(&a)?, self.columns.get(&b)?);
        if a.dimension != b.dimension { None } else { pair::factor(a, b, factors) }
    }
}

/// An exact decimal in steps of 10^-[`SCALE`].
fn fixed(value: Decimal) -> Option<i128> {
    let value = value.normalize();
    let power = SCALE.checked_sub(value.scale())?;
    value.mantissa().checked_mul(10_i128.checked_pow(power)?)
}
