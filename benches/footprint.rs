//! What the program itself takes, as a process: memory idle and with a large catalogue, and the time from its start to its first answer.
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
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use baoyici::cli::client::connection::{Connection, Token};
use baoyici::domain::caller::{Role, Scope, TokenRecord};
use baoyici::domain::id::AccountId;
use baoyici::formats::template_json::write_template;
use baoyici::pb;
use support::{memory_mib, ratio, row, seconds};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

/// Requests after which memory is read again: half of them previews of forms of 64 fields, half of them lists.
const N_REQUESTS: usize = 100;

/// What was seen of one folder.
struct Seen {
    n_fields: usize,
    first_answer: Duration,
    idle: f64,
    peak_at_start: f64,
    after_requests: f64,
    peak: f64,
    requests: Duration,
}

/// Kills the server where a measurement fails in between.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn main() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let sizes: &[usize] = if support::is_full() { &[0, 100_000, 1_000_000] } else { &[0, 10_000] };
    let mut rows = vec![row([
        "fields",
        "first answer",
        "ratio",
        "memory idle",
        "peak at start",
        "after 100 requests",
        "peak",
        "bytes/field",
        "100 requests",
    ])];
    let mut empty: Option<Seen> = None;
    for n_fields in sizes {
        let seen = runtime.block_on(measure(*n_fields))?;
        let base = empty.as_ref().unwrap_or(&seen);
        let bytes = if seen.n_fields == 0 { 0.0 } else { (seen.idle - base.idle) * f64::from(1 << 20) / seen.n_fields as f64 };
        rows.push(vec![
            seen.n_fields.to_string(),
            seconds(seen.first_answer),
            ratio(seen.first_answer.as_secs_f64(), base.first_answer.as_secs_f64()),
            format!("{:.0} MiB", seen.idle),
            format!("{:.0} MiB", seen.peak_at_start),
            format!("{:.0} MiB", seen.after_requests),
            format!("{:.0} MiB", seen.peak),
            format!("{bytes:.0}"),
            seconds(seen.requests),
        ]);
        empty = empty.or(Some(seen));
    }
    support::table("the program as a process: from its start to the first answer of its health check, and resident memory", &rows);
    Ok(())
}

async fn measure(n_fields: usize) -> anyhow::Result<Seen> {
    let folder = support::temporary()?;
    let file = folder.path().join("baoyici.sqlite");
    if n_fields > 0 {
        std::fs::copy(support::filled(n_fields).await?, &file)?;
    }
    let secret = put_token(&file).await?;
    let started = Instant::now();
    let child = Command::new(env!("CARGO_BIN_EXE_baoyici"))
        .args(["serve", "--listen", "127.0.0.1:0", "--log-level", "error", "--data"])
        .arg(folder.path())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut server = Server(child);
    let process = server.0.id();
    let mut line = String::new();
    BufReader::new(server.0.stdout.take().context("no output")?).read_line(&mut line)?;
    let address = line.trim().strip_prefix("listening on ").with_context(|| format!("the server says {line:?}"))?;
    let address = format!("http://{address}");
    let channel = tonic::transport::Endpoint::from_shared(address.clone())?.connect().await?;
    let answer = HealthClient::new(channel).check(HealthCheckRequest { service: String::new() }).await?;
    let first_answer = started.elapsed();
    ensure!(answer.into_inner().status == 1, "the server does not serve");
    let idle = memory_mib(process, "VmRSS")?;
    let peak_at_start = memory_mib(process, "VmHWM")?;
    let started = Instant::now();
    request(&address, &secret, support::n_forms(n_fields)).await?;
    let requests = started.elapsed();
    let (after_requests, peak) = (memory_mib(process, "VmRSS")?, memory_mib(process, "VmHWM")?);
    Ok(Seen { n_fields, first_answer, idle, peak_at_start, after_requests, peak, requests })
}

/// Gives the bench's department a token; `baoyici token` would read the whole catalogue for it.
async fn put_token(file: &Path) -> anyhow::Result<String> {
    let store = support::open_store(file).await?;
    let secret = "byc_bench".to_owned();
    let mut tx = store.begin().await?;
    tx.put_organisations(&[support::organisation()]).await?;
    tx.put_token(&TokenRecord {
        account: AccountId::from_stored("officer"),
        digest: blake3::hash(secret.as_bytes()).to_hex().to_string(),
        role: Role::DataOfficer,
        scope: Scope::Organisation(support::department()),
        expires_at: None,
        revoked_at: None,
    })
    .await?;
    tx.commit().await?;
    store.close().await;
    Ok(secret)
}

async fn request(address: &str, secret: &str, first_number: usize) -> anyhow::Result<()> {
    let token: Token = secret.parse()?;
    let mut templates = Connection::open(address)?.with_token(Some(&token))?.templates();
    for n in 0..N_REQUESTS / 2 {
        let template = generator::form(first_number + n, &support::department());
        let request = pb::RegisterTemplateRequest {
            request_id: format!("preview-{n}"),
            source: Some(pb::register_template_request::Source::TemplateJson(write_template(&template).into_bytes())),
            validate_only: true,
        };
        let answer = templates.register_template(request).await?.into_inner();
        ensure!(answer.fields.len() == generator::FIELDS_PER_FORM, "the preview has {} fields", answer.fields.len());
        templates.list_templates(pb::ListTemplatesRequest::default()).await?;
    }
    Ok(())
}
