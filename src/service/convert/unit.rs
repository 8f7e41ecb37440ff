//! Reporting units as messages.

use crate::app::UnitSource;
use crate::domain::problem::{Code, Place, Problem};
use crate::domain::unit::{SINCE_EVER, UnitCode, UnitRow};
use crate::pb;
use crate::pb::register_units_request::Source;
use crate::service::convert::shared_values::{date_from_pb, level_from_pb, level_to_pb, optional};
use crate::service::convert::{Faults, at_part};

/// Reads where unit rows come from.
pub(crate) fn unit_source_from_pb(source: Option<Source>) -> Result<UnitSource, Problem> {
    match source {
        Some(Source::Csv(bytes)) => Ok(UnitSource::Csv(bytes)),
        Some(Source::Rows(rows)) => {
            let (rows, problems) = unit_rows_from_pb(rows.rows);
            Ok(UnitSource::Rows(rows, problems))
        }
        None => at_part(Err(Problem::new(Code::RequestPartMissing).arg("what", "source")), "source"),
    }
}

/// Reads unit rows; one that cannot be read is left out and named.
fn unit_rows_from_pb(rows: Vec<pb::UnitRow>) -> (Vec<UnitRow>, Vec<Problem>) {
    let mut faults = Faults::default();
    let numbered = rows.into_iter().enumerate();
    let read = numbered.filter_map(|(n, row)| unit_row_from_pb(row, n + 1, &mut faults)).collect();
    (read, faults.into_problems())
}

fn unit_row_from_pb(row: pb::UnitRow, number: usize, faults: &mut Faults) -> Option<UnitRow> {
    let place = |column: &str| Place::row(number).column(column);
    let code = faults.keep(UnitCode::parse(&row.code), place("code"));
    let level = faults.keep(level_from_pb(row.level), place("level"));
    let parent = faults.keep(optional(&row.parent, UnitCode::parse), place("parent"));
    let from = faults.keep(optional(&row.valid_from, date_from_pb), place("valid_from"));
    let to = faults.keep(optional(&row.valid_to, date_from_pb), place("valid_to"));
    // Everything is read before the first missing part ends the row, so that all of its faults are told.
    Some(UnitRow { code: code?, name: row.name, level: level?, parent: parent?, valid_from: from?.unwrap_or(SINCE_EVER), valid_to: to? })
}

/// Writes a unit row.
pub(crate) fn unit_row_to_pb(row: UnitRow) -> pb::UnitRow {
    let valid_from = if row.valid_from == SINCE_EVER { String::new() } else { row.valid_from.to_string() };
    pb::UnitRow {
        code: row.code.to_string(),
        name: row.name,
        level: level_to_pb(row.level).into(),
        parent: row.parent.map(|p| p.to_string()).unwrap_or_default(),
        valid_from,
        valid_to: row.valid_to.map(|d| d.to_string()).unwrap_or_default(),
    }
}
