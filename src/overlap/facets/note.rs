//! Notes (口径): what a definition adds to or takes from a figure, clause by clause.
//!
//! A note that spells out the definition of a standard term (指…) does not change the term. A short remark does: 含… and 不含… are part of
//! the meaning unless the term's own definition implies them; 口径 that differs, estimates and provisional figures make a field uncertain.

use crate::domain::facet::TimeBasis;
use crate::domain::measure::Measures;
use crate::domain::unit::Level;
use crate::overlap::facets::draft::Draft;
use crate::overlap::facets::phrase::{Piece, is_clause, read_phrase};
use crate::overlap::facets::text::normalise;
use crate::overlap::vocabulary::{Role, TermId, Vocabulary};

/// Longest note, in characters, that is read as a remark; a longer one is a definition.
const LONGEST_REMARK: usize = 70;

/// Words of a remark that say the figure is not the usual one.
const UNUSUAL: [&str; 14] =
    ["口径不同", "口径有", "口径略", "非统计口径", "估算", "推算", "预计", "估计", "不同于", "有差异", "不一致", "未经审核", "仅指", "特指"];

/// What a note says.
#[derive(Clone, Debug, Default)]
pub(crate) struct NoteReading {
    /// Terms of population and time that the note gives.
    pub terms: Vec<TermId>,
    /// Age or other ranges.
    pub ranges: Vec<(String, bool)>,
    /// 含 / 不含 clauses, normalised: sign and words in order.
    pub clauses: Vec<String>,
    /// Whether the note says that the figure is not the usual one.
    pub is_unusual: bool,
}

/// Reads a note.
pub(crate) fn read_note(vocabulary: &Vocabulary, measures: &Measures, note: &str, level: Level) -> NoteReading {
    let mut reading = NoteReading::default();
    let text = normalise(note);
    if text.is_empty() || is_definition(&text) {
        return reading;
    }
    reading.is_unusual = UNUSUAL.iter().any(|w| text.contains(w)) && !text.contains("无常住人口数");
    for clause in text.split([',', '。', ';', '；', '、', '!', '/']).filter(|c| !c.is_empty()) {
        if is_clause(clause) {
            reading.clauses.push(canonical_clause(vocabulary, measures, clause, level));
            continue;
        }
        let phrase = read_phrase(vocabulary, measures, clause, level);
        for piece in phrase.pieces {
            match piece {
                Piece::Word { term, is_negated: false, .. } => {
                    let entry = vocabulary.term(term);
                    if vocabulary.class(entry).from_note || matches!(entry.role, Role::Time | Role::Offset) {
                        reading.terms.push(term);
                    }
                }
                Piece::Range { value, is_age } if is_age => reading.ranges.push((value, is_age)),
                _ => {}
            }
        }
    }
    reading
}

fn is_definition(text: &str) -> bool {
    text.starts_with('指') || text.starts_with("是指") || text.chars().count() > LONGEST_REMARK
}

/// Sign and sorted words of a clause, so that 含预备党员 and 包括预备党员 are one.
fn canonical_clause(vocabulary: &Vocabulary, measures: &Measures, clause: &str, level: Level) -> String {
    let excludes = ["不含", "不包括", "不包含", "剔除", "扣除", "不计", "除", "未含"];
    let includes = ["内含", "包括", "包含", "含"];
    let (sign, rest) = excludes
        .iter()
        .find_map(|w| clause.strip_prefix(w).map(|r| ("不含", r)))
        .or_else(|| includes.iter().find_map(|w| clause.strip_prefix(w).map(|r| ("含", r))))
        .unwrap_or(("含", clause));
    let phrase = read_phrase(vocabulary, measures, rest, level);
    let mut words: Vec<String> = phrase
        .pieces
        .iter()
        .filter_map(|p| match p {
            Piece::Word { term, .. } if matches!(vocabulary.term(*term).role, Role::Filler | Role::PlainStatistic | Role::Total) => None,
            Piece::Word { term, suffix, is_negated } => {
                Some(format!("{}{}{suffix}", if *is_negated { "未" } else { "" }, vocabulary.term(*term).name))
            }
            Piece::Range { value, .. } => Some(value.clone()),
            Piece::Residue(text) => Some(text.clone()),
        })
        .collect();
    words.sort();
    format!("{sign}{}", words.join("+"))
}

/// Puts what the note says into the meaning, where the field's own words do not say it.
pub(crate) fn apply_note(vocabulary: &Vocabulary, draft: &mut Draft, note: &NoteReading, is_row_note: bool) {
    for term in &note.terms {
        let entry = vocabulary.term(*term);
        match entry.role {
            Role::Time if draft.time.is_none() => draft.add_term(vocabulary, *term, "", "note"),
            Role::Offset if draft.years == 0 && !is_row_note => {
                draft.years = entry.years;
                draft.time = draft.time.or(entry.time).or(Some(TimeBasis::Stock));
            }
            Role::Population if !draft.population.values().any(|class| *class == entry.class) => {
                draft.add_term(vocabulary, *term, "", "note");
            }
            _ => {}
        }
    }
    let implied: Vec<&String> = draft.measures.iter().chain(&draft.word_terms).flat_map(|m| vocabulary.implied(*m)).collect();
    if !draft.has_age() {
        for (value, is_age) in &note.ranges {
            if !implied.iter().any(|i| i.as_str() == value) {
                draft.add_range(value, *is_age, "note");
            }
        }
    }
    for clause in &note.clauses {
        draft.clauses.insert(clause.clone());
    }
    let dropped: Vec<String> = draft.clauses.iter().filter(|c| implied.iter().any(|i| i == c)).cloned().collect();
    for clause in dropped {
        draft.clauses.remove(&clause);
    }
}
