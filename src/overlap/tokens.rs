//! Tokens (索引词) of a meaning: what the inverted index knows of it.
//!
//! Single words of the facets and of the residue, pairs of words, and pairs of characters of the residue. Pairs find what single words,
//! being too frequent, no longer do. Equal meanings have equal tokens: nothing but the meaning goes in.

use std::collections::BTreeSet;

use crate::domain::facet::Meaning;

/// A token as the index keeps it: the first 64 bits of its digest.
pub(crate) type Token = u64;

fn digest(kind: char, text: &str) -> Token {
    // FNV-1a: stable over versions, and fast on the short words that come here.
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    let mut buffer = [0_u8; 4];
    for byte in kind.encode_utf8(&mut buffer).bytes().chain(text.bytes()) {
        hash ^= u64::from(byte);
        hash = hash.wrapping_mul(0x0000_0100_0000_01b3);
    }
    hash
}

/// The token of a single word.
pub(crate) fn word_token(word: &str) -> Token {
    digest('w', word)
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

/// Tokens of a meaning. None for what is about the form or the unit itself: nobody is asked about those.
pub(crate) fn tokens(meaning: &Meaning) -> Vec<Token> {
    if meaning.key.starts_with('!') {
        return Vec::new();
    }
    let words = words(meaning);
    let mut tokens: BTreeSet<Token> = BTreeSet::new();
    for word in &words {
        tokens.insert(digest('w', word));
    }
    let list: Vec<&&str> = words.iter().take(8).collect();
    for (at, one) in list.iter().enumerate() {
        for other in list.iter().skip(at + 1) {
            tokens.insert(digest('p', &format!("{one}+{other}")));
        }
    }
    let statistic = meaning.facets.statistic.as_deref().unwrap_or_default();
    for measure in meaning.facets.measure.iter().flat_map(|m| m.split('+')) {
        tokens.insert(digest('s', &format!("{measure}+{statistic}")));
    }
    for residue in &meaning.residue {
        tokens.extend(bigrams(residue).map(|b| digest('b', &b)));
    }
    tokens.into_iter().collect()
}

/// Pairs of neighbouring characters.
pub(crate) fn bigrams(text: &str) -> impl Iterator<Item = String> + '_ {
    text.chars().zip(text.chars().skip(1)).map(|(a, b)| [a, b].iter().collect())
}
