//! Habits that only a check keeps alive: openings, sizes, notes for later, tests that hide, log messages, forgotten files, private paths.

use std::collections::BTreeSet;

use crate::source::{Source, find_words, is_word};

/// Most lines of production code in one file.
const MAX_PRODUCTION_LINES: usize = 600;
/// Most lines of `src/main.rs`, which only parses, calls and exits.
const MAX_MAIN_LINES: usize = 40;

/// Faults of one Rust file.
pub fn check(source: &Source) -> Vec<String> {
    let mut faults = Vec::from_iter(opening(source));
    faults.extend(size(source));
    faults.extend(hidden_tests(source));
    faults.extend(log_messages(source));
    faults
}

fn opening(source: &Source) -> Option<String> {
    let has_doc = source.text.lines().next().is_some_and(|line| line.starts_with("//!") && line.len() > 12);
    (!has_doc).then(|| format!("{}:1: a file opens with //! and says what it is for", source.path))
}

fn size(source: &Source) -> Option<String> {
    let limit = if source.path == "src/main.rs" { MAX_MAIN_LINES } else { MAX_PRODUCTION_LINES };
    let n = if source.path.starts_with("tests/") { source.text.lines().count() } else { source.n_production_lines() };
    (n > limit).then(|| format!("{}: {n} lines, at most {limit}: split it by subject", source.path))
}

/// Tests run always, at once, one time each: nothing ignored, expected to panic, slept through or tried again.
fn hidden_tests(source: &Source) -> Vec<String> {
    let mut faults = Vec::new();
    let mut tell = |at: usize, what: &str| faults.push(format!("{}:{}: {what}", source.path, source.line(at)));
    for (word, why) in [("ignore", "a test that is ignored protects nothing"), ("should_panic", "name the error that is expected")] {
        for at in find_words(&source.code, word) {
            let before = source.code.get(..at).unwrap_or_default().trim_end();
            if before.ends_with("#[") || (before.ends_with(',') && before.rsplit('\n').next().is_some_and(|l| l.contains("cfg_attr"))) {
                tell(at, why);
            }
        }
    }
    for at in find_words(&source.code, "sleep") {
        let is_call = source.code.get(at + "sleep".len()..).is_some_and(|rest| rest.starts_with('('));
        let is_in_test = source.production.as_bytes().get(at) == Some(&b' ');
        if is_call && is_in_test {
            tell(at, "a test does not sleep: it waits for what it waits for, or sets the clock");
        }
    }
    faults
}

/// Log messages are lowercase, without a full stop: values stand in fields.
fn log_messages(source: &Source) -> Vec<String> {
    let mut faults = Vec::new();
    for level in ["trace", "debug", "info", "warn", "error"] {
        for at in find_words(&source.code, level) {
            let open = at + level.len();
            if !source.code.get(open..).is_some_and(|rest| rest.starts_with("!(")) {
                continue;
            }
            let Some(message) = message_of(source, open + 2) else { continue };
            let starts_well = message.starts_with(|c: char| c.is_lowercase() || c.is_ascii_digit() || c == '{');
            if !starts_well || message.ends_with(['.', '。', '!', '！']) {
                faults.push(format!("{}:{}: log message {message:?}: lowercase, no full stop", source.path, source.line(at)));
            }
        }
    }
    faults
}

/// The message among the arguments of a logging macro: the first literal that stands alone, not behind `=` or `:`.
fn message_of(source: &Source, open: usize) -> Option<String> {
    let mut depth = 1_usize;
    let mut before = ',';
    let mut at = open;
    let bytes = source.code.as_bytes();
    while depth > 0 {
        match *bytes.get(at)? {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth -= 1,
            b'"' => {
                let length = source.code.get(at + 1..)?.find('"')?;
                if depth == 1 && before == ',' {
                    return source.text.get(at + 1..at + 1 + length).map(str::to_owned);
                }
                at += length + 1;
            }
            _ => {}
        }
        if !bytes.get(at)?.is_ascii_whitespace() {
            before = char::from(*bytes.get(at)?);
        }
        at += 1;
    }
    None
}

/// Words for work left for later; each needs the number of an issue beside it.
const LATER: [&str; 4] = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X"), concat!("HA", "CK")];

/// Places of one person's machine, which no file names. `../shared` is one of them wherever the product itself could read it.
const PRIVATE: [&str; 3] = [concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/ho", "me/")];
const SHARED: &str = concat!("../sha", "red");

/// Faults of any text file: notes for later without an issue, and private paths.
pub fn check_text(path: &str, text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for (n, line) in text.lines().enumerate() {
        let mut tell = |what: &str| faults.push(format!("{path}:{}: {what}", n + 1));
        for word in LATER {
            if find_words(line, word).any(|at| !names_an_issue(line.get(at + word.len()..).unwrap_or_default())) {
                tell(&format!("{word} without an issue: write {word}(#number)"));
            }
        }
        if PRIVATE.iter().any(|place| stands_alone(line, place)) {
            tell("names a path of one machine");
        }
        let is_product = ["src/", "schemas/", "proto/", "benches/", "web/"].iter().any(|folder| path.starts_with(folder));
        if is_product && line.contains(SHARED) {
            tell("the product does not know the folder of shared data: `make corpus` passes it in");
        }
    }
    faults
}

fn names_an_issue(rest: &str) -> bool {
    let number = rest.trim_start().trim_start_matches(['(', ':', ' ']);
    number.strip_prefix('#').is_some_and(|n| n.starts_with(|c: char| c.is_ascii_digit()))
}

/// Whether `place` stands in the line as a path of its own and not inside a longer one.
fn stands_alone(line: &str, place: &str) -> bool {
    line.match_indices(place).any(|(at, _)| {
        at == 0 || line.as_bytes().get(at - 1).is_some_and(|b| !is_word(*b) && !matches!(b, b'.' | b'/' | b'}' | b')' | b'$'))
    })
}

/// Files below `folder` that no `mod` of `roots` reaches; they would compile nowhere, or each into a binary of its own.
pub fn forgotten(files: &[Source], folder: &str, roots: &[&str]) -> Vec<String> {
    let known: BTreeSet<&str> = files.iter().map(|f| f.path.as_str()).collect();
    let mut reached: BTreeSet<String> = BTreeSet::new();
    let mut next: Vec<String> = roots.iter().map(|r| (*r).to_owned()).filter(|r| known.contains(r.as_str())).collect();
    while let Some(path) = next.pop() {
        if !reached.insert(path.clone()) {
            continue;
        }
        let Some(file) = files.iter().find(|f| f.path == path) else { continue };
        let is_root = roots.contains(&path.as_str()) || path.ends_with("/mod.rs");
        let (parent, name) = path.rsplit_once('/').unwrap_or(("", &path));
        let below = if is_root { parent.to_owned() } else { format!("{parent}/{}", name.trim_end_matches(".rs")) };
        for module in declared_modules(file) {
            let places = if module.ends_with(".rs") {
                vec![format!("{parent}/{module}")]
            } else {
                vec![format!("{below}/{module}.rs"), format!("{below}/{module}/mod.rs")]
            };
            next.extend(places.into_iter().filter(|p| known.contains(p.as_str())));
        }
    }
    let lost = files.iter().filter(|f| f.path.starts_with(folder) && !reached.contains(&f.path));
    lost.map(|f| format!("{}: no `mod` of {} reaches it", f.path, roots.join(" or "))).collect()
}

/// Names behind `mod … ;`, or the file that a `#[path]` before it names.
fn declared_modules(file: &Source) -> Vec<String> {
    let mut found = Vec::new();
    for at in find_words(&file.code, "mod") {
        let rest = file.code.get(at + 3..).unwrap_or_default();
        let Some((name, _)) = rest.split_once(';').filter(|(name, _)| name.trim().bytes().all(is_word)) else { continue };
        let before = file.text.get(..at).unwrap_or_default().trim_end();
        let attribute = before.strip_suffix("\"]").and_then(|b| b.rsplit_once("#[path = \"")).map(|(_, path)| path);
        found.push(attribute.filter(|p| !p.contains('\n')).unwrap_or_else(|| name.trim()).to_owned());
    }
    found
}

/// Targets of a Makefile without a `## help`, and targets missing from `.PHONY`.
pub fn check_makefile(text: &str) -> Vec<String> {
    let phony: BTreeSet<&str> = text.lines().filter_map(|l| l.strip_prefix(".PHONY:")).flat_map(str::split_whitespace).collect();
    let mut faults = Vec::new();
    for (n, line) in text.lines().enumerate() {
        let Some((target, rest)) = line.split_once(':') else { continue };
        let is_target = !target.is_empty() && target.bytes().all(|b| b.is_ascii_lowercase() || b == b'-') && !rest.starts_with('=');
        if !is_target {
            continue;
        }
        if !rest.contains("## ") {
            faults.push(format!("Makefile:{}: target {target} has no ## help", n + 1));
        }
        if !phony.contains(target) {
            faults.push(format!("Makefile:{}: target {target} is not in .PHONY", n + 1));
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    fn n_faults(path: &str, text: &str) -> usize {
        check(&Source::new(path, &format!("//! A file for a test.\n{text}"))).len()
    }

    #[test]
    fn files_open_with_their_purpose() {
        assert_eq!(check(&Source::new("src/a.rs", "use std::fmt;\n")).len(), 1);
        assert_eq!(check(&Source::new("src/a.rs", "//! Says what it is for.\n")).len(), 0);
    }

    #[test]
    fn production_part_is_limited() {
        assert_eq!(n_faults("src/a.rs", &"fn f() {}\n".repeat(599)), 0);
        assert_eq!(n_faults("src/a.rs", &"fn f() {}\n".repeat(600)), 1);
        let tests = format!("#[cfg(test)]\nmod tests {{\n{}}}\n", "fn f() {}\n".repeat(900));
        assert_eq!(n_faults("src/a.rs", &tests), 0);
        assert_eq!(n_faults("src/main.rs", &"fn f() {}\n".repeat(40)), 1);
    }

    #[test]
    fn tests_do_not_hide() {
        assert_eq!(n_faults("tests/a.rs", concat!("#[", "ignore]\nfn f() {}")), 1);
        assert_eq!(n_faults("tests/a.rs", concat!("#[", "ignore = \"slow\"]\nfn f() {}")), 1);
        assert_eq!(n_faults("tests/a.rs", "#[should_panic]\nfn f() {}"), 1);
        assert_eq!(n_faults("tests/a.rs", "fn f() { std::thread::sleep(d) }"), 1);
        assert_eq!(n_faults("tests/a.rs", "fn f() { line.ignore() }"), 0);
        assert_eq!(n_faults("src/a.rs", "fn f() { tokio::time::sleep(d) }"), 0);
        assert_eq!(n_faults("src/a.rs", "#[cfg(test)]\nmod tests { fn f() { sleep(d) } }"), 1);
    }

    #[test]
    fn log_messages_are_lowercase_without_full_stop() {
        let check = |text: &str, expect: usize| assert_eq!(n_faults("src/a.rs", text), expect, "{text}");
        check("info!(\"server started\");", 0);
        check("info!(\"Server started\");", 1);
        check("tracing::warn!(target: \"Audit\", name = \"X.\", \"store is full.\");", 1);
        check("error!(error = %e, path = f(\"A.\"), \"cannot write\");", 0);
        check("debug!(n, ?x);", 0);
        check("info!(\n    \"{n} rows\"\n);", 0);
        check("// info!(\"Bad.\")", 0);
    }

    #[test]
    fn later_needs_a_number_and_paths_stay_private() {
        let check = |path: &str, text: &str, expect: usize| assert_eq!(check_text(path, text).len(), expect, "{path} {text}");
        check("src/a.rs", &format!("// {} write it", LATER[0]), 1);
        check("src/a.rs", &format!("// {}(#12): write it", LATER[0]), 0);
        check("src/a.rs", "// Method and mastodon", 0);
        check("README.md", &format!("see {}main", PRIVATE[0]), 1);
        check("README.md", "a frame/work/er and net/home/page", 0);
        check("src/a.rs", &format!("open(\"{SHARED}/corpus\")"), 1);
        check("Makefile", &format!("{SHARED}/corpus"), 0);
    }

    #[test]
    fn forgotten_files_are_found() {
        let files = [
            Source::new("tests/main.rs", "mod store;\n#[path = \"x/y.rs\"]\nmod y;\nmod inline { fn f() {} }\n"),
            Source::new("tests/store/mod.rs", "mod race;\n"),
            Source::new("tests/store/race.rs", "mod deep;\n"),
            Source::new("tests/store/race/deep.rs", ""),
            Source::new("tests/store/lost.rs", ""),
            Source::new("tests/x/y.rs", ""),
        ];
        let lost = forgotten(&files, "tests/", &["tests/main.rs"]);
        assert_eq!(lost, ["tests/store/lost.rs: no `mod` of tests/main.rs reaches it"]);
    }

    #[test]
    fn makefile_targets_have_help() {
        assert_eq!(check_makefile(".PHONY: test\ntest: ## Runs.\n\tx: y\nA := b\n"), Vec::<String>::new());
        assert_eq!(check_makefile("test: lint\n").len(), 2);
    }
}
