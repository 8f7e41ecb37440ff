//! From what a clerk typed to figures that can be stored, and from stored figures to the value of a field.

use std::collections::HashMap;

use num_rational::BigRational;
use num_traits::Zero;
use rust_decimal::Decimal;

use crate::app::submit::TypedFigure;
use crate::domain::balance::Factor;
use crate::domain::figure::Figure;
use crate::domain::measure::{Measures, UnitOfMeasure, normalise_spelling, round_rational, to_rational};
use crate::domain::observation::{Observation, ObservationKey};
use crate::domain::problem::{Code, Problem};
use crate::domain::template::DataType;

/// What a cell asks, as far as reading a figure needs it.
pub(crate) struct Asked<'a> {
    pub(crate) label: &'a str,
    pub(crate) dtype: DataType,
    pub(crate) decimals: u32,
    pub(crate) unit: Option<&'a UnitOfMeasure>,
    pub(crate) unit_text: &'a str,
    pub(crate) options: &'a [String],
}

impl Asked<'_> {
    /// Standard symbol of the unit of measure that is asked.
    pub(crate) fn symbol(&self) -> &str {
        self.unit.map_or("", |u| u.symbol.as_str())
    }

    /// Reads a typed figure; the problem names the label, and the caller adds the place.
    pub(crate) fn read(&self, typed: &TypedFigure, measures: &Measures) -> Result<Figure, Problem> {
        let named = |p: Problem| if p.get("label").is_none() { p.arg("label", self.label) } else { p };
        if typed.value.trim().is_empty() {
            return Err(named(Problem::new(Code::FigureMissing)));
        }
        let other_unit = self.other_unit(typed, measures).map_err(named)?;
        let decimals = if other_unit.is_some() { crate::domain::figure::MAX_DECIMALS } else { self.decimals };
        let dtype = if other_unit.is_some() { DataType::Decimal } else { self.dtype };
        let figure = Figure::parse(&typed.value, dtype, decimals).map_err(named)?;
        let figure = match other_unit {
            Some(given) => self.converted(&figure, given, typed).map_err(named)?,
            None => figure,
        };
        self.check_value(&figure, &typed.value).map_err(named)?;
        self.as_option(figure, &typed.value).map_err(named)
    }

    /// The unit of measure that was given, where it is another one than is asked.
    fn other_unit<'m>(&self, typed: &TypedFigure, measures: &'m Measures) -> Result<Option<&'m UnitOfMeasure>, Problem> {
        // As it was printed or left out: what nearly everybody sends needs no normalising.
        if typed.unit_of_measure.is_empty() || typed.unit_of_measure == self.unit_text {
            return Ok(None);
        }
        let given = normalise_spelling(&typed.unit_of_measure);
        if given.is_empty() || given == normalise_spelling(self.unit_text) || given == normalise_spelling(self.symbol()) {
            return Ok(None);
        }
        let mismatch =
            || Problem::new(Code::FigureUnitMismatch).arg("unit_of_measure", &typed.unit_of_measure).arg("expected", self.unit_text);
        let (Some(given), Some(asked)) = (measures.find(&given), self.unit) else { return Err(mismatch()) };
        match (given.dimension == asked.dimension, given.symbol == asked.symbol) {
            (false, _) => Err(mismatch()),
            (true, true) => Ok(None),
            (true, false) => Ok(Some(given)),
        }
    }

    /// The figure in the unit that is asked; refused where it has no exact value there with the decimals asked.
    fn converted(&self, figure: &Figure, given: &UnitOfMeasure, typed: &TypedFigure) -> Result<Figure, Problem> {
        let too_fine = || Problem::new(Code::FigureTooManyDecimals).arg("value", &typed.value).arg("decimals", self.decimals);
        let (Some(number), Some(asked)) = (figure.number(), self.unit) else { return Err(too_fine()) };
        let atoms = given.to_atoms(number).ok_or_else(too_fine)?;
        let shown = asked.from_atoms(atoms, self.decimals).ok_or_else(too_fine)?;
        if asked.to_atoms(shown) == Some(atoms) { Ok(Figure::Number(shown)) } else { Err(too_fine()) }
    }

    fn check_value(&self, figure: &Figure, value: &str) -> Result<(), Problem> {
        let is_negative = figure.number().is_some_and(|n| n < Decimal::ZERO);
        if is_negative && self.unit.is_some_and(|u| u.is_discrete) {
            return Err(Problem::new(Code::FigureNegative).arg("value", value));
        }
        Ok(())
    }

    /// For a code list: the entry that was meant, by its number or its text.
    fn as_option(&self, figure: Figure, value: &str) -> Result<Figure, Problem> {
        let Figure::Text(text) = &figure else { return Ok(figure) };
        if self.dtype != DataType::Code || self.options.is_empty() {
            return Ok(figure);
        }
        let wanted = normalise_spelling(text);
        let is_meant = |option: &str| {
            let option = normalise_spelling(option);
            let name = option.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | '、' | ',' | '-' | '=' | ':'));
            let number = option.strip_suffix(name).unwrap_or_default();
            let number = number.trim_end_matches(|c: char| !c.is_ascii_digit());
            wanted == option || wanted == name || (!number.is_empty() && wanted == number)
        };
        if self.options.iter().any(|o| is_meant(o)) {
            return Ok(figure);
        }
        Err(Problem::new(Code::FigureNotAnOption).arg("value", value).arg("options", self.options.join(" ")))
    }
}

/// Held observations by key, for computing fields from them.
pub(crate) type Held = HashMap<ObservationKey, Observation>;

/// The exact sum of observations, each times its factor, as a figure of a field; `None` where it has no value there. A text or yes/no figure has one
/// source.
pub(crate) fn combine(
    sources: &[(&Observation, Factor)],
    unit: Option<&UnitOfMeasure>,
    decimals: u32,
    measures: &Measures,
) -> Option<Figure> {
    let ((first, _), rest) = sources.split_first()?;
    if first.figure.number().is_none() {
        return rest.is_empty().then(|| first.figure.clone());
    }
    let mut sum = BigRational::zero();
    for (source, factor) in sources {
        let times = BigRational::new((*factor.numer()).into(), (*factor.denom()).into());
        let number = to_rational(source.figure.number()?) * times;
        sum += match measures.find(&source.unit_of_measure) {
            Some(typed) => number * to_rational(typed.atoms),
            None => number,
        };
    }
    let per_unit = unit.map_or_else(|| BigRational::from_integer(1.into()), |u| to_rational(u.atoms));
    round_rational(&(sum / per_unit), decimals).map(Figure::Number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(dtype: DataType, decimals: u32, unit: &str, options: &[&str], value: &str, given: &str) -> Result<String, Code> {
        let measures = Measures::embedded();
        let options: Vec<String> = options.iter().map(|o| (*o).to_owned()).collect();
        let asked = Asked { label: "x", dtype, decimals, unit: measures.find(unit), unit_text: unit, options: &options };
        let typed = TypedFigure {
            element: String::new(),
            period: String::new(),
            value: value.to_owned(),
            unit_of_measure: given.to_owned(),
            explanation: String::new(),
        };
        asked.read(&typed, &measures).map(|f| f.to_string()).map_err(|p| p.code)
    }

    #[test]
    fn a_figure_in_another_unit_is_taken_where_it_is_exact() {
        assert_eq!(read(DataType::Integer, 0, "人", &[], "1.2345", "万人"), Ok("12345".to_owned()));
        assert_eq!(read(DataType::Integer, 0, "人", &[], "1.23456", "万人"), Err(Code::FigureTooManyDecimals));
        assert_eq!(read(DataType::Decimal, 2, "公顷", &[], "30", "亩"), Ok("2".to_owned()));
        assert_eq!(read(DataType::Decimal, 2, "公顷", &[], "1", "亩"), Err(Code::FigureTooManyDecimals));
        assert_eq!(read(DataType::Integer, 0, "人", &[], "3", "户"), Err(Code::FigureUnitMismatch));
        assert_eq!(read(DataType::Integer, 0, "人", &[], "3", "光年"), Err(Code::FigureUnitMismatch));
        assert_eq!(read(DataType::Integer, 0, "人", &[], "-3", ""), Err(Code::FigureNegative));
    }

    #[test]
    fn an_entry_of_a_code_list_is_its_number_or_its_text() {
        let options = ["1.平原", "2.丘陵", "3、山区"];
        for value in ["1", "平原", "1.平原", "3", "山区"] {
            assert_eq!(read(DataType::Code, 0, "", &options, value, ""), Ok(value.to_owned()));
        }
        for value in ["4", "原", ".", "1."] {
            assert_eq!(read(DataType::Code, 0, "", &options, value, ""), Err(Code::FigureNotAnOption), "{value}");
        }
    }
}
