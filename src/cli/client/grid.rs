//! A table that is shown to people, with Chinese characters two columns wide, or written as CSV for scripts.
//!
//! Knows nothing of what stands in it. Lines are drawn in ASCII only: box-drawing characters are one or two columns wide, as the terminal
//! pleases.

use comfy_table::{CellAlignment, ContentArrangement, Table};
use jiff::Timestamp;
use jiff::tz::Offset;
use rust_decimal::Decimal;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::cli::client::words::pick;
use crate::domain::message::Language;
use crate::formats::figures_csv::{Cell, write_csv};

/// Lines of a table: one below the header, nothing else.
const PRESET: &str = "     --            ";
/// Widest text of a cell that is not in the last column, in columns of the terminal.
const MAX_CELL_WIDTH: usize = 56;

/// A column: its name for scripts and its heading for people.
#[derive(Clone, Debug)]
pub struct Column {
    name: String,
    zh: String,
    en: String,
}

impl Column {
    /// Makes a column.
    pub fn new(name: impl Into<String>, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { name: name.into(), zh: zh.into(), en: en.into() }
    }
}

/// A table.
#[derive(Clone, Debug)]
pub struct Grid {
    columns: Vec<Column>,
    rows: Vec<Vec<Cell>>,
}

impl Grid {
    /// Makes an empty table with columns of name, Chinese and English heading.
    pub fn new(columns: &[(&str, &str, &str)]) -> Self {
        Self::with_columns(columns.iter().map(|(name, zh, en)| Column::new(*name, *zh, *en)).collect())
    }

    /// Makes an empty table.
    pub fn with_columns(columns: Vec<Column>) -> Self {
        Self { columns, rows: Vec::new() }
    }

    /// Adds a row.
    pub fn push(&mut self, row: Vec<Cell>) {
        self.rows.push(row);
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Shows the table; columns of numbers stand to the right.
    pub fn to_table(&self, language: Language) -> String {
        let mut table = Table::new();
        table.load_preset(PRESET).set_content_arrangement(ContentArrangement::Disabled);
        table.set_header(self.columns.iter().map(|c| pick(language, &c.zh, &c.en)));
        let last = self.columns.len().saturating_sub(1);
        for row in &self.rows {
            let texts = row.iter().enumerate().map(|(n, cell)| match cell {
                Cell::Number(number) => number.to_string(),
                Cell::Text(text) if n == last => one_line(text),
                Cell::Text(text) => shorten(&one_line(text), MAX_CELL_WIDTH),
                Cell::Empty => String::new(),
            });
            table.add_row(texts.collect::<Vec<_>>());
        }
        for n in 0..self.columns.len() {
            let mut cells = self.rows.iter().filter_map(|row| row.get(n));
            let is_numeric = !self.rows.is_empty() && cells.all(|cell| matches!(cell, Cell::Number(_) | Cell::Empty));
            if let (true, Some(column)) = (is_numeric, table.column_mut(n)) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        let mut text = table.trim_fmt();
        text.push('\n');
        text
    }

    /// Writes the table as CSV in which no cell can act as a formula.
    pub fn to_csv(&self) -> String {
        let header: Vec<&str> = self.columns.iter().map(|c| c.name.as_str()).collect();
        write_csv(&header, self.rows.iter().map(Vec::as_slice))
    }
}

/// A text cell.
pub fn text(text: impl Into<String>) -> Cell {
    Cell::Text(text.into())
}

/// A number cell.
pub fn number(number: impl Into<Decimal>) -> Cell {
    Cell::Number(number.into())
}

/// A cell of a figure that came as text: a number where it reads as one.
pub fn figure(value: &str) -> Cell {
    if value.is_empty() {
        return Cell::Empty;
    }
    // Only what prints back as it came is a number: codes with leading zeros stay texts.
    match value.parse::<Decimal>() {
        Ok(number) if number.to_string() == value => Cell::Number(number),
        _ => Cell::Text(value.to_owned()),
    }
}

/// An instant cell, to the second, in the time of China (UTC+8); what is no instant stays as it came.
pub fn instant(at: &str) -> Cell {
    let read = at.parse::<Timestamp>().map(|t| Offset::constant(8).to_datetime(t).strftime("%Y-%m-%dT%H:%M:%S+08:00").to_string());
    Cell::Text(read.unwrap_or_else(|_| at.to_owned()))
}

/// Cuts a text to a width in columns of the terminal, with an ellipsis where something is lost.
pub fn shorten(text: &str, width: usize) -> String {
    if UnicodeWidthStr::width(text) <= width {
        return text.to_owned();
    }
    let mut cut = String::new();
    let mut used = 1;
    for c in text.chars() {
        used += UnicodeWidthChar::width(c).unwrap_or(0);
        if used > width {
            break;
        }
        cut.push(c);
    }
    cut.push('…');
    cut
}

/// A text on one line, without characters that could move the terminal's cursor.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_columns_line_up() {
        let mut grid = Grid::new(&[("unit", "填报单位", "unit"), ("cells", "格数", "cells"), ("note", "说明", "note")]);
        grid.push(vec![text("临湖街道"), number(1200), text("=1+1")]);
        grid.push(vec![text("A"), number(7), Cell::Empty]);
        insta::assert_snapshot!("grid_table", grid.to_table(Language::Zh));
        assert_eq!(grid.to_csv(), "unit,cells,note\n临湖街道,1200,'=1+1\nA,7,\n");
    }

    #[test]
    fn texts_are_cut_between_characters() {
        for (width, expected) in [(4, "年…"), (5, "年末…"), (8, "年末常住"), (9, "年末常住")] {
            assert_eq!(shorten("年末常住", width), expected, "{width}");
        }
        assert_eq!(one_line("a\u{1b}[2Jb\nc"), "a [2Jb c");
    }

    #[test]
    fn instants_are_told_in_chinese_time() {
        assert_eq!(instant("2026-11-24T14:44:31.049642872Z"), text("2026-11-24T22:44:31+08:00"));
        assert_eq!(instant(""), text(""));
    }

    #[test]
    fn codes_stay_texts() {
        assert_eq!(figure("980121000000"), Cell::Number(Decimal::from(980_121_000_000_u64)));
        assert_eq!(figure("007"), text("007"));
        assert_eq!(figure("是"), text("是"));
        assert_eq!(figure(""), Cell::Empty);
    }
}
