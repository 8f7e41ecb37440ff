//! The road, first half: registering, the plan, and every unit's forms of the year submitted. The second half is in `findings`.

use std::collections::BTreeSet;

use futures::StreamExt;

use crate::cli::client::connection::Connection;
use crate::cli::client::failure::Failure;
use crate::cli::client::form::form_table;
use crate::cli::client::register::{organisations_of, register_json};
use crate::cli::client::report::burden_grid;
use crate::cli::client::verdict::{added_lines, counts_line};
use crate::cli::demo::callers::Callers;
use crate::cli::demo::figures::{invent, year_of};
use crate::cli::demo::mending::mend;
use crate::cli::demo::province::{ORGANISATIONS, Province, UNITS, YEAR};
use crate::cli::demo::show::Show;
use crate::domain::message::Language;
use crate::domain::unit::{Level, UnitRow};
use crate::pb;

/// Units whose forms are submitted side by side.
const CLERKS_AT_ONCE: usize = 4;
/// Rows of a form that are shown.
pub(super) const ROWS_SHOWN: usize = 8;

/// The walk with what it has seen.
pub(super) struct Walk {
    pub province: Province,
    pub callers: Callers,
    pub show: Show,
    /// Answers to the registered forms, in the order of the province's forms.
    pub registered: Vec<pb::RegisterTemplateResponse>,
    /// Figures typed and receipts given.
    pub typed: Typed,
    /// The form shown before and after: unit and due date.
    pub example: Option<(UnitRow, String)>,
}

/// What was submitted.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Typed {
    pub n_figures: u64,
    pub n_receipts: u64,
}

impl Typed {
    fn add(&mut self, other: Typed) {
        self.n_figures += other.n_figures;
        self.n_receipts += other.n_receipts;
    }
}

impl Walk {
    /// Begins the walk.
    pub fn new(province: Province, callers: Callers, show: Show) -> Self {
        Self { province, callers, show, registered: Vec::new(), typed: Typed::default(), example: None }
    }

    /// Registers organisations, units and every department's forms.
    pub async fn register(&mut self) -> Result<(), Failure> {
        self.show.step("系统管理员登记单位和填报单位", "the operator registers organisations and reporting units");
        let operator = self.callers.operator().await?;
        let request = pb::RegisterOrganisationsRequest {
            request_id: "demo-organisations".to_owned(),
            organisations: organisations_of(ORGANISATIONS.as_bytes())?,
            validate_only: false,
        };
        let n_organisations = operator.register_organisations(request).await?.registered;
        let request = pb::RegisterUnitsRequest {
            request_id: "demo-units".to_owned(),
            source: Some(pb::register_units_request::Source::Csv(UNITS.as_bytes().to_vec())),
            validate_only: false,
        };
        operator.register_units(request).await?;
        let counts = [Level::County, Level::Township, Level::Village].map(|level| self.province.units_of(level).len());
        let [n_counties, n_townships, n_villages] = counts;
        self.show.tell(
            &format!("  {n_organisations} 个单位；{n_counties} 个县、{n_townships} 个乡镇（街道）、{n_villages} 个村（社区）"),
            &format!("  {n_organisations} organisations; counties {n_counties}, townships {n_townships}, villages {n_villages}"),
        );
        self.register_forms().await
    }

    async fn register_forms(&mut self) -> Result<(), Failure> {
        self.show.step(
            "各部门登记自己的报表，当场知道哪些数别人已经在收",
            "each department registers its forms and hears at once what others collect already",
        );
        let n_forms = self.province.forms.len();
        for n in 0..n_forms {
            let Some(form) = self.province.forms.get(n) else { continue };
            let connection = if form.department == self.province.bureau()?.id {
                self.callers.bureau(&form.department).await?
            } else {
                self.callers.officer(&form.department).await?
            };
            let request_id = format!("demo-form-{}", form.template.id);
            let answer = register_json(&connection, &request_id, form.json.as_bytes().to_vec(), false).await?;
            let language = self.show.language;
            let counts = answer.counts.as_ref().map(|c| counts_line(language, c)).unwrap_or_default();
            let added = added_lines(language, &answer.added).join(self.show.pick("；", "; "));
            let (title, name) = (&form.template.title, self.province.name_of(&form.template.organisation));
            self.show.say(&match language {
                Language::Zh => format!("  {:>2}/{n_forms} {name}《{title}》\n        {counts}；{added}", n + 1),
                Language::En => format!("  {:>2}/{n_forms} {name} {title}\n        {counts}; {added}", n + 1),
            });
            self.registered.push(answer);
        }
        Ok(())
    }

    /// Shows the plan of the year by level.
    pub async fn plan(&mut self) -> Result<(), Failure> {
        self.show
            .step("系统排出全年采集计划：每个数只在产生它的地方填一次", "the plan of the year: each figure is typed once, where it arises");
        let bureau = self.province.bureau()?.id.clone();
        let connection = self.callers.bureau(&bureau).await?;
        let report = connection.burden_report(YEAR.into(), pb::BurdenBreakdown::Level, 0).await?;
        self.show.table(&burden_grid(self.show.language, report.total.as_ref(), &report.rows));
        let ways = connection.burden_report(YEAR.into(), pb::BurdenBreakdown::Derivation, 0).await?;
        self.show.tell("  每一格从哪里来：", "  where each cell comes from:");
        self.show.table(&super::findings::derivations_grid(self.show.language, &ways.rows));
        Ok(())
    }

    /// Submits every unit's consolidated forms of the year; shows one village's before and after.
    pub async fn report_the_year(&mut self) -> Result<(), Failure> {
        self.show.step("一个村的“一张表”，填报之前", "one village's consolidated form, before anybody has reported");
        let (village, due) = self.choose_example().await?;
        self.show_example(&village, &due).await?;
        self.example = Some((village, due));

        self.show.step(
            "各村、乡镇、县填报全年的表（数字是随机编的）",
            "all villages, townships and the county report the year (figures drawn at random)",
        );
        for township in self.province.units_of(Level::Township) {
            self.submit_subtree(township).await?;
        }
        for level in [Level::County, Level::City, Level::Province] {
            for position in self.province.units_of(level) {
                self.submit_units(&[position]).await?;
            }
        }

        self.show.step("同一个村的“一张表”，填报之后", "the same village's form, after everybody has reported");
        if let Some((village, due)) = self.example.clone() {
            self.show_example(&village, &due).await?;
        }
        Ok(())
    }

    /// The village in the middle of the list and its due date with most cells.
    async fn choose_example(&mut self) -> Result<(UnitRow, String), Failure> {
        let villages = self.province.units_of(Level::Village);
        let middle = villages.get(villages.len() / 2).and_then(|n| self.province.units.units().get(*n));
        let village = middle.ok_or_else(|| anyhow::anyhow!("the sample province has no village"))?.clone();
        let clerk = self.callers.clerk(&village.code).await?;
        let mut due_dates = clerk.due_dates(village.code.as_str(), i32::from(YEAR)).await?.due_dates;
        due_dates.extend(clerk.due_dates(village.code.as_str(), i32::from(YEAR) + 1).await?.due_dates);
        let fullest = due_dates.into_iter().max_by_key(|d| (d.cells, std::cmp::Reverse(d.due.clone())));
        Ok((village, fullest.map(|d| d.due).unwrap_or_default()))
    }

    async fn show_example(&mut self, village: &UnitRow, due: &str) -> Result<(), Failure> {
        let clerk = self.callers.clerk(&village.code).await?;
        let form = clerk.consolidated_form(village.code.as_str(), due).await?;
        self.show.indented(&form_table(self.show.language, &form, ROWS_SHOWN));
        Ok(())
    }

    async fn submit_subtree(&mut self, township: usize) -> Result<(), Failure> {
        let positions = self.province.units.subtree(township);
        self.submit_units(&positions).await
    }

    /// Submits the forms of these units and says how many; the first names the line.
    async fn submit_units(&mut self, positions: &[usize]) -> Result<(), Failure> {
        let mut clerks: Vec<(UnitRow, Connection)> = Vec::new();
        for position in positions {
            if let Some(unit) = self.province.units.units().get(*position) {
                clerks.push((unit.clone(), self.callers.clerk(&unit.code).await?));
            }
        }
        let name = clerks.first().map(|(unit, _)| unit.name.clone()).unwrap_or_default();
        let n_below = clerks.len().saturating_sub(1);
        let mut submitting = futures::stream::iter(clerks).map(submit_year).buffered(CLERKS_AT_ONCE);
        let mut typed = Typed::default();
        while let Some(one) = submitting.next().await {
            typed.add(one?);
        }
        drop(submitting);
        self.typed.add(typed);
        if typed.n_receipts == 0 {
            return Ok(());
        }
        let Typed { n_figures, n_receipts } = typed;
        let (below_zh, below_en) = match n_below {
            0 => (String::new(), String::new()),
            n => (format!("和所辖 {n} 个村（社区）"), format!(" and its {n} villages")),
        };
        self.show.tell(
            &format!("  {name}{below_zh}：{n_figures} 个数，{n_receipts} 张回执"),
            &format!("  {name}{below_en}: {n_figures} figures, {n_receipts} receipts"),
        );
        Ok(())
    }
}

/// Fills and submits every form of the year that a unit has.
async fn submit_year((unit, clerk): (UnitRow, Connection)) -> Result<Typed, Failure> {
    let code = unit.code.as_str();
    let year = i32::from(YEAR);
    let mut dates: BTreeSet<String> = BTreeSet::new();
    // Forms about the end of the year are due in the next one.
    for calendar_year in [year, year + 1] {
        dates.extend(clerk.due_dates(code, calendar_year).await?.due_dates.into_iter().map(|d| d.due));
    }
    let mut typed = Typed::default();
    for due in dates {
        let form = clerk.consolidated_form(code, &due).await?;
        let open: Vec<&pb::InputCell> = form.inputs.iter().filter(|c| c.held.is_none() && is_of_the_year(c)).collect();
        if open.is_empty() {
            continue;
        }
        let figures = open.iter().map(|cell| pb::TypedFigure {
            element: cell.element.clone(),
            period: cell.period.clone(),
            value: invent(cell, &unit),
            unit_of_measure: String::new(),
            explanation: String::new(),
        });
        let request = pb::SubmitRequest {
            request_id: format!("demo-{code}-{due}"),
            unit: code.to_owned(),
            due: due.clone(),
            figures: figures.collect(),
            // On a date on which next year's first forms are due too, those are left for then.
            partial: form.inputs.iter().any(|c| !is_of_the_year(c)),
            validate_only: false,
            draft_version: 0,
        };
        let request = mend(&clerk, &form, request).await?;
        let receipt = clerk.submit(request).await?.receipt.unwrap_or_default();
        typed.n_figures += u64::from(receipt.figures);
        typed.n_receipts += 1;
    }
    Ok(typed)
}

/// Whether a cell belongs to a form of the year that is walked.
fn is_of_the_year(cell: &pb::InputCell) -> bool {
    if cell.serves.is_empty() { year_of(&cell.period) <= YEAR } else { cell.serves.iter().any(|s| year_of(&s.period) == YEAR) }
}
