//! Durable submissions of 100 cells through the application, against the same figures written to SQLite directly.
//!
//! The direct writers have the same pragmas (write-ahead log, synchronous FULL) and the same table without its references; they check nothing,
//! keep no receipt, no remembered answer and no audit trail.
#![allow(clippy::indexing_slicing, reason = "the generator picks from lists by numbers it took modulo their lengths")]

#[path = "clerks.rs"]
#[allow(dead_code, reason = "shared by benches that use parts of it")]
mod clerks;
#[path = "direct.rs"]
#[allow(dead_code, reason = "shared by benches that use parts of it")]
mod direct;
#[path = "generator.rs"]
#[allow(dead_code, reason = "shared by benches that use parts of it")]
mod generator;
#[path = "support.rs"]
#[allow(dead_code, reason = "shared by benches that use parts of it")]
mod support;

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use baoyici::app::{App, Submission, TemplateSource};
use baoyici::domain::period::Frequency;
use baoyici::domain::unit::Level;
use clerks::{Server, call_at_once, put_tokens, submissions_due};
use direct::{N_CELLS, rows, write_lists, write_rows};
use support::{ratio, row};

/// Clerks that submit at once, in the measurements one after the other; the last of them again over the network.
const N_CLERKS: [usize; 3] = [1, 8, 64];

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
    let rows = rows(n_figures, n_villages);
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
    let server = Server::start(folder.path(), None)?;
    let (n, n_clerks) = (over_network.len(), N_CLERKS[2]);
    let what = format!("submit over gRPC, clerks at once: {n_clerks}");
    seen.push(Seen::of(&what, n, n).take(async { Ok(call_at_once(&server.address, over_network, n_clerks).await?.0) }).await?);
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
