//! The outline of a flat list: rows that print their depth by 其中, by indentation, by ①②③ or by 2.1.1 under 2.1 get the row they belong to
//! as the last heading of their path, as a nested form has it.
//!
//! Knows nothing of what words mean. Rows whose path already ends in a row are left alone.

use std::collections::{HashMap, HashSet};

use crate::domain::template::{Field, FormTemplate};
use crate::overlap::facets::text::strip_markers;

/// How a printed label stands in a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Lead<'a> {
    /// 2.1.1 of `2.1.1 编制人数`.
    number: Option<&'a str>,
    /// White space before the words.
    indent: usize,
    /// 3 of ③.
    circle: Option<u32>,
    /// 其中 or # stands before the words.
    is_part: bool,
}

/// The last rows of a list, by which the next one is placed.
#[derive(Default)]
struct Open<'a> {
    /// Row that 其中 speaks of.
    whole: Option<(&'a Field, Lead<'a>)>,
    /// Whether rows of 其中 are being listed, and whether they are numbered.
    parts: Option<bool>,
    /// Rows by their dotted number.
    numbered: HashMap<&'a str, &'a Field>,
    /// Rows with their indentation, each further in than the one before.
    indented: Vec<(usize, &'a Field)>,
}

/// The template with the outline of its flat lists written into the paths of its fields.
/// `names_thing` tells whether a label names what is counted: 农村 and 16-59岁 are parts themselves, and 其中 after them speaks of their whole.
pub(crate) fn outlined(template: &FormTemplate, mut names_thing: impl FnMut(&str) -> bool) -> FormTemplate {
    let rows: HashSet<(&[String], &str)> = template.fields.iter().map(|f| (f.path.as_slice(), f.label.as_str())).collect();
    let mut lists: HashMap<&[String], Open<'_>> = HashMap::new();
    let mut parents: HashMap<(&[String], &str), &str> = HashMap::new();
    for field in &template.fields {
        let path = field.path.as_slice();
        if ends_in_row(path, &rows) || parents.contains_key(&(path, field.label.as_str())) {
            continue;
        }
        let open = lists.entry(path).or_default();
        if let Some(parent) = place(open, field, &mut names_thing) {
            parents.insert((path, &field.label), &parent.label);
        }
    }
    let mut outlined = template.clone();
    for field in &mut outlined.fields {
        let mut chain: Vec<String> = Vec::new();
        let mut label = field.label.as_str();
        while let Some(parent) = parents.get(&(field.path.as_slice(), label)).filter(|parent| !chain.iter().any(|c| c == *parent)) {
            chain.push((*parent).to_owned());
            label = parent;
        }
        chain.reverse();
        field.path.extend(chain);
    }
    outlined
}

/// Whether a path ends in a row of the form; 其中 as a heading of its own is looked through.
fn ends_in_row(path: &[String], rows: &HashSet<(&[String], &str)>) -> bool {
    let Some((last, outer)) = path.split_last() else { return false };
    if strip_markers(last).0.is_empty() { ends_in_row(outer, rows) } else { rows.contains(&(outer, last.as_str())) }
}

/// Places a row in its list and tells the row that it belongs to.
fn place<'a>(open: &mut Open<'a>, field: &'a Field, names_thing: &mut impl FnMut(&str) -> bool) -> Option<&'a Field> {
    let lead = lead_of(&field.label);
    let is_same_row = open.whole.is_some_and(|(whole, _)| whole.label == field.label);
    if is_same_row {
        return None;
    }
    if let Some(number) = lead.number {
        open.numbered.insert(number, field);
    }
    let further_out = open.further_out(field, lead.indent);
    let whole = open.whole.filter(|(whole, _)| whole.unit == field.unit);
    if let Some((whole, whole_lead)) = whole {
        let goes_on = match open.parts {
            Some(true) => lead.circle.is_some_and(|n| n > 1),
            Some(false) => lead.indent > whole_lead.indent && lead.circle.is_none(),
            None => false,
        };
        if lead.is_part {
            open.parts = Some(lead.circle.is_some());
        }
        if lead.is_part || goes_on {
            return Some(whole);
        }
    }
    if open.whole.is_none() || names_thing(&field.label) {
        open.whole = Some((field, lead));
        open.parts = None;
    }
    let outer = lead.number.and_then(|number| number.rsplit_once('.')).map(|(outer, _)| outer);
    let numbered = outer.and_then(|outer| open.numbered.get(outer)).copied();
    numbered.or(further_out).filter(|parent| parent.unit == field.unit)
}

impl<'a> Open<'a> {
    /// The nearest row before that stands further out, where the list is told by indentation alone.
    fn further_out(&mut self, field: &'a Field, indent: usize) -> Option<&'a Field> {
        self.indented.retain(|(outer, _)| *outer < indent);
        let parent = self.indented.last().map(|(_, row)| *row);
        self.indented.push((indent, field));
        parent
    }
}

fn lead_of(label: &str) -> Lead<'_> {
    let mut lead = Lead::default();
    let trimmed = label.trim_start();
    let n_number = trimmed.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(0);
    let (number, after) = trimmed.split_at(n_number);
    let number = number.trim_end_matches('.');
    let mut rest = label;
    if !number.is_empty() && after.starts_with(char::is_whitespace) {
        lead.number = Some(number);
        rest = after;
    }
    let words = rest.trim_start();
    lead.indent = rest.chars().take_while(|c| c.is_whitespace()).count();
    let mut words = words;
    for mark in ["其中", "#", "＃"] {
        if let Some(after) = words.strip_prefix(mark) {
            lead.is_part = true;
            words = after.trim_start_matches([':', '：', ' ', '\u{3000}', ',', '，']);
            break;
        }
    }
    lead.circle = words.chars().next().filter(|c| ('①'..='⑳').contains(c)).map(|c| u32::from(c) - u32::from('①') + 1);
    lead
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leads_are_told() {
        let check = |label: &str, number: Option<&str>, indent: usize, circle: Option<u32>, is_part: bool| {
            assert_eq!(lead_of(label), Lead { number, indent, circle, is_part }, "{label}");
        };
        check("户籍人口", None, 0, None, false);
        check("其中：①转业军官", None, 0, Some(1), true);
        check("②退役士兵", None, 0, Some(2), false);
        check("\u{3000}\u{3000}65岁及以上", None, 2, None, false);
        check("2.1.1 编制人数", Some("2.1.1"), 1, None, false);
        check("2.3 其中：执业医师", Some("2.3"), 1, None, true);
        check("2.4 \u{3000}\u{3000}全科医生", Some("2.4"), 3, None, false);
        check("#女性", None, 0, None, true);
        check("60岁及以上", None, 0, None, false);
    }
}
