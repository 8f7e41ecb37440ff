//! Planned cells: what a unit types, made on demand from the unit's part in each series.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use jiff::ToSpan;
use jiff::civil::Date;

use crate::domain::id::{ElementId, FieldKey};
use crate::domain::measure::UnitOfMeasure;
use crate::domain::period::ReferencePeriod;
use crate::domain::template::DataType;
use crate::planning::precision::decimals_for;
use crate::planning::series::{Ask, Series};
use crate::planning::slot::{Slot, Slots, TimeClass, containing};
use crate::planning::{AskedField, Plan};

/// A figure that a unit types once in the year.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedCell {
    /// The element, under which the observation is kept.
    ///
    /// Where fields of one element cannot serve each other (other kind of data, other dimension, unknown unit of measure) all but one group of them
    /// have an id of their own here, so that an observation never holds two meanings.
    pub element: ElementId,
    /// The period that the figure is about; for last-year columns an earlier one than the form's.
    pub period: ReferencePeriod,
    /// Earliest due date among the forms that it serves, those of higher units included.
    pub due: Date,
    /// The field through which it is typed: among the unit's fields that ask for this very period the finest, then the one with fewest decimals,
    /// then the first by key.
    pub via: FieldKey,
    /// Label of that field.
    pub label: String,
    /// Unit of measure of that field, where known.
    pub unit: Option<UnitOfMeasure>,
    /// Unit of measure as printed.
    pub unit_text: String,
    /// Decimals to type: enough for every field that it serves, at most 8.
    pub decimals: u32,
    /// Data type to type; a whole number of which another form needs decimals is a decimal.
    pub dtype: DataType,
    /// Code list, as printed.
    pub options: Vec<String>,
    /// Fields of this unit's own forms whose figure is this cell alone, with the form's period; by key and period.
    pub serves: Vec<(FieldKey, ReferencePeriod)>,
    /// Whether a figure of a higher unit is summed from it.
    pub serves_above: bool,
}

/// What the plan says about a figure of a unit.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::large_enum_variant, reason = "made one at a time, on demand")]
pub enum Asked {
    /// The unit types it.
    Typed(PlannedCell),
    /// A form asks for it, and it follows from other figures.
    Computed,
    /// No form asks this unit for it.
    NotAsked,
}

/// The asks that a unit's cells of one slot serve.
struct Served<'a> {
    own: Vec<&'a Ask>,
    above: Vec<&'a Ask>,
}

impl Plan {
    /// The figures that a unit types in the year, by due date, then in the order of the forms (form, field by its number, period).
    pub fn typed_cells(&self, unit: usize) -> Vec<PlannedCell> {
        let mut found: Vec<(Date, usize, ReferencePeriod, PlannedCell)> = Vec::new();
        let asking = self.unit(unit).and_then(|row| self.series_of_level.get(&row.level));
        for (position, series) in asking.into_iter().flatten().filter_map(|p| self.series.get(*p).map(|s| (*p, s))) {
            let Some(part) = self.part(position, unit).filter(|p| !p.typed.is_empty()) else { continue };
            for slot in part.typed.iter() {
                let Some((ask, served)) = self.served(unit, position, series, slot) else { continue };
                let rank = self.rank.get(ask.via).copied().unwrap_or(usize::MAX);
                for period in series.class.periods(slot, series.year) {
                    found.extend(self.cell(series, ask, &served, period).map(|cell| (cell.due, rank, period, cell)));
                }
            }
        }
        found.sort_by_key(|(due, rank, period, _)| (*due, *rank, *period));
        found.into_iter().map(|(_, _, _, cell)| cell).collect()
    }

    /// What the cells of a unit depend on, besides the plan: the shapes of the unit and of those above it. Units with equal kinds have equal cells.
    pub fn kind(&self, unit: usize) -> Vec<usize> {
        let mut kind = Vec::new();
        let mut at = Some(unit);
        while let Some(position) = at {
            kind.extend(self.shapes.of_unit(position));
            at = self.tree.parent(position);
        }
        kind
    }

    /// The dates by which a unit has something to type, in order.
    pub fn due_dates(&self, unit: usize) -> Vec<Date> {
        let dates: BTreeSet<Date> = self.typed_cells(unit).into_iter().map(|cell| cell.due).collect();
        dates.into_iter().collect()
    }

    /// What the plan says about a figure of a unit; `period` is the figure's own (for last-year columns last year's).
    pub fn asks(&self, unit: usize, element: ElementId, period: ReferencePeriod) -> Asked {
        let Some(level) = self.unit(unit).map(|row| row.level) else { return Asked::NotAsked };
        for (position, series) in self.series_of_element(element) {
            let slot = match Slot::of_period(period) {
                None if series.class == TimeClass::Standing => Slot::Year,
                Some(slot) if series.class != TimeClass::Standing && period.year() == Some(series.year) => slot,
                _ => continue,
            };
            if series.ask(level, slot).is_none() {
                continue;
            }
            let is_typed = self.part(position, unit).is_some_and(|part| part.typed.has(slot));
            if !is_typed {
                return Asked::Computed;
            }
            let cell = self.served(unit, position, series, slot).and_then(|(ask, served)| self.cell(series, ask, &served, period));
            return cell.map_or(Asked::Computed, Asked::Typed);
        }
        Asked::NotAsked
    }

    /// The ask through which a slot of a unit is typed, and all asks that it serves: its own, and up the tree as long as sums are made of it.
    fn served<'a>(&'a self, unit: usize, position: usize, series: &'a Series, slot: Slot) -> Option<(&'a Ask, Served<'a>)> {
        let level = self.unit(unit)?.level;
        let mut slots = self.part(position, unit)?.given_by(slot);
        let asks_at = |level, slots: Slots| series.asks.iter().filter(move |a| a.level == level && slots.has(a.slot));
        let own = asks_at(level, slots).collect();
        let mut above = Vec::new();
        let mut at = unit;
        while let Some(parent) = self.tree.parent(at) {
            let Some((row, part)) = self.unit(parent).zip(self.part(position, parent)) else { break };
            let rolled_up = part.rolled_up();
            slots = Slots::of(|s| slots.has(s) && rolled_up.has(s));
            if slots.is_empty() {
                break;
            }
            above.extend(asks_at(row.level, slots));
            at = parent;
        }
        Some((series.ask(level, slot)?, Served { own, above }))
    }

    fn cell(&self, series: &Series, ask: &Ask, served: &Served<'_>, period: ReferencePeriod) -> Option<PlannedCell> {
        let via = self.fields.get(ask.via)?;
        // One unit of measure and one number of decimals for all periods of a year, although a stock may serve a finer field with its last one only.
        let target = served.own.iter().chain(&served.above).map(|a| a.required).min().unwrap_or(ask.required);
        let decimals = decimals_for(via, target);
        let mut serves = Vec::new();
        let mut serves_above = false;
        let mut due: Option<Date> = None;
        for (one, is_own) in served.own.iter().map(|a| (a, true)).chain(served.above.iter().map(|a| (a, false))) {
            let Some(parts) = self.parts_with(series, one, period) else { continue };
            serves_above |= !is_own;
            for field in one.fields.iter().filter_map(|f| self.fields.get(*f)) {
                let periods = self.form_periods(series, one.slot, field, period);
                let first = periods.first().and_then(|p| due_date(*p, field.due_days));
                due = [due, first].into_iter().flatten().min();
                if is_own && parts == 1 {
                    serves.extend(periods.into_iter().map(|p| (field.key.clone(), p)));
                }
            }
        }
        serves.sort();
        let dtype = if via.dtype == DataType::Integer && decimals > 0 { DataType::Decimal } else { via.dtype };
        Some(PlannedCell {
            element: series.element,
            period,
            due: due?,
            via: via.key.clone(),
            label: via.label.clone(),
            unit: via.unit.clone(),
            unit_text: via.unit_text.clone(),
            decimals,
            dtype,
            options: via.options.clone(),
            serves,
            serves_above,
        })
    }

    /// Number of parts of the ask's figure, where the figure of `period` is one of them.
    fn parts_with(&self, series: &Series, ask: &Ask, period: ReferencePeriod) -> Option<usize> {
        let Some(slot) = Slot::of_period(period) else { return Some(1) };
        let parts = series.class.parts(containing(period, ask.slot), slot);
        parts.contains(&period).then_some(parts.len())
    }

    /// The periods of a form in which a field shows the figure that `period` lies in, in order.
    fn form_periods(&self, series: &Series, slot: Slot, field: &AskedField, period: ReferencePeriod) -> Vec<ReferencePeriod> {
        if series.class == TimeClass::Standing {
            return field.frequency.periods(self.year);
        }
        vec![containing(period, slot).shift_years(self.year - series.year)]
    }
}

fn due_date(period: ReferencePeriod, days: u16) -> Option<Date> {
    let last = period.last_day()?;
    Some(last.saturating_add(i32::from(days).days()))
}

/// The place of each field in the order of forms: by form, then by field with numbers inside read as numbers (`R2` before `R10`).
pub(crate) fn order_of_forms(fields: &[AskedField]) -> Vec<usize> {
    let mut order: Vec<(usize, &AskedField)> = fields.iter().enumerate().collect();
    order.sort_by(|(_, a), (_, b)| {
        let forms = a.key.form.cmp(&b.key.form);
        forms.then_with(|| compare_naturally(a.key.field.as_str(), b.key.field.as_str())).then_with(|| a.key.cmp(&b.key))
    });
    let mut rank = vec![0; fields.len()];
    for (place, (position, _)) in order.into_iter().enumerate() {
        if let Some(slot) = rank.get_mut(position) {
            *slot = place;
        }
    }
    rank
}

fn compare_naturally(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a, b);
    loop {
        let ((head_a, rest_a), (head_b, rest_b)) = (split_run(a), split_run(b));
        let both_numbers = head_a.starts_with(|c: char| c.is_ascii_digit()) && head_b.starts_with(|c: char| c.is_ascii_digit());
        let order = if both_numbers {
            let (value_a, value_b) = (head_a.trim_start_matches('0'), head_b.trim_start_matches('0'));
            value_a.len().cmp(&value_b.len()).then_with(|| value_a.cmp(value_b))
        } else {
            head_a.cmp(head_b)
        };
        if order != Ordering::Equal || (rest_a.is_empty() && rest_b.is_empty()) {
            return order;
        }
        (a, b) = (rest_a, rest_b);
    }
}

/// Splits off the leading run of digits or of other characters.
fn split_run(text: &str) -> (&str, &str) {
    let is_number = text.starts_with(|c: char| c.is_ascii_digit());
    let end = text.find(|c: char| c.is_ascii_digit() != is_number).unwrap_or(text.len());
    text.split_at(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_inside_names_count() {
        let mut names = vec!["R10", "R2", "R2C10", "R2C9", "指标3", "指标12", "", "A", "007", "7a"];
        names.sort_by(|a, b| compare_naturally(a, b));
        assert_eq!(names, ["", "007", "7a", "A", "R2", "R2C9", "R2C10", "R10", "指标3", "指标12"]);
    }
}
