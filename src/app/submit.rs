//! Submits a consolidated form: checked as a whole, stored once, acknowledged when durable.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::app::consolidated_form::UnitYear;
use crate::app::due_cells::DueCells;
use crate::app::error::{Error, Result, refuse_errors};
use crate::app::figures::Asked;
use crate::app::request::Request;
use crate::app::rules::{Given, Trial};
use crate::app::told::Told;
use crate::domain::audit::NewAuditRecord;
use crate::domain::caller::Caller;
use crate::domain::id::{ElementId, ReceiptId};
use crate::domain::observation::{Explanation, NewObservation, Observation, ObservationKey, Receipt, digest_of_versions};
use crate::domain::period::ReferencePeriod;
use crate::domain::problem::{Code, Place, Problem, check_optional_text};
use crate::domain::unit::UnitCode;
use crate::planning::{self, PlannedCell};
use crate::store::{DraftMark, Ground, NewSubmission, Submitted};

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
    /// Why the figure stands although a rule asks about it; empty for none. Left out of the digest of a request where there is none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub explanation: String,
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
    /// Version of the draft that the figures come from; it is removed with their storing. 0 for none.
    #[serde(default, skip_serializing_if = "is_none")]
    pub draft_version: u32,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_none(version: &u32) -> bool {
    *version == 0
}

/// A figure that was checked: what it stores, and the label that people know it by.
#[derive(Clone, Debug)]
pub struct Checked {
    /// What it stores.
    pub observation: NewObservation,
    /// Label of the field through which it was typed.
    pub label: String,
    /// What the clerk wrote beside it.
    pub explanation: String,
}

/// How often figures are read anew because decisions were made meanwhile.
const MAX_READS: usize = 5;

/// Figures that can be stored, all problems of reading, and the labels of the cells that were left empty.
type ReadFigures = (Vec<Checked>, Vec<Problem>, BTreeMap<ObservationKey, String>);

/// What looking into the store showed.
enum Closer {
    /// The figures can be stored, with warnings.
    Clear(Vec<Checked>, Vec<Problem>),
    /// The request was answered before.
    Answered(Receipt),
    /// Decisions were made since the figures were read.
    Outdated,
}

impl App {
    /// Stores a submission, all or nothing, and returns its receipt once it is durable. Clerks of the unit.
    ///
    /// A figure that is held already is refused with the value, its reporter and its receipt ([`Code::FigureHeld`]).
    pub async fn submit(&self, caller: &Caller, request_id: &str, submission: &Submission) -> Result<Receipt> {
        Ok(self.submit_and_tell(caller, request_id, submission).await?.done)
    }

    /// As [`Self::submit`], with the warnings of the rules that the figures touch.
    pub async fn submit_and_tell(&self, caller: &Caller, request_id: &str, submission: &Submission) -> Result<Told<Receipt>> {
        caller.require_unit(&submission.unit, "observation.submit")?;
        let request = Request::new(request_id, "observation.submit", submission)?;
        for _ in 0..MAX_READS {
            // The plan is read before the writer's turn comes, and a decision may be made in between: then the figures are read anew, so that
            // none is stored under an element that is no longer its field's.
            let settlement = self.state.settlement_version();
            let (read, grounds) = self.read_and_try(submission).await?;
            let (checked, warnings) = match read {
                Ok((checked, problems, cells_left)) if !problems.iter().any(Problem::is_error) && cells_left.is_empty() => {
                    (checked, problems)
                }
                read => match self.look_closer(caller, &request, self.without_spared(submission, read).await?, settlement).await? {
                    Closer::Clear(checked, warnings) => (checked, warnings),
                    Closer::Answered(receipt) => return Ok(Told { done: receipt, warnings: Vec::new() }),
                    Closer::Outdated => {
                        self.follow_settlement().await?;
                        continue;
                    }
                },
            };
            let explanations = explanations_of(&checked);
            let (figures, labels): (Vec<NewObservation>, Vec<String>) = checked.into_iter().map(|c| (c.observation, c.label)).unzip();
            let receipt = self.new_receipt(caller, &request, &submission.unit, figures.iter().map(|f| (f, 1)));
            let audit = audit_of(caller, "observation.submit", &receipt, "", &explanations);
            let answer = request.answer(&receipt)?;
            let draft = (submission.draft_version > 0).then(|| DraftMark {
                unit: submission.unit.clone(),
                due: submission.due,
                version: submission.draft_version,
            });
            let new = NewSubmission { receipt, figures, answer, audit, settlement_version: settlement, explanations, grounds, draft };
            let new = Arc::new(new);
            match self.store.submit(Arc::clone(&new)).await? {
                Submitted::Stored => return Ok(Told { done: new.receipt.clone(), warnings }),
                Submitted::Answered(before) => return Ok(Told { done: request.read(&before)?, warnings: Vec::new() }),
                Submitted::Held(holders) => return Err(Error::Refused(held_problems(&new.figures, &labels, &holders))),
                Submitted::Outdated => self.follow_settlement().await?,
            }
        }
        Err(Error::Store(crate::store::Error::Conflict))
    }

    /// Reads the figures and tries the rules that they touch, on what is held beside them; with what the trial rests on.
    async fn read_and_try(&self, submission: &Submission) -> Result<(Result<ReadFigures>, Vec<Ground>)> {
        let mut read = self.check_figures(submission);
        let Ok((checked, problems, _)) = &mut read else { return Ok((read, Vec::new())) };
        let year = submission.due.year();
        let given = checked.iter().map(|c| Given { observation: &c.observation, label: &c.label, explanation: &c.explanation });
        let trial = Trial::of(self, &submission.unit, &BTreeSet::from([year - 1, year]), given);
        let wanted = trial.wanted();
        let held = if wanted.is_empty() { Vec::new() } else { self.store.observations_at(&wanted).await? };
        let verdict = trial.judge(&held);
        problems.extend(verdict.problems);
        Ok((read, verdict.grounds))
    }

    /// Looks at what the store holds where reading alone does not settle it: a repeated request gets its answer even where the plan has changed
    /// since, cells that were left may be held, and whoever is refused is told everything at once.
    async fn look_closer(&self, caller: &Caller, request: &Request, read: Result<ReadFigures>, settlement: u64) -> Result<Closer> {
        let mut tx = self.store.begin().await?;
        if tx.settlement_version().await? != settlement {
            return Ok(Closer::Outdated);
        }
        if let Some(receipt) = request.answered::<Receipt>(tx.as_mut(), caller).await? {
            return Ok(Closer::Answered(receipt));
        }
        let (checked, problems, cells_left) = read?;
        let keys: Vec<ObservationKey> = checked.iter().map(|c| c.observation.key.clone()).chain(cells_left.keys().cloned()).collect();
        let held = tx.observations_at(&keys).await?;
        let problems = all_problems(problems, &checked, &cells_left, &held);
        refuse_errors(&problems)?;
        Ok(Closer::Clear(checked, problems))
    }

    /// Of the cells that were left empty those stay that must be typed: what follows from figures that are held, or given now, is not missing.
    async fn without_spared(&self, submission: &Submission, read: Result<ReadFigures>) -> Result<Result<ReadFigures>> {
        let Ok((checked, problems, mut left)) = read else { return Ok(read) };
        if left.is_empty() {
            return Ok(Ok((checked, problems, left)));
        }
        let given: HashSet<(ElementId, ReferencePeriod)> =
            checked.iter().map(|c| (c.observation.key.element, c.observation.key.period)).collect();
        for place in self.unit_years(&submission.unit, submission.due.year())? {
            let figures: Vec<(ElementId, ReferencePeriod)> = left.keys().map(|key| (key.element, key.period)).collect();
            let held = self.held_beside(&place, &submission.unit, &figures).await?;
            let is_held = |element: &ElementId, period: &ReferencePeriod| {
                let figure = (*element, *period);
                held.contains(&figure) || given.contains(&figure)
            };
            let spared = place.planned.plan.spared(place.position, &figures, &|(_, element, period)| is_held(element, period));
            left.retain(|key, _| !spared.contains(&(key.element, key.period)));
        }
        Ok(Ok((checked, problems, left)))
    }

    /// Waits until the plan follows the newest decision: whoever made it holds the lock until then.
    async fn follow_settlement(&self) -> Result<()> {
        let _registering = self.state.registering.lock().await;
        self.catch_up().await.map(drop)
    }

    /// Says everything that is wrong with a submission and stores nothing. Clerks of the unit.
    pub async fn check_submission(&self, caller: &Caller, submission: &Submission) -> Result<Vec<Problem>> {
        caller.require_unit(&submission.unit, "observation.submit")?;
        let (read, _) = self.read_and_try(submission).await?;
        let (checked, problems, cells_left) = self.without_spared(submission, read).await??;
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
        let cells: Vec<Arc<DueCells>> = years.iter().map(|place| place.cells_due(submission.due)).collect();
        if cells.iter().all(|due| due.list().is_empty()) {
            return Err(Problem::new(Code::DueDateUnknown).arg("due", submission.due).arg("unit", &submission.unit).into());
        }
        if submission.figures.is_empty() {
            return Err(Problem::new(Code::ListEmpty).arg("what", "figures").into());
        }
        let (mut checked, mut problems) = (Vec::new(), Vec::new());
        let mut given: HashSet<(ElementId, ReferencePeriod)> = HashSet::new();
        for (n, typed) in submission.figures.iter().enumerate() {
            match self.check_figure(typed, submission, &years, &cells, &mut given) {
                Ok(figure) => checked.push(figure),
                Err(problem) => {
                    let place = Place::row(n + 1).column(typed.period.clone());
                    problems.push(problem.at(Place { field: Some(typed.element.clone()), ..place }));
                }
            }
        }
        let left = cells.iter().flat_map(|due| due.list()).filter(|c| !submission.partial && !given.contains(&(c.element, c.period)));
        let key_of = |c: &PlannedCell| ObservationKey { unit: submission.unit.clone(), element: c.element, period: c.period };
        let left = left.map(|c| (key_of(c), c.label.clone())).collect();
        Ok((checked, problems, left))
    }

    fn check_figure(
        &self,
        typed: &TypedFigure,
        submission: &Submission,
        years: &[UnitYear],
        cells: &[Arc<DueCells>],
        given: &mut HashSet<(ElementId, ReferencePeriod)>,
    ) -> std::result::Result<Checked, Problem> {
        let element = ElementId::parse(&typed.element)?;
        let period = ReferencePeriod::parse(&typed.period)?;
        if !given.insert((element, period)) {
            return Err(Problem::new(Code::FigureDuplicate).arg("element", element).arg("period", period));
        }
        let other_date;
        // Of two years that ask for it, the later one says how.
        let cell = match cells.iter().rev().find_map(|due| due.get(element, period)) {
            Some(cell) => cell,
            None => {
                other_date = self.asked_elsewhere(element, period, submission, years)?;
                &other_date
            }
        };
        let asked = asked_of(cell);
        let figure = asked.read(typed, &self.measures)?;
        check_explanation(typed, &cell.label)?;
        let observation = NewObservation {
            key: ObservationKey { unit: submission.unit.clone(), element, period },
            figure,
            unit_of_measure: asked.symbol().to_owned(),
            via: cell.via.clone(),
        };
        Ok(Checked { observation, label: cell.label.clone(), explanation: typed.explanation.trim().to_owned() })
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
    pub(crate) fn new_receipt<'f>(
        &self,
        caller: &Caller,
        request: &Request,
        unit: &UnitCode,
        figures: impl ExactSizeIterator<Item = (&'f NewObservation, u32)>,
    ) -> Receipt {
        Receipt {
            id: ReceiptId::from_stored(format!("r-{}", uuid::Uuid::now_v7().simple())),
            unit: unit.clone(),
            reporter: caller.account.clone(),
            request: request.id().clone(),
            n_figures: u32::try_from(figures.len()).unwrap_or(u32::MAX),
            digest: digest_of_versions(figures),
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

/// Longest explanation of a figure, in characters.
const MAX_EXPLANATION_CHARS: usize = 1_000;

/// Refuses an explanation that is too long or has control characters.
pub(crate) fn check_explanation(typed: &TypedFigure, label: &str) -> std::result::Result<(), Problem> {
    match check_optional_text(&typed.explanation, "explanation", MAX_EXPLANATION_CHARS) {
        Some(problem) => Err(problem.arg("label", label)),
        None => Ok(()),
    }
}

/// The explanations among figures.
fn explanations_of(checked: &[Checked]) -> Vec<Explanation> {
    let explained = checked.iter().filter(|c| !c.explanation.is_empty());
    explained.map(|c| Explanation { key: c.observation.key.clone(), text: c.explanation.clone() }).collect()
}

/// The audit record of a receipt. The digest of the explanations stands in it, since the receipt's own is over the figures.
pub(crate) fn audit_of(caller: &Caller, act: &str, receipt: &Receipt, reason: &str, explanations: &[Explanation]) -> NewAuditRecord {
    let mut detail = serde_json::json!({ "unit": receipt.unit, "figures": receipt.n_figures, "digest": receipt.digest, "reason": reason });
    if !explanations.is_empty() {
        let mut hasher = blake3::Hasher::new();
        for explanation in explanations {
            let key = &explanation.key;
            hasher.update(format!("{} {} {} {}\n", key.unit, key.element, key.period, explanation.text).as_bytes());
        }
        let told = serde_json::json!({ "n": explanations.len(), "digest": hasher.finalize().to_hex().to_string() });
        detail.as_object_mut().map(|detail| detail.insert("explanations".to_owned(), told));
    }
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

/// What is held of figures that have these labels.
fn held_problems(figures: &[NewObservation], labels: &[String], holders: &[Observation]) -> Vec<Problem> {
    let held: HashMap<&ObservationKey, &Observation> = holders.iter().map(|o| (&o.key, o)).collect();
    let found = figures.iter().zip(labels).filter_map(|(figure, label)| held.get(&figure.key).map(|holder| held_problem(holder, label)));
    found.collect()
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
