//! Submits a consolidated form: checked as a whole, stored once, acknowledged when durable.

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::app::consolidated_form::UnitYear;
use crate::app::error::{Error, Result, refuse_errors};
use crate::app::figures::Asked;
use crate::app::request::Request;
use crate::domain::audit::NewAuditRecord;
use crate::domain::caller::Caller;
use crate::domain::id::{ElementId, ReceiptId};
use crate::domain::observation::{NewObservation, Observation, ObservationKey, Receipt, digest_of};
use crate::domain::period::ReferencePeriod;
use crate::domain::problem::{Code, Place, Problem};
use crate::domain::unit::UnitCode;
use crate::planning::{self, PlannedCell};
use crate::store::WriteTransaction;

/// Most figures in one submission.
pub(crate) const MAX_FIGURES: usize = 20_000;

/// A figure as a clerk typed it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TypedFigure {
    /// The element, as printed.
    pub element: String,
    /// The reference period, as printed.
    pub period: String,
    /// The value, as typed.
    pub value: String,
    /// Unit of measure it was typed in; empty for the one that is asked.
    pub unit_of_measure: String,
}

/// A consolidated form on its way in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Submission {
    /// The unit.
    pub unit: UnitCode,
    /// The due date whose form this is.
    pub due: Date,
    /// The figures.
    pub figures: Vec<TypedFigure>,
    /// Whether cells may be left for another submission.
    pub partial: bool,
}

/// A figure that was checked: what it stores, and the label that people know it by.
#[derive(Clone, Debug)]
pub struct Checked {
    /// What it stores.
    pub observation: NewObservation,
    /// Label of the field through which it was typed.
    pub label: String,
}

/// How often figures are read anew because decisions were made meanwhile.
const MAX_READS: usize = 5;

/// Figures that can be stored, all problems of reading, and the labels of the cells that were left empty.
type ReadFigures = (Vec<Checked>, Vec<Problem>, BTreeMap<ObservationKey, String>);

impl App {
    /// Stores a submission, all or nothing, and returns its receipt once it is durable. Clerks of the unit.
    ///
    /// A figure that is held already is refused with the value, its reporter and its receipt ([`Code::FigureHeld`]).
    pub async fn submit(&self, caller: &Caller, request_id: &str, submission: &Submission) -> Result<Receipt> {
        caller.require_unit(&submission.unit, "observation.submit")?;
        let request = Request::new(request_id, "observation.submit", submission)?;
        let (mut tx, read) = self.begin_under_plan(submission).await?;
        if let Some(receipt) = request.answered::<Receipt>(tx.as_mut(), caller).await? {
            return Ok(receipt);
        }
        let (checked, problems, cells_left) = read?;
        let keys: Vec<ObservationKey> = checked.iter().map(|c| c.observation.key.clone()).chain(cells_left.keys().cloned()).collect();
        let held = tx.observations_at(&keys).await?;
        refuse_errors(&all_problems(problems, &checked, &cells_left, &held))?;
        let figures: Vec<NewObservation> = checked.iter().map(|c| c.observation.clone()).collect();
        let receipt = self.new_receipt(caller, &request, &submission.unit, &figures.iter().map(|f| (f.clone(), 1)).collect::<Vec<_>>());
        let holders = tx.insert_observations(&receipt, &figures).await?;
        if !holders.is_empty() {
            return Err(Error::Refused(all_problems(Vec::new(), &checked, &BTreeMap::new(), &holders)));
        }
        tx.append_audit(&audit_of(caller, "observation.submit", &receipt, "")).await?;
        request.remember(tx.as_mut(), caller, &receipt).await?;
        tx.commit().await?;
        Ok(receipt)
    }

    /// Reads the figures and begins the transaction that stores them. The plan is read before the writer's turn comes, and a decision may be
    /// made in between: then the figures are read anew, so that none is stored under an element that is no longer its field's.
    /// What reading gave is looked at later, since a repeated request gets its answer even where the plan has changed since.
    async fn begin_under_plan(&self, submission: &Submission) -> Result<(Box<dyn WriteTransaction>, Result<ReadFigures>)> {
        for _ in 0..MAX_READS {
            let version = self.state.settlement_version();
            let read = self.check_figures(submission);
            let mut tx = self.store.begin().await?;
            if tx.settlement_version().await? == version {
                return Ok((tx, read));
            }
            drop(tx);
            // Whoever made the decision holds this until the plan follows it.
            let _registering = self.state.registering.lock().await;
            self.catch_up().await?;
        }
        Err(Error::Store(crate::store::Error::Conflict))
    }

    /// Says everything that is wrong with a submission and stores nothing. Clerks of the unit.
    pub async fn check_submission(&self, caller: &Caller, submission: &Submission) -> Result<Vec<Problem>> {
        caller.require_unit(&submission.unit, "observation.submit")?;
        let (checked, problems, cells_left) = self.check_figures(submission)?;
        let keys: Vec<ObservationKey> = checked.iter().map(|c| c.observation.key.clone()).chain(cells_left.keys().cloned()).collect();
        let held = self.store.observations_at(&keys).await?;
        Ok(all_problems(problems, &checked, &cells_left, &held))
    }

    /// Reads every figure; returns those that can be stored, all problems, and the cells of the due date that were left empty.
    fn check_figures(&self, submission: &Submission) -> Result<ReadFigures> {
        if submission.figures.len() > MAX_FIGURES {
            let problem = Problem::new(Code::ListTooLong).arg("what", "figures").arg("limit", MAX_FIGURES);
            return Err(problem.arg("n", submission.figures.len()).into());
        }
        let years = self.unit_years(&submission.unit, submission.due.year())?;
        let mut cells: HashMap<(ElementId, ReferencePeriod), PlannedCell> = HashMap::new();
        for place in &years {
            cells.extend(place.cells_due(submission.due).into_iter().map(|c| ((c.element, c.period), c)));
        }
        if cells.is_empty() {
            return Err(Problem::new(Code::DueDateUnknown).arg("due", submission.due).arg("unit", &submission.unit).into());
        }
        if submission.figures.is_empty() {
            return Err(Problem::new(Code::ListEmpty).arg("what", "figures").into());
        }
        let (mut checked, mut problems) = (Vec::new(), Vec::new());
        let mut given: HashSet<(ElementId, ReferencePeriod)> = HashSet::new();
        for (n, typed) in submission.figures.iter().enumerate() {
            let place = Place::row(n + 1).column(typed.period.clone());
            let place = Place { field: Some(typed.element.clone()), ..place };
            match self.check_figure(typed, &place, submission, &years, &cells, &mut given) {
                Ok(figure) => checked.push(figure),
                Err(problem) => problems.push(problem),
            }
        }
        let left = cells.values().filter(|c| !submission.partial && !given.contains(&(c.element, c.period)));
        let key_of = |c: &PlannedCell| ObservationKey { unit: submission.unit.clone(), element: c.element, period: c.period };
        let left = left.map(|c| (key_of(c), c.label.clone())).collect();
        Ok((checked, problems, left))
    }

    fn check_figure(
        &self,
        typed: &TypedFigure,
        place: &Place,
        submission: &Submission,
        years: &[UnitYear],
        cells: &HashMap<(ElementId, ReferencePeriod), PlannedCell>,
        given: &mut HashSet<(ElementId, ReferencePeriod)>,
    ) -> std::result::Result<Checked, Problem> {
        let element = ElementId::parse(&typed.element).map_err(|p| p.at(place.clone()))?;
        let period = ReferencePeriod::parse(&typed.period).map_err(|p| p.at(place.clone()))?;
        if !given.insert((element, period)) {
            return Err(Problem::new(Code::FigureDuplicate).arg("element", element).arg("period", period).at(place.clone()));
        }
        let other_date;
        let cell = match cells.get(&(element, period)) {
            Some(cell) => cell,
            None => {
                other_date = self.asked_elsewhere(element, period, submission, years).map_err(|p| p.at(place.clone()))?;
                &other_date
            }
        };
        let asked = asked_of(cell);
        let figure = asked.read(typed, place, &self.measures)?;
        let observation = NewObservation {
            key: ObservationKey { unit: submission.unit.clone(), element, period },
            figure,
            unit_of_measure: asked.symbol().to_owned(),
            via: cell.via.clone(),
        };
        Ok(Checked { observation, label: cell.label.clone() })
    }

    /// A figure that the form of this due date does not ask: asked at another date it may be given early; computed or unknown it is refused.
    fn asked_elsewhere(
        &self,
        element: ElementId,
        period: ReferencePeriod,
        submission: &Submission,
        years: &[UnitYear],
    ) -> std::result::Result<PlannedCell, Problem> {
        let mut is_computed = false;
        for place in years {
            match place.planned.plan.asks(place.position, element, period) {
                planning::Asked::Typed(cell) => return Ok(cell),
                planning::Asked::Computed => is_computed = true,
                planning::Asked::NotAsked => {}
            }
        }
        if is_computed {
            let label = self.state.catalogue(|c| c.element(element)).map_or_else(|| element.to_string(), |e| e.name);
            return Err(Problem::new(Code::FigureComputed).arg("label", label).arg("period", period));
        }
        Err(Problem::new(Code::FigureNotAsked).arg("element", element).arg("unit", &submission.unit).arg("period", period))
    }

    /// Makes the receipt of a set of figures with their versions.
    pub(crate) fn new_receipt(&self, caller: &Caller, request: &Request, unit: &UnitCode, figures: &[(NewObservation, u32)]) -> Receipt {
        Receipt {
            id: ReceiptId::from_stored(format!("r-{}", uuid::Uuid::now_v7().simple())),
            unit: unit.clone(),
            reporter: caller.account.clone(),
            request: request.id().clone(),
            n_figures: u32::try_from(figures.len()).unwrap_or(u32::MAX),
            digest: digest_of(figures),
            stored_at: self.clock.now(),
        }
    }
}

/// What a planned cell asks.
pub(crate) fn asked_of(cell: &PlannedCell) -> Asked<'_> {
    Asked {
        label: &cell.label,
        dtype: cell.dtype,
        decimals: cell.decimals,
        unit: cell.unit.as_ref(),
        unit_text: &cell.unit_text,
        options: &cell.options,
    }
}

/// The audit record of a receipt.
pub(crate) fn audit_of(caller: &Caller, act: &str, receipt: &Receipt, reason: &str) -> NewAuditRecord {
    let detail = serde_json::json!({ "unit": receipt.unit, "figures": receipt.n_figures, "digest": receipt.digest, "reason": reason });
    NewAuditRecord {
        at: receipt.stored_at,
        account: caller.account.clone(),
        act: act.to_owned(),
        object: receipt.id.to_string(),
        detail: detail.to_string(),
    }
}

/// Adds to the problems of reading: held figures, with who holds them, and cells that are missing and not held.
fn all_problems(
    mut problems: Vec<Problem>,
    checked: &[Checked],
    cells_left: &BTreeMap<ObservationKey, String>,
    held: &[Observation],
) -> Vec<Problem> {
    let held: HashMap<&ObservationKey, &Observation> = held.iter().map(|o| (&o.key, o)).collect();
    for figure in checked {
        if let Some(holder) = held.get(&figure.observation.key) {
            problems.push(held_problem(holder, &figure.label));
        }
    }
    for (key, label) in cells_left {
        if !held.contains_key(key) {
            let place = Place::field(key.element.to_string()).column(key.period.to_string());
            problems.push(Problem::new(Code::FigureMissing).arg("label", label).at(place));
        }
    }
    problems
}

fn held_problem(holder: &Observation, label: &str) -> Problem {
    Problem::new(Code::FigureHeld)
        .arg("label", label)
        .arg("period", holder.key.period)
        .arg("value", &holder.figure)
        .arg("unit_of_measure", &holder.unit_of_measure)
        .arg("reporter", &holder.reporter)
        .arg("receipt", &holder.receipt)
        .at(Place::field(holder.key.element.to_string()).column(holder.key.period.to_string()))
}
