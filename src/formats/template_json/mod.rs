//! The JSON form of a template: what departments' files hold and what `baoyici read` prints.
//!
//! Files are as untidy as their forms, so the reader takes what can be understood, names everything that cannot, and keeps every label as
//! printed. Keys are those of the proto messages; `table_no` stands for `number`.

mod field;
mod options;
#[cfg(test)]
mod tests;
mod unit_line;
mod write;

use std::collections::BTreeMap;

use crate::domain::calendar::read_due_rule;
use crate::domain::id::{FormId, OrganisationId};
use crate::domain::measure::Measures;
use crate::domain::period::Frequency;
use crate::domain::problem::{Code, Place, Problem};
use crate::domain::rule::check_rules;
use crate::domain::template::{Field, FormTemplate, MAX_FIELDS, MAX_RULES};
use crate::domain::unit::Level;
use crate::formats::json::{self, Node, Object};

pub use write::{write_template, write_template_line};

/// What a file does not have to say.
#[derive(Clone, Debug)]
pub struct TemplateDefaults {
    /// The organisation that registers; the file's own `organisation` goes before it.
    pub organisation: OrganisationId,
    /// The year that the form is drawn for, where it names none.
    pub year: i16,
}

/// A template that could be read, with everything that was found on the way.
#[derive(Clone, Debug)]
pub struct ReadTemplate {
    /// The template. It is whole only where no problem is an error: a field without a usable id is left out and named in `problems`.
    pub template: FormTemplate,
    /// Warnings and errors, those of [`FormTemplate::check`] among them.
    pub problems: Vec<Problem>,
}

impl ReadTemplate {
    /// Whether nothing stands against taking the template.
    pub fn is_acceptable(&self) -> bool {
        !self.problems.iter().any(Problem::is_error)
    }
}

/// Keys that annotate a file or a field and mean nothing to this system; they are passed over in silence.
const ANNOTATIONS: [&str; 11] = [
    "source",
    "licence",
    "layout",
    "inferred",
    "reporter",
    "data_source",
    "data_source_note",
    "note",
    "filled_by",
    "frequency_note",
    "units_inferred",
];
/// Most different unknown keys that are named one by one.
const MAX_KEYS_NAMED: usize = 50;

/// Reads a template. Without an error the answer is whole; [`ReadTemplate::problems`] may hold errors, all of them at once. The error side
/// is taken where there is no template to speak of: the file is no JSON object, or its form id, level or frequency cannot be understood.
pub fn read_template(bytes: &[u8], defaults: &TemplateDefaults, measures: &Measures) -> Result<ReadTemplate, Vec<Problem>> {
    let text = super::text_of(bytes).map_err(|p| vec![p])?;
    let Node::Object(object) = json::read(text).map_err(|p| vec![p])? else {
        return Err(vec![Problem::new(Code::JsonMalformed).arg("detail", "expected an object with the keys of a template")]);
    };
    let mut reader = Reader { form: String::new(), problems: Vec::new(), unknown_keys: BTreeMap::new(), is_whole: true };
    let template = reader.template(object, defaults, measures);
    reader.name_unknown_keys();
    reader.problems.extend(template.check());
    reader.problems.extend(template.check_units(measures));
    reader.problems.extend(check_rules(&template, measures));
    if reader.is_whole { Ok(ReadTemplate { template, problems: reader.problems }) } else { Err(reader.problems) }
}

/// The state of reading one file.
struct Reader {
    /// Form id for places.
    form: String,
    problems: Vec<Problem>,
    /// Unknown keys with the number of times that each was met.
    unknown_keys: BTreeMap<String, usize>,
    /// Whether form id, level and frequency are there.
    is_whole: bool,
}

impl Reader {
    fn template(&mut self, mut object: Object, defaults: &TemplateDefaults, measures: &Measures) -> FormTemplate {
        let id_text = self.text(object.take("form_id"), "form_id");
        self.form = id_text.chars().take(100).collect();
        let id = FormId::parse(&id_text);
        let id = self.keep(id, "form_id").unwrap_or_else(|| FormId::from_stored("?"));
        let organisation = match self.text(object.take("organisation"), "organisation") {
            text if text.is_empty() => defaults.organisation.clone(),
            text => {
                let parsed = OrganisationId::parse(&text);
                self.or_error(parsed, "organisation").unwrap_or_else(|| defaults.organisation.clone())
            }
        };
        let number = self.text(object.take("number"), "number");
        let table_no = self.text(object.take("table_no"), "table_no");
        let level_text = self.text(object.take("level"), "level");
        let level = self.keep(Level::parse(&level_text), "level").unwrap_or(Level::Village);
        let frequency_text = self.text(object.take("frequency"), "frequency");
        let frequency = self.keep(Frequency::parse(&frequency_text), "frequency").unwrap_or(Frequency::Other);
        let unit_lines = [object.take("unit_line"), object.take("unit_note"), object.take("footnotes")];
        let mut template = FormTemplate {
            id,
            organisation,
            title: self.text(object.take("title"), "title"),
            department: self.text(object.take("department"), "department"),
            authority: self.text(object.take("authority"), "authority"),
            number: if number.is_empty() { table_no } else { number },
            approval: self.text(object.take("approval"), "approval"),
            valid_until: self.text(object.take("valid_until"), "valid_until"),
            level,
            frequency,
            year: self.year(object.take("year"), defaults.year),
            due_days_after: self.due_days(object.take("due_days_after")),
            fields: self.fields(object.take("fields")),
            rules: self.texts(object.take("rules"), "rules", MAX_RULES, &self.place("rules")),
        };
        self.leftovers(&object, &self.place("header"));
        if let Some(unit) = unit_lines.iter().find_map(|node| unit_line::unit_of(node, measures)) {
            unit_line::apply(&unit, measures, &mut template.fields);
        }
        template
    }

    /// The place of a part of the header.
    fn place(&self, part: &str) -> Place {
        Place::part(part).in_form(&self.form)
    }

    /// Takes a value without which there is no template.
    fn keep<T>(&mut self, parsed: Result<T, Problem>, part: &str) -> Option<T> {
        self.is_whole &= parsed.is_ok();
        self.or_error(parsed, part)
    }

    fn or_error<T>(&mut self, parsed: Result<T, Problem>, part: &str) -> Option<T> {
        parsed.map_err(|p| self.problems.push(p.at(self.place(part)))).ok()
    }

    fn text(&mut self, node: Node, part: &str) -> String {
        let place = self.place(part);
        self.text_at(node, part, &place)
    }

    /// A text; a number counts as its text and `null` as nothing.
    fn text_at(&mut self, node: Node, key: &str, place: &Place) -> String {
        match node {
            Node::Null => String::new(),
            Node::Text(text) | Node::Number(text) => text,
            Node::Bool(_) | Node::List(_) | Node::Object(_) => {
                self.problems.push(wrong_shape(key, "a text").at(place.clone()));
                String::new()
            }
        }
    }

    /// A list of texts; one text counts as a list of one.
    fn texts(&mut self, node: Node, key: &str, limit: usize, place: &Place) -> Vec<String> {
        let list = match node {
            Node::Null => return Vec::new(),
            Node::Text(text) | Node::Number(text) if text.trim().is_empty() => return Vec::new(),
            Node::Text(text) | Node::Number(text) => return vec![text],
            Node::List(list) => list,
            Node::Bool(_) | Node::Object(_) => {
                self.problems.push(wrong_shape(key, "a list of texts").at(place.clone()));
                return Vec::new();
            }
        };
        if list.n_total > limit {
            self.problems.push(too_long(key, limit, list.n_total).at(place.clone()));
        }
        list.items.into_iter().take(limit).map(|item| self.text_at(item, key, place)).collect()
    }

    /// The year as number or text, with or without 年; nothing means the default.
    fn year(&mut self, node: Node, default: i16) -> i16 {
        let text = self.text(node, "year");
        let plain = text.trim().trim_end_matches('年').trim_end();
        if plain.is_empty() {
            return default;
        }
        plain.parse().unwrap_or_else(|_| {
            self.problems.push(Problem::new(Code::YearOutOfRange).arg("year", plain).at(self.place("year")));
            default
        })
    }

    fn due_days(&mut self, node: Node) -> Option<u16> {
        let text = self.text(node, "due_days_after");
        if text.trim().is_empty() {
            return None;
        }
        let days: Option<u16> = text.trim().parse().ok().or_else(|| read_due_rule(&text)).filter(|days| *days <= 366);
        if days.is_none() {
            let problem = Problem::new(Code::RequestValueUnknown).arg("value", &text).arg("what", "due_days_after");
            self.problems.push(problem.at(self.place("due_days_after")));
        }
        days
    }

    fn fields(&mut self, node: Node) -> Vec<Field> {
        let list = match node {
            Node::Null => return Vec::new(),
            Node::List(list) => list,
            Node::Bool(_) | Node::Number(_) | Node::Text(_) | Node::Object(_) => {
                self.problems.push(wrong_shape("fields", "a list of objects").at(self.place("fields")));
                return Vec::new();
            }
        };
        if list.n_total > MAX_FIELDS {
            self.problems.push(too_long("fields", MAX_FIELDS, list.n_total).at(self.place("fields")));
        }
        let numbered = list.items.into_iter().take(MAX_FIELDS).enumerate();
        numbered.filter_map(|(n, item)| self.field(item, n + 1)).collect()
    }

    /// Notes duplicate keys as errors and what was not taken as unknown.
    fn leftovers(&mut self, object: &Object, place: &Place) {
        for key in object.duplicates() {
            let problem = Problem::new(Code::JsonMalformed).arg("detail", format!("the key {key:?} stands twice"));
            self.problems.push(problem.at(place.clone()));
        }
        for key in object.keys_left().filter(|k| !ANNOTATIONS.contains(k)) {
            *self.unknown_keys.entry(key.to_owned()).or_default() += 1;
        }
    }

    /// One warning for each unknown key, however often it stands.
    fn name_unknown_keys(&mut self) {
        let form = self.form.clone();
        let warn = |key: &str| Problem::warning(Code::KeyUnknown).arg("key", key).at(Place::default().in_form(&form));
        self.problems.extend(self.unknown_keys.keys().take(MAX_KEYS_NAMED).map(|key| warn(key)));
        if let Some(n_more) = self.unknown_keys.len().checked_sub(MAX_KEYS_NAMED).filter(|n| *n > 0) {
            self.problems.push(warn(&format!("… (+{n_more})")));
        }
    }
}

fn wrong_shape(key: &str, expected: &str) -> Problem {
    Problem::new(Code::JsonMalformed).arg("detail", format!("{key}: expected {expected}"))
}

fn too_long(what: &str, limit: usize, n: usize) -> Problem {
    Problem::new(Code::ListTooLong).arg("what", what).arg("limit", limit).arg("n", n)
}
