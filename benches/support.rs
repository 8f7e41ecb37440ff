//! What the benches share: their size, the store and its callers, a catalogue filled to a size, memory read from the kernel, and tables.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use baoyici::app::{App, UnitSource};
use baoyici::cli::SystemClock;
use baoyici::domain::caller::{Caller, Role, Scope};
use baoyici::domain::id::{AccountId, OrganisationId};
use baoyici::domain::measure::Measures;
use baoyici::domain::organisation::{Organisation, OrganisationKind};
use baoyici::domain::template::RegisteredTemplate;
use baoyici::domain::unit::{UnitCode, UnitRow};
use baoyici::overlap::{Vocabulary, read_form};
use baoyici::store::sqlite::{SqliteOptions, SqliteStore};
use baoyici::store::{Store, StoredForm};

use crate::generator;

/// Villages of the county that the catalogue's forms are asked of.
pub const N_VILLAGES: usize = 200;
/// Forms stored in one transaction while filling.
const FORMS_PER_TRANSACTION: usize = 256;

/// Whether the full sizes are asked for: `BAOYICI_BENCH_SCALE=small` is a check that everything runs.
pub fn is_full() -> bool {
    !std::env::var("BAOYICI_BENCH_SCALE").is_ok_and(|scale| scale == "small")
}

/// The organisation that owns every form.
pub fn department() -> OrganisationId {
    OrganisationId::from_stored("bench")
}

fn caller(account: &str, role: Role, scope: Scope) -> Caller {
    Caller { account: AccountId::from_stored(account), role, scope }
}

/// The operator.
pub fn operator() -> Caller {
    caller("operator", Role::Operator, Scope::Installation)
}

/// The data officer of [`department`].
pub fn officer() -> Caller {
    caller("officer", Role::DataOfficer, Scope::Organisation(department()))
}

/// The clerk of a unit.
pub fn clerk(unit: &UnitCode) -> Caller {
    caller(&format!("clerk-{unit}"), Role::Clerk, Scope::Unit(unit.clone()))
}

/// Opens the store in a file, as `serve` does.
pub async fn open_store(file: &Path) -> anyhow::Result<Arc<dyn Store>> {
    Ok(Arc::new(SqliteStore::open(file, SqliteOptions::default()).await?))
}

/// Opens the application over a file.
pub async fn open_app(file: &Path) -> anyhow::Result<App> {
    Ok(App::open(open_store(file).await?, Arc::new(SystemClock)).await?)
}

/// Registers [`department`] and units.
pub async fn register_registry(app: &App, units: Vec<UnitRow>) -> anyhow::Result<()> {
    app.register_organisations(&operator(), "organisations", &[organisation()]).await?;
    app.register_units(&operator(), "units", UnitSource::Rows(units, Vec::new())).await?;
    Ok(())
}

/// [`department`] as it is registered.
pub fn organisation() -> Organisation {
    Organisation { id: department(), name: "样例厅".to_owned(), kind: OrganisationKind::Department, parent: None }
}

/// Reads the generated form with this number as registering would.
fn stored_form(number: usize, vocabulary: &Vocabulary, measures: &Measures) -> StoredForm {
    let template = generator::form(number, &department());
    let field_keys = template.field_keys(1, None);
    let fields = read_form(vocabulary, measures, &template, &field_keys);
    let registered_at = jiff::Timestamp::UNIX_EPOCH;
    StoredForm {
        template: RegisteredTemplate { template, version: 1, field_keys, registered_at },
        fields,
        vocabulary: vocabulary.digest().to_owned(),
    }
}

/// Number of generated forms that make a catalogue of `n_fields` fields.
pub fn n_forms(n_fields: usize) -> usize {
    n_fields.div_ceil(generator::FIELDS_PER_FORM)
}

/// A database file with a catalogue of `n_fields` fields and a county of units. It is made once and kept below cargo's folder for such files;
/// its name changes with what would be in it. Callers copy it before they write.
pub async fn filled(n_fields: usize) -> anyhow::Result<PathBuf> {
    let (vocabulary, measures) = (Vocabulary::embedded()?, Measures::embedded());
    let sample = stored_form(0, &vocabulary, &measures);
    let content = serde_json::to_vec(&(&sample.template, &sample.fields, &sample.vocabulary, generator::VERSION))?;
    let digest = blake3::hash(&content).to_hex();
    let file = scratch().join(format!("catalogue-{n_fields}-{}.sqlite", digest.get(..12).unwrap_or_default()));
    if file.exists() {
        return Ok(file);
    }
    let started = Instant::now();
    let making = file.with_extension("making");
    remove_database(&making);
    let store = open_store(&making).await?;
    let mut tx = store.begin().await?;
    tx.put_organisations(&[organisation()]).await?;
    tx.put_unit_rows(&generator::county(N_VILLAGES)).await?;
    tx.commit().await?;
    let n_threads = std::thread::available_parallelism().map_or(1, usize::from);
    let numbers: Vec<usize> = (0..n_forms(n_fields)).collect();
    for chunk in numbers.chunks(FORMS_PER_TRANSACTION) {
        let forms: Vec<StoredForm> = std::thread::scope(|scope| {
            let parts = chunk.chunks(chunk.len().div_ceil(n_threads));
            let read = |part: &[usize]| part.iter().map(|n| stored_form(*n, &vocabulary, &measures)).collect::<Vec<_>>();
            let readers: Vec<_> = parts.map(|part| scope.spawn(move || read(part))).collect();
            readers.into_iter().flat_map(|r| r.join().unwrap_or_default()).collect()
        });
        ensure!(forms.len() == chunk.len(), "{} forms were read of {}", forms.len(), chunk.len());
        let mut tx = store.begin().await?;
        for form in &forms {
            tx.insert_template(form).await?;
        }
        tx.commit().await?;
    }
    store.close().await;
    std::fs::rename(&making, &file)?;
    println!("filled a catalogue of {n_fields} fields in {}", seconds(started.elapsed()));
    Ok(file)
}

fn remove_database(file: &Path) {
    for suffix in ["", "-wal", "-shm"] {
        let mut name = file.as_os_str().to_owned();
        name.push(suffix);
        let _ = std::fs::remove_file(name);
    }
}

/// Cargo's folder for files of benches, on the disk that the sources are on.
pub fn scratch() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
}

/// A folder for one run, removed in the end.
pub fn temporary() -> anyhow::Result<tempfile::TempDir> {
    tempfile::tempdir_in(scratch()).context("no folder for files")
}

/// A line of a process's status in the kernel, in MiB: `VmRSS` for what it holds, `VmHWM` for the most it held.
pub fn memory_mib(process: u32, line: &str) -> anyhow::Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let kib = status.lines().find_map(|l| l.strip_prefix(line)?.strip_prefix(':')?.trim().strip_suffix(" kB")?.parse::<f64>().ok());
    Ok(kib.with_context(|| format!("the kernel tells no {line}"))? / 1024.0)
}

/// Processor time of this process so far, in steps of the kernel's clock of 10 ms.
pub fn cpu_time() -> anyhow::Result<Duration> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    // The name of the program may hold spaces; after it, user and system time are the twelfth and thirteenth words.
    let words = stat.rsplit_once(')').context("the kernel tells no time")?.1.split_whitespace();
    let ticks = words.skip(11).take(2).map(str::parse::<u64>).sum::<Result<u64, _>>()?;
    Ok(Duration::from_millis(ticks * 10))
}

/// Milliseconds with three places.
pub fn millis(time: Duration) -> String {
    format!("{:.3} ms", time.as_secs_f64() * 1e3)
}

/// Seconds with two places.
pub fn seconds(time: Duration) -> String {
    format!("{:.2} s", time.as_secs_f64())
}

/// How many times longer `time` is than `other`.
pub fn ratio(time: f64, other: f64) -> String {
    format!("{:.3}", time / other)
}

/// Median of some times.
pub fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// Prints rows under a heading, columns aligned; the first row names the columns.
pub fn table(title: &str, rows: &[Vec<String>]) {
    let n_columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let width = |c: usize| rows.iter().filter_map(|r| r.get(c)).map(|t| t.chars().count()).max().unwrap_or_default();
    let widths: Vec<usize> = (0..n_columns).map(width).collect();
    let mut text = format!("\n{title}\n");
    for (n, row) in rows.iter().enumerate() {
        for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
            let _ = if column == 0 { write!(text, "  {cell:<width$}") } else { write!(text, "  {cell:>width$}") };
        }
        text.push('\n');
        if n == 0 {
            let _ = writeln!(text, "  {}", widths.iter().map(|w| "-".repeat(*w)).collect::<Vec<_>>().join("  "));
        }
    }
    print!("{text}");
}

/// A row of a table.
pub fn row<const N: usize>(cells: [&str; N]) -> Vec<String> {
    cells.map(str::to_owned).to_vec()
}
