//! Definitions (口径) of two figures that go by one name, compared clause by clause: how long somebody lives or works somewhere, from which age or
//! size on something counts, where the figure is taken from, what is counted in, and on which condition.
//!
//! Works on what the forms print (the note of the row and of the rows above it), not on readings: a clause that no reading understood may still
//! differ. What only one side says is no difference, because a form that prints no definition may mean the usual one.

use std::collections::BTreeSet;

use crate::domain::relation::Reason;
use crate::overlap::facets::range::find_ranges;
use crate::overlap::facets::text::{normalise, strip_markers};
use crate::overlap::placed::Placed;
use crate::overlap::score::text_similarity;

/// Conditions that share less than this are two conditions.
const SIMILAR: f64 = 0.4;
/// Shortest clause, in characters, that states a condition.
const MIN_CONDITION_CHARS: usize = 4;

/// Words by which a clause tells where a figure is taken from; those of one group name one source.
const SOURCES: [(&str, &[&str]); 10] = [
    ("台账", &["台账", "台帐", "账面"]),
    ("国土调查", &["变更调查", "国土调查", "土地调查"]),
    ("确权", &["确权", "登记颁证", "证载"]),
    ("备案", &["备案"]),
    ("普查", &["普查"]),
    ("抽样调查", &["抽样调查", "抽样"]),
    ("遥感", &["遥感", "卫星"]),
    ("测绘", &["测绘", "实测", "丈量"]),
    ("推算", &["推算", "测算", "估算"]),
    ("在册", &["在册", "花名册", "名册"]),
];

/// Words of a clause that states on which condition something counts.
const CONDITIONS: [&str; 22] = [
    "外出", "务工", "监护", "居住", "持有", "持证", "评估", "鉴定", "认定", "入户", "建有", "纳入", "接入", "连续", "从事", "具有", "取得",
    "签订", "达到", "办理", "享受", "验收",
];

/// Scopes and dates before a name, and what follows it, that leave the name itself the same.
const BEFORE: [&str; 24] = [
    "年末",
    "月末",
    "季末",
    "期末",
    "年内",
    "全年",
    "本村",
    "本乡镇",
    "本乡",
    "本镇",
    "本县",
    "全村",
    "全乡",
    "全镇",
    "全县",
    "全市",
    "辖区内",
    "辖区",
    "户籍",
    "常住",
    "农村",
    "乡村",
    "实有",
    "现有",
];
const AFTER: [&str; 8] = ["人数", "户数", "个数", "总数", "数量", "面积", "数", "合计"];

/// A bound that a definition sets.
struct Limit {
    /// What is bounded: a stay, an absence, an age, or a unit of size.
    about: &'static str,
    value: String,
    /// The clause as it is printed.
    words: String,
}

/// What a form says of how a figure is counted.
#[derive(Default)]
struct Definition {
    limits: Vec<Limit>,
    /// Groups of sources, each with its clause.
    sources: Vec<(&'static str, String)>,
    /// Clauses that state a condition.
    conditions: Vec<String>,
    /// Clauses of what is counted in (true) or left out.
    counted: Vec<(bool, String)>,
}

/// Where the definitions of two figures of one name differ, with the clause of each side.
pub(crate) fn differing(a: &Placed, b: &Placed) -> Option<Reason> {
    let (x, y) = (Definition::of(a), Definition::of(b));
    let found = limits_apart(&x, &y).or_else(|| counted_apart(&x, &y)).or_else(|| sources_apart(&x, &y));
    found.or_else(|| conditions_apart(&x, &y)).map(reason)
}

/// The same of bounds and sources alone, where the names agree only but for whose figures they are.
pub(crate) fn bounds_differing(a: &Placed, b: &Placed) -> Option<Reason> {
    let (x, y) = (Definition::of(a), Definition::of(b));
    limits_apart(&x, &y).or_else(|| sources_apart(&x, &y)).map(reason)
}

/// A label without what stands before it of scope and date, and after it of the statistic.
pub(crate) fn core_name(label: &str) -> String {
    let text = normalise(strip_markers(label).0);
    let mut rest = text.split('(').next().unwrap_or_default().trim();
    while let Some(shorter) = BEFORE.iter().find_map(|w| rest.strip_prefix(w).filter(|s| !s.is_empty())) {
        rest = shorter;
    }
    while let Some(shorter) = AFTER.iter().find_map(|w| rest.strip_suffix(w).filter(|s| s.chars().count() > 1)) {
        rest = shorter;
    }
    rest.to_owned()
}

fn reason((a, b): (String, String)) -> Reason {
    Reason { facet: "clause".to_owned(), a, b, weight: -9.0 }
}

impl Definition {
    fn of(placed: &Placed) -> Self {
        let mut definition = Self::default();
        let Some(field) = placed.printed() else { return definition };
        definition.take(&field.note, false);
        // What defines a whole defines its parts, where they say nothing of it themselves.
        for at in placed.entry.above(placed.at) {
            if let Some(above) = placed.entry.form.template.fields.get(*at) {
                definition.take(&above.note, true);
            }
        }
        definition
    }

    /// Takes the clauses of a note; of a row above only the bounds.
    fn take(&mut self, note: &str, is_above: bool) {
        let text = normalise(note);
        let known: BTreeSet<&'static str> = self.limits.iter().map(|l| l.about).collect();
        for printed in text.split([',', '。', ';', '；', '!']).map(str::trim).filter(|c| !c.is_empty()) {
            let clause = with_digits(printed.trim_start_matches("是指").trim_start_matches('指'));
            let sign = counts_in(&clause);
            let limits = if sign.is_none() { limits_of(&clause, &text) } else { Vec::new() };
            let is_bound = !limits.is_empty();
            let new = limits.into_iter().filter(|(about, _)| !is_above || !known.contains(about));
            self.limits.extend(new.map(|(about, value)| Limit { about, value, words: printed.to_owned() }));
            if is_above {
                continue;
            }
            if let Some((is_in, what)) = sign {
                self.counted.push((is_in, what.to_owned()));
                continue;
            }
            let source = SOURCES.iter().find(|(_, words)| words.iter().any(|w| clause.contains(w)));
            if let Some((name, _)) = source {
                self.sources.push((name, printed.to_owned()));
            } else if !is_bound && clause.chars().count() >= MIN_CONDITION_CHARS && CONDITIONS.iter().any(|w| clause.contains(w)) {
                self.conditions.push(printed.to_owned());
            }
        }
    }
}

/// What a clause counts in or leaves out.
fn counts_in(clause: &str) -> Option<(bool, &str)> {
    let out = ["不含", "不包括", "不包含", "不计", "剔除", "扣除", "未含"];
    let within = ["含", "包括", "包含"];
    let of = |words: &[&str]| words.iter().find_map(|w| clause.strip_prefix(*w));
    of(&out).map(|what| (false, what)).or_else(|| of(&within).map(|what| (true, what)))
}

/// The bounds of a clause: months of a stay or an absence, ages, sizes by their unit.
fn limits_of(clause: &str, note: &str) -> Vec<(&'static str, String)> {
    let says = |words: &[&str]| words.iter().any(|w| clause.contains(w));
    let away = ["外出", "从业", "务工", "以外", "离开", "就业"];
    let stay = if says(&["居住"]) {
        Some("stay")
    } else if says(&away) || away.iter().any(|w| note.contains(w)) {
        Some("absence")
    } else {
        None
    };
    let limit = |range: crate::overlap::facets::range::Range| {
        if range.is_age {
            return Some(("age", range.value));
        }
        if let Some(months) = months_of(&range.value) {
            return stay.map(|about| (about, months));
        }
        let unit = SIZES.iter().find(|unit| range.value.contains(**unit))?;
        Some((*unit, range.value))
    };
    find_ranges(clause).into_iter().filter_map(limit).collect()
}

/// Units in which the size of something is bounded.
const SIZES: [&str; 12] = ["平方公里", "平方米", "公顷", "万元", "立方米", "头", "只", "羽", "亩", "千瓦", "张", "元"];

/// A span in months with its sign: 1年+ is 12+.
fn months_of(value: &str) -> Option<String> {
    let (unit, factor) = [("个月", 1), ("月", 1), ("年", 12)].into_iter().find(|(unit, _)| value.contains(unit))?;
    let number: u32 = value.chars().filter(char::is_ascii_digit).collect::<String>().parse().ok()?;
    let sign: String = value.replace(unit, "").chars().filter(|c| !c.is_ascii_digit()).collect();
    (number < 100).then(|| format!("{}{sign}", number * factor))
}

/// 半年以上 and 三个月以上 with digits.
fn with_digits(clause: &str) -> String {
    let mut text = clause.replace("半年", "6个月");
    for (at, digit) in ["一", "二", "三", "四", "五", "六", "七", "八", "九"].into_iter().enumerate() {
        for unit in ["个月", "年以", "年及", "年("] {
            text = text.replace(&format!("{digit}{unit}"), &format!("{}{unit}", at + 1));
        }
    }
    ["个月", "年以", "年及"].into_iter().fold(text, |text, unit| text.replace(&format!("两{unit}"), &format!("2{unit}")))
}

fn limits_apart(x: &Definition, y: &Definition) -> Option<(String, String)> {
    x.limits.iter().find_map(|own| {
        let others: Vec<&Limit> = y.limits.iter().filter(|l| l.about == own.about).collect();
        let met = |value: &String| others.iter().any(|o| o.value == *value);
        let is_met = x.limits.iter().filter(|l| l.about == own.about).any(|l| met(&l.value));
        others.first().filter(|_| !is_met).map(|other| (own.words.clone(), other.words.clone()))
    })
}

/// What one side counts in and the other leaves out.
fn counted_apart(x: &Definition, y: &Definition) -> Option<(String, String)> {
    let told = |is_in: bool, what: &str| format!("{}{what}", if is_in { "含" } else { "不含" });
    x.counted.iter().find_map(|(is_in, what)| {
        let (other, beside) = y.counted.iter().find(|(other, beside)| other != is_in && beside == what)?;
        Some((told(*is_in, what), told(*other, beside)))
    })
}

fn sources_apart(x: &Definition, y: &Definition) -> Option<(String, String)> {
    let is_shared = x.sources.iter().any(|(name, _)| y.sources.iter().any(|(other, _)| other == name));
    let (own, other) = (x.sources.first()?, y.sources.first()?);
    (!is_shared).then(|| (own.1.clone(), other.1.clone()))
}

fn conditions_apart(x: &Definition, y: &Definition) -> Option<(String, String)> {
    let (own, other) = (x.conditions.first()?, y.conditions.first()?);
    let is_like = |p: &String| y.conditions.iter().any(|q| text_similarity(p, q) >= SIMILAR);
    (!x.conditions.iter().any(is_like)).then(|| (own.clone(), other.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(note: &str) -> Definition {
        let mut definition = Definition::default();
        definition.take(note, false);
        definition
    }

    fn apart(a: &str, b: &str) -> Option<(String, String)> {
        let (x, y) = (of(a), of(b));
        let found = limits_apart(&x, &y).or_else(|| counted_apart(&x, &y)).or_else(|| sources_apart(&x, &y));
        found.or_else(|| conditions_apart(&x, &y))
    }

    #[test]
    fn clauses_that_differ_are_named() {
        let check = |a: &str, b: &str, clauses: (&str, &str)| {
            assert_eq!(apart(a, b), Some((clauses.0.to_owned(), clauses.1.to_owned())), "{a} and {b}");
            assert_eq!(apart(b, a), Some((clauses.1.to_owned(), clauses.0.to_owned())), "{b} and {a}");
        };
        check("指居住1个月以上的人口", "年末，居住半年以上", ("指居住1个月以上的人口", "居住半年以上"));
        check("到乡镇以外从业，年内累计6个月以上", "到本乡镇以外从业一个月以上", ("年内累计6个月以上", "到本乡镇以外从业一个月以上"));
        check("年存栏200头以上", "年存栏50头及以上的户", ("年存栏200头以上", "年存栏50头及以上的户"));
        check("按承包台账填报", "采用国土变更调查成果", ("按承包台账填报", "采用国土变更调查成果"));
        check("含民办学校", "不含民办学校", ("含民办学校", "不含民办学校"));
        check("18周岁以下", "不满16周岁", ("18周岁以下", "不满16周岁"));
        check("持有第二代证", "经乡镇评估需要照料", ("持有第二代证", "经乡镇评估需要照料"));
    }

    #[test]
    fn one_definition_in_other_words_is_one() {
        for (a, b) in [
            ("居住半年以上", "实际居住6个月以上，含外来人口，不含外出半年以上的人口"),
            ("连续居住一年以上", "居住12个月以上"),
            ("采用年度国土变更调查数", "年度国土变更调查成果"),
            ("", "居住半年以上"),
            ("含预备党员", "年末数"),
            ("父母双方外出务工", "父母一方或双方外出"),
        ] {
            assert_eq!(apart(a, b), None, "{a} and {b}");
        }
    }

    #[test]
    fn names_are_compared_without_scope_and_statistic() {
        for (label, expect) in [
            ("其中：本村户籍劳动力", "劳动力"),
            ("农村劳动力人数", "劳动力"),
            ("年末常住人口", "人口"),
            ("总户数", "总户"),
            ("户数", "户数"),
        ] {
            assert_eq!(core_name(label), expect, "{label}");
        }
    }
}
