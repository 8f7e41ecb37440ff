//! Tidy: what `ARCHITECTURE.md` asks and no compiler sees, checked by reading the source files. Links nothing of ours, so that it answers in seconds.
//!
//! After rust-analyzer's xtask tidy: rules that are only written down drift. Each check has tests of its own beside it.
#![allow(
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::expect_used,
    reason = "a fault in this tool is a failed test, nothing worse"
)]

#[path = "tidy/habits.rs"]
mod habits;
#[path = "tidy/layers.rs"]
mod layers;
#[path = "tidy/source.rs"]
mod source;

use std::fs;
use std::path::Path;

use source::Source;

/// Folders that hold what was built or fetched, and the records of git; `data` at the top is what a server wrote.
const NOT_OURS: [&str; 5] = ["target", ".git", "node_modules", "dist", "__pycache__"];
/// Texts that others wrote, word for word.
const NOT_READ: [&str; 3] = ["Cargo.lock", "LICENSE", "package-lock.json"];

/// All files of the repository below `folder`, as paths from its root, in order.
fn files_below(folder: &str) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    let Ok(entries) = fs::read_dir(root.join(folder)) else { return found };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
        let Ok(kind) = entry.file_type() else { continue };
        if kind.is_dir() && path != "data" && !NOT_OURS.contains(&name.as_str()) {
            found.extend(files_below(&path));
        } else if kind.is_file() && !NOT_READ.contains(&name.as_str()) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// A file as text; `None` for what is no text.
fn read(path: &str) -> Option<String> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).ok().and_then(|bytes| String::from_utf8(bytes).ok())
}

fn sources(folders: &[&str]) -> Vec<Source> {
    let paths = folders.iter().flat_map(|f| files_below(f)).filter(|p| p.ends_with(".rs"));
    paths.filter_map(|p| read(&p).map(|text| Source::new(&p, &text))).collect()
}

fn assert_none(faults: &[String]) {
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn layers_import_only_what_they_may() {
    let sources = sources(&["src"]);
    assert!(sources.len() > 10, "the source tree was not found");
    assert_none(&sources.iter().flat_map(layers::check).collect::<Vec<_>>());
}

#[test]
fn habits_are_kept() {
    let sources = sources(&["src", "tests", "benches", "proto"]);
    assert_none(&sources.iter().flat_map(habits::check).collect::<Vec<_>>());
}

#[test]
fn notes_name_their_issue_and_paths_stay_private() {
    let texts = files_below("").into_iter().filter_map(|path| read(&path).map(|text| (path, text)));
    assert_none(&texts.flat_map(|(path, text)| habits::check_text(&path, &text)).collect::<Vec<_>>());
}

#[test]
fn no_file_is_forgotten() {
    let sources = sources(&["src", "tests"]);
    let mut faults = habits::forgotten(&sources, "src/", &["src/lib.rs", "src/main.rs"]);
    faults.extend(habits::forgotten(&sources, "tests/", &["tests/main.rs", "tests/tidy.rs"]));
    // Cargo makes a binary of every file directly in tests/ and of every tests/*/main.rs; two are enough to link.
    let is_binary = |path: &str| path.strip_prefix("tests/").is_some_and(|p| !p.contains('/') || p.ends_with("/main.rs"));
    let known = ["tests/main.rs", "tests/tidy.rs"];
    let more = sources.iter().filter(|s| is_binary(&s.path) && !known.contains(&s.path.as_str()));
    faults.extend(more.map(|s| format!("{}: a test binary of its own; make it a module of tests/main.rs", s.path)));
    assert_none(&faults);
}

#[test]
fn makefile_explains_itself() {
    assert_none(&habits::check_makefile(&read("Makefile").unwrap_or_default()));
}
