//! Changes between two plans: what a form adds to the work of the units (每个乡镇每年增加 8 格).

use std::collections::BTreeMap;

use crate::domain::unit::{Level, UnitCode};
use crate::planning::Plan;

/// How the cells typed by the units of one level change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LevelChange {
    /// The level.
    pub level: Level,
    /// Number of units of the level.
    pub n_units: u64,
    /// Number of units that type more than before.
    pub n_units_more: u64,
    /// Number of units that type less than before.
    pub n_units_less: u64,
    /// Fewest cells that are added to one of the units that type more; 0 where there is none.
    pub min_added: u64,
    /// Most cells that are added to one unit.
    pub max_added: u64,
    /// Cells added to all units together, those that are taken away counted off.
    pub total: i64,
}

/// Cells that the second plan types more than the first.
pub fn added_cells(before: &Plan, after: &Plan) -> i64 {
    changes(before, after).iter().map(|c| c.total).sum()
}

/// How the work of the units changes from one plan to another, for every level on which it does, from the grassroots up.
///
/// Units are matched by code; one that only one of the plans has typed nothing in the other. The level is the one that the later plan knows.
pub fn changes(before: &Plan, after: &Plan) -> Vec<LevelChange> {
    let mut cells: BTreeMap<&UnitCode, (Level, u64, u64)> = BTreeMap::new();
    for (row, n) in before.tree.units().iter().zip(before.collected_by_unit()) {
        cells.insert(&row.code, (row.level, n, 0));
    }
    for (row, n) in after.tree.units().iter().zip(after.collected_by_unit()) {
        let entry = cells.entry(&row.code).or_insert((row.level, 0, 0));
        entry.0 = row.level;
        entry.2 = n;
    }
    let mut levels: BTreeMap<Level, LevelChange> = BTreeMap::new();
    for (level, was, is) in cells.into_values() {
        let change = levels.entry(level).or_insert(LevelChange {
            level,
            n_units: 0,
            n_units_more: 0,
            n_units_less: 0,
            min_added: 0,
            max_added: 0,
            total: 0,
        });
        change.n_units += 1;
        change.total = change.total.saturating_add_unsigned(is).saturating_sub_unsigned(was);
        change.n_units_less += u64::from(is < was);
        if is > was {
            let added = is - was;
            change.min_added = if change.n_units_more == 0 { added } else { change.min_added.min(added) };
            change.max_added = change.max_added.max(added);
            change.n_units_more += 1;
        }
    }
    levels.into_values().filter(|c| c.n_units_more > 0 || c.n_units_less > 0).collect()
}
