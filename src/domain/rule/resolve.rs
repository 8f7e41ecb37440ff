//! From statements to checks: every word bound to cells of the form, column by column where a rule names whole rows.

mod bind;
mod cells;
mod names;

use crate::domain::measure::Measures;
use crate::domain::rule::index::FormIndex;
use crate::domain::rule::parse::parse;
use crate::domain::rule::resolve::bind::Binder;
use crate::domain::rule::{Check, Clause, Fault, MAX_CHECKS};
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
    for (rule, text) in template.rules.iter().enumerate() {
        let mut n_left = MAX_CHECKS;
        for clause in parse(text, &index) {
            let checks = match &clause.read {
                Err(fault) => Err(fault.clone()),
                Ok(statement) => {
                    let binder = Binder { template, index: &index, measures, others, rule, text: &clause.text };
                    binder.checks(statement).and_then(|checks| if checks.len() > n_left { Err(Fault::TooLarge) } else { Ok(checks) })
                }
            };
            n_left -= checks.as_ref().map_or(0, Vec::len);
            readings.push(Reading { rule, clause, checks });
        }
    }
    readings
}
