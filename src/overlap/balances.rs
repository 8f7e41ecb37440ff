//! Balances (平衡关系) of forms: the linear equations that say what figures are, from printed rules and from totals that a layout shows.
//!
//! Only what is certain: a rule that refuses, bound without a guess; a breakdown that leaves nothing out; a running total and the flow of the
//! same meaning. What a balance is good for is planned elsewhere.

use std::collections::HashMap;

use num_traits::One;

use crate::domain::balance::{Balance, Factor, balance_of};
use crate::domain::element::CataloguedField;
use crate::domain::facet::TimeBasis;
use crate::domain::id::{ElementId, FormId};
use crate::domain::measure::Measures;
use crate::domain::relation::Origin;
use crate::domain::rule::{Check, read_rules};
use crate::domain::template::FormTemplate;
use crate::overlap::Catalogue;
use crate::overlap::facets::key::key_of;
use crate::overlap::structure::proposals;

/// The checks that a form's printed rules become.
pub(crate) fn checks_of(template: &FormTemplate, measures: &Measures) -> Vec<Check> {
    read_rules(template, measures, &|_| None).into_iter().filter_map(|r| r.checks.ok()).flatten().collect()
}

/// The balances that a form prints or shows, between the positions of its fields and in their printed units of measure; printed ones first.
pub fn balances_of(template: &FormTemplate, measures: &Measures) -> Vec<Balance<usize>> {
    balances_from(template, &checks_of(template, measures))
}

/// The same, where the checks are known.
pub(crate) fn balances_from(template: &FormTemplate, checks: &[Check]) -> Vec<Balance<usize>> {
    let positions: HashMap<&str, usize> = template.fields.iter().enumerate().map(|(at, f)| (f.id.as_str(), at)).collect();
    let placed = |balance: Balance<crate::domain::id::FieldId>| -> Option<Balance<usize>> {
        let at = |(field, factor): &(crate::domain::id::FieldId, Factor)| Some((*positions.get(field.as_str())?, *factor));
        let terms: Option<Vec<(usize, Factor)>> = balance.terms.iter().map(at).collect();
        Some(Balance { terms: terms?, origin: balance.origin, words: balance.words })
    };
    let mut found: Vec<Balance<usize>> = checks.iter().filter_map(balance_of).filter_map(placed).collect();
    let shown = proposals(template).into_iter().filter(|p| p.is_exhaustive && p.origin == Origin::Breakdown);
    found.extend(shown.map(|p| {
        let parts = p.parts.into_iter().map(|at| (at, -Factor::one()));
        Balance { terms: std::iter::once((p.total, Factor::one())).chain(parts).collect(), origin: p.origin, words: p.words }
    }));
    found
}

impl Catalogue {
    /// The balances of a form of the catalogue, between the positions of its fields.
    pub fn balances_of_form(&self, form: &FormId) -> &[Balance<usize>] {
        self.entry(form).map(|entry| entry.balances(self.measures())).unwrap_or_default()
    }

    /// For a running total the element of its flow, for a flow that of its running total; whether or not a form asks for that.
    pub fn running_or_flow_of(&self, field: &CataloguedField) -> Option<ElementId> {
        let meaning = &field.meaning;
        let other = match meaning.facets.time_basis {
            Some(TimeBasis::YearToDate) if meaning.is_certain => TimeBasis::Flow,
            Some(TimeBasis::Flow) if meaning.is_certain => TimeBasis::YearToDate,
            _ => return None,
        };
        let mut facets = meaning.facets.clone();
        facets.time_basis = Some(other);
        // Decisions may have made the other one with others.
        Some(ElementId::of_key(self.settlement().class_of(&key_of(&facets, &meaning.residue))))
    }
}
