//! `receipts` and `history`: what a unit has stored, and every version of one figure.

use std::process::ExitCode;

use crate::cli::client::answer::{Answer, Format, finish};
use crate::cli::client::connection::ServerArgs;
use crate::cli::client::failure::Failure;
use crate::cli::client::grid::{Grid, figure, instant, number, text};
use crate::cli::client::json::to_json;
use crate::pb;

/// List the receipts of a unit, newest first (clerks)
#[derive(clap::Args, Debug)]
pub struct ReceiptsArgs {
    /// Code of the reporting unit
    #[arg(long, value_name = "CODE")]
    unit: String,
    /// How many are listed; 0 for all
    #[arg(long, default_value_t = 100)]
    limit: u32,
    /// How the answer is printed
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    server: ServerArgs,
}

/// Show every version of a figure, oldest first (clerks)
#[derive(clap::Args, Debug)]
pub struct HistoryArgs {
    /// Code of the reporting unit
    #[arg(long, value_name = "CODE")]
    unit: String,
    /// Data element, as `form show` prints it
    #[arg(long, value_name = "ELEMENT")]
    element: String,
    /// Reference period, as 2026, 2026Q3 or 2026-09
    #[arg(long)]
    period: String,
    /// How the answer is printed
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    server: ServerArgs,
}

/// Runs `receipts`.
pub async fn run_receipts(args: ReceiptsArgs) -> anyhow::Result<ExitCode> {
    Ok(finish(args.server.language, receipts(&args).await))
}

/// Runs `history`.
pub async fn run_history(args: HistoryArgs) -> anyhow::Result<ExitCode> {
    Ok(finish(args.server.language, history(&args).await))
}

async fn receipts(args: &ReceiptsArgs) -> Result<Answer, Failure> {
    let language = args.server.language;
    let answer = args.server.connect()?.receipts(&args.unit, args.limit).await?;
    let grid = receipts_grid(&answer.receipts);
    let shown = Answer::of_grid(args.format, language, "", &grid, || to_json(&answer, "ListReceiptsResponse"));
    Ok(shown.with_more(language, &answer.next_cursor))
}

async fn history(args: &HistoryArgs) -> Result<Answer, Failure> {
    let answer = args.server.connect()?.versions(&args.unit, &args.element, &args.period).await?;
    let json = || to_json(&answer, "ListObservationVersionsResponse");
    Ok(Answer::of_grid(args.format, args.server.language, "", &versions_grid(&answer.versions), json))
}

/// Receipts as a table.
pub(crate) fn receipts_grid(receipts: &[pb::Receipt]) -> Grid {
    let mut grid = Grid::new(&[
        ("id", "回执号", "receipt"),
        ("unit", "填报单位", "unit"),
        ("reporter", "填报人", "reporter"),
        ("figures", "数值个数", "figures"),
        ("stored_at", "保存时间", "stored at"),
        ("request_id", "请求号", "request id"),
        ("digest", "摘要", "digest"),
    ]);
    for receipt in receipts {
        grid.push(vec![
            text(receipt.id.clone()),
            text(receipt.unit.clone()),
            text(receipt.reporter.clone()),
            number(receipt.figures),
            instant(&receipt.stored_at),
            text(receipt.request_id.clone()),
            text(receipt.digest.clone()),
        ]);
    }
    grid
}

/// Versions of a figure as a table.
pub(crate) fn versions_grid(versions: &[pb::ObservationVersion]) -> Grid {
    let mut grid = Grid::new(&[
        ("version", "版本", "version"),
        ("value", "数值", "value"),
        ("unit_of_measure", "单位", "unit"),
        ("reporter", "填报人", "reporter"),
        ("stored_at", "保存时间", "stored at"),
        ("receipt", "回执号", "receipt"),
        ("reason", "更正理由", "reason"),
        ("explanation", "说明", "explanation"),
    ]);
    for version in versions {
        grid.push(vec![
            number(version.version),
            figure(&version.value),
            text(version.unit_of_measure.clone()),
            text(version.reporter.clone()),
            instant(&version.stored_at),
            text(version.receipt.clone()),
            text(version.reason.clone()),
            text(version.explanation.clone()),
        ]);
    }
    grid
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::message::Language;

    #[test]
    fn versions_are_shown() {
        let version = |n: u32, value: &str, reason: &str| pb::ObservationVersion {
            version: n,
            value: value.into(),
            unit_of_measure: "人".into(),
            reporter: "clerk-1".into(),
            receipt: format!("r-{n}"),
            stored_at: "2026-11-24T06:00:00Z".into(),
            reason: reason.into(),
            via: None,
            explanation: if n == 2 { "新增安置户" } else { "" }.into(),
        };
        let grid = versions_grid(&[version(1, "1286", ""), version(2, "1287", "漏计一户")]);
        insta::assert_snapshot!("history_zh", grid.to_table(Language::Zh));
    }
}
