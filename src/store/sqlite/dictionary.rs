//! Reads and gives the numbers of units and fields; what was learned is remembered by [`Dictionary`].

use sqlx::sqlite::SqliteConnection;

use crate::domain::unit::UnitCode;
use crate::store::Result;
use crate::store::sql::bind;
use crate::store::sql::error::{broken, classify};
use crate::store::sql::numbers::{Dictionary, Numbers, TypedAs};
use crate::store::sqlite::query;

/// Number of a unit; gives it one where it has none. `learned` is what the present transaction knows besides.
pub(super) async fn unit(
    dictionary: &Dictionary,
    connection: &mut SqliteConnection,
    learned: &mut Numbers,
    code: &UnitCode,
) -> Result<i64> {
    if let Some(number) = dictionary.unit(learned, code) {
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
    learned.learn_unit(code.clone(), number);
    Ok(number)
}

/// Numbers of fields as typed, in the given order; gives numbers to those that have none.
pub(super) async fn typed_as(
    dictionary: &Dictionary,
    connection: &mut SqliteConnection,
    learned: &mut Numbers,
    wanted: &[TypedAs<'_>],
) -> Result<Vec<i64>> {
    let mut numbering = dictionary.typed_as(learned, wanted);
    let missing = numbering.missing();
    if !missing.is_empty() {
        let rows: Vec<_> = missing
            .iter()
            .map(|(_, (field, unit, element))| (field.form.as_str(), field.field.as_str(), field.since, *unit, element.to_stored()))
            .collect();
        for (position, number) in number_fields(connection, &bind::list("field", &rows)?).await? {
            let place = usize::try_from(position).ok().and_then(|p| missing.get(p)).map(|(place, _)| *place);
            numbering.fill(learned, place.ok_or_else(|| broken("field", position))?, number)?;
        }
    }
    numbering.finish()
}

/// Finds or gives the numbers of rows in a JSON list; answers (position in the list, number).
async fn number_fields(connection: &mut SqliteConnection, rows: &str) -> Result<Vec<(i64, i64)>> {
    let failed = |e: sqlx::Error| classify("field", &e);
    sqlx::query(query::TYPED_AS_INSERT).bind(rows).execute(&mut *connection).await.map_err(failed)?;
    sqlx::query_as(query::TYPED_AS_FIND).bind(rows).fetch_all(connection).await.map_err(failed)
}
