//! Disputes: raised once, ended once, never removed.

use async_trait::async_trait;
use sqlx::sqlite::{SqliteConnection, SqliteExecutor};

use crate::domain::caller::Scope;
use crate::domain::dispute::{Dispute, DisputeEnd, DisputeId, NewDispute};
use crate::domain::unit::UnitCode;
use crate::store::sql::bind;
use crate::store::sql::error::classify;
use crate::store::sql::row::{DisputeRow, Stored, addressee, read_all};
use crate::store::sqlite::{SqliteStore, query};
use crate::store::{DisputeReads, Error, Result};

/// A dispute.
pub(super) async fn find(executor: impl SqliteExecutor<'_>, dispute: DisputeId) -> Result<Option<Dispute>> {
    let found: sqlx::Result<Option<DisputeRow>> = sqlx::query_as(query::DISPUTE).bind(number(dispute.0)).fetch_optional(executor).await;
    found.map_err(|e| classify("dispute", &e))?.map(Stored::read).transpose()
}

/// The open dispute of a unit about a subject.
pub(super) async fn find_open(executor: impl SqliteExecutor<'_>, unit: &UnitCode, subject: &str) -> Result<Option<DisputeId>> {
    let found: sqlx::Result<Option<i64>> =
        sqlx::query_scalar(query::DISPUTE_OPEN).bind(unit.as_str()).bind(subject).fetch_optional(executor).await;
    Ok(found.map_err(|e| classify("dispute", &e))?.map(|number| DisputeId(number.unsigned_abs())))
}

/// Stores a new dispute.
pub(super) async fn insert(connection: &mut SqliteConnection, dispute: &NewDispute) -> Result<DisputeId> {
    let number: sqlx::Result<i64> = sqlx::query_scalar(query::DISPUTE_INSERT)
        .bind(dispute.unit.as_str())
        .bind(addressee(&dispute.addressee))
        .bind(dispute.subject())
        .bind(bind::list("dispute", &dispute.about)?)
        .bind(dispute.raised_by.as_str())
        .bind(dispute.raised_at.to_string())
        .fetch_one(connection)
        .await;
    Ok(DisputeId(number.map_err(|e| classify("dispute", &e))?.unsigned_abs()))
}

/// Ends an open dispute.
pub(super) async fn end(connection: &mut SqliteConnection, dispute: DisputeId, end: &DisputeEnd) -> Result<()> {
    let done = sqlx::query(query::DISPUTE_END)
        .bind(number(dispute.0))
        .bind(end.state.as_str())
        .bind(end.by.as_str())
        .bind(end.at.to_string())
        .bind(&end.note)
        .bind(end.receipt.as_ref().map(|receipt| receipt.as_str()))
        .execute(connection)
        .await
        .map_err(|e| classify("dispute", &e))?;
    if done.rows_affected() == 1 { Ok(()) } else { Err(Error::Conflict) }
}

fn number(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

#[async_trait]
impl DisputeReads for SqliteStore {
    async fn dispute(&self, dispute: DisputeId) -> Result<Option<Dispute>> {
        find(&self.readers, dispute).await
    }

    async fn disputes(&self, after: u64, limit: u32) -> Result<Vec<Dispute>> {
        let rows: sqlx::Result<Vec<DisputeRow>> =
            sqlx::query_as(query::DISPUTE_PAGE).bind(number(after)).bind(i64::from(limit)).fetch_all(&self.readers).await;
        read_all(rows.map_err(|e| classify("dispute", &e))?)
    }

    async fn disputes_of(&self, party: &Scope, after: u64, limit: u32) -> Result<Vec<Dispute>> {
        let unit = if let Scope::Unit(unit) = party { unit.as_str() } else { "" };
        let rows: sqlx::Result<Vec<DisputeRow>> = sqlx::query_as(query::DISPUTE_PAGE_OF)
            .bind(unit)
            .bind(addressee(party))
            .bind(number(after))
            .bind(i64::from(limit))
            .fetch_all(&self.readers)
            .await;
        read_all(rows.map_err(|e| classify("dispute", &e))?)
    }
}
