//! The tables that a slice's query reads: sources, observations in atoms, columns.

use arrow::array::{ArrayRef, Decimal128Array, Decimal256Array, Int32Array, Int64Array, StringViewBuilder, UInt32Array};
use arrow::datatypes::i256;
use arrow::record_batch::RecordBatch;
use rust_decimal::Decimal;
use std::collections::HashMap;
use std::sync::Arc;

use crate::dataset::error::Error;
use crate::dataset::extraction::convert::{ATOM_SCALE, MAX_PRECISION};
use crate::dataset::extraction::{Column, SourceCell};
use crate::domain::figure::Figure;
use crate::domain::measure::{Measures, UnitOfMeasure};
use crate::domain::observation::{Observation, ObservationKey};

/// Digits of factors and divisors: with 38 of atoms and the 6 of a slice's sources they stay within 76.
const FACTOR_PRECISION: u8 = 15;
const FACTOR_LIMIT: i128 = 10_i128.pow(FACTOR_PRECISION as u32);

/// The dimension of a unit of measure as a small number, so that the engine can compare what it sums.
///
/// Known dimensions are positive, figures without a unit 0, and each unknown symbol is a negative number of its own.
#[derive(Debug, Default)]
pub(super) struct Dimensions {
    numbers: HashMap<String, i32>,
    unknown: HashMap<String, i32>,
}

impl Dimensions {
    /// The number of a known unit's dimension.
    pub fn of(&mut self, unit: &UnitOfMeasure) -> i32 {
        number_in(&mut self.numbers, &unit.dimension)
    }

    fn of_unknown(&mut self, symbol: &str) -> i32 {
        if symbol.is_empty() { 0 } else { -number_in(&mut self.unknown, symbol) }
    }
}

fn number_in(numbers: &mut HashMap<String, i32>, name: &str) -> i32 {
    if let Some(number) = numbers.get(name) {
        return *number;
    }
    let number = i32::try_from(numbers.len()).unwrap_or(i32::MAX - 1) + 1;
    numbers.insert(name.to_owned(), number);
    number
}

/// How each column shows atoms; columns without a unit show them as they are.
pub(super) fn columns_table(columns: &[Column]) -> Result<RecordBatch, Error> {
    let one = Decimal::ONE;
    let atoms: Vec<Decimal> = columns.iter().map(|c| c.unit.as_ref().map_or(one, |u| u.atoms.normalize())).collect();
    let mantissas = Decimal128Array::from_iter_values(atoms.iter().map(|a| a.mantissa())).with_precision_and_scale(MAX_PRECISION, 0)?;
    let ordinals = UInt32Array::from_iter_values((0_u32..).take(columns.len()));
    let scales = Int32Array::from_iter_values(atoms.iter().map(|a| i32::try_from(a.scale()).unwrap_or(i32::MAX)));
    let decimals = Int32Array::from_iter_values(columns.iter().map(|c| i32::try_from(c.decimals).unwrap_or(i32::MAX)));
    table([
        ("cell_column", Arc::new(ordinals)),
        ("unit_mantissa", Arc::new(mantissas)),
        ("unit_scale", Arc::new(scales)),
        ("decimals", Arc::new(decimals)),
    ])
}

/// The sources of a slice whose first row is `first_row` of the form.
pub(super) fn sources_table(sources: &[&SourceCell], first_row: usize) -> Result<RecordBatch, Error> {
    let mut units = StringViewBuilder::with_capacity(sources.len());
    sources.iter().for_each(|s| units.append_value(s.unit.as_str()));
    let first_row = u32::try_from(first_row).unwrap_or(u32::MAX);
    let (factors, divisors) = whole_factors(sources)?;
    table([
        ("cell_row", Arc::new(UInt32Array::from_iter_values(sources.iter().map(|s| s.row.saturating_sub(first_row))))),
        ("cell_column", Arc::new(UInt32Array::from_iter_values(sources.iter().map(|s| s.column)))),
        ("unit", Arc::new(units.finish())),
        ("element", Arc::new(Int64Array::from_iter_values(sources.iter().map(|s| s.element.to_stored())))),
        ("period", Arc::new(Int32Array::from_iter_values(sources.iter().map(|s| s.period.to_ordinal())))),
        ("factor", Arc::new(Decimal256Array::from_iter_values(factors).with_precision_and_scale(FACTOR_PRECISION, 0)?)),
        ("divisor", Arc::new(Decimal128Array::from_iter_values(divisors).with_precision_and_scale(FACTOR_PRECISION, 0)?)),
    ])
}

/// Factors as whole numbers over one divisor for each cell; a cell whose factors do not fit is an overflow.
fn whole_factors(sources: &[&SourceCell]) -> Result<(Vec<i256>, Vec<i128>), Error> {
    let overflow = |s: &SourceCell| {
        let key = ObservationKey { unit: s.unit.clone(), element: s.element, period: s.period };
        Error::ObservationOverflow { key: Box::new(key) }
    };
    let mut divisors: HashMap<(u32, u32), i128> = HashMap::new();
    for source in sources.iter().filter(|s| *s.factor.denom() != 1) {
        let known = divisors.entry((source.row, source.column)).or_insert(1);
        *known = num_integer::lcm(*known, *source.factor.denom());
        if *known >= FACTOR_LIMIT {
            return Err(overflow(source));
        }
    }
    let mut factors = Vec::with_capacity(sources.len());
    let mut of_cells = Vec::with_capacity(sources.len());
    for source in sources {
        let divisor = divisors.get(&(source.row, source.column)).copied().unwrap_or(1);
        let whole = source.factor.numer().checked_mul(divisor / source.factor.denom()).filter(|whole| whole.abs() < FACTOR_LIMIT);
        let whole = whole.ok_or_else(|| overflow(source))?;
        factors.push(i256::from_i128(whole));
        of_cells.push(divisor);
    }
    Ok((factors, of_cells))
}

/// The observations in atoms of their dimension; what is no number is text (是 and 否 for a yes or no).
pub(super) fn observations_table(
    observations: &[&Observation],
    measures: &Measures,
    dimensions: &mut Dimensions,
) -> Result<RecordBatch, Error> {
    let mut units = StringViewBuilder::with_capacity(observations.len());
    let mut texts = StringViewBuilder::with_capacity(observations.len());
    let mut atoms: Vec<Option<i128>> = Vec::with_capacity(observations.len());
    let mut of_dimension: Vec<i32> = Vec::with_capacity(observations.len());
    // Spellings are looked up once each: the table normalises them, which costs more than all the rest of a row.
    let mut known: HashMap<&str, (Option<&UnitOfMeasure>, i32)> = HashMap::new();
    for observation in observations {
        let symbol = observation.unit_of_measure.as_str();
        let (unit, dimension) = *known.entry(symbol).or_insert_with(|| match measures.find(symbol) {
            Some(unit) => (Some(unit), dimensions.of(unit)),
            None => (None, dimensions.of_unknown(symbol)),
        });
        units.append_value(observation.key.unit.as_str());
        of_dimension.push(dimension);
        match &observation.figure {
            Figure::Number(number) => {
                let exact = exact_atoms(*number, unit.map_or(Decimal::ONE, |u| u.atoms));
                atoms.push(Some(exact.ok_or_else(|| Error::ObservationOverflow { key: Box::new(observation.key.clone()) })?));
                texts.append_null();
            }
            text @ (Figure::Text(_) | Figure::Bool(_)) => {
                atoms.push(None);
                texts.append_value(text.to_string());
            }
        }
    }
    let atoms = Decimal128Array::from(atoms).with_precision_and_scale(MAX_PRECISION, ATOM_SCALE as i8)?;
    table([
        ("unit", Arc::new(units.finish())),
        ("element", Arc::new(Int64Array::from_iter_values(observations.iter().map(|o| o.key.element.to_stored())))),
        ("period", Arc::new(Int32Array::from_iter_values(observations.iter().map(|o| o.key.period.to_ordinal())))),
        ("dimension", Arc::new(Int32Array::from(of_dimension))),
        ("atoms", Arc::new(atoms)),
        ("text", Arc::new(texts.finish())),
    ])
}

fn table<const N: usize>(columns: [(&str, ArrayRef); N]) -> Result<RecordBatch, Error> {
    Ok(RecordBatch::try_from_iter(columns)?)
}

/// `figure × atoms` in steps of 10^-[`ATOM_SCALE`]; `None` where it has more than 38 digits or finer ones.
fn exact_atoms(figure: Decimal, atoms: Decimal) -> Option<i128> {
    let (figure, atoms) = (figure.normalize(), atoms.normalize());
    let product = figure.mantissa().checked_mul(atoms.mantissa())?;
    let scale = figure.scale() + atoms.scale();
    let steps = match ATOM_SCALE.checked_sub(scale) {
        Some(power) => product.checked_mul(10_i128.checked_pow(power)?)?,
        None => {
            let divisor = 10_i128.checked_pow(scale - ATOM_SCALE)?;
            (product % divisor == 0).then_some(product / divisor)?
        }
    };
    (steps.unsigned_abs() < 10_u128.pow(u32::from(MAX_PRECISION))).then_some(steps)
}

/// Finds an observation whose key stands twice. What the store gives is ordered by key, which makes this one pass.
pub(super) fn check_observations(observations: &[&Observation]) -> Result<(), Error> {
    match first_duplicate(observations, |o| &o.key) {
        Some(observation) => Err(Error::ObservationDuplicate { key: Box::new(observation.key.clone()) }),
        None => Ok(()),
    }
}

/// Finds a source that stands twice for one cell, or for a cell outside the table.
pub(super) fn check_sources(sources: &[&SourceCell], first_row: usize, n_rows: usize, n_columns: usize) -> Result<(), Error> {
    let is_outside =
        |s: &&&SourceCell| (s.row as usize).checked_sub(first_row).is_none_or(|row| row >= n_rows) || s.column as usize >= n_columns;
    if let Some(s) = sources.iter().find(is_outside) {
        return Err(Error::SourceOutside { row: s.row, column: s.column });
    }
    match first_duplicate(sources, |s| (s.row, s.column, &s.unit, s.element, s.period)) {
        Some(s) => {
            let key = ObservationKey { unit: s.unit.clone(), element: s.element, period: s.period };
            Err(Error::SourceDuplicate { key: Box::new(key), row: s.row, column: s.column })
        }
        None => Ok(()),
    }
}

fn first_duplicate<'a, T, K: Ord + 'a>(items: &[&'a T], key: impl Fn(&&'a T) -> K) -> Option<&'a T> {
    if items.is_sorted_by(|a, b| key(a) < key(b)) {
        return None;
    }
    let mut sorted = items.to_vec();
    sorted.sort_unstable_by_key(|item| key(item));
    sorted.iter().zip(sorted.iter().skip(1)).find(|(a, b)| key(a) == key(b)).map(|(a, _)| *a)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn atoms_are_exact_or_refused() {
        let of = |figure: &str, atoms: &str| exact_atoms(figure.parse().unwrap(), atoms.parse().unwrap());
        assert_eq!(of("1.5", "2000"), Some(3_000 * 10_i128.pow(10)));
        assert_eq!(of("-0.00000001", "1"), Some(-100));
        assert_eq!(of("0.00000001", "0.001"), None);
        assert_eq!(of("0.00001000", "0.00001"), Some(1));
        assert_eq!(of("999999999999999.99999999", "30000"), Some(299_999_999_999_999_999_999_997 * 10_i128.pow(6)));
        assert_eq!(of("9999999999999999999999999999", "1"), Some(9_999_999_999_999_999_999_999_999_999 * 10_i128.pow(10)));
        assert_eq!(of("9999999999999999999999999999", "10"), None);
    }
}
