//! `due`: the first thing a clerk looks at: what is due, when, and how many cells are left.

use std::process::ExitCode;

use crate::cli::client::answer::{Answer, Format, finish};
use crate::cli::client::connection::ServerArgs;
use crate::cli::client::failure::Failure;
use crate::cli::client::grid::{Grid, number, text};
use crate::cli::client::json::to_json;
use crate::cli::client::words::pick;
use crate::domain::message::Language;
use crate::pb;

/// Show what is due, when, and how many cells are left (clerks)
#[derive(clap::Args, Debug)]
pub struct DueArgs {
    /// Code of the reporting unit
    #[arg(long, value_name = "CODE")]
    unit: String,
    /// Calendar year of the due dates [default: the present year]
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    year: i32,
    /// Dates on which nothing is left too
    #[arg(long)]
    all: bool,
    /// How the answer is printed
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    server: ServerArgs,
}

/// Runs the command.
pub async fn run(args: DueArgs) -> anyhow::Result<ExitCode> {
    Ok(finish(args.server.language, due(&args).await))
}

async fn due(args: &DueArgs) -> Result<Answer, Failure> {
    let mut answer = args.server.connect()?.due_dates(&args.unit, args.year).await?;
    let language = args.server.language;
    if !args.all {
        answer.due_dates.retain(|date| date.held < date.cells);
    }
    let grid = due_grid(language, &answer.due_dates);
    let shown = Answer::of_grid(args.format, language, "", &grid, || to_json(&answer, "ListDueDatesResponse"));
    Ok(shown.note(&notes(language, &answer.due_dates)))
}

fn due_grid(language: Language, dates: &[pb::DueDate]) -> Grid {
    let mut grid = Grid::new(&[
        ("due", "报送日期", "due"),
        ("state", "状态", "state"),
        ("left", "还差格数", "cells left"),
        ("cells", "应填格数", "cells"),
        ("workdays", "剩余工作日", "workdays left"),
        ("together", "可并在这天报", "hand in on"),
    ]);
    for date in dates {
        let left = date.cells.saturating_sub(date.held);
        let state = match (left, date.late) {
            (0, _) => pick(language, "已报齐", "done"),
            (_, true) => pick(language, "逾期", "late"),
            (_, false) => pick(language, "待报", "open"),
        };
        grid.push(vec![
            text(date.due.clone()),
            text(state),
            number(left),
            number(date.cells),
            number(date.workdays_left),
            text(date.together_on.clone()),
        ]);
    }
    grid
}

fn notes(language: Language, dates: &[pb::DueDate]) -> String {
    let days: std::collections::BTreeSet<&str> = dates.iter().filter(|d| !d.late).map(|d| d.together_on.as_str()).collect();
    let n_open = dates.iter().filter(|d| !d.late).count();
    let mut lines: Vec<String> = Vec::new();
    if days.len() < n_open {
        let zh = format!("{n_open} 个报送日期可并为 {} 次报送，都不误期", days.len());
        let en = format!("{n_open} due dates can be met on {} days", days.len());
        lines.push(pick(language, &zh, &en).to_owned());
    }
    if dates.iter().any(|d| !d.holidays_known) {
        let zh = "有的日期所在年份的放假安排尚未载入，工作日只按周末推算";
        lines.push(pick(language, zh, "days off of some years are not known yet; workdays leave out weekends only").to_owned());
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_due_is_shown() {
        let date = |due: &str, held: u32, late: bool, together: &str| pb::DueDate {
            due: due.into(),
            cells: 12,
            held,
            late,
            workdays_left: if late { -3 } else { 5 },
            together_on: together.into(),
            holidays_known: !due.starts_with("2027"),
        };
        let dates = [
            date("2026-11-20", 2, true, "2026-11-20"),
            date("2026-12-05", 12, false, "2026-12-04"),
            date("2027-01-05", 0, false, "2027-01-05"),
            date("2027-01-20", 3, false, "2027-01-05"),
        ];
        let shown = format!("{}{}", due_grid(Language::Zh, &dates).to_table(Language::Zh), notes(Language::Zh, &dates));
        insta::assert_snapshot!("due_zh", shown);
        insta::assert_snapshot!("help_due", crate::cli::client::tests::help_of::<DueArgs>("due"));
    }
}
