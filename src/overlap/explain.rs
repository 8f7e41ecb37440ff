//! One sentence on a relation, in Chinese or English, that names the facet which decides it.

use crate::domain::message::Language;
use crate::domain::relation::{Reason, Relation, RelationKind};

/// Says in one sentence why two fields are related as they are.
pub fn sentence(relation: &Relation, language: Language) -> String {
    let difference = relation.reasons.iter().filter(|r| r.weight < 0.0 && r.is_facet()).min_by(|x, y| x.weight.total_cmp(&y.weight));
    let agreement = relation
        .reasons
        .iter()
        .filter(|r| r.weight > 0.0 && r.is_facet() && r.facet != "label")
        .max_by(|x, y| x.weight.total_cmp(&y.weight));
    let find = |facet: &str| relation.reasons.iter().find(|r| r.facet == facet);
    match language {
        Language::Zh => chinese(relation, difference, agreement, &find),
        Language::En => english(relation, difference, agreement, &find),
    }
}

fn chinese<'a>(
    relation: &'a Relation,
    difference: Option<&'a Reason>,
    agreement: Option<&'a Reason>,
    find: &dyn Fn(&str) -> Option<&'a Reason>,
) -> String {
    let sides = |r: &Reason| format!("“{}”与“{}”", open_zh(&r.a), open_zh(&r.b));
    let (a, b) = (&relation.a, &relation.b);
    match relation.kind {
        RelationKind::Same if find("decision").is_some() => format!("{a} 与 {b} 经人工裁定为同一指标。"),
        RelationKind::Same => format!("{a} 与 {b} 各项限定一致（{}），是同一指标。", key_of(find)),
        RelationKind::Converted => {
            format!("{a} 与 {b} 是同一指标，仅计量单位不同：{}。", find("unit").map(sides).unwrap_or_default())
        }
        RelationKind::TimeAggregate => {
            format!("{a} 与 {b} 是同一指标，报送频率不同：{}。", find("frequency").map(sides).unwrap_or_default())
        }
        RelationKind::RollUp => format!("{a} 与 {b} 是同一指标，填报层级不同：{}。", find("level").map(sides).unwrap_or_default()),
        RelationKind::Offset => format!("{a} 与 {b} 是同一指标，所属年份相差：{}。", find("offset").map(sides).unwrap_or_default()),
        RelationKind::Narrower => {
            format!("{a} 比 {b} 范围窄：{}不同，{}。", facet_zh(difference), difference.map(sides).unwrap_or_default())
        }
        RelationKind::Broader => {
            format!("{a} 比 {b} 范围宽：{}不同，{}。", facet_zh(difference), difference.map(sides).unwrap_or_default())
        }
        RelationKind::Conflict => {
            format!("{a} 与 {b} 同名异义：{}不同，{}。", facet_zh(difference), difference.map(sides).unwrap_or_default())
        }
        RelationKind::LooksAlike => {
            let shared = agreement.map(|r| format!("都有{}“{}”", facet_zh(Some(r)), r.a)).unwrap_or_else(|| "名称相近".to_owned());
            let open = difference.map(|r| format!("，但{}不一致：{}", facet_zh(Some(r)), sides(r))).unwrap_or_default();
            format!("{a} 与 {b} {shared}{open}，是否同一指标需人工确认。")
        }
    }
}

fn english<'a>(
    relation: &'a Relation,
    difference: Option<&'a Reason>,
    agreement: Option<&'a Reason>,
    find: &dyn Fn(&str) -> Option<&'a Reason>,
) -> String {
    let sides = |r: &Reason| format!("“{}” against “{}”", open_en(&r.a), open_en(&r.b));
    let (a, b) = (&relation.a, &relation.b);
    match relation.kind {
        RelationKind::Same if find("decision").is_some() => format!("{a} and {b} were found to be one figure by a reviewer."),
        RelationKind::Same => format!("{a} and {b} agree in every facet ({}): one figure.", key_of(find)),
        RelationKind::Converted => {
            format!("{a} and {b} are one figure in different units: {}.", find("unit").map(sides).unwrap_or_default())
        }
        RelationKind::TimeAggregate => {
            format!("{a} and {b} are one figure at different frequencies: {}.", find("frequency").map(sides).unwrap_or_default())
        }
        RelationKind::RollUp => {
            format!("{a} and {b} are one figure at different levels: {}.", find("level").map(sides).unwrap_or_default())
        }
        RelationKind::Offset => {
            format!("{a} and {b} are one figure of different years: {}.", find("offset").map(sides).unwrap_or_default())
        }
        RelationKind::Narrower => {
            format!("{a} is narrower than {b} by its {}: {}.", facet_en(difference), difference.map(sides).unwrap_or_default())
        }
        RelationKind::Broader => {
            format!("{a} is broader than {b} by its {}: {}.", facet_en(difference), difference.map(sides).unwrap_or_default())
        }
        RelationKind::Conflict => {
            let what = facet_en(difference);
            format!("{a} and {b} have one name and differ in {what}: {}.", difference.map(sides).unwrap_or_default())
        }
        RelationKind::LooksAlike => {
            let shared = agreement.map(|r| format!("share the {} “{}”", facet_en(Some(r)), r.a));
            let shared = shared.unwrap_or_else(|| "have similar names".to_owned());
            let open = difference.map(|r| format!(" but differ in {}: {}", facet_en(Some(r)), sides(r))).unwrap_or_default();
            format!("{a} and {b} {shared}{open}; a person must say whether they are one figure.")
        }
    }
}

fn key_of<'a>(find: &dyn Fn(&str) -> Option<&'a Reason>) -> &'a str {
    find("key").map(|r| r.a.as_str()).unwrap_or_default()
}

fn open_zh(value: &str) -> &str {
    if value.is_empty() { "未写明" } else { value }
}

fn open_en(value: &str) -> &str {
    if value.is_empty() { "not said" } else { value }
}

fn facet_zh(reason: Option<&Reason>) -> &'static str {
    match reason.map(|r| r.facet.as_str()) {
        Some("measure") => "指标对象",
        Some("statistic") => "统计量",
        Some("population") => "统计范围",
        Some("qualifier") => "限定",
        Some("time") => "时间口径",
        Some("price") => "价格口径",
        Some("unit") => "计量单位",
        Some("clause") => "口径说明",
        Some("offset") => "所属年份",
        Some("plan") => "计划与实际",
        Some("level") => "填报层级",
        Some("frequency") => "报送频率",
        Some("residue" | "label") => "名称",
        _ => "含义",
    }
}

fn facet_en(reason: Option<&Reason>) -> &'static str {
    match reason.map(|r| r.facet.as_str()) {
        Some("measure") => "measure",
        Some("statistic") => "statistic",
        Some("population") => "population",
        Some("qualifier") => "qualifier",
        Some("time") => "time basis",
        Some("price") => "price basis",
        Some("unit") => "unit of measure",
        Some("clause") => "definition",
        Some("offset") => "year",
        Some("plan") => "plan against actual",
        Some("level") => "level",
        Some("frequency") => "frequency",
        Some("residue" | "label") => "name",
        _ => "meaning",
    }
}
