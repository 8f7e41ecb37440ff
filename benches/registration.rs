//! Registration of forms of 64 fields against catalogues of 10⁴, 10⁵ and 10⁶ fields, beside what one would do without this program.
//!
//! Each size runs in a process of its own, so that its peak of memory is its own. A registration is the whole use case: checked, read, compared
//! through DataFusion, planned for a county, stored durably, told. The peers only look up labels, which is the lesser work: every label
//! compared with every other by edit distance, and the full-text index of SQLite over trigrams.
#![allow(clippy::indexing_slicing, reason = "the generator picks from lists by numbers it took modulo their lengths")]

#[path = "generator.rs"]
#[allow(dead_code, reason = "shared by benches that use parts of it")]
mod generator;
#[path = "support.rs"]
#[allow(dead_code, reason = "shared by benches that use parts of it")]
mod support;

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use baoyici::app::{App, TemplateSource};
use baoyici::domain::relation::Standing;
use hdrhistogram::Histogram;
use sqlx::{ConnectOptions, Connection, SqliteConnection};
use support::{memory_mib, millis, ratio, row, seconds};

/// Forms registered at each size.
const N_REGISTERED: usize = 100;
/// Look-alikes that the full-text index is asked for.
const N_LOOK_ALIKES: usize = 20;

fn main() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(at) = arguments.iter().position(|a| a == "measure") {
        let n_fields = arguments.get(at + 1).context("no size")?.parse()?;
        return runtime.block_on(measure(n_fields, Path::new(arguments.get(at + 2).context("no file")?)));
    }
    let sizes: &[usize] = if support::is_full() { &[10_000, 100_000, 1_000_000] } else { &[2_000, 10_000] };
    let mut rows = vec![row([
        "fields before",
        "after",
        "p50",
        "p99",
        "max",
        "fields held",
        "look alike",
        "edit distance",
        "ratio",
        "full text",
        "ratio",
        "open",
        "memory",
        "peak",
    ])];
    for n_fields in sizes {
        let filled = runtime.block_on(support::filled(*n_fields))?;
        let folder = support::temporary()?;
        let file = folder.path().join("baoyici.sqlite");
        std::fs::copy(&filled, &file)?;
        let output = Command::new(std::env::current_exe()?).arg("measure").arg(n_fields.to_string()).arg(&file).output()?;
        if !output.status.success() {
            bail!("measuring {n_fields} fields failed: {}", String::from_utf8_lossy(&output.stderr));
        }
        rows.push(String::from_utf8(output.stdout)?.trim_end().split('\t').map(str::to_owned).collect());
    }
    let title = format!(
        "registration of {N_REGISTERED} forms of {} fields, one after the other, {} % of the fields asked by many; ratio = p50 / time of the peer for 64 labels",
        generator::FIELDS_PER_FORM,
        generator::SHARED_PERCENT
    );
    support::table(&title, &rows);
    Ok(())
}

/// Measures one size and prints one line of cells.
async fn measure(n_fields: usize, file: &Path) -> anyhow::Result<()> {
    let process = std::process::id();
    let started = Instant::now();
    let app = support::open_app(file).await?;
    let opened = started.elapsed();
    let (before, _) = app.sizes();
    let resident = memory_mib(process, "VmRSS")?;
    let (histogram, n_held, n_alike) = register(&app, support::n_forms(n_fields)).await?;
    let (after, _) = app.sizes();
    let peak = memory_mib(process, "VmHWM")?;
    app.store().close().await;
    drop(app);
    let labels = labels(n_fields);
    let asked = asked(support::n_forms(n_fields));
    let by_distance = edit_distance(&labels, &asked);
    let by_text = full_text(&labels, &asked, &file.with_file_name("labels.sqlite")).await?;
    let at = |quantile: f64| Duration::from_micros(histogram.value_at_quantile(quantile));
    let share = |n: usize| format!("{:.0} %", 100.0 * n as f64 / (N_REGISTERED * generator::FIELDS_PER_FORM) as f64);
    let cells = [
        before.to_string(),
        after.to_string(),
        millis(at(0.5)),
        millis(at(0.99)),
        millis(Duration::from_micros(histogram.max())),
        share(n_held),
        share(n_alike),
        millis(by_distance),
        ratio(at(0.5).as_secs_f64(), by_distance.as_secs_f64()),
        millis(by_text),
        ratio(at(0.5).as_secs_f64(), by_text.as_secs_f64()),
        seconds(opened),
        format!("{resident:.0} MiB"),
        format!("{peak:.0} MiB"),
    ];
    println!("{}", cells.join("\t"));
    Ok(())
}

/// Registers the generated forms that come after those of the catalogue; answers with the times in microseconds and how many of their fields were held and looked alike.
async fn register(app: &App, first_number: usize) -> anyhow::Result<(Histogram<u64>, usize, usize)> {
    let mut histogram = Histogram::new(3)?;
    let (mut n_held, mut n_alike) = (0, 0);
    let officer = support::officer();
    for n in 0..N_REGISTERED {
        let template = generator::form(first_number + n, &support::department());
        let source = TemplateSource::Parsed(Box::new(template), Vec::new());
        let started = Instant::now();
        let registered = app.register_template(&officer, &format!("form-{n}"), source).await?;
        histogram.record(u64::try_from(started.elapsed().as_micros())?)?;
        n_held += registered.fields.iter().filter(|f| matches!(f.standing, Standing::Held | Standing::Computable)).count();
        n_alike += registered.fields.iter().filter(|f| f.standing == Standing::LookAlike).count();
    }
    Ok((histogram, n_held, n_alike))
}

/// Labels of the catalogue.
fn labels(n_fields: usize) -> Vec<String> {
    let forms = (0..support::n_forms(n_fields)).map(|n| generator::form(n, &support::department()));
    forms.flat_map(|f| f.fields).map(|f| f.label).collect()
}

/// Labels of a form that is looked up.
fn asked(number: usize) -> Vec<String> {
    generator::form(number, &support::department()).fields.into_iter().map(|f| f.label).collect()
}

/// Time to find the nearest label to each of 64 by comparing with all.
fn edit_distance(labels: &[String], asked: &[String]) -> Duration {
    let started = Instant::now();
    let mut total = 0.0;
    for label in asked {
        total += labels.iter().map(|l| strsim::normalized_levenshtein(label, l)).fold(0.0, f64::max);
    }
    std::hint::black_box(total);
    started.elapsed()
}

/// Time to find the best of the full-text index for each of 64 labels.
async fn full_text(labels: &[String], asked: &[String], file: &Path) -> anyhow::Result<Duration> {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(file).create_if_missing(true);
    let mut connection = options.connect().await?;
    sqlx::query("CREATE VIRTUAL TABLE label USING fts5(text, tokenize = 'trigram')").execute(&mut connection).await?;
    sqlx::query("BEGIN").execute(&mut connection).await?;
    for label in labels {
        sqlx::query("INSERT INTO label (text) VALUES (?1)").bind(label).execute(&mut connection).await?;
    }
    sqlx::query("COMMIT").execute(&mut connection).await?;
    let started = Instant::now();
    for label in asked {
        std::hint::black_box(look_up(&mut connection, label).await?);
    }
    let took = started.elapsed();
    connection.close().await?;
    Ok(took)
}

async fn look_up(connection: &mut SqliteConnection, label: &str) -> anyhow::Result<Vec<String>> {
    let characters: Vec<char> = label.chars().collect();
    let trigrams: Vec<String> = characters.windows(3).map(|w| format!("\"{}\"", w.iter().collect::<String>())).collect();
    let found = sqlx::query_scalar("SELECT text FROM label WHERE label MATCH ?1 ORDER BY rank LIMIT ?2")
        .bind(trigrams.join(" OR "))
        .bind(i64::try_from(N_LOOK_ALIKES)?)
        .fetch_all(connection)
        .await?;
    Ok(found)
}
