//! Drafts as messages.

use jiff::civil::Date;

use crate::app::DraftToSave;
use crate::domain::draft::{Draft, DraftCell};
use crate::domain::problem::{Place, Problem};
use crate::domain::unit::UnitCode;
use crate::pb;
use crate::service::convert::Faults;
use crate::service::convert::shared_values::date_from_pb;

/// Reads a draft that is to be kept; its cells stay as they are.
pub(crate) fn draft_from_pb(request: pb::SaveDraftRequest) -> Result<DraftToSave, Vec<Problem>> {
    let mut faults = Faults::default();
    let unit = faults.keep(UnitCode::parse(&request.unit), Place::part("unit"));
    let due = faults.keep(date_from_pb(&request.due), Place::part("due"));
    let (Some(unit), Some(due)) = (unit, due) else { return Err(faults.into_problems()) };
    let cell = |c: pb::DraftCell| DraftCell {
        element: c.element,
        period: c.period,
        value: c.value,
        unit_of_measure: c.unit_of_measure,
        explanation: c.explanation,
    };
    Ok(DraftToSave { unit, due, cells: request.cells.into_iter().map(cell).collect(), seen_version: request.seen_version })
}

/// Reads which draft is meant.
pub(crate) fn draft_place_from_pb(unit: &str, due: &str) -> Result<(UnitCode, Date), Vec<Problem>> {
    let mut faults = Faults::default();
    let unit_code = faults.keep(UnitCode::parse(unit), Place::part("unit"));
    let due_date = faults.keep(date_from_pb(due), Place::part("due"));
    let (Some(unit), Some(due)) = (unit_code, due_date) else { return Err(faults.into_problems()) };
    Ok((unit, due))
}

/// Writes a draft.
pub(crate) fn draft_to_pb(draft: Draft) -> pb::Draft {
    let cell = |c: DraftCell| pb::DraftCell {
        element: c.element,
        period: c.period,
        value: c.value,
        unit_of_measure: c.unit_of_measure,
        explanation: c.explanation,
    };
    pb::Draft {
        unit: draft.unit.to_string(),
        due: draft.due.to_string(),
        version: draft.version,
        cells: draft.cells.into_iter().map(cell).collect(),
        saved_by: draft.saved_by.to_string(),
        saved_at: draft.saved_at.to_string(),
    }
}
