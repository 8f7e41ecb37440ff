//! The schema's migrations, embedded, forward only, with the numbers of SQLite's.

use sqlx::postgres::{PgConnectOptions, PgPool};
use sqlx::{ConnectOptions, Connection};

use crate::store::Result;
use crate::store::postgres::query;
use crate::store::sql::error::{classify, classify_migration};
use crate::store::sql::migration::migrator;

/// Number, name and text of each migration; a test compares them with the folder.
pub(super) const MIGRATIONS: [(i64, &str, &str); 6] = [
    (1, "registry", include_str!("../../../schemas/database/postgres/0001_registry.sql")),
    (2, "ledger", include_str!("../../../schemas/database/postgres/0002_ledger.sql")),
    (3, "access", include_str!("../../../schemas/database/postgres/0003_access.sql")),
    (4, "decisions", include_str!("../../../schemas/database/postgres/0004_decisions.sql")),
    (5, "lessons", include_str!("../../../schemas/database/postgres/0005_lessons.sql")),
    (6, "collection", include_str!("../../../schemas/database/postgres/0006_collection.sql")),
];

/// Applies what the database does not have yet, each migration in a transaction of its own. An advisory lock lets one server do it while the
/// others wait for it. A database with a migration that this program does not know, or knows with another text, is refused.
pub(super) async fn run(options: &PgConnectOptions) -> Result<()> {
    // A connection of its own: its statements may take long, and the lock ends with it however this ends.
    let mut connection = options.connect().await.map_err(|e| classify("database", &e))?;
    migrator(&MIGRATIONS).run(&mut connection).await.map_err(|e| classify_migration(&e))?;
    connection.close().await.map_err(|e| classify("database", &e))
}

/// Number of the newest migration that the database has.
pub(super) async fn version(readers: &PgPool) -> Result<i64> {
    sqlx::query_scalar(query::SCHEMA_VERSION).fetch_one(readers).await.map_err(|e| classify("schema", &e))
}
