//! Who may import whom, and who alone may name which crate.
//!
//! The two tables are the layer rule of `ARCHITECTURE.md`; production code keeps it, test code may reach anywhere.

use crate::source::{Source, expand_path, find_words};

/// Layers below `src/` and what of ours each may import beside itself. `lib.rs`, `main.rs` and `cli` wire everything together.
const MAY_IMPORT: [(&str, &[&str]); 14] = [
    ("domain", &[]),
    ("planning", &["domain"]),
    ("overlap", &["domain"]),
    ("formats", &["domain"]),
    ("metrics", &[]),
    ("config", &["domain"]),
    ("telemetry", &["config"]),
    ("pb", &[]),
    ("store", &["domain", "metrics"]),
    ("dataset", &["domain", "store", "metrics"]),
    ("app", &["domain", "overlap", "planning", "formats", "dataset", "store"]),
    ("service", &["app", "dataset", "domain", "pb", "metrics"]),
    ("gateway", &["app", "domain", "metrics"]),
    (
        "cli",
        &[
            "domain",
            "planning",
            "overlap",
            "formats",
            "metrics",
            "config",
            "telemetry",
            "pb",
            "store",
            "dataset",
            "app",
            "service",
            "gateway",
        ],
    ),
];

/// Parts of `store` that only wiring may name: the layers above speak to the traits.
const STORE_ENGINES: [&str; 5] = ["sqlite", "postgres", "sql", "observed", "fault"];

/// Crates and the layers that alone may name them. A name that ends in `_` stands for all crates that begin so.
const MAY_NAME: [(&str, &[&str]); 27] = [
    ("arrow", &["overlap", "dataset", "cli"]),
    ("arrow_", &["overlap", "dataset", "cli"]),
    ("datafusion", &["overlap", "dataset", "cli"]),
    ("datafusion_", &["overlap", "dataset", "cli"]),
    ("arrow_flight", &["service", "cli"]),
    ("tonic", &["service", "pb", "cli"]),
    ("tonic_", &["service", "pb", "cli"]),
    ("prost", &["service", "pb", "cli"]),
    ("prost_", &["service", "pb", "cli"]),
    ("axum", &["gateway", "cli"]),
    ("hyper", &["service", "gateway", "cli"]),
    ("tower", &["service", "gateway", "cli"]),
    ("tower_", &["service", "gateway", "cli"]),
    ("sqlx", &["store"]),
    ("calamine", &["formats"]),
    ("rust_xlsxwriter", &["formats"]),
    ("umya_spreadsheet", &["formats"]),
    ("csv", &["formats"]),
    ("good_lp", &["planning"]),
    ("petgraph", &["planning"]),
    ("clap", &["cli"]),
    ("comfy_table", &["cli"]),
    ("anyhow", &["cli", "main"]),
    ("figment", &["config", "cli"]),
    ("tracing_subscriber", &["telemetry", "cli"]),
    ("metrics_exporter_prometheus", &["metrics", "telemetry", "cli"]),
    ("metrics_util", &["metrics", "telemetry", "cli"]),
];

/// Code that `domain` and `planning` must not contain: time, chance, the outside world and waiting are passed in.
const IMPURE: [&str; 19] = [
    "std::fs",
    "std::net",
    "std::env",
    "std::process",
    "std::io",
    "std::thread",
    "SystemTime",
    "Instant",
    "Timestamp::now",
    "Zoned::now",
    "Uuid::new_v4",
    "Uuid::now_v7",
    "getrandom",
    "rand",
    "tokio",
    "futures",
    "async",
    "await",
    "tracing",
];

/// Faults of one file against the layer rule.
pub fn check(source: &Source) -> Vec<String> {
    let Some(layer) = source.layer() else { return Vec::new() };
    if matches!(layer, "lib" | "main") {
        return process_exits(source, layer);
    }
    let Some((_, may_import)) = MAY_IMPORT.iter().find(|(name, _)| *name == layer) else {
        return vec![format!("{}: {layer} is no layer; add it to tests/tidy/layers.rs with what it may import", source.path)];
    };
    let mut faults = imports(source, layer, may_import);
    faults.extend(crates(source, layer));
    faults.extend(process_exits(source, layer));
    if matches!(layer, "domain" | "planning") {
        for word in IMPURE {
            let found = find_words(&source.production, word);
            faults.extend(found.map(|at| at_line(source, at, &format!("{layer} is pure and may not use {word}: pass it in"))));
        }
    }
    if layer == "service" && !source.path.ends_with("/status.rs") {
        faults.extend(made_statuses(source));
    }
    faults
}

fn at_line(source: &Source, position: usize, what: &str) -> String {
    format!("{}:{}: {what}", source.path, source.line(position))
}

/// Every path of the file that begins at the crate root, with its position; `super` is followed up to the root.
fn own_paths(source: &Source) -> Vec<(usize, Vec<String>)> {
    let code = &source.production;
    let mut found = Vec::new();
    for at in find_words(code, "crate") {
        let rest = code.get(at..).unwrap_or_default();
        found.extend(expand_path(rest).into_iter().map(|p| (at, p.into_iter().skip(1).collect())));
    }
    let depth = source.module().len();
    for at in find_words(code, "super") {
        let before = code.get(..at).unwrap_or_default().trim_end();
        if before.ends_with("::") {
            continue;
        }
        for path in expand_path(code.get(at..).unwrap_or_default()) {
            let n_up = path.iter().take_while(|name| *name == "super").count();
            if n_up >= depth {
                found.push((at, path.into_iter().skip(n_up).collect()));
            }
        }
    }
    found
}

fn imports(source: &Source, layer: &str, may_import: &[&str]) -> Vec<String> {
    let mut faults = Vec::new();
    for (at, path) in own_paths(source) {
        let Some(target) = path.first().map(String::as_str).filter(|t| *t != layer) else { continue };
        if !MAY_IMPORT.iter().any(|(name, _)| *name == target) {
            continue;
        }
        if !may_import.contains(&target) {
            faults.push(at_line(source, at, &format!("{layer} may not import {target}")));
        }
        let reaches_engine = target == "store" && path.get(1).is_some_and(|part| STORE_ENGINES.contains(&part.as_str()));
        if reaches_engine && layer != "cli" {
            faults.push(at_line(source, at, &format!("{layer} may use the traits of store only, not {}", path.join("::"))));
        }
        let before = source.production.get(..at).unwrap_or_default().trim_end();
        if before.ends_with("pub use") {
            faults.push(at_line(source, at, &format!("{layer} passes on {target} by `pub use`: each layer is imported where it is")));
        }
    }
    faults
}

/// Names of our own modules in the file, from `crate::…::name` and `mod name`, so that they are no crates there.
fn own_names(source: &Source) -> Vec<String> {
    let mut names: Vec<String> = own_paths(source).into_iter().flat_map(|(_, path)| path).collect();
    for at in find_words(&source.production, "mod") {
        let name = source.production.get(at + 3..).unwrap_or_default().trim_start();
        names.push(name.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect());
    }
    names
}

fn crates(source: &Source, layer: &str) -> Vec<String> {
    let bound = own_names(source);
    let mut faults = Vec::new();
    for (at, name) in extern_names(&source.production) {
        let rule = MAY_NAME.iter().find(|(n, _)| *n == name);
        let rule = rule.or_else(|| MAY_NAME.iter().find(|(n, _)| n.ends_with('_') && name.starts_with(n)));
        let Some((_, may)) = rule else { continue };
        if !may.contains(&layer) && !bound.iter().any(|b| b == name) {
            faults.push(at_line(source, at, &format!("{layer} may not name {name}; only {} may", may.join(", "))));
        }
    }
    faults
}

/// First names of paths: words before `::` that no `::` or `.` precedes, and words after `use` or `extern crate`.
fn extern_names(code: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut from = 0;
    while let Some(start) = code.get(from..).and_then(|rest| rest.find(is_name)).map(|n| from + n) {
        let rest = code.get(start..).unwrap_or_default();
        let name = rest.get(..rest.find(|c| !is_name(c)).unwrap_or(rest.len())).unwrap_or_default();
        from = start + name.len();
        let before = code.get(..start).unwrap_or_default().trim_end();
        let after = code.get(from..).unwrap_or_default().trim_start();
        let follows_path = before.strip_suffix("::").is_some_and(|b| b.ends_with(|c: char| is_name(c) || c == '>'));
        let is_path = after.starts_with("::") && !follows_path && !before.ends_with('.');
        let is_used = before.ends_with("use") || before.ends_with("extern crate");
        if is_path || is_used {
            found.push((start, name));
        }
    }
    found
}

fn process_exits(source: &Source, layer: &str) -> Vec<String> {
    if matches!(layer, "cli" | "main") {
        return Vec::new();
    }
    let mut faults = Vec::new();
    for what in ["process::exit", "process::abort"] {
        faults.extend(find_words(&source.production, what).map(|at| at_line(source, at, &format!("only cli may call {what}"))));
    }
    for what in ["println!", "eprintln!", "print!", "eprint!"] {
        let word = what.trim_end_matches('!');
        let found =
            find_words(&source.production, word).filter(|at| source.production.get(at + word.len()..).is_some_and(|r| r.starts_with('!')));
        faults.extend(found.map(|at| at_line(source, at, &format!("only cli prints; {layer} logs through tracing"))));
    }
    faults
}

/// `tonic::Status` is made in one place, where the match over all errors is exhaustive.
fn made_statuses(source: &Source) -> Vec<String> {
    let code = &source.production;
    let is_made = |at: &usize| {
        let rest = code.get(at + "Status".len()..).unwrap_or_default();
        rest.strip_prefix("::").is_some_and(|r| r.starts_with(|c: char| c.is_ascii_lowercase()))
    };
    find_words(code, "Status").filter(is_made).map(|at| at_line(source, at, "only service/status.rs makes a tonic::Status")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checks a file of one line; `expect` is what the only fault says, or empty for none.
    fn check_one(path: &str, text: &str, expect: &str) {
        let faults = check(&Source::new(path, text));
        let is_expected =
            if expect.is_empty() { faults.is_empty() } else { faults.len() == 1 && faults.iter().all(|f| f.contains(expect)) };
        assert!(is_expected, "{path} {text}: {faults:?}");
    }

    #[test]
    fn imports_follow_the_table() {
        check_one("src/app/submit.rs", "use crate::domain::id::FormId; use crate::store::Store;", "");
        check_one("src/domain/x.rs", "use crate::domain::id::FormId;", "");
        check_one("src/domain/x.rs", "use crate::store::Store;", "domain may not import store");
        check_one("src/planning/x.rs", "use crate::{domain::id, overlap::label};", "planning may not import overlap");
        check_one("src/planning/x.rs", "fn f() -> crate::app::Error {}", "planning may not import app");
        check_one("src/service/x.rs", "use crate::cli::run;", "service may not import cli");
        check_one("src/cli/x.rs", "use crate::store::sqlite::open; use crate::service;", "");
        check_one("src/news/x.rs", "", "news is no layer");
    }

    #[test]
    fn super_is_followed_to_the_root() {
        check_one("src/domain/mod.rs", "use super::store::Store;", "domain may not import store");
        check_one("src/store/sqlite/mod.rs", "use super::super::app::x;", "store may not import app");
        check_one("src/store/sqlite/mod.rs", "use super::sql::x;", "");
        check_one("src/domain/problem.rs", "use super::super::overlap;", "domain may not import overlap");
    }

    #[test]
    fn store_is_reached_through_its_traits() {
        check_one("src/app/x.rs", "use crate::store::sqlite::SqliteStore;", "traits of store only");
        check_one("src/dataset/x.rs", "use crate::store::{Reads, sql::q};", "traits of store only");
        check_one("src/dataset/x.rs", "use crate::store::{Reads, Error};", "");
        check_one("src/app/x.rs", "#[cfg(test)]\nmod tests { use crate::store::sqlite::SqliteStore; }", "");
        check_one("src/app/mod.rs", "pub use crate::domain::id::FormId;", "passes on domain");
    }

    #[test]
    fn crates_are_named_where_they_belong() {
        check_one("src/overlap/x.rs", "use datafusion::prelude::*; use arrow::array::ArrayRef;", "");
        check_one("src/dataset/x.rs", "use arrow_schema::Schema;", "");
        check_one("src/app/x.rs", "fn f() { arrow::array::f() }", "app may not name arrow");
        check_one("src/service/flight.rs", "use arrow_flight::FlightData;", "");
        check_one("src/dataset/x.rs", "use arrow_flight::FlightData;", "dataset may not name arrow_flight");
        check_one("src/store/x.rs", "use tonic as t;", "store may not name tonic");
        check_one("src/app/x.rs", "use ::sqlx::query;", "app may not name sqlx");
        check_one("src/store/x.rs", "sqlx::query(1);", "");
        check_one("src/app/x.rs", "use crate::formats::csv; fn f() { csv::parse() }", "");
        check_one("src/app/x.rs", "use crate::formats::{csv::read, json};", "");
        check_one("src/app/x.rs", "// sqlx::query\nconst A: &str = \"use sqlx::query\";", "");
        check_one("src/app/x.rs", "fn f() { a.csv::<u8>(); crate::formats::csv::read() }", "");
    }

    #[test]
    fn pure_layers_wait_for_nothing() {
        check_one("src/domain/x.rs", "let now = Timestamp::now();", "Timestamp::now");
        check_one("src/planning/x.rs", "async fn f() {}", "async");
        check_one("src/app/x.rs", "async fn f() {}", "");
        check_one("src/domain/x.rs", "/// An async word.\nfn brand() {}", "");
    }

    #[test]
    fn only_cli_prints_and_exits() {
        check_one("src/app/x.rs", "std::process::exit(1)", "only cli may call process::exit");
        check_one("src/cli/x.rs", "std::process::exit(1); println!()", "");
        check_one("src/store/x.rs", "println!(\"a\")", "only cli prints");
        check_one("src/lib.rs", "use crate::anything;", "");
    }

    #[test]
    fn statuses_are_made_in_one_place() {
        check_one("src/service/unit.rs", "Err(Status::internal(\"x\"))", "only service/status.rs");
        check_one("src/service/unit.rs", "fn f() -> Result<(), Status> {}", "");
        check_one("src/service/status.rs", "Status::with_details(a)", "");
    }
}
