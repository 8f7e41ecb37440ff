//! One run of the engine: some rows of a form, their sources, the observations, out comes one record batch.

use arrow::array::{Array, AsArray};
use arrow::datatypes::{Decimal128Type, Int32Type, Int64Type, SchemaRef, UInt32Type};
use arrow::record_batch::RecordBatch;
use datafusion::execution::context::SessionContext;
use datafusion::logical_expr::ScalarUDF;
use futures::TryStreamExt;

use crate::dataset::error::Error;
use crate::dataset::extraction::convert::FigureOfAtoms;
use crate::dataset::extraction::output::{Cells, schema_of};
use crate::dataset::extraction::tables::{Dimensions, check_observations, check_sources, columns_table, observations_table, sources_table};
use crate::dataset::extraction::{Column, Part, Refusal, RefusedCell, Row, SourceCell};
use crate::dataset::session::{self, SessionLimits};
use crate::domain::measure::Measures;
use crate::domain::observation::Observation;

/// What all slices of a form share.
pub(super) struct Engine {
    context: SessionContext,
    columns: Vec<Column>,
    measures: Measures,
    schema: SchemaRef,
}

/// What the query says about one cell whose sources are all held.
struct Computed<'a> {
    n_wanted: i64,
    n_numbers: i64,
    dimensions: (i32, i32),
    /// Steps of the column's last decimal.
    mantissa: Option<i128>,
    text: Option<&'a str>,
}

impl Engine {
    /// Opens a session for a form with these columns.
    pub fn new(columns: &[Column], measures: &Measures, limits: SessionLimits) -> Result<Self, Error> {
        let context = session::session(limits)?;
        context.register_udf(ScalarUDF::new_from_impl(FigureOfAtoms::new()));
        context.register_batch("columns", columns_table(columns)?)?;
        Ok(Self { context, columns: columns.to_vec(), measures: measures.clone(), schema: schema_of(columns) })
    }

    /// Columns of the answers.
    pub fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    /// Computes some rows. `first_row` is what the rows of the sources count from.
    pub async fn compute(
        &self,
        rows: &[&Row],
        first_row: usize,
        sources: &[&SourceCell],
        observations: &[&Observation],
    ) -> Result<Part, Error> {
        check_sources(sources, first_row, rows.len(), self.columns.len())?;
        check_observations(observations)?;
        let mut dimensions = Dimensions::default();
        let wanted: Vec<Option<i32>> = self.columns.iter().map(|c| c.unit.as_ref().map(|u| dimensions.of(u))).collect();
        for (name, table) in [
            ("sources", sources_table(sources, first_row)?),
            ("observations", observations_table(observations, &self.measures, &mut dimensions)?),
        ] {
            self.context.deregister_table(name)?;
            self.context.register_batch(name, table)?;
        }
        let frame = session::plan(&self.context, include_str!("extract.sql")).await?;
        let mut batches = frame.execute_stream().await?;
        let mut cells = Cells::new(&self.columns, rows.len());
        let mut refused: Vec<(usize, usize, Refusal)> = Vec::new();
        while let Some(batch) = batches.try_next().await? {
            self.place(&batch, &wanted, rows, &mut cells, &mut refused)?;
        }
        let n_missing = cells.n_empty() - refused.len() as u64;
        refused.sort_unstable();
        let refused = refused.into_iter().filter_map(|(row, column, why)| {
            let (row, column) = (rows.get(row)?, self.columns.get(column)?);
            Some(RefusedCell { unit: row.unit.clone(), period: row.period, field: column.name.clone(), why })
        });
        let refused = refused.collect();
        Ok(Part { batch: cells.into_batch(rows, &self.schema)?, n_missing, refused })
    }

    /// The physical plan for the tables of the last slice, as text.
    #[cfg(test)]
    pub async fn physical_plan(&self) -> Result<String, Error> {
        let frame = session::plan(&self.context, include_str!("extract.sql")).await?;
        let plan = frame.create_physical_plan().await?;
        Ok(datafusion::physical_plan::displayable(plan.as_ref()).indent(false).to_string())
    }

    /// Puts the figures of one batch of the query into their cells.
    fn place(
        &self,
        batch: &RecordBatch,
        wanted: &[Option<i32>],
        rows: &[&Row],
        cells: &mut Cells,
        refused: &mut Vec<(usize, usize, Refusal)>,
    ) -> Result<(), Error> {
        let column = |n: usize| batch.column(n);
        let (cell_rows, cell_columns) = (column(0).as_primitive::<UInt32Type>(), column(1).as_primitive::<UInt32Type>());
        let (n_wanted, n_numbers) = (column(2).as_primitive::<Int64Type>(), column(3).as_primitive::<Int64Type>());
        let (lowest, highest) = (column(4).as_primitive::<Int32Type>(), column(5).as_primitive::<Int32Type>());
        let mantissas = column(6).as_primitive::<Decimal128Type>();
        let texts = column(7).as_string_view();
        for n in 0..batch.num_rows() {
            let (at_row, at_column) = (cell_rows.value(n) as usize, cell_columns.value(n) as usize);
            let (Some(row), Some(column)) = (rows.get(at_row), self.columns.get(at_column)) else {
                return Err(Error::SourceOutside { row: cell_rows.value(n), column: cell_columns.value(n) });
            };
            let computed = Computed {
                n_wanted: n_wanted.value(n),
                n_numbers: n_numbers.value(n),
                dimensions: (lowest.value(n), highest.value(n)),
                mantissa: mantissas.is_valid(n).then(|| mantissas.value(n)),
                text: texts.is_valid(n).then(|| texts.value(n)),
            };
            match judge(column, wanted.get(at_column).copied().flatten(), &computed) {
                Some(why) => refused.push((at_row, at_column, why)),
                None if column.dtype.is_number() => {
                    let overflow = || Error::CellOverflow { unit: row.unit.clone(), period: row.period, field: column.name.clone() };
                    cells.set_number(at_row, at_column, computed.mantissa.ok_or_else(overflow)?);
                }
                None if !cells.set_text(at_row, at_column, computed.text.unwrap_or_default()) => {
                    refused.push((at_row, at_column, Refusal::DataType));
                }
                None => {}
            }
        }
        Ok(())
    }
}

/// Why a cell cannot be shown, if it cannot. `wanted` is the dimension of the column's unit.
fn judge(column: &Column, wanted: Option<i32>, computed: &Computed<'_>) -> Option<Refusal> {
    if !column.dtype.is_number() {
        let is_single = computed.n_wanted == 1;
        let fault = if is_single { Refusal::DataType } else { Refusal::SeveralTexts };
        return (!is_single || computed.text.is_none()).then_some(fault);
    }
    if computed.n_numbers != computed.n_wanted {
        return Some(Refusal::DataType);
    }
    let (lowest, highest) = computed.dimensions;
    // A column without a unit takes what has no known unit, as long as it is all of one spelling.
    let fits = lowest == highest && wanted.map_or(lowest <= 0, |wanted| wanted == lowest);
    (!fits).then_some(Refusal::UnitOfMeasure)
}
