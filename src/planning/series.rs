//! Series: the needs of one data element in one year, gathered from the fields that show it.
//!
//! Fields of one element that cannot serve each other (another kind of data, another dimension, an unknown unit of measure) fall into series
//! of their own, with an element id of their own, so that an observation never holds two meanings. Knows nothing of units.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use rust_decimal::Decimal;

use crate::domain::facet::TimeBasis;
use crate::domain::id::{ElementId, FieldKey};
use crate::domain::measure::{normalise_spelling, says_no_unit};
use crate::domain::period::{Frequency, MAX_YEAR, MIN_YEAR};
use crate::domain::registry::RegistryFact;
use crate::domain::template::DataType;
use crate::domain::unit::Level;
use crate::planning::AskedField;
use crate::planning::precision::{reach, resolution};
use crate::planning::slot::{Slot, Slots, TimeClass};

/// The fields of one series that ask at one level for periods of one length.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) level: Level,
    pub(crate) slot: Slot,
    /// Positions of the fields, by key.
    pub(crate) fields: Vec<usize>,
    /// Position of the field through which the figure is typed where it is typed.
    pub(crate) via: usize,
    /// Finest step that one of the fields shows.
    pub(crate) required: Decimal,
    /// Finest step that can be typed through `via`.
    pub(crate) reach: Decimal,
}

/// What was collected in the year before, by element.
pub(crate) type Collected = BTreeMap<ElementId, BTreeMap<Level, Slots>>;

/// Takes what was collected by element.
pub(crate) fn collected(before: &HashSet<(ElementId, Level, Frequency)>) -> Collected {
    let mut found = Collected::new();
    for (element, level, frequency) in before {
        found.entry(*element).or_default().entry(*level).or_default().add(Slot::of(*frequency));
    }
    found
}

/// What needs no typing of the fields of one element.
struct Given {
    held: BTreeMap<Level, Slots>,
    supplied: BTreeSet<Level>,
}

/// The needs of one element in one year.
#[derive(Clone, Debug)]
pub(crate) struct Series {
    /// The element, or the part of it that these fields share.
    pub(crate) element: ElementId,
    /// Years from the form's period to the figure's.
    pub(crate) offset: i16,
    /// The year of the figures.
    pub(crate) year: i16,
    pub(crate) class: TimeClass,
    pub(crate) is_year_to_date: bool,
    /// Whether a unit's figure is the sum of its children's.
    pub(crate) sums: bool,
    /// By level and slot.
    pub(crate) asks: Vec<Ask>,
    /// What was collected of it in the year before: only for last-year and standing figures.
    pub(crate) before: BTreeMap<Level, Slots>,
    /// Levels for whose units nobody types it: a register supplies it, or the unit registry knows it.
    pub(crate) supplied: BTreeSet<Level>,
    /// What the unit registry knows it by.
    pub(crate) fact: Option<RegistryFact>,
}

impl Series {
    /// The ask at a level for a slot.
    pub(crate) fn ask(&self, level: Level, slot: Slot) -> Option<&Ask> {
        self.asks.iter().find(|a| a.level == level && a.slot == slot)
    }

    /// The slot in which this series keeps what a form of this frequency asks.
    pub(crate) fn slot_of(&self, frequency: Frequency) -> Slot {
        if self.class == TimeClass::Standing { Slot::Year } else { Slot::of(frequency) }
    }
}

/// What sets fields of one element apart. The order decides which of them keeps the id of the element.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Measured(String),
    Unmeasured(String),
    Code(Vec<String>),
    Bool,
    Date,
    Text,
}

impl Kind {
    fn of(field: &AskedField) -> Self {
        match field.dtype {
            DataType::Integer | DataType::Decimal => match &field.unit {
                Some(unit) => Self::Measured(unit.dimension.clone()),
                None if says_no_unit(&field.unit_text) => Self::Unmeasured(String::new()),
                None => Self::Unmeasured(normalise_spelling(&field.unit_text)),
            },
            DataType::Code => Self::Code(field.options.clone()),
            DataType::Bool => Self::Bool,
            DataType::Date => Self::Date,
            DataType::Text => Self::Text,
        }
    }

    /// The words that name the kind in the id of a part of an element; stored, so they stay as they are.
    fn key(&self) -> String {
        match self {
            Self::Measured(dimension) => format!("dimension {dimension}"),
            Self::Unmeasured(text) => format!("unit {text}"),
            Self::Code(options) => format!("code {}", options.join("\u{1f}")),
            Self::Bool => "bool".to_owned(),
            Self::Date => "date".to_owned(),
            Self::Text => "text".to_owned(),
        }
    }
}

/// Gathers fields, sorted by key, into series sorted by element and offset. Fields whose figures lie outside the calendar are in none.
pub(crate) fn gather(year: i16, fields: &[AskedField], before: &Collected, supplied: &BTreeSet<(ElementId, Level)>) -> Vec<Series> {
    let mut groups: BTreeMap<ElementId, BTreeMap<Kind, Vec<usize>>> = BTreeMap::new();
    for (position, field) in fields.iter().enumerate() {
        groups.entry(field.element).or_default().entry(Kind::of(field)).or_default().push(position);
    }
    let mut found = Vec::new();
    for (element, kinds) in groups {
        for (rank, (kind, positions)) in kinds.into_iter().enumerate() {
            let own = part_of(element, rank, &kind);
            let held = before.get(&own).cloned().unwrap_or_default();
            let of_registers = supplied.range((own, Level::Household)..).take_while(|(e, _)| *e == own).map(|(_, level)| *level);
            let given = Given { held, supplied: of_registers.collect() };
            found.extend(series_of_group(year, own, fields, &positions, &given));
        }
    }
    found.sort_by_key(|s: &Series| (s.element, s.offset));
    found
}

/// The id of a part of an element: the first part keeps the element's.
fn part_of(element: ElementId, rank: usize, kind: &Kind) -> ElementId {
    if rank == 0 { element } else { ElementId::of_key(&format!("{element} {}", kind.key())) }
}

/// The elements, or parts of them, under which the figures of fields are kept. Fields that no form asks any more have no say in which part keeps
/// the id of the element.
pub fn elements_kept(fields: &[AskedField], retired: &[AskedField]) -> BTreeMap<FieldKey, ElementId> {
    let mut kinds: BTreeMap<ElementId, Vec<Kind>> = BTreeMap::new();
    for list in [fields, retired] {
        let mut new: BTreeSet<(ElementId, Kind)> = BTreeSet::new();
        for field in list {
            let kind = Kind::of(field);
            if !kinds.get(&field.element).is_some_and(|known| known.contains(&kind)) {
                new.insert((field.element, kind));
            }
        }
        for (element, kind) in new {
            kinds.entry(element).or_default().push(kind);
        }
    }
    let kept = |field: &AskedField| {
        let kind = Kind::of(field);
        let rank = kinds.get(&field.element).and_then(|known| known.iter().position(|k| *k == kind)).unwrap_or_default();
        (field.key.clone(), part_of(field.element, rank, &kind))
    };
    fields.iter().chain(retired).map(kept).collect()
}

fn series_of_group(year: i16, element: ElementId, fields: &[AskedField], positions: &[usize], given: &Given) -> Vec<Series> {
    let held = &given.held;
    let members = || positions.iter().filter_map(|p| fields.get(*p).map(|f| (*p, f)));
    let mut bases = members().map(|(_, f)| f.time_basis);
    // Fields that disagree about the time basis or about summing are taken at the least: each period for itself, nothing rolled up.
    let first = bases.next().flatten();
    let basis = if bases.all(|b| b == first) { first } else { None };
    let is_number = members().all(|(_, f)| f.dtype.is_number());
    let sums = is_number && members().all(|(_, f)| f.sums_over_units);
    let class = TimeClass::of(basis, is_number);
    // Only where all of its fields ask for the same fact, which the registry holds for every unit that is asked.
    let mut facts = members().map(|(_, f)| f.fact);
    let fact = facts.next().flatten().filter(|first| facts.all(|f| f == Some(*first)));
    let mut by_offset: BTreeMap<i16, BTreeMap<(Level, Slot), Vec<usize>>> = BTreeMap::new();
    for (position, field) in members() {
        let (offset, slot) = if class == TimeClass::Standing { (0, Slot::Year) } else { (field.offset_years, Slot::of(field.frequency)) };
        by_offset.entry(offset).or_default().entry((field.level, slot)).or_default().push(position);
    }
    let mut found = Vec::new();
    for (offset, by_place) in by_offset {
        let Some(year) = year.checked_add(offset).filter(|y| (MIN_YEAR..=MAX_YEAR).contains(y)) else { continue };
        let is_held = class == TimeClass::Standing || offset == -1;
        let before = match (is_held, class) {
            (false, _) => BTreeMap::new(),
            (true, TimeClass::Standing) => held.keys().map(|level| (*level, Slots::of(|s| s == Slot::Year))).collect(),
            (true, _) => held.clone(),
        };
        let asks = asks_of(fields, by_place);
        let mut supplied = if offset == 0 { given.supplied.clone() } else { BTreeSet::new() };
        if fact.is_some() {
            supplied.extend(asks.iter().map(|a| a.level));
        }
        let is_year_to_date = basis == Some(TimeBasis::YearToDate);
        found.push(Series { element, offset, year, class, is_year_to_date, sums, asks, before, supplied, fact });
    }
    found
}

fn asks_of(fields: &[AskedField], by_place: BTreeMap<(Level, Slot), Vec<usize>>) -> Vec<Ask> {
    let all = by_place.values().flatten().filter_map(|p| fields.get(*p));
    let finest = all.map(resolution).min().unwrap_or_default();
    let ask_of = |((level, slot), positions): ((Level, Slot), Vec<usize>)| {
        let members = || positions.iter().filter_map(|p| fields.get(*p).map(|f| (*p, f)));
        let (via, through) = members().min_by(|a, b| order_of_typing(finest, a.1).cmp(&order_of_typing(finest, b.1)))?;
        let required = members().map(|(_, f)| resolution(f)).min().unwrap_or_default();
        Some(Ask { level, slot, via, required, reach: reach(through), fields: positions })
    };
    by_place.into_iter().filter_map(ask_of).collect()
}

/// Order in which fields are taken for typing: those whose unit can be typed as fine as the finest field of the series, then the finest field
/// itself, then the one with the fewest decimals (people are easier to type in 人 than in 万人 with four decimals), then by key.
fn order_of_typing(finest: Decimal, field: &AskedField) -> (Decimal, Decimal, u32) {
    (reach(field).max(finest), resolution(field), field.decimals)
}
