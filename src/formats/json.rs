//! JSON as a small tree of bounded size: what a reader of a hostile file may hold in memory.
//!
//! `serde_json::Value` needs some 70 bytes for each `0,` of its input and keeps the last of two equal keys without a word. This tree has a budget of
//! values, remembers how long a list was beyond what it kept, and names duplicate keys. The depth is bounded here,
//! and once more by serde_json's own limit (128); what is skipped is skipped without recursion.

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::cell::Cell;
use std::fmt;

use crate::domain::problem::{Code, Problem};

/// Most values of one file that are kept; a template of 5,000 fields with 12 keys and 4 headings each has some 100,000.
const MAX_VALUES: usize = 500_000;
/// Most entries of one list that are kept; the others are counted.
pub(super) const MAX_LIST: usize = 5_000;
/// Most keys of one object.
const MAX_KEYS: usize = 64;
/// Most characters of one text that are kept, so many that every limit of the domain is seen to be exceeded.
const MAX_TEXT_CHARS: usize = 10_000;
/// Most characters of a key that are kept.
const MAX_KEY_CHARS: usize = 100;
/// Deepest nesting; no template is deeper than 5.
const MAX_DEPTH: usize = 32;

/// A JSON value.
#[derive(Debug, Default)]
pub(super) enum Node {
    /// `null`, or a key that is not there.
    #[default]
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, as text.
    Number(String),
    /// A text, cut after [`MAX_TEXT_CHARS`] characters.
    Text(String),
    /// A list.
    List(List),
    /// An object.
    Object(Object),
}

/// A list, cut after [`MAX_LIST`] entries.
#[derive(Debug, Default)]
pub(super) struct List {
    /// The first entries.
    pub items: Vec<Node>,
    /// How many there were.
    pub n_total: usize,
}

/// An object, in the order of its keys, each of them once.
#[derive(Debug, Default)]
pub(super) struct Object {
    entries: Vec<(String, Node)>,
    duplicates: Vec<String>,
}

impl Object {
    /// Takes the value of a key out; [`Node::Null`] where there is none.
    pub fn take(&mut self, key: &str) -> Node {
        let found = self.entries.iter().position(|(k, _)| k == key);
        found.map(|at| self.entries.remove(at).1).unwrap_or_default()
    }

    /// Keys that were not taken.
    pub fn keys_left(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|(k, _)| k.as_str())
    }

    /// Keys that stood more than once; the first value was kept.
    pub fn duplicates(&self) -> &[String] {
        &self.duplicates
    }
}

/// Reads one JSON text whole.
pub(super) fn read(text: &str) -> Result<Node, Problem> {
    let budget = Budget { values_left: Cell::new(MAX_VALUES), is_spent: Cell::new(false) };
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let node = Seed { budget: &budget, depth: 0 }.deserialize(&mut deserializer).and_then(|node| deserializer.end().map(|()| node));
    node.map_err(|error| {
        if budget.is_spent.get() {
            return Problem::new(Code::ListTooLong).arg("what", "values").arg("limit", MAX_VALUES).arg("n", format!("> {MAX_VALUES}"));
        }
        Problem::new(Code::JsonMalformed).arg("detail", error)
    })
}

struct Budget {
    values_left: Cell<usize>,
    is_spent: Cell<bool>,
}

impl Budget {
    fn spend<E: Error>(&self) -> Result<(), E> {
        match self.values_left.get().checked_sub(1) {
            Some(left) => {
                self.values_left.set(left);
                Ok(())
            }
            None => {
                self.is_spent.set(true);
                Err(E::custom("too many values"))
            }
        }
    }
}

#[derive(Clone, Copy)]
struct Seed<'b> {
    budget: &'b Budget,
    depth: usize,
}

fn cut(text: &str, max_chars: usize) -> String {
    text.chars().take(max_chars).collect()
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        if self.depth > MAX_DEPTH {
            return Err(D::Error::custom(format!("nested deeper than {MAX_DEPTH}")));
        }
        self.budget.spend()?;
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Bool(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Node, E> {
        Ok(Node::Number(value.to_string()))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Number(value.to_string()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Node, E> {
        Ok(Node::Number(value.to_string()))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Node, E> {
        Ok(Node::Text(cut(value, MAX_TEXT_CHARS)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Node, A::Error> {
        let inner = Seed { depth: self.depth + 1, ..self };
        let mut list = List::default();
        while list.items.len() < MAX_LIST {
            let Some(node) = access.next_element_seed(inner)? else {
                list.n_total = list.items.len();
                return Ok(Node::List(list));
            };
            list.items.push(node);
        }
        list.n_total = list.items.len();
        while access.next_element::<IgnoredAny>()?.is_some() {
            list.n_total += 1;
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Node, A::Error> {
        let inner = Seed { depth: self.depth + 1, ..self };
        let mut object = Object::default();
        while let Some(key) = access.next_key_seed(KeySeed)? {
            let is_known = object.entries.iter().any(|(k, _)| *k == key);
            if !is_known && object.entries.len() < MAX_KEYS {
                let node = access.next_value_seed(inner)?;
                object.entries.push((key, node));
                continue;
            }
            access.next_value::<IgnoredAny>()?;
            if !is_known {
                return Err(A::Error::custom(format!("an object with more than {MAX_KEYS} keys")));
            }
            if object.duplicates.len() < MAX_KEYS && !object.duplicates.contains(&key) {
                object.duplicates.push(key);
            }
        }
        Ok(Node::Object(object))
    }
}

struct KeySeed;

impl<'de> DeserializeSeed<'de> for KeySeed {
    type Value = String;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for KeySeed {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<String, E> {
        Ok(cut(value, MAX_KEY_CHARS))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_gives_each_key_once() {
        let Ok(Node::Object(mut object)) = read(r#"{"a": 1, "b": "x", "a": 2}"#) else { panic!("no object") };
        assert!(matches!(object.take("a"), Node::Number(n) if n == "1"));
        assert!(matches!(object.take("a"), Node::Null));
        assert_eq!(object.duplicates(), ["a"]);
        assert_eq!(object.keys_left().collect::<Vec<_>>(), ["b"]);
    }

    #[test]
    fn depth_and_number_of_values_are_bounded() {
        let deep = |n: usize| read(&format!("{}1{}", "[".repeat(n), "]".repeat(n))).map(|_| ()).map_err(|p| p.code);
        assert_eq!(deep(MAX_DEPTH), Ok(()));
        assert_eq!(deep(MAX_DEPTH + 1), Err(Code::JsonMalformed));
        assert_eq!(deep(1_000_000), Err(Code::JsonMalformed));
        let Ok(Node::List(list)) = read(&format!("[{}0]", "0,".repeat(1_000_000))) else { panic!("no list") };
        assert_eq!((list.items.len(), list.n_total), (MAX_LIST, 1_000_001));
        let rows = format!("[{}0]", format!("[{}0],", "0,".repeat(200)).repeat(4_000));
        assert_eq!(read(&rows).map(|_| ()).map_err(|p| p.code), Err(Code::ListTooLong));
    }
}
