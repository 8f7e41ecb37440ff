//! Planned cells: what a unit types, made on demand from the unit's part in each series.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use jiff::ToSpan;
use jiff::civil::Date;
use num_traits::{CheckedMul, One, Signed};
use rust_decimal::Decimal;

use crate::domain::balance::Factor;
use crate::domain::id::{ElementId, FieldKey};
use crate::domain::measure::UnitOfMeasure;
use crate::domain::period::ReferencePeriod;
use crate::domain::template::DataType;
use crate::planning::precision::decimals_for;
use crate::planning::series::{Ask, Series};
use crate::planning::slot::{Slot, TimeClass, containing};
use crate::planning::solve::Choice;
use crate::planning::source::Node;
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
    /// Fields of this unit's own forms that are computed from this cell and others, with the form's period; by key and period.
    pub feeds: Vec<(FieldKey, ReferencePeriod)>,
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

/// A figure that a typed cell goes into.
struct Reached<'a> {
    series: &'a Series,
    ask: &'a Ask,
    /// The figure's own period.
    period: ReferencePeriod,
    /// Whether it is the unit's own.
    is_own: bool,
    /// Whether it is the cell as it stands.
    is_alone: bool,
    /// How often the cell counts in it, at least one.
    weight: Factor,
}

impl Plan {
    /// The figures that a unit types in the year, by due date, then in the order of the forms (form, field by its number, period).
    pub fn typed_cells(&self, unit: usize) -> Vec<PlannedCell> {
        let mut found: Vec<(Date, usize, ReferencePeriod, PlannedCell)> = Vec::new();
        let asking = self.unit(unit).and_then(|row| self.series_of_level.get(&row.level));
        for (position, series) in asking.into_iter().flatten().filter_map(|p| self.series.get(*p).map(|s| (*p, s))) {
            let Some(part) = self.part(position, unit).filter(|p| !p.typed.is_empty()) else { continue };
            for slot in part.typed.iter() {
                let Some(ask) = self.unit(unit).and_then(|row| series.ask(row.level, slot)) else { continue };
                let rank = self.rank.get(ask.via).copied().unwrap_or(usize::MAX);
                let served = self.served(Node { unit, position, slot, period: ReferencePeriod::Standing }, series);
                for (period, reached) in &served {
                    found.extend(self.cell(series, ask, &served, *period, reached).map(|cell| (cell.due, rank, *period, cell)));
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
            let cell = self.unit(unit).and_then(|row| series.ask(row.level, slot)).and_then(|ask| {
                let served = self.served(Node { unit, position, slot, period }, series);
                let reached = served.iter().find(|(at, _)| *at == period)?;
                self.cell(series, ask, &served, period, &reached.1)
            });
            return cell.map_or(Asked::Computed, Asked::Typed);
        }
        Asked::NotAsked
    }

    /// What the cells of one slot of a unit go into, by the cell's period.
    fn served<'a>(&'a self, node: Node, series: &Series) -> Vec<(ReferencePeriod, Vec<Reached<'a>>)> {
        let periods = series.class.periods(node.slot, series.year).into_iter();
        periods.map(|period| (period, self.reached_from(Node { period, ..node }))).collect()
    }

    /// Every figure that a cell goes into: its own, longer periods, what balances make of it, and up the tree.
    fn reached_from(&self, cell: Node) -> Vec<Reached<'_>> {
        let mut found = Vec::new();
        let mut seen: BTreeSet<Node> = BTreeSet::from([cell]);
        let mut open = vec![(cell, true, Factor::one())];
        while let Some((node, is_alone, weight)) = open.pop() {
            let (Some(row), Some(series)) = (self.unit(node.unit), self.series.get(node.position)) else { continue };
            if let Some(ask) = series.ask(row.level, node.slot) {
                found.push(Reached { series, ask, period: node.period, is_own: node.unit == cell.unit, is_alone, weight });
            }
            let mut next = |to: Node, is_alone: bool, weight: Factor| {
                if seen.insert(to) {
                    open.push((to, is_alone, weight));
                }
            };
            self.over_time(node, series, |to, n_parts| next(to, is_alone && n_parts == 1, weight));
            self.by_balances(node, |to, is_all, factor| {
                next(to, is_alone && is_all, weight.checked_mul(&factor).unwrap_or(weight).max(Factor::one()));
            });
            if let Some(parent) = self.tree.parent(node.unit)
                && self.part(node.position, parent).is_some_and(|part| part.choice.get(node.slot) == Choice::Children)
            {
                next(Node { unit: parent, ..node }, false, weight);
            }
        }
        found
    }

    /// The longer periods of the unit that are made of a figure, with the number of their parts.
    fn over_time(&self, node: Node, series: &Series, mut found: impl FnMut(Node, usize)) {
        let given = self.part(node.position, node.unit).map(|part| part.given_by(node.slot)).unwrap_or_default();
        for slot in given.iter().filter(|slot| *slot != node.slot) {
            let period = containing(node.period, slot);
            let parts = series.class.parts(period, node.slot);
            if parts.contains(&node.period) {
                found(Node { slot, period, ..node }, parts.len());
            }
        }
    }

    /// The figures of the same unit and slot that balances make of a figure, with whether it is all of them and how often it counts.
    fn by_balances(&self, node: Node, mut found: impl FnMut(Node, bool, Factor)) {
        let Some((component, solution, member)) = self.component(node.position) else { return };
        let numbers = solution.used_in.get(member).map(Vec::as_slice).unwrap_or_default();
        for number in numbers {
            let combination = usize::try_from(*number).ok().and_then(|n| solution.combinations.get(n));
            let Some((combination, position)) = combination.and_then(|c| Some((c, *component.members.get(c.target)?))) else { continue };
            let choice = self.part(position, node.unit).map(|part| part.choice.get(node.slot)).unwrap_or_default();
            let factor = combination.terms.iter().find(|(term, _)| *term == member).map(|(_, factor)| *factor);
            let (Choice::Balance(chosen), Some(factor)) = (choice, factor) else { continue };
            if chosen != *number {
                continue;
            }
            let Some(class) = self.series.get(position).map(|s| (s.class, s.year)) else { continue };
            for period in class.0.periods(node.slot, class.1) {
                let to = Node { position, period, ..node };
                let parts = self.parts_across(to, node.position).unwrap_or_default();
                if parts.iter().any(|(p, _)| *p == node.period) {
                    let is_all = combination.terms.len() == 1 && parts.len() == 1 && factor.is_one();
                    found(to, is_all, factor.abs());
                }
            }
        }
    }

    fn cell(
        &self,
        series: &Series,
        ask: &Ask,
        served: &[(ReferencePeriod, Vec<Reached<'_>>)],
        period: ReferencePeriod,
        reached: &[Reached<'_>],
    ) -> Option<PlannedCell> {
        let via = self.fields.get(ask.via)?;
        // One unit of measure and one number of decimals for all periods of a year, although a stock may serve a finer field with its last one only.
        let needed = served.iter().flat_map(|(_, reached)| reached).map(|r| step_for(r.ask.required, r.weight));
        let target = needed.min().unwrap_or(ask.required);
        let decimals = decimals_for(via, target);
        let (mut serves, mut feeds) = (Vec::new(), Vec::new());
        let mut serves_above = false;
        let mut due: Option<Date> = None;
        for one in reached {
            serves_above |= !one.is_own;
            for field in one.ask.fields.iter().filter_map(|f| self.fields.get(*f)) {
                let periods = self.form_periods(one.series, one.ask.slot, field, one.period);
                let first = periods.first().and_then(|p| due_date(*p, field.due_days));
                due = [due, first].into_iter().flatten().min();
                if one.is_own {
                    let list = if one.is_alone { &mut serves } else { &mut feeds };
                    list.extend(periods.into_iter().map(|p| (field.key.clone(), p)));
                }
            }
        }
        serves.sort();
        feeds.sort();
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
            feeds,
            serves_above,
        })
    }

    /// The periods of a form in which a field shows the figure that `period` lies in, in order.
    fn form_periods(&self, series: &Series, slot: Slot, field: &AskedField, period: ReferencePeriod) -> Vec<ReferencePeriod> {
        if series.class == TimeClass::Standing {
            return field.frequency.periods(self.year);
        }
        vec![containing(period, slot).shift_years(self.year - series.year)]
    }
}

/// How fine a cell must be that counts several times in a figure.
fn step_for(required: Decimal, weight: Factor) -> Decimal {
    let times = Decimal::try_from_i128_with_scale(weight.ceil().to_integer(), 0).unwrap_or(Decimal::ONE);
    if times > Decimal::ONE { required.checked_div(times).unwrap_or(required) } else { required }
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
