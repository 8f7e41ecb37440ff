//! Explanations of figures: stored with the version that stands, found again by whatever element the figure is kept under now.

use sqlx::sqlite::{SqliteConnection, SqliteExecutor};
use std::collections::BTreeSet;

use crate::domain::observation::{ExplainedVersion, Explanation, ObservationKey};
use crate::store::Result;
use crate::store::sql::bind;
use crate::store::sql::error::{broken, classify};
use crate::store::sql::row::{ExplanationRow, read_all};
use crate::store::sqlite::query;

/// Stores explanations with the current versions.
pub(super) async fn insert(connection: &mut SqliteConnection, explanations: &[Explanation]) -> Result<()> {
    if explanations.is_empty() {
        return Ok(());
    }
    let rows: Vec<(&str, i32, i64, &str)> =
        explanations.iter().map(|e| (e.key.unit.as_str(), e.key.period.to_ordinal(), e.key.element.to_stored(), e.text.as_str())).collect();
    let rows = bind::list("explanation", &rows)?;
    let done = sqlx::query(query::EXPLANATION_INSERT).bind(rows).execute(connection).await.map_err(|e| classify("explanation", &e))?;
    let is_whole = done.rows_affected() == explanations.len() as u64;
    if is_whole { Ok(()) } else { Err(broken("explanation", "explains what is not held")) }
}

/// Explanations of all versions under keys, by key and version.
pub(super) async fn at(executor: impl SqliteExecutor<'_>, keys: &[ObservationKey]) -> Result<Vec<ExplainedVersion>> {
    let distinct: BTreeSet<(&str, i32, i64)> =
        keys.iter().map(|k| (k.unit.as_str(), k.period.to_ordinal(), k.element.to_stored())).collect();
    let wanted = bind::list("explanation", &distinct)?;
    let rows: sqlx::Result<Vec<ExplanationRow>> = sqlx::query_as(query::EXPLANATIONS_AT).bind(wanted).fetch_all(executor).await;
    let mut found = read_all(rows.map_err(|e| classify("explanation", &e))?)?;
    found.sort_unstable();
    Ok(found)
}
