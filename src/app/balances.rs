//! The balances between the fields of the forms in force: what the plan may compute instead of asking.

use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};

use crate::app::planned_year::is_in_force;
use crate::domain::balance::{Balance, Factor, factor_of};
use crate::domain::element::CataloguedField;
use crate::domain::facet::TimeBasis;
use crate::domain::id::{ElementId, FieldKey};
use crate::domain::relation::Origin;
use crate::domain::template::RegisteredTemplate;
use crate::overlap::{Catalogue, balances_of};
use crate::planning::AskedField;

/// Elements that are looked at when what one form adds is planned; what lies further away through ever more balances is left out.
const MAX_TIED: usize = 5_000;

/// Every balance of the forms in force in a year, and those between the running totals and flows that are asked.
pub(crate) fn balances_in(year: i16, catalogue: &Catalogue, fields: &[AskedField]) -> Vec<Balance<FieldKey>> {
    let mut found = Vec::new();
    for form in catalogue.forms().filter(|form| is_in_force(form, year)) {
        found.extend(catalogue.balances_of_form(&form.template.id).iter().filter_map(|b| of_fields(b, &form.field_keys)));
    }
    found.extend(running_totals(catalogue, fields, &|key| catalogue.field(key)));
    found
}

/// A balance of a form, by the keys of its fields.
fn of_fields(balance: &Balance<usize>, keys: &[FieldKey]) -> Option<Balance<FieldKey>> {
    let terms: Option<Vec<(FieldKey, Factor)>> = balance.terms.iter().map(|(at, f)| Some((keys.get(*at)?.clone(), *f))).collect();
    Some(Balance { terms: terms?, origin: balance.origin, words: balance.words.clone() })
}

/// The running totals that are asked, each with the flow that is asked of the same meaning; once for each pair of elements.
pub(crate) fn running_totals<'c>(
    catalogue: &Catalogue,
    fields: &[AskedField],
    known: &dyn Fn(&FieldKey) -> Option<&'c CataloguedField>,
) -> Vec<Balance<FieldKey>> {
    let mut first: BTreeMap<(ElementId, i16), &AskedField> = BTreeMap::new();
    for field in fields {
        let earliest = first.entry((field.element, field.offset_years)).or_insert(field);
        if field.key < earliest.key {
            *earliest = field;
        }
    }
    let mut found = Vec::new();
    for ((_, offset), running) in &first {
        let is_running = running.time_basis == Some(TimeBasis::YearToDate);
        let flow = known(&running.key).filter(|_| is_running).and_then(|field| catalogue.running_or_flow_of(field));
        let Some(flow) = flow.and_then(|flow| first.get(&(flow, *offset))) else { continue };
        found.extend(equal(running, flow));
    }
    found
}

/// Says that two fields show one quantity, whatever their units of measure.
fn equal(a: &AskedField, b: &AskedField) -> Option<Balance<FieldKey>> {
    let atoms = |f: &AskedField| f.unit.as_ref().map_or(Some(Factor::from_integer(1)), |u| factor_of(u.atoms));
    let terms = vec![(a.key.clone(), atoms(a)?), (b.key.clone(), -atoms(b)?)];
    Some(Balance { terms, origin: Origin::Time, words: String::new() })
}

/// What balances tie to a form that is not in the catalogue yet: all elements that its fields may be computed with, its own included, and the
/// balances between them, those of the form apart.
pub(crate) struct TiedToForm {
    /// The elements.
    pub(crate) elements: HashSet<ElementId>,
    /// Balances of the other forms.
    pub(crate) of_others: Vec<Balance<FieldKey>>,
    /// Balances of the form itself.
    pub(crate) of_form: Vec<Balance<FieldKey>>,
}

/// Finds what balances tie to a form, going from figure to figure through the forms that show them.
pub(crate) fn tied_to_form(year: i16, catalogue: &Catalogue, form: &RegisteredTemplate, fields: &[CataloguedField]) -> TiedToForm {
    let own = balances_of(&form.template, catalogue.measures());
    let of_form = own.iter().filter_map(|b| of_fields(b, &form.field_keys)).collect();
    let mut elements: HashSet<ElementId> = fields.iter().map(CataloguedField::element).collect();
    // A fixed order, so that where the bound is met it is met the same way every time.
    let mut open: VecDeque<ElementId> = elements.iter().copied().collect::<BTreeSet<ElementId>>().into_iter().collect();
    let mut of_others = Vec::new();
    for other in fields.iter().filter_map(|field| catalogue.running_or_flow_of(field)).collect::<BTreeSet<ElementId>>() {
        if elements.insert(other) {
            open.push_back(other);
        }
    }
    let mut seen: HashSet<(FieldKey, usize)> = HashSet::new();
    while let Some(element) = open.pop_front() {
        let keys = catalogue.fields_of(element);
        let other = keys.first().and_then(|key| catalogue.field(key)).and_then(|field| catalogue.running_or_flow_of(field));
        if let Some(other) = other.filter(|_| elements.len() < MAX_TIED)
            && elements.insert(other)
        {
            open.push_back(other);
        }
        for key in keys {
            let other = catalogue.form(&key.form).filter(|o| o.template.id != form.template.id && is_in_force(o, year));
            let Some(other) = other else { continue };
            let Some(at) = other.field_keys.iter().position(|k| *k == key) else { continue };
            for (number, balance) in catalogue.balances_of_form(&key.form).iter().enumerate() {
                let names_it = balance.terms.iter().any(|(term, _)| *term == at);
                let first = balance.terms.first().and_then(|(term, _)| other.field_keys.get(*term));
                if !names_it || !first.is_some_and(|first| seen.insert((first.clone(), number))) {
                    continue;
                }
                let members = catalogue.fields_of_form(&key.form);
                for member in balance.terms.iter().filter_map(|(term, _)| members.get(*term)).map(CataloguedField::element) {
                    if elements.len() < MAX_TIED && elements.insert(member) {
                        open.push_back(member);
                    }
                }
                of_others.extend(of_fields(balance, &other.field_keys));
            }
        }
    }
    TiedToForm { elements, of_others, of_form }
}
