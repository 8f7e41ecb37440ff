//! Fields of a matrix: every column asks something, rows are reporting units, headings stand above in steps.

use super::fields::Found;
use super::layout::Table;
use super::outline::{Item, Outline};
use super::sheet::{At, Sheet};
use super::text::{is_dash, is_marker_alone, is_number, marker, plain};
use super::units::{in_brackets, repeated_once};
use crate::domain::measure::Measures;

/// A column with its headings from the top.
#[derive(Clone, Debug)]
struct Column {
    column: u32,
    chain: Vec<(At, String)>,
    unit: String,
    code: String,
    item: String,
}

/// Words that the lowest heading says of what stands above it: the column of a cross table, not a label of its own.
const STATISTICS: [&str; 22] = [
    "面积",
    "播种面积",
    "产量",
    "总产",
    "总产量",
    "单产",
    "数量",
    "金额",
    "产值",
    "收入",
    "户数",
    "人数",
    "个数",
    "本年",
    "上年",
    "本月",
    "累计",
    "本月累计",
    "期末",
    "期初",
    "计划",
    "实际",
];

/// Reads the fields of a matrix. `carried` are headings of the sheets before, for headings that say （接前三、）.
pub(super) fn fields(sheet: &Sheet, table: &Table, outline: &mut Outline, carried: &[String], measures: &Measures) -> Vec<Found> {
    let columns = columns(sheet, table, carried, measures);
    let mut found = Vec::new();
    let refs: Vec<&Column> = columns.iter().collect();
    walk(&refs, 0, 0, outline, measures, &mut found);
    name_unnamed_columns(&mut found, measures);
    found
}

fn columns(sheet: &Sheet, table: &Table, carried: &[String], measures: &Measures) -> Vec<Column> {
    let Some(block) = table.blocks.first() else { return Vec::new() };
    let cell = |row: Option<u32>, column: u32| row.map(|r| sheet.text((r, column)).to_owned()).filter(|t| !is_dash(t)).unwrap_or_default();
    let mut columns: Vec<Column> = Vec::new();
    let mut prefix = String::new();
    let mut numbered: std::collections::BTreeSet<At> = std::collections::BTreeSet::new();
    for column in block.columns.keys().filter(|c| !block.labels.contains(c)) {
        let mut chain: Vec<(At, String)> = Vec::new();
        for row in table.head.0..=table.head.1 {
            let region = sheet.region((row, *column));
            let at = if sheet.text((row, *column)).is_empty() { (region.top, region.left) } else { (row, *column) };
            let text = sheet.text(at);
            let is_count = table.code_row == Some(row) && is_number(text);
            if text.is_empty() || at.0 < table.head.0 || chain.last().is_some_and(|(before, _)| *before == at) || is_count {
                continue;
            }
            // A marker alone in its cell numbers the first heading below it.
            if is_marker_alone(text) {
                if numbered.insert(at) {
                    prefix = if marker(text).is_some() { text.to_owned() } else { format!("{text}、") };
                }
                continue;
            }
            let text = resolve(text, carried, &chain);
            let own = format!("{}{text}", std::mem::take(&mut prefix));
            chain.push((at, own));
        }
        if chain.is_empty() {
            continue;
        }
        // A heading met again keeps the words it got the first time.
        for (at, text) in &mut chain {
            if let Some((_, first)) = columns.iter().rev().take(200).find_map(|c| c.chain.iter().find(|(a, _)| a == at)) {
                text.clone_from(first);
            }
        }
        let unit = repeated_once(&cell(table.measure_row, *column), measures);
        let code = plain(&cell(table.code_row, *column));
        columns.push(Column { column: *column, chain, unit, code, item: cell(table.item_row, *column) });
    }
    lift_statistics(&mut columns, table.item_row.is_some());
    columns
}

/// Takes the lowest heading for the column of a cross table where it is a word of statistics that several headings share.
fn lift_statistics(columns: &mut [Column], has_items: bool) {
    if has_items {
        return;
    }
    let leaf = |c: &Column| c.chain.last().map(|(_, t)| plain(t)).unwrap_or_default();
    let shared: Vec<String> = columns.iter().filter(|c| c.chain.len() > 1).map(leaf).filter(|t| STATISTICS.contains(&t.as_str())).collect();
    for column in columns.iter_mut().filter(|c| c.chain.len() > 1) {
        let text = leaf(column);
        if shared.iter().filter(|t| **t == text).count() >= 2 {
            column.item = column.chain.pop().map(|(_, t)| t).unwrap_or_default();
        }
    }
}

/// A heading that goes on from another sheet (（接前三、）) says the heading it stands for.
fn resolve(text: &str, carried: &[String], above: &[(At, String)]) -> String {
    let inner = text.trim_matches(['(', ')', '（', '）']);
    let Some(rest) = inner.strip_prefix('接').map(|r| r.trim_start_matches(['前', '上', '表', '页', '面'])) else {
        return text.to_owned();
    };
    let wanted = marker(rest).or_else(|| marker(&format!("（{}）", rest.trim_matches(['(', ')', '（', '）', '、', ' ']))));
    let wanted = if rest.starts_with(['(', '（']) {
        marker(&format!("（{}）", rest.trim_matches(['(', ')', '（', '）', '、'])))
    } else {
        wanted
    };
    let Some(wanted) = wanted else { return text.to_owned() };
    // Below a heading that was resolved already, the last one of that number is in its section.
    let from = above.last().and_then(|(_, t)| carried.iter().rposition(|c| c == t)).unwrap_or(0);
    let is_wanted = |heading: &&String| marker(heading).is_some_and(|m| m.rank == wanted.rank && m.number == wanted.number);
    let after = carried.get(from..).unwrap_or_default();
    let found = if above.is_empty() { after.iter().rev().find(is_wanted) } else { after.iter().find(is_wanted) };
    found.cloned().unwrap_or_else(|| text.to_owned())
}

/// Goes through the headings of one level, from the left; each is placed among its neighbours and below `floor`.
fn walk(columns: &[&Column], depth: usize, floor: usize, outline: &mut Outline, measures: &Measures, found: &mut Vec<Found>) {
    let groups = groups(columns, depth);
    let items: Vec<Item> = groups.iter().map(|group| item_of(group, depth)).collect();
    for (n, group) in groups.iter().enumerate() {
        let Some(item) = items.get(n) else { continue };
        let placed = outline.place(item, items.get(n + 1), floor);
        let inner = outline.depth();
        let (own, below): (Vec<&Column>, Vec<&Column>) = group.iter().partition(|c| c.chain.len() == depth + 1);
        for column in own {
            let (unit, unit_sureness) = match column.unit.is_empty() {
                false => (column.unit.clone(), 98),
                true => column.chain.iter().rev().find_map(|(_, t)| in_brackets(t, measures)).map_or((String::new(), 0), |u| (u, 92)),
            };
            let at = column.chain.last().map_or((0, column.column), |(at, _)| *at);
            found.push(Found {
                code: column.code.clone(),
                label: item.label.clone(),
                path: placed.path.clone(),
                path_sureness: placed.sureness,
                column: column.item.clone(),
                unit,
                unit_sureness,
                at,
                ..Found::default()
            });
        }
        if !below.is_empty() {
            walk(&below, depth + 1, inner, outline, measures, found);
            outline.truncate(inner);
        }
    }
}

fn item_of(group: &[&Column], depth: usize) -> Item {
    let label = group.first().and_then(|c| c.chain.get(depth)).map(|(_, t)| t.clone()).unwrap_or_default();
    let own = group.iter().find(|c| c.chain.len() == depth + 1);
    Item {
        label,
        // A heading in a lower row is a step further in, merged or not.
        indent: group.first().and_then(|c| c.chain.get(depth)).map_or(0, |(at, _)| 2 * at.0 as usize),
        is_exact: true,
        has_figures: own.is_some(),
        unit: own.map(|c| c.unit.clone()).unwrap_or_default(),
        code: own.map(|c| c.code.clone()).unwrap_or_default(),
    }
}

/// Neighbouring columns under one heading of a level.
fn groups<'c>(columns: &[&'c Column], depth: usize) -> Vec<Vec<&'c Column>> {
    let mut groups: Vec<Vec<&Column>> = Vec::new();
    for column in columns {
        let at = column.chain.get(depth).map(|(at, _)| *at);
        match groups.last_mut() {
            Some(group) if group.first().and_then(|c| c.chain.get(depth)).map(|(at, _)| *at) == at => group.push(column),
            _ => groups.push(vec![column]),
        }
    }
    groups
}

/// Two columns under one heading with nothing to tell them but their units are named by what the units measure.
fn name_unnamed_columns(found: &mut [Found], measures: &Measures) {
    for n in 0..found.len() {
        let Some(field) = found.get(n) else { continue };
        let has_twin = found.iter().enumerate().any(|(m, other)| m != n && other.at == field.at && other.unit != field.unit);
        if !has_twin || !field.column.is_empty() {
            continue;
        }
        let name = measures.find(&field.unit).and_then(|m| match m.dimension.as_str() {
            "area" => Some("面积"),
            "mass" => Some("产量"),
            "money" => Some("金额"),
            "person" => Some("人数"),
            "household" => Some("户数"),
            "count" => Some("个数"),
            "animal" => Some("头数"),
            _ => None,
        });
        if let (Some(name), Some(field)) = (name, found.get_mut(n)) {
            name.clone_into(&mut field.column);
            field.path_sureness = field.path_sureness.min(60);
        }
    }
    // Their names were given one after another, so the first twin may still be unnamed where both units are of one kind; it stays so.
}
