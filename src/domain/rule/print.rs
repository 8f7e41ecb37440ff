//! Writing statements so that reading them again gives the same: one way for each operator, names in quotes where they need them.

use std::fmt;

use rust_decimal::Decimal;

use crate::domain::rule::{
    CellRef, Chain, Check, Comparison, Demand, Expression, Formula, Operator, Reference, Severity, Shift, Statement, Test,
};

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_plain = self.word.chars().all(|c| c.is_ascii_alphanumeric() || c == '.');
        if is_plain {
            f.write_str(&self.word)?;
        } else {
            write!(f, "“{}”", self.word)?;
        }
        self.notes.iter().try_for_each(|note| write!(f, "({note})"))
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{}%", (*number * Decimal::ONE_HUNDRED).normalize()),
            Self::Word(reference) => write!(f, "{reference}"),
            Self::SpanSum(from, to) => write!(f, "{from}~{to}之和"),
            Self::SpanEach(from, to) => write!(f, "{from}~{to}"),
            Self::GroupSum(group) => write!(f, "{}分组合计", group.word),
            Self::GroupEach(group) => write!(f, "{}分项指标", group.word),
            Self::Change(reference, Shift::Previous) => write!(f, "{reference}环比"),
            Self::Change(reference, _) => write!(f, "{reference}同比"),
            Self::Absolute(inner) => write!(f, "|{inner}|"),
            Self::Binary(operator, left, right) => {
                side(f, left, binds(*operator), false)?;
                f.write_str(operator.sign())?;
                side(f, right, binds(*operator), true)
            }
        }
    }
}

fn binds(operator: Operator) -> u8 {
    match operator {
        Operator::Add | Operator::Subtract => 1,
        Operator::Multiply | Operator::Divide => 2,
    }
}

fn side(f: &mut fmt::Formatter<'_>, inner: &Expression, outer: u8, is_right: bool) -> fmt::Result {
    match inner {
        Expression::Binary(operator, ..) if binds(*operator) < outer || (is_right && binds(*operator) == outer) => write!(f, "({inner})"),
        _ => write!(f, "{inner}"),
    }
}

fn list(items: &[Expression]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join("、")
}

impl fmt::Display for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&list(&self.first))?;
        self.rest.iter().try_for_each(|(comparator, items)| write!(f, " {} {}", comparator.sign(), list(items)))
    }
}

impl fmt::Display for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.severity == Severity::Explain {
            f.write_str("(核实)")?;
        }
        if let Some(when) = &self.when {
            write!(f, "若{when}，则")?;
        }
        match &self.demand {
            Demand::Compare(chain) => write!(f, "{chain}"),
            Demand::Blank(items) => write!(f, "{}免填", list(items)),
            Demand::Required(items) => write!(f, "{}必填", list(items)),
        }
    }
}

impl Formula {
    /// Writes the formula with a name for each cell.
    pub fn show(&self, name: &dyn Fn(&CellRef) -> String) -> String {
        match self {
            Self::Number(number) => number.normalize().to_string(),
            Self::Cell(cell) => {
                let shift = match cell.shift {
                    Shift::Current => "",
                    Shift::Previous => "（上期）",
                    Shift::LastYear => "（上年同期）",
                    Shift::LastYearEnd => "（上年末）",
                };
                format!("{}{shift}", name(cell))
            }
            Self::Absolute(inner) => format!("|{}|", inner.show(name)),
            Self::Binary(operator, left, right) => {
                let part = |inner: &Formula, is_right: bool| match inner {
                    Self::Binary(o, ..) if binds(*o) < binds(*operator) || (is_right && binds(*o) == binds(*operator)) => {
                        format!("({})", inner.show(name))
                    }
                    _ => inner.show(name),
                };
                format!("{} {} {}", part(left, false), operator.sign(), part(right, true))
            }
        }
    }
}

impl Check {
    /// Writes the check with a name for each cell.
    pub fn show(&self, name: &dyn Fn(&CellRef) -> String) -> String {
        let when: String = self.when.iter().map(|w| format!("{} → ", w.show(name))).collect();
        let test = match &self.test {
            Test::Compare(comparison) => comparison.show(name),
            Test::Blank(cell) => format!("{} = ∅", name(cell)),
            Test::Required(cell) => format!("{} ≠ ∅", name(cell)),
        };
        format!("{when}{test}")
    }

    /// Whether it bounds how a figure moves from one period to another: real figures may move further, so that such a bound asks and never refuses.
    pub fn bounds_a_movement(&self) -> bool {
        let Test::Compare(Comparison::Numbers { left, right, .. }) = &self.test else { return false };
        let moves = |side: &Formula| side.cells().iter().any(|cell| cell.shift != Shift::Current) && !side.is_additive();
        moves(left) || moves(right)
    }
}

impl Comparison {
    /// Writes the comparison with a name for each cell.
    pub fn show(&self, name: &dyn Fn(&CellRef) -> String) -> String {
        match self {
            Self::Numbers { left, comparator, right } => format!("{} {} {}", left.show(name), comparator.sign(), right.show(name)),
            Self::Answer { cell, is_equal, value } => format!("{} {} {value}", name(cell), if *is_equal { "=" } else { "≠" }),
        }
    }
}
