//! Reading a form: from printed labels, headings, columns, units and notes to the meaning of each field.
//!
//! One form at a time, without a view of any other, so that the order in which forms arrive can never matter.

pub(crate) mod draft;
pub(crate) mod key;
pub(crate) mod note;
pub(crate) mod phrase;
pub(crate) mod range;
pub(crate) mod text;

use std::collections::HashMap;

use crate::domain::element::CataloguedField;
use crate::domain::id::FieldKey;
use crate::domain::measure::Measures;
use crate::domain::template::{Field, FormTemplate};
use crate::overlap::facets::draft::{Draft, draft_of, narrow, under_heading};
use crate::overlap::facets::key::{FieldFacts, finish, separate};
use crate::overlap::facets::note::{NoteReading, apply_note, read_note};
use crate::overlap::facets::phrase::{Phrase, read_phrase};
use crate::overlap::vocabulary::{Role, TermId, Vocabulary};

/// Reads what each field of a form means; `keys` are the identities of `template.fields`, in order.
pub fn read_form(vocabulary: &Vocabulary, measures: &Measures, template: &FormTemplate, keys: &[FieldKey]) -> Vec<CataloguedField> {
    let mut reader = FormReader::new(vocabulary, measures, template);
    let mut fields: Vec<CataloguedField> = template
        .fields
        .iter()
        .zip(keys)
        .map(|(field, key)| CataloguedField { key: key.clone(), meaning: reader.read_field(field, key) })
        .collect();
    separate(&mut fields);
    fields
}

/// Reads the fields of one form, remembering phrases, rows and notes that repeat.
struct FormReader<'a> {
    vocabulary: &'a Vocabulary,
    measures: &'a Measures,
    template: &'a FormTemplate,
    phrases: HashMap<&'a str, Phrase>,
    notes: HashMap<&'a str, NoteReading>,
    /// Rows of the form: path and label → unit dimension of the first field of the row.
    rows: HashMap<(&'a [String], &'a str), Option<String>>,
    above: HashMap<&'a [String], Draft>,
    title_terms: Vec<TermId>,
}

impl<'a> FormReader<'a> {
    fn new(vocabulary: &'a Vocabulary, measures: &'a Measures, template: &'a FormTemplate) -> Self {
        let title = read_phrase(vocabulary, measures, &template.title, template.level);
        let title_draft = draft_of(vocabulary, &title, "title");
        let is_scope = |id: &TermId| vocabulary.class(vocabulary.term(*id)).from_title;
        let title_terms: Vec<TermId> = title_draft.measures.iter().chain(&title_draft.word_terms).copied().filter(is_scope).collect();
        let mut reader = Self {
            vocabulary,
            measures,
            template,
            phrases: HashMap::new(),
            notes: HashMap::new(),
            rows: HashMap::new(),
            above: HashMap::new(),
            title_terms,
        };
        for field in &template.fields {
            let dimension = reader.unit_dimension(field);
            reader.rows.entry((field.path.as_slice(), field.label.as_str())).or_insert(dimension);
        }
        reader
    }

    fn phrase(&mut self, printed: &'a str) -> Phrase {
        if let Some(known) = self.phrases.get(printed) {
            return known.clone();
        }
        let phrase = read_phrase(self.vocabulary, self.measures, printed, self.template.level);
        self.phrases.insert(printed, phrase.clone());
        phrase
    }

    /// Unit dimension of a field: its own unit, else one printed in brackets in its column, label or headings.
    fn unit_dimension(&mut self, field: &'a Field) -> Option<String> {
        if let Some(unit) = self.measures.find(&field.unit) {
            return Some(unit.dimension.clone());
        }
        let texts = std::iter::once(field.column.as_str()).chain([field.label.as_str()]).chain(field.path.iter().rev().map(String::as_str));
        for text in texts {
            if text.is_empty() {
                continue;
            }
            let unit = self.phrase(text).unit;
            if let Some(unit) = unit.and_then(|u| self.measures.find(&u)) {
                return Some(unit.dimension.clone());
            }
        }
        None
    }

    /// What stands above a field, folded from the outermost heading down.
    fn above(&mut self, path: &'a [String]) -> Draft {
        if let Some(known) = self.above.get(path) {
            return known.clone();
        }
        let Some((last, outer)) = path.split_last() else { return Draft::default() };
        let above = self.above(outer);
        let phrase = self.phrase(last);
        let own = draft_of(self.vocabulary, &phrase, "path");
        let row = self.rows.get(&(outer, last.as_str())).cloned();
        let draft = match row {
            Some(dimension) => {
                let mut draft = narrow(self.vocabulary, &above, own, dimension.as_deref());
                draft.from_row = true;
                draft.dimension = dimension;
                draft
            }
            None if phrase.is_breakdown || phrase.text.is_empty() => above,
            None => under_heading(self.vocabulary, &above, own),
        };
        self.above.insert(path, draft.clone());
        draft
    }

    fn read_field(&mut self, field: &'a Field, key: &FieldKey) -> crate::domain::facet::Meaning {
        let dimension = self.unit_dimension(field);
        let above = self.above(&field.path);
        let label = self.phrase(&field.label);
        let mut own = draft_of(self.vocabulary, &label, "label");
        let is_total = label.has_role(self.vocabulary, Role::Total);
        let mut is_plan = false;
        for part in field.column.split('/').filter(|p| !p.trim().is_empty()) {
            let phrase = self.phrase(part);
            is_plan |= phrase.text.contains("计划数") || phrase.text.contains("目标");
            let mut column = draft_of(self.vocabulary, &phrase, "column");
            own.from_row = true;
            own.dimension.clone_from(&dimension);
            if column.is_other && !own.is_other {
                column.is_other = true;
            }
            own = narrow(self.vocabulary, &own, column, dimension.as_deref());
        }
        own.from_row = false;
        let mut draft = narrow(self.vocabulary, &above, own, dimension.as_deref());
        let note = match self.notes.get(field.note.as_str()) {
            Some(note) => note.clone(),
            None => {
                let note = read_note(self.vocabulary, self.measures, &field.note, self.template.level);
                self.notes.insert(&field.note, note.clone());
                note
            }
        };
        apply_note(self.vocabulary, &mut draft, &note, !field.column.is_empty());
        self.apply_scope(&mut draft, field, dimension.as_deref());
        let facts = FieldFacts { field, key, dimension, frequency: self.template.frequency, is_total, is_plan, is_unusual: note.is_unusual };
        finish(self.vocabulary, draft, &facts)
    }

    /// The population that the title or the department says, for fields that do not say it themselves.
    fn apply_scope(&self, draft: &mut Draft, field: &Field, dimension: Option<&str>) {
        let vocabulary = self.vocabulary;
        let is_institutional =
            |d: &Draft| d.measures.iter().any(|m| vocabulary.class(vocabulary.term(*m)).is_institutional) || d.measures.is_empty();
        for id in &self.title_terms {
            let term = vocabulary.term(*id);
            let has_its_class = draft.measures.iter().any(|m| vocabulary.term(*m).class == term.class);
            if term.role != Role::Measure {
                draft.add_term(vocabulary, *id, "", "title");
            } else if is_institutional(draft) && !has_its_class {
                draft.add_term(vocabulary, *id, "", "title");
            }
        }
        if !matches!(dimension, Some("person" | "household" | "person_time")) {
            return;
        }
        for scope in vocabulary.departments() {
            let is_asked_by = text::normalise(&self.template.department).contains(&scope.department);
            let says_itself = std::iter::once(&field.label).chain(&field.path).chain([&field.column]).any(|t| t.contains(&scope.unless));
            let is_about_all = draft.measures.iter().any(|m| vocabulary.is_kind_of(scope.term, *m));
            if is_asked_by && !says_itself && !is_about_all {
                draft.add_term(vocabulary, scope.term, "", "department");
            }
        }
    }
}
