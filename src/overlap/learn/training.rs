//! Estimating the weights that are shipped: from candidates without answers, then from labels where there are any.
//!
//! The sample is bounded and chosen by digests, so that a catalogue of a million fields takes as long as one of a hundred thousand and every run
//! takes the same pairs. Candidates share words because that is how they were found, so pairs drawn at random from everything would say of
//! every candidate that it is one figure. The chance of a level (u) is taken from candidates that meet in a form: two fields of one form are
//! never one figure, so these are certain, and they were found in the same way. The rest is said by expectation and maximisation.

use std::collections::BTreeSet;

use crate::domain::id::FieldKey;
use crate::overlap::Error;
use crate::overlap::candidates::Finder;
use crate::overlap::catalogue::{Snapshot, State};
use crate::overlap::learn::em::{Held, Mixture, Seen, estimate};
use crate::overlap::learn::logistic::{Case, fit};
use crate::overlap::learn::priors;
use crate::overlap::learn::weights::{Feature, N_FEATURES, Probabilities, Weights};
use crate::overlap::placed::Placed;
use crate::overlap::score::traced;

/// Candidates that are looked at.
const MAX_CANDIDATES: usize = 200_000;
/// Elements that candidates are asked for.
const MAX_ELEMENTS: usize = 50_000;
/// Elements that are asked about together.
const ELEMENTS_PER_QUESTION: usize = 1_024;
/// How firmly the beginning is held: pairs of one figure are few among candidates, so what they look like is mostly told by the weights by
/// hand, while what chance gives is free to be found.
const HELD: Held = Held { m: 300.0, u: 20.0, share: 300.0 };
/// Share of candidates that are one figure, as the weights by hand have it.
const SHARE_BEFORE: f64 = 0.04;

/// Degrees of the features of a pair, and its label.
type Compared = (Vec<f64>, Option<bool>);

/// What was estimated.
#[derive(Clone, Debug)]
pub struct Estimate {
    /// The weights.
    pub weights: Weights,
    probabilities: Vec<Probabilities>,
    /// Candidates looked at.
    pub n_candidates: usize,
    /// Pairs of one form, which are two figures for certain.
    pub n_apart: usize,
    /// Of the candidates, those whose label is known.
    pub n_labelled: usize,
    /// Share of candidates that are one figure, found without labels.
    pub share: f64,
}

impl Estimate {
    /// Writes the weights as the file that is shipped.
    pub fn print(&self, head: &str) -> String {
        let head = format!(
            "{head}\n{} candidates, {} of them labelled, and {} pairs of one form; share of one figure, found without labels: {:.4}.\n\
             Thousandths of the natural logarithm of m/u. m and u were found without labels; the weights have the labels in them too.",
            self.n_candidates, self.n_labelled, self.n_apart, self.share
        );
        self.weights.print(&self.probabilities, &head)
    }
}

impl Snapshot {
    /// Estimates weights from the catalogue's own pairs; `label` says of two fields whether they are one figure, where that is known.
    pub async fn estimate_weights(&self, label: &(dyn Fn(&FieldKey, &FieldKey) -> Option<bool> + Sync)) -> Result<Estimate, Error> {
        let all = self.state.elements.iter().map(|(_, element)| element.id).collect();
        let elements: BTreeSet<u64> = sampled(all, MAX_ELEMENTS, |e| mixed(*e));
        let pairs = self.candidates_of(&elements).await?;
        let pairs = sampled(pairs, MAX_CANDIDATES, |(a, b)| mixed(a ^ b.rotate_left(17)));
        let (mut compared, mut apart): (Vec<Compared>, Vec<Vec<f64>>) = (Vec::new(), Vec::new());
        for (a, b) in &pairs {
            match self.seen(*a, *b, label) {
                Some((degrees, _)) if meet(&self.state, *a, *b) => apart.push(degrees),
                Some(pair) => compared.push(pair),
                None => {}
            }
        }
        let by_hand = Weights::by_hand();
        let comparisons = comparisons();
        let rarity = Rarity::of(&by_hand, &apart);
        let before = before(&by_hand, rarity, &apart, &comparisons);
        let open = compared.iter().map(|(degrees, _)| with_absent(degrees, rarity, None));
        let seen: Vec<Seen> = open.chain(apart.iter().map(|degrees| with_absent(degrees, rarity, Some(false)))).collect();
        let found = estimate(&seen, &comparisons, &before, HELD);
        let centre = weights_of(&found, &by_hand, rarity);
        let cases: Vec<Case> = compared.iter().filter_map(|(values, answer)| Some(case(values, (*answer)?))).collect();
        let fitted = fit(&cases, &priors(&centre));
        Ok(Estimate {
            weights: Weights::from_numbers(&fitted),
            probabilities: found.levels,
            n_candidates: compared.len(),
            n_apart: apart.len(),
            n_labelled: cases.len(),
            share: found.share,
        })
    }

    /// Pairs of elements that the index lets meet, the smaller number first.
    async fn candidates_of(&self, elements: &BTreeSet<u64>) -> Result<BTreeSet<(u64, u64)>, Error> {
        let finder = Finder::new();
        let placed: Vec<(u64, u32)> = elements.iter().filter_map(|e| Some((*e, self.state.place_of_stored(*e)?))).collect();
        let mut pairs = BTreeSet::new();
        for asked in placed.chunks(ELEMENTS_PER_QUESTION) {
            let places: Vec<u32> = asked.iter().map(|(_, place)| *place).collect();
            let found = finder.find(&self.state, &places).await?;
            for ((own, _), list) in asked.iter().zip(found) {
                let others = list.into_iter().filter_map(|place| self.state.elements.get(place)).map(|e| e.id);
                pairs.extend(others.map(|other| (other.min(*own), other.max(*own))));
            }
        }
        Ok(pairs)
    }

    fn seen(&self, a: u64, b: u64, label: &dyn Fn(&FieldKey, &FieldKey) -> Option<bool>) -> Option<Compared> {
        let (first_a, first_b) = (first(&self.state, a)?, first(&self.state, b)?);
        let (comparison, degrees) = traced(&self.state, &first_a, &first_b)?;
        let answer = label(&first_a.field()?.key, &first_b.field()?.key);
        comparison.veto.is_none().then_some((degrees, answer))
    }
}

fn case(values: &[f64], answer: bool) -> Case {
    Case { values: values.to_vec(), offset: 0.0, answer: f64::from(u8::from(answer)), weight: 1.0 }
}

fn first(state: &State, element: u64) -> Option<Placed> {
    state.by_stored(element)?.standing_for().cloned()
}

/// The `n` with the smallest digests: the same ones in every run, and no others than chance would take.
fn sampled<T: Ord>(all: BTreeSet<T>, n: usize, digest: impl Fn(&T) -> u64) -> BTreeSet<T> {
    if all.len() <= n {
        return all;
    }
    let mut list: Vec<(u64, T)> = all.into_iter().map(|x| (digest(&x), x)).collect();
    list.sort();
    list.truncate(n);
    list.into_iter().map(|(_, x)| x).collect()
}

/// Spreads a number over all numbers (the finaliser of SplitMix64).
fn mixed(number: u64) -> u64 {
    let mut x = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// Whether two elements stand in one form.
fn meet(state: &State, a: u64, b: u64) -> bool {
    let forms = state.forms_of(a);
    state.forms_of(b).iter().any(|form| forms.binary_search(form).is_ok())
}

/// Levels that mean "nothing of the kind": they stand behind the features, so that seeing nothing is an outcome too.
const ABSENT: [&str; 2] = ["plan", "context"];

/// The comparison of each level: those of the features, then the absent ones.
fn comparisons() -> Vec<Option<usize>> {
    let names: BTreeSet<&str> = Feature::all().map(Feature::comparison).collect();
    let number = |name: &str| names.iter().position(|n| *n == name);
    let of = |feature: Feature| if matches!(feature, Feature::Prior | Feature::Rarity) { None } else { number(feature.comparison()) };
    Feature::all().map(of).chain(ABSENT.iter().map(|name| number(name))).collect()
}

/// Levels that come with the rarity of a word.
const SHARED: [Feature; 4] = [Feature::MeasureShared, Feature::PopulationShared, Feature::QualifierShared, Feature::ClauseShared];

fn degree(degrees: &[f64], feature: Feature) -> f64 {
    degrees.get(feature.at()).copied().unwrap_or(0.0)
}

fn n_shared(degrees: &[f64]) -> f64 {
    SHARED.iter().map(|feature| degree(degrees, *feature)).sum()
}

/// How a shared word's rarity counts: against what is usual among shared words, so that an ordinary word adds nothing beyond its level.
#[derive(Clone, Copy, Debug, Default)]
struct Rarity {
    weight: f64,
    usual: f64,
}

impl Rarity {
    fn of(by_hand: &Weights, apart: &[Vec<f64>]) -> Self {
        let total: f64 = apart.iter().map(|d| degree(d, Feature::Rarity)).sum();
        let n: f64 = apart.iter().map(|d| n_shared(d)).sum();
        Self { weight: f64::from(by_hand.of(Feature::Rarity)) / 1_000.0, usual: total / n.max(1.0) }
    }
}

/// A pair as the mixture sees it: rarity is no level, absence is one.
fn with_absent(degrees: &[f64], rarity: Rarity, answer: Option<bool>) -> Seen {
    let offset = rarity.weight * (degree(degrees, Feature::Rarity) - rarity.usual * n_shared(degrees));
    let mut all: Vec<f64> =
        Feature::all().zip(degrees).map(|(f, d)| if matches!(f, Feature::Prior | Feature::Rarity) { 0.0 } else { *d }).collect();
    for name in ABSENT {
        let present: f64 = Feature::all().zip(degrees).filter(|(f, _)| f.comparison() == name).map(|(_, d)| d).sum();
        all.push(1.0 - present.min(1.0));
    }
    Seen { degrees: all, offset, answer }
}

/// What is held before: u from pairs that are apart, and m such that the weights by hand come out, up to what all levels of a comparison share.
fn before(by_hand: &Weights, rarity: Rarity, apart: &[Vec<f64>], comparisons: &[Option<usize>]) -> Mixture {
    let mut counts = vec![1.0; comparisons.len()];
    for degrees in apart {
        for (count, degree) in counts.iter_mut().zip(with_absent(degrees, Rarity::default(), None).degrees) {
            *count += degree;
        }
    }
    let hand = by_hand.numbers();
    let is_shared = |at: usize| SHARED.iter().any(|f| f.at() == at);
    let weight = |at: usize| hand.get(at).copied().unwrap_or(0.0) + if is_shared(at) { rarity.weight * rarity.usual } else { 0.0 };
    let sum = |comparison: Option<usize>, of: &dyn Fn(usize) -> f64| -> f64 {
        comparisons.iter().enumerate().filter(|(_, c)| **c == comparison).map(|(at, _)| of(at)).sum()
    };
    let count = |at: usize| counts.get(at).copied().unwrap_or(1.0);
    let level = |(at, comparison): (usize, &Option<usize>)| {
        if comparison.is_none() {
            return Probabilities { m: 1.0, u: 1.0 };
        }
        let u = count(at) / sum(*comparison, &count);
        let tilted = |at: usize| count(at) * weight(at).exp();
        Probabilities { m: tilted(at) / sum(*comparison, &tilted), u }
    };
    Mixture { levels: comparisons.iter().enumerate().map(level).collect(), share: SHARE_BEFORE }
}

/// The weights of a mixture. What a comparison gives when nothing of the kind is there weighs nothing, so it is taken from its levels and
/// given to what holds before.
fn weights_of(found: &Mixture, by_hand: &Weights, rarity: Rarity) -> Vec<f64> {
    let weight = |at: usize| found.levels.get(at).map_or(0.0, |p| (p.m / p.u).ln());
    let mut prior = (found.share / (1.0 - found.share)).ln();
    let mut weights = by_hand.numbers();
    for (feature, number) in Feature::all().zip(weights.iter_mut()) {
        let absent = ABSENT.iter().position(|name| *name == feature.comparison()).map_or(0.0, |at| weight(N_FEATURES + at));
        match feature {
            Feature::Prior | Feature::Rarity => {}
            _ if SHARED.contains(&feature) => *number = weight(feature.at()) - rarity.weight * rarity.usual,
            _ => *number = weight(feature.at()) - absent,
        }
    }
    prior += ABSENT.iter().enumerate().map(|(at, _)| weight(N_FEATURES + at)).sum::<f64>();
    if let Some(number) = weights.get_mut(Feature::Prior.at()) {
        *number = prior;
    }
    weights
}
