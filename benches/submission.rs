//! Durable submissions of 100 cells through the application, against the same figures written to SQLite directly.
//!
//! The direct writers have the same pragmas (write-ahead log, synchronous FULL) and the same table without its references; they check nothing,
//! keep no receipt, no remembered answer and no audit trail.
#![allow(clippy::indexing_slicing, reason = "the generator picks from lists by numbers it took modulo their lengths")]

#[path = "generator.rs"]
#[allow(dead_code, reason = "shared by benches that use parts of it")]
mod generator;
#[path = "support.rs"]
#[allow(dead_code, reason = "shared by benches that use parts of it")]
mod support;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use baoyici::app::{App, Submission, TemplateSource, TypedFigure};
use baoyici::domain::period::Frequency;
use baoyici::domain::unit::{Level, UnitCode};
use jiff::civil::Date;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, SqliteConnection};
use support::{ratio, row};

/// Cells of one submission.
const N_CELLS: usize = 100;
/// Clerks that submit at once in the second measurement.
const N_CLERKS: usize = 8;

/// A row of the table of observations.
#[derive(Clone, serde::Serialize)]
struct Row(i64, i64, i64, i64, String, i64, i64);

fn main() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(run())
}

async fn run() -> anyhow::Result<()> {
    let n_villages = if support::is_full() { 200 } else { 10 };
    let folder = support::temporary()?;
    let app = Arc::new(support::open_app(&folder.path().join("baoyici.sqlite")).await?);
    let units = generator::county(n_villages);
    let villages = generator::villages(&units);
    support::register_registry(&app, units).await?;
    let template = generator::template(0, &support::department(), Level::Village, Frequency::Monthly, N_CELLS);
    app.register_template(&support::officer(), "form", TemplateSource::Parsed(Box::new(template), Vec::new())).await?;
    let mut submissions = Vec::new();
    let due_dates = app.list_due_dates(&support::clerk(&villages[0]), &villages[0], generator::YEAR).await?;
    for due in due_dates.iter().filter(|d| d.n_cells as usize == N_CELLS) {
        submissions.extend(submissions_due(&app, &villages, due.due).await?);
    }
    let n_figures = submissions.iter().map(|s| s.figures.len()).sum::<usize>();
    let n_submissions = submissions.len();
    ensure!(n_submissions > 0, "no due date asks for {N_CELLS} cells");
    let half = submissions.split_off(n_submissions / 2);

    let rows = rows(n_figures);
    let direct_rows = write_rows(&folder.path().join("rows.sqlite"), &rows, N_CELLS).await?;
    let direct_lists = write_lists(&folder.path().join("lists.sqlite"), &rows, 1).await?;
    let direct_large = write_rows(&folder.path().join("large.sqlite"), &rows, n_figures).await?;
    let direct_large_lists = write_lists(&folder.path().join("large_lists.sqlite"), &rows, n_submissions).await?;
    let one = submit_in_turn(&app, submissions).await?;
    let many = submit_at_once(&app, half).await?;

    let per_second = |figures: usize, time: Duration| figures as f64 / time.as_secs_f64();
    let (by_row, by_list) = (per_second(n_figures, direct_rows), per_second(n_figures, direct_lists));
    let line = |what: &str, figures: usize, time: Duration, transactions: usize| {
        let rate = per_second(figures, time);
        let each = support::millis(time / u32::try_from(transactions).unwrap_or(1));
        vec![what.to_owned(), figures.to_string(), format!("{rate:.0}"), each, ratio(rate, by_row), ratio(rate, by_list)]
    };
    let first_half = n_submissions / 2;
    let mut table = vec![row(["writer", "figures", "figures/s", "each transaction", "against a statement a row", "against one statement"])];
    table.push(line("direct, 100 rows a transaction, a statement a row", n_figures, direct_rows, n_submissions));
    table.push(line("direct, 100 rows a transaction, one statement", n_figures, direct_lists, n_submissions));
    table.push(line("direct, one large transaction, a statement a row", n_figures, direct_large, 1));
    table.push(line("direct, one large transaction, a statement 100 rows", n_figures, direct_large_lists, 1));
    table.push(line("submit, one clerk after the other", first_half * N_CELLS, one, first_half));
    table.push(line("submit, 8 clerks at once", (n_submissions - first_half) * N_CELLS, many, n_submissions - first_half));
    support::table(&format!("durable submissions of {N_CELLS} cells, {n_submissions} of them"), &table);
    app.store().close().await;
    Ok(())
}

/// What every village types by one due date.
async fn submissions_due(app: &App, villages: &[UnitCode], due: Date) -> anyhow::Result<Vec<Submission>> {
    let first = villages.first().context("no village")?;
    let form = app.get_consolidated_form(&support::clerk(first), first, due).await?;
    let figure = |n: usize, unit: usize| TypedFigure {
        element: form.inputs[n].cell.element.to_string(),
        period: form.inputs[n].cell.period.to_string(),
        value: (1_000 + n * 37 + unit * 11).to_string(),
        unit_of_measure: String::new(),
    };
    let submission = |(at, unit): (usize, &UnitCode)| Submission {
        unit: unit.clone(),
        due,
        figures: (0..form.inputs.len()).map(|n| figure(n, at)).collect(),
        partial: false,
    };
    Ok(villages.iter().enumerate().map(submission).collect())
}

async fn submit(app: &App, submission: &Submission) -> anyhow::Result<()> {
    let request = format!("{}-{}", submission.unit, submission.due);
    app.submit(&support::clerk(&submission.unit), &request, submission).await?;
    Ok(())
}

async fn submit_in_turn(app: &App, submissions: Vec<Submission>) -> anyhow::Result<Duration> {
    let started = Instant::now();
    for submission in &submissions {
        submit(app, submission).await?;
    }
    Ok(started.elapsed())
}

async fn submit_at_once(app: &Arc<App>, submissions: Vec<Submission>) -> anyhow::Result<Duration> {
    let per_clerk = submissions.len().div_ceil(N_CLERKS);
    let started = Instant::now();
    let mut clerks = tokio::task::JoinSet::new();
    for part in submissions.chunks(per_clerk) {
        let (app, part) = (Arc::clone(app), part.to_vec());
        clerks.spawn(async move { submit_in_turn(&app, part).await });
    }
    while let Some(done) = clerks.join_next().await {
        done??;
    }
    Ok(started.elapsed())
}

/// As many rows as are submitted, in the order of submissions.
fn rows(n: usize) -> Vec<Row> {
    let row = |at: usize| {
        let (submission, cell) = ((at / N_CELLS) as i64, (at % N_CELLS) as i64);
        // Element numbers are digests: spread over all of 63 bits.
        let element = (cell as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 1;
        Row(
            submission % 200,
            24_300 + submission / 200,
            element as i64,
            1,
            format!("n{}", 1_000 + cell * 37 + submission % 200 * 11),
            cell,
            submission,
        )
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
async fn write_rows(file: &Path, rows: &[Row], n: usize) -> anyhow::Result<Duration> {
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
async fn write_lists(file: &Path, rows: &[Row], n: usize) -> anyhow::Result<Duration> {
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
