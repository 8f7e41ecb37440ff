//! The road, second half: what is refused, what is corrected, the departments' forms filled, the reports, and the summary.

use std::collections::BTreeSet;
use std::path::Path;

use crate::cli::client::extract::{missing_line, rows_grid};
use crate::cli::client::failure::Failure;
use crate::cli::client::grid::{Grid, number, text};
use crate::cli::client::receipts::versions_grid;
use crate::cli::client::report::{burden_grid, pairs_grid, shared_grid};
use crate::cli::client::words::burden_key;
use crate::cli::demo::province::YEAR;
use crate::cli::demo::walk::{ROWS_SHOWN, Walk};
use crate::domain::message::Language;
use crate::domain::unit::Level;
use crate::pb;

/// Columns of a filled form that are shown.
const COLUMNS_SHOWN: usize = 5;

/// Figures drawn by all departments.
#[derive(Clone, Copy, Debug, Default)]
struct Drawn {
    n_extractions: u64,
    n_rows: u64,
    n_figures: u64,
    n_missing: u64,
}

impl Walk {
    /// Submits a figure a second time and is refused; corrects it and shows its versions.
    pub async fn try_twice_and_correct(&mut self) -> Result<(), Failure> {
        let Some((village, due)) = self.example.clone() else { return Ok(()) };
        let clerk = self.callers.clerk(&village.code).await?;
        let form = clerk.consolidated_form(village.code.as_str(), &due).await?;
        let numbers = form.inputs.iter().filter(|c| c.dtype() == pb::DataType::Integer);
        let held = numbers.filter_map(|c| c.held.as_ref().map(|h| (c, h)));
        // A figure that many forms share makes the point best.
        let Some((cell, figure)) = held.max_by_key(|(c, _)| c.serves.len()) else { return Ok(()) };
        let other = figure.value.parse::<u64>().unwrap_or_default() + 7;
        let typed = pb::TypedFigure {
            element: cell.element.clone(),
            period: cell.period.clone(),
            value: other.to_string(),
            unit_of_measure: String::new(),
            explanation: String::new(),
        };
        let (unit, name, label) = (village.code.to_string(), &village.name, &cell.label);

        self.show.step("同一个数再报一次：被拒绝", "the same figure a second time: refused");
        self.show.tell(
            &format!("  {name}又为 {} 报了一遍“{label}”，这回写的是 {other}：", cell.period),
            &format!("  {name} reports {label} for {} once more, {other} this time:", cell.period),
        );
        let request = pb::SubmitRequest {
            request_id: "demo-second-time".to_owned(),
            unit: unit.clone(),
            due: due.clone(),
            figures: vec![typed.clone()],
            partial: true,
            validate_only: false,
            draft_version: 0,
        };
        match clerk.submit(request).await {
            Err(refused @ Failure::Refused(_)) => self.show.indented(&refused.render(self.show.language)),
            Err(failure) => return Err(failure),
            Ok(_) => return Err(anyhow::anyhow!("a figure was taken twice: this must not happen").into()),
        }

        self.show.step("真的写错了：说明理由，更正，旧数留痕", "a real mistake: corrected with a reason, the old figure stays readable");
        let request = pb::CorrectRequest {
            request_id: "demo-correction".to_owned(),
            unit: unit.clone(),
            figures: vec![pb::CorrectedFigure { figure: Some(typed), seen_version: figure.version }],
            reason: self.show.pick("复核台账时发现漏计 7", "7 were missed, found when the books were checked").to_owned(),
            validate_only: false,
            dispute: 0,
        };
        clerk.correct(request).await?;
        let versions = clerk.versions(&unit, &cell.element, &cell.period).await?.versions;
        self.show.tell(&format!("  “{label}”的历次版本："), &format!("  versions of {label}:"));
        self.show.table(&versions_grid(&versions));
        Ok(())
    }

    /// Draws every department's forms, filled, and shows the first rows of one.
    pub async fn draw_the_forms(&mut self) -> Result<(), Failure> {
        self.show.step("各部门取回自己的报表，已经填好", "each department draws its own forms, filled");
        let shown_form = self.most_served_form();
        let mut drawn = Drawn::default();
        for n in 0..self.province.forms.len() {
            let Some(form) = self.province.forms.get(n) else { continue };
            let (id, frequency, department) = (form.template.id.to_string(), form.template.frequency, form.department.clone());
            let connection = if department == self.province.bureau()?.id {
                self.callers.bureau(&department).await?
            } else {
                self.callers.officer(&department).await?
            };
            for period in frequency.periods(YEAR) {
                let scope = pb::ExtractionScope { form_id: id.clone(), period: period.to_string(), within: String::new() };
                let filled = connection.extract_rows(scope).await?;
                drawn.n_extractions += 1;
                drawn.n_rows += filled.rows.len() as u64;
                drawn.n_figures += filled.rows.iter().flat_map(|r| &r.figures).filter(|f| f.value.is_some()).count() as u64;
                drawn.n_missing += filled.missing;
                if shown_form.as_deref() == Some(id.as_str()) {
                    self.show_filled(n, &filled);
                }
            }
        }
        let Drawn { n_extractions, n_rows, n_figures, n_missing } = drawn;
        let n_forms = self.province.forms.len();
        self.show.tell(
            &format!("  {n_forms} 张表共取 {n_extractions} 期，{n_rows} 行，{n_figures} 个数；缺 {n_missing} 个"),
            &format!("  {n_forms} forms drawn for {n_extractions} periods: {n_rows} rows, {n_figures} figures; missing: {n_missing}"),
        );
        Ok(())
    }

    /// The annual form of villages or townships of which others give most: the share of its fields that were held or computable when it
    /// came.
    fn most_served_form(&self) -> Option<String> {
        let forms = self.province.forms.iter().zip(&self.registered);
        let annual = forms.filter(|(f, _)| f.template.frequency.n_per_year() == 1 && f.template.level <= Level::Township);
        let share = |counts: &pb::OverlapCounts| 1_000 * (counts.held + counts.computable) / counts.fields.max(1);
        let best = annual.max_by_key(|(_, answer)| answer.counts.as_ref().map(share));
        best.map(|(form, _)| form.template.id.to_string())
    }

    fn show_filled(&self, n: usize, filled: &pb::ExtractRowsResponse) {
        let (Some(form), Some(answer)) = (self.province.forms.get(n), self.registered.get(n)) else { return };
        let counts = answer.counts.unwrap_or_default();
        let given = counts.held + counts.computable;
        let (title, name) = (&form.template.title, self.province.name_of(&form.template.organisation));
        self.show.tell(
            &format!("  例如{name}的《{title}》，{} 项里有 {given} 项别的表已经有；前几行、几栏：", counts.fields),
            &format!(
                "  for example {title} of {name}; of its {} fields {given} were held by other forms; first rows and columns:",
                counts.fields
            ),
        );
        let some = numeric_columns(filled, answer);
        self.show.table(&rows_grid(&some, ROWS_SHOWN, COLUMNS_SHOWN));
        self.show.say(&format!("  {}", missing_line(self.show.language, filled)));
    }

    /// Shows the top of the overlap report and the burden by department.
    pub async fn read_the_reports(&mut self) -> Result<(), Failure> {
        let bureau = self.province.bureau()?.id.clone();
        let connection = self.callers.bureau(&bureau).await?;
        let language = self.show.language;

        self.show.step("统计局看重复：谁在要同一个数", "the bureau reads who asks for the same figure");
        let report = connection.overlap_report(YEAR.into(), 0).await?;
        let top = report.elements.get(..ROWS_SHOWN).unwrap_or(&report.elements);
        self.show.table(&shared_grid(language, top));
        let n_shared = report.elements.len();
        self.show.tell(
            &format!("  不止一张表在要的数据元共 {n_shared} 个。共有最多的几对单位："),
            &format!("  {n_shared} elements are asked by more than one form; organisations that share most:"),
        );
        let mut pairs = report.heat_map;
        pairs.sort_by_key(|p| std::cmp::Reverse(p.elements));
        pairs.truncate(ROWS_SHOWN);
        self.show.table(&pairs_grid(&pairs));

        self.show.step("统计局看负担：合并前后", "the bureau reads the burden, before and after");
        let burden = connection.burden_report(YEAR.into(), pb::BurdenBreakdown::Organisation, 0).await?;
        self.show.table(&burden_grid(language, burden.total.as_ref(), &burden.rows));
        self.show.end_step();
        self.summarise(burden.total.unwrap_or_default());
        Ok(())
    }

    fn summarise(&self, total: pb::BurdenRow) {
        let n_forms = self.province.forms.len();
        let departments: BTreeSet<_> = self.province.forms.iter().map(|f| &f.department).collect();
        let n_departments = departments.len();
        let fields = self.registered.iter().flat_map(|a| &a.fields);
        let n_fields = fields.clone().count();
        let n_elements = fields.map(|f| f.element.as_str()).collect::<BTreeSet<_>>().len();
        let looks_alike: u32 = self.registered.iter().filter_map(|a| a.counts.as_ref()).map(|c| c.look_alike).sum();
        let pb::BurdenRow { asked, collected, reduction_percent, .. } = total;
        let (n_typed, n_receipts) = (self.typed.n_figures, self.typed.n_receipts);
        self.show.tell("\n【小结】", "\n[summary]");
        self.show.tell(
            &format!(
                "  {n_departments} 个部门（含统计局）{n_forms} 张表，{n_fields} 个指标，其实是 {n_elements} 个不同的数（数据元）。\n  \
                 各表分别填，基层一年要填 {asked} 格；合成“一张表”后填 {collected} 格，少填 {reduction_percent}%。\n  \
                 实际填了 {n_typed} 格，{n_receipts} 张回执；没有一个数填过两次。\n  \
                 另有 {looks_alike} 个指标登记时像是已有的数，系统没有擅自合并，留给统计局判断；判断为同一个数的，还会再少填。"
            ),
            &format!(
                "  {n_departments} departments, the bureau among them, ask {n_forms} forms with {n_fields} fields, which are {n_elements} different figures (data elements).\n  \
                 Each form by itself, the grassroots type {asked} cells a year; put together, {collected}: {reduction_percent} % less.\n  \
                 {n_typed} cells were typed, with {n_receipts} receipts; no figure was typed twice.\n  \
                 When they were registered, {looks_alike} fields looked like figures already held. Nothing was merged on a guess: the bureau decides,\n  \
                 and what it finds to be the same is typed no more."
            ),
        );
        if n_typed != collected {
            self.show.tell(
                &format!("  注意：计划是 {collected} 格，实际填了 {n_typed} 格，两者不等。"),
                &format!("  note: {collected} cells were planned and {n_typed} typed; they differ."),
            );
        }
        self.show.say("");
        self.show.table(&self.show.steps_grid());
    }

    /// Writes the tokens and says how to go on by hand.
    pub fn finish(&mut self, tokens: &Path, address: &str) -> Result<(), Failure> {
        self.callers.write_tokens(tokens, address, self.show.language)?;
        let file = tokens.display();
        let (unit, due) = self.example.as_ref().map(|(u, due)| (u.code.to_string(), due.clone())).unwrap_or_default();
        let form = self.most_served_form().unwrap_or_default();
        let found = self.province.forms.iter().find(|f| f.template.id.as_str() == form);
        let department = found.map(|f| f.department.clone()).unwrap_or(self.province.bureau()?.id.clone());
        let is_bureau = self.province.bureau()?.id == department;
        let officer = if is_bureau { "BUREAU".to_owned() } else { format!("OFFICER_{}", department.as_str().to_uppercase()) };
        self.show.tell("\n【自己试试】另开一个终端：", "\n[try it by hand] in another terminal:");
        let program = std::env::current_exe().map_or_else(|_| "baoyici".to_owned(), |path| path.display().to_string());
        let commands = [
            ("BUREAU".to_owned(), format!("report burden --year {YEAR} --by form")),
            ("BUREAU".to_owned(), "relations --kind looks-alike --limit 20".to_owned()),
            (format!("CLERK_{unit}"), format!("form show --unit {unit} --due {due}")),
            (officer, format!("extract {form} --period {YEAR} --format csv -o {form}.csv")),
        ];
        self.show.say(&format!("  . {file}"));
        for (account, command) in commands {
            self.show.say(&format!("  BAOYICI_TOKEN=$TOKEN_{account} {program} {command}"));
        }
        Ok(())
    }
}

/// A filled form with its numeric columns only, those first that other forms gave.
fn numeric_columns(filled: &pb::ExtractRowsResponse, answer: &pb::RegisterTemplateResponse) -> pb::ExtractRowsResponse {
    let is_given = |field_id: &str| {
        let field = answer.fields.iter().find(|f| f.field.as_ref().is_some_and(|k| k.field_id == field_id));
        field.is_some_and(|f| matches!(f.standing(), pb::Standing::Held | pb::Standing::Computable))
    };
    let numbered = filled.columns.iter().enumerate();
    let mut chosen: Vec<(usize, &pb::ExtractedColumn)> =
        numbered.filter(|(_, c)| matches!(c.dtype(), pb::DataType::Integer | pb::DataType::Decimal)).collect();
    chosen.sort_by_key(|(n, c)| (!is_given(&c.field_id), *n));
    let row = |row: &pb::ExtractedRow| pb::ExtractedRow {
        figures: chosen.iter().map(|(n, _)| row.figures.get(*n).cloned().unwrap_or_default()).collect(),
        ..row.clone()
    };
    pb::ExtractRowsResponse {
        columns: chosen.iter().map(|(_, c)| (*c).clone()).collect(),
        rows: filled.rows.iter().map(row).collect(),
        missing: filled.missing,
    }
}

/// How cells are given that need not be typed.
pub(super) fn derivations_grid(language: Language, rows: &[pb::BurdenRow]) -> Grid {
    let mut grid = Grid::new(&[("key", "方式", "way"), ("name", "名称", "name"), ("cells", "格/年", "cells a year")]);
    for row in rows {
        grid.push(vec![text(row.key.clone()), text(burden_key(language, &row.key).unwrap_or_default()), number(row.asked)]);
    }
    grid
}
