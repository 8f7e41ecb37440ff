//! Evidence beyond the pair: what stands directly around two fields in their forms.
//!
//! Where the row above, the row below or the total over two fields is one figure already, the two forms print the same table there, and the
//! fields between are likelier the same too. Only settled neighbours count (one element, or joined by a decision), never mere look-alikes,
//! so that likeness does not feed on itself.

use crate::overlap::catalogue::{State, stored};
use crate::overlap::placed::Placed;

/// Labels of the neighbours that are one figure already in both forms: the total, the one before, the one after.
pub(crate) fn neighbours<'a>(state: &State, a: &'a Placed, b: &'a Placed) -> Vec<(&'a str, &'a str)> {
    let parents = a.entry.parent_of(a.at).zip(b.entry.parent_of(b.at));
    let before = a.at.checked_sub(1).zip(b.at.checked_sub(1));
    let after = Some((a.at + 1, b.at + 1));
    let mut settled: Vec<(&str, &str)> = Vec::new();
    let mut seen: Vec<(usize, usize)> = Vec::new();
    for (at_a, at_b) in [parents, before, after].into_iter().flatten() {
        if !seen.contains(&(at_a, at_b)) && are_one(state, a, at_a, b, at_b) {
            seen.push((at_a, at_b));
            let label = |placed: &'a Placed, at: usize| placed.entry.form.template.fields.get(at).map_or("", |f| f.label.as_str());
            settled.push((label(a, at_a), label(b, at_b)));
        }
    }
    settled
}

fn are_one(state: &State, a: &Placed, at_a: usize, b: &Placed, at_b: usize) -> bool {
    let (Some(x), Some(y)) = (a.entry.profiles().get(at_a), b.entry.profiles().get(at_b)) else { return false };
    if x.offset != y.offset {
        return false;
    }
    if x.reading == y.reading || state.joined.is_empty() {
        return x.reading == y.reading;
    }
    let element = |placed: &Placed, at: usize| placed.entry.fields.get(at).map(|f| stored(f.element()));
    element(a, at_a).zip(element(b, at_b)).is_some_and(|(x, y)| state.joined.are_one(x, y))
}
