//! Tests of the plan as a whole: tables of small cases, brute force, consistent worlds, a province.

mod balances;
mod burden;
mod minimal;
mod model;
mod scale;
mod sentences;
mod tables;
mod world;

use std::collections::HashSet;

use rust_decimal::Decimal;

use super::*;
use crate::domain::id::{FieldId, FormId};
use crate::domain::period::ReferencePeriod;
use crate::domain::unit::{SINCE_EVER, UnitCode};

const YEAR: i16 = 2026;

/// Makes a tree from (code, level, parent), "" for none.
fn tree(units: &[(&str, Level, &str)]) -> UnitTree {
    let rows: Vec<UnitRow> = units
        .iter()
        .map(|(code, level, parent)| UnitRow {
            code: UnitCode::from_stored(*code),
            name: (*code).to_owned(),
            level: *level,
            parent: Some(*parent).filter(|p| !p.is_empty()).map(UnitCode::from_stored),
            valid_from: SINCE_EVER,
            valid_to: None,
        })
        .collect();
    UnitTree::on(jiff::civil::date(YEAR, 12, 31), &rows)
}

fn measure(symbol: &str, dimension: &str, atoms: i64, is_discrete: bool) -> Option<UnitOfMeasure> {
    Some(UnitOfMeasure { symbol: symbol.into(), dimension: dimension.into(), atoms: Decimal::from(atoms), is_discrete })
}

fn person() -> Option<UnitOfMeasure> {
    measure("人", "person", 1, true)
}

fn ten_thousand_persons() -> Option<UnitOfMeasure> {
    measure("万人", "person", 10_000, true)
}

fn mu() -> Option<UnitOfMeasure> {
    measure("亩", "area", 2_000, false)
}

fn hectare() -> Option<UnitOfMeasure> {
    measure("公顷", "area", 30_000, false)
}

fn key(form: &str, field: &str) -> FieldKey {
    FieldKey { form: FormId::from_stored(form), field: FieldId::from_stored(field), since: 1 }
}

/// A field of persons, at the end of the period, that rolls up; tests change what they need.
fn field(form: &str, id: &str, element: &str, level: Level, frequency: Frequency) -> AskedField {
    AskedField {
        key: key(form, id),
        organisation: OrganisationId::from_stored(format!("org-{form}")),
        element: ElementId::of_key(element),
        offset_years: 0,
        level,
        frequency,
        due_days: frequency.default_due_days(),
        time_basis: Some(TimeBasis::Stock),
        sums_over_units: true,
        dtype: DataType::Integer,
        unit: person(),
        unit_text: "人".into(),
        decimals: 0,
        label: format!("{element}@{form}"),
        options: Vec::new(),
        fact: None,
    }
}

fn plan_of(units: &UnitTree, fields: &[AskedField]) -> Plan {
    make_plan(&PlanInput { year: YEAR, fields, units, collected_before: &HashSet::new(), balances: &[], supplied: &BTreeSet::new() })
}

impl Source {
    /// The unit and period of each observation.
    fn cells(&self) -> Vec<(usize, ReferencePeriod)> {
        self.terms.iter().map(|t| (t.unit, t.period)).collect()
    }
}

fn period(text: &str) -> ReferencePeriod {
    ReferencePeriod::parse(text).unwrap()
}

/// The form periods in which a field is asked.
fn form_periods(field: &AskedField) -> Vec<ReferencePeriod> {
    field.frequency.periods(YEAR)
}

/// A small generator of pseudo-random numbers (SplitMix64), so that a printed seed repeats a case.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() % n as u64).unwrap()
    }

    fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())].clone()
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    fn shuffle<T>(&mut self, list: &mut [T]) {
        for n in (1..list.len()).rev() {
            list.swap(n, self.below(n + 1));
        }
    }
}

/// A random tree of at most `n_max` units in which levels may be skipped and branches be childless.
fn random_tree(random: &mut Random, n_max: usize) -> UnitTree {
    let n = 1 + random.below(n_max);
    let levels = [Level::Village, Level::Township, Level::County, Level::City];
    let mut units: Vec<(String, Level, String)> = Vec::new();
    for i in 0..n {
        let level = random.pick(&levels);
        let above: Vec<String> = units.iter().filter(|u| u.1 > level).map(|u| u.0.clone()).collect();
        let parent = if above.is_empty() || random.chance(10) { String::new() } else { random.pick(&above) };
        units.push((format!("U{i}"), level, parent));
    }
    let borrowed: Vec<(&str, Level, &str)> = units.iter().map(|(c, l, p)| (c.as_str(), *l, p.as_str())).collect();
    tree(&borrowed)
}
