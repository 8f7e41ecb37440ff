//! Synonyms (同义) that decisions propose: two fields that a reviewer called one figure, and that differ in a word or two, say that these words
//! mean the same, at least there.
//!
//! How far that reaches is part of the proposal: everywhere, beside one measure, or between two forms alone (one of which leaves out what its
//! title says, or prints the other's table in its own words). The wider it reaches, the more it needs. One answer against it, or one form that
//! itself tells the two apart, and it is not accepted: two fields of one form are never one figure.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::id::{FieldKey, FormId};
use crate::overlap::catalogue::State;
use crate::overlap::learn::Answered;
use crate::overlap::learn::difference::{is_exchangeable, measure_beside, words_of};
use crate::overlap::learn::joined::contradicts;
use crate::overlap::placed::Placed;

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
/// Pairs for taking equal printed names of two forms for equal figures: decided ones, and all, with those that are one element anyway.
const NAMES: (usize, usize) = (2, 5);

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
    /// Between two forms that print one table: equal names are equal figures, however their readings came to differ.
    Names(FormId, FormId),
}

/// A synonym that decisions propose.
#[derive(Clone, Debug, PartialEq)]
pub struct ProposedSynonym {
    /// Words of one side; both sides are empty where only names count.
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
    /// The pairs whose answers speak for it, sorted.
    pub taught_by: Vec<(FieldKey, FieldKey)>,
    /// Whether there is enough for it and nothing against: then it is used.
    pub is_accepted: bool,
}

/// What speaks for and against one exchange.
#[derive(Default)]
struct Tally {
    same: BTreeSet<(u64, u64)>,
    apart: BTreeSet<(u64, u64)>,
    forms: BTreeSet<FormId>,
    pairs: BTreeSet<(FieldKey, FieldKey)>,
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
                tally.pairs.extend(pair.a.key().cloned().zip(pair.b.key().cloned()));
            }
        }
    }
    let proposal = |((scope, a, b), tally): (Exchange, Tally)| {
        let mut synonym = ProposedSynonym {
            n_for: tally.same.len(),
            n_against: tally.apart.len(),
            forms: tally.forms.into_iter().collect(),
            taught_by: tally.pairs.into_iter().collect(),
            is_accepted: false,
            scope,
            a,
            b,
        };
        if synonym.n_against == 0 && is_enough(state, &synonym, tally.beside.len()) {
            synonym.n_against = contradicts(state, &synonym);
            synonym.is_accepted = synonym.n_against == 0;
        }
        synonym
    };
    tallies.into_iter().map(proposal).filter(|s| s.n_for > 0).collect()
}

fn is_enough(state: &State, synonym: &ProposedSynonym, n_beside: usize) -> bool {
    let (least, least_beside) = match &synonym.scope {
        Scope::Everywhere if synonym.b.is_empty() => EVERYWHERE_OMITTED,
        Scope::Everywhere => EVERYWHERE,
        Scope::Beside(_) => (BESIDE, 1),
        Scope::Between(..) => (BETWEEN, 1),
        Scope::Names(a, b) if synonym.n_for + n_same_names(state, a, b) >= NAMES.1 => (NAMES.0, 1),
        Scope::Names(..) => return false,
    };
    synonym.n_for >= least && n_beside >= least_beside && synonym.forms.len() >= 2
}

/// Fields of two forms that are one element and have one name.
fn n_same_names(state: &State, a: &FormId, b: &FormId) -> usize {
    let (Some(a), Some(b)) = (state.forms.get(a), state.forms.get(b)) else { return 0 };
    let named: BTreeSet<(&str, &str)> = b.fields.iter().enumerate().map(|(at, f)| (f.meaning.key.as_str(), b.name_of(at))).collect();
    a.fields.iter().enumerate().filter(|(at, f)| named.contains(&(f.meaning.key.as_str(), a.name_of(*at)))).count()
}

/// The exchanges that a pair speaks for or against, each with what it stands beside.
fn exchanges(pair: &Answered) -> Vec<(Exchange, String)> {
    let mut found = Vec::new();
    let (Some(a), Some(b)) = (pair.a.field(), pair.b.field()) else { return found };
    if a.meaning.offset_years != b.meaning.offset_years || a.meaning.key == b.meaning.key {
        return found;
    }
    let (form_a, form_b) = (&pair.a.entry.form.template.id, &pair.b.entry.form.template.id);
    let name = pair.a.entry.name_of(pair.a.at);
    if !name.is_empty() && name == pair.b.entry.name_of(pair.b.at) {
        let (first, second) = (form_a.min(form_b).clone(), form_a.max(form_b).clone());
        found.push(((Scope::Names(first, second), Vec::new(), Vec::new()), String::new()));
    }
    let (words_a, words_b) = (words_of(&a.meaning), words_of(&b.meaning));
    let mut out: Vec<FacetWord> = words_a.difference(&words_b).cloned().collect();
    let mut into: Vec<FacetWord> = words_b.difference(&words_a).cloned().collect();
    let contradict = |facet: &str| out.iter().any(|w| w.facet == facet) && into.iter().any(|w| w.facet == facet);
    let n_words = out.len() + into.len();
    if n_words == 0 || n_words > MAX_WORDS || ["unit", "statistic", "price"].into_iter().any(contradict) {
        return found;
    }
    let beside = measure_beside(&words_a, &out);
    let between = if form_a < form_b {
        (Scope::Between(form_a.clone(), form_b.clone()), out.clone(), into.clone())
    } else {
        (Scope::Between(form_b.clone(), form_a.clone()), into.clone(), out.clone())
    };
    found.push((between, beside.clone()));
    // A reading that is not certain for a reason of its own (its note) says nothing of words.
    let is_plain = |p: &Placed| p.printed().is_some_and(|f| f.note.trim().is_empty());
    let is_told = (a.meaning.is_certain || is_plain(&pair.a)) && (b.meaning.is_certain || is_plain(&pair.b));
    if !is_told || !(a.meaning.is_certain || b.meaning.is_certain) || !is_exchangeable(&out) || !is_exchangeable(&into) {
        return found;
    }
    // One order, the fuller side first, whichever of the two fields came first.
    if out < into {
        std::mem::swap(&mut out, &mut into);
    }
    // Names stand for names: a thing for a thing, or for a word that the vocabulary does not know.
    let is_name = |words: &[FacetWord]| words.iter().any(|w| matches!(w.facet, "measure" | "residue"));
    if !beside.is_empty() || (is_name(&out) && is_name(&into)) {
        found.push(((Scope::Beside(beside.clone()), out.clone(), into.clone()), beside.clone()));
    }
    if out.len() <= 1 && into.len() <= 1 {
        found.push(((Scope::Everywhere, out, into), beside));
    }
    found
}
