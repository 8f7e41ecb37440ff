//! A department's form for many units and a period, computed from the observations: `(row, column)` ← exact sum of its sources.
//!
//! Which observations a cell is made of is planned elsewhere and given as [`SourceCell`]s. A figure is shown only where all of its sources are held.
//! Sums are exact: observations become atoms of their dimension in Decimal128(38, 10), are summed as Decimal256 by DataFusion, and are
//! rounded once, half away from zero, to the column's decimals. An observation of 10^28 atoms or more, or one finer than 10^-10 atoms, is an error.
//! Rows are computed in slices, so that a province's form never stands in memory as a whole.

mod convert;
mod cut;
mod ipc;
mod output;
mod slice;
mod tables;
#[cfg(test)]
mod tests;

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use futures::stream::{self, Stream};
use std::collections::{BTreeSet, HashMap};
use std::future::Future;

use crate::dataset::error::Error;
use crate::dataset::session::SessionLimits;
use crate::domain::balance::Factor;
use crate::domain::id::ElementId;
use crate::domain::measure::{Measures, UnitOfMeasure};
use crate::domain::observation::Observation;
use crate::domain::period::ReferencePeriod;
use crate::domain::template::DataType;
use crate::domain::unit::UnitCode;
use crate::store::{self, ObservationFilter};

pub use cut::{SLICE_ROWS, SLICE_SOURCES};
pub use ipc::{IpcChunks, MAX_CHUNK_BYTES, to_ipc_stream};
pub use output::{schema_of, to_rows};
use slice::Engine;

/// A column of a form.
#[derive(Clone, Debug)]
pub struct Column {
    /// Field id.
    pub name: String,
    /// What people read above it.
    pub title: String,
    /// Data type of its figures.
    pub dtype: DataType,
    /// Unit of measure that its figures are shown in. `None` shows figures as they were typed and takes only figures without a known unit.
    pub unit: Option<UnitOfMeasure>,
    /// Decimals that its figures are rounded to.
    pub decimals: u32,
}

/// A row of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The unit that the row is about.
    pub unit: UnitCode,
    /// Its name.
    pub unit_name: String,
    /// The reference period that the row is about.
    pub period: ReferencePeriod,
}

/// One of the typed observations whose exact sum, each times its factor, is the figure of a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceCell {
    /// Row of the cell, from 0.
    pub row: u32,
    /// Column of the cell, from 0.
    pub column: u32,
    /// Unit of the observation.
    pub unit: UnitCode,
    /// Element of the observation.
    pub element: ElementId,
    /// Reference period of the observation.
    pub period: ReferencePeriod,
    /// How often it counts, in atoms.
    pub factor: Factor,
}

/// A form to be computed.
#[derive(Clone, Debug, Default)]
pub struct Extraction {
    /// Its columns.
    pub columns: Vec<Column>,
    /// Its rows.
    pub rows: Vec<Row>,
    /// What its cells are made of, in any order.
    pub sources: Vec<SourceCell>,
}

/// Some rows of a form with their sources; rows of the sources count from 0 within the slice.
#[derive(Clone, Debug, Default)]
pub struct Slice {
    /// The rows.
    pub rows: Vec<Row>,
    /// What their cells are made of.
    pub sources: Vec<SourceCell>,
}

/// Why a cell stays empty though all of its sources are held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Refusal {
    /// A source was typed in a unit of measure that cannot be turned into the column's.
    UnitOfMeasure,
    /// A source is text where a number is asked, or the other way round.
    DataType,
    /// More than one source stands for a figure that is no number.
    SeveralTexts,
}

/// A cell that stays empty though all of its sources are held: what was typed does not fit what is asked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RefusedCell {
    /// Unit of the row.
    pub unit: UnitCode,
    /// Reference period of the row.
    pub period: ReferencePeriod,
    /// Field id of the column.
    pub field: String,
    /// Why.
    pub why: Refusal,
}

/// The computed rows of one slice.
#[derive(Clone, Debug)]
pub struct Part {
    /// The rows, in order.
    pub batch: RecordBatch,
    /// Cells without a figure because a source is not held, or because they have none.
    pub n_missing: u64,
    /// Cells without a figure for another reason, in order.
    pub refused: Vec<RefusedCell>,
}

/// A computed form.
#[derive(Clone, Debug)]
pub struct Extracted {
    /// Columns `unit_code`, `unit_name` and `period`, then one for each field.
    pub schema: SchemaRef,
    /// The rows, in order.
    pub batches: Vec<RecordBatch>,
    /// Cells without a figure because a source is not held, or because they have none.
    pub n_missing: u64,
    /// Cells without a figure for another reason, in order.
    pub refused: Vec<RefusedCell>,
}

/// Computes a form from observations that are all at hand. Observations that no cell needs do not matter, and neither does any order.
pub async fn extract(extraction: &Extraction, observations: Vec<Observation>, measures: &Measures) -> Result<Extracted, Error> {
    let engine = Engine::new(&extraction.columns, measures, SessionLimits::default())?;
    let mut by_unit: HashMap<&UnitCode, Vec<&Observation>> = HashMap::new();
    for observation in &observations {
        by_unit.entry(&observation.key.unit).or_default().push(observation);
    }
    let mut extracted = Extracted { schema: engine.schema(), batches: Vec::new(), n_missing: 0, refused: Vec::new() };
    for cut in cut::cut(extraction)? {
        let units: BTreeSet<&UnitCode> = cut.sources.iter().map(|s| &s.unit).collect();
        let held: Vec<&Observation> = units.iter().filter_map(|u| by_unit.get(u)).flatten().copied().collect();
        let part = engine.compute(&cut.rows, cut.first_row, &cut.sources, &held).await?;
        extracted.batches.push(part.batch);
        extracted.n_missing += part.n_missing;
        extracted.refused.extend(part.refused);
    }
    Ok(extracted)
}

/// Computes a form slice by slice. `fetch` is asked once for each slice that has sources and answers with the current observations that
/// match; more than asked does no harm. The stream ends after the first error.
pub fn extract_stream<S, F, Fut>(
    columns: Vec<Column>,
    slices: S,
    measures: Measures,
    limits: SessionLimits,
    fetch: F,
) -> impl Stream<Item = Result<Part, Error>> + Send
where
    S: Iterator<Item = Slice> + Send,
    F: FnMut(ObservationFilter) -> Fut + Send,
    Fut: Future<Output = store::Result<Vec<Observation>>> + Send,
{
    let start = (None, columns, slices, measures, fetch);
    stream::try_unfold(start, move |(engine, columns, mut slices, measures, mut fetch)| async move {
        let Some(slice) = slices.next() else {
            return Ok(None);
        };
        let engine = match engine {
            Some(engine) => engine,
            None => Engine::new(&columns, &measures, limits)?,
        };
        // An empty list in a filter means "all", so that a slice without sources must not ask.
        let observations = if slice.sources.is_empty() { Vec::new() } else { fetch(filter_of(&slice.sources)).await? };
        let rows: Vec<&Row> = slice.rows.iter().collect();
        let sources: Vec<&SourceCell> = slice.sources.iter().collect();
        let part = engine.compute(&rows, 0, &sources, &observations.iter().collect::<Vec<_>>()).await?;
        Ok(Some((part, (Some(engine), columns, slices, measures, fetch))))
    })
}

/// Everything that the sources of a slice need, as sets.
fn filter_of(sources: &[SourceCell]) -> ObservationFilter {
    let units: BTreeSet<&UnitCode> = sources.iter().map(|s| &s.unit).collect();
    let elements: BTreeSet<ElementId> = sources.iter().map(|s| s.element).collect();
    let periods: BTreeSet<ReferencePeriod> = sources.iter().map(|s| s.period).collect();
    ObservationFilter {
        units: units.into_iter().cloned().collect(),
        elements: elements.into_iter().collect(),
        periods: periods.into_iter().collect(),
    }
}
