//! What is held already, whatever the plan types now: a total that was reported before its parts were asked still counts, and is not asked again.
//!
//! A plan changes with the forms; figures typed under an earlier one stay. Where a figure of the plan is missing, it may be held itself, or follow by
//! balances from what is held beside it. Reads nothing: callers say what is held.

use std::collections::{BTreeMap, BTreeSet};

use num_traits::{CheckedAdd, CheckedMul, One};

use crate::domain::balance::Factor;
use crate::domain::id::{ElementId, FieldKey};
use crate::domain::period::ReferencePeriod;
use crate::planning::Plan;
use crate::planning::linear::{Row, follow};
use crate::planning::slot::Slot;
use crate::planning::solve::Choice;
use crate::planning::source::{Node, Source, Sum, Term, terms_of};

/// An observation's place: position of the unit, element and period.
pub type CellKey = (usize, ElementId, ReferencePeriod);

/// Says whether an observation is held.
pub type IsHeld<'a> = dyn Fn(&CellKey) -> bool + 'a;

impl Plan {
    /// Observations that could give the figure of a field where those of its source are not all held.
    pub fn elsewhere(&self, unit: usize, field: &FieldKey, period: ReferencePeriod) -> BTreeSet<CellKey> {
        let mut found = BTreeSet::new();
        if let Some(place) = self.place(unit, field, period) {
            self.look_around(place.node(unit), &mut found);
        }
        found
    }

    /// The source of a field from what is held: by the plan where that is complete, else by what was typed under an earlier one.
    pub fn source_from(&self, unit: usize, field: &FieldKey, period: ReferencePeriod, is_held: &IsHeld<'_>) -> Option<Source> {
        let place = self.place(unit, field, period)?;
        let terms = self.terms_held(place.node(unit), is_held)?;
        let planned = self.source(unit, field, period)?;
        Some(Source { terms, ..planned })
    }

    /// Of cells that the plan types, those that need not be typed because they follow from what is held and from the rest of them.
    pub fn spared(
        &self,
        unit: usize,
        cells: &[(ElementId, ReferencePeriod)],
        is_held: &IsHeld<'_>,
    ) -> BTreeSet<(ElementId, ReferencePeriod)> {
        let mut places: BTreeMap<(usize, Slot, ReferencePeriod), BTreeSet<usize>> = BTreeMap::new();
        for (element, period) in cells.iter().filter(|(element, period)| !is_held(&(unit, *element, *period))) {
            let own = self.series_of_element(*element).find(|(_, s)| period.year().is_none_or(|year| year == s.year));
            let Some((position, _)) = own else { continue };
            let Some((component, _)) = self.home_of_series.get(position) else { continue };
            let slot = Slot::of_period(*period).unwrap_or(Slot::Year);
            places.entry((*component, slot, *period)).or_default().insert(position);
        }
        let mut spared = BTreeSet::new();
        for ((component, slot, period), wanted) in places {
            let Some(component) = self.components.get(component).filter(|c| !c.rows.is_empty()) else { continue };
            let of_member = |position: &usize| self.series.get(*position).map(|s| (unit, s.element, period));
            let held: Vec<bool> = component.members.iter().map(|m| of_member(m).is_some_and(|key| is_held(&key))).collect();
            if !held.iter().any(|h| *h) {
                continue;
            }
            let comes = |position: &usize| match self.part(*position, unit).map(|part| (part.choice.get(slot), part.typed.has(slot))) {
                Some((Choice::Own(_), is_typed)) => !is_typed,
                Some((Choice::Children, _)) => true,
                _ => false,
            };
            let known: Vec<bool> = component.members.iter().zip(&held).map(|(m, held)| *held || comes(m)).collect();
            let needed: Vec<bool> = component.members.iter().map(|m| wanted.contains(m)).collect();
            let Some(following) = follow(&self.rows_of_one_period(&component.members, &component.rows), &known, &needed) else { continue };
            for (n, member) in component.members.iter().enumerate().filter(|(_, m)| wanted.contains(m)) {
                let element = self.series.get(*member).map(|s| s.element);
                spared.extend(element.filter(|_| !following.typed.contains(&n)).map(|element| (element, period)));
            }
        }
        spared
    }

    /// Figures of a unit that balances tie to these at the same period, themselves included; none where nothing ties them.
    pub fn beside(&self, unit: usize, figures: &[(ElementId, ReferencePeriod)]) -> BTreeSet<(ElementId, ReferencePeriod)> {
        let mut found = BTreeSet::new();
        if self.unit(unit).is_none() {
            return found;
        }
        for (element, period) in figures {
            let own = self.series_of_element(*element).find(|(_, s)| period.year().is_none_or(|year| year == s.year));
            let Some((component, ..)) = own.and_then(|(position, _)| self.component(position)) else { continue };
            if !component.rows.is_empty() {
                found.extend(component.members.iter().filter_map(|m| self.series.get(*m)).map(|s| (s.element, *period)));
            }
        }
        found
    }

    /// The balances that hold within one period: a running total and its flow are tied over all periods only.
    fn rows_of_one_period(&self, members: &[usize], rows: &[Row]) -> Vec<Row> {
        let is_running = |n: &usize| members.get(*n).and_then(|m| self.series.get(*m)).is_some_and(|s| s.is_year_to_date);
        let is_pure = |row: &&Row| row.keys().all(&is_running) || !row.keys().any(is_running);
        rows.iter().filter(is_pure).cloned().collect()
    }

    fn look_around(&self, node: Node, found: &mut BTreeSet<CellKey>) {
        let (Some(series), Some(part)) = (self.series.get(node.position), self.part(node.position, node.unit)) else { return };
        if !found.insert((node.unit, series.element, node.period)) {
            return;
        }
        if let Some((component, _, _)) = self.component(node.position).filter(|(c, ..)| !c.rows.is_empty()) {
            let beside = component.members.iter().filter_map(|m| self.series.get(*m));
            found.extend(beside.map(|s| (node.unit, s.element, node.period)));
        }
        match part.choice.get(node.slot) {
            Choice::Own(slot) if slot != node.slot => {
                for period in series.class.parts(node.period, slot) {
                    self.look_around(Node { slot, period, ..node }, found);
                }
            }
            Choice::Children => {
                for unit in self.tree.children(node.unit) {
                    self.look_around(Node { unit: *unit, ..node }, found);
                }
            }
            // What it follows from stands beside it, but may itself be put together from elsewhere.
            choice @ Choice::Balance(_) => {
                for (position, _) in self.terms(node.position, choice) {
                    for (period, _) in self.parts_across(node, position).unwrap_or_default() {
                        let to = Node { position, period, ..node };
                        let is_leaf = self.part(position, node.unit).is_some_and(|p| p.choice.get(node.slot) == Choice::Own(node.slot));
                        if is_leaf {
                            found.extend(self.series.get(position).map(|s| (node.unit, s.element, period)));
                        } else {
                            found.remove(&(node.unit, self.series.get(position).map_or(series.element, |s| s.element), period));
                            self.look_around(to, found);
                        }
                    }
                }
            }
            Choice::Own(_) | Choice::Nothing => {}
        }
    }

    fn terms_held(&self, node: Node, is_held: &IsHeld<'_>) -> Option<Vec<Term>> {
        let mut sum = Sum::new();
        self.add_held(node, Factor::one(), is_held, &mut sum)?;
        Some(terms_of(sum))
    }

    fn add_held(&self, node: Node, factor: Factor, is_held: &IsHeld<'_>, sum: &mut Sum) -> Option<()> {
        let series = self.series.get(node.position)?;
        let planned = self.planned_held(node, is_held);
        let own = (node.unit, series.element, node.period);
        let found = match planned {
            Some(found) => found,
            None if is_held(&own) => Sum::from([((own.0, own.2, own.1), Factor::one())]),
            None => self.held_beside(node, is_held)?,
        };
        for (key, share) in found {
            let known = sum.entry(key).or_default();
            *known = known.checked_add(&share.checked_mul(&factor)?)?;
        }
        Some(())
    }

    /// The figure by the way of the plan, where that leads to what is held.
    fn planned_held(&self, node: Node, is_held: &IsHeld<'_>) -> Option<Sum> {
        let series = self.series.get(node.position)?;
        let mut sum = Sum::new();
        match self.part(node.position, node.unit)?.choice.get(node.slot) {
            Choice::Nothing => return None,
            Choice::Own(slot) if slot == node.slot => {
                let own = (node.unit, series.element, node.period);
                is_held(&own).then(|| sum.insert((own.0, own.2, own.1), Factor::one())).map(drop)?;
            }
            Choice::Own(slot) => {
                for period in series.class.parts(node.period, slot) {
                    self.add_held(Node { slot, period, ..node }, Factor::one(), is_held, &mut sum)?;
                }
            }
            Choice::Children => {
                for unit in self.tree.children(node.unit) {
                    self.add_held(Node { unit: *unit, ..node }, Factor::one(), is_held, &mut sum)?;
                }
            }
            choice @ Choice::Balance(_) => {
                for (position, share) in self.terms(node.position, choice) {
                    for (period, sign) in self.parts_across(node, position)? {
                        let factor = share.checked_mul(&Factor::from_integer(sign))?;
                        let found = self.planned_held(Node { position, period, ..node }, is_held)?;
                        for (key, of_term) in found {
                            let known = sum.entry(key).or_default();
                            *known = known.checked_add(&of_term.checked_mul(&factor)?)?;
                        }
                    }
                }
            }
        }
        Some(sum)
    }

    /// The figure by balances from what is held at the same unit and period.
    fn held_beside(&self, node: Node, is_held: &IsHeld<'_>) -> Option<Sum> {
        let (component, _, member) = self.component(node.position).filter(|(c, ..)| !c.rows.is_empty())?;
        let key_of = |m: &usize| self.series.get(*m).map(|s| (node.unit, s.element, node.period));
        let known: Vec<bool> = component.members.iter().map(|m| key_of(m).is_some_and(|key| is_held(&key))).collect();
        if !known.iter().any(|k| *k) {
            return None;
        }
        let needed: Vec<bool> = (0..component.members.len()).map(|n| n == member).collect();
        let following = follow(&self.rows_of_one_period(&component.members, &component.rows), &known, &needed)?;
        let (_, terms) = following.derived.into_iter().find(|(target, _)| *target == member)?;
        let mut sum = Sum::new();
        for (term, factor) in terms {
            let (unit, element, period) = component.members.get(term).and_then(key_of)?;
            sum.insert((unit, period, element), factor);
        }
        Some(sum)
    }
}
