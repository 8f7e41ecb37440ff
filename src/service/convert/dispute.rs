//! Disputes as messages.

use crate::app::Objection;
use crate::domain::caller::Scope;
use crate::domain::dispute::{Dispute, DisputeState, DisputedFigure};
use crate::domain::id::{FieldId, FormId};
use crate::domain::period::ReferencePeriod;
use crate::domain::problem::{Place, Problem};
use crate::domain::unit::UnitCode;
use crate::pb;
use crate::service::convert::Faults;
use crate::service::convert::shared_values::{field_key_to_pb, optional};

/// Reads a dispute on its way in.
pub(crate) fn objection_from_pb(request: pb::RaiseDisputeRequest) -> Result<Objection, Vec<Problem>> {
    let mut faults = Faults::default();
    let unit = faults.keep(UnitCode::parse(&request.unit), Place::part("unit"));
    let form = faults.keep(FormId::parse(&request.form_id), Place::part("form_id"));
    let field = faults.keep(FieldId::parse(&request.field_id), Place::part("field_id"));
    let period = faults.keep(ReferencePeriod::parse(&request.period), Place::part("period"));
    let source = faults.keep(optional(&request.source_unit, UnitCode::parse), Place::part("source_unit"));
    match (unit, form, field, period, source) {
        (Some(unit), Some(form), Some(field), Some(period), Some(source)) => {
            Ok(Objection { unit, form, field, period, source, claim: request.claim, proposed: request.proposed })
        }
        _ => Err(faults.into_problems()),
    }
}

/// Writes a dispute.
pub(crate) fn dispute_to_pb(dispute: Dispute) -> pb::Dispute {
    let state = match dispute.state() {
        DisputeState::Open => pb::DisputeState::Open,
        DisputeState::Corrected => pb::DisputeState::Corrected,
        DisputeState::Rejected => pb::DisputeState::Rejected,
        DisputeState::Withdrawn => pb::DisputeState::Withdrawn,
    };
    let raised = dispute.raised;
    let (addressee_unit, addressee_organisation) = match raised.addressee {
        Scope::Unit(unit) => (unit.to_string(), String::new()),
        Scope::Organisation(organisation) => (String::new(), organisation.to_string()),
        Scope::Installation => (String::new(), String::new()),
    };
    let mut message = pb::Dispute {
        dispute: dispute.id.0,
        state: state.into(),
        unit: raised.unit.to_string(),
        addressee_unit,
        addressee_organisation,
        field: Some(field_key_to_pb(&raised.about.field)),
        period: raised.about.period.to_string(),
        label: raised.about.label,
        figures: raised.about.figures.into_iter().map(figure_to_pb).collect(),
        claim: raised.about.claim,
        proposed: raised.about.proposed,
        raised_by: raised.raised_by.to_string(),
        raised_at: raised.raised_at.to_string(),
        ..Default::default()
    };
    if let Some(end) = dispute.end {
        message.ended_by = end.by.to_string();
        message.ended_at = end.at.to_string();
        message.note = end.note;
        message.receipt = end.receipt.map(|receipt| receipt.to_string()).unwrap_or_default();
    }
    message
}

fn figure_to_pb(figure: DisputedFigure) -> pb::DisputedFigure {
    pb::DisputedFigure {
        unit: figure.key.unit.to_string(),
        element: figure.key.element.to_string(),
        period: figure.key.period.to_string(),
        value: figure.figure.to_string(),
        unit_of_measure: figure.unit_of_measure,
        version: figure.version,
    }
}
