//! Which fields ask for what the unit registry knows already, by the words of `schemas/registry/facts.toml`.
//!
//! Only whole labels count: 村卫生室名称 asks for something else. A heading above is a section; a second one makes the label about another thing.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use serde::Deserialize;

use crate::domain::measure::normalise_spelling;
use crate::domain::registry::RegistryFact;
use crate::domain::template::{DataType, Field};
use crate::domain::unit::Level;

static FACTS: LazyLock<Facts> = LazyLock::new(|| {
    // Checked by the test below.
    toml::from_str(include_str!("../../schemas/registry/facts.toml")).map(|file: File| file.facts()).unwrap_or_default()
});

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    statistical_code: Vec<String>,
    division_code: Vec<String>,
    credit_code: Vec<String>,
    name: Vec<String>,
    level: BTreeMap<Level, OfLevel>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OfLevel {
    name: Vec<String>,
    code: Vec<String>,
}

type Facts = HashMap<String, RegistryFact>;

impl File {
    fn facts(self) -> Facts {
        let mut found = Facts::new();
        let mut put = |labels: Vec<String>, fact| found.extend(labels.into_iter().map(|label| (plain(&label), fact)));
        put(self.statistical_code, RegistryFact::Code(None));
        put(self.division_code, RegistryFact::DivisionCode);
        put(self.credit_code, RegistryFact::CreditCode);
        put(self.name, RegistryFact::Name(None));
        for (level, words) in self.level {
            put(words.name, RegistryFact::Name(Some(level)));
            put(words.code, RegistryFact::Code(Some(level)));
        }
        found
    }
}

/// What the registry knows a field by, as far as its form says.
pub(crate) fn fact_of(field: &Field, level: Level) -> Option<RegistryFact> {
    let is_text = matches!(field.dtype, DataType::Text | DataType::Code) && field.options.is_empty();
    if !is_text || field.path.len() > 1 || !field.column.trim().is_empty() {
        return None;
    }
    let fact = FACTS.get(&plain(&field.label)).copied()?;
    // A county's form that asks for villages by name lists them; it does not ask who fills it in.
    match fact {
        RegistryFact::Code(Some(of)) | RegistryFact::Name(Some(of)) if of < level => None,
        _ => Some(fact),
    }
}

/// A label without numbering, brackets and marks.
fn plain(label: &str) -> String {
    let label = normalise_spelling(label);
    let label = label
        .trim_start_matches(|c: char| c.is_ascii_digit() || "一二三四五六七八九十".contains(c) || c.is_ascii_punctuation() || c == '、');
    label.chars().filter(|c| !c.is_whitespace() && !c.is_ascii_punctuation() && !"（）、，：。．/".contains(*c)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_labels_of_the_level_are_known() {
        assert!(FACTS.len() > 50);
        let of = |label: &str, path: &[&str], level| {
            let mut field: Field = serde_json::from_str(r#"{"id":"1","code":"","label":"x","path":[],"column":"","unit":"","dtype":"text","decimals":null,"note":"","options":[],"classified":false,"not_personal_because":""}"#).unwrap();
            field.label = label.to_owned();
            field.path = path.iter().map(|p| (*p).to_owned()).collect();
            fact_of(&field, level)
        };
        assert_eq!(of("村（社区）名称", &["一、基本情况"], Level::Village), Some(RegistryFact::Name(Some(Level::Village))));
        assert_eq!(of("1.村名", &[], Level::Village), Some(RegistryFact::Name(Some(Level::Village))));
        assert_eq!(of("乡（镇）名称", &[], Level::Village), Some(RegistryFact::Name(Some(Level::Township))));
        assert_eq!(of("行政区划代码", &["五、填报信息"], Level::County), Some(RegistryFact::DivisionCode));
        assert_eq!(of("村卫生室名称", &[], Level::Village), None);
        assert_eq!(of("村名", &[], Level::Township), None);
        assert_eq!(of("单位名称", &["二、企业", "最大的一家"], Level::Township), None);
    }
}
