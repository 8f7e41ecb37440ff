//! The last day: every village of a province sends its form at once, over gRPC, with the form's rules on.
//!
//! One server process and 64 clerks share this machine's processors. Beside it, in the same run, the same rows written straight into the same
//! database: by lists of 100 rows in a transaction each, and in one large transaction (PostgreSQL: COPY).

#[path = "clerks.rs"]
mod clerks;
#[path = "direct.rs"]
#[allow(dead_code, reason = "shared by benches that use parts of it")]
mod direct;
#[path = "generator.rs"]
#[allow(dead_code, clippy::indexing_slicing, reason = "shared by benches; its picks are taken modulo the lengths")]
mod generator;
#[path = "support.rs"]
#[allow(dead_code, reason = "shared by benches that use parts of it")]
mod support;

use std::path::Path;
use std::process::Command;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, ensure};
use baoyici::app::{App, Submission, TemplateSource};
use baoyici::cli::SystemClock;
use baoyici::domain::period::Frequency;
use baoyici::domain::unit::Level;
use baoyici::store::Store;
use baoyici::store::postgres::{PostgresAddress, PostgresOptions, PostgresStore};
use clerks::{Server, call_at_once, put_tokens, submissions_due};
use direct::{N_CELLS, Row};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor};
use support::{ratio, row};

/// Clerks that submit at once.
const N_CLERKS: usize = 64;

fn main() -> anyhow::Result<()> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(run())
}

async fn run() -> anyhow::Result<()> {
    let n_villages = if support::is_full() { 27_000 } else { 200 };
    let rows = direct::rows(n_villages * N_CELLS, n_villages);
    let folder = support::temporary()?;
    let mut table = vec![row(["", "figures", "figures/s", "p50 of a receipt", "p99", "against lists", "against the fastest"])];

    let path = |name: &str| folder.path().join(name);
    let lists = direct::write_lists(&path("lists.sqlite"), &rows, 1).await?;
    let large = direct::write_lists(&path("large.sqlite"), &rows, n_villages).await?;
    let store = support::open_store(&path("baoyici.sqlite")).await?;
    let submissions = prepare(store, n_villages).await?;
    let server = Server::start(folder.path(), None)?;
    let rush = call_at_once(&server.address, submissions, N_CLERKS).await?;
    drop(server);
    table.extend(lines("SQLite", &rows, [("lists of 100", lists), ("one transaction", large)], rush));

    let database = Database::start().await?;
    let lists = direct::insert_postgres(&database.options, &rows, 1).await?;
    let copy = direct::copy_postgres(&database.options, &rows, n_villages).await?;
    let address = PostgresAddress::parse(&database.url).map_err(|fault| anyhow::anyhow!("{fault:?}"))?;
    let store: Arc<dyn Store> = Arc::new(PostgresStore::open(&address, PostgresOptions::default()).await?);
    let submissions = prepare(store, n_villages).await?;
    let server = Server::start(folder.path(), Some(&database.url))?;
    let rush = call_at_once(&server.address, submissions, N_CLERKS).await?;
    drop(server);
    table.extend(lines("PostgreSQL", &rows, [("lists of 100", lists), ("one COPY", copy)], rush));
    database.drop().await?;

    support::table(&format!("{n_villages} villages send {N_CELLS} figures each, {N_CLERKS} at once, over gRPC"), &table);
    Ok(())
}

/// The lines of one database: two direct writers, and the rush.
fn lines(
    name: &str,
    rows: &[Row],
    direct: [(&str, Duration); 2],
    (took, waited): (Duration, hdrhistogram::Histogram<u64>),
) -> Vec<Vec<String>> {
    let per_second = |time: Duration| rows.len() as f64 / time.as_secs_f64();
    let (lists, fastest) = (per_second(direct[0].1), direct.iter().map(|(_, time)| per_second(*time)).fold(0.0, f64::max));
    let line = |what: String, time: Duration, p50: String, p99: String| {
        let speed = per_second(time);
        vec![what, rows.len().to_string(), format!("{speed:.0}"), p50, p99, ratio(speed, lists), ratio(speed, fastest)]
    };
    let quantile = |q: f64| support::millis(Duration::from_micros(waited.value_at_quantile(q)));
    let mut lines: Vec<Vec<String>> =
        direct.iter().map(|(what, time)| line(format!("{name}, direct, {what}"), *time, String::new(), String::new())).collect();
    lines.push(line(format!("{name}, submit"), took, quantile(0.5), quantile(0.99)));
    lines
}

/// Registers the villages and their form; what each of them will send by one due date.
async fn prepare(store: Arc<dyn Store>, n_villages: usize) -> anyhow::Result<Vec<Submission>> {
    let app = App::open(store, Arc::new(SystemClock)).await?;
    let units = generator::county(n_villages);
    let villages = generator::villages(&units);
    support::register_registry(&app, units).await?;
    let template = generator::template(0, &support::department(), Level::Village, Frequency::Monthly, N_CELLS);
    app.register_template(&support::officer(), "form", TemplateSource::Parsed(Box::new(template), Vec::new())).await?;
    let first = villages.first().context("no village")?;
    let due_dates = app.list_due_dates(&support::clerk(first), first, generator::YEAR).await?;
    let due = due_dates.iter().find(|d| d.n_cells as usize == N_CELLS).with_context(|| format!("no date asks for {N_CELLS} cells"))?.due;
    let submissions = submissions_due(&app, &villages, due).await?;
    ensure!(submissions.len() == n_villages && submissions.iter().all(|s| s.figures.len() == N_CELLS), "a form is not whole");
    put_tokens(app.store().as_ref(), &villages).await?;
    app.store().close().await;
    Ok(submissions)
}

/// A database on a private PostgreSQL server that writes through.
struct Database {
    admin: PgConnectOptions,
    options: PgConnectOptions,
    url: String,
    _in_use: std::fs::File,
}

impl Database {
    async fn start() -> anyhow::Result<Self> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join(".ci/postgres");
        let start = || Command::new(&script).args(["start", "bench", "shared_buffers=512MB", "max_wal_size=8GB"]).output();
        let started = start().context("the script that starts PostgreSQL")?;
        ensure!(started.status.success(), "no PostgreSQL: {}", String::from_utf8_lossy(&started.stderr));
        let socket = String::from_utf8(started.stdout)?.trim().to_owned();
        let in_use = std::fs::File::open(Path::new(&socket).join("users"))?;
        in_use.lock_shared()?;
        let name = format!("b_{}", uuid::Uuid::new_v4().simple());
        let url = format!("postgres://baoyici@localhost/{name}?host={socket}");
        let admin = PgConnectOptions::from_str(&format!("postgres://baoyici@localhost/postgres?host={socket}"))?;
        admin.connect().await?.execute(AssertSqlSafe(format!("CREATE DATABASE {name}"))).await?;
        Ok(Self { admin, options: PgConnectOptions::from_str(&url)?, url, _in_use: in_use })
    }

    async fn drop(self) -> anyhow::Result<()> {
        let name = self.options.get_database().unwrap_or_default().to_owned();
        let mut admin = self.admin.connect().await?;
        admin.execute(AssertSqlSafe(format!("DROP DATABASE {name} WITH (FORCE)"))).await?;
        Ok(admin.close().await?)
    }
}
