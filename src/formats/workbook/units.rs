//! Units of measure as forms print them: in a column, in brackets behind a heading, or in a line above the table for all of it.

use super::fields::Found;
use super::sheet::At;
use super::text::{behind, clean, marker, plain};
use crate::domain::measure::Measures;

/// The unit that stands in brackets in a heading: 产量（吨）, 面积 (单位：亩).
pub(super) fn in_brackets(text: &str, measures: &Measures) -> Option<String> {
    let mut found = None;
    let mut rest = text;
    while let Some(at) = rest.find(['(', '（']) {
        let inside = rest.get(at..)?.trim_start_matches(['(', '（']);
        let Some(end) = inside.find([')', '）']) else { break };
        let content = inside.get(..end)?;
        let content = content.rsplit([':', '：']).next().unwrap_or(content);
        if !content.is_empty() && measures.find(content).is_some() {
            found = Some(clean(content));
        }
        rest = inside.get(end..)?;
    }
    found
}

/// A unit that was typed twice into one cell, once.
pub(super) fn repeated_once(unit: &str, measures: &Measures) -> String {
    let n = unit.chars().count();
    let half: String = unit.chars().take(n / 2).collect();
    if n >= 2 && n.is_multiple_of(2) && half.repeat(2) == unit && measures.find(unit).is_none() && measures.find(&half).is_some() {
        half
    } else {
        unit.to_owned()
    }
}

/// The units that a line names for the table below (计量单位：公顷、吨), with the cell.
pub(super) fn in_line(text: &str) -> Option<Vec<String>> {
    let normal: String = text.chars().map(|c| if c == ':' { '：' } else { c }).collect();
    let squeezed = clean(&normal);
    let at = ["计量单位：", "计算单位：", "金额单位：", "数量单位：", "面积单位：", "单位："].into_iter().find_map(|mark| {
        let from = squeezed.find(mark)?;
        let is_whole = from == 0 || !squeezed.get(..from)?.ends_with(['报', '责', '导', '管', '制', '表', '送', '属']);
        is_whole.then(|| from + mark.len())
    })?;
    let rest = squeezed.get(at..)?;
    let end = rest.find(['年', '(', '（', ')', '）', ';', '；', '。', '：']).unwrap_or(rest.len());
    let list = rest.get(..end)?;
    let units: Vec<String> = list.split(['、', ',', '，', '/', ' ']).map(|u| u.trim().to_owned()).filter(|u| !u.is_empty()).collect();
    (!units.is_empty() && units.iter().all(|u| u.chars().count() <= 8)).then_some(units)
}

/// Words that tell the dimension of a figure, first of the label, then of its column, then of the headings above.
const DIMENSIONS: [(&str, &[&str]); 9] = [
    ("ratio", &["率", "比重", "比例", "占比", "%", "‰"]),
    ("area", &["面积", "耕地", "园地", "林地"]),
    ("mass", &["产量", "总产", "重量", "单产", "用量", "施用", "使用量", "消费量"]),
    (
        "money",
        &[
            "收入",
            "支出",
            "产值",
            "金额",
            "资金",
            "资产",
            "税",
            "投资",
            "余额",
            "经费",
            "工资",
            "利润",
            "总额",
            "增加值",
            "费用",
            "成本",
            "补助",
            "债务",
        ],
    ),
    ("household", &["户数", "户"]),
    ("person", &["人数", "人口", "人员", "劳动力", "男", "女", "学生", "教师", "党员", "职工", "医师"]),
    ("volume", &["蓄积", "木材", "出材", "库容", "水量"]),
    ("power", &["动力", "装机"]),
    ("count", &["个数", "数量", "单位数", "村数", "企业数", "机构数"]),
];

fn dimension_of(text: &str) -> Option<&'static str> {
    let text = plain(text);
    let text = marker(&text).map_or(text.as_str(), |m| behind(&text, &m));
    // A band (月收入500元以下) says what is divided, not what is counted.
    if text.contains(|c: char| c.is_ascii_digit()) {
        return None;
    }
    // What a label ends with is what is counted: 拖欠工资人数 are people.
    if let Some((dimension, _)) = DIMENSIONS.iter().find(|(_, words)| words.iter().any(|w| w.chars().count() > 1 && text.ends_with(w))) {
        return Some(dimension);
    }
    DIMENSIONS.iter().find(|(_, words)| words.iter().any(|w| text.contains(w))).map(|(d, _)| *d)
}

/// Gives the units of a line to the fields that have none: the only one, or the one whose kind the words of the field tell.
pub(super) fn apply_line(units: &[String], at: At, fields: &mut [Found], measures: &Measures) {
    let dimensions: Vec<Option<String>> = units.iter().map(|u| measures.find(u).map(|m| m.dimension.clone())).collect();
    for field in fields.iter_mut().filter(|f| f.unit.is_empty() && f.options.is_empty()) {
        let label = marker(&field.label).map_or(field.label.as_str(), |m| behind(&field.label, &m));
        let is_band = label.contains(|c: char| c.is_ascii_digit()) && !label.contains(['(', '（']);
        let texts = [field.label.as_str(), field.column.as_str()].into_iter().chain(field.path.iter().rev().map(String::as_str));
        let told = texts.filter_map(dimension_of).next().filter(|_| !is_band);
        let chosen = match told {
            Some("ratio") => None,
            Some(told) => units.iter().zip(&dimensions).find(|(_, d)| d.as_deref() == Some(told)).map(|(u, _)| (u, 88)),
            None => None,
        };
        let chosen = chosen.or_else(|| match units {
            [only] if told != Some("ratio") && is_for_all(only, told, measures) => Some((only, 85)),
            [first, ..] if units.len() > 1 && told.is_none() => Some((first, 50)),
            _ => None,
        });
        if let Some((unit, sureness)) = chosen {
            field.unit.clone_from(unit);
            field.unit_sureness = sureness;
            field.unit_at = Some(at);
        }
    }
}

/// Whether the one unit of a line suits a figure of this kind: money is not told in 公顷, whatever the line says.
fn is_for_all(unit: &str, told: Option<&str>, measures: &Measures) -> bool {
    match (told, measures.find(unit)) {
        (Some(told), Some(measure)) => measure.dimension == told || !matches!(told, "area" | "money" | "mass" | "household"),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_found_where_forms_print_them() {
        let measures = Measures::embedded();
        assert_eq!(in_brackets("面积(千公顷)", &measures).as_deref(), Some("千公顷"));
        assert_eq!(in_brackets("中稻(含一季晚)", &measures), None);
        assert_eq!(in_brackets("（肉、产品）产量（吨）", &measures).as_deref(), Some("吨"));
        assert_eq!(repeated_once("万人万人", &measures), "万人");
        assert_eq!(in_line("综合机关名称：   ２０　年   计量单位：公顷、吨"), Some(vec!["公顷".into(), "吨".into()]));
        assert_eq!(in_line("计量单位:人、元"), Some(vec!["人".into(), "元".into()]));
        assert_eq!(in_line("填报单位：红旗镇"), None);
        assert_eq!(in_line("（金额单位：万元）"), Some(vec!["万元".into()]));
    }
}
