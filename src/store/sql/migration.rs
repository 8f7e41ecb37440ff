//! Embedded migrations as sqlx applies them: forward only, by number, each with the digest of its text.

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{AssertSqlSafe, SqlSafeStr};

/// Makes the migrations of an engine from number, name and text of each.
pub(crate) fn migrator(migrations: &[(i64, &'static str, &'static str)]) -> Migrator {
    let migration = |(number, name, text): &(i64, &'static str, &'static str)| {
        Migration::new(*number, (*name).into(), MigrationType::Simple, AssertSqlSafe(*text).into_sql_str(), false)
    };
    Migrator::with_migrations(migrations.iter().map(migration).collect())
}
