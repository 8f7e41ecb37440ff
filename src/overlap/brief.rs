//! Briefs: what bounds the weight of a pair, in two lines of memory for each field.
//!
//! Going through a catalogue is waiting for memory: a profile is several steps away from an element, and most candidates are dropped whatever
//! their texts say. Briefs stand side by side and bound from above what weighing the profiles, the texts and the neighbours can come to, so
//! that only what may reach the best is weighed. Words are halves of their digests: where two that differ look equal, the bound only loosens.

use crate::overlap::profile::{LEFT_OUT, N_WORD_FACETS, Profile, Text};
use crate::overlap::quick::{Milli, Rarities, are_opposite};
use crate::overlap::score::LEAST_MILLI;

/// Words that a brief holds; a field with more is always weighed in full.
const MAX_WORDS: usize = 8;
/// Roundings of texts and of unknown words that a bound must stay above.
const ROUNDING: Milli = 4;

/// What bounds the similarity of a text to others.
#[derive(Clone, Copy, Debug, Default)]
struct Sketch {
    /// Which of 64 bits its pairs of characters fall on.
    bits: u64,
    /// Half its digest; 0 for the empty text.
    half: u32,
    /// Number of its pairs.
    n: u16,
}

/// What bounds the weight of a pair; see the module. What most pairs are dropped by comes first, in the first line of memory.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
pub(crate) struct Brief {
    dimension: u32,
    statistic: u32,
    price: u32,
    /// The only range; 0 where there is none or several.
    range: u32,
    words: [u32; MAX_WORDS],
    offset: i16,
    opposites: u16,
    ends: [u8; N_WORD_FACETS],
    time: u8,
    is_plan: bool,
    is_private: bool,
    /// It holds all words.
    is_whole: bool,
    /// Readings of the total above, the field before and the field after; 0 where there is none.
    around: [u32; 3],
    whole: Sketch,
    name: Sketch,
    residue: Sketch,
}

/// Half a digest, which stays nothing where the digest is.
fn half(digest: u64) -> u32 {
    // The cast keeps the upper half.
    if digest == 0 { 0 } else { ((digest >> 32) as u32).max(1) }
}

impl Sketch {
    fn of(text: &Text) -> Self {
        let bits = text.pairs.iter().fold(0, |bits, pair| bits | 1_u64 << (pair % 64));
        Self { bits, half: half(text.digest), n: u16::try_from(text.pairs.len()).unwrap_or(u16::MAX) }
    }

    /// The most pairs of characters that two texts may share, of how many; `None` where they may be equal.
    fn most_shared(&self, other: &Self) -> Option<(u32, u32)> {
        if self.half == other.half || self.n == u16::MAX || other.n == u16::MAX {
            return None;
        }
        // Each bit that only one side has is at least one pair that the other lacks.
        let left = |x: &Self, y: &Self| u32::from(x.n).saturating_sub((x.bits & !y.bits).count_ones());
        Some((left(self, other).min(left(other, self)), u32::from(self.n) + u32::from(other.n)))
    }
}

impl Brief {
    /// Takes what bounds weights from a profile and from the readings around the field: of the total above, of the field before, of the one after.
    pub(crate) fn new(profile: &Profile, around: [Option<u64>; 3]) -> Self {
        let mut words = [0; MAX_WORDS];
        for (place, word) in words.iter_mut().zip(&profile.words) {
            *place = half(*word);
        }
        Self {
            words,
            ends: profile.ends.map(|end| u8::try_from(end.min(MAX_WORDS)).unwrap_or_default()),
            dimension: half(profile.dimension),
            statistic: half(profile.statistic),
            price: half(profile.price),
            range: if let [range] = *profile.ranges { half(range) } else { 0 },
            residue: Sketch::of(&profile.residue),
            whole: Sketch::of(&profile.whole),
            name: Sketch::of(&profile.name),
            around: around.map(|reading| reading.map_or(0, half)),
            offset: profile.offset,
            opposites: profile.opposites,
            time: profile.time.map_or(0, |time| time as u8 + 1),
            is_plan: profile.is_plan,
            is_private: profile.is_private,
            is_whole: profile.words.len() <= MAX_WORDS,
        }
    }

    fn words_of(&self, facet: usize) -> (usize, &[u32]) {
        let start = facet.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or_default();
        let end = self.ends.get(facet).copied().unwrap_or_default();
        (usize::from(start), self.words.get(usize::from(start)..usize::from(end)).unwrap_or_default())
    }

    /// Whether two fields may have one name.
    pub(crate) fn has_name_of(&self, other: &Self) -> bool {
        self.whole.half == other.whole.half
    }

    /// Whether a facet is known on both sides and different, as far as halves of digests tell.
    fn is_vetoed(&self, other: &Self) -> bool {
        let differ = |x: u32, y: u32| x != y && x != 0 && y != 0;
        if differ(self.dimension, other.dimension) || differ(self.statistic, other.statistic) || self.offset != other.offset {
            return true;
        }
        if differ(self.price, other.price) || differ(self.range, other.range) {
            return true;
        }
        are_opposite(self.opposites, other.opposites)
    }

    /// How many of the fields around two fields may have one reading.
    fn n_around(&self, other: &Self) -> usize {
        self.around.iter().zip(&other.around).filter(|(x, y)| x == y && **x != 0).count()
    }
}

/// The most that weighing two fields can come to, what stands around them included, the first with its rarities; `None` where the pair is
/// dropped whatever else is said.
pub(crate) fn most(rarities: &Rarities<'_>, a: &Brief, b: &Brief) -> Option<Milli> {
    if a.is_private || b.is_private || a.is_vetoed(b) {
        return None;
    }
    if !a.is_whole || !b.is_whole {
        return Some(Milli::MAX);
    }
    let limits = &rarities.limits;
    let known = |x: u32, y: u32, same: Milli, open: Milli| match (x, y) {
        (0, 0) => 0,
        (x, y) if x == y => same,
        _ => open,
    };
    let mut sum = limits.prior + ROUNDING;
    sum += known(a.dimension, b.dimension, limits.unit_same, limits.unit_open);
    sum += known(a.statistic, b.statistic, limits.statistic_same, limits.statistic_open);
    if a.time != 0 && b.time != 0 {
        sum += if a.time == b.time { limits.time_same } else { limits.time_differs };
    }
    if a.is_plan != b.is_plan {
        sum += limits.plan_differs;
    }
    for (facet, open) in limits.word_open.iter().enumerate() {
        let ((start, words_a), (_, words_b)) = (a.words_of(facet), b.words_of(facet));
        let mut n_shared = 0;
        for (at, word) in words_a.iter().enumerate() {
            if words_b.contains(word) {
                n_shared += 1;
                // Two words that only look equal would weigh as two open ones.
                sum += rarities.shared_at(start + at).max(2 * open).max(0);
            }
        }
        let n_shared = n_shared.min(words_b.len());
        let n_open = if facet == LEFT_OUT {
            usize::from(words_a.len() > n_shared) + usize::from(words_b.len() > n_shared)
        } else {
            words_a.len() + words_b.len() - 2 * n_shared
        };
        sum += open * i64::try_from(n_open).unwrap_or_default();
    }
    sum += match (a.residue.half, b.residue.half) {
        (0, 0) => 0,
        (0, _) | (_, 0) => limits.residue_open,
        _ => between(&limits.residue, a.residue.most_shared(&b.residue)),
    };
    let has_same_name = a.has_name_of(b);
    // `weigh` gives a pair up before it reads the texts, on what they may add at most.
    if sum + limits.most_text + limits.most_context < LEAST_MILLI && !has_same_name {
        return None;
    }
    let text = if has_same_name {
        limits.most_text_level()
    } else {
        between(&limits.text, a.whole.most_shared(&b.whole)).max(between(&limits.text, a.name.most_shared(&b.name)))
    };
    let context = match a.n_around(b) {
        _ if limits.is_joined => limits.most_context,
        0 => 0,
        _ => limits.most_context,
    };
    Some(sum + text + context)
}

/// The most that texts weigh that share so many pairs of characters at most, over levels that never fall.
fn between(levels: &[Milli], shared: Option<(u32, u32)>) -> Milli {
    let last = levels.last().copied().unwrap_or_default();
    let Some((n_shared, n_both)) = shared else { return last };
    let n_steps = levels.len().saturating_sub(1);
    if n_both == 0 {
        return levels.first().copied().unwrap_or_default();
    }
    // Twice the shared ones of both, in steps: a whole step and the rest of the way to the next.
    let place = 2 * n_shared as usize * n_steps;
    let (below, rest) = (place / n_both as usize, place % n_both as usize);
    match (levels.get(below), levels.get(below + 1)) {
        (Some(low), Some(high)) => low + ((high - low) * rest as i64 + i64::from(n_both) - 1) / i64::from(n_both),
        _ => last,
    }
}
