//! What a command prints and how it ends: the result on standard output, notes and problems on standard error.

use std::io::Write;
use std::process::ExitCode;

use clap::ValueEnum;
use serde_json::Value;

use crate::cli::client::connection::ServerArgs;
use crate::cli::client::failure::{EXIT_REFUSED, Failure};
use crate::cli::client::grid::Grid;
use crate::cli::client::json;
use crate::cli::client::words::pick;
use crate::domain::message::Language;
use crate::pb;

/// How a result is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A table for people
    #[default]
    Table,
    /// JSON with the names of the proto fields
    Json,
    /// CSV with a header
    Csv,
}

/// What a command takes that changes something on the server.
#[derive(clap::Args, Debug)]
pub struct ActArgs {
    /// Request id: the same id with the same content gives the same answer
    #[arg(long, value_name = "ID")]
    request_id: Option<String>,
    /// How the answer is printed
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) server: ServerArgs,
}

impl ActArgs {
    /// The request id that was given, or a new one.
    pub fn request_id(&self) -> String {
        request_id(self.request_id.as_deref())
    }
}

/// What a command prints.
#[derive(Debug, Default)]
pub struct Answer {
    /// The result, for standard output.
    pub out: String,
    /// What else is to be said, for standard error.
    pub notes: String,
    /// Whether a check found what a real call would be refused for: exit code 2.
    pub would_be_refused: bool,
}

impl Answer {
    /// A result without notes.
    pub fn of(out: impl Into<String>) -> Self {
        Self { out: out.into(), ..Self::default() }
    }

    /// A table with a line above it, as people or scripts want it.
    pub fn of_grid(format: Format, language: Language, head: &str, grid: &Grid, message: impl FnOnce() -> Value) -> Self {
        Self::of(match format {
            Format::Table if head.is_empty() => grid.to_table(language),
            Format::Table => format!("{head}\n{}", grid.to_table(language)),
            Format::Json => json::print(&message()),
            Format::Csv => grid.to_csv(),
        })
    }

    /// Adds a line to the notes.
    pub fn note(mut self, line: &str) -> Self {
        if !line.is_empty() {
            self.notes.push_str(line);
            self.notes.push('\n');
        }
        self
    }

    /// Adds problems, warnings mostly, to the notes.
    pub fn with_problems(mut self, language: Language, problems: &[pb::Problem]) -> Self {
        self.would_be_refused |= problems.iter().any(|p| p.severity() == pb::Severity::Error);
        problems.iter().fold(self, |answer, p| answer.note(&format!("[{}] {}", p.code, pick(language, &p.text_zh, &p.text_en))))
    }

    /// Says that a list goes on where it was cut.
    pub fn with_more(self, language: Language, next_cursor: &str) -> Self {
        let more = pick(language, "……后面还有，用 --limit 0 全部列出", "… there is more; --limit 0 lists all");
        if next_cursor.is_empty() { self } else { self.note(more) }
    }
}

/// Prints the outcome of a command and returns its exit code.
pub fn finish(language: Language, outcome: Result<Answer, Failure>) -> ExitCode {
    match outcome {
        Ok(answer) => {
            to_stderr(&answer.notes);
            let printed = to_stdout(answer.out.as_bytes());
            if answer.would_be_refused { ExitCode::from(EXIT_REFUSED) } else { printed }
        }
        Err(failure) => {
            to_stderr(&failure.render(language));
            failure.exit_code()
        }
    }
}

/// Writes a result; a reader that went away (`| head`) is no fault.
pub fn to_stdout(bytes: &[u8]) -> ExitCode {
    let mut out = std::io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

/// Writes notes; where standard error is gone, nobody is there to be told.
pub fn to_stderr(text: &str) {
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}

/// The request id that was given, or a new one.
pub fn request_id(given: Option<&str>) -> String {
    given.map_or_else(|| uuid::Uuid::new_v4().to_string(), ToOwned::to_owned)
}

/// Reads a file, or standard input for `-`.
pub fn read_file(path: &std::path::Path) -> anyhow::Result<Vec<u8>> {
    use anyhow::Context;
    use std::io::Read;
    let mut bytes = Vec::new();
    if path.as_os_str() == "-" {
        std::io::stdin().lock().read_to_end(&mut bytes).context("standard input")?;
        return Ok(bytes);
    }
    let limit = crate::formats::MAX_INPUT_BYTES as u64;
    let file = std::fs::File::open(path).with_context(|| path.display().to_string())?;
    // One byte more than is allowed, so that the reader of the format can refuse the file by its size.
    file.take(limit + 1).read_to_end(&mut bytes).with_context(|| path.display().to_string())?;
    Ok(bytes)
}
