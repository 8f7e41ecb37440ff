//! The load: clerks that submit and correct as fast as they are answered, until the connection breaks.

use std::sync::mpsc::{Receiver, Sender, channel};

use baoyici::pb;
use tokio::task::JoinHandle;
use tonic::Status;

use super::book::{Answer, Cell, Payload, Sent};
use super::{Clerk, N_CELLS};
use crate::outside::caller::Caller;
use crate::outside::problems::{brief, codes_of};
use crate::outside::seed::Chance;
use crate::outside::world::{VILLAGES, consolidated_form, typed};

/// Most requests of one clerk in one round.
const MAX_REQUESTS: usize = 30;

/// The cells of every village for a year.
pub async fn cells_of(callers: &[(Clerk, Caller)], year: i32) -> Vec<Cell> {
    let mut cells = Vec::new();
    for unit in VILLAGES {
        let (_, caller) = callers.iter().find(|(c, _)| c.unit == unit).expect("every village has a clerk");
        let form = consolidated_form(caller, unit, &format!("{}-01-20", year + 1)).await;
        assert_eq!(form.inputs.len(), N_CELLS);
        cells.extend(form.inputs.into_iter().map(|i| Cell { unit, element: i.element, period: i.period }));
    }
    cells
}

/// Starts the load; something arrives at the receiver for every acknowledgement, and it closes when all have ended.
pub fn start(callers: Vec<(Clerk, Caller)>, cells: &[Cell], year: i32, seed: u64) -> (Vec<JoinHandle<Vec<Sent>>>, Receiver<()>) {
    let (tell, acknowledged) = channel();
    let of_unit = |unit: &str| cells.iter().filter(|c| c.unit == unit).cloned().collect::<Vec<Cell>>();
    let workers = callers.into_iter().enumerate().map(|(number, (clerk, caller))| {
        let chance = Chance::new(seed, number as u64 + 1);
        let worker = Worker {
            number,
            cells: of_unit(clerk.unit),
            clerk,
            caller,
            year,
            chance,
            tell: tell.clone(),
            held: Vec::new(),
            sent: Vec::new(),
        };
        tokio::spawn(worker.work())
    });
    (workers.collect(), acknowledged)
}

/// Waits until every clerk has noticed that the server is gone.
pub async fn finish(load: Vec<JoinHandle<Vec<Sent>>>) -> Vec<Sent> {
    let mut sent = Vec::new();
    for worker in load {
        sent.extend(worker.await.expect("no clerk panics"));
    }
    sent
}

struct Worker {
    number: usize,
    clerk: Clerk,
    caller: Caller,
    cells: Vec<Cell>,
    year: i32,
    chance: Chance,
    tell: Sender<()>,
    /// Cells that this clerk reported, with their version as far as it knows.
    held: Vec<(Cell, u32)>,
    sent: Vec<Sent>,
}

impl Worker {
    async fn work(mut self) -> Vec<Sent> {
        for n in 0..MAX_REQUESTS {
            let request_id = format!("{}-{}-{n}", self.year, self.chance.next());
            let is_correction = !self.held.is_empty() && self.chance.below(4) == 0;
            let payload = if is_correction { self.correction(request_id) } else { self.submission(request_id) };
            let answer = answer_of(send(&self.caller, &payload).await);
            let is_over = matches!(answer, Answer::None);
            if matches!(answer, Answer::Acknowledged(_)) {
                self.remember(&payload);
                let _ = self.tell.send(());
            }
            self.sent.push(Sent { clerk: self.number, unit: self.clerk.unit, payload, answer });
            if is_over {
                break;
            }
        }
        self.sent
    }

    fn submission(&mut self, request_id: String) -> Payload {
        let size = 1 + self.chance.below(8);
        let picked = self.chance.subset(size, self.cells.len());
        let value = self.chance.next() % 1_000_000_000;
        let figures = picked.iter().map(|at| typed(&self.cells[*at].element, &self.cells[*at].period, &(value + *at as u64).to_string()));
        Payload::Submit(pb::SubmitRequest {
            request_id,
            unit: self.clerk.unit.to_owned(),
            due: format!("{}-01-20", self.year + 1),
            figures: figures.collect(),
            partial: true,
            validate_only: false,
            draft_version: 0,
        })
    }

    fn correction(&mut self, request_id: String) -> Payload {
        let size = 1 + self.chance.below(4);
        let picked = self.chance.subset(size, self.held.len());
        let value = self.chance.next() % 1_000_000_000;
        let figure = |at: &usize| {
            let (cell, version) = &self.held[*at];
            let figure = typed(&cell.element, &cell.period, &(value + *at as u64).to_string());
            pb::CorrectedFigure { figure: Some(figure), seen_version: *version }
        };
        Payload::Correct(pb::CorrectRequest {
            request_id,
            unit: self.clerk.unit.to_owned(),
            figures: picked.iter().map(figure).collect(),
            reason: "更正".to_owned(),
            validate_only: false,
            dispute: 0,
        })
    }

    fn remember(&mut self, payload: &Payload) {
        for (element, period, _, version) in payload.figures() {
            let cell = Cell { unit: self.clerk.unit, element, period };
            self.held.retain(|(held, _)| *held != cell);
            self.held.push((cell, version));
        }
    }
}

/// Sends a request.
pub async fn send(caller: &Caller, payload: &Payload) -> Result<pb::Receipt, Status> {
    let receipt = match payload {
        Payload::Submit(request) => caller.collection().submit(request.clone()).await?.into_inner().receipt,
        Payload::Correct(request) => caller.collection().correct(request.clone()).await?.into_inner().receipt,
    };
    Ok(receipt.expect("what is stored has a receipt"))
}

/// A refusal carries problems; whatever carries none came from the broken connection.
fn answer_of(answer: Result<pb::Receipt, Status>) -> Answer {
    match answer {
        Ok(receipt) => Answer::Acknowledged(receipt),
        Err(status) if status.details().is_empty() => Answer::None,
        Err(status) => {
            let codes = codes_of(&status);
            // Two clerks of one village meet; any other refusal would be a fault of the load or of the server.
            assert!(codes.iter().all(|c| c == "FIGURE_HELD" || c == "FIGURE_VERSION_STALE"), "{}", brief(&status));
            Answer::Refused
        }
    }
}
