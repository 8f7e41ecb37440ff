//! Corrects figures that are held: with a reason, as new versions, all or nothing.

use std::collections::{BTreeSet, HashMap, HashSet};

use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::app::disputes::end_by_correction;
use crate::app::error::{Result, refuse_errors};
use crate::app::figures::Asked;
use crate::app::request::Request;
use crate::app::rules::{Given, Trial};
use crate::app::submit::{MAX_FIGURES, TypedFigure, audit_of, check_explanation};
use crate::app::told::Told;
use crate::domain::caller::Caller;
use crate::domain::dispute::DisputeId;
use crate::domain::id::ElementId;
use crate::domain::observation::{Explanation, NewObservation, Observation, ObservationKey, Receipt};
use crate::domain::period::ReferencePeriod;
use crate::domain::problem::{Code, Place, Problem, check_text};
use crate::domain::unit::UnitCode;
use crate::store::again;

/// A correction on its way in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Correction {
    /// The unit.
    pub unit: UnitCode,
    /// The figures, each with the version that the clerk saw; 0 for "whichever is current".
    pub figures: Vec<(TypedFigure, u32)>,
    /// Why.
    pub reason: String,
    /// The dispute that it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answers: Option<DisputeId>,
}

struct Wanted<'a> {
    typed: &'a TypedFigure,
    seen_version: u32,
    key: ObservationKey,
    place: Place,
}

/// A figure that was checked.
struct Corrected {
    observation: NewObservation,
    version: u32,
    label: String,
    explanation: String,
}

fn explanations_of(corrected: &[Corrected]) -> Vec<Explanation> {
    let explained = corrected.iter().filter(|c| !c.explanation.is_empty());
    explained.map(|c| Explanation { key: c.observation.key.clone(), text: c.explanation.clone() }).collect()
}

impl App {
    /// Stores new versions of held figures and returns the receipt once they are durable. Clerks of the unit.
    pub async fn correct(&self, caller: &Caller, request_id: &str, correction: &Correction) -> Result<Told<Receipt>> {
        caller.require_unit(&correction.unit, "observation.correct")?;
        let request = Request::new(request_id, "observation.correct", correction)?;
        again(|| self.correct_once(caller, &request, correction)).await
    }

    async fn correct_once(&self, caller: &Caller, request: &Request, correction: &Correction) -> Result<Told<Receipt>> {
        let mut tx = self.store.begin().await?;
        if let Some(receipt) = request.answered::<Receipt>(tx.as_mut(), caller).await? {
            return Ok(Told { done: receipt, warnings: Vec::new() });
        }
        // In the order in which a submission takes them, so that none waits for the other.
        tx.settlement_version().await?;
        tx.hold_unit(&correction.unit).await?;
        let (wanted, mut problems) = wanted(correction);
        let keys: Vec<ObservationKey> = wanted.iter().map(|w| w.key.clone()).collect();
        let held = tx.observations_at(&keys).await?;
        let (corrected, more) = self.check_corrections(&wanted, &held);
        problems.extend(more);
        let trial = self.trial_of(correction, &corrected);
        let beside = trial.wanted();
        let beside = if beside.is_empty() { Vec::new() } else { tx.observations_at(&beside).await? };
        problems.extend(trial.judge(&beside).problems);
        refuse_errors(&problems)?;
        let explanations = explanations_of(&corrected);
        let figures: Vec<(NewObservation, u32)> = corrected.into_iter().map(|c| (c.observation, c.version)).collect();
        let receipt = self.new_receipt(caller, request, &correction.unit, figures.iter().map(|(f, version)| (f, *version)));
        if let Some(id) = correction.answers {
            let observations: Vec<NewObservation> = figures.iter().map(|(observation, _)| observation.clone()).collect();
            self.answered_dispute(tx.as_mut(), caller, id, &observations).await?;
            tx.end_dispute(id, &end_by_correction(caller, &receipt, &correction.reason)).await?;
        }
        tx.correct_observations(&receipt, &figures, &correction.reason).await?;
        if !explanations.is_empty() {
            tx.explain(&explanations).await?;
        }
        request.remember(tx.as_mut(), caller, &receipt).await?;
        // Last, because whoever else appends waits from here to the commit.
        tx.append_audit(&audit_of(caller, "observation.correct", &receipt, &correction.reason, &explanations)).await?;
        tx.commit().await?;
        Ok(Told { done: receipt, warnings: problems })
    }

    /// Says everything that is wrong with a correction and stores nothing. Clerks of the unit.
    pub async fn check_correction(&self, caller: &Caller, correction: &Correction) -> Result<Vec<Problem>> {
        caller.require_unit(&correction.unit, "observation.correct")?;
        let (wanted, mut problems) = wanted(correction);
        let keys: Vec<ObservationKey> = wanted.iter().map(|w| w.key.clone()).collect();
        let held = self.store.observations_at(&keys).await?;
        let (corrected, more) = self.check_corrections(&wanted, &held);
        problems.extend(more);
        let trial = self.trial_of(correction, &corrected);
        let beside = trial.wanted();
        let beside = if beside.is_empty() { Vec::new() } else { self.store.observations_at(&beside).await? };
        problems.extend(trial.judge(&beside).problems);
        Ok(problems)
    }

    /// The rules that corrected figures touch, in the years of the forms that show them.
    fn trial_of<'a>(&'a self, correction: &'a Correction, corrected: &'a [Corrected]) -> Trial<'a> {
        let this_year = self.clock.today().year();
        let years: BTreeSet<i16> = corrected
            .iter()
            .flat_map(|c| c.observation.key.period.year().map_or([this_year - 1, this_year], |year| [year, year + 1]))
            .collect();
        let given = corrected.iter().map(|c| Given { observation: &c.observation, label: &c.label, explanation: &c.explanation });
        Trial::of(self, &correction.unit, &years, given)
    }

    fn check_corrections(&self, wanted: &[Wanted<'_>], held: &[Observation]) -> (Vec<Corrected>, Vec<Problem>) {
        let held: HashMap<&ObservationKey, &Observation> = held.iter().map(|o| (&o.key, o)).collect();
        let (mut figures, mut problems) = (Vec::new(), Vec::new());
        for correction in wanted {
            match self.check_one(correction, held.get(&correction.key).copied()) {
                Ok(figure) => figures.push(figure),
                Err(problem) => problems.push(problem),
            }
        }
        (figures, problems)
    }

    fn check_one(&self, wanted: &Wanted<'_>, held: Option<&Observation>) -> std::result::Result<Corrected, Problem> {
        let Some(held) = held else {
            let label = self.state.catalogue(|c| c.element(wanted.key.element)).map_or_else(|| wanted.key.element.to_string(), |e| e.name);
            let problem = Problem::new(Code::FigureNotHeld).arg("label", label).arg("period", wanted.key.period);
            return Err(problem.at(wanted.place.clone()));
        };
        // The field through which it was typed says what it is, also where the plan has changed since.
        let field = self.state.catalogue(|c| c.form(&held.via.form)?.template.fields.iter().find(|f| f.id == held.via.field).cloned());
        let unknown = || Problem::new(Code::FieldUnknown).arg("field", &held.via).at(wanted.place.clone());
        let field = field.ok_or_else(unknown)?;
        let unit = self.measures.find(&held.unit_of_measure);
        let asked = Asked {
            label: &field.label,
            dtype: field.dtype,
            decimals: self.decimals_of(held, field.decimals()),
            unit,
            unit_text: &field.unit,
            options: &field.options,
        };
        if wanted.seen_version != 0 && wanted.seen_version != held.version {
            let stale = Problem::new(Code::FigureVersionStale).arg("label", &field.label).arg("expected", wanted.seen_version);
            return Err(stale.arg("version", held.version).at(wanted.place.clone()));
        }
        let figure = asked.read(wanted.typed, &self.measures).map_err(|p| p.at(wanted.place.clone()))?;
        check_explanation(wanted.typed, &field.label).map_err(|p| p.at(wanted.place.clone()))?;
        let observation =
            NewObservation { key: held.key.clone(), figure, unit_of_measure: held.unit_of_measure.clone(), via: held.via.clone() };
        let explanation = wanted.typed.explanation.trim().to_owned();
        Ok(Corrected { observation, version: held.version + 1, label: field.label, explanation })
    }

    /// Decimals of a correction: what the plan asks for the figure now, at least what the field states.
    fn decimals_of(&self, held: &Observation, stated: u32) -> u32 {
        let Some(year) = held.key.period.year() else { return stated };
        let planned = self.state.plan(year);
        let asked = planned.units.position(&held.key.unit).map(|at| planned.plan.asks(at, held.key.element, held.key.period));
        match asked {
            Some(crate::planning::Asked::Typed(cell)) => cell.decimals.max(stated),
            _ => stated,
        }
    }
}

fn wanted(correction: &Correction) -> (Vec<Wanted<'_>>, Vec<Problem>) {
    let mut problems: Vec<Problem> = Vec::new();
    if correction.reason.trim().is_empty() {
        problems.push(Problem::new(Code::ReasonMissing).at(Place::part("reason")));
    } else {
        problems.extend(check_text(&correction.reason, "reason", 1_000).map(|p| p.at(Place::part("reason"))));
    }
    if correction.figures.is_empty() {
        problems.push(Problem::new(Code::ListEmpty).arg("what", "figures"));
    }
    if correction.figures.len() > MAX_FIGURES {
        let n = correction.figures.len();
        problems.push(Problem::new(Code::ListTooLong).arg("what", "figures").arg("limit", MAX_FIGURES).arg("n", n));
        return (Vec::new(), problems);
    }
    let mut given = HashSet::new();
    let mut found = Vec::new();
    for (n, (typed, seen_version)) in correction.figures.iter().enumerate() {
        let place = Place { row: Some(n as u64 + 1), field: Some(typed.element.clone()), ..Place::part(typed.period.clone()) };
        let parsed = ElementId::parse(&typed.element).and_then(|e| ReferencePeriod::parse(&typed.period).map(|p| (e, p)));
        match parsed {
            Err(problem) => problems.push(problem.at(place)),
            Ok((element, period)) if !given.insert((element, period)) => {
                problems.push(Problem::new(Code::FigureDuplicate).arg("element", element).arg("period", period).at(place));
            }
            Ok((element, period)) => {
                let key = ObservationKey { unit: correction.unit.clone(), element, period };
                found.push(Wanted { typed, seen_version: *seen_version, key, place });
            }
        }
    }
    (found, problems)
}
