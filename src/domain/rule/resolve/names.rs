//! What a word of a rule names: a row, a cell, a column, a number, a cell of another form.

use rust_decimal::Decimal;

use crate::domain::rule::index::{FormIndex, Row};
use crate::domain::rule::text::{is_code_like, is_numeral, is_subsequence, plain, strip_marker, without_brackets};
use crate::domain::rule::{Fault, Reference, Shift};

/// What a word names.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Named {
    /// A row; its column is still open.
    Row(usize),
    /// A cell of a row.
    Cell(usize, usize),
    /// A column; its row is still open.
    Column(usize),
    /// A number.
    Number(Decimal),
}

/// A word's meaning with the period it is of, and the label that was guessed for it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Meaning {
    pub(super) named: Named,
    pub(super) shift: Shift,
    pub(super) guess: Option<(String, String)>,
}

impl Meaning {
    fn sure(named: Named) -> Self {
        Self { named, shift: Shift::Current, guess: None }
    }

    fn at(mut self, shift: Shift) -> Self {
        self.shift = shift;
        self
    }
}

/// Words for other periods; the longer before what they begin with.
const PERIODS: [(&str, Shift); 22] = [
    ("上年同期末", Shift::LastYear),
    ("上年同期", Shift::LastYear),
    ("上年同月末", Shift::LastYear),
    ("上年同月", Shift::LastYear),
    ("去年同期", Shift::LastYear),
    ("上年年末", Shift::LastYearEnd),
    ("上年末", Shift::LastYearEnd),
    ("去年末", Shift::LastYearEnd),
    ("上年年未", Shift::LastYearEnd),
    ("上学年", Shift::LastYear),
    ("上年", Shift::LastYear),
    ("去年", Shift::LastYear),
    ("上月末", Shift::Previous),
    ("上月", Shift::Previous),
    ("上季末", Shift::Previous),
    ("上季", Shift::Previous),
    ("上期末", Shift::Previous),
    ("上期", Shift::Previous),
    ("本期", Shift::Current),
    ("本月", Shift::Current),
    ("本季", Shift::Current),
    ("本年", Shift::Current),
];

/// Whether a note says a period and nothing else.
pub(super) fn says_period(note: &str) -> bool {
    PERIODS.iter().any(|(word, _)| note == *word || note.strip_suffix('数') == Some(word))
}

/// Endings that add nothing to a name: 农作物播种面积 and 农作物 may name one row of a form on areas.
const ENDINGS: [&str; 22] = [
    "播种面积",
    "总播种面积",
    "总面积",
    "面积",
    "总产量",
    "产量",
    "使用量",
    "施用量",
    "采伐量",
    "总人数",
    "人数",
    "户数",
    "个数",
    "总数",
    "总量",
    "总额",
    "数量",
    "人员",
    "数",
    "量",
    "合计",
    "存",
];

/// Longest word that is looked for, in characters.
const MAX_WORD_CHARS: usize = 60;
/// How much farther than the nearest label another may be to be tried as the row that a rule is about.
const CONTEXT_SLACK: usize = 20;

/// Shape of the search: the form, the row on the left, whether numerals stand for themselves.
pub(super) struct Names<'a> {
    pub(super) index: &'a FormIndex,
    /// The row that the rule is about, where it is known.
    pub(super) context: Option<usize>,
    /// The clause names columns only, so that a numeral is a number.
    pub(super) in_columns: bool,
    /// The first word and what it was taken for.
    pub(super) subject: Option<(Reference, Meaning)>,
}

impl Names<'_> {
    fn row(&self, at: usize) -> Option<&Row> {
        self.index.rows.get(at)
    }

    /// Every meaning that a word may have, the best alone or equally good ones together.
    pub(super) fn meanings(&self, reference: &Reference, is_factor: bool) -> Result<Vec<Meaning>, Fault> {
        if let Some((_, meaning)) = self.subject.as_ref().filter(|(subject, _)| subject == reference) {
            return Ok(vec![meaning.clone()]);
        }
        let word = plain(&reference.word);
        if !self.index.may_look_at(1) || word.chars().nth(MAX_WORD_CHARS).is_some() {
            return Err(Fault::TooLarge);
        }
        let found = self.of_word(&word, is_factor, 0);
        let found: Vec<Meaning> = match self.by_notes(&found, reference) {
            Some(narrowed) => narrowed,
            None => found,
        };
        if found.is_empty() {
            return Err(Fault::Unknown { word: reference.word.clone(), at: reference.at });
        }
        Ok(found)
    }

    /// A note in brackets that is a column or a period of what was found.
    fn by_notes(&self, found: &[Meaning], reference: &Reference) -> Option<Vec<Meaning>> {
        let note = plain(reference.notes.first()?);
        if let Some((_, shift)) = PERIODS.iter().find(|(word, _)| *word == note || note.strip_suffix('数') == Some(word)) {
            return Some(found.iter().cloned().map(|m| if m.shift == Shift::Current { m.at(*shift) } else { m }).collect());
        }
        let narrowed = found.iter().filter_map(|m| match m.named {
            Named::Row(row) => {
                let column = self.column_of_row(row, &note, true)?;
                Some(Meaning { named: Named::Cell(row, column), ..m.clone() })
            }
            _ => None,
        });
        let narrowed: Vec<Meaning> = narrowed.collect();
        (!narrowed.is_empty() && reference.notes.len() == 1).then_some(narrowed)
    }

    fn of_word(&self, word: &str, is_factor: bool, depth: u8) -> Vec<Meaning> {
        let numeral = is_numeral(word).then(|| word.parse::<Decimal>().ok()).flatten();
        // ×100 and ÷10000 are factors even where a row has that number; 10 is as likely a row.
        let is_round = |n: &Decimal| is_factor && *n >= Decimal::ONE_HUNDRED && is_power_of_ten(*n);
        if let Some(number) = numeral.filter(|n| self.in_columns || is_round(n)) {
            return vec![Meaning::sure(Named::Number(number))];
        }
        let exact = self.index.coded(word);
        if !exact.is_empty() {
            return rows(exact);
        }
        if let Some(found) = self.ordinal(word) {
            return found;
        }
        if let Some(number) = numeral {
            let rows_found = self.index.numbered(word);
            if !word.contains('.') && !rows_found.is_empty() {
                return rows(rows_found);
            }
            return if self.stands_for_itself(word, number, is_factor) { vec![Meaning::sure(Named::Number(number))] } else { Vec::new() };
        }
        if let Some(column) = self.context.and_then(|row| self.column_of_row(row, word, true)) {
            return self.context.map(|row| vec![Meaning::sure(Named::Cell(row, column))]).unwrap_or_default();
        }
        let steps: [&dyn Fn() -> Vec<Meaning>; 8] = [
            &|| self.near(self.index.labelled(word), None),
            &|| self.near(self.index.labelled(strip_marker(word)), None),
            &|| self.index.column(word).map(|c| vec![Meaning::sure(Named::Column(c))]).unwrap_or_default(),
            &|| self.code_with_words(word, depth),
            &|| self.label_with_column(word),
            &|| self.with_period(word, is_factor, depth),
            &|| self.context_column(word),
            &|| self.resembling(word),
        ];
        steps.into_iter().map(|step| step()).find(|found| !found.is_empty()).unwrap_or_default()
    }

    /// A numeral that is no code: a bound like 0 or 100, a factor, or a number that no code of this form looks like.
    fn stands_for_itself(&self, word: &str, number: Decimal, is_factor: bool) -> bool {
        if is_factor || number.is_zero() || number == Decimal::ONE_HUNDRED || word.contains('.') {
            return true;
        }
        let looks_like_code = self.index.rows.iter().any(|r| r.code.len() == word.len() && r.code.chars().all(|c| c.is_ascii_digit()));
        !word.starts_with('0') && !looks_like_code
    }

    /// 第3行, 03行, 第2列, 2栏.
    fn ordinal(&self, word: &str) -> Option<Vec<Meaning>> {
        let inner = word.strip_prefix('第').unwrap_or(word);
        let (number, kind) = ["行", "项", "列", "栏"].into_iter().find_map(|k| inner.strip_suffix(k).map(|n| (n, k)))?;
        if !is_code_like(number) {
            return None;
        }
        if matches!(kind, "行" | "项") {
            let coded = self.index.coded(number);
            return Some(rows(if coded.is_empty() { self.index.numbered(number) } else { coded }));
        }
        let n: usize = number.parse().ok()?;
        let named: Vec<usize> =
            (0..self.index.columns.len()).filter(|c| self.index.columns.get(*c).is_some_and(|(name, _)| !name.is_empty())).collect();
        Some(named.get(n.checked_sub(1)?).map(|c| vec![Meaning::sure(Named::Column(*c))]).unwrap_or_default())
    }

    /// 15本年累计, 403小学, 上月21: a code with a column or a period.
    fn code_with_words(&self, word: &str, depth: u8) -> Vec<Meaning> {
        let ends: Vec<usize> = word.char_indices().map(|(i, _)| i).skip(1).collect();
        for end in ends.iter().rev() {
            let (code, rest) = word.split_at(*end);
            if !code.ends_with(|c: char| c.is_ascii_alphanumeric()) || rest.starts_with(|c: char| c.is_ascii_alphanumeric()) {
                continue;
            }
            if let Some(found) = self.row_and_words(code, rest, depth) {
                return found;
            }
        }
        for start in ends {
            let (rest, code) = word.split_at(start);
            let begins = code.starts_with(|c: char| c.is_ascii_alphanumeric()) && !rest.ends_with(|c: char| c.is_ascii_alphanumeric());
            if begins && let Some(found) = self.row_and_words(code, rest, depth) {
                return found;
            }
        }
        Vec::new()
    }

    fn row_and_words(&self, code: &str, rest: &str, depth: u8) -> Option<Vec<Meaning>> {
        let coded = self.index.coded(code);
        let coded = if coded.is_empty() && is_numeral(code) { self.index.numbered(code) } else { coded };
        let rest = rest.trim_matches(['的', '行', '项', '年'].as_slice());
        let rest = if rest.is_empty() { return (!coded.is_empty()).then(|| rows(coded)) } else { rest };
        for row in coded {
            if let Some(found) = self.words_of_row(*row, rest) {
                return Some(vec![found]);
            }
        }
        let _ = depth;
        None
    }

    /// What words say of a row: a column, a period, a period with a column, or the row's own label again.
    fn words_of_row(&self, row: usize, words: &str) -> Option<Meaning> {
        if let Some(column) = self.column_of_row(row, words, false) {
            return Some(Meaning::sure(Named::Cell(row, column)));
        }
        for (period, shift) in PERIODS {
            let Some(rest) = words.strip_prefix(period).or_else(|| words.strip_suffix(period)) else { continue };
            let rest = rest.trim_matches(['数', '末', '的']);
            if rest.is_empty() {
                return Some(Meaning::sure(Named::Row(row)).at(shift));
            }
            if let Some(column) = self.column_of_row(row, rest, false) {
                return Some(Meaning::sure(Named::Cell(row, column)).at(shift));
            }
        }
        let label = &self.row(row)?.label;
        (label.contains(words) || words.contains(label.as_str())).then(|| Meaning::sure(Named::Row(row)))
    }

    /// The column of a row with this heading; where `is_exact` is false, the only one that contains it or is contained.
    fn column_of_row(&self, row: usize, heading: &str, is_exact: bool) -> Option<usize> {
        let columns: Vec<(usize, &str)> =
            self.row(row)?.cells.iter().filter_map(|(c, _)| Some((*c, self.index.columns.get(*c)?.0.as_str()))).collect();
        let named: Vec<(usize, &str)> = columns.into_iter().filter(|(_, name)| !name.is_empty()).collect();
        let same = named.iter().find(|(_, name)| *name == heading || strip_marker(name) == heading);
        let same =
            same.or_else(|| named.iter().find(|(_, name)| without_brackets(name) == heading || name.rsplit('/').next() == Some(heading)));
        if let Some((column, _)) = same {
            return Some(*column);
        }
        if is_exact || heading.is_empty() {
            return None;
        }
        let near: Vec<&(usize, &str)> =
            named.iter().filter(|(_, name)| name.contains(heading) || heading.contains(&*without_brackets(name))).collect();
        // 上年同期 contains 上年 and is another column than 本年; several that fit are none.
        let least = near.iter().map(|(_, name)| name.chars().count().abs_diff(heading.chars().count())).min()?;
        let mut best = near.iter().filter(|(_, name)| name.chars().count().abs_diff(heading.chars().count()) == least);
        let first = best.next()?;
        best.next().is_none().then_some(first.0)
    }

    /// 粮食作物播种面积: a row's label and the heading of one of its columns.
    fn label_with_column(&self, word: &str) -> Vec<Meaning> {
        let mut found: Vec<(usize, Meaning)> = Vec::new();
        if !self.index.may_look_at(self.index.rows.len()) {
            return Vec::new();
        }
        for (at, row) in self.index.rows.iter().enumerate() {
            for name in [&row.label, &row.bare] {
                let Some(rest) = word.strip_prefix(name.as_str()).filter(|r| !r.is_empty()) else { continue };
                if let Some(column) = self.column_of_row(at, rest, false) {
                    found.push((name.len(), Meaning::sure(Named::Cell(at, column))));
                    break;
                }
            }
        }
        let longest = found.iter().map(|(n, _)| *n).max();
        let kept: Vec<Meaning> = found.into_iter().filter(|(n, _)| Some(*n) == longest).map(|(_, m)| m).collect();
        self.nearest(kept)
    }

    fn with_period(&self, word: &str, is_factor: bool, depth: u8) -> Vec<Meaning> {
        if depth > 0 {
            return Vec::new();
        }
        for (period, shift) in PERIODS {
            let Some(rest) = word.strip_prefix(period).or_else(|| word.strip_suffix(period)) else { continue };
            let rest = rest.trim_start_matches(['的', '末']);
            if rest.is_empty() {
                return self.context.map(|row| vec![Meaning::sure(Named::Row(row)).at(shift)]).unwrap_or_default();
            }
            if let Some(column) = self.context.and_then(|row| self.column_of_row(row, rest, false).map(|c| (row, c))) {
                return vec![Meaning::sure(Named::Cell(column.0, column.1)).at(shift)];
            }
            let found = self.of_word(rest, is_factor, depth + 1);
            if !found.is_empty() {
                return found.into_iter().map(|m| m.at(shift)).collect();
            }
        }
        Vec::new()
    }

    fn context_column(&self, word: &str) -> Vec<Meaning> {
        if let Some(row) = self.context {
            return self.column_of_row(row, word, false).map(|c| vec![Meaning::sure(Named::Cell(row, c))]).unwrap_or_default();
        }
        let near = self.index.columns.iter().enumerate().filter(|(_, (name, _))| name.contains(word));
        let near: Vec<usize> = near.map(|(c, _)| c).collect();
        match near.as_slice() {
            [one] => vec![Meaning::sure(Named::Column(*one))],
            _ => Vec::new(),
        }
    }

    /// A label that resembles the word: the same but for an ending, one inside the other, or all but a letter the same.
    fn resembling(&self, word: &str) -> Vec<Meaning> {
        if !self.index.may_look_at(self.index.rows.len()) {
            return Vec::new();
        }
        let word = strip_marker(word);
        let stem = stem_of(word);
        let n_chars = word.chars().count();
        let marker: Vec<usize> =
            self.index.rows.iter().enumerate().filter(|(_, r)| r.marker.as_deref() == Some(word)).map(|(i, _)| i).collect();
        if n_chars <= 2 && marker.len() == 1 {
            return rows(&marker);
        }
        let ranked = self.ranked(word, stem);
        let Some(best) = ranked.iter().map(|(d, _)| *d).min() else { return Vec::new() };
        // The left side may be any of them: what stands on the right tells which.
        let slack = if self.context.is_none() { CONTEXT_SLACK } else { 0 };
        let kept: Vec<usize> = ranked.into_iter().filter(|(d, _)| *d <= best + slack).map(|(_, at)| at).collect();
        self.near(&kept, Some(word))
    }

    /// Rows whose label resembles a word, with how far they are: by place first, then by letters.
    fn ranked(&self, word: &str, stem: &str) -> Vec<(usize, usize)> {
        let mut ranked: Vec<(usize, usize)> = Vec::new();
        for (at, row) in self.index.rows.iter().enumerate() {
            let distance = [&row.label, &row.bare].into_iter().filter_map(|label| resemblance(word, stem, label)).min();
            if let Some(distance) = distance.filter(|_| Some(at) != self.context) {
                ranked.push((self.rank(row) * 1_000 + distance, at));
            }
        }
        ranked
    }

    /// How well a meaning fits the row that the rule is about: smaller is better.
    pub(super) fn cost(&self, meaning: &Meaning) -> usize {
        let place = match meaning.named {
            Named::Row(row) | Named::Cell(row, _) if Some(row) != self.context => self.row(row).map_or(9, |r| self.rank(r)),
            _ => 0,
        };
        place * 10 + meaning.guess.as_ref().map_or(0, |(word, label)| 1 + resemblance(word, stem_of(word), label).unwrap_or(20))
    }

    /// The rows nearest to the context, with the guess noted.
    fn near(&self, found: &[usize], guessed_from: Option<&str>) -> Vec<Meaning> {
        let guess = |row: usize| {
            let label = self.row(row).map(|r| r.label.clone()).unwrap_or_default();
            guessed_from.filter(|word| **word != *label).map(|word| (word.to_owned(), label))
        };
        let all = found.iter().map(|row| Meaning { named: Named::Row(*row), shift: Shift::Current, guess: guess(*row) });
        self.nearest(all.collect())
    }

    fn nearest(&self, found: Vec<Meaning>) -> Vec<Meaning> {
        let rank = |m: &Meaning| match m.named {
            Named::Row(row) | Named::Cell(row, _) => self.row(row).map_or(9, |r| self.rank(r)),
            Named::Column(_) | Named::Number(_) => 0,
        };
        let best = found.iter().map(&rank).min();
        found.into_iter().filter(|m| Some(rank(m)) == best).collect()
    }

    /// How near a row stands to the row that the rule is about: below it, beside it, in its section, elsewhere.
    fn rank(&self, row: &Row) -> usize {
        let Some(context) = self.context.and_then(|at| self.row(at)) else { return 0 };
        let is_below = row.path.len() > context.path.len()
            && row.path.starts_with(&context.path)
            && row.path.get(context.path.len()) == Some(&context.label);
        if is_below {
            0
        } else if row.path == context.path {
            1
        } else if row.path.first() == context.path.first() {
            2
        } else {
            3
        }
    }
}

fn rows(found: &[usize]) -> Vec<Meaning> {
    found.iter().map(|row| Meaning::sure(Named::Row(*row))).collect()
}

fn is_power_of_ten(number: Decimal) -> bool {
    let mut power = Decimal::TEN;
    while power < number {
        power *= Decimal::TEN;
    }
    power == number
}

fn stem_of(word: &str) -> &str {
    ENDINGS.iter().filter_map(|e| word.strip_suffix(e)).filter(|s| !s.is_empty()).min_by_key(|s| s.len()).unwrap_or(word)
}

/// How far a label is from a word; `None` where nobody would take one for the other.
fn resemblance(word: &str, stem: &str, label: &str) -> Option<usize> {
    let label_stem = stem_of(label);
    let (n_word, n_label) = (word.chars().count(), label.chars().count());
    let (n_stem, n_label_stem) = (stem.chars().count(), label_stem.chars().count());
    let difference = n_word.abs_diff(n_label);
    if label_stem == stem {
        return Some(1);
    }
    if n_word >= 2 && (label.starts_with(word) || label.ends_with(word)) {
        return Some(2 + difference);
    }
    if n_label_stem >= 2 && word.starts_with(label_stem) {
        return Some(4 + difference);
    }
    if label.contains(stem) && (n_stem >= 2 || n_label <= 2) || (n_label_stem >= 2 && word.contains(label_stem)) {
        return Some(8 + difference);
    }
    if (n_stem >= 4 && is_subsequence(stem, label)) || (n_label_stem >= 4 && is_subsequence(label_stem, word)) {
        return Some(12 + difference);
    }
    if n_word < 4 || difference > n_word {
        return None;
    }
    let likeness = strsim::normalized_levenshtein(word, label);
    (likeness >= 0.74).then(|| 12 + ((1.0 - likeness) * 40.0) as usize)
}
