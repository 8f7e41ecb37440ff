//! Numbers of units and of fields as they were typed, so that an observation carries two small integers instead of five texts.
//!
//! A number never changes once it is committed, so what was read or committed may be remembered for good, by any process. What a transaction
//! learns is shared only after its commit: a rolled back number may be given to another.

use sqlx::sqlite::SqliteConnection;
use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use crate::domain::id::{ElementId, FieldKey};
use crate::domain::unit::UnitCode;
use crate::store::Result;
use crate::store::sql::bind;
use crate::store::sql::error::{broken, classify};
use crate::store::sqlite::query;

/// Most numbers that are remembered of each kind; past that the memory starts anew.
const MAX_REMEMBERED: usize = 200_000;

/// Numbers known so far.
#[derive(Default)]
pub(super) struct Numbers {
    units: HashMap<UnitCode, i64>,
    /// By field, then by the few units of measure and elements that it was typed in and under, so that looking up allocates nothing.
    typed_as: HashMap<FieldKey, Vec<(String, ElementId, i64)>>,
}

/// In what a figure was typed: its field, its unit of measure, and the element that the field had then.
pub(super) type TypedAs<'a> = (&'a FieldKey, &'a str, ElementId);

impl Numbers {
    fn typed_as(&self, (field, unit_of_measure, element): TypedAs<'_>) -> Option<i64> {
        let known = self.typed_as.get(field)?.iter();
        known.filter(|(unit, under, _)| unit == unit_of_measure && *under == element).map(|(.., number)| *number).next()
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
pub(super) struct Dictionary(RwLock<Numbers>);

impl Dictionary {
    /// Number of a unit; gives it one where it has none. `learned` is what the present transaction knows besides.
    pub(super) async fn unit(&self, connection: &mut SqliteConnection, learned: &mut Numbers, code: &UnitCode) -> Result<i64> {
        let known = learned.units.get(code).copied().or_else(|| self.read(|n| n.units.get(code).copied()));
        if let Some(number) = known {
            return Ok(number);
        }
        let failed = |e: sqlx::Error| classify("unit", &e);
        let found: Option<i64> =
            sqlx::query_scalar(query::UNIT_FIND).bind(code.as_str()).fetch_optional(&mut *connection).await.map_err(failed)?;
        let number = match found {
            Some(number) => number,
            None => {
                let inserted = sqlx::query(query::UNIT_INSERT).bind(code.as_str()).execute(connection).await.map_err(failed)?;
                inserted.last_insert_rowid()
            }
        };
        learned.units.insert(code.clone(), number);
        Ok(number)
    }

    /// Numbers of fields as typed, in the given order; gives numbers to those that have none.
    pub(super) async fn typed_as(
        &self,
        connection: &mut SqliteConnection,
        learned: &mut Numbers,
        wanted: &[TypedAs<'_>],
    ) -> Result<Vec<i64>> {
        let known = |shared: &Numbers| -> Vec<Option<i64>> {
            wanted.iter().map(|typed| shared.typed_as(*typed).or_else(|| learned.typed_as(*typed))).collect()
        };
        let mut numbers = self.read(known);
        let missing: Vec<usize> = numbers.iter().enumerate().filter(|(_, n)| n.is_none()).map(|(at, _)| at).collect();
        if !missing.is_empty() {
            let rows: Vec<_> = missing
                .iter()
                .filter_map(|at| wanted.get(*at))
                .map(|(field, unit, element)| (field.form.as_str(), field.field.as_str(), field.since, *unit, element.to_stored()))
                .collect();
            for (place, number) in number_fields(connection, &bind::list("field", &rows)?).await? {
                let at = usize::try_from(place).ok().and_then(|p| missing.get(p)).copied();
                let slot = at.and_then(|at| numbers.get_mut(at).zip(wanted.get(at)));
                let Some((slot, typed)) = slot else { return Err(broken("field", place)) };
                *slot = Some(number);
                learned.learn_typed_as(*typed, number);
            }
        }
        numbers.into_iter().collect::<Option<Vec<i64>>>().ok_or_else(|| broken("field", "a field got no number"))
    }

    /// Shares what a transaction learned; to be called after its commit.
    pub(super) fn share(&self, learned: Numbers) {
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

/// Finds or gives the numbers of rows in a JSON list; answers (place in the list, number).
async fn number_fields(connection: &mut SqliteConnection, rows: &str) -> Result<Vec<(i64, i64)>> {
    let failed = |e: sqlx::Error| classify("field", &e);
    sqlx::query(query::TYPED_AS_INSERT).bind(rows).execute(&mut *connection).await.map_err(failed)?;
    sqlx::query_as(query::TYPED_AS_FIND).bind(rows).fetch_all(connection).await.map_err(failed)
}
