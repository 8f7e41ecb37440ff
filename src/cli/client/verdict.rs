//! How a form's verdict is shown: one line of counts, one line per level of what it adds, then the fields with what each relates to.

use crate::cli::client::grid::{Grid, text};
use crate::cli::client::words::{counted_level, level, pick, standing};
use crate::domain::message::Language;
use crate::pb;

/// The counts of a registered or previewed form in one line: "of 64 fields: 41 held, 9 computable, 6 look-alike, 8 new".
pub(crate) fn counts_line(language: Language, counts: &pb::OverlapCounts) -> String {
    let pb::OverlapCounts { fields, held, computable, look_alike, new_fields } = counts;
    match language {
        Language::Zh => format!("共 {fields} 项：已采集 {held}，可计算 {computable}，疑似 {look_alike}，新增 {new_fields}"),
        Language::En => format!("of {fields} fields: {held} held, {computable} computable, {look_alike} look-alike, {new_fields} new"),
    }
}

/// What the form adds, level by level.
pub(crate) fn added_lines(language: Language, added: &[pb::AddedBurden]) -> Vec<String> {
    if added.is_empty() {
        return vec![pick(language, "不增加基层的填报", "adds nothing to type").to_owned()];
    }
    added.iter().map(|level| added_line(language, level)).collect()
}

fn added_line(language: Language, added: &pb::AddedBurden) -> String {
    let (least, most) = (added.cells_per_unit_min, added.cells_per_unit_max);
    let each = if least == most { least.to_string() } else { format!("{least}-{most}") };
    let units = counted_level(language, added.level);
    let (n, cells) = (added.units, added.cells);
    match (language, n) {
        // Nobody types more: what was typed at this level follows from the new form.
        (Language::Zh, 0) => format!("{}少填 {} 格", level(language, added.level), cells.unsigned_abs()),
        (Language::En, 0) => format!("saves the {units} {} cells a year", cells.unsigned_abs()),
        (Language::Zh, _) if cells <= 0 => format!("每年使 {n} {units}各增加 {each} 格，其余单位减少，合计 {cells} 格"),
        (Language::En, _) if cells <= 0 => {
            format!("adds {each} cells a year for each of {n} {units} and saves others more: {cells} in all")
        }
        (Language::Zh, _) => format!("每年使 {n} {units}各增加 {each} 格，共 {cells} 格"),
        (Language::En, _) => format!("adds {each} cells a year for each of {n} {units}, {cells} in all"),
    }
}

/// The fields with their standing and the relation that it rests on.
pub(crate) fn fields_grid(language: Language, fields: &[pb::FieldOverlap]) -> Grid {
    let mut grid = Grid::new(&[
        ("field_id", "指标", "field"),
        ("label", "名称", "label"),
        ("standing", "状态", "standing"),
        ("element", "数据元", "element"),
        ("related_field", "对应指标", "related field"),
        ("why", "理由", "why"),
    ]);
    for field in fields {
        let best = field.relations.first();
        let related = best.and_then(|r| r.b.as_ref()).map(|b| format!("{}/{}", b.form_id, b.field_id));
        grid.push(vec![
            text(field.field.as_ref().map(|f| f.field_id.clone()).unwrap_or_default()),
            text(field.label.clone()),
            text(standing(language, field.standing)),
            text(field.element.clone()),
            text(related.unwrap_or_default()),
            text(best.map(|r| sentence(language, r)).unwrap_or_default()),
        ]);
    }
    grid
}

/// Why a relation holds, in one sentence; the other side's label and title where the server has none.
pub(crate) fn sentence(language: Language, relation: &pb::Relation) -> String {
    let sentence = pick(language, &relation.sentence_zh, &relation.sentence_en);
    if sentence.is_empty() { format!("《{}》{}", relation.b_title, relation.b_label) } else { sentence.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_form_adds_is_said_in_one_sentence() {
        let added = |units: u64, min: u64, max: u64, cells: i64| pb::AddedBurden {
            level: pb::Level::Township.into(),
            units,
            cells_per_unit_min: min,
            cells_per_unit_max: max,
            cells,
        };
        let told = |a: pb::AddedBurden| added_lines(Language::En, &[a]).concat();
        assert_eq!(told(added(1387, 8, 8, 11096)), "adds 8 cells a year for each of 1387 townships, 11096 in all");
        assert_eq!(told(added(5, 2, 8, 30)), "adds 2-8 cells a year for each of 5 townships, 30 in all");
        assert_eq!(told(added(0, 0, 0, -16)), "saves the townships 16 cells a year");
        assert_eq!(told(added(1, 3, 3, -9)), "adds 3 cells a year for each of 1 townships and saves others more: -9 in all");
        assert_eq!(added_lines(Language::Zh, &[]), ["不增加基层的填报"]);
    }
}
