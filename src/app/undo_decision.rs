//! Takes decisions back, and settles disagreements between reviewers.

use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::app::decide::contradiction_problem;
use crate::app::error::{Error, Result, refuse_errors};
use crate::app::request::Request;
use crate::app::settling::{Effects, Settling};
use crate::domain::caller::{Caller, Role};
use crate::domain::decision::{Decision, DecisionId, Undone, Verdict};
use crate::domain::problem::{Code, Problem, check_optional_text};
use crate::store::WriteTransaction;

/// Longest reason, in characters.
const MAX_NOTE_CHARS: usize = 1_000;

/// A decision that is to be taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undoing {
    /// The decision.
    pub decision: DecisionId,
    /// Why; may be empty.
    pub note: String,
}

/// How a disagreement ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resolution {
    /// The decision that contradicts another reviewer's.
    pub decision: DecisionId,
    /// Whether this one holds; otherwise those that it contradicts do.
    pub upholds: bool,
    /// Why; may be empty.
    pub note: String,
}

/// Several reviewers' answers to one question that cannot all hold.
#[derive(Clone, Debug)]
pub struct Disagreement {
    /// The answer that waits.
    pub disputed: Decision,
    /// Those in force that it contradicts, by number.
    pub against: Vec<Decision>,
}

/// A change of the standing of decisions, ready to be stored.
struct Change {
    undone: Vec<DecisionId>,
    upheld: Vec<DecisionId>,
    why: Undone,
    settling: Settling,
}

impl App {
    /// Takes a decision back: every element is what it was before, and each figure is kept under the element of the field through which it was
    /// typed. The bureau.
    pub async fn undo_decision(&self, caller: &Caller, request_id: &str, undoing: &Undoing) -> Result<Effects> {
        caller.require(&[Role::Bureau], "decision.undo")?;
        let request = Request::new(request_id, "decision.undo", undoing)?;
        let _registering = self.state.registering.lock().await;
        let mut tx = self.begin_registering().await?;
        if let Some(effects) = request.answered::<Effects>(tx.as_mut(), caller).await? {
            return Ok(effects);
        }
        let change = self.undoing(caller, undoing)?;
        self.carry_out(tx, caller, &request, "decision.undo", undoing.decision, change).await
    }

    /// Says what taking a decision back would do, or what stands against it, and stores nothing. The bureau.
    pub async fn preview_undo(&self, caller: &Caller, undoing: &Undoing) -> Result<(Option<Effects>, Vec<Problem>)> {
        caller.require(&[Role::Bureau], "decision.undo")?;
        let _registering = self.state.registering.lock().await;
        self.catch_up().await?;
        let change = match self.undoing(caller, undoing) {
            Ok(change) => change,
            Err(Error::Refused(problems)) => return Ok((None, problems)),
            Err(error) => return Err(error),
        };
        let mut tx = self.store.begin().await?;
        let effects = change.store(tx.as_mut()).await?;
        drop(tx);
        Ok((Some(effects), Vec::new()))
    }

    /// Ends a disagreement: one side holds, the other is undone. The bureau.
    pub async fn resolve_disagreement(&self, caller: &Caller, request_id: &str, resolution: &Resolution) -> Result<Effects> {
        caller.require(&[Role::Bureau], "decision.resolve")?;
        let request = Request::new(request_id, "decision.resolve", resolution)?;
        let _registering = self.state.registering.lock().await;
        let mut tx = self.begin_registering().await?;
        if let Some(effects) = request.answered::<Effects>(tx.as_mut(), caller).await? {
            return Ok(effects);
        }
        let change = self.resolving(caller, resolution)?;
        self.carry_out(tx, caller, &request, "decision.resolve", resolution.decision, change).await
    }

    /// Disagreements that wait, by the number of the answer that contradicts. The bureau.
    pub fn list_disagreements(&self, caller: &Caller) -> Result<Vec<Disagreement>> {
        caller.require(&[Role::Bureau], "decision.list")?;
        let known = self.state.decisions();
        let waiting = known.iter().filter(|d| d.is_disputed && d.undone.is_none());
        Ok(waiting.map(|d| Disagreement { disputed: d.clone(), against: self.against(&known, d) }).collect())
    }

    async fn carry_out(
        &self,
        mut tx: Box<dyn WriteTransaction>,
        caller: &Caller,
        request: &Request,
        act: &str,
        id: DecisionId,
        change: Change,
    ) -> Result<Effects> {
        let effects = change.store(tx.as_mut()).await?;
        let detail = serde_json::json!({
            "undone": change.undone, "upheld": change.upheld, "note": change.why.note, "effects": effects,
        });
        tx.append_audit(&self.audit_of_decision(caller, act, id, &detail)).await?;
        request.remember(tx.as_mut(), caller, &effects).await?;
        let version = tx.settlement_version().await?;
        tx.commit().await?;
        self.state.settle(change.settling.settled(version));
        self.has_registered();
        self.follow_answers().await;
        Ok(effects)
    }

    fn undoing(&self, caller: &Caller, undoing: &Undoing) -> Result<Change> {
        let known = self.state.decisions();
        let decision = find(&known, undoing.decision)?;
        if decision.is_in_force()
            && let Some(other) = known.iter().find(|d| d.is_disputed && d.undone.is_none() && self.against(&known, d).contains(decision))
        {
            return Err(Problem::new(Code::DecisionDisputed).arg("decision", decision.id).arg("other", other.id).into());
        }
        let why = self.why(caller, &undoing.note)?;
        self.change(&known, vec![decision.id], Vec::new(), why)
    }

    fn resolving(&self, caller: &Caller, resolution: &Resolution) -> Result<Change> {
        let known = self.state.decisions();
        let decision = find(&known, resolution.decision)?;
        if !decision.is_disputed {
            return Err(Problem::new(Code::DisagreementUnknown).arg("decision", decision.id).into());
        }
        let why = self.why(caller, &resolution.note)?;
        if !resolution.upholds {
            return self.change(&known, vec![decision.id], Vec::new(), why);
        }
        let against = self.against(&known, decision).into_iter().map(|d| d.id).collect();
        self.change(&known, against, vec![decision.id], why)
    }

    /// The decisions as they would be, and what they make of the elements; refused where something else could then not hold.
    fn change(&self, known: &[Decision], undone: Vec<DecisionId>, upheld: Vec<DecisionId>, why: Undone) -> Result<Change> {
        let mut all = known.to_vec();
        for decision in &mut all {
            if undone.contains(&decision.id) {
                decision.undone = Some(why.clone());
            }
            if upheld.contains(&decision.id) {
                decision.is_disputed = false;
            }
        }
        let settling = self.settling(all);
        let Some(found) = settling.contradictions.first() else { return Ok(Change { undone, upheld, why, settling }) };
        let is_upheld = |id: &DecisionId| upheld.contains(id);
        if [found.waiting, found.standing].iter().any(is_upheld) {
            let other = if is_upheld(&found.waiting) { found.standing } else { found.waiting };
            return Err(contradiction_problem(other, known).into());
        }
        let ended = undone.first().map(ToString::to_string).unwrap_or_default();
        Err(Problem::new(Code::DecisionNeeded).arg("decision", ended).arg("other", found.waiting).into())
    }

    /// The decisions in force that a disputed one contradicts.
    fn against(&self, known: &[Decision], disputed: &Decision) -> Vec<Decision> {
        let contradicts = |verdict: Verdict| verdict.contradicts(disputed.verdict);
        let answers = self.earlier_answers(known, (&disputed.a, &disputed.a_key), (&disputed.b, &disputed.b_key)).into_iter();
        answers.filter(|(d, verdict)| d.is_in_force() && contradicts(*verdict)).map(|(d, _)| d.clone()).collect()
    }

    /// Who ends something, when and why.
    pub(crate) fn why(&self, caller: &Caller, note: &str) -> Result<Undone> {
        let problems: Vec<Problem> = check_optional_text(note, "note", MAX_NOTE_CHARS).into_iter().collect();
        refuse_errors(&problems)?;
        Ok(Undone { by: caller.account.clone(), at: self.clock.now(), note: note.to_owned() })
    }
}

impl Change {
    async fn store(&self, tx: &mut dyn WriteTransaction) -> crate::store::Result<Effects> {
        for id in &self.undone {
            tx.undo_decision(*id, &self.why).await?;
        }
        for id in &self.upheld {
            tx.uphold_decision(*id).await?;
        }
        self.settling.store(tx).await
    }
}

fn find(known: &[Decision], id: DecisionId) -> Result<&Decision> {
    let unknown = || Error::from(Problem::new(Code::DecisionUnknown).arg("decision", id));
    let decision = known.iter().find(|d| d.id == id).ok_or_else(unknown)?;
    match &decision.undone {
        Some(undone) => Err(Problem::new(Code::DecisionUndone).arg("decision", id).arg("reviewer", &undone.by).into()),
        None => Ok(decision),
    }
}
