//! Drafts: one row for a unit and a due date, replaced under its version.

use async_trait::async_trait;
use jiff::civil::Date;
use sqlx::sqlite::{SqliteConnection, SqliteExecutor};

use crate::domain::draft::Draft;
use crate::domain::unit::UnitCode;
use crate::store::sql::bind;
use crate::store::sql::error::classify;
use crate::store::sql::row::{DraftRow, Stored, read_all};
use crate::store::sqlite::{SqliteStore, query};
use crate::store::{DraftMark, DraftReads, Error, Result};

/// The draft of a unit for a due date.
pub(super) async fn find(executor: impl SqliteExecutor<'_>, unit: &UnitCode, due: Date) -> Result<Option<Draft>> {
    let found: sqlx::Result<Option<DraftRow>> =
        sqlx::query_as(query::DRAFT).bind(unit.as_str()).bind(due.to_string()).fetch_optional(executor).await;
    found.map_err(|e| classify("draft", &e))?.map(Stored::read).transpose()
}

/// Stores a version of a draft in the place of the one before.
pub(super) async fn put(connection: &mut SqliteConnection, draft: &Draft) -> Result<()> {
    let done = sqlx::query(query::DRAFT_PUT)
        .bind(draft.unit.as_str())
        .bind(draft.due.to_string())
        .bind(i64::from(draft.version))
        .bind(bind::list("draft", &draft.cells)?)
        .bind(draft.saved_by.as_str())
        .bind(draft.saved_at.to_string())
        .execute(connection)
        .await
        .map_err(|e| classify("draft", &e))?;
    if done.rows_affected() == 1 { Ok(()) } else { Err(Error::Conflict) }
}

/// Removes a version of a draft; whether it was there.
pub(super) async fn remove(connection: &mut SqliteConnection, mark: &DraftMark) -> Result<bool> {
    let done = sqlx::query(query::DRAFT_REMOVE)
        .bind(mark.unit.as_str())
        .bind(mark.due.to_string())
        .bind(i64::from(mark.version))
        .execute(connection)
        .await
        .map_err(|e| classify("draft", &e))?;
    Ok(done.rows_affected() > 0)
}

#[async_trait]
impl DraftReads for SqliteStore {
    async fn draft(&self, unit: &UnitCode, due: Date) -> Result<Option<Draft>> {
        find(&self.readers, unit, due).await
    }

    async fn drafts(&self, unit: &UnitCode) -> Result<Vec<Draft>> {
        let rows: sqlx::Result<Vec<DraftRow>> = sqlx::query_as(query::DRAFTS_OF_UNIT).bind(unit.as_str()).fetch_all(&self.readers).await;
        read_all(rows.map_err(|e| classify("draft", &e))?)
    }
}
