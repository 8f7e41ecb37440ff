//! Printed equations (审核关系): a small total language for the rules that stand below a form, in the ways in which people write them.
//!
//! `parse` reads the printed text into [`Statement`]s, `resolve` binds them to the cells of a form as [`Check`]s, `evaluate` tries a check on
//! figures, exactly. No loops, no calls, nothing of the host: the cost is bounded by the length of the text and the cells of the form.
//! What cannot be read or bound is kept word for word with its reason and place. Knows nothing of particular forms.

mod evaluate;
mod index;
mod lexer;
mod parse;
mod print;
mod resolve;
#[cfg(test)]
mod tests;
mod text;

use std::fmt;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::domain::id::{FieldId, FormId};

pub use crate::domain::rule::evaluate::{Known, Outcome, evaluate};
pub use crate::domain::rule::index::FormIndex;
pub use crate::domain::rule::parse::parse;
pub use crate::domain::rule::resolve::{Reading, check_rules, read_rules};

/// Longest rule that is read, in characters; longer ones are listed as not read.
pub const MAX_RULE_CHARS: usize = 2_000;
/// Characters of all rules of a form that are read; the rest is listed as not read.
pub const MAX_FORM_CHARS: usize = 100_000;
/// Rows looked at while the words of one form's rules are bound; what is left then is listed as not read.
pub const MAX_STEPS: u64 = 2_000_000;
/// Deepest nesting of brackets in a rule.
pub const MAX_DEPTH: usize = 24;
/// Most checks that one printed rule may become, over columns, rows and lists.
pub const MAX_CHECKS: usize = 500;
/// Most cells that one check may name.
pub const MAX_CELLS: usize = 400;
/// Most checks of one form; clauses beyond are listed as not read.
pub const MAX_FORM_CHECKS: usize = 5_000;
/// Most cells that all checks of one form may name together: bounds what trying them costs.
pub const MAX_FORM_CELLS: usize = 50_000;

/// How two sides are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Comparator {
    /// `=`.
    Equal,
    /// `≠`.
    Unequal,
    /// `≥`.
    AtLeast,
    /// `≤`.
    AtMost,
    /// `>`.
    More,
    /// `<`.
    Less,
}

/// The four operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operator {
    /// `+`.
    Add,
    /// `-`.
    Subtract,
    /// `×`.
    Multiply,
    /// `÷`.
    Divide,
}

/// The period that a figure is compared with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shift {
    /// The form's own period.
    #[default]
    Current,
    /// The period before (上月, 上季, 上期).
    Previous,
    /// The same period of the year before (上年同期).
    LastYear,
    /// The end of the year before (上年末, 年初).
    LastYearEnd,
}

/// What happens where a rule does not hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The figures are refused (强制性审核).
    #[default]
    Refuse,
    /// The figures are taken with an explanation (核实性审核).
    Explain,
}

/// A word that names a cell, or a number: which of both, only the form tells.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference {
    /// The word: a row code, a label, a column, a numeral, or a code with a column.
    pub word: String,
    /// What stands in brackets right behind it.
    pub notes: Vec<String>,
    /// Where it stands in the printed text, in characters from 0.
    pub at: usize,
}

/// An expression as printed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Expression {
    /// A number that cannot be a code: it has a percent sign.
    Number(Decimal),
    /// A code, label, column or number.
    Word(Reference),
    /// The rows from one to another in the form's order, added up.
    SpanSum(Reference, Reference),
    /// The rows from one to another in the form's order, one by one.
    SpanEach(Reference, Reference),
    /// The cells of a group (某某分组合计), added up.
    GroupSum(Reference),
    /// The cells of a group (某某分项), one by one.
    GroupEach(Reference),
    /// How far a figure moved since another period, as a share of what it was.
    Change(Reference, Shift),
    /// Without its sign.
    Absolute(Box<Expression>),
    /// Two expressions and an operation.
    Binary(Operator, Box<Expression>, Box<Expression>),
}

/// Sides of a comparison, first to last: `a ≥ b ≥ c`; a side with several expressions (`06、07≤04`) means each of them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Chain {
    /// The first side.
    pub first: Vec<Expression>,
    /// The comparisons with the sides behind them; never empty.
    pub rest: Vec<(Comparator, Vec<Expression>)>,
}

/// What a rule demands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Demand {
    /// Figures stand in a relation.
    Compare(Chain),
    /// Nothing may be filled in (免填).
    Blank(Vec<Expression>),
    /// Something must be filled in (必填).
    Required(Vec<Expression>),
}

/// One rule as printed, read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Statement {
    /// Only where this holds.
    pub when: Option<Chain>,
    /// What is demanded.
    pub demand: Demand,
    /// What happens otherwise.
    pub severity: Severity,
}

/// Part of a printed text: a statement that was read, or words that say no relation, or a fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clause {
    /// The words, as printed.
    pub text: String,
    /// Where they begin in the printed text, in characters from 0.
    pub at: usize,
    /// What was read.
    pub read: Result<Statement, Fault>,
}

/// Why a clause is no check.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "reason")]
pub enum Fault {
    /// It states no relation: a remark.
    Remark,
    /// The word at this place does not fit.
    Syntax {
        /// The word; empty at the end of the clause.
        word: String,
        /// Its place in the printed text, in characters from 0.
        at: usize,
    },
    /// The form has nothing of this name.
    Unknown {
        /// The word.
        word: String,
        /// Its place.
        at: usize,
    },
    /// The form has several things of this name.
    Ambiguous {
        /// The word.
        word: String,
        /// Its place.
        at: usize,
        /// How many there are.
        n: usize,
    },
    /// The rows named have no column in common, or several and nothing says which.
    Columns,
    /// No form with this number or title is known.
    UnknownForm {
        /// The word.
        word: String,
        /// Its place.
        at: usize,
    },
    /// It compares what is no number.
    NotANumber {
        /// The word.
        word: String,
        /// Its place.
        at: usize,
    },
    /// It is longer, deeper or names more cells than is read.
    TooLarge,
}

/// A cell that a check names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CellRef {
    /// The form; `None` for the rule's own.
    pub form: Option<FormId>,
    /// The field.
    pub field: FieldId,
    /// The period.
    pub shift: Shift,
}

/// An expression over cells.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Formula {
    /// A number.
    Number(Decimal),
    /// A cell.
    Cell(CellRef),
    /// Without its sign.
    Absolute(Box<Formula>),
    /// Two formulas and an operation.
    Binary(Operator, Box<Formula>, Box<Formula>),
}

/// One comparison over cells.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Comparison {
    /// Of numbers.
    Numbers {
        /// Left side.
        left: Formula,
        /// How.
        comparator: Comparator,
        /// Right side.
        right: Formula,
    },
    /// Of an answer with a word (是, 否).
    Answer {
        /// The cell.
        cell: CellRef,
        /// Equal or unequal.
        is_equal: bool,
        /// The word.
        value: String,
    },
}

/// What a check tries.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Test {
    /// A comparison holds.
    Compare(Comparison),
    /// The cell is empty or zero.
    Blank(CellRef),
    /// The cell is filled in.
    Required(CellRef),
}

/// A rule bound to cells of a form.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Check {
    /// Position of the printed rule among the form's rules.
    pub rule: usize,
    /// The clause as printed.
    pub text: String,
    /// Column in which it is tried, as printed; empty where it names single cells.
    pub column: String,
    /// Only where all of these hold.
    pub when: Vec<Comparison>,
    /// What is tried.
    pub test: Test,
    /// What happens where it fails; never [`Severity::Refuse`] where a word had to be guessed.
    pub severity: Severity,
    /// Words that the form does not have, with the nearest label that was taken for them.
    pub guesses: Vec<(String, String)>,
}

impl Formula {
    /// All cells, in the order in which they stand.
    pub fn cells(&self) -> Vec<&CellRef> {
        let mut found = Vec::new();
        let mut open = vec![self];
        while let Some(formula) = open.pop() {
            match formula {
                Self::Number(_) => {}
                Self::Cell(cell) => found.push(cell),
                Self::Absolute(inner) => open.push(inner),
                Self::Binary(_, left, right) => open.extend([right.as_ref(), left.as_ref()]),
            }
        }
        found
    }

    /// Whether it only adds and subtracts cells, without factors.
    pub fn is_additive(&self) -> bool {
        match self {
            Self::Number(_) | Self::Cell(_) => true,
            Self::Absolute(_) => false,
            Self::Binary(Operator::Add | Operator::Subtract, left, right) => left.is_additive() && right.is_additive(),
            Self::Binary(Operator::Multiply | Operator::Divide, ..) => false,
        }
    }
}

impl Check {
    /// All cells that the check names, conditions first.
    pub fn cells(&self) -> Vec<&CellRef> {
        let mut found: Vec<&CellRef> = Vec::new();
        let compared = match &self.test {
            Test::Compare(comparison) => Some(comparison),
            Test::Blank(_) | Test::Required(_) => None,
        };
        for comparison in self.when.iter().chain(compared) {
            match comparison {
                Comparison::Numbers { left, right, .. } => {
                    found.extend(left.cells());
                    found.extend(right.cells());
                }
                Comparison::Answer { cell, .. } => found.push(cell),
            }
        }
        if let Test::Blank(cell) | Test::Required(cell) = &self.test {
            found.push(cell);
        }
        found
    }
}

impl Comparator {
    /// The sign.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::Unequal => "≠",
            Self::AtLeast => "≥",
            Self::AtMost => "≤",
            Self::More => ">",
            Self::Less => "<",
        }
    }
}

impl Operator {
    /// The sign.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "×",
            Self::Divide => "÷",
        }
    }
}

impl Fault {
    /// Returns the word used in answers and files.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Remark => "remark",
            Self::Syntax { .. } => "syntax",
            Self::Unknown { .. } => "unknown",
            Self::Ambiguous { .. } => "ambiguous",
            Self::Columns => "columns",
            Self::UnknownForm { .. } => "unknown_form",
            Self::NotANumber { .. } => "not_a_number",
            Self::TooLarge => "too_large",
        }
    }
}

impl fmt::Display for Comparator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.sign())
    }
}
