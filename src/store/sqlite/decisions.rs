//! Decisions of reviewers, and the number of the settlement that they make.

use async_trait::async_trait;
use sqlx::sqlite::{SqliteConnection, SqliteExecutor, SqliteQueryResult};

use crate::domain::decision::{Decision, DecisionId, FigureConflict, RenamedDecision, Undone};
use crate::domain::id::FieldKey;
use crate::domain::observation::{Observation, ObservationKey};
use crate::domain::unit::UnitCode;
use crate::store::sql::bind;
use crate::store::sql::error::{broken, classify};
use crate::store::sql::row::{ConflictRow, DecisionRow, FieldRow, ObservationRow, read_all};
use crate::store::sqlite::{SqliteStore, figures, query};
use crate::store::{DecisionReads, Error, Result};

/// Stores a decision.
pub(super) async fn insert(connection: &mut SqliteConnection, decision: &Decision) -> Result<()> {
    let lesson = decision.lesson.as_ref().map(serde_json::to_string).transpose().map_err(|e| broken("decision", e))?;
    sqlx::query(query::DECISION_INSERT)
        .bind(number(decision.id))
        .bind(decision.a.form.as_str())
        .bind(decision.a.field.as_str())
        .bind(decision.a.since)
        .bind(decision.b.form.as_str())
        .bind(decision.b.field.as_str())
        .bind(decision.b.since)
        .bind(&decision.a_key)
        .bind(&decision.b_key)
        .bind(decision.sets_apart)
        .bind(decision.verdict.as_str())
        .bind(&decision.note)
        .bind(decision.decided_by.as_str())
        .bind(decision.decided_at.to_string())
        .bind(decision.is_disputed)
        .bind(lesson)
        .execute(&mut *connection)
        .await
        .map_err(|e| classify("decision", &e))?;
    next_settlement(connection).await
}

/// Marks a decision as undone.
pub(super) async fn undo(connection: &mut SqliteConnection, decision: DecisionId, undone: &Undone) -> Result<()> {
    let done = sqlx::query(query::DECISION_UNDO)
        .bind(number(decision))
        .bind(undone.by.as_str())
        .bind(undone.at.to_string())
        .bind(&undone.note)
        .execute(&mut *connection)
        .await;
    exactly_one(done.map_err(|e| classify("decision", &e))?)?;
    next_settlement(connection).await
}

/// Puts a disputed decision in force.
pub(super) async fn uphold(connection: &mut SqliteConnection, decision: DecisionId) -> Result<()> {
    let done = sqlx::query(query::DECISION_UPHOLD).bind(number(decision)).execute(&mut *connection).await;
    exactly_one(done.map_err(|e| classify("decision", &e))?)?;
    next_settlement(connection).await
}

/// Gives decisions other keys for their fields.
pub(super) async fn rename(connection: &mut SqliteConnection, keys: &[RenamedDecision]) -> Result<()> {
    let rows: Vec<(i64, &str, &str, u8)> =
        keys.iter().map(|r| (number(r.id), r.a_key.as_str(), r.b_key.as_str(), u8::from(r.sets_apart))).collect();
    let rows = bind::list("decision", &rows)?;
    sqlx::query(query::DECISION_RENAME).bind(rows).execute(&mut *connection).await.map_err(|e| classify("decision", &e))?;
    next_settlement(connection).await
}

/// Number of the settlement in force.
pub(super) async fn settlement_version(executor: impl SqliteExecutor<'_>) -> Result<u64> {
    let version: i64 = sqlx::query_scalar(query::SETTLEMENT_VERSION).fetch_one(executor).await.map_err(|e| classify("settlement", &e))?;
    Ok(version.unsigned_abs())
}

/// From here on another settlement is in force.
pub(super) async fn next_settlement(connection: &mut SqliteConnection) -> Result<()> {
    let done = sqlx::query(query::SETTLEMENT_NEXT).execute(connection).await;
    exactly_one(done.map_err(|e| classify("settlement", &e))?)
}

/// Refuses a change that did not find its one row.
pub(super) fn exactly_one(done: SqliteQueryResult) -> Result<()> {
    if done.rows_affected() == 1 { Ok(()) } else { Err(Error::Conflict) }
}

fn number(decision: DecisionId) -> i64 {
    i64::try_from(decision.0).unwrap_or(i64::MAX)
}

#[async_trait]
impl DecisionReads for SqliteStore {
    async fn decisions(&self) -> Result<Vec<Decision>> {
        let rows: sqlx::Result<Vec<DecisionRow>> = sqlx::query_as(query::DECISION_ALL).fetch_all(&self.readers).await;
        read_all(rows.map_err(|e| classify("decision", &e))?)
    }

    async fn settlement_version(&self) -> Result<u64> {
        settlement_version(&self.readers).await
    }

    async fn typed_fields(&self) -> Result<Vec<FieldKey>> {
        let rows: sqlx::Result<Vec<FieldRow>> = sqlx::query_as(query::TYPED_FIELDS).fetch_all(&self.readers).await;
        read_all(rows.map_err(|e| classify("field", &e))?)
    }

    async fn observations_aside(&self, unit: &UnitCode) -> Result<Vec<Observation>> {
        let rows: sqlx::Result<Vec<ObservationRow>> =
            sqlx::query_as(query::ASIDE_OF_UNIT).bind(unit.as_str()).fetch_all(&self.readers).await;
        let mut found = read_all(rows.map_err(|e| classify("observation", &e))?)?;
        found.sort_unstable_by(|a, b| (&a.key, &a.via, a.version).cmp(&(&b.key, &b.via, b.version)));
        Ok(found)
    }

    async fn figure_conflicts(&self, after: u64, limit: u32) -> Result<Vec<FigureConflict>> {
        let after = i64::try_from(after).unwrap_or(i64::MAX);
        let rows: sqlx::Result<Vec<ConflictRow>> =
            sqlx::query_as(query::CONFLICT_PAGE).bind(after).bind(limit).fetch_all(&self.readers).await;
        let mut conflicts = read_all(rows.map_err(|e| classify("conflict", &e))?)?;
        let keys: Vec<ObservationKey> = conflicts.iter().map(|c| c.aside.key.clone()).collect();
        let held = figures::observations_at(&self.readers, &keys).await?;
        for conflict in &mut conflicts {
            let at = held.binary_search_by(|o| o.key.cmp(&conflict.aside.key)).ok();
            conflict.held = at.and_then(|at| held.get(at)).cloned();
        }
        Ok(conflicts)
    }
}
