//! Sources: from which typed observations a figure of a form follows, and in what manner.

use crate::domain::id::{ElementId, FieldKey};
use crate::domain::period::ReferencePeriod;
use crate::planning::series::Series;
use crate::planning::slot::{Slot, TimeClass};
use crate::planning::solve::Choice;
use crate::planning::{AskedField, Plan};

/// Where the figure of a field comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The element under which the observations are kept.
    pub element: ElementId,
    /// The observations whose exact sum is the figure, as unit position and period: by unit in the order of the tree, then by period. Never empty.
    pub cells: Vec<(usize, ReferencePeriod)>,
    /// In what manner it follows.
    pub kind: SourceKind,
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
    /// From what was reported before this year.
    LastYear,
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

impl Plan {
    /// The source of a field of a unit for the form's period (the offset is applied here); `None` where the unit is not asked for it.
    pub fn source(&self, unit: usize, field: &FieldKey, period: ReferencePeriod) -> Option<Source> {
        let place = self.place(unit, field, period)?;
        let cells = self.cells_of(&place, unit)?;
        let kind = self.kind_of(&place, unit)?;
        Some(Source { element: place.series.element, cells, kind })
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

    fn cells_of(&self, place: &Place<'_>, unit: usize) -> Option<Vec<(usize, ReferencePeriod)>> {
        let mut cells = Vec::new();
        let mut open = vec![unit];
        while let Some(at) = open.pop() {
            match self.part(place.position, at)?.choice.get(place.slot) {
                Choice::Nothing => return None,
                Choice::Own(from) => cells.extend(place.series.class.parts(place.period, from).into_iter().map(|p| (at, p))),
                Choice::Children => open.extend(self.tree.children(at).iter().rev()),
            }
        }
        Some(cells)
    }

    fn kind_of(&self, place: &Place<'_>, unit: usize) -> Option<SourceKind> {
        let part = self.part(place.position, unit)?;
        let over_time = part.over_time.has(place.slot);
        if part.all_held.has(place.slot) {
            return Some(SourceKind::LastYear);
        }
        match part.choice.get(place.slot) {
            Choice::Nothing => None,
            Choice::Children if over_time => Some(SourceKind::TimeAggregateAndRollUp),
            Choice::Children => Some(SourceKind::RollUp),
            Choice::Own(_) if over_time => Some(SourceKind::TimeAggregate),
            Choice::Own(_) => {
                let via = place.series.ask(place.field.level, place.slot).and_then(|ask| self.fields.get(ask.via));
                let is_converted = via.is_some_and(|via| shows_another_unit(via, place.field));
                Some(if is_converted { SourceKind::Converted } else { SourceKind::Typed })
            }
        }
    }
}

/// Whether a figure typed through one field is converted for another.
pub(crate) fn shows_another_unit(via: &AskedField, field: &AskedField) -> bool {
    match (&via.unit, &field.unit) {
        (Some(typed), Some(shown)) => typed.symbol != shown.symbol,
        _ => false,
    }
}
