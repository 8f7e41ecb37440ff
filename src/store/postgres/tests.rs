//! What only this engine can show: query plans and migrations. The conformance suite has the rest.

use super::{PostgresAddress, PostgresOptions, PostgresStore, migration, query};
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, ConnectOptions, Executor};
use std::path::Path;
use std::process::Command;

/// The statement inside the function `audit_end`.
const AUDIT_LAST: &str = "SELECT a.sequence, a.hash FROM audit AS a ORDER BY a.sequence DESC LIMIT 1";

/// Folder of the socket of the private server that the tests share.
fn cluster() -> String {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/.ci/postgres");
    let output = Command::new(script).args(["start", "tests", "fsync=off"]).output().expect("the script runs");
    assert!(output.status.success(), "no PostgreSQL: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("a path").trim().to_owned()
}

fn address(folder: &str, database: &str) -> PostgresAddress {
    PostgresAddress::parse(&format!("postgres://baoyici@localhost/{database}?host={folder}")).expect("an address")
}

/// Fills the tables with a small province: so many rows that reading a table from end to end would cost more than looking a few up.
const FILL: &str = "
    INSERT INTO organisation SELECT 'o' || n, 'n', 'department', NULL FROM generate_series(1, 5000) AS n;
    INSERT INTO unit_row SELECT 'u' || n, '2020-01-01', 'n', 'village', NULL, NULL FROM generate_series(1, 5000) AS n;
    INSERT INTO form_template SELECT 'f' || n % 500, n / 500, '', '', repeat('t', 200), '', n FROM generate_series(1, 5000) AS n;
    INSERT INTO unit (code) SELECT 'u' || n FROM generate_series(1, 5000) AS n;
    INSERT INTO typed_as (form, field, since, unit_of_measure, element) SELECT 'f' || n % 500, 'f' || n, 1, '', n % 100 FROM generate_series(1, 20000) AS n;
    INSERT INTO receipt (unit, n_figures, id, reporter, request, digest, stored_at, reason)
        SELECT 1 + n % 5000, 20, 'r' || n, '', '', '', '', '' FROM generate_series(1, 20000) AS n;
    INSERT INTO observation SELECT n % 100, 1 + n % 20000, 1 + n % 5000, n / 5000, 1, 1 + n % 20000, 'n1' FROM generate_series(1, 300000) AS n
        ON CONFLICT DO NOTHING;
    INSERT INTO observation_version SELECT element, receipt, unit, period, 1, typed_as, figure FROM observation WHERE element < 10;
    INSERT INTO decision SELECT n, 'f', 'x', 1, 'f', 'y', 1, '', '', FALSE, 'same', '', '', '', FALSE FROM generate_series(1, 5000) AS n;
    INSERT INTO figure_conflict (element, unit, period, aside, stage) SELECT n % 100, 1 + n % 5000, n / 5000, 1 + n, 0 FROM generate_series(1, 19999) AS n;
    INSERT INTO explanation SELECT receipt, period, typed_as, 'x' FROM observation WHERE element < 10;
    INSERT INTO draft SELECT 'u' || n % 5000, 'd' || n / 5000, 1, '[]', 'a', '' FROM generate_series(1, 20000) AS n;
    INSERT INTO dispute (unit, addressee, subject, about, raised_by, raised_at, state)
        SELECT 'u' || n % 500, 'unit u' || n % 700, 's' || n, '', '', '', 'open' FROM generate_series(1, 20000) AS n;
    INSERT INTO token SELECT 'a' || n, 'd' || n, 'clerk', '', NULL, NULL FROM generate_series(1, 5000) AS n;
    INSERT INTO remembered_answer SELECT 'a' || n % 50, 'r' || n, '', '' FROM generate_series(1, 20000) AS n;
    INSERT INTO audit SELECT n, '', '', '', '', '', '', '' FROM generate_series(1, 20000) AS n;
";

/// Statements that read a table from end to end, and may: they answer with all of it, or it has one row.
const MAY_SCAN: [&str; 11] = [
    "ORGANISATION_ALL",
    "UNIT_ROW_ALL",
    "OBSERVATION_COUNT",
    "TOKEN_ALL",
    "SCHEMA_VERSION",
    "DECISION_ALL",
    "TYPED_FIELDS",
    "SETTLEMENT_VERSION",
    "REGISTRY",
    "REGISTRY_RAISE",
    "REGISTRY_HAS_UNITS",
];

/// Statements that name observations by unit, period and element.
const BY_WHOLE_KEY: [&str; 4] = ["OBSERVATIONS_AT", "MOVE_LIST", "EXPLANATION_INSERT", "EXPLANATIONS_AT"];
/// Parts of the table of observations.
const N_PARTS: usize = 16;

/// Statements that have no plan.
const PLANLESS: [&str; 9] = [
    "SAVEPOINT",
    "ROLLBACK_TO_SAVEPOINT",
    "GROUP",
    "GROUP_UNDO",
    "MEMBER",
    "MEMBER_UNDO",
    "MEMBER_KEEP",
    "SHOW_FSYNC",
    "SHOW_FULL_PAGE_WRITES",
];

/// The plan that a statement has for any values.
async fn plan(connection: &mut PgConnection, name: &str, sql: &str) -> Vec<String> {
    connection.execute(AssertSqlSafe(format!("PREPARE asked AS {sql}"))).await.unwrap_or_else(|e| panic!("{name}: {e}"));
    let n: i32 = sqlx::query_scalar("SELECT cardinality(parameter_types) FROM pg_prepared_statements WHERE name = 'asked'")
        .fetch_one(&mut *connection)
        .await
        .expect("is prepared");
    let nulls = vec!["NULL"; n as usize].join(", ");
    let arguments = if n == 0 { String::new() } else { format!("({nulls})") };
    let explain = AssertSqlSafe(format!("EXPLAIN (COSTS OFF) EXECUTE asked{arguments}"));
    let steps: Vec<String> = sqlx::query_scalar(explain).fetch_all(&mut *connection).await.unwrap_or_else(|e| panic!("{name}: {e}"));
    connection.execute("DEALLOCATE asked").await.expect("forgets");
    steps
}

/// Looks for reading from end to end: by itself, by an index without a condition, or by sorting what an index should give in order.
fn faults_of(name: &str, steps: &[String]) -> Vec<String> {
    let fault = |step: &String| {
        let reads = step.trim_start().trim_start_matches("->").trim_start();
        // A move looks into every unit's periods.
        let is_every_unit = name.starts_with("MOVE_") && reads.starts_with("Seq Scan on unit ");
        reads.starts_with("Seq Scan") && !is_every_unit && !MAY_SCAN.contains(&name)
    };
    let mut faults: Vec<String> = steps.iter().filter(|s| fault(s)).map(|s| format!("{name}: {}", s.trim())).collect();
    // Looking up by a part of the key and throwing away the rest takes time by the square of a unit's figures.
    if BY_WHOLE_KEY.contains(&name) {
        let looks_up =
            |step: &&String| step.trim_start().starts_with("Index Cond:") && step.contains("unit = ") && step.contains("period = ");
        let n_whole = steps.iter().filter(looks_up).filter(|s| s.contains("element = ")).count();
        if n_whole < N_PARTS {
            faults.push(format!("{name}: {n_whole} parts are looked up by the whole key"));
        }
    }
    faults
}

#[tokio::test]
async fn every_statement_uses_its_index() {
    let folder = cluster();
    let name = format!("plans_{}", uuid::Uuid::new_v4().simple());
    let mut admin = address(&folder, "postgres").connect_options().connect().await.expect("connects");
    admin.execute(AssertSqlSafe(format!("CREATE DATABASE {name}"))).await.expect("makes a database");
    let faults = faults_in(&address(&folder, &name)).await;
    admin.execute(AssertSqlSafe(format!("DROP DATABASE {name} WITH (FORCE)"))).await.expect("drops it");
    assert_eq!(faults, Vec::<String>::new());
}

async fn faults_in(address: &PostgresAddress) -> Vec<String> {
    let options = PostgresOptions::default();
    PostgresStore::open(address, options).await.expect("opens");
    let mut faults: Vec<String> = Vec::new();
    let statements = || query::ALL.iter().map(|l| (l.name, l.sql)).chain([("AUDIT_LAST", AUDIT_LAST)]);
    let session = address.connect_options().clone().options(options.settings());
    let mut connection = session.connect().await.expect("connects");
    // Before there is any row, as a new installation plans; with rows; and where the planner may choose freely besides. Moves look into every
    // unit's periods, which it would rather do from end to end where it may.
    for (state, prepare) in [("empty", ""), ("filled", ""), ("free", "SET enable_seqscan = on")] {
        if state == "filled" {
            sqlx::raw_sql(FILL).execute(&mut connection).await.expect("fills");
            connection.execute("ANALYZE").await.expect("analyses");
        }
        connection.execute(prepare).await.expect("sets");
        for (name, sql) in statements().filter(|(name, _)| !(PLANLESS.contains(name) || state == "free" && name.starts_with("MOVE_"))) {
            let steps = plan(&mut connection, name, sql).await;
            faults.extend(faults_of(name, &steps).into_iter().map(|fault| format!("{state}: {fault}\n{}", steps.join("\n"))));
        }
    }
    faults
}

#[test]
fn every_migration_file_is_embedded_under_its_number() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/database");
    let files = |engine: &str| -> Vec<String> {
        let listed = std::fs::read_dir(folder.join(engine)).expect("lists");
        let mut files: Vec<String> = listed.map(|f| f.expect("reads").file_name().to_string_lossy().into_owned()).collect();
        files.sort();
        files
    };
    let embedded: Vec<String> = migration::MIGRATIONS.iter().map(|(number, name, _)| format!("{number:04}_{name}.sql")).collect();
    assert_eq!(files("postgres"), embedded);
    assert_eq!(files("sqlite"), embedded, "the same number is the same revision on both engines");
}
