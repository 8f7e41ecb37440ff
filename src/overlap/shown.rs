//! What a form shows by itself: its equations and which rows stand above which. Follows from the template alone, so it is worked out once.

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::domain::balance::Balance;
use crate::domain::measure::Measures;
use crate::domain::template::{Field, FormTemplate};
use crate::overlap::balances::{balances_from, checks_of};
use crate::overlap::formula::{Equation, equations_from};
use crate::overlap::hierarchy::rows_above;

/// What a form shows, worked out when it is first asked for: many comparisons need none of it.
#[derive(Debug, Default)]
pub(crate) struct Shown {
    equations: OnceLock<(Vec<Equation>, Vec<Balance<usize>>)>,
    above: OnceLock<Vec<Vec<usize>>>,
}

impl Shown {
    /// The equations that the form prints or shows.
    pub(crate) fn equations(&self, template: &FormTemplate, measures: &Measures) -> &[Equation] {
        &self.both(template, measures).0
    }

    /// The balances that the form prints or shows, between the positions of its fields.
    pub(crate) fn balances(&self, template: &FormTemplate, measures: &Measures) -> &[Balance<usize>] {
        &self.both(template, measures).1
    }

    /// Both from one reading of the rules.
    fn both(&self, template: &FormTemplate, measures: &Measures) -> &(Vec<Equation>, Vec<Balance<usize>>) {
        self.equations.get_or_init(|| {
            let checks = checks_of(template, measures);
            (equations_from(template, &checks), balances_from(template, &checks))
        })
    }

    /// Places of the rows that stand above a field, nearest first.
    pub(crate) fn above(&self, template: &FormTemplate, at: usize) -> &[usize] {
        let above = self.above.get_or_init(|| rows_above(&template.fields));
        above.get(at).map(Vec::as_slice).unwrap_or_default()
    }
}

/// The row above each field: the field that the last heading names, in the same column where there is one.
pub(crate) fn parents_of(fields: &[Field]) -> Vec<Option<usize>> {
    let mut rows: HashMap<(&[String], &str), Vec<usize>> = HashMap::new();
    for (at, field) in fields.iter().enumerate() {
        rows.entry((&field.path, &field.label)).or_default().push(at);
    }
    let parent = |(own, field): (usize, &Field)| {
        let (last, outer) = field.path.split_last()?;
        let cells = rows.get(&(outer, last.as_str()))?;
        let in_column = |at: &&usize| fields.get(**at).is_some_and(|f| f.column == field.column);
        cells.iter().find(in_column).or_else(|| cells.first()).copied().filter(|at| *at != own)
    };
    fields.iter().enumerate().map(parent).collect()
}
