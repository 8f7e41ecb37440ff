//! Extractions as messages.

use crate::dataset::extraction::Column;
use crate::domain::figure::Figure;
use crate::domain::id::FormId;
use crate::domain::period::ReferencePeriod;
use crate::domain::problem::{Code, Place, Problem};
use crate::domain::unit::UnitCode;
use crate::pb;
use crate::service::convert::Faults;
use crate::service::convert::shared_values::{data_type_to_pb, optional};

/// Which form, for whom and when.
#[derive(Debug)]
pub(crate) struct Scope {
    /// The form.
    pub(crate) form: FormId,
    /// The form's period.
    pub(crate) period: ReferencePeriod,
    /// Units below this one, itself included; `None` for all.
    pub(crate) within: Option<UnitCode>,
}

/// Reads the scope of an extraction.
pub(crate) fn scope_from_pb(scope: Option<pb::ExtractionScope>) -> Result<Scope, Vec<Problem>> {
    let missing = || vec![Problem::new(Code::RequestPartMissing).arg("what", "scope").at(Place::part("scope"))];
    let scope = scope.ok_or_else(missing)?;
    let mut faults = Faults::default();
    let form = faults.keep(FormId::parse(&scope.form_id), Place::part("form_id"));
    let period = faults.keep(ReferencePeriod::parse(&scope.period), Place::part("period"));
    let within = faults.keep(optional(&scope.within, UnitCode::parse), Place::part("within"));
    match (form, period, within) {
        (Some(form), Some(period), Some(within)) => Ok(Scope { form, period, within }),
        _ => Err(faults.into_problems()),
    }
}

/// Writes a column; `unit_text` is the unit of measure as the form prints it.
pub(crate) fn column_to_pb(column: &Column, unit_text: &str) -> pb::ExtractedColumn {
    pb::ExtractedColumn {
        field_id: column.name.clone(),
        label: column.title.clone(),
        unit_of_measure: column.unit.as_ref().map_or(unit_text, |unit| unit.symbol.as_str()).to_owned(),
        dtype: data_type_to_pb(column.dtype).into(),
    }
}

/// Writes one unit's form.
pub(crate) fn row_to_pb(unit: &UnitCode, unit_name: &str, period: ReferencePeriod, figures: Vec<Option<Figure>>) -> pb::ExtractedRow {
    let figures = figures.into_iter().map(|figure| pb::ExtractedFigure { value: figure.map(|f| f.to_string()) });
    pb::ExtractedRow { unit: unit.to_string(), unit_name: unit_name.to_owned(), period: period.to_string(), figures: figures.collect() }
}
