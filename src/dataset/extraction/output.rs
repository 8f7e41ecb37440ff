//! The form as it comes out: its schema, the cells of a slice while they are filled, and rows of figures for messages.

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Decimal128Array, StringArray};
use arrow::datatypes::{DataType as ArrowType, Decimal128Type, Field, Schema, SchemaRef};
use arrow::record_batch::RecordBatch;
use rust_decimal::Decimal;
use std::collections::HashMap;
use std::sync::Arc;

use crate::dataset::error::Error;
use crate::dataset::extraction::convert::MAX_PRECISION;
use crate::dataset::extraction::{Column, Extracted, Row};
use crate::domain::figure::Figure;
use crate::domain::period::ReferencePeriod;
use crate::domain::template::DataType;
use crate::domain::unit::UnitCode;

/// Number of columns before the fields'.
const N_KEY_COLUMNS: usize = 3;
/// Key of a column's title in its metadata.
const TITLE: &str = "指标名称";
/// Key of a column's unit of measure in its metadata.
const UNIT: &str = "计量单位";

/// Columns of a form: `unit_code`, `unit_name`, `period`, then one for each field by its id, with title and unit of measure in the metadata.
pub fn schema_of(columns: &[Column]) -> SchemaRef {
    let key = |name: &str, title: &str| {
        Field::new(name, ArrowType::Utf8, false).with_metadata(HashMap::from([(TITLE.to_owned(), title.to_owned())]))
    };
    let mut fields = vec![key("unit_code", "单位代码"), key("unit_name", "单位名称"), key("period", "所属期")];
    fields.extend(columns.iter().map(|column| {
        let mut metadata = HashMap::from([(TITLE.to_owned(), column.title.clone())]);
        if let Some(unit) = &column.unit {
            metadata.insert(UNIT.to_owned(), unit.symbol.clone());
        }
        Field::new(&column.name, arrow_type(column), true).with_metadata(metadata)
    }));
    Arc::new(Schema::new(fields))
}

fn arrow_type(column: &Column) -> ArrowType {
    match column.dtype {
        DataType::Integer | DataType::Decimal => ArrowType::Decimal128(MAX_PRECISION, scale_of(column)),
        DataType::Text | DataType::Code | DataType::Date => ArrowType::Utf8,
        DataType::Bool => ArrowType::Boolean,
    }
}

/// Decimals as Arrow counts them; a template's check keeps them at 8 at most.
fn scale_of(column: &Column) -> i8 {
    i8::try_from(column.decimals).unwrap_or(i8::MAX)
}

/// The cells of a slice, column by column.
pub(super) struct Cells {
    columns: Vec<Values>,
}

enum Values {
    Numbers(Vec<Option<i128>>, i8),
    Texts(Vec<Option<String>>),
    Flags(Vec<Option<bool>>),
}

impl Cells {
    pub(super) fn new(columns: &[Column], n_rows: usize) -> Self {
        let empty = |column: &Column| match column.dtype {
            DataType::Integer | DataType::Decimal => Values::Numbers(vec![None; n_rows], scale_of(column)),
            DataType::Text | DataType::Code | DataType::Date => Values::Texts(vec![None; n_rows]),
            DataType::Bool => Values::Flags(vec![None; n_rows]),
        };
        Self { columns: columns.iter().map(empty).collect() }
    }

    /// Sets a figure by steps of its column's last decimal.
    pub(super) fn set_number(&mut self, row: usize, column: usize, mantissa: i128) {
        if let Some(Values::Numbers(values, _)) = self.columns.get_mut(column)
            && let Some(slot) = values.get_mut(row)
        {
            *slot = Some(mantissa);
        }
    }

    /// Sets a text, or a yes or no by its text. Answers whether the text is one.
    pub(super) fn set_text(&mut self, row: usize, column: usize, text: &str) -> bool {
        match self.columns.get_mut(column) {
            Some(Values::Texts(values)) => {
                if let Some(slot) = values.get_mut(row) {
                    *slot = Some(text.to_owned());
                }
                true
            }
            Some(Values::Flags(values)) => {
                let Ok(Figure::Bool(flag)) = Figure::parse(text, DataType::Bool, 0) else {
                    return false;
                };
                if let Some(slot) = values.get_mut(row) {
                    *slot = Some(flag);
                }
                true
            }
            Some(Values::Numbers(..)) | None => false,
        }
    }

    /// Cells without a figure.
    pub(super) fn n_empty(&self) -> u64 {
        let of = |values: &Values| match values {
            Values::Numbers(v, _) => v.iter().filter(|c| c.is_none()).count(),
            Values::Texts(v) => v.iter().filter(|c| c.is_none()).count(),
            Values::Flags(v) => v.iter().filter(|c| c.is_none()).count(),
        };
        self.columns.iter().map(|v| of(v) as u64).sum()
    }

    pub(super) fn into_batch(self, rows: &[&Row], schema: &SchemaRef) -> Result<RecordBatch, Error> {
        let codes: StringArray = rows.iter().map(|r| Some(r.unit.as_str())).collect();
        let names: StringArray = rows.iter().map(|r| Some(r.unit_name.as_str())).collect();
        let periods: StringArray = rows.iter().map(|r| Some(r.period.to_string())).collect();
        let mut arrays: Vec<ArrayRef> = vec![Arc::new(codes), Arc::new(names), Arc::new(periods)];
        for values in self.columns {
            arrays.push(match values {
                Values::Numbers(v, scale) => Arc::new(Decimal128Array::from(v).with_precision_and_scale(MAX_PRECISION, scale)?),
                Values::Texts(v) => Arc::new(StringArray::from(v)),
                Values::Flags(v) => Arc::new(BooleanArray::from(v)),
            });
        }
        Ok(RecordBatch::try_new(schema.clone(), arrays)?)
    }
}

/// The form as rows of figures. Nothing is lost: no figure that was computed has more digits than [`Decimal`] holds.
pub fn to_rows(extracted: &Extracted) -> Vec<(UnitCode, ReferencePeriod, Vec<Option<Figure>>)> {
    extracted.batches.iter().flat_map(batch_rows).collect()
}

fn batch_rows(batch: &RecordBatch) -> Vec<(UnitCode, ReferencePeriod, Vec<Option<Figure>>)> {
    let text_of = |column: usize, n: usize| {
        let texts = batch.columns().get(column).and_then(|c| c.as_string_opt::<i32>());
        texts.filter(|t| t.is_valid(n)).map_or("", |t| t.value(n)).to_owned()
    };
    let figures = |n: usize| batch.columns().iter().skip(N_KEY_COLUMNS).map(|c| figure_at(c, n)).collect();
    // The period was printed by the domain itself, so that reading it back cannot fail.
    let period = |n: usize| ReferencePeriod::parse(&text_of(2, n)).unwrap_or(ReferencePeriod::Standing);
    (0..batch.num_rows()).map(|n| (UnitCode::from_stored(text_of(0, n)), period(n), figures(n))).collect()
}

fn figure_at(column: &ArrayRef, n: usize) -> Option<Figure> {
    if column.is_null(n) {
        return None;
    }
    match column.data_type() {
        ArrowType::Decimal128(_, scale) => {
            let mantissa = column.as_primitive_opt::<Decimal128Type>()?.value(n);
            let number = Decimal::try_from_i128_with_scale(mantissa, u32::try_from(*scale).ok()?).ok()?;
            Some(Figure::Number(number.normalize()))
        }
        ArrowType::Boolean => Some(Figure::Bool(column.as_boolean_opt()?.value(n))),
        _ => Some(Figure::Text(column.as_string_opt::<i32>()?.value(n).to_owned())),
    }
}
