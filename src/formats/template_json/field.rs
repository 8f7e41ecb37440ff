//! One field of a template's JSON form.

use crate::domain::id::FieldId;
use crate::domain::measure::normalise_spelling;
use crate::domain::problem::{Code, Place, Problem};
use crate::domain::template::{DataType, Field, MAX_NOTE_CHARS, MAX_OPTIONS, MAX_PATH_DEPTH};
use crate::formats::json::Node;

use super::{Reader, options, wrong_shape};

impl Reader {
    /// Reads the field that stands at `position`, from 1. Without a usable id it is left out, and the problem names the position.
    pub(super) fn field(&mut self, node: Node, position: usize) -> Option<Field> {
        let at_position = Place::row(position).column("fields").in_form(&self.form);
        let Node::Object(mut object) = node else {
            self.problems.push(wrong_shape("fields", "an object").at(at_position));
            return None;
        };
        let id_text = self.text_at(object.take("field_id"), "field_id", &at_position);
        let id = FieldId::parse(&id_text);
        let place = match &id {
            Ok(id) => Place::field(id.as_str()).in_form(&self.form),
            Err(_) => at_position.clone(),
        };
        let label = self.text_at(object.take("label"), "label", &place);
        let unit = self.text_at(object.take("unit"), "unit", &place);
        let options = self.options(object.take("options"), &place);
        let dtype = self.data_type(object.take("dtype"), &id_text, &place, || Field::guess_type(&unit, &label, &options));
        let field = Field {
            id: FieldId::from_stored(id_text.as_str()),
            code: self.text_at(object.take("code"), "code", &place),
            label,
            path: self.path(object.take("path"), &place),
            column: self.text_at(object.take("column"), "column", &place),
            unit,
            dtype,
            decimals: self.decimals(object.take("decimals"), &id_text, &place),
            note: self.text_at(object.take("note"), "note", &place),
            options,
            classified: self.flag(object.take("classified"), "classified", &place),
            not_personal_because: self.text_at(object.take("not_personal_because"), "not_personal_because", &place),
        };
        self.leftovers(&object, &place);
        match id {
            Ok(_) => Some(field),
            Err(problem) => {
                self.problems.push(problem.at(at_position));
                None
            }
        }
    }

    /// Headings above the field. One more than the limit is kept, so that the check of the template sees that it is exceeded.
    fn path(&mut self, node: Node, place: &Place) -> Vec<String> {
        if let Node::List(mut list) = node {
            list.items.truncate(MAX_PATH_DEPTH + 1);
            list.n_total = list.items.len();
            return self.texts(Node::List(list), "path", MAX_PATH_DEPTH + 1, place);
        }
        self.texts(node, "path", MAX_PATH_DEPTH + 1, place)
    }

    fn options(&mut self, node: Node, place: &Place) -> Vec<String> {
        let text = match node {
            Node::Text(text) | Node::Number(text) => text,
            other => return self.texts(other, "options", MAX_OPTIONS, place),
        };
        if text.chars().nth(MAX_NOTE_CHARS).is_some() {
            let problem = Problem::new(Code::TextTooLong).arg("what", "options").arg("limit", MAX_NOTE_CHARS);
            self.problems.push(problem.at(place.clone()));
            return Vec::new();
        }
        options::split(&text)
    }

    fn data_type(&mut self, node: Node, id: &str, place: &Place, guess: impl Fn() -> DataType) -> DataType {
        let text = self.text_at(node, "dtype", place);
        let word = text.trim();
        if word.is_empty() {
            return guess();
        }
        DataType::find(word).unwrap_or_else(|| {
            self.problems.push(Problem::new(Code::FieldTypeUnknown).arg("field", id).arg("value", word).at(place.clone()));
            guess()
        })
    }

    fn decimals(&mut self, node: Node, id: &str, place: &Place) -> Option<u32> {
        let text = self.text_at(node, "decimals", place);
        if text.trim().is_empty() {
            return None;
        }
        let decimals = text.trim().parse().ok();
        if decimals.is_none() {
            let problem = Problem::new(Code::FieldDecimalsOutOfRange).arg("field", id).arg("value", &text);
            self.problems.push(problem.at(place.clone()));
        }
        decimals
    }

    /// A yes or no. What cannot be understood is an error: a field marked classified in some other way must not pass as open.
    fn flag(&mut self, node: Node, key: &str, place: &Place) -> bool {
        match node {
            Node::Null => false,
            Node::Bool(value) => value,
            other => {
                let text = self.text_at(other, key, place);
                match normalise_spelling(&text).as_str() {
                    "是" | "true" | "yes" | "1" => true,
                    "否" | "false" | "no" | "0" | "" => false,
                    _ => {
                        let problem = Problem::new(Code::RequestValueUnknown).arg("value", &text).arg("what", key);
                        self.problems.push(problem.at(place.clone()));
                        true
                    }
                }
            }
        }
    }
}
