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

/// Statements that read a table from end to end, and may: they answer with all of it.
const MAY_SCAN: [&str; 5] = ["ORGANISATION_ALL", "UNIT_ROW_ALL", "OBSERVATION_COUNT", "TOKEN_ALL", "SCHEMA_VERSION"];

#[tokio::test]
async fn every_statement_uses_its_index() {
    let (_folder, path) = folder();
    drop(open(&path).await);
    let mut connection = raw(&path).await;
    for listed in query::ALL {
        let plan: Vec<(i64, i64, i64, String)> = sqlx::query_as(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {}", listed.sql)))
            .fetch_all(&mut connection)
            .await
            .unwrap_or_default();
        for (.., step) in &plan {
            // json_each is the list that was bound; a constant row is none of ours.
            let is_scan = step.starts_with("SCAN") && !step.contains("VIRTUAL TABLE") && step != "SCAN CONSTANT ROW";
            assert!(!is_scan || MAY_SCAN.contains(&listed.name), "{}: {step}", listed.name);
            assert!(!step.contains("AUTOMATIC"), "{}: {step}", listed.name);
            let sorts = step.contains("TEMP B-TREE") && listed.name != "OBSERVATION_VERSIONS";
            assert!(!sorts, "{}: {step}", listed.name);
        }
        if std::env::var_os("SHOW_PLANS").is_some() {
            println!("{}\n  {}", listed.name, plan.iter().map(|p| p.3.as_str()).collect::<Vec<_>>().join("\n  "));
        }
    }
}
