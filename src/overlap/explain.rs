//! One sentence on a relation, in Chinese or English, that names both figures as their forms print them and the facet that decides.

use crate::domain::id::FieldKey;
use crate::domain::message::Language;
use crate::domain::relation::{Origin, Reason, Relation, RelationKind};
use crate::domain::template::{Field, RegisteredTemplate};
use crate::overlap::facets::text::strip_markers;

mod clerk;
mod words;

pub use crate::overlap::explain::clerk::for_clerk;
use crate::overlap::explain::words::{facet, key_in_words, said};

/// What a person calls a field: its label with what it needs from above, and the title of its form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named {
    /// Label, with the row above where the label alone says little, and the column.
    pub label: String,
    /// Title of the form.
    pub title: String,
}

impl Named {
    /// Names a field of a form; empty where the form does not have it.
    pub fn of(form: &RegisteredTemplate, key: &FieldKey) -> Self {
        let field = form.template.fields.iter().find(|f| f.id == key.field);
        Self { label: field.map(short_name).unwrap_or_default(), title: form.template.title.trim().to_owned() }
    }
}

/// A field's label as one would say it: 常住人口：女, 粮食（面积）.
pub(crate) fn short_name(field: &Field) -> String {
    let (label, is_among) = strip_markers(&field.label);
    let label = label.trim();
    let is_short = label.chars().count() <= 3
        || label.starts_with(|c: char| c.is_ascii_digit())
        || label.starts_with("其他")
        || label.starts_with("其它");
    let is_group = |heading: &&String| {
        let plain = strip_markers(heading).0;
        let is_breakdown = plain.contains('按') && plain.contains('分');
        let is_aside = plain.starts_with("其中") || (plain.starts_with('在') && plain.trim_end().ends_with(['：', ':', '中']));
        plain.trim().is_empty() || is_breakdown || is_aside
    };
    let above = field.path.iter().rev().find(|h| !is_group(h)).map(|h| strip_markers(h).0.trim().to_owned());
    let mut name = match above.filter(|_| is_among || is_short) {
        Some(above) if !above.contains(label) => format!("{}：{label}", above.trim_end_matches(['：', ':'])),
        _ => label.to_owned(),
    };
    let column = strip_markers(&field.column).0.trim();
    if !column.is_empty() {
        name = format!("{name}（{column}）");
    }
    name
}

/// Says in one sentence why two fields are related as they are; `a` and `b` name the fields.
pub fn sentence(relation: &Relation, a: &Named, b: &Named, language: Language) -> String {
    let (x, y) = match language {
        Language::Zh if a.title == b.title => (format!("《{}》“{}”", a.title, a.label), format!("同表“{}”", b.label)),
        Language::Zh => (format!("《{}》“{}”", a.title, a.label), format!("《{}》“{}”", b.title, b.label)),
        Language::En if a.title == b.title => (format!("“{}” of 《{}》", a.label, a.title), format!("“{}” of the same form", b.label)),
        Language::En => (format!("“{}” of 《{}》", a.label, a.title), format!("“{}” of 《{}》", b.label, b.title)),
    };
    match language {
        Language::Zh => chinese(relation, &x, &y),
        Language::En => english(relation, &x, &y),
    }
}

/// The facet that decides a relation: what differs where something does, else what both share.
pub fn deciding(relation: &Relation) -> Option<&Reason> {
    let find = |name: &str| relation.reasons.iter().find(|r| r.facet == name);
    match relation.kind {
        RelationKind::Same => find("decision").or_else(|| find("key")),
        RelationKind::Converted => find("unit"),
        RelationKind::TimeAggregate => find("frequency"),
        RelationKind::RollUp => find("level"),
        RelationKind::Offset => find("offset"),
        RelationKind::Formula => find("formula"),
        RelationKind::Narrower | RelationKind::Broader => limit(relation).or_else(|| strongest(relation)),
        RelationKind::Conflict | RelationKind::LooksAlike => strongest(relation),
    }
}

/// What only the narrower one says, a qualifier before a scope.
fn limit(relation: &Relation) -> Option<&Reason> {
    let is_narrower = relation.kind == RelationKind::Narrower;
    let of = |facet: &str| {
        let mut limits = relation.reasons.iter().filter(|r| {
            let (narrow, broad) = if is_narrower { (&r.a, &r.b) } else { (&r.b, &r.a) };
            r.facet == facet && r.weight < 0.0 && !narrow.is_empty() && broad.is_empty()
        });
        limits.next()
    };
    ["qualifier", "measure", "population", "residue", "clause"].into_iter().find_map(of)
}

/// What differs and weighs most, else what weighs most.
fn strongest(relation: &Relation) -> Option<&Reason> {
    let known = || relation.reasons.iter().filter(|r| facet(&r.facet, Language::Zh).is_some());
    let differs = known().filter(|r| r.weight < 0.0 && r.a != r.b && r.facet != "label");
    let differs = differs.min_by(|x, y| x.weight.total_cmp(&y.weight));
    differs.or_else(|| known().min_by(|x, y| x.weight.total_cmp(&y.weight)))
}

/// The facet that speaks most for a pair that is asked about.
fn agreement(relation: &Relation) -> Option<&Reason> {
    let shared = relation
        .reasons
        .iter()
        .filter(|r| r.weight > 0.0 && r.a == r.b && !r.a.is_empty() && !matches!(r.facet.as_str(), "label" | "unit" | "time"));
    // A single unknown letter that both have says nothing to a person.
    let tells = |r: &&Reason| facet(&r.facet, Language::Zh).is_some() && (r.facet != "residue" || r.a.chars().count() > 1);
    shared.filter(tells).max_by(|x, y| x.weight.total_cmp(&y.weight))
}

/// What each side says of the facet that decides. A word that only one side has is set against the word that only the other has: wheat against
/// beans, and not against nothing.
fn sides(relation: &Relation, decides: &Reason, language: Language) -> (String, String) {
    let is_asked = matches!(relation.kind, RelationKind::LooksAlike | RelationKind::Conflict);
    let only = |first: bool| {
        let mut others = relation.reasons.iter().filter(|r| {
            let (own, beside) = if first { (&r.a, &r.b) } else { (&r.b, &r.a) };
            is_asked && r.facet == decides.facet && r.weight < 0.0 && !own.is_empty() && beside.is_empty()
        });
        others.next().map(|r| if first { r.a.as_str() } else { r.b.as_str() })
    };
    let a = if decides.a.is_empty() { only(true).unwrap_or_default() } else { &decides.a };
    let b = if decides.b.is_empty() { only(false).unwrap_or_default() } else { &decides.b };
    (said(&decides.facet, a, language), said(&decides.facet, b, language))
}

fn chinese(relation: &Relation, x: &str, y: &str) -> String {
    let zh = Language::Zh;
    let reason = deciding(relation);
    let what = reason.and_then(|r| facet(&r.facet, zh)).unwrap_or("含义");
    let (p, q) = reason.map(|r| sides(relation, r, zh)).unwrap_or_default();
    let is_decided = relation.reasons.iter().any(|r| r.facet == "decision");
    match relation.kind {
        RelationKind::Same if is_decided => format!("{x}和{y}经人工裁定为同一个数。"),
        RelationKind::Narrower if is_decided => format!("{x}经人工裁定只是{y}的一部分，不能合并。"),
        RelationKind::Broader if is_decided => format!("{x}经人工裁定范围比{y}宽，不能合并。"),
        RelationKind::Same => {
            let key = reason.map(|r| key_in_words(&r.a, zh)).unwrap_or_default();
            format!("{x}和{y}是同一个数：{key}都一致。")
        }
        RelationKind::Converted => {
            format!("{x}和{y}是同一个数，只是计量单位不同：前者用{p}，后者用{q}，可以换算{}。", precision_zh(relation))
        }
        RelationKind::TimeAggregate => {
            format!("{x}和{y}是同一个数，只是报送频率不同：前者是{p}，后者是{q}，频率低的由频率高的汇总{}。", precision_zh(relation))
        }
        RelationKind::RollUp => {
            format!("{x}和{y}是同一个数，只是填报层级不同：前者由{p}填报，后者由{q}填报，上级的数由下级汇总{}。", precision_zh(relation))
        }
        RelationKind::Offset => format!("{x}和{y}是同一指标在不同年份的数：所属年份前者是{p}，后者是{q}。"),
        RelationKind::Formula => formula_zh(relation, x, y),
        RelationKind::Narrower => format!("{x}只是{y}的一部分，不能合并：{what}上前者限于{p}，后者{}。", not_said_zh(&q)),
        RelationKind::Broader => format!("{x}的范围比{y}宽，不能合并：{what}上前者{}，后者限于{q}。", not_said_zh(&p)),
        RelationKind::Conflict => format!("{x}和{y}名称相同而含义不同，不能合并：{what}前者{}，后者{}。", not_said_zh(&p), not_said_zh(&q)),
        RelationKind::LooksAlike => {
            let shared = agreement(relation).map(|r| format!("都有{}{}", facet(&r.facet, zh).unwrap_or("含义"), said(&r.facet, &r.a, zh)));
            let shared = shared.unwrap_or_else(|| "名称相近".to_owned());
            match reason.filter(|r| r.a != r.b) {
                Some(_) => format!("{x}和{y}{shared}，但{what}前者{}，后者{}；是不是同一个数，请人工判断。", is_zh(&p), is_zh(&q)),
                None => format!("{x}和{y}{shared}，{what}也看不出差别，但读得不够确切；是不是同一个数，请人工判断。"),
            }
        }
    }
}

fn english(relation: &Relation, x: &str, y: &str) -> String {
    let en = Language::En;
    let reason = deciding(relation);
    let what = reason.and_then(|r| facet(&r.facet, en)).unwrap_or("meaning");
    let (p, q) = reason.map(|r| sides(relation, r, en)).unwrap_or_default();
    let is_decided = relation.reasons.iter().any(|r| r.facet == "decision");
    match relation.kind {
        RelationKind::Same if is_decided => format!("{x} and {y} were found to be one figure by a reviewer."),
        RelationKind::Narrower if is_decided => format!("{x} was found to be only part of {y} by a reviewer and cannot be merged."),
        RelationKind::Broader if is_decided => format!("{x} was found to be broader than {y} by a reviewer and cannot be merged."),
        RelationKind::Same => {
            let key = reason.map(|r| key_in_words(&r.a, en)).unwrap_or_default();
            format!("{x} and {y} are one figure: {key} agree.")
        }
        RelationKind::Converted => {
            format!(
                "{x} and {y} are one figure in different units of measure: {p} and {q}, which convert exactly{}.",
                precision_en(relation)
            )
        }
        RelationKind::TimeAggregate => {
            format!(
                "{x} and {y} are one figure at different frequencies: {p} and {q}; the rarer follows from the more frequent{}.",
                precision_en(relation)
            )
        }
        RelationKind::RollUp => {
            format!(
                "{x} and {y} are one figure at different levels: {p} and {q}; the higher is the sum of the lower{}.",
                precision_en(relation)
            )
        }
        RelationKind::Offset => format!("{x} and {y} are one figure of different years: the year is {p} and {q}."),
        RelationKind::Formula => formula_en(relation, x, y),
        RelationKind::Narrower => {
            format!("{x} is only part of {y} and cannot be merged: in {what} the first is limited to {p}, the second {}.", not_said_en(&q))
        }
        RelationKind::Broader => {
            format!("{x} is broader than {y} and cannot be merged: in {what} the first {}, the second is limited to {q}.", not_said_en(&p))
        }
        RelationKind::Conflict => {
            let (p, q) = (not_said_en(&p), not_said_en(&q));
            format!("{x} and {y} have one name and different meanings and cannot be merged: in {what} the first {p}, the second {q}.")
        }
        RelationKind::LooksAlike => {
            let shared =
                agreement(relation).map(|r| format!("share the {} {}", facet(&r.facet, en).unwrap_or("meaning"), said(&r.facet, &r.a, en)));
            let shared = shared.unwrap_or_else(|| "have similar names".to_owned());
            match reason.filter(|r| r.a != r.b) {
                Some(_) => format!(
                    "{x} and {y} {shared}, but in {what} the first {}, the second {}; a person must say whether they are one figure.",
                    is_en(&p),
                    is_en(&q)
                ),
                None => format!(
                    "{x} and {y} {shared} and show no difference in {what}, but are not read surely enough; a person must say whether they are one figure."
                ),
            }
        }
    }
}

/// Terms of an equation that a sentence shows; the rest is counted.
const MAX_TERMS: usize = 5;

/// The equation, cut where it is longer than a sentence bears.
fn cut(expression: &str, language: Language) -> String {
    let terms: Vec<&str> = expression.split(" + ").collect();
    if terms.len() <= MAX_TERMS {
        return expression.to_owned();
    }
    let shown = terms.get(..MAX_TERMS - 1).unwrap_or_default().join(" + ");
    let left = terms.len() - MAX_TERMS + 1;
    match language {
        Language::Zh => format!("{shown} + …（另有{left}项）"),
        Language::En => format!("{shown} + … ({left} more)"),
    }
}

/// The level or frequency at which the second figure is too coarse for the first.
fn hindrance(relation: &Relation) -> Option<&Reason> {
    relation.reasons.iter().find(|r| matches!(r.facet.as_str(), "level" | "frequency") && r.weight < 0.0)
}

fn formula_zh(relation: &Relation, x: &str, y: &str) -> String {
    let Some(d) = &relation.formula else { return format!("{x}可以按计算关系由{y}等算出。") };
    let because = match d.origin {
        Origin::Printed => format!("依据《{}》的审核关系“{}”", d.title, d.words),
        Origin::Breakdown => format!("依据《{}》表内的分组“{}”", d.title, d.words),
        Origin::Growth => "增长率由本期数和上年同期数算出".to_owned(),
        Origin::Time if d.words == "flow" => "本年累计等于年初以来各期数相加".to_owned(),
        Origin::Time => "全年数等于最末一期的本年累计".to_owned(),
    };
    let others = if d.operands.len() > 1 { "和其他指标" } else { "" };
    let expression = cut(&d.expression, Language::Zh);
    match hindrance(relation) {
        Some(r) => {
            let what = facet(&r.facet, Language::Zh).unwrap_or("报送频率");
            let (p, q) = (said(&r.facet, &r.a, Language::Zh), said(&r.facet, &r.b, Language::Zh));
            format!("{x}与{y}有计算关系“{expression}”（{because}），但{what}前者是{p}，后者是{q}，不能直接算出，只可用来核对。")
        }
        None => format!("{x}可以由{y}{others}计算，计算关系是“{expression}”（{because}）。"),
    }
}

fn formula_en(relation: &Relation, x: &str, y: &str) -> String {
    let Some(d) = &relation.formula else { return format!("{x} can be computed from {y} by a formula.") };
    let because = match d.origin {
        Origin::Printed => format!("by the printed rule “{}” of 《{}》", d.words, d.title),
        Origin::Breakdown => format!("by the breakdown “{}” of 《{}》", d.words, d.title),
        Origin::Growth => "a growth rate follows from its two figures".to_owned(),
        Origin::Time if d.words == "flow" => "the sum since January adds up the periods".to_owned(),
        Origin::Time => "a year's figure is the last sum since January".to_owned(),
    };
    let others = if d.operands.len() > 1 { " and others" } else { "" };
    let expression = cut(&d.expression, Language::En);
    match hindrance(relation) {
        Some(r) => {
            let what = facet(&r.facet, Language::En).unwrap_or("frequency");
            let (p, q) = (said(&r.facet, &r.a, Language::En), said(&r.facet, &r.b, Language::En));
            format!(
                "{x} and {y} stand in the formula “{expression}” ({because}), but the {what} is {p} and {q}, so that the second only checks the first."
            )
        }
        None => format!("{x} can be computed from {y}{others} by the formula “{expression}” ({because})."),
    }
}

fn precision_zh(relation: &Relation) -> String {
    let told = relation.reasons.iter().find(|r| r.facet == "precision" && r.weight < 0.0);
    told.map_or_else(String::new, |r| format!("；但精度不同：前者要精确到{}，后者只到{}，后者的数不能直接供前者使用", r.a, r.b))
}

fn precision_en(relation: &Relation) -> String {
    let told = relation.reasons.iter().find(|r| r.facet == "precision" && r.weight < 0.0);
    told.map_or_else(String::new, |r| {
        format!(
            "; but the precision differs: the first needs steps of {}, the second shows {}, so the second cannot serve the first",
            r.a, r.b
        )
    })
}

fn is_zh(value: &str) -> String {
    if value == "未写明" { value.to_owned() } else { format!("是{value}") }
}

fn is_en(value: &str) -> String {
    if value == "not said" { "says nothing".to_owned() } else { format!("is {value}") }
}

fn not_said_zh(value: &str) -> String {
    if value == "未写明" { "没有这一限制".to_owned() } else { format!("是{value}") }
}

fn not_said_en(value: &str) -> String {
    if value == "not said" { "has no such limit".to_owned() } else { format!("is {value}") }
}
