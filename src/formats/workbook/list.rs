//! Fields of a list: every row asks something, every column of figures asks it once.

use std::collections::{BTreeMap, BTreeSet};

use super::fields::{Found, Unread};
use super::layout::{Block, Table};
use super::outline::{Item, Outline, Placed};
use super::sheet::{At, Sheet, name_of};
use super::text::{clean, is_dash, is_marker_alone, is_number, plain};
use super::units::{in_brackets, repeated_once};
use super::words::{Role, is_generic_value};
use crate::domain::measure::Measures;

/// A row of a list.
#[derive(Clone, Debug, Default)]
struct Row {
    row: u32,
    item: Item,
    /// Labels of the columns before the last one (the group of a cross table's rows).
    groups: Vec<String>,
    at: At,
    note: String,
}

/// Reads the fields of a list; the outline goes on over blocks and continued tables.
pub(super) fn fields(sheet: &Sheet, table: &Table, outline: &mut Outline, measures: &Measures, unread: &mut Vec<Unread>) -> Vec<Found> {
    let mut found = Vec::new();
    let mut first_code: Option<u32> = None;
    for block in &table.blocks {
        let rows = rows(sheet, table, block, measures, unread);
        let code = rows.iter().find_map(|r| r.item.code.trim_start_matches('0').parse::<u32>().ok());
        // Codes that begin anew begin another table beside the first.
        if let (Some(first), Some(code)) = (first_code, code)
            && code <= first
        {
            outline.truncate(0);
        }
        first_code = first_code.or(code);
        block_fields(sheet, block, &rows, outline, measures, &mut found);
    }
    found
}

/// The column of a role.
fn column_of(block: &Block, role: Role) -> Option<u32> {
    block.columns.iter().find(|(c, (r, _))| *r == role && !block.labels.contains(c)).map(|(c, _)| *c)
}

fn value_columns(block: &Block) -> Vec<(u32, Vec<String>)> {
    let values = block.columns.iter().filter(|(c, (role, texts))| *role == Role::Value && !texts.is_empty() && !block.labels.contains(c));
    values.map(|(c, (_, texts))| (*c, texts.clone())).collect()
}

fn rows(sheet: &Sheet, table: &Table, block: &Block, measures: &Measures, unread: &mut Vec<Unread>) -> Vec<Row> {
    let (measure, code, note) = (column_of(block, Role::Measure), column_of(block, Role::Code), column_of(block, Role::Note));
    let ordinal = column_of(block, Role::Ordinal);
    let code = code.or(ordinal);
    let text = |row: u32, column: Option<u32>| column.map(|c| sheet.shown((row, c)).to_owned()).unwrap_or_default();
    let mut rows: Vec<Row> = Vec::new();
    let values = value_columns(block);
    for row in table.body.0..table.body.1 {
        let (label, groups, at, indent) = label_of(sheet, block, row, table.body.0);
        let raw_unit = measure.map(|c| sheet.text((row, c)).to_owned()).unwrap_or_default();
        let unit = if is_dash(&raw_unit) { String::new() } else { repeated_once(&raw_unit, measures) };
        let code_text = code.map(|c| sheet.text((row, c)).to_owned()).unwrap_or_default();
        let code_text = if is_dash(&code_text) { String::new() } else { code_text };
        if label.is_empty() && unit.is_empty() && code_text.is_empty() {
            let stray = values
                .iter()
                .map(|(c, _)| (row, *c))
                .find(|at| !sheet.text(*at).is_empty() && !is_dash(sheet.text(*at)) && !is_number(sheet.text(*at)));
            unread.extend(stray.map(|at| Unread { sheet: sheet.name.clone(), cell: name_of(at), text: sheet.text(at).to_owned() }));
            continue;
        }
        let says_dash = !values.is_empty() && closed_columns(sheet, row, &values).len() == values.len();
        let item = Item { label, indent, is_exact: false, has_figures: !says_dash, unit, code: code_text };
        rows.push(Row { row, item, groups, at, note: text(row, note) });
    }
    settle_figures(&mut rows, code.is_some() && ordinal.is_none(), measure.is_some());
    inherit(&mut rows, measure.is_some());
    rows
}

/// Says which rows are headings: in a list with codes those without one, in a list with units those without one.
fn settle_figures(rows: &mut [Row], has_codes: bool, has_units: bool) {
    let n_coded = rows.iter().filter(|r| !r.item.code.is_empty()).count();
    let n_units = rows.iter().filter(|r| !r.item.unit.is_empty()).count();
    let by_code = has_codes && 2 * n_coded >= rows.len();
    let by_unit = has_units && 2 * n_units >= rows.len();
    for n in 0..rows.len() {
        let next = rows.get(n + 1).map(|r| (r.item.code.clone(), r.item.unit.clone())).unwrap_or_default();
        let Some(row) = rows.get_mut(n) else { continue };
        if by_code && row.item.code.is_empty() {
            row.item.has_figures = false;
        }
        if by_unit && !by_code && row.item.unit.is_empty() {
            row.item.has_figures = false;
        }
        // A code that stands one row too high belongs to the row that has the unit.
        if by_code && by_unit && !row.item.code.is_empty() && row.item.unit.is_empty() && next.0.is_empty() && !next.1.is_empty() {
            row.item.has_figures = false;
            let code = std::mem::take(&mut row.item.code);
            if let Some(below) = rows.get_mut(n + 1) {
                below.item.code = code;
                below.item.has_figures = true;
            }
        }
    }
    // The moved code makes its row a field again although the loop has seen it.
    for row in rows.iter_mut().filter(|r| by_code && !r.item.code.is_empty() && !r.item.unit.is_empty()) {
        row.item.has_figures = true;
    }
}

/// Gives a row without a label that of the row before (台 / 千瓦 of one machine), and a row without a unit that of its neighbour.
fn inherit(rows: &mut [Row], has_units: bool) {
    for n in 1..rows.len() {
        let Some(before) = rows.get(n - 1).map(|r| (r.item.clone(), r.groups.clone(), r.at)) else { continue };
        let Some(row) = rows.get_mut(n) else { continue };
        if row.item.label.is_empty() && row.item.has_figures {
            row.item.label = before.0.label.clone();
            row.item.indent = before.0.indent;
            row.groups = before.1;
            row.at = before.2;
        }
        if has_units && row.item.has_figures && row.item.unit.is_empty() && before.0.has_figures {
            row.item.unit = before.0.unit;
        }
    }
}

/// The label of a row, with the labels of the columns before it.
fn label_of(sheet: &Sheet, block: &Block, row: u32, first_row: u32) -> (String, Vec<String>, At, usize) {
    let mut texts: Vec<(String, At, usize)> = Vec::new();
    let mut seen: Option<At> = None;
    for column in &block.labels {
        let region = sheet.region((row, *column));
        let at = if sheet.text((row, *column)).is_empty() && region.top >= first_row { (region.top, region.left) } else { (row, *column) };
        let Some(cell) = sheet.cell(at) else { continue };
        if seen == Some(at) || cell.is_number && texts.is_empty() && block.labels.len() > 1 {
            continue;
        }
        seen = Some(at);
        texts.push((cell.text.clone(), at, cell.indent));
    }
    let Some((label, at, indent)) = texts.pop() else { return Default::default() };
    let marker: String = texts.iter().filter(|(t, ..)| is_marker_alone(t)).map(|(t, ..)| t.as_str()).collect();
    let groups = texts.into_iter().map(|(t, ..)| t).filter(|t| !is_marker_alone(t)).collect();
    (format!("{marker}{label}"), groups, at, indent)
}

fn block_fields(sheet: &Sheet, block: &Block, rows: &[Row], outline: &mut Outline, measures: &Measures, found: &mut Vec<Found>) {
    let values = value_columns(block);
    let is_single = values.len() == 1 && values.iter().all(|(_, texts)| is_generic_value(texts.last().map_or("", String::as_str)));
    let columns: BTreeMap<u32, String> =
        values.iter().map(|(c, texts)| (*c, if is_single { String::new() } else { heading(texts) })).collect();
    let column_units: BTreeMap<u32, String> =
        values.iter().filter_map(|(c, texts)| texts.iter().rev().find_map(|t| in_brackets(t, measures)).map(|u| (*c, u))).collect();
    let mut before: Option<(u32, Placed, String)> = None;
    let items: Vec<Item> = rows.iter().map(|r| r.item.clone()).collect();
    let mut groups_before: Vec<String> = Vec::new();
    for (n, row) in rows.iter().enumerate() {
        if row.groups != groups_before {
            outline.truncate(0);
            groups_before.clone_from(&row.groups);
        }
        // A label that was inherited stands where its first row stands.
        let placed = match &before {
            Some((_, placed, label)) if *label == row.item.label && rows.get(n.wrapping_sub(1)).is_some_and(|r| r.at == row.at) => {
                placed.clone()
            }
            _ => outline.place(&row.item, items.get(n + 1), 0),
        };
        before = Some((row.row, placed.clone(), row.item.label.clone()));
        if !row.item.has_figures {
            continue;
        }
        let path: Vec<String> = row.groups.iter().cloned().chain(placed.path).collect();
        let closed = closed_columns(sheet, row.row, &values);
        let common = Found {
            code: row.item.code.clone(),
            label: row.item.label.clone(),
            path,
            path_sureness: placed.sureness,
            note: row.note.clone(),
            at: row.at,
            ..Found::default()
        };
        if values.is_empty() {
            let (unit, unit_sureness) = own_unit(&row.item, None, measures);
            found.push(Found { unit, unit_sureness, ..common });
            continue;
        }
        for (column, _) in values.iter().filter(|(c, _)| !closed.contains(c)) {
            // The unit of the row counts, but a column that prints its own (产量(吨)) is told in that.
            let (unit, unit_sureness) = own_unit(&row.item, column_units.get(column), measures);
            let heading = columns.get(column).cloned().unwrap_or_default();
            found.push(Found { unit, unit_sureness, column: heading, figure_at: Some((row.row, *column)), ..common.clone() });
        }
    }
}

fn own_unit(item: &Item, column: Option<&String>, measures: &Measures) -> (String, u8) {
    match (column, item.unit.is_empty()) {
        (Some(unit), _) => (unit.clone(), 95),
        (None, false) => (item.unit.clone(), 98),
        (None, true) => in_brackets(&item.label, measures).map_or((String::new(), 0), |unit| (unit, 90)),
    }
}

/// Columns whose cell in a row is closed by a dash. A dash in a cell merged over two columns is in the half where its spaces put it.
fn closed_columns(sheet: &Sheet, row: u32, values: &[(u32, Vec<String>)]) -> BTreeSet<u32> {
    let mut closed = BTreeSet::new();
    for (column, _) in values {
        let Some(cell) = sheet.cell((row, *column)).filter(|cell| is_dash(&cell.text)) else { continue };
        let region = sheet.region((row, *column));
        let covered: Vec<u32> = values.iter().map(|(c, _)| *c).filter(|c| (region.left..=region.right).contains(c)).collect();
        let parts = cell.raw.split_whitespace().count();
        if covered.len() == 2 && parts == 1 {
            closed.insert(if cell.indent >= 4 { region.right } else { *column });
        } else {
            closed.extend(covered);
        }
    }
    closed
}

/// The headings of a column as one text: levels with "/" between them, a unit in brackets joined to what it belongs to.
pub(super) fn heading(texts: &[String]) -> String {
    let mut out = String::new();
    for text in texts {
        let text = clean(text);
        if !out.is_empty() && !text.starts_with(['(', '（']) {
            out.push('/');
        }
        out.push_str(&text);
    }
    out
}

/// What a form's equations say of totals and their parts: 09≥10 makes 10 a part of 09, 05=06+07 makes both.
pub(super) fn members(rules: &[String]) -> BTreeMap<u32, BTreeSet<u32>> {
    let mut members: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
    for rule in rules {
        for clause in plain(rule).split([';', ',', '。', '，', '；', ' ']) {
            if let Some((larger, smaller)) = sides(clause) {
                let total: Option<u32> = larger.trim_start_matches('0').parse().ok();
                let parts: Option<Vec<u32>> = smaller.split('+').map(|p| p.trim_start_matches('0').parse().ok()).collect();
                if let (Some(total), Some(parts)) = (total, parts) {
                    members.entry(total).or_default().extend(parts);
                }
            }
        }
    }
    members
}

/// The larger and the smaller side of an inequality, or of a sum.
fn sides(clause: &str) -> Option<(&str, &str)> {
    let clause = clause.rsplit([':', '.']).next().unwrap_or(clause);
    let clean = |side: &'_ str| -> bool { !side.is_empty() && side.chars().all(|c| c.is_ascii_digit() || c == '+') };
    for (mark, is_turned) in [("≥", false), (">=", false), (">", false), ("≤", true), ("<=", true), ("<", true), ("=", false)] {
        if let Some((left, right)) = clause.split_once(mark) {
            let (large, small) = if is_turned { (right, left) } else { (left, right) };
            return Some((large, small)).filter(|_| clean(large) && clean(small) && !large.contains('+'));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equations_name_members() {
        let found = members(&["4.审核关系：07>28;09≥10;09≥11;18≥19;05=06+07".to_owned(), "06﹤03，17≤16".to_owned()]);
        assert_eq!(found.get(&9), Some(&BTreeSet::from([10, 11])));
        assert_eq!(found.get(&5), Some(&BTreeSet::from([6, 7])));
        assert_eq!(found.get(&16), Some(&BTreeSet::from([17])));
    }

    #[test]
    fn levels_of_headings_are_joined() {
        assert_eq!(heading(&["面积".into(), "(千公顷)".into()]), "面积(千公顷)");
        assert_eq!(heading(&["党员".into(), "女".into()]), "党员/女");
    }
}
