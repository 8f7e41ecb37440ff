//! Reads of what is committed, on the connections that read side by side.

use async_trait::async_trait;
use sqlx::postgres::PgExecutor;
use std::collections::BTreeSet;

use crate::domain::audit::AuditRecord;
use crate::domain::caller::TokenRecord;
use crate::domain::id::{FormId, OrganisationId, ReceiptId};
use crate::domain::observation::{ExplainedVersion, Observation, ObservationKey, Receipt};
use crate::domain::organisation::Organisation;
use crate::domain::unit::{UnitCode, UnitRow};
use crate::store::postgres::{PostgresStore, explanations, figures, query};
use crate::store::sql::error::{broken, classify};
use crate::store::sql::row::{self, Stored, read_all};
use crate::store::{
    AuditReads, ObservationFilter, ObservationReads, OrganisationReads, RegistryChanges, RegistryReads, Result, StoredForm, TemplateReads,
    TokenReads, UnitReads,
};

/// The newest version of a form.
pub(super) async fn newest_template(executor: impl PgExecutor<'_>, form: &FormId) -> Result<Option<StoredForm>> {
    let found: sqlx::Result<Option<row::FormRow>> =
        sqlx::query_as(query::TEMPLATE_NEWEST).bind(form.as_str()).fetch_optional(executor).await;
    found.map_err(|e| classify("template", &e))?.map(Stored::read).transpose()
}

/// All organisations by id.
pub(super) async fn all_organisations(executor: impl PgExecutor<'_>) -> Result<Vec<Organisation>> {
    let rows: sqlx::Result<Vec<row::OrganisationRow>> = sqlx::query_as(query::ORGANISATION_ALL).fetch_all(executor).await;
    read_all(rows.map_err(|e| classify("organisation", &e))?)
}

/// All unit rows by code and first day.
pub(super) async fn all_unit_rows(executor: impl PgExecutor<'_>) -> Result<Vec<UnitRow>> {
    let rows: sqlx::Result<Vec<row::UnitRowRow>> = sqlx::query_as(query::UNIT_ROW_ALL).fetch_all(executor).await;
    read_all(rows.map_err(|e| classify("unit", &e))?)
}

#[async_trait]
impl OrganisationReads for PostgresStore {
    async fn organisations(&self, after: Option<&OrganisationId>, limit: u32) -> Result<Vec<Organisation>> {
        let rows: sqlx::Result<Vec<row::OrganisationRow>> = sqlx::query_as(query::ORGANISATION_PAGE)
            .bind(after.map_or("", OrganisationId::as_str))
            .bind(i64::from(limit))
            .fetch_all(&self.readers)
            .await;
        read_all(rows.map_err(|e| classify("organisation", &e))?)
    }

    async fn organisation(&self, id: &OrganisationId) -> Result<Option<Organisation>> {
        let found: sqlx::Result<Option<row::OrganisationRow>> =
            sqlx::query_as(query::ORGANISATION).bind(id.as_str()).fetch_optional(&self.readers).await;
        found.map_err(|e| classify("organisation", &e))?.map(Stored::read).transpose()
    }
}

#[async_trait]
impl UnitReads for PostgresStore {
    async fn unit_rows(&self) -> Result<Vec<UnitRow>> {
        all_unit_rows(&self.readers).await
    }
}

#[async_trait]
impl TemplateReads for PostgresStore {
    async fn template(&self, form: &FormId, version: Option<u32>) -> Result<Option<StoredForm>> {
        let Some(version) = version else { return newest_template(&self.readers, form).await };
        // A number past the column's range names no version.
        let Ok(version) = i32::try_from(version) else { return Ok(None) };
        let found: sqlx::Result<Option<row::FormRow>> =
            sqlx::query_as(query::TEMPLATE_VERSION).bind(form.as_str()).bind(version).fetch_optional(&self.readers).await;
        found.map_err(|e| classify("template", &e))?.map(Stored::read).transpose()
    }

    async fn newest_templates(&self, after: Option<&FormId>, limit: u32) -> Result<Vec<StoredForm>> {
        let rows: sqlx::Result<Vec<row::FormRow>> = sqlx::query_as(query::TEMPLATE_PAGE)
            .bind(after.map_or("", FormId::as_str))
            .bind(i64::from(limit))
            .fetch_all(&self.readers)
            .await;
        read_all(rows.map_err(|e| classify("template", &e))?)
    }
}

/// A version of a form with the generation that it came with.
#[derive(sqlx::FromRow)]
struct ChangeRow {
    #[sqlx(flatten)]
    form: row::FormRow,
    generation: i64,
}

#[async_trait]
impl RegistryReads for PostgresStore {
    async fn registry_generation(&self) -> Result<u64> {
        Ok(registry(self).await?.0.unsigned_abs())
    }

    async fn registry_changes(&self, after: u64, limit: u32) -> Result<RegistryChanges> {
        let after = i64::try_from(after).map_err(|e| broken("registry", e))?;
        // Generations are committed one after the other, so what is read after this one holds all up to it.
        let (newest, of_units) = registry(self).await?;
        let rows: sqlx::Result<Vec<ChangeRow>> =
            sqlx::query_as(query::TEMPLATE_CHANGES).bind(after).bind(newest).bind(i64::from(limit)).fetch_all(&self.readers).await;
        let rows = rows.map_err(|e| classify("template", &e))?;
        let is_cut = rows.len() >= limit as usize;
        let generation = rows.last().filter(|_| is_cut).map_or(newest, |last| last.generation);
        let forms = read_all(rows.into_iter().map(|r| r.form).collect())?;
        let units = if of_units > after { Some(all_unit_rows(&self.readers).await?) } else { None };
        Ok(RegistryChanges { generation: generation.unsigned_abs(), forms, units })
    }
}

/// The registry's generation, and the one in which units were last stored.
async fn registry(store: &PostgresStore) -> Result<(i64, i64)> {
    sqlx::query_as(query::REGISTRY).fetch_one(&store.readers).await.map_err(|e| classify("registry", &e))
}

#[async_trait]
impl ObservationReads for PostgresStore {
    async fn observations(&self, filter: &ObservationFilter) -> Result<Vec<Observation>> {
        let units: BTreeSet<&str> = filter.units.iter().map(UnitCode::as_str).collect();
        let elements: BTreeSet<i64> = filter.elements.iter().map(|e| e.to_stored()).collect();
        let periods: BTreeSet<i32> = filter.periods.iter().map(|p| p.to_ordinal()).collect();
        let statement = match (periods.is_empty(), elements.is_empty()) {
            (true, true) => query::OBSERVATIONS_OF_UNITS,
            (true, false) => query::OBSERVATIONS_OF_ELEMENTS,
            (false, true) => query::OBSERVATIONS_OF_PERIODS,
            (false, false) => query::OBSERVATIONS_OF_ALL,
        };
        let mut asked = sqlx::query_as(statement).bind(Vec::from_iter(units));
        if !periods.is_empty() {
            asked = asked.bind(Vec::from_iter(periods));
        }
        if !elements.is_empty() {
            asked = asked.bind(Vec::from_iter(elements));
        }
        figures::sorted(asked.fetch_all(&self.readers).await)
    }

    async fn observations_at(&self, keys: &[ObservationKey]) -> Result<Vec<Observation>> {
        figures::observations_at(&self.readers, keys).await
    }

    async fn observation_versions(&self, key: &ObservationKey) -> Result<Vec<Observation>> {
        let rows: sqlx::Result<Vec<row::ObservationRow>> = sqlx::query_as(query::OBSERVATION_VERSIONS)
            .bind(key.unit.as_str())
            .bind(key.period.to_ordinal())
            .bind(key.element.to_stored())
            .fetch_all(&self.readers)
            .await;
        read_all(rows.map_err(|e| classify("observation", &e))?)
    }

    async fn explanations(&self, keys: &[ObservationKey]) -> Result<Vec<ExplainedVersion>> {
        explanations::at(&self.readers, keys).await
    }

    async fn receipt(&self, id: &ReceiptId) -> Result<Option<Receipt>> {
        let found: sqlx::Result<Option<row::ReceiptRow>> =
            sqlx::query_as(query::RECEIPT).bind(id.as_str()).fetch_optional(&self.readers).await;
        found.map_err(|e| classify("receipt", &e))?.map(Stored::read).transpose()
    }

    async fn receipts(&self, unit: &UnitCode, before: Option<&ReceiptId>, limit: u32) -> Result<Vec<Receipt>> {
        let asked = match before {
            None => sqlx::query_as(query::RECEIPT_PAGE).bind(unit.as_str()),
            Some(before) => sqlx::query_as(query::RECEIPT_PAGE_BEFORE).bind(unit.as_str()).bind(before.as_str()),
        };
        let rows: sqlx::Result<Vec<row::ReceiptRow>> = asked.bind(i64::from(limit)).fetch_all(&self.readers).await;
        read_all(rows.map_err(|e| classify("receipt", &e))?)
    }

    async fn n_observations(&self) -> Result<u64> {
        let count: i64 =
            sqlx::query_scalar(query::OBSERVATION_COUNT).fetch_one(&self.readers).await.map_err(|e| classify("observation", &e))?;
        Ok(count.unsigned_abs())
    }
}

#[async_trait]
impl TokenReads for PostgresStore {
    async fn token(&self, digest: &str) -> Result<Option<TokenRecord>> {
        let found: sqlx::Result<Option<row::TokenRow>> = sqlx::query_as(query::TOKEN).bind(digest).fetch_optional(&self.readers).await;
        found.map_err(|e| classify("token", &e))?.map(Stored::read).transpose()
    }

    async fn tokens(&self) -> Result<Vec<TokenRecord>> {
        let rows: sqlx::Result<Vec<row::TokenRow>> = sqlx::query_as(query::TOKEN_ALL).fetch_all(&self.readers).await;
        read_all(rows.map_err(|e| classify("token", &e))?)
    }
}

#[async_trait]
impl AuditReads for PostgresStore {
    async fn audit_records(&self, after: u64, limit: u32) -> Result<Vec<AuditRecord>> {
        let after = i64::try_from(after).unwrap_or(i64::MAX);
        let rows: sqlx::Result<Vec<row::AuditRow>> =
            sqlx::query_as(query::AUDIT_PAGE).bind(after).bind(i64::from(limit)).fetch_all(&self.readers).await;
        read_all(rows.map_err(|e| classify("audit", &e))?)
    }
}
