//! Template files on their way into a catalogue: found in folders, read, and given an organisation where the file names none.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;

use crate::cli::client::answer::read_file;
use crate::domain::id::{FormId, OrganisationId};
use crate::domain::measure::Measures;
use crate::domain::message::{Language, render};
use crate::domain::problem::{Code, Place, Problem};
use crate::domain::template::{FormTemplate, RegisteredTemplate};
use crate::formats::template_json::{ReadTemplate, TemplateDefaults, read_template};
use crate::overlap::{Catalogue, Vocabulary, read_form};

/// Deepest folder below the one that was named.
const MAX_DEPTH: usize = 8;
/// Stands for "the file names no organisation" while it is read; no real id has this form.
const NO_ORGANISATION: &str = "\u{2205}";
/// Longest organisation id that is made from a department's name, in characters.
const MAX_MADE_CHARS: usize = 60;

/// Template files that were read.
#[derive(Debug, Default)]
pub struct ReadFiles {
    /// Templates without an error, in the order of their files.
    pub templates: Vec<FormTemplate>,
    /// Every problem, warnings among them; the place names the file.
    pub problems: Vec<Problem>,
    /// Files in folders that are JSON and no templates.
    pub skipped: Vec<PathBuf>,
}

impl ReadFiles {
    /// Whether something was refused.
    pub fn has_errors(&self) -> bool {
        self.problems.iter().any(Problem::is_error)
    }

    /// The problems for standard error, one line each; without the warnings where only errors are wanted.
    pub fn told(&self, language: Language, with_warnings: bool) -> String {
        let told = self.problems.iter().filter(|p| with_warnings || p.is_error());
        let mut text: String = told.map(|p| format!("[{}] {}\n", p.code, render(p, language))).collect();
        let n_warnings = self.problems.iter().filter(|p| !p.is_error()).count();
        if !with_warnings && n_warnings > 0 {
            text.push_str(&match language {
                Language::Zh => format!("{n_warnings} 条提醒没有列出，用 baoyici read 可看\n"),
                Language::En => format!("{n_warnings} warnings are not listed; `baoyici read` shows them\n"),
            });
        }
        for file in &self.skipped {
            text.push_str(&match language {
                Language::Zh => format!("{}：不是报表模板，已跳过\n", file.display()),
                Language::En => format!("{}: no form template, skipped\n", file.display()),
            });
        }
        text
    }
}

/// Reads the template files named, and those in the folders named. A form id that comes twice is refused the second time.
pub fn read_paths(paths: &[PathBuf], year: i16, measures: &Measures) -> anyhow::Result<ReadFiles> {
    let mut found = ReadFiles::default();
    let mut seen: BTreeSet<FormId> = BTreeSet::new();
    for path in paths {
        let in_folder = path.is_dir();
        let files = if in_folder { files_below(path, 0)? } else { vec![path.clone()] };
        for file in files {
            let bytes = read_file(&file)?;
            if in_folder && !looks_like_template(&bytes) {
                found.skipped.push(file);
                continue;
            }
            let name = file.display().to_string();
            let (template, problems) = read_one(&bytes, year, measures);
            found.problems.extend(problems.into_iter().map(|p| in_file(p, &name)));
            let Some(template) = template else { continue };
            if seen.insert(template.id.clone()) {
                found.templates.push(template);
            } else {
                let twice = Problem::new(Code::RequestValueUnknown).arg("what", "form_id (twice)").arg("value", &template.id);
                found.problems.push(in_file(twice, &name));
            }
        }
    }
    Ok(found)
}

/// Reads one file; the template only where nothing stands against it.
fn read_one(bytes: &[u8], year: i16, measures: &Measures) -> (Option<FormTemplate>, Vec<Problem>) {
    let defaults = TemplateDefaults { organisation: OrganisationId::from_stored(NO_ORGANISATION), year };
    match read_template(bytes, &defaults, measures) {
        Ok(read) => {
            let is_acceptable = read.is_acceptable();
            let ReadTemplate { mut template, problems } = read;
            if template.organisation.as_str() == NO_ORGANISATION {
                template.organisation = organisation_of(&template.department);
            }
            (is_acceptable.then_some(template), problems)
        }
        Err(problems) => (None, problems),
    }
}

/// An organisation id made from the name of a department as printed: brackets and what stands in them go, white space too.
fn organisation_of(department: &str) -> OrganisationId {
    let outside = department.split(['（', '(']).next().unwrap_or_default();
    let plain: String = outside.chars().filter(|c| !c.is_control() && !c.is_whitespace()).take(MAX_MADE_CHARS).collect();
    OrganisationId::parse(&plain).unwrap_or_else(|_| OrganisationId::from_stored("unknown"))
}

fn in_file(problem: Problem, file: &str) -> Problem {
    let place: Place = problem.place.clone().in_file(file);
    problem.at(place)
}

/// JSON files below a folder, by name.
fn files_below(folder: &Path, depth: usize) -> anyhow::Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let mut paths = entries.map(|entry| entry.map(|e| e.path())).collect::<Result<Vec<PathBuf>, _>>()?;
    paths.sort();
    let mut found = Vec::new();
    for path in paths {
        if path.is_dir() && depth < MAX_DEPTH {
            found.extend(files_below(&path, depth + 1)?);
        } else if path.is_file() && path.extension().is_some_and(|e| e.eq_ignore_ascii_case("json")) {
            found.push(path);
        }
    }
    Ok(found)
}

/// Whether a JSON file of a folder means to be a template. A file that was named itself is read whatever it is.
fn looks_like_template(bytes: &[u8]) -> bool {
    bytes.windows(9).any(|w| w == b"\"form_id\"") && bytes.windows(8).any(|w| w == b"\"fields\"")
}

/// A catalogue of the templates, each as the first version of its form.
pub fn catalogue_of(templates: Vec<FormTemplate>, measures: &Arc<Measures>) -> anyhow::Result<Catalogue> {
    let vocabulary = Vocabulary::embedded().context("the embedded vocabulary")?;
    let mut catalogue = Catalogue::new(Arc::clone(measures));
    for template in templates {
        let field_keys = template.field_keys(1, None);
        let fields = read_form(&vocabulary, measures, &template, &field_keys);
        let form = RegisteredTemplate { template, version: 1, field_keys, registered_at: jiff::Timestamp::UNIX_EPOCH };
        catalogue.insert(Arc::new(form), fields);
    }
    Ok(catalogue)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORM: &str = r#"{"form_id":"f1","title":"表","department":"青岚省 统计局（农村处）","number":"1","authority":"a","approval":"b",
        "level":"village","frequency":"annual","fields":[{"field_id":"A1","label":"年末常住人口","unit":"人"}]}"#;

    #[test]
    fn folders_are_searched_and_organisations_made() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir(at("sub")).unwrap();
        std::fs::write(at("sub/a.json"), FORM).unwrap();
        std::fs::write(at("b.json"), FORM).unwrap();
        std::fs::write(at("values.json"), "{}").unwrap();
        std::fs::write(at("labels.jsonl"), "{}").unwrap();
        let read = read_paths(&[folder.path().to_owned()], 2026, &Measures::embedded()).unwrap();
        let forms: Vec<(&str, &str, i16)> = read.templates.iter().map(|t| (t.id.as_str(), t.organisation.as_str(), t.year)).collect();
        assert_eq!(forms, [("f1", "青岚省统计局", 2026)]);
        assert_eq!(read.skipped, [at("values.json")]);
        let errors: Vec<Code> = read.problems.iter().filter(|p| p.is_error()).map(|p| p.code).collect();
        assert_eq!(errors, [Code::RequestValueUnknown], "the second file of the same form");
        assert!(read.told(Language::Zh, false).contains("a.json"));
    }

    #[test]
    fn departments_become_ids() {
        for (name, id) in
            [("浙江省 民政厅", "浙江省民政厅"), ("", "unknown"), ("（）", "unknown"), ("广西扶贫办（数据提供：民政）", "广西扶贫办")]
        {
            assert_eq!(organisation_of(name).as_str(), id);
        }
    }

    #[test]
    fn a_file_that_was_named_is_not_skipped() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("x.json");
        std::fs::write(&file, "{}").unwrap();
        let read = read_paths(&[file], 2026, &Measures::embedded()).unwrap();
        assert!(read.has_errors() && read.templates.is_empty());
    }
}
