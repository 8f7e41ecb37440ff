//! From statements to checks: every word bound to cells of the form, column by column where a rule names whole rows.

mod bind;
mod cells;
mod fill;
mod names;
mod words;

use crate::domain::measure::Measures;
use crate::domain::problem::{Code, Place, Problem};
use crate::domain::rule::index::FormIndex;
use crate::domain::rule::parse::parse;
use crate::domain::rule::resolve::bind::Binder;
use crate::domain::rule::{Check, Clause, Fault, MAX_CHECKS, MAX_FORM_CELLS, MAX_FORM_CHARS, MAX_FORM_CHECKS};
use crate::domain::template::FormTemplate;

/// A clause of a printed rule with the checks that it became, or why it became none.
#[derive(Clone, Debug)]
pub struct Reading {
    /// Position of the printed rule among the form's rules.
    pub rule: usize,
    /// The clause as printed, with its place and what was read.
    pub clause: Clause,
    /// The checks; never empty.
    pub checks: Result<Vec<Check>, Fault>,
}

/// Reads all printed rules of a form. `others` finds another form by the number or title that a rule names.
///
/// Nothing is dropped: every clause of every rule is in the answer, in the order of printing.
pub fn read_rules<'a>(template: &'a FormTemplate, measures: &Measures, others: &dyn Fn(&str) -> Option<&'a FormTemplate>) -> Vec<Reading> {
    let index = FormIndex::new(template);
    let mut readings = Vec::new();
    let mut n_chars = 0;
    let (mut n_form_checks, mut n_form_cells) = (0, 0);
    for (rule, text) in template.rules.iter().enumerate() {
        let mut n_left = MAX_CHECKS;
        n_chars += text.chars().count();
        if n_chars > MAX_FORM_CHARS {
            let clause = Clause { text: text.clone(), at: 0, read: Err(Fault::TooLarge) };
            readings.push(Reading { rule, clause, checks: Err(Fault::TooLarge) });
            continue;
        }
        for clause in parse(text, &index) {
            let checks = match &clause.read {
                Err(fault) => Err(fault.clone()),
                Ok(statement) => {
                    let binder = Binder { template, index: &index, measures, others, rule, text: &clause.text };
                    binder.checks(statement).and_then(|checks| if checks.len() > n_left { Err(Fault::TooLarge) } else { Ok(checks) })
                }
            };
            let checks = checks.and_then(|checks| {
                let n_cells = checks.iter().map(|c| c.cells().len()).sum::<usize>();
                let fits = n_form_checks + checks.len() <= MAX_FORM_CHECKS && n_form_cells + n_cells <= MAX_FORM_CELLS;
                if fits { Ok((checks, n_cells)) } else { Err(Fault::TooLarge) }
            });
            let checks = checks.map(|(checks, n_cells)| {
                n_form_checks += checks.len();
                n_form_cells += n_cells;
                checks
            });
            n_left -= checks.as_ref().map_or(0, Vec::len);
            readings.push(Reading { rule, clause, checks });
        }
    }
    readings
}

/// Warns of every clause of a form's rules that is not checked, word for word; remarks are no fault.
pub fn check_rules(template: &FormTemplate, measures: &Measures) -> Vec<Problem> {
    let readings = read_rules(template, measures, &|_| None);
    let open = readings.iter().filter_map(|r| Some((r, r.checks.as_ref().err().filter(|f| **f != Fault::Remark)?)));
    let place = |rule: usize| Place::part("rules").in_form(template.id.as_str()).at_row(rule + 1);
    open.map(|(reading, fault)| fault.to_problem(&reading.clause).at(place(reading.rule))).collect()
}

impl Fault {
    /// The warning that tells a person of this fault of a clause.
    pub fn to_problem(&self, clause: &Clause) -> Problem {
        let about = |code: Code| Problem::warning(code).arg("clause", &clause.text);
        match self {
            Self::Remark => about(Code::RuleRemark),
            Self::Syntax { word, at } => about(Code::RuleSyntax).arg("word", word).arg("at", at.saturating_sub(clause.at) + 1),
            Self::Unknown { word, .. } => about(Code::RuleWordUnknown).arg("word", word),
            Self::Ambiguous { word, n, .. } => about(Code::RuleWordAmbiguous).arg("word", word).arg("n", n),
            Self::Columns => about(Code::RuleColumnsUnclear),
            Self::UnknownForm { word, .. } => about(Code::RuleFormUnknown).arg("word", word),
            Self::NotANumber { word, .. } => about(Code::RuleNotANumber).arg("word", word),
            Self::TooLarge => about(Code::RuleTooLarge),
        }
    }
}
