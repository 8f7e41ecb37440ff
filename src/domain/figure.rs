//! Figures (数值): what is typed into a cell, read strictly and never as a float.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

use crate::domain::problem::{Code, Problem};
use crate::domain::template::DataType;

/// Most digits of a figure before the point; more cannot be summed exactly in 38-digit decimals.
pub const MAX_INTEGER_DIGITS: usize = 15;
/// Most digits of a figure behind the point.
pub const MAX_DECIMALS: u32 = 8;
/// Longest text figure, in characters.
pub const MAX_TEXT_CHARS: usize = 500;

/// A value of a cell.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Figure {
    /// A number, in the unit of measure that stands beside it.
    Number(Decimal),
    /// Text, a code, or a date as `2026-09-30`.
    Text(String),
    /// Yes or no.
    Bool(bool),
}

impl Figure {
    /// Reads what a person typed, by the data type asked. Arguments of the problem: value and dtype; the caller adds the label and the place.
    pub fn parse(text: &str, dtype: DataType, decimals: u32) -> Result<Self, Problem> {
        let wrong = |code: Code| Problem::new(code).arg("value", text);
        let trimmed = text.trim();
        match dtype {
            DataType::Integer | DataType::Decimal => {
                let digits = trimmed.strip_prefix('-').unwrap_or(trimmed);
                let is_plain = !digits.is_empty()
                    && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.')
                    && digits.bytes().filter(|b| *b == b'.').count() <= 1
                    && digits.starts_with(|c: char| c.is_ascii_digit())
                    && digits.ends_with(|c: char| c.is_ascii_digit());
                if !is_plain {
                    return Err(wrong(Code::FigureTypeMismatch).arg("dtype", dtype.as_str()));
                }
                let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
                let fraction = fraction.trim_end_matches('0');
                if whole.trim_start_matches('0').len() > MAX_INTEGER_DIGITS {
                    return Err(wrong(Code::FigureOutOfRange));
                }
                if fraction.len() > decimals as usize {
                    return Err(wrong(Code::FigureTooManyDecimals).arg("decimals", decimals));
                }
                let number = Decimal::from_str(trimmed).map_err(|_| wrong(Code::FigureOutOfRange))?;
                Ok(Self::Number(number.normalize()))
            }
            DataType::Bool => match trimmed {
                "是" | "有" | "1" | "true" | "yes" => Ok(Self::Bool(true)),
                "否" | "无" | "0" | "2" | "false" | "no" => Ok(Self::Bool(false)),
                _ => Err(wrong(Code::FigureTypeMismatch).arg("dtype", dtype.as_str())),
            },
            DataType::Date => {
                let date = trimmed.parse::<jiff::civil::Date>();
                date.map(|d| Self::Text(d.to_string())).map_err(|_| wrong(Code::FigureTypeMismatch).arg("dtype", dtype.as_str()))
            }
            DataType::Text | DataType::Code => {
                if trimmed.is_empty() || trimmed.chars().any(char::is_control) {
                    return Err(wrong(Code::FigureTypeMismatch).arg("dtype", dtype.as_str()));
                }
                if trimmed.chars().nth(MAX_TEXT_CHARS).is_some() {
                    return Err(wrong(Code::FigureOutOfRange));
                }
                Ok(Self::Text(trimmed.to_owned()))
            }
        }
    }

    /// The text under which the store keeps the figure; [`Self::from_stored`] reads it back.
    pub fn to_stored(&self) -> String {
        match self {
            Self::Number(number) => format!("n{number}"),
            Self::Text(text) => format!("t{text}"),
            Self::Bool(value) => if *value { "b1" } else { "b0" }.to_owned(),
        }
    }

    /// Reads back what [`Self::to_stored`] wrote; `None` for anything else.
    pub fn from_stored(text: &str) -> Option<Self> {
        let rest = text.get(1..)?;
        match text.as_bytes().first()? {
            b'n' => Decimal::from_str(rest).ok().map(Self::Number),
            b't' => Some(Self::Text(rest.to_owned())),
            b'b' => Some(Self::Bool(rest == "1")),
            _ => None,
        }
    }

    /// The number, where it is one.
    pub fn number(&self) -> Option<Decimal> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Text(_) | Self::Bool(_) => None,
        }
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Text(text) => f.write_str(text),
            Self::Bool(true) => f.write_str("是"),
            Self::Bool(false) => f.write_str("否"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_strictly() {
        let ok = |text: &str, decimals: u32| Figure::parse(text, DataType::Decimal, decimals).map(|f| f.to_string()).map_err(|p| p.code);
        assert_eq!(ok("1234.50", 2), Ok("1234.5".to_owned()));
        assert_eq!(ok("-3", 0), Ok("-3".to_owned()));
        assert_eq!(ok("5.00", 0), Ok("5".to_owned()));
        assert_eq!(ok("0.125", 2), Err(Code::FigureTooManyDecimals));
        assert_eq!(ok("1234567890123456", 0), Err(Code::FigureOutOfRange));
        for text in ["", "1e5", "NaN", "1,234", ".5", "5.", "１２", "--1", "+1", "1.2.3", "∞"] {
            assert_eq!(ok(text, 2), Err(Code::FigureTypeMismatch), "{text}");
        }
    }

    #[test]
    fn stored_form_reads_back() {
        for figure in [Figure::Number(Decimal::new(-12345, 2)), Figure::Text("t-n1".into()), Figure::Bool(true), Figure::Bool(false)] {
            assert_eq!(Figure::from_stored(&figure.to_stored()), Some(figure));
        }
    }
}
