//! The whole catalogue again, as after a new vocabulary: every relation of 10⁴, 10⁵ and 10⁶ fields, with time, memory and what was found.
//!
//! Each size runs in a process of its own, so that its peak of memory is its own. Beside the relations it tells what share of the generator's
//! own duplicates lie in one element, and what share of the pairs that are worth a look the index lets meet (every pair compared at the
//! smallest size, a sample of elements compared with all at the others).
#![allow(clippy::indexing_slicing, reason = "the generator picks from lists by numbers it took modulo their lengths")]

#[path = "generator.rs"]
#[allow(dead_code, reason = "shared by benches that use parts of it")]
mod generator;
#[path = "support.rs"]
#[allow(dead_code, reason = "shared by benches that use parts of it")]
mod support;

use std::collections::HashMap;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, bail};
use baoyici::domain::id::FormId;
use baoyici::domain::measure::Measures;
use baoyici::domain::relation::RelationKind;
use baoyici::overlap::Catalogue;
use support::{memory_mib, row, seconds};

/// Elements compared with all others where all pairs would be too many.
const N_SAMPLED: usize = 500;

fn main() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(at) = arguments.iter().position(|a| a == "measure") {
        // Beside a peer nothing but the time is asked, so the proof of blocking is left out.
        let is_proven = arguments.get(at + 2).is_none_or(|mode| mode != "time");
        return runtime.block_on(measure(Path::new(arguments.get(at + 1).context("no file")?), is_proven));
    }
    let sizes: &[usize] = if support::is_full() { &[10_000, 100_000, 1_000_000] } else { &[2_000, 10_000] };
    let mut rows = vec![row([
        "fields",
        "elements",
        "relations",
        "look alike",
        "time",
        "memory before",
        "peak",
        "duplicates in one element",
        "right of one element",
        "blocking recall",
        "of the best kept",
        "pairs checked",
    ])];
    for n_fields in sizes {
        let filled = runtime.block_on(support::filled(*n_fields))?;
        let output = Command::new(std::env::current_exe()?).arg("measure").arg(&filled).output()?;
        if !output.status.success() {
            bail!("measuring {n_fields} fields failed: {}", String::from_utf8_lossy(&output.stderr));
        }
        rows.push(String::from_utf8(output.stdout)?.trim_end().split('\t').map(str::to_owned).collect());
        // What took minutes is told at once.
        println!("{}", rows.last().map(|r| r.join("  ")).unwrap_or_default());
    }
    support::table("every relation of a catalogue, found again", &rows);
    Ok(())
}

/// Measures one catalogue and prints one line of cells.
async fn measure(file: &Path, is_proven: bool) -> anyhow::Result<()> {
    let process = std::process::id();
    let catalogue = load(file).await?;
    let snapshot = catalogue.snapshot();
    let resident = memory_mib(process, "VmRSS")?;
    let started = Instant::now();
    let relations = snapshot.relations().await?;
    let took = started.elapsed();
    let peak = memory_mib(process, "VmHWM")?;
    let n_alike = relations.n_of(&[RelationKind::LooksAlike]);
    let (n_relations, n_elements) = (relations.len(), snapshot.n_elements());
    drop(relations);
    let (n_true, n_one, n_right) = duplicates(&catalogue);
    let share = |n: u64, of: u64| if of == 0 { 1.0 } else { n as f64 / of as f64 };
    let step = match n_elements {
        n if !is_proven => n.max(1),
        n if n <= 10_000 => 1,
        n => n / N_SAMPLED,
    };
    let recall = snapshot.blocking_recall(step, baoyici::overlap::LOOK_ALIKE_SCORE).await?;
    let cells = [
        catalogue.n_fields().to_string(),
        n_elements.to_string(),
        n_relations.to_string(),
        n_alike.to_string(),
        seconds(took),
        format!("{resident:.0} MiB"),
        format!("{peak:.0} MiB"),
        format!("{:.4}", share(n_right, n_true)),
        format!("{:.4}", share(n_right, n_one)),
        format!("{:.5}", recall.share()),
        format!("{:.5}", recall.share_of_best()),
        recall.n_worth.to_string(),
    ];
    println!("{}", cells.join("\t"));
    Ok(())
}

async fn load(file: &Path) -> anyhow::Result<Catalogue> {
    let store = support::open_store(file).await?;
    let mut catalogue = Catalogue::new(Arc::new(Measures::embedded()));
    let mut after: Option<FormId> = None;
    loop {
        let forms = store.newest_templates(after.as_ref(), 512).await?;
        let Some(last) = forms.last() else { break };
        after = Some(last.template.template.id.clone());
        for form in forms {
            catalogue.insert(Arc::new(form.template), form.fields);
        }
    }
    store.close().await;
    Ok(catalogue)
}

/// Pairs of fields that ask for one figure (the generator gave them the same words, whatever their units of measure), pairs of fields that lie in
/// one element, and pairs that are both.
fn duplicates(catalogue: &Catalogue) -> (u64, u64, u64) {
    type Words<'a> = (&'a str, &'a [String], &'a str);
    let (mut figures, mut elements): (HashMap<Words<'_>, u64>, HashMap<i64, u64>) = (HashMap::new(), HashMap::new());
    let mut both: HashMap<(Words<'_>, i64), u64> = HashMap::new();
    for form in catalogue.forms() {
        for (printed, field) in form.template.fields.iter().zip(catalogue.fields_of_form(&form.template.id)) {
            let (figure, element) = ((printed.label.as_str(), printed.path.as_slice(), printed.note.as_str()), field.element().to_stored());
            *figures.entry(figure).or_default() += 1;
            *elements.entry(element).or_default() += 1;
            *both.entry((figure, element)).or_default() += 1;
        }
    }
    let pairs = |n: &u64| n * n.saturating_sub(1) / 2;
    (figures.values().map(pairs).sum(), elements.values().map(pairs).sum(), both.values().map(pairs).sum())
}
