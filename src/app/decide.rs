//! Decides (裁定) whether two fields are one figure: merges or separates data elements, moves the figures that were typed, and can show
//! beforehand what it would do.

use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::app::error::{Error, Result, refuse_errors};
use crate::app::request::Request;
use crate::app::settling::{Effects, Settling};
use crate::domain::audit::NewAuditRecord;
use crate::domain::caller::{Caller, Role};
use crate::domain::decision::{Decision, DecisionId, Verdict};
use crate::domain::element::CataloguedField;
use crate::domain::id::{AccountId, FieldId, FieldKey, FormId};
use crate::domain::problem::{Code, Place, Problem, check_optional_text};
use crate::overlap::Objection;
use crate::store::WriteTransaction;

/// Longest note of a decision, in characters.
const MAX_NOTE_CHARS: usize = 1_000;

/// A field as a reviewer names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedField {
    /// The form.
    pub form: FormId,
    /// The field within it.
    pub field: FieldId,
    /// The version that gave the field the meaning that the reviewer saw; 0 for the present one.
    pub since: u32,
}

/// A reviewer's answer on its way in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// One field.
    pub a: NamedField,
    /// The other: where both are one element already, the one that is set apart.
    pub b: NamedField,
    /// What the reviewer says of `a` against `b`.
    pub verdict: Verdict,
    /// What the reviewer adds; may be empty.
    pub note: String,
}

/// What became of an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decided {
    /// The decision; number 0 in a preview.
    pub decision: DecisionId,
    /// Whether it contradicts another reviewer's answer and has no effect until the bureau resolves that.
    pub is_disputed: bool,
    /// What it did.
    pub effects: Effects,
}

/// An answer that can be taken.
struct Prepared {
    decision: Decision,
    settling: Settling,
}

impl App {
    /// Takes a reviewer's answer on two fields. The bureau.
    pub async fn decide(&self, caller: &Caller, request_id: &str, answer: &Answer) -> Result<Decided> {
        caller.require(&[Role::Bureau], "decision.make")?;
        let request = Request::new(request_id, "decision.make", answer)?;
        let _registering = self.state.registering.lock().await;
        let mut tx = self.begin_registering().await?;
        if let Some(decided) = request.answered::<Decided>(tx.as_mut(), caller).await? {
            return Ok(decided);
        }
        let prepared = self.prepare(caller, answer)?;
        let decided = self.store_decision(tx.as_mut(), caller, &prepared).await?;
        request.remember(tx.as_mut(), caller, &decided).await?;
        let version = tx.settlement_version().await?;
        tx.commit().await?;
        self.state.settle(prepared.settling.settled(version));
        self.has_registered();
        self.follow_answers().await;
        Ok(decided)
    }

    /// Says what an answer would do, or everything that stands against it, and stores nothing. The bureau.
    pub async fn preview_decision(&self, caller: &Caller, answer: &Answer) -> Result<(Option<Decided>, Vec<Problem>)> {
        caller.require(&[Role::Bureau], "decision.make")?;
        let _registering = self.state.registering.lock().await;
        self.catch_up().await?;
        let prepared = match self.prepare(caller, answer) {
            Ok(prepared) => prepared,
            Err(Error::Refused(problems)) => return Ok((None, problems)),
            Err(error) => return Err(error),
        };
        let mut tx = self.store.begin().await?;
        let decided = self.store_decision(tx.as_mut(), caller, &prepared).await?;
        drop(tx);
        Ok((Some(Decided { decision: DecisionId(0), ..decided }), Vec::new()))
    }

    async fn store_decision(&self, tx: &mut dyn WriteTransaction, caller: &Caller, prepared: &Prepared) -> Result<Decided> {
        let decision = &prepared.decision;
        tx.insert_decision(decision).await?;
        let effects = prepared.settling.store(tx).await?;
        let detail = serde_json::json!({
            "a": decision.a, "b": decision.b, "verdict": decision.verdict, "note": decision.note,
            "disputed": decision.is_disputed, "effects": effects,
        });
        tx.append_audit(&self.audit_of_decision(caller, "decision.make", decision.id, &detail)).await?;
        Ok(Decided { decision: decision.id, is_disputed: decision.is_disputed, effects })
    }

    /// Checks an answer against all that was decided and registered.
    fn prepare(&self, caller: &Caller, answer: &Answer) -> Result<Prepared> {
        let mut problems: Vec<Problem> = check_optional_text(&answer.note, "note", MAX_NOTE_CHARS).into_iter().collect();
        let (a, b) = match (self.named_field(&answer.a, "a"), self.named_field(&answer.b, "b")) {
            (Ok(a), Ok(b)) => (a, b),
            (a, b) => {
                problems.extend([a.err(), b.err()].into_iter().flatten());
                return Err(Error::Refused(problems));
            }
        };
        if a.key == b.key {
            problems.push(Problem::new(Code::DecisionOfOneField).arg("field", &a.key));
            return Err(Error::Refused(problems));
        }
        let known = self.state.decisions();
        let mut earlier = self.earlier_answers(&known, (&a.key, &a.meaning.key), (&b.key, &b.meaning.key));
        let sets_apart = answer.verdict.tells_apart() && self.state.catalogue(|c| c.may_set_apart(&a, &b));
        if sets_apart {
            // A question about this very field, which answers about others with its key leave open.
            earlier.retain(|(d, _)| d.a == b.key || d.b == b.key);
        }
        let own = earlier.iter().find(|(d, _)| d.decided_by == caller.account);
        if let Some((own, verdict)) = own {
            problems.push(Problem::new(Code::DecisionStands).arg("decision", own.id).arg("verdict", verdict.as_str()));
        }
        let is_disputed = earlier.iter().any(|(d, verdict)| d.is_in_force() && verdict.contradicts(answer.verdict));
        if !is_disputed {
            let objections = self.state.catalogue(|c| c.objections(&a, &b, answer.verdict));
            problems.extend(objections.into_iter().map(|o| objection_problem(o, &known)));
        }
        refuse_errors(&problems)?;
        let sets_apart = sets_apart && (!is_disputed || a.meaning.key == b.meaning.key);
        let id = DecisionId(known.last().map_or(0, |d| d.id.0) + 1);
        let decision = Decision { id, sets_apart, is_disputed, ..self.new_decision(caller.account.clone(), (a, b), answer) };
        let mut all = known.as_ref().clone();
        all.push(decision.clone());
        let settling = self.settling(all);
        if let Some(found) = settling.contradictions.first() {
            let standing = known.iter().find(|d| d.id == found.standing || d.id == found.waiting);
            return Err(contradiction_problem(standing.map_or(found.standing, |d| d.id), &known).into());
        }
        Ok(Prepared { decision, settling })
    }

    fn new_decision(&self, decided_by: AccountId, (a, b): (CataloguedField, CataloguedField), answer: &Answer) -> Decision {
        Decision {
            id: DecisionId(0),
            a: a.key,
            b: b.key,
            a_key: a.meaning.key,
            b_key: b.meaning.key,
            verdict: answer.verdict,
            sets_apart: false,
            note: answer.note.clone(),
            decided_by,
            decided_at: self.clock.now(),
            is_disputed: false,
            undone: None,
            lesson: None,
        }
    }

    /// A registered field by the name that a reviewer gives it.
    pub(crate) fn named_field(&self, named: &NamedField, part: &str) -> std::result::Result<CataloguedField, Problem> {
        let found = self.state.catalogue(|c| c.fields_of_form(&named.form).iter().find(|f| f.key.field == named.field).cloned());
        let unknown = || {
            let key = FieldKey { form: named.form.clone(), field: named.field.clone(), since: named.since };
            Problem::new(Code::FieldUnknown).arg("field", key).at(Place::part(part))
        };
        found.filter(|f| named.since == 0 || f.key.since == named.since).ok_or_else(unknown)
    }

    /// Decisions on the same question that were not undone, each with what it says of `a` against `b`.
    pub(crate) fn earlier_answers<'d>(
        &self,
        known: &'d [Decision],
        (a, a_key): (&FieldKey, &str),
        (b, b_key): (&FieldKey, &str),
    ) -> Vec<(&'d Decision, Verdict)> {
        self.state.catalogue(|c| {
            let settlement = c.settlement();
            let node = |field: &FieldKey, key: &str| settlement.node_of(field, key).into_owned();
            let (node_a, node_b) = (node(a, a_key), node(b, b_key));
            let on_it = known.iter().filter(|d| d.undone.is_none()).filter_map(|d| {
                let (from, to) = (node(&d.a, &d.a_key), node(&d.b, &d.b_key));
                let is_one_reading = node_a == node_b;
                if is_one_reading && from == to {
                    // Fields with one key are asked about one by one.
                    let is_same = (d.a == *a && d.b == *b) || (d.a == *b && d.b == *a);
                    return is_same.then_some((d, d.verdict));
                }
                match (from == node_a && to == node_b, from == node_b && to == node_a) {
                    (true, _) => Some((d, d.verdict)),
                    (_, true) => Some((d, d.verdict.turned())),
                    _ => None,
                }
            });
            on_it.collect()
        })
    }

    /// The audit record of an act on a decision.
    pub(crate) fn audit_of_decision(&self, caller: &Caller, act: &str, id: DecisionId, detail: &serde_json::Value) -> NewAuditRecord {
        NewAuditRecord {
            at: self.clock.now(),
            account: caller.account.clone(),
            act: act.to_owned(),
            object: format!("decision {id}"),
            detail: detail.to_string(),
        }
    }
}

/// Says that an earlier decision stands against something.
pub(crate) fn contradiction_problem(id: DecisionId, known: &[Decision]) -> Problem {
    let problem = Problem::new(Code::DecisionContradicts).arg("decision", id);
    match known.iter().find(|d| d.id == id) {
        Some(d) => problem.arg("verdict", d.verdict.as_str()).arg("a", &d.a).arg("b", &d.b).arg("reviewer", &d.decided_by),
        None => problem.arg("verdict", "").arg("a", "").arg("b", "").arg("reviewer", ""),
    }
}

/// Says what stands against an answer, and what to do about it.
pub(crate) fn objection_problem(objection: Objection, known: &[Decision]) -> Problem {
    match objection {
        Objection::Decided(id) => contradiction_problem(id, known),
        Objection::Vetoed { facet, a, a_value, b, b_value } => {
            let problem = Problem::new(Code::DecisionVetoed).arg("facet", facet).arg("a", a).arg("a_value", a_value);
            problem.arg("b", b).arg("b_value", b_value)
        }
        Objection::WithinForm { a, b } => Problem::new(Code::DecisionWithinForm).arg("form", &a.form).arg("a", &a).arg("b", &b),
    }
}
