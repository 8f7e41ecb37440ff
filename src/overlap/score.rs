//! Weighing a pair: how much each facet speaks for or against the same figure, after Fellegi and Sunter.
//!
//! A weight is the logarithm of how much likelier the agreement is between two fields of one figure than between two of different figures.
//! Words weigh by their rarity in the catalogue; what one side leaves open weighs little; facets known on both sides and different are a
//! veto. The sum, through the logistic function, is the score.

use crate::domain::facet::Meaning;
use crate::domain::relation::Reason;
use crate::overlap::catalogue::{Placed, State};
use crate::overlap::tokens::word_token;
use std::borrow::Cow;

/// Weights that are not a word's rarity. Chosen by hand from what statistical forms do; see each.
mod weights {
    /// Log odds that two fields of different forms that share a rare token are one figure, before anything is compared.
    pub(super) const PRIOR: f64 = -3.2;
    /// Same statistic: most pairs that share words also share it.
    pub(super) const STATISTIC: f64 = 0.8;
    /// A statistic that only one side knows.
    pub(super) const STATISTIC_OPEN: f64 = -1.0;
    /// Same dimension of the unit of measure.
    pub(super) const DIMENSION: f64 = 0.6;
    /// A dimension that only one side knows.
    pub(super) const DIMENSION_OPEN: f64 = -0.6;
    /// Same time basis.
    pub(super) const TIME: f64 = 0.4;
    /// Another time basis; forms often do not say it, so that it is read from the measure and no veto.
    pub(super) const TIME_DIFFERS: f64 = -2.0;
    /// 计划 on one side only.
    pub(super) const PLAN: f64 = -4.0;
    /// Greatest weight of one shared word.
    pub(super) const MAX_WORD: f64 = 3.0;
    /// A population that only one side says: often the other form's title or department says it.
    pub(super) const POPULATION_OPEN: f64 = -0.9;
    /// A qualifier that only one side says.
    pub(super) const QUALIFIER_OPEN: f64 = -1.6;
    /// A measure word that only one side says.
    pub(super) const MEASURE_OPEN: f64 = -1.6;
    /// Unknown words that only one side has.
    pub(super) const RESIDUE_OPEN: f64 = -1.4;
    /// Printed texts that are equal, character pair by character pair.
    pub(super) const TEXT: f64 = 3.0;
    /// A clause of a note (含, 不含) that only one side has.
    pub(super) const CLAUSE_OPEN: f64 = -0.4;
}

/// A pair whose log odds stay below this, whatever its names, is not looked at further.
const LEAST_LOG_ODDS: f64 = -3.4;

/// What the comparison of two meanings gives.
#[derive(Clone, Debug)]
pub(crate) struct Comparison {
    /// Sum of all weights.
    pub log_odds: f64,
    /// Why, facet by facet.
    pub reasons: Vec<Reason>,
    /// The facet that both sides know differently.
    pub veto: Option<&'static str>,
    /// Words that only the first has.
    pub only_a: usize,
    /// Words that only the second has.
    pub only_b: usize,
}

impl Comparison {
    /// The score, 0 to 1.
    pub(crate) fn score(&self) -> f64 {
        let raw = 1.0 / (1.0 + (-self.log_odds).exp());
        (raw * 10_000.0).round() / 10_000.0
    }
}

/// A reason that still borrows from the meanings; most pairs are dropped before anybody reads why.
type Draft<'a> = (&'static str, Cow<'a, str>, Cow<'a, str>, f64);

struct Weigher<'a> {
    state: &'a State,
    log_odds: f64,
    reasons: Vec<Draft<'a>>,
    veto: Option<&'static str>,
    only_a: usize,
    only_b: usize,
}

/// Compares two fields where they stand; `None` where nothing speaks for the pair and nobody would take one for the other.
pub(crate) fn compare(state: &State, a: &Placed, b: &Placed) -> Option<Comparison> {
    let (meaning_a, meaning_b) = (&a.field()?.meaning, &b.field()?.meaning);
    let has_same_name = a.entry.text_of(a.at) == b.entry.text_of(b.at);
    let mut weigher = Weigher { state, log_odds: weights::PRIOR, reasons: Vec::new(), veto: None, only_a: 0, only_b: 0 };
    weigher.vetoes(meaning_a, meaning_b);
    weigher.open_facets(meaning_a, meaning_b);
    if weigher.veto.is_some() && !has_same_name {
        return None;
    }
    weigher.measures(meaning_a, meaning_b);
    weigher.words("population", sorted(&meaning_a.facets.population), sorted(&meaning_b.facets.population), weights::POPULATION_OPEN);
    weigher.words("qualifier", sorted(&meaning_a.facets.qualifiers), sorted(&meaning_b.facets.qualifiers), weights::QUALIFIER_OPEN);
    weigher.words("clause", sorted(&meaning_a.facets.clauses), sorted(&meaning_b.facets.clauses), weights::CLAUSE_OPEN);
    if weigher.log_odds + weights::TEXT * 0.7 < LEAST_LOG_ODDS && !has_same_name {
        return None;
    }
    let whole = text_similarity(a.entry.text_of(a.at), b.entry.text_of(b.at));
    let similarity = whole.max(text_similarity(a.entry.name_of(a.at), b.entry.name_of(b.at)));
    weigher.add("label", &a.printed()?.label, &b.printed()?.label, weights::TEXT * (similarity - 0.3));
    Some(weigher.finish())
}

fn sorted(values: &std::collections::BTreeSet<String>) -> Vec<&str> {
    values.iter().map(String::as_str).collect()
}

impl<'a> Weigher<'a> {
    fn add(&mut self, facet: &'static str, a: impl Into<Cow<'a, str>>, b: impl Into<Cow<'a, str>>, weight: f64) {
        self.log_odds += weight;
        self.reasons.push((facet, a.into(), b.into(), weight));
    }

    fn veto(&mut self, facet: &'static str, a: impl Into<Cow<'a, str>>, b: impl Into<Cow<'a, str>>) {
        self.veto.get_or_insert(facet);
        self.add(facet, a, b, -9.0);
    }

    fn finish(self) -> Comparison {
        let reason = |(facet, a, b, weight): Draft<'_>| Reason {
            facet: facet.to_owned(),
            a: a.into_owned(),
            b: b.into_owned(),
            weight: (weight * 1_000.0).round() / 1_000.0,
        };
        let reasons = self.reasons.into_iter().map(reason).collect();
        Comparison { log_odds: self.log_odds, reasons, veto: self.veto, only_a: self.only_a, only_b: self.only_b }
    }

    fn vetoes(&mut self, a: &'a Meaning, b: &'a Meaning) {
        match (a.facets.dimension.as_deref(), b.facets.dimension.as_deref()) {
            (Some(x), Some(y)) if x != y => self.veto("unit", x, y),
            (Some(x), Some(y)) => self.add("unit", x, y, weights::DIMENSION),
            (x, y) if x != y => self.add("unit", x.unwrap_or_default(), y.unwrap_or_default(), weights::DIMENSION_OPEN),
            _ => {}
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

    fn open_facets(&mut self, a: &'a Meaning, b: &'a Meaning) {
        match (a.facets.statistic.as_deref(), b.facets.statistic.as_deref()) {
            (Some(x), Some(y)) if x == y => self.add("statistic", x, y, weights::STATISTIC),
            (Some(x), Some(y)) => self.veto("statistic", x, y),
            (x, y) if x != y => self.add("statistic", x.unwrap_or_default(), y.unwrap_or_default(), weights::STATISTIC_OPEN),
            _ => {}
        }
        if let (Some(x), Some(y)) = (a.facets.time_basis, b.facets.time_basis) {
            let weight = if x == y { weights::TIME } else { weights::TIME_DIFFERS };
            self.add("time", x.as_str(), y.as_str(), weight);
        }
        let plan = |m: &Meaning| if m.facets.qualifiers.contains("计划") { "计划" } else { "" };
        if plan(a) != plan(b) {
            self.add("plan", plan(a), plan(b), weights::PLAN);
        }
    }

    fn measures(&mut self, a: &'a Meaning, b: &'a Meaning) {
        let set = |m: &'a Meaning| -> Vec<&'a str> { m.facets.measure.iter().flat_map(|x| x.split('+')).collect() };
        self.words("measure", set(a), set(b), weights::MEASURE_OPEN);
        let (residue_a, residue_b) = (a.residue.join(""), b.residue.join(""));
        if residue_a.is_empty() && residue_b.is_empty() {
            return;
        }
        let similarity = text_similarity(&residue_a, &residue_b);
        let open = if residue_a.is_empty() || residue_b.is_empty() { 1.0 } else { 1.6 };
        let weight = similarity * weights::MAX_WORD + (1.0 - similarity) * weights::RESIDUE_OPEN * open;
        self.only_a += usize::from(!residue_a.is_empty() && similarity < 1.0);
        self.only_b += usize::from(!residue_b.is_empty() && similarity < 1.0);
        self.add("residue", residue_a, residue_b, weight);
    }

    fn words(&mut self, facet: &'static str, a: Vec<&'a str>, b: Vec<&'a str>, open: f64) {
        for word in &a {
            if b.contains(word) {
                let weight = self.rarity(word);
                self.add(facet, *word, *word, weight);
            } else {
                self.only_a += 1;
                self.add(facet, *word, "", open);
            }
        }
        for word in b.iter().filter(|word| !a.contains(word)) {
            self.only_b += 1;
            self.add(facet, "", *word, open);
        }
    }

    /// Weight of a shared word: the rarer in the catalogue, the more.
    fn rarity(&self, word: &str) -> f64 {
        let n_elements = self.state.n_elements().max(2) as f64;
        let n = self.state.tokens.get(word_token(word)).map_or(1, |l| l.len()).max(1) as f64;
        ((n_elements / n).ln() * 0.5).clamp(0.2, weights::MAX_WORD)
    }
}

/// Words that exclude each other.
const OPPOSITES: [(&str, &str); 6] =
    [("户籍", "常住"), ("农村", "城镇"), ("农业户口", "非农业户口"), ("户籍", "外来人口"), ("集中供养", "分散供养"), ("男", "女")];

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
