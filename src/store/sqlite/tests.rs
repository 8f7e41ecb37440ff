//! What only this engine can show: query plans, migrations, and a file that is damaged or busy.

use super::{SqliteOptions, SqliteStore, migration, query};
use crate::store::{Error, Store};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("deep/er/baoyici.db");
    (folder, path)
}

async fn open(path: &Path) -> SqliteStore {
    SqliteStore::open(path, SqliteOptions::default()).await.expect("opens")
}

async fn raw(path: &Path) -> SqliteConnection {
    SqliteConnectOptions::new().filename(path).connect().await.expect("connects")
}

/// Statements that read a table from end to end, and may: they answer with all of it. AUDIT_LAST and GROUP_BEGIN begin at the end and stop after one row.
/// TYPED_FIELDS and the moves read the few thousand fields, and the units, of which all are wanted.
const MAY_SCAN: [&str; 11] = [
    "ORGANISATION_ALL",
    "UNIT_ROW_ALL",
    "OBSERVATION_COUNT",
    "TOKEN_ALL",
    "AUDIT_LAST",
    "GROUP_BEGIN",
    "DECISION_ALL",
    "TYPED_FIELDS",
    "MOVE_LIST",
    "MOVE_DIRECT",
    "MOVE_DIRECT_VERSIONS",
];

/// Statements that insert several parents of observations. SQLite plans a search for children that wait for one, and jumps over it (opcode
/// FkIfZero) unless a child without a parent was stored in the same statement, which none of ours does.
const MAY_PLAN_CHILDREN: [&str; 2] = ["TYPED_AS_INSERT", "GROUP_INSERT"];

#[tokio::test]
async fn every_statement_uses_its_index() {
    let (_folder, path) = folder();
    drop(open(&path).await);
    let mut connection = raw(&path).await;
    let mut faults: Vec<String> = Vec::new();
    for (listed, sql) in query::ALL.iter().flat_map(|listed| listed.sql.split(";\n").map(move |sql| (listed, sql))) {
        let plan: Vec<(i64, i64, i64, String)> = sqlx::query_as(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}")))
            .fetch_all(&mut connection)
            .await
            .unwrap_or_else(|e| panic!("{}: {e}", listed.name));
        for (.., step) in plan {
            // json_each is the list that was bound; a constant row is none of ours.
            let is_scan = step.starts_with("SCAN") && !step.contains("VIRTUAL TABLE") && step != "SCAN CONSTANT ROW";
            let is_child = step.starts_with("SCAN observation") && MAY_PLAN_CHILDREN.contains(&listed.name);
            let is_fault = is_scan && !is_child && !MAY_SCAN.contains(&listed.name);
            if is_fault || step.contains("AUTOMATIC") || step.contains("TEMP B-TREE") {
                faults.push(format!("{}: {step}", listed.name));
            }
        }
    }
    assert_eq!(faults, Vec::<String>::new());
}

#[tokio::test]
async fn every_migration_file_is_embedded_under_its_number() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/database/sqlite");
    let mut files: Vec<String> =
        std::fs::read_dir(folder).expect("lists").map(|f| f.expect("reads").file_name().to_string_lossy().into_owned()).collect();
    files.sort();
    let embedded: Vec<String> = migration::MIGRATIONS.iter().map(|(number, name, _)| format!("{number:04}_{name}.sql")).collect();
    assert_eq!(files, embedded);
    assert!(migration::MIGRATIONS.is_sorted_by(|a, b| a.0 < b.0), "in the order of their numbers");
}

#[tokio::test]
async fn a_new_file_has_the_newest_schema_and_its_folder() {
    let (_folder, path) = folder();
    let store = open(&path).await;
    assert_eq!(store.schema_version().await.expect("reads"), migration::MIGRATIONS.last().expect("some").0);
    assert_eq!(store.check_file().await.expect("reads"), Vec::<String>::new());
}

#[tokio::test]
async fn the_file_is_as_durable_as_it_can_be() {
    let (_folder, path) = folder();
    let store = open(&path).await;
    let mut turn = store.lane.turn().await.expect("gets its turn");
    let connection = turn.connection().expect("is there");
    let journal: String = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&mut *connection).await.expect("reads");
    let synchronous: i64 = sqlx::query_scalar("PRAGMA synchronous").fetch_one(&mut *connection).await.expect("reads");
    let foreign_keys: i64 = sqlx::query_scalar("PRAGMA foreign_keys").fetch_one(&mut *connection).await.expect("reads");
    assert_eq!((journal.as_str(), synchronous, foreign_keys), ("wal", 2, 1));
}

#[tokio::test]
async fn readers_cannot_write() {
    let (_folder, path) = folder();
    let store = open(&path).await;
    let outcome = sqlx::query("INSERT INTO unit (code) VALUES ('1')").execute(&store.readers).await;
    assert!(outcome.is_err());
}

#[tokio::test]
async fn a_file_from_a_newer_program_is_refused() {
    let (_folder, path) = folder();
    open(&path).await.close().await;
    let mut connection = raw(&path).await;
    let insert =
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (9999, 'later', TRUE, x'00', 0)";
    sqlx::query(insert).execute(&mut connection).await.expect("inserts");
    connection.close().await.expect("closes");
    let outcome = SqliteStore::open(&path, SqliteOptions::default()).await.err();
    assert!(matches!(outcome, Some(Error::Broken { what: "schema", .. })), "{outcome:?}");
}

#[tokio::test]
async fn a_file_with_another_migration_of_the_same_number_is_refused() {
    let (_folder, path) = folder();
    open(&path).await.close().await;
    let mut connection = raw(&path).await;
    sqlx::query("UPDATE _sqlx_migrations SET checksum = x'00' WHERE version = 1").execute(&mut connection).await.expect("updates");
    connection.close().await.expect("closes");
    let outcome = SqliteStore::open(&path, SqliteOptions::default()).await.err();
    assert!(matches!(outcome, Some(Error::Broken { what: "schema", .. })), "{outcome:?}");
}

#[tokio::test]
async fn what_is_no_database_is_refused() {
    let (_folder, path) = folder();
    std::fs::create_dir_all(path.parent().expect("has a folder")).expect("makes it");
    std::fs::write(&path, "这不是数据库".repeat(1_000)).expect("writes");
    let outcome = SqliteStore::open(&path, SqliteOptions::default()).await.err();
    assert!(matches!(outcome, Some(Error::Broken { .. })), "{outcome:?}");
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_unavailable() {
    let (folder, _) = folder();
    let file = folder.path().join("file");
    std::fs::write(&file, "").expect("writes");
    let outcome = SqliteStore::open(&file.join("baoyici.db"), SqliteOptions::default()).await.err();
    assert!(matches!(outcome, Some(Error::Unavailable { .. })), "{outcome:?}");
    let outcome = SqliteStore::open(folder.path(), SqliteOptions::default()).await.err();
    assert!(matches!(outcome, Some(Error::Unavailable { .. })), "a folder is no file: {outcome:?}");
}

#[tokio::test]
async fn another_process_that_writes_is_a_conflict() {
    let (_folder, path) = folder();
    let options = SqliteOptions { busy_timeout: Duration::ZERO, ..SqliteOptions::default() };
    let store = SqliteStore::open(&path, options).await.expect("opens");
    let mut other = raw(&path).await;
    sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await.expect("begins");
    assert!(matches!(store.begin().await.err(), Some(Error::Conflict)));
    sqlx::query("ROLLBACK").execute(&mut other).await.expect("ends");
    let transaction = store.begin().await.expect("the lane is free again");
    transaction.commit().await.expect("commits");
}

#[tokio::test]
async fn a_transaction_that_sqlite_ended_by_itself_leaves_the_lane_free() {
    let (_folder, path) = folder();
    let store = open(&path).await;
    let mut turn = store.lane.begin().await.expect("begins");
    // As after a full disk: SQLite has rolled back, and whoever holds the turn does not know.
    sqlx::query(query::ROLLBACK).execute(turn.connection().expect("is there")).await.expect("ends");
    assert!(turn.commit(()).await.is_err());
    for _ in 0..3 {
        store.begin().await.expect("begins").commit().await.expect("commits");
    }
}

#[tokio::test]
async fn a_full_database_is_unavailable_and_serves_again() {
    let (_folder, path) = folder();
    let store = open(&path).await;
    let set_limit = async |n_pages: i64| {
        let mut turn = store.lane.turn().await.expect("gets its turn");
        let pragma = AssertSqlSafe(format!("PRAGMA max_page_count = {n_pages}"));
        sqlx::query(pragma).execute(turn.connection().expect("is there")).await.expect("sets");
    };
    set_limit(1).await;
    let rows: Vec<crate::domain::organisation::Organisation> = (0..5_000)
        .map(|n| crate::domain::organisation::Organisation {
            id: crate::domain::id::OrganisationId::from_stored(format!("organisation {n}")),
            name: "局".repeat(50),
            kind: crate::domain::organisation::OrganisationKind::Department,
            parent: None,
        })
        .collect();
    let outcome = crate::store::write(&store, |tx| Box::pin(tx.put_organisations(&rows))).await;
    assert!(matches!(outcome, Err(Error::Unavailable { .. })), "{outcome:?}");
    assert_eq!(crate::store::OrganisationReads::organisations(&store, None, 10).await.expect("reads"), []);
    set_limit(1 << 30).await;
    let outcome: Result<(), Error> = crate::store::write(&store, |tx| Box::pin(tx.put_organisations(&rows))).await;
    assert!(outcome.is_ok(), "{outcome:?}");
}

#[test]
fn a_transaction_dropped_outside_of_any_runtime_is_rolled_back() {
    let (_folder, path) = folder();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("starts");
    let store = runtime.block_on(open(&path));
    let transaction = runtime.block_on(store.begin()).expect("begins");
    drop(transaction);
    let transaction = runtime.block_on(store.begin()).expect("begins again");
    runtime.block_on(transaction.commit()).expect("commits");
}

#[tokio::test]
async fn two_stores_on_one_file_share_the_numbers() {
    let (_folder, path) = folder();
    let (a, b) = (open(&path).await, open(&path).await);
    let mut numbers = Vec::new();
    for store in [&a, &b, &a] {
        let mut turn = store.lane.begin().await.expect("begins");
        let mut learned = crate::store::sql::numbers::Numbers::default();
        let code = crate::domain::unit::UnitCode::from_stored("330122000000");
        let number =
            super::dictionary::unit(&store.dictionary, turn.connection().expect("is there"), &mut learned, &code).await.expect("numbers");
        turn.commit(()).await.expect("commits");
        store.dictionary.share(learned);
        numbers.push(number);
    }
    assert_eq!(numbers, [1, 1, 1]);
}

#[tokio::test]
async fn figures_stored_before_decisions_came_keep_what_their_receipts_digest() {
    let (_folder, path) = folder();
    std::fs::create_dir_all(path.parent().expect("has a folder")).expect("makes it");
    let mut old = SqliteConnectOptions::new().filename(&path).create_if_missing(true).connect().await.expect("connects");
    migration::migrate_to(&mut old, 3).await;
    for sql in [
        "INSERT INTO unit (number, code) VALUES (1, '330122000000')",
        "INSERT INTO typed_as (number, form, field, since, unit_of_measure) VALUES (4, 'f', 'x', 1, '人'), (5, 'f', 'y', 1, '人'), (6, 'f', 'z', 1, '人')",
        "INSERT INTO receipt VALUES (1, 'r', 1, 'clerk', 'q', 3, 'd', '2026-01-01T00:00:00Z', '')",
        "INSERT INTO observation VALUES (1, 202600, 71, 2, 'n1', 4, 1), (1, 202600, 72, 1, 'n2', 5, 1), (1, 202600, 73, 1, 'n3', 5, 1)",
        "INSERT INTO observation_version VALUES (1, 202600, 71, 1, 'n0', 4, 1)",
    ] {
        sqlx::query(sql).execute(&mut old).await.expect("inserts");
    }
    old.close().await.expect("closes");
    let store = open(&path).await;
    assert_eq!(store.check_file().await.expect("reads"), Vec::<String>::new());
    let mut connection = raw(&path).await;
    let kept: Vec<(String, i64, i64)> = sqlx::query_as(
        "SELECT t.field, o.element, t.element FROM observation AS o JOIN typed_as AS t ON t.number = o.typed_as
         UNION ALL SELECT t.field, o.element, t.element FROM observation_version AS o JOIN typed_as AS t ON t.number = o.typed_as ORDER BY 2",
    )
    .fetch_all(&mut connection)
    .await
    .expect("reads");
    assert_eq!(kept.iter().map(|(f, _, _)| f.as_str()).collect::<Vec<_>>(), ["x", "x", "y", "y"]);
    assert!(kept.iter().all(|(_, now, typed)| now == typed), "{kept:?}");
    let refused = sqlx::query("UPDATE observation_version SET figure = 'n5'").execute(&mut connection).await;
    assert!(refused.is_err(), "what a correction replaced stands");
    let fields: Vec<String> =
        crate::store::DecisionReads::typed_fields(&store).await.expect("reads").iter().map(|f| f.to_string()).collect();
    assert_eq!(fields, ["f/x@1", "f/y@1"]);
}

/// A submission of one figure by a unit of its own.
fn submission(id: &str) -> std::sync::Arc<crate::store::NewSubmission> {
    use crate::domain::id::{AccountId, ElementId, FieldId, FieldKey, FormId, ReceiptId, RequestId};
    use crate::domain::observation::{NewObservation, ObservationKey, Receipt};
    let unit = crate::domain::unit::UnitCode::from_stored(format!("33012200000{id}"));
    let key = ObservationKey {
        unit: unit.clone(),
        element: ElementId::of_key("x"),
        period: crate::domain::period::ReferencePeriod::Year { year: 2026 },
    };
    let via = FieldKey { form: FormId::from_stored("f"), field: FieldId::from_stored(id), since: 1 };
    let figure = crate::domain::figure::Figure::Bool(true);
    let stored_at = jiff::Timestamp::UNIX_EPOCH;
    let account = AccountId::from_stored("clerk");
    std::sync::Arc::new(crate::store::NewSubmission {
        receipt: Receipt {
            id: ReceiptId::from_stored(id),
            unit,
            reporter: account.clone(),
            request: RequestId::from_stored(id),
            n_figures: 1,
            digest: String::new(),
            stored_at,
        },
        figures: vec![NewObservation { key, figure, unit_of_measure: String::new(), via }],
        answer: crate::store::RememberedAnswer { payload_digest: String::new(), answer: id.to_owned() },
        audit: crate::domain::audit::NewAuditRecord {
            at: stored_at,
            account,
            act: "observation.submit".to_owned(),
            object: id.to_owned(),
            detail: String::new(),
        },
        explanations: Vec::new(),
        grounds: Vec::new(),
        draft: None,
        settlement_version: 0,
    })
}

/// Has submissions wait for the writer together, so that they are one group.
async fn submit_together(store: &SqliteStore, ids: &[&str]) -> Vec<crate::store::Result<crate::store::Submitted>> {
    let turn = store.lane.turn().await.expect("gets its turn");
    let mut all = Box::pin(futures::future::join_all(ids.iter().map(|id| store.submit(submission(id)))));
    assert!(futures::poll!(all.as_mut()).is_pending());
    drop(turn);
    all.await
}

#[tokio::test]
async fn a_commit_that_fails_is_told_to_the_whole_group() {
    use crate::store::{AuditReads, ObservationReads, Submitted};
    let (_folder, path) = folder();
    let store = open(&path).await;
    // A reference that is looked at only when the transaction commits.
    let refuse = "CREATE TABLE parent (n INTEGER PRIMARY KEY);
        CREATE TABLE child (n INTEGER REFERENCES parent (n) DEFERRABLE INITIALLY DEFERRED);
        CREATE TRIGGER refuse AFTER INSERT ON receipt WHEN NEW.id = '2' BEGIN INSERT INTO child VALUES (1); END;";
    sqlx::raw_sql(refuse).execute(&mut raw(&path).await).await.expect("prepares");
    let outcomes = submit_together(&store, &["1", "2", "3"]).await;
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Err(Error::Broken { .. }))), "{outcomes:?}");
    assert_eq!(store.n_observations().await.expect("reads"), 0);
    assert_eq!(store.audit_records(0, 10).await.expect("reads"), []);
    // Neither is a number remembered that was rolled back: these three get theirs anew.
    sqlx::raw_sql("DROP TRIGGER refuse").execute(&mut raw(&path).await).await.expect("relents");
    let outcomes = submit_together(&store, &["3", "2", "1"]).await;
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Ok(Submitted::Stored))), "{outcomes:?}");
    assert_eq!(store.check_file().await.expect("reads"), Vec::<String>::new());
    let found = store.observations_at(&[submission("1").figures[0].key.clone()]).await.expect("reads");
    assert_eq!(found.iter().map(|o| o.via.field.as_str()).collect::<Vec<_>>(), ["1"]);
}

#[tokio::test]
async fn nobody_is_told_before_the_commit() {
    let (_folder, path) = folder();
    let store = open(&path).await;
    let mut other = raw(&path).await;
    for ids in [["1", "2", "3"], ["4", "5", "6"]] {
        let turn = store.lane.turn().await.expect("gets its turn");
        let mut waiting: futures::stream::FuturesUnordered<_> = ids.iter().map(|id| store.submit(submission(id))).collect();
        assert!(futures::poll!(futures::StreamExt::next(&mut waiting)).is_pending());
        drop(turn);
        // Another connection sees what is committed and nothing else: as soon as the first of a group is told, all of it.
        futures::StreamExt::next(&mut waiting).await.expect("is told").expect("is stored");
        let n_seen: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM receipt WHERE id IN (?1, ?2, ?3)")
            .bind(ids[0])
            .bind(ids[1])
            .bind(ids[2])
            .fetch_one(&mut other)
            .await
            .expect("reads");
        assert_eq!(n_seen, 3);
        while let Some(told) = futures::StreamExt::next(&mut waiting).await {
            told.expect("is stored");
        }
    }
}

#[tokio::test]
async fn a_full_database_tells_a_group_and_serves_the_next() {
    let (_folder, path) = folder();
    let store = open(&path).await;
    for (limit, is_stored) in [(1_i64, false), (1 << 30, true)] {
        let mut turn = store.lane.turn().await.expect("gets its turn");
        let pragma = AssertSqlSafe(format!("PRAGMA max_page_count = {limit}"));
        sqlx::query(pragma).execute(turn.connection().expect("is there")).await.expect("sets");
        drop(turn);
        let long = "长".repeat(20_000);
        let outcomes = futures::future::join_all(["1", "2"].map(|id| {
            let mut new = (*submission(id)).clone();
            new.audit.detail.clone_from(&long);
            store.submit(std::sync::Arc::new(new))
        }));
        for outcome in outcomes.await {
            assert_eq!(outcome.is_ok(), is_stored, "{outcome:?}");
            assert!(is_stored || matches!(outcome, Err(Error::Unavailable { .. })), "{outcome:?}");
        }
    }
}
