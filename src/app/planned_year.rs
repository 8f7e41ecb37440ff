//! The plan of a year with the forms in force that it was made from.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use jiff::civil::Date;

use crate::app::balances::balances_in;
use crate::app::due_cells::DueMemory;
use crate::app::registry_facts::fact_of;
use crate::app::rules::RuleMemory;
use crate::domain::element::CataloguedField;
use crate::domain::facet::TimeBasis;
use crate::domain::id::ElementId;
use crate::domain::measure::Measures;
use crate::domain::period::Frequency;
use crate::domain::template::{Field, RegisteredTemplate};
use crate::domain::unit::{Level, UnitTree};
use crate::overlap::Catalogue;
use crate::planning::{AskedField, Plan, PlanInput, make_plan};

/// A plan with the units it is for.
pub(crate) struct PlannedYear {
    /// The plan.
    pub(crate) plan: Plan,
    /// The units as they stand at the end of the year; positions in the plan are positions in this tree.
    pub(crate) units: Arc<UnitTree>,
    /// What is typed by the due dates that were asked for.
    pub(crate) due: DueMemory,
    /// The rules of the forms.
    pub(crate) rules: RuleMemory,
}

impl PlannedYear {
    /// Makes the plan of a year from the forms in force.
    pub(crate) fn make(year: i16, catalogue: &Catalogue, units: Arc<UnitTree>, supplied: &BTreeSet<(ElementId, Level)>) -> Self {
        let fields = asked_in(year, catalogue);
        let elements = wanted_from_before(&fields);
        let before = collected_in(year - 1, catalogue, &elements);
        let balances = balances_in(year, catalogue, &fields);
        let plan = make_plan(&PlanInput { year, fields: &fields, units: &units, collected_before: &before, balances: &balances, supplied });
        Self { plan, units, due: DueMemory::default(), rules: RuleMemory::default() }
    }
}

/// Elements whose figures of the year before may be needed: those that a last-year column asks for, and where there are any, all that balances might
/// put them together from. Standing facts are held in their own period.
pub(crate) fn wanted_from_before(fields: &[AskedField]) -> HashSet<ElementId> {
    let mut elements: HashSet<ElementId> = fields.iter().filter(|f| f.offset_years != 0).map(|f| f.element).collect();
    if !elements.is_empty() {
        let others = fields.iter().filter(|f| f.time_basis != Some(TimeBasis::Standing) && f.dtype.is_number());
        elements.extend(others.map(|f| f.element));
    }
    elements
}

/// Whether a form is asked in a year: drawn for that year or an earlier one, and not past its validity when the year begins.
/// A single survey is asked in its own year only.
pub(crate) fn is_in_force(form: &RegisteredTemplate, year: i16) -> bool {
    let template = &form.template;
    if template.frequency == Frequency::Once {
        return template.year == year;
    }
    let begins = Date::new(year, 1, 1).unwrap_or(Date::MIN);
    let lasts = !matches!(template.valid_through(), Ok(Some(end)) if end < begins);
    template.year <= year && lasts
}

/// Every field asked in a year.
fn asked_in(year: i16, catalogue: &Catalogue) -> Vec<AskedField> {
    let measures = catalogue.measures();
    let mut asked = Vec::new();
    for form in catalogue.forms().filter(|form| is_in_force(form, year)) {
        for (field, key) in form.template.fields.iter().zip(&form.field_keys) {
            if let Some(known) = catalogue.field(key) {
                asked.push(asked_field(form, field, known, measures));
            }
        }
    }
    asked
}

/// What was collected in a year of these elements: element, level and frequency of every field that is not itself about an earlier year.
pub(crate) fn collected_in(year: i16, catalogue: &Catalogue, elements: &HashSet<ElementId>) -> HashSet<(ElementId, Level, Frequency)> {
    let mut collected = HashSet::new();
    for element in elements {
        for key in catalogue.fields_of(*element) {
            let form = catalogue.form(&key.form).filter(|form| is_in_force(form, year));
            let is_of_the_year = catalogue.meaning(&key).is_some_and(|m| m.offset_years == 0);
            if let (Some(form), true) = (form, is_of_the_year) {
                collected.insert((*element, form.template.level, form.template.frequency));
            }
        }
    }
    collected
}

/// The fields asked in a year that show one of these elements, without those of the form `but`.
pub(crate) fn asked_of_elements(year: i16, catalogue: &Catalogue, elements: &HashSet<ElementId>, but: &str) -> Vec<AskedField> {
    let measures = catalogue.measures();
    let mut asked = Vec::new();
    let mut sorted: Vec<&ElementId> = elements.iter().collect();
    sorted.sort_unstable();
    for key in sorted.into_iter().flat_map(|element| catalogue.fields_of(*element)) {
        let Some(form) = catalogue.form(&key.form).filter(|form| form.template.id.as_str() != but && is_in_force(form, year)) else {
            continue;
        };
        let field = form.template.fields.iter().find(|f| f.id == key.field);
        if let (Some(field), Some(known)) = (field, catalogue.field(&key)) {
            asked.push(asked_field(form, field, known, measures));
        }
    }
    asked
}

/// Every field of these elements, in whatever years it is asked.
pub(crate) fn asked_in_any_year(catalogue: &Catalogue, elements: &BTreeSet<ElementId>) -> Vec<AskedField> {
    let mut asked = Vec::new();
    for key in elements.iter().flat_map(|element| catalogue.fields_of(*element)) {
        let Some(form) = catalogue.form(&key.form) else { continue };
        let field = form.template.fields.iter().find(|f| f.id == key.field);
        if let (Some(field), Some(known)) = (field, catalogue.field(&key)) {
            asked.push(asked_field(form, field, known, catalogue.measures()));
        }
    }
    asked
}

/// The fields of one form as the plan sees them.
pub(crate) fn asked_of_form(form: &RegisteredTemplate, fields: &[CataloguedField], measures: &Measures) -> Vec<AskedField> {
    form.template.fields.iter().zip(fields).map(|(field, known)| asked_field(form, field, known, measures)).collect()
}

/// A field as the plan sees it.
pub(crate) fn asked_field(form: &RegisteredTemplate, field: &Field, known: &CataloguedField, measures: &Measures) -> AskedField {
    let (template, meaning) = (&form.template, &known.meaning);
    AskedField {
        key: known.key.clone(),
        organisation: template.organisation.clone(),
        element: known.element(),
        offset_years: meaning.offset_years,
        level: template.level,
        frequency: template.frequency,
        due_days: template.due_days_after.unwrap_or_else(|| template.frequency.default_due_days()),
        time_basis: meaning.facets.time_basis,
        sums_over_units: meaning.sums_over_units,
        dtype: field.dtype,
        unit: measures.find(&field.unit).cloned(),
        unit_text: field.unit.clone(),
        decimals: field.decimals(),
        label: field.label.clone(),
        options: field.options.clone(),
        fact: fact_of(field, template.level),
    }
}
