//! Reads and gives the numbers of units and fields; what was learned is remembered by [`Dictionary`].
//!
//! Two transactions that number the same unit at once: the second waits for the first to end, and then finds its number.

use sqlx::postgres::PgConnection;

use crate::domain::unit::UnitCode;
use crate::store::postgres::query;
use crate::store::sql::error::{broken, classify};
use crate::store::sql::numbers::{Dictionary, Numbers, TypedAs};
use crate::store::{Error, Result};

/// Number of a unit; gives it one where it has none. `learned` is what the present transaction knows besides.
pub(super) async fn unit(dictionary: &Dictionary, connection: &mut PgConnection, learned: &mut Numbers, code: &UnitCode) -> Result<i64> {
    if let Some(number) = dictionary.unit(learned, code) {
        return Ok(number);
    }
    let number = match find_unit(connection, code).await? {
        Some(number) => number,
        None => {
            let inserted = sqlx::query(query::UNIT_INSERT).bind(code.as_str()).execute(&mut *connection).await;
            inserted.map_err(|e| classify("unit", &e))?;
            find_unit(connection, code).await?.ok_or(Error::Conflict)?
        }
    };
    learned.learn_unit(code.clone(), i64::from(number));
    Ok(i64::from(number))
}

async fn find_unit(connection: &mut PgConnection, code: &UnitCode) -> Result<Option<i32>> {
    sqlx::query_scalar(query::UNIT_FIND).bind(code.as_str()).fetch_optional(connection).await.map_err(|e| classify("unit", &e))
}

/// Numbers of fields as typed, in the given order; gives numbers to those that have none.
pub(super) async fn typed_as(
    dictionary: &Dictionary,
    connection: &mut PgConnection,
    learned: &mut Numbers,
    wanted: &[TypedAs<'_>],
) -> Result<Vec<i64>> {
    let mut numbering = dictionary.typed_as(learned, wanted);
    let mut missing = numbering.missing();
    if !missing.is_empty() {
        // All in one order, so that transactions that number the same fields wait for each other and do not stand in each other's way.
        missing.sort_unstable_by_key(|(_, typed_as)| *typed_as);
        let mut found = find_fields(connection, &missing).await?;
        if found.len() < missing.len() {
            insert_fields(connection, &missing).await?;
            found = find_fields(connection, &missing).await?;
        }
        for (position, number) in found {
            // PostgreSQL counts from one.
            let place = usize::try_from(position - 1).ok().and_then(|p| missing.get(p)).map(|(place, _)| *place);
            numbering.fill(learned, place.ok_or_else(|| broken("field", position))?, i64::from(number))?;
        }
    }
    numbering.finish()
}

/// Fields as typed, column by column.
struct Columns<'a> {
    forms: Vec<&'a str>,
    fields: Vec<&'a str>,
    since: Vec<i32>,
    units: Vec<&'a str>,
    elements: Vec<i64>,
}

fn columns<'a>(wanted: &[(usize, TypedAs<'a>)]) -> Result<Columns<'a>> {
    let since: std::result::Result<Vec<i32>, _> = wanted.iter().map(|(_, (field, ..))| i32::try_from(field.since)).collect();
    Ok(Columns {
        forms: wanted.iter().map(|(_, (field, ..))| field.form.as_str()).collect(),
        fields: wanted.iter().map(|(_, (field, ..))| field.field.as_str()).collect(),
        since: since.map_err(|e| broken("field", e))?,
        units: wanted.iter().map(|(_, (_, unit, _))| *unit).collect(),
        elements: wanted.iter().map(|(_, (.., element))| element.to_stored()).collect(),
    })
}

async fn find_fields(connection: &mut PgConnection, wanted: &[(usize, TypedAs<'_>)]) -> Result<Vec<(i64, i32)>> {
    let c = columns(wanted)?;
    let statement = sqlx::query_as(query::TYPED_AS_FIND).bind(c.forms).bind(c.fields).bind(c.since).bind(c.units).bind(c.elements);
    statement.fetch_all(connection).await.map_err(|e| classify("field", &e))
}

async fn insert_fields(connection: &mut PgConnection, wanted: &[(usize, TypedAs<'_>)]) -> Result<()> {
    let c = columns(wanted)?;
    let statement = sqlx::query(query::TYPED_AS_INSERT).bind(c.forms).bind(c.fields).bind(c.since).bind(c.units).bind(c.elements);
    statement.execute(connection).await.map(drop).map_err(|e| classify("field", &e))
}
