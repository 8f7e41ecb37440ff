//! `form`: a unit's due dates, its consolidated form as a table, and the same form as a CSV file to fill.

use std::process::ExitCode;

use crate::cli::client::answer::{Answer, Format, finish};
use crate::cli::client::connection::ServerArgs;
use crate::cli::client::failure::Failure;
use crate::cli::client::grid::{Grid, figure, number, text};
use crate::cli::client::json::{print, to_json};
use crate::cli::client::words::{full_label, pick};
use crate::domain::message::Language;
use crate::formats::figures_csv::{Cell, write_csv};
use crate::formats::form_csv;
use crate::pb;

/// Show what a unit is to type, with what is known filled in (clerks)
#[derive(clap::Args, Debug)]
pub struct FormArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand, Debug)]
enum What {
    /// Due dates of the unit in a year, with cells to type and cells held
    DueDates(DueDatesArgs),
    /// The consolidated form of a due date: cells to type and cells filled in, each with where it came from
    Show(ShowArgs),
    /// The consolidated form as a CSV file to fill and to give to `submit`
    Blank(BlankArgs),
}

#[derive(clap::Args, Debug)]
struct DueDatesArgs {
    /// Code of the reporting unit
    #[arg(long, value_name = "CODE")]
    unit: String,
    /// Calendar year of the due dates [default: the present year]
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    year: i32,
    /// How the answer is printed
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    server: ServerArgs,
}

#[derive(clap::Args, Debug)]
struct ShowArgs {
    /// Code of the reporting unit
    #[arg(long, value_name = "CODE")]
    unit: String,
    /// Due date, as 2027-01-20
    #[arg(long, value_name = "DATE")]
    due: String,
    /// How the answer is printed
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    server: ServerArgs,
}

#[derive(clap::Args, Debug)]
struct BlankArgs {
    /// Code of the reporting unit
    #[arg(long, value_name = "CODE")]
    unit: String,
    /// Due date, as 2027-01-20
    #[arg(long, value_name = "DATE")]
    due: String,
    #[command(flatten)]
    server: ServerArgs,
}

/// Runs the command.
pub async fn run(args: FormArgs) -> anyhow::Result<ExitCode> {
    Ok(match args.what {
        What::DueDates(args) => finish(args.server.language, due_dates(&args).await),
        What::Show(args) => finish(args.server.language, show(&args).await),
        What::Blank(args) => finish(args.server.language, blank(&args).await),
    })
}

async fn due_dates(args: &DueDatesArgs) -> Result<Answer, Failure> {
    let answer = args.server.connect()?.due_dates(&args.unit, args.year).await?;
    let mut grid = Grid::new(&[("due", "报送日期", "due"), ("cells", "应填格数", "cells"), ("held", "已有", "held")]);
    for date in &answer.due_dates {
        grid.push(vec![text(date.due.clone()), number(date.cells), number(date.held)]);
    }
    Ok(Answer::of_grid(args.format, args.server.language, "", &grid, || to_json(&answer, "ListDueDatesResponse")))
}

async fn show(args: &ShowArgs) -> Result<Answer, Failure> {
    let form = args.server.connect()?.consolidated_form(&args.unit, &args.due).await?;
    let language = args.server.language;
    Ok(Answer::of(match args.format {
        Format::Table => form_table(language, &form, usize::MAX),
        Format::Json => print(&to_json(&form, "GetConsolidatedFormResponse")),
        Format::Csv => all_cells(&form).to_csv(),
    }))
}

async fn blank(args: &BlankArgs) -> Result<Answer, Failure> {
    let form = args.server.connect()?.consolidated_form(&args.unit, &args.due).await?;
    let n_held = form.inputs.iter().filter(|cell| cell.held.is_some()).count();
    let language = args.server.language;
    let note = match (n_held, language) {
        (0, _) => String::new(),
        (n, Language::Zh) => format!("{n} 格已有数，未列出；要改请用 correct"),
        (n, Language::En) => format!("{n} cells are held already and left out; change them with `correct`"),
    };
    Ok(Answer::of(blank_csv(&form)).note(&note))
}

/// The cells that are still to be typed as a CSV file.
pub(crate) fn blank_csv(form: &pb::GetConsolidatedFormResponse) -> String {
    let open = form.inputs.iter().filter(|cell| cell.held.is_none());
    let rows: Vec<[Cell; 6]> = open
        .map(|cell| {
            let label = full_label(&cell.path, &cell.label, &cell.column);
            let texts = [cell.element.clone(), cell.period.clone(), label, cell.unit_of_measure.clone(), String::new(), String::new()];
            texts.map(|t| if t.is_empty() { Cell::Empty } else { Cell::Text(t) })
        })
        .collect();
    write_csv(&form_csv::HEADER, rows.iter().map(<[Cell; 6]>::as_slice))
}

/// The form as two tables, what is typed and what is filled in, each with at most `limit` rows.
pub(crate) fn form_table(language: Language, form: &pb::GetConsolidatedFormResponse, limit: usize) -> String {
    let (n_inputs, n_prefilled) = (form.inputs.len(), form.prefilled.len());
    let n_held = form.inputs.iter().filter(|cell| cell.held.is_some()).count();
    let n_known = form.prefilled.iter().filter(|cell| !cell.value.is_empty()).count();
    let head = match language {
        Language::Zh => format!("{} {}，{} 前报送", form.unit, form.unit_name, form.due),
        Language::En => format!("{} {}, due {}", form.unit, form.unit_name, form.due),
    };
    let typed = match language {
        Language::Zh => format!("要填的：{n_inputs} 格，其中 {n_held} 格已有数"),
        Language::En => format!("to type: {n_inputs} cells, {n_held} of them held"),
    };
    let filled = match language {
        Language::Zh => format!("不用填的：{n_prefilled} 格，系统已算出 {n_known} 格"),
        Language::En => format!("filled in: {n_prefilled} cells, {n_known} of them computed so far"),
    };
    let mut shown = format!("{head}\n\n{typed}\n");
    if n_inputs > 0 {
        shown.push_str(&inputs_grid(&form.inputs, limit).to_table(language));
        shown.push_str(&more(language, n_inputs, limit));
    }
    shown.push_str(&format!("\n{filled}\n"));
    if n_prefilled > 0 {
        shown.push_str(&prefilled_grid(language, &form.prefilled, limit).to_table(language));
        shown.push_str(&more(language, n_prefilled, limit));
    }
    shown
}

/// A line on rows that are not shown.
pub(crate) fn more(language: Language, n: usize, limit: usize) -> String {
    match (n.saturating_sub(limit), language) {
        (0, _) => String::new(),
        (n, Language::Zh) => format!("……还有 {n} 行\n"),
        (n, Language::En) => format!("… {n} more rows\n"),
    }
}

fn inputs_grid(cells: &[pb::InputCell], limit: usize) -> Grid {
    let mut grid = Grid::new(&[
        ("element", "数据元", "element"),
        ("period", "所属期", "period"),
        ("label", "指标", "label"),
        ("unit", "单位", "unit"),
        ("value", "数值", "value"),
        ("serves", "供几张表", "forms served"),
        ("options", "可选", "options"),
    ]);
    for cell in cells.iter().take(limit) {
        let mut forms: Vec<&str> = cell.serves.iter().filter_map(|s| s.field.as_ref()).map(|f| f.form_id.as_str()).collect();
        forms.sort_unstable();
        forms.dedup();
        grid.push(vec![
            text(cell.element.clone()),
            text(cell.period.clone()),
            text(full_label(&cell.path, &cell.label, &cell.column)),
            text(cell.unit_of_measure.clone()),
            cell.held.as_ref().map_or(Cell::Empty, |held| figure(&held.value)),
            number(forms.len() as u64),
            text(cell.options.join(" ")),
        ]);
    }
    grid
}

fn prefilled_grid(language: Language, cells: &[pb::PrefilledCell], limit: usize) -> Grid {
    let mut grid = Grid::new(&[
        ("title", "报表", "form"),
        ("label", "指标", "label"),
        ("period", "所属期", "period"),
        ("value", "数值", "value"),
        ("unit", "单位", "unit"),
        ("sources", "来源数", "sources"),
        ("provenance", "来历", "provenance"),
    ]);
    for cell in cells.iter().take(limit) {
        grid.push(vec![
            text(cell.title.clone()),
            text(cell.label.clone()),
            text(cell.period.clone()),
            figure(&cell.value),
            text(cell.unit_of_measure.clone()),
            text(format!("{}/{}", cell.sources_held, cell.sources)),
            text(pick(language, &cell.provenance_zh, &cell.provenance_en)),
        ]);
    }
    grid
}

/// Every cell in one table, for CSV.
fn all_cells(form: &pb::GetConsolidatedFormResponse) -> Grid {
    let names = ["kind", "element", "form_id", "field_id", "period", "label", "unit_of_measure", "value", "provenance_zh"];
    let mut grid = Grid::new(&names.map(|name| (name, name, name)));
    for cell in &form.inputs {
        let via = cell.via.clone().unwrap_or_default();
        let label = full_label(&cell.path, &cell.label, &cell.column);
        let value = cell.held.as_ref().map_or(Cell::Empty, |held| figure(&held.value));
        let texts = ["input".into(), cell.element.clone(), via.form_id, via.field_id, cell.period.clone(), label];
        let mut row: Vec<Cell> = texts.into_iter().map(Cell::Text).collect();
        row.extend([text(cell.unit_of_measure.clone()), value, Cell::Empty]);
        grid.push(row);
    }
    for cell in &form.prefilled {
        let field = cell.field.clone().unwrap_or_default();
        let texts = ["prefilled".into(), String::new(), field.form_id, field.field_id, cell.period.clone(), cell.label.clone()];
        let mut row: Vec<Cell> = texts.into_iter().map(Cell::Text).collect();
        row.extend([text(cell.unit_of_measure.clone()), figure(&cell.value), text(cell.provenance_zh.clone())]);
        grid.push(row);
    }
    grid
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn form() -> pb::GetConsolidatedFormResponse {
        let key = |form: &str, field: &str| pb::FieldKey { form_id: form.into(), field_id: field.into(), since: 1 };
        let serves = |form: &str| pb::ServedField { field: Some(key(form, "F1")), period: "2026".into(), ..Default::default() };
        let held = pb::HeldFigure { value: "1286".into(), unit_of_measure: "人".into(), version: 1, ..Default::default() };
        let input = |element: &str, label: &str, held: Option<pb::HeldFigure>| pb::InputCell {
            element: element.into(),
            period: "2026".into(),
            label: label.into(),
            path: vec!["一、人口".into()],
            unit_of_measure: "人".into(),
            dtype: pb::DataType::Integer.into(),
            serves: vec![serves("tjj-cun"), serves("mzt-cunju"), serves("tjj-cun")],
            via: Some(key("tjj-cun", "T09")),
            held,
            ..Default::default()
        };
        let prefilled = pb::PrefilledCell {
            field: Some(key("cl-cunji", "C01")),
            period: "2026".into(),
            label: "常住人口".into(),
            title: "残疾人基本状况表".into(),
            value: "1286".into(),
            unit_of_measure: "人".into(),
            provenance_zh: "与《行政村年报》的年末常住人口是同一个数".into(),
            provenance_en: "the same figure as in 行政村年报".into(),
            sources: 1,
            sources_held: 1,
        };
        pb::GetConsolidatedFormResponse {
            unit: "980121100200".into(),
            unit_name: "云脚村".into(),
            due: "2027-02-14".into(),
            inputs: vec![input("e000000000000000a", "年末常住人口", Some(held)), input("e000000000000000b", "-备注", None)],
            prefilled: vec![prefilled],
            plan_digest: String::new(),
        }
    }

    #[test]
    fn the_form_is_shown() {
        insta::assert_snapshot!("form_zh", form_table(Language::Zh, &form(), usize::MAX));
        insta::assert_snapshot!("form_en_cut", form_table(Language::En, &form(), 1));
        insta::assert_snapshot!("form_csv", all_cells(&form()).to_csv());
    }

    #[test]
    fn the_blank_form_lists_what_is_open_and_reads_back() {
        let csv = blank_csv(&form());
        assert_eq!(csv, "element,period,label,unit,value,explanation\ne000000000000000b,2026,一、人口 / -备注,人,,\n");
        let filled = csv.replace("人,,\n", "人,12,\n");
        let read = form_csv::read_form(filled.as_bytes());
        assert_eq!((read.problems.len(), read.cells.len()), (0, 1));
    }
}
