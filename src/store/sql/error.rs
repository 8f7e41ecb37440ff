//! Classifies database errors, once, for the whole store: try again, wait, or ours.
//!
//! Nothing above the store sees a database's own words; they are logged here, in full.

use sqlx::error::ErrorKind;
use sqlx::migrate::MigrateError;
use sqlx::postgres::PgDatabaseError;

use crate::store::Error;

/// Primary result codes of SQLite (sqlite.org/rescode.html) by which another try can succeed: BUSY, LOCKED.
const SQLITE_TRY_AGAIN: [i32; 2] = [5, 6];
/// Those by which the machine is at fault, not the program: PERM, NOMEM, READONLY, IOERR, FULL, CANTOPEN.
const SQLITE_MACHINE: [i32; 6] = [3, 7, 8, 10, 13, 14];

/// Codes of PostgreSQL (its appendix A) by which another try can succeed: serialization failure, deadlock, a lock not had in time.
const POSTGRES_TRY_AGAIN: [&str; 3] = ["40001", "40P01", "55P03"];
/// Those by which the machine or its operator is at fault, not the program: a statement or transaction that took too long, a server that is a
/// standby, a database that is not there.
const POSTGRES_MACHINE: [&str; 4] = ["57014", "25P03", "25006", "3D000"];
/// Classes of them: connection, refused login, insufficient resources, operator's intervention, system error.
const POSTGRES_MACHINE_CLASSES: [&str; 5] = ["08", "28", "53", "57", "58"];

/// Says what an error means to the caller and logs it. `what` names the aggregate.
pub(crate) fn classify(what: &'static str, error: &sqlx::Error) -> Error {
    let classified = match error {
        sqlx::Error::Database(database) => of_database(what, database.as_ref()),
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed
        | sqlx::Error::BeginFailed => Error::Unavailable { detail: error.to_string() },
        _ => Error::Broken { what, detail: error.to_string() },
    };
    log(what, &classified);
    classified
}

/// The same for an error of the migrations.
pub(crate) fn classify_migration(error: &MigrateError) -> Error {
    match error {
        MigrateError::Execute(inner) | MigrateError::ExecuteMigration(inner, _) => classify("schema", inner),
        _ => broken("schema", error),
    }
}

/// An error of ours: what was stored cannot be read, or a call that no caller may make.
pub(crate) fn broken(what: &'static str, detail: impl ToString) -> Error {
    let error = Error::Broken { what, detail: detail.to_string() };
    log(what, &error);
    error
}

fn of_database(what: &'static str, error: &dyn sqlx::error::DatabaseError) -> Error {
    // A unique key that is taken means that another transaction was first: the caller reads again and decides anew.
    if error.kind() == ErrorKind::UniqueViolation {
        return Error::Conflict;
    }
    if let Some(postgres) = error.try_downcast_ref::<PgDatabaseError>() {
        return of_postgres(what, postgres);
    }
    let primary = error.code().and_then(|code| code.parse::<i32>().ok()).map(|code| code & 0xff);
    match primary {
        Some(code) if SQLITE_TRY_AGAIN.contains(&code) => Error::Conflict,
        Some(code) if SQLITE_MACHINE.contains(&code) => Error::Unavailable { detail: error.to_string() },
        _ => Error::Broken { what, detail: error.to_string() },
    }
}

fn of_postgres(what: &'static str, error: &PgDatabaseError) -> Error {
    let code = error.code();
    if POSTGRES_TRY_AGAIN.contains(&code) {
        Error::Conflict
    } else if POSTGRES_MACHINE.contains(&code) || POSTGRES_MACHINE_CLASSES.iter().any(|class| code.starts_with(class)) {
        Error::Unavailable { detail: format!("{code} {}", error.message()) }
    } else {
        // The detail names the values at fault; it is for the log, which shows them nowhere else.
        Error::Broken { what, detail: format!("{code} {} {}", error.message(), error.detail().unwrap_or_default()) }
    }
}

fn log(what: &'static str, error: &Error) {
    match error {
        Error::Conflict => tracing::debug!(what, "store transactions conflict"),
        Error::Unavailable { detail } => tracing::warn!(what, detail, "store is unavailable"),
        Error::Broken { detail, .. } => tracing::error!(what, detail, "store is broken"),
    }
}
