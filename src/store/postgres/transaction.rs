//! A transaction on one of the writers.
//!
//! A call that failed, or whose future was cancelled, may have done half of its work. Such a transaction refuses everything from then on,
//! commit included, so that no half of a use case is ever stored. Dropping it rolls back.

use async_trait::async_trait;
use jiff::civil::Date;
use sqlx::postgres::{PgArguments, PgConnection, Postgres};
use sqlx::query::Query;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::audit::{AuditRecord, NewAuditRecord, chain_hash};
use crate::domain::caller::TokenRecord;
use crate::domain::decision::{Decision, DecisionId, RenamedDecision, Undone};
use crate::domain::dispute::{Dispute, DisputeEnd, DisputeId, NewDispute};
use crate::domain::draft::Draft;
use crate::domain::id::{AccountId, FormId, RequestId};
use crate::domain::observation::{Explanation, NewObservation, Observation, ObservationKey, Receipt};
use crate::domain::organisation::Organisation;
use crate::domain::unit::{UnitCode, UnitRow};
use crate::store::postgres::figures::{self, Ledger};
use crate::store::postgres::{decisions, disputes, drafts, explanations, moves, query, reads};
use crate::store::sql::bind;
use crate::store::sql::error::{broken, classify};
use crate::store::sql::numbers::{Dictionary, Numbers};
use crate::store::sql::row::{AnswerRow, Stored};
use crate::store::{DraftMark, FigureMove, Moved, RememberedAnswer, Result, StoredForm, WriteTransaction};

/// The transaction.
pub(super) struct PostgresTransaction {
    transaction: sqlx::Transaction<'static, Postgres>,
    dictionary: Arc<Dictionary>,
    learned: Numbers,
    /// The generation that this transaction makes, once it holds the registry.
    generation: Option<i64>,
    /// Whether every call so far went through to its end.
    is_intact: bool,
}

impl PostgresTransaction {
    /// Takes a transaction that has begun.
    pub(super) fn new(transaction: sqlx::Transaction<'static, Postgres>, dictionary: Arc<Dictionary>) -> Self {
        Self { transaction, dictionary, learned: Numbers::default(), generation: None, is_intact: true }
    }

    /// Begins a call; whoever does not reach [`Self::end`] leaves the transaction unusable.
    fn start(&mut self) -> Result<&mut PgConnection> {
        if !std::mem::replace(&mut self.is_intact, false) {
            return Err(broken("transaction", "used after a call that failed or was cancelled"));
        }
        Ok(&mut self.transaction)
    }

    /// Ends a call.
    fn end<T>(&mut self, outcome: Result<T>) -> Result<T> {
        self.is_intact = outcome.is_ok();
        outcome
    }

    fn ledger(&mut self) -> Result<Ledger<'_>> {
        self.start()?;
        Ok(Ledger { connection: &mut self.transaction, dictionary: &self.dictionary, learned: &mut self.learned })
    }

    async fn run(&mut self, what: &'static str, statement: Query<'_, Postgres, PgArguments>) -> Result<()> {
        let connection = self.start()?;
        let outcome = statement.execute(connection).await.map(drop).map_err(|e| classify(what, &e));
        self.end(outcome)
    }

    /// Takes the registry, if this transaction does not have it yet, and answers with the generation that it makes.
    async fn raise_generation(&mut self) -> Result<i64> {
        if let Some(generation) = self.generation {
            return Ok(generation);
        }
        let raised = sqlx::query_scalar(query::REGISTRY_RAISE).fetch_one(self.start()?).await;
        let generation: i64 = self.end(raised.map_err(|e| classify("registry", &e)))?;
        self.generation = Some(generation);
        Ok(generation)
    }
}

#[async_trait]
impl WriteTransaction for PostgresTransaction {
    async fn remembered_answer(&mut self, account: &AccountId, request: &RequestId) -> Result<Option<RememberedAnswer>> {
        let outcome = remembered_answer(self.start()?, account, request).await;
        self.end(outcome)
    }

    async fn remember_answer(&mut self, account: &AccountId, request: &RequestId, answer: &RememberedAnswer) -> Result<()> {
        let outcome = remember_answer(self.start()?, account, request, answer).await;
        self.end(outcome)
    }

    async fn lock_registry(&mut self) -> Result<u64> {
        Ok((self.raise_generation().await? - 1).unsigned_abs())
    }

    async fn all_organisations(&mut self) -> Result<Vec<Organisation>> {
        let outcome = reads::all_organisations(self.start()?).await;
        self.end(outcome)
    }

    async fn put_organisations(&mut self, organisations: &[Organisation]) -> Result<()> {
        // One statement changes a row once, so of rows with the same key only the last is sent.
        let rows: BTreeMap<_, _> = organisations.iter().map(|o| (&o.id, bind::organisation(o))).collect();
        let statement = sqlx::query(query::ORGANISATION_PUT)
            .bind(Vec::from_iter(rows.values().map(|r| r.0)))
            .bind(Vec::from_iter(rows.values().map(|r| r.1)))
            .bind(Vec::from_iter(rows.values().map(|r| r.2)))
            .bind(Vec::from_iter(rows.values().map(|r| r.3)));
        self.run("organisation", statement).await
    }

    async fn all_unit_rows(&mut self) -> Result<Vec<UnitRow>> {
        let outcome = reads::all_unit_rows(self.start()?).await;
        self.end(outcome)
    }

    async fn put_unit_rows(&mut self, rows: &[UnitRow]) -> Result<()> {
        self.raise_generation().await?;
        self.run("registry", sqlx::query(query::REGISTRY_HAS_UNITS)).await?;
        let rows: BTreeMap<_, _> = rows.iter().map(|r| ((&r.code, r.valid_from), bind::unit_row(r))).collect();
        let statement = sqlx::query(query::UNIT_ROW_PUT)
            .bind(Vec::from_iter(rows.values().map(|r| r.0)))
            .bind(Vec::from_iter(rows.values().map(|r| r.1.as_str())))
            .bind(Vec::from_iter(rows.values().map(|r| r.2)))
            .bind(Vec::from_iter(rows.values().map(|r| r.3)))
            .bind(Vec::from_iter(rows.values().map(|r| r.4)))
            .bind(Vec::from_iter(rows.values().map(|r| r.5.as_deref())));
        self.run("unit", statement).await
    }

    async fn newest_template(&mut self, form: &FormId) -> Result<Option<StoredForm>> {
        let outcome = reads::newest_template(self.start()?, form).await;
        self.end(outcome)
    }

    async fn insert_template(&mut self, form: &StoredForm) -> Result<()> {
        let template = bind::list("template", &form.template)?;
        let fields = bind::list("field", &form.fields)?;
        let version = i32::try_from(form.template.version).map_err(|e| broken("template", e))?;
        let generation = self.raise_generation().await?;
        let statement = sqlx::query(query::TEMPLATE_INSERT)
            .bind(form.template.template.id.as_str())
            .bind(version)
            .bind(form.template.registered_at.to_string())
            .bind(&form.vocabulary)
            .bind(template)
            .bind(fields)
            .bind(generation);
        self.run("template", statement).await
    }

    async fn insert_observations(&mut self, receipt: &Receipt, figures: &[NewObservation]) -> Result<Vec<Observation>> {
        let outcome = self.ledger()?.insert(receipt, figures).await;
        self.end(outcome)
    }

    async fn observations_at(&mut self, keys: &[ObservationKey]) -> Result<Vec<Observation>> {
        let outcome = figures::observations_at(self.start()?, keys).await;
        self.end(outcome)
    }

    async fn correct_observations(&mut self, receipt: &Receipt, figures: &[(NewObservation, u32)], reason: &str) -> Result<()> {
        let outcome = self.ledger()?.correct(receipt, figures, reason).await;
        self.end(outcome)
    }

    async fn hold_unit(&mut self, unit: &UnitCode) -> Result<()> {
        let outcome = hold_unit(self.start()?, unit).await;
        self.end(outcome)
    }

    async fn explain(&mut self, explanations: &[Explanation]) -> Result<()> {
        let outcome = explanations::insert(self.start()?, explanations).await;
        self.end(outcome)
    }

    async fn draft(&mut self, unit: &UnitCode, due: Date) -> Result<Option<Draft>> {
        let outcome = drafts::find(self.start()?, unit, due).await;
        self.end(outcome)
    }

    async fn put_draft(&mut self, draft: &Draft) -> Result<()> {
        let outcome = drafts::put(self.start()?, draft).await;
        self.end(outcome)
    }

    async fn remove_draft(&mut self, mark: &DraftMark) -> Result<bool> {
        let outcome = drafts::remove(self.start()?, mark).await;
        self.end(outcome)
    }

    async fn dispute(&mut self, dispute: DisputeId) -> Result<Option<Dispute>> {
        let outcome = disputes::find(self.start()?, dispute).await;
        self.end(outcome)
    }

    async fn open_dispute(&mut self, unit: &UnitCode, subject: &str) -> Result<Option<DisputeId>> {
        let outcome = disputes::find_open(self.start()?, unit, subject).await;
        self.end(outcome)
    }

    async fn insert_dispute(&mut self, dispute: &NewDispute) -> Result<DisputeId> {
        let outcome = disputes::insert(self.start()?, dispute).await;
        self.end(outcome)
    }

    async fn end_dispute(&mut self, dispute: DisputeId, end: &DisputeEnd) -> Result<()> {
        let outcome = disputes::end(self.start()?, dispute, end).await;
        self.end(outcome)
    }

    async fn insert_decision(&mut self, decision: &Decision) -> Result<()> {
        let outcome = decisions::insert(self.start()?, decision).await;
        self.end(outcome)
    }

    async fn undo_decision(&mut self, decision: DecisionId, undone: &Undone) -> Result<()> {
        let outcome = decisions::undo(self.start()?, decision, undone).await;
        self.end(outcome)
    }

    async fn uphold_decision(&mut self, decision: DecisionId) -> Result<()> {
        let outcome = decisions::uphold(self.start()?, decision).await;
        self.end(outcome)
    }

    async fn rename_decisions(&mut self, keys: &[RenamedDecision]) -> Result<()> {
        let outcome = decisions::rename(self.start()?, keys).await;
        self.end(outcome)
    }

    async fn settlement_version(&mut self) -> Result<u64> {
        let outcome = decisions::held_settlement(self.start()?).await;
        self.end(outcome)
    }

    async fn move_figures(&mut self, moves: &[FigureMove]) -> Result<Moved> {
        let outcome = moves::move_figures(self.start()?, moves).await;
        self.end(outcome)
    }

    async fn resolve_conflict(&mut self, number: u64, takes_aside: bool, by: &Undone) -> Result<()> {
        let outcome = moves::resolve(self.start()?, number, takes_aside, by).await;
        self.end(outcome)
    }

    async fn reread_template(&mut self, form: &StoredForm) -> Result<()> {
        let fields = bind::list("field", &form.fields)?;
        let version = i32::try_from(form.template.version).map_err(|e| broken("template", e))?;
        let generation = self.raise_generation().await?;
        let done = sqlx::query(query::TEMPLATE_REREAD)
            .bind(form.template.template.id.as_str())
            .bind(version)
            .bind(fields)
            .bind(&form.vocabulary)
            .bind(generation)
            .execute(self.start()?)
            .await;
        let changed = done.map_err(|e| classify("template", &e)).and_then(|done| decisions::exactly_one(&done));
        self.end(changed)
    }

    async fn put_token(&mut self, token: &TokenRecord) -> Result<()> {
        let statement = sqlx::query(query::TOKEN_PUT)
            .bind(token.account.as_str())
            .bind(&token.digest)
            .bind(token.role.as_str())
            .bind(bind::list("token", &token.scope)?)
            .bind(token.expires_at.map(|t| t.to_string()))
            .bind(token.revoked_at.map(|t| t.to_string()));
        self.run("token", statement).await
    }

    async fn append_audit(&mut self, record: &NewAuditRecord) -> Result<AuditRecord> {
        let outcome = append_audit(self.start()?, record).await;
        self.end(outcome)
    }

    async fn commit(self: Box<Self>) -> Result<()> {
        let Self { transaction, dictionary, learned, is_intact, .. } = *self;
        if !is_intact {
            return Err(broken("transaction", "commit after a call that failed or was cancelled"));
        }
        transaction.commit().await.map_err(|e| classify("transaction", &e))?;
        dictionary.share(learned);
        Ok(())
    }
}

/// What a request of an account was answered with.
pub(super) async fn remembered_answer(
    connection: &mut PgConnection,
    account: &AccountId,
    request: &RequestId,
) -> Result<Option<RememberedAnswer>> {
    let found: sqlx::Result<Option<AnswerRow>> =
        sqlx::query_as(query::ANSWER).bind(account.as_str()).bind(request.as_str()).fetch_optional(connection).await;
    found.map_err(|e| classify("answer", &e)).and_then(|row| row.map(Stored::read).transpose())
}

/// Remembers it.
pub(super) async fn remember_answer(
    connection: &mut PgConnection,
    account: &AccountId,
    request: &RequestId,
    answer: &RememberedAnswer,
) -> Result<()> {
    let statement = sqlx::query(query::ANSWER_INSERT).bind(account.as_str()).bind(request.as_str());
    let done = statement.bind(&answer.payload_digest).bind(&answer.answer).execute(connection).await;
    done.map(drop).map_err(|e| classify("answer", &e))
}

/// Holds a unit until the transaction ends.
pub(super) async fn hold_unit(connection: &mut PgConnection, unit: &UnitCode) -> Result<()> {
    let done = sqlx::query(query::UNIT_HOLD).bind(unit.as_str()).execute(connection).await;
    done.map(drop).map_err(|e| classify("unit", &e))
}

/// The last link's number and hash; zero and nothing where there is none. Takes the end of the chain until the transaction ends.
pub(super) async fn audit_end(connection: &mut PgConnection) -> Result<(i64, String)> {
    let last: sqlx::Result<Option<(i64, String)>> = sqlx::query_as(query::AUDIT_END).fetch_optional(connection).await;
    Ok(last.map_err(|e| classify("audit", &e))?.unwrap_or_default())
}

/// Links a record to the end of the chain. Whoever else appends, on whichever server, waits from here on until this transaction ended.
async fn append_audit(connection: &mut PgConnection, record: &NewAuditRecord) -> Result<AuditRecord> {
    let failed = |e: sqlx::Error| classify("audit", &e);
    let (last, previous) = audit_end(connection).await?;
    let sequence = last + 1;
    let hash = chain_hash(sequence.unsigned_abs(), record, &previous);
    sqlx::query(query::AUDIT_INSERT)
        .bind(sequence)
        .bind(record.at.to_string())
        .bind(record.account.as_str())
        .bind(&record.act)
        .bind(&record.object)
        .bind(&record.detail)
        .bind(&previous)
        .bind(&hash)
        .execute(connection)
        .await
        .map_err(failed)?;
    Ok(AuditRecord { sequence: sequence.unsigned_abs(), record: record.clone(), previous, hash })
}
