//! The ledger's two writes: figures for the first time, and corrected ones; and the reads that transactions and readers share.
//!
//! At most once is the table's primary key: an insert that meets a held key changes nothing, which the count of inserted rows tells. Rows go in
//! by key, so that two submissions of the same figures wait for each other and do not stand in each other's way.

use sqlx::postgres::{PgConnection, PgExecutor};
use std::collections::BTreeSet;

use crate::domain::observation::{NewObservation, Observation, ObservationKey, Receipt};
use crate::store::postgres::decisions::held_settlement;
use crate::store::postgres::{dictionary, query};
use crate::store::sql::error::{broken, classify};
use crate::store::sql::numbers::{Dictionary, Numbers};
use crate::store::sql::row::{ObservationRow, read_all};
use crate::store::{Error, Result};

/// The transaction's connection with the numbers it knows.
pub(super) struct Ledger<'t> {
    /// The connection.
    pub(super) connection: &'t mut PgConnection,
    /// Numbers that are committed.
    pub(super) dictionary: &'t Dictionary,
    /// Numbers that this transaction gave or read.
    pub(super) learned: &'t mut Numbers,
}

/// Figures as they are bound, column by column.
#[derive(Default)]
struct Columns {
    periods: Vec<i32>,
    elements: Vec<i64>,
    figures: Vec<String>,
    typed_as: Vec<i32>,
    versions: Vec<i64>,
}

impl Ledger<'_> {
    /// Stores a receipt with first versions, or nothing and answers with what is held.
    pub(super) async fn insert(mut self, receipt: &Receipt, figures: &[NewObservation]) -> Result<Vec<Observation>> {
        let versioned: Vec<(&NewObservation, u32)> = figures.iter().map(|f| (f, 1)).collect();
        // The numbers are given outside of the savepoint: they stay true when the figures are undone.
        let (unit, columns) = self.bind(receipt, versioned).await?;
        self.run(query::SAVEPOINT).await?;
        let inserted = sqlx::query(query::OBSERVATION_INSERT)
            .bind(unit)
            .bind(n_figures(receipt)?)
            .bind(receipt.id.as_str())
            .bind(receipt.reporter.as_str())
            .bind(receipt.request.as_str())
            .bind(&receipt.digest)
            .bind(receipt.stored_at.to_string())
            .bind(columns.periods)
            .bind(columns.elements)
            .bind(columns.figures)
            .bind(columns.typed_as)
            .execute(&mut *self.connection)
            .await
            .map_err(|e| classify("observation", &e))?;
        if inserted.rows_affected() == figures.len() as u64 {
            // The savepoint ends with the transaction, which saves a round trip.
            return Ok(Vec::new());
        }
        self.run(query::ROLLBACK_TO_SAVEPOINT).await?;
        let keys: Vec<ObservationKey> = figures.iter().map(|f| f.key.clone()).collect();
        let held = observations_at(self.connection, &keys).await?;
        if held.is_empty() { Err(broken("observation", "one call holds a key twice")) } else { Ok(held) }
    }

    /// Stores a receipt with corrected figures; the versions they replace stay readable.
    pub(super) async fn correct(mut self, receipt: &Receipt, figures: &[(NewObservation, u32)], reason: &str) -> Result<()> {
        // No decision moves the figures while their new versions are stored. First ones come after their plan was checked, which holds it too.
        held_settlement(self.connection).await?;
        let versioned: Vec<(&NewObservation, u32)> = figures.iter().map(|(f, version)| (f, *version)).collect();
        let (unit, columns) = self.bind(receipt, versioned).await?;
        let failed = |e: sqlx::Error| classify("observation", &e);
        let kept = sqlx::query(query::OBSERVATION_KEEP_REPLACED)
            .bind(unit)
            .bind(&columns.periods)
            .bind(&columns.elements)
            .bind(&columns.versions)
            .execute(&mut *self.connection)
            .await
            .map_err(failed)?;
        if kept.rows_affected() != figures.len() as u64 {
            return Err(Error::Conflict);
        }
        let replaced = sqlx::query(query::OBSERVATION_REPLACE)
            .bind(unit)
            .bind(n_figures(receipt)?)
            .bind(receipt.id.as_str())
            .bind(receipt.reporter.as_str())
            .bind(receipt.request.as_str())
            .bind(&receipt.digest)
            .bind(receipt.stored_at.to_string())
            .bind(reason)
            .bind(columns.periods)
            .bind(columns.elements)
            .bind(columns.figures)
            .bind(columns.typed_as)
            .bind(columns.versions)
            .execute(&mut *self.connection)
            .await
            .map_err(failed)?;
        if replaced.rows_affected() == figures.len() as u64 {
            Ok(())
        } else {
            Err(broken("observation", "replaced another number of figures than was kept"))
        }
    }

    /// The unit's number, and the figures by period and element.
    async fn bind(&mut self, receipt: &Receipt, mut figures: Vec<(&NewObservation, u32)>) -> Result<(i32, Columns)> {
        if let Some((stray, _)) = figures.iter().find(|(f, _)| f.key.unit != receipt.unit) {
            return Err(broken("observation", format!("figure of {} under a receipt of {}", stray.key.unit, receipt.unit)));
        }
        figures.sort_by_cached_key(|(f, _)| (f.key.period.to_ordinal(), f.key.element));
        let unit = dictionary::unit(self.dictionary, self.connection, self.learned, &receipt.unit).await?;
        let wanted: Vec<_> = figures.iter().map(|(f, _)| (&f.via, f.unit_of_measure.as_str(), f.key.element)).collect();
        let numbers = dictionary::typed_as(self.dictionary, self.connection, self.learned, &wanted).await?;
        let mut columns = Columns::default();
        for ((figure, version), number) in figures.into_iter().zip(numbers) {
            columns.periods.push(figure.key.period.to_ordinal());
            columns.elements.push(figure.key.element.to_stored());
            columns.figures.push(figure.figure.to_stored());
            columns.typed_as.push(i32::try_from(number).map_err(|e| broken("field", e))?);
            columns.versions.push(i64::from(version));
        }
        Ok((i32::try_from(unit).map_err(|e| broken("unit", e))?, columns))
    }

    async fn run(&mut self, statement: &'static str) -> Result<()> {
        let done = sqlx::query(statement).execute(&mut *self.connection).await;
        done.map(drop).map_err(|e| classify("transaction", &e))
    }
}

fn n_figures(receipt: &Receipt) -> Result<i32> {
    i32::try_from(receipt.n_figures).map_err(|e| broken("receipt", e))
}

/// Current observations under these keys, by key.
pub(super) async fn observations_at(executor: impl PgExecutor<'_>, keys: &[ObservationKey]) -> Result<Vec<Observation>> {
    let distinct: BTreeSet<(&str, i32, i64)> =
        keys.iter().map(|k| (k.unit.as_str(), k.period.to_ordinal(), k.element.to_stored())).collect();
    let units: Vec<&str> = distinct.iter().map(|(unit, ..)| *unit).collect();
    let periods: Vec<i32> = distinct.iter().map(|(_, period, _)| *period).collect();
    let elements: Vec<i64> = distinct.iter().map(|(.., element)| *element).collect();
    sorted(sqlx::query_as(query::OBSERVATIONS_AT).bind(units).bind(periods).bind(elements).fetch_all(executor).await)
}

/// Reads rows and brings them into the order of their keys, which the numbers in the table do not have.
pub(super) fn sorted(rows: sqlx::Result<Vec<ObservationRow>>) -> Result<Vec<Observation>> {
    let mut found = read_all(rows.map_err(|e| classify("observation", &e))?)?;
    found.sort_unstable_by(|a, b| a.key.cmp(&b.key));
    Ok(found)
}
