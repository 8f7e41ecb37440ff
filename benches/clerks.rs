//! The program as a process, and clerks that submit to it over gRPC.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context;
use baoyici::app::{App, InputCell, Submission, TypedFigure};
use baoyici::cli::client::connection::{Connection, Token};
use baoyici::domain::caller::TokenRecord;
use baoyici::domain::unit::UnitCode;
use baoyici::pb;
use baoyici::store::Store;
use hdrhistogram::Histogram;
use jiff::civil::Date;

use crate::support;

/// The program as a process, killed in the end.
pub struct Server {
    child: Child,
    /// Where it listens.
    pub address: String,
}

impl Server {
    /// Starts it over a folder, or over a PostgreSQL database, and waits until it listens.
    pub fn start(folder: &Path, database: Option<&str>) -> anyhow::Result<Self> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_baoyici"));
        command.args(["serve", "--listen", "127.0.0.1:0", "--log-level", "error", "--data"]).arg(folder);
        if let Some(database) = database {
            command.args(["--database", database]);
        }
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

/// Gives each village's clerk a token.
pub async fn put_tokens(store: &dyn Store, villages: &[UnitCode]) -> anyhow::Result<()> {
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
pub async fn submissions_due(app: &App, villages: &[UnitCode], due: Date) -> anyhow::Result<Vec<Submission>> {
    let first = villages.first().context("no village")?;
    let form = app.get_consolidated_form(&support::clerk(first), first, due).await?;
    let figure = |(n, input): (usize, &InputCell), unit: usize| TypedFigure {
        element: input.cell.element.to_string(),
        period: input.cell.period.to_string(),
        value: (1_000 + n * 37 + unit * 11).to_string(),
        unit_of_measure: String::new(),
        explanation: String::new(),
    };
    let submission = |(at, unit): (usize, &UnitCode)| Submission {
        unit: unit.clone(),
        due,
        figures: form.inputs.iter().enumerate().map(|input| figure(input, at)).collect(),
        partial: false,
        draft_version: 0,
    };
    Ok(villages.iter().enumerate().map(submission).collect())
}

/// Submits over connections, one for each clerk; returns the time of all and the times until each receipt, in microseconds.
pub async fn call_at_once(address: &str, submissions: Vec<Submission>, n_clerks: usize) -> anyhow::Result<(Duration, Histogram<u64>)> {
    let per_clerk = submissions.len().div_ceil(n_clerks);
    let started = Instant::now();
    let mut clerks = tokio::task::JoinSet::new();
    for part in submissions.chunks(per_clerk) {
        let (connection, part) = (Connection::open(address)?, part.to_vec());
        clerks.spawn(async move {
            let mut waited = Histogram::<u64>::new(3)?;
            for submission in part {
                let token: Token = secret(&submission.unit).parse()?;
                let mut collection = connection.clone().with_token(Some(&token))?.collection();
                let asked = Instant::now();
                collection.submit(message(submission)).await?;
                waited.record(u64::try_from(asked.elapsed().as_micros())?)?;
            }
            anyhow::Ok(waited)
        });
    }
    let mut waited = Histogram::<u64>::new(3)?;
    while let Some(done) = clerks.join_next().await {
        waited.add(done??)?;
    }
    Ok((started.elapsed(), waited))
}

fn message(submission: Submission) -> pb::SubmitRequest {
    let figure = |f: TypedFigure| pb::TypedFigure {
        element: f.element,
        period: f.period,
        value: f.value,
        unit_of_measure: f.unit_of_measure,
        explanation: f.explanation,
    };
    pb::SubmitRequest {
        request_id: format!("{}-{}", submission.unit, submission.due),
        unit: submission.unit.to_string(),
        due: submission.due.to_string(),
        figures: submission.figures.into_iter().map(figure).collect(),
        partial: submission.partial,
        validate_only: false,
        draft_version: 0,
    }
}
