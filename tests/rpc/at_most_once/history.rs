//! Clerks that submit, correct and ask again at the same time: whatever the order was, what they were told and what is stored must fit.

use std::collections::{BTreeMap, HashMap, HashSet};

use baoyici::pb;
use tonic::{Code, Status};

use super::{Cell, VILLAGE, cells_of, receipts_of, submit_request, versions_of, world_with_form};
use crate::outside::caller::Caller;
use crate::outside::problems::brief;
use crate::outside::seed::{Chance, seed};
use crate::outside::world::typed;

const N_CELLS: usize = 48;
const N_CLERKS: usize = 8;
const N_ACTS: usize = 40;

/// An act that was answered.
struct Done {
    clerk: String,
    /// Cells with the version that a correction saw; 0 for submissions.
    cells: Vec<(usize, u32)>,
    value: u64,
    is_correction: bool,
    answer: Result<pb::Receipt, Status>,
    /// The answer to the same request, sent once more at once.
    again: Result<pb::Receipt, Status>,
}

/// One clerk's chain of acts; a correction names the version that the clerk reads just before.
async fn work(clerk: Caller, name: String, cells: Vec<Cell>, mut chance: Chance) -> Vec<Done> {
    let mut done = Vec::new();
    for n in 0..N_ACTS {
        let size = 1 + chance.below(3);
        let picked = chance.subset(size, N_CELLS);
        let value = chance.next() % 1_000_000;
        let id = format!("{name}-{n}");
        let mut client = clerk.collection();
        if chance.below(2) == 0 {
            let chosen: Vec<Cell> = picked.iter().map(|at| cells[*at].clone()).collect();
            let request = submit_request(&id, VILLAGE, 2026, &chosen, value);
            let answer = client.submit(request.clone()).await.map(|a| a.into_inner().receipt.expect("a receipt"));
            let again = client.submit(request).await.map(|a| a.into_inner().receipt.expect("a receipt"));
            let cells = picked.into_iter().map(|at| (at, 0)).collect();
            done.push(Done { clerk: name.clone(), cells, value, is_correction: false, answer, again });
            continue;
        }
        let mut seen = Vec::new();
        for at in picked {
            let key = pb::ListObservationVersionsRequest {
                unit: VILLAGE.to_owned(),
                element: cells[at].element.clone(),
                period: cells[at].period.clone(),
            };
            let versions = client.list_observation_versions(key).await.map(|a| a.into_inner().versions).unwrap_or_default();
            seen.push((at, versions.last().map_or(1, |v| v.version)));
        }
        let figure = |(at, version): &(usize, u32)| pb::CorrectedFigure {
            figure: Some(typed(&cells[*at].element, &cells[*at].period, &value.to_string())),
            seen_version: *version,
        };
        let request = pb::CorrectRequest {
            request_id: id.clone(),
            unit: VILLAGE.to_owned(),
            figures: seen.iter().map(figure).collect(),
            reason: id,
            validate_only: false,
            dispute: 0,
        };
        let answer = client.correct(request.clone()).await.map(|a| a.into_inner().receipt.expect("a receipt"));
        let again = client.correct(request).await.map(|a| a.into_inner().receipt.expect("a receipt"));
        done.push(Done { clerk: name.clone(), cells: seen, value, is_correction: true, answer, again });
    }
    done
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn clerks_at_the_same_time_leave_one_history() {
    let seed = seed("history");
    let world = world_with_form(N_CELLS).await;
    let name = |n: usize| format!("clerk-{n}");
    let clerks: Vec<(String, Caller)> = (0..N_CLERKS)
        .map(|n| (name(n), Caller::new(&world.server.address, &world.server.token(&name(n), "clerk", &["--unit", VILLAGE]))))
        .collect();
    let reader = clerks[0].1.clone();
    let cells = cells_of(&reader, VILLAGE, 2026, N_CELLS).await;
    let workers = clerks.into_iter().enumerate().map(|(n, (name, clerk))| {
        let chance = Chance::new(seed, n as u64);
        tokio::spawn(work(clerk, name, cells.clone(), chance))
    });
    let mut done = Vec::new();
    for worker in workers.collect::<Vec<_>>() {
        done.extend(worker.await.expect("no clerk panics"));
    }
    let mut stored: BTreeMap<usize, Vec<pb::ObservationVersion>> = BTreeMap::new();
    let receipts: HashMap<String, pb::Receipt> = receipts_of(&reader, VILLAGE).await.into_iter().map(|r| (r.id.clone(), r)).collect();
    for (at, cell) in cells.iter().enumerate() {
        let is_held = done.iter().any(|d| d.answer.is_ok() && d.cells.iter().any(|(c, _)| *c == at));
        if is_held {
            stored.insert(at, versions_of(&reader, VILLAGE, cell).await);
        }
    }
    check(&done, &stored, &receipts);
    world.server.stop();
}

fn check(done: &[Done], stored: &BTreeMap<usize, Vec<pb::ObservationVersion>>, receipts: &HashMap<String, pb::Receipt>) {
    let mut explained: HashSet<(usize, u32)> = HashSet::new();
    let (mut n_submitted, mut n_corrected, mut n_refused) = (0, 0, 0);
    for act in done {
        let Ok(receipt) = &act.answer else {
            let code = act.answer.as_ref().expect_err("refused").code();
            let expected: &[Code] =
                if act.is_correction { &[Code::FailedPrecondition, Code::NotFound, Code::Aborted] } else { &[Code::AlreadyExists] };
            assert!(expected.contains(&code), "{:?}", act.answer);
            n_refused += 1;
            continue;
        };
        match &act.again {
            Ok(again) => assert_eq!(again, receipt, "the same request has the same receipt"),
            Err(status) => panic!("{}: a request that was answered is answered again", brief(status)),
        }
        assert_eq!(receipts.get(&receipt.id), Some(receipt), "a receipt that was given is kept");
        for (cell, seen) in &act.cells {
            let version = &stored[cell][*seen as usize];
            assert_eq!(version.version, seen + 1, "a correction follows the version it saw, a submission is the first");
            assert_eq!((&version.value, &version.reporter, &version.receipt), (&act.value.to_string(), &act.clerk, &receipt.id));
            assert!(explained.insert((*cell, version.version)), "two answers for one version");
        }
        if act.is_correction { n_corrected += 1 } else { n_submitted += 1 }
    }
    // An act that was refused first may have been taken when it was sent again at once; then it must be whole in the store too.
    for act in done.iter().filter(|d| d.answer.is_err()) {
        let Ok(receipt) = &act.again else { continue };
        for (cell, seen) in &act.cells {
            let version = &stored[cell][*seen as usize];
            assert_eq!((version.version, &version.receipt), (seen + 1, &receipt.id));
            assert!(explained.insert((*cell, version.version)), "two answers for one version");
        }
    }
    let n_versions: usize = stored.values().map(Vec::len).sum();
    assert_eq!(explained.len(), n_versions, "no version in the store that nobody was told of");
    println!("history: {n_submitted} submitted, {n_corrected} corrected, {n_refused} refused");
    assert!(n_submitted > 0 && n_corrected > N_CLERKS && n_refused > N_CLERKS, "clerks met each other");
}
