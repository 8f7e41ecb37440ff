//! The rules of a form (审核关系) as they are tried, and by which elements they are found.
//!
//! Printed rules stand as the form prints them: they refuse, unless the form itself asks for an explanation only, a word had to be guessed, or
//! the rule bounds how far a figure may move from one period to another. Totals that a form's structure implies and no printed rule states are
//! proposals: nobody is refused because of them, since nobody has said that they hold.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use rust_decimal::Decimal;

use crate::domain::id::{ElementId, FieldId, FieldKey, FormId};
use crate::domain::measure::{Measures, UnitOfMeasure};
use crate::domain::period::Frequency;
use crate::domain::relation::Origin;
use crate::domain::rule::{CellRef, Check, Comparator, Comparison, Formula, Operator, Severity, Shift, Test, read_rules};
use crate::domain::template::{DataType, Field, FormTemplate, RegisteredTemplate};
use crate::domain::unit::Level;
use crate::overlap::{Proposal, proposals};
use crate::planning::{AskedField, Plan};

/// Why a check is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// The form prints it.
    Printed,
    /// The form's structure implies it.
    Proposed,
}

/// A check with its standing.
#[derive(Clone, Debug)]
pub(crate) struct FormCheck {
    pub(crate) check: Check,
    pub(crate) standing: Standing,
}

/// The checks of one form.
pub(crate) struct FormRules {
    pub(crate) form: Arc<RegisteredTemplate>,
    pub(crate) checks: Vec<FormCheck>,
    positions: HashMap<FieldId, usize>,
}

impl FormRules {
    /// Reads a form's printed rules and what its structure implies.
    pub(crate) fn read<'a>(
        form: &'a Arc<RegisteredTemplate>,
        measures: &Measures,
        others: &dyn Fn(&str) -> Option<&'a FormTemplate>,
    ) -> Self {
        let template = &form.template;
        let printed = read_rules(template, measures, others).into_iter().filter_map(|reading| reading.checks.ok()).flatten();
        let mut checks: Vec<FormCheck> = printed.map(as_it_stands).collect();
        let stated: Vec<BTreeSet<FieldId>> = checks.iter().map(|c| own_fields(&c.check)).collect();
        for check in proposals(template).iter().flat_map(|proposal| implied(template, proposal)) {
            let fields = own_fields(&check);
            if !stated.iter().any(|known| fields.is_subset(known)) {
                checks.push(FormCheck { check, standing: Standing::Proposed });
            }
        }
        let positions = template.fields.iter().enumerate().map(|(at, field)| (field.id.clone(), at)).collect();
        Self { form: Arc::clone(form), checks, positions }
    }

    /// A field of the form with its place in it, from 1.
    pub(crate) fn field(&self, id: &FieldId) -> Option<(usize, &Field)> {
        let at = *self.positions.get(id)?;
        self.form.template.fields.get(at).map(|field| (at + 1, field))
    }
}

fn as_it_stands(mut check: Check) -> FormCheck {
    if check.bounds_a_movement() {
        check.severity = Severity::Explain;
    }
    FormCheck { check, standing: Standing::Printed }
}

fn own_fields(check: &Check) -> BTreeSet<FieldId> {
    let own = check.cells().into_iter().filter(|cell| cell.form.is_none() && cell.shift == Shift::Current);
    own.map(|cell| cell.field.clone()).collect()
}

/// The checks that a breakdown implies: the parts make up the whole, or each of them is at most the whole.
fn implied(template: &FormTemplate, proposal: &Proposal) -> Vec<Check> {
    let cell = |at: &usize| {
        let field = template.fields.get(*at)?;
        Some(Formula::Cell(CellRef { form: None, field: field.id.clone(), shift: Shift::Current }))
    };
    let parts: Option<Vec<Formula>> = proposal.parts.iter().map(cell).collect();
    let (Some(total), Some(parts)) = (cell(&proposal.total), parts) else { return Vec::new() };
    if proposal.origin != Origin::Breakdown {
        return Vec::new();
    }
    let check = |comparator: Comparator, right: Formula| Check {
        rule: 0,
        text: proposal.words.clone(),
        column: String::new(),
        when: Vec::new(),
        test: Test::Compare(Comparison::Numbers { left: total.clone(), comparator, right }),
        severity: Severity::Explain,
        guesses: Vec::new(),
    };
    if proposal.is_exhaustive {
        let sum = parts.into_iter().reduce(|a, b| Formula::Binary(Operator::Add, Box::new(a), Box::new(b)));
        return sum.map(|sum| check(Comparator::Equal, sum)).into_iter().collect();
    }
    parts.into_iter().map(|part| check(Comparator::AtLeast, part)).collect()
}

/// A field of a unit's forms as rules see it.
pub(crate) struct RuledField {
    pub(crate) key: FieldKey,
    pub(crate) frequency: Frequency,
    pub(crate) unit: Option<UnitOfMeasure>,
    pub(crate) decimals: u32,
    pub(crate) step: Decimal,
}

/// A check that names a field of an element, with the years by which the figure lies from the form's period.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Naming {
    pub(crate) form: FormId,
    pub(crate) check: usize,
    pub(crate) offset_years: i16,
}

/// The rules of all forms of one level in one year.
pub(crate) struct LevelRules {
    pub(crate) forms: HashMap<FormId, Arc<FormRules>>,
    fields: Vec<RuledField>,
    by_name: HashMap<(FormId, FieldId), usize>,
    by_element: HashMap<ElementId, Vec<Naming>>,
}

impl LevelRules {
    fn of(plan: &Plan, unit: usize, rules_of: &dyn Fn(&FormId) -> Option<Arc<FormRules>>) -> Self {
        let mut rules = Self { forms: HashMap::new(), fields: Vec::new(), by_name: HashMap::new(), by_element: HashMap::new() };
        let mut asked: HashMap<(FormId, FieldId), &AskedField> = HashMap::new();
        for field in plan.fields_of_unit(unit) {
            let name = (field.key.form.clone(), field.key.field.clone());
            rules.by_name.insert(name.clone(), rules.fields.len());
            rules.fields.push(ruled(field));
            asked.insert(name, field);
            if !rules.forms.contains_key(&field.key.form)
                && let Some(form) = rules_of(&field.key.form)
            {
                rules.forms.insert(field.key.form.clone(), form);
            }
        }
        for (id, form) in &rules.forms {
            for (at, one) in form.checks.iter().enumerate() {
                for cell in one.check.cells().into_iter().filter(|cell| cell.shift == Shift::Current) {
                    let name = (cell.form.as_ref().unwrap_or(id).clone(), cell.field.clone());
                    let Some(field) = asked.get(&name) else { continue };
                    let naming = Naming { form: id.clone(), check: at, offset_years: field.offset_years };
                    rules.by_element.entry(field.element).or_default().push(naming);
                }
            }
        }
        for namings in rules.by_element.values_mut() {
            namings.sort_unstable();
            namings.dedup();
        }
        rules
    }

    /// The field that a cell of a form's rule names, with its position.
    pub(crate) fn field(&self, form: &FormId, cell: &CellRef) -> Option<(usize, &RuledField)> {
        let at = *self.by_name.get(&(cell.form.as_ref().unwrap_or(form).clone(), cell.field.clone()))?;
        self.field_at(at).map(|field| (at, field))
    }

    /// The field at a position.
    pub(crate) fn field_at(&self, at: usize) -> Option<&RuledField> {
        self.fields.get(at)
    }

    /// The checks that name an element in the form's own period.
    pub(crate) fn naming(&self, element: ElementId) -> &[Naming] {
        self.by_element.get(&element).map(Vec::as_slice).unwrap_or_default()
    }
}

fn ruled(field: &AskedField) -> RuledField {
    RuledField { key: field.key.clone(), frequency: field.frequency, unit: field.unit.clone(), decimals: field.decimals, step: step(field) }
}

/// The step to which a field's figures are rounded; none for what is counted one by one.
fn step(field: &AskedField) -> Decimal {
    let is_counted = match &field.unit {
        Some(unit) => unit.is_discrete && unit.atoms == Decimal::ONE,
        None => field.dtype != DataType::Decimal,
    };
    if is_counted { Decimal::ZERO } else { Decimal::new(1, field.decimals) }
}

/// The rules of a plan's forms, by level, made when first asked for.
#[derive(Default)]
pub(crate) struct RuleMemory(Mutex<HashMap<Level, Arc<LevelRules>>>);

impl RuleMemory {
    /// The rules of a unit's level. Callers must ask with the one plan that the memory belongs to.
    pub(crate) fn of(
        &self,
        plan: &Plan,
        unit: usize,
        level: Level,
        rules_of: &dyn Fn(&FormId) -> Option<Arc<FormRules>>,
    ) -> Arc<LevelRules> {
        if let Some(known) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&level) {
            return Arc::clone(known);
        }
        let made = Arc::new(LevelRules::of(plan, unit, rules_of));
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(level, Arc::clone(&made));
        made
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::OrganisationId;

    fn form(labels: &[(&str, &str)], rules: &[&str]) -> Arc<RegisteredTemplate> {
        let field = |(id, column): &(&str, &str)| Field {
            id: FieldId::from_stored(*id),
            code: "01".to_owned(),
            label: "常住人口".to_owned(),
            path: Vec::new(),
            column: (*column).to_owned(),
            unit: "人".to_owned(),
            dtype: DataType::Integer,
            decimals: None,
            note: String::new(),
            options: Vec::new(),
            classified: false,
            not_personal_because: String::new(),
        };
        let template = FormTemplate {
            id: FormId::from_stored("f"),
            organisation: OrganisationId::from_stored("o"),
            title: "表".to_owned(),
            department: String::new(),
            authority: String::new(),
            number: String::new(),
            approval: String::new(),
            valid_until: String::new(),
            level: Level::Village,
            frequency: Frequency::Annual,
            year: 2026,
            due_days_after: None,
            fields: labels.iter().map(field).collect(),
            rules: rules.iter().map(|r| (*r).to_owned()).collect(),
        };
        let field_keys = template.field_keys(1, None);
        Arc::new(RegisteredTemplate { template, version: 1, field_keys, registered_at: jiff::Timestamp::UNIX_EPOCH })
    }

    #[test]
    fn a_structure_proposes_what_no_rule_states() {
        let cells = [("t", "合计"), ("m", "男"), ("f", "女")];
        let read = |rules: &[&str]| {
            let form = form(&cells, rules);
            FormRules::read(&form, &Measures::embedded(), &|_| None).checks.iter().map(|c| c.standing).collect::<Vec<_>>()
        };
        assert_eq!(read(&[]), [Standing::Proposed]);
        assert_eq!(read(&["合计=男+女"]), [Standing::Printed]);
    }
}
