//! Trying a check on figures, exactly.
//!
//! Each rounded figure stands for all values that round to it: a check fails only where no such values satisfy it, so that 62.5 % passes for
//! 5 ÷ 8, three rounded parts may miss their rounded sum by half a step each, and rounding is never called a mistake. Two figures that are
//! compared with each other, or one with a number, are compared as they stand: rounding keeps their order. People, households and things have
//! no step, so that their sums are exact.

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{Signed, Zero};
use rust_decimal::Decimal;

use crate::domain::figure::Figure;
use crate::domain::measure::{round_rational, to_rational};
use crate::domain::rule::{CellRef, Check, Comparator, Comparison, Formula, Operator, Test};

/// A figure that is known, with the step to which it was rounded (zero where it is exact: people, households, things).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// The figure.
    pub figure: Figure,
    /// The smallest step that the field shows, in the unit of the figure.
    pub step: Decimal,
}

/// What a check says of figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The rule holds, or its condition does not apply.
    Holds,
    /// It does not; both sides, rounded to four decimals, where they are numbers.
    Fails {
        /// The left side.
        left: Option<Decimal>,
        /// The right side.
        right: Option<Decimal>,
    },
    /// These cells are not known yet.
    Unknown(Vec<CellRef>),
    /// A divisor is zero: the rule says nothing.
    Undefined,
}

/// All values that a side may have.
#[derive(Clone, Debug)]
struct Span {
    low: BigRational,
    high: BigRational,
}

/// A side that has no value: a divisor is zero, or a cell is no number.
struct Undefined;

/// Tries a check; `known` gives the figure of a cell, or nothing.
pub fn evaluate(check: &Check, known: &dyn Fn(&CellRef) -> Option<Known>) -> Outcome {
    for condition in &check.when {
        match compare(condition, known) {
            Outcome::Holds => {}
            Outcome::Fails { .. } => return Outcome::Holds,
            other => return other,
        }
    }
    match &check.test {
        Test::Compare(comparison) => compare(comparison, known),
        Test::Blank(cell) => match known(cell).map(|k| k.figure) {
            None => Outcome::Holds,
            Some(Figure::Number(number)) if number.is_zero() => Outcome::Holds,
            Some(Figure::Text(text)) if text.trim().is_empty() => Outcome::Holds,
            Some(figure) => Outcome::Fails { left: figure.number(), right: None },
        },
        Test::Required(cell) => match known(cell) {
            Some(_) => Outcome::Holds,
            None => Outcome::Fails { left: None, right: None },
        },
    }
}

fn compare(comparison: &Comparison, known: &dyn Fn(&CellRef) -> Option<Known>) -> Outcome {
    match comparison {
        Comparison::Answer { cell, is_equal, value } => {
            let Some(known) = known(cell) else { return Outcome::Unknown(vec![cell.clone()]) };
            if says(&known.figure, value) == *is_equal { Outcome::Holds } else { Outcome::Fails { left: None, right: None } }
        }
        Comparison::Numbers { left, comparator, right } => {
            let missing = unknown_cells([left, right], known);
            if !missing.is_empty() {
                return Outcome::Unknown(missing);
            }
            let stands_alone = |side: &Formula| matches!(side, Formula::Cell(_) | Formula::Number(_));
            let is_rounded = !(stands_alone(left) && stands_alone(right));
            let (Ok(a), Ok(b)) = (value(left, is_rounded, known), value(right, is_rounded, known)) else { return Outcome::Undefined };
            if can_hold(&a, *comparator, &b) {
                return Outcome::Holds;
            }
            let middle = |span: &Span| round_rational(&((&span.low + &span.high) / BigRational::from_integer(BigInt::from(2))), 4);
            Outcome::Fails { left: middle(&a), right: middle(&b) }
        }
    }
}

fn unknown_cells(sides: [&Formula; 2], known: &dyn Fn(&CellRef) -> Option<Known>) -> Vec<CellRef> {
    let is_known = |cell: &&CellRef| known(cell).is_some_and(|k| k.figure.number().is_some());
    let mut missing: Vec<CellRef> = sides.iter().flat_map(|s| s.cells()).filter(|c| !is_known(c)).cloned().collect();
    missing.dedup();
    missing
}

fn says(figure: &Figure, value: &str) -> bool {
    let is_yes = matches!(value, "是" | "有");
    match figure {
        Figure::Bool(answer) => *answer == is_yes,
        Figure::Text(text) => {
            let text = text.trim();
            text == value || (is_yes && matches!(text, "1" | "是" | "有")) || (!is_yes && matches!(text, "0" | "2" | "否" | "无"))
        }
        Figure::Number(number) => is_yes == (*number == Decimal::ONE),
    }
}

/// Whether some value of the left side stands in the relation to some value of the right one.
fn can_hold(a: &Span, comparator: Comparator, b: &Span) -> bool {
    match comparator {
        Comparator::Equal => a.low <= b.high && b.low <= a.high,
        Comparator::Unequal => !(a.low == a.high && b.low == b.high && a.low == b.low),
        Comparator::AtLeast => a.high >= b.low,
        Comparator::AtMost => a.low <= b.high,
        Comparator::More => a.high > b.low,
        Comparator::Less => a.low < b.high,
    }
}

fn value(formula: &Formula, is_rounded: bool, known: &dyn Fn(&CellRef) -> Option<Known>) -> Result<Span, Undefined> {
    let exact = |number: Decimal| {
        let value = to_rational(number);
        Span { low: value.clone(), high: value }
    };
    match formula {
        Formula::Number(number) => Ok(exact(*number)),
        Formula::Cell(cell) => {
            let known = known(cell).ok_or(Undefined)?;
            let number = known.figure.number().ok_or(Undefined)?;
            let half = if is_rounded { to_rational(known.step) / BigRational::from_integer(BigInt::from(2)) } else { BigRational::zero() };
            let value = to_rational(number);
            Ok(Span { low: &value - &half, high: value + half })
        }
        Formula::Absolute(inner) => {
            let span = value(inner, is_rounded, known)?;
            let ends = [span.low.abs(), span.high.abs()];
            let crosses = span.low.is_negative() && span.high.is_positive();
            let low = if crosses { BigRational::zero() } else { ends.iter().min().cloned().unwrap_or_else(BigRational::zero) };
            let high = ends.iter().max().cloned().unwrap_or_else(BigRational::zero);
            Ok(Span { low, high })
        }
        Formula::Binary(operator, left, right) => {
            let (a, b) = (value(left, is_rounded, known)?, value(right, is_rounded, known)?);
            match operator {
                Operator::Add => Ok(Span { low: a.low + b.low, high: a.high + b.high }),
                Operator::Subtract => Ok(Span { low: a.low - b.high, high: a.high - b.low }),
                Operator::Multiply => Ok(around([&a.low * &b.low, &a.low * &b.high, &a.high * &b.low, &a.high * &b.high])),
                Operator::Divide if !b.low.is_positive() && !b.high.is_negative() => Err(Undefined),
                Operator::Divide => Ok(around([&a.low / &b.low, &a.low / &b.high, &a.high / &b.low, &a.high / &b.high])),
            }
        }
    }
}

fn around(corners: [BigRational; 4]) -> Span {
    let [first, ..] = &corners;
    let (mut low, mut high) = (first.clone(), first.clone());
    for corner in corners {
        if corner < low {
            low = corner;
        } else if corner > high {
            high = corner;
        }
    }
    Span { low, high }
}
