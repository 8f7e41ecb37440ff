//! Several servers on one PostgreSQL database, and what only such a database can do to a store.

use crate::harness::postgres::Cluster;
use crate::store::fixture::{
    Backend, FROM, PostgresBackend, act, done, field_key, figure, form, key, receipt, receipt_of, submit, unit, unit_row,
};
use baoyici::domain::audit::chain_hash;
use baoyici::domain::id::{AccountId, FormId, RequestId};
use baoyici::domain::observation::{NewObservation, Observation};
use baoyici::store::postgres::{PostgresAddress, PostgresOptions, PostgresStore};
use baoyici::store::{Error, ObservationFilter, RememberedAnswer, Store, write};
use futures::FutureExt;
use sqlx::Executor;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Barrier;

/// Two stores on one database, as two servers have it.
async fn two(backend: &PostgresBackend) -> [Arc<dyn Store>; 2] {
    [backend.store(), backend.another(PostgresOptions::default()).await]
}

async fn race(store: Arc<dyn Store>, barrier: Arc<Barrier>, id: String, figures: Vec<NewObservation>) -> Vec<Observation> {
    let receipt = receipt(&id, &figures);
    barrier.wait().await;
    let outcome: Result<Vec<Observation>, Error> = write(store.as_ref(), |tx| tx.insert_observations(&receipt, &figures)).await;
    outcome.expect("is answered")
}

/// Makes units 1 and 2 and all fields and elements of the case known: whoever uses one first keeps others that use it waiting.
async fn make_known(store: &dyn Store) {
    let figures: Vec<NewObservation> = (0..10).map(|e| figure(key(9, e), 1)).collect();
    submit(store, "known", &figures).await;
    for n in 1..3 {
        submit(store, &format!("known-{n}"), &[figure(key(n, 0), 1)]).await;
    }
}

async fn of_unit(store: &dyn Store, n: u32) -> Vec<Observation> {
    store.observations(&ObservationFilter { units: vec![unit(n)], ..Default::default() }).await.expect("reads")
}

pub async fn of_32_over_two_servers_one_wins(backend: &mut PostgresBackend) {
    let stores = two(backend).await;
    let barrier = Arc::new(Barrier::new(32));
    let tasks: Vec<_> = (0..32)
        .map(|n| {
            let mut figures: Vec<NewObservation> = (0..20).map(|e| figure(key(1, e), n)).collect();
            figures.rotate_left(n as usize % 20);
            tokio::spawn(race(stores[n as usize % 2].clone(), barrier.clone(), format!("r{n}"), figures))
        })
        .collect();
    let mut n_winners = 0;
    for task in tasks {
        match task.await.expect("ends").len() {
            0 => n_winners += 1,
            n => assert_eq!(n, 20),
        }
    }
    assert_eq!(n_winners, 1);
    for store in &stores {
        assert_eq!(of_unit(store.as_ref(), 1).await.len(), 20);
        assert_eq!(store.receipts(&unit(1), None, 100).await.expect("reads").len(), 1);
    }
}

pub async fn overlapping_submissions_over_two_servers_are_whole_or_refused(backend: &mut PostgresBackend) {
    let stores = two(backend).await;
    let barrier = Arc::new(Barrier::new(32));
    let tasks: Vec<_> = (0..32_u32)
        .map(|n| {
            let figures: Vec<NewObservation> = (n..n + 4).map(|e| figure(key(1, e), i64::from(n))).collect();
            tokio::spawn(race(stores[n as usize % 2].clone(), barrier.clone(), format!("r{n}"), figures))
        })
        .collect();
    let mut winners = Vec::new();
    for (n, task) in tasks.into_iter().enumerate() {
        if task.await.expect("ends").is_empty() {
            winners.push(n);
        }
    }
    let found = of_unit(stores[0].as_ref(), 1).await;
    assert_eq!(found.len(), winners.len() * 4);
    for n in winners {
        assert_eq!(found.iter().filter(|o| o.receipt.as_str() == format!("r{n}")).count(), 4);
    }
}

pub async fn one_correction_over_two_servers_wins(backend: &mut PostgresBackend) {
    let stores = two(backend).await;
    submit(stores[0].as_ref(), "r", &[figure(key(1, 1), 0)]).await;
    let tasks: Vec<_> = (0..16_usize)
        .map(|n| {
            let store = stores[n % 2].clone();
            tokio::spawn(async move {
                let figures = [(figure(key(1, 1), n as i64), 2)];
                let receipt = receipt_of(&format!("r{n}"), &figures);
                let mut tx = store.begin().await?;
                tx.correct_observations(&receipt, &figures, "x").await?;
                tx.commit().await
            })
        })
        .collect();
    let mut n_winners = 0;
    for task in tasks {
        match task.await.expect("ends") {
            Ok(()) => n_winners += 1,
            Err(error) => assert!(matches!(error, Error::Conflict), "{error}"),
        }
    }
    assert_eq!(n_winners, 1);
    assert_eq!(stores[1].observation_versions(&key(1, 1)).await.expect("reads").len(), 2);
}

pub async fn the_audit_trail_of_two_servers_is_one_chain(backend: &mut PostgresBackend) {
    let stores = two(backend).await;
    let tasks: Vec<_> = (0..64_usize)
        .map(|n| {
            let store = stores[n % 2].clone();
            tokio::spawn(async move {
                let record = act(n as i64);
                done(store.as_ref(), |tx| Box::pin(tx.append_audit(&record))).await
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("ends");
    }
    let found = stores[1].audit_records(0, 100).await.expect("reads");
    let mut previous = String::new();
    for (n, one) in found.iter().enumerate() {
        assert_eq!((one.sequence, &one.previous), (n as u64 + 1, &previous));
        assert_eq!(one.hash, chain_hash(one.sequence, &one.record, &previous));
        previous.clone_from(&one.hash);
    }
    assert_eq!(found.len(), 64);
}

pub async fn a_request_repeated_on_another_server_has_its_answer(backend: &mut PostgresBackend) {
    let [a, b] = two(backend).await;
    let (account, request) = (AccountId::from_stored("a"), RequestId::from_stored("1"));
    let answer = RememberedAnswer { payload_digest: "p".to_owned(), answer: "{}".to_owned() };
    done(a.as_ref(), |tx| Box::pin(tx.remember_answer(&account, &request, &answer))).await;
    let found = done(b.as_ref(), |tx| Box::pin(tx.remembered_answer(&account, &request))).await;
    assert_eq!(found, Some(answer.clone()));
    let mut tx = b.begin().await.expect("begins");
    assert!(matches!(tx.remember_answer(&account, &request, &answer).await, Err(Error::Conflict)));
}

pub async fn numbers_of_units_and_fields_are_shared(backend: &mut PostgresBackend) {
    let stores = two(backend).await;
    let barrier = Arc::new(Barrier::new(16));
    // Each of them is the first to see the unit and its fields, or believes it.
    let tasks: Vec<_> = (0..16_u32)
        .map(|n| {
            let mut figures: Vec<NewObservation> =
                (0..30).map(|e| NewObservation { via: field_key(e), ..figure(key(1, n * 100 + e), 1) }).collect();
            figures.rotate_left(n as usize);
            tokio::spawn(race(stores[n as usize % 2].clone(), barrier.clone(), format!("r{n}"), figures))
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.expect("ends"), []);
    }
    for store in &stores {
        let found = of_unit(store.as_ref(), 1).await;
        assert_eq!(found.len(), 16 * 30);
        for n in 0..30 {
            assert_eq!(found.iter().filter(|o| o.via == field_key(n)).count(), 16);
        }
    }
}

pub async fn what_one_registers_the_other_sees(backend: &mut PostgresBackend) {
    let [a, b] = two(backend).await;
    let before = b.registry_generation().await.expect("reads");
    let given = form("a", 1, 2);
    done(a.as_ref(), |tx| Box::pin(tx.insert_template(&given))).await;
    done(a.as_ref(), |tx| async move { tx.put_unit_rows(&[unit_row(1, FROM, None)]).await }.boxed()).await;
    assert_eq!(b.registry_generation().await.expect("reads"), before + 2);
    let changes = b.registry_changes(before, 10).await.expect("reads");
    assert_eq!((changes.generation, changes.forms.len()), (before + 2, 1));
    assert_eq!(changes.units, Some(b.unit_rows().await.expect("reads")));
    assert!(b.template(&FormId::from_stored("a"), Some(1)).await.expect("reads").is_some());
}

pub async fn registrations_of_two_servers_are_one_after_the_other(backend: &mut PostgresBackend) {
    let [a, b] = two(backend).await;
    let mut first = a.begin().await.expect("begins");
    let before = first.lock_registry().await.expect("locks");
    let second = tokio::spawn(async move {
        let mut second = b.begin().await.expect("begins");
        let seen = second.lock_registry().await.expect("locks");
        let newest = second.newest_template(&FormId::from_stored("a")).await.expect("reads");
        (seen, newest.is_some())
    });
    first.insert_template(&form("a", 1, 1)).await.expect("inserts");
    first.commit().await.expect("commits");
    assert_eq!(second.await.expect("ends"), (before + 1, true), "the second saw what the first registered");
}

pub async fn many_servers_bring_one_database_up_to_date(_: &mut PostgresBackend) {
    let fresh = Cluster::shared().database().await;
    let address = fresh.address();
    let opening = (0..6).map(|_| PostgresStore::open(&address, PostgresOptions { n_writers: 1, n_readers: 1, ..Default::default() }));
    let opened = futures::future::join_all(opening).await;
    for store in opened {
        let store = store.expect("opens");
        assert!(store.schema_version().await.expect("reads") >= 3);
    }
}

pub async fn writers_of_other_figures_do_not_wait(backend: &mut PostgresBackend) {
    let [a, b] = two(backend).await;
    make_known(a.as_ref()).await;
    let mut first = a.begin().await.expect("begins");
    let figures = [figure(key(1, 1), 1)];
    first.insert_observations(&receipt("r1", &figures), &figures).await.expect("stores");
    // Another unit, and other figures of the same unit, while the first transaction stays open.
    submit(b.as_ref(), "r2", &[figure(key(2, 1), 1)]).await;
    submit(b.as_ref(), "r3", &[figure(key(1, 2), 1)]).await;
    first.commit().await.expect("commits");
    assert_eq!(b.n_observations().await.expect("reads"), 15);
}

pub async fn a_writer_of_the_same_figures_waits_and_is_told(backend: &mut PostgresBackend) {
    let [a, b] = two(backend).await;
    submit(a.as_ref(), "r0", &[figure(key(1, 0), 1)]).await;
    let mut first = a.begin().await.expect("begins");
    let figures = [figure(key(1, 1), 1), figure(key(1, 2), 1)];
    first.insert_observations(&receipt("r1", &figures), &figures).await.expect("stores");
    let second = tokio::spawn(async move {
        let figures = [figure(key(1, 2), 9), figure(key(1, 3), 9)];
        let receipt = receipt("r2", &figures);
        done(b.as_ref(), |tx| Box::pin(tx.insert_observations(&receipt, &figures))).await
    });
    tokio::task::yield_now().await;
    first.commit().await.expect("commits");
    let held = second.await.expect("ends");
    assert_eq!(held.iter().map(|o| (o.key.clone(), o.receipt.as_str())).collect::<Vec<_>>(), [(key(1, 2), "r1")]);
}

pub async fn a_deadlock_is_a_conflict(backend: &mut PostgresBackend) {
    let stores = two(backend).await;
    make_known(stores[0].as_ref()).await;
    let barrier = Arc::new(Barrier::new(2));
    let tasks: Vec<_> = (0..2_u32)
        .map(|n| {
            let (store, barrier) = (stores[n as usize].clone(), barrier.clone());
            tokio::spawn(async move {
                let mut tx = store.begin().await?;
                for (step, unit) in [(0, 1 + n), (1, 2 - n)] {
                    let figures = [figure(key(unit, 1), 1)];
                    tx.insert_observations(&receipt(&format!("r-{n}-{step}"), &figures), &figures).await?;
                    if step == 0 {
                        barrier.wait().await;
                    }
                }
                tx.commit().await
            })
        })
        .collect();
    let mut outcomes = Vec::new();
    for task in tasks {
        outcomes.push(task.await.expect("ends"));
    }
    let n_conflicts = outcomes.iter().filter(|o| matches!(o, Err(Error::Conflict))).count();
    assert!(n_conflicts == 1, "{outcomes:?}");
}

pub async fn waiting_too_long_is_a_conflict(backend: &mut PostgresBackend) {
    let hasty = backend.another(PostgresOptions { lock_timeout: Duration::from_millis(50), ..Default::default() }).await;
    let mut first = backend.store().begin().await.expect("begins");
    first.append_audit(&act(1)).await.expect("appends");
    let mut second = hasty.begin().await.expect("begins");
    let outcome = second.append_audit(&act(2)).await;
    assert!(matches!(outcome, Err(Error::Conflict)), "{outcome:?}");
    assert!(second.commit().await.is_err());
    first.commit().await.expect("commits");
}

pub async fn a_statement_that_takes_too_long_is_unavailable(backend: &mut PostgresBackend) {
    let options =
        PostgresOptions { statement_timeout: Duration::from_millis(50), lock_timeout: Duration::from_secs(60), ..Default::default() };
    let hasty = backend.another(options).await;
    let mut first = backend.store().begin().await.expect("begins");
    first.append_audit(&act(1)).await.expect("appends");
    let mut second = hasty.begin().await.expect("begins");
    let outcome = second.append_audit(&act(2)).await;
    assert!(matches!(outcome, Err(Error::Unavailable { .. })), "{outcome:?}");
}

pub async fn a_transaction_that_rests_too_long_is_undone(backend: &mut PostgresBackend) {
    let hasty = backend.another(PostgresOptions { idle_timeout: Duration::from_millis(50), ..Default::default() }).await;
    let figures = [figure(key(1, 1), 1)];
    let mut resting = hasty.begin().await.expect("begins");
    resting.insert_observations(&receipt("r1", &figures), &figures).await.expect("stores");
    // Whoever wants the same figures waits for the resting one, until PostgreSQL has ended it.
    submit(backend.store().as_ref(), "r2", &figures).await;
    assert!(matches!(resting.commit().await, Err(Error::Unavailable { .. })));
    assert_eq!(of_unit(hasty.as_ref(), 1).await.len(), 1, "the next connection serves");
}

pub async fn no_free_connection_is_unavailable(backend: &mut PostgresBackend) {
    let options = PostgresOptions { n_writers: 1, acquire_timeout: Duration::from_millis(50), ..Default::default() };
    let small = backend.another(options).await;
    let first = small.begin().await.expect("begins");
    assert!(matches!(small.begin().await.err(), Some(Error::Unavailable { .. })));
    small.ping().await.expect("readers have connections of their own");
    drop(first);
}

pub async fn a_lost_connection_is_unavailable_and_the_next_serves(backend: &mut PostgresBackend) {
    let store = backend.store();
    let figures = [figure(key(1, 1), 1)];
    let mut transaction = store.begin().await.expect("begins");
    transaction.insert_observations(&receipt("r1", &figures), &figures).await.expect("stores");
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction'";
    backend.database.connect().await.execute(end).await.expect("ends it");
    assert!(matches!(transaction.commit().await, Err(Error::Unavailable { .. })));
    submit(store.as_ref(), "r1", &figures).await;
}

pub async fn a_database_that_is_not_there_is_unavailable(backend: &mut PostgresBackend) {
    let url = backend.database.url();
    let (before, after) = url.split_once("/t_").expect("a name");
    let (_, query) = after.split_once('?').expect("a query");
    let nowhere = [format!("{before}/nowhere?{query}"), "postgres://baoyici@127.0.0.1:1/nowhere".to_owned()];
    for url in nowhere {
        let address = PostgresAddress::parse(&url).expect("an address");
        let outcome = PostgresStore::open(&address, PostgresOptions::default()).await.err();
        assert!(matches!(outcome, Some(Error::Unavailable { .. })), "{url}: {outcome:?}");
    }
}

pub async fn a_database_from_a_newer_program_is_refused(backend: &mut PostgresBackend) {
    let later =
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (9999, 'later', TRUE, '', 0)";
    backend.database.connect().await.execute(later).await.expect("inserts");
    let outcome = PostgresStore::open(&backend.database.address(), PostgresOptions::default()).await.err();
    assert!(matches!(outcome, Some(Error::Broken { what: "schema", .. })), "{outcome:?}");
}
