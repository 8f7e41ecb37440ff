//! What is typed by a due date, made once for all units of one kind: thousands of villages submit the same cells within days.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::civil::Date;

use crate::domain::id::ElementId;
use crate::domain::period::ReferencePeriod;
use crate::planning::{Plan, PlannedCell};

/// Most cells that are kept for one plan; where more are asked for, the memory starts anew. A cell takes about half a kilobyte.
const MAX_KEPT_CELLS: usize = 50_000;

/// The cells of one due date, in the plan's order.
#[derive(Default)]
pub(crate) struct DueCells {
    list: Vec<PlannedCell>,
    by_figure: HashMap<(ElementId, ReferencePeriod), usize>,
}

impl DueCells {
    fn of(list: Vec<PlannedCell>) -> Self {
        let by_figure = list.iter().enumerate().map(|(at, cell)| ((cell.element, cell.period), at)).collect();
        Self { list, by_figure }
    }

    /// All of them.
    pub(crate) fn list(&self) -> &[PlannedCell] {
        &self.list
    }

    /// The cell of a figure.
    pub(crate) fn get(&self, element: ElementId, period: ReferencePeriod) -> Option<&PlannedCell> {
        self.by_figure.get(&(element, period)).and_then(|at| self.list.get(*at))
    }
}

/// Due dates of a plan that were asked for, by kind of unit.
#[derive(Default)]
pub(crate) struct DueMemory(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    by_kind: HashMap<(Vec<usize>, Date), Arc<DueCells>>,
    n_cells: usize,
}

impl DueMemory {
    /// The cells that a unit types by a due date. Callers must ask with the one plan that the memory belongs to.
    pub(crate) fn cells(&self, plan: &Plan, unit: usize, due: Date) -> Arc<DueCells> {
        let key = (plan.kind(unit), due);
        if let Some(known) = self.0.lock().unwrap_or_else(PoisonError::into_inner).by_kind.get(&key) {
            return Arc::clone(known);
        }
        let cells = plan.typed_cells(unit).into_iter().filter(|cell| cell.due == due).collect();
        let cells = Arc::new(DueCells::of(cells));
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A date without cells takes room too: callers name dates freely.
        let n_more = cells.list.len() + 1;
        if kept.n_cells + n_more > MAX_KEPT_CELLS {
            *kept = Kept::default();
        }
        if n_more <= MAX_KEPT_CELLS && kept.by_kind.insert(key, Arc::clone(&cells)).is_none() {
            kept.n_cells += n_more;
        }
        cells
    }
}
