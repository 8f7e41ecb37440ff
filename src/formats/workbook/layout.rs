//! Where the tables of a sheet are: rows of headings, columns with their roles, first and last row of the body.
//!
//! Two kinds of table are told apart. In a *list* every row asks something and columns hold figures (a cross table is a list with several).
//! In a *matrix* every column asks something and rows are reporting units; units of measure and codes then stand in rows of their own.

use std::collections::BTreeMap;

use super::sheet::{At, Sheet};
use super::text::{is_dash, is_number, plain};
use super::words::{Role, begins_foot, begins_supplement, is_continuation, is_header_line, is_reporter_row, is_stem, role_of};
use crate::domain::measure::Measures;

/// What a table's rows are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Every row asks something.
    List,
    /// Every column asks something; a row is a unit.
    Matrix,
}

/// Tables side by side under one row of headings: each begins with a column of labels.
#[derive(Clone, Debug)]
pub(super) struct Block {
    /// Columns of the labels, from the left.
    pub labels: Vec<u32>,
    /// Every column with its role and its headings from the top.
    pub columns: BTreeMap<u32, (Role, Vec<String>)>,
}

/// A table.
#[derive(Clone, Debug)]
pub(super) struct Table {
    pub shape: Shape,
    /// First and last row of headings.
    pub head: (u32, u32),
    /// Rows of the body: first, and one after the last.
    pub body: (u32, u32),
    pub blocks: Vec<Block>,
    /// In a matrix, the rows with units of measure, codes, and the lowest headings (项目).
    pub measure_row: Option<u32>,
    pub code_row: Option<u32>,
    pub item_row: Option<u32>,
    /// Whether the table says that it goes on from the one before.
    pub is_continued: bool,
}

/// Most rows of headings.
const MAX_HEAD_ROWS: u32 = 10;
/// Most columns of a table that are looked at.
pub(super) const MAX_COLUMNS: u32 = 600;

/// Finds the tables of a sheet, from the top.
pub(super) fn tables(sheet: &Sheet, measures: &Measures) -> Vec<Table> {
    let rows: Vec<u32> = sheet.rows().map(|(row, _)| row).collect();
    let last = sheet.last_row() + 1;
    let mut found: Vec<Table> = Vec::new();
    let mut from = 0;
    for row in rows {
        if row < from {
            continue;
        }
        let Some(mut table) = table_at(sheet, row, from, measures) else { continue };
        table.is_continued = (from..table.head.0).any(|r| sheet.row(r).any(|(_, cell)| is_continuation(&cell.text)));
        table.body.1 = body_end(sheet, &table, last, measures);
        from = table.body.1.max(table.head.1 + 1);
        found.push(table);
    }
    found
}

/// A table whose headings begin in this row, if they do.
fn table_at(sheet: &Sheet, row: u32, from: u32, measures: &Measures) -> Option<Table> {
    // A matrix shows itself by its rows of units and codes, which stand below its headings.
    if let Some(table) = (row..=row + MAX_HEAD_ROWS).find_map(|r| matrix_at(sheet, r, from, measures)).filter(|table| table.head.0 <= row) {
        return Some(table);
    }
    let stems: Vec<u32> = stems_in(sheet, row);
    let cells: Vec<(u32, String, Role)> =
        sheet.row(row).take_while(|(c, _)| *c < MAX_COLUMNS).map(|(c, cell)| (c, cell.text.clone(), role_of(&cell.text))).collect();
    if !stems.is_empty() {
        // Headings without a known word stand between the header lines and the row of 甲, 乙, 丙.
        let top = head_top(sheet, row, from);
        return (top < row).then(|| list(sheet, top, row, stems));
    }
    let labels: Vec<u32> = cells.iter().filter(|(_, _, role)| matches!(role, Role::Label | Role::Reporter)).map(|(c, ..)| *c).collect();
    let is_roled = cells.iter().any(|(_, _, role)| matches!(role, Role::Measure | Role::Code | Role::Ordinal | Role::Note));
    // Words of the header and the foot are headings too (联系电话): a line says its word first, or with a colon.
    let is_line = cells.len() < 2
        || cells.iter().any(|(_, text, _)| is_header_line(text) && text.contains([':', '：']))
        || cells.first().is_some_and(|(_, text, _)| begins_foot(text));
    if is_line || (labels.is_empty() && !(is_roled && cells.len() >= 3)) {
        return None;
    }
    let (bottom, stems) = head_bottom(sheet, row, &labels);
    let starts = if stems.is_empty() { labels } else { stems };
    Some(list(sheet, row, bottom, starts))
}

/// Columns of 甲 in a numbering row.
fn stems_in(sheet: &Sheet, row: u32) -> Vec<u32> {
    let cells: Vec<(u32, &str)> = sheet.row(row).map(|(c, cell)| (c, cell.text.as_str())).collect();
    let is_numbering =
        cells.len() >= 2 && cells.iter().all(|(_, text)| is_stem(text) || is_number(text) || is_dash(text) || plain(text).starts_with('('));
    if !is_numbering {
        return Vec::new();
    }
    cells.iter().filter(|(_, text)| plain(text) == "甲").map(|(c, _)| *c).collect()
}

/// The first row of headings above a numbering row.
fn head_top(sheet: &Sheet, stem_row: u32, from: u32) -> u32 {
    let mut top = stem_row;
    for row in (from..stem_row).rev().take(MAX_HEAD_ROWS as usize) {
        let cells: Vec<&str> = sheet.row(row).map(|(_, cell)| cell.text.as_str()).collect();
        let is_title =
            cells.len() == 1 && sheet.row(row).all(|(c, _)| sheet.region((row, c)).right - sheet.region((row, c)).left >= 3 && c == 0);
        let is_reached = (from..top).contains(&row)
            && (0..=sheet.last_column.min(MAX_COLUMNS)).any(|c| sheet.region((row, c)).bottom >= top && sheet.region((row, c)).top <= row);
        let is_none = cells.is_empty() && !is_reached;
        let is_line = cells.iter().any(|text| is_header_line(text) || is_continuation(text) || begins_foot(text));
        if is_none || is_line || is_title || (cells.len() == 1 && !is_reached && top < stem_row) {
            break;
        }
        top = row;
    }
    top
}

/// The last row of headings below their first one, with the columns of 甲 where a numbering row follows.
fn head_bottom(sheet: &Sheet, top: u32, labels: &[u32]) -> (u32, Vec<u32>) {
    let mut bottom = sheet.row(top).map(|(c, _)| sheet.region((top, c)).bottom).max().unwrap_or(top).min(top + MAX_HEAD_ROWS);
    for row in top + 1..=top + MAX_HEAD_ROWS {
        let stems = stems_in(sheet, row);
        if !stems.is_empty() {
            return (row, stems);
        }
        if row <= bottom {
            continue;
        }
        // A further row of headings leaves the labels' column blank and holds words, not figures.
        let is_label_blank = labels.iter().all(|c| sheet.shown((row, *c)).is_empty() || sheet.region((row, *c)).top <= bottom);
        let mut cells = sheet.row(row).peekable();
        let is_words = cells.peek().is_some() && cells.all(|(_, cell)| !cell.is_number && !is_number(&cell.text) && !is_dash(&cell.text));
        let is_numbering = is_counting(sheet, row);
        if is_numbering {
            return (row, Vec::new());
        }
        if !(is_label_blank && is_words && sheet.row(row).count() >= 2) {
            break;
        }
        bottom = sheet.row(row).map(|(c, _)| sheet.region((row, c)).bottom).max().unwrap_or(row).max(bottom);
    }
    (bottom, Vec::new())
}

/// Whether a row counts its columns (1 2 3 …), with or without 栏次 before.
fn is_counting(sheet: &Sheet, row: u32) -> bool {
    let mut expected = None;
    let mut n = 0;
    for (_, cell) in sheet.row(row) {
        let text = plain(&cell.text);
        let Ok(number) = text.trim_matches(['(', ')']).parse::<u32>() else {
            if n == 0 && (is_stem(&text) || matches!(text.as_str(), "栏次" | "序号" | "列次" | "—")) {
                continue;
            }
            return false;
        };
        if expected.is_some_and(|e| e != number) || (expected.is_none() && number > 2) {
            return false;
        }
        expected = Some(number + 1);
        n += 1;
    }
    n >= 3
}

/// Makes the list below headings, with one block for each column of labels.
fn list(sheet: &Sheet, top: u32, bottom: u32, mut starts: Vec<u32>) -> Table {
    let right = (top..=bottom).flat_map(|r| sheet.row(r).map(move |(c, _)| sheet.region((r, c)).right)).max().unwrap_or(0).min(MAX_COLUMNS);
    let headings: BTreeMap<u32, (Role, Vec<String>)> = (0..=right).map(|c| (c, heading(sheet, c, top, bottom))).collect();
    starts.sort_unstable();
    starts.dedup();
    if starts.is_empty() {
        starts.push(headings.iter().find(|(_, (role, texts))| *role == Role::Value && !texts.is_empty()).map_or(0, |(c, _)| *c));
    }
    // Two columns of labels with nothing but labels between them are one outline in two columns (类别 | 项目).
    let mut firsts: Vec<u32> = Vec::new();
    for start in starts {
        let is_alone = firsts.last().is_some_and(|before| {
            (*before..start)
                .all(|c| headings.get(&c).is_some_and(|(role, texts)| matches!(role, Role::Label | Role::Reporter) || texts.is_empty()))
        });
        if !is_alone {
            firsts.push(start);
        }
    }
    let mut blocks = Vec::new();
    for (n, start) in firsts.iter().enumerate() {
        let from = if n == 0 { 0 } else { *start };
        let to = firsts.get(n + 1).map_or(right, |next| next.saturating_sub(1));
        let columns: BTreeMap<u32, (Role, Vec<String>)> = headings.range(from..=to).map(|(c, h)| (*c, h.clone())).collect();
        let label_right = sheet.region((top, *start)).right.max(*start);
        let labels = columns
            .iter()
            .filter(|(c, (role, texts))| {
                (*start..=label_right).contains(c) || matches!(role, Role::Label | Role::Reporter) || (**c < *start && texts.is_empty())
            })
            .map(|(c, _)| *c)
            .collect();
        blocks.push(Block { labels, columns });
    }
    let is_reporter = blocks.iter().any(|b| b.labels.iter().any(|c| b.columns.get(c).is_some_and(|(role, _)| *role == Role::Reporter)));
    let mut table = Table {
        shape: if is_reporter { Shape::Matrix } else { Shape::List },
        head: (top, bottom),
        body: (bottom + 1, bottom + 1),
        blocks,
        measure_row: None,
        code_row: None,
        item_row: None,
        is_continued: false,
    };
    if table.shape == Shape::List && rows_are_reporters(sheet, &table) {
        table.shape = Shape::Matrix;
        table.code_row = Some(bottom).filter(|row| is_numbered(sheet, *row));
    }
    table
}

fn is_numbered(sheet: &Sheet, row: u32) -> bool {
    sheet.row(row).filter(|(_, cell)| is_number(&cell.text)).count() >= 3
}

/// Whether most of the rows below are named like units or periods and no column holds codes or units of measure.
fn rows_are_reporters(sheet: &Sheet, table: &Table) -> bool {
    let has_roles = table.blocks.iter().any(|b| b.columns.values().any(|(role, _)| matches!(role, Role::Measure | Role::Code)));
    if has_roles || table.blocks.len() > 1 {
        return false;
    }
    let Some(labels) = table.blocks.first().map(|b| b.labels.clone()) else { return false };
    let names: Vec<&str> = (table.body.0..=sheet.last_row().min(table.body.0 + 200))
        .filter(|row| !sheet.row(*row).any(|(_, cell)| begins_foot(&cell.text)))
        .flat_map(|row| labels.iter().map(move |c| sheet.text((row, *c))))
        .filter(|text| !text.is_empty())
        .collect();
    let n = names.iter().filter(|name| is_reporter_row(name)).count();
    names.len() >= 2 && 10 * n >= 6 * names.len()
}

/// Role and headings of a column, from the top, each merged heading once.
fn heading(sheet: &Sheet, column: u32, top: u32, bottom: u32) -> (Role, Vec<String>) {
    let mut texts: Vec<String> = Vec::new();
    let mut before: Option<At> = None;
    for row in top..=bottom {
        let region = sheet.region((row, column));
        let at = if sheet.text((row, column)).is_empty() { (region.top, region.left) } else { (row, column) };
        let text = sheet.text(at);
        let is_numbering = row > top && row == bottom && (is_stem(text) || is_number(text) || is_dash(text));
        if text.is_empty() || before == Some(at) || is_numbering || at.0 < top {
            continue;
        }
        before = Some(at);
        texts.push(text.to_owned());
    }
    let whole: String = texts.concat();
    let role = match (role_of(&whole), texts.last().map(|t| role_of(t))) {
        (Role::Value, Some(role)) => role,
        (role, _) => role,
    };
    // A heading broken over two cells (计量 / 单位) is one heading.
    if role != Role::Value && texts.len() > 1 {
        return (role, vec![whole]);
    }
    (role, texts)
}

/// A matrix: rows of units of measure and of codes below the headings give it away, whatever stands in the first columns.
fn matrix_at(sheet: &Sheet, row: u32, from: u32, measures: &Measures) -> Option<Table> {
    let is_measures = measures_in(sheet, row, measures);
    let is_codes = codes_in(sheet, row).is_some();
    if !is_measures && !is_codes {
        return None;
    }
    let other = (row + 1..=row + 2).find(|r| if is_measures { codes_in(sheet, *r).is_some() } else { measures_in(sheet, *r, measures) });
    let stub = sheet.row(row).next().map(|(_, cell)| role_of(&cell.text));
    let is_named = stub == Some(if is_measures { Role::Measure } else { Role::Code });
    if other.is_none() && !is_named {
        return None;
    }
    let (measure_row, code_row) = if is_measures { (Some(row), other) } else { (other, Some(row)) };
    let bottom = row.max(other.unwrap_or(row));
    let top = matrix_top(sheet, row, from);
    if top >= row {
        return None;
    }
    let first = first_column(sheet, measure_row, code_row, measures)?;
    let right = (top..=bottom).flat_map(|r| sheet.row(r).map(move |(c, _)| sheet.region((r, c)).right)).max().unwrap_or(0).min(MAX_COLUMNS);
    let stub_word = |r: u32| sheet.row(r).next().filter(|(c, _)| *c < first).map(|(_, cell)| plain(&cell.text)).unwrap_or_default();
    // Rows between the headings and the units: 项目 holds the lowest headings, anything else named (统计核算单价) asks nothing.
    let mut item_row = None;
    let mut head_bottom = row - 1;
    for r in (top + 1..row).rev() {
        let is_merged_down = sheet.region((r, 0)).top < r && sheet.region((r, 0)).left == 0;
        let word = stub_word(r);
        if word.is_empty() || is_merged_down || sheet.row(r).count() < 3 {
            break;
        }
        if item_row.is_none() && matches!(word.as_str(), "项目" | "指标" | "栏目" | "内容" | "名称") {
            item_row = Some(r);
        } else if !sheet.row(r).filter(|(c, _)| *c >= first).all(|(_, cell)| measures.find(&cell.text).is_some() || is_dash(&cell.text)) {
            break;
        }
        head_bottom = r.saturating_sub(1);
    }
    let columns: BTreeMap<u32, (Role, Vec<String>)> = (first..=right)
        .map(|c| (c, (Role::Value, heading_texts(sheet, c, top, head_bottom))))
        .filter(|(_, (_, texts))| !texts.is_empty())
        .collect();
    let blocks = vec![Block { labels: (0..first).collect(), columns }];
    Some(Table {
        shape: Shape::Matrix,
        head: (top, head_bottom),
        body: (bottom + 1, bottom + 1),
        blocks,
        measure_row,
        code_row,
        item_row,
        is_continued: false,
    })
}

/// Headings of a matrix's column: numbers count nothing here, every text is a heading.
fn heading_texts(sheet: &Sheet, column: u32, top: u32, bottom: u32) -> Vec<String> {
    let mut before: Option<At> = None;
    let mut texts = Vec::new();
    for row in top..=bottom {
        let region = sheet.region((row, column));
        let at = if sheet.text((row, column)).is_empty() { (region.top, region.left) } else { (row, column) };
        if sheet.text(at).is_empty() || before == Some(at) || at.0 < top {
            continue;
        }
        before = Some(at);
        texts.push(sheet.text(at).to_owned());
    }
    texts
}

fn matrix_top(sheet: &Sheet, row: u32, from: u32) -> u32 {
    let mut top = row;
    for r in (from..row).rev().take(MAX_HEAD_ROWS as usize + 4) {
        let n = sheet.row(r).count();
        let is_line = sheet.row(r).any(|(_, cell)| is_header_line(&cell.text) || is_continuation(&cell.text));
        let is_wide = n == 1
            && sheet.row(r).all(|(c, _)| {
                let region = sheet.region((r, c));
                2 * (region.right - region.left + 1) > sheet.last_column
            });
        if is_line || is_wide {
            break;
        }
        if n > 0 {
            top = r;
        }
    }
    top
}

/// The first column that asks something: where units of measure or codes begin.
fn first_column(sheet: &Sheet, measure_row: Option<u32>, code_row: Option<u32>, measures: &Measures) -> Option<u32> {
    let by_measure = measure_row.and_then(|r| sheet.row(r).find(|(_, cell)| measures.find(&cell.text).is_some()).map(|(c, _)| c));
    let by_code = code_row.and_then(|r| codes_in(sheet, r));
    match (by_measure, by_code) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

/// Whether a row holds units of measure side by side.
fn measures_in(sheet: &Sheet, row: u32, measures: &Measures) -> bool {
    let cells: Vec<&str> = sheet.row(row).map(|(_, cell)| cell.text.as_str()).collect();
    // A row that says it holds units may hold some that nobody knows.
    let is_named = cells.first().is_some_and(|t| role_of(t) == Role::Measure) && cells.len() >= 4;
    if is_named
        && cells.iter().skip(1).all(|t| t.chars().count() <= 6 && !is_number(t) && role_of(t) == Role::Value)
        && cells.iter().any(|t| measures.find(t).is_some())
    {
        return true;
    }
    let known = cells.iter().filter(|t| !t.starts_with(['(', '（']) && measures.find(t).is_some()).count();
    let other = cells.iter().filter(|t| measures.find(t).is_none() && !is_dash(t)).count();
    known >= 3 && other <= 2 + known / 4
}

/// The column where a row's codes begin, if the row holds codes that count up side by side.
fn codes_in(sheet: &Sheet, row: u32) -> Option<u32> {
    let mut first = None;
    let mut before: Option<u32> = None;
    let mut n = 0_usize;
    for (column, cell) in sheet.row(row) {
        let text = plain(&cell.text);
        let Ok(number) = text.parse::<u32>() else {
            if before.is_some() {
                return None;
            }
            continue;
        };
        if before.is_some_and(|b| number <= b || number > b + 60) {
            return None;
        }
        first = first.or(Some(column));
        before = Some(number);
        n += 1;
    }
    first.filter(|_| n >= 3 && sheet.row(row).count() <= n + 3)
}

/// One row after the body: where the foot begins, another table, or a wide line of text.
fn body_end(sheet: &Sheet, table: &Table, last: u32, measures: &Measures) -> u32 {
    let width = table.blocks.iter().flat_map(|b| b.columns.keys()).max().copied().unwrap_or(0);
    let mut end = table.body.0;
    let mut blank = 0;
    for row in table.body.0..last {
        let mut cells = sheet.row(row);
        let Some((column, first)) = cells.next() else {
            blank += 1;
            continue;
        };
        let texts: Vec<&str> = sheet.row(row).map(|(_, cell)| cell.text.as_str()).collect();
        let region = sheet.region((row, column));
        let is_wide = texts.len() == 1 && width > 1 && region.left == 0 && region.right >= width && first.text.chars().count() > 30;
        let is_foot = texts.iter().any(|t| begins_foot(t) || is_continuation(t))
            || texts.len() == 1 && begins_supplement(&first.text).is_some() && first.text.contains(['：', ':']);
        let is_head = row > table.body.0 && (!stems_in(sheet, row).is_empty() || is_head_again(sheet, row, table));
        let is_matrix = table.shape == Shape::List && matrix_at(sheet, row, row, measures).is_some();
        if is_foot || is_wide || is_head || is_matrix || (blank >= 3 && texts.len() == 1) {
            return end;
        }
        blank = 0;
        end = row + 1;
    }
    end
}

/// Whether a row repeats headings: two words that only headings are.
fn is_head_again(sheet: &Sheet, row: u32, table: &Table) -> bool {
    let roles = sheet
        .row(row)
        .map(|(_, cell)| role_of(&cell.text))
        .filter(|role| matches!(role, Role::Label | Role::Measure | Role::Code | Role::Reporter));
    let n_roles = roles.count();
    let is_numbers = sheet.row(row).any(|(_, cell)| cell.is_number);
    n_roles >= 2 && !is_numbers && table.head.1 < row
}
