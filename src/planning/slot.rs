//! Slots (期别) and time classes: how a figure of a longer period follows from shorter ones.
//!
//! A year has four lengths of period, each a whole multiple of the one before it; every period of one length is treated alike, so that the
//! plan reasons about four slots instead of nineteen periods. Knows nothing of units or fields.

use crate::domain::facet::TimeBasis;
use crate::domain::period::{Frequency, ReferencePeriod};

/// Length of a period. Ordered from the finest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Slot {
    Month,
    Quarter,
    Half,
    Year,
}

impl Slot {
    /// All slots from the finest.
    pub(crate) const ALL: [Slot; 4] = [Self::Month, Self::Quarter, Self::Half, Self::Year];

    /// The slot that forms of this frequency are about; single and irregular forms are about a year.
    pub(crate) fn of(frequency: Frequency) -> Self {
        match frequency {
            Frequency::Monthly => Self::Month,
            Frequency::Quarterly => Self::Quarter,
            Frequency::Semiannual => Self::Half,
            Frequency::Annual | Frequency::Once | Frequency::Other => Self::Year,
        }
    }

    /// The slot of a period; `None` for standing facts.
    pub(crate) fn of_period(period: ReferencePeriod) -> Option<Self> {
        match period {
            ReferencePeriod::Standing => None,
            ReferencePeriod::Year { .. } => Some(Self::Year),
            ReferencePeriod::Half { .. } => Some(Self::Half),
            ReferencePeriod::Quarter { .. } => Some(Self::Quarter),
            ReferencePeriod::Month { .. } => Some(Self::Month),
        }
    }

    /// The frequency whose periods fill the slot.
    pub(crate) fn frequency(self) -> Frequency {
        match self {
            Self::Month => Frequency::Monthly,
            Self::Quarter => Frequency::Quarterly,
            Self::Half => Frequency::Semiannual,
            Self::Year => Frequency::Annual,
        }
    }

    /// The slots finer than this one, the coarsest of them first.
    pub(crate) fn finer(self) -> impl Iterator<Item = Slot> {
        Self::ALL.into_iter().rev().filter(move |s| *s < self)
    }

    fn bit(self) -> u8 {
        match self {
            Self::Month => 1,
            Self::Quarter => 2,
            Self::Half => 4,
            Self::Year => 8,
        }
    }
}

/// A set of slots.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Slots(u8);

impl Slots {
    pub(crate) fn has(self, slot: Slot) -> bool {
        self.0 & slot.bit() != 0
    }

    pub(crate) fn add(&mut self, slot: Slot) {
        self.0 |= slot.bit();
    }

    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The slots that `keep` says yes to.
    pub(crate) fn of(keep: impl Fn(Slot) -> bool) -> Self {
        let mut found = Self::default();
        for slot in Slot::ALL {
            if keep(slot) {
                found.add(slot);
            }
        }
        found
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = Slot> {
        Slot::ALL.into_iter().filter(move |s| self.has(*s))
    }

    pub(crate) fn bits(self) -> u8 {
        self.0
    }
}

/// One value for each slot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct PerSlot<T>([T; 4]);

impl<T: Copy> PerSlot<T> {
    pub(crate) fn filled(value: T) -> Self {
        Self([value; 4])
    }

    pub(crate) fn get(&self, slot: Slot) -> T {
        let [month, quarter, half, year] = self.0;
        match slot {
            Slot::Month => month,
            Slot::Quarter => quarter,
            Slot::Half => half,
            Slot::Year => year,
        }
    }

    pub(crate) fn set(&mut self, slot: Slot, value: T) {
        let [month, quarter, half, year] = &mut self.0;
        *match slot {
            Slot::Month => month,
            Slot::Quarter => quarter,
            Slot::Half => half,
            Slot::Year => year,
        } = value;
    }
}

/// How a figure behaves over time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum TimeClass {
    /// Flow: the sum of the shorter periods.
    Sum,
    /// Stock and year to date: the last of the shorter periods.
    Last,
    /// Beginning of the period: the first of the shorter periods.
    First,
    /// Average or unknown: each period for itself.
    Apart,
    /// Standing: once, whatever the period.
    Standing,
}

impl TimeClass {
    /// The class of a time basis. Only numbers have sums.
    pub(crate) fn of(basis: Option<TimeBasis>, is_number: bool) -> Self {
        match basis {
            Some(TimeBasis::Flow) if is_number => Self::Sum,
            Some(TimeBasis::Stock | TimeBasis::YearToDate) => Self::Last,
            Some(TimeBasis::Begin) => Self::First,
            Some(TimeBasis::Standing) => Self::Standing,
            Some(TimeBasis::Flow | TimeBasis::Average) | None => Self::Apart,
        }
    }

    /// Whether longer periods follow from shorter ones.
    pub(crate) fn aggregates(self) -> bool {
        matches!(self, Self::Sum | Self::Last | Self::First)
    }

    /// The periods of `slot` that give the figure of `period`, which is at least as long.
    pub(crate) fn parts(self, period: ReferencePeriod, slot: Slot) -> Vec<ReferencePeriod> {
        if Slot::of_period(period).is_none_or(|own| own == slot) {
            return vec![period];
        }
        let all = period.parts(slot.frequency()).unwrap_or_default();
        match self {
            Self::Sum => all,
            Self::Last => all.last().copied().into_iter().collect(),
            Self::First => all.first().copied().into_iter().collect(),
            Self::Apart | Self::Standing => Vec::new(),
        }
    }

    /// The periods of one slot in a year; a standing fact has a single one.
    pub(crate) fn periods(self, slot: Slot, year: i16) -> Vec<ReferencePeriod> {
        if self == Self::Standing { vec![ReferencePeriod::Standing] } else { slot.frequency().periods(year) }
    }
}

/// The period of `slot` that `period`, at most as long, lies in.
pub(crate) fn containing(period: ReferencePeriod, slot: Slot) -> ReferencePeriod {
    let Some((year, first, _)) = period.months() else { return period };
    match slot {
        Slot::Month => ReferencePeriod::Month { year, month: first },
        Slot::Quarter => ReferencePeriod::Quarter { year, quarter: (first + 2) / 3 },
        Slot::Half => ReferencePeriod::Half { year, half: (first + 5) / 6 },
        Slot::Year => ReferencePeriod::Year { year },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_period_lies_in_the_one_that_its_parts_say() {
        for coarse in Slot::ALL {
            for period in coarse.frequency().periods(2026) {
                for fine in coarse.finer() {
                    let parts = period.parts(fine.frequency()).unwrap_or_default();
                    assert!(!parts.is_empty() && parts.iter().all(|p| containing(*p, coarse) == period), "{period}");
                    assert_eq!(TimeClass::Sum.parts(period, fine), parts);
                    assert_eq!(TimeClass::Last.parts(period, fine), parts[parts.len() - 1..]);
                    assert_eq!(TimeClass::First.parts(period, fine), parts[..1]);
                }
            }
        }
    }
}
