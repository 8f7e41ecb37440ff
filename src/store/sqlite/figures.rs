//! The ledger's two writes: figures for the first time, and corrected ones; and the reads that transactions and readers share.
//!
//! At most once is the table's primary key: an insert that meets a held key changes nothing, which the count of inserted rows tells.

use serde::Serialize;
use sqlx::sqlite::{SqliteConnection, SqliteExecutor};
use std::collections::BTreeSet;

use crate::domain::observation::{NewObservation, Observation, ObservationKey, Receipt};
use crate::store::sql::bind;
use crate::store::sql::error::{broken, classify};
use crate::store::sql::numbers::{Dictionary, Numbers};
use crate::store::sql::row::{ObservationRow, read_all};
use crate::store::sqlite::{dictionary, query};
use crate::store::{Error, Result};

/// A figure as it is bound: period, element, figure, number of its field, version.
#[derive(Serialize)]
struct Bound(i32, i64, String, i64, u32);

/// The transaction's connection with the numbers it knows.
pub(super) struct Ledger<'t> {
    /// The writer.
    pub(super) connection: &'t mut SqliteConnection,
    /// Numbers that are committed.
    pub(super) dictionary: &'t Dictionary,
    /// Numbers that this transaction gave or read.
    pub(super) learned: &'t mut Numbers,
}

impl Ledger<'_> {
    /// Stores a receipt with first versions, or nothing and answers with what is held.
    pub(super) async fn insert(mut self, receipt: &Receipt, figures: &[NewObservation]) -> Result<Vec<Observation>> {
        let versioned: Vec<(&NewObservation, u32)> = figures.iter().map(|f| (f, 1)).collect();
        let unit = dictionary::unit(self.dictionary, self.connection, self.learned, &receipt.unit).await?;
        // The numbers are given outside of the savepoint: they stay true when the figures are undone.
        let rows = self.bind(receipt, &versioned).await?;
        self.run(query::SAVEPOINT).await?;
        let number = self.receipt(receipt, unit, "").await?;
        let inserted = sqlx::query(query::OBSERVATION_INSERT)
            .bind(unit)
            .bind(number)
            .bind(rows)
            .execute(&mut *self.connection)
            .await
            .map_err(|e| classify("observation", &e))?;
        let is_whole = inserted.rows_affected() == figures.len() as u64;
        if !is_whole {
            self.run(query::ROLLBACK_TO_SAVEPOINT).await?;
        }
        self.run(query::RELEASE_SAVEPOINT).await?;
        if is_whole {
            return Ok(Vec::new());
        }
        let keys: Vec<ObservationKey> = figures.iter().map(|f| f.key.clone()).collect();
        let held = observations_at(self.connection, &keys).await?;
        if held.is_empty() { Err(broken("observation", "one call holds a key twice")) } else { Ok(held) }
    }

    /// Stores a receipt with corrected figures; the versions they replace stay readable.
    pub(super) async fn correct(mut self, receipt: &Receipt, figures: &[(NewObservation, u32)], reason: &str) -> Result<()> {
        let versioned: Vec<(&NewObservation, u32)> = figures.iter().map(|(f, version)| (f, *version)).collect();
        let unit = dictionary::unit(self.dictionary, self.connection, self.learned, &receipt.unit).await?;
        let rows = self.bind(receipt, &versioned).await?;
        let number = self.receipt(receipt, unit, reason).await?;
        let failed = |e: sqlx::Error| classify("observation", &e);
        let kept =
            sqlx::query(query::OBSERVATION_KEEP_REPLACED).bind(unit).bind(&rows).execute(&mut *self.connection).await.map_err(failed)?;
        if kept.rows_affected() != figures.len() as u64 {
            return Err(Error::Conflict);
        }
        let replaced = sqlx::query(query::OBSERVATION_REPLACE)
            .bind(unit)
            .bind(number)
            .bind(&rows)
            .execute(&mut *self.connection)
            .await
            .map_err(failed)?;
        if replaced.rows_affected() == figures.len() as u64 {
            Ok(())
        } else {
            Err(broken("observation", "replaced another number of figures than was kept"))
        }
    }

    async fn bind(&mut self, receipt: &Receipt, figures: &[(&NewObservation, u32)]) -> Result<String> {
        if let Some((stray, _)) = figures.iter().find(|(f, _)| f.key.unit != receipt.unit) {
            return Err(broken("observation", format!("figure of {} under a receipt of {}", stray.key.unit, receipt.unit)));
        }
        let wanted: Vec<_> = figures.iter().map(|(f, _)| (&f.via, f.unit_of_measure.as_str(), f.key.element)).collect();
        let numbers = dictionary::typed_as(self.dictionary, self.connection, self.learned, &wanted).await?;
        let rows: Vec<Bound> = figures
            .iter()
            .zip(numbers)
            .map(|((f, version), number)| {
                Bound(f.key.period.to_ordinal(), f.key.element.to_stored(), f.figure.to_stored(), number, *version)
            })
            .collect();
        bind::list("observation", &rows)
    }

    async fn receipt(&mut self, receipt: &Receipt, unit: i64, reason: &str) -> Result<i64> {
        let inserted = sqlx::query(query::RECEIPT_INSERT)
            .bind(receipt.id.as_str())
            .bind(unit)
            .bind(receipt.reporter.as_str())
            .bind(receipt.request.as_str())
            .bind(receipt.n_figures)
            .bind(&receipt.digest)
            .bind(receipt.stored_at.to_string())
            .bind(reason)
            .execute(&mut *self.connection)
            .await
            .map_err(|e| classify("receipt", &e))?;
        Ok(inserted.last_insert_rowid())
    }

    async fn run(&mut self, statement: &'static str) -> Result<()> {
        let done = sqlx::query(statement).execute(&mut *self.connection).await;
        done.map(drop).map_err(|e| classify("transaction", &e))
    }
}

/// Current observations under these keys, by key.
pub(super) async fn observations_at(executor: impl SqliteExecutor<'_>, keys: &[ObservationKey]) -> Result<Vec<Observation>> {
    let distinct: BTreeSet<(&str, i32, i64)> =
        keys.iter().map(|k| (k.unit.as_str(), k.period.to_ordinal(), k.element.to_stored())).collect();
    let wanted = bind::list("observation", &distinct)?;
    sorted(sqlx::query_as(query::OBSERVATIONS_AT).bind(wanted).fetch_all(executor).await)
}

/// Reads rows and brings them into the order of their keys, which the numbers in the table do not have.
pub(super) fn sorted(rows: sqlx::Result<Vec<ObservationRow>>) -> Result<Vec<Observation>> {
    let mut found = read_all(rows.map_err(|e| classify("observation", &e))?)?;
    found.sort_unstable_by(|a, b| a.key.cmp(&b.key));
    Ok(found)
}
