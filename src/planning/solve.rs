//! The solver: which needs of a series are typed, for every shape of unit.
//!
//! # What is minimal, and why
//!
//! A *place* is a unit and a length of period; a *figure* is a member of the component (an element of one year) at a place. A *need* is a figure that
//! some field of some form in force shows. The plan types needs and nothing else: a unit is never asked for what no form asks of it. Write `C(T)`
//! for the figures that follow from a set `T` of typed ones: `T` itself; a longer period from shorter ones (all of them, the last, the first: by
//! [`TimeClass`]); a unit's from all its children's; and at one place, whatever the balances give by elimination from the figures in `C(T)` there.
//! `C` only grows with `T`. Except for balances a figure follows only from shorter periods and lower units, and balances stay within a place, so
//! that following never runs in a circle between places.
//!
//! Let `N` be the needs. Every plan `T ⊆ N` gives all of `N`, so `C(T) = C(N)`: what is known at a place is the same for every plan. Of that, the
//! part `K` that follows from shorter periods and lower units is the same for every plan too. What is left to be known at the place must come from
//! what is typed there, by balances. Under linear equations figures form a matroid, so every plan types at the place at least
//! `rank(needs ∪ K) - rank(K)` of them, and any basis of the needs over `K` is as many and gives all the same. So going bottom-up and finest-first
//! and typing such a basis at every place is a smallest plan, whichever bases are taken; taken are parts before their wholes, so that clerks type
//! what they count and not a difference. Without balances the basis is everything that does not follow, and the smallest plan is the only one.
//!
//! Leaving out any of the typed figures makes one of the needs of its place unfillable. Figures held from last year or supplied by a register are
//! figures of `C` that cost nothing. Precision only takes steps out of `C` (a figure follows with the coarsest step among its parts and serves a
//! field that is no finer); where that can happen at all the series has no balances (`component.rs`), so that the proof stays as it is.
//!
//! Running totals (累计) are a sum over the periods of one length since January, which can be undone: at a place a running total and its flow give
//! each other for all periods together, and that commutes with balances. So they are tied by the balance "running total = flow", and what a factor
//! of it means for a single period is said in `source.rs`.
//!
//! Asking units for what no form asks of them could type less: one child that needs its year and a parent that needs its months take 13 cells,
//! the child's months alone 12. That would put work on a unit that no approved form puts there, so it is not done.
//!
//! # Why it is enough to look at slots and shapes
//!
//! A form asks every period of its frequency, and every unit of its level, so needs and what follows from them are the same for all periods of one
//! length, and for all units of one shape. If shorter periods of a unit follow from its children, then so does the longer period, by summing
//! inside the children first; hence a figure follows from what the unit itself knows or from all children at the same period, and nothing else need
//! be tried.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use crate::domain::balance::Factor;
use crate::domain::unit::Level;
use crate::planning::linear::{Row, follow};
use crate::planning::series::Series;
use crate::planning::shape::Shapes;
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
    is_year_to_date: bool,
    /// Level, slot, step needed, step that can be typed.
    asks: Vec<(Level, Slot, Fineness, Fineness)>,
    before: BTreeMap<Level, Slots>,
    /// Levels for whose units the figure is supplied and never typed.
    supplied: BTreeSet<Level>,
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
        Self {
            class: series.class,
            sums: series.sums,
            is_year_to_date: series.is_year_to_date,
            asks,
            before: series.before.clone(),
            supplied: series.supplied.clone(),
        }
    }

    fn ask(&self, level: Level, slot: Slot) -> Option<(Fineness, Fineness)> {
        self.asks.iter().find(|a| a.0 == level && a.1 == slot).map(|a| (a.2, a.3))
    }
}

/// Everything that decides who types what in a component.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Problem {
    /// The members, parts before their wholes.
    pub(crate) members: Vec<Signature>,
    /// The balances between them; where there are any, every member can be typed as fine as any of them is needed.
    pub(crate) rows: Vec<Row>,
}

/// What gives the figures of one slot of a unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) enum Choice {
    /// Nothing does.
    #[default]
    Nothing,
    /// The unit's own figures of this slot: typed, held or supplied where it is the slot itself, else whatever gives that slot.
    Own(Slot),
    /// The sum of all children.
    Children,
    /// Other members at the same slot, by the combination of this number.
    Balance(u32),
}

/// A figure as a sum of others at the same unit and slot.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Combination {
    /// The member that follows.
    pub(crate) target: usize,
    /// The members that it follows from, with their factors.
    pub(crate) terms: Vec<(usize, Factor)>,
}

/// The part of one shape in a series.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Part {
    /// Slots that are typed.
    pub(crate) typed: Slots,
    /// Slots held from the year before.
    pub(crate) held: Slots,
    /// Slots that a register supplies.
    pub(crate) supplied: Slots,
    /// What gives each slot.
    pub(crate) choice: PerSlot<Choice>,
    /// Slots that are put together from shorter periods, here or below.
    pub(crate) over_time: Slots,
    /// Slots that come from the year before alone.
    pub(crate) all_held: Slots,
    /// Slots that registers supply alone.
    pub(crate) all_supplied: Slots,
    /// Slots that need a balance, here or below.
    pub(crate) by_balance: Slots,
}

impl Part {
    /// Slots that the unit's own figures of `slot` give.
    pub(crate) fn given_by(&self, slot: Slot) -> Slots {
        Slots::of(|s| self.choice.get(s) == Choice::Own(slot))
    }
}

/// The solution of a component.
#[derive(Clone, Debug, Default)]
pub(crate) struct Solution {
    /// By member, then by shape.
    pub(crate) parts: Vec<Vec<Part>>,
    /// What choices refer to.
    pub(crate) combinations: Vec<Combination>,
    /// By member, the numbers of the combinations that it is a term of.
    pub(crate) used_in: Vec<Vec<u32>>,
}

/// Solves a component: the part of every member and shape, in the order of the shapes.
pub(crate) fn solve(problem: &Problem, shapes: &Shapes) -> Solution {
    let mut solver = Solver { problem, combinations: Vec::new(), known: BTreeMap::new(), outcomes: BTreeMap::new() };
    let parts = if problem.members.iter().all(|m| m.before.is_empty()) {
        solver.pass(&problem.members, shapes, &[])
    } else {
        // What was collected last year was planned by the same rules: the same pass over last year's needs says where the figures lie.
        let last_year = problem.members.iter().map(|member| {
            let asks = member.before.iter().flat_map(|(level, slots)| slots.iter().map(|slot| (*level, slot, EXACT, EXACT)));
            Signature { asks: asks.collect(), before: BTreeMap::new(), ..member.clone() }
        });
        let last_year: Vec<Signature> = last_year.collect();
        let held = solver.pass(&last_year, shapes, &[]);
        solver.pass(&problem.members, shapes, &held)
    };
    let mut used_in = vec![Vec::new(); problem.members.len()];
    for (number, combination) in (0_u32..).zip(&solver.combinations) {
        for (term, _) in &combination.terms {
            if let Some(list) = used_in.get_mut(*term) {
                list.push(number);
            }
        }
    }
    Solution { parts, combinations: solver.combinations, used_in }
}

struct Solved {
    part: Part,
    best: PerSlot<Fineness>,
    /// How fine the unit knows each slot without its children.
    own: PerSlot<Fineness>,
}

/// What is known and needed of the members at one unit and slot.
type Standing = (Vec<bool>, Vec<bool>);

/// Members to type, and members that follow, each by the combination of a number.
type Outcome = (Vec<usize>, Vec<(usize, u32)>);

struct Solver<'p> {
    problem: &'p Problem,
    combinations: Vec<Combination>,
    known: BTreeMap<Combination, u32>,
    /// Members to type, and members that follow by which combination.
    outcomes: BTreeMap<Standing, Outcome>,
}

impl Solver<'_> {
    fn pass(&mut self, members: &[Signature], shapes: &Shapes, last_year: &[Vec<Part>]) -> Vec<Vec<Part>> {
        let mut solved: Vec<Vec<Solved>> = Vec::with_capacity(shapes.list.len());
        for (index, shape) in shapes.list.iter().enumerate() {
            let held = |m: usize| last_year.get(m).and_then(|parts| parts.get(index)).map(|p| p.typed).unwrap_or_default();
            let mut next: Vec<Solved> = (0..members.len())
                .map(|m| Solved {
                    part: Part { held: held(m), ..Part::default() },
                    best: PerSlot::filled(UNKNOWN),
                    own: PerSlot::filled(UNKNOWN),
                })
                .collect();
            let children: Vec<&Vec<Solved>> = shape.children.iter().filter_map(|c| solved.get(*c)).collect();
            for slot in Slot::ALL {
                self.solve_slot(members, shape.level, slot, &children, &mut next);
            }
            solved.push(next);
        }
        let mut parts: Vec<Vec<Part>> = vec![Vec::with_capacity(shapes.list.len()); members.len()];
        for (list, one) in solved.into_iter().flat_map(|of_shape| of_shape.into_iter().enumerate()) {
            if let Some(parts) = parts.get_mut(list) {
                parts.push(one.part);
            }
        }
        parts
    }

    /// Solves one slot of one shape, whose children and finer slots are solved: what does not follow fine enough is typed.
    fn solve_slot(&mut self, members: &[Signature], level: Level, slot: Slot, children: &[&Vec<Solved>], next: &mut [Solved]) {
        let mut found: Vec<(Fineness, Choice)> = Vec::with_capacity(members.len());
        let mut needed: Vec<bool> = Vec::with_capacity(members.len());
        for (m, (signature, own)) in members.iter().zip(next.iter_mut()).enumerate() {
            if own.part.held.has(slot) {
                own.own.set(slot, EXACT);
            }
            let mut way = nearest(signature, m, slot, &own.own, children);
            if signature.supplied.contains(&level) && signature.ask(level, slot).is_some() && way.0 != EXACT {
                own.part.supplied.add(slot);
                own.own.set(slot, EXACT);
                way = (EXACT, Choice::Own(slot));
            }
            needed.push(signature.ask(level, slot).is_some_and(|(required, _)| way.0 > required));
            found.push(way);
        }
        let (typed, derived) = self.outcome(&found, &needed);
        for m in typed {
            let reach = members.get(m).and_then(|s| s.ask(level, slot)).map_or(EXACT, |(_, reach)| reach);
            if let (Some(own), Some(way)) = (next.get_mut(m), found.get_mut(m)) {
                own.part.typed.add(slot);
                *way = (reach, Choice::Own(slot));
            }
        }
        for (m, combination) in &derived {
            if let Some(way) = found.get_mut(*m) {
                *way = (EXACT, Choice::Balance(*combination));
            }
        }
        // What follows by a balance is marked after what it follows from.
        let (by_balance, given): (Vec<usize>, Vec<usize>) =
            (0..found.len()).partition(|m| matches!(found.get(*m), Some((_, Choice::Balance(_)))));
        let in_order = derived.iter().map(|(m, _)| *m).filter(|m| by_balance.contains(m));
        for m in given.into_iter().chain(in_order.collect::<Vec<usize>>()) {
            let Some((fineness, choice)) = found.get(m).copied().filter(|(f, _)| *f != UNKNOWN) else { continue };
            let marks = self.marks(m, slot, choice, children, next);
            if let Some(own) = next.get_mut(m) {
                own.best.set(slot, fineness);
                own.part.choice.set(slot, choice);
                // Where shorter periods give a slot, a longer one takes these at once.
                if choice == Choice::Own(slot) || matches!(choice, Choice::Balance(_)) {
                    own.own.set(slot, fineness);
                }
                marks.put_on(&mut own.part, slot);
            }
        }
    }

    /// What must be typed of the members, and what follows by balances.
    fn outcome(&mut self, found: &[(Fineness, Choice)], needed: &[bool]) -> Outcome {
        let plain = || (needed.iter().enumerate().filter(|(_, n)| **n).map(|(m, _)| m).collect(), Vec::new());
        if self.problem.rows.is_empty() {
            return plain();
        }
        let known: Vec<bool> = found.iter().map(|(fineness, _)| *fineness != UNKNOWN).collect();
        if known.iter().all(|k| *k) || (known.iter().chain(needed).all(|k| !*k)) {
            return plain();
        }
        let standing = (known, needed.to_vec());
        if let Some(outcome) = self.outcomes.get(&standing) {
            return outcome.clone();
        }
        let outcome = match follow(&self.problem.rows, &standing.0, &standing.1) {
            None => plain(),
            Some(following) => {
                let derived = following.derived.into_iter().map(|(target, terms)| (target, self.number_of(Combination { target, terms })));
                (following.typed, derived.collect())
            }
        };
        self.outcomes.insert(standing, outcome.clone());
        outcome
    }

    fn number_of(&mut self, combination: Combination) -> u32 {
        let next = u32::try_from(self.combinations.len()).unwrap_or(u32::MAX);
        let number = *self.known.entry(combination.clone()).or_insert(next);
        if number == next {
            self.combinations.push(combination);
        }
        number
    }

    fn marks(&self, m: usize, slot: Slot, choice: Choice, children: &[&Vec<Solved>], next: &[Solved]) -> Marks {
        match choice {
            Choice::Nothing => Marks::default(),
            Choice::Own(from) if from == slot => {
                let part = next.get(m).map(|s| s.part).unwrap_or_default();
                let all_held = part.held.has(slot) && !part.typed.has(slot);
                Marks { over_time: false, all_held, all_supplied: part.supplied.has(slot), by_balance: false }
            }
            Choice::Own(from) => {
                let marks = next.get(m).map(|s| Marks::of(&s.part, from)).unwrap_or_default();
                Marks { over_time: true, ..marks }
            }
            Choice::Children => Marks::all(children.iter().filter_map(|c| c.get(m)).map(|s| Marks::of(&s.part, slot))),
            Choice::Balance(number) => {
                let terms = usize::try_from(number).ok().and_then(|n| self.combinations.get(n)).map(|c| c.terms.as_slice());
                let parts = terms.unwrap_or_default().iter().filter_map(|(term, _)| next.get(*term));
                Marks { by_balance: true, ..Marks::all(parts.map(|s| Marks::of(&s.part, slot))) }
            }
        }
    }
}

/// The nearest of the finest ways in which a figure follows without typing and without balances: of equally fine ones the unit's own figures come
/// before the children's, longer periods before shorter ones.
fn nearest(signature: &Signature, m: usize, slot: Slot, own: &PerSlot<Fineness>, children: &[&Vec<Solved>]) -> (Fineness, Choice) {
    let mut found = (own.get(slot), Choice::Own(slot));
    if signature.class.aggregates() {
        for finer in slot.finer().filter(|f| own.get(*f) != UNKNOWN) {
            if own.get(finer) < found.0 {
                found = (own.get(finer), Choice::Own(finer));
            }
        }
    }
    if signature.sums && !children.is_empty() {
        let of_child = |c: &&Vec<Solved>| c.get(m).map_or(UNKNOWN, |s| s.best.get(slot));
        let summed = children.iter().map(of_child).max().unwrap_or(UNKNOWN);
        if summed < found.0 {
            found = (summed, Choice::Children);
        }
    }
    found
}

/// What is told of how a slot is given.
#[derive(Clone, Copy, Debug, Default)]
struct Marks {
    over_time: bool,
    all_held: bool,
    all_supplied: bool,
    by_balance: bool,
}

impl Marks {
    fn of(part: &Part, slot: Slot) -> Self {
        Self {
            over_time: part.over_time.has(slot),
            all_held: part.all_held.has(slot),
            all_supplied: part.all_supplied.has(slot),
            by_balance: part.by_balance.has(slot),
        }
    }

    /// Of several figures together.
    fn all(parts: impl Iterator<Item = Marks>) -> Self {
        parts
            .reduce(|a, b| Self {
                over_time: a.over_time || b.over_time,
                all_held: a.all_held && b.all_held,
                all_supplied: a.all_supplied && b.all_supplied,
                by_balance: a.by_balance || b.by_balance,
            })
            .unwrap_or_default()
    }

    fn put_on(self, part: &mut Part, slot: Slot) {
        let marks = [
            (self.over_time, &mut part.over_time),
            (self.all_held, &mut part.all_held),
            (self.all_supplied, &mut part.all_supplied),
            (self.by_balance, &mut part.by_balance),
        ];
        marks.into_iter().filter(|(is_set, _)| *is_set).for_each(|(_, slots)| slots.add(slot));
    }
}
