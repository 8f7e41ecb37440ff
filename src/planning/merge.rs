//! What merging elements would save (合并可省): cells of some fields planned together, without a new plan.
//!
//! Without balances a plan is separable by element, and elements that are asked alike are solved once, so a pair costs no more than gathering its fields. Figures
//! held from the year before, and what balances give, are left out: they are the same whether elements are merged or not, but for the first year after.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::domain::id::ElementId;
use crate::planning::burden::n_cells;
use crate::planning::series::{Collected, Series, gather};
use crate::planning::solve::{Problem, Signature, solve};
use crate::planning::{AskedField, Plan};

/// Counts cells of elements as they would be planned, remembering what was solved.
pub struct Merging<'p> {
    plan: &'p Plan,
    /// Positions in the plan of the fields of each element, by key.
    fields_of: HashMap<ElementId, Vec<usize>>,
    cells: BTreeMap<Signature, u64>,
}

impl Plan {
    /// Begins to count what merging would save.
    pub fn merging(&self) -> Merging<'_> {
        let mut fields_of: HashMap<ElementId, Vec<usize>> = HashMap::new();
        for (position, field) in self.fields.iter().enumerate() {
            fields_of.entry(field.element).or_default().push(position);
        }
        Merging { plan: self, fields_of, cells: BTreeMap::new() }
    }
}

impl Merging<'_> {
    /// Cells a year that all units together would not have to type if two elements were one; negative where the two could no longer be computed
    /// as far as they are now.
    pub fn saved(&mut self, a: ElementId, b: ElementId) -> i64 {
        let (of_a, of_b) = (self.fields(a), self.fields(b));
        if a == b || of_a.is_empty() || of_b.is_empty() {
            return 0;
        }
        let mut together: Vec<AskedField> = of_a.iter().chain(&of_b).cloned().map(|f| AskedField { element: a, ..f }).collect();
        together.sort_by(|x, y| x.key.cmp(&y.key));
        let apart = self.cells_of(&of_a).saturating_add(self.cells_of(&of_b));
        difference(apart, self.cells_of(&together))
    }

    /// Cells a year that all units together type for these fields, each of which says its element, when nothing is held from before.
    pub fn cells(&mut self, fields: &[AskedField]) -> u64 {
        let mut sorted = fields.to_vec();
        sorted.sort_by(|x, y| x.key.cmp(&y.key));
        self.cells_of(&sorted)
    }

    fn fields(&self, element: ElementId) -> Vec<AskedField> {
        let positions = self.fields_of.get(&element).into_iter().flatten();
        positions.filter_map(|position| self.plan.fields.get(*position).cloned()).collect()
    }

    fn cells_of(&mut self, sorted: &[AskedField]) -> u64 {
        let series = gather(self.plan.year, sorted, &Collected::new(), &BTreeSet::new());
        series.iter().map(|one| self.cells_of_series(one)).fold(0, u64::saturating_add)
    }

    fn cells_of_series(&mut self, series: &Series) -> u64 {
        let signature = Signature::of(series);
        if let Some(known) = self.cells.get(&signature) {
            return *known;
        }
        let problem = Problem { members: vec![signature.clone()], rows: Vec::new() };
        let solution = solve(&problem, &self.plan.shapes);
        let of_shape = solution.parts.iter().flatten().zip(&self.plan.shapes.n_units).map(|(part, n_units)| {
            let of_unit: u64 = part.typed.iter().map(|slot| n_cells(series, slot.frequency())).sum();
            of_unit * n_units
        });
        let cells = of_shape.sum();
        self.cells.insert(signature, cells);
        cells
    }
}

/// By how much the second is less than the first.
pub(crate) fn difference(before: u64, after: u64) -> i64 {
    let signed = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    signed(before) - signed(after)
}
