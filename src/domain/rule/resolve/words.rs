//! The words of a statement as it was parsed: what it compares, what it is about, and everything that it names.

use crate::domain::rule::{Chain, Comparator, Demand, Expression, Reference, Statement};

/// Comparisons of a chain, side by side.
pub(super) fn links(chain: &Chain) -> Vec<(&Expression, Comparator, &Expression)> {
    let mut found = Vec::new();
    let mut left = &chain.first;
    for (comparator, right) in &chain.rest {
        for l in left {
            for r in right {
                found.push((l, *comparator, r));
            }
        }
        left = right;
    }
    found
}

/// The first word of what is demanded: what the rule is about.
pub(super) fn subject_of(statement: &Statement) -> Option<&Reference> {
    match &statement.demand {
        Demand::Compare(chain) => chain.first.first().and_then(first_word),
        Demand::Blank(items) | Demand::Required(items) => items.first().and_then(first_word),
    }
}

fn first_word(expression: &Expression) -> Option<&Reference> {
    match expression {
        Expression::Number(_) => None,
        Expression::Word(reference)
        | Expression::SpanSum(reference, _)
        | Expression::SpanEach(reference, _)
        | Expression::GroupSum(reference)
        | Expression::GroupEach(reference)
        | Expression::Change(reference, _) => Some(reference),
        Expression::Absolute(inner) => first_word(inner),
        Expression::Binary(_, left, _) => first_word(left),
    }
}

/// All words of a statement's demand.
pub(super) fn references(statement: &Statement) -> Vec<&Reference> {
    fn walk<'a>(expression: &'a Expression, found: &mut Vec<&'a Reference>) {
        match expression {
            Expression::Number(_) => {}
            Expression::Word(r) | Expression::GroupSum(r) | Expression::GroupEach(r) | Expression::Change(r, _) => found.push(r),
            Expression::SpanSum(a, b) | Expression::SpanEach(a, b) => found.extend([a, b]),
            Expression::Absolute(inner) => walk(inner, found),
            Expression::Binary(_, left, right) => {
                walk(left, found);
                walk(right, found);
            }
        }
    }
    let mut found = Vec::new();
    match &statement.demand {
        Demand::Compare(chain) => chain.first.iter().chain(chain.rest.iter().flat_map(|(_, side)| side)).for_each(|e| walk(e, &mut found)),
        Demand::Blank(items) | Demand::Required(items) => items.iter().for_each(|e| walk(e, &mut found)),
    }
    found
}
