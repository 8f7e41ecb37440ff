//! Sources: from which typed observations a figure of a form follows, and in what manner.

use std::collections::BTreeMap;

use num_traits::{CheckedAdd, CheckedMul, One, Zero};

use crate::domain::balance::Factor;
use crate::domain::id::{ElementId, FieldKey};
use crate::domain::period::ReferencePeriod;
use crate::domain::registry::RegistryFact;
use crate::planning::series::Series;
use crate::planning::slot::{Slot, TimeClass};
use crate::planning::solve::Choice;
use crate::planning::{AskedField, Plan};

/// An observation that a figure is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Term {
    /// Position of the unit.
    pub unit: usize,
    /// The element under which the observation is kept.
    pub element: ElementId,
    /// Its period.
    pub period: ReferencePeriod,
    /// How often it counts, in atoms; never zero.
    pub factor: Factor,
}

/// Where the figure of a field comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The element of the field, or the part of it that these fields share.
    pub element: ElementId,
    /// The observations whose exact sum, each times its factor, is the figure: by unit in the order of the tree, then by period. Never empty.
    pub terms: Vec<Term>,
    /// In what manner it follows.
    pub kind: SourceKind,
    /// For what the unit registry knows: which fact it is. The only term then names where it would be kept.
    pub fact: Option<RegistryFact>,
}

impl Source {
    /// Whether the figure is one observation as it stands.
    pub fn is_plain(&self) -> bool {
        matches!(self.terms.as_slice(), [one] if one.factor.is_one())
    }
}

/// The manner in which a figure follows from typed observations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SourceKind {
    /// The unit types it.
    Typed,
    /// The unit types it, in another unit of measure.
    Converted,
    /// From shorter periods of the unit.
    TimeAggregate,
    /// From the units below, for the same period.
    RollUp,
    /// From shorter periods of the units below.
    TimeAggregateAndRollUp,
    /// From other figures that together are this one by definition, here or in the units below.
    Balance,
    /// From what was reported before this year.
    LastYear,
    /// From a department's register.
    Supplied,
    /// From the unit registry.
    Registry,
}

/// A field of a unit and the place in the plan where its figure is found.
pub(crate) struct Place<'a> {
    pub(crate) field: &'a AskedField,
    pub(crate) position: usize,
    pub(crate) series: &'a Series,
    pub(crate) slot: Slot,
    /// The figure's own period.
    pub(crate) period: ReferencePeriod,
}

/// A figure: a series at a unit and a period of one length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Node {
    pub(crate) unit: usize,
    pub(crate) position: usize,
    pub(crate) slot: Slot,
    pub(crate) period: ReferencePeriod,
}

/// Observations with their factors, in the order of a source.
pub(crate) type Sum = BTreeMap<(usize, ReferencePeriod, ElementId), Factor>;

impl Plan {
    /// The source of a field of a unit for the form's period (the offset is applied here); `None` where the unit is not asked for it.
    pub fn source(&self, unit: usize, field: &FieldKey, period: ReferencePeriod) -> Option<Source> {
        let place = self.place(unit, field, period)?;
        let mut sum = Sum::new();
        self.expand(place.node(unit), Factor::one(), &mut sum)?;
        let kind = self.kind_of(&place, unit)?;
        let fact = place.series.fact.filter(|_| kind == SourceKind::Registry);
        Some(Source { element: place.series.element, terms: terms_of(sum), kind, fact })
    }

    /// Finds where the figure of a field is; `None` where the field or the period is not asked of the unit.
    pub(crate) fn place(&self, unit: usize, key: &FieldKey, period: ReferencePeriod) -> Option<Place<'_>> {
        let (index, field) = self.field(key)?;
        let position = self.series_of_field.get(index).copied().flatten()?;
        let series = self.series.get(position)?;
        let is_asked = self.unit(unit)?.level == field.level && period.fits(field.frequency) && period.year() == Some(self.year);
        if !is_asked {
            return None;
        }
        let period =
            if series.class == TimeClass::Standing { ReferencePeriod::Standing } else { period.shift_years(series.year - self.year) };
        Some(Place { field, position, series, slot: series.slot_of(field.frequency), period })
    }

    /// Adds the observations that a figure is made of.
    fn expand(&self, node: Node, factor: Factor, sum: &mut Sum) -> Option<()> {
        let series = self.series.get(node.position)?;
        match self.part(node.position, node.unit)?.choice.get(node.slot) {
            Choice::Nothing => return None,
            Choice::Own(slot) if slot == node.slot => add(sum, (node.unit, node.period, series.element), factor)?,
            Choice::Own(slot) => {
                for period in series.class.parts(node.period, slot) {
                    self.expand(Node { slot, period, ..node }, factor, sum)?;
                }
            }
            Choice::Children => {
                for unit in self.tree.children(node.unit) {
                    self.expand(Node { unit: *unit, ..node }, factor, sum)?;
                }
            }
            choice @ Choice::Balance(_) => {
                for (position, share) in self.terms(node.position, choice) {
                    for (period, sign) in self.parts_across(node, position)? {
                        let factor = factor.checked_mul(&share)?.checked_mul(&Factor::from_integer(sign))?;
                        self.expand(Node { position, period, ..node }, factor, sum)?;
                    }
                }
            }
        }
        Some(())
    }

    /// The series that a figure follows from by balances, with their factors; none for another choice.
    pub(crate) fn terms(&self, position: usize, choice: Choice) -> Vec<(usize, Factor)> {
        let Choice::Balance(number) = choice else { return Vec::new() };
        let Some((component, solution, _)) = self.component(position) else { return Vec::new() };
        let combination = usize::try_from(number).ok().and_then(|n| solution.combinations.get(n));
        let terms = combination.map(|c| c.terms.as_slice()).unwrap_or_default();
        terms.iter().filter_map(|(member, factor)| Some((*component.members.get(*member)?, *factor))).collect()
    }

    /// Which periods of another series make up a figure, with their signs: the same one, but for a running total all since January, and for a flow
    /// the running total less the one before.
    pub(crate) fn parts_across(&self, node: Node, other: usize) -> Option<Vec<(ReferencePeriod, i128)>> {
        let (own, other) = (self.series.get(node.position)?, self.series.get(other)?);
        let all = || own.class.periods(node.slot, own.year);
        Some(match (own.is_year_to_date, other.is_year_to_date) {
            (true, false) => all().into_iter().filter(|p| *p <= node.period).map(|p| (p, 1)).collect(),
            (false, true) => {
                let before = all().into_iter().filter(|p| *p < node.period).max();
                std::iter::once((node.period, 1)).chain(before.map(|p| (p, -1))).collect()
            }
            _ => vec![(node.period, 1)],
        })
    }

    fn kind_of(&self, place: &Place<'_>, unit: usize) -> Option<SourceKind> {
        let part = self.part(place.position, unit)?;
        let over_time = part.over_time.has(place.slot);
        let is = |slots: crate::planning::slot::Slots| slots.has(place.slot);
        match part.choice.get(place.slot) {
            Choice::Nothing => None,
            _ if place.series.fact.is_some() => Some(SourceKind::Registry),
            _ if is(part.all_supplied) => Some(SourceKind::Supplied),
            _ if is(part.all_held) => Some(SourceKind::LastYear),
            _ if is(part.by_balance) => Some(SourceKind::Balance),
            Choice::Children if over_time => Some(SourceKind::TimeAggregateAndRollUp),
            Choice::Children => Some(SourceKind::RollUp),
            Choice::Own(_) if over_time => Some(SourceKind::TimeAggregate),
            Choice::Own(_) | Choice::Balance(_) => {
                let via = place.series.ask(place.field.level, place.slot).and_then(|ask| self.fields.get(ask.via));
                let is_converted = via.is_some_and(|via| shows_another_unit(via, place.field));
                Some(if is_converted { SourceKind::Converted } else { SourceKind::Typed })
            }
        }
    }
}

impl Place<'_> {
    /// The figure at a unit.
    pub(crate) fn node(&self, unit: usize) -> Node {
        Node { unit, position: self.position, slot: self.slot, period: self.period }
    }
}

fn add(sum: &mut Sum, key: (usize, ReferencePeriod, ElementId), factor: Factor) -> Option<()> {
    let known = sum.entry(key).or_default();
    *known = known.checked_add(&factor)?;
    Some(())
}

/// What cancels out is no source.
pub(crate) fn terms_of(sum: Sum) -> Vec<Term> {
    let terms = sum.into_iter().filter(|(_, factor)| !factor.is_zero());
    terms.map(|((unit, period, element), factor)| Term { unit, element, period, factor }).collect()
}

/// Whether a figure typed through one field is converted for another.
pub(crate) fn shows_another_unit(via: &AskedField, field: &AskedField) -> bool {
    match (&via.unit, &field.unit) {
        (Some(typed), Some(shown)) => typed.symbol != shown.symbol,
        _ => false,
    }
}
