//! The schema's migrations, embedded, forward only; PostgreSQL gets the same numbers.

use sqlx::sqlite::SqlitePool;

use crate::store::Result;
use crate::store::sql::error::{classify, classify_migration};
use crate::store::sql::migration::migrator;
use crate::store::sqlite::lane::Lane;
use crate::store::sqlite::query;

/// Number, name and text of each migration; a test compares them with the folder.
pub(super) const MIGRATIONS: [(i64, &str, &str); 6] = [
    (1, "registry", include_str!("../../../schemas/database/sqlite/0001_registry.sql")),
    (2, "ledger", include_str!("../../../schemas/database/sqlite/0002_ledger.sql")),
    (3, "access", include_str!("../../../schemas/database/sqlite/0003_access.sql")),
    (4, "decisions", include_str!("../../../schemas/database/sqlite/0004_decisions.sql")),
    (5, "lessons", include_str!("../../../schemas/database/sqlite/0005_lessons.sql")),
    (6, "collection", include_str!("../../../schemas/database/sqlite/0006_collection.sql")),
];

/// Applies what the file does not have yet, each migration in a transaction of its own. A file with a migration that this program does
/// not know, or knows with another text, is refused.
///
/// References are not enforced meanwhile, so that a table that others refer to can be made anew; `baoyici migrate` and the tests have the file
/// checked for strays.
pub(super) async fn run(lane: &Lane) -> Result<()> {
    let mut turn = lane.turn().await?;
    let connection = turn.connection()?;
    let failed = |e: sqlx::Error| classify("schema", &e);
    sqlx::query(query::REFERENCES_OFF).execute(&mut *connection).await.map_err(failed)?;
    let outcome = migrator(&MIGRATIONS).run(&mut *connection).await.map_err(|e| classify_migration(&e));
    sqlx::query(query::REFERENCES_ON).execute(connection).await.map_err(failed)?;
    outcome
}

/// Number of the newest migration that the file has.
pub(super) async fn version(readers: &SqlitePool) -> Result<i64> {
    sqlx::query_scalar(query::SCHEMA_VERSION).fetch_one(readers).await.map_err(|e| classify("schema", &e))
}

/// Brings a file up to a migration that is not the newest, as an older program would have left it.
#[cfg(test)]
pub(super) async fn migrate_to(connection: &mut sqlx::sqlite::SqliteConnection, number: i64) {
    let older: Vec<(i64, &'static str, &'static str)> = MIGRATIONS.into_iter().filter(|(n, ..)| *n <= number).collect();
    migrator(&older).run(connection).await.expect("migrates");
}
