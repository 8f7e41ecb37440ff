//! CSV as clerks and spreadsheets meet it: a filled form as `cell,value`, and tables written so that no cell can act as a formula.
//!
//! A text that begins with `=`, `+`, `-`, `@` or a tab is run as a formula by Excel and WPS (OWASP, "CSV injection"). Such a text gets an
//! apostrophe in front when it is written and loses it when it is read, so that there and back is the identity.

use crate::domain::problem::{Problem, check_optional_text, check_text};
use crate::formats::table_csv::{Columns, Need, Problems, read};

/// One cell of a filled form as it stands in a file. What it means is for the use case to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilledCell {
    /// Row of the file, from 1 without the header.
    pub row: usize,
    /// The printed id of the cell.
    pub cell: String,
    /// What was typed; empty where nothing was.
    pub value: String,
}

/// What a filled form's file holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadFigures {
    /// Cells that could be read, in the order of the file.
    pub cells: Vec<FilledCell>,
    /// Errors and warnings; rows count from 1 without the header.
    pub problems: Vec<Problem>,
}

/// Reads a filled form with the columns `cell` and `value`; others are ignored with a warning.
pub fn read_figures(bytes: &[u8]) -> ReadFigures {
    let columns = Columns([("cell", Need::Required), ("value", Need::Required)]);
    let (cells, problems) = read(bytes, &columns, |row, [cell, value]: [&str; 2], problems: &mut Problems| {
        let cell = problems.value(check_text(cell, "cell", 300).map_or(Ok(cell), Err), row, "cell");
        let value = problems.value(check_optional_text(value, "value", 2_000).map_or(Ok(value), Err), row, "value");
        Some(FilledCell { row, cell: restore(cell?).to_owned(), value: restore(value?).to_owned() })
    });
    ReadFigures { cells, problems }
}

/// A cell of a table that is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// A number, written as it is; a minus in front of digits is no formula.
    Number(rust_decimal::Decimal),
    /// A text, neutralised where it would act as a formula.
    Text(String),
    /// Nothing.
    Empty,
}

/// Writes a table with a header, in UTF-8 without a byte order mark.
pub fn write_csv<'a>(header: &[&str], rows: impl IntoIterator<Item = &'a [Cell]>) -> String {
    let mut out = String::new();
    write_row(&mut out, header.iter().map(|h| neutralise(h)));
    for row in rows {
        let texts = row.iter().map(|cell| match cell {
            Cell::Number(number) => number.to_string(),
            Cell::Text(text) => neutralise(text),
            Cell::Empty => String::new(),
        });
        write_row(&mut out, texts);
    }
    out
}

/// Writes one row after RFC 4180. By hand, because writing into memory cannot fail and the crate's writer says it might.
fn write_row(out: &mut String, cells: impl Iterator<Item = String>) {
    let start = out.len();
    for (n, cell) in cells.enumerate() {
        if n > 0 {
            out.push(',');
        }
        if cell.contains([',', '"', '\n', '\r']) || cell.starts_with([' ', '\t']) || cell.ends_with([' ', '\t']) {
            out.push('"');
            out.push_str(&cell.replace('"', "\"\""));
            out.push('"');
        } else {
            out.push_str(&cell);
        }
    }
    if out.len() == start {
        // A row of one empty cell would read as no row.
        out.push_str("\"\"");
    }
    out.push('\n');
}

/// Whether a text is a formula once the apostrophes in front of it are gone. Full-width signs count: a spreadsheet may convert them.
fn acts_as_formula(text: &str) -> bool {
    text.trim_start_matches('\'').starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'])
}

fn neutralise(text: &str) -> String {
    if acts_as_formula(text) { format!("'{text}") } else { text.to_owned() }
}

pub(super) fn restore(text: &str) -> &str {
    text.strip_prefix('\'').filter(|rest| acts_as_formula(rest)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::problem::Code;
    use rust_decimal::Decimal;

    #[test]
    fn formulas_are_neutralised_and_numbers_are_not() {
        let rows = [
            vec![Cell::Text("=1+1".into()), Cell::Number(Decimal::new(-15, 1))],
            vec![Cell::Text("@x, \"y\"".into()), Cell::Empty],
            vec![Cell::Text("'-x".into()), Cell::Text("村".into())],
        ];
        let text = write_csv(&["cell", "-value"], rows.iter().map(Vec::as_slice));
        assert_eq!(text, "cell,'-value\n'=1+1,-1.5\n\"'@x, \"\"y\"\"\",\n''-x,村\n");
    }

    #[test]
    fn filled_cells_are_read() {
        let read = read_figures("cell,value,来源\nA1, 12 ,x\n,3,\nA2,,\n".as_bytes());
        let cells: Vec<(usize, &str, &str)> = read.cells.iter().map(|c| (c.row, c.cell.as_str(), c.value.as_str())).collect();
        assert_eq!(cells, [(1, "A1", "12"), (3, "A2", "")]);
        let codes: Vec<(Code, Option<u64>)> = read.problems.iter().map(|p| (p.code, p.place.row)).collect();
        assert_eq!(codes, [(Code::KeyUnknown, None), (Code::TextMissing, Some(2))]);
    }

    proptest::proptest! {
        #[test]
        fn there_and_back_is_the_identity(cell in "[a-z0-9=+@',\"-]{1,8}", value in "['=+@a\",1-]{0,8}") {
            let row = [Cell::Text(cell.clone()), Cell::Text(value.clone())];
            let text = write_csv(&["cell", "value"], [row.as_slice()]);
            let read = read_figures(text.as_bytes());
            proptest::prop_assert_eq!(read.problems, vec![]);
            proptest::prop_assert_eq!(read.cells, vec![FilledCell { row: 1, cell, value }]);
        }
    }
}
