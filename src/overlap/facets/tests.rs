//! Near misses and honest rewordings: pairs of fields as printed, none of which may merge or most of which should.
//!
//! A field is written `heading/heading>label|column|unit|note`; what is not printed may be left out from the right.

use crate::domain::element::CataloguedField;
use crate::domain::id::{FieldId, FormId, OrganisationId};
use crate::domain::measure::Measures;
use crate::domain::period::Frequency;
use crate::domain::template::{Field, FormTemplate};
use crate::domain::unit::Level;
use crate::overlap::vocabulary::Vocabulary;

fn template(id: &str, printed: &str) -> FormTemplate {
    let mut parts = printed.split('|');
    let (path, label) = parts.next().unwrap_or_default().rsplit_once('>').unwrap_or(("", printed.split('|').next().unwrap_or_default()));
    let column = parts.next().unwrap_or_default().to_owned();
    let unit = parts.next().unwrap_or_default().to_owned();
    let note = parts.next().unwrap_or_default().to_owned();
    let field = Field {
        id: FieldId::from_stored("1"),
        code: String::new(),
        dtype: Field::guess_type(&unit, label, &[]),
        label: label.to_owned(),
        path: path.split('/').filter(|p| !p.is_empty()).map(str::to_owned).collect(),
        column,
        unit,
        decimals: None,
        note,
        options: Vec::new(),
        classified: false,
        not_personal_because: String::new(),
    };
    FormTemplate {
        id: FormId::from_stored(id),
        organisation: OrganisationId::from_stored("o"),
        title: "基本情况".to_owned(),
        department: "统计局".to_owned(),
        authority: String::new(),
        number: String::new(),
        approval: String::new(),
        valid_until: String::new(),
        level: Level::Township,
        frequency: Frequency::Annual,
        year: 2026,
        due_days_after: None,
        fields: vec![field],
        rules: Vec::new(),
    }
}

fn read(vocabulary: &Vocabulary, measures: &Measures, id: &str, printed: &str) -> CataloguedField {
    let template = template(id, printed);
    let keys = template.field_keys(1, None);
    crate::overlap::read_form(vocabulary, measures, &template, &keys).remove(0)
}

fn merge(vocabulary: &Vocabulary, measures: &Measures, a: &str, b: &str) -> bool {
    let (a, b) = (read(vocabulary, measures, "a", a), read(vocabulary, measures, "b", b));
    a.element() == b.element() && a.meaning.offset_years == b.meaning.offset_years
}

/// The pairs of a file: one a line, parted by ` ~ `; lines that begin with # are headings.
fn pairs(text: &'static str) -> Vec<(&'static str, &'static str)> {
    let lines = text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
    lines.map(|line| line.split_once(" ~ ").unwrap_or_else(|| panic!("{line}"))).collect()
}

#[test]
fn near_misses_never_merge() {
    let vocabulary = Vocabulary::embedded().unwrap_or_else(|e| panic!("{e}"));
    let measures = Measures::embedded();
    let pairs = pairs(include_str!("tests/near_misses.txt"));
    assert!(pairs.len() >= 200, "{}", pairs.len());
    let merged: Vec<_> = pairs.iter().filter(|(a, b)| merge(&vocabulary, &measures, a, b)).collect();
    assert!(merged.is_empty(), "merged: {merged:#?}");
}

#[test]
fn most_rewordings_merge() {
    let vocabulary = Vocabulary::embedded().unwrap_or_else(|e| panic!("{e}"));
    let measures = Measures::embedded();
    let pairs = pairs(include_str!("tests/rewordings.txt"));
    let apart: Vec<String> = pairs
        .iter()
        .filter(|(a, b)| !merge(&vocabulary, &measures, a, b))
        .map(|(a, b)| {
            let (a_read, b_read) = (read(&vocabulary, &measures, "a", a).meaning, read(&vocabulary, &measures, "b", b).meaning);
            format!("{a} ~ {b}: {} ~ {}", a_read.key, b_read.key)
        })
        .collect();
    println!("{} of {} rewordings are found", pairs.len() - apart.len(), pairs.len());
    assert!(pairs.len() >= 200 && apart.len() * 10 <= pairs.len(), "{} of {} apart: {apart:#?}", apart.len(), pairs.len());
}
