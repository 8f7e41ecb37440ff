//! `extract`: a department's form, filled, for many units and a period: as a table, JSON, CSV or an Arrow IPC stream.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::ValueEnum;

use crate::cli::client::answer::{Answer, finish};
use crate::cli::client::connection::ServerArgs;
use crate::cli::client::failure::Failure;
use crate::cli::client::grid::{Column, Grid, figure, shorten, text};
use crate::cli::client::json::{print, to_json};
use crate::domain::message::Language;
use crate::formats::figures_csv::Cell;
use crate::pb;

/// Widest column heading of the table, in columns of the terminal.
const MAX_HEADING_WIDTH: usize = 20;

/// Extract a form, filled, for many units and a period (data officers)
#[derive(clap::Args, Debug)]
pub struct ExtractArgs {
    /// Form id
    #[arg(value_name = "FORM")]
    form: String,
    /// The form's period, as 2026, 2026Q3 or 2026-09
    #[arg(long)]
    period: String,
    /// Only units below this one, itself included
    #[arg(long, value_name = "CODE", default_value = "", hide_default_value = true)]
    within: String,
    /// How the form is printed
    #[arg(long, value_enum, default_value_t)]
    format: ExtractFormat,
    /// File to write; standard output where it is not given
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    server: ServerArgs,
}

/// How an extracted form is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum ExtractFormat {
    /// A table for people
    #[default]
    Table,
    /// JSON with the names of the proto fields
    Json,
    /// CSV, one row a unit, headed by field ids
    Csv,
    /// An Arrow IPC stream
    Arrow,
}

/// Runs the command.
pub async fn run(args: ExtractArgs) -> anyhow::Result<ExitCode> {
    Ok(finish(args.server.language, extract(&args).await))
}

async fn extract(args: &ExtractArgs) -> Result<Answer, Failure> {
    let connection = args.server.connect()?;
    let scope = pb::ExtractionScope { form_id: args.form.clone(), period: args.period.clone(), within: args.within.clone() };
    if args.format == ExtractFormat::Arrow {
        let mut out = open(args.output.as_deref())?;
        connection.extract_arrow(scope, |piece| out.write_all(piece).context("writing the stream")).await?;
        out.flush().context("writing the stream")?;
        return Ok(Answer::default());
    }
    let form = connection.extract_rows(scope).await?;
    let language = args.server.language;
    let shown = match args.format {
        ExtractFormat::Json => print(&to_json(&form, "ExtractRowsResponse")),
        ExtractFormat::Csv => rows_grid(&form, usize::MAX, usize::MAX).to_csv(),
        ExtractFormat::Table | ExtractFormat::Arrow => rows_grid(&form, usize::MAX, usize::MAX).to_table(language),
    };
    let note = missing_line(language, &form);
    match &args.output {
        None => Ok(Answer::of(shown).note(&note)),
        Some(path) => {
            std::fs::write(path, shown).with_context(|| path.display().to_string())?;
            Ok(Answer::default().note(&note))
        }
    }
}

fn open(path: Option<&Path>) -> anyhow::Result<Box<dyn Write>> {
    Ok(match path {
        Some(path) => Box::new(std::io::BufWriter::new(std::fs::File::create(path).with_context(|| path.display().to_string())?)),
        None => Box::new(std::io::stdout()),
    })
}

/// How many rows there are and how many figures are missing.
pub(crate) fn missing_line(language: Language, form: &pb::ExtractRowsResponse) -> String {
    let (n_rows, n_missing) = (form.rows.len(), form.missing);
    match (language, n_missing) {
        (Language::Zh, 0) => format!("{n_rows} 个单位，数据齐全"),
        (Language::Zh, n) => format!("{n_rows} 个单位，还有 {n} 个数没有报来"),
        (Language::En, 0) => format!("{n_rows} units, complete"),
        (Language::En, n) => format!("{n_rows} units, {n} figures are not reported yet"),
    }
}

/// The filled form as a table with at most so many rows and columns.
pub(crate) fn rows_grid(form: &pb::ExtractRowsResponse, max_rows: usize, max_columns: usize) -> Grid {
    let mut columns =
        vec![Column::new("unit", "代码", "code"), Column::new("unit_name", "填报单位", "unit"), Column::new("period", "所属期", "period")];
    for column in form.columns.iter().take(max_columns) {
        let heading = shorten(&column.label, MAX_HEADING_WIDTH);
        columns.push(Column::new(column.field_id.clone(), heading.clone(), heading));
    }
    let mut grid = Grid::with_columns(columns);
    for row in form.rows.iter().take(max_rows) {
        let mut cells = vec![text(row.unit.clone()), text(row.unit_name.clone()), text(row.period.clone())];
        for (found, column) in row.figures.iter().zip(&form.columns).take(max_columns) {
            let value = found.value.as_deref().unwrap_or_default();
            let is_number = matches!(column.dtype(), pb::DataType::Integer | pb::DataType::Decimal);
            cells.push(match (value.is_empty(), is_number) {
                (true, _) => Cell::Empty,
                (false, true) => figure(value),
                (false, false) => text(value),
            });
        }
        grid.push(cells);
    }
    grid
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filled_form_is_shown() {
        let column = |id: &str, label: &str, dtype: pb::DataType| pb::ExtractedColumn {
            field_id: id.into(),
            label: label.into(),
            dtype: dtype.into(),
            ..Default::default()
        };
        let row = |unit: &str, name: &str, values: [Option<&str>; 3]| pb::ExtractedRow {
            unit: unit.into(),
            unit_name: name.into(),
            period: "2026".into(),
            figures: values.iter().map(|v| pb::ExtractedFigure { value: v.map(ToOwned::to_owned) }).collect(),
        };
        let form = pb::ExtractRowsResponse {
            columns: vec![
                column("A1", "年末常住人口", pb::DataType::Integer),
                column("A2", "参加城乡居民基本养老保险人数占比", pb::DataType::Decimal),
                column("A3", "是否通公共交通", pb::DataType::Bool),
            ],
            rows: vec![
                row("980121100200", "云脚村", [Some("1286"), Some("82.5"), Some("是")]),
                row("980121100201", "枫桥坞村", [Some("943"), None, Some("否")]),
            ],
            missing: 1,
        };
        insta::assert_snapshot!("extract_zh", rows_grid(&form, 10, 10).to_table(Language::Zh));
        insta::assert_snapshot!("extract_csv", rows_grid(&form, 10, 10).to_csv());
        assert_eq!(missing_line(Language::En, &form), "2 units, 1 figures are not reported yet");
    }
}
