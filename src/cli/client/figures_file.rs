//! A filled form on its way to the server: CSV as `form blank` writes it, or JSON as a script makes it.

use serde::Deserialize;
use serde_json::Value;

use crate::cli::client::failure::Failure;
use crate::domain::problem::{Code, Place, Problem};
use crate::formats::form_csv::read_form;
use crate::pb;

/// What a filled form's file holds.
#[derive(Debug, Default)]
pub(crate) struct FilledForm {
    /// Figures in the order of the file.
    pub figures: Vec<pb::TypedFigure>,
    /// Number of cells that were left empty.
    pub n_empty: usize,
    /// Warnings.
    pub warnings: Vec<Problem>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct JsonFigure {
    element: String,
    period: String,
    value: Value,
    #[serde(default)]
    unit_of_measure: String,
    #[serde(default)]
    explanation: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum JsonForm {
    List(Vec<JsonFigure>),
    Object { figures: Vec<JsonFigure> },
}

/// Reads a file: JSON where it begins as JSON does, else CSV. Refused where anything in it cannot be read.
pub(crate) fn read_filled_form(bytes: &[u8]) -> Result<FilledForm, Failure> {
    let first = bytes.iter().find(|b| !b.is_ascii_whitespace());
    let read = if matches!(first, Some(b'[' | b'{')) { from_json(bytes)? } else { from_csv(bytes) };
    if read.warnings.iter().any(Problem::is_error) { Err(Failure::File(read.warnings)) } else { Ok(read) }
}

/// Reads a file as a draft: what was typed stays as it is, right or wrong.
pub(crate) fn read_draft(bytes: &[u8]) -> Result<Vec<pb::DraftCell>, Failure> {
    let figures = read_filled_form(bytes)?.figures.into_iter().map(|figure| pb::DraftCell {
        element: figure.element,
        period: figure.period,
        value: figure.value,
        unit_of_measure: figure.unit_of_measure,
        explanation: figure.explanation,
    });
    Ok(figures.collect())
}

fn from_csv(bytes: &[u8]) -> FilledForm {
    let read = read_form(bytes);
    let figures = read.cells.into_iter().map(|cell| pb::TypedFigure {
        element: cell.element,
        period: cell.period,
        value: cell.value,
        unit_of_measure: cell.unit,
        explanation: cell.explanation,
    });
    FilledForm { figures: figures.collect(), n_empty: read.n_empty, warnings: read.problems }
}

fn from_json(bytes: &[u8]) -> Result<FilledForm, Failure> {
    let malformed = |e: serde_json::Error| Failure::File(vec![Problem::new(Code::JsonMalformed).arg("detail", e)]);
    let form: JsonForm = serde_json::from_slice(bytes).map_err(malformed)?;
    let (JsonForm::List(list) | JsonForm::Object { figures: list }) = form;
    let mut read = FilledForm::default();
    for (n, figure) in list.into_iter().enumerate() {
        let value = match figure.value {
            Value::Null => String::new(),
            Value::String(text) => text,
            // Whole numbers are exact in JSON as it is read here; others would pass through a binary fraction.
            Value::Number(number) if number.is_i64() || number.is_u64() => number.to_string(),
            Value::Bool(yes) => if yes { "是" } else { "否" }.to_owned(),
            Value::Number(_) | Value::Array(_) | Value::Object(_) => {
                let detail = "value: a whole number or a text such as \"12.5\" is expected";
                read.warnings.push(Problem::new(Code::JsonMalformed).arg("detail", detail).at(Place::row(n + 1).column("value")));
                continue;
            }
        };
        if value.trim().is_empty() {
            read.n_empty += 1;
            continue;
        }
        read.figures.push(pb::TypedFigure {
            element: figure.element,
            period: figure.period,
            value,
            unit_of_measure: figure.unit_of_measure,
            explanation: figure.explanation,
        });
    }
    Ok(read)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(bytes: &str) -> Vec<String> {
        let read = read_filled_form(bytes.as_bytes()).unwrap_or_else(|f| panic!("{f}"));
        read.figures.iter().map(|f| format!("{}@{}={}{}", f.element, f.period, f.value, f.unit_of_measure)).collect()
    }

    #[test]
    fn both_forms_of_a_file_are_read() {
        let csv = "element,period,label,unit,value\ne1,2026,人口 / 合计,万人,1.5\ne2,2026,x,,\n";
        assert_eq!(values(csv), ["e1@2026=1.5万人"]);
        let list = r#"[{"element":"e1","period":"2026","value":12},{"element":"e2","period":"2026","value":null}]"#;
        assert_eq!(values(list), ["e1@2026=12"]);
        let object = r#" {"figures":[{"element":"e1","period":"2026","value":"12.50","unit_of_measure":"亩"},{"element":"e3","period":"2026","value":true}]}"#;
        assert_eq!(values(object), ["e1@2026=12.50亩", "e3@2026=是"]);
    }

    #[test]
    fn binary_fractions_and_broken_files_are_refused() {
        for text in [r#"[{"element":"e1","period":"2026","value":12.5}]"#, "[{]", r#"[{"element":"e1"}]"#, "element,value\n", ""] {
            assert!(matches!(read_filled_form(text.as_bytes()), Err(Failure::File(_))), "{text}");
        }
    }
}
