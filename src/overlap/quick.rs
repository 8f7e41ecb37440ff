//! Weighing a pair quickly: the sum that `score` comes to before what stands around the fields, without its reasons.
//!
//! Most pairs that share a word are nothing, and where a whole catalogue is gone through there are hundreds of millions. They are weighed over
//! profiles, and only what is worth a person's time is compared in full. The weights are the learnt ones, rounded where `score` rounds them,
//! so that the sum is that of `score` to the last thousandth. A test sees that both ways agree.

use crate::overlap::catalogue::State;
use crate::overlap::learn::context::neighbours;
use crate::overlap::learn::weights::{Feature, RESIDUE, TEXT, Weights, graded};
use crate::overlap::placed::Placed;
use crate::overlap::profile::{LEFT_OUT, N_WORD_FACETS, Profile};
use crate::overlap::score::{Comparison, LEAST_MILLI, VETO, context_level, rarity};

/// Thousandths of a weight.
pub(crate) type Milli = i64;

/// What a word on both sides reaches, by facet.
const WORD_SHARED: [Feature; N_WORD_FACETS] =
    [Feature::MeasureShared, Feature::PopulationShared, Feature::QualifierShared, Feature::ClauseShared, Feature::ClauseShared];
/// What a word on one side reaches, by facet.
const WORD_OPEN: [Feature; N_WORD_FACETS] =
    [Feature::MeasureOpen, Feature::PopulationOpen, Feature::QualifierOpen, Feature::ClauseOpen, Feature::ClauseOpen];
/// Place of the measure among the facets that hold words.
const MEASURE: usize = 0;
/// What sharing a word promises for each degree of its rarity, whatever was learnt of it.
const PROMISE: f64 = 500.0;

/// The weights that do not depend on the words, as the bounds of briefs need them: levels of similarity never fall, so that more alike never
/// bounds lower.
pub(crate) struct Limits {
    pub prior: Milli,
    pub unit_same: Milli,
    pub unit_open: Milli,
    pub statistic_same: Milli,
    pub statistic_open: Milli,
    pub time_same: Milli,
    pub time_differs: Milli,
    pub plan_differs: Milli,
    pub residue_open: Milli,
    /// What a word on one side weighs, by facet.
    pub word_open: [Milli; N_WORD_FACETS],
    pub residue: [Milli; RESIDUE.len()],
    pub text: [Milli; TEXT.len()],
    /// The most that texts can add to what is given up.
    pub most_text: Milli,
    /// The most that what stands around two fields can add.
    pub most_context: Milli,
    /// Decisions or synonyms join elements, so that what stands around cannot be told from readings alone.
    pub is_joined: bool,
}

impl Limits {
    fn new(state: &State) -> Self {
        let weights = &state.learned.weights;
        let of = |feature: Feature| Milli::from(weights.of(feature));
        let text = never_falling(TEXT.map(of));
        Self {
            prior: of(Feature::Prior),
            unit_same: of(Feature::UnitSame),
            unit_open: of(Feature::UnitOpen),
            statistic_same: of(Feature::StatisticSame),
            statistic_open: of(Feature::StatisticOpen),
            time_same: of(Feature::TimeSame),
            time_differs: of(Feature::TimeDiffers),
            plan_differs: of(Feature::PlanDiffers),
            residue_open: of(Feature::ResidueOpen),
            word_open: WORD_OPEN.map(of),
            residue: never_falling(RESIDUE.map(of)),
            text,
            most_text: weights.greatest(&TEXT).max(0),
            most_context: weights.greatest(&[Feature::ContextOne, Feature::ContextMore]).max(0),
            is_joined: !state.joined.is_empty(),
        }
    }

    /// The most that texts weigh.
    pub(crate) fn most_text_level(&self) -> Milli {
        self.text.last().copied().unwrap_or_default()
    }
}

/// Each level no lower than the ones before.
fn never_falling<const N: usize>(mut levels: [Milli; N]) -> [Milli; N] {
    let mut most = Milli::MIN;
    for level in &mut levels {
        most = most.max(*level);
        *level = most;
    }
    levels
}

/// What the words of a profile weigh in the catalogue, and the weights of everything else.
pub(crate) struct Rarities<'a> {
    weights: &'a Weights,
    shared: Vec<Milli>,
    /// What bounds a weight.
    pub limits: Limits,
}

impl<'a> Rarities<'a> {
    /// Looks up the words of a profile.
    pub(crate) fn new(state: &'a State, profile: &Profile) -> Self {
        let weights = &state.learned.weights;
        let mut shared = Vec::with_capacity(profile.words.len());
        let levels =
            (0..N_WORD_FACETS).zip(WORD_SHARED).flat_map(|(facet, level)| std::iter::repeat_n(level, profile.words_of(facet).1.len()));
        for (word, level) in profile.counted().zip(levels) {
            shared.push(weights.weigh(level, 1.0) + weights.weigh(Feature::Rarity, rarity(state.n_elements(), state.n_with(word))));
        }
        Self { weights, shared, limits: Limits::new(state) }
    }

    /// What sharing a word weighs, by its place among all of the profile.
    pub(crate) fn shared_at(&self, at: usize) -> Milli {
        self.shared.get(at).copied().unwrap_or_default()
    }

    /// The most that what stands around two fields can add.
    pub(crate) fn most_context(&self) -> Milli {
        self.limits.most_context
    }

    fn one(&self, feature: Feature) -> Milli {
        Milli::from(self.weights.of(feature))
    }

    fn graded(&self, levels: &[Feature], similarity: f64) -> Milli {
        graded(levels, similarity).iter().map(|(feature, degree)| self.weights.weigh(*feature, *degree)).sum()
    }

    /// What stands around two fields adds.
    pub(crate) fn context(&self, state: &State, a: &Placed, b: &Placed) -> Milli {
        context_level(neighbours(state, a, b).len()).map_or(0, |level| self.one(level))
    }
}

/// What sharing each word of a profile promises, for choosing what to look up.
pub(crate) fn promises(state: &State, profile: &Profile) -> Vec<Milli> {
    let promise = |word: u64| {
        #[allow(clippy::cast_possible_truncation, reason = "rarity lies below ten")]
        let milli = (rarity(state.n_elements(), state.n_with(word)) * PROMISE).round() as Milli;
        milli
    };
    profile.counted().map(promise).collect()
}

/// What weighing two profiles gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Weighed {
    /// The sum of all weights but that of what stands around.
    Sum(Milli),
    /// They have one name, and this facet is known on both sides and different.
    Conflict(&'static str),
    /// They have one name and are of different years: two figures that nobody confuses.
    OtherYear,
}

/// Weighs two fields, the first with its rarities; `None` where nothing speaks for the pair and nobody would take one for the other.
pub(crate) fn weigh(rarities: &Rarities<'_>, a: &Profile, b: &Profile) -> Option<Weighed> {
    let has_same_name = a.whole.digest == b.whole.digest;
    if let Some(facet) = veto(a, b) {
        return has_same_name.then_some(if facet == "offset" { Weighed::OtherYear } else { Weighed::Conflict(facet) });
    }
    let facets = rarities.one(Feature::Prior) + one_valued(rarities, a, b) + residue(rarities, a, b);
    let sum = (0..N_WORD_FACETS).fold(facets, |sum, facet| sum + words(rarities, a, b, facet));
    if sum + rarities.limits.most_text + rarities.limits.most_context < LEAST_MILLI && !has_same_name {
        return None;
    }
    let similarity = if has_same_name { 1.0 } else { a.whole.similarity(&b.whole).max(a.name.similarity(&b.name)) };
    Some(Weighed::Sum(sum + rarities.graded(&TEXT, similarity)))
}

/// Whether both sides say something, and not the same.
fn differ(x: u64, y: u64) -> bool {
    x != y && x != 0 && y != 0
}

/// The first facet that both sides know differently, in the order of the full comparison.
fn veto(a: &Profile, b: &Profile) -> Option<&'static str> {
    let facets = [
        ("unit", differ(a.dimension, b.dimension)),
        ("statistic", differ(a.statistic, b.statistic)),
        ("offset", a.offset != b.offset),
        ("price", differ(a.price, b.price)),
        ("population", are_opposite(a.opposites, b.opposites)),
        ("qualifier", !a.ranges.is_empty() && !b.ranges.is_empty() && !a.ranges.iter().any(|r| b.ranges.contains(r))),
    ];
    facets.into_iter().find(|(_, is_vetoed)| *is_vetoed).map(|(facet, _)| facet)
}

/// Whether one side says one word of a pair of opposites and the other side the other.
pub(crate) fn are_opposite(a: u16, b: u16) -> bool {
    // Of each two bits one says the first word, one the second; what says both or neither excludes nothing.
    let (first_a, second_a, first_b, second_b) = (a & FIRSTS, (a >> 1) & FIRSTS, b & FIRSTS, (b >> 1) & FIRSTS);
    ((first_a & !second_a) & (second_b & !first_b)) | ((second_a & !first_a) & (first_b & !second_b)) != 0
}

/// The first of each two bits.
const FIRSTS: u16 = 0x5555;

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
    let open = rarities.limits.word_open.get(facet).copied().unwrap_or_default();
    let (mut sum, mut n_shared) = (0, 0_usize);
    for (at, word) in words_a.iter().enumerate() {
        if words_b.contains(word) {
            n_shared += 1;
            sum += rarities.shared_at(start + at);
        }
    }
    let n_open = if facet == LEFT_OUT {
        usize::from(words_a.len() > n_shared) + usize::from(words_b.len() > n_shared)
    } else {
        words_a.len() + words_b.len() - 2 * n_shared
    };
    sum + open * i64::try_from(n_open).unwrap_or_default()
}

/// What the full comparison of two fields says, without its reasons, from what weighing them gave: `milli` with what stands around.
pub(crate) fn compared(rarities: &Rarities<'_>, a: &Profile, b: &Profile, milli: Milli) -> Comparison {
    let (mut only_a, mut only_b) = (0, 0);
    let mut is_other_thing = false;
    for facet in 0..N_WORD_FACETS {
        let ((start, words_a), (_, words_b)) = (a.words_of(facet), b.words_of(facet));
        let shared = words_a.iter().enumerate().filter(|(_, word)| words_b.contains(word)).map(|(at, _)| rarities.shared_at(start + at));
        let (n_shared, weighs_against) = shared.fold((0, false), |(n, is_against), weight| (n + 1, is_against || weight < 0));
        let (more_a, more_b) = (words_a.len() - n_shared, words_b.len().saturating_sub(n_shared));
        if facet == LEFT_OUT {
            only_a += usize::from(more_a > 0);
            only_b += usize::from(more_b > 0);
        } else {
            only_a += more_a;
            only_b += more_b;
        }
        if facet == MEASURE {
            is_other_thing |= weighs_against || (more_a + more_b > 0 && rarities.one(Feature::MeasureOpen) < 0);
        }
    }
    if !(a.residue.is_empty() && b.residue.is_empty()) {
        let differs = a.residue.similarity(&b.residue) < 1.0;
        only_a += usize::from(differs && !a.residue.is_empty());
        only_b += usize::from(differs && !b.residue.is_empty());
        is_other_thing |= residue(rarities, a, b) < 0;
    }
    Comparison { milli, reasons: Vec::new(), veto: None, only_a, only_b, is_other_thing }
}

/// What the full comparison says of two fields of one name that know a facet differently.
pub(crate) fn vetoed(facet: &'static str) -> Comparison {
    Comparison { milli: VETO, reasons: Vec::new(), veto: Some(facet), only_a: 0, only_b: 0, is_other_thing: false }
}
