//! A transaction on the one writer.
//!
//! A call that failed, or whose future was cancelled, may have done half of its work. Such a transaction refuses everything from then on,
//! commit included, so that no half of a use case is ever stored.

use async_trait::async_trait;
use jiff::civil::Date;
use sqlx::sqlite::SqliteConnection;
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
use crate::store::sql::bind;
use crate::store::sql::error::{broken, classify};
use crate::store::sql::numbers::{Dictionary, Numbers};
use crate::store::sql::registry_log::{Registered, RegistryLog};
use crate::store::sql::row::{AnswerRow, Stored};
use crate::store::sqlite::figures::{self, Ledger};
use crate::store::sqlite::lane::Turn;
use crate::store::sqlite::{decisions, disputes, drafts, explanations, moves, query, reads};
use crate::store::{DraftMark, FigureMove, Moved, RememberedAnswer, Result, StoredForm, WriteTransaction};

/// The transaction.
pub(super) struct SqliteTransaction {
    turn: Turn,
    dictionary: Arc<Dictionary>,
    learned: Numbers,
    registry: Arc<RegistryLog>,
    registered: Registered,
    /// Whether every call so far went through to its end.
    is_intact: bool,
}

impl SqliteTransaction {
    /// Takes a turn that has begun.
    pub(super) fn new(turn: Turn, dictionary: Arc<Dictionary>, registry: Arc<RegistryLog>) -> Self {
        Self { turn, dictionary, learned: Numbers::default(), registry, registered: Registered::default(), is_intact: true }
    }

    /// Begins a call; whoever does not reach [`Self::end`] leaves the transaction unusable.
    fn start(&mut self) -> Result<&mut SqliteConnection> {
        if !std::mem::replace(&mut self.is_intact, false) {
            return Err(broken("transaction", "used after a call that failed or was cancelled"));
        }
        self.turn.connection()
    }

    /// Ends a call.
    fn end<T>(&mut self, outcome: Result<T>) -> Result<T> {
        self.is_intact = outcome.is_ok();
        outcome
    }

    fn ledger(&mut self) -> Result<Ledger<'_>> {
        self.start()?;
        Ok(Ledger { connection: self.turn.connection()?, dictionary: &self.dictionary, learned: &mut self.learned })
    }

    async fn put(&mut self, what: &'static str, statement: &'static str, rows: String) -> Result<()> {
        let connection = self.start()?;
        let outcome = sqlx::query(statement).bind(rows).execute(connection).await.map(drop).map_err(|e| classify(what, &e));
        self.end(outcome)
    }
}

#[async_trait]
impl WriteTransaction for SqliteTransaction {
    async fn remembered_answer(&mut self, account: &AccountId, request: &RequestId) -> Result<Option<RememberedAnswer>> {
        let outcome = remembered_answer(self.start()?, account, request).await;
        self.end(outcome)
    }

    async fn remember_answer(&mut self, account: &AccountId, request: &RequestId, answer: &RememberedAnswer) -> Result<()> {
        let outcome = remember_answer(self.start()?, account, request, answer).await;
        self.end(outcome)
    }

    async fn lock_registry(&mut self) -> Result<u64> {
        self.start()?;
        self.registered.is_locked = true;
        let generation = self.registry.generation();
        self.end(Ok(generation))
    }

    async fn all_organisations(&mut self) -> Result<Vec<Organisation>> {
        let outcome = reads::all_organisations(self.start()?).await;
        self.end(outcome)
    }

    async fn put_organisations(&mut self, organisations: &[Organisation]) -> Result<()> {
        let rows: Vec<_> = organisations.iter().map(bind::organisation).collect();
        self.put("organisation", query::ORGANISATION_PUT, bind::list("organisation", &rows)?).await
    }

    async fn all_unit_rows(&mut self) -> Result<Vec<UnitRow>> {
        let outcome = reads::all_unit_rows(self.start()?).await;
        self.end(outcome)
    }

    async fn put_unit_rows(&mut self, rows: &[UnitRow]) -> Result<()> {
        let rows: Vec<_> = rows.iter().map(bind::unit_row).collect();
        self.registered.has_units = true;
        self.put("unit", query::UNIT_ROW_PUT, bind::list("unit", &rows)?).await
    }

    async fn newest_template(&mut self, form: &FormId) -> Result<Option<StoredForm>> {
        let outcome = reads::newest_template(self.start()?, form).await;
        self.end(outcome)
    }

    async fn insert_template(&mut self, form: &StoredForm) -> Result<()> {
        let template = bind::list("template", &form.template)?;
        let fields = bind::list("field", &form.fields)?;
        self.registered.forms.push(form.template.template.id.clone());
        let connection = self.start()?;
        let done = sqlx::query(query::TEMPLATE_INSERT)
            .bind(form.template.template.id.as_str())
            .bind(form.template.version)
            .bind(form.template.registered_at.to_string())
            .bind(&form.vocabulary)
            .bind(template)
            .bind(fields)
            .execute(connection)
            .await;
        self.end(done.map(drop).map_err(|e| classify("template", &e)))
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

    async fn hold_unit(&mut self, _unit: &UnitCode) -> Result<()> {
        // The one writer holds all of them.
        self.start()?;
        self.end(Ok(()))
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
        let outcome = decisions::settlement_version(self.start()?).await;
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
        self.registered.forms.push(form.template.template.id.clone());
        let connection = self.start()?;
        let done = sqlx::query(query::TEMPLATE_REREAD)
            .bind(form.template.template.id.as_str())
            .bind(form.template.version)
            .bind(fields)
            .bind(&form.vocabulary)
            .execute(connection)
            .await;
        let changed = done.map_err(|e| classify("template", &e)).and_then(decisions::exactly_one);
        self.end(changed)
    }

    async fn put_token(&mut self, token: &TokenRecord) -> Result<()> {
        let scope = bind::list("token", &token.scope)?;
        let connection = self.start()?;
        let done = sqlx::query(query::TOKEN_PUT)
            .bind(token.account.as_str())
            .bind(&token.digest)
            .bind(token.role.as_str())
            .bind(scope)
            .bind(token.expires_at.map(|t| t.to_string()))
            .bind(token.revoked_at.map(|t| t.to_string()))
            .execute(connection)
            .await;
        self.end(done.map(drop).map_err(|e| classify("token", &e)))
    }

    async fn append_audit(&mut self, record: &NewAuditRecord) -> Result<AuditRecord> {
        let outcome = append_audit(self.start()?, record).await;
        self.end(outcome)
    }

    async fn commit(self: Box<Self>) -> Result<()> {
        let Self { turn, dictionary, learned, registry, registered, is_intact } = *self;
        if !is_intact {
            return Err(broken("transaction", "commit after a call that failed or was cancelled"));
        }
        // Told however it ends, since a commit that nobody waits for any more may still happen, and before another writer asks.
        turn.commit(Telling { registry, registered }).await?;
        dictionary.share(learned);
        Ok(())
    }
}

/// The answer that a request was given.
pub(super) async fn remembered_answer(
    connection: &mut SqliteConnection,
    account: &AccountId,
    request: &RequestId,
) -> Result<Option<RememberedAnswer>> {
    let found: sqlx::Result<Option<AnswerRow>> =
        sqlx::query_as(query::ANSWER).bind(account.as_str()).bind(request.as_str()).fetch_optional(connection).await;
    found.map_err(|e| classify("answer", &e)).and_then(|row| row.map(Stored::read).transpose())
}

/// Keeps the answer to a request.
pub(super) async fn remember_answer(
    connection: &mut SqliteConnection,
    account: &AccountId,
    request: &RequestId,
    answer: &RememberedAnswer,
) -> Result<()> {
    let done = sqlx::query(query::ANSWER_INSERT)
        .bind(account.as_str())
        .bind(request.as_str())
        .bind(&answer.payload_digest)
        .bind(&answer.answer)
        .execute(connection)
        .await;
    done.map(drop).map_err(|e| classify("answer", &e))
}

/// Records what was registered once the commit ended, or once nobody waits for it any more.
struct Telling {
    registry: Arc<RegistryLog>,
    registered: Registered,
}

impl Drop for Telling {
    fn drop(&mut self) {
        self.registry.record(&self.registered);
    }
}

/// Links a record to the end of the chain. Nobody else can, since the writer is one.
pub(super) async fn append_audit(connection: &mut SqliteConnection, record: &NewAuditRecord) -> Result<AuditRecord> {
    let failed = |e: sqlx::Error| classify("audit", &e);
    let last: Option<(i64, String)> = sqlx::query_as(query::AUDIT_LAST).fetch_optional(&mut *connection).await.map_err(failed)?;
    let (sequence, previous) = last.map_or((1, String::new()), |(sequence, hash)| (sequence + 1, hash));
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
