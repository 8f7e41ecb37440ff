//! Balances (平衡关系): linear equations between figures that hold for every unit and period, because they say what the figures are.
//!
//! A balance says `Σ factor × figure = 0`, exactly: 合计 - 男 - 女 = 0. It comes from a printed rule that refuses figures which break it, or from
//! a total that the form's layout shows. Knows nothing of who reports what.

use num_rational::Ratio;
use num_traits::{CheckedAdd, CheckedMul, CheckedSub, One, Zero};
use rust_decimal::Decimal;

use crate::domain::id::FieldId;
use crate::domain::relation::Origin;
use crate::domain::rule::{CellRef, Check, Comparator, Comparison, Formula, Operator, Severity, Shift, Test};

/// An exact factor. Operations on it are checked: a balance whose factors do not fit is not used.
pub type Factor = Ratio<i128>;

/// One balance between figures that are named by `T`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Balance<T> {
    /// The figures with their factors, each figure once, no factor zero; where one of them is the whole of the others it stands first.
    pub terms: Vec<(T, Factor)>,
    /// Where it comes from.
    pub origin: Origin,
    /// The words that say so.
    pub words: String,
}

/// The exact value of a decimal; `None` where it does not fit.
pub fn factor_of(number: Decimal) -> Option<Factor> {
    let number = number.normalize();
    Some(Ratio::new(number.mantissa(), 10_i128.checked_pow(number.scale())?))
}

/// The balance that a bound rule states between cells of its own form and period: only an equation that always refuses, without a condition,
/// a guessed word, a constant or another operation than adding, subtracting and constant factors.
pub fn balance_of(check: &Check) -> Option<Balance<FieldId>> {
    let Test::Compare(Comparison::Numbers { left, comparator: Comparator::Equal, right }) = &check.test else { return None };
    if !check.when.is_empty() || !check.guesses.is_empty() || check.severity != Severity::Refuse {
        return None;
    }
    let mut sum = Sum::default();
    sum.add(left, Factor::one())?;
    sum.add(right, -Factor::one())?;
    sum.terms.retain(|(_, factor)| !factor.is_zero());
    if sum.terms.len() < 2 || !sum.constant.is_zero() {
        return None;
    }
    // `a + b = c` says the same as `c = a + b`: the one with a sign of its own is the whole.
    let alone = |sign: bool| {
        let mut with = sum.terms.iter().enumerate().filter(|(_, (_, f))| (*f > Factor::zero()) == sign).map(|(at, _)| at);
        with.next().filter(|_| with.next().is_none())
    };
    if let Some(whole) = alone(true).or_else(|| alone(false)) {
        let term = sum.terms.remove(whole);
        sum.terms.insert(0, term);
    }
    Some(Balance { terms: sum.terms, origin: Origin::Printed, words: check.text.clone() })
}

/// A linear expression in the making.
#[derive(Default)]
struct Sum {
    terms: Vec<(FieldId, Factor)>,
    constant: Factor,
}

impl Sum {
    fn add(&mut self, formula: &Formula, factor: Factor) -> Option<()> {
        match formula {
            Formula::Number(number) => {
                self.constant = self.constant.checked_add(&factor.checked_mul(&factor_of(*number)?)?)?;
                Some(())
            }
            Formula::Cell(CellRef { form: None, field, shift: Shift::Current }) => self.add_cell(field, factor),
            Formula::Cell(_) | Formula::Absolute(_) => None,
            Formula::Binary(Operator::Add, left, right) => {
                self.add(left, factor)?;
                self.add(right, factor)
            }
            Formula::Binary(Operator::Subtract, left, right) => {
                self.add(left, factor)?;
                self.add(right, -factor)
            }
            Formula::Binary(Operator::Multiply, left, right) => match (constant(left), constant(right)) {
                (Some(by), _) => self.add(right, factor.checked_mul(&by)?),
                (None, Some(by)) => self.add(left, factor.checked_mul(&by)?),
                (None, None) => None,
            },
            Formula::Binary(Operator::Divide, left, right) => {
                let by = constant(right).filter(|by| !by.is_zero())?;
                self.add(left, factor.checked_mul(&by.recip())?)
            }
        }
    }

    fn add_cell(&mut self, field: &FieldId, factor: Factor) -> Option<()> {
        match self.terms.iter_mut().find(|(known, _)| known == field) {
            Some((_, known)) => *known = known.checked_add(&factor)?,
            None => self.terms.push((field.clone(), factor)),
        }
        Some(())
    }
}

/// The value of a formula without cells.
fn constant(formula: &Formula) -> Option<Factor> {
    match formula {
        Formula::Number(number) => factor_of(*number),
        Formula::Cell(_) | Formula::Absolute(_) => None,
        Formula::Binary(operator, left, right) => {
            let (left, right) = (constant(left)?, constant(right)?);
            match operator {
                Operator::Add => left.checked_add(&right),
                Operator::Subtract => left.checked_sub(&right),
                Operator::Multiply => left.checked_mul(&right),
                Operator::Divide if right.is_zero() => None,
                Operator::Divide => left.checked_mul(&right.recip()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(field: &str) -> Formula {
        Formula::Cell(CellRef { form: None, field: FieldId::from_stored(field), shift: Shift::Current })
    }

    fn binary(operator: Operator, left: Formula, right: Formula) -> Formula {
        Formula::Binary(operator, Box::new(left), Box::new(right))
    }

    fn number(text: &str) -> Formula {
        Formula::Number(text.parse().unwrap())
    }

    fn check(left: Formula, right: Formula) -> Check {
        Check {
            rule: 0,
            text: "printed".into(),
            column: String::new(),
            when: Vec::new(),
            test: Test::Compare(Comparison::Numbers { left, comparator: Comparator::Equal, right }),
            severity: Severity::Refuse,
            guesses: Vec::new(),
        }
    }

    #[track_caller]
    fn says(left: Formula, right: Formula, expect: &str) {
        let told = balance_of(&check(left, right)).map(|b| {
            let terms: Vec<String> = b.terms.iter().map(|(field, factor)| format!("{factor}{field}")).collect();
            terms.join(" ")
        });
        assert_eq!(told.unwrap_or_default(), expect);
    }

    #[test]
    fn sums_and_constant_factors_are_balances() {
        use Operator::{Add, Divide, Multiply, Subtract};
        says(cell("t"), binary(Add, cell("a"), cell("b")), "1t -1a -1b");
        says(binary(Add, cell("a"), cell("b")), cell("t"), "-1t 1a 1b");
        says(binary(Subtract, cell("t"), cell("a")), cell("b"), "1t -1a -1b");
        says(cell("t"), binary(Multiply, cell("a"), number("0.7143")), "1t -7143/10000a");
        says(cell("t"), binary(Divide, binary(Add, cell("a"), cell("b")), number("3")), "1t -1/3a -1/3b");
        says(binary(Add, cell("a"), cell("b")), binary(Add, cell("c"), cell("d")), "1a 1b -1c -1d");
    }

    #[test]
    fn what_is_not_linear_or_not_certain_is_no_balance() {
        use Operator::{Add, Divide, Multiply};
        says(cell("t"), binary(Multiply, cell("a"), cell("b")), "");
        says(cell("t"), binary(Divide, cell("a"), cell("b")), "");
        says(cell("t"), binary(Divide, cell("a"), number("0")), "");
        says(cell("t"), binary(Add, cell("a"), number("1")), "");
        says(cell("t"), cell("t"), "");
        says(cell("t"), Formula::Absolute(Box::new(cell("a"))), "");
        let of = |change: fn(&mut Check)| {
            let mut check = check(cell("t"), binary(Add, cell("a"), cell("b")));
            change(&mut check);
            balance_of(&check)
        };
        assert!(of(|_| {}).is_some());
        assert_eq!(of(|c| c.severity = Severity::Explain), None);
        assert_eq!(of(|c| c.guesses.push(("a".into(), "b".into()))), None);
        assert_eq!(of(|c| c.when.push(Comparison::Answer { cell: c.cells()[0].clone(), is_equal: true, value: "是".into() })), None);
    }
}
