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

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use baoyici::app::{App, Submission, TemplateSource, TypedFigure};
use baoyici::cli::client::connection::{Connection, Token};
use baoyici::domain::caller::TokenRecord;
use baoyici::domain::period::Frequency;
use baoyici::domain::unit::{Level, UnitCode};
use baoyici::pb;
use baoyici::store::Store;
use jiff::civil::Date;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection as _, SqliteConnection};
use support::{ratio, row};

/// Cells of one submission.
const N_CELLS: usize = 100;
/// Clerks that submit at once, in the measurements one after the other; the last of them again over the network.
const N_CLERKS: [usize; 3] = [1, 8, 64];

/// A row of the table of observations.
#[derive(Clone, serde::Serialize)]
struct Row(i64, i64, i64, i64, String, i64, i64);

fn main() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(run())
}

async fn run() -> anyhow::Result<()> {
    let n_villages = if support::is_full() { 400 } else { 10 };
    let folder = support::temporary()?;
    let file = folder.path().join("baoyici.sqlite");
    let app = Arc::new(support::open_app(&file).await?);
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
    let n_submissions = submissions.len();
    let n_figures = n_submissions * N_CELLS;
    ensure!(submissions.iter().all(|s| s.figures.len() == N_CELLS) && n_submissions > 0, "no due date asks for {N_CELLS} cells");

    let mut seen = Vec::new();
    let rows = rows(n_figures);
    let path = |name: &str| folder.path().join(name);
    let by_row = Seen::of("direct, 100 rows a transaction, a statement a row", n_submissions, n_submissions);
    seen.push(by_row.take(write_rows(&path("rows.sqlite"), &rows, N_CELLS)).await?);
    let by_list = Seen::of("direct, 100 rows a transaction, one statement", n_submissions, n_submissions);
    seen.push(by_list.take(write_lists(&path("lists.sqlite"), &rows, 1)).await?);
    let large = Seen::of("direct, one large transaction, a statement a row", n_submissions, 1);
    seen.push(large.take(write_rows(&path("large.sqlite"), &rows, n_figures)).await?);
    let large_lists = Seen::of("direct, one large transaction, a statement 100 rows", n_submissions, 1);
    seen.push(large_lists.take(write_lists(&path("large_lists.sqlite"), &rows, n_submissions)).await?);
    let mut parts: Vec<Vec<Submission>> = submissions.chunks(n_submissions.div_ceil(4)).map(<[Submission]>::to_vec).collect();
    let over_network = parts.pop().context("no submissions")?;
    for (n_clerks, part) in N_CLERKS.into_iter().zip(parts) {
        let n = part.len();
        let what = format!("submit, clerks at once: {n_clerks}");
        seen.push(Seen::of(&what, n, n).take(submit_at_once(&app, part, n_clerks)).await?);
    }
    put_tokens(app.store().as_ref(), &villages).await?;
    app.store().close().await;
    let server = Server::start(folder.path())?;
    let (n, n_clerks) = (over_network.len(), N_CLERKS[2]);
    let what = format!("submit over gRPC, clerks at once: {n_clerks}");
    seen.push(Seen::of(&what, n, n).take(call_at_once(&server.address, over_network, n_clerks)).await?);
    drop(server);

    let ceiling = seen.iter().take(4).map(Seen::per_second).fold(0.0, f64::max);
    let base = seen.first().map_or(1.0, Seen::per_second);
    let mut table = vec![row([
        "writer",
        "figures",
        "figures/s",
        "each transaction",
        "CPU each 100",
        "against the first",
        "against the fastest direct",
    ])];
    table.extend(seen.iter().map(|s| s.line(base, ceiling)));
    support::table(&format!("durable submissions of {N_CELLS} cells, {n_submissions} of them; CPU of this process"), &table);
    Ok(())
}

/// What was seen of one writer.
struct Seen {
    what: String,
    n_hundreds: usize,
    n_transactions: usize,
    time: Duration,
    cpu: Duration,
}

impl Seen {
    fn of(what: &str, n_hundreds: usize, n_transactions: usize) -> Self {
        Self { what: what.to_owned(), n_hundreds, n_transactions, time: Duration::ZERO, cpu: Duration::ZERO }
    }

    async fn take(self, writing: impl Future<Output = anyhow::Result<Duration>>) -> anyhow::Result<Self> {
        let before = support::cpu_time()?;
        let time = writing.await?;
        Ok(Self { time, cpu: support::cpu_time()?.saturating_sub(before), ..self })
    }

    fn per_second(&self) -> f64 {
        (self.n_hundreds * N_CELLS) as f64 / self.time.as_secs_f64()
    }

    fn line(&self, base: f64, ceiling: f64) -> Vec<String> {
        let each = |time: Duration, n: usize| support::millis(time / u32::try_from(n).unwrap_or(1));
        vec![
            self.what.clone(),
            (self.n_hundreds * N_CELLS).to_string(),
            format!("{:.0}", self.per_second()),
            each(self.time, self.n_transactions),
            each(self.cpu, self.n_hundreds),
            ratio(self.per_second(), base),
            ratio(self.per_second(), ceiling),
        ]
    }
}

/// The program as a process, killed in the end.
struct Server {
    child: Child,
    address: String,
}

impl Server {
    fn start(folder: &Path) -> anyhow::Result<Self> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_baoyici"));
        command.args(["serve", "--listen", "127.0.0.1:0", "--log-level", "error", "--data"]).arg(folder);
        let mut child = command.stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().context("no output")?).read_line(&mut line)?;
        let address = line.trim().strip_prefix("listening on ").with_context(|| format!("the server says {line:?}"))?;
        Ok(Self { child, address: format!("http://{address}") })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn secret(unit: &UnitCode) -> String {
    format!("byc_{unit}")
}

async fn put_tokens(store: &dyn Store, villages: &[UnitCode]) -> anyhow::Result<()> {
    let mut tx = store.begin().await?;
    for unit in villages {
        let clerk = support::clerk(unit);
        let digest = blake3::hash(secret(unit).as_bytes()).to_hex().to_string();
        let (role, scope) = (clerk.role, clerk.scope);
        tx.put_token(&TokenRecord { account: clerk.account, digest, role, scope, expires_at: None, revoked_at: None }).await?;
    }
    tx.commit().await?;
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

async fn submit_at_once(app: &Arc<App>, submissions: Vec<Submission>, n_clerks: usize) -> anyhow::Result<Duration> {
    let per_clerk = submissions.len().div_ceil(n_clerks);
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

/// The same over connections of their own.
async fn call_at_once(address: &str, submissions: Vec<Submission>, n_clerks: usize) -> anyhow::Result<Duration> {
    let per_clerk = submissions.len().div_ceil(n_clerks);
    let started = Instant::now();
    let mut clerks = tokio::task::JoinSet::new();
    for part in submissions.chunks(per_clerk) {
        let (connection, part) = (Connection::open(address)?, part.to_vec());
        clerks.spawn(async move {
            for submission in part {
                let token: Token = secret(&submission.unit).parse()?;
                let mut collection = connection.clone().with_token(Some(&token))?.collection();
                collection.submit(message(submission)).await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(done) = clerks.join_next().await {
        done??;
    }
    Ok(started.elapsed())
}

fn message(submission: Submission) -> pb::SubmitRequest {
    let figure =
        |f: TypedFigure| pb::TypedFigure { element: f.element, period: f.period, value: f.value, unit_of_measure: f.unit_of_measure };
    pb::SubmitRequest {
        request_id: format!("{}-{}", submission.unit, submission.due),
        unit: submission.unit.to_string(),
        due: submission.due.to_string(),
        figures: submission.figures.into_iter().map(figure).collect(),
        partial: submission.partial,
        validate_only: false,
    }
}

/// As many rows as are submitted, in the order of submissions.
fn rows(n: usize) -> Vec<Row> {
    let row = |at: usize| {
        let (submission, cell) = ((at / N_CELLS) as i64, (at % N_CELLS) as i64);
        // Element numbers are digests: spread over all of 63 bits.
        let element = (cell as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 1;
        Row(
            submission % 400,
            24_300 + submission / 400,
            element as i64,
            1,
            format!("n{}", 1_000 + cell * 37 + submission % 400 * 11),
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
