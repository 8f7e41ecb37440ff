//! Texts of problems in Chinese and English, from `schemas/messages/{zh,en}/problems.toml`.
//!
//! Each text says what is wrong and what to do, with `{name}` for the problem's arguments; the place is put in front.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::domain::problem::{Place, Problem};

/// A language that texts exist in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Chinese (中文), the default.
    #[default]
    Zh,
    /// English.
    En,
}

static ZH: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| read(include_str!("../../schemas/messages/zh/problems.toml")));
static EN: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| read(include_str!("../../schemas/messages/en/problems.toml")));

fn read(text: &str) -> BTreeMap<String, String> {
    // Checked by the test below, which also sees that every code has a text.
    toml::from_str(text).unwrap_or_default()
}

/// Renders a problem with its place for a person to read.
pub fn render(problem: &Problem, language: Language) -> String {
    let texts = match language {
        Language::Zh => &*ZH,
        Language::En => &*EN,
    };
    let template = texts.get(problem.code.as_str()).map_or(problem.code.as_str(), String::as_str);
    let mut text = render_place(&problem.place, language);
    let mut rest = template;
    while let Some(open) = rest.find('{') {
        let (before, after) = rest.split_at(open);
        text.push_str(before);
        let Some(close) = after.find('}') else {
            rest = after;
            break;
        };
        let (name, tail) = after.split_at(close);
        text.push_str(problem.get(name.trim_start_matches('{')).unwrap_or("?"));
        rest = tail.strip_prefix('}').unwrap_or(tail);
    }
    text.push_str(rest);
    text
}

fn render_place(place: &Place, language: Language) -> String {
    let mut parts: Vec<String> = Vec::new();
    let (form, row, field) = match language {
        Language::Zh => ("表", "第", "指标"),
        Language::En => ("form", "row", "field"),
    };
    parts.extend(place.file.clone());
    parts.extend(place.sheet.as_ref().map(|s| match language {
        Language::Zh => format!("工作表“{s}”"),
        Language::En => format!("sheet {s}"),
    }));
    parts.extend(place.form.as_ref().map(|f| format!("{form} {f}")));
    parts.extend(place.row.map(|n| match language {
        Language::Zh => format!("{row}{n}行"),
        Language::En => format!("{row} {n}"),
    }));
    parts.extend(place.column.clone());
    parts.extend(place.field.as_ref().map(|f| format!("{field} {f}")));
    if parts.is_empty() {
        return String::new();
    }
    match language {
        Language::Zh => format!("{}：", parts.join("，")),
        Language::En => format!("{}: ", parts.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::problem::Code;

    #[test]
    fn every_code_has_a_text_in_both_languages_with_the_same_arguments() {
        let names = |text: &str| -> std::collections::BTreeSet<String> {
            text.split('{').skip(1).filter_map(|t| t.split_once('}')).map(|(n, _)| n.to_owned()).collect()
        };
        for code in Code::ALL {
            let zh = ZH.get(code.as_str()).unwrap_or_else(|| panic!("{code} has no Chinese text"));
            let en = EN.get(code.as_str()).unwrap_or_else(|| panic!("{code} has no English text"));
            assert_eq!(names(zh), names(en), "{code}: the two texts use different arguments");
            assert!(!en.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)), "{code}: Chinese in the English text");
        }
        assert_eq!(ZH.len(), Code::ALL.len(), "a text without a code");
        assert_eq!(EN.len(), Code::ALL.len(), "a text without a code");
    }

    #[test]
    fn place_and_arguments_are_shown() {
        let problem = Problem::new(Code::FieldDuplicate).arg("field", "A1").at(Place::field("A1").in_form("f"));
        let text = render(&problem, Language::Zh);
        assert!(text.starts_with("表 f，指标 A1：") && text.contains("A1"), "{text}");
    }
}
