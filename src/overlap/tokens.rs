//! Tokens (索引词) of a field: under what the inverted index keeps its element, and under what it is looked up.
//!
//! Elements are kept under every one, two and three of their words together, within their class of unit of measure. Looking up goes from
//! the short to the long: a word that few elements have is looked up alone; words that many have are looked up by twos, and where even those
//! are many, by threes. So lists stay short however large the catalogue grows, and while it is small nothing is lost: whatever shares a word
//! is met. After prefix filtering (AllPairs, PPJoin), with the prefix grown where it is not selective.
//! Equal meanings have equal tokens: nothing but the meaning goes in, beside the printed names.

use std::collections::BTreeSet;

use crate::domain::facet::Meaning;
use crate::overlap::catalogue::State;
use crate::overlap::element::ElementEntry;
use crate::overlap::persistent::spread;
use crate::overlap::placed::Placed;
use crate::overlap::profile::{Profile, Text};
use crate::overlap::quick::{Milli, promises};

/// A token as the index keeps it.
pub(crate) type Token = u64;

/// A list that is looked up as it is; longer ones are narrowed by another word.
const SHORT: usize = 256;
/// Postings read for one element.
const MAX_READ: usize = 1_024;
/// Features of a field that tokens are made of.
const MAX_FEATURES: usize = 8;
/// Character pairs of unknown words that tokens are made of.
const MAX_PAIRS: usize = 16;
/// Characters of a printed name that tokens are made of.
const MAX_CHARACTERS: usize = 32;
/// What sharing a printed name, all unknown words, or two characters of them promises, beside the rarity of words.
const NAME_PROMISE: Milli = 4_000;
const RESIDUE_PROMISE: Milli = 3_000;
const PAIR_PROMISE: Milli = 1_000;
/// What sharing a run of characters promises, for each of them.
const CHARACTER_PROMISE: Milli = 100;

/// The token of a single word: FNV-1a, stable over versions, and fast on the short words that come here.
pub(crate) fn word_token(word: &str) -> Token {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for byte in "w".bytes().chain(word.bytes()) {
        hash ^= u64::from(byte);
        hash = hash.wrapping_mul(0x0000_0100_0000_01b3);
    }
    hash
}

/// The words of a meaning that tell it from others, each once, sorted.
pub(crate) fn words(meaning: &Meaning) -> BTreeSet<&str> {
    let facets = &meaning.facets;
    let mut words: BTreeSet<&str> = BTreeSet::new();
    words.extend(facets.measure.iter().flat_map(|m| m.split('+')));
    words.extend(facets.population.iter().map(String::as_str));
    words.extend(facets.qualifiers.iter().map(String::as_str));
    words.extend(meaning.residue.iter().map(String::as_str));
    words
}

/// The class that an element is kept in: its unit's dimension, else its statistic. Fields known to differ in either are never one figure.
pub(crate) fn class_of(profile: &Profile) -> u64 {
    match (profile.dimension, profile.statistic) {
        (0, 0) => 0,
        (0, statistic) => spread(statistic ^ 0x57a7),
        (dimension, _) => dimension,
    }
}

fn combined(class: u64, features: &[u64]) -> Token {
    let sum = features.iter().fold(features.len() as u64, |sum, f| sum.wrapping_add(spread(*f)));
    spread(class ^ spread(sum))
}

/// Hands over the tokens that an element is kept under for a printed name (`whole`, with the heading above): every two, three and four
/// neighbouring characters within its class; and the name itself without it, since one name for two figures is a conflict that must be met.
pub(crate) fn each_name_token(profile: &Profile, whole: &str, mut take: impl FnMut(Token)) {
    if profile.is_private {
        return;
    }
    name_tokens(profile).for_each(&mut take);
    for n in GRAMS {
        grams(whole, n).into_iter().for_each(|gram| take(gram_token(class_of(profile), gram)));
    }
}

/// Lengths of the runs of characters that names are kept under.
const GRAMS: [usize; 3] = [2, 3, 4];

fn name_tokens(profile: &Profile) -> impl Iterator<Item = Token> {
    let token = |text: &Text, kind: u64| (!text.is_empty()).then(|| spread(text.digest ^ kind));
    [token(&profile.whole, 0x1a3e), token(&profile.name, 0x2b4d)].into_iter().flatten()
}

fn gram_token(class: u64, gram: u64) -> Token {
    spread(class ^ spread(gram ^ 0x6e47))
}

fn gram_of(run: &[char]) -> u64 {
    run.iter().fold(run.len() as u64, |sum, c| spread(sum.wrapping_mul(31).wrapping_add(u64::from(u32::from(*c)))))
}

/// Digests of the runs of `n` characters of a text, each once, by where they begin first.
fn grams(text: &str, n: usize) -> Vec<u64> {
    let characters: Vec<char> = text.chars().take(MAX_CHARACTERS).collect();
    let mut seen: Vec<u64> = Vec::with_capacity(characters.len());
    for run in characters.windows(n) {
        let gram = gram_of(run);
        if !seen.contains(&gram) {
            seen.push(gram);
        }
    }
    seen
}

/// Words of a profile as tokens are made of them: its unknown words count as one.
fn features(profile: &Profile) -> Vec<u64> {
    let residue = (!profile.residue.is_empty()).then_some(profile.residue.digest);
    residue.into_iter().chain(profile.words.iter().copied()).take(MAX_FEATURES).collect()
}

fn residue_pairs(profile: &Profile) -> impl Iterator<Item = u64> {
    profile.residue.pairs.iter().take(MAX_PAIRS).map(|pair| u64::from(*pair))
}

/// Hands over the tokens that an element is kept under, beside those of its names. None for what is about the form or the unit itself.
pub(crate) fn each_token(profile: &Profile, mut take: impl FnMut(Token)) {
    if profile.is_private {
        return;
    }
    let (class, features) = (class_of(profile), features(profile));
    for (i, one) in features.iter().enumerate() {
        take(combined(class, &[*one]));
        for (j, two) in features.iter().enumerate().skip(i + 1) {
            take(combined(class, &[*one, *two]));
            features.iter().skip(j + 1).for_each(|three| take(combined(class, &[*one, *two, *three])));
        }
    }
    for pair in residue_pairs(profile) {
        take(combined(class, &[pair]));
        features.iter().for_each(|feature| take(combined(class, &[pair, *feature])));
    }
    take(combined(class ^ WHOLE, &features));
    each_without_one(&features, |near| take(combined(class ^ NEAR, near)));
}

/// Marks tokens of all words of an element.
const WHOLE: u64 = 0x3c5f;
/// Marks tokens of all words of an element but one.
const NEAR: u64 = 0x4d61;

/// The features but one, for each of them.
fn each_without_one(features: &[u64], mut take: impl FnMut(&[u64])) {
    for at in 0..features.len() {
        let mut near = features.to_vec();
        near.remove(at);
        take(&near);
    }
}

/// The classes that may hold what is compared with a profile.
fn classes_beside(state: &State, profile: &Profile) -> Vec<u64> {
    let own = class_of(profile);
    if profile.dimension == 0 {
        // Where the form says no unit, any may be meant.
        return state.classes.keys().copied().collect();
    }
    let by_statistic = spread(profile.statistic ^ 0x57a7);
    let mut classes = vec![own];
    classes.extend([0, by_statistic].into_iter().filter(|c| state.classes.contains_key(c)));
    classes
}

/// Lists chosen to be read for an element, each with what sharing its words adds to a pair, and its length.
struct Choice<'a> {
    state: &'a State,
    classes: Vec<u64>,
    chosen: Vec<(Milli, Token, usize)>,
}

impl Choice<'_> {
    /// Takes the lists of these features where they are short together; says whether they were.
    fn take_short(&mut self, features: &[u64], promise: Milli) -> bool {
        self.take_short_of(0, features, promise)
    }

    /// As [`Self::take_short`], of lists of a kind.
    fn take_short_of(&mut self, kind: u64, features: &[u64], promise: Milli) -> bool {
        self.take_list(|class| combined(class ^ kind, features), promise)
    }

    /// Takes the lists of a token of each class where they are short together; says whether they were.
    fn take_list(&mut self, token: impl Fn(u64) -> Token, promise: Milli) -> bool {
        let (n_before, mut n_postings) = (self.chosen.len(), 0);
        for class in &self.classes {
            let token = token(*class);
            let n = self.state.tokens.n(token);
            n_postings += n;
            if n > 0 {
                self.chosen.push((promise, token, n));
            }
        }
        let is_short = n_postings <= SHORT;
        if !is_short {
            self.chosen.truncate(n_before);
        }
        is_short
    }
}

impl Choice<'_> {
    /// Takes those that have the same words, one more, one less or one other: where every word is frequent, these are the likeliest, and
    /// where one side has no word at all, nothing else lets them meet.
    fn take_nearest(&mut self, features: &[(u64, Milli)]) {
        let all: Vec<u64> = features.iter().map(|(f, _)| *f).collect();
        let promise: Milli = features.iter().map(|(_, p)| p).sum();
        for kind in [WHOLE, NEAR] {
            self.take_short_of(kind, &all, promise);
            each_without_one(&all, |near| {
                self.take_short_of(kind, near, promise - 1_000);
            });
        }
    }
}

/// The tokens that an element is looked up by: what promises most first, as many as [`MAX_READ`] postings allow.
pub(crate) fn looked_up(state: &State, element: &ElementEntry) -> Vec<Token> {
    let mut chosen: Vec<(Milli, Token, usize)> = Vec::new();
    let readings = state.readings_of(element);
    for profile in readings.iter().filter_map(|placed| placed.profile()) {
        if profile.is_private {
            return Vec::new();
        }
        chosen.extend(chosen_for(state, profile));
    }
    if let Some(placed) = element.standing_for() {
        chosen.extend(placed.profile().into_iter().flat_map(name_tokens).map(|token| (NAME_PROMISE, token, state.tokens.n(token))));
        // Runs of characters promise least: where all words are understood and let enough meet, they are not even looked for.
        let is_understood = readings.iter().filter_map(Placed::profile).all(|p| p.residue.is_empty());
        let enough = if is_understood { SHORT } else { MAX_READ };
        if chosen.iter().map(|(_, _, n)| n).sum::<usize>() < enough {
            chosen.extend(chosen_by_runs(state, placed));
        }
    }
    chosen.retain(|(_, _, n)| (2..=SHORT).contains(n));
    chosen.sort_unstable_by(|x, y| y.0.cmp(&x.0).then_with(|| x.1.cmp(&y.1)));
    chosen.dedup_by_key(|(_, token, _)| *token);
    let mut left = MAX_READ;
    let affordable = chosen.into_iter().take_while(|(_, _, n)| {
        let is_affordable = left > 0;
        left = left.saturating_sub(*n);
        is_affordable
    });
    affordable.map(|(_, token, _)| token).collect()
}

/// Lists of runs of characters of a printed name that are short enough to be read.
fn chosen_by_runs(state: &State, placed: &Placed) -> Vec<(Milli, Token, usize)> {
    let Some(profile) = placed.profile() else { return Vec::new() };
    let mut choice = Choice { state, classes: classes_beside(state, profile), chosen: Vec::new() };
    let whole = placed.entry.text_of(placed.at);
    // Where two neighbours are frequent, they are looked up with a third and a fourth beside them.
    let characters: Vec<char> = whole.chars().take(MAX_CHARACTERS).collect();
    let mut is_long: Vec<bool> = vec![true; characters.len() + 1];
    for n in GRAMS {
        let promise = CHARACTER_PROMISE * i64::try_from(n).unwrap_or_default();
        let mut still_long = vec![false; is_long.len()];
        for (at, run) in characters.windows(n).enumerate() {
            let wanted = is_long.get(at).copied().unwrap_or_default() || is_long.get(at + 1).copied().unwrap_or_default();
            if !wanted && n > 2 {
                continue;
            }
            let gram = gram_of(run);
            if let Some(long) = still_long.get_mut(at) {
                *long = !choice.take_list(|class| gram_token(class, gram), promise);
            }
        }
        is_long = still_long;
    }
    choice.chosen
}

/// Lists that are short enough to be read for a reading.
fn chosen_for(state: &State, profile: &Profile) -> Vec<(Milli, Token, usize)> {
    let promises = promises(state, profile);
    let mut choice = Choice { state, classes: classes_beside(state, profile), chosen: Vec::new() };
    let features: Vec<(u64, Milli)> = {
        let n_residue = usize::from(!profile.residue.is_empty());
        let promise = |at: usize| at.checked_sub(n_residue).map_or(RESIDUE_PROMISE, |at| promises.get(at).copied().unwrap_or_default());
        features(profile).into_iter().enumerate().map(|(at, f)| (f, promise(at))).collect()
    };
    let long: Vec<(u64, Milli)> = features.iter().copied().filter(|(f, promise)| !choice.take_short(&[*f], *promise)).collect();
    let mut is_long = BTreeSet::new();
    for (i, one) in long.iter().enumerate() {
        for (j, two) in long.iter().enumerate().skip(i + 1) {
            if !choice.take_short(&[one.0, two.0], one.1 + two.1) {
                is_long.insert((i, j));
            }
        }
    }
    for (i, j) in &is_long {
        for k in (j + 1..long.len()).filter(|k| is_long.contains(&(*i, *k)) && is_long.contains(&(*j, *k))) {
            if let (Some(one), Some(two), Some(three)) = (long.get(*i), long.get(*j), long.get(k)) {
                choice.take_short(&[one.0, two.0, three.0], one.1 + two.1 + three.1);
            }
        }
    }
    if !long.is_empty() || features.is_empty() {
        choice.take_nearest(&features);
    }
    for pair in residue_pairs(profile) {
        if !choice.take_short(&[pair], PAIR_PROMISE) {
            features.iter().for_each(|(feature, promise)| {
                choice.take_short(&[pair, *feature], *promise);
            });
        }
    }
    choice.chosen
}
