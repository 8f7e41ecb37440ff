//! Registers and lists reporting units: a whole province in one call.

use crate::app::error::{Error, Result, refuse_errors};
use crate::app::request::Request;
use crate::app::{App, Page, PageRequest};
use crate::domain::audit::NewAuditRecord;
use crate::domain::caller::{Caller, Role};
use crate::domain::problem::{Code, Problem};
use crate::domain::unit::{Level, UnitCode, UnitRow, check_units};
use crate::formats::units_csv;

/// Most unit rows in one call.
const MAX_ROWS: usize = 200_000;

/// Where unit rows come from.
#[derive(Clone, Debug)]
pub enum UnitSource {
    /// Rows, with the problems met while taking them apart.
    Rows(Vec<UnitRow>, Vec<Problem>),
    /// A CSV file: code,name,level,parentand, where units change, valid_from,valid_to.
    Csv(Vec<u8>),
}

impl UnitSource {
    fn read(self) -> (Vec<UnitRow>, Vec<Problem>) {
        match self {
            Self::Rows(rows, problems) => (rows, problems),
            Self::Csv(bytes) => {
                let read = units_csv::read_units(&bytes);
                (read.rows, read.problems)
            }
        }
    }
}

impl App {
    /// Inserts or replaces unit rows, all or none; returns their number and warnings. Operators only.
    pub async fn register_units(&self, caller: &Caller, request_id: &str, source: UnitSource) -> Result<(u32, Vec<Problem>)> {
        caller.require(&[Role::Operator], "unit.register")?;
        let (rows, mut problems) = source.read();
        let request = Request::new(request_id, "unit.register", &rows)?;
        let _registering = self.state.registering.lock().await;
        let mut tx = self.begin_registering().await?;
        if let Some(answer) = request.answered(tx.as_mut(), caller).await? {
            return Ok((answer, problems));
        }
        problems.extend(check_all(&rows, &tx.all_unit_rows().await?, &problems));
        refuse_errors(&problems)?;
        tx.put_unit_rows(&rows).await?;
        let n = u32::try_from(rows.len()).unwrap_or(u32::MAX);
        let digest = blake3::hash(&serde_json::to_vec(&rows)?).to_hex().to_string();
        tx.append_audit(&NewAuditRecord {
            at: self.clock.now(),
            account: caller.account.clone(),
            act: "unit.register".to_owned(),
            object: format!("{n} unit rows"),
            detail: serde_json::json!({ "rows": n, "digest": digest }).to_string(),
        })
        .await?;
        let all = tx.all_unit_rows().await?;
        request.remember(tx.as_mut(), caller, &n).await?;
        tx.commit().await?;
        self.state.replace_units(all);
        self.has_registered();
        Ok((n, problems))
    }

    /// Checks unit rows without storing them; returns all problems. Operators only.
    pub async fn check_units(&self, caller: &Caller, source: UnitSource) -> Result<Vec<Problem>> {
        caller.require(&[Role::Operator], "unit.register")?;
        let (rows, mut problems) = source.read();
        problems.extend(check_all(&rows, &self.state.unit_rows(), &problems));
        Ok(problems)
    }

    /// Units as they stand on a day (today where `as_of` is `None`), by code. Any caller: who reports is public.
    pub fn list_units(
        &self,
        _caller: &Caller,
        within: Option<&UnitCode>,
        level: Option<Level>,
        as_of: Option<jiff::civil::Date>,
        page: &PageRequest,
    ) -> Result<Page<UnitRow>> {
        let size = page.size_within(1_000, 10_000)?;
        let after = page.after()?;
        let tree = self.state.units_on(as_of.unwrap_or_else(|| self.clock.today()));
        let mut positions: Vec<usize> = match within {
            None => (0..tree.len()).collect(),
            Some(top) => {
                let unknown = || Error::from(Problem::new(Code::UnitUnknown).arg("unit", top));
                tree.subtree(tree.position(top).ok_or_else(unknown)?)
            }
        };
        positions.sort_unstable();
        let rows = positions.into_iter().filter_map(|n| tree.units().get(n));
        let wanted = rows.filter(|r| level.is_none_or(|l| r.level == l)).filter(|r| after.as_deref().is_none_or(|a| r.code.as_str() > a));
        let found: Vec<UnitRow> = wanted.take(size as usize + 1).cloned().collect();
        Ok(Page::cut(found, size, |r| r.code.to_string()))
    }
}

/// Checks the rows that could be read; that none is left of them is no fault of its own.
fn check_all(rows: &[UnitRow], known: &[UnitRow], found: &[Problem]) -> Vec<Problem> {
    if rows.is_empty() && !found.iter().any(Problem::is_error) {
        return vec![Problem::new(Code::ListEmpty).arg("what", "units")];
    }
    if rows.len() > MAX_ROWS {
        return vec![Problem::new(Code::ListTooLong).arg("what", "units").arg("limit", MAX_ROWS).arg("n", rows.len())];
    }
    check_units(rows, known)
}
