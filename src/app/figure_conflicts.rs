//! Two figures that a decision brought under one element (数值不一致): shown to the bureau until one is chosen, or a correction makes them equal.

use serde::{Deserialize, Serialize};

use crate::app::error::{Error, Result};
use crate::app::request::Request;
use crate::app::{App, Page, PageRequest};
use crate::domain::audit::NewAuditRecord;
use crate::domain::caller::{Caller, Role};
use crate::domain::decision::FigureConflict;
use crate::domain::measure::{Measures, to_rational};
use crate::domain::observation::Observation;
use crate::domain::problem::{Code, Place, Problem};
use crate::store;

/// Conflicts read from the store at once.
const CONFLICTS_PER_READ: u32 = 500;

/// Which of two figures stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConflictChoice {
    /// The conflict.
    pub conflict: u64,
    /// Whether the figure that was set aside takes the place; otherwise the one that stands stays.
    pub takes_aside: bool,
    /// Why; may be empty.
    pub note: String,
}

impl App {
    /// Figures that differ from the one that stands for the same unit, element and period, by number; equal ones after conversion are no
    /// conflict. Those that were resolved come only where they are asked for. The bureau.
    pub async fn list_figure_conflicts(&self, caller: &Caller, with_resolved: bool, page: &PageRequest) -> Result<Page<FigureConflict>> {
        caller.require(&[Role::Bureau], "conflict.list")?;
        let size = page.size_within(100, 1_000)?;
        let malformed = || Problem::new(Code::CursorMalformed).arg("value", &page.cursor).at(Place::part("cursor"));
        let mut after = page.after()?.map_or(Ok(0), |text| text.parse::<u64>().map_err(|_| malformed()))?;
        let mut found: Vec<FigureConflict> = Vec::new();
        while found.len() <= size as usize {
            let read = self.store.figure_conflicts(after, CONFLICTS_PER_READ).await?;
            let Some(last) = read.last() else { break };
            after = last.number;
            found.extend(read.into_iter().filter(|c| (with_resolved || c.resolved.is_none()) && !agree(c, &self.measures)));
        }
        found.truncate(size as usize + 1);
        Ok(Page::cut(found, size, |c| c.number.to_string()))
    }

    /// Chooses which of two figures stands; the other stays as it was typed, and both go back to their fields when the decision is undone.
    /// The bureau.
    pub async fn resolve_figure_conflict(&self, caller: &Caller, request_id: &str, choice: &ConflictChoice) -> Result<()> {
        caller.require(&[Role::Bureau], "conflict.resolve")?;
        let why = self.why(caller, &choice.note)?;
        let request = Request::new(request_id, "conflict.resolve", choice)?;
        let mut tx = self.store.begin().await?;
        if request.answered::<()>(tx.as_mut(), caller).await?.is_some() {
            return Ok(());
        }
        match tx.resolve_conflict(choice.conflict, choice.takes_aside, &why).await {
            Err(store::Error::Conflict) => {
                return Err(Problem::new(Code::FigureConflictUnknown).arg("conflict", choice.conflict).into());
            }
            other => other.map_err(Error::from)?,
        }
        let detail = serde_json::json!({ "takes_aside": choice.takes_aside, "note": choice.note });
        tx.append_audit(&NewAuditRecord {
            at: self.clock.now(),
            account: caller.account.clone(),
            act: "conflict.resolve".to_owned(),
            object: format!("conflict {}", choice.conflict),
            detail: detail.to_string(),
        })
        .await?;
        request.remember(tx.as_mut(), caller, &()).await?;
        tx.commit().await?;
        Ok(())
    }
}

/// Whether both figures say the same after conversion.
fn agree(conflict: &FigureConflict, measures: &Measures) -> bool {
    let Some(held) = &conflict.held else { return false };
    let exact = |o: &Observation| {
        let number = to_rational(o.figure.number()?);
        Some(match measures.find(&o.unit_of_measure) {
            Some(unit) => number * to_rational(unit.atoms),
            None => number,
        })
    };
    match (exact(held), exact(&conflict.aside)) {
        (Some(x), Some(y)) => x == y,
        (None, None) => held.figure == conflict.aside.figure,
        _ => false,
    }
}
