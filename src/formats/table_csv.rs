//! A CSV table with a header: finds columns by name in any order, numbers rows, caps sizes. Shared by the readers of single tables.
//!
//! Rows are numbered from 1 without the header, as [`crate::domain::unit::check_units`] numbers them.

use csv::{ReaderBuilder, StringRecord};

use crate::domain::problem::{Code, Place, Problem};

/// Most rows of one table; the whole country has some 700,000 divisions.
pub(super) const MAX_ROWS: usize = 1_000_000;
/// Most problems of one table that are told one by one.
const MAX_PROBLEMS: usize = 10_000;
/// Most columns of one table.
const MAX_COLUMNS: usize = 200;

/// The columns that a table has: each name with whether it must be there.
pub(super) struct Columns<const N: usize>(pub [(&'static str, Need); N]);

/// Whether a column must be there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    /// The table is refused without it.
    Required,
    /// Its cells count as empty where it is missing.
    Optional,
}

/// Problems of one table, so many of them at most.
#[derive(Default)]
pub(super) struct Problems {
    list: Vec<Problem>,
    n_dropped: usize,
}

impl Problems {
    /// Adds one.
    pub fn push(&mut self, problem: Problem) {
        if self.list.len() < MAX_PROBLEMS {
            self.list.push(problem);
        } else {
            self.n_dropped += 1;
        }
    }

    /// Takes a value or notes why there is none.
    pub fn value<T>(&mut self, parsed: Result<T, Problem>, row: usize, column: &str) -> Option<T> {
        parsed.map_err(|p| self.push(p.at(Place::row(row).column(column)))).ok()
    }

    fn into_list(mut self) -> Vec<Problem> {
        if self.n_dropped > 0 {
            let n = self.list.len() + self.n_dropped;
            self.list.push(Problem::new(Code::ListTooLong).arg("what", "problems").arg("limit", MAX_PROBLEMS).arg("n", n));
        }
        self.list
    }
}

/// Reads a table row by row. `each` gets the row's number and its cells, trimmed, in the order of `columns`, and answers what the row
/// stands for, or `None` after it has noted why it stands for nothing. Returns the rows and all problems.
pub(super) fn read<const N: usize, T>(
    bytes: &[u8],
    columns: &Columns<N>,
    mut each: impl FnMut(usize, [&str; N], &mut Problems) -> Option<T>,
) -> (Vec<T>, Vec<Problem>) {
    let mut problems = Problems::default();
    let mut rows = Vec::new();
    let text = match super::check_size(bytes).and_then(|()| super::encoding::decode(bytes)) {
        Ok(text) => text,
        Err(problem) => return (rows, vec![problem]),
    };
    let mut reader = ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    let header = match reader.headers() {
        Ok(header) => header.clone(),
        Err(error) => return (rows, vec![Problem::new(Code::CsvMalformed).arg("detail", error)]),
    };
    let Some(positions) = find_columns(&header, columns, &mut problems) else {
        return (rows, problems.into_list());
    };
    let mut record = StringRecord::new();
    let mut number = 0;
    loop {
        match reader.read_record(&mut record) {
            Ok(false) => break,
            Ok(true) => {
                number += 1;
                if number > MAX_ROWS {
                    continue;
                }
                if record.len() != header.len() {
                    let detail = format!("{} cells where the header has {}", record.len(), header.len());
                    problems.push(Problem::new(Code::CsvMalformed).arg("detail", detail).at(Place::row(number)));
                    continue;
                }
                let cells = positions.map(|at| at.and_then(|at| record.get(at)).unwrap_or_default().trim());
                rows.extend(each(number, cells, &mut problems));
            }
            Err(error) => {
                problems.push(Problem::new(Code::CsvMalformed).arg("detail", error).at(Place::row(number + 1)));
                break;
            }
        }
    }
    if number > MAX_ROWS {
        problems.push(Problem::new(Code::ListTooLong).arg("what", "rows").arg("limit", MAX_ROWS).arg("n", number));
    }
    (rows, problems.into_list())
}

/// Finds where each column stands; `None` where one that is needed is missing or named twice. Unknown columns are warned of.
fn find_columns<const N: usize>(header: &StringRecord, columns: &Columns<N>, problems: &mut Problems) -> Option<[Option<usize>; N]> {
    if header.len() > MAX_COLUMNS {
        problems.push(Problem::new(Code::ListTooLong).arg("what", "columns").arg("limit", MAX_COLUMNS).arg("n", header.len()));
        return None;
    }
    let mut is_usable = true;
    let positions = columns.0.map(|(name, need)| {
        let mut found = header.iter().enumerate().filter(|(_, h)| h.trim().eq_ignore_ascii_case(name)).map(|(at, _)| at);
        let first = found.next();
        if first.is_none() && need == Need::Required {
            is_usable = false;
            problems.push(Problem::new(Code::CsvColumnMissing).arg("column", name));
        }
        if found.next().is_some() {
            is_usable = false;
            problems.push(Problem::new(Code::CsvMalformed).arg("detail", format!("the column {name} stands twice")));
        }
        first
    });
    for (at, name) in header.iter().enumerate() {
        if !positions.contains(&Some(at)) && !columns.0.iter().any(|(known, _)| name.trim().eq_ignore_ascii_case(known)) {
            problems.push(Problem::warning(Code::KeyUnknown).arg("key", name).at(Place::part(format!("#{}", at + 1))));
        }
    }
    is_usable.then_some(positions)
}
