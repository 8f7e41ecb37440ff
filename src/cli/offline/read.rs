//! `read`: the templates that files hold, as JSON that `register template` takes; what is wrong with them on standard error.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::ValueEnum;
use serde_json::json;

use crate::cli::client::answer::{Answer, finish, read_file, to_stderr};
use crate::cli::client::failure::EXIT_REFUSED;
use crate::cli::offline::files::{ReadFiles, read_paths};
use crate::domain::id::OrganisationId;
use crate::domain::measure::Measures;
use crate::domain::message::{Language, render};
use crate::domain::problem::Problem;
use crate::formats::template_json::{write_template, write_template_line};
use crate::formats::workbook::{ReadWorkbook, WorkbookDefaults, read_workbook};

/// Read form templates from workbooks (.xls, .xlsx) and JSON files and print them as JSON, one document each; needs no server
#[derive(clap::Args, Debug)]
pub struct ReadArgs {
    /// Workbooks, template files in JSON, or folders of the latter
    #[arg(required = true, value_name = "FILE")]
    paths: Vec<PathBuf>,
    /// How templates are printed
    #[arg(long, value_enum, default_value_t)]
    format: ReadFormat,
    /// Print instead how each part of a workbook was understood: cell, part, value, how sure; and what was not understood
    #[arg(long)]
    explain: bool,
    /// Year of forms that name none
    #[arg(long, default_value_t = 2026)]
    year: i16,
    /// Language of messages
    #[arg(long, env = "BAOYICI_LANGUAGE", value_enum, default_value_t = Language::Zh)]
    language: Language,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum ReadFormat {
    /// Indented documents
    #[default]
    Json,
    /// One template a line, with the file and the sheet that it was read from
    Jsonl,
}

/// Runs the command: exit code 2 where something was refused, the rest is printed all the same.
pub async fn run(args: ReadArgs) -> anyhow::Result<ExitCode> {
    let measures = Measures::embedded();
    let (books, paths): (Vec<PathBuf>, Vec<PathBuf>) = args.paths.iter().cloned().partition(|path| is_workbook(path));
    let mut out = String::new();
    let mut is_refused = false;
    for path in &books {
        let bytes = read_file(path)?;
        let name = path.display().to_string();
        let defaults = WorkbookDefaults { organisation: OrganisationId::from_stored(""), year: args.year };
        let read = match read_workbook(&bytes, &defaults, &measures) {
            Ok(read) => read,
            Err(problem) => ReadWorkbook { problems: vec![problem], ..ReadWorkbook::default() },
        };
        is_refused |= tell(&read, &name, args.language);
        out.push_str(&if args.explain { explained(&read, &name) } else { printed(&read, &name, args.format) });
    }
    let read: ReadFiles = read_paths(&paths, args.year, &measures)?;
    to_stderr(&read.told(args.language, true));
    if !args.explain {
        out.extend(read.templates.iter().map(|t| match args.format {
            ReadFormat::Json => format!("{}\n", write_template(t)),
            ReadFormat::Jsonl => format!("{}\n", write_template_line(t, "", None)),
        }));
    }
    let code = finish(args.language, Ok(Answer::of(out)));
    Ok(if is_refused || read.has_errors() { ExitCode::from(EXIT_REFUSED) } else { code })
}

/// Tells the problems of a workbook; whether something was refused.
fn tell(read: &ReadWorkbook, file: &str, language: Language) -> bool {
    let problems: Vec<&Problem> = read.problems.iter().chain(read.forms.iter().flat_map(|form| &form.problems)).collect();
    let line = |p: &&Problem| {
        let place = p.place.clone().in_file(file);
        format!("[{}] {}\n", p.code, render(&(*p).clone().at(place), language))
    };
    to_stderr(&problems.iter().map(line).collect::<String>());
    problems.iter().any(|p| p.is_error())
}

fn printed(read: &ReadWorkbook, file: &str, format: ReadFormat) -> String {
    let one = |form: &crate::formats::workbook::SheetForm| match format {
        ReadFormat::Json => format!("{}\n", write_template(&form.template)),
        ReadFormat::Jsonl => format!("{}\n", write_template_line(&form.template, file, Some(&form.sheet))),
    };
    read.forms.iter().map(one).collect()
}

/// One line of JSON for each guess and for each cell that was not understood.
fn explained(read: &ReadWorkbook, file: &str) -> String {
    let mut out = String::new();
    for form in &read.forms {
        for guess in &form.guesses {
            let line = json!({
                "file": file, "sheet": guess.sheet, "cell": guess.cell, "form_id": form.template.id.as_str(), "about": guess.about,
                "part": guess.part, "value": guess.value, "sure": f64::from(guess.sureness) / 100.0,
            });
            out.push_str(&format!("{line}\n"));
        }
    }
    for cell in &read.unread {
        out.push_str(&format!("{}\n", json!({"file": file, "sheet": cell.sheet, "cell": cell.cell, "not_understood": cell.text})));
    }
    out
}

fn is_workbook(path: &Path) -> bool {
    let kinds = ["xls", "xlsx", "xlsm", "xltx", "xltm", "et"];
    path.extension().and_then(|e| e.to_str()).is_some_and(|e| kinds.contains(&e.to_ascii_lowercase().as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workbooks_are_told_apart() {
        for (name, expected) in [("a.xlsx", true), ("A.XLS", true), ("a.json", false), ("xlsx", false)] {
            assert_eq!(is_workbook(Path::new(name)), expected, "{name}");
        }
    }

    #[test]
    fn help_is_stable() {
        insta::assert_snapshot!("help_read", crate::cli::client::tests::help_of::<ReadArgs>("read"));
    }
}
