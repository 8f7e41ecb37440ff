//! Rows of the table of observations, written straight into a database: what a durable insert costs where nothing is checked.
//!
//! The same table without its references, the same durability: SQLite with write-ahead log and synchronous FULL, PostgreSQL as it is set up.

use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection as _, Executor as _, SqliteConnection};

/// Rows of one submission.
pub const N_CELLS: usize = 100;

/// A row of the table of observations.
#[derive(Clone, serde::Serialize)]
pub struct Row(i64, i32, i64, i32, String, i32, i64);

/// `n` rows in the order of submissions, `n_units` submissions to a period.
pub fn rows(n: usize, n_units: usize) -> Vec<Row> {
    let row = move |at: usize| {
        let (submission, cell) = ((at / N_CELLS) as i64, (at % N_CELLS) as i32);
        // Element numbers are digests: spread over all of 63 bits.
        let element = (cell as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 1;
        let value = 1_000 + i64::from(cell) * 37 + submission % 400 * 11;
        let period = 24_300 + i32::try_from(submission / n_units as i64).unwrap_or_default();
        Row(submission % n_units as i64, period, element as i64, 1, format!("n{value}"), cell, submission)
    };
    (0..n).map(row).collect()
}

async fn create(file: &Path) -> anyhow::Result<SqliteConnection> {
    let mut connection = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .pragma("cache_size", "-16384")
        .connect()
        .await?;
    let table = "CREATE TABLE observation (unit INTEGER NOT NULL, period INTEGER NOT NULL, element INTEGER NOT NULL, version INTEGER NOT NULL,
        figure TEXT NOT NULL, typed_as INTEGER NOT NULL, receipt INTEGER NOT NULL, PRIMARY KEY (unit, period, element)) STRICT, WITHOUT ROWID";
    sqlx::query(table).execute(&mut connection).await?;
    Ok(connection)
}

/// Writes rows one by one, `n` to a transaction.
pub async fn write_rows(file: &Path, rows: &[Row], n: usize) -> anyhow::Result<Duration> {
    let mut connection = create(file).await?;
    let started = Instant::now();
    for part in rows.chunks(n) {
        sqlx::query("BEGIN IMMEDIATE").execute(&mut connection).await?;
        for Row(unit, period, element, version, figure, typed_as, receipt) in part {
            sqlx::query("INSERT INTO observation VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")
                .bind(unit)
                .bind(period)
                .bind(element)
                .bind(version)
                .bind(figure)
                .bind(typed_as)
                .bind(receipt)
                .execute(&mut connection)
                .await?;
        }
        sqlx::query("COMMIT").execute(&mut connection).await?;
    }
    let took = started.elapsed();
    connection.close().await?;
    Ok(took)
}

/// Writes rows with one statement for each 100, `n` statements to a transaction.
pub async fn write_lists(file: &Path, rows: &[Row], n: usize) -> anyhow::Result<Duration> {
    let mut connection = create(file).await?;
    let insert = "INSERT INTO observation SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6
        FROM json_each(?1)";
    let started = Instant::now();
    for part in rows.chunks(n * N_CELLS) {
        sqlx::query("BEGIN IMMEDIATE").execute(&mut connection).await?;
        for list in part.chunks(N_CELLS) {
            sqlx::query(insert).bind(serde_json::to_string(list)?).execute(&mut connection).await?;
        }
        sqlx::query("COMMIT").execute(&mut connection).await?;
    }
    let took = started.elapsed();
    connection.close().await?;
    Ok(took)
}

/// Makes the table in a PostgreSQL database, in as many parts as the product has.
async fn create_postgres(options: &PgConnectOptions) -> anyhow::Result<PgConnection> {
    let mut connection = options.clone().connect().await?;
    connection.execute("DROP TABLE IF EXISTS direct").await?;
    connection
        .execute(
            "CREATE TABLE direct (element bigint NOT NULL, receipt bigint NOT NULL, unit integer NOT NULL, period integer NOT NULL,
                version integer NOT NULL, typed_as integer NOT NULL, figure text NOT NULL, PRIMARY KEY (unit, period, element))
                PARTITION BY HASH (unit);
             DO $$ BEGIN
                 FOR part IN 0..15 LOOP
                     EXECUTE format('CREATE TABLE direct_%s PARTITION OF direct FOR VALUES WITH (MODULUS 16, REMAINDER %s)', part, part);
                 END LOOP;
             END $$",
        )
        .await?;
    Ok(connection)
}

/// Writes rows to PostgreSQL with one statement for each 100, `n` statements to a transaction.
pub async fn insert_postgres(options: &PgConnectOptions, rows: &[Row], n: usize) -> anyhow::Result<Duration> {
    let mut connection = create_postgres(options).await?;
    let insert = "INSERT INTO direct (unit, period, element, version, figure, typed_as, receipt)
        SELECT * FROM UNNEST($1::integer[], $2::integer[], $3::bigint[], $4::integer[], $5::text[], $6::integer[], $7::bigint[])";
    let started = Instant::now();
    for part in rows.chunks(n * N_CELLS) {
        let mut transaction = connection.begin().await?;
        for list in part.chunks(N_CELLS) {
            sqlx::query(insert)
                .bind(Vec::from_iter(list.iter().map(|r| r.0 as i32)))
                .bind(Vec::from_iter(list.iter().map(|r| r.1)))
                .bind(Vec::from_iter(list.iter().map(|r| r.2)))
                .bind(Vec::from_iter(list.iter().map(|r| r.3)))
                .bind(Vec::from_iter(list.iter().map(|r| r.4.as_str())))
                .bind(Vec::from_iter(list.iter().map(|r| r.5)))
                .bind(Vec::from_iter(list.iter().map(|r| r.6)))
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
    }
    let took = started.elapsed();
    connection.close().await?;
    Ok(took)
}

/// Writes rows to PostgreSQL by COPY, `n` times 100 rows to a transaction.
pub async fn copy_postgres(options: &PgConnectOptions, rows: &[Row], n: usize) -> anyhow::Result<Duration> {
    let mut connection = create_postgres(options).await?;
    let started = Instant::now();
    for part in rows.chunks(n * N_CELLS) {
        let mut copy = connection.copy_in_raw("COPY direct (unit, period, element, version, figure, typed_as, receipt) FROM STDIN").await?;
        for list in part.chunks(100 * N_CELLS) {
            let mut text = String::new();
            for Row(unit, period, element, version, figure, typed_as, receipt) in list {
                writeln!(text, "{unit}\t{period}\t{element}\t{version}\t{figure}\t{typed_as}\t{receipt}")?;
            }
            copy.send(text.into_bytes()).await?;
        }
        copy.finish().await?;
    }
    let took = started.elapsed();
    connection.close().await?;
    Ok(took)
}
