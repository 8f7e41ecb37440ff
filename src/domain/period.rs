//! Reference periods (所属期) and frequencies (报送频率).
//!
//! A period prints as `2026`, `2026H1`, `2026Q3`, `2026-09` or `standing`; its ordinal is how the store keeps it.

use jiff::civil::{Date, date};
use serde::{Deserialize, Serialize};
use std::fmt;

use crate::domain::problem::{Code, Problem};

/// First year that a period may be in.
pub const MIN_YEAR: i16 = 1949;
/// Last year that a period may be in.
pub const MAX_YEAR: i16 = 2200;

/// How often a form is collected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Frequency {
    /// Monthly (月报).
    Monthly,
    /// Quarterly (季报).
    Quarterly,
    /// Twice a year (半年报).
    Semiannual,
    /// Yearly (年报).
    Annual,
    /// A single survey (一次性); it is about the year that the form names.
    Once,
    /// At irregular times (不定期); treated as yearly.
    Other,
}

impl Frequency {
    /// Returns the word used in files and in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Monthly => "monthly",
            Self::Quarterly => "quarterly",
            Self::Semiannual => "semiannual",
            Self::Annual => "annual",
            Self::Once => "once",
            Self::Other => "other",
        }
    }

    /// Parses the word used in files.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        match text {
            "monthly" => Ok(Self::Monthly),
            "quarterly" => Ok(Self::Quarterly),
            "semiannual" => Ok(Self::Semiannual),
            "annual" => Ok(Self::Annual),
            "once" => Ok(Self::Once),
            "other" => Ok(Self::Other),
            _ => Err(Problem::new(Code::FrequencyUnknown).arg("value", text)),
        }
    }

    /// Number of times that a form of this frequency is filled in a year.
    pub fn n_per_year(self) -> u32 {
        match self {
            Self::Monthly => 12,
            Self::Quarterly => 4,
            Self::Semiannual => 2,
            Self::Annual | Self::Once | Self::Other => 1,
        }
    }

    /// The periods of one year, in order.
    pub fn periods(self, year: i16) -> Vec<ReferencePeriod> {
        match self {
            Self::Monthly => (1..=12).map(|month| ReferencePeriod::Month { year, month }).collect(),
            Self::Quarterly => (1..=4).map(|quarter| ReferencePeriod::Quarter { year, quarter }).collect(),
            Self::Semiannual => (1..=2).map(|half| ReferencePeriod::Half { year, half }).collect(),
            Self::Annual | Self::Once | Self::Other => vec![ReferencePeriod::Year { year }],
        }
    }

    /// Days after the end of the period by which a form is due where the form itself does not say.
    ///
    /// Statistical practice: monthly forms by the 5th, quarterly ones by the 10th, half-yearly ones by the 15th, annual ones by the 20th of the next month.
    pub fn default_due_days(self) -> u16 {
        match self {
            Self::Monthly => 5,
            Self::Quarterly => 10,
            Self::Semiannual => 15,
            Self::Annual | Self::Once | Self::Other => 20,
        }
    }
}

impl fmt::Display for Frequency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The period that a figure is about (所属期).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum ReferencePeriod {
    /// A fact that stays until it changes.
    Standing,
    /// A year.
    Year {
        /// Calendar year.
        year: i16,
    },
    /// Half a year, 1 or 2.
    Half {
        /// Calendar year.
        year: i16,
        /// 1 or 2.
        half: i8,
    },
    /// A quarter, 1 to 4.
    Quarter {
        /// Calendar year.
        year: i16,
        /// 1 to 4.
        quarter: i8,
    },
    /// A month, 1 to 12.
    Month {
        /// Calendar year.
        year: i16,
        /// 1 to 12.
        month: i8,
    },
}

impl ReferencePeriod {
    /// Parses `2026`, `2026H1`, `2026Q3`, `2026-09` or `standing`.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let malformed = || Problem::new(Code::PeriodMalformed).arg("value", text);
        if text == "standing" {
            return Ok(Self::Standing);
        }
        let year_text = text.get(..4).filter(|t| t.bytes().all(|b| b.is_ascii_digit())).ok_or_else(malformed)?;
        let year: i16 = year_text.parse().map_err(|_| malformed())?;
        if !(MIN_YEAR..=MAX_YEAR).contains(&year) {
            return Err(Problem::new(Code::YearOutOfRange).arg("year", year));
        }
        let rest = text.get(4..).unwrap_or_default();
        let part = |prefix: char, n_digits: usize, max: i8| -> Option<i8> {
            let digits = rest.strip_prefix(prefix)?;
            if digits.len() != n_digits || !digits.bytes().all(|b| b.is_ascii_digit()) {
                return None;
            }
            digits.parse::<i8>().ok().filter(|n| (1..=max).contains(n))
        };
        if rest.is_empty() {
            return Ok(Self::Year { year });
        }
        if let Some(half) = part('H', 1, 2) {
            return Ok(Self::Half { year, half });
        }
        if let Some(quarter) = part('Q', 1, 4) {
            return Ok(Self::Quarter { year, quarter });
        }
        if let Some(month) = part('-', 2, 12) {
            return Ok(Self::Month { year, month });
        }
        Err(malformed())
    }

    /// Calendar year, where the period has one.
    pub fn year(self) -> Option<i16> {
        match self {
            Self::Standing => None,
            Self::Year { year } | Self::Half { year, .. } | Self::Quarter { year, .. } | Self::Month { year, .. } => Some(year),
        }
    }

    /// Last day of the period; `None` for standing facts.
    pub fn last_day(self) -> Option<Date> {
        let month_of = |year: i16, month: i8| Some(date(year, month, 1).last_of_month());
        match self {
            Self::Standing => None,
            Self::Year { year } => month_of(year, 12),
            Self::Half { year, half } => month_of(year, half * 6),
            Self::Quarter { year, quarter } => month_of(year, quarter * 3),
            Self::Month { year, month } => month_of(year, month),
        }
    }

    /// The same period `years` later (earlier when negative).
    pub fn shift_years(self, years: i16) -> Self {
        match self {
            Self::Standing => Self::Standing,
            Self::Year { year } => Self::Year { year: year + years },
            Self::Half { year, half } => Self::Half { year: year + years, half },
            Self::Quarter { year, quarter } => Self::Quarter { year: year + years, quarter },
            Self::Month { year, month } => Self::Month { year: year + years, month },
        }
    }

    /// The periods of `finer` frequency that make up this one, in order; `None` where they do not fill it exactly.
    pub fn parts(self, finer: Frequency) -> Option<Vec<ReferencePeriod>> {
        let (year, first_month, n_months) = self.months()?;
        let length = 12 / finer.n_per_year() as i8;
        if length > n_months {
            return None;
        }
        let parts = finer
            .periods(year)
            .into_iter()
            .filter(|p| p.months().is_some_and(|(_, first, n)| first >= first_month && first + n <= first_month + n_months));
        Some(parts.collect())
    }

    /// Whether a form of this frequency is filled for this period.
    pub fn fits(self, frequency: Frequency) -> bool {
        matches!(
            (self, frequency),
            (Self::Month { .. }, Frequency::Monthly)
                | (Self::Quarter { .. }, Frequency::Quarterly)
                | (Self::Half { .. }, Frequency::Semiannual)
                | (Self::Year { .. }, Frequency::Annual | Frequency::Once | Frequency::Other)
        )
    }

    /// Year, first month and number of months; `None` for standing facts.
    pub fn months(self) -> Option<(i16, i8, i8)> {
        match self {
            Self::Standing => None,
            Self::Year { year } => Some((year, 1, 12)),
            Self::Half { year, half } => Some((year, half * 6 - 5, 6)),
            Self::Quarter { year, quarter } => Some((year, quarter * 3 - 2, 3)),
            Self::Month { year, month } => Some((year, month, 1)),
        }
    }

    /// The number under which the store keeps the period: year × 100 + kind × 20 + index; 0 for standing.
    pub fn to_ordinal(self) -> i32 {
        match self {
            Self::Standing => 0,
            Self::Year { year } => i32::from(year) * 100,
            Self::Half { year, half } => i32::from(year) * 100 + 20 + i32::from(half),
            Self::Quarter { year, quarter } => i32::from(year) * 100 + 40 + i32::from(quarter),
            Self::Month { year, month } => i32::from(year) * 100 + 60 + i32::from(month),
        }
    }

    /// Reads back [`Self::to_ordinal`]; `None` for a number that no period has.
    pub fn from_ordinal(ordinal: i32) -> Option<Self> {
        if ordinal == 0 {
            return Some(Self::Standing);
        }
        let year = i16::try_from(ordinal / 100).ok()?;
        let index = i8::try_from(ordinal % 20).ok()?;
        match ((ordinal % 100) / 20, index) {
            (0, 0) => Some(Self::Year { year }),
            (1, 1..=2) => Some(Self::Half { year, half: index }),
            (2, 1..=4) => Some(Self::Quarter { year, quarter: index }),
            (3, 1..=12) => Some(Self::Month { year, month: index }),
            _ => None,
        }
    }
}

impl fmt::Display for ReferencePeriod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Standing => f.write_str("standing"),
            Self::Year { year } => write!(f, "{year}"),
            Self::Half { year, half } => write!(f, "{year}H{half}"),
            Self::Quarter { year, quarter } => write!(f, "{year}Q{quarter}"),
            Self::Month { year, month } => write!(f, "{year}-{month:02}"),
        }
    }
}

impl From<ReferencePeriod> for String {
    fn from(period: ReferencePeriod) -> Self {
        period.to_string()
    }
}

impl TryFrom<String> for ReferencePeriod {
    type Error = Problem;
    fn try_from(text: String) -> Result<Self, Problem> {
        Self::parse(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_and_parses_every_period_of_a_year() {
        let mut all = vec![ReferencePeriod::Standing];
        for frequency in [Frequency::Monthly, Frequency::Quarterly, Frequency::Semiannual, Frequency::Annual] {
            all.extend(frequency.periods(2026));
        }
        assert_eq!(all.len(), 20);
        for period in all {
            assert_eq!(ReferencePeriod::parse(&period.to_string()), Ok(period));
            assert_eq!(ReferencePeriod::from_ordinal(period.to_ordinal()), Some(period));
        }
    }

    #[test]
    fn refuses_what_is_no_period() {
        for text in ["", "26", "2026Q5", "2026-13", "2026-1", "2026H3", "2026q1", "９９９９", "1800", "2026Q+1", "2026-"] {
            assert!(ReferencePeriod::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn parts_fill_the_whole() {
        let quarter = ReferencePeriod::Quarter { year: 2026, quarter: 2 };
        let months: Vec<String> = quarter.parts(Frequency::Monthly).unwrap_or_default().iter().map(ToString::to_string).collect();
        assert_eq!(months, ["2026-04", "2026-05", "2026-06"]);
        assert_eq!(quarter.parts(Frequency::Annual), None);
    }
}
