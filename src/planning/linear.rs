//! Exact elimination: which figures follow from which by linear equations. Rows are sparse, factors are rationals, and a row whose factors do
//! not fit makes the whole answer "nothing follows" instead of a wrong one. Knows nothing of units, periods or forms.

use std::collections::BTreeMap;

use num_traits::{CheckedMul, CheckedSub, One, Zero};

use crate::domain::balance::Factor;

/// An equation `Σ factor × figure = 0`, by the number of each figure; no factor is zero.
pub(crate) type Row = BTreeMap<usize, Factor>;

/// What follows where some figures are known and others are needed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Following {
    /// Needed figures that must be typed: the fewest, of all such sets the one of the lowest numbers.
    pub(crate) typed: Vec<usize>,
    /// Figures that follow from known, typed and earlier ones of this list.
    pub(crate) derived: Vec<(usize, Vec<(usize, Factor)>)>,
}

/// How early a figure is taken as given: known ones first, then needed ones, then the rest; each by number.
type Rank = (u8, usize);

/// Finds what follows; `None` where factors grow beyond what fits.
///
/// The figures form a linear matroid under the equations: a set is free when no combination of equations lies within it. What must be typed so
/// that all needed figures follow is a basis of the needed ones over the known ones; all bases have the same size, and giving way in the order
/// of [`Rank`] finds the one of the lowest numbers. Which basis is taken does not matter to what follows at the end.
pub(crate) fn follow(rows: &[Row], known: &[bool], needed: &[bool]) -> Option<Following> {
    let is = |list: &[bool], n: usize| list.get(n).copied().unwrap_or_default();
    let rank = |n: usize| -> Rank {
        (
            if is(known, n) {
                0
            } else if is(needed, n) {
                1
            } else {
                2
            },
            n,
        )
    };
    let mut echelon: BTreeMap<Rank, Row> = BTreeMap::new();
    for row in rows {
        reduce(row.clone(), &rank, &mut echelon)?;
    }
    let mut following = Following::default();
    let mut given: Vec<bool> = known.to_vec();
    given.resize(needed.len().max(known.len()), false);
    for (n, slot) in given.iter_mut().enumerate() {
        if is(needed, n) && !*slot && !echelon.contains_key(&rank(n)) {
            following.typed.push(n);
            *slot = true;
        }
    }
    // Rows of needed figures speak of known and needed ones only; the others may cancel out only when all is put in.
    let mut solved: BTreeMap<usize, Row> = BTreeMap::new();
    for ((group, n), row) in &echelon {
        match group {
            0 => {}
            1 => following.derived.push((*n, terms_of(*n, row))),
            _ => {
                let full = put_in(*n, row, &solved)?;
                if full.keys().all(|o| o == n || given.get(*o).copied().unwrap_or_default() || is(needed, *o)) {
                    following.derived.push((*n, terms_of(*n, &full)));
                }
                solved.insert(*n, full);
            }
        }
    }
    Some(following)
}

/// Figures that the equations force to be zero, or to be the opposite of others: no count is, so that some equation is wrong.
pub(crate) fn is_absurd(rows: &[Row]) -> bool {
    let by_number = |n: usize| -> Rank { (0, n) };
    let mut echelon: BTreeMap<Rank, Row> = BTreeMap::new();
    if rows.iter().any(|row| reduce(row.clone(), &by_number, &mut echelon).is_none()) {
        return true;
    }
    let mut solved: BTreeMap<usize, Row> = BTreeMap::new();
    for ((_, n), row) in echelon {
        let Some(full) = put_in(n, &row, &solved) else { return true };
        let n_positive = full.values().filter(|f| **f > Factor::zero()).count();
        if n_positive == 0 || n_positive == full.len() {
            return true;
        }
        solved.insert(n, full);
    }
    false
}

/// A row with all that is solved put in.
fn put_in(n: usize, row: &Row, solved: &BTreeMap<usize, Row>) -> Option<Row> {
    let mut full = row.clone();
    for other in row.keys().filter(|other| **other != n) {
        // What is solved speaks of free figures only, so that putting one in never brings in another.
        if let (Some(by), Some(factor)) = (solved.get(other), full.get(other).copied()) {
            subtract(&mut full, by, factor)?;
        }
    }
    Some(full)
}

/// Reduces a row by those before it; what is left leads with its latest figure, whose factor becomes one.
fn reduce(mut row: Row, rank: &dyn Fn(usize) -> Rank, echelon: &mut BTreeMap<Rank, Row>) -> Option<()> {
    while let Some(lead) = row.keys().copied().max_by_key(|n| rank(*n)) {
        let Some(factor) = row.get(&lead).copied() else { break };
        match echelon.get(&rank(lead)) {
            Some(by) => subtract(&mut row, by, factor)?,
            None => {
                for value in row.values_mut() {
                    *value = value.checked_mul(&factor.recip())?;
                }
                echelon.insert(rank(lead), row);
                return Some(());
            }
        }
    }
    Some(())
}

/// Takes `factor` times a row from another.
fn subtract(row: &mut Row, by: &Row, factor: Factor) -> Option<()> {
    for (n, value) in by {
        let less = value.checked_mul(&factor)?;
        let left = row.get(n).copied().unwrap_or_default().checked_sub(&less)?;
        if left.is_zero() {
            row.remove(n);
        } else {
            row.insert(*n, left);
        }
    }
    Some(())
}

/// The figure as the sum of the others of its row, in which its own factor is one.
fn terms_of(n: usize, row: &Row) -> Vec<(usize, Factor)> {
    debug_assert!(row.get(&n).is_some_and(Factor::is_one));
    row.iter().filter(|(other, _)| **other != n).map(|(other, factor)| (*other, -*factor)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(terms: &[(usize, i128)]) -> Row {
        terms.iter().map(|(n, f)| (*n, Factor::from_integer(*f))).collect()
    }

    fn flags(n: usize, set: &[usize]) -> Vec<bool> {
        (0..n).map(|i| set.contains(&i)).collect()
    }

    #[track_caller]
    fn check(rows: &[Row], n: usize, known: &[usize], needed: &[usize], typed: &[usize], derived: &[usize]) {
        let found = follow(rows, &flags(n, known), &flags(n, needed)).unwrap();
        let mut told: Vec<usize> = found.derived.iter().map(|d| d.0).collect();
        told.sort_unstable();
        assert_eq!((found.typed.as_slice(), told.as_slice()), (typed, derived));
    }

    #[test]
    fn a_total_follows_from_its_parts_and_a_part_from_the_rest() {
        // 2 = 0 + 1, 4 = 2 + 3.
        let rows = [row(&[(2, 1), (0, -1), (1, -1)]), row(&[(4, 1), (2, -1), (3, -1)])];
        check(&rows, 5, &[], &[0, 1, 2, 3, 4], &[0, 1, 3], &[2, 4]);
        check(&rows, 5, &[], &[2, 4], &[2, 4], &[3]);
        check(&rows, 5, &[], &[0, 2], &[0, 2], &[1]);
        check(&rows, 5, &[2, 0], &[1, 4], &[4], &[1, 3]);
        check(&rows, 5, &[0, 1, 3], &[4], &[], &[2, 4]);
        check(&rows, 5, &[], &[], &[], &[]);
    }

    #[test]
    fn what_nobody_asks_cancels_out() {
        // 2 = 0 + 1 and 3 = 0 + 1: equal, whatever 0 and 1 are.
        let rows = [row(&[(2, 1), (0, -1), (1, -1)]), row(&[(3, 1), (0, -1), (1, -1)])];
        check(&rows, 4, &[], &[2, 3], &[2], &[3]);
        check(&rows, 4, &[2], &[], &[], &[3]);
    }

    #[test]
    fn equations_that_leave_nothing_are_absurd() {
        let good = row(&[(2, 1), (0, -1), (1, -1)]);
        assert!(!is_absurd(std::slice::from_ref(&good)));
        // 2 = 0 + 1 and 2 = 0 + 1 + 3: nothing is left for 3.
        assert!(is_absurd(&[good.clone(), row(&[(2, 1), (0, -1), (1, -1), (3, -1)])]));
        // 0 = 2 + 1 as well: nothing is left for 1.
        assert!(is_absurd(&[good, row(&[(0, 1), (2, -1), (1, -1)])]));
    }
}
