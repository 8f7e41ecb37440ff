//! The solver: which needs of a series are typed, for every shape of unit.
//!
//! # What is minimal, and why
//!
//! A *need* is a (unit, element, period) that some field of some form in force shows. The plan types needs and nothing else: a unit is never
//! asked for what no form asks of it. Write `C(T)` for the cells that follow from a set `T` of typed cells: `T` itself; a period of a unit whose
//! shorter periods (all of them, the last, the first: by [`TimeClass`]) are in `C(T)`; a unit's period when all its children's are.
//! `C` only grows with `T`, and a cell follows only from cells of shorter periods and lower units, so following never runs in a circle.
//!
//! Let `N` be the needs and `G` the needs `n` that do not follow from the others, `n ∉ C(N ∖ {n})`.
//!
//! 1. *Every plan contains `G`.* A plan `T ⊆ N` without some `n ∈ G` has `T ⊆ N ∖ {n}`, hence `C(T) ⊆ C(N ∖ {n})`, which lacks `n`: a field stays empty.
//! 2. *`G` is a plan.* Go through the needs from finer to coarser periods and from lower to higher units. A need outside `G` follows from needs that
//!    come before it (it cannot follow from later ones), each of which is in `C(G)` by induction, so it is in `C(G)`.
//!
//! So `G` is the one smallest plan, not only a smallest one, and going bottom-up and finest-first while typing what does not follow yet finds it.
//! Leaving out any of its cells makes that need itself unfillable. Figures held from last year are cells of `C` that cost nothing; precision only
//! takes steps out of `C` (a cell follows with the coarsest step among its parts and serves a field that is no finer). Both leave it monotone and
//! free of circles, and the proof as it is.
//!
//! Asking units for what no form asks of them could type less: one child that needs its year and a parent that needs its months take 13 cells,
//! the child's months alone 12. That would put work on a unit that no approved form puts there, so it is not done.
//!
//! # Why it is enough to look at slots and shapes
//!
//! A form asks every period of its frequency, and every unit of its level, so needs and what follows from them are the same for all periods of one
//! length, and for all units of one [`Shape`]. If shorter periods of a unit follow from its children, then so does the longer period, by summing
//! inside the children first; hence a cell follows from what the unit itself types or from all children at the same period, and nothing else need be tried.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::domain::unit::Level;
use crate::planning::series::Series;
use crate::planning::shape::{Shape, Shapes};
use crate::planning::slot::{PerSlot, Slot, Slots, TimeClass};

/// How fine a figure is: position among the steps of its series; [`UNKNOWN`] for a figure that does not follow.
type Fineness = u8;

const EXACT: Fineness = 0;
const UNKNOWN: Fineness = u8::MAX;

/// Everything that decides who types what in a series: two series with equal signatures have equal plans.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Signature {
    class: TimeClass,
    sums: bool,
    /// Level, slot, step needed, step that can be typed.
    asks: Vec<(Level, Slot, Fineness, Fineness)>,
    before: BTreeMap<Level, Slots>,
}

impl Signature {
    /// The signature of a series. Steps only count where some field is finer than what can be typed at some level.
    pub(crate) fn of(series: &Series) -> Self {
        let mut steps: Vec<Decimal> = series.asks.iter().flat_map(|a| [a.required, a.reach]).collect();
        steps.sort();
        steps.dedup();
        let coarsest_reach = series.asks.iter().map(|a| a.reach).max();
        let finest_required = series.asks.iter().map(|a| a.required).min();
        let always_fine_enough = coarsest_reach <= finest_required;
        let fineness = |step: Decimal| -> Fineness {
            let rank = if always_fine_enough { 0 } else { steps.partition_point(|s| *s < step) };
            Fineness::try_from(rank).unwrap_or(UNKNOWN - 1)
        };
        let asks = series.asks.iter().map(|a| (a.level, a.slot, fineness(a.required), fineness(a.reach))).collect();
        Self { class: series.class, sums: series.sums, asks, before: series.before.clone() }
    }

    fn ask(&self, level: Level, slot: Slot) -> Option<(Fineness, Fineness)> {
        self.asks.iter().find(|a| a.0 == level && a.1 == slot).map(|a| (a.2, a.3))
    }
}

/// What gives the figures of one slot of a unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) enum Choice {
    /// Nothing does.
    #[default]
    Nothing,
    /// The unit's own figures of this slot.
    Own(Slot),
    /// The sum of all children.
    Children,
}

/// The part of one shape in a series.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Part {
    /// Slots that are typed.
    pub(crate) typed: Slots,
    /// Slots held from the year before.
    pub(crate) held: Slots,
    /// What gives each slot.
    pub(crate) choice: PerSlot<Choice>,
    /// Slots that are put together from shorter periods, here or below.
    pub(crate) over_time: Slots,
    /// Slots that come from the year before alone.
    pub(crate) all_held: Slots,
}

impl Part {
    /// Slots that the unit's own figures of `slot` give.
    pub(crate) fn given_by(&self, slot: Slot) -> Slots {
        Slots::of(|s| self.choice.get(s) == Choice::Own(slot))
    }

    /// Slots that the children give.
    pub(crate) fn rolled_up(&self) -> Slots {
        Slots::of(|s| self.choice.get(s) == Choice::Children)
    }
}

/// Solves a signature: the part of every shape, in the order of the shapes.
pub(crate) fn solve(signature: &Signature, shapes: &Shapes) -> Vec<Part> {
    if signature.before.is_empty() {
        return pass(signature, shapes, &[]);
    }
    // What was collected last year was planned by the same rules: the same pass over last year's needs says where the figures lie.
    let asks = signature.before.iter().flat_map(|(level, slots)| slots.iter().map(|slot| (*level, slot, EXACT, EXACT)));
    let last_year = Signature { asks: asks.collect(), before: BTreeMap::new(), ..signature.clone() };
    pass(signature, shapes, &pass(&last_year, shapes, &[]))
}

struct Solved {
    part: Part,
    best: PerSlot<Fineness>,
}

fn pass(signature: &Signature, shapes: &Shapes, last_year: &[Part]) -> Vec<Part> {
    let mut solved: Vec<Solved> = Vec::with_capacity(shapes.list.len());
    for (index, shape) in shapes.list.iter().enumerate() {
        let held = last_year.get(index).map(|part| part.typed).unwrap_or_default();
        let next = solve_shape(signature, shape, held, &solved);
        solved.push(next);
    }
    solved.into_iter().map(|s| s.part).collect()
}

/// Solves one shape, whose children are solved: finest slot first, typing what does not follow fine enough.
fn solve_shape(signature: &Signature, shape: &Shape, held: Slots, solved: &[Solved]) -> Solved {
    let children: Vec<&Solved> = shape.children.iter().filter_map(|c| solved.get(*c)).collect();
    let rolls_up = signature.sums && !children.is_empty();
    let mut part = Part { held, ..Part::default() };
    let mut best = PerSlot::filled(UNKNOWN);
    let mut own = PerSlot::filled(UNKNOWN);
    for slot in Slot::ALL {
        if held.has(slot) {
            own.set(slot, EXACT);
        }
        // Of equally fine ways the nearest is taken: the unit's own figures before the children's, longer periods before shorter ones.
        let mut found = (own.get(slot), Choice::Own(slot));
        if signature.class.aggregates() {
            for finer in slot.finer().filter(|f| own.get(*f) != UNKNOWN) {
                if own.get(finer) < found.0 {
                    found = (own.get(finer), Choice::Own(finer));
                }
            }
        }
        if rolls_up {
            let summed = children.iter().map(|c| c.best.get(slot)).max().unwrap_or(UNKNOWN);
            if summed < found.0 {
                found = (summed, Choice::Children);
            }
        }
        if let Some((required, reach)) = signature.ask(shape.level, slot).filter(|(required, _)| found.0 > *required) {
            debug_assert!(reach <= required, "a field can be typed as fine as it is");
            part.typed.add(slot);
            own.set(slot, reach);
            found = (reach, Choice::Own(slot));
        }
        if found.0 == UNKNOWN {
            continue;
        }
        best.set(slot, found.0);
        part.choice.set(slot, found.1);
        let (over_time, all_held) = match found.1 {
            Choice::Own(from) => (from != slot, part.held.has(from)),
            Choice::Children => (children.iter().any(|c| c.part.over_time.has(slot)), children.iter().all(|c| c.part.all_held.has(slot))),
            Choice::Nothing => (false, false),
        };
        if over_time {
            part.over_time.add(slot);
        }
        if all_held {
            part.all_held.add(slot);
        }
    }
    Solved { part, best }
}
