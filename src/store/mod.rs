//! The store: small traits per aggregate, reads and writes apart, in domain types only.
//!
//! Knows nothing of use cases, proto or HTTP. Writes happen inside a [`WriteTransaction`] that is durable once [`WriteTransaction::commit`]
//! returned; one that is dropped leaves nothing behind. [`write()`] runs a use case in one and tries again where transactions met. Seen in
//! Restate's storage-api and SpiceDB's ReadWriteTx. Each sentence below is a named case in `tests/store/`.
//!
//! Any method may fail with [`Error::Unavailable`] (the database cannot be reached) and [`Error::Broken`] (our fault); what else a method
//! may answer stands beside it. Texts are ordered by their bytes.

pub mod around;
pub mod error;
pub mod fault;
pub mod observed;
pub mod postgres;
mod sql;
pub mod sqlite;
pub mod submission;
pub mod verify;
pub mod write;

use async_trait::async_trait;
use jiff::civil::Date;
use std::sync::Arc;

use crate::domain::audit::{AuditRecord, NewAuditRecord};
use crate::domain::caller::{Scope, TokenRecord};
use crate::domain::decision::{Decision, DecisionId, FigureConflict, RenamedDecision, Undone};
use crate::domain::dispute::{Dispute, DisputeEnd, DisputeId, NewDispute};
use crate::domain::draft::Draft;
use crate::domain::element::CataloguedField;
use crate::domain::id::{AccountId, ElementId, FieldKey, FormId, OrganisationId, ReceiptId, RequestId};
use crate::domain::observation::{ExplainedVersion, Explanation, NewObservation, Observation, ObservationKey, Receipt};
use crate::domain::organisation::Organisation;
use crate::domain::period::ReferencePeriod;
use crate::domain::template::RegisteredTemplate;
use crate::domain::unit::{UnitCode, UnitRow};

pub use error::Error;
pub use submission::{DraftMark, Ground, NewSubmission, Submitted};
pub use write::{IsConflict, again, write};

/// Result of a store call.
pub type Result<T> = std::result::Result<T, Error>;

/// A registered form as the catalogue reads it back.
#[derive(Clone, Debug)]
pub struct StoredForm {
    /// The version.
    pub template: RegisteredTemplate,
    /// Its fields with their meanings, in the form's order.
    pub fields: Vec<CataloguedField>,
    /// Digest of the vocabulary that the meanings were read with.
    pub vocabulary: String,
}

/// An answer that was given to a request id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RememberedAnswer {
    /// Digest of the payload.
    pub payload_digest: String,
    /// The answer, as the use case wrote it (JSON).
    pub answer: String,
}

/// Which current observations are wanted: those in all three lists. A set, answered set-wise.
#[derive(Clone, Debug, Default)]
pub struct ObservationFilter {
    /// Units.
    pub units: Vec<UnitCode>,
    /// Elements; empty for all.
    pub elements: Vec<ElementId>,
    /// Periods; empty for all.
    pub periods: Vec<ReferencePeriod>,
}

/// What was registered after a generation of the registry.
#[derive(Clone, Debug)]
pub struct RegistryChanges {
    /// The generation up to which this says everything.
    pub generation: u64,
    /// Versions of forms, in the order in which they were registered; a form that got several may come with the newest alone.
    pub forms: Vec<StoredForm>,
    /// All unit rows by code and first day, where any of them was stored.
    pub units: Option<Vec<UnitRow>>,
}

/// Reads of organisations.
#[async_trait]
pub trait OrganisationReads: Send + Sync {
    /// Organisations by id, at most `limit`, after `after`.
    async fn organisations(&self, after: Option<&OrganisationId>, limit: u32) -> Result<Vec<Organisation>>;
    /// One organisation.
    async fn organisation(&self, id: &OrganisationId) -> Result<Option<Organisation>>;
}

/// Reads of reporting units.
#[async_trait]
pub trait UnitReads: Send + Sync {
    /// Every row of every unit, by code and first day.
    async fn unit_rows(&self) -> Result<Vec<UnitRow>>;
}

/// Reads of form templates.
#[async_trait]
pub trait TemplateReads: Send + Sync {
    /// One version of a form; the newest where `version` is `None`.
    async fn template(&self, form: &FormId, version: Option<u32>) -> Result<Option<StoredForm>>;
    /// The newest version of each form by form id, at most `limit`, after `after`.
    async fn newest_templates(&self, after: Option<&FormId>, limit: u32) -> Result<Vec<StoredForm>>;
}

/// Reads of how far the registry has come. Several servers may share a database: by this, one sees what another registered.
#[async_trait]
pub trait RegistryReads: Send + Sync {
    /// The generation of the registry: it has grown after every commit that stored forms or unit rows, whichever server's it was, and
    /// what is read afterwards holds all of it. Cheap enough for every call. Numbers of one opening of the store alone may be compared.
    async fn registry_generation(&self) -> Result<u64>;
    /// What was registered after a generation. Where there are more than `limit` forms it stops after some, at an earlier generation.
    async fn registry_changes(&self, after: u64, limit: u32) -> Result<RegistryChanges>;
}

/// Reads of observations and receipts.
#[async_trait]
pub trait ObservationReads: Send + Sync {
    /// Current observations that match, by unit, element and period. Figures that were set aside ([`DecisionReads::observations_aside`]) are
    /// not current, here and below.
    async fn observations(&self, filter: &ObservationFilter) -> Result<Vec<Observation>>;
    /// Current observations under these keys, by unit, element and period.
    async fn observations_at(&self, keys: &[ObservationKey]) -> Result<Vec<Observation>>;
    /// Every version of one observation, oldest first.
    async fn observation_versions(&self, key: &ObservationKey) -> Result<Vec<Observation>>;
    /// Explanations of every version, replaced ones included, of the figures under these keys, by key and version.
    async fn explanations(&self, keys: &[ObservationKey]) -> Result<Vec<ExplainedVersion>>;
    /// A receipt.
    async fn receipt(&self, id: &ReceiptId) -> Result<Option<Receipt>>;
    /// Receipts of a unit, newest first, at most `limit`, older than `before`. A `before` that is no receipt has nothing older.
    async fn receipts(&self, unit: &UnitCode, before: Option<&ReceiptId>, limit: u32) -> Result<Vec<Receipt>>;
    /// Number of current observations. Reads all of them: for reports, not for requests.
    async fn n_observations(&self) -> Result<u64>;
}

/// A field whose figures go from one element to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FigureMove {
    /// The field through which they were typed.
    pub via: FieldKey,
    /// The element under which they are kept.
    pub from: ElementId,
    /// The one that the field has now.
    pub to: ElementId,
}

/// What moving figures did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moved {
    /// Figures that left their element.
    pub n_figures: u64,
    /// Figures of the elements they went to that are set aside because the element holds another for the same unit and period.
    pub n_aside: u64,
}

/// Reads of reviewers' decisions and of what they did to figures.
#[async_trait]
pub trait DecisionReads: Send + Sync {
    /// All decisions, undone ones included, by number.
    async fn decisions(&self) -> Result<Vec<Decision>>;
    /// Number of the settlement in force: rises with every decision that is made, undone or upheld, and with every move of figures.
    async fn settlement_version(&self) -> Result<u64>;
    /// Every field through which a figure was typed, by form, field and version.
    async fn typed_fields(&self) -> Result<Vec<FieldKey>>;
    /// Every version of the figures of a unit that were set aside, by key and version; the key names the element they wait for.
    async fn observations_aside(&self, unit: &UnitCode) -> Result<Vec<Observation>>;
    /// Figures that were set aside, each with the one that stands, by number, at most `limit`, after `after`.
    async fn figure_conflicts(&self, after: u64, limit: u32) -> Result<Vec<FigureConflict>>;
}

/// Reads of drafts.
#[async_trait]
pub trait DraftReads: Send + Sync {
    /// The draft of a unit for a due date.
    async fn draft(&self, unit: &UnitCode, due: Date) -> Result<Option<Draft>>;
    /// All drafts of a unit, by due date.
    async fn drafts(&self, unit: &UnitCode) -> Result<Vec<Draft>>;
}

/// Reads of disputes.
#[async_trait]
pub trait DisputeReads: Send + Sync {
    /// A dispute.
    async fn dispute(&self, dispute: DisputeId) -> Result<Option<Dispute>>;
    /// Disputes by number, at most `limit`, after `after`.
    async fn disputes(&self, after: u64, limit: u32) -> Result<Vec<Dispute>>;
    /// Disputes that a party raised or is asked about, by number, at most `limit`, after `after`.
    async fn disputes_of(&self, party: &Scope, after: u64, limit: u32) -> Result<Vec<Dispute>>;
}

/// Reads of API tokens.
#[async_trait]
pub trait TokenReads: Send + Sync {
    /// The token whose secret has this digest, revoked and expired ones included.
    async fn token(&self, digest: &str) -> Result<Option<TokenRecord>>;
    /// All tokens by account.
    async fn tokens(&self) -> Result<Vec<TokenRecord>>;
}

/// Reads of the audit trail.
#[async_trait]
pub trait AuditReads: Send + Sync {
    /// Records after a sequence number, in order, at most `limit`.
    async fn audit_records(&self, after: u64, limit: u32) -> Result<Vec<AuditRecord>>;
}

/// Everything that can be read.
pub trait Reads:
    OrganisationReads
    + UnitReads
    + TemplateReads
    + RegistryReads
    + ObservationReads
    + DecisionReads
    + DraftReads
    + DisputeReads
    + TokenReads
    + AuditReads
{
}
impl<
    T: OrganisationReads
        + UnitReads
        + TemplateReads
        + RegistryReads
        + ObservationReads
        + DecisionReads
        + DraftReads
        + DisputeReads
        + TokenReads
        + AuditReads,
> Reads for T
{
}

/// A store.
#[async_trait]
pub trait Store: Reads {
    /// Begins the transaction in which all writes of one use case happen. Waits for its turn where the engine has one writer, first come
    /// first served; whoever stops waiting leaves the queue. [`Error::Conflict`] where another process holds the database.
    async fn begin(&self) -> Result<Box<dyn WriteTransaction>>;
    /// Stores a submission whole or not at all: receipt, figures, answer and audit record. Whatever it answers is durable by then, or rests on
    /// what is. An engine may put several submissions into one commit; one that fails or that nobody waits for any more does no harm to the
    /// others, and where the commit fails all of them are told. [`Error::Conflict`] where the receipt's id is taken. When its future is
    /// dropped, it may have happened or not, but never in part: the request id tells.
    async fn submit(&self, submission: Arc<NewSubmission>) -> Result<Submitted> {
        again(|| submission::submit_alone(self, &submission)).await
    }
    /// Answers when the database answers.
    async fn ping(&self) -> Result<()>;
    /// Finishes what is under way and closes; from then on everything is [`Error::Unavailable`].
    async fn close(&self);
}

/// A transaction: it sees its own writes, and nobody else does before it is committed.
///
/// After a call that failed, or whose future was dropped before it ended, the transaction may hold half of that call: everything in it,
/// [`Self::commit`] included, is refused from then on. Dropping a transaction undoes it, at whatever point its future was cancelled.
#[async_trait]
pub trait WriteTransaction: Send {
    /// The answer that this account's request id was given before, if any.
    async fn remembered_answer(&mut self, account: &AccountId, request: &RequestId) -> Result<Option<RememberedAnswer>>;
    /// Keeps the answer to a request id. [`Error::Conflict`] where it has one already.
    async fn remember_answer(&mut self, account: &AccountId, request: &RequestId, answer: &RememberedAnswer) -> Result<()>;

    /// Waits until no other transaction registers, on whichever server, and keeps others waiting until this one ends. Answers with the
    /// generation of the registry before; the commit makes it one more. What is stored without this waits when it comes to its storing.
    async fn lock_registry(&mut self) -> Result<u64>;
    /// All organisations by id, as this transaction sees them.
    async fn all_organisations(&mut self) -> Result<Vec<Organisation>>;
    /// Inserts or replaces organisations.
    async fn put_organisations(&mut self, organisations: &[Organisation]) -> Result<()>;
    /// All unit rows by code and first day, as this transaction sees them.
    async fn all_unit_rows(&mut self) -> Result<Vec<UnitRow>>;
    /// Inserts unit rows; a row with the code and first day of a stored one replaces it.
    async fn put_unit_rows(&mut self, rows: &[UnitRow]) -> Result<()>;
    /// The newest version of a form, as this transaction sees it.
    async fn newest_template(&mut self, form: &FormId) -> Result<Option<StoredForm>>;
    /// Inserts a new version of a form. A version that exists already is [`Error::Conflict`].
    async fn insert_template(&mut self, form: &StoredForm) -> Result<()>;

    /// Stores a receipt with its figures as version 1 of each. If any of the keys is held already, nothing of the call is stored and the
    /// current observations under the held keys are returned, by key, and the transaction may go on; otherwise the answer is empty.
    /// All figures are of the receipt's unit, and no key stands twice ([`Error::Broken`]). [`Error::Conflict`] where the receipt's id is taken.
    async fn insert_observations(&mut self, receipt: &Receipt, figures: &[NewObservation]) -> Result<Vec<Observation>>;
    /// Current observations under these keys, as this transaction sees them, by key.
    async fn observations_at(&mut self, keys: &[ObservationKey]) -> Result<Vec<Observation>>;
    /// Stores a receipt with corrected figures, each with the version it gets, which must be one above the current one
    /// ([`Error::Conflict`] otherwise). The old versions stay readable. All figures are of the receipt's unit.
    async fn correct_observations(&mut self, receipt: &Receipt, figures: &[(NewObservation, u32)], reason: &str) -> Result<()>;

    /// Keeps other transactions that call this for the same unit waiting until this one ends: what it reads of the unit's figures afterwards
    /// stays so until then, unless somebody stores without calling it.
    async fn hold_unit(&mut self, unit: &UnitCode) -> Result<()>;
    /// Stores explanations with the current versions of figures, each once. [`Error::Conflict`] where one is explained already, and
    /// [`Error::Broken`] where nothing is held.
    async fn explain(&mut self, explanations: &[Explanation]) -> Result<()>;

    /// The draft of a unit for a due date, as this transaction sees it.
    async fn draft(&mut self, unit: &UnitCode, due: Date) -> Result<Option<Draft>>;
    /// Stores a version of a draft: the first, or one above the version that stands ([`Error::Conflict`] otherwise).
    async fn put_draft(&mut self, draft: &Draft) -> Result<()>;
    /// Removes a version of a draft; whether it was there.
    async fn remove_draft(&mut self, mark: &DraftMark) -> Result<bool>;

    /// A dispute, as this transaction sees it.
    async fn dispute(&mut self, dispute: DisputeId) -> Result<Option<Dispute>>;
    /// The open dispute of a unit about a subject.
    async fn open_dispute(&mut self, unit: &UnitCode, subject: &str) -> Result<Option<DisputeId>>;
    /// Stores a dispute and gives it its number. [`Error::Conflict`] where the unit has an open one about the same subject.
    async fn insert_dispute(&mut self, dispute: &NewDispute) -> Result<DisputeId>;
    /// Ends a dispute. [`Error::Conflict`] where there is none or it has ended.
    async fn end_dispute(&mut self, dispute: DisputeId, end: &DisputeEnd) -> Result<()>;

    /// Inserts a decision. [`Error::Conflict`] where its number is taken.
    async fn insert_decision(&mut self, decision: &Decision) -> Result<()>;
    /// Marks a decision as undone. [`Error::Conflict`] where there is none or it was undone already.
    async fn undo_decision(&mut self, decision: DecisionId, undone: &Undone) -> Result<()>;
    /// Puts a disputed decision in force. [`Error::Conflict`] where there is none or it is not disputed.
    async fn uphold_decision(&mut self, decision: DecisionId) -> Result<()>;
    /// Gives decisions other keys for their fields.
    async fn rename_decisions(&mut self, keys: &[RenamedDecision]) -> Result<()>;
    /// Number of the settlement in force, as this transaction sees it.
    async fn settlement_version(&mut self) -> Result<u64>;
    /// Brings the figures typed through fields, all their versions, from one element to another. Where the other holds a figure for the same
    /// unit and period, the one that comes is set aside; where several come, the first by the field's number takes the place. Figures that were
    /// set aside and whose element became free take their place. Nothing is overwritten, and moving back restores everything.
    async fn move_figures(&mut self, moves: &[FigureMove]) -> Result<Moved>;
    /// Resolves a conflict: the figure that was set aside changes places with the one that stands, or both stay where they are.
    /// [`Error::Conflict`] where there is no such conflict or nothing stands any more.
    async fn resolve_conflict(&mut self, number: u64, takes_aside: bool, by: &Undone) -> Result<()>;
    /// Replaces the meanings of the fields of a version of a form. [`Error::Conflict`] where there is no such version.
    async fn reread_template(&mut self, form: &StoredForm) -> Result<()>;

    /// Inserts a token; an account has one token, a second replaces it. [`Error::Conflict`] where another account has this digest.
    async fn put_token(&mut self, token: &TokenRecord) -> Result<()>;
    /// Appends to the audit trail and returns the record with its place in the chain.
    async fn append_audit(&mut self, record: &NewAuditRecord) -> Result<AuditRecord>;

    /// Makes everything durable. Once this returned, a crash loses nothing of it. When its future is dropped, it may have happened or not,
    /// but never in part: the request id tells.
    async fn commit(self: Box<Self>) -> Result<()>;
}
