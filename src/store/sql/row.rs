//! Rows as the databases give them, and the domain values they stand for.
//!
//! A value that does not read back is [`Error::Broken`](crate::store::Error::Broken): the store wrote it, so somebody else changed it.

use jiff::Timestamp;
use jiff::civil::Date;
use sqlx::FromRow;

use crate::domain::audit::{AuditRecord, NewAuditRecord};
use crate::domain::caller::{Role, Scope, TokenRecord};
use crate::domain::decision::{Decision, DecisionId, FigureConflict, Undone, Verdict};
use crate::domain::dispute::{Dispute, DisputeEnd, DisputeId, DisputeState, NewDispute};
use crate::domain::draft::Draft;
use crate::domain::figure::Figure;
use crate::domain::id::{AccountId, ElementId, FieldId, FieldKey, FormId, OrganisationId, ReceiptId, RequestId};
use crate::domain::observation::{ExplainedVersion, Observation, ObservationKey, Receipt};
use crate::domain::organisation::{Organisation, OrganisationKind};
use crate::domain::period::ReferencePeriod;
use crate::domain::unit::{Level, UnitCode, UnitRow};
use crate::store::sql::error::broken;
use crate::store::{RememberedAnswer, Result, StoredForm};

/// A row that stands for a domain value.
pub(crate) trait Stored {
    /// The domain value.
    type Value;
    /// Reads it.
    fn read(self) -> Result<Self::Value>;
}

/// Reads all rows.
pub(crate) fn read_all<R: Stored>(rows: Vec<R>) -> Result<Vec<R::Value>> {
    rows.into_iter().map(Stored::read).collect()
}

#[derive(FromRow)]
pub(crate) struct OrganisationRow {
    id: String,
    name: String,
    kind: String,
    parent: Option<String>,
}

impl Stored for OrganisationRow {
    type Value = Organisation;
    fn read(self) -> Result<Organisation> {
        let kind = OrganisationKind::parse(&self.kind).map_err(|_| broken("organisation", &self.kind))?;
        let parent = self.parent.map(OrganisationId::from_stored);
        Ok(Organisation { id: OrganisationId::from_stored(self.id), name: self.name, kind, parent })
    }
}

#[derive(FromRow)]
pub(crate) struct UnitRowRow {
    code: String,
    valid_from: String,
    name: String,
    level: String,
    parent: Option<String>,
    valid_to: Option<String>,
}

impl Stored for UnitRowRow {
    type Value = UnitRow;
    fn read(self) -> Result<UnitRow> {
        let date = |text: &str| text.parse::<Date>().map_err(|_| broken("unit", text));
        Ok(UnitRow {
            level: Level::parse(&self.level).map_err(|_| broken("unit", &self.level))?,
            valid_from: date(&self.valid_from)?,
            valid_to: self.valid_to.as_deref().map(date).transpose()?,
            code: UnitCode::from_stored(self.code),
            name: self.name,
            parent: self.parent.map(UnitCode::from_stored),
        })
    }
}

#[derive(FromRow)]
pub(crate) struct FormRow {
    template: String,
    fields: String,
    vocabulary: String,
}

impl Stored for FormRow {
    type Value = StoredForm;
    fn read(self) -> Result<StoredForm> {
        Ok(StoredForm {
            template: serde_json::from_str(&self.template).map_err(|e| broken("template", e))?,
            fields: serde_json::from_str(&self.fields).map_err(|e| broken("field", e))?,
            vocabulary: self.vocabulary,
        })
    }
}

#[derive(FromRow)]
pub(crate) struct ObservationRow {
    unit: String,
    period: i64,
    element: i64,
    figure: String,
    unit_of_measure: String,
    form: String,
    field: String,
    since: i64,
    typed_under: i64,
    version: i64,
    reporter: String,
    receipt: String,
    stored_at: String,
    reason: String,
}

impl Stored for ObservationRow {
    type Value = Observation;
    fn read(self) -> Result<Observation> {
        let period = i32::try_from(self.period).ok().and_then(ReferencePeriod::from_ordinal);
        let key = ObservationKey {
            unit: UnitCode::from_stored(self.unit),
            element: ElementId::from_stored(self.element),
            period: period.ok_or_else(|| broken("observation", self.period))?,
        };
        let version = u32::try_from(self.version).map_err(|e| broken("observation", e))?;
        Ok(Observation {
            key,
            figure: Figure::from_stored(&self.figure).ok_or_else(|| broken("observation", &self.figure))?,
            unit_of_measure: self.unit_of_measure,
            via: FieldKey {
                form: FormId::from_stored(self.form),
                field: FieldId::from_stored(self.field),
                since: u32::try_from(self.since).map_err(|e| broken("observation", e))?,
            },
            typed_under: ElementId::from_stored(self.typed_under),
            version,
            reporter: AccountId::from_stored(self.reporter),
            receipt: ReceiptId::from_stored(self.receipt),
            stored_at: timestamp("observation", &self.stored_at)?,
            // The reason stands in the receipt, which may hold first versions beside corrected ones.
            reason: if version == 1 { String::new() } else { self.reason },
        })
    }
}

#[derive(FromRow)]
pub(crate) struct ExplanationRow {
    unit: String,
    period: i64,
    element: i64,
    version: i64,
    text: String,
}

impl Stored for ExplanationRow {
    type Value = ExplainedVersion;
    fn read(self) -> Result<ExplainedVersion> {
        let period = i32::try_from(self.period).ok().and_then(ReferencePeriod::from_ordinal);
        let key = ObservationKey {
            unit: UnitCode::from_stored(self.unit),
            element: ElementId::from_stored(self.element),
            period: period.ok_or_else(|| broken("explanation", self.period))?,
        };
        Ok(ExplainedVersion { key, version: u32::try_from(self.version).map_err(|e| broken("explanation", e))?, text: self.text })
    }
}

#[derive(FromRow)]
pub(crate) struct DraftRow {
    unit: String,
    due: String,
    version: i64,
    cells: String,
    saved_by: String,
    saved_at: String,
}

impl Stored for DraftRow {
    type Value = Draft;
    fn read(self) -> Result<Draft> {
        Ok(Draft {
            unit: UnitCode::from_stored(self.unit),
            due: self.due.parse().map_err(|e| broken("draft", e))?,
            version: u32::try_from(self.version).map_err(|e| broken("draft", e))?,
            cells: serde_json::from_str(&self.cells).map_err(|e| broken("draft", e))?,
            saved_by: AccountId::from_stored(self.saved_by),
            saved_at: timestamp("draft", &self.saved_at)?,
        })
    }
}

#[derive(FromRow)]
pub(crate) struct DisputeRow {
    number: i64,
    unit: String,
    addressee: String,
    about: String,
    raised_by: String,
    raised_at: String,
    state: String,
    ended_by: Option<String>,
    ended_at: Option<String>,
    note: Option<String>,
    receipt: Option<String>,
}

impl Stored for DisputeRow {
    type Value = Dispute;
    fn read(self) -> Result<Dispute> {
        let state = DisputeState::parse(&self.state).ok_or_else(|| broken("dispute", &self.state))?;
        let end = match (self.ended_by, self.ended_at) {
            (Some(by), Some(at)) => Some(DisputeEnd {
                state,
                by: AccountId::from_stored(by),
                at: timestamp("dispute", &at)?,
                note: self.note.unwrap_or_default(),
                receipt: self.receipt.map(ReceiptId::from_stored),
            }),
            _ => None,
        };
        let raised = NewDispute {
            unit: UnitCode::from_stored(self.unit),
            addressee: read_addressee(&self.addressee)?,
            about: serde_json::from_str(&self.about).map_err(|e| broken("dispute", e))?,
            raised_by: AccountId::from_stored(self.raised_by),
            raised_at: timestamp("dispute", &self.raised_at)?,
        };
        Ok(Dispute { id: DisputeId(self.number.unsigned_abs()), raised, end })
    }
}

/// Who is asked in a dispute, as one text.
pub(crate) fn addressee(party: &Scope) -> String {
    match party {
        Scope::Installation => "installation".to_owned(),
        Scope::Organisation(organisation) => format!("organisation {organisation}"),
        Scope::Unit(unit) => format!("unit {unit}"),
    }
}

fn read_addressee(text: &str) -> Result<Scope> {
    match text.split_once(' ') {
        Some(("organisation", id)) => Ok(Scope::Organisation(OrganisationId::from_stored(id))),
        Some(("unit", code)) => Ok(Scope::Unit(UnitCode::from_stored(code))),
        _ => Err(broken("dispute", text)),
    }
}

#[derive(FromRow)]
pub(crate) struct ConflictRow {
    number: i64,
    resolved_by: Option<String>,
    resolved_at: Option<String>,
    resolved_note: Option<String>,
    #[sqlx(flatten)]
    aside: ObservationRow,
}

impl Stored for ConflictRow {
    /// The figure that stands is found apart, by the key of the one that was set aside.
    type Value = FigureConflict;
    fn read(self) -> Result<FigureConflict> {
        let resolved = ended("conflict", self.resolved_by, self.resolved_at, self.resolved_note)?;
        Ok(FigureConflict { number: self.number.unsigned_abs(), held: None, aside: self.aside.read()?, resolved })
    }
}

#[derive(FromRow)]
pub(crate) struct DecisionRow {
    number: i64,
    a_form: String,
    a_field: String,
    a_since: i64,
    b_form: String,
    b_field: String,
    b_since: i64,
    a_key: String,
    b_key: String,
    sets_apart: bool,
    verdict: String,
    note: String,
    decided_by: String,
    decided_at: String,
    is_disputed: bool,
    undone_by: Option<String>,
    undone_at: Option<String>,
    undone_note: Option<String>,
    lesson: Option<String>,
}

impl Stored for DecisionRow {
    type Value = Decision;
    fn read(self) -> Result<Decision> {
        Ok(Decision {
            id: DecisionId(self.number.unsigned_abs()),
            a: field_key("decision", self.a_form, self.a_field, self.a_since)?,
            b: field_key("decision", self.b_form, self.b_field, self.b_since)?,
            a_key: self.a_key,
            b_key: self.b_key,
            sets_apart: self.sets_apart,
            verdict: Verdict::parse(&self.verdict).ok_or_else(|| broken("decision", &self.verdict))?,
            note: self.note,
            decided_by: AccountId::from_stored(self.decided_by),
            decided_at: timestamp("decision", &self.decided_at)?,
            is_disputed: self.is_disputed,
            undone: ended("decision", self.undone_by, self.undone_at, self.undone_note)?,
            lesson: self.lesson.map(|text| serde_json::from_str(&text)).transpose().map_err(|e| broken("decision", e))?,
        })
    }
}

#[derive(FromRow)]
pub(crate) struct FieldRow {
    form: String,
    field: String,
    since: i64,
}

impl Stored for FieldRow {
    type Value = FieldKey;
    fn read(self) -> Result<FieldKey> {
        field_key("field", self.form, self.field, self.since)
    }
}

fn field_key(what: &'static str, form: String, field: String, since: i64) -> Result<FieldKey> {
    let since = u32::try_from(since).map_err(|e| broken(what, e))?;
    Ok(FieldKey { form: FormId::from_stored(form), field: FieldId::from_stored(field), since })
}

/// Who ended something, when and why; `None` while it lasts.
fn ended(what: &'static str, by: Option<String>, at: Option<String>, note: Option<String>) -> Result<Option<Undone>> {
    let Some((by, at)) = by.zip(at) else { return Ok(None) };
    Ok(Some(Undone { by: AccountId::from_stored(by), at: timestamp(what, &at)?, note: note.unwrap_or_default() }))
}

#[derive(FromRow)]
pub(crate) struct ReceiptRow {
    id: String,
    unit: String,
    reporter: String,
    request: String,
    n_figures: i64,
    digest: String,
    stored_at: String,
}

impl Stored for ReceiptRow {
    type Value = Receipt;
    fn read(self) -> Result<Receipt> {
        Ok(Receipt {
            id: ReceiptId::from_stored(self.id),
            unit: UnitCode::from_stored(self.unit),
            reporter: AccountId::from_stored(self.reporter),
            request: RequestId::from_stored(self.request),
            n_figures: u32::try_from(self.n_figures).map_err(|e| broken("receipt", e))?,
            digest: self.digest,
            stored_at: timestamp("receipt", &self.stored_at)?,
        })
    }
}

#[derive(FromRow)]
pub(crate) struct TokenRow {
    account: String,
    digest: String,
    role: String,
    scope: String,
    expires_at: Option<String>,
    revoked_at: Option<String>,
}

impl Stored for TokenRow {
    type Value = TokenRecord;
    fn read(self) -> Result<TokenRecord> {
        Ok(TokenRecord {
            role: Role::parse(&self.role).map_err(|_| broken("token", &self.role))?,
            scope: serde_json::from_str(&self.scope).map_err(|e| broken("token", e))?,
            expires_at: self.expires_at.map(|t| timestamp("token", &t)).transpose()?,
            revoked_at: self.revoked_at.map(|t| timestamp("token", &t)).transpose()?,
            account: AccountId::from_stored(self.account),
            digest: self.digest,
        })
    }
}

#[derive(FromRow)]
pub(crate) struct AnswerRow {
    payload_digest: String,
    answer: String,
}

impl Stored for AnswerRow {
    type Value = RememberedAnswer;
    fn read(self) -> Result<RememberedAnswer> {
        Ok(RememberedAnswer { payload_digest: self.payload_digest, answer: self.answer })
    }
}

#[derive(FromRow)]
pub(crate) struct AuditRow {
    sequence: i64,
    at: String,
    account: String,
    act: String,
    object: String,
    detail: String,
    previous: String,
    hash: String,
}

impl Stored for AuditRow {
    type Value = AuditRecord;
    fn read(self) -> Result<AuditRecord> {
        let record = NewAuditRecord {
            at: timestamp("audit", &self.at)?,
            account: AccountId::from_stored(self.account),
            act: self.act,
            object: self.object,
            detail: self.detail,
        };
        let sequence = u64::try_from(self.sequence).map_err(|e| broken("audit", e))?;
        Ok(AuditRecord { sequence, record, previous: self.previous, hash: self.hash })
    }
}

fn timestamp(what: &'static str, text: &str) -> Result<Timestamp> {
    text.parse().map_err(|_| broken(what, text))
}
