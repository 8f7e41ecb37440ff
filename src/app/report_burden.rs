//! The burden report: cells asked against cells collected.

use crate::app::error::Result;
use crate::app::{App, Page, PageRequest};
use crate::domain::caller::{Caller, Role};
use crate::planning::{Load, Saved};
use rust_decimal::Decimal;

/// By what the burden is broken down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BurdenBreakdown {
    /// By organisation.
    Organisation,
    /// By form.
    Form,
    /// By level of the units.
    Level,
    /// By reporting unit.
    Unit,
    /// By how the cells that need not be typed are given instead.
    Derivation,
}

/// One line of the report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BurdenRow {
    /// Id, word or code of what the line is about.
    pub key: String,
    /// Its name.
    pub name: String,
    /// Cells a year.
    pub count: Load,
}

impl BurdenRow {
    /// Reduction in per cent, one decimal.
    pub fn reduction(&self) -> Decimal {
        self.count.reduction()
    }
}

/// The report.
#[derive(Clone, Debug)]
pub struct BurdenReport {
    /// All units and forms that the caller may see.
    pub total: BurdenRow,
    /// The lines, most cells asked first.
    pub rows: Page<BurdenRow>,
    /// Digest of the plan.
    pub plan_digest: String,
}

impl App {
    /// The burden report of a year. The bureau.
    pub async fn report_burden(&self, caller: &Caller, year: i16, breakdown: BurdenBreakdown, page: &PageRequest) -> Result<BurdenReport> {
        caller.require(&[Role::Bureau], "report.burden")?;
        let size = page.size_within(100, 10_000)?;
        let position = page.position()?;
        let planned = self.state.plan(year);
        let burden = planned.plan.burden();
        let mut rows: Vec<BurdenRow> = match breakdown {
            BurdenBreakdown::Organisation => {
                let names = self.store.organisations(None, u32::MAX).await?;
                let name = |id: &str| names.iter().find(|o| o.id.as_str() == id).map(|o| o.name.clone()).unwrap_or_default();
                burden.organisations.iter().map(|(id, count)| row(id.as_str(), name(id.as_str()), *count)).collect()
            }
            BurdenBreakdown::Form => {
                let title = |id| self.state.catalogue(|c| c.form(id).map(|f| f.template.title.clone())).unwrap_or_default();
                burden.forms.iter().map(|(id, count)| row(id.as_str(), title(id), *count)).collect()
            }
            BurdenBreakdown::Level => burden.levels.iter().map(|(level, count)| row(level.as_str(), String::new(), *count)).collect(),
            BurdenBreakdown::Unit => {
                let counted = planned.units.units().iter().zip(&burden.units);
                counted
                    .filter(|(_, count)| count.asked > 0)
                    .map(|(unit, count)| row(unit.code.as_str(), unit.name.clone(), *count))
                    .collect()
            }
            BurdenBreakdown::Derivation => saved_rows(&burden.saved),
        };
        rows.sort_by(|a, b| (std::cmp::Reverse(a.count.asked), &a.key).cmp(&(std::cmp::Reverse(b.count.asked), &b.key)));
        let total = row("total", String::new(), burden.total);
        Ok(BurdenReport { total, rows: Page::slice(rows, position, size), plan_digest: planned.plan.digest() })
    }
}

fn row(key: &str, name: String, count: Load) -> BurdenRow {
    BurdenRow { key: key.to_owned(), name, count }
}

/// The cells that need not be typed, by what gives them instead.
fn saved_rows(saved: &Saved) -> Vec<BurdenRow> {
    let kinds = [
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
    ];
    kinds.into_iter().map(|(kind, asked)| row(kind, String::new(), Load { asked, collected: 0 })).collect()
}
