//! The store in one SQLite file: one writer in turn, several readers beside it (WAL), durable at commit (synchronous = FULL).
//!
//! Everything that SQLite does differently from other databases stays in this folder.

mod decisions;
mod dictionary;
mod disputes;
mod drafts;
mod explanations;
mod figures;
mod lane;
mod migration;
mod moves;
mod query;
mod reads;
mod submissions;
mod transaction;

use async_trait::async_trait;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::store::sql::error::classify;
use crate::store::sql::group::Groups;
use crate::store::sql::numbers::Dictionary;
use crate::store::sql::registry_log::RegistryLog;
use crate::store::{Error, NewSubmission, Result, Store, Submitted, WriteTransaction};
use lane::Lane;
use submissions::LaneWriter;
use transaction::SqliteTransaction;

/// How a SQLite file is opened.
#[derive(Clone, Copy, Debug)]
pub struct SqliteOptions {
    /// Connections that read side by side.
    pub n_readers: u32,
    /// How long a statement waits for another process that holds the file.
    pub busy_timeout: Duration,
    /// How long a read waits for a free connection before the store counts as unavailable.
    pub reader_timeout: Duration,
    /// Page cache of each connection, in KiB.
    pub cache_kib: u32,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        Self { n_readers: 4, busy_timeout: Duration::from_secs(5), reader_timeout: Duration::from_secs(30), cache_kib: 16 * 1024 }
    }
}

/// A store in one SQLite file.
pub struct SqliteStore {
    lane: Arc<Lane>,
    readers: SqlitePool,
    dictionary: Arc<Dictionary>,
    groups: Arc<Groups<LaneWriter>>,
    registry: Arc<RegistryLog>,
}

impl SqliteStore {
    /// Opens the file, makes it where there is none (its folder too), and brings its schema up to date.
    /// [`Error::Unavailable`] where the file cannot be opened or written, [`Error::Broken`] where it is no database of ours.
    pub async fn open(path: &Path, options: SqliteOptions) -> Result<Self> {
        if let Some(folder) = path.parent() {
            tokio::fs::create_dir_all(folder).await.map_err(|e| classify("file", &sqlx::Error::Io(e)))?;
        }
        let base = SqliteConnectOptions::new()
            .filename(path)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(options.busy_timeout)
            .pragma("cache_size", format!("-{}", options.cache_kib))
            // Rows cross from SQLite's thread in batches of this size.
            .row_buffer_size(256);
        let lane = Lane::open(base.clone().create_if_missing(true)).await?;
        migration::run(&lane).await?;
        let readers = SqlitePoolOptions::new()
            .max_connections(options.n_readers.max(1))
            .acquire_timeout(options.reader_timeout)
            .test_before_acquire(false)
            .connect_with(base.pragma("query_only", "ON"))
            .await
            .map_err(|e| classify("file", &e))?;
        let (lane, dictionary) = (Arc::new(lane), Arc::<Dictionary>::default());
        let groups = Arc::new(Groups::new(LaneWriter { lane: Arc::clone(&lane), dictionary: Arc::clone(&dictionary) }));
        Ok(Self { lane, readers, dictionary, groups, registry: Arc::default() })
    }

    /// Number of the newest migration that the file has.
    pub async fn schema_version(&self) -> Result<i64> {
        migration::version(&self.readers).await
    }

    /// Has SQLite check the whole file (pages, indexes, references); what does not fit, in its words. Reads everything.
    pub async fn check_file(&self) -> Result<Vec<String>> {
        let mut found: Vec<String> =
            sqlx::query_scalar("PRAGMA integrity_check").fetch_all(&self.readers).await.map_err(|e| classify("file", &e))?;
        found.retain(|line| line != "ok");
        let strays: Vec<(String,)> = sqlx::query_as("SELECT \"table\" FROM pragma_foreign_key_check")
            .fetch_all(&self.readers)
            .await
            .map_err(|e| classify("file", &e))?;
        found.extend(strays.into_iter().map(|(table,)| format!("row of {table} refers to nothing")));
        Ok(found)
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn begin(&self) -> Result<Box<dyn WriteTransaction>> {
        let turn = self.lane.begin().await?;
        Ok(Box::new(SqliteTransaction::new(turn, Arc::clone(&self.dictionary), Arc::clone(&self.registry))))
    }

    async fn submit(&self, submission: Arc<NewSubmission>) -> Result<Submitted> {
        self.groups.submit(submission).await
    }

    async fn ping(&self) -> Result<()> {
        let one: i64 = sqlx::query_scalar(query::PING).fetch_one(&self.readers).await.map_err(|e| classify("file", &e))?;
        if one == 1 { Ok(()) } else { Err(Error::Broken { what: "file", detail: one.to_string() }) }
    }

    async fn close(&self) {
        self.lane.close().await;
        self.readers.close().await;
    }
}

#[cfg(test)]
mod tests;
