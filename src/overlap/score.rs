//! Weighing a pair: how much each facet speaks for or against the same figure, after Fellegi and Sunter.
//!
//! A weight is the logarithm of how much likelier a level of agreement is between two fields of one figure than between two of different
//! figures; `learn` estimates the weights. Words weigh by their rarity in the catalogue; what one side leaves open weighs little; facets
//! known on both sides and different are a veto. The sum, through the logistic function, is the score, and every summand is a reason:
//! weights are whole thousandths, so that the reasons add up to the score to the last digit.

use crate::domain::facet::Meaning;
use crate::domain::relation::Reason;
use crate::overlap::catalogue::State;
use crate::overlap::learn::context::neighbours;
use crate::overlap::learn::weights::{Feature, N_FEATURES, RESIDUE, TEXT, Weights, graded};
use crate::overlap::placed::Placed;
use crate::overlap::profile::OPPOSITES;
use crate::overlap::tokens::word_token;
use std::borrow::Cow;

/// Thousandths that a facet known on both sides and different takes away: more than all agreements can give.
pub(crate) const VETO: i64 = -9_000;
/// A pair whose log odds stay below this (in thousandths), whatever its names, is not looked at further.
pub(crate) const LEAST_MILLI: i64 = -7_000;

/// What the comparison of two meanings gives.
#[derive(Clone, Debug)]
pub(crate) struct Comparison {
    /// Sum of all weights, in thousandths.
    pub milli: i64,
    /// Why, facet by facet; their weights add up to the sum. None where nobody asked for them.
    pub reasons: Vec<Reason>,
    /// The facet that both sides know differently.
    pub veto: Option<&'static str>,
    /// Words that only the first has.
    pub only_a: usize,
    /// Words that only the second has.
    pub only_b: usize,
    /// A word in what is counted speaks against the pair: another thing, not a part of it.
    pub is_other_thing: bool,
}

impl Comparison {
    /// The score, 0 to 1.
    pub(crate) fn score(&self) -> f64 {
        score_of(self.milli)
    }

    /// Takes something that is no facet into account: a rival, a settled neighbour.
    pub(crate) fn adjust(&mut self, facet: &str, a: String, b: String, milli: i64) {
        self.milli += milli;
        self.reasons.push(Reason { facet: facet.to_owned(), a, b, weight: to_weight(milli) });
    }
}

/// The score of log odds in thousandths.
pub(crate) fn score_of(milli: i64) -> f64 {
    let raw = 1.0 / (1.0 + (-to_weight(milli)).exp());
    (raw * 10_000.0).round() / 10_000.0
}

fn to_weight(milli: i64) -> f64 {
    milli as f64 / 1_000.0
}

/// A reason that still borrows from the meanings; most pairs are dropped before anybody reads why.
type Draft<'a> = (&'static str, Cow<'a, str>, Cow<'a, str>, i64);

struct Weigher<'a> {
    state: &'a State,
    weights: &'a Weights,
    milli: i64,
    reasons: Vec<Draft<'a>>,
    /// Degree of each feature, where somebody wants to learn from the pair.
    trace: Option<Vec<f64>>,
    veto: Option<&'static str>,
    only_a: usize,
    only_b: usize,
}

/// Compares two fields where they stand; `None` where nothing speaks for the pair and nobody would take one for the other.
pub(crate) fn compare(state: &State, a: &Placed, b: &Placed) -> Option<Comparison> {
    Some(weighed(state, a, b)?.finish().0)
}

/// As [`compare`], without the reasons: what weighing over profiles is held against.
#[cfg(test)]
pub(crate) fn outcome(state: &State, a: &Placed, b: &Placed) -> Option<Comparison> {
    Some(weighed(state, a, b)?.outcome())
}

fn weighed<'a>(state: &'a State, a: &'a Placed, b: &'a Placed) -> Option<Weigher<'a>> {
    let has_same_name = a.entry.text_of(a.at) == b.entry.text_of(b.at);
    let mut weigher = Weigher::new(state, None);
    weigher.vetoes(&a.field()?.meaning, &b.field()?.meaning);
    if weigher.veto.is_some() && !has_same_name {
        return None;
    }
    weigher.facets(&a.field()?.meaning, &b.field()?.meaning);
    let most = weigher.weights.greatest(&TEXT).max(0) + weigher.weights.greatest(&[Feature::ContextOne, Feature::ContextMore]).max(0);
    if weigher.milli + most < LEAST_MILLI && !has_same_name {
        return None;
    }
    weigher.places(a, b)?;
    Some(weigher)
}

/// Compares two fields and tells the degree of each feature; never gives up on a pair. `None` only where a field is missing.
pub(crate) fn traced(state: &State, a: &Placed, b: &Placed) -> Option<(Comparison, Vec<f64>)> {
    let mut weigher = Weigher::new(state, Some(vec![0.0; N_FEATURES]));
    weigher.vetoes(&a.field()?.meaning, &b.field()?.meaning);
    weigher.facets(&a.field()?.meaning, &b.field()?.meaning);
    weigher.places(a, b)?;
    let (comparison, trace) = weigher.finish();
    Some((comparison, trace?))
}

fn sorted(values: &std::collections::BTreeSet<String>) -> Vec<&str> {
    values.iter().map(String::as_str).collect()
}

impl<'a> Weigher<'a> {
    fn new(state: &'a State, trace: Option<Vec<f64>>) -> Self {
        let weights = &state.learned.weights;
        let mut weigher = Self { state, weights, milli: 0, reasons: Vec::new(), trace, veto: None, only_a: 0, only_b: 0 };
        weigher.add("prior", "", "", &[(Feature::Prior, 1.0)]);
        weigher
    }

    fn add(&mut self, facet: &'static str, a: impl Into<Cow<'a, str>>, b: impl Into<Cow<'a, str>>, terms: &[(Feature, f64)]) {
        let milli = terms.iter().map(|(feature, degree)| self.weights.weigh(*feature, *degree)).sum();
        for (feature, degree) in terms {
            if let Some(value) = self.trace.as_mut().and_then(|t| t.get_mut(feature.at())) {
                *value += degree;
            }
        }
        self.milli += milli;
        self.reasons.push((facet, a.into(), b.into(), milli));
    }

    fn veto(&mut self, facet: &'static str, a: impl Into<Cow<'a, str>>, b: impl Into<Cow<'a, str>>) {
        self.veto.get_or_insert(facet);
        self.milli += VETO;
        self.reasons.push((facet, a.into(), b.into(), VETO));
    }

    fn outcome(&self) -> Comparison {
        Comparison {
            milli: self.milli,
            reasons: Vec::new(),
            veto: self.veto,
            only_a: self.only_a,
            only_b: self.only_b,
            is_other_thing: self.reasons.iter().any(|(facet, .., milli)| matches!(*facet, "measure" | "residue") && *milli < 0),
        }
    }

    fn finish(self) -> (Comparison, Option<Vec<f64>>) {
        let reason = |(facet, a, b, milli): Draft<'_>| Reason {
            facet: facet.to_owned(),
            a: a.into_owned(),
            b: b.into_owned(),
            weight: to_weight(milli),
        };
        let comparison = self.outcome();
        let reasons = self.reasons.into_iter().map(reason).collect();
        (Comparison { reasons, ..comparison }, self.trace)
    }

    fn vetoes(&mut self, a: &'a Meaning, b: &'a Meaning) {
        if let (Some(x), Some(y)) = (a.facets.dimension.as_deref(), b.facets.dimension.as_deref())
            && x != y
        {
            self.veto("unit", x, y);
        }
        if let (Some(x), Some(y)) = (a.facets.statistic.as_deref(), b.facets.statistic.as_deref())
            && x != y
        {
            self.veto("statistic", x, y);
        }
        if a.offset_years != b.offset_years {
            self.veto("offset", a.offset_years.to_string(), b.offset_years.to_string());
        }
        if let (Some(x), Some(y)) = (a.facets.price_basis.as_deref(), b.facets.price_basis.as_deref())
            && x != y
        {
            self.veto("price", x, y);
        }
        for (x, y) in OPPOSITES {
            let says = |m: &Meaning, word: &str, other: &str| {
                let has = |w: &str| m.facets.population.contains(w) || m.facets.qualifiers.contains(w);
                has(word) && !has(other)
            };
            if says(a, x, y) && says(b, y, x) {
                self.veto("population", x, y);
            } else if says(a, y, x) && says(b, x, y) {
                self.veto("population", y, x);
            }
        }
        let (range_a, range_b) = (ranges(a), ranges(b));
        if !range_a.is_empty() && !range_b.is_empty() && !range_a.iter().any(|r| range_b.contains(r)) {
            self.veto("qualifier", range_a.join("+"), range_b.join("+"));
        }
    }

    /// What the facets say that are no veto.
    fn facets(&mut self, a: &'a Meaning, b: &'a Meaning) {
        let (unit_a, unit_b) = (a.facets.dimension.as_deref(), b.facets.dimension.as_deref());
        self.known_or_open("unit", unit_a, unit_b, Feature::UnitSame, Feature::UnitOpen);
        let (statistic_a, statistic_b) = (a.facets.statistic.as_deref(), b.facets.statistic.as_deref());
        self.known_or_open("statistic", statistic_a, statistic_b, Feature::StatisticSame, Feature::StatisticOpen);
        if let (Some(x), Some(y)) = (a.facets.time_basis, b.facets.time_basis) {
            let level = if x == y { Feature::TimeSame } else { Feature::TimeDiffers };
            self.add("time", x.as_str(), y.as_str(), &[(level, 1.0)]);
        }
        let plan = |m: &Meaning| if m.facets.qualifiers.contains("计划") { "计划" } else { "" };
        if plan(a) != plan(b) {
            self.add("plan", plan(a), plan(b), &[(Feature::PlanDiffers, 1.0)]);
        }
        let measures = |m: &'a Meaning| -> Vec<&'a str> { m.facets.measure.iter().flat_map(|x| x.split('+')).collect() };
        self.words("measure", &measures(a), &measures(b), Feature::MeasureShared, Feature::MeasureOpen);
        self.residue(a, b);
        let (x, y) = (sorted(&a.facets.population), sorted(&b.facets.population));
        self.words("population", &x, &y, Feature::PopulationShared, Feature::PopulationOpen);
        let (x, y) = (sorted(&a.facets.qualifiers), sorted(&b.facets.qualifiers));
        self.words("qualifier", &x, &y, Feature::QualifierShared, Feature::QualifierOpen);
        self.clauses(&sorted(&a.facets.clauses), &sorted(&b.facets.clauses));
    }

    /// Clauses; what 其他 leaves out (除…) is one list that follows from the rows beside it, so what one side's list has more weighs once.
    fn clauses(&mut self, a: &[&'a str], b: &[&'a str]) {
        let is_listed = |clause: &&&str| clause.starts_with('除');
        let more = |x: &[&'a str], y: &[&'a str]| x.iter().filter(is_listed).filter(|c| !y.contains(c)).copied().collect::<Vec<_>>();
        let (more_a, more_b) = (more(a, b), more(b, a));
        let rest = |x: &[&'a str], more: &[&'a str]| x.iter().filter(|c| !more.contains(c)).copied().collect::<Vec<_>>();
        self.words("clause", &rest(a, &more_a), &rest(b, &more_b), Feature::ClauseShared, Feature::ClauseOpen);
        if !more_a.is_empty() {
            self.only_a += 1;
            self.add("clause", more_a.join("+"), "", &[(Feature::ClauseOpen, 1.0)]);
        }
        if !more_b.is_empty() {
            self.only_b += 1;
            self.add("clause", "", more_b.join("+"), &[(Feature::ClauseOpen, 1.0)]);
        }
    }

    fn known_or_open(&mut self, facet: &'static str, a: Option<&'a str>, b: Option<&'a str>, same: Feature, open: Feature) {
        match (a, b) {
            (Some(x), Some(y)) if x == y => self.add(facet, x, y, &[(same, 1.0)]),
            // Different ones are a veto, which has its weight already.
            (Some(_), Some(_)) | (None, None) => {}
            (x, y) => self.add(facet, x.unwrap_or_default(), y.unwrap_or_default(), &[(open, 1.0)]),
        }
    }

    fn residue(&mut self, a: &Meaning, b: &Meaning) {
        let (residue_a, residue_b) = (a.residue.join(""), b.residue.join(""));
        if residue_a.is_empty() && residue_b.is_empty() {
            return;
        }
        if residue_a.is_empty() || residue_b.is_empty() {
            self.only_a += usize::from(!residue_a.is_empty());
            self.only_b += usize::from(!residue_b.is_empty());
            self.add("residue", residue_a, residue_b, &[(Feature::ResidueOpen, 1.0)]);
            return;
        }
        let similarity = text_similarity(&residue_a, &residue_b);
        self.only_a += usize::from(similarity < 1.0);
        self.only_b += usize::from(similarity < 1.0);
        self.add("residue", residue_a, residue_b, &graded(&RESIDUE, similarity));
    }

    /// What the fields' printed names and their neighbours in the forms say.
    fn places(&mut self, a: &'a Placed, b: &'a Placed) -> Option<()> {
        let whole = text_similarity(a.entry.text_of(a.at), b.entry.text_of(b.at));
        let similarity = whole.max(text_similarity(a.entry.name_of(a.at), b.entry.name_of(b.at)));
        self.add("label", &a.printed()?.label, &b.printed()?.label, &graded(&TEXT, similarity));
        let settled = neighbours(self.state, a, b);
        if let Some(((label_a, label_b), level)) = settled.first().copied().zip(context_level(settled.len())) {
            self.add("context", label_a, label_b, &[(level, 1.0)]);
        }
        Some(())
    }

    fn words(&mut self, facet: &'static str, a: &[&'a str], b: &[&'a str], shared: Feature, open: Feature) {
        for word in a {
            if b.contains(word) {
                let rarity = self.rarity(word);
                self.add(facet, *word, *word, &[(shared, 1.0), (Feature::Rarity, rarity)]);
            } else {
                self.only_a += 1;
                self.add(facet, *word, "", &[(open, 1.0)]);
            }
        }
        for word in b.iter().filter(|word| !a.contains(word)) {
            self.only_b += 1;
            self.add(facet, "", *word, &[(open, 1.0)]);
        }
    }

    fn rarity(&self, word: &str) -> f64 {
        rarity(self.state.n_elements(), self.state.n_with(word_token(word)))
    }
}

/// Elements that rarity is measured against at least: the first forms of a new installation share words that are rare in the world, whatever
/// share of so few elements has them.
const LEAST_ELEMENTS: usize = 500;

/// How rare a shared word is that `n` of all elements have: log odds against meeting it by chance, within limits.
pub(crate) fn rarity(n_elements: usize, n: usize) -> f64 {
    (n_elements.max(LEAST_ELEMENTS) as f64 / n.max(1) as f64).ln().clamp(0.4, 6.0)
}

/// The level that so many settled neighbours reach.
pub(crate) fn context_level(n_settled: usize) -> Option<Feature> {
    match n_settled {
        0 => None,
        1 => Some(Feature::ContextOne),
        _ => Some(Feature::ContextMore),
    }
}

fn ranges(meaning: &Meaning) -> Vec<&str> {
    let is_range = |q: &&str| q.starts_with(|c: char| c.is_ascii_digit() || c == '<' || c == '>');
    meaning.facets.qualifiers.iter().map(String::as_str).filter(is_range).collect()
}

/// Dice coefficient of the character pairs of two texts.
pub(crate) fn text_similarity(a: &str, b: &str) -> f64 {
    if a == b {
        return 1.0;
    }
    let (pairs_a, pairs_b) = (character_pairs(a), character_pairs(b));
    if pairs_a.is_empty() || pairs_b.is_empty() {
        return 0.0;
    }
    let n_shared = pairs_a.iter().filter(|p| pairs_b.binary_search(p).is_ok()).count();
    2.0 * n_shared as f64 / (pairs_a.len() + pairs_b.len()) as f64
}

/// Pairs of neighbouring characters, each once, sorted.
fn character_pairs(text: &str) -> Vec<(char, char)> {
    let mut pairs: Vec<(char, char)> = text.chars().zip(text.chars().skip(1)).collect();
    pairs.sort_unstable();
    pairs.dedup();
    pairs
}
