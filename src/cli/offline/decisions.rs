//! Reviewers' decisions from a file, one JSON object a line, taken as a server would take them: what it would refuse is told and left out.

use std::path::Path;

use anyhow::Context;
use serde::Deserialize;

use crate::cli::client::answer::read_file;
use crate::domain::decision::{Decision, DecisionId, Verdict};
use crate::domain::element::CataloguedField;
use crate::domain::id::{AccountId, FieldId, FormId};
use crate::domain::message::Language;
use crate::overlap::{Catalogue, Objection, Settlement};

/// A line of the file; further keys are ignored.
#[derive(Deserialize)]
struct Line {
    a: End,
    b: End,
    verdict: Verdict,
    #[serde(default)]
    note: String,
}

/// One side of a decision.
#[derive(Deserialize)]
struct End {
    form_id: String,
    field_id: String,
}

/// Settles a catalogue by the decisions of a file; answers what was left out, a line each.
pub fn apply(catalogue: &mut Catalogue, path: &Path, language: Language) -> anyhow::Result<String> {
    let bytes = read_file(path)?;
    let text = std::str::from_utf8(&bytes).with_context(|| path.display().to_string())?;
    let mut decisions: Vec<Decision> = Vec::new();
    let mut left_out = String::new();
    for (n, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let place = || format!("{}:{}", path.display(), n + 1);
        let line: Line = serde_json::from_str(line).with_context(place)?;
        let refusal = match (find(catalogue, &line.a), find(catalogue, &line.b)) {
            (Some(a), Some(b)) => take(catalogue, &mut decisions, a, b, &line, language),
            (a, _) => {
                let end = if a.is_none() { &line.a } else { &line.b };
                Some(format!("{}/{}", end.form_id, end.field_id))
            }
        };
        if let Some(refusal) = refusal {
            left_out.push_str(&match language {
                Language::Zh => format!("{}：没有采用（{refusal}）\n", place()),
                Language::En => format!("{}: left out ({refusal})\n", place()),
            });
        }
    }
    Ok(left_out)
}

fn find(catalogue: &Catalogue, end: &End) -> Option<CataloguedField> {
    let (form, field) = (FormId::parse(&end.form_id).ok()?, FieldId::parse(&end.field_id).ok()?);
    catalogue.fields_of_form(&form).iter().find(|f| f.key.field == field).cloned()
}

/// Takes a decision, or says what stands against it.
fn take(
    catalogue: &mut Catalogue,
    decisions: &mut Vec<Decision>,
    a: CataloguedField,
    b: CataloguedField,
    line: &Line,
    language: Language,
) -> Option<String> {
    if let Some(objection) = catalogue.objections(&a, &b, line.verdict).into_iter().next() {
        return Some(told(&objection, language));
    }
    let sets_apart = line.verdict.tells_apart() && catalogue.may_set_apart(&a, &b);
    decisions.push(Decision {
        sets_apart,
        id: DecisionId(decisions.len() as u64 + 1),
        a: a.key,
        b: b.key,
        a_key: a.meaning.key,
        b_key: b.meaning.key,
        verdict: line.verdict,
        note: line.note.clone(),
        decided_by: AccountId::from_stored("file"),
        decided_at: jiff::Timestamp::UNIX_EPOCH,
        is_disputed: false,
        undone: None,
        lesson: None,
    });
    let settlement = Settlement::of(decisions);
    if let Some(contradiction) = settlement.contradictions().first() {
        let refusal = told(&Objection::Decided(contradiction.standing), language);
        decisions.pop();
        return Some(refusal);
    }
    catalogue.settle(settlement);
    None
}

fn told(objection: &Objection, language: Language) -> String {
    match (objection, language) {
        (Objection::Decided(id), Language::Zh) => format!("与第 {id} 条裁定矛盾"),
        (Objection::Decided(id), Language::En) => format!("contradicts decision {id} of the file"),
        (Objection::Vetoed { a, a_value, b, b_value, .. }, Language::Zh) => format!("{a} 是“{a_value}”，{b} 是“{b_value}”"),
        (Objection::Vetoed { a, a_value, b, b_value, .. }, Language::En) => format!("{a} is {a_value} and {b} is {b_value}"),
        (Objection::WithinForm { a, b }, Language::Zh) => format!("{a} 和 {b} 在同一张表里"),
        (Objection::WithinForm { a, b }, Language::En) => format!("{a} and {b} stand in one form"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::offline::files::{catalogue_of, read_paths};
    use crate::domain::measure::Measures;
    use std::sync::Arc;

    #[test]
    fn decisions_of_a_file_join_and_separate() {
        let folder = tempfile::tempdir().unwrap();
        let form = |id: &str, labels: &[&str]| {
            let fields: Vec<String> =
                labels.iter().enumerate().map(|(n, l)| format!(r#"{{"field_id":"{n}","label":"{l}","unit":"个"}}"#)).collect();
            let text = format!(
                r#"{{"form_id":"{id}","title":"表","department":"厅","number":"1","authority":"a","approval":"b","level":"village","frequency":"annual","fields":[{}]}}"#,
                fields.join(",")
            );
            std::fs::write(folder.path().join(format!("{id}.json")), text).unwrap();
        };
        form("f", &["甲子事项", "乙丑事项"]);
        form("g", &["丙寅事项", "甲子事项"]);
        let measures = Arc::new(Measures::embedded());
        let read = read_paths(&[folder.path().to_owned()], 2026, &measures).unwrap();
        let mut catalogue = catalogue_of(read.templates, &measures).unwrap();
        let decide = |a: (&str, &str), b: (&str, &str), verdict: &str| {
            format!(
                r#"{{"a":{{"form_id":"{}","field_id":"{}"}},"b":{{"form_id":"{}","field_id":"{}"}},"verdict":"{verdict}"}}"#,
                a.0, a.1, b.0, b.1
            )
        };
        let lines = [
            decide(("f", "0"), ("g", "1"), "different"),
            decide(("f", "1"), ("g", "0"), "same"),
            decide(("f", "0"), ("g", "0"), "same"),
            decide(("f", "9"), ("g", "0"), "same"),
            String::new(),
        ];
        let path = folder.path().join("decisions.jsonl");
        std::fs::write(&path, lines.join("\n")).unwrap();
        let left_out = apply(&mut catalogue, &path, Language::En).unwrap();
        assert_eq!(left_out.lines().count(), 2, "{left_out}");
        assert!(left_out.contains("stand in one form") && left_out.contains("f/9"), "{left_out}");
        let element = |form: &str, at: usize| catalogue.fields_of_form(&FormId::parse(form).unwrap())[at].element();
        assert_ne!(element("f", 0), element("g", 1));
        assert_eq!(element("f", 1), element("g", 0));
        std::fs::write(&path, "{").unwrap();
        assert!(apply(&mut catalogue, &path, Language::En).is_err());
    }
}
