//! Consolidated forms, submissions, corrections and receipts as messages.

use jiff::civil::Date;

use crate::app::{ConsolidatedForm, Correction, DueDate, InputCell, PrefilledCell, ServedField, Submission, TypedFigure};
use crate::domain::dispute::DisputeId;
use crate::domain::id::{ElementId, ReceiptId};
use crate::domain::observation::{Observation, ObservationKey, Receipt};
use crate::domain::period::ReferencePeriod;
use crate::domain::problem::{Code, Place, Problem};
use crate::domain::unit::UnitCode;
use crate::pb;
use crate::service::convert::shared_values::{data_type_to_pb, date_from_pb, field_key_to_pb};
use crate::service::convert::{Faults, at_part};

/// Reads the unit that a request is about.
pub(crate) fn unit_from_pb(unit: &str) -> Result<UnitCode, Problem> {
    at_part(UnitCode::parse(unit), "unit")
}

/// Reads the due date that a request is about.
pub(crate) fn due_from_pb(due: &str) -> Result<Date, Problem> {
    at_part(date_from_pb(due), "due")
}

/// Writes a due date.
pub(crate) fn due_date_to_pb(due: DueDate) -> pb::DueDate {
    pb::DueDate {
        due: due.due.to_string(),
        cells: due.n_cells,
        held: due.n_held,
        late: due.is_late,
        workdays_left: due.workdays_left,
        together_on: due.together_on.to_string(),
        holidays_known: due.holidays_known,
    }
}

/// Writes a consolidated form.
pub(crate) fn consolidated_form_to_pb(form: ConsolidatedForm) -> pb::GetConsolidatedFormResponse {
    pb::GetConsolidatedFormResponse {
        unit: form.unit.to_string(),
        unit_name: form.unit_name,
        due: form.due.to_string(),
        inputs: form.inputs.into_iter().map(input_cell_to_pb).collect(),
        prefilled: form.prefilled.into_iter().map(prefilled_cell_to_pb).collect(),
        plan_digest: form.plan_digest,
    }
}

fn input_cell_to_pb(input: InputCell) -> pb::InputCell {
    let cell = input.cell;
    pb::InputCell {
        element: cell.element.to_string(),
        period: cell.period.to_string(),
        label: cell.label,
        path: input.path,
        column: input.column,
        unit_of_measure: cell.unit_text,
        dtype: data_type_to_pb(cell.dtype).into(),
        decimals: cell.decimals,
        options: cell.options,
        note: input.note,
        serves: input.serves.into_iter().map(served_field_to_pb).collect(),
        via: Some(field_key_to_pb(&cell.via)),
        held: input.held.map(|held| held_figure_to_pb(held, input.explanation)),
    }
}

fn served_field_to_pb(served: ServedField) -> pb::ServedField {
    pb::ServedField {
        field: Some(field_key_to_pb(&served.field)),
        period: served.period.to_string(),
        title: served.title,
        label: served.label,
    }
}

fn held_figure_to_pb(held: Observation, explanation: String) -> pb::HeldFigure {
    pb::HeldFigure {
        value: held.figure.to_string(),
        unit_of_measure: held.unit_of_measure,
        version: held.version,
        reporter: held.reporter.to_string(),
        receipt: held.receipt.to_string(),
        stored_at: held.stored_at.to_string(),
        explanation,
    }
}

fn prefilled_cell_to_pb(cell: PrefilledCell) -> pb::PrefilledCell {
    pb::PrefilledCell {
        field: Some(field_key_to_pb(&cell.field)),
        period: cell.period.to_string(),
        label: cell.label,
        title: cell.title,
        value: cell.value.map(|v| v.to_string()).unwrap_or_default(),
        unit_of_measure: cell.unit_text,
        provenance_zh: cell.provenance_zh,
        provenance_en: cell.provenance_en,
        sources: cell.n_sources,
        sources_held: cell.n_held,
    }
}

/// Reads a submission; figures are read later, against what the plan asks.
pub(crate) fn submission_from_pb(request: pb::SubmitRequest) -> Result<Submission, Vec<Problem>> {
    let mut faults = Faults::default();
    let unit = faults.keep(UnitCode::parse(&request.unit), Place::part("unit"));
    let due = faults.keep(date_from_pb(&request.due), Place::part("due"));
    let (Some(unit), Some(due)) = (unit, due) else { return Err(faults.into_problems()) };
    let figures = request.figures.into_iter().map(typed_figure_from_pb).collect();
    Ok(Submission { unit, due, figures, partial: request.partial, draft_version: request.draft_version })
}

fn typed_figure_from_pb(typed: pb::TypedFigure) -> TypedFigure {
    TypedFigure {
        element: typed.element,
        period: typed.period,
        value: typed.value,
        unit_of_measure: typed.unit_of_measure,
        explanation: typed.explanation,
    }
}

/// Reads a correction.
pub(crate) fn correction_from_pb(request: pb::CorrectRequest) -> Result<Correction, Vec<Problem>> {
    let mut faults = Faults::default();
    let unit = faults.keep(UnitCode::parse(&request.unit), Place::part("unit"));
    let mut figures = Vec::with_capacity(request.figures.len());
    for (n, corrected) in request.figures.into_iter().enumerate() {
        match corrected.figure {
            Some(figure) => figures.push((typed_figure_from_pb(figure), corrected.seen_version)),
            None => faults.add(Problem::new(Code::RequestPartMissing).arg("what", "figure").at(Place::part("figures").at_row(n + 1))),
        }
    }
    let problems = faults.into_problems();
    match unit {
        Some(unit) if problems.is_empty() => {
            let answers = (request.dispute > 0).then_some(DisputeId(request.dispute));
            Ok(Correction { unit, figures, reason: request.reason, answers })
        }
        _ => Err(problems),
    }
}

/// Writes a receipt.
pub(crate) fn receipt_to_pb(receipt: Receipt) -> pb::Receipt {
    pb::Receipt {
        id: receipt.id.to_string(),
        unit: receipt.unit.to_string(),
        reporter: receipt.reporter.to_string(),
        request_id: receipt.request.to_string(),
        figures: receipt.n_figures,
        digest: receipt.digest,
        stored_at: receipt.stored_at.to_string(),
    }
}

/// Reads the receipt that a request is about.
pub(crate) fn receipt_id_from_pb(receipt: &str) -> Result<ReceiptId, Problem> {
    at_part(ReceiptId::parse(receipt), "receipt")
}

/// Reads which figure a request is about.
pub(crate) fn observation_key_from_pb(request: &pb::ListObservationVersionsRequest) -> Result<ObservationKey, Vec<Problem>> {
    let mut faults = Faults::default();
    let unit = faults.keep(UnitCode::parse(&request.unit), Place::part("unit"));
    let element = faults.keep(ElementId::parse(&request.element), Place::part("element"));
    let period = faults.keep(ReferencePeriod::parse(&request.period), Place::part("period"));
    match (unit, element, period) {
        (Some(unit), Some(element), Some(period)) => Ok(ObservationKey { unit, element, period }),
        _ => Err(faults.into_problems()),
    }
}

/// Writes one version of a figure.
pub(crate) fn observation_version_to_pb((version, explanation): (Observation, String)) -> pb::ObservationVersion {
    pb::ObservationVersion {
        version: version.version,
        value: version.figure.to_string(),
        unit_of_measure: version.unit_of_measure,
        reporter: version.reporter.to_string(),
        receipt: version.receipt.to_string(),
        stored_at: version.stored_at.to_string(),
        reason: version.reason,
        via: Some(field_key_to_pb(&version.via)),
        explanation,
    }
}
