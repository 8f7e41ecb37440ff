//! Reporting units (填报单位): who reports, and the dated tree they stand in.
//!
//! Codes: 12-digit statistical division codes (统计用区划代码; 6, 9, 15 and 17 digits are understood too) and 18-character unified
//! social credit codes (GB 32100-2015, check character by modulus 31). The code only proposes a parent; the tree stores it with its dates.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;

use crate::domain::problem::{Code, Place, Problem, field_of_table};

/// Code of a reporting unit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UnitCode(String);

impl UnitCode {
    /// Parses a division code or a unified social credit code. Codes of 6 and 9 digits are filled up with zeros to 12.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let is_digits = text.bytes().all(|b| b.is_ascii_digit());
        match text.len() {
            6 | 9 if is_digits => Ok(Self(format!("{text:0<12}"))),
            12 | 15 | 17 if is_digits => Ok(Self(text.to_owned())),
            18 if text.is_ascii() => match credit_code_check(text) {
                Some(check) if text.ends_with(check) => Ok(Self(text.to_owned())),
                Some(_) => Err(Problem::new(Code::UnitCodeCheckCharacter).arg("value", text)),
                None => Err(Problem::new(Code::UnitCodeMalformed).arg("value", text)),
            },
            _ => Err(Problem::new(Code::UnitCodeMalformed).arg("value", text)),
        }
    }

    /// Takes a code that this system stored.
    pub fn from_stored(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Returns the code as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UnitCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Alphabet of GB 32100-2015: digits and capital letters without I, O, S, V, Z.
const CREDIT_ALPHABET: &str = "0123456789ABCDEFGHJKLMNPQRTUWXY";

/// Computes the check character of an 18-character code: 31 minus the sum of value × 3^(i-1) mod 31.
fn credit_code_check(code: &str) -> Option<char> {
    let mut sum = 0_usize;
    let mut weight = 1_usize;
    for c in code.chars().take(17) {
        sum += CREDIT_ALPHABET.find(c)? * weight;
        weight = weight * 3 % 31;
    }
    CREDIT_ALPHABET.chars().nth((31 - sum % 31) % 31)
}

/// Administrative level (层级), from the grassroots up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Household, enterprise or project (住户, 单位): below the village.
    Household,
    /// Village or urban community (村 / 社区).
    Village,
    /// Township, town or sub-district (乡镇 / 街道).
    Township,
    /// County, district or county-level city (县).
    County,
    /// Prefecture (设区市).
    City,
    /// Province (省).
    Province,
}

impl Level {
    /// All levels from the grassroots up.
    pub const ALL: [Level; 6] = [Self::Household, Self::Village, Self::Township, Self::County, Self::City, Self::Province];

    /// Returns the word used in files and in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Household => "household",
            Self::Village => "village",
            Self::Township => "township",
            Self::County => "county",
            Self::City => "city",
            Self::Province => "province",
        }
    }

    /// Parses the word used in files and in the store.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        Self::ALL.into_iter().find(|l| l.as_str() == text).ok_or_else(|| Problem::new(Code::LevelUnknown).arg("value", text))
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A reporting unit under one parent for a span of time; a unit that moved has several such rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitRow {
    /// Code of the unit.
    pub code: UnitCode,
    /// Name in this span.
    pub name: String,
    /// Level in this span.
    pub level: Level,
    /// Parent in this span; `None` for a root.
    pub parent: Option<UnitCode>,
    /// First day of the span.
    pub valid_from: Date,
    /// First day after the span; `None` while it lasts.
    pub valid_to: Option<Date>,
}

/// First day of spans whose file does not say.
pub const SINCE_EVER: Date = Date::constant(1949, 10, 1);

/// Checks rows together with the ones known already; returns all problems. Rows are numbered from 1.
pub fn check_units(new: &[UnitRow], known: &[UnitRow]) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut spans: HashMap<&UnitCode, Vec<(&UnitRow, Option<usize>)>> = HashMap::new();
    for (n, row) in new.iter().enumerate() {
        spans.entry(&row.code).or_default().push((row, Some(n + 1)));
    }
    for row in known {
        // A new row that begins on the same day replaces the known one.
        let replaced = spans.get(&row.code).is_some_and(|s| s.iter().any(|(r, _)| r.valid_from == row.valid_from));
        if !replaced {
            spans.entry(&row.code).or_default().push((row, None));
        }
    }
    for (n, row) in new.iter().enumerate() {
        let number = n + 1;
        problems.extend(field_of_table(&row.name, "name", number));
        if row.valid_to.is_some_and(|to| to <= row.valid_from) {
            let to = row.valid_to.map(|d| d.to_string()).unwrap_or_default();
            problems.push(
                Problem::new(Code::UnitDatesReversed)
                    .arg("unit", &row.code)
                    .arg("from", row.valid_from)
                    .arg("to", to)
                    .at(Place::row(number).column("valid_to")),
            );
        }
        let clash = spans.get(&row.code).is_some_and(|s| {
            s.iter().any(|(other, at)| at.is_none_or(|at| at < number) && !std::ptr::eq(*other, row) && spans_meet(other, row))
        });
        if clash {
            problems.push(Problem::new(Code::UnitDuplicate).arg("unit", &row.code).at(Place::row(number).column("code")));
        }
        problems.extend(check_parent(row, number, &spans));
    }
    problems
}

fn spans_meet(a: &UnitRow, b: &UnitRow) -> bool {
    a.valid_to.is_none_or(|to| b.valid_from < to) && b.valid_to.is_none_or(|to| a.valid_from < to)
}

fn check_parent(row: &UnitRow, number: usize, spans: &HashMap<&UnitCode, Vec<(&UnitRow, Option<usize>)>>) -> Option<Problem> {
    let parent = row.parent.as_ref()?;
    let place = Place::row(number).column("parent");
    let Some(parent_rows) = spans.get(parent) else {
        return Some(Problem::new(Code::UnitParentUnknown).arg("unit", &row.code).arg("parent", parent).at(place));
    };
    // Levels rise strictly from child to parent, which also rules out every cycle; a cycle is named as such.
    let in_cycle = parent == &row.code || parent_rows.iter().any(|(p, _)| p.parent.as_ref() == Some(&row.code));
    if in_cycle {
        return Some(Problem::new(Code::UnitCycle).arg("unit", &row.code).at(place));
    }
    let lower = parent_rows.iter().find(|(p, _)| p.level <= row.level && spans_meet(p, row));
    lower.map(|(p, _)| {
        Problem::new(Code::UnitLevelOrder)
            .arg("unit", &row.code)
            .arg("level", row.level)
            .arg("parent", parent)
            .arg("parent_level", p.level)
            .at(place)
    })
}

/// The units and their parents as they stand on one day.
#[derive(Clone, Debug, Default)]
pub struct UnitTree {
    rows: Vec<UnitRow>,
    index: HashMap<UnitCode, usize>,
    children: Vec<Vec<usize>>,
    parent: Vec<Option<usize>>,
}

impl UnitTree {
    /// Takes the rows that hold on `day`. Units are ordered by code; a parent that does not hold on that day counts as none.
    pub fn on(day: Date, rows: &[UnitRow]) -> Self {
        let mut by_code: BTreeMap<&UnitCode, &UnitRow> = BTreeMap::new();
        for row in rows {
            if row.valid_from <= day && row.valid_to.is_none_or(|to| day < to) {
                by_code.insert(&row.code, row);
            }
        }
        let rows: Vec<UnitRow> = by_code.into_values().cloned().collect();
        let index: HashMap<UnitCode, usize> = rows.iter().enumerate().map(|(n, r)| (r.code.clone(), n)).collect();
        let mut children = vec![Vec::new(); rows.len()];
        let mut parent = vec![None; rows.len()];
        for (n, row) in rows.iter().enumerate() {
            let above = row.parent.as_ref().and_then(|p| index.get(p)).copied();
            if let Some(above) = above
                && let Some(list) = children.get_mut(above)
            {
                list.push(n);
            }
            if let Some(slot) = parent.get_mut(n) {
                *slot = above;
            }
        }
        Self { rows, index, children, parent }
    }

    /// Number of units.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is no unit.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// All units, by code.
    pub fn units(&self) -> &[UnitRow] {
        &self.rows
    }

    /// Position of a unit in [`Self::units`].
    pub fn position(&self, code: &UnitCode) -> Option<usize> {
        self.index.get(code).copied()
    }

    /// A unit by its code.
    pub fn get(&self, code: &UnitCode) -> Option<&UnitRow> {
        self.position(code).and_then(|n| self.rows.get(n))
    }

    /// Positions of the children of the unit at `position`, by code.
    pub fn children(&self, position: usize) -> &[usize] {
        self.children.get(position).map_or(&[], Vec::as_slice)
    }

    /// Position of the parent of the unit at `position`.
    pub fn parent(&self, position: usize) -> Option<usize> {
        self.parent.get(position).copied().flatten()
    }

    /// The unit and everything below it, as positions, parents first.
    pub fn subtree(&self, position: usize) -> Vec<usize> {
        let mut found = vec![position];
        let mut seen: HashSet<usize> = HashSet::from([position]);
        let mut next = 0;
        while let Some(&at) = found.get(next) {
            next += 1;
            for &child in self.children(at) {
                if seen.insert(child) {
                    found.push(child);
                }
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_codes() {
        assert_eq!(UnitCode::parse("330122").map(|c| c.to_string()), Ok("330122000000".to_owned()));
        assert_eq!(UnitCode::parse("330122002").map(|c| c.to_string()), Ok("330122002000".to_owned()));
        // Example of GB 32100-2015, annex: the check character of 91350100M000100Y4 is 3.
        assert!(UnitCode::parse("91350100M000100Y43").is_ok());
        assert_eq!(UnitCode::parse("91350100M000100Y44").map_err(|p| p.code), Err(Code::UnitCodeCheckCharacter));
        for text in ["", "33", "33012200200a", "３３０１２２", "91350100M000100YI3", "1234567890123"] {
            assert!(UnitCode::parse(text).is_err(), "{text}");
        }
    }

    fn row(code: &str, level: Level, parent: Option<&str>, from: &str, to: Option<&str>) -> UnitRow {
        UnitRow {
            code: UnitCode::from_stored(code),
            name: format!("unit {code}"),
            level,
            parent: parent.map(UnitCode::from_stored),
            valid_from: from.parse().unwrap(),
            valid_to: to.map(|t| t.parse().unwrap()),
        }
    }

    fn codes(new: &[UnitRow], known: &[UnitRow]) -> Vec<Code> {
        check_units(new, known).into_iter().map(|p| p.code).collect()
    }

    #[test]
    fn a_village_that_moves_has_two_rows_and_one_place_on_each_day() {
        let rows = [
            row("1", Level::County, None, "2020-01-01", None),
            row("11", Level::Township, Some("1"), "2020-01-01", None),
            row("12", Level::Township, Some("1"), "2020-01-01", None),
            row("111", Level::Village, Some("11"), "2020-01-01", Some("2026-07-01")),
            row("111", Level::Village, Some("12"), "2026-07-01", None),
        ];
        assert_eq!(codes(&rows, &[]), []);
        let parent_on = |day: &str| {
            let tree = UnitTree::on(day.parse().unwrap(), &rows);
            let at = tree.position(&UnitCode::from_stored("111")).unwrap();
            tree.units()[tree.parent(at).unwrap()].code.to_string()
        };
        assert_eq!(parent_on("2026-06-30"), "11");
        assert_eq!(parent_on("2026-07-01"), "12");
        let tree = UnitTree::on("2026-12-31".parse().unwrap(), &rows);
        assert_eq!(tree.subtree(tree.position(&UnitCode::from_stored("1")).unwrap()).len(), 4);
    }

    #[test]
    fn faults_of_the_tree_are_named() {
        let county = row("1", Level::County, None, "2020-01-01", None);
        let check = |rows: &[UnitRow], expect: &[Code]| assert_eq!(codes(rows, std::slice::from_ref(&county)), expect);
        check(&[row("11", Level::Township, Some("9"), "2020-01-01", None)], &[Code::UnitParentUnknown]);
        check(&[row("11", Level::County, Some("1"), "2020-01-01", None)], &[Code::UnitLevelOrder]);
        check(&[row("11", Level::Township, Some("1"), "2020-01-01", Some("2019-01-01"))], &[Code::UnitDatesReversed]);
        check(&[row("11", Level::Township, Some("11"), "2020-01-01", None)], &[Code::UnitCycle]);
        let twice = row("11", Level::Township, Some("1"), "2020-01-01", None);
        check(&[twice.clone(), UnitRow { valid_from: "2021-01-01".parse().unwrap(), ..twice.clone() }], &[Code::UnitDuplicate]);
        // The row of the same first day replaces the one that is known.
        assert_eq!(codes(std::slice::from_ref(&twice), &[county, twice.clone()]), []);
    }
}
