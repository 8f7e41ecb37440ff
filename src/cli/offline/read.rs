//! `read`: the templates that files hold, as JSON that `register template` takes; what is wrong with them on standard error.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::cli::client::answer::{Answer, finish, to_stderr};
use crate::cli::client::failure::EXIT_REFUSED;
use crate::cli::client::words::pick;
use crate::cli::offline::files::{ReadFiles, read_paths};
use crate::domain::measure::Measures;
use crate::domain::message::Language;
use crate::formats::template_json::write_template;

/// Read form templates from files and print them as JSON, one document each; needs no server
#[derive(clap::Args, Debug)]
pub struct ReadArgs {
    /// Template files in JSON, or folders of them
    #[arg(required = true, value_name = "FILE")]
    paths: Vec<PathBuf>,
    /// Year of forms that name none
    #[arg(long, default_value_t = 2026)]
    year: i16,
    /// Language of messages
    #[arg(long, env = "BAOYICI_LANGUAGE", value_enum, default_value_t = Language::Zh)]
    language: Language,
}

/// Runs the command: exit code 2 where something was refused, the rest is printed all the same.
pub async fn run(args: ReadArgs) -> anyhow::Result<ExitCode> {
    let language = args.language;
    let (sheets, paths): (Vec<PathBuf>, Vec<PathBuf>) = args.paths.into_iter().partition(|path| is_workbook(path));
    for sheet in &sheets {
        to_stderr(&workbook_line(language, sheet));
    }
    let read: ReadFiles = read_paths(&paths, args.year, &Measures::embedded())?;
    to_stderr(&read.told(language, true));
    let refused = read.has_errors() || !sheets.is_empty();
    let documents: String = read.templates.iter().map(|t| format!("{}\n", write_template(t))).collect();
    let code = finish(language, Ok(Answer::of(documents)));
    Ok(if refused { ExitCode::from(EXIT_REFUSED) } else { code })
}

fn is_workbook(path: &Path) -> bool {
    let kinds = ["xls", "xlsx", "xlsm", "et", "ods"];
    path.extension().and_then(|e| e.to_str()).is_some_and(|e| kinds.contains(&e.to_ascii_lowercase().as_str()))
}

fn workbook_line(language: Language, path: &Path) -> String {
    let remedy = pick(
        language,
        "不支持的文件类型：这一版只读 JSON 模板。请把报表写成 JSON（格式见 schemas/forms/README.md）后再读",
        "unsupported kind of file: this version reads templates in JSON only. Write the form as JSON (schemas/forms/README.md) and try again",
    );
    format!("{}: {remedy}\n", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workbooks_are_told_apart() {
        for (name, expected) in [("a.xlsx", true), ("A.XLS", true), ("a.json", false), ("xlsx", false)] {
            assert_eq!(is_workbook(Path::new(name)), expected, "{name}");
        }
        assert!(workbook_line(Language::En, Path::new("a.xls")).starts_with("a.xls: unsupported kind of file"));
    }

    #[test]
    fn help_is_stable() {
        insta::assert_snapshot!("help_read", crate::cli::client::tests::help_of::<ReadArgs>("read"));
    }
}
