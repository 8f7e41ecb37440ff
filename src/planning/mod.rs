//! The collection plan (采集计划): the smallest set of observations that must be typed so that every field of every form in force can be filled.
//!
//! Pure: no IO, no clock. Knows fields only by what they ask ([`AskedField`]), never how they were matched.
//!
//! The way of a plan: `series` gathers the fields of an element, `shape` folds the units, `solve` decides who types what (and says why that is
//! minimal); `cell`, `source`, `explain` and `burden` read single answers off it, on demand: a province has more cells than memory.

mod burden;
mod cell;
mod change;
mod component;
mod digest;
mod explain;
mod held;
mod linear;
mod merge;
mod precision;
mod series;
mod shape;
mod slot;
mod solve;
mod source;
#[cfg(test)]
mod tests;

pub use burden::{Burden, Load, Saved};
pub use cell::{Asked, PlannedCell};
pub use change::{LevelChange, added_cells, changes};
pub use component::Unused;
pub use held::{CellKey, IsHeld};
pub use merge::Merging;
pub use series::elements_kept;
pub use source::{Source, SourceKind, Term};

use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::domain::balance::Balance;
use crate::domain::facet::TimeBasis;
use crate::domain::id::{ElementId, FieldKey, OrganisationId};
use crate::domain::measure::UnitOfMeasure;
use crate::domain::period::{Frequency, MAX_YEAR, MIN_YEAR};
use crate::domain::registry::RegistryFact;
use crate::domain::template::DataType;
use crate::domain::unit::{Level, UnitRow, UnitTree};
use crate::planning::component::tie;
use crate::planning::linear::Row;
use crate::planning::series::Series;
use crate::planning::shape::Shapes;
use crate::planning::solve::{Part, Problem, Signature, Solution, solve};

/// One field of a form in force, as the plan sees it.
#[derive(Clone, Debug)]
pub struct AskedField {
    /// Identity of the field.
    pub key: FieldKey,
    /// Organisation that asks.
    pub organisation: OrganisationId,
    /// The element it shows.
    pub element: ElementId,
    /// Years by which the figure lies from the form's period (上年 = -1).
    pub offset_years: i16,
    /// Who fills the form.
    pub level: Level,
    /// How often.
    pub frequency: Frequency,
    /// Days after the end of the period by which the form is due.
    pub due_days: u16,
    /// Time basis of the element.
    pub time_basis: Option<TimeBasis>,
    /// Whether a unit's figure is the sum of its children's.
    pub sums_over_units: bool,
    /// Data type of the field.
    pub dtype: DataType,
    /// Unit of measure, where known.
    pub unit: Option<UnitOfMeasure>,
    /// Unit of measure as printed.
    pub unit_text: String,
    /// Decimals of the field.
    pub decimals: u32,
    /// Label, for people.
    pub label: String,
    /// Code list, as printed.
    pub options: Vec<String>,
    /// What the unit registry knows the figure by, where it does so for every unit that is asked.
    pub fact: Option<RegistryFact>,
}

/// What a plan is made from.
#[derive(Clone, Debug)]
pub struct PlanInput<'a> {
    /// The year planned.
    pub year: i16,
    /// Every field of every form in force in the year.
    pub fields: &'a [AskedField],
    /// The units as they stand at the end of the year.
    pub units: &'a UnitTree,
    /// Elements that were collected in the year before, at this level and frequency: their last-year columns are taken from there.
    pub collected_before: &'a HashSet<(ElementId, Level, Frequency)>,
    /// What fields are by definition, in their printed units of measure.
    pub balances: &'a [Balance<FieldKey>],
    /// Elements that a department's register supplies for all units of a level.
    pub supplied: &'a BTreeSet<(ElementId, Level)>,
}

/// The plan of a year: who types what and when, and what follows from it.
///
/// Units are named by their position in the [`UnitTree`] that the plan was made with.
#[derive(Clone, Debug)]
pub struct Plan {
    year: i16,
    tree: UnitTree,
    shapes: Shapes,
    /// By key.
    fields: Vec<AskedField>,
    /// Place of each field in the order of forms.
    rank: Vec<usize>,
    /// By element and offset.
    series: Vec<Series>,
    /// Position in `series` of each field's series.
    series_of_field: Vec<Option<usize>>,
    /// Positions of the fields and of the series that ask at each level.
    fields_of_level: BTreeMap<Level, Vec<usize>>,
    series_of_level: BTreeMap<Level, Vec<usize>>,
    /// The component of each series and its place among the members.
    home_of_series: Vec<(usize, usize)>,
    /// Series that balances tie together, most of them alone.
    components: Vec<PlannedComponent>,
    /// Solutions, one for all components that are alike.
    solutions: Vec<Solution>,
    /// By balance, why it is not used.
    unused: Vec<Option<Unused>>,
    digest: String,
}

/// Series that are solved together, with where their solution is.
#[derive(Clone, Debug)]
struct PlannedComponent {
    members: Vec<usize>,
    /// The balances between the members.
    rows: Vec<Row>,
    solution: usize,
}

/// Makes the plan of a year. The order of the fields does not matter; of two fields with the same key one is taken.
///
/// Time grows with the fields (sorting them) and with the signatures times the shapes of units, not with the units times the elements.
/// Elements that no balance ties together do not touch each other: the cells that a form adds can be had from two plans of the fields of its
/// elements, and of those tied to them.
pub fn make_plan(input: &PlanInput<'_>) -> Plan {
    let mut fields = digest::in_canonical_order(input.fields);
    forget_unknown_facts(&mut fields, input.units);
    let before = series::collected(input.collected_before);
    let is_in_calendar = (MIN_YEAR..=MAX_YEAR).contains(&input.year);
    let mut series = if is_in_calendar { series::gather(input.year, &fields, &before, input.supplied) } else { Vec::new() };
    let tied = tie(&fields, &mut series, input.balances, &before);
    let mut series_of_field = vec![None; fields.len()];
    for (position, one) in series.iter().enumerate() {
        for field in one.asks.iter().flat_map(|a| &a.fields) {
            if let Some(slot) = series_of_field.get_mut(*field) {
                *slot = Some(position);
            }
        }
    }
    let shapes = Shapes::of(input.units);
    let mut known: BTreeMap<Problem, usize> = BTreeMap::new();
    let mut solutions = Vec::new();
    let mut home_of_series = vec![(0, 0); series.len()];
    let mut components = Vec::with_capacity(tied.components.len());
    for component in tied.components {
        for (place, member) in component.members.iter().enumerate() {
            if let Some(home) = home_of_series.get_mut(*member) {
                *home = (components.len(), place);
            }
        }
        let members = component.members.iter().filter_map(|m| series.get(*m)).map(Signature::of).collect();
        let problem = Problem { members, rows: component.rows.clone() };
        let solution = known.get(&problem).copied().unwrap_or_else(|| {
            solutions.push(solve(&problem, &shapes));
            known.insert(problem, solutions.len() - 1);
            solutions.len() - 1
        });
        components.push(PlannedComponent { members: component.members, rows: component.rows, solution });
    }
    let mut plan = Plan {
        year: input.year,
        tree: input.units.clone(),
        shapes,
        rank: cell::order_of_forms(&fields),
        fields_of_level: by_level(fields.iter().zip(&series_of_field).map(|(f, s)| s.map(|_| f.level).into_iter().collect())),
        series_of_level: by_level(series.iter().map(|s| s.asks.iter().map(|a| a.level).collect())),
        fields,
        series,
        series_of_field,
        home_of_series,
        components,
        solutions,
        unused: tied.unused,
        digest: String::new(),
    };
    plan.digest = digest::of(&plan);
    plan
}

/// A fact of the unit registry counts only where the registry knows it for every unit that is asked.
fn forget_unknown_facts(fields: &mut [AskedField], units: &UnitTree) {
    let mut known: BTreeMap<(RegistryFact, Level), bool> = BTreeMap::new();
    for field in fields {
        let Some(fact) = field.fact else { continue };
        let is_known = *known.entry((fact, field.level)).or_insert_with(|| {
            let mut asked = units.units().iter().enumerate().filter(|(_, row)| row.level == field.level);
            asked.all(|(unit, _)| fact.of(units, unit).is_some())
        });
        field.fact = field.fact.filter(|_| is_known);
    }
}

/// Positions by the levels that stand at them.
fn by_level(levels: impl Iterator<Item = BTreeSet<Level>>) -> BTreeMap<Level, Vec<usize>> {
    let mut found: BTreeMap<Level, Vec<usize>> = BTreeMap::new();
    for (position, at) in levels.enumerate() {
        for level in at {
            found.entry(level).or_default().push(position);
        }
    }
    found
}

impl Plan {
    /// The year planned.
    pub fn year(&self) -> i16 {
        self.year
    }

    /// BLAKE3 of a canonical listing of the plan, in hexadecimal: equal plans have equal digests, whatever the order of the fields was.
    pub fn digest(&self) -> String {
        self.digest.clone()
    }

    /// The fields that are asked of a unit, by key.
    pub fn fields_of_unit(&self, unit: usize) -> impl Iterator<Item = &AskedField> {
        let positions = self.unit(unit).and_then(|row| self.fields_of_level.get(&row.level));
        positions.into_iter().flatten().filter_map(|position| self.fields.get(*position))
    }

    /// Fields that no plan can serve, by key: their figures lie outside the years that periods may be in.
    pub fn out_of_calendar(&self) -> impl Iterator<Item = &AskedField> {
        self.fields.iter().zip(&self.series_of_field).filter(|(_, series)| series.is_none()).map(|(field, _)| field)
    }

    fn unit(&self, unit: usize) -> Option<&UnitRow> {
        self.tree.units().get(unit)
    }

    /// The part of a unit in a series.
    fn part(&self, series: usize, unit: usize) -> Option<&Part> {
        self.shapes.of_unit(unit).and_then(|shape| self.part_of_shape(series, shape))
    }

    fn part_of_shape(&self, series: usize, shape: usize) -> Option<&Part> {
        let (component, member) = self.home_of_series.get(series)?;
        let solution = self.solutions.get(self.components.get(*component)?.solution)?;
        solution.parts.get(*member)?.get(shape)
    }

    /// The component of a series with its solution, and the place of the series in it.
    fn component(&self, series: usize) -> Option<(&PlannedComponent, &Solution, usize)> {
        let (component, member) = self.home_of_series.get(series)?;
        let component = self.components.get(*component)?;
        Some((component, self.solutions.get(component.solution)?, *member))
    }

    /// By balance of the input, why it is not used; `None` where it is.
    pub fn unused_balances(&self) -> &[Option<Unused>] {
        &self.unused
    }

    fn field(&self, key: &FieldKey) -> Option<(usize, &AskedField)> {
        let position = self.fields.binary_search_by(|f| f.key.cmp(key)).ok()?;
        self.fields.get(position).map(|f| (position, f))
    }

    /// The series of an element with their positions, by offset.
    fn series_of_element(&self, element: ElementId) -> impl Iterator<Item = (usize, &Series)> {
        let start = self.series.partition_point(|s| s.element < element);
        self.series.iter().enumerate().skip(start).take_while(move |(_, s)| s.element == element)
    }
}
