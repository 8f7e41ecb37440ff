//! What a form offers to its printed rules: rows with their codes, labels and headings, and the columns of each.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::domain::rule::MAX_STEPS;
use crate::domain::rule::lexer::Words;
use crate::domain::rule::text::{marker_of, plain, strip_marker, without_brackets, without_circle};
use crate::domain::template::{Field, FormTemplate};

/// A row of a form: one label under one path, with a cell for each column.
#[derive(Clone, Debug)]
pub(super) struct Row {
    /// Code as printed, normalised; may be empty.
    pub(super) code: String,
    /// Label, normalised.
    pub(super) printed: String,
    /// The same without its list marker.
    pub(super) label: String,
    /// Without brackets too.
    pub(super) bare: String,
    /// List marker of the label (一, 1).
    pub(super) marker: Option<String>,
    /// Headings above, normalised, without markers.
    pub(super) path: Vec<String>,
    /// Column and position of the field, in the form's order.
    pub(super) cells: Vec<(usize, usize)>,
}

/// Rows and columns of a form, by the words that name them.
#[derive(Clone, Debug, Default)]
pub struct FormIndex {
    pub(super) rows: Vec<Row>,
    /// Column headings, normalised, with how they are printed. The first is often empty: fields without a column.
    pub(super) columns: Vec<(String, String)>,
    by_code: HashMap<String, Vec<usize>>,
    by_number: HashMap<String, Vec<usize>>,
    by_label: HashMap<String, Vec<usize>>,
    words: Words,
    /// Rows looked at so far.
    n_steps: Cell<u64>,
}

/// A row's identity in its form: code, label and path as printed.
type RowKey<'a> = (&'a str, &'a str, &'a [String]);

impl FormIndex {
    /// Reads the rows and columns of a form.
    pub fn new(template: &FormTemplate) -> Self {
        let mut index = Self::default();
        let mut seen: HashMap<RowKey<'_>, usize> = HashMap::new();
        let mut column_of: BTreeMap<String, usize> = BTreeMap::new();
        for (at, field) in template.fields.iter().enumerate() {
            let column = plain(&field.column);
            let n_columns = index.columns.len();
            let column = *column_of.entry(column.clone()).or_insert_with(|| {
                index.columns.push((column, field.column.clone()));
                n_columns
            });
            let row = *seen.entry((&field.code, &field.label, &field.path)).or_insert_with(|| {
                index.rows.push(row_of(field));
                index.rows.len() - 1
            });
            if let Some(row) = index.rows.get_mut(row) {
                row.cells.push((column, at));
            }
        }
        index.name_rows();
        index
    }

    fn name_rows(&mut self) {
        let mut words: BTreeSet<String> = BTreeSet::new();
        for (at, row) in self.rows.iter().enumerate() {
            if !row.code.is_empty() {
                self.by_code.entry(row.code.clone()).or_default().push(at);
                self.by_number.entry(without_zeros(&row.code)).or_default().push(at);
                words.insert(row.code.clone());
            }
            for name in BTreeSet::from([&row.label, &row.bare, &row.printed]) {
                self.by_label.entry(name.clone()).or_default().push(at);
                words.insert(name.clone());
            }
        }
        words.extend(self.columns.iter().map(|(column, _)| column.clone()));
        words.remove("");
        // Operators and marks that stand alone in a form's cells are no names.
        words.retain(|w| w.chars().any(char::is_alphanumeric));
        self.words = Words::new(words);
    }

    /// Counts rows that are looked at; false once there were too many, so that a hostile form cannot keep a server busy.
    pub(super) fn may_look_at(&self, n_rows: usize) -> bool {
        let n_steps = self.n_steps.get().saturating_add(n_rows as u64);
        self.n_steps.set(n_steps);
        n_steps <= MAX_STEPS
    }

    pub(super) fn words(&self) -> &Words {
        &self.words
    }

    /// Whether a word names a row or a column, letter by letter.
    pub(super) fn knows(&self, word: &str) -> bool {
        let word = plain(word);
        self.by_code.contains_key(&word) || self.by_label.contains_key(&word) || self.columns.iter().any(|(c, _)| *c == word)
    }

    /// Rows with this code.
    pub(super) fn coded(&self, code: &str) -> &[usize] {
        self.by_code.get(code).map_or(&[], Vec::as_slice)
    }

    /// Rows with this code, leading zeros aside.
    pub(super) fn numbered(&self, code: &str) -> &[usize] {
        self.by_number.get(&without_zeros(code)).map_or(&[], Vec::as_slice)
    }

    /// Rows with this label.
    pub(super) fn labelled(&self, label: &str) -> &[usize] {
        self.by_label.get(label).map_or(&[], Vec::as_slice)
    }

    /// The column with this heading.
    pub(super) fn column(&self, heading: &str) -> Option<usize> {
        self.columns.iter().position(|(column, _)| column == heading && !heading.is_empty())
    }
}

fn row_of(field: &Field) -> Row {
    let printed = plain(without_circle(&field.label));
    let label = strip_marker(&printed).to_owned();
    let bare = without_brackets(&label);
    let path = field
        .path
        .iter()
        .map(|h| plain(without_circle(h)))
        .map(|h| strip_marker(&h).to_owned())
        .filter(|h| !matches!(h.as_str(), "其中:" | "其中" | ""));
    Row {
        code: plain(&field.code).trim_matches(['(', ')']).to_owned(),
        bare: if bare.is_empty() { label.clone() } else { bare },
        label,
        marker: marker_of(&printed).map(str::to_owned),
        printed,
        path: path.collect(),
        cells: Vec::new(),
    }
}

fn without_zeros(code: &str) -> String {
    let cut = code.trim_start_matches('0');
    if cut.is_empty() || cut.starts_with('.') { code.to_owned() } else { cut.to_owned() }
}
