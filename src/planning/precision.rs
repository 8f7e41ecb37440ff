//! Precision of fields: which of them can be typed fine enough to serve which.
//!
//! A coarser figure never serves a finer field, so the plan asks at typing for the decimals that the finest served field needs.

use rust_decimal::Decimal;

use crate::domain::figure::MAX_DECIMALS;
use crate::planning::AskedField;

/// The step that a field shows with these decimals, in atoms of its dimension; zero where it is exact, and for what is no number.
///
/// A number whose unit of measure is unknown is measured in its own printed unit: it only meets fields with the same one.
pub(crate) fn resolution_at(field: &AskedField, decimals: u32) -> Decimal {
    let decimals = decimals.min(MAX_DECIMALS);
    match &field.unit {
        _ if !field.dtype.is_number() => Decimal::ZERO,
        Some(unit) => unit.resolution(decimals),
        None => Decimal::new(1, decimals).normalize(),
    }
}

/// The step that a field shows.
pub(crate) fn resolution(field: &AskedField) -> Decimal {
    resolution_at(field, field.decimals)
}

/// The finest step that can be typed in a field's unit of measure.
pub(crate) fn reach(field: &AskedField) -> Decimal {
    resolution_at(field, field.decimals.max(MAX_DECIMALS))
}

/// The fewest decimals, at least the field's own, with which a figure typed in its unit is as fine as `target`; the most there are where none is.
pub(crate) fn decimals_for(field: &AskedField, target: Decimal) -> u32 {
    let own = field.decimals.min(MAX_DECIMALS);
    (own..=MAX_DECIMALS).find(|d| resolution_at(field, *d) <= target).unwrap_or(MAX_DECIMALS)
}
