//! Numbers of units and of fields as they were typed, so that an observation carries two small integers instead of five texts.
//!
//! A number never changes once it is committed, so what was read or committed may be remembered for good, by any process. What a transaction
//! learns is shared only after its commit: a rolled back number may be given to another. Each engine reads and gives the numbers itself.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use crate::domain::id::{ElementId, FieldKey};
use crate::domain::unit::UnitCode;
use crate::store::Result;
use crate::store::sql::error::broken;

/// Most numbers that are remembered of each kind; past that the memory starts anew.
const MAX_REMEMBERED: usize = 200_000;

/// In what a figure was typed: its field, its unit of measure, and the element that the field had then.
pub(crate) type TypedAs<'a> = (&'a FieldKey, &'a str, ElementId);

/// Numbers known so far.
#[derive(Default)]
pub(crate) struct Numbers {
    units: HashMap<UnitCode, i64>,
    /// By field, then by the few units of measure and elements that it was typed in and under, so that looking up allocates nothing.
    typed_as: HashMap<FieldKey, Vec<(String, ElementId, i64)>>,
}

impl Numbers {
    /// Remembers a unit's number.
    pub(crate) fn learn_unit(&mut self, code: UnitCode, number: i64) {
        self.units.insert(code, number);
    }

    fn typed_as(&self, (field, unit_of_measure, element): TypedAs<'_>) -> Option<i64> {
        let mut known = self.typed_as.get(field)?.iter();
        known.find(|(unit, under, _)| unit == unit_of_measure && *under == element).map(|(.., number)| *number)
    }

    fn learn_typed_as(&mut self, typed: TypedAs<'_>, number: i64) {
        if self.typed_as(typed).is_none() {
            let (field, unit_of_measure, element) = typed;
            self.typed_as.entry(field.clone()).or_default().push((unit_of_measure.to_owned(), element, number));
        }
    }
}

/// Numbers that are committed, shared by all transactions.
#[derive(Default)]
pub(crate) struct Dictionary(RwLock<Numbers>);

impl Dictionary {
    /// A unit's number, where it is known. `learned` is what the present transaction knows besides.
    pub(crate) fn unit(&self, learned: &Numbers, code: &UnitCode) -> Option<i64> {
        learned.units.get(code).copied().or_else(|| self.read(|n| n.units.get(code).copied()))
    }

    /// Numbers of fields as typed, as far as they are known.
    pub(crate) fn typed_as<'a>(&self, learned: &Numbers, wanted: &'a [TypedAs<'a>]) -> Numbering<'a> {
        let numbers = self.read(|shared| wanted.iter().map(|w| shared.typed_as(*w).or_else(|| learned.typed_as(*w))).collect());
        Numbering { wanted, numbers }
    }

    /// Shares what a transaction learned; to be called after its commit.
    pub(crate) fn share(&self, learned: Numbers) {
        if learned.units.is_empty() && learned.typed_as.is_empty() {
            return;
        }
        let mut shared = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if shared.units.len() + learned.units.len() > MAX_REMEMBERED {
            shared.units.clear();
        }
        if shared.typed_as.len() + learned.typed_as.len() > MAX_REMEMBERED {
            shared.typed_as.clear();
        }
        shared.units.extend(learned.units);
        for (field, units) in learned.typed_as {
            for (unit, element, number) in units {
                shared.learn_typed_as((&field, &unit, element), number);
            }
        }
    }

    fn read<T>(&self, look: impl FnOnce(&Numbers) -> T) -> T {
        look(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Fields as typed with the numbers found for them so far.
pub(crate) struct Numbering<'a> {
    wanted: &'a [TypedAs<'a>],
    numbers: Vec<Option<i64>>,
}

impl<'a> Numbering<'a> {
    /// Those without a number, each with its place.
    pub(crate) fn missing(&self) -> Vec<(usize, TypedAs<'a>)> {
        let pairs = self.wanted.iter().zip(&self.numbers).enumerate();
        pairs.filter(|(_, (_, number))| number.is_none()).map(|(place, (wanted, _))| (place, *wanted)).collect()
    }

    /// Takes the number of the field in a place, and lets the transaction remember it.
    pub(crate) fn fill(&mut self, learned: &mut Numbers, place: usize, number: i64) -> Result<()> {
        let (Some(slot), Some(wanted)) = (self.numbers.get_mut(place), self.wanted.get(place)) else {
            return Err(broken("field", place));
        };
        *slot = Some(number);
        learned.learn_typed_as(*wanted, number);
        Ok(())
    }

    /// All numbers, in the order in which they were wanted.
    pub(crate) fn finish(self) -> Result<Vec<i64>> {
        self.numbers.into_iter().collect::<Option<Vec<i64>>>().ok_or_else(|| broken("field", "a field got no number"))
    }
}
