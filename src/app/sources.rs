//! The observations that figures are computed from: by the plan, by what was typed under an earlier plan, and what the unit registry knows.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;

use crate::app::App;
use crate::app::error::Result;
use crate::app::figures::Held;
use crate::app::planned_year::PlannedYear;
use crate::domain::figure::Figure;
use crate::domain::id::{AccountId, ElementId, FieldKey, ReceiptId};
use crate::domain::observation::{Observation, ObservationKey};
use crate::domain::period::ReferencePeriod;
use crate::domain::unit::UnitCode;
use crate::planning::{CellKey, Source};

/// A field of a unit that is to be computed. Its source is replaced where the plan's is not complete and another one is.
pub(crate) struct Wanted<'a> {
    pub(crate) position: usize,
    pub(crate) field: &'a FieldKey,
    /// The form's period.
    pub(crate) period: ReferencePeriod,
    pub(crate) source: &'a mut Source,
}

/// The key under which an observation of the plan is stored.
pub(crate) fn key_of(planned: &PlannedYear, (unit, element, period): CellKey) -> Option<ObservationKey> {
    planned.units.units().get(unit).map(|row| ObservationKey { unit: row.code.clone(), element, period })
}

impl App {
    /// Reads what fields are computed from, set-wise: once by the plan, and once more for those fields of which something is missing.
    pub(crate) async fn observations_for(&self, planned: &PlannedYear, wanted: Vec<Wanted<'_>>) -> Result<Held> {
        let mut held = Held::new();
        let mut keys: BTreeSet<ObservationKey> = BTreeSet::new();
        for one in &wanted {
            match one.source.fact {
                Some(_) => held.extend(from_registry(planned, one)),
                None => keys.extend(keys_of(planned, one.source)),
            }
        }
        self.read_into(keys, &mut held).await?;
        let is_open =
            |one: &Wanted<'_>| one.source.fact.is_none() && keys_of(planned, one.source).iter().any(|key| !held.contains_key(key));
        let open: Vec<Wanted<'_>> = wanted.into_iter().filter(is_open).collect();
        let elsewhere: BTreeSet<ObservationKey> = open
            .iter()
            .flat_map(|one| planned.plan.elsewhere(one.position, one.field, one.period))
            .filter_map(|cell| key_of(planned, cell))
            .filter(|key| !held.contains_key(key))
            .collect();
        let n_before = held.len();
        self.read_into(elsewhere, &mut held).await?;
        if held.len() == n_before {
            return Ok(held);
        }
        let positions: HashMap<&UnitCode, usize> = held.keys().filter_map(|k| Some((&k.unit, planned.units.position(&k.unit)?))).collect();
        let there: BTreeSet<CellKey> = held.keys().filter_map(|k| Some((*positions.get(&k.unit)?, k.element, k.period))).collect();
        for one in open {
            let found = planned.plan.source_from(one.position, one.field, one.period, &|key| there.contains(key));
            if let Some(found) = found {
                *one.source = found;
            }
        }
        Ok(held)
    }

    async fn read_into(&self, keys: BTreeSet<ObservationKey>, held: &mut Held) -> Result<()> {
        if keys.is_empty() {
            return Ok(());
        }
        let keys: Vec<ObservationKey> = keys.into_iter().collect();
        held.extend(self.store.observations_at(&keys).await?.into_iter().map(|o| (o.key.clone(), o)));
        Ok(())
    }
}

/// The observations that a source names.
pub(crate) fn keys_of(planned: &PlannedYear, source: &Source) -> Vec<ObservationKey> {
    source.terms.iter().filter_map(|t| key_of(planned, (t.unit, t.element, t.period))).collect()
}

/// What the unit registry knows, as if it were an observation: it is stored nowhere else.
fn from_registry(planned: &PlannedYear, wanted: &Wanted<'_>) -> Option<(ObservationKey, Observation)> {
    let fact = wanted.source.fact?.of(&planned.units, wanted.position)?;
    let key = keys_of(planned, wanted.source).into_iter().next()?;
    let element: ElementId = key.element;
    let observation = Observation {
        key: key.clone(),
        figure: Figure::Text(fact),
        unit_of_measure: String::new(),
        via: wanted.field.clone(),
        typed_under: element,
        version: 1,
        reporter: AccountId::from_stored(String::new()),
        receipt: ReceiptId::from_stored(String::new()),
        stored_at: Timestamp::UNIX_EPOCH,
        reason: String::new(),
    };
    Some((key, observation))
}
