//! `submit`: sends a filled form, whole or in part, and shows the receipt.

use std::path::PathBuf;
use std::process::ExitCode;

use crate::cli::client::answer::{ActArgs, Answer, Format, finish, read_file};
use crate::cli::client::failure::Failure;
use crate::cli::client::figures_file::read_filled_form;
use crate::cli::client::json::to_json;
use crate::cli::client::receipts::receipts_grid;
use crate::cli::client::words::pick;
use crate::domain::message::{Language, render};
use crate::pb;

/// Submit a filled form: all of it is stored, or none (clerks)
#[derive(clap::Args, Debug)]
pub struct SubmitArgs {
    /// Filled form: CSV as `form blank` writes it, or JSON [{"element","period","value","unit_of_measure","explanation"}]; - for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Code of the reporting unit
    #[arg(long, value_name = "CODE")]
    unit: String,
    /// Due date whose form this is, as 2027-01-20
    #[arg(long, value_name = "DATE")]
    due: String,
    /// Take the cells that are filled and leave the rest for another submission
    #[arg(long)]
    partial: bool,
    /// Check only: tell all problems and store nothing
    #[arg(long)]
    check: bool,
    #[command(flatten)]
    act: ActArgs,
}

/// Runs the command.
pub async fn run(args: SubmitArgs) -> anyhow::Result<ExitCode> {
    Ok(finish(args.act.server.language, submit(&args).await))
}

async fn submit(args: &SubmitArgs) -> Result<Answer, Failure> {
    let language = args.act.server.language;
    let filled = read_filled_form(&read_file(&args.file)?)?;
    let request = pb::SubmitRequest {
        request_id: args.act.request_id(),
        unit: args.unit.clone(),
        due: args.due.clone(),
        figures: filled.figures,
        partial: args.partial,
        validate_only: args.check,
        draft_version: 0,
    };
    let answer = args.act.server.connect()?.submit(request).await?;
    let mut shown = receipt_answer(language, args.act.format, answer.receipt, &answer.problems, "SubmitResponse");
    for warning in &filled.warnings {
        shown = shown.note(&format!("[{}] {}", warning.code, render(warning, language)));
    }
    let empty = match (filled.n_empty, language) {
        (0, _) => String::new(),
        (n, Language::Zh) => format!("文件中有 {n} 格没有填"),
        (n, Language::En) => format!("{n} cells of the file are empty"),
    };
    Ok(shown.note(&empty))
}

/// A receipt, or the outcome of a check, with its problems.
pub(crate) fn receipt_answer(
    language: Language,
    format: Format,
    receipt: Option<pb::Receipt>,
    problems: &[pb::Problem],
    message_name: &str,
) -> Answer {
    let head = match (&receipt, problems.is_empty()) {
        (Some(_), _) => pick(language, "已保存，回执：", "stored; the receipt:"),
        (None, true) => pick(language, "没有问题，没有保存", "no problems; nothing was stored"),
        (None, false) => pick(language, "有以下问题，没有保存", "problems were found; nothing was stored"),
    };
    let listed: Vec<pb::Receipt> = receipt.iter().cloned().collect();
    let json = || {
        // Submitting and correcting answer alike; the message of one serves for both where the names differ.
        let answer = pb::SubmitResponse { receipt, problems: problems.to_vec() };
        to_json(&answer, message_name)
    };
    let answer = match (format, listed.is_empty()) {
        (Format::Table, true) => Answer::of(format!("{head}\n")),
        _ => Answer::of_grid(format, language, head, &receipts_grid(&listed), json),
    };
    answer.with_problems(language, problems)
}
