//! Disputes of figures that another has reported: raised by the unit that sees the figure on its form, answered by who reported it.
//!
//! A dispute changes no figure. The answer is a correction, which ends the dispute in its own transaction, or a reason why the figure stands.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::app::consolidated_form::UnitYear;
use crate::app::error::{Result, refuse_errors};
use crate::app::page::{Page, PageRequest};
use crate::app::request::Request;
use crate::app::sources::keys_of;
use crate::domain::audit::NewAuditRecord;
use crate::domain::caller::{Caller, Role, Scope};
use crate::domain::dispute::{Dispute, DisputeEnd, DisputeId, DisputeState, Disputed, DisputedFigure, NewDispute};
use crate::domain::id::{FieldId, FormId};
use crate::domain::observation::{NewObservation, ObservationKey, Receipt};
use crate::domain::period::ReferencePeriod;
use crate::domain::problem::{Code, Place, Problem, check_optional_text, check_text};
use crate::domain::unit::UnitCode;
use crate::store::{WriteTransaction, again};

/// Longest claim or answer, in characters.
const MAX_CLAIM_CHARS: usize = 1_000;

/// A dispute on its way in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Objection {
    /// The unit that disputes.
    pub unit: UnitCode,
    /// The form on which the figure stands.
    pub form: FormId,
    /// Its field.
    pub field: FieldId,
    /// The form's period.
    pub period: ReferencePeriod,
    /// Who reported it, where the figure is made from several units'.
    pub source: Option<UnitCode>,
    /// What is wrong.
    pub claim: String,
    /// The value that the unit thinks right; may be empty.
    pub proposed: String,
}

/// What a party does with an open dispute, besides correcting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// Who is asked says that the figure stands.
    Reject,
    /// Who asked takes it back.
    Withdraw,
}

/// A field's place on a unit's form with the figures it is made from.
struct Seen {
    about: Disputed,
    addressee: UnitCode,
    keys: Vec<ObservationKey>,
}

impl App {
    /// Raises a dispute of a figure that another unit has reported. Clerks of the unit on whose form it stands.
    pub async fn raise_dispute(&self, caller: &Caller, request_id: &str, objection: &Objection) -> Result<Dispute> {
        caller.require_unit(&objection.unit, "dispute.raise")?;
        let request = Request::new(request_id, "dispute.raise", objection)?;
        again(|| self.raise_once(caller, &request, objection)).await
    }

    async fn raise_once(&self, caller: &Caller, request: &Request, objection: &Objection) -> Result<Dispute> {
        let mut tx = self.store.begin().await?;
        if let Some(id) = request.answered::<DisputeId>(tx.as_mut(), caller).await? {
            return self.known(tx.as_mut(), id).await;
        }
        let mut problems = Vec::new();
        problems.extend(check_text(&objection.claim, "claim", MAX_CLAIM_CHARS).map(|p| p.at(Place::part("claim"))));
        problems.extend(check_optional_text(&objection.proposed, "proposed", 200).map(|p| p.at(Place::part("proposed"))));
        refuse_errors(&problems)?;
        let Seen { mut about, addressee, keys } = self.seen(objection)?;
        let held = tx.observations_at(&keys).await?;
        if held.is_empty() {
            return Err(Problem::new(Code::FigureNotHeld).arg("label", &about.label).arg("period", about.period).into());
        }
        about.figures = held.iter().map(DisputedFigure::of).collect();
        let raised = NewDispute {
            unit: objection.unit.clone(),
            addressee: Scope::Unit(addressee),
            about,
            raised_by: caller.account.clone(),
            raised_at: self.clock.now(),
        };
        if let Some(open) = tx.open_dispute(&raised.unit, &raised.subject()).await? {
            return Err(Problem::new(Code::DisputeOpen).arg("label", &raised.about.label).arg("dispute", open).into());
        }
        let id = tx.insert_dispute(&raised).await?;
        request.remember(tx.as_mut(), caller, &id).await?;
        let detail = serde_json::json!({
            "unit": raised.unit, "addressee": raised.addressee, "field": raised.about.field, "period": raised.about.period,
            "claim": raised.about.claim, "proposed": raised.about.proposed,
        });
        tx.append_audit(&self.audit_of_dispute(caller, "dispute.raise", id, &detail)).await?;
        tx.commit().await?;
        Ok(Dispute { id, raised, end: None })
    }

    /// Who is asked about a figure on a unit's form.
    fn seen(&self, objection: &Objection) -> Result<Seen> {
        let unknown = || Problem::new(Code::FieldUnknown).arg("field", format!("{}/{}", objection.form, objection.field));
        let year = objection.period.year().ok_or_else(unknown)?;
        let planned = self.state.plan(year);
        let position =
            planned.units.position(&objection.unit).ok_or_else(|| Problem::new(Code::UnitUnknown).arg("unit", &objection.unit))?;
        let place = UnitYear { planned, position };
        let plan = &place.planned.plan;
        let mut asked = plan.fields_of_unit(position);
        let field = asked.find(|f| f.key.form == objection.form && f.key.field == objection.field).ok_or_else(unknown)?;
        let source = plan.source(position, &field.key, objection.period).ok_or_else(unknown)?;
        let all = keys_of(&place.planned, &source);
        let units: BTreeSet<&UnitCode> = all.iter().map(|key| &key.unit).collect();
        let addressee = match (&objection.source, units.len()) {
            (Some(unit), _) if units.contains(unit) => unit.clone(),
            (None, 1) => units.into_iter().next().cloned().ok_or_else(unknown)?,
            (_, n) => {
                let problem = Problem::new(Code::DisputeSourceUnclear).arg("label", &field.label).arg("n", n);
                return Err(problem.at(Place::part("source")).into());
            }
        };
        if addressee == objection.unit {
            return Err(Problem::new(Code::DisputeOwnFigure).arg("label", &field.label).arg("period", objection.period).into());
        }
        let about = Disputed {
            field: field.key.clone(),
            period: objection.period,
            label: field.label.clone(),
            figures: Vec::new(),
            claim: objection.claim.trim().to_owned(),
            proposed: objection.proposed.trim().to_owned(),
        };
        let keys = all.into_iter().filter(|key| key.unit == addressee).collect();
        Ok(Seen { about, addressee, keys })
    }

    /// Ends a dispute without a correction: who is asked rejects it with a reason, or who asked withdraws it.
    pub async fn end_dispute(&self, caller: &Caller, request_id: &str, id: DisputeId, ending: Ending, note: &str) -> Result<Dispute> {
        caller.require(&[Role::Clerk, Role::DataOfficer], "dispute.answer")?;
        let request = Request::new(request_id, "dispute.end", &(id, ending, note))?;
        again(|| self.end_once(caller, &request, id, ending, note)).await
    }

    async fn end_once(&self, caller: &Caller, request: &Request, id: DisputeId, ending: Ending, note: &str) -> Result<Dispute> {
        let mut tx = self.store.begin().await?;
        if let Some(id) = request.answered::<DisputeId>(tx.as_mut(), caller).await? {
            return self.known(tx.as_mut(), id).await;
        }
        let mut dispute = self.known(tx.as_mut(), id).await?;
        require_party(caller, &dispute)?;
        let is_entitled = match ending {
            Ending::Reject => caller.scope == dispute.raised.addressee,
            Ending::Withdraw => caller.scope == Scope::Unit(dispute.raised.unit.clone()),
        };
        if !is_entitled {
            return Err(Problem::new(Code::CallerMayNot).arg("act", "dispute.answer").into());
        }
        require_open(&dispute)?;
        let problem = match ending {
            Ending::Reject => check_text(note, "note", MAX_CLAIM_CHARS),
            Ending::Withdraw => check_optional_text(note, "note", MAX_CLAIM_CHARS),
        };
        refuse_errors(&problem.map(|p| p.at(Place::part("note"))).into_iter().collect::<Vec<_>>())?;
        let state = if ending == Ending::Reject { DisputeState::Rejected } else { DisputeState::Withdrawn };
        let end = DisputeEnd { state, by: caller.account.clone(), at: self.clock.now(), note: note.trim().to_owned(), receipt: None };
        tx.end_dispute(id, &end).await?;
        request.remember(tx.as_mut(), caller, &id).await?;
        let act = if ending == Ending::Reject { "dispute.reject" } else { "dispute.withdraw" };
        tx.append_audit(&self.audit_of_dispute(caller, act, id, &serde_json::json!({ "note": end.note }))).await?;
        tx.commit().await?;
        dispute.end = Some(end);
        Ok(dispute)
    }

    /// Looks whether a correction answers a dispute: it is open, the caller is asked, and one of the figures is among the corrected ones.
    pub(crate) async fn answered_dispute(
        &self,
        tx: &mut dyn WriteTransaction,
        caller: &Caller,
        id: DisputeId,
        corrected: &[NewObservation],
    ) -> Result<()> {
        let dispute = self.known(tx, id).await?;
        if caller.scope != dispute.raised.addressee {
            return Err(unknown(id).into());
        }
        require_open(&dispute)?;
        let is_meant = |o: &NewObservation| dispute.raised.about.figures.iter().any(|f| f.via == o.via && f.key.period == o.key.period);
        if corrected.iter().any(is_meant) {
            return Ok(());
        }
        Err(Problem::new(Code::DisputeNotAnswered).arg("dispute", id).arg("label", &dispute.raised.about.label).into())
    }

    async fn known(&self, tx: &mut dyn WriteTransaction, id: DisputeId) -> Result<Dispute> {
        tx.dispute(id).await?.ok_or_else(|| unknown(id).into())
    }

    /// A dispute. Its parties and the bureau; to others it is as unknown as one that does not exist.
    pub async fn get_dispute(&self, caller: &Caller, id: DisputeId) -> Result<Dispute> {
        caller.require(&[Role::Clerk, Role::DataOfficer, Role::Bureau], "dispute.read")?;
        let dispute = self.store.dispute(id).await?.ok_or_else(|| unknown(id))?;
        if caller.role != Role::Bureau {
            require_party(caller, &dispute)?;
        }
        Ok(dispute)
    }

    /// Disputes by number: those that the caller's unit or organisation raised or is asked about; all of them for the bureau.
    pub async fn list_disputes(&self, caller: &Caller, is_open: bool, page: &PageRequest) -> Result<Page<Dispute>> {
        caller.require(&[Role::Clerk, Role::DataOfficer, Role::Bureau], "dispute.read")?;
        let size = page.size_within(100, 1_000)?;
        let malformed = || Problem::new(Code::CursorMalformed).arg("value", &page.cursor).at(Place::part("cursor"));
        let mut after = page.after()?.map(|text| text.parse::<u64>().map_err(|_| malformed())).transpose()?.unwrap_or(0);
        let mut found: Vec<Dispute> = Vec::new();
        loop {
            let read = match caller.role {
                Role::Bureau => self.store.disputes(after, size + 1).await?,
                Role::Clerk | Role::DataOfficer | Role::Operator => self.store.disputes_of(&caller.scope, after, size + 1).await?,
            };
            let is_last = read.len() <= size as usize;
            after = read.last().map_or(after, |dispute| dispute.id.0);
            found.extend(read.into_iter().filter(|dispute| !is_open || dispute.end.is_none()));
            if is_last || found.len() > size as usize {
                return Ok(Page::cut(found, size, |dispute| dispute.id.to_string()));
            }
        }
    }

    fn audit_of_dispute(&self, caller: &Caller, act: &str, id: DisputeId, detail: &serde_json::Value) -> NewAuditRecord {
        NewAuditRecord {
            at: self.clock.now(),
            account: caller.account.clone(),
            act: act.to_owned(),
            object: format!("dispute {id}"),
            detail: detail.to_string(),
        }
    }
}

fn unknown(id: DisputeId) -> Problem {
    Problem::new(Code::DisputeUnknown).arg("dispute", id)
}

fn require_party(caller: &Caller, dispute: &Dispute) -> std::result::Result<(), Problem> {
    let is_party = caller.scope == dispute.raised.addressee || caller.scope == Scope::Unit(dispute.raised.unit.clone());
    if is_party { Ok(()) } else { Err(unknown(dispute.id)) }
}

fn require_open(dispute: &Dispute) -> std::result::Result<(), Problem> {
    match &dispute.end {
        None => Ok(()),
        Some(end) => {
            Err(Problem::new(Code::DisputeEnded).arg("dispute", dispute.id).arg("state", end.state.as_str()).arg("account", &end.by))
        }
    }
}

/// How a correction ends the dispute that it answers.
pub(crate) fn end_by_correction(caller: &Caller, receipt: &Receipt, reason: &str) -> DisputeEnd {
    DisputeEnd {
        state: DisputeState::Corrected,
        by: caller.account.clone(),
        at: receipt.stored_at,
        note: reason.trim().to_owned(),
        receipt: Some(receipt.id.clone()),
    }
}
