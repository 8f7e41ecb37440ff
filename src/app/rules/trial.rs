//! Trying the checks that figures touch.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use crate::app::App;
use crate::app::consolidated_form::UnitYear;
use crate::app::figures::combine;
use crate::app::rules::book::{FormCheck, FormRules, LevelRules, Standing};
use crate::app::sources::keys_of;
use crate::domain::balance::Factor;
use crate::domain::figure::Figure;
use crate::domain::id::{AccountId, FormId, ReceiptId};
use crate::domain::observation::{NewObservation, Observation, ObservationKey};
use crate::domain::period::{Frequency, MAX_YEAR, MIN_YEAR, ReferencePeriod};
use crate::domain::problem::{Code, Place, Problem};
use crate::domain::rule::{CellRef, Known, Outcome, Severity, Shift, Test, evaluate};
use crate::domain::unit::UnitCode;
use crate::store::Ground;

/// Most figures of a broken rule that its problem lists.
const MAX_LISTED: usize = 12;

/// A figure on its way in.
#[derive(Clone, Copy)]
pub(crate) struct Given<'a> {
    /// What it stores.
    pub(crate) observation: &'a NewObservation,
    /// Its label.
    pub(crate) label: &'a str,
    /// What the clerk wrote beside it.
    pub(crate) explanation: &'a str,
}

/// A check in one period of its form.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Instance {
    year: i16,
    form: FormId,
    period: ReferencePeriod,
    check: usize,
}

/// A cell of a form in a period: the year of its plan, its field there, the form's period.
type CellAt = (i16, usize, ReferencePeriod);

/// Where the figure of a cell comes from: all of these together, each times its factor.
struct Resolved {
    keys: Vec<ObservationKey>,
    factors: Vec<Factor>,
}

/// A unit's place in a year with its rules.
type RuledYear = Option<(Arc<UnitYear>, Arc<LevelRules>)>;

/// The checks that a set of figures touches, ready to be tried once what is held is known.
pub(crate) struct Trial<'a> {
    app: &'a App,
    unit: &'a UnitCode,
    given: BTreeMap<&'a ObservationKey, Given<'a>>,
    years: BTreeMap<i16, RuledYear>,
    cells: HashMap<CellAt, Option<Resolved>>,
    instances: Vec<(Instance, HashMap<CellRef, CellAt>)>,
}

/// What a trial showed.
#[derive(Default)]
pub(crate) struct Verdict {
    /// Broken rules: errors, and warnings where an explanation stands or nothing is demanded.
    pub(crate) problems: Vec<Problem>,
    /// What it rests on: other figures of the unit with the versions that stood.
    pub(crate) grounds: Vec<Ground>,
}

impl<'a> Trial<'a> {
    /// Gathers the checks that the figures of a unit touch.
    pub(crate) fn of(app: &'a App, unit: &'a UnitCode, years: &BTreeSet<i16>, given: impl Iterator<Item = Given<'a>>) -> Self {
        let given: BTreeMap<&ObservationKey, Given<'a>> = given.map(|g| (&g.observation.key, g)).collect();
        let mut trial = Self { app, unit, given, years: BTreeMap::new(), cells: HashMap::new(), instances: Vec::new() };
        let mut touched: BTreeSet<Instance> = BTreeSet::new();
        for year in years {
            touched.extend(trial.touched(*year));
        }
        for instance in touched {
            trial.add(instance);
        }
        trial
    }

    fn ruled(&mut self, year: i16) -> RuledYear {
        let (app, unit) = (self.app, self.unit);
        let is_planned = (MIN_YEAR + 1..MAX_YEAR).contains(&year);
        self.years.entry(year).or_insert_with(|| if is_planned { app.ruled_year(unit, year) } else { None }).clone()
    }

    fn touched(&mut self, year: i16) -> BTreeSet<Instance> {
        let Some((_, rules)) = self.ruled(year) else { return BTreeSet::new() };
        let mut found = BTreeSet::new();
        for given in self.given.values() {
            let (key, via) = (&given.observation.key, &given.observation.via);
            // A plan may keep one element's figures apart; the field through which one is typed says whose it is.
            let element = self.app.state.catalogue(|c| c.field(via).map_or(key.element, |field| field.element()));
            for naming in rules.naming(element) {
                let frequency = rules.forms.get(&naming.form).map(|form| form.form.template.frequency);
                let Some(frequency) = frequency else { continue };
                let target = key.period.shift_years(-naming.offset_years);
                let periods = frequency.periods(year).into_iter().filter(|period| holds(*period, target));
                found.extend(periods.map(|period| Instance { year, form: naming.form.clone(), period, check: naming.check }));
            }
        }
        found
    }

    /// Keeps a check where one of its cells in the form's own period really comes from a given figure.
    fn add(&mut self, instance: Instance) {
        let Some((_, rules)) = self.ruled(instance.year) else { return };
        let Some((form, one)) = check_of(&rules, &instance) else { return };
        let mut cells: HashMap<CellRef, CellAt> = HashMap::new();
        let mut is_touched = false;
        for cell in one.check.cells() {
            let Some(at) = self.resolve(&form.form.template.id, cell, &instance) else { continue };
            let resolved = self.cells.get(&at).and_then(Option::as_ref);
            let from_given = resolved.is_some_and(|r| r.keys.iter().any(|key| self.given.contains_key(key)));
            is_touched |= from_given && cell.shift == Shift::Current;
            cells.insert(cell.clone(), at);
        }
        if is_touched {
            self.instances.push((instance, cells));
        }
    }

    fn resolve(&mut self, form: &FormId, cell: &CellRef, instance: &Instance) -> Option<CellAt> {
        let frequency = self.frequency_of(instance)?;
        let period = shifted(instance.period, cell.shift, frequency)?;
        let year = period.year()?;
        let (place, rules) = self.ruled(year)?;
        let (at, field) = rules.field(form, cell)?;
        if !period.fits(field.frequency) {
            return None;
        }
        let cell_at = (year, at, period);
        self.cells.entry(cell_at).or_insert_with(|| {
            let source = place.planned.plan.source(place.position, &field.key, period)?;
            let factors = source.terms.iter().map(|term| term.factor).collect();
            Some(Resolved { keys: keys_of(&place.planned, &source), factors })
        });
        Some(cell_at)
    }

    fn frequency_of(&mut self, instance: &Instance) -> Option<Frequency> {
        let (_, rules) = self.ruled(instance.year)?;
        rules.forms.get(&instance.form).map(|form| form.form.template.frequency)
    }

    /// What must be read before the checks can be tried: by key, without what is given.
    pub(crate) fn wanted(&self) -> Vec<ObservationKey> {
        let named = self.instances.iter().flat_map(|(_, cells)| cells.values());
        let resolved = named.filter_map(|at| self.cells.get(at)?.as_ref());
        let keys: BTreeSet<&ObservationKey> = resolved.flat_map(|r| &r.keys).filter(|key| !self.given.contains_key(key)).collect();
        keys.into_iter().cloned().collect()
    }

    /// Tries the checks; `held` is what the store holds of [`Self::wanted`].
    pub(crate) fn judge(&self, held: &[Observation]) -> Verdict {
        let held: HashMap<&ObservationKey, &Observation> = held.iter().map(|o| (&o.key, o)).collect();
        let figures = self.figures(&held);
        let mut verdict = Verdict::default();
        let mut explained: HashSet<&ObservationKey> = HashSet::new();
        for (instance, cells) in &self.instances {
            let Some(Some((_, rules))) = self.years.get(&instance.year) else { continue };
            let Some((form, one)) = check_of(rules, instance) else { continue };
            let known = |cell: &CellRef| figures.get(cells.get(cell)?).cloned();
            if matches!(&one.check.test, Test::Required(cell) if known(cell).is_none()) {
                // Whether it is still to come or was left out, the completeness of the form says.
                continue;
            }
            let Outcome::Fails { left, right } = evaluate(&one.check, &known) else { continue };
            let of_check = cells.iter().filter(|(cell, _)| cell.shift == Shift::Current).filter_map(|(_, at)| self.cells.get(at)?.as_ref());
            let own: BTreeSet<&ObservationKey> =
                of_check.flat_map(|r| &r.keys).filter_map(|k| self.given.get_key_value(k).map(|(k, _)| *k)).collect();
            let explanations = own.iter().filter(|key| self.given.get(*key).is_some_and(|g| !g.explanation.trim().is_empty()));
            let explanations: Vec<&ObservationKey> = explanations.copied().collect();
            let code = match (one.standing, one.check.severity) {
                (Standing::Proposed, _) => Code::TotalDoubtful,
                (Standing::Printed, Severity::Refuse) => Code::RuleBroken,
                (Standing::Printed, Severity::Explain) if explanations.is_empty() => Code::RuleExplanationMissing,
                (Standing::Printed, Severity::Explain) => Code::RuleExplained,
            };
            explained.extend(explanations);
            verdict.problems.push(self.problem(code, instance, (form, one), &known, [left, right]));
        }
        let not_asked = self.given.iter().filter(|(key, g)| !g.explanation.trim().is_empty() && !explained.contains(*key));
        verdict.problems.extend(not_asked.map(|(key, g)| {
            let place = Place::field(key.element.to_string()).column(key.period.to_string());
            Problem::warning(Code::ExplanationNotAsked).arg("label", g.label).arg("period", key.period).at(place)
        }));
        let own = self.wanted().into_iter().filter(|key| key.unit == *self.unit);
        verdict.grounds = own.map(|key| Ground { version: held.get(&key).map_or(0, |o| o.version), key }).collect();
        verdict
    }

    /// The figures of all cells that are complete.
    fn figures(&self, held: &HashMap<&ObservationKey, &Observation>) -> HashMap<CellAt, Known> {
        let given: HashMap<&ObservationKey, Observation> = self.given.iter().map(|(key, g)| (*key, as_stored(g.observation))).collect();
        let mut figures = HashMap::new();
        for (at, resolved) in &self.cells {
            let Some(resolved) = resolved else { continue };
            let Some(Some((_, rules))) = self.years.get(&at.0) else { continue };
            let Some(field) = rules.field_at(at.1) else { continue };
            let terms = resolved.keys.iter().zip(&resolved.factors);
            let found: Vec<(&Observation, Factor)> =
                terms.filter_map(|(key, factor)| Some((given.get(key).or_else(|| held.get(key).copied())?, *factor))).collect();
            if found.len() != resolved.factors.len() {
                continue;
            }
            if let Some(figure) = combine(&found, field.unit.as_ref(), field.decimals, &self.app.measures) {
                figures.insert(*at, Known { figure, step: field.step });
            }
        }
        figures
    }

    fn problem(
        &self,
        code: Code,
        instance: &Instance,
        (form, one): (&FormRules, &FormCheck),
        known: &dyn Fn(&CellRef) -> Option<Known>,
        sides: [Option<rust_decimal::Decimal>; 2],
    ) -> Problem {
        let name = |cell: &CellRef| self.name(form, cell);
        let mut listed: Vec<String> = Vec::new();
        let mut n_cells = 0;
        let mut seen: BTreeSet<&CellRef> = BTreeSet::new();
        for cell in one.check.cells().into_iter().filter(|cell| seen.insert(*cell)) {
            n_cells += 1;
            if n_cells <= MAX_LISTED {
                listed.push(format!(
                    "{}={}{}",
                    name(cell),
                    known(cell).map_or_else(|| "—".to_owned(), |k| k.figure.to_string()),
                    unit_of(form, cell)
                ));
            }
        }
        if n_cells > MAX_LISTED {
            listed.push("…".to_owned());
        }
        let first = one.check.cells().into_iter().find(|cell| cell.form.is_none());
        let at = first.and_then(|cell| form.field(&cell.field));
        let place = Place {
            form: Some(instance.form.to_string()),
            row: at.map(|(row, _)| row as u64),
            column: at.map(|(_, field)| field.column.clone()).filter(|column| !column.trim().is_empty()),
            field: at.map(|(_, field)| field.id.to_string()),
            file: None,
            sheet: None,
        };
        let [left, right] = sides.map(|side| side.map_or_else(|| "—".to_owned(), |number| number.normalize().to_string()));
        let refuses = matches!(code, Code::RuleBroken | Code::RuleExplanationMissing);
        let problem = if refuses { Problem::new(code) } else { Problem::warning(code) };
        let problem = problem.arg("title", &form.form.template.title).arg("period", instance.period);
        let problem = if one.standing == Standing::Printed { problem.arg("rule", one.check.rule + 1) } else { problem };
        let problem = problem.arg_in_full("clause", &one.check.text).arg_in_full("shown", one.check.show(&name));
        let own = one.check.cells().into_iter().filter(|cell| cell.form.is_none() && cell.shift == Shift::Current);
        let fields: Vec<&str> = own.map(|cell| cell.field.as_str()).collect();
        let problem = problem.arg_in_full("fields", fields.join(" "));
        problem.arg("left", left).arg("right", right).arg_in_full("figures", listed.join("，")).at(place)
    }

    /// Label and column of a cell, with its code where it has one.
    fn name(&self, form: &FormRules, cell: &CellRef) -> String {
        let other = cell.form.as_ref().and_then(|id| self.app.state.form_rules(id, &self.app.measures));
        let (owner, prefix) = match &other {
            Some(other) => (other.as_ref(), format!("《{}》", other.form.template.title)),
            None => (form, String::new()),
        };
        let Some((_, field)) = owner.field(&cell.field) else { return cell.field.to_string() };
        let column = if field.column.trim().is_empty() { String::new() } else { format!("（{}）", field.column) };
        format!("{prefix}{}{column}", field.label)
    }
}

fn unit_of<'f>(form: &'f FormRules, cell: &CellRef) -> &'f str {
    let unit = form.field(&cell.field).filter(|_| cell.form.is_none()).map_or("", |(_, field)| field.unit.as_str());
    if crate::domain::measure::says_no_unit(unit) { "" } else { unit }
}

fn check_of<'r>(rules: &'r LevelRules, instance: &Instance) -> Option<(&'r FormRules, &'r FormCheck)> {
    let form = rules.forms.get(&instance.form)?;
    form.checks.get(instance.check).map(|one| (form.as_ref(), one))
}

/// Whether a form's period is one in which it shows a figure of another period: the same, or a longer one around it.
fn holds(period: ReferencePeriod, figure: ReferencePeriod) -> bool {
    match (period.months(), figure.months()) {
        (Some((year, first, n)), Some((of_year, of_first, of_n))) => year == of_year && first <= of_first && of_first + of_n <= first + n,
        // Standing facts show in every period.
        _ => true,
    }
}

/// The period that a rule of a form compares its own with.
fn shifted(period: ReferencePeriod, shift: Shift, frequency: Frequency) -> Option<ReferencePeriod> {
    let year = period.year()?;
    match shift {
        Shift::Current => Some(period),
        Shift::LastYear => Some(period.shift_years(-1)),
        Shift::LastYearEnd => frequency.periods(year - 1).pop(),
        Shift::Previous => {
            let periods = frequency.periods(year);
            let at = periods.iter().position(|p| *p == period)?;
            match at.checked_sub(1) {
                Some(before) => periods.get(before).copied(),
                None => frequency.periods(year - 1).pop(),
            }
        }
    }
}

/// A given figure as it will stand, for computing with it.
fn as_stored(new: &NewObservation) -> Observation {
    Observation {
        key: new.key.clone(),
        figure: match &new.figure {
            Figure::Number(number) => Figure::Number(*number),
            other => other.clone(),
        },
        unit_of_measure: new.unit_of_measure.clone(),
        via: new.via.clone(),
        typed_under: new.key.element,
        version: 0,
        reporter: AccountId::from_stored(""),
        receipt: ReceiptId::from_stored(""),
        stored_at: jiff::Timestamp::UNIX_EPOCH,
        reason: String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_period_before_crosses_the_year() {
        let parse = |text: &str| ReferencePeriod::parse(text).unwrap();
        let before = |text: &str, shift, frequency| shifted(parse(text), shift, frequency).map(|p| p.to_string());
        assert_eq!(before("2026-01", Shift::Previous, Frequency::Monthly).as_deref(), Some("2025-12"));
        assert_eq!(before("2026Q3", Shift::Previous, Frequency::Quarterly).as_deref(), Some("2026Q2"));
        assert_eq!(before("2026", Shift::Previous, Frequency::Annual).as_deref(), Some("2025"));
        assert_eq!(before("2026-05", Shift::LastYearEnd, Frequency::Monthly).as_deref(), Some("2025-12"));
        assert_eq!(before("2026H1", Shift::LastYear, Frequency::Semiannual).as_deref(), Some("2025H1"));
        assert!(
            holds(parse("2026"), parse("2026-03")) && holds(parse("2026Q1"), parse("2026-03")) && !holds(parse("2026Q2"), parse("2026-03"))
        );
        assert!(!holds(parse("2026-03"), parse("2026")) && holds(parse("2026-03"), ReferencePeriod::Standing));
    }
}
