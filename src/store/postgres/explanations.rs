//! Explanations of figures: stored with the version that stands, found again by whatever element the figure is kept under now.

use sqlx::postgres::{PgConnection, PgExecutor};
use std::collections::BTreeSet;

use crate::domain::observation::{ExplainedVersion, Explanation, ObservationKey};
use crate::store::Result;
use crate::store::postgres::query;
use crate::store::sql::error::{broken, classify};
use crate::store::sql::row::{ExplanationRow, read_all};

/// Stores explanations with the current versions.
pub(super) async fn insert(connection: &mut PgConnection, explanations: &[Explanation]) -> Result<()> {
    let keys: Vec<ObservationKey> = explanations.iter().map(|e| e.key.clone()).collect();
    let done = sqlx::query(query::EXPLANATION_INSERT)
        .bind(Vec::from_iter(keys.iter().map(|k| k.unit.as_str())))
        .bind(Vec::from_iter(keys.iter().map(|k| k.period.to_ordinal())))
        .bind(Vec::from_iter(keys.iter().map(|k| k.element.to_stored())))
        .bind(Vec::from_iter(explanations.iter().map(|e| e.text.as_str())))
        .execute(connection)
        .await
        .map_err(|e| classify("explanation", &e))?;
    let is_whole = done.rows_affected() == explanations.len() as u64;
    if is_whole { Ok(()) } else { Err(broken("explanation", "explains what is not held")) }
}

/// Explanations of all versions under keys, by key and version.
pub(super) async fn at(executor: impl PgExecutor<'_>, keys: &[ObservationKey]) -> Result<Vec<ExplainedVersion>> {
    let distinct: BTreeSet<(&str, i32, i64)> =
        keys.iter().map(|k| (k.unit.as_str(), k.period.to_ordinal(), k.element.to_stored())).collect();
    let rows: sqlx::Result<Vec<ExplanationRow>> = sqlx::query_as(query::EXPLANATIONS_AT)
        .bind(Vec::from_iter(distinct.iter().map(|(unit, ..)| *unit)))
        .bind(Vec::from_iter(distinct.iter().map(|(_, period, _)| *period)))
        .bind(Vec::from_iter(distinct.iter().map(|(.., element)| *element)))
        .fetch_all(executor)
        .await;
    let mut found = read_all(rows.map_err(|e| classify("explanation", &e))?)?;
    found.sort_unstable();
    Ok(found)
}
