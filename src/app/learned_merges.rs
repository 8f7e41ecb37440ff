//! Merges by what answers taught (学得的归并): decisions that the system makes itself, each recorded with the answers that taught it.
//!
//! They follow from the forms and from people's answers in force. After an answer, an undoing, a registration or a new reading the system takes
//! what follows now and takes back what no longer does, so that an answer that is undone leaves nothing behind. They are listed and undone like
//! any other decision, and one that a person undid is not made again. Nothing is learnt from them.

use std::collections::BTreeSet;

use crate::app::App;
use crate::app::error::Result;
use crate::app::settling::Settling;
use crate::domain::audit::NewAuditRecord;
use crate::domain::decision::{Decision, DecisionId, Lesson, LessonWay, Undone, Verdict};
use crate::domain::element::CataloguedField;
use crate::domain::id::{AccountId, ElementId, FieldKey};
use crate::domain::relation::Relation;
use crate::overlap::Catalogue;
use crate::overlap::learn::{Learned, LearnedMerge, Why};
use crate::store::WriteTransaction;

/// The account of what nobody did: the system itself.
const SYSTEM: &str = "system";

/// What the system's own decisions become.
struct Following {
    made: Vec<Decision>,
    ended: Vec<DecisionId>,
    settling: Settling,
}

impl App {
    /// Brings the system's own decisions in step with people's answers and the forms. The caller holds `registering`, and what it did is
    /// committed: where this fails, it is done with the next answer or form.
    pub(crate) async fn follow_answers(&self) {
        if let Err(error) = self.take_lessons().await {
            tracing::warn!(%error, "what the answers teach was not taken, and is with the next answer");
        }
    }

    async fn take_lessons(&self) -> Result<()> {
        let view = self.state.snapshot();
        let learned = view.learned();
        let teaches = learned.calibration.automatic_from.is_some() || learned.synonyms.iter().any(|s| s.is_accepted);
        if !teaches && !self.state.decisions().iter().any(is_own) {
            return Ok(());
        }
        let alike = match learned.calibration.automatic_from {
            Some(_) => self.alike().await?,
            None => std::sync::Arc::default(),
        };
        let mut tx = self.begin_registering().await?;
        let Some(following) = self.following(&alike) else { return Ok(()) };
        self.store_following(tx.as_mut(), &following).await?;
        let version = tx.settlement_version().await?;
        tx.commit().await?;
        self.state.settle(following.settling.settled(version));
        self.has_registered();
        tracing::info!(made = following.made.len(), taken_back = following.ended.len(), "followed what the answers teach");
        Ok(())
    }

    async fn store_following(&self, tx: &mut dyn WriteTransaction, following: &Following) -> Result<()> {
        for decision in &following.made {
            tx.insert_decision(decision).await?;
            let detail = serde_json::json!({
                "a": decision.a, "b": decision.b, "verdict": decision.verdict, "lesson": decision.lesson,
            });
            tx.append_audit(&self.own_audit("decision.learn", decision.id, &detail)).await?;
        }
        for id in &following.ended {
            tx.undo_decision(*id, &self.own_undone()).await?;
            tx.append_audit(&self.own_audit("decision.unlearn", *id, &serde_json::json!({}))).await?;
        }
        following.settling.store(tx).await?;
        Ok(())
    }

    /// What is to be made and taken back; `None` where everything is in step.
    fn following(&self, alike: &[Relation]) -> Option<Following> {
        let known = self.state.decisions();
        let view = self.state.snapshot();
        let learned = view.learned();
        let people = self.state.settled_by_people();
        let refused: Vec<(FieldKey, FieldKey)> = known.iter().filter(|d| was_refused(d)).map(|d| (d.a.clone(), d.b.clone())).collect();
        let base = people.snapshot().with_learned(learned.clone());
        let merges = base.learned_merges(alike, &refused);
        let wanted = groups(merges.iter().map(|m| elements(&people, &m.a, &m.b)));
        let is_proven = learned.calibration.automatic_from.is_some();
        let follows = |d: &Decision| match d.lesson.as_ref().map(|l| l.way) {
            // What merged by its score is no look-alike any more; it stands as long as the answers prove anything.
            Some(LessonWay::Score) => is_proven,
            _ => of_one(&wanted, elements(&people, &d.a, &d.b)),
        };
        let ended: Vec<DecisionId> = known.iter().filter(|d| is_own(d) && !follows(d)).map(|d| d.id).collect();
        let mut all = known.as_ref().clone();
        for decision in all.iter_mut().filter(|d| ended.contains(&d.id)) {
            decision.undone = Some(self.own_undone());
        }
        let stand = known.iter().filter(|d| is_own(d) && !ended.contains(&d.id));
        let standing = groups(stand.map(|d| elements(&people, &d.a, &d.b)));
        let mut made: Vec<Decision> = Vec::new();
        let new = merges.iter().filter(|m| !of_one(&standing, elements(&people, &m.a, &m.b)));
        for merge in new {
            let next = known.last().map_or(0, |d| d.id.0) + made.len() as u64 + 1;
            made.extend(self.own_decision(DecisionId(next), &people, merge, lesson_of(learned, merge, &known)));
        }
        if made.is_empty() && ended.is_empty() {
            return None;
        }
        let before = all.len();
        all.extend(made.iter().cloned());
        let mut settling = self.settling(all.clone());
        if !settling.contradictions.is_empty() {
            // What cannot hold beside the others is not made; the numbers of the rest close up.
            let waits = |id: DecisionId| settling.contradictions.iter().any(|c| c.waiting == id || c.standing == id);
            made.retain(|d| !waits(d.id));
            for (decision, n) in made.iter_mut().zip(1..) {
                decision.id = DecisionId(known.last().map_or(0, |d| d.id.0) + n);
            }
            all.truncate(before);
            all.extend(made.iter().cloned());
            settling = self.settling(all);
        }
        let is_nothing = made.is_empty() && ended.is_empty();
        (!is_nothing && settling.contradictions.is_empty()).then_some(Following { made, ended, settling })
    }

    /// The decision that a merge is, unless something stands against it.
    fn own_decision(&self, id: DecisionId, people: &Catalogue, merge: &LearnedMerge, lesson: Lesson) -> Option<Decision> {
        let (a, b) = (people.field(&merge.a)?, people.field(&merge.b)?);
        if lesson.answers.is_empty() || !people.objections(a, b, Verdict::Same).is_empty() {
            return None;
        }
        Some(Decision {
            id,
            a: a.key.clone(),
            b: b.key.clone(),
            a_key: a.meaning.key.clone(),
            b_key: b.meaning.key.clone(),
            verdict: Verdict::Same,
            sets_apart: false,
            note: String::new(),
            decided_by: AccountId::from_stored(SYSTEM),
            decided_at: self.clock.now(),
            is_disputed: false,
            undone: None,
            lesson: Some(lesson),
        })
    }

    fn own_undone(&self) -> Undone {
        Undone { by: AccountId::from_stored(SYSTEM), at: self.clock.now(), note: String::new() }
    }

    fn own_audit(&self, act: &str, id: DecisionId, detail: &serde_json::Value) -> NewAuditRecord {
        NewAuditRecord {
            at: self.clock.now(),
            account: AccountId::from_stored(SYSTEM),
            act: act.to_owned(),
            object: format!("decision {id}"),
            detail: detail.to_string(),
        }
    }
}

/// Whether the system made a decision, and it is in force.
fn is_own(decision: &Decision) -> bool {
    decision.lesson.is_some() && decision.is_in_force()
}

/// Whether a person took back what the system made.
fn was_refused(decision: &Decision) -> bool {
    decision.lesson.is_some() && decision.undone.as_ref().is_some_and(|u| u.by.as_str() != SYSTEM)
}

/// The elements of two fields as people's answers alone settle them.
fn elements(people: &Catalogue, a: &FieldKey, b: &FieldKey) -> Option<(ElementId, ElementId)> {
    let element = |key: &FieldKey| people.field(key).map(CataloguedField::element);
    element(a).zip(element(b))
}

/// What is one when these pairs are joined.
fn groups(pairs: impl Iterator<Item = Option<(ElementId, ElementId)>>) -> Vec<BTreeSet<ElementId>> {
    let mut groups: Vec<BTreeSet<ElementId>> = Vec::new();
    for (a, b) in pairs.flatten() {
        let mut joined = BTreeSet::from([a, b]);
        groups.retain(|group| {
            let meets = group.contains(&a) || group.contains(&b);
            if meets {
                joined.extend(group.iter().copied());
            }
            !meets
        });
        groups.push(joined);
    }
    groups
}

fn of_one(groups: &[BTreeSet<ElementId>], pair: Option<(ElementId, ElementId)>) -> bool {
    pair.is_some_and(|(a, b)| a == b || groups.iter().any(|group| group.contains(&a) && group.contains(&b)))
}

/// What taught a merge: the answers that propose its synonym, or all that prove scores.
fn lesson_of(learned: &Learned, merge: &LearnedMerge, known: &[Decision]) -> Lesson {
    let mut answers = known.iter().filter(|d| d.lesson.is_none() && d.is_in_force());
    match merge.why {
        Why::Score => {
            let told = answers.filter(|d| d.verdict != Verdict::Unsure);
            Lesson { way: LessonWay::Score, answers: told.map(|d| d.id).collect() }
        }
        Why::Synonym(at) => {
            let pairs = learned.synonyms.get(at).map(|s| s.taught_by.as_slice()).unwrap_or_default();
            let mut ids = Vec::new();
            for decision in answers.by_ref().filter(|d| d.verdict == Verdict::Same) {
                let is_that = |(a, b): &(FieldKey, FieldKey)| (a, b) == (&decision.a, &decision.b) || (b, a) == (&decision.a, &decision.b);
                if pairs.iter().any(is_that) {
                    ids.push(decision.id);
                }
            }
            Lesson { way: LessonWay::Synonym, answers: ids }
        }
    }
}
