//! Decisions of reviewers, and the number of the settlement that they make.

use async_trait::async_trait;
use sqlx::postgres::{PgConnection, PgQueryResult};

use crate::domain::decision::{Decision, DecisionId, FigureConflict, RenamedDecision, Undone};
use crate::domain::id::FieldKey;
use crate::domain::observation::{Observation, ObservationKey};
use crate::domain::unit::UnitCode;
use crate::store::postgres::{PostgresStore, figures, query};
use crate::store::sql::error::{broken, classify};
use crate::store::sql::row::{ConflictRow, DecisionRow, FieldRow, ObservationRow, read_all};
use crate::store::{DecisionReads, Error, Result};

/// Stores a decision.
pub(super) async fn insert(connection: &mut PgConnection, decision: &Decision) -> Result<()> {
    let lesson = decision.lesson.as_ref().map(serde_json::to_string).transpose().map_err(|e| broken("decision", e))?;
    let since = |n: u32| i32::try_from(n).map_err(|e| broken("decision", e));
    sqlx::query(query::DECISION_INSERT)
        .bind(number(decision.id))
        .bind(decision.a.form.as_str())
        .bind(decision.a.field.as_str())
        .bind(since(decision.a.since)?)
        .bind(decision.b.form.as_str())
        .bind(decision.b.field.as_str())
        .bind(since(decision.b.since)?)
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
pub(super) async fn undo(connection: &mut PgConnection, decision: DecisionId, undone: &Undone) -> Result<()> {
    let done = sqlx::query(query::DECISION_UNDO)
        .bind(number(decision))
        .bind(undone.by.as_str())
        .bind(undone.at.to_string())
        .bind(&undone.note)
        .execute(&mut *connection)
        .await;
    exactly_one(&done.map_err(|e| classify("decision", &e))?)?;
    next_settlement(connection).await
}

/// Puts a disputed decision in force.
pub(super) async fn uphold(connection: &mut PgConnection, decision: DecisionId) -> Result<()> {
    let done = sqlx::query(query::DECISION_UPHOLD).bind(number(decision)).execute(&mut *connection).await;
    exactly_one(&done.map_err(|e| classify("decision", &e))?)?;
    next_settlement(connection).await
}

/// Gives decisions other keys for their fields.
pub(super) async fn rename(connection: &mut PgConnection, keys: &[RenamedDecision]) -> Result<()> {
    sqlx::query(query::DECISION_RENAME)
        .bind(Vec::from_iter(keys.iter().map(|r| number(r.id))))
        .bind(Vec::from_iter(keys.iter().map(|r| r.a_key.as_str())))
        .bind(Vec::from_iter(keys.iter().map(|r| r.b_key.as_str())))
        .bind(Vec::from_iter(keys.iter().map(|r| r.sets_apart)))
        .execute(&mut *connection)
        .await
        .map_err(|e| classify("decision", &e))?;
    next_settlement(connection).await
}

/// Number of the settlement in force, which stays in force until the transaction ends.
pub(super) async fn held_settlement(connection: &mut PgConnection) -> Result<u64> {
    let version: i64 = sqlx::query_scalar(query::SETTLEMENT_HELD).fetch_one(connection).await.map_err(|e| classify("settlement", &e))?;
    Ok(version.unsigned_abs())
}

/// From here on another settlement is in force. Waits for the transactions that store figures under the present one.
pub(super) async fn next_settlement(connection: &mut PgConnection) -> Result<()> {
    let done = sqlx::query(query::SETTLEMENT_NEXT).execute(connection).await;
    done.map(drop).map_err(|e| classify("settlement", &e))
}

/// Refuses a change that did not find its one row.
pub(super) fn exactly_one(done: &PgQueryResult) -> Result<()> {
    if done.rows_affected() == 1 { Ok(()) } else { Err(Error::Conflict) }
}

fn number(decision: DecisionId) -> i64 {
    i64::try_from(decision.0).unwrap_or(i64::MAX)
}

#[async_trait]
impl DecisionReads for PostgresStore {
    async fn decisions(&self) -> Result<Vec<Decision>> {
        let rows: sqlx::Result<Vec<DecisionRow>> = sqlx::query_as(query::DECISION_ALL).fetch_all(&self.readers).await;
        read_all(rows.map_err(|e| classify("decision", &e))?)
    }

    async fn settlement_version(&self) -> Result<u64> {
        let version: sqlx::Result<i64> = sqlx::query_scalar(query::SETTLEMENT_VERSION).fetch_one(&self.readers).await;
        Ok(version.map_err(|e| classify("settlement", &e))?.unsigned_abs())
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
            sqlx::query_as(query::CONFLICT_PAGE).bind(after).bind(i64::from(limit)).fetch_all(&self.readers).await;
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
