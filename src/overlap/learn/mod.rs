//! Learning (学习): weights from what forms look like, and from the answers of reviewers weights, synonyms and what may merge by itself.
//!
//! What is learnt is a function of the shipped weights, the forms and the decisions, never of the order in which they came: it can be worked
//! out again at any time and is the same. Registering a form learns nothing and stays fast. `learn` is called when decisions change; its result
//! goes into the catalogue and serves every comparison from then on.
//!
//! - **Weights**: a logistic regression over the levels of comparison, with the shipped weights as the centre of its prior.
//! - **Synonyms**: see `synonym`; accepted ones join elements when the catalogue is asked, see `joined`.
//! - **Calibration**: from which score on a merge is proven right; see `calibration`. While that is not proven, none is made.

pub(crate) mod bound;
pub(crate) mod calibration;
pub(crate) mod context;
pub(crate) mod difference;
pub(crate) mod em;
pub(crate) mod joined;
pub(crate) mod logistic;
pub(crate) mod synonym;
#[cfg(test)]
mod tests;
pub(crate) mod training;
pub(crate) mod weights;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::domain::decision::Verdict;
use crate::domain::id::{ElementId, FieldKey};
use crate::domain::relation::{Relation, RelationKind};
use crate::overlap::catalogue::{Snapshot, State, stored};
use crate::overlap::learn::joined::{Joined, ordered};
use crate::overlap::learn::logistic::{Case, Prior, fit};
use crate::overlap::learn::weights::Feature;
use crate::overlap::placed::Placed;
use crate::overlap::score::{score_of, traced};

pub use crate::overlap::learn::calibration::{Calibration, Step};
pub use crate::overlap::learn::joined::Why;
pub use crate::overlap::learn::synonym::{FacetWord, ProposedSynonym, Scope};
pub use crate::overlap::learn::training::Estimate;
pub use crate::overlap::learn::weights::Weights;

/// How firmly the weight of a level stands before answers: one over the variance.
const FIRM: f64 = 4.0;
/// The same of what holds before anything is compared, which differs most between catalogues.
const FIRM_PRIOR: f64 = 1.0;
/// The same of rarity, which comes in degrees up to six.
const FIRM_RARITY: f64 = 40.0;
/// Parts that decided pairs are dealt into, so that each is scored by what was learnt from the others.
const PARTS: u64 = 5;

/// What a reviewer answered on two fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecidedPair {
    /// One field.
    pub a: FieldKey,
    /// The other.
    pub b: FieldKey,
    /// The answer. [`Verdict::Unsure`] teaches nothing.
    pub verdict: Verdict,
}

/// What was learnt.
#[derive(Clone, Debug, PartialEq)]
pub struct Learned {
    /// Weights of the levels of comparison.
    pub weights: Weights,
    /// Synonyms that the decisions propose, in a fixed order; accepted ones are in use.
    pub synonyms: Vec<ProposedSynonym>,
    /// What the decisions say of the scores.
    pub calibration: Calibration,
}

/// Two fields whose elements are one figure by what answers taught, and nobody was asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LearnedMerge {
    /// The field that stands for one element.
    pub a: FieldKey,
    /// The one that stands for the other.
    pub b: FieldKey,
    /// Why.
    pub why: Why,
}

impl Default for Learned {
    /// Nothing learnt yet: the shipped weights.
    fn default() -> Self {
        Self { weights: Weights::shipped(), synonyms: Vec::new(), calibration: Calibration::default() }
    }
}

/// A decided pair where it stands.
pub(crate) struct Answered {
    /// One field.
    pub a: Placed,
    /// The other.
    pub b: Placed,
    /// Element that the reading of the one gives.
    pub element_a: u64,
    /// Element that the reading of the other gives.
    pub element_b: u64,
    /// Whether they are one figure.
    pub same: bool,
}

/// The decided pairs that the catalogue still has, each once, sorted. Of two answers on one pair the later holds.
pub(crate) fn answered(state: &State, decided: &[DecidedPair]) -> Vec<Answered> {
    let mut latest: BTreeMap<(&FieldKey, &FieldKey), bool> = BTreeMap::new();
    for pair in decided.iter().filter(|p| p.verdict != Verdict::Unsure) {
        let ends = if pair.a <= pair.b { (&pair.a, &pair.b) } else { (&pair.b, &pair.a) };
        latest.insert(ends, pair.verdict == Verdict::Same);
    }
    let place = |((a, b), same): ((&FieldKey, &FieldKey), bool)| {
        let (a, b) = (state.find(a)?, state.find(b)?);
        // By their readings, so that an answer still teaches where it made the two one element.
        let reading = |placed: &Placed| Some(stored(ElementId::of_key(&placed.field()?.meaning.key)));
        let (element_a, element_b) = (reading(&a)?, reading(&b)?);
        Some(Answered { a, b, element_a, element_b, same })
    };
    latest.into_iter().filter_map(place).collect()
}

/// Learns from decisions, given the forms that they are about.
pub fn learn(snapshot: &Snapshot, decided: &[DecidedPair]) -> Learned {
    let answers = answered(&snapshot.state, decided);
    let mut learned = Learned { synonyms: synonym::propose(&snapshot.state, &answers), ..Learned::default() };
    // Neighbours that the decisions settled count as context, so the pairs are compared with what is joined.
    let view = snapshot.with_learned(Arc::new(learned.clone()));
    let cases = cases_of(&view.state, &answers);
    let shipped = learned.weights.numbers();
    learned.weights = Weights::from_numbers(&fit(&cases.iter().map(|c| c.1.clone()).collect::<Vec<_>>(), &priors(&shipped)));
    learned.calibration = Calibration::of(scored_apart(&cases, &shipped));
    learned
}

/// The pairs to learn from, one for each two elements, each with the part that it is dealt into.
fn cases_of(state: &State, answers: &[Answered]) -> Vec<(u64, Case)> {
    let mut seen: BTreeSet<(u64, u64)> = BTreeSet::new();
    let mut cases = Vec::new();
    for pair in answers {
        let elements = (pair.element_a.min(pair.element_b), pair.element_a.max(pair.element_b));
        if pair.element_a == pair.element_b || !seen.insert(elements) {
            continue;
        }
        if let Some((comparison, values)) = traced(state, &pair.a, &pair.b)
            && comparison.veto.is_none()
        {
            let answer = f64::from(u8::from(pair.same));
            cases.push(((elements.0 ^ elements.1) % PARTS, Case { values, offset: 0.0, answer, weight: 1.0 }));
        }
    }
    cases
}

/// The prior of each weight, around weights held.
pub(crate) fn priors(held: &[f64]) -> Vec<Prior> {
    let precision = |feature: Feature| match feature {
        Feature::Prior => FIRM_PRIOR,
        Feature::Rarity => FIRM_RARITY,
        _ => FIRM,
    };
    Feature::all().zip(held).map(|(feature, centre)| Prior { centre: *centre, precision: precision(feature) }).collect()
}

/// The score of each pair by weights that were learnt from the other parts, with its answer.
fn scored_apart(cases: &[(u64, Case)], shipped: &[f64]) -> Vec<(f64, bool)> {
    let mut scored = Vec::with_capacity(cases.len());
    for part in 0..PARTS {
        let others: Vec<Case> = cases.iter().filter(|(p, _)| *p != part).map(|(_, case)| case.clone()).collect();
        let weights = Weights::from_numbers(&fit(&others, &priors(shipped)));
        for (_, case) in cases.iter().filter(|(p, _)| *p == part) {
            let milli = Feature::all().zip(&case.values).map(|(feature, degree)| weights.weigh(feature, *degree)).sum();
            scored.push((score_of(milli), case.answer > 0.5));
        }
    }
    scored
}

impl Snapshot {
    /// The elements that synonyms and proven scores make one, beyond what decisions did, each with the element that stands for it; `relations` are those of
    /// [`Snapshot::compare_all`]. Elements that stand alone are left out.
    pub fn joined_elements(&self, relations: &[Relation]) -> BTreeMap<ElementId, ElementId> {
        let joined = self.joined_by(relations, &[]);
        let id = |element: u64| ElementId::from_stored(i64::try_from(element).unwrap_or(i64::MAX));
        let ends: BTreeSet<u64> = joined.joins.iter().flat_map(|j| [j.a, j.b]).collect();
        ends.into_iter().map(|e| (id(e), id(joined.representative(e)))).collect()
    }

    /// Two and two, what synonyms and proven scores make one figure, in the order in which it was joined, except what joins these pairs of fields
    /// over any number of steps; `relations` are those of [`Snapshot::compare_all`] or the look-alikes among them.
    pub fn learned_merges(&self, relations: &[Relation], apart: &[(FieldKey, FieldKey)]) -> Vec<LearnedMerge> {
        let key = |element: u64| self.state.by_stored(element)?.standing_for()?.key().cloned();
        let joined = self.joined_by(relations, apart);
        joined.joins.iter().filter_map(|j| Some(LearnedMerge { a: key(j.a)?, b: key(j.b)?, why: j.why })).collect()
    }

    /// What was learnt.
    pub fn learned(&self) -> &Arc<Learned> {
        &self.state.learned
    }

    fn joined_by(&self, relations: &[Relation], apart: &[(FieldKey, FieldKey)]) -> Joined {
        let element = |key: &FieldKey| Some(stored(self.find(key)?.field()?.element()));
        let pairs = apart.iter().filter_map(|(a, b)| Some(ordered(element(a)?, element(b)?)));
        let mut joined = Joined::except(&self.state, pairs.collect());
        let Some(from) = self.state.learned.calibration.automatic_from else { return joined };
        for relation in relations.iter().filter(|r| r.kind == RelationKind::LooksAlike && r.score >= from) {
            if let (Some(a), Some(b)) = (element(&relation.a), element(&relation.b)) {
                joined.join(&self.state, a, b, Why::Score);
            }
        }
        joined
    }
}
