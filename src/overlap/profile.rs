//! Profiles: what comparing needs of a field, as numbers, made once when its form is catalogued.
//!
//! A pair is weighed hundreds of millions of times where a whole catalogue is gone through, so words are digests, what excludes each other is
//! bits, and texts are the sorted pairs of their characters. Nothing but the field's meaning and its printed names goes in.

use crate::domain::element::CataloguedField;
use crate::domain::facet::{Meaning, TimeBasis};
use crate::domain::template::Field;
use crate::overlap::facets::text::{normalise, strip_markers};
use crate::overlap::hierarchy::{is_period, is_whole};
use crate::overlap::persistent::spread;
use crate::overlap::tokens::word_token;

/// Words that exclude each other.
pub(crate) const OPPOSITES: [(&str, &str); 6] =
    [("户籍", "常住"), ("农村", "城镇"), ("农业户口", "非农业户口"), ("户籍", "外来人口"), ("集中供养", "分散供养"), ("男", "女")];

/// Number of facets that hold words, in the order in which a profile has them: measure, population, qualifier, clause, and the clauses that
/// tell what is left out (除…).
pub(crate) const N_WORD_FACETS: usize = 5;
/// Place of the clauses that tell what is left out: what one side's list has more weighs once.
pub(crate) const LEFT_OUT: usize = 4;

/// What comparing needs of a field; see the module.
#[derive(Debug)]
pub(crate) struct Profile {
    /// Keys of the words, facet by facet.
    pub words: Box<[u64]>,
    /// Where each facet's words end.
    pub ends: [usize; N_WORD_FACETS],
    /// Unknown words, joined.
    pub residue: Text,
    /// Ages and other ranges among the qualifiers.
    pub ranges: Box<[u64]>,
    /// Digest of the statistic; 0 where none is said, as with the next two.
    pub statistic: u64,
    /// Digest of the dimension.
    pub dimension: u64,
    /// Digest of the price basis.
    pub price: u64,
    /// Which words of [`OPPOSITES`] it says: two bits for each pair.
    pub opposites: u16,
    /// Time basis.
    pub time: Option<TimeBasis>,
    /// Years from the form's period.
    pub offset: i16,
    /// It is a plan or target.
    pub is_plan: bool,
    /// It is about the form or the unit itself: nobody is asked about it.
    pub is_private: bool,
    /// Digest of the reading.
    pub reading: u64,
    /// Digest of the printed label by itself, where the column only names a period or the whole; 0 elsewhere.
    pub label: u64,
    /// The printed label and column.
    pub name: Text,
    /// The same with the heading directly above.
    pub whole: Text,
}

/// A text as comparing sees it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Text {
    /// Its digest; 0 for the empty text.
    pub digest: u64,
    /// Pairs of neighbouring characters, each once, sorted.
    pub pairs: Box<[u32]>,
}

impl Text {
    fn new(text: &str) -> Self {
        let pair = |(a, b): (char, char)| u32::try_from(spread(u64::from(u32::from(a)) << 32 | u64::from(u32::from(b))) >> 32);
        let mut pairs: Vec<u32> = text.chars().zip(text.chars().skip(1)).filter_map(|p| pair(p).ok()).collect();
        pairs.sort_unstable();
        pairs.dedup();
        Self { digest: digest(Some(text).filter(|t| !t.is_empty())), pairs: pairs.into() }
    }

    /// Whether the text is empty.
    pub(crate) fn is_empty(&self) -> bool {
        self.digest == 0
    }

    /// Dice coefficient of the character pairs of two texts.
    pub(crate) fn similarity(&self, other: &Self) -> f64 {
        if self.digest == other.digest {
            return 1.0;
        }
        let n_both = self.pairs.len() + other.pairs.len();
        if self.pairs.is_empty() || other.pairs.is_empty() {
            return 0.0;
        }
        let (mut a, mut b) = (self.pairs.iter().peekable(), other.pairs.iter().peekable());
        let mut n_shared = 0_usize;
        while let (Some(x), Some(y)) = (a.peek(), b.peek()) {
            let order = x.cmp(y);
            n_shared += usize::from(order.is_eq());
            if order.is_le() {
                a.next();
            }
            if order.is_ge() {
                b.next();
            }
        }
        2.0 * n_shared as f64 / n_both as f64
    }
}

/// Digest of something that may not be said.
pub(crate) fn digest(said: Option<&str>) -> u64 {
    said.map_or(0, |text| spread(word_token(text)).max(1))
}

/// The key of a word of a facet: a word says another thing as a measure than as a qualifier.
fn key_of(facet: usize, word: &str) -> u64 {
    word_token(word) ^ salt(facet)
}

fn salt(facet: usize) -> u64 {
    spread(0x5a17 + facet as u64)
}

impl Profile {
    /// Makes the profile of a field as printed from its normalised names: label and column, and the same with what stands above.
    pub(crate) fn new(field: &CataloguedField, printed: &Field, name: &str, whole: &str) -> Self {
        let meaning = &field.meaning;
        let facets = &meaning.facets;
        let mut words: Vec<u64> = Vec::new();
        let mut ends = [0; N_WORD_FACETS];
        for (facet, end) in ends.iter_mut().enumerate() {
            words.extend(words_of(meaning, facet).map(|word| key_of(facet, word)));
            *end = words.len();
        }
        let is_range = |q: &&String| q.starts_with(|c: char| c.is_ascii_digit() || c == '<' || c == '>');
        Self {
            words: words.into(),
            ends,
            residue: Text::new(&meaning.residue.concat()),
            ranges: facets.qualifiers.iter().filter(is_range).map(|q| word_token(q)).collect(),
            statistic: digest(facets.statistic.as_deref()),
            dimension: digest(facets.dimension.as_deref()),
            price: digest(facets.price_basis.as_deref()),
            opposites: opposites_of(meaning),
            time: facets.time_basis,
            offset: meaning.offset_years,
            is_plan: facets.qualifiers.contains("计划"),
            is_private: meaning.key.starts_with('!'),
            reading: word_token(&meaning.key),
            label: label_of(printed, name),
            name: Text::new(name),
            whole: Text::new(whole),
        }
    }

    /// The words of a facet, and where they begin among all.
    pub(crate) fn words_of(&self, facet: usize) -> (usize, &[u64]) {
        let start = facet.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or_default();
        let end = self.ends.get(facet).copied().unwrap_or_default();
        (start, self.words.get(start..end).unwrap_or_default())
    }

    /// For each word the token under which the catalogue counts it.
    pub(crate) fn counted(&self) -> impl Iterator<Item = u64> {
        (0..N_WORD_FACETS).flat_map(|facet| self.words_of(facet).1.iter().map(move |key| key ^ salt(facet)))
    }
}

/// The words of a facet, in the order of a profile.
pub(crate) fn words_of(meaning: &Meaning, facet: usize) -> Box<dyn Iterator<Item = &str> + '_> {
    let facets = &meaning.facets;
    match facet {
        0 => Box::new(facets.measure.iter().flat_map(|m| m.split('+'))),
        1 => Box::new(facets.population.iter().map(String::as_str)),
        2 => Box::new(facets.qualifiers.iter().map(String::as_str)),
        3 => Box::new(facets.clauses.iter().map(String::as_str).filter(|c| !c.starts_with('除'))),
        _ => Box::new(facets.clauses.iter().map(String::as_str).filter(|c| c.starts_with('除'))),
    }
}

fn label_of(printed: &Field, name: &str) -> u64 {
    if printed.column.is_empty() {
        return digest(Some(name).filter(|n| !n.is_empty()));
    }
    if !is_whole(&printed.column) && !is_period(&printed.column) {
        return 0;
    }
    let label = normalise(strip_markers(&printed.label).0);
    digest(Some(label.as_str()).filter(|n| !n.is_empty()))
}

fn opposites_of(meaning: &Meaning) -> u16 {
    let has = |word: &str| meaning.facets.population.contains(word) || meaning.facets.qualifiers.contains(word);
    let bits = OPPOSITES.iter().enumerate().map(|(at, (x, y))| (u16::from(has(x)) | u16::from(has(y)) << 1) << (2 * at));
    bits.sum()
}
