//! A meaning in the making: what one phrase says, and how a phrase narrows what stands above it.
//!
//! The rules are those of printed forms: 其中 narrows the total above; a child's label that names no thing of its own speaks of its parent's;
//! a heading that is no row of its own only says what its rows leave open.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::facet::{FacetEvidence, TimeBasis};
use crate::overlap::facets::phrase::{Phrase, Piece};
use crate::overlap::vocabulary::{Role, TermId, Vocabulary};

/// Class number under which ages are kept, so that a narrower age replaces a wider one.
const AGE_CLASS: u32 = u32::MAX;
/// Class number of other ranges and of negated words.
const RANGE_CLASS: u32 = u32::MAX - 1;

/// A meaning in the making.
#[derive(Clone, Debug, Default)]
pub(crate) struct Draft {
    /// Things counted or measured.
    pub measures: BTreeSet<TermId>,
    /// Statistic that the words name.
    pub statistic: Option<String>,
    /// Dimension that a plain statistic word names (人数: person).
    pub named_dimension: Option<String>,
    /// Population with the class of each word.
    pub population: BTreeMap<String, u32>,
    /// Qualifiers with the class of each.
    pub qualifiers: BTreeMap<String, u32>,
    /// Time basis that words say.
    pub time: Option<TimeBasis>,
    /// Time basis that words have where the form does not say.
    pub usual_time: Option<TimeBasis>,
    /// Years of offset.
    pub years: i16,
    /// Price basis.
    pub price: Option<String>,
    /// Clauses of brackets and notes.
    pub clauses: BTreeSet<String>,
    /// Not understood.
    pub residue: BTreeSet<String>,
    /// Not understood, in brackets beside something that was.
    pub gloss_residue: BTreeSet<String>,
    /// 其他.
    pub is_other: bool,
    /// 填表人, 备注 ….
    pub is_meta: bool,
    /// 行政区划代码, 村名 ….
    pub is_identity: bool,
    /// Whether the measure comes from a row of the form, not from a heading.
    pub from_row: bool,
    /// Unit dimension of that row.
    pub dimension: Option<String>,
    /// Whether words of a row of another dimension were taken over.
    pub crossed: bool,
    /// Whether a parent's unknown words were left out.
    pub dropped_context: bool,
    /// Terms of population and qualifiers, for the clauses that they imply.
    pub word_terms: BTreeSet<TermId>,
    /// Steps of the reading.
    pub evidence: Vec<FacetEvidence>,
}

/// Reads what one phrase says by itself.
pub(crate) fn draft_of(vocabulary: &Vocabulary, phrase: &Phrase, source: &str) -> Draft {
    let mut draft = Draft::default();
    for piece in &phrase.pieces {
        draft.add_piece(vocabulary, piece, source);
    }
    let is_named = !draft.measures.is_empty();
    for piece in &phrase.gloss {
        match piece {
            // A gloss on a known thing (烤烟（未去梗烤烟叶）) explains it; on an unknown one it is part of the name.
            Piece::Residue(text) if is_named => {
                draft.gloss_residue.insert(text.clone());
            }
            Piece::Word { term, .. } if is_named && vocabulary.term(*term).role == Role::Measure => {
                let gloss = vocabulary.term(*term).name.clone();
                if !draft.measures.contains(term) {
                    draft.gloss_residue.insert(gloss);
                }
            }
            piece => draft.add_piece(vocabulary, piece, source),
        }
    }
    draft.clauses.extend(phrase.clauses.iter().cloned());
    draft.drop_broader(vocabulary);
    draft
}

impl Draft {
    /// Whether the words name a thing, known or unknown.
    pub(crate) fn is_named(&self) -> bool {
        !self.measures.is_empty() || !self.residue.is_empty()
    }

    fn note(&mut self, facet: &str, value: &str, words: &str, source: &str) {
        self.evidence.push(FacetEvidence { facet: facet.into(), value: value.into(), words: words.into(), source: source.into() });
    }

    fn add_piece(&mut self, vocabulary: &Vocabulary, piece: &Piece, source: &str) {
        match piece {
            Piece::Residue(text) => {
                self.residue.insert(text.clone());
            }
            Piece::Range { value, is_age } => self.add_range(value, *is_age, source),
            Piece::Word { term, is_negated: true, .. } => {
                let value = format!("未{}", vocabulary.term(*term).name);
                self.note("qualifier", &value, &value, source);
                self.qualifiers.insert(value, RANGE_CLASS);
            }
            Piece::Word { term, suffix, .. } => self.add_term(vocabulary, *term, suffix, source),
        }
    }

    /// Adds a range.
    pub(crate) fn add_range(&mut self, value: &str, is_age: bool, source: &str) {
        self.qualifiers.insert(value.to_owned(), if is_age { AGE_CLASS } else { RANGE_CLASS });
        self.note("qualifier", value, value, source);
    }

    /// Whether an age is said.
    pub(crate) fn has_age(&self) -> bool {
        self.qualifiers.values().any(|class| *class == AGE_CLASS)
    }

    /// Adds one term of the vocabulary.
    pub(crate) fn add_term(&mut self, vocabulary: &Vocabulary, id: TermId, suffix: &str, source: &str) {
        let term = vocabulary.term(id);
        let name = format!("{}{suffix}", term.name);
        let facet = match term.role {
            Role::Measure => {
                self.measures.insert(id);
                if self.usual_time.is_none() {
                    self.usual_time = term.time;
                }
                "measure"
            }
            Role::Statistic => {
                self.statistic = Some(name.clone());
                self.usual_time = term.time.or(self.usual_time);
                self.named_dimension = vocabulary.class(term).dimension.clone().or(self.named_dimension.take());
                "statistic"
            }
            Role::PlainStatistic => {
                self.named_dimension = vocabulary.class(term).dimension.clone().or(self.named_dimension.take());
                self.usual_time = self.usual_time.or(term.time);
                return;
            }
            Role::Population => {
                self.population.insert(name.clone(), term.class);
                self.word_terms.insert(id);
                "population"
            }
            Role::Qualifier => {
                self.qualifiers.insert(name.clone(), term.class);
                self.word_terms.insert(id);
                self.usual_time = term.time.or(self.usual_time);
                "qualifier"
            }
            Role::Time => {
                self.time = term.time;
                "time"
            }
            Role::Offset => {
                self.years = term.years;
                self.time = term.time.or(self.time);
                "offset"
            }
            Role::Price => {
                self.price = Some(name.clone());
                "price"
            }
            Role::Other => {
                self.is_other = true;
                return;
            }
            Role::Meta => {
                self.is_meta = true;
                return;
            }
            Role::Identity => {
                self.is_identity = true;
                return;
            }
            Role::Total | Role::Filler => return,
        };
        self.note(facet, &name, &name, source);
    }

    /// Drops measures that another measure beside them is a kind of.
    pub(crate) fn drop_broader(&mut self, vocabulary: &Vocabulary) {
        let all: Vec<TermId> = self.measures.iter().copied().collect();
        self.measures.retain(|broad| !all.iter().any(|narrow| narrow != broad && vocabulary.is_kind_of(*narrow, *broad)));
    }

    /// Takes over population and qualifiers from above; what is said below wins within an exclusive class.
    fn inherit_restrictions(&mut self, vocabulary_exclusive: &dyn Fn(u32) -> bool, above: &Draft, with_qualifiers: bool) {
        let merge = |own: &mut BTreeMap<String, u32>, above: &BTreeMap<String, u32>| {
            let classes: BTreeSet<u32> = own.values().copied().collect();
            for (name, class) in above {
                if !(vocabulary_exclusive(*class) && classes.contains(class)) {
                    own.entry(name.clone()).or_insert(*class);
                }
            }
        };
        merge(&mut self.population, &above.population);
        if with_qualifiers {
            merge(&mut self.qualifiers, &above.qualifiers);
        }
    }
}

/// What `own` means below `above`; `dimension` is the unit dimension of `own`.
pub(crate) fn narrow(vocabulary: &Vocabulary, above: &Draft, own: Draft, dimension: Option<&str>) -> Draft {
    let exclusive = |class: u32| class == AGE_CLASS || (class != RANGE_CLASS && vocabulary.is_exclusive(class));
    let same_dimension = above.dimension.is_some() && above.dimension.as_deref() == dimension;
    let mut out = own;
    let was_named = out.is_named() && !(out.is_other && out.measures.is_empty() && out.residue.is_empty());
    let is_kind = out.measures.iter().any(|own| above.measures.iter().any(|up| vocabulary.is_kind_of(*own, *up)));
    out.inherit_restrictions(&exclusive, above, above.from_row || !was_named);
    out.years = if out.years == 0 { above.years } else { out.years };
    out.time = out.time.or(above.time);
    out.price = out.price.or_else(|| above.price.clone());
    out.is_other |= above.is_other && (above.from_row || !was_named);
    let crosses = above.from_row && was_named && !same_dimension && (!above.qualifiers.is_empty() || !above.residue.is_empty());
    out.crossed = above.crossed || crosses;
    out.dropped_context |= above.dropped_context && !was_named;
    if !was_named || (above.from_row && same_dimension) {
        out.measures.extend(above.measures.iter().copied());
        if !was_named || !is_kind {
            out.residue.extend(above.residue.iter().cloned());
            out.clauses.extend(above.clauses.iter().cloned());
            out.gloss_residue.extend(above.gloss_residue.iter().cloned());
        }
        out.drop_broader(vocabulary);
    } else if out.measures.is_empty() {
        out.dropped_context |= above.is_named();
    }
    if out.statistic.is_none() && (out.named_dimension.is_none() || same_dimension) && (!above.from_row || same_dimension || !was_named) {
        out.statistic = above.statistic.clone();
    }
    out.usual_time = out.usual_time.or(above.usual_time);
    let mut evidence = above.evidence.clone();
    evidence.append(&mut out.evidence);
    out.evidence = evidence;
    out
}

/// What stands under a heading that is no row: the heading speaks only where its rows are silent.
pub(crate) fn under_heading(vocabulary: &Vocabulary, above: &Draft, heading: Draft) -> Draft {
    if above.from_row {
        let mut out = narrow(vocabulary, above, heading, above.dimension.as_deref());
        out.from_row = true;
        out.dimension = above.dimension.clone();
        return out;
    }
    let mut out = narrow(vocabulary, above, heading, None);
    out.from_row = false;
    out.dimension = None;
    out.clauses.clear();
    out
}
