//! Two servers on one database, seen from outside: what one registers the other asks for at once, and 32 clerks over both are one race.

use baoyici::pb;
use baoyici::pb::{DataType, Frequency, Level};
use tempfile::TempDir;
use tonic::Code;

use crate::harness::postgres::{Cluster, Database};
use crate::outside::caller::Caller;
use crate::outside::server::Server;
use crate::outside::world::{
    TOWNSHIPS, VILLAGES, World, consolidated_form, field, form, register_request, typed, unit_row, units_request, unrelated_fields,
};

/// A county on one server, with another server on the same database. The database goes last.
struct Pair {
    world: World,
    second: Server,
    _folder: TempDir,
    _database: Database,
}

impl Pair {
    async fn start() -> Self {
        let database = Cluster::shared().database().await;
        let world = World::start_on(Some(&database.url())).await;
        let folder = tempfile::tempdir().expect("a folder");
        let second = Server::start_on(folder.path(), Some(&database.url()));
        Self { world, second, _folder: folder, _database: database }
    }

    /// The same account at the other server.
    fn at_second(&self, account: &str, role: &str, scope: &[&str]) -> Caller {
        Caller::new(&self.second.address, &self.second.token(account, role, scope))
    }
}

fn submission(unit: &str, due: &str, request_id: &str, inputs: &[pb::InputCell], value: usize) -> pb::SubmitRequest {
    let figures = inputs.iter().map(|i| typed(&i.element, &i.period, &value.to_string())).collect();
    let (unit, due, request_id) = (unit.to_owned(), due.to_owned(), request_id.to_owned());
    pb::SubmitRequest { request_id, unit, due, figures, ..pb::SubmitRequest::default() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_registers_the_other_asks_for_at_once() {
    let pair = Pair::start().await;
    let unit = VILLAGES[0];
    let clerk = pair.at_second("clerk", "clerk", &["--unit", unit]);
    for n in 0..5_usize {
        // One form more each time, and each is on the other server's consolidated form as soon as the answer is there.
        let name: String = "甲乙丙丁戊".chars().skip(n).take(1).chain("子事项".chars()).collect();
        let fields = vec![field("f1", &name, "个", DataType::Integer)];
        let template = form(&format!("f{n}"), Level::Village, Frequency::Annual, fields);
        pair.world.officer.templates().register_template(register_request(&format!("f{n}"), template)).await.expect("registers");
        let seen = consolidated_form(&clerk, unit, "2027-01-20").await;
        assert_eq!(seen.inputs.len(), n + 1);
    }
    let seen = consolidated_form(&clerk, unit, "2027-01-20").await;
    clerk.collection().submit(submission(unit, "2027-01-20", "all", &seen.inputs, 7)).await.expect("the other server stores it");
    let at_first = pair.world.clerk("other-clerk", unit);
    let held = consolidated_form(&at_first, unit, "2027-01-20").await;
    assert!(held.inputs.iter().all(|i| i.held.as_ref().is_some_and(|h| h.value == "7")), "the first server shows what the other stored");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_unit_registered_on_one_reports_on_the_other() {
    let pair = Pair::start().await;
    let template = form("shiji", Level::Village, Frequency::Annual, unrelated_fields(3));
    pair.world.officer.templates().register_template(register_request("shiji", template)).await.expect("registers");
    let unit = format!("{}299", TOWNSHIPS[1].get(..9).expect("twelve digits"));
    let rows = vec![unit_row(&unit, "新村", Level::Village, TOWNSHIPS[1])];
    pair.world.operator.units().register_units(units_request("more", rows)).await.expect("registers");
    let clerk = pair.at_second("clerk", "clerk", &["--unit", &unit]);
    assert_eq!(consolidated_form(&clerk, &unit, "2027-01-20").await.inputs.len(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_repeated_at_the_other_server_has_the_same_receipt() {
    let pair = Pair::start().await;
    let unit = VILLAGES[0];
    let template = form("shiji", Level::Village, Frequency::Annual, unrelated_fields(3));
    pair.world.officer.templates().register_template(register_request("shiji", template)).await.expect("registers");
    let secret = pair.world.server.token("clerk", "clerk", &["--unit", unit]);
    let (first, second) = (Caller::new(&pair.world.server.address, &secret), Caller::new(&pair.second.address, &secret));
    let inputs = consolidated_form(&first, unit, "2027-01-20").await.inputs;
    let request = submission(unit, "2027-01-20", "once", &inputs, 1);
    let given = first.collection().submit(request.clone()).await.expect("stores").into_inner().receipt;
    let again = second.collection().submit(request).await.expect("answers").into_inner().receipt;
    assert!(given.is_some());
    assert_eq!(again, given);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_32_clerks_over_two_servers_one_gets_the_receipt() {
    let pair = Pair::start().await;
    let unit = VILLAGES[0];
    let template = form("shiji", Level::Village, Frequency::Annual, unrelated_fields(20));
    pair.world.officer.templates().register_template(register_request("shiji", template)).await.expect("registers");
    let secret = pair.world.server.token("clerk", "clerk", &["--unit", unit]);
    let inputs = consolidated_form(&Caller::new(&pair.second.address, &secret), unit, "2027-01-20").await.inputs;
    let tasks: Vec<_> = (0..32_usize)
        .map(|n| {
            let address = if n % 2 == 0 { &pair.world.server.address } else { &pair.second.address };
            let caller = Caller::new(address, &secret);
            let request = submission(unit, "2027-01-20", &format!("race-{n}"), &inputs, n);
            tokio::spawn(async move { caller.collection().submit(request).await.map(|r| r.into_inner().receipt) })
        })
        .collect();
    let mut receipts = Vec::new();
    for task in tasks {
        match task.await.expect("ends") {
            Ok(receipt) => receipts.extend(receipt),
            Err(status) => assert_eq!(status.code(), Code::AlreadyExists, "{status:?}"),
        }
    }
    assert_eq!(receipts.len(), 1, "{receipts:?}");
    let page = pb::ListReceiptsRequest { unit: unit.to_owned(), page_size: 50, cursor: String::new() };
    let listed = Caller::new(&pair.second.address, &secret).collection().list_receipts(page).await.expect("lists").into_inner().receipts;
    assert_eq!(listed, receipts);
}
