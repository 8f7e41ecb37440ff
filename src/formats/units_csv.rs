//! The table of reporting units as CSV: `code,name,level,parent` and, where units change, `valid_from,valid_to`.

use jiff::civil::Date;

use crate::domain::problem::{Code, Problem, check_text};
use crate::domain::unit::{Level, SINCE_EVER, UnitCode, UnitRow};
use crate::formats::table_csv::{Columns, Need, Problems, read};

/// Longest name of a unit, in characters.
const MAX_NAME_CHARS: usize = 200;

/// What a table of units holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadUnits {
    /// Rows that could be read, in the order of the table.
    pub rows: Vec<UnitRow>,
    /// Errors and warnings; rows count from 1 without the header. While one of them is an error, numbers that
    /// [`crate::domain::unit::check_units`] gives to `rows` need not be those of the table.
    pub problems: Vec<Problem>,
}

/// Reads a table of units: columns in any order, unknown ones ignored with a warning, a byte order mark allowed. Without `valid_from` a
/// row holds since [`SINCE_EVER`], without `valid_to` it holds on.
pub fn read_units(bytes: &[u8]) -> ReadUnits {
    let columns = Columns([
        ("code", Need::Required),
        ("name", Need::Required),
        ("level", Need::Required),
        ("parent", Need::Required),
        ("valid_from", Need::Optional),
        ("valid_to", Need::Optional),
    ]);
    let (rows, problems) = read(bytes, &columns, row);
    ReadUnits { rows, problems }
}

fn row(number: usize, cells: [&str; 6], problems: &mut Problems) -> Option<UnitRow> {
    let [code, name, level, parent, from, to] = cells;
    let code = problems.value(UnitCode::parse(code), number, "code");
    let name = problems.value(check_text(name, "name", MAX_NAME_CHARS).map_or(Ok(name), Err), number, "name");
    let level = problems.value(Level::parse(level), number, "level");
    let parent = problems.value(optional(parent, UnitCode::parse), number, "parent");
    let from = problems.value(optional(from, date), number, "valid_from");
    let to = problems.value(optional(to, date), number, "valid_to");
    // Everything is read before the first missing part ends the row, so that all of its faults are told.
    Some(UnitRow {
        code: code?,
        name: name?.to_owned(),
        level: level?,
        parent: parent?,
        valid_from: from?.unwrap_or(SINCE_EVER),
        valid_to: to?,
    })
}

fn optional<T>(text: &str, parse: impl Fn(&str) -> Result<T, Problem>) -> Result<Option<T>, Problem> {
    if text.is_empty() { Ok(None) } else { parse(text).map(Some) }
}

fn date(text: &str) -> Result<Date, Problem> {
    text.parse().map_err(|_| Problem::new(Code::DateMalformed).arg("value", text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(read: &ReadUnits) -> Vec<(Code, Option<u64>, Option<&str>)> {
        read.problems.iter().map(|p| (p.code, p.place.row, p.place.column.as_deref())).collect()
    }

    #[test]
    fn columns_stand_in_any_order() {
        let read = read_units(
            "\u{feff}parent,Level,备注,code,name\n,county,,330122,桐庐县\r\n330122,township,x,330122002,\"旧县, 街道\"\n".as_bytes(),
        );
        assert_eq!(told(&read), [(Code::KeyUnknown, None, Some("#3"))]);
        assert!(read.problems.iter().all(|p| !p.is_error()));
        let [county, township] = read.rows.as_slice() else { panic!("{read:?}") };
        assert_eq!((county.code.as_str(), county.parent.as_ref(), county.valid_from), ("330122000000", None, SINCE_EVER));
        assert_eq!(township.parent.as_ref(), Some(&county.code));
        assert_eq!(township.name, "旧县, 街道");
    }

    #[test]
    fn all_faults_of_all_rows_are_told() {
        let text =
            "code,name,level,parent,valid_from,valid_to\n33,,hamlet,x,2026-02-30,soon\n330122,桐庐县,county,,2020-01-01,2021-01-01\n1,2\n";
        let read = read_units(text.as_bytes());
        let expected = [
            (Code::UnitCodeMalformed, Some(1), Some("code")),
            (Code::TextMissing, Some(1), Some("name")),
            (Code::LevelUnknown, Some(1), Some("level")),
            (Code::UnitCodeMalformed, Some(1), Some("parent")),
            (Code::DateMalformed, Some(1), Some("valid_from")),
            (Code::DateMalformed, Some(1), Some("valid_to")),
            (Code::CsvMalformed, Some(3), None),
        ];
        assert_eq!(told(&read), expected);
        assert_eq!(read.rows.len(), 1);
    }

    #[test]
    fn what_is_no_table_of_units_is_refused() {
        assert_eq!(
            told(&read_units(b"code,name\n330122,x\n")),
            [(Code::CsvColumnMissing, None, None), (Code::CsvColumnMissing, None, None)]
        );
        assert_eq!(told(&read_units(&[0xff, 0xff, 0xff])), [(Code::EncodingInvalid, None, None)]);
        assert_eq!(told(&read_units(b"code,code,name,level,parent\n")), [(Code::CsvMalformed, None, None)]);
        assert_eq!(read_units(b"").rows, []);
        assert_eq!(read_units(b"").problems.len(), 4);
    }

    #[test]
    fn many_problems_are_counted() {
        let text = format!("code,name,level,parent\n{}", "x,y,village,\n".repeat(20_000));
        let read = read_units(text.as_bytes());
        let last = read.problems.last().unwrap();
        assert_eq!((read.problems.len(), last.code, last.get("n")), (10_001, Code::ListTooLong, Some("20000")));
    }

    proptest::proptest! {
        #[test]
        fn rows_in_are_rows_read_or_named(rows in proptest::collection::vec("[0-9]{5,7},[a-z]{0,2},(village|county|x),[0-9]{0,6}", 0..40)) {
            let text = format!("code,name,level,parent\n{}\n", rows.join("\n"));
            let read = read_units(text.as_bytes());
            let named: std::collections::BTreeSet<u64> = read.problems.iter().filter_map(|p| p.place.row).collect();
            proptest::prop_assert_eq!(read.rows.len() + named.len(), rows.len());
        }

        #[test]
        fn any_bytes_are_survived(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..400)) {
            read_units(&bytes);
        }
    }
}
