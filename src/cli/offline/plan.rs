//! `plan`: what would have to be typed in a year for a set of templates, before and after.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::bail;
use jiff::civil::Date;

use crate::app::PlannedYear;
use crate::cli::client::answer::{Answer, finish, read_file, to_stderr};
use crate::cli::client::failure::EXIT_REFUSED;
use crate::cli::client::grid::{Grid, number, text};
use crate::cli::client::words::{burden_key, pick};
use crate::cli::offline::files::{catalogue_of, read_paths};
use crate::domain::measure::Measures;
use crate::domain::message::{Language, render};
use crate::domain::problem::Problem;
use crate::domain::unit::{Level, SINCE_EVER, UnitCode, UnitRow, UnitTree, check_units};
use crate::formats::units_csv::read_units;
use crate::planning::{Load, Saved};

/// Plan a year: what every unit would type, and the burden before and after; needs no server
#[derive(clap::Args, Debug)]
pub struct PlanArgs {
    /// Template files in JSON, or folders of them
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Reporting units as CSV: code,name,level,parent and optionally valid_from,valid_to; without it one unit of each level is counted
    #[arg(long, value_name = "FILE.csv")]
    units: Option<PathBuf>,
    /// Year to plan [default: the latest year of the forms]
    #[arg(long)]
    year: Option<i16>,
    /// Language of tables and messages
    #[arg(long, env = "BAOYICI_LANGUAGE", value_enum, default_value_t = Language::Zh)]
    language: Language,
}

/// Runs the command: exit code 2 where a file was refused.
pub async fn run(args: PlanArgs) -> anyhow::Result<ExitCode> {
    let language = args.language;
    let measures = Arc::new(Measures::embedded());
    let mut read = read_paths(&args.paths, args.year.unwrap_or(2026), &measures)?;
    to_stderr(&read.told(language, false));
    let refused = read.has_errors();
    let latest = read.templates.iter().map(|t| t.year).max();
    let Some(year) = args.year.or(latest) else {
        bail!("{}", pick(language, "没有可以安排的报表", "there is no form to plan"));
    };
    let mut names: BTreeMap<String, String> = read.templates.iter().map(|t| (t.id.to_string(), t.title.clone())).collect();
    names.extend(read.templates.iter().map(|t| (t.organisation.to_string(), t.department.clone())));
    let catalogue = catalogue_of(std::mem::take(&mut read.templates), &measures)?;
    let last_day = Date::new(year, 12, 31)?;
    let rows = match &args.units {
        Some(file) => match units_of(file)? {
            Ok(rows) => rows,
            Err(problems) => {
                problems.iter().for_each(|p| to_stderr(&format!("[{}] {}\n", p.code, render(p, language))));
                return Ok(ExitCode::from(EXIT_REFUSED));
            }
        },
        None => one_of_each_level(),
    };
    let planned = PlannedYear::make(year, &catalogue, Arc::new(UnitTree::on(last_day, &rows)), &BTreeSet::new());
    let out = report(language, &planned, &names, args.units.is_none());
    let code = finish(language, Ok(Answer::of(out)));
    Ok(if refused { ExitCode::from(EXIT_REFUSED) } else { code })
}

fn units_of(file: &Path) -> anyhow::Result<Result<Vec<UnitRow>, Vec<Problem>>> {
    let read = read_units(&read_file(file)?);
    let mut problems = read.problems;
    problems.extend(check_units(&read.rows, &[]));
    let refused = problems.iter().any(Problem::is_error);
    Ok(if refused { Err(problems) } else { Ok(read.rows) })
}

/// One unit of each level, each below the next: what is counted is then the load of one unit of each level.
fn one_of_each_level() -> Vec<UnitRow> {
    let code = |level: Level| UnitCode::from_stored(format!("one-{level}"));
    let above = Level::ALL.iter().skip(1).map(|level| Some(code(*level))).chain([None]);
    let rows = Level::ALL.iter().zip(above).map(|(level, parent)| UnitRow {
        code: code(*level),
        name: level.to_string(),
        level: *level,
        parent,
        valid_from: SINCE_EVER,
        valid_to: None,
    });
    rows.collect()
}

fn report(language: Language, planned: &PlannedYear, names: &BTreeMap<String, String>, is_per_unit: bool) -> String {
    let burden = planned.plan.burden();
    let (year, n_units) = (planned.plan.year(), planned.units.len());
    let units = match (is_per_unit, language) {
        (true, Language::Zh) => "没有给出填报单位（--units），以下按每级一个单位计".to_owned(),
        (true, Language::En) => "no reporting units were given (--units): counted is one unit of each level".to_owned(),
        (false, Language::Zh) => format!("{n_units} 个填报单位"),
        (false, Language::En) => format!("{n_units} reporting units"),
    };
    let total = burden.total;
    let (asked, collected, reduction) = (total.asked, total.collected, total.reduction());
    let head = match language {
        Language::Zh => format!(
            "{year} 年，{units}\n各表分别填：{asked} 格；按计划填：{collected} 格；减少 {reduction}%\n计划摘要 {}",
            planned.plan.digest()
        ),
        Language::En => format!(
            "{year}, {units}\neach form by itself: {asked} cells; by the plan: {collected} cells; reduction {reduction}%\nplan digest {}",
            planned.plan.digest()
        ),
    };
    let in_words = |key: &str| burden_key(language, key).unwrap_or_default().to_owned();
    let name_of = |id: &str| names.get(id).cloned().unwrap_or_default();
    let levels = burden.levels.iter().map(|(level, count)| (level.to_string(), in_words(level.as_str()), *count));
    let departments = burden.organisations.iter().map(|(id, count)| (id.to_string(), name_of(id.as_str()), *count));
    let forms = burden.forms.iter().map(|(id, count)| (id.to_string(), name_of(id.as_str()), *count));
    let mut derivations = Grid::new(&[("key", "方式", "way"), ("name", "名称", "name"), ("cells", "格/年", "cells a year")]);
    for (key, n) in ways(&burden.saved) {
        derivations.push(vec![text(key), text(in_words(key)), number(n)]);
    }
    format!(
        "{head}\n\n{}\n{}\n{}\n{}",
        count_grid(("level", "层级", "level"), levels.collect()).to_table(language),
        count_grid(("organisation", "单位", "organisation"), departments.collect()).to_table(language),
        count_grid(("form", "报表", "form"), forms.collect()).to_table(language),
        derivations.to_table(language),
    )
}

/// The ways in which cells are given that need not be typed, with their number.
fn ways(saved: &Saved) -> [(&'static str, u64); 10] {
    [
        ("same", saved.same),
        ("converted", saved.converted),
        ("time_aggregate", saved.time_aggregate),
        ("roll_up", saved.roll_up),
        ("time_aggregate_and_roll_up", saved.time_aggregate_and_roll_up),
        ("balance", saved.balance),
        ("last_year", saved.last_year),
        ("standing", saved.standing),
        ("supplied", saved.supplied),
        ("registry", saved.registry),
    ]
}

/// Lines of asked and collected cells, most asked first.
fn count_grid(key: (&str, &str, &str), mut lines: Vec<(String, String, Load)>) -> Grid {
    lines.sort_by(|a, b| (b.2.asked, &a.0).cmp(&(a.2.asked, &b.0)));
    let mut grid = Grid::new(&[
        key,
        ("name", "名称", "name"),
        ("asked", "各表应填（格/年）", "asked (cells a year)"),
        ("collected", "实际要填（格/年）", "collected (cells a year)"),
        ("reduction_percent", "减少 %", "reduction %"),
    ]);
    for (id, name, count) in lines {
        grid.push(vec![text(id), text(name), number(count.asked), number(count.collected), number(count.reduction())]);
    }
    grid
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_unit_of_each_level_stands_in_one_tree() {
        let rows = one_of_each_level();
        assert_eq!(check_units(&rows, &[]), vec![]);
        let tree = UnitTree::on(Date::constant(2026, 12, 31), &rows);
        let roots = (0..tree.len()).filter(|n| tree.parent(*n).is_none()).count();
        assert_eq!((tree.len(), roots), (6, 1));
    }

    #[test]
    fn counts_are_shown() {
        let lines = vec![
            ("mzt".to_owned(), "青岚省民政厅".to_owned(), Load { asked: 10, collected: 4 }),
            ("tjj".to_owned(), "青岚省统计局".to_owned(), Load { asked: 100, collected: 100 }),
        ];
        let table = count_grid(("organisation", "单位", "organisation"), lines).to_table(Language::Zh);
        let order: Vec<Option<usize>> = ["青岚省统计局", "青岚省民政厅"].iter().map(|name| table.find(name)).collect();
        assert!(order.is_sorted() && !order.contains(&None), "{table}");
    }

    #[test]
    fn help_is_stable() {
        insta::assert_snapshot!("help_plan", crate::cli::client::tests::help_of::<PlanArgs>("plan"));
    }
}
