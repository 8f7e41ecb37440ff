//! What a form shows by itself: its equations and which rows stand above which. Follows from the template alone, so it is worked out once.

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::domain::measure::Measures;
use crate::domain::template::{Field, FormTemplate};
use crate::overlap::formula::{Equation, equations_of};
use crate::overlap::hierarchy::rows_above;

/// What a form shows, worked out when it is first asked for: many comparisons need none of it.
#[derive(Debug, Default)]
pub(crate) struct Shown {
    equations: OnceLock<Vec<Equation>>,
    above: OnceLock<Vec<Vec<usize>>>,
}

impl Shown {
    /// The equations that the form prints or shows.
    pub(crate) fn equations(&self, template: &FormTemplate, measures: &Measures) -> &[Equation] {
        self.equations.get_or_init(|| equations_of(template, measures))
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
