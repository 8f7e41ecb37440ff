//! `report`: who asks for the same figure, and cells asked against cells collected.

use std::process::ExitCode;

use clap::ValueEnum;

use crate::cli::client::answer::{Answer, Format, finish};
use crate::cli::client::connection::ServerArgs;
use crate::cli::client::failure::Failure;
use crate::cli::client::grid::{Grid, figure, number, text};
use crate::cli::client::json::to_json;
use crate::cli::client::words::{burden_key, frequency, level};
use crate::domain::message::Language;
use crate::pb;

/// Fields of an element that its line in the table names; CSV and JSON have all.
const ASKERS_SHOWN: usize = 4;

/// Read the reports of the statistics bureau
#[derive(clap::Args, Debug)]
pub struct ReportArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand, Debug)]
enum What {
    /// Who asks for the same figure under which names (bureau; a department sees the elements of its own forms)
    Overlap(OverlapArgs),
    /// Cells asked against cells collected in a year (bureau)
    Burden(BurdenArgs),
}

#[derive(clap::Args, Debug)]
struct OverlapArgs {
    /// Year of the report [default: the present year]
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    year: i32,
    /// How many elements are listed; 0 for all
    #[arg(long, default_value_t = 50)]
    limit: u32,
    /// How the report is printed
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    server: ServerArgs,
}

#[derive(clap::Args, Debug)]
struct BurdenArgs {
    /// Year of the report [default: the present year]
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    year: i32,
    /// By what the burden is broken down
    #[arg(long, value_enum, default_value_t)]
    by: Breakdown,
    /// How many lines are listed; 0 for all
    #[arg(long, default_value_t = 100)]
    limit: u32,
    /// How the report is printed
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    server: ServerArgs,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Breakdown {
    /// By organisation
    #[default]
    Organisation,
    /// By form
    Form,
    /// By level of the units
    Level,
    /// By reporting unit
    Unit,
    /// By how the cells that need not be typed are given instead
    Derivation,
}

impl Breakdown {
    fn to_pb(self) -> pb::BurdenBreakdown {
        match self {
            Self::Organisation => pb::BurdenBreakdown::Organisation,
            Self::Form => pb::BurdenBreakdown::Form,
            Self::Level => pb::BurdenBreakdown::Level,
            Self::Unit => pb::BurdenBreakdown::Unit,
            Self::Derivation => pb::BurdenBreakdown::Derivation,
        }
    }
}

/// Runs the command.
pub async fn run(args: ReportArgs) -> anyhow::Result<ExitCode> {
    Ok(match args.what {
        What::Overlap(args) => finish(args.server.language, overlap(&args).await),
        What::Burden(args) => finish(args.server.language, burden(&args).await),
    })
}

async fn overlap(args: &OverlapArgs) -> Result<Answer, Failure> {
    let language = args.server.language;
    let report = args.server.connect()?.overlap_report(args.year, args.limit).await?;
    let json = || to_json(&report, "GetOverlapReportResponse");
    let shown = match args.format {
        Format::Table => {
            let mut table = shared_grid(language, &report.elements).to_table(language);
            if !report.heat_map.is_empty() {
                let head =
                    crate::cli::client::words::pick(language, "\n两个部门共有的数据元：\n", "\nelements that two departments share:\n");
                table.push_str(head);
                table.push_str(&pairs_grid(&report.heat_map).to_table(language));
            }
            Answer::of(table)
        }
        Format::Json | Format::Csv => Answer::of_grid(args.format, language, "", &appearances_grid(language, &report.elements), json),
    };
    Ok(shown.with_more(language, &report.next_cursor))
}

async fn burden(args: &BurdenArgs) -> Result<Answer, Failure> {
    let language = args.server.language;
    let report = args.server.connect()?.burden_report(args.year, args.by.to_pb(), args.limit).await?;
    let json = || to_json(&report, "GetBurdenReportResponse");
    let grid = burden_grid(language, report.total.as_ref(), &report.rows);
    Ok(Answer::of_grid(args.format, language, "", &grid, json).with_more(language, &report.next_cursor))
}

/// Elements that several forms ask for, one line each.
pub(crate) fn shared_grid(language: Language, elements: &[pb::SharedElement]) -> Grid {
    let mut grid = Grid::new(&[
        ("element", "数据元", "element"),
        ("name", "名称", "name"),
        ("departments", "单位数", "organisations"),
        ("fields", "出现次数", "fields"),
        ("asked_by", "谁在要", "asked by"),
    ]);
    for shared in elements {
        let mut askers: Vec<String> = shared.appearances.iter().take(ASKERS_SHOWN).map(|a| asker(language, a)).collect();
        match (shared.appearances.len().saturating_sub(ASKERS_SHOWN), language) {
            (0, _) => {}
            (n, Language::Zh) => askers.push(format!("……还有 {n} 处")),
            (n, Language::En) => askers.push(format!("… {n} more")),
        }
        grid.push(vec![
            text(shared.element.clone()),
            text(shared.name.clone()),
            number(shared.departments),
            number(shared.appearances.len() as u64),
            text(askers.join(if language == Language::Zh { "；" } else { "; " })),
        ]);
    }
    grid
}

fn asker(language: Language, a: &pb::ElementAppearance) -> String {
    let year = match (a.offset_years, language) {
        (0, _) => String::new(),
        (-1, Language::Zh) => "，上年".to_owned(),
        (n, Language::Zh) => format!("，{n} 年"),
        (n, Language::En) => format!(", {n} y"),
    };
    let unit = if a.unit_of_measure.is_empty() { String::new() } else { format!("（{}）", a.unit_of_measure) };
    format!("{} {}{unit}{}{}{year}", a.organisation, a.label, level(language, a.level), frequency(language, a.frequency))
}

/// Every appearance of every element, one line each, for scripts.
fn appearances_grid(language: Language, elements: &[pb::SharedElement]) -> Grid {
    let names = [
        "element",
        "name",
        "organisation",
        "form_id",
        "field_id",
        "title",
        "label",
        "unit_of_measure",
        "level",
        "frequency",
        "offset_years",
    ];
    let mut grid = Grid::new(&names.map(|name| (name, name, name)));
    for shared in elements {
        for a in &shared.appearances {
            let field = a.field.clone().unwrap_or_default();
            let texts =
                [&shared.element, &shared.name, &a.organisation, &field.form_id, &field.field_id, &a.title, &a.label, &a.unit_of_measure];
            let mut row: Vec<_> = texts.into_iter().map(|t| text(t.clone())).collect();
            row.extend([text(level(language, a.level)), text(frequency(language, a.frequency)), number(a.offset_years)]);
            grid.push(row);
        }
    }
    grid
}

/// Pairs of departments with the number of elements that they share, most first.
pub(crate) fn pairs_grid(pairs: &[pb::DepartmentPair]) -> Grid {
    let mut grid = Grid::new(&[("a", "单位", "organisation"), ("b", "单位", "organisation"), ("elements", "共有数据元", "elements")]);
    let mut sorted: Vec<&pb::DepartmentPair> = pairs.iter().collect();
    sorted.sort_by_key(|p| (std::cmp::Reverse(p.elements), &p.a, &p.b));
    for pair in sorted {
        grid.push(vec![text(pair.a.clone()), text(pair.b.clone()), number(pair.elements)]);
    }
    grid
}

/// Lines of the burden report, the total last.
pub(crate) fn burden_grid(language: Language, total: Option<&pb::BurdenRow>, rows: &[pb::BurdenRow]) -> Grid {
    let mut grid = Grid::new(&[
        ("key", "标识", "key"),
        ("name", "名称", "name"),
        ("asked", "各表应填（格/年）", "asked (cells a year)"),
        ("collected", "实际要填（格/年）", "collected (cells a year)"),
        ("reduction_percent", "减少 %", "reduction %"),
    ]);
    for row in rows.iter().chain(total) {
        let name = if row.name.is_empty() { burden_key(language, &row.key).unwrap_or_default() } else { &row.name };
        grid.push(vec![text(row.key.clone()), text(name), number(row.asked), number(row.collected), figure(&row.reduction_percent)]);
    }
    grid
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_burden_is_shown() {
        let row = |key: &str, name: &str, asked: u64, collected: u64, percent: &str| pb::BurdenRow {
            key: key.into(),
            name: name.into(),
            asked,
            collected,
            reduction_percent: percent.into(),
        };
        let rows = [row("tjj", "青岚省统计局", 12_345, 9_000, "27.1"), row("mzt", "青岚省民政厅", 800, 12, "98.5")];
        let total = row("total", "", 13_145, 9_012, "31.4");
        insta::assert_snapshot!("burden_zh", burden_grid(Language::Zh, Some(&total), &rows).to_table(Language::Zh));
        insta::assert_snapshot!("burden_en", burden_grid(Language::En, Some(&total), &rows).to_table(Language::En));
    }

    #[test]
    fn shared_elements_are_shown() {
        let appearance = |organisation: &str, label: &str, offset: i32| pb::ElementAppearance {
            organisation: organisation.into(),
            label: label.into(),
            unit_of_measure: "人".into(),
            level: pb::Level::Village.into(),
            frequency: pb::Frequency::Annual.into(),
            offset_years: offset,
            ..Default::default()
        };
        let shared = pb::SharedElement {
            element: "e0000000000000001".into(),
            key: String::new(),
            name: "常住人口".into(),
            appearances: vec![appearance("tjj", "年末常住人口", 0), appearance("mzt", "常住人口", -1)],
            departments: 2,
        };
        insta::assert_snapshot!("overlap_report_zh", shared_grid(Language::Zh, std::slice::from_ref(&shared)).to_table(Language::Zh));
        insta::assert_snapshot!("overlap_report_csv", appearances_grid(Language::En, &[shared]).to_csv());
    }
}
