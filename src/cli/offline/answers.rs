//! Decisions and labels from files: lines of JSON that name fields by form and field id, resolved against a catalogue.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context;
use serde::Deserialize;

use crate::cli::client::answer::read_file;
use crate::domain::decision::Verdict;
use crate::domain::id::FieldKey;
use crate::domain::message::Language;
use crate::overlap::Catalogue;
use crate::overlap::learn::DecidedPair;

/// A field as files name it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub struct NamedField {
    /// The form.
    pub form_id: String,
    /// The field within the form.
    pub field_id: String,
}

#[derive(Deserialize)]
struct DecisionLine {
    a: NamedField,
    b: NamedField,
    verdict: Verdict,
}

#[derive(Deserialize)]
struct LabelLine {
    #[serde(flatten)]
    field: NamedField,
    key: String,
    #[serde(default)]
    offset: i16,
    #[serde(default)]
    doubt: bool,
}

/// Decisions of a file.
#[derive(Debug, Default)]
pub struct ReadDecisions {
    /// Those whose fields the catalogue has, in the order of the file.
    pub pairs: Vec<DecidedPair>,
    /// Lines that name a field which the catalogue has not.
    pub n_unknown: usize,
}

impl ReadDecisions {
    /// What the person who passed the file should know, for standard error.
    pub fn told(&self, language: Language) -> String {
        match (self.n_unknown, language) {
            (0, _) => String::new(),
            (n, Language::Zh) => format!("{n} 条裁定所指的指标不在这些报表里，未采用\n"),
            (n, Language::En) => format!("{n} decisions name fields that these forms do not have; they were not used\n"),
        }
    }
}

/// Reads a file of decisions, one a line: `{"a":{"form_id","field_id"},"b":{…},"verdict":"same"}`.
pub fn read_decisions(path: &Path, catalogue: &Catalogue) -> anyhow::Result<ReadDecisions> {
    let mut read = ReadDecisions::default();
    for line in lines::<DecisionLine>(path)? {
        match (key_of(catalogue, &line.a), key_of(catalogue, &line.b)) {
            (Some(a), Some(b)) => read.pairs.push(DecidedPair { a, b, verdict: line.verdict }),
            _ => read.n_unknown += 1,
        }
    }
    Ok(read)
}

/// Labels of fields: key and offset of years, `None` where a label is doubtful or the field is about the form or the unit itself.
pub type Labels = BTreeMap<FieldKey, Option<(String, i16)>>;

/// Reads a file of labels, one a line: `{"form_id","field_id","key","offset","doubt"}`.
pub fn read_labels(path: &Path, catalogue: &Catalogue) -> anyhow::Result<Labels> {
    let is_about_form = |key: &str| key.starts_with("META") || key.starts_with("UNIT");
    let read = lines::<LabelLine>(path)?.into_iter().filter_map(|line| {
        let key = key_of(catalogue, &line.field)?;
        let says = !line.doubt && !is_about_form(&line.key);
        Some((key, says.then_some((line.key, line.offset))))
    });
    Ok(read.collect())
}

fn lines<T: for<'a> Deserialize<'a>>(path: &Path) -> anyhow::Result<Vec<T>> {
    let bytes = read_file(path)?;
    let text = std::str::from_utf8(&bytes).with_context(|| path.display().to_string())?;
    let numbered = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    numbered.map(|(at, line)| serde_json::from_str(line).with_context(|| format!("{}:{}", path.display(), at + 1))).collect()
}

fn key_of(catalogue: &Catalogue, named: &NamedField) -> Option<FieldKey> {
    let form = catalogue.form(&crate::domain::id::FormId::from_stored(named.form_id.as_str()))?;
    form.field_keys.iter().find(|key| key.field.as_str() == named.field_id).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::offline::files::{catalogue_of, read_paths};
    use crate::domain::measure::Measures;
    use std::sync::Arc;

    const FORM: &str = r#"{"form_id":"f1","title":"表","department":"统计局","number":"1","authority":"a","approval":"b",
        "level":"village","frequency":"annual","fields":[{"field_id":"A1","label":"年末常住人口","unit":"人"},
        {"field_id":"A2","label":"耕地面积","unit":"亩"}]}"#;

    #[test]
    fn fields_are_found_and_what_is_unknown_is_counted() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("f1.json"), FORM).unwrap();
        let measures = Arc::new(Measures::embedded());
        let read = read_paths(&[at("f1.json")], 2026, &measures).unwrap();
        let catalogue = catalogue_of(read.templates, &measures).unwrap();
        let pair = |field: &str| {
            format!(r#"{{"a":{{"form_id":"f1","field_id":"A1"}},"b":{{"form_id":"f1","field_id":"{field}"}},"verdict":"different"}}"#)
        };
        std::fs::write(at("d.jsonl"), format!("{}\n\n{}\n", pair("A2"), pair("A9"))).unwrap();
        let decisions = read_decisions(&at("d.jsonl"), &catalogue).unwrap();
        assert_eq!((decisions.pairs.len(), decisions.n_unknown), (1, 1));
        assert!(decisions.told(Language::Zh).contains('1') && decisions.told(Language::En).contains('1'));
        assert_eq!(decisions.pairs[0].verdict, Verdict::Different);
        std::fs::write(at("l.jsonl"), r#"{"form_id":"f1","field_id":"A1","key":"M:人口","doubt":false}"#).unwrap();
        let labels = read_labels(&at("l.jsonl"), &catalogue).unwrap();
        assert_eq!(labels.into_values().collect::<Vec<_>>(), [Some(("M:人口".to_owned(), 0))]);
        std::fs::write(at("bad.jsonl"), "{}\n{").unwrap();
        assert!(read_decisions(&at("bad.jsonl"), &catalogue).is_err_and(|e| e.to_string().contains("bad.jsonl:1")));
    }
}
