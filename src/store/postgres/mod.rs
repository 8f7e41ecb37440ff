//! The store in a PostgreSQL database: several writers and readers side by side, several servers on one database, durable at commit.
//!
//! Everything that PostgreSQL does differently from other databases stays in this folder. Transactions run at READ COMMITTED: what must hold is
//! held by unique keys and row locks, so nothing depends on a snapshot that another transaction could have overtaken.

mod address;
mod decisions;
mod dictionary;
mod disputes;
mod drafts;
mod explanations;
mod figures;
mod migration;
mod moves;
mod query;
mod reads;
mod submissions;
mod transaction;

use async_trait::async_trait;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{Connection, PgConnection};
use std::sync::Arc;
use std::time::Duration;

use crate::store::sql::error::{broken, classify};
use crate::store::sql::group::Groups;
use crate::store::sql::numbers::Dictionary;
use crate::store::{Error, NewSubmission, Result, Store, Submitted, WriteTransaction, again};
pub use address::{AddressFault, PostgresAddress};
use submissions::PoolWriter;
use transaction::PostgresTransaction;

/// A connection that rested longer is asked whether it still is one before it is used.
const TRUSTED_REST: Duration = Duration::from_secs(2);

/// How a PostgreSQL database is opened.
#[derive(Clone, Copy, Debug)]
pub struct PostgresOptions {
    /// Connections that write side by side.
    pub n_writers: u32,
    /// Connections that read side by side; apart from the writers, so that neither takes all from the other.
    pub n_readers: u32,
    /// How long a call waits for a free connection, connecting included, before the store counts as unavailable.
    pub acquire_timeout: Duration,
    /// How long a statement may take before the store counts as unavailable.
    pub statement_timeout: Duration,
    /// How long a statement waits for another transaction before that is a conflict.
    pub lock_timeout: Duration,
    /// How long a transaction may rest between two statements before PostgreSQL ends it: its client is gone or hangs.
    pub idle_timeout: Duration,
}

impl Default for PostgresOptions {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self {
            n_writers: 8,
            n_readers: 4,
            acquire_timeout: seconds(30),
            statement_timeout: seconds(60),
            lock_timeout: seconds(10),
            idle_timeout: seconds(60),
        }
    }
}

impl PostgresOptions {
    /// Settings of each session. Plans are made once for any values, which the test of query plans sees as they are: a partitioned table
    /// costs more to plan than to read. Tables that were just made have no statistics yet, so that reading them from end to end would
    /// look cheap and stay chosen while they grow; compiling a plan pays for none of these statements.
    fn settings(&self) -> [(&'static str, String); 8] {
        let millis = |d: Duration| d.as_millis().to_string();
        [
            ("statement_timeout", millis(self.statement_timeout)),
            ("lock_timeout", millis(self.lock_timeout)),
            ("idle_in_transaction_session_timeout", millis(self.idle_timeout)),
            ("default_transaction_isolation", "read committed".to_owned()),
            ("synchronous_commit", "on".to_owned()),
            ("plan_cache_mode", "force_generic_plan".to_owned()),
            ("enable_seqscan", "off".to_owned()),
            ("jit", "off".to_owned()),
        ]
    }
}

/// A store in a PostgreSQL database.
pub struct PostgresStore {
    writers: PgPool,
    readers: PgPool,
    dictionary: Arc<Dictionary>,
    groups: Arc<Groups<PoolWriter>>,
}

impl PostgresStore {
    /// Opens the database and brings its schema up to date. [`Error::Unavailable`] where it cannot be reached, [`Error::Broken`] where it
    /// has a schema that this program does not know.
    pub async fn open(address: &PostgresAddress, options: PostgresOptions) -> Result<Self> {
        let base = address.connect_options().clone();
        migration::run(&base).await?;
        let base = base.options(options.settings());
        let writers = pool(options.n_writers, &options, base.clone()).await?;
        let readers = pool(options.n_readers, &options, base.options([("default_transaction_read_only", "on")])).await?;
        let dictionary = Arc::<Dictionary>::default();
        let groups = Arc::new(Groups::new(PoolWriter { pool: writers.clone(), dictionary: Arc::clone(&dictionary) }));
        let store = Self { writers, readers, dictionary, groups };
        store.warn_of_settings().await?;
        Ok(store)
    }

    /// Number of the newest migration that the database has.
    pub async fn schema_version(&self) -> Result<i64> {
        migration::version(&self.readers).await
    }

    /// A server that does not write through loses receipts when its machine fails; that is for its operator to know.
    async fn warn_of_settings(&self) -> Result<()> {
        for (setting, sql) in [("fsync", query::SHOW_FSYNC), ("full_page_writes", query::SHOW_FULL_PAGE_WRITES)] {
            let value: String = sqlx::query_scalar(sql).fetch_one(&self.readers).await.map_err(|e| classify("database", &e))?;
            if value != "on" {
                tracing::warn!(setting, value, "database may lose receipts when its machine fails");
            }
        }
        Ok(())
    }
}

async fn pool(n: u32, options: &PostgresOptions, connect: PgConnectOptions) -> Result<PgPool> {
    let pool = PgPoolOptions::new()
        .max_connections(n.max(1))
        .acquire_timeout(options.acquire_timeout)
        .test_before_acquire(false)
        .before_acquire(|connection: &mut PgConnection, meta| {
            Box::pin(async move {
                if meta.idle_for > TRUSTED_REST {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .connect_with(connect);
    pool.await.map_err(|e| classify("database", &e))
}

#[async_trait]
impl Store for PostgresStore {
    async fn begin(&self) -> Result<Box<dyn WriteTransaction>> {
        let failed = |e: sqlx::Error| classify("transaction", &e);
        let connection = self.writers.acquire().await.map_err(failed)?;
        // To its end also where nobody waits any more: sqlx does not roll back a transaction whose BEGIN was cancelled, and the connection
        // would go back to the others inside of it.
        let begun = tokio::spawn(sqlx::Transaction::begin(connection, None)).await.map_err(|e| broken("transaction", e))?;
        let begun = begun.map_err(failed)?;
        Ok(Box::new(PostgresTransaction::new(begun, Arc::clone(&self.dictionary))))
    }

    async fn submit(&self, submission: Arc<NewSubmission>) -> Result<Submitted> {
        again(|| self.groups.submit(Arc::clone(&submission))).await
    }

    async fn ping(&self) -> Result<()> {
        let one: i32 = sqlx::query_scalar(query::PING).fetch_one(&self.readers).await.map_err(|e| classify("database", &e))?;
        if one == 1 { Ok(()) } else { Err(Error::Broken { what: "database", detail: one.to_string() }) }
    }

    async fn close(&self) {
        self.writers.close().await;
        self.readers.close().await;
    }
}

#[cfg(test)]
mod tests;
