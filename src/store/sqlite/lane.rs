//! The one writer: whoever wants to write waits in a fair queue for the one connection that may.
//!
//! A transaction that is dropped without commit, wherever its future was cancelled, is rolled back before the next turn begins. BEGIN, COMMIT
//! and ROLLBACK are plain statements here: sqlx counts open transactions on its own, and that count stays wrong for good after SQLite rolled one
//! back by itself (full disk, I/O error). A connection whose ROLLBACK fails is thrown away, which rolls back too, and another is opened.

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection};
use std::sync::Arc;
use tokio::runtime::Handle;
use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::store::sql::error::{broken, classify};
use crate::store::sqlite::query;
use crate::store::{Error, Result};

/// The queue and the connection at its head.
pub(super) struct Lane {
    options: SqliteConnectOptions,
    slot: Arc<Mutex<Slot>>,
}

struct Slot {
    connection: Option<SqliteConnection>,
    /// Whether the connection is known to be outside of any transaction.
    is_clean: bool,
    is_closed: bool,
}

impl Slot {
    /// Brings the connection out of whatever transaction it is in.
    async fn roll_back(&mut self) {
        let Some(connection) = self.connection.as_mut() else { return };
        match sqlx::query(query::ROLLBACK).execute(connection).await {
            Ok(_) => self.is_clean = true,
            Err(error) => {
                tracing::debug!(%error, "writer connection is replaced");
                self.connection = None;
            }
        }
    }
}

impl Lane {
    /// Opens the connection.
    pub(super) async fn open(options: SqliteConnectOptions) -> Result<Self> {
        let connection = options.connect().await.map_err(|e| classify("file", &e))?;
        let slot = Slot { connection: Some(connection), is_clean: true, is_closed: false };
        Ok(Self { options, slot: Arc::new(Mutex::new(slot)) })
    }

    /// Waits for the turn and begins a transaction that holds SQLite's write lock from the start, so that it never has to be upgraded.
    pub(super) async fn begin(&self) -> Result<Turn> {
        let mut turn = self.turn().await?;
        turn.expect_rollback();
        sqlx::query(query::BEGIN).execute(turn.connection()?).await.map_err(|e| classify("transaction", &e))?;
        Ok(turn)
    }

    /// Waits for the turn; the connection is outside of any transaction.
    pub(super) async fn turn(&self) -> Result<Turn> {
        let mut slot = Arc::clone(&self.slot).lock_owned().await;
        if slot.is_closed {
            return Err(Error::Unavailable { detail: "closed".to_owned() });
        }
        if !slot.is_clean {
            slot.roll_back().await;
        }
        if slot.connection.is_none() {
            slot.connection = Some(self.options.connect().await.map_err(|e| classify("file", &e))?);
            slot.is_clean = true;
        }
        Ok(Turn { slot: Some(slot) })
    }

    /// Waits for its turn, the last one, and closes the connection.
    pub(super) async fn close(&self) {
        let mut slot = self.slot.lock().await;
        slot.is_closed = true;
        if let Some(connection) = slot.connection.take()
            && let Err(error) = connection.close().await
        {
            tracing::warn!(%error, "writer connection did not close well");
        }
    }
}

/// The writer's connection, for as long as this lives.
pub(super) struct Turn {
    /// Present until the drop.
    slot: Option<OwnedMutexGuard<Slot>>,
}

impl Turn {
    /// The connection.
    pub(super) fn connection(&mut self) -> Result<&mut SqliteConnection> {
        let connection = self.slot.as_mut().and_then(|slot| slot.connection.as_mut());
        connection.ok_or_else(|| broken("transaction", "turn without a connection"))
    }

    /// Makes everything durable and ends the turn; `_before` is dropped before the next turn begins, however this ends.
    pub(super) async fn commit(mut self, _before: impl Send) -> Result<()> {
        sqlx::query(query::COMMIT).execute(self.connection()?).await.map_err(|e| classify("transaction", &e))?;
        if let Some(slot) = self.slot.as_mut() {
            slot.is_clean = true;
        }
        Ok(())
    }

    /// From here on the connection may be inside a transaction, even if the future that began it is gone.
    pub(super) fn expect_rollback(&mut self) {
        if let Some(slot) = self.slot.as_mut() {
            slot.is_clean = false;
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let Some(mut slot) = self.slot.take() else { return };
        if slot.is_clean {
            return;
        }
        // The lock that SQLite holds for the transaction must not outlive it: roll back now, before anybody asks for the next turn.
        match Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn(async move { slot.roll_back().await })),
            Err(_) => slot.connection = None,
        }
    }
}
