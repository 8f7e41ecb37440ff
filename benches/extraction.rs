//! Extraction of a form of 64 columns for many units, against reading the same observations by one plain SQL query.
//!
//! The plain query only reads; a second one also turns observations into rows, one column for each field, as an extraction does, without
//! converting units of measure, without exact sums and without saying what is missing.
#![allow(clippy::indexing_slicing, reason = "the generator picks from lists by numbers it took modulo their lengths")]

#[path = "generator.rs"]
#[allow(dead_code, reason = "shared by benches that use parts of it")]
mod generator;
#[path = "support.rs"]
#[allow(dead_code, reason = "shared by benches that use parts of it")]
mod support;

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::ensure;
use baoyici::app::{App, Submission, TemplateSource, TypedFigure};
use baoyici::domain::id::FormId;
use baoyici::domain::period::{Frequency, ReferencePeriod};
use baoyici::domain::unit::{Level, UnitCode};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Row as _, SqliteConnection};
use support::{median, ratio, row};

/// Times that each way of reading is run, after one run that is not counted.
const N_RUNS: usize = 5;

fn main() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(run())
}

async fn run() -> anyhow::Result<()> {
    let n_units = if support::is_full() { 5_000 } else { 200 };
    let folder = support::temporary()?;
    let file = folder.path().join("baoyici.sqlite");
    let app = support::open_app(&file).await?;
    let form = fill(&app, n_units).await?;
    let period = ReferencePeriod::Year { year: generator::YEAR };
    let n_cells = n_units * generator::FIELDS_PER_FORM;

    let started = Instant::now();
    let n_rows = extract(&app, &form, period).await?;
    let first = started.elapsed();
    ensure!(n_rows == n_units, "extracted {n_rows} rows of {n_units}");
    let mut connection = SqliteConnectOptions::new().filename(&file).read_only(true).pragma("cache_size", "-16384").connect().await?;
    let elements: Vec<i64> = sqlx::query_scalar("SELECT DISTINCT element FROM observation").fetch_all(&mut connection).await?;
    let pivot = pivot(&elements);
    ensure!(read_plainly(&mut connection).await? == n_cells, "the plain query reads other rows");
    ensure!(read_pivoted(&mut connection, &pivot, elements.len()).await? == n_units, "the pivot reads other rows");
    let (mut extracting, mut plain, mut pivoted) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..N_RUNS {
        let started = Instant::now();
        extract(&app, &form, period).await?;
        extracting.push(started.elapsed());
        let started = Instant::now();
        read_plainly(&mut connection).await?;
        plain.push(started.elapsed());
        let started = Instant::now();
        read_pivoted(&mut connection, &pivot, elements.len()).await?;
        pivoted.push(started.elapsed());
    }
    connection.close().await?;
    let base = median(&mut plain);
    let line = |what: &str, time: Duration| {
        let per_second = |n: usize| format!("{:.0}", n as f64 / time.as_secs_f64());
        vec![
            what.to_owned(),
            support::millis(time),
            per_second(n_units),
            per_second(n_cells),
            ratio(time.as_secs_f64(), base.as_secs_f64()),
        ]
    };
    let mut table = vec![row(["reader", "median", "rows/s", "cells/s", "time against plain"])];
    table.push(line("plain SQL query, all observations", base));
    table.push(line("SQL query that makes rows of 64 columns", median(&mut pivoted)));
    table.push(line("extraction, first (makes the year's plan)", first));
    table.push(line("extraction, later", median(&mut extracting)));
    support::table(&format!("extraction of {n_units} units × {} columns, median of {N_RUNS}", generator::FIELDS_PER_FORM), &table);
    peak(&file)?;
    app.store().close().await;
    Ok(())
}

fn peak(file: &Path) -> anyhow::Result<()> {
    let size = std::fs::metadata(file)?.len() as f64 / f64::from(1 << 20);
    println!("  database {size:.0} MiB, peak memory of the process {:.0} MiB", support::memory_mib(std::process::id(), "VmHWM")?);
    Ok(())
}

/// Registers one form and reports it for every village.
async fn fill(app: &App, n_units: usize) -> anyhow::Result<FormId> {
    let units = generator::county(n_units);
    let villages = generator::villages(&units);
    support::register_registry(app, units).await?;
    let template = generator::template(0, &support::department(), Level::Village, Frequency::Annual, generator::FIELDS_PER_FORM);
    let form = template.id.clone();
    app.register_template(&support::officer(), "form", TemplateSource::Parsed(Box::new(template), Vec::new())).await?;
    let first = &villages[0];
    let mut due_dates = app.list_due_dates(&support::clerk(first), first, generator::YEAR + 1).await?;
    due_dates.sort_by_key(|d| d.n_cells);
    let due = due_dates.last().map(|d| d.due);
    let due = due.ok_or_else(|| anyhow::anyhow!("nothing is due"))?;
    let inputs = app.get_consolidated_form(&support::clerk(first), first, due).await?.inputs;
    ensure!(inputs.len() == generator::FIELDS_PER_FORM, "{} cells are typed", inputs.len());
    for (at, unit) in villages.iter().enumerate() {
        let figures = inputs.iter().enumerate().map(|(n, input)| TypedFigure {
            element: input.cell.element.to_string(),
            period: input.cell.period.to_string(),
            value: (1_000 + n * 37 + at * 11).to_string(),
            unit_of_measure: String::new(),
            explanation: String::new(),
        });
        submit(app, Submission { unit: unit.clone(), due, figures: figures.collect(), partial: false, draft_version: 0 }, unit).await?;
    }
    Ok(form)
}

async fn submit(app: &App, submission: Submission, unit: &UnitCode) -> anyhow::Result<()> {
    app.submit(&support::clerk(unit), "year", &submission).await?;
    Ok(())
}

/// Extracts the whole form; answers with the number of rows, every cell of which has a figure.
async fn extract(app: &App, form: &FormId, period: ReferencePeriod) -> anyhow::Result<usize> {
    let head = app.begin_extraction(&support::officer(), form, period, None).await?;
    let mut n_rows = 0;
    for slice in 0..head.n_slices() {
        let part = app.extract_slice(&head, slice).await?;
        ensure!(part.n_missing == 0 && part.refused.is_empty(), "{} cells are missing", part.n_missing);
        n_rows += part.batches.iter().map(|b| b.num_rows()).sum::<usize>();
    }
    Ok(n_rows)
}

async fn read_plainly(connection: &mut SqliteConnection) -> anyhow::Result<usize> {
    let query =
        "SELECT u.code, o.element, o.figure FROM observation AS o JOIN unit AS u ON u.number = o.unit ORDER BY o.unit, o.period, o.element";
    let rows: Vec<(String, i64, String)> = sqlx::query_as(query).fetch_all(connection).await?;
    Ok(std::hint::black_box(rows).len())
}

fn pivot(elements: &[i64]) -> String {
    let columns: Vec<String> = elements.iter().map(|e| format!("MAX(CASE o.element WHEN {e} THEN o.figure END)")).collect();
    format!("SELECT u.code, {} FROM observation AS o JOIN unit AS u ON u.number = o.unit GROUP BY o.unit", columns.join(", "))
}

async fn read_pivoted(connection: &mut SqliteConnection, query: &str, n_columns: usize) -> anyhow::Result<usize> {
    let rows = sqlx::query(AssertSqlSafe(query.to_owned())).fetch_all(connection).await?;
    let mut n_chars = 0;
    for row in &rows {
        for column in 0..=n_columns {
            n_chars += row.try_get::<String, _>(column)?.len();
        }
    }
    std::hint::black_box(n_chars);
    Ok(rows.len())
}
