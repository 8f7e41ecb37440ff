//! What the unit registry knows of a unit by itself: codes and names, which nobody need type again.

use crate::domain::unit::{Level, UnitRow, UnitTree};

/// A fact of the unit registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RegistryFact {
    /// The code under which the unit is registered, or the unit of a level that it lies in (统计用区划代码).
    Code(Option<Level>),
    /// Its administrative code (行政区划代码): the first six digits of a county, nine of a township.
    DivisionCode,
    /// The name of the unit, or of the unit of a level that it lies in.
    Name(Option<Level>),
    /// The unified social credit code of a unit that is registered under it.
    CreditCode,
}

/// Digits of a code of a statistical division.
const CODE_DIGITS: usize = 12;

impl RegistryFact {
    /// The fact of a unit, by its position in the tree; `None` where the registry does not know it.
    pub fn of(self, units: &UnitTree, unit: usize) -> Option<String> {
        let own = units.units().get(unit)?;
        let is_division = own.code.as_str().len() == CODE_DIGITS && own.code.as_str().bytes().all(|b| b.is_ascii_digit());
        match self {
            Self::CreditCode => Some(own.code.as_str()).filter(|code| code.len() == 18).map(str::to_owned),
            Self::DivisionCode => {
                let n_digits = match own.level {
                    Level::Province | Level::City | Level::County => 6,
                    Level::Township => 9,
                    Level::Village | Level::Household => CODE_DIGITS,
                };
                own.code.as_str().get(..n_digits).filter(|_| is_division).map(str::to_owned)
            }
            Self::Code(level) => above(units, unit, level).map(|at| at.code.to_string()),
            Self::Name(level) => above(units, unit, level).map(|at| at.name.clone()).filter(|name| !name.trim().is_empty()),
        }
    }
}

/// The unit of a level that a unit lies in; the unit itself where no level is said.
fn above(units: &UnitTree, unit: usize, level: Option<Level>) -> Option<&UnitRow> {
    let mut at = unit;
    loop {
        let row = units.units().get(at)?;
        if level.is_none_or(|level| level == row.level) {
            return Some(row);
        }
        at = units.parent(at)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::unit::{SINCE_EVER, UnitCode};

    #[test]
    fn a_unit_is_known_by_its_own_row_and_those_above() {
        let row = |code: &str, name: &str, level, parent: Option<&str>| UnitRow {
            code: UnitCode::from_stored(code),
            name: name.to_owned(),
            level,
            parent: parent.map(UnitCode::from_stored),
            valid_from: SINCE_EVER,
            valid_to: None,
        };
        let rows = [
            row("990122000000", "某县", Level::County, None),
            row("990122101000", "某镇", Level::Township, Some("990122000000")),
            row("990122101203", "某村", Level::Village, Some("990122101000")),
            row("91330100MA27XXXXX1", "某厂", Level::Household, Some("990122101203")),
        ];
        let units = UnitTree::on(jiff::civil::date(2026, 12, 31), &rows);
        let at = |code: &str| units.position(&UnitCode::from_stored(code)).unwrap();
        let of = |fact: RegistryFact, code: &str| fact.of(&units, at(code)).unwrap_or_default();
        let (county, town, village, works) = ("990122000000", "990122101000", "990122101203", "91330100MA27XXXXX1");
        assert_eq!(of(RegistryFact::DivisionCode, county), "990122");
        assert_eq!(of(RegistryFact::DivisionCode, town), "990122101");
        assert_eq!(of(RegistryFact::DivisionCode, village), village);
        assert_eq!(of(RegistryFact::DivisionCode, works), "");
        assert_eq!(of(RegistryFact::Code(None), county), county);
        assert_eq!(of(RegistryFact::Code(Some(Level::Township)), village), town);
        assert_eq!(of(RegistryFact::Name(Some(Level::County)), village), "某县");
        assert_eq!(of(RegistryFact::Name(Some(Level::Village)), town), "");
        assert_eq!(of(RegistryFact::Name(None), town), "某镇");
        assert_eq!((of(RegistryFact::CreditCode, works), of(RegistryFact::CreditCode, town)), (works.to_owned(), String::new()));
    }
}
