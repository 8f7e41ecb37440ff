//! The database's processes and a server are killed under load; afterwards every acknowledged receipt is there and everything fits.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use baoyici::domain::id::ReceiptId;
use baoyici::pb;
use baoyici::pb::{Frequency, Level};
use baoyici::store::postgres::{PostgresOptions, PostgresStore};
use baoyici::store::verify::verify;
use baoyici::store::{ObservationReads, Store};
use tempfile::TempDir;

use crate::harness::postgres::Cluster;
use crate::outside::caller::Caller;
use crate::outside::server::Server;
use crate::outside::world::{VILLAGES, World, consolidated_form, form, register_request, typed, unrelated_fields};

/// Cells of each village and year.
const N_CELLS: usize = 60;
/// Acknowledgements after which something is killed.
const N_BEFORE_KILL: usize = 60;

/// A clerk that submits cell by cell until the connection breaks; answers with what was acknowledged.
async fn report(caller: Caller, unit: &'static str, year: i32, acknowledged: Arc<AtomicUsize>) -> Vec<String> {
    let due = format!("{}-01-20", year + 1);
    let inputs = consolidated_form(&caller, unit, &due).await.inputs;
    let mut receipts = Vec::new();
    for (n, input) in inputs.iter().enumerate() {
        let request = pb::SubmitRequest {
            request_id: format!("{unit}-{year}-{n}"),
            unit: unit.to_owned(),
            due: due.clone(),
            figures: vec![typed(&input.element, &input.period, &n.to_string())],
            partial: true,
            ..pb::SubmitRequest::default()
        };
        let Ok(answer) = caller.collection().submit(request).await else { break };
        receipts.extend(answer.into_inner().receipt.map(|r| r.id));
        acknowledged.fetch_add(1, Ordering::Relaxed);
    }
    receipts
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_survives_a_killed_database_and_killed_servers() {
    // A cluster of its own: the others' tests must not see it die. It writes through, as a real one does.
    let cluster = Cluster::start("crash", &["full_page_writes=on"]);
    let database = cluster.database().await;
    let mut world = World::start_on(Some(&database.url())).await;
    let template = form("shiji", Level::Village, Frequency::Annual, unrelated_fields(N_CELLS));
    world.officer.templates().register_template(register_request("shiji", template)).await.expect("registers");
    let secrets: Vec<(&'static str, String)> =
        VILLAGES.iter().map(|unit| (*unit, world.server.token(&format!("clerk-{unit}"), "clerk", &["--unit", unit]))).collect();
    let folder: TempDir = tempfile::tempdir().expect("a folder");
    let mut second = Server::start_on(folder.path(), Some(&database.url()));
    let mut receipts: Vec<String> = Vec::new();
    for (round, year) in (2026..2030).enumerate() {
        let acknowledged = Arc::new(AtomicUsize::new(0));
        let clerks: Vec<_> = secrets
            .iter()
            .enumerate()
            .map(|(n, (unit, secret))| {
                let address = if n % 2 == 0 { &world.server.address } else { &second.address };
                tokio::spawn(report(Caller::new(address, secret), unit, year, acknowledged.clone()))
            })
            .collect();
        while acknowledged.load(Ordering::Relaxed) < N_BEFORE_KILL && !clerks.iter().all(tokio::task::JoinHandle::is_finished) {
            tokio::task::yield_now().await;
        }
        if round % 2 == 0 {
            cluster.crash();
        } else {
            world.server.kill();
        }
        for clerk in clerks {
            receipts.extend(clerk.await.expect("ends"));
        }
        // Both start again: one was killed, or both have connections to a database that was.
        let data = world.data().to_owned();
        world.server.kill_if_running();
        world.server = Server::start_on(&data, Some(&database.url()));
        second.kill_if_running();
        second = Server::start_on(folder.path(), Some(&database.url()));
    }
    assert!(receipts.len() >= 4 * N_BEFORE_KILL);
    let store = PostgresStore::open(&database.address(), PostgresOptions::default()).await.expect("opens");
    for id in &receipts {
        let found = store.receipt(&ReceiptId::from_stored(id.clone())).await.expect("reads");
        assert!(found.is_some(), "the acknowledged receipt {id} is lost");
    }
    let verified = verify(&store).await.expect("is checked");
    assert_eq!(verified.findings, []);
    println!("kills: {} acknowledged receipts kept, {} audit records in one chain", receipts.len(), verified.n_audit_records);
    store.close().await;
}
