//! Reading a form: from printed labels, headings, columns, units and notes to the meaning of each field.
//!
//! One form at a time, without a view of any other, so that the order in which forms arrive can never matter.

pub(crate) mod apply;
pub(crate) mod draft;
pub(crate) mod key;
pub(crate) mod narrow;
pub(crate) mod note;
pub(crate) mod outline;
pub(crate) mod phrase;
pub(crate) mod range;
#[cfg(test)]
mod tests;
pub(crate) mod text;
pub(crate) mod title;

use std::collections::HashMap;

use crate::domain::element::CataloguedField;
use crate::domain::id::FieldKey;
use crate::domain::measure::Measures;
use crate::domain::template::{Field, FormTemplate};
use crate::overlap::facets::apply::{NotePlace, apply_note, apply_note_of_whole};
use crate::overlap::facets::draft::{Draft, draft_of};
use crate::overlap::facets::key::{FieldFacts, finish, separate};
use crate::overlap::facets::narrow::{narrow, under_heading};
use crate::overlap::facets::note::{NoteReading, read_note};
use crate::overlap::facets::outline::outlined;
use crate::overlap::facets::phrase::{Phrase, read_phrase};
use crate::overlap::facets::title::Title;
use crate::overlap::vocabulary::Vocabulary;

/// Reads what each field of a form means; `keys` are the identities of `template.fields`, in order.
pub fn read_form(vocabulary: &Vocabulary, measures: &Measures, template: &FormTemplate, keys: &[FieldKey]) -> Vec<CataloguedField> {
    let mut named: HashMap<String, bool> = HashMap::new();
    let names_thing = |label: &str| match named.get(label) {
        Some(known) => *known,
        None => {
            let draft = draft_of(vocabulary, &read_phrase(vocabulary, measures, label, template.level), "label");
            let names = !draft.measures.is_empty() || draft.residue.iter().any(|words| words.chars().count() > 2);
            named.insert(label.to_owned(), names);
            names
        }
    };
    let outlined = outlined(template, names_thing);
    let mut reader = FormReader::new(vocabulary, measures, &outlined);
    let mut fields: Vec<CataloguedField> =
        outlined.fields.iter().zip(keys).map(|(field, key)| CataloguedField::new(key.clone(), reader.read_field(field, key))).collect();
    separate(&mut fields);
    fields
}

/// A cell of a row: its field and unit dimension.
type Cell<'a> = (&'a Field, Option<String>);

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
    title: Title,
    /// The last note that is not 同上.
    last_note: &'a str,
}

impl<'a> FormReader<'a> {
    fn new(vocabulary: &'a Vocabulary, measures: &'a Measures, template: &'a FormTemplate) -> Self {
        let title = Title::read(vocabulary, measures, template);
        let (phrases, notes, rows, above) = (HashMap::new(), HashMap::new(), HashMap::new(), HashMap::new());
        let mut reader = Self { vocabulary, measures, template, phrases, notes, rows, above, title, last_note: "" };
        for field in &template.fields {
            let dimension = reader.unit_dimension(field);
            reader.rows.entry((field.path.as_slice(), field.label.as_str())).or_default().push((field, dimension));
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
        let named = texts.filter(|text| !text.is_empty()).find_map(|text| {
            let phrase = self.phrase(text);
            phrase.named_dimension(self.vocabulary)
        });
        let thing = |reader: &mut Self, text: &'a String| reader.phrase(text).dimension_of_thing(reader.vocabulary);
        named
            .or_else(|| Some(&field.column).filter(|column| !column.is_empty()).and_then(|column| thing(self, column)))
            .or_else(|| thing(self, &field.label))
            .or_else(|| field.path.iter().rev().find_map(|heading| thing(self, heading)))
            .or_else(|| self.title.dimension.clone())
            .or_else(|| self.title.is_about_people().then(|| "person".to_owned()))
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
            let same_column = cells.iter().find(|(cell, _)| cell.column == column);
            let same_dimension = || cells.iter().find(|(_, dimension)| dimension.as_deref() == unit);
            same_column.or_else(same_dimension).or_else(|| cells.first()).cloned()
        });
        let draft = match row {
            Some((cell, dimension)) => {
                let mut draft = narrow(self.vocabulary, &above, own, dimension.as_deref());
                let note = self.read_note(&cell.note);
                let place = self.note_place(cell, dimension.as_deref());
                apply_note_of_whole(self.vocabulary, &mut draft, &note, &place);
                self.title.name_the_nameless(self.vocabulary, &mut draft);
                self.title.narrow_to_subject(self.vocabulary, &mut draft);
                draft.from_row = true;
                draft.dimension = dimension;
                draft
            }
            None if phrase.is_breakdown && !above.from_row && !above.measures.is_empty() && !above.lists_topics => {
                // 按纠纷类型分 below 调解案件: the rows are parts of what stands above.
                Draft { from_row: true, dimension: unit.map(str::to_owned), ..above }
            }
            None if phrase.is_breakdown || phrase.text.is_empty() => above,
            // A heading like 造林面积 is a total whose own row the form leaves out.
            None if !own.measures.is_empty() && own.named_dimension.is_some() && !own.lists_topics => {
                let dimension = own.named_dimension.clone();
                let mut draft = narrow(self.vocabulary, &above, own, dimension.as_deref());
                draft.from_row = true;
                draft.dimension = dimension;
                draft
            }
            None => {
                let mut draft = under_heading(self.vocabulary, &above, own);
                self.tell_topics(&mut draft, path);
                draft
            }
        };
        self.above.insert((path, column), draft.clone());
        draft
    }

    /// 妇女参政 above 女党员 and 村两委成员 is a topic: rows that say their sex themselves show that the heading does not say it for all.
    fn tell_topics(&mut self, heading: &mut Draft, path: &'a [String]) {
        let vocabulary = self.vocabulary;
        let said: Vec<(String, u32)> = heading
            .qualifiers
            .iter()
            .filter(|(_, class)| vocabulary.is_firm(**class) && vocabulary.is_exclusive(**class))
            .map(|(name, class)| (name.clone(), *class))
            .collect();
        for (name, class) in said {
            if self.says_itself(path, class) {
                heading.qualifiers.remove(&name);
                heading.word_terms.retain(|id| vocabulary.term(*id).name != name);
                heading.topical.insert(class);
            }
        }
    }

    /// Whether a row below a heading or row says a value of a class in its own words.
    fn says_itself(&mut self, path: &[String], class: u32) -> bool {
        let template = self.template;
        let below = template.fields.iter().filter(|f| f.path.starts_with(path));
        below.into_iter().any(|field| {
            let phrase = self.phrase(&field.label);
            draft_of(self.vocabulary, &phrase, "label").qualifiers.values().any(|own| *own == class)
        })
    }

    /// Below a topic a row that neither says its value nor has rows that say it may be about either.
    fn is_topic_open(&mut self, draft: &Draft, field: &Field) -> bool {
        // 留守妇女 below 妇女基本情况 says its sex by its name.
        let implied = draft.measures.iter().flat_map(|m| self.vocabulary.implied(*m)).filter_map(|value| self.vocabulary.find(value));
        let by_name: Vec<u32> = implied.map(|id| self.vocabulary.term(id).class).collect();
        let is_said = |class: &u32| by_name.contains(class) || draft.qualifiers.values().any(|own| own == class);
        let open: Vec<u32> = draft.topical.iter().copied().filter(|class| !is_said(class)).collect();
        if open.is_empty() {
            return false;
        }
        let mut below = field.path.clone();
        below.push(field.label.clone());
        open.into_iter().any(|class| !self.says_itself(&below, class))
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
        // 成员人数 in the column 村民委员会 are its members, however far the row stands from the column's heading.
        draft.name_members(self.vocabulary);
        let note = self.note(field);
        draft.insure(self.vocabulary);
        let place = self.note_place(field, dimension.as_deref());
        apply_note(self.vocabulary, &mut draft, &note, &place);
        draft.insure(self.vocabulary);
        self.title.apply(self.vocabulary, &mut draft, field, dimension.as_deref());
        draft.crossed |= draft.measures.is_empty() && place.is_of_people && self.follows_a_group(field);
        draft.crossed |= self.is_topic_open(&draft, field);
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
            is_cumulated: self.title.is_cumulated,
        };
        finish(self.vocabulary, draft, &facts)
    }

    /// Whether a row above in the same list counts a group of people or households: 农村 after 党员总数 may be a part of it or of everybody.
    fn follows_a_group(&mut self, field: &'a Field) -> bool {
        let template = self.template;
        let before = template.fields.iter().take_while(|f| f.id != field.id).filter(|f| f.path == field.path && f.unit == field.unit);
        let everybody = ["人口", "户"];
        before.into_iter().any(|above| {
            let phrase = self.phrase(&above.label);
            let draft = draft_of(self.vocabulary, &phrase, "label");
            draft.measures.iter().any(|m| !everybody.contains(&self.vocabulary.term(*m).name.as_str()))
        })
    }

    fn note_place(&self, field: &Field, dimension: Option<&str>) -> NotePlace {
        let is_of_people = matches!(dimension, Some("person" | "household"));
        NotePlace { level: self.template.level, is_row_note: !field.column.is_empty(), is_of_people }
    }

    /// The note of a field; 同上 stands for the note before it.
    fn note(&mut self, field: &'a Field) -> NoteReading {
        if !field.note.trim().starts_with("同上") {
            self.last_note = &field.note;
        }
        self.read_note(self.last_note)
    }

    fn read_note(&mut self, printed: &'a str) -> NoteReading {
        if let Some(known) = self.notes.get(printed) {
            return known.clone();
        }
        let note = read_note(self.vocabulary, self.measures, printed, self.template.level);
        self.notes.insert(printed, note.clone());
        note
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
}
