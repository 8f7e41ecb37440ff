//! The consolidated form as a CSV file that a clerk fills: `element,period,label,unit,value,explanation`, one row a cell.
//!
//! Written by [`crate::formats::figures_csv::write_csv`]. Read back are the element, the period, the unit of measure, the value and the explanation; a clerk
//! may type another unit of measure than was asked. What a cell means is for the use case to say.

use crate::domain::problem::{Problem, check_optional_text, check_text};
use crate::formats::figures_csv::restore;
use crate::formats::table_csv::{Columns, Need, Problems, read};

/// Columns of the file, in the order in which they are written.
pub const HEADER: [&str; 6] = ["element", "period", "label", "unit", "value", "explanation"];

/// A cell of the file in which something was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypedCell {
    /// Row of the file, from 1 without the header.
    pub row: usize,
    /// The element, as printed.
    pub element: String,
    /// The reference period, as printed.
    pub period: String,
    /// The unit of measure.
    pub unit: String,
    /// What was typed; never empty.
    pub value: String,
    /// What was written beside it; mostly empty.
    pub explanation: String,
}

/// What a filled form's file holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadForm {
    /// Cells in which something was typed, in the order of the file.
    pub cells: Vec<TypedCell>,
    /// Number of cells that were left empty.
    pub n_empty: usize,
    /// Errors and warnings; rows count from 1 without the header.
    pub problems: Vec<Problem>,
}

/// Reads a filled form. Columns stand in any order; `label`, `unit` and `explanation` may be missing, others are ignored with a warning.
pub fn read_form(bytes: &[u8]) -> ReadForm {
    let columns = Columns([
        ("element", Need::Required),
        ("period", Need::Required),
        ("label", Need::Optional),
        ("unit", Need::Optional),
        ("value", Need::Required),
        ("explanation", Need::Optional),
    ]);
    let mut n_empty = 0;
    let (cells, problems) =
        read(bytes, &columns, |row, [element, period, _, unit, value, explanation]: [&str; 6], problems: &mut Problems| {
            let element = problems.value(check_text(element, "element", 100).map_or(Ok(element), Err), row, "element");
            let period = problems.value(check_text(period, "period", 50).map_or(Ok(period), Err), row, "period");
            let unit = problems.value(check_optional_text(unit, "unit", 50).map_or(Ok(unit), Err), row, "unit");
            let value = problems.value(check_optional_text(value, "value", 2_000).map_or(Ok(value), Err), row, "value");
            let explanation = check_optional_text(explanation, "explanation", 2_000).map_or(Ok(explanation), Err);
            let explanation = problems.value(explanation, row, "explanation");
            let (element, period, unit, value, explanation) = (element?, period?, unit?, value?, explanation?);
            if value.is_empty() {
                n_empty += 1;
                return None;
            }
            Some(TypedCell {
                row,
                element: restore(element).to_owned(),
                period: restore(period).to_owned(),
                unit: restore(unit).to_owned(),
                value: restore(value).to_owned(),
                explanation: restore(explanation).to_owned(),
            })
        });
    ReadForm { cells, n_empty, problems }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::problem::Code;
    use crate::formats::figures_csv::{Cell, write_csv};

    #[test]
    fn typed_cells_are_read_and_empty_ones_counted() {
        let text = "\u{feff}period,element,value,unit\n2026,e1, 12 ,人\n2026,e2,,人\n,e3,5,\n";
        let read = read_form(text.as_bytes());
        let cells: Vec<(usize, &str, &str)> = read.cells.iter().map(|c| (c.row, c.element.as_str(), c.value.as_str())).collect();
        assert_eq!(cells, [(1, "e1", "12")]);
        assert_eq!(read.n_empty, 1);
        let told: Vec<(Code, Option<u64>)> = read.problems.iter().map(|p| (p.code, p.place.row)).collect();
        assert_eq!(told, [(Code::TextMissing, Some(3))]);
    }

    #[test]
    fn a_table_without_values_is_refused() {
        let read = read_form(b"element,period\ne1,2026\n");
        assert_eq!(read.problems.iter().map(|p| p.code).collect::<Vec<_>>(), [Code::CsvColumnMissing]);
    }

    proptest::proptest! {
        #[test]
        fn there_and_back_is_the_identity(unit in "[a-z%=+-]{0,4}", value in "['=+@a\",1-]{1,8}") {
            let row = ["e1", "2026", "x / y", unit.as_str(), value.as_str(), value.as_str()].map(|t| Cell::Text(t.to_owned()));
            let read = read_form(write_csv(&HEADER, [row.as_slice()]).as_bytes());
            let expected = TypedCell { row: 1, element: "e1".into(), period: "2026".into(), unit, explanation: value.clone(), value };
            proptest::prop_assert_eq!(read.problems, vec![]);
            proptest::prop_assert_eq!(read.cells, vec![expected]);
        }

        #[test]
        fn any_bytes_are_survived(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..400)) {
            read_form(&bytes);
        }
    }
}
