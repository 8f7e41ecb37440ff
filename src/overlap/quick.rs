//! Weighing a pair quickly: the sum that `score` comes to before what stands around the fields, without its reasons.
//!
//! Most pairs that share a word are nothing, and where a whole catalogue is gone through there are hundreds of millions. They are weighed over
//! profiles, and only what is worth a person's time is compared in full. The weights are the learnt ones, rounded where `score` rounds them,
//! so that the sum is that of `score` to the last thousandth. A test sees that both ways agree.

use crate::overlap::catalogue::{Placed, State};
use crate::overlap::learn::context::neighbours;
use crate::overlap::learn::weights::{Feature, RESIDUE, TEXT, Weights, graded};
use crate::overlap::profile::{LEFT_OUT, N_WORD_FACETS, OPPOSITES, Profile};
use crate::overlap::score::{LEAST_MILLI, context_level, rarity};

/// Thousandths of a weight.
pub(crate) type Milli = i64;

/// What a word on both sides reaches, by facet.
const WORD_SHARED: [Feature; N_WORD_FACETS] =
    [Feature::MeasureShared, Feature::PopulationShared, Feature::QualifierShared, Feature::ClauseShared, Feature::ClauseShared];
/// What a word on one side reaches, by facet.
const WORD_OPEN: [Feature; N_WORD_FACETS] =
    [Feature::MeasureOpen, Feature::PopulationOpen, Feature::QualifierOpen, Feature::ClauseOpen, Feature::ClauseOpen];
/// What sharing a word promises for each degree of its rarity, whatever was learnt of it.
const PROMISE: f64 = 500.0;

/// What the words of a profile weigh in the catalogue, and the weights of everything else.
pub(crate) struct Rarities<'a> {
    weights: &'a Weights,
    shared: Vec<Milli>,
    promises: Vec<Milli>,
    most_text: Milli,
    most_context: Milli,
}

impl<'a> Rarities<'a> {
    /// Looks up the words of a profile.
    pub(crate) fn new(state: &'a State, profile: &Profile) -> Self {
        let weights = &state.learned.weights;
        let (mut shared, mut promises) = (Vec::with_capacity(profile.words.len()), Vec::with_capacity(profile.words.len()));
        let levels =
            (0..N_WORD_FACETS).zip(WORD_SHARED).flat_map(|(facet, level)| std::iter::repeat_n(level, profile.words_of(facet).1.len()));
        for (word, level) in profile.counted().zip(levels) {
            let degree = rarity(state.n_elements(), state.n_with(word));
            shared.push(weights.weigh(level, 1.0) + weights.weigh(Feature::Rarity, degree));
            #[allow(clippy::cast_possible_truncation, reason = "rarity lies below ten")]
            promises.push((degree * PROMISE).round() as Milli);
        }
        let most_text = weights.greatest(&TEXT).max(0);
        let most_context = weights.greatest(&[Feature::ContextOne, Feature::ContextMore]).max(0);
        Self { weights, shared, promises, most_text, most_context }
    }

    /// What sharing a word promises, for choosing what to look up.
    pub(crate) fn promise(&self, at: usize) -> Milli {
        self.promises.get(at).copied().unwrap_or_default()
    }

    /// The most that what stands around two fields can add.
    pub(crate) fn most_context(&self) -> Milli {
        self.most_context
    }

    fn one(&self, feature: Feature) -> Milli {
        self.weights.weigh(feature, 1.0)
    }

    fn graded(&self, levels: &[Feature], similarity: f64) -> Milli {
        graded(levels, similarity).iter().map(|(feature, degree)| self.weights.weigh(*feature, *degree)).sum()
    }

    /// What stands around two fields adds.
    pub(crate) fn context(&self, state: &State, a: &Placed, b: &Placed) -> Milli {
        context_level(neighbours(state, a, b).len()).map_or(0, |level| self.one(level))
    }
}

/// What weighing two profiles gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Weighed {
    /// The sum of all weights but that of what stands around.
    Sum(Milli),
    /// They have one name, and a facet is known on both sides and different.
    Conflict,
    /// They have one name and are of different years: two figures that nobody confuses.
    OtherYear,
}

/// Weighs two fields, the first with its rarities; `None` where nothing speaks for the pair and nobody would take one for the other.
pub(crate) fn weigh(rarities: &Rarities<'_>, a: &Profile, b: &Profile) -> Option<Weighed> {
    let has_same_name = a.whole.digest == b.whole.digest;
    if is_vetoed(a, b) {
        // As in the full comparison, the unit and the statistic are looked at before the year.
        let is_year = a.offset != b.offset && !differ(a.dimension, b.dimension) && !differ(a.statistic, b.statistic);
        return has_same_name.then_some(if is_year { Weighed::OtherYear } else { Weighed::Conflict });
    }
    let facets = rarities.one(Feature::Prior) + one_valued(rarities, a, b) + residue(rarities, a, b);
    let sum = (0..N_WORD_FACETS).fold(facets, |sum, facet| sum + words(rarities, a, b, facet));
    if sum + rarities.most_text + rarities.most_context < LEAST_MILLI && !has_same_name {
        return None;
    }
    let similarity = if has_same_name { 1.0 } else { a.whole.similarity(&b.whole).max(a.name.similarity(&b.name)) };
    Some(Weighed::Sum(sum + rarities.graded(&TEXT, similarity)))
}

/// Whether both sides say something, and not the same.
fn differ(x: u64, y: u64) -> bool {
    x != y && x != 0 && y != 0
}

fn is_vetoed(a: &Profile, b: &Profile) -> bool {
    if differ(a.dimension, b.dimension) || differ(a.statistic, b.statistic) || a.offset != b.offset || differ(a.price, b.price) {
        return true;
    }
    if a.opposites != 0 && b.opposites != 0 {
        let says = |p: &Profile, at: usize| (p.opposites >> (2 * at)) & 0b11;
        if (0..OPPOSITES.len()).any(|at| matches!((says(a, at), says(b, at)), (0b01, 0b10) | (0b10, 0b01))) {
            return true;
        }
    }
    !a.ranges.is_empty() && !b.ranges.is_empty() && !a.ranges.iter().any(|r| b.ranges.contains(r))
}

/// Facets that have one value, on pairs without a veto: where they differ, one side says nothing.
fn one_valued(rarities: &Rarities<'_>, a: &Profile, b: &Profile) -> Milli {
    let known = |x: u64, y: u64, same: Feature, open: Feature| match (x, y) {
        (0, 0) => 0,
        (x, y) if x == y => rarities.one(same),
        _ => rarities.one(open),
    };
    let mut sum = known(a.dimension, b.dimension, Feature::UnitSame, Feature::UnitOpen);
    sum += known(a.statistic, b.statistic, Feature::StatisticSame, Feature::StatisticOpen);
    if let (Some(x), Some(y)) = (a.time, b.time) {
        sum += rarities.one(if x == y { Feature::TimeSame } else { Feature::TimeDiffers });
    }
    sum + if a.is_plan == b.is_plan { 0 } else { rarities.one(Feature::PlanDiffers) }
}

fn residue(rarities: &Rarities<'_>, a: &Profile, b: &Profile) -> Milli {
    match (a.residue.is_empty(), b.residue.is_empty()) {
        (true, true) => 0,
        (false, false) => rarities.graded(&RESIDUE, a.residue.similarity(&b.residue)),
        _ => rarities.one(Feature::ResidueOpen),
    }
}

fn words(rarities: &Rarities<'_>, a: &Profile, b: &Profile, facet: usize) -> Milli {
    let ((start, words_a), (_, words_b)) = (a.words_of(facet), b.words_of(facet));
    let open = WORD_OPEN.get(facet).map_or(0, |level| rarities.one(*level));
    let (mut sum, mut n_shared) = (0, 0_usize);
    for (at, word) in words_a.iter().enumerate() {
        if words_b.contains(word) {
            n_shared += 1;
            sum += rarities.shared.get(start + at).copied().unwrap_or_default();
        }
    }
    let n_open = if facet == LEFT_OUT {
        usize::from(words_a.len() > n_shared) + usize::from(words_b.len() > n_shared)
    } else {
        words_a.len() + words_b.len() - 2 * n_shared
    };
    sum + open * i64::try_from(n_open).unwrap_or_default()
}
