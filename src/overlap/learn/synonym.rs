//! Synonyms (同义) that decisions propose: two fields that a reviewer called one figure, and that differ in a word or two, say that these words
//! mean the same, at least there.
//!
//! How far that reaches is part of the proposal: everywhere, beside one measure, or between two forms alone (one of which leaves out what its
//! title says, or prints the other's table in its own words). The wider it reaches, the more it needs. One answer against it, or one form that
//! itself tells the two apart, and it is not accepted: two fields of one form are never one figure.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::id::FormId;
use crate::overlap::catalogue::State;
use crate::overlap::learn::Answered;
use crate::overlap::learn::difference::{is_exchangeable, measure_beside, words_of};
use crate::overlap::learn::joined::contradicts;

/// Most words by which two readings may differ to propose something.
const MAX_WORDS: usize = 3;
/// Pairs that speak for an exchange of one word for another everywhere, and measures beside which they stand.
const EVERYWHERE: (usize, usize) = (3, 2);
/// The same where a word stands against nothing: leaving it out everywhere is a bold claim.
const EVERYWHERE_OMITTED: (usize, usize) = (6, 3);
/// Pairs that speak for an exchange beside one measure.
const BESIDE: usize = 2;
/// Pairs that speak for an exchange between two forms.
const BETWEEN: usize = 2;
/// Pairs for taking equal readings of two forms for equal figures where neither reading is certain.
const BETWEEN_EQUAL: usize = 3;

/// A word of one facet.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FacetWord {
    /// The facet (measure, population, qualifier, clause, residue, statistic, unit, price, time).
    pub facet: &'static str,
    /// The word by its standard name.
    pub word: String,
}

/// How far a synonym reaches.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// In every form.
    Everywhere,
    /// In every form, beside these words of the measure and no others.
    Beside(String),
    /// Between two forms: `a` is said in the first, `b` in the second.
    Between(FormId, FormId),
}

/// A synonym that decisions propose.
#[derive(Clone, Debug, PartialEq)]
pub struct ProposedSynonym {
    /// Words of one side; both sides empty says that equal readings of two forms are equal figures though the readings are not certain.
    pub a: Vec<FacetWord>,
    /// Words of the other; empty where one side says nothing.
    pub b: Vec<FacetWord>,
    /// How far it reaches.
    pub scope: Scope,
    /// Distinct pairs of elements that were decided to be one figure and differ in exactly this.
    pub n_for: usize,
    /// Distinct pairs that differ in exactly this and were told apart, by a decision or by a form that has both.
    pub n_against: usize,
    /// Forms that it rests on.
    pub forms: Vec<FormId>,
    /// Whether there is enough for it and nothing against: then it is used.
    pub is_accepted: bool,
}

/// What speaks for and against one exchange.
#[derive(Default)]
struct Tally {
    same: BTreeSet<(u64, u64)>,
    apart: BTreeSet<(u64, u64)>,
    forms: BTreeSet<FormId>,
    beside: BTreeSet<String>,
}

type Exchange = (Scope, Vec<FacetWord>, Vec<FacetWord>);

/// What the answers propose, in a fixed order.
pub(crate) fn propose(state: &State, answered: &[Answered]) -> Vec<ProposedSynonym> {
    let mut tallies: BTreeMap<Exchange, Tally> = BTreeMap::new();
    for pair in answered {
        for (exchange, beside) in exchanges(pair) {
            let tally = tallies.entry(exchange).or_default();
            let side = if pair.same { &mut tally.same } else { &mut tally.apart };
            side.insert((pair.element_a.min(pair.element_b), pair.element_a.max(pair.element_b)));
            tally.beside.insert(beside);
            if pair.same {
                tally.forms.extend([&pair.a, &pair.b].map(|p| p.entry.form.template.id.clone()));
            }
        }
    }
    let proposal = |((scope, a, b), tally): (Exchange, Tally)| {
        let mut synonym = ProposedSynonym {
            n_for: tally.same.len(),
            n_against: tally.apart.len(),
            forms: tally.forms.into_iter().collect(),
            is_accepted: false,
            scope,
            a,
            b,
        };
        if synonym.n_against == 0 && is_enough(&synonym, tally.beside.len()) {
            synonym.n_against = contradicts(state, &synonym);
            synonym.is_accepted = synonym.n_against == 0;
        }
        synonym
    };
    tallies.into_iter().map(proposal).filter(|s| s.n_for > 0).collect()
}

fn is_enough(synonym: &ProposedSynonym, n_beside: usize) -> bool {
    let (least, least_beside) = match synonym.scope {
        Scope::Everywhere if synonym.b.is_empty() => EVERYWHERE_OMITTED,
        Scope::Everywhere => EVERYWHERE,
        Scope::Beside(_) => (BESIDE, 1),
        Scope::Between(..) if synonym.a.is_empty() && synonym.b.is_empty() => (BETWEEN_EQUAL, 1),
        Scope::Between(..) => (BETWEEN, 1),
    };
    synonym.n_for >= least && n_beside >= least_beside && synonym.forms.len() >= 2
}

/// The exchanges that a pair speaks for or against, each with what it stands beside.
fn exchanges(pair: &Answered) -> Vec<(Exchange, String)> {
    let mut found = Vec::new();
    let (Some(a), Some(b)) = (pair.a.field(), pair.b.field()) else { return found };
    if a.meaning.offset_years != b.meaning.offset_years || a.meaning.key == b.meaning.key {
        return found;
    }
    let (words_a, words_b) = (words_of(&a.meaning), words_of(&b.meaning));
    let mut out: Vec<FacetWord> = words_a.difference(&words_b).cloned().collect();
    let mut into: Vec<FacetWord> = words_b.difference(&words_a).cloned().collect();
    let contradict = |facet: &str| out.iter().any(|w| w.facet == facet) && into.iter().any(|w| w.facet == facet);
    if out.len() + into.len() > MAX_WORDS || ["unit", "statistic", "price"].into_iter().any(contradict) {
        return found;
    }
    let beside = measure_beside(&words_a, &out);
    let (form_a, form_b) = (&pair.a.entry.form.template.id, &pair.b.entry.form.template.id);
    let between = if form_a < form_b {
        (Scope::Between(form_a.clone(), form_b.clone()), out.clone(), into.clone())
    } else {
        (Scope::Between(form_b.clone(), form_a.clone()), into.clone(), out.clone())
    };
    found.push((between, beside.clone()));
    let is_certain = a.meaning.is_certain && b.meaning.is_certain;
    if !is_certain || (out.is_empty() && into.is_empty()) || !is_exchangeable(&out) || !is_exchangeable(&into) {
        return found;
    }
    // One order, the fuller side first, whichever of the two fields came first.
    if out < into {
        std::mem::swap(&mut out, &mut into);
    }
    let names_measure = |words: &[FacetWord]| words.iter().any(|w| w.facet == "measure");
    if !beside.is_empty() || (names_measure(&out) && names_measure(&into)) {
        found.push(((Scope::Beside(beside.clone()), out.clone(), into.clone()), beside.clone()));
    }
    if out.len() <= 1 && into.len() <= 1 {
        found.push(((Scope::Everywhere, out, into), beside));
    }
    found
}
