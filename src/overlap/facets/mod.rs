//! Reading a form: from printed labels, headings, columns, units and notes to the meaning of each field.
//!
//! One form at a time, without a view of any other, so that the order in which forms arrive can never matter.

pub(crate) mod draft;
pub(crate) mod key;
pub(crate) mod note;
pub(crate) mod phrase;
pub(crate) mod range;
#[cfg(test)]
mod tests;
pub(crate) mod text;

use std::collections::HashMap;

use crate::domain::element::CataloguedField;
use crate::domain::id::FieldKey;
use crate::domain::measure::Measures;
use crate::domain::template::{Field, FormTemplate};
use crate::overlap::facets::draft::{Draft, draft_of, narrow, under_heading};
use crate::overlap::facets::key::{FieldFacts, finish, separate};
use crate::overlap::facets::note::{NoteReading, apply_note, read_note};
use crate::overlap::facets::phrase::{Phrase, Piece, read_phrase};
use crate::overlap::vocabulary::{Role, TermId, Vocabulary};

/// Reads what each field of a form means; `keys` are the identities of `template.fields`, in order.
pub fn read_form(vocabulary: &Vocabulary, measures: &Measures, template: &FormTemplate, keys: &[FieldKey]) -> Vec<CataloguedField> {
    let mut reader = FormReader::new(vocabulary, measures, template);
    let mut fields: Vec<CataloguedField> =
        template.fields.iter().zip(keys).map(|(field, key)| CataloguedField::new(key.clone(), reader.read_field(field, key))).collect();
    separate(&mut fields);
    fields
}

/// A cell of a row: its column and unit dimension.
type Cell<'a> = (&'a str, Option<String>);

/// Reads the fields of one form, remembering phrases, rows and notes that repeat.
struct FormReader<'a> {
    vocabulary: &'a Vocabulary,
    measures: &'a Measures,
    template: &'a FormTemplate,
    phrases: HashMap<&'a str, Phrase>,
    notes: HashMap<&'a str, NoteReading>,
    /// Rows of the form: path and label → columns with their unit dimensions.
    rows: HashMap<(&'a [String], &'a str), Vec<Cell<'a>>>,
    above: HashMap<(&'a [String], &'a str), Draft>,
    title_terms: Vec<TermId>,
    title_measures: Vec<TermId>,
    title_population: Option<TermId>,
    /// The people that the title alone is about (退役军人基本情况): its figures on people are figures on them.
    title_people: Option<TermId>,
    /// 农村 or 城镇 in brackets behind the title: the form is filled for that part of the place only.
    title_part: Option<TermId>,
    /// Organisations that the title names as owners (村集体).
    title_owners: Vec<TermId>,
}

fn is_owner(vocabulary: &Vocabulary, id: TermId) -> bool {
    let term = vocabulary.term(id);
    term.role == Role::Population && vocabulary.class(term).is_institutional
}

/// 农村 or 城镇 in a title that is about people (农村劳动力转移情况) rules the form's figures on people.
fn title_population(vocabulary: &Vocabulary, title: &Draft) -> Option<TermId> {
    let is_people = |m: &TermId| vocabulary.class(vocabulary.term(*m)).dimension.as_deref() == Some("person");
    let place = ["农村", "城镇"].iter().filter(|name| title.population.contains_key(**name)).find_map(|name| vocabulary.find(name));
    place.filter(|_| !title.lists_topics && title.measures.iter().any(is_people))
}

/// The one group of people that a title is about.
fn title_people(vocabulary: &Vocabulary, title: &Draft) -> Option<TermId> {
    let everybody = vocabulary.find("人口")?;
    let is_people = |m: &TermId| vocabulary.is_kind_of(*m, everybody);
    let mut people = title.measures.iter().copied().filter(is_people);
    let first = people.next();
    first.filter(|_| people.next().is_none() && !title.lists_topics && title.residue.is_empty())
}

/// The part of the place that brackets behind a title name: 计划生育家庭情况（城镇）.
fn title_part(vocabulary: &Vocabulary, title: &Phrase) -> Option<TermId> {
    let is_place = |id: TermId| ["农村", "城镇"].iter().any(|name| vocabulary.find(name) == Some(id));
    title.gloss.iter().find_map(|piece| match piece {
        Piece::Word { term, is_negated: false, .. } if is_place(*term) => Some(*term),
        _ => None,
    })
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
            title_measures: title_draft.measures.iter().copied().filter(|m| !vocabulary.class(vocabulary.term(*m)).is_unit_kind).collect(),
            title_population: title_population(vocabulary, &title_draft),
            title_part: title_part(vocabulary, &title),
            title_people: title_people(vocabulary, &title_draft),
            title_owners: title_draft.word_terms.iter().copied().filter(|id| is_owner(vocabulary, *id)).collect(),
        };
        for field in &template.fields {
            let dimension = reader.unit_dimension(field);
            reader.rows.entry((field.path.as_slice(), field.label.as_str())).or_default().push((&field.column, dimension));
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

    /// Unit dimension of a field: its own unit, else one printed in brackets in its column, label or headings, else what the nearest of
    /// them names (户数).
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
        if !field.dtype.is_number() {
            return None;
        }
        let texts = std::iter::once(field.column.as_str()).chain([field.label.as_str()]).chain(field.path.iter().rev().map(String::as_str));
        texts.filter(|text| !text.is_empty()).find_map(|text| {
            let phrase = self.phrase(text);
            phrase.named_dimension(self.vocabulary)
        })
    }

    /// What stands above a field, folded from the outermost heading down.
    fn above(&mut self, path: &'a [String], column: &'a str, unit: Option<&str>) -> Draft {
        if let Some(known) = self.above.get(&(path, column)) {
            return known.clone();
        }
        let Some((last, outer)) = path.split_last() else { return Draft::default() };
        let above = self.above(outer, column, unit);
        let phrase = self.phrase(last);
        let own = draft_of(self.vocabulary, &phrase, "path");
        // The row's cell in the same column, else one of the same dimension: a row of a cross table has a unit for each column.
        let row = self.rows.get(&(outer, last.as_str())).and_then(|cells| {
            let same_column = cells.iter().find(|(name, _)| *name == column);
            let same_dimension = || cells.iter().find(|(_, dimension)| dimension.as_deref() == unit);
            same_column.or_else(same_dimension).or_else(|| cells.first()).map(|(_, dimension)| dimension.clone())
        });
        let draft = match row {
            Some(dimension) => {
                let mut draft = narrow(self.vocabulary, &above, own, dimension.as_deref());
                self.apply_title(&mut draft);
                draft.from_row = true;
                draft.dimension = dimension;
                draft
            }
            None if phrase.is_breakdown || phrase.text.is_empty() => above,
            // A heading like 造林面积 is a total whose own row the form leaves out.
            None if !own.measures.is_empty() && own.named_dimension.is_some() => {
                let dimension = own.named_dimension.clone();
                let mut draft = narrow(self.vocabulary, &above, own, dimension.as_deref());
                draft.from_row = true;
                draft.dimension = dimension;
                draft
            }
            None => under_heading(self.vocabulary, &above, own),
        };
        self.above.insert((path, column), draft.clone());
        draft
    }

    fn read_field(&mut self, field: &'a Field, key: &FieldKey) -> crate::domain::facet::Meaning {
        let dimension = self.unit_dimension(field);
        let above = self.above(&field.path, &field.column, dimension.as_deref());
        let label = self.phrase(&field.label);
        let mut own = draft_of(self.vocabulary, &label, "label");
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
        if draft.is_other {
            let siblings = self.siblings(field);
            draft.clauses.extend(siblings);
        }
        let boundary = note.boundary.or_else(|| note::boundary_of(&text::normalise(&field.label)));
        let facts = FieldFacts {
            field,
            key,
            dimension,
            frequency: self.template.frequency,
            is_plan,
            is_unusual: note.is_unusual,
            boundary,
            level: self.template.level,
        };
        finish(self.vocabulary, draft, &facts)
    }

    /// What 其他 leaves: the things that stand beside it, each as a clause 除….
    fn siblings(&mut self, field: &'a Field) -> Vec<String> {
        let template = self.template;
        let beside = template.fields.iter().filter(|f| f.path == field.path && f.column == field.column && f.id != field.id);
        let mut clauses = Vec::new();
        for sibling in beside {
            let phrase = self.phrase(&sibling.label);
            let draft = draft_of(self.vocabulary, &phrase, "label");
            if draft.is_other {
                continue;
            }
            let names = draft.measures.iter().map(|m| self.vocabulary.term(*m).name.as_str());
            let words = names.chain(draft.qualifiers.keys().map(String::as_str)).chain(draft.population.keys().map(String::as_str));
            let name: Vec<&str> = words.chain(draft.residue.iter().map(String::as_str)).collect();
            if !name.is_empty() {
                clauses.push(format!("除{}", name.join("+")));
            }
        }
        clauses
    }

    /// 参保人数 under the title 城乡居民基本养老保险: where no word names a thing, the title does.
    fn apply_title(&self, draft: &mut Draft) {
        if draft.measures.is_empty() && draft.residue.is_empty() && !draft.is_named() {
            for id in &self.title_measures {
                draft.add_term(self.vocabulary, *id, "", "title");
            }
        }
    }

    /// The population that the title or the department says, for fields that do not say it themselves.
    fn apply_scope(&self, draft: &mut Draft, field: &Field, dimension: Option<&str>) {
        let vocabulary = self.vocabulary;
        let is_institutional =
            |d: &Draft| d.measures.iter().any(|m| vocabulary.class(vocabulary.term(*m)).is_institutional) || d.measures.is_empty();
        self.apply_title(draft);
        if draft.measures.iter().any(|m| vocabulary.class(vocabulary.term(*m)).is_finance) && draft.population.is_empty() {
            for owner in &self.title_owners {
                draft.add_term(vocabulary, *owner, "", "title");
            }
        }
        // 人员情况 in the form of an institution is about its own staff.
        let is_about_staff = dimension == Some("person")
            && field.path.iter().any(|h| ["人员情况", "职工", "人员构成", "人员配备"].iter().any(|word| h.contains(word)));
        for id in &self.title_terms {
            let term = vocabulary.term(*id);
            let has_its_class = draft.measures.iter().any(|m| vocabulary.term(*m).class == term.class);
            let rules = term.role != Role::Measure || is_institutional(draft) || is_about_staff;
            if rules && (term.role != Role::Measure || !has_its_class) {
                draft.add_term(vocabulary, *id, "", "title");
            }
        }
        if let Some(part) = self.title_part {
            let class = vocabulary.term(part).class;
            if !draft.population.values().any(|c| *c == class) {
                draft.add_term(vocabulary, part, "", "title");
            }
        }
        if !matches!(dimension, Some("person" | "household" | "person_time" | "money")) {
            return;
        }
        if let Some(place) = self.title_population {
            let class = vocabulary.term(place).class;
            if !draft.population.values().any(|c| *c == class || vocabulary.is_institutional(*c)) {
                draft.add_term(vocabulary, place, "", "title");
            }
        }
        if dimension == Some("money") {
            return;
        }
        if let Some(people) = self.title_people.filter(|_| dimension != Some("household")) {
            let name = &vocabulary.term(people).name;
            let is_kin = |m: &TermId| *m == people || vocabulary.is_kind_of(*m, people) || vocabulary.is_kind_of(people, *m);
            let says_itself = draft.measures.iter().any(|m| is_kin(m) || vocabulary.term(*m).name.contains(name.as_str()));
            if !says_itself && !draft.is_of_everybody(vocabulary) {
                draft.add_term(vocabulary, people, "", "title");
            }
        }
        for scope in vocabulary.departments() {
            let is_asked_by = text::normalise(&self.template.department).contains(&scope.department);
            let says_itself = std::iter::once(&field.label).chain(&field.path).chain([&field.column]).any(|t| t.contains(&scope.unless));
            let is_about_all = draft.is_of_everybody(vocabulary);
            if is_asked_by && !says_itself && !is_about_all {
                draft.add_term(vocabulary, scope.term, "", "department");
            }
        }
    }
}
