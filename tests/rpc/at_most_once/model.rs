//! Interleavings of submit, correct and asking again, each compared step by step with a model that fits on a page.

use std::collections::{BTreeMap, HashMap};

use baoyici::pb;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use tonic::{Code, Status};

use super::{Cell, cells_of, due_of, submit_request, versions_of, world_with_form};
use crate::outside::caller::Caller;
use crate::outside::problems::{argument, brief, problems_of};
use crate::outside::seed::{Chance, seed};
use crate::outside::world::{VILLAGES, consolidated_form, typed};

const N_CELLS: usize = 6;
const N_CLERKS: usize = 3;
const CASES: u32 = 60;

/// The version that a correction says it saw.
#[derive(Clone, Copy, Debug)]
enum Seen {
    Any,
    Current,
    Stale,
}

/// What one clerk does next.
#[derive(Clone, Debug)]
enum Act {
    Submit,
    Correct(Seen),
}

#[derive(Clone, Debug)]
struct Step {
    clerk: usize,
    act: Act,
    cells: Vec<usize>,
    value: u64,
    /// From a small pool, so that ids meet again with the same and with other payloads.
    request: u8,
}

fn a_step() -> impl Strategy<Value = Step> {
    let seen = prop_oneof![Just(Seen::Any), Just(Seen::Current), Just(Seen::Stale)];
    let act = prop_oneof![3 => Just(Act::Submit), 2 => seen.prop_map(Act::Correct)];
    let cells = proptest::sample::subsequence((0..N_CELLS).collect::<Vec<_>>(), 1..=3);
    (0..N_CLERKS, act, cells, 0_u64..4, 0_u8..12).prop_map(|(clerk, act, cells, value, request)| Step { clerk, act, cells, value, request })
}

/// A program: fresh steps, each of which may be followed later by the very same step again.
fn a_program() -> impl Strategy<Value = Vec<Step>> {
    proptest::collection::vec((a_step(), proptest::option::weighted(0.3, any::<proptest::sample::Index>())), 1..30).prop_map(|drawn| {
        let mut program: Vec<Step> = Vec::new();
        for (step, again) in drawn {
            let repeated = again.filter(|_| !program.is_empty()).map(|index| index.get(&program).clone());
            program.push(repeated.unwrap_or(step));
        }
        program
    })
}

#[derive(Clone, Debug, PartialEq)]
struct Version {
    value: String,
    reporter: String,
    receipt: String,
    reason: String,
}

/// What must be true after the steps so far.
#[derive(Default)]
struct Model {
    cells: BTreeMap<usize, Vec<Version>>,
    /// Answered requests by clerk and id: the step's payload and the receipt.
    answered: HashMap<(usize, u8), (String, String)>,
}

/// What a step must be answered.
#[derive(Debug)]
enum Expected {
    SameReceipt(String),
    NewReceipt,
    Refused(Code, Vec<(&'static str, usize)>),
}

impl Model {
    fn expect(&self, step: &Step, payload: &str) -> Expected {
        if let Some((before, receipt)) = self.answered.get(&(step.clerk, step.request)) {
            return match before == payload {
                true => Expected::SameReceipt(receipt.clone()),
                false => Expected::Refused(Code::FailedPrecondition, vec![("REQUEST_ID_REUSED", usize::MAX)]),
            };
        }
        let fault = |cell: &usize| match (&step.act, self.cells.get(cell)) {
            (Act::Submit, Some(_)) => Some(("FIGURE_HELD", *cell)),
            (Act::Correct(_), None) => Some(("FIGURE_NOT_HELD", *cell)),
            (Act::Correct(Seen::Stale), Some(_)) => Some(("FIGURE_VERSION_STALE", *cell)),
            _ => None,
        };
        let faults: Vec<(&'static str, usize)> = step.cells.iter().filter_map(fault).collect();
        match faults.first() {
            None => Expected::NewReceipt,
            Some(("FIGURE_HELD", _)) => Expected::Refused(Code::AlreadyExists, faults),
            Some(("FIGURE_NOT_HELD", _)) => Expected::Refused(Code::NotFound, faults),
            Some(_) => Expected::Refused(Code::FailedPrecondition, faults),
        }
    }

    fn store(&mut self, step: &Step, payload: String, version: Version) {
        self.answered.insert((step.clerk, step.request), (payload, version.receipt.clone()));
        for cell in &step.cells {
            self.cells.entry(*cell).or_default().push(version.clone());
        }
    }
}

/// One unit and year that a program has for itself.
struct Ground<'w> {
    clerks: &'w [(String, Caller)],
    unit: &'w str,
    year: i32,
    cells: Vec<Cell>,
    model: Model,
}

impl Ground<'_> {
    fn request_id(&self, step: &Step) -> String {
        format!("{}-{}-{}", self.unit, self.year, step.request)
    }

    fn picked(&self, step: &Step) -> Vec<Cell> {
        step.cells.iter().map(|at| self.cells[*at].clone()).collect()
    }

    fn seen_version(&self, seen: Seen, cell: usize) -> u32 {
        let current = self.model.cells.get(&cell).map_or(0, Vec::len) as u32;
        match seen {
            Seen::Any => 0,
            Seen::Current => current,
            Seen::Stale => current + 1,
        }
    }

    /// Sends the step; returns its payload as text and the answer.
    async fn send(&self, step: &Step) -> (String, Result<pb::Receipt, Status>) {
        let mut client = self.clerks[step.clerk].1.collection();
        match step.act {
            Act::Submit => {
                let request = submit_request(&self.request_id(step), self.unit, self.year, &self.picked(step), step.value);
                let payload = format!("{request:?}");
                (payload, client.submit(request).await.map(|a| a.into_inner().receipt.expect("a receipt")))
            }
            Act::Correct(seen) => {
                let figure = |at: &usize| pb::CorrectedFigure {
                    figure: Some(typed(&self.cells[*at].element, &self.cells[*at].period, &step.value.to_string())),
                    seen_version: self.seen_version(seen, *at),
                };
                let request = pb::CorrectRequest {
                    request_id: self.request_id(step),
                    unit: self.unit.to_owned(),
                    figures: step.cells.iter().map(figure).collect(),
                    reason: "核对后更正".to_owned(),
                    validate_only: false,
                    dispute: 0,
                };
                let payload = format!("{request:?}");
                (payload, client.correct(request).await.map(|a| a.into_inner().receipt.expect("a receipt")))
            }
        }
    }

    async fn run(&mut self, program: &[Step]) -> Result<(), TestCaseError> {
        for (n, step) in program.iter().enumerate() {
            let (payload, answer) = self.send(step).await;
            let expected = self.model.expect(step, &payload);
            match (expected, answer) {
                (Expected::SameReceipt(id), Ok(receipt)) => prop_assert_eq!(receipt.id, id, "step {}: {:?}", n, step),
                (Expected::NewReceipt, Ok(receipt)) => {
                    prop_assert_eq!(receipt.figures as usize, step.cells.len());
                    let is_new = self.model.answered.values().all(|(_, id)| *id != receipt.id);
                    prop_assert!(is_new, "step {n}: an old receipt for a new request");
                    let reason = if matches!(step.act, Act::Submit) { "" } else { "核对后更正" };
                    let reporter = self.clerks[step.clerk].0.clone();
                    let version = Version { value: step.value.to_string(), reporter, receipt: receipt.id, reason: reason.to_owned() };
                    self.model.store(step, payload, version);
                }
                (Expected::Refused(code, faults), Err(status)) => self.check_refusal(n, step, code, &faults, &status)?,
                (expected, answer) => {
                    return Err(TestCaseError::fail(format!(
                        "step {n} {step:?}: expected {expected:?}, got {:?}",
                        answer.as_ref().map_err(brief)
                    )));
                }
            }
        }
        self.check_store().await
    }

    fn check_refusal(
        &self,
        n: usize,
        step: &Step,
        code: Code,
        faults: &[(&'static str, usize)],
        status: &Status,
    ) -> Result<(), TestCaseError> {
        let (problems, total) = problems_of(status);
        prop_assert_eq!((status.code(), total as usize), (code, faults.len()), "step {} {:?}: {}", n, step, brief(status));
        prop_assert!(!problems.is_empty());
        for (problem, (expected, cell)) in problems.iter().zip(faults) {
            prop_assert_eq!(&problem.code, expected, "step {} {:?}", n, step);
            let Some(Version { value, reporter, receipt, .. }) = self.model.cells.get(cell).and_then(|v| v.last()) else { continue };
            if problem.code == "FIGURE_HELD" {
                let told = ["value", "reporter", "receipt"].map(|name| argument(problem, name));
                prop_assert_eq!(told, [value.as_str(), reporter.as_str(), receipt.as_str()], "step {} {:?}", n, step);
            }
        }
        Ok(())
    }

    /// What is stored is what the model says: every version of every cell, and no cell more.
    async fn check_store(&self) -> Result<(), TestCaseError> {
        let clerk = &self.clerks[0].1;
        let form = consolidated_form(clerk, self.unit, &due_of(self.year)).await;
        for (at, cell) in self.cells.iter().enumerate() {
            let input = form.inputs.iter().find(|i| i.element == cell.element).expect("the form keeps its cells");
            let versions = self.model.cells.get(&at).map(Vec::as_slice).unwrap_or_default();
            prop_assert_eq!(input.held.as_ref().map(|h| h.version as usize), Some(versions.len()).filter(|n| *n > 0), "{}", cell.label);
            if versions.is_empty() {
                continue;
            }
            let stored = versions_of(clerk, self.unit, cell).await;
            let numbers: Vec<u32> = stored.iter().map(|v| v.version).collect();
            prop_assert_eq!(numbers, (1..=versions.len() as u32).collect::<Vec<_>>());
            let stored: Vec<Version> = stored
                .into_iter()
                .map(|v| Version { value: v.value, reporter: v.reporter, receipt: v.receipt, reason: v.reason })
                .collect();
            prop_assert_eq!(&stored, versions, "{}", cell.label);
        }
        Ok(())
    }
}

#[test]
fn every_interleaving_ends_as_the_model_says() {
    let seed = seed("interleavings");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let world = runtime.block_on(world_with_form(N_CELLS));
    let clerks_of = |unit: &str| -> Vec<(String, Caller)> {
        let name = |n: usize| format!("clerk-{unit}-{n}");
        (0..N_CLERKS).map(|n| (name(n), world.clerk(&name(n), unit))).collect()
    };
    let clerks: Vec<(&str, Vec<(String, Caller)>)> = VILLAGES.iter().map(|unit| (*unit, clerks_of(unit))).collect();
    // Every program gets a village and a year of its own: the cells are fresh, the server is the same.
    let grounds = std::cell::RefCell::new((2026..2190).flat_map(|year| clerks.iter().map(move |(unit, clerks)| (*unit, clerks, year))));
    let mut chance = Chance::new(seed, 0);
    let bytes: Vec<u8> = (0..4).flat_map(|_| chance.next().to_le_bytes()).collect();
    let config = Config { cases: CASES, max_shrink_iters: 300, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let outcome = runner.run(&a_program(), |program| {
        let (unit, clerks, year) = grounds.borrow_mut().next().expect("villages and years are enough");
        runtime.block_on(async {
            let cells = cells_of(&clerks[0].1, unit, year, N_CELLS).await;
            Ground { clerks, unit, year, cells, model: Model::default() }.run(&program).await
        })
    });
    if let Err(failure) = outcome {
        panic!("{failure}\n{}", world.server.log_tail());
    }
    world.server.stop();
}
