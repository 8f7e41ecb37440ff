//! Extracts a department's form for many units and a period, computed by DataFusion from the observations.

use std::sync::Arc;

use crate::app::App;
use crate::app::error::Result;
use crate::app::planned_year::{PlannedYear, is_in_force};
use crate::app::sources::Wanted;
use crate::dataset::extraction::{self, Column, Extracted, Extraction, Row, SourceCell};
use crate::domain::audit::NewAuditRecord;
use crate::domain::caller::{Caller, Role};
use crate::domain::id::FormId;
use crate::domain::period::ReferencePeriod;
use crate::domain::problem::{Code, Problem};
use crate::domain::template::RegisteredTemplate;
use crate::domain::unit::UnitCode;
use crate::planning::Source;

/// Units whose forms are computed in one go; a larger extraction is streamed in slices of this size.
const UNITS_PER_SLICE: usize = 500;

/// An extraction that was granted: which form, for which units, in slices.
pub struct ExtractionHead {
    /// The form.
    pub form: Arc<RegisteredTemplate>,
    /// The form's period.
    pub period: ReferencePeriod,
    /// Columns in the form's order.
    pub columns: Vec<Column>,
    planned: Arc<PlannedYear>,
    positions: Vec<usize>,
}

impl ExtractionHead {
    /// Number of units.
    pub fn n_units(&self) -> usize {
        self.positions.len()
    }

    /// Name of one of its units in the year of the period; empty for others.
    pub fn unit_name(&self, unit: &UnitCode) -> &str {
        self.planned.units.get(unit).map_or("", |u| u.name.as_str())
    }

    /// Number of slices in which the extraction comes.
    pub fn n_slices(&self) -> usize {
        self.positions.len().div_ceil(UNITS_PER_SLICE)
    }
}

impl App {
    /// Grants and plans an extraction, and leaves its audit record. A department sees the columns of its own forms, and of its offices'.
    pub async fn begin_extraction(
        &self,
        caller: &Caller,
        form: &FormId,
        period: ReferencePeriod,
        within: Option<&UnitCode>,
    ) -> Result<ExtractionHead> {
        caller.require(&[Role::DataOfficer, Role::Bureau], "dataset.extract")?;
        let own = caller.organisation("dataset.extract")?;
        let unknown = || Problem::new(Code::FormUnknown).arg("form", form);
        let registered = self.state.catalogue(|c| c.form(form).cloned()).ok_or_else(unknown)?;
        if !self.belongs_to(&registered.template.organisation, own).await? {
            return Err(unknown().into());
        }
        let template = &registered.template;
        let mismatch = || Problem::new(Code::PeriodFrequencyMismatch).arg("period", period).arg("frequency", template.frequency);
        let year = period.year().filter(|_| period.fits(template.frequency)).ok_or_else(mismatch)?;
        if !is_in_force(&registered, year) {
            return Err(Problem::new(Code::FormExpired).arg("form", form).arg("valid_until", &template.valid_until).into());
        }
        let planned = self.state.plan(year);
        let top = match within {
            None => None,
            Some(code) => {
                let unknown_unit = || Problem::new(Code::UnitUnknown).arg("unit", code);
                Some(planned.units.position(code).ok_or_else(unknown_unit)?)
            }
        };
        let mut positions = top.map_or_else(|| (0..planned.units.len()).collect(), |top| planned.units.subtree(top));
        positions.retain(|at| planned.units.units().get(*at).is_some_and(|u| u.level == template.level));
        positions.sort_unstable();
        let columns = template.fields.iter().map(|field| Column {
            name: field.id.to_string(),
            title: field.label.clone(),
            dtype: field.dtype,
            unit: self.measures.find(&field.unit).cloned(),
            decimals: field.decimals(),
        });
        let head = ExtractionHead { columns: columns.collect(), period, planned, positions, form: Arc::clone(&registered) };
        self.audit_extraction(caller, &head, within).await?;
        Ok(head)
    }

    /// Computes one slice of an extraction, from 0; its observations are read set-wise from the store.
    pub async fn extract_slice(&self, head: &ExtractionHead, slice: usize) -> Result<Extracted> {
        let positions: Vec<usize> = head.positions.iter().skip(slice * UNITS_PER_SLICE).take(UNITS_PER_SLICE).copied().collect();
        let (plan, units) = (&head.planned.plan, head.planned.units.units());
        let mut rows = Vec::new();
        let mut cells: Vec<(usize, usize, usize, Source)> = Vec::new();
        for position in positions {
            let Some(unit) = units.get(position) else { continue };
            rows.push(Row { unit: unit.code.clone(), unit_name: unit.name.clone(), period: head.period });
            for (column, field) in head.form.field_keys.iter().enumerate() {
                cells.extend(plan.source(position, field, head.period).map(|source| (rows.len() - 1, column, position, source)));
            }
        }
        let wanted: Vec<Wanted<'_>> = cells
            .iter_mut()
            .filter_map(|(_, column, position, source)| {
                head.form.field_keys.get(*column).map(|field| Wanted { position: *position, field, period: head.period, source })
            })
            .collect();
        let observations = self.observations_for(&head.planned, wanted).await?;
        let mut sources = Vec::new();
        for (row, column, _, source) in &cells {
            for term in &source.terms {
                let Some(typing) = units.get(term.unit) else { continue };
                sources.push(SourceCell {
                    row: u32::try_from(*row).unwrap_or(u32::MAX),
                    column: u32::try_from(*column).unwrap_or(u32::MAX),
                    unit: typing.code.clone(),
                    element: term.element,
                    period: term.period,
                    factor: term.factor,
                });
            }
        }
        let wanted = Extraction { columns: head.columns.clone(), rows, sources };
        Ok(extraction::extract(&wanted, observations.into_values().collect(), &self.measures).await?)
    }

    async fn audit_extraction(&self, caller: &Caller, head: &ExtractionHead, within: Option<&UnitCode>) -> Result<()> {
        let mut tx = self.store.begin().await?;
        tx.append_audit(&NewAuditRecord {
            at: self.clock.now(),
            account: caller.account.clone(),
            act: "dataset.extract".to_owned(),
            object: format!("{}@{}", head.form.template.id, head.form.version),
            detail: serde_json::json!({ "period": head.period, "within": within, "units": head.n_units() }).to_string(),
        })
        .await?;
        tx.commit().await?;
        Ok(())
    }
}
