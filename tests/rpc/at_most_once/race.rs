//! 32 clients race to submit the same cells.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use tonic::{Code, Status};

use super::{Cell, VILLAGE, cells_of, receipts_of, submit_request, world_with_form};
use crate::outside::caller::Caller;
use crate::outside::problems::{argument, brief, problems_of};
use crate::outside::seed::{Chance, seed};
use crate::outside::world::{World, consolidated_form};

const N_CLIENTS: usize = 32;
const N_CELLS: usize = 60;
/// Submissions of each client.
const N_SUBMISSIONS: usize = 8;
/// Most cells of one submission.
const MAX_CELLS: usize = 12;

/// What one submission tried and what became of it.
struct Attempt {
    client: String,
    cells: Vec<Cell>,
    value: u64,
    outcome: Result<baoyici::pb::Receipt, Status>,
}

async fn submit(clerk: &Caller, client: &str, n: usize, year: i32, cells: Vec<Cell>, value: u64) -> Attempt {
    let request = submit_request(&format!("{client}-{year}-{n}"), VILLAGE, year, &cells, value);
    let answer = clerk.collection().submit(request).await;
    let outcome = answer.map(|a| a.into_inner().receipt.expect("a stored submission has a receipt"));
    Attempt { client: client.to_owned(), cells, value, outcome }
}

fn clients(world: &World) -> Vec<(String, Caller)> {
    let name = |n: usize| format!("clerk-{n:02}");
    (0..N_CLIENTS)
        .map(|n| (name(n), Caller::new(&world.server.address, &world.server.token(&name(n), "clerk", &["--unit", VILLAGE]))))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_32_clients_exactly_one_gets_the_receipt_of_each_cell() {
    let seed = seed("race");
    let world = world_with_form(N_CELLS).await;
    let clients = clients(&world);
    let cells = cells_of(&clients[0].1, VILLAGE, 2026, N_CELLS).await;
    let racers = clients.iter().enumerate().map(|(number, (name, clerk))| {
        let (name, clerk, cells) = (name.clone(), clerk.clone(), cells.clone());
        let mut chance = Chance::new(seed, number as u64);
        tokio::spawn(async move {
            let mut attempts = Vec::new();
            for n in 0..N_SUBMISSIONS {
                let size = 1 + chance.below(MAX_CELLS);
                let picked: Vec<Cell> = chance.subset(size, N_CELLS).into_iter().map(|at| cells[at].clone()).collect();
                let value = (number * 1_000 + n) as u64;
                attempts.push(submit(&clerk, &name, n, 2026, picked, value).await);
            }
            attempts
        })
    });
    let mut attempts: Vec<Attempt> = Vec::new();
    for racer in racers.collect::<Vec<_>>() {
        attempts.extend(racer.await.expect("no racer panics"));
    }
    // What nobody got, because every submission with it met another, is submitted cell by cell: all the others are refused.
    for (n, cell) in cells.iter().enumerate() {
        let (name, clerk) = &clients[n % N_CLIENTS];
        attempts.push(submit(clerk, name, 1_000 + n, 2026, vec![cell.clone()], 1_000_000 + n as u64).await);
    }
    check_race(&clients[0].1, &cells, &attempts).await;
    world.server.stop();
}

/// Compares what the clients were told with what is stored.
async fn check_race(clerk: &Caller, cells: &[Cell], attempts: &[Attempt]) {
    let mut holder: HashMap<&Cell, &Attempt> = HashMap::new();
    for attempt in attempts {
        let Ok(receipt) = &attempt.outcome else { continue };
        assert_eq!(receipt.figures as usize, attempt.cells.len());
        assert_eq!(receipt.reporter, attempt.client);
        for cell in &attempt.cells {
            assert!(holder.insert(cell, attempt).is_none(), "{} has two receipts", cell.label);
        }
    }
    assert_eq!(holder.len(), cells.len(), "every cell has a receipt in the end");
    let (n_won, n_lost) = (attempts.iter().filter(|a| a.outcome.is_ok()).count(), attempts.iter().filter(|a| a.outcome.is_err()).count());
    println!("race: {n_won} submissions stored, {n_lost} refused");
    assert!(n_won >= 5 && n_lost > N_CLIENTS, "the race was one: {n_won} won, {n_lost} lost");
    for attempt in attempts {
        if let Err(status) = &attempt.outcome {
            check_loser(attempt, status, &holder);
        }
    }
    let form = consolidated_form(clerk, VILLAGE, &super::due_of(2026)).await;
    for input in &form.inputs {
        let cell = Cell { element: input.element.clone(), period: input.period.clone(), label: input.label.clone() };
        let held = input.held.as_ref().expect("every cell is held");
        let winner = holder[&cell];
        let receipt = winner.outcome.as_ref().expect("a holder has a receipt");
        assert_eq!((held.value.clone(), &held.reporter, &held.receipt), (winner.value.to_string(), &winner.client, &receipt.id));
        assert_eq!(held.version, 1);
    }
    let stored: BTreeSet<String> = receipts_of(clerk, VILLAGE).await.into_iter().map(|r| r.id).collect();
    let given: BTreeSet<String> = attempts.iter().filter_map(|a| a.outcome.as_ref().ok()).map(|r| r.id.clone()).collect();
    assert_eq!(stored, given, "the receipts stored are those given, and a refused submission left none");
}

/// A loser is told who holds which of its cells.
fn check_loser(attempt: &Attempt, status: &Status, holder: &HashMap<&Cell, &Attempt>) {
    assert_eq!(status.code(), Code::AlreadyExists, "{}", brief(status));
    let (problems, total) = problems_of(status);
    assert!(!problems.is_empty() && problems.len() <= total as usize && total as usize <= attempt.cells.len(), "{}", brief(status));
    let tried: BTreeMap<&str, &Cell> = attempt.cells.iter().map(|c| (c.element.as_str(), c)).collect();
    for problem in &problems {
        assert_eq!(problem.code, "FIGURE_HELD");
        let place = problem.place.as_ref().expect("a held figure has a place");
        let cell = tried.get(place.field.as_str()).unwrap_or_else(|| panic!("{} was not tried", place.field));
        let winner = holder[*cell];
        let receipt = winner.outcome.as_ref().expect("a holder has a receipt");
        let told = ["value", "reporter", "receipt", "label", "period"].map(|name| argument(problem, name));
        assert_eq!(told, [winner.value.to_string().as_str(), &winner.client, &receipt.id, &cell.label, &cell.period]);
        for text in [&problem.text_zh, &problem.text_en] {
            assert!(text.contains(&receipt.id) && text.contains(&winner.client), "{text}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_32_clients_with_the_same_whole_form_one_wins() {
    let world = world_with_form(N_CELLS).await;
    let clients = clients(&world);
    let cells = cells_of(&clients[0].1, VILLAGE, 2026, N_CELLS).await;
    for year in 2026..2030 {
        let period = |cell: &Cell| Cell { period: year.to_string(), ..cell.clone() };
        let whole: Vec<Cell> = cells.iter().map(period).collect();
        let racers = clients.iter().enumerate().map(|(number, (name, clerk))| {
            let (name, clerk, whole) = (name.clone(), clerk.clone(), whole.clone());
            tokio::spawn(async move { submit(&clerk, &name, 0, year, whole, number as u64).await })
        });
        let mut outcomes = Vec::new();
        for racer in racers.collect::<Vec<_>>() {
            outcomes.push(racer.await.expect("no racer panics"));
        }
        let (won, lost): (Vec<Attempt>, Vec<Attempt>) = outcomes.into_iter().partition(|a| a.outcome.is_ok());
        assert_eq!((won.len(), lost.len()), (1, N_CLIENTS - 1), "{year}");
        let holder: HashMap<&Cell, &Attempt> = won[0].cells.iter().map(|c| (c, &won[0])).collect();
        for attempt in &lost {
            let status = attempt.outcome.as_ref().expect_err("a loser");
            check_loser(attempt, status, &holder);
            assert_eq!(problems_of(status).1 as usize, N_CELLS, "the refusal counts every held cell");
        }
    }
    world.server.stop();
}
