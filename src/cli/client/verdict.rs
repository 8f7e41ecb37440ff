//! How a form's verdict is shown: one line of counts, one line per level of what it adds, then the fields with what each relates to.

use crate::cli::client::grid::{Grid, text};
use crate::cli::client::words::{counted_level, pick, standing};
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
    match language {
        Language::Zh if cells < 0 => format!("每年为 {n} {units}减少 {} 格", cells.unsigned_abs()),
        Language::Zh => format!("每年使 {n} {units}各增加 {each} 格，共 {cells} 格"),
        Language::En if cells < 0 => format!("saves {} cells a year for {n} {units}", cells.unsigned_abs()),
        Language::En => format!("adds {each} cells a year for each of {n} {units}, {cells} in all"),
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
