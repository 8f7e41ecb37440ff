//! Burden (填报负担): cells asked when every form is filled alone, against cells typed by the plan.
//!
//! Counted per shape of unit and multiplied, never cell by cell.

use std::collections::BTreeMap;

use rust_decimal::{Decimal, RoundingStrategy};

use crate::domain::id::{FormId, OrganisationId};
use crate::domain::period::Frequency;
use crate::domain::unit::Level;
use crate::planning::series::{Ask, Series};
use crate::planning::slot::TimeClass;
use crate::planning::solve::{Choice, Part};
use crate::planning::source::shows_another_unit;
use crate::planning::{AskedField, Plan};

/// Cells a year, asked and collected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// Cells that the forms ask when each is filled alone: every field, unit and period.
    pub asked: u64,
    /// Cells that are typed by the plan.
    pub collected: u64,
}

impl Load {
    /// Percentage of the asked cells that need not be typed, rounded to one decimal; 0 where nothing is asked.
    pub fn reduction(&self) -> Decimal {
        if self.asked == 0 {
            return Decimal::ZERO;
        }
        let saved = Decimal::from(self.asked) - Decimal::from(self.collected);
        let percentage = saved * Decimal::ONE_HUNDRED / Decimal::from(self.asked);
        percentage.round_dp_with_strategy(1, RoundingStrategy::MidpointAwayFromZero)
    }

    fn add(&mut self, other: Load) {
        self.asked += other.asked;
        self.collected += other.collected;
    }
}

/// Cells a year that are asked and need not be typed, by what gives them. Together with the collected cells they are the asked ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Saved {
    /// The same figure is typed once for another form.
    pub same: u64,
    /// So it is, in another unit of measure.
    pub converted: u64,
    /// From shorter periods of the unit.
    pub time_aggregate: u64,
    /// From the units below.
    pub roll_up: u64,
    /// From shorter periods of the units below.
    pub time_aggregate_and_roll_up: u64,
    /// From other figures that together are this one by definition (合计 = 男 + 女), here or in the units below.
    pub balance: u64,
    /// From what was reported before this year.
    pub last_year: u64,
    /// A standing fact, asked again by another period or form.
    pub standing: u64,
    /// From a department's register.
    pub supplied: u64,
    /// From the unit registry: the unit's own codes and names.
    pub registry: u64,
}

impl Saved {
    /// All saved cells.
    pub fn total(&self) -> u64 {
        let over_units = self.roll_up + self.time_aggregate_and_roll_up;
        let elsewhere = self.last_year + self.supplied + self.registry;
        self.same + self.converted + self.time_aggregate + over_units + self.balance + elsewhere + self.standing
    }
}

/// The burden of a plan. A typed cell counts for the form of the field through which it is typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Burden {
    /// Everything.
    pub total: Load,
    /// By organisation that asks.
    pub organisations: BTreeMap<OrganisationId, Load>,
    /// By form.
    pub forms: BTreeMap<FormId, Load>,
    /// By level of the reporting unit.
    pub levels: BTreeMap<Level, Load>,
    /// By frequency of the form.
    pub frequencies: BTreeMap<Frequency, Load>,
    /// By reporting unit, in the order of the tree.
    pub units: Vec<Load>,
    /// What is saved, by kind of derivation.
    pub saved: Saved,
}

impl Burden {
    /// Percentage of the asked cells that need not be typed, rounded to one decimal.
    pub fn reduction(&self) -> Decimal {
        self.total.reduction()
    }

    fn add(&mut self, field: &AskedField, load: Load) {
        self.total.add(load);
        add_to(&mut self.organisations, &field.organisation, load);
        add_to(&mut self.forms, &field.key.form, load);
        add_to(&mut self.levels, &field.level, load);
        add_to(&mut self.frequencies, &field.frequency, load);
    }
}

fn add_to<K: Ord + Clone>(loads: &mut BTreeMap<K, Load>, key: &K, load: Load) {
    match loads.get_mut(key) {
        Some(known) => known.add(load),
        None => {
            loads.insert(key.clone(), load);
        }
    }
}

impl Plan {
    /// Counts the burden: what every form would ask alone, what is typed, and what gives the rest.
    pub fn burden(&self) -> Burden {
        let mut burden = Burden::default();
        let mut of_shape = vec![Load::default(); self.shapes.list.len()];
        for (position, series) in self.series.iter().enumerate() {
            for ask in &series.asks {
                for (shape, n_units) in self.shapes.of_level(ask.level) {
                    let Some(part) = self.part_of_shape(position, shape) else { continue };
                    let load = self.count(&mut burden, series, ask, part, n_units);
                    if let Some(known) = of_shape.get_mut(shape) {
                        known.add(load);
                    }
                }
            }
        }
        let units = 0..self.tree.len();
        burden.units = units.map(|u| self.shapes.of_unit(u).and_then(|s| of_shape.get(s)).copied().unwrap_or_default()).collect();
        burden
    }

    /// Cells that each unit types, in the order of the tree.
    pub(crate) fn collected_by_unit(&self) -> Vec<u64> {
        let mut of_shape = vec![0; self.shapes.list.len()];
        for position in 0..self.series.len() {
            for (shape, known) in of_shape.iter_mut().enumerate() {
                let Some((series, part)) = self.series.get(position).zip(self.part_of_shape(position, shape)) else { continue };
                *known += part.typed.iter().map(|slot| n_cells(series, slot.frequency())).sum::<u64>();
            }
        }
        (0..self.tree.len()).map(|u| self.shapes.of_unit(u).and_then(|s| of_shape.get(s)).copied().unwrap_or_default()).collect()
    }

    /// Counts the fields of one ask for all units of a shape; returns the load of one unit.
    fn count(&self, burden: &mut Burden, series: &Series, ask: &Ask, part: &Part, n_units: u64) -> Load {
        let is_typed = part.typed.has(ask.slot);
        let via = self.fields.get(ask.via);
        let mut load = Load::default();
        for (position, field) in ask.fields.iter().filter_map(|p| self.fields.get(*p).map(|f| (*p, f))) {
            let asked = u64::from(field.frequency.n_per_year());
            let collected = if is_typed && position == ask.via { n_cells(series, field.frequency) } else { 0 };
            let one = Load { asked, collected };
            load.add(one);
            burden.add(field, Load { asked: asked * n_units, collected: collected * n_units });
            let saved = (asked - collected) * n_units;
            let over_time = part.over_time.has(ask.slot);
            let is_converted = via.is_some_and(|via| shows_another_unit(via, field));
            let kinds = &mut burden.saved;
            *match part.choice.get(ask.slot) {
                _ if series.fact.is_some() => &mut kinds.registry,
                _ if part.all_supplied.has(ask.slot) => &mut kinds.supplied,
                _ if part.all_held.has(ask.slot) => &mut kinds.last_year,
                _ if part.by_balance.has(ask.slot) => &mut kinds.balance,
                Choice::Children if over_time => &mut kinds.time_aggregate_and_roll_up,
                Choice::Children => &mut kinds.roll_up,
                Choice::Own(_) if series.class == TimeClass::Standing => &mut kinds.standing,
                Choice::Own(_) if over_time => &mut kinds.time_aggregate,
                Choice::Own(_) if is_converted => &mut kinds.converted,
                Choice::Own(_) | Choice::Balance(_) | Choice::Nothing => &mut kinds.same,
            } += saved;
        }
        load
    }
}

/// Number of cells in which a typed figure of this frequency is kept.
pub(crate) fn n_cells(series: &Series, frequency: Frequency) -> u64 {
    if series.class == TimeClass::Standing { 1 } else { u64::from(frequency.n_per_year()) }
}
