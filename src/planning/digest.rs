//! The digest of a plan: a listing in which everything stands in one fixed order, every part with its length, so that nothing runs together.

use std::cmp::Ordering;

use crate::planning::solve::Choice;
use crate::planning::{AskedField, Plan};

/// Sorts fields by key. Of several with one key the one with the smallest listing stays, whatever order they came in.
pub(crate) fn in_canonical_order(fields: &[AskedField]) -> Vec<AskedField> {
    let mut sorted: Vec<&AskedField> = fields.iter().collect();
    sorted.sort_by(|a, b| match a.key.cmp(&b.key) {
        Ordering::Equal => listing_of(a).cmp(&listing_of(b)),
        unequal => unequal,
    });
    sorted.dedup_by(|a, b| a.key == b.key);
    sorted.into_iter().cloned().collect()
}

/// The digest of everything that a plan says.
pub(crate) fn of(plan: &Plan) -> String {
    let mut hasher = blake3::Hasher::new();
    let mut put = |part: &[u8]| {
        hasher.update(&(part.len() as u64).to_be_bytes());
        hasher.update(part);
    };
    put(b"baoyici plan 2");
    put(&plan.year.to_be_bytes());
    for (position, unit) in plan.tree.units().iter().enumerate() {
        put(unit.code.as_str().as_bytes());
        put(unit.level.as_str().as_bytes());
        put(plan.tree.parent(position).and_then(|p| plan.unit(p)).map_or("", |p| p.code.as_str()).as_bytes());
    }
    for field in &plan.fields {
        put(&listing_of(field));
    }
    for (position, series) in plan.series.iter().enumerate() {
        put(&series.element.to_stored().to_be_bytes());
        put(&series.offset.to_be_bytes());
        for ask in &series.asks {
            put(ask.level.as_str().as_bytes());
            put(ask.slot.frequency().as_str().as_bytes());
            put(plan.fields.get(ask.via).map(|f| f.key.to_string()).unwrap_or_default().as_bytes());
        }
        for shape in 0..plan.shapes.list.len() {
            let Some(part) = plan.part_of_shape(position, shape) else { continue };
            let choices = crate::planning::slot::Slot::ALL.map(|slot| match part.choice.get(slot) {
                Choice::Nothing => 0,
                Choice::Children => 1,
                Choice::Own(from) => 2 + from as u8,
                Choice::Balance(_) => 6,
            });
            put(&[part.typed.bits(), part.held.bits(), part.supplied.bits()]);
            put(&choices);
            for slot in crate::planning::slot::Slot::ALL {
                for (term, factor) in plan.terms(position, part.choice.get(slot)) {
                    put(&plan.series.get(term).map_or(0, |s| s.element.to_stored()).to_be_bytes());
                    put(factor.to_string().as_bytes());
                }
            }
        }
    }
    hasher.finalize().to_hex().to_string()
}

fn listing_of(field: &AskedField) -> Vec<u8> {
    let mut listing = Vec::new();
    let unit = field.unit.as_ref();
    let parts = [
        field.key.form.to_string(),
        field.key.field.to_string(),
        field.key.since.to_string(),
        field.organisation.to_string(),
        field.element.to_string(),
        field.offset_years.to_string(),
        field.level.to_string(),
        field.frequency.to_string(),
        field.due_days.to_string(),
        field.time_basis.map_or("", |b| b.as_str()).to_owned(),
        field.sums_over_units.to_string(),
        field.dtype.as_str().to_owned(),
        unit.map(|u| u.symbol.clone()).unwrap_or_default(),
        unit.map(|u| u.dimension.clone()).unwrap_or_default(),
        unit.map(|u| u.atoms.normalize().to_string()).unwrap_or_default(),
        unit.map(|u| u.is_discrete.to_string()).unwrap_or_default(),
        field.unit_text.clone(),
        field.decimals.to_string(),
        field.label.clone(),
        field.fact.map(|fact| format!("{fact:?}")).unwrap_or_default(),
    ];
    for part in parts.iter().chain(&field.options) {
        listing.extend_from_slice(&(part.len() as u64).to_be_bytes());
        listing.extend_from_slice(part.as_bytes());
    }
    listing
}
