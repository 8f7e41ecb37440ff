//! What decisions taught, for `overlap`: the synonyms that they propose, and from which score on nobody need be asked.

use serde::Serialize;

use crate::cli::client::grid::{Grid, number, text};
use crate::cli::client::words::pick;
use crate::domain::message::Language;
use crate::overlap::learn::{FacetWord, Learned, ProposedSynonym, Scope};

/// A line on a proposed synonym for scripts.
#[derive(Debug, Serialize)]
pub struct SynonymLine {
    kind: &'static str,
    a: Vec<String>,
    b: Vec<String>,
    scope: &'static str,
    of: Vec<String>,
    n_for: usize,
    n_against: usize,
    accepted: bool,
}

impl SynonymLine {
    /// The line of a synonym.
    pub fn of(synonym: &ProposedSynonym) -> Self {
        let words = |words: &[FacetWord]| words.iter().map(|w| format!("{}:{}", w.facet, w.word)).collect();
        let (scope, of) = match &synonym.scope {
            Scope::Everywhere => ("everywhere", Vec::new()),
            Scope::Beside(measure) => ("beside", vec![measure.clone()]),
            Scope::Between(a, b) => ("between", vec![a.to_string(), b.to_string()]),
            Scope::Names(a, b) => ("names", vec![a.to_string(), b.to_string()]),
        };
        Self {
            kind: "synonym",
            a: words(&synonym.a),
            b: words(&synonym.b),
            scope,
            of,
            n_for: synonym.n_for,
            n_against: synonym.n_against,
            accepted: synonym.is_accepted,
        }
    }
}

/// What was learnt as tables for people; empty where nobody decided anything.
pub fn tables(language: Language, learned: &Learned) -> String {
    let calibration = &learned.calibration;
    if learned.synonyms.is_empty() && calibration.steps.is_empty() {
        return String::new();
    }
    let n_decided: usize = calibration.steps.iter().map(|s| s.n).sum();
    let automatic = match (calibration.automatic_from, language) {
        (Some(from), Language::Zh) => format!("把握达到 {from:.4} 的疑似自动合并：{n_decided} 对裁定证明其准确率不低于 99%。"),
        (None, Language::Zh) => format!("没有疑似仅凭把握自动合并：{n_decided} 对裁定还证明不了哪个把握以上的准确率不低于 99%。"),
        (Some(from), Language::En) => {
            format!("Look-alikes from {from:.4} on merge by themselves: {n_decided} decided pairs prove 99 of 100 right.")
        }
        (None, Language::En) => {
            format!("No look-alike merges by its score alone: {n_decided} decided pairs do not prove 99 of 100 right from any score on.")
        }
    };
    let head = pick(language, "裁定提示的同义：", "synonyms that the decisions propose:");
    format!("\n{automatic}\n{head}\n{}", synonyms(language, learned).to_table(language))
}

fn synonyms(language: Language, learned: &Learned) -> Grid {
    let mut grid = Grid::new(&[
        ("a", "甲", "a"),
        ("b", "乙", "b"),
        ("scope", "范围", "scope"),
        ("for", "支持", "for"),
        ("against", "反对", "against"),
        ("used", "采用", "used"),
    ]);
    // What one pair alone proposes is left out: it is the pair itself over again.
    for synonym in learned.synonyms.iter().filter(|s| s.n_for > 1) {
        let used = if synonym.is_accepted { pick(language, "是", "yes") } else { pick(language, "否", "no") };
        let row = vec![
            text(words(language, &synonym.a)),
            text(words(language, &synonym.b)),
            text(scope(language, &synonym.scope)),
            number(synonym.n_for as u64),
            number(synonym.n_against as u64),
            text(used),
        ];
        grid.push(row);
    }
    grid
}

fn words(language: Language, words: &[FacetWord]) -> String {
    let one = |w: &FacetWord| format!("{} {}", facet(language, w.facet), w.word);
    if words.is_empty() { "—".to_owned() } else { words.iter().map(one).collect::<Vec<_>>().join(" + ") }
}

fn facet(language: Language, facet: &'static str) -> &'static str {
    if language == Language::En {
        return facet;
    }
    match facet {
        "measure" => "指标对象",
        "population" => "统计范围",
        "qualifier" => "限定",
        "clause" => "口径说明",
        "statistic" => "统计量",
        "unit" => "计量单位",
        "time" => "时间口径",
        "price" => "价格口径",
        _ => "名称",
    }
}

fn scope(language: Language, scope: &Scope) -> String {
    match (scope, language) {
        (Scope::Everywhere, _) => pick(language, "各处", "everywhere").to_owned(),
        (Scope::Beside(measure), _) if measure.is_empty() => pick(language, "单独作指标对象时", "as the whole measure").to_owned(),
        (Scope::Beside(measure), Language::Zh) => format!("与“{measure}”连用时"),
        (Scope::Beside(measure), Language::En) => format!("beside “{measure}”"),
        (Scope::Between(a, b), Language::Zh) => format!("{a} 与 {b} 之间"),
        (Scope::Between(a, b), Language::En) => format!("between {a} and {b}"),
        (Scope::Names(a, b), Language::Zh) => format!("{a} 与 {b} 之间，同名即同指标"),
        (Scope::Names(a, b), Language::En) => format!("between {a} and {b}, by equal names"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::FormId;
    use crate::overlap::learn::{Calibration, Step};

    fn learned() -> Learned {
        let word = |facet: &'static str, word: &str| FacetWord { facet, word: word.to_owned() };
        let synonym = |a: Vec<FacetWord>, b: Vec<FacetWord>, scope: Scope, is_accepted: bool| ProposedSynonym {
            a,
            b,
            scope,
            n_for: 2,
            n_against: usize::from(!is_accepted),
            forms: Vec::new(),
            taught_by: Vec::new(),
            is_accepted,
        };
        let form = FormId::from_stored;
        let calibration = Calibration { steps: vec![Step { from: 0.5, n: 40, n_same: 30 }], automatic_from: None };
        let synonyms = vec![
            synonym(vec![word("measure", "行政村")], vec![word("measure", "村民委员会")], Scope::Beside(String::new()), true),
            synonym(vec![word("population", "农村")], Vec::new(), Scope::Between(form("a"), form("b")), false),
            synonym(Vec::new(), Vec::new(), Scope::Names(form("a"), form("b")), true),
        ];
        Learned { synonyms, calibration, ..Learned::default() }
    }

    #[test]
    fn tables_say_what_was_learnt_in_both_languages() {
        insta::assert_snapshot!("learned_zh", tables(Language::Zh, &learned()));
        insta::assert_snapshot!("learned_en", tables(Language::En, &learned()));
        assert_eq!(tables(Language::Zh, &Learned::default()), "");
    }

    #[test]
    fn lines_name_words_by_their_facets() {
        let line = serde_json::to_string(&SynonymLine::of(&learned().synonyms[1])).unwrap();
        assert_eq!(
            line,
            r#"{"kind":"synonym","a":["population:农村"],"b":[],"scope":"between","of":["a","b"],"n_for":2,"n_against":1,"accepted":false}"#
        );
    }
}
