//! The consolidated form (一张表): what one unit types by one due date, with everything that is known already filled in.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use jiff::civil::Date;

use crate::app::App;
use crate::app::due_cells::DueCells;
use crate::app::error::Result;
use crate::app::figures::{Held, combine};
use crate::app::planned_year::PlannedYear;
use crate::app::sources::{Wanted, keys_of};
use crate::domain::balance::Factor;
use crate::domain::calendar::{Window, fewest_days};
use crate::domain::caller::Caller;
use crate::domain::figure::Figure;
use crate::domain::id::{ElementId, FieldKey};
use crate::domain::message::Language;
use crate::domain::observation::{Observation, ObservationKey};
use crate::domain::period::ReferencePeriod;
use crate::domain::problem::{Code, Problem};
use crate::domain::template::due_date;
use crate::domain::unit::UnitCode;
use crate::planning::{AskedField, PlannedCell, Source};

/// One due date of a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DueDate {
    /// The day.
    pub due: Date,
    /// Cells to type.
    pub n_cells: u32,
    /// How many of them are held already.
    pub n_held: u32,
    /// Whether the day has passed and something is left.
    pub is_late: bool,
    /// Workdays from today to the day, both among them; negative where it has passed.
    pub workdays_left: i32,
    /// A day on which this can be handed in, chosen so that the unit hands in as seldom as can be: a workday where there is one.
    pub together_on: Date,
    /// Whether the days off of the year were announced; else workdays leave out weekends only.
    pub holidays_known: bool,
}

/// A field of the unit's own forms that a typed cell fills.
#[derive(Clone, Debug)]
pub struct ServedField {
    /// The field.
    pub field: FieldKey,
    /// The form's period.
    pub period: ReferencePeriod,
    /// Title of the form.
    pub title: String,
    /// Label of the field.
    pub label: String,
}

/// A cell that the unit types.
#[derive(Clone, Debug)]
pub struct InputCell {
    /// What the plan asks.
    pub cell: PlannedCell,
    /// Headings above the field through which it is typed.
    pub path: Vec<String>,
    /// Column heading of that field.
    pub column: String,
    /// Definition of that field.
    pub note: String,
    /// Fields of the unit's own forms that it fills.
    pub serves: Vec<ServedField>,
    /// The figure, where it is held already.
    pub held: Option<Observation>,
    /// What was written beside it.
    pub explanation: String,
}

/// A field that nobody types for this form, filled in.
#[derive(Clone, Debug)]
pub struct PrefilledCell {
    /// The field.
    pub field: FieldKey,
    /// The form's period.
    pub period: ReferencePeriod,
    /// Label of the field.
    pub label: String,
    /// Title of the form.
    pub title: String,
    /// The value; `None` while its sources are not all reported.
    pub value: Option<Figure>,
    /// Unit of measure as printed on the form.
    pub unit_text: String,
    /// Where it came from, in Chinese.
    pub provenance_zh: String,
    /// Where it came from, in English.
    pub provenance_en: String,
    /// Number of figures it is computed from.
    pub n_sources: u32,
    /// How many of them are reported.
    pub n_held: u32,
}

/// The consolidated form of one unit and one due date.
#[derive(Clone, Debug)]
pub struct ConsolidatedForm {
    /// The unit.
    pub unit: UnitCode,
    /// Its name.
    pub unit_name: String,
    /// The due date.
    pub due: Date,
    /// What is typed.
    pub inputs: Vec<InputCell>,
    /// What is filled in.
    pub prefilled: Vec<PrefilledCell>,
    /// Digest of the plans that the form follows.
    pub plan_digest: String,
}

/// A unit's place in the plan of one year.
pub(crate) struct UnitYear {
    pub(crate) planned: Arc<PlannedYear>,
    pub(crate) position: usize,
}

impl UnitYear {
    /// The cells of one due date.
    pub(crate) fn cells_due(&self, due: Date) -> Arc<DueCells> {
        self.planned.due.cells(&self.planned.plan, self.position, due)
    }
}

/// A field that is filled in, with what it is computed from.
type Filled<'p> = (&'p AskedField, ReferencePeriod, Source);

impl App {
    /// Due dates of a unit in a calendar year, in order. Clerks of the unit.
    pub async fn list_due_dates(&self, caller: &Caller, unit: &UnitCode, year: i16) -> Result<Vec<DueDate>> {
        caller.require_unit(unit, "form.read")?;
        let mut cells: BTreeMap<Date, Vec<ObservationKey>> = BTreeMap::new();
        for place in self.unit_years(unit, year)? {
            for cell in place.planned.plan.typed_cells(place.position).into_iter().filter(|c| c.due.year() == year) {
                let key = ObservationKey { unit: unit.clone(), element: cell.element, period: cell.period };
                cells.entry(cell.due).or_default().push(key);
            }
        }
        let keys: Vec<ObservationKey> = cells.values().flatten().cloned().collect();
        let held: HashSet<ObservationKey> = self.store.observations_at(&keys).await?.into_iter().map(|o| o.key).collect();
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let today = self.clock.today();
        // What has to be handed in still decides which days are needed; what is late is handed in at once.
        let is_left = |keys: &[ObservationKey]| keys.iter().any(|key| !held.contains(key));
        let left: Vec<(Date, Window)> =
            cells.iter().filter(|(due, keys)| **due >= today && is_left(keys)).map(|(due, keys)| (*due, self.window(*due, keys))).collect();
        let windows: Vec<Window> = left.iter().map(|(_, window)| *window).collect();
        let together: BTreeMap<Date, Date> = left.iter().map(|(due, _)| *due).zip(fewest_days(&windows)).collect();
        let due_dates = cells.into_iter().map(|(due, keys)| DueDate {
            due,
            n_cells: count(keys.len()),
            n_held: count(keys.iter().filter(|k| held.contains(k)).count()),
            is_late: due < today && is_left(&keys),
            workdays_left: self.calendar.workdays_until(today, due),
            together_on: together.get(&due).copied().unwrap_or(due),
            holidays_known: self.calendar.source(due.year()).is_some(),
        });
        Ok(due_dates.collect())
    }

    /// When the figures of a due date can be handed in: from the end of the last of their periods to the last workday before it is due.
    fn window(&self, due: Date, keys: &[ObservationKey]) -> Window {
        let ends = keys.iter().filter_map(|key| key.period.last_day()?.tomorrow().ok());
        let from = ends.max().unwrap_or(due).min(due);
        let workday = self.calendar.last_workday(due);
        Window { from, to: if workday >= from { workday } else { due } }
    }

    /// The consolidated form of a unit and a due date. Clerks of the unit.
    pub async fn get_consolidated_form(&self, caller: &Caller, unit: &UnitCode, due: Date) -> Result<ConsolidatedForm> {
        caller.require_unit(unit, "form.read")?;
        let years = self.unit_years(unit, due.year())?;
        let (mut inputs, mut prefilled) = (Vec::new(), Vec::new());
        let mut digest = String::new();
        let mut unit_name = String::new();
        for place in &years {
            let cells = place.cells_due(due).list().to_vec();
            let (typed, filled) = self.fill_form(place, unit, due, cells).await?;
            if !typed.is_empty() || !filled.is_empty() {
                digest.push_str(&place.planned.plan.digest());
            }
            inputs.extend(typed);
            prefilled.extend(filled);
            unit_name = place.planned.units.get(unit).map(|u| u.name.clone()).unwrap_or(unit_name);
        }
        if inputs.is_empty() && prefilled.is_empty() {
            return Err(Problem::new(Code::DueDateUnknown).arg("due", due).arg("unit", unit).into());
        }
        let plan_digest = blake3::hash(digest.as_bytes()).to_hex().to_string();
        Ok(ConsolidatedForm { unit: unit.clone(), unit_name, due, inputs, prefilled, plan_digest })
    }

    /// The unit's places in the plans whose forms can be due in a calendar year: that year's and the one's before.
    pub(crate) fn unit_years(&self, unit: &UnitCode, year: i16) -> Result<Vec<UnitYear>> {
        if !(crate::domain::period::MIN_YEAR + 1..=crate::domain::period::MAX_YEAR - 1).contains(&year) {
            return Err(Problem::new(Code::YearOutOfRange).arg("year", year).into());
        }
        let mut years = Vec::new();
        for planned in [self.state.plan(year - 1), self.state.plan(year)] {
            if let Some(position) = planned.units.position(unit) {
                years.push(UnitYear { planned, position });
            }
        }
        if years.is_empty() {
            return Err(Problem::new(Code::UnitUnknown).arg("unit", unit).into());
        }
        Ok(years)
    }

    async fn fill_form(
        &self,
        place: &UnitYear,
        unit: &UnitCode,
        due: Date,
        cells: Vec<PlannedCell>,
    ) -> Result<(Vec<InputCell>, Vec<PrefilledCell>)> {
        let plan = &place.planned.plan;
        let figures: Vec<(ElementId, ReferencePeriod)> = cells.iter().map(|c| (c.element, c.period)).collect();
        let beside = self.held_beside(place, unit, &figures).await?;
        let spared = plan.spared(place.position, &figures, &|(_, element, period)| beside.contains(&(*element, *period)));
        let typed_here: BTreeSet<(ElementId, ReferencePeriod)> = figures.iter().filter(|f| !spared.contains(f)).copied().collect();
        let mut filled: Vec<Filled<'_>> = Vec::new();
        for field in plan.fields_of_unit(place.position) {
            for period in field.frequency.periods(plan.year()) {
                if due_date(period, field.due_days) != Some(due) {
                    continue;
                }
                let Some(source) = plan.source(place.position, &field.key, period) else { continue };
                let is_typed_here = source.is_plain()
                    && source.terms.iter().all(|t| t.unit == place.position && typed_here.contains(&(t.element, t.period)));
                if !is_typed_here {
                    filled.push((field, period, source));
                }
            }
        }
        let wanted: Vec<Wanted<'_>> = filled
            .iter_mut()
            .map(|(field, period, source)| Wanted { position: place.position, field: &field.key, period: *period, source })
            .collect();
        let mut held = self.observations_for(&place.planned, wanted).await?;
        let key_of =
            |(element, period): &(ElementId, ReferencePeriod)| ObservationKey { unit: unit.clone(), element: *element, period: *period };
        let typed: Vec<ObservationKey> = typed_here.iter().map(key_of).collect();
        held.extend(self.store.observations_at(&typed).await?.into_iter().map(|o| (o.key.clone(), o)));
        let explained = self.explained(held.values()).await?;
        let cells = cells.into_iter().filter(|c| typed_here.contains(&(c.element, c.period)));
        let inputs = cells.map(|cell| self.input_cell(cell, unit, &held, &explained)).collect();
        let prefilled = filled.into_iter().map(|(field, period, source)| self.prefilled_cell(place, field, period, &source, &held));
        Ok((inputs, prefilled.collect()))
    }

    /// Explanations of figures that stand.
    async fn explained<'o>(&self, held: impl Iterator<Item = &'o Observation>) -> Result<HashMap<ObservationKey, String>> {
        let versions: HashMap<&ObservationKey, u32> = held.map(|o| (&o.key, o.version)).collect();
        let keys: Vec<ObservationKey> = versions.keys().map(|key| (*key).clone()).collect();
        if keys.is_empty() {
            return Ok(HashMap::new());
        }
        let found = self.store.explanations(&keys).await?;
        let current = found.into_iter().filter(|e| versions.get(&e.key) == Some(&e.version));
        Ok(current.map(|e| (e.key, e.text)).collect())
    }

    /// What the unit holds of the figures themselves and of those that balances tie to them.
    pub(crate) async fn held_beside(
        &self,
        place: &UnitYear,
        unit: &UnitCode,
        figures: &[(ElementId, ReferencePeriod)],
    ) -> Result<BTreeSet<(ElementId, ReferencePeriod)>> {
        let beside = place.planned.plan.beside(place.position, figures);
        let keys: Vec<ObservationKey> =
            beside.into_iter().map(|(element, period)| ObservationKey { unit: unit.clone(), element, period }).collect();
        if keys.is_empty() {
            return Ok(BTreeSet::new());
        }
        Ok(self.store.observations_at(&keys).await?.into_iter().map(|o| (o.key.element, o.key.period)).collect())
    }

    fn input_cell(&self, cell: PlannedCell, unit: &UnitCode, held: &Held, explained: &HashMap<ObservationKey, String>) -> InputCell {
        let key = ObservationKey { unit: unit.clone(), element: cell.element, period: cell.period };
        let field = self.state.catalogue(|c| {
            let form = c.form(&cell.via.form)?;
            form.template.fields.iter().find(|f| f.id == cell.via.field).cloned()
        });
        let serves = cell.serves.iter().map(|(field, period)| {
            let (label, title) = self.label_and_title(field, None);
            ServedField { field: field.clone(), period: *period, title, label }
        });
        let serves = serves.collect();
        let (path, column, note) = field.map(|f| (f.path, f.column, f.note)).unwrap_or_default();
        let explanation = explained.get(&key).cloned().unwrap_or_default();
        InputCell { path, column, note, serves, held: held.get(&key).cloned(), explanation, cell }
    }

    fn prefilled_cell(&self, place: &UnitYear, field: &AskedField, period: ReferencePeriod, source: &Source, held: &Held) -> PrefilledCell {
        let keys = keys_of(&place.planned, source);
        let found: Vec<(&Observation, Factor)> =
            keys.iter().zip(&source.terms).filter_map(|(key, term)| Some((held.get(key)?, term.factor))).collect();
        let is_complete = found.len() == source.terms.len() && !found.is_empty();
        let value = if is_complete { combine(&found, field.unit.as_ref(), field.decimals, &self.measures) } else { None };
        let (label, title) = self.label_and_title(&field.key, None);
        let explain = |language| place.planned.plan.explain(place.position, &field.key, period, language).unwrap_or_default();
        PrefilledCell {
            field: field.key.clone(),
            period,
            label,
            title,
            value,
            unit_text: field.unit_text.clone(),
            provenance_zh: explain(Language::Zh),
            provenance_en: explain(Language::En),
            n_sources: u32::try_from(source.terms.len()).unwrap_or(u32::MAX),
            n_held: u32::try_from(found.len()).unwrap_or(u32::MAX),
        }
    }
}
