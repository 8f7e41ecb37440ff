//! `draft`: what was typed for a due date and is not submitted yet.

use std::path::PathBuf;
use std::process::ExitCode;

use crate::cli::client::answer::{Answer, Format, finish, read_file, request_id};
use crate::cli::client::connection::ServerArgs;
use crate::cli::client::failure::Failure;
use crate::cli::client::figures_file::read_draft;
use crate::cli::client::grid::{Grid, number, text};
use crate::cli::client::json::to_json;
use crate::cli::client::submit::receipt_answer;
use crate::cli::client::words::pick;
use crate::pb;

/// Keep what is typed before it is submitted, right or wrong (clerks)
#[derive(clap::Args, Debug)]
pub struct DraftArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand, Debug)]
enum What {
    /// Keep a file as the draft of a due date, in the place of the version that was seen
    Save(SaveArgs),
    /// Show the draft of a due date
    Show(ShowArgs),
    /// List the drafts of the unit
    List(ListArgs),
    /// Throw a version of a draft away
    Discard(DiscardArgs),
    /// Submit the draft of a due date: it is removed with the storing of its figures
    Submit(SubmitArgs),
}

#[derive(clap::Args, Debug)]
struct Place {
    /// Code of the reporting unit
    #[arg(long, value_name = "CODE")]
    unit: String,
    /// Due date, as 2027-01-20
    #[arg(long, value_name = "DATE")]
    due: String,
}

#[derive(clap::Args, Debug)]
struct SaveArgs {
    /// Filled form: CSV as `form blank` writes it, or JSON; - for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    place: Place,
    /// Version that is replaced, as `draft show` prints it; 0 where there is none
    #[arg(long, value_name = "N", default_value_t = 0)]
    seen_version: u32,
    #[command(flatten)]
    server: ServerArgs,
}

#[derive(clap::Args, Debug)]
struct ShowArgs {
    #[command(flatten)]
    place: Place,
    /// How the draft is printed; CSV can be given to `submit`
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    server: ServerArgs,
}

#[derive(clap::Args, Debug)]
struct ListArgs {
    /// Code of the reporting unit
    #[arg(long, value_name = "CODE")]
    unit: String,
    /// How the list is printed
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    server: ServerArgs,
}

#[derive(clap::Args, Debug)]
struct DiscardArgs {
    #[command(flatten)]
    place: Place,
    /// Version that was seen, as `draft show` prints it
    #[arg(long, value_name = "N")]
    version: u32,
    #[command(flatten)]
    server: ServerArgs,
}

#[derive(clap::Args, Debug)]
struct SubmitArgs {
    #[command(flatten)]
    place: Place,
    /// Take the cells that are filled and leave the rest for another submission
    #[arg(long)]
    partial: bool,
    /// Check only: tell all problems and store nothing
    #[arg(long)]
    check: bool,
    /// Request id: the same id with the same content gives the same receipt
    #[arg(long, value_name = "ID")]
    request_id: Option<String>,
    /// How the receipt is printed
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    server: ServerArgs,
}

/// Runs the command.
pub async fn run(args: DraftArgs) -> anyhow::Result<ExitCode> {
    Ok(match args.what {
        What::Save(args) => finish(args.server.language, save(&args).await),
        What::Show(args) => finish(args.server.language, show(&args).await),
        What::List(args) => finish(args.server.language, list(&args).await),
        What::Discard(args) => finish(args.server.language, discard(&args).await),
        What::Submit(args) => finish(args.server.language, submit(&args).await),
    })
}

async fn save(args: &SaveArgs) -> Result<Answer, Failure> {
    let cells = read_draft(&read_file(&args.file)?)?;
    let Place { unit, due } = &args.place;
    let request = pb::SaveDraftRequest { unit: unit.clone(), due: due.clone(), cells, seen_version: args.seen_version };
    let n = request.cells.len();
    let saved = args.server.connect()?.drafts().save_draft(request).await?.into_inner();
    let language = args.server.language;
    let zh = format!("草稿已保存：{n} 格，第 {} 版\n", saved.version);
    Ok(Answer::of(pick(language, &zh, &format!("draft kept: {n} cells, version {}\n", saved.version))))
}

async fn show(args: &ShowArgs) -> Result<Answer, Failure> {
    let draft = fetch(&args.server, &args.place).await?;
    let mut grid = Grid::new(&[
        ("element", "数据元", "element"),
        ("period", "所属期", "period"),
        ("unit", "单位", "unit"),
        ("value", "数值", "value"),
        ("explanation", "说明", "explanation"),
    ]);
    for cell in &draft.cells {
        let parts = [&cell.element, &cell.period, &cell.unit_of_measure, &cell.value, &cell.explanation];
        grid.push(parts.into_iter().map(|part| text(part.clone())).collect());
    }
    let language = args.server.language;
    let zh = format!("{} {} 的草稿，第 {} 版，{} 于 {} 保存", draft.unit, draft.due, draft.version, draft.saved_by, draft.saved_at);
    let en =
        format!("draft of {} for {}, version {}, kept by {} at {}", draft.unit, draft.due, draft.version, draft.saved_by, draft.saved_at);
    let head = pick(language, &zh, &en);
    Ok(Answer::of_grid(args.format, language, head, &grid, || to_json(&draft, "Draft")))
}

async fn list(args: &ListArgs) -> Result<Answer, Failure> {
    let request = pb::ListDraftsRequest { unit: args.unit.clone() };
    let answer = args.server.connect()?.drafts().list_drafts(request).await?.into_inner();
    let mut grid = Grid::new(&[
        ("due", "报送日期", "due"),
        ("version", "版本", "version"),
        ("cells", "格数", "cells"),
        ("saved_by", "保存人", "kept by"),
        ("saved_at", "保存时间", "kept at"),
    ]);
    for draft in &answer.drafts {
        grid.push(vec![
            text(draft.due.clone()),
            number(draft.version),
            number(draft.cells.len() as u64),
            text(draft.saved_by.clone()),
            text(draft.saved_at.clone()),
        ]);
    }
    Ok(Answer::of_grid(args.format, args.server.language, "", &grid, || to_json(&answer, "ListDraftsResponse")))
}

async fn discard(args: &DiscardArgs) -> Result<Answer, Failure> {
    let Place { unit, due } = &args.place;
    let request = pb::DiscardDraftRequest { unit: unit.clone(), due: due.clone(), version: args.version };
    args.server.connect()?.drafts().discard_draft(request).await?;
    Ok(Answer::of(pick(args.server.language, "草稿已删除\n", "the draft is gone\n")))
}

async fn submit(args: &SubmitArgs) -> Result<Answer, Failure> {
    let draft = fetch(&args.server, &args.place).await?;
    // What is still empty is no figure yet; the server says which cells are missing.
    let filled = draft.cells.into_iter().filter(|cell| !cell.value.trim().is_empty());
    let figures = filled.map(|cell| pb::TypedFigure {
        element: cell.element,
        period: cell.period,
        value: cell.value,
        unit_of_measure: cell.unit_of_measure,
        explanation: cell.explanation,
    });
    let request = pb::SubmitRequest {
        request_id: request_id(args.request_id.as_deref()),
        unit: draft.unit,
        due: draft.due,
        figures: figures.collect(),
        partial: args.partial,
        validate_only: args.check,
        draft_version: draft.version,
    };
    let answer = args.server.connect()?.submit(request).await?;
    Ok(receipt_answer(args.server.language, args.format, answer.receipt, &answer.problems, "SubmitResponse"))
}

async fn fetch(server: &ServerArgs, place: &Place) -> Result<pb::Draft, Failure> {
    let request = pb::GetDraftRequest { unit: place.unit.clone(), due: place.due.clone() };
    Ok(server.connect()?.drafts().get_draft(request).await?.into_inner().draft.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_is_stable() {
        insta::assert_snapshot!("help_draft", crate::cli::client::tests::help_of::<DraftArgs>("draft"));
    }
}
