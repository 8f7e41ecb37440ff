//! The unit line of a form (计量单位：公顷), in a key of its own or among the footnotes: the unit of the fields that print none.

use crate::domain::measure::Measures;
use crate::domain::template::Field;
use crate::formats::json::Node;

/// Words of a figure that is told in a unit of its own kind whatever the line says.
const OWN_KIND: [&str; 14] = ["率", "比重", "比例", "%", "‰", "指数", "系数", "户数", "人数", "人次", "个数", "次数", "单产", "平均"];

/// The one unit that a line names. A line of several kinds (户、人) does not say which is whose.
pub(super) fn unit_of(node: &Node, measures: &Measures) -> Option<String> {
    match node {
        Node::Text(line) => {
            let (_, rest) = line.split_once("单位：").or_else(|| line.split_once("单位:"))?;
            let unit = rest.split([';', '；', '。', '，', ',', ')', '）']).next().unwrap_or_default().trim();
            measures.find(unit).map(|_| unit.to_owned())
        }
        Node::List(list) => list.items.iter().find_map(|item| unit_of(item, measures)),
        Node::Null | Node::Bool(_) | Node::Number(_) | Node::Object(_) => None,
    }
}

/// Gives the unit to the fields that print none, neither in a key of their own nor in brackets, and that are not told in another one.
pub(super) fn apply(unit: &str, measures: &Measures, fields: &mut [Field]) {
    for field in fields.iter_mut().filter(|field| field.dtype.is_number() && field.unit.trim().is_empty()) {
        let mut texts = [&field.label, &field.column].into_iter().chain(&field.path);
        let is_of_own_kind = |text: &String| OWN_KIND.iter().any(|word| text.contains(word) && !word.starts_with(unit));
        if !is_of_own_kind(&field.label) && !is_of_own_kind(&field.column) && !texts.any(|text| prints_unit(text, measures)) {
            unit.clone_into(&mut field.unit);
        }
    }
}

/// Whether brackets in a text name a unit: 产量（吨）.
fn prints_unit(text: &str, measures: &Measures) -> bool {
    text.split(['(', '（']).skip(1).filter_map(|inside| inside.split([')', '）']).next()).any(|content| measures.find(content).is_some())
}
