//! A store with something done around each call: measuring ([`observed`](crate::store::observed)), or failing on purpose
//! ([`fault`](crate::store::fault)). The calls are handed on here once, for both.

use async_trait::async_trait;
use jiff::civil::Date;
use std::future::Future;
use std::sync::Arc;

use crate::domain::audit::{AuditRecord, NewAuditRecord};
use crate::domain::caller::{Scope, TokenRecord};
use crate::domain::decision::{Decision, DecisionId, FigureConflict, RenamedDecision, Undone};
use crate::domain::dispute::{Dispute, DisputeEnd, DisputeId, NewDispute};
use crate::domain::draft::Draft;
use crate::domain::id::{AccountId, FieldKey, FormId, OrganisationId, ReceiptId, RequestId};
use crate::domain::observation::{ExplainedVersion, Explanation, NewObservation, Observation, ObservationKey, Receipt};
use crate::domain::organisation::Organisation;
use crate::domain::unit::{UnitCode, UnitRow};
use crate::store::{
    AuditReads, DecisionReads, DisputeReads, DraftMark, DraftReads, FigureMove, Moved, NewSubmission, ObservationFilter, ObservationReads,
    OrganisationReads, RegistryChanges, RegistryReads, RememberedAnswer, Result, Store, StoredForm, Submitted, TemplateReads, TokenReads,
    UnitReads, WriteTransaction,
};

/// What is done around a call.
pub trait Hook: Clone + Send + Sync + 'static {
    /// Lives as long as a transaction, from before it waits for its turn.
    type Span: Send + Sync;
    /// Opens it.
    fn span(&self) -> Self::Span;
    /// Makes the call. `method` is its name, `tx.` before it inside a transaction.
    fn around<T: Send>(&self, method: &'static str, call: impl Future<Output = Result<T>> + Send)
    -> impl Future<Output = Result<T>> + Send;
}

/// A store with a hook around each call.
#[derive(Clone)]
pub struct Around<H> {
    inner: Arc<dyn Store>,
    hook: H,
}

impl<H> Around<H> {
    /// Puts the hook around the store.
    pub fn new(inner: Arc<dyn Store>, hook: H) -> Self {
        Self { inner, hook }
    }
}

#[async_trait]
impl<H: Hook> OrganisationReads for Around<H> {
    async fn organisations(&self, after: Option<&OrganisationId>, limit: u32) -> Result<Vec<Organisation>> {
        self.hook.around("organisations", self.inner.organisations(after, limit)).await
    }

    async fn organisation(&self, id: &OrganisationId) -> Result<Option<Organisation>> {
        self.hook.around("organisation", self.inner.organisation(id)).await
    }
}

#[async_trait]
impl<H: Hook> UnitReads for Around<H> {
    async fn unit_rows(&self) -> Result<Vec<UnitRow>> {
        self.hook.around("unit_rows", self.inner.unit_rows()).await
    }
}

#[async_trait]
impl<H: Hook> TemplateReads for Around<H> {
    async fn template(&self, form: &FormId, version: Option<u32>) -> Result<Option<StoredForm>> {
        self.hook.around("template", self.inner.template(form, version)).await
    }

    async fn newest_templates(&self, after: Option<&FormId>, limit: u32) -> Result<Vec<StoredForm>> {
        self.hook.around("newest_templates", self.inner.newest_templates(after, limit)).await
    }
}

#[async_trait]
impl<H: Hook> RegistryReads for Around<H> {
    async fn registry_generation(&self) -> Result<u64> {
        self.hook.around("registry_generation", self.inner.registry_generation()).await
    }

    async fn registry_changes(&self, after: u64, limit: u32) -> Result<RegistryChanges> {
        self.hook.around("registry_changes", self.inner.registry_changes(after, limit)).await
    }
}

#[async_trait]
impl<H: Hook> ObservationReads for Around<H> {
    async fn observations(&self, filter: &ObservationFilter) -> Result<Vec<Observation>> {
        self.hook.around("observations", self.inner.observations(filter)).await
    }

    async fn observations_at(&self, keys: &[ObservationKey]) -> Result<Vec<Observation>> {
        self.hook.around("observations_at", self.inner.observations_at(keys)).await
    }

    async fn observation_versions(&self, key: &ObservationKey) -> Result<Vec<Observation>> {
        self.hook.around("observation_versions", self.inner.observation_versions(key)).await
    }

    async fn explanations(&self, keys: &[ObservationKey]) -> Result<Vec<ExplainedVersion>> {
        self.hook.around("explanations", self.inner.explanations(keys)).await
    }

    async fn receipt(&self, id: &ReceiptId) -> Result<Option<Receipt>> {
        self.hook.around("receipt", self.inner.receipt(id)).await
    }

    async fn receipts(&self, unit: &UnitCode, before: Option<&ReceiptId>, limit: u32) -> Result<Vec<Receipt>> {
        self.hook.around("receipts", self.inner.receipts(unit, before, limit)).await
    }

    async fn n_observations(&self) -> Result<u64> {
        self.hook.around("n_observations", self.inner.n_observations()).await
    }
}

#[async_trait]
impl<H: Hook> DecisionReads for Around<H> {
    async fn decisions(&self) -> Result<Vec<Decision>> {
        self.hook.around("decisions", self.inner.decisions()).await
    }

    async fn settlement_version(&self) -> Result<u64> {
        self.hook.around("settlement_version", self.inner.settlement_version()).await
    }

    async fn typed_fields(&self) -> Result<Vec<FieldKey>> {
        self.hook.around("typed_fields", self.inner.typed_fields()).await
    }

    async fn observations_aside(&self, unit: &UnitCode) -> Result<Vec<Observation>> {
        self.hook.around("observations_aside", self.inner.observations_aside(unit)).await
    }

    async fn figure_conflicts(&self, after: u64, limit: u32) -> Result<Vec<FigureConflict>> {
        self.hook.around("figure_conflicts", self.inner.figure_conflicts(after, limit)).await
    }
}

#[async_trait]
impl<H: Hook> DraftReads for Around<H> {
    async fn draft(&self, unit: &UnitCode, due: Date) -> Result<Option<Draft>> {
        self.hook.around("draft", self.inner.draft(unit, due)).await
    }

    async fn drafts(&self, unit: &UnitCode) -> Result<Vec<Draft>> {
        self.hook.around("drafts", self.inner.drafts(unit)).await
    }
}

#[async_trait]
impl<H: Hook> DisputeReads for Around<H> {
    async fn dispute(&self, dispute: DisputeId) -> Result<Option<Dispute>> {
        self.hook.around("dispute", self.inner.dispute(dispute)).await
    }

    async fn disputes(&self, after: u64, limit: u32) -> Result<Vec<Dispute>> {
        self.hook.around("disputes", self.inner.disputes(after, limit)).await
    }

    async fn disputes_of(&self, party: &Scope, after: u64, limit: u32) -> Result<Vec<Dispute>> {
        self.hook.around("disputes_of", self.inner.disputes_of(party, after, limit)).await
    }
}

#[async_trait]
impl<H: Hook> TokenReads for Around<H> {
    async fn token(&self, digest: &str) -> Result<Option<TokenRecord>> {
        self.hook.around("token", self.inner.token(digest)).await
    }

    async fn tokens(&self) -> Result<Vec<TokenRecord>> {
        self.hook.around("tokens", self.inner.tokens()).await
    }
}

#[async_trait]
impl<H: Hook> AuditReads for Around<H> {
    async fn audit_records(&self, after: u64, limit: u32) -> Result<Vec<AuditRecord>> {
        self.hook.around("audit_records", self.inner.audit_records(after, limit)).await
    }
}

#[async_trait]
impl<H: Hook> Store for Around<H> {
    async fn begin(&self) -> Result<Box<dyn WriteTransaction>> {
        let span = self.hook.span();
        let inner = self.hook.around("begin", self.inner.begin()).await?;
        Ok(Box::new(AroundTransaction { inner, hook: self.hook.clone(), span }))
    }

    async fn submit(&self, submission: Arc<NewSubmission>) -> Result<Submitted> {
        let _span = self.hook.span();
        self.hook.around("submit", self.inner.submit(submission)).await
    }

    async fn ping(&self) -> Result<()> {
        self.hook.around("ping", self.inner.ping()).await
    }

    async fn close(&self) {
        self.inner.close().await;
    }
}

/// A transaction with a hook around each call.
struct AroundTransaction<H: Hook> {
    inner: Box<dyn WriteTransaction>,
    hook: H,
    span: H::Span,
}

#[async_trait]
impl<H: Hook> WriteTransaction for AroundTransaction<H> {
    async fn remembered_answer(&mut self, account: &AccountId, request: &RequestId) -> Result<Option<RememberedAnswer>> {
        self.hook.around("tx.remembered_answer", self.inner.remembered_answer(account, request)).await
    }

    async fn remember_answer(&mut self, account: &AccountId, request: &RequestId, answer: &RememberedAnswer) -> Result<()> {
        self.hook.around("tx.remember_answer", self.inner.remember_answer(account, request, answer)).await
    }

    async fn lock_registry(&mut self) -> Result<u64> {
        self.hook.around("tx.lock_registry", self.inner.lock_registry()).await
    }

    async fn all_organisations(&mut self) -> Result<Vec<Organisation>> {
        self.hook.around("tx.all_organisations", self.inner.all_organisations()).await
    }

    async fn put_organisations(&mut self, organisations: &[Organisation]) -> Result<()> {
        self.hook.around("tx.put_organisations", self.inner.put_organisations(organisations)).await
    }

    async fn all_unit_rows(&mut self) -> Result<Vec<UnitRow>> {
        self.hook.around("tx.all_unit_rows", self.inner.all_unit_rows()).await
    }

    async fn put_unit_rows(&mut self, rows: &[UnitRow]) -> Result<()> {
        self.hook.around("tx.put_unit_rows", self.inner.put_unit_rows(rows)).await
    }

    async fn newest_template(&mut self, form: &FormId) -> Result<Option<StoredForm>> {
        self.hook.around("tx.newest_template", self.inner.newest_template(form)).await
    }

    async fn insert_template(&mut self, form: &StoredForm) -> Result<()> {
        self.hook.around("tx.insert_template", self.inner.insert_template(form)).await
    }

    async fn insert_observations(&mut self, receipt: &Receipt, figures: &[NewObservation]) -> Result<Vec<Observation>> {
        self.hook.around("tx.insert_observations", self.inner.insert_observations(receipt, figures)).await
    }

    async fn observations_at(&mut self, keys: &[ObservationKey]) -> Result<Vec<Observation>> {
        self.hook.around("tx.observations_at", self.inner.observations_at(keys)).await
    }

    async fn correct_observations(&mut self, receipt: &Receipt, figures: &[(NewObservation, u32)], reason: &str) -> Result<()> {
        self.hook.around("tx.correct_observations", self.inner.correct_observations(receipt, figures, reason)).await
    }

    async fn hold_unit(&mut self, unit: &UnitCode) -> Result<()> {
        self.hook.around("tx.hold_unit", self.inner.hold_unit(unit)).await
    }

    async fn explain(&mut self, explanations: &[Explanation]) -> Result<()> {
        self.hook.around("tx.explain", self.inner.explain(explanations)).await
    }

    async fn draft(&mut self, unit: &UnitCode, due: Date) -> Result<Option<Draft>> {
        self.hook.around("tx.draft", self.inner.draft(unit, due)).await
    }

    async fn put_draft(&mut self, draft: &Draft) -> Result<()> {
        self.hook.around("tx.put_draft", self.inner.put_draft(draft)).await
    }

    async fn remove_draft(&mut self, mark: &DraftMark) -> Result<bool> {
        self.hook.around("tx.remove_draft", self.inner.remove_draft(mark)).await
    }

    async fn dispute(&mut self, dispute: DisputeId) -> Result<Option<Dispute>> {
        self.hook.around("tx.dispute", self.inner.dispute(dispute)).await
    }

    async fn open_dispute(&mut self, unit: &UnitCode, subject: &str) -> Result<Option<DisputeId>> {
        self.hook.around("tx.open_dispute", self.inner.open_dispute(unit, subject)).await
    }

    async fn insert_dispute(&mut self, dispute: &NewDispute) -> Result<DisputeId> {
        self.hook.around("tx.insert_dispute", self.inner.insert_dispute(dispute)).await
    }

    async fn end_dispute(&mut self, dispute: DisputeId, end: &DisputeEnd) -> Result<()> {
        self.hook.around("tx.end_dispute", self.inner.end_dispute(dispute, end)).await
    }

    async fn insert_decision(&mut self, decision: &Decision) -> Result<()> {
        self.hook.around("tx.insert_decision", self.inner.insert_decision(decision)).await
    }

    async fn undo_decision(&mut self, decision: DecisionId, undone: &Undone) -> Result<()> {
        self.hook.around("tx.undo_decision", self.inner.undo_decision(decision, undone)).await
    }

    async fn uphold_decision(&mut self, decision: DecisionId) -> Result<()> {
        self.hook.around("tx.uphold_decision", self.inner.uphold_decision(decision)).await
    }

    async fn rename_decisions(&mut self, keys: &[RenamedDecision]) -> Result<()> {
        self.hook.around("tx.rename_decisions", self.inner.rename_decisions(keys)).await
    }

    async fn settlement_version(&mut self) -> Result<u64> {
        self.hook.around("tx.settlement_version", self.inner.settlement_version()).await
    }

    async fn move_figures(&mut self, moves: &[FigureMove]) -> Result<Moved> {
        self.hook.around("tx.move_figures", self.inner.move_figures(moves)).await
    }

    async fn resolve_conflict(&mut self, number: u64, takes_aside: bool, by: &Undone) -> Result<()> {
        self.hook.around("tx.resolve_conflict", self.inner.resolve_conflict(number, takes_aside, by)).await
    }

    async fn reread_template(&mut self, form: &StoredForm) -> Result<()> {
        self.hook.around("tx.reread_template", self.inner.reread_template(form)).await
    }

    async fn put_token(&mut self, token: &TokenRecord) -> Result<()> {
        self.hook.around("tx.put_token", self.inner.put_token(token)).await
    }

    async fn append_audit(&mut self, record: &NewAuditRecord) -> Result<AuditRecord> {
        self.hook.around("tx.append_audit", self.inner.append_audit(record)).await
    }

    async fn commit(self: Box<Self>) -> Result<()> {
        let Self { inner, hook, span } = *self;
        let outcome = hook.around("tx.commit", inner.commit()).await;
        drop(span);
        outcome
    }
}
