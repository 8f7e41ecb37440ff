//! Shapes of reporting units: what the plan must know of a unit to know its part in it.
//!
//! Whether a unit types a figure depends on its level and on what its children can give, and a sum needs *all* children, so that it does not
//! matter how many children are alike. Units are therefore folded into shapes: a level and the *set* of the children's shapes. A province of
//! 27,000 units has some twenty of them, and the plan is solved once per shape instead of once per unit. Knows nothing of fields.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::unit::{Level, UnitTree};

/// A level and the set of the shapes of the children.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Shape {
    pub(crate) level: Level,
    /// Indices of shapes that come earlier in the list; empty for units without children.
    pub(crate) children: Vec<usize>,
}

/// The shapes of a tree.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shapes {
    /// Children's shapes always come before their parents'.
    pub(crate) list: Vec<Shape>,
    /// Number of units of each shape.
    pub(crate) n_units: Vec<u64>,
    of_unit: Vec<usize>,
}

impl Shapes {
    /// Folds the units of a tree, children first.
    ///
    /// A unit on a cycle, which registration refuses, is taken as one without children: nothing is computed through it.
    pub(crate) fn of(tree: &UnitTree) -> Self {
        let mut folding = Folding { of_unit: vec![None; tree.len()], ..Folding::default() };
        let mut n_open: Vec<usize> = (0..tree.len()).map(|unit| tree.children(unit).len()).collect();
        let mut ready: Vec<usize> = (0..tree.len()).filter(|unit| tree.children(*unit).is_empty()).collect();
        let mut next = 0;
        while let Some(&unit) = ready.get(next) {
            next += 1;
            folding.fold(tree, unit);
            let Some(parent) = tree.parent(unit) else { continue };
            if let Some(open) = n_open.get_mut(parent) {
                *open -= 1;
                if *open == 0 {
                    ready.push(parent);
                }
            }
        }
        for unit in 0..tree.len() {
            if folding.of_unit.get(unit).copied().flatten().is_none() {
                let level = tree.units().get(unit).map_or(Level::Household, |row| row.level);
                folding.place(unit, Shape { level, children: Vec::new() });
            }
        }
        let of_unit: Vec<usize> = folding.of_unit.into_iter().map(Option::unwrap_or_default).collect();
        let mut n_units = vec![0; folding.list.len()];
        for shape in &of_unit {
            if let Some(n) = n_units.get_mut(*shape) {
                *n += 1;
            }
        }
        Self { list: folding.list, n_units, of_unit }
    }

    /// The shape of a unit.
    pub(crate) fn of_unit(&self, unit: usize) -> Option<usize> {
        self.of_unit.get(unit).copied()
    }

    /// The shapes of one level with their numbers of units.
    pub(crate) fn of_level(&self, level: Level) -> impl Iterator<Item = (usize, u64)> {
        self.list
            .iter()
            .zip(&self.n_units)
            .enumerate()
            .filter(move |(_, (shape, _))| shape.level == level)
            .map(|(n, (_, units))| (n, *units))
    }
}

#[derive(Default)]
struct Folding {
    list: Vec<Shape>,
    known: BTreeMap<Shape, usize>,
    of_unit: Vec<Option<usize>>,
}

impl Folding {
    fn fold(&mut self, tree: &UnitTree, unit: usize) {
        let Some(row) = tree.units().get(unit) else { return };
        let children: BTreeSet<usize> = tree.children(unit).iter().filter_map(|c| self.of_unit.get(*c).copied().flatten()).collect();
        self.place(unit, Shape { level: row.level, children: children.into_iter().collect() });
    }

    fn place(&mut self, unit: usize, shape: Shape) {
        let next = self.list.len();
        let index = *self.known.entry(shape.clone()).or_insert(next);
        if index == next {
            self.list.push(shape);
        }
        if let Some(slot) = self.of_unit.get_mut(unit) {
            *slot = Some(index);
        }
    }
}
