//! Estimating the weights that are shipped: from candidates without answers, then from labels where there are any.
//!
//! The sample is bounded and chosen by digests, so that a catalogue of a million fields takes as long as one of a hundred thousand and every run
//! takes the same pairs. Pairs drawn at random say how often a level is seen by chance (u); candidates say the rest by expectation and
//! maximisation. Candidates share words because that is how they were found, so the chance that random pairs give counts as a beginning and
//! is corrected among the candidates themselves.

use std::collections::BTreeSet;

use crate::domain::id::FieldKey;
use crate::overlap::Error;
use crate::overlap::candidates::{all_elements, pairs_of};
use crate::overlap::catalogue::{Placed, Snapshot, State};
use crate::overlap::learn::em::{Mixture, Seen, estimate};
use crate::overlap::learn::logistic::{Case, fit};
use crate::overlap::learn::priors;
use crate::overlap::learn::weights::{Feature, N_FEATURES, Probabilities, Weights};
use crate::overlap::score::traced;

/// Candidates that are looked at.
const MAX_CANDIDATES: usize = 200_000;
/// Elements that candidates are asked for.
const MAX_ELEMENTS: usize = 50_000;
/// Pairs drawn at random.
const N_RANDOM: usize = 20_000;
/// Pairs of either kind that the weights by hand count for.
const N_BEFORE: f64 = 60.0;
/// Share of candidates that are one figure, as the weights by hand have it.
const SHARE_BEFORE: f64 = 0.04;

/// What was estimated.
#[derive(Clone, Debug)]
pub struct Estimate {
    /// The weights.
    pub weights: Weights,
    probabilities: Vec<Probabilities>,
    /// Candidates looked at.
    pub n_candidates: usize,
    /// Of them, those whose label is known.
    pub n_labelled: usize,
    /// Share of candidates that are one figure, found without labels.
    pub share: f64,
}

impl Estimate {
    /// Writes the weights as the file that is shipped.
    pub fn print(&self, head: &str) -> String {
        let head = format!(
            "{head}\n{} candidates, {} of them labelled; share of one figure, found without labels: {:.4}.\n\
             Thousandths of the natural logarithm of m/u. m and u were found without labels; the weights have the labels in them too.",
            self.n_candidates, self.n_labelled, self.share
        );
        self.weights.print(&self.probabilities, &head)
    }
}

impl Snapshot {
    /// Estimates weights from the catalogue's own pairs; `label` says of two fields whether they are one figure, where that is known.
    pub async fn estimate_weights(&self, label: &(dyn Fn(&FieldKey, &FieldKey) -> Option<bool> + Sync)) -> Result<Estimate, Error> {
        let elements: BTreeSet<u64> = sampled(all_elements(&self.state), MAX_ELEMENTS, |e| mixed(*e));
        let pairs = pairs_of(&self.state, &elements).await?;
        let pairs = sampled(pairs.into_iter().collect(), MAX_CANDIDATES, |(a, b)| mixed(a ^ b.rotate_left(17)));
        let compared: Vec<(Vec<f64>, Option<bool>)> = pairs.iter().filter_map(|(a, b)| self.seen(*a, *b, label)).collect();
        let random = random_pairs(&self.state, &elements);
        let random: Vec<Vec<f64>> = random.iter().filter_map(|(a, b)| Some(self.seen(*a, *b, &|_, _| None)?.0)).collect();
        let by_hand = Weights::by_hand();
        let comparisons = comparisons();
        let before = before(&by_hand, &random, &comparisons);
        let rarity = by_hand.numbers().get(Feature::Rarity.at()).copied().unwrap_or(0.0);
        let seen: Vec<Seen> = compared.iter().map(|(degrees, _)| with_absent(degrees, rarity)).collect();
        let found = estimate(&seen, &comparisons, &before, N_BEFORE);
        let centre = weights_of(&found, &by_hand);
        let cases: Vec<Case> = compared.iter().filter_map(|(values, answer)| Some(case(values, (*answer)?))).collect();
        let fitted = fit(&cases, &priors(&centre));
        Ok(Estimate {
            weights: Weights::from_numbers(&fitted),
            probabilities: found.levels,
            n_candidates: seen.len(),
            n_labelled: cases.len(),
            share: found.share,
        })
    }

    fn seen(&self, a: u64, b: u64, label: &dyn Fn(&FieldKey, &FieldKey) -> Option<bool>) -> Option<(Vec<f64>, Option<bool>)> {
        let (first_a, first_b) = (first(&self.state, a)?, first(&self.state, b)?);
        if first_a.entry.form.template.id == first_b.entry.form.template.id {
            return None;
        }
        let (comparison, degrees) = traced(&self.state, &first_a, &first_b)?;
        let answer = label(&first_a.field()?.key, &first_b.field()?.key);
        comparison.veto.is_none().then_some((degrees, answer))
    }
}

fn case(values: &[f64], answer: bool) -> Case {
    Case { values: values.to_vec(), offset: 0.0, answer: f64::from(u8::from(answer)), weight: 1.0 }
}

fn first(state: &State, element: u64) -> Option<Placed> {
    state.first_fields(element, 1).into_iter().next()
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

/// Pairs of elements as chance would draw them, from their digests.
fn random_pairs(state: &State, elements: &BTreeSet<u64>) -> Vec<(u64, u64)> {
    let list: Vec<u64> = elements.iter().copied().filter(|e| state.elements.get(*e).is_some()).collect();
    let draw = |at: u64| list.get(usize::try_from(mixed(at) % list.len().max(1) as u64).unwrap_or(0)).copied();
    let pair = |at: u64| draw(2 * at).zip(draw(2 * at + 1)).filter(|(a, b)| a != b);
    (0..N_RANDOM as u64).filter_map(pair).collect()
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

/// A pair as the mixture sees it: rarity is no level, absence is one.
fn with_absent(degrees: &[f64], rarity: f64) -> Seen {
    let offset = rarity * degrees.get(Feature::Rarity.at()).copied().unwrap_or(0.0);
    let mut all: Vec<f64> = Feature::all().zip(degrees).map(|(f, d)| if matches!(f, Feature::Prior | Feature::Rarity) { 0.0 } else { *d }).collect();
    for name in ABSENT {
        let present: f64 = Feature::all().zip(degrees).filter(|(f, _)| f.comparison() == name).map(|(_, d)| d).sum();
        all.push(1.0 - present.min(1.0));
    }
    Seen { degrees: all, offset, answer: None }
}

/// What is held before: u from random pairs, and m such that the weights by hand come out, up to what all levels of a comparison share.
fn before(by_hand: &Weights, random: &[Vec<f64>], comparisons: &[Option<usize>]) -> Mixture {
    let mut counts = vec![1.0; comparisons.len()];
    for degrees in random {
        for (count, degree) in counts.iter_mut().zip(with_absent(degrees, 0.0).degrees) {
            *count += degree;
        }
    }
    let hand = by_hand.numbers();
    let weight = |at: usize| hand.get(at).copied().unwrap_or(0.0);
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
fn weights_of(found: &Mixture, by_hand: &Weights) -> Vec<f64> {
    let weight = |at: usize| found.levels.get(at).map_or(0.0, |p| (p.m / p.u).ln());
    let mut prior = (found.share / (1.0 - found.share)).ln();
    let mut weights = by_hand.numbers();
    for (feature, number) in Feature::all().zip(weights.iter_mut()) {
        let absent = ABSENT.iter().position(|name| *name == feature.comparison()).map_or(0.0, |at| weight(N_FEATURES + at));
        match feature {
            Feature::Prior | Feature::Rarity => {}
            _ => *number = weight(feature.at()) - absent,
        }
    }
    prior += ABSENT.iter().enumerate().map(|(at, _)| weight(N_FEATURES + at)).sum::<f64>();
    if let Some(number) = weights.get_mut(Feature::Prior.at()) {
        *number = prior;
    }
    weights
}
