//! Drafts: kept on the server before submission, so that nothing typed is lost. Clerks of the unit.
//!
//! Saving needs no request id and leaves no audit record: a draft is a unit's working paper, saved with every few keystrokes. The version does
//! what a request id would: saving the same cells on the same version again is answered as before.

use jiff::civil::Date;

use crate::app::App;
use crate::app::error::{Result, refuse_errors};
use crate::app::submit::MAX_FIGURES;
use crate::domain::caller::Caller;
use crate::domain::draft::{Draft, DraftCell};
use crate::domain::problem::{Code, Place, Problem, check_optional_text};
use crate::domain::unit::UnitCode;
use crate::store::{DraftMark, again};

/// Longest text of a part of a cell, in characters.
const MAX_PART_CHARS: usize = 2_000;

/// What a clerk wants to keep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftToSave {
    /// The unit.
    pub unit: UnitCode,
    /// The due date.
    pub due: Date,
    /// All cells, as typed.
    pub cells: Vec<DraftCell>,
    /// The version that the clerk saw; 0 where there was none.
    pub seen_version: u32,
}

impl App {
    /// Keeps a draft in the place of the one that the clerk saw; refused where a colleague changed it since.
    pub async fn save_draft(&self, caller: &Caller, wanted: &DraftToSave) -> Result<Draft> {
        caller.require_unit(&wanted.unit, "draft.write")?;
        refuse_errors(&check_cells(&wanted.cells))?;
        self.require_due_date(&wanted.unit, wanted.due)?;
        again(|| self.save_draft_once(caller, wanted)).await
    }

    async fn save_draft_once(&self, caller: &Caller, wanted: &DraftToSave) -> Result<Draft> {
        let mut tx = self.store.begin().await?;
        let stands = tx.draft(&wanted.unit, wanted.due).await?;
        let version = wanted.seen_version.saturating_add(1);
        if let Some(stands) = &stands
            && stands.version == version
            && stands.saved_by == caller.account
            && stands.cells == wanted.cells
        {
            return Ok(stands.clone());
        }
        let seen = stands.as_ref().map_or(0, |draft| draft.version);
        if seen != wanted.seen_version {
            let by = stands.as_ref().map_or_else(String::new, |draft| draft.saved_by.to_string());
            let problem = Problem::new(Code::DraftStale).arg("expected", wanted.seen_version).arg("version", seen).arg("account", by);
            return Err(problem.at(Place::part("seen_version")).into());
        }
        let draft = Draft {
            unit: wanted.unit.clone(),
            due: wanted.due,
            version,
            cells: wanted.cells.clone(),
            saved_by: caller.account.clone(),
            saved_at: self.clock.now(),
        };
        tx.put_draft(&draft).await?;
        tx.commit().await?;
        Ok(draft)
    }

    /// The draft of a unit for a due date.
    pub async fn get_draft(&self, caller: &Caller, unit: &UnitCode, due: Date) -> Result<Draft> {
        caller.require_unit(unit, "draft.read")?;
        let found = self.store.draft(unit, due).await?;
        found.ok_or_else(|| Problem::new(Code::DraftUnknown).arg("unit", unit).arg("due", due).into())
    }

    /// All drafts of a unit, by due date.
    pub async fn list_drafts(&self, caller: &Caller, unit: &UnitCode) -> Result<Vec<Draft>> {
        caller.require_unit(unit, "draft.read")?;
        Ok(self.store.drafts(unit).await?)
    }

    /// Throws away the version of a draft that the clerk saw; refused where a colleague changed it since. One that is gone already is no fault.
    pub async fn discard_draft(&self, caller: &Caller, unit: &UnitCode, due: Date, version: u32) -> Result<()> {
        let mark = &DraftMark { unit: unit.clone(), due, version };
        caller.require_unit(&mark.unit, "draft.write")?;
        let mut tx = self.store.begin().await?;
        if tx.remove_draft(mark).await? {
            return Ok(tx.commit().await?);
        }
        match tx.draft(&mark.unit, mark.due).await? {
            None => Ok(()),
            Some(stands) => {
                let problem = Problem::new(Code::DraftStale).arg("expected", mark.version).arg("version", stands.version);
                Err(problem.arg("account", &stands.saved_by).at(Place::part("version")).into())
            }
        }
    }

    /// Refuses a date on which the unit has nothing to type: bounds how many drafts a unit can have.
    fn require_due_date(&self, unit: &UnitCode, due: Date) -> Result<()> {
        let years = self.unit_years(unit, due.year())?;
        if years.iter().any(|place| !place.cells_due(due).list().is_empty()) {
            return Ok(());
        }
        Err(Problem::new(Code::DueDateUnknown).arg("due", due).arg("unit", unit).into())
    }
}

/// Only what would harm the store is refused: a draft keeps wrong figures too.
fn check_cells(cells: &[DraftCell]) -> Vec<Problem> {
    if cells.len() > MAX_FIGURES {
        return vec![Problem::new(Code::ListTooLong).arg("what", "cells").arg("limit", MAX_FIGURES).arg("n", cells.len())];
    }
    let mut problems = Vec::new();
    for (n, cell) in cells.iter().enumerate() {
        let parts = [
            ("element", &cell.element),
            ("period", &cell.period),
            ("value", &cell.value),
            ("unit_of_measure", &cell.unit_of_measure),
            ("explanation", &cell.explanation),
        ];
        let too_long = parts.into_iter().filter_map(|(part, text)| {
            check_optional_text(text, part, MAX_PART_CHARS).map(|problem| problem.at(Place::row(n + 1).column(part)))
        });
        problems.extend(too_long);
    }
    problems
}
