//! Weighing a pair: how much each facet speaks for or against the same figure, after Fellegi and Sunter.
//!
//! A weight is the logarithm of how much likelier the agreement is between two fields of one figure than between two of different figures.
//! Words weigh by their rarity in the catalogue; what one side leaves open weighs little; facets known on both sides and different are a
//! veto. The sum, through the logistic function, is the score.

use crate::domain::facet::{Meaning, TimeBasis};
use crate::domain::relation::Reason;
use crate::overlap::catalogue::{Placed, State};
use crate::overlap::tokens::{bigrams, word_token};
use std::collections::BTreeSet;

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

struct Weigher<'a> {
    state: &'a State,
    out: Comparison,
}

/// Compares two fields where they stand.
pub(crate) fn compare(state: &State, a: &Placed, b: &Placed) -> Option<Comparison> {
    let (meaning_a, meaning_b) = (&a.field()?.meaning, &b.field()?.meaning);
    let out = Comparison { log_odds: weights::PRIOR, reasons: Vec::new(), veto: None, only_a: 0, only_b: 0 };
    let mut weigher = Weigher { state, out };
    weigher.vetoes(meaning_a, meaning_b);
    weigher.open_facets(meaning_a, meaning_b);
    weigher.measures(meaning_a, meaning_b);
    weigher.words("population", &meaning_a.facets.population, &meaning_b.facets.population, weights::POPULATION_OPEN);
    weigher.words("qualifier", &meaning_a.facets.qualifiers, &meaning_b.facets.qualifiers, weights::QUALIFIER_OPEN);
    weigher.words("clause", &meaning_a.facets.clauses, &meaning_b.facets.clauses, weights::CLAUSE_OPEN);
    let similarity = text_similarity(&a.entry.text_of(a.at), &b.entry.text_of(b.at));
    let (label_a, label_b) = (a.printed()?.label.clone(), b.printed()?.label.clone());
    weigher.add("label", &label_a, &label_b, weights::TEXT * (similarity - 0.3));
    Some(weigher.out)
}

impl Weigher<'_> {
    fn add(&mut self, facet: &str, a: &str, b: &str, weight: f64) {
        self.out.log_odds += weight;
        let weight = (weight * 1_000.0).round() / 1_000.0;
        self.out.reasons.push(Reason { facet: facet.to_owned(), a: a.to_owned(), b: b.to_owned(), weight });
    }

    fn veto(&mut self, facet: &'static str, a: &str, b: &str) {
        self.out.veto.get_or_insert(facet);
        self.add(facet, a, b, -9.0);
    }

    fn vetoes(&mut self, a: &Meaning, b: &Meaning) {
        let (dimension_a, dimension_b) = (a.facets.dimension.as_deref(), b.facets.dimension.as_deref());
        match (dimension_a, dimension_b) {
            (Some(x), Some(y)) if x != y => self.veto("unit", x, y),
            (Some(x), Some(y)) => self.add("unit", x, y, weights::DIMENSION),
            (x, y) if x != y => self.add("unit", x.unwrap_or_default(), y.unwrap_or_default(), weights::DIMENSION_OPEN),
            _ => {}
        }
        if a.offset_years != b.offset_years {
            self.veto("offset", &a.offset_years.to_string(), &b.offset_years.to_string());
        }
        if let (Some(x), Some(y)) = (&a.facets.price_basis, &b.facets.price_basis) {
            if x != y {
                self.veto("price", x, y);
            }
        }
        for (x, y) in [("户籍", "常住"), ("农村", "城镇"), ("农业户口", "非农业户口"), ("户籍", "外来人口"), ("集中供养", "分散供养")] {
            let says = |m: &Meaning, word: &str, other: &str| {
                let has = |w: &str| m.facets.population.contains(w) || m.facets.qualifiers.contains(w);
                has(word) && !has(other)
            };
            if (says(a, x, y) && says(b, y, x)) || (says(a, y, x) && says(b, x, y)) {
                self.veto("population", x, y);
            }
        }
        let range = |m: &Meaning| -> BTreeSet<String> {
            m.facets.qualifiers.iter().filter(|q| q.starts_with(|c: char| c.is_ascii_digit() || c == '<' || c == '>')).cloned().collect()
        };
        let (range_a, range_b) = (range(a), range(b));
        if !range_a.is_empty() && !range_b.is_empty() && range_a.is_disjoint(&range_b) {
            let show = |r: &BTreeSet<String>| r.iter().cloned().collect::<Vec<_>>().join("+");
            self.veto("qualifier", &show(&range_a), &show(&range_b));
        }
        let sex = |m: &Meaning| ["男", "女"].into_iter().find(|s| m.facets.qualifiers.contains(*s));
        if let (Some(x), Some(y)) = (sex(a), sex(b)) {
            if x != y {
                self.veto("qualifier", x, y);
            }
        }
    }

    fn open_facets(&mut self, a: &Meaning, b: &Meaning) {
        match (a.facets.statistic.as_deref(), b.facets.statistic.as_deref()) {
            (Some(x), Some(y)) if x == y => self.add("statistic", x, y, weights::STATISTIC),
            (Some(x), Some(y)) => self.veto("statistic", x, y),
            (x, y) if x != y => self.add("statistic", x.unwrap_or_default(), y.unwrap_or_default(), weights::STATISTIC_OPEN),
            _ => {}
        }
        let time = |m: &Meaning| m.facets.time_basis.map_or("", TimeBasis::as_str);
        if a.facets.time_basis.is_some() && b.facets.time_basis.is_some() {
            let weight = if a.facets.time_basis == b.facets.time_basis { weights::TIME } else { weights::TIME_DIFFERS };
            self.add("time", time(a), time(b), weight);
        }
        if a.facets.qualifiers.contains("计划") != b.facets.qualifiers.contains("计划") {
            self.add("plan", "", "", weights::PLAN);
        }
    }

    fn measures(&mut self, a: &Meaning, b: &Meaning) {
        let set = |m: &Meaning| -> BTreeSet<String> {
            m.facets.measure.iter().flat_map(|x| x.split('+').map(str::to_owned)).collect()
        };
        self.words("measure", &set(a), &set(b), weights::MEASURE_OPEN);
        let (residue_a, residue_b) = (a.residue.join(""), b.residue.join(""));
        if residue_a.is_empty() && residue_b.is_empty() {
            return;
        }
        let similarity = text_similarity(&residue_a, &residue_b);
        let open = if residue_a.is_empty() || residue_b.is_empty() { 1.0 } else { 1.6 };
        let weight = similarity * weights::MAX_WORD + (1.0 - similarity) * weights::RESIDUE_OPEN * open;
        self.out.only_a += usize::from(!residue_a.is_empty() && similarity < 1.0);
        self.out.only_b += usize::from(!residue_b.is_empty() && similarity < 1.0);
        self.add("residue", &residue_a, &residue_b, weight);
    }

    fn words(&mut self, facet: &str, a: &BTreeSet<String>, b: &BTreeSet<String>, open: f64) {
        for word in a.intersection(b) {
            let weight = self.rarity(word);
            self.add(facet, word, word, weight);
        }
        let (only_a, only_b): (Vec<&String>, Vec<&String>) = (a.difference(b).collect(), b.difference(a).collect());
        self.out.only_a += only_a.len();
        self.out.only_b += only_b.len();
        for word in only_a {
            self.add(facet, word, "", open);
        }
        for word in only_b {
            self.add(facet, "", word, open);
        }
    }

    /// Weight of a shared word: the rarer in the catalogue, the more.
    fn rarity(&self, word: &str) -> f64 {
        let n_elements = self.state.n_elements().max(2) as f64;
        let n = self.state.tokens.get(word_token(word)).map_or(1, |l| l.len()).max(1) as f64;
        ((n_elements / n).ln() * 0.5).clamp(0.2, weights::MAX_WORD)
    }
}

/// Dice coefficient of the character pairs of two texts.
pub(crate) fn text_similarity(a: &str, b: &str) -> f64 {
    if a == b {
        return 1.0;
    }
    let (pairs_a, pairs_b): (BTreeSet<String>, BTreeSet<String>) = (bigrams(a).collect(), bigrams(b).collect());
    if pairs_a.is_empty() || pairs_b.is_empty() {
        return 0.0;
    }
    2.0 * pairs_a.intersection(&pairs_b).count() as f64 / (pairs_a.len() + pairs_b.len()) as f64
}
