//! Looks through all columns: pairs that are equal under other names, and columns that are the sum of two others.
//!
//! Pairs are found by an index of values, not by comparing everything with everything: two columns that are equal nearly everywhere meet
//! at nearly every place, so that a few places are enough to find them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::domain::id::ElementId;
use crate::overlap::values::pair::{ValueEvidence, ValueVerdict, rounded};
use crate::overlap::values::{Column, ValueTable};

/// Columns that may share a value at a place before the value is too common to find anything by.
const MAX_SHARING: usize = 64;
/// Share of a column's places at which its partner must be met.
const MET_SHARE: f64 = 0.5;
/// Places at which a sum must hold.
const MIN_SUM_PLACES: usize = 8;
/// Distinct values that each part of a sum must have: columns that hardly vary add up by chance.
const MIN_SUM_VALUES: usize = 5;

/// Two elements that are equal nearly everywhere.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ValuePair {
    /// The smaller element.
    pub a: ElementId,
    /// The other.
    pub b: ElementId,
    /// What their values say.
    pub evidence: ValueEvidence,
}

/// An element that is the sum of two others wherever all three were reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SumFinding {
    /// The sum.
    pub total: ElementId,
    /// One part.
    pub part: ElementId,
    /// The other part, the greater element.
    pub other: ElementId,
    /// Places at which it holds: all that there are.
    pub n_places: u32,
}

impl ValueTable {
    /// Pairs of elements of one dimension whose values are equal beyond what chance explains, given how many pairs there are to find one
    /// among (a Bonferroni bound); sorted by weight, then by element.
    pub fn equal_pairs(&self) -> Vec<ValuePair> {
        let n = self.columns.len() as f64;
        let needed = (n * n / 2.0).max(1.0).ln();
        let mut found: Vec<ValuePair> = Vec::new();
        for (a, b) in self.meeting_pairs() {
            let Some(evidence) = self.compare(a, b).filter(|e| e.verdict == ValueVerdict::Equal) else { continue };
            // The weight is capped, so the bound is taken on what each equal cell says.
            let per_cell = (0.97 / evidence.chance).ln();
            if f64::from(evidence.n_equal) * per_cell >= needed + 6.9 {
                found.push(ValuePair { a, b, evidence });
            }
        }
        found.sort_by(|x, y| y.evidence.weight.total_cmp(&x.evidence.weight).then_with(|| (x.a, x.b).cmp(&(y.a, y.b))));
        found
    }

    /// Pairs that meet at enough places to be worth comparing.
    fn meeting_pairs(&self) -> BTreeSet<(ElementId, ElementId)> {
        let mut steps: BTreeMap<&str, BTreeSet<i128>> = BTreeMap::new();
        for column in self.columns.values() {
            steps.entry(&column.dimension).or_default().insert(column.step);
        }
        let columns: Vec<&Column> = self.columns.values().collect();
        // A fine column is entered once for every coarser step of its dimension, so that it meets coarse ones.
        let mut index: HashMap<(&str, i128, u32, i128), Vec<u32>> = HashMap::new();
        for (number, column) in (0_u32..).zip(&columns) {
            let coarser = steps.get(column.dimension.as_str()).into_iter().flatten().filter(|s| **s >= column.step);
            for step in coarser {
                for (place, value) in &column.cells {
                    let bucket = rounded(*value, *step);
                    if bucket != 0 {
                        index.entry((&column.dimension, *step, *place, bucket)).or_default().push(number);
                    }
                }
            }
        }
        let mut met: HashMap<(u32, u32), u32> = HashMap::new();
        for ((_, step, _, _), sharing) in &index {
            if sharing.len() > MAX_SHARING {
                continue;
            }
            let of = |number: u32| columns.get(number as usize).copied();
            for (at, one) in sharing.iter().enumerate() {
                for other in sharing.iter().skip(at + 1) {
                    // Each pair counts at the step of its coarser column only.
                    if of(*one).zip(of(*other)).is_some_and(|(x, y)| x.step.max(y.step) == *step) {
                        *met.entry((*one, *other)).or_default() += 1;
                    }
                }
            }
        }
        let is_often = |(one, other): &(u32, u32), n: u32| {
            let of = |number: u32| columns.get(number as usize).map_or(0, |c| c.cells.iter().filter(|(_, v)| *v != 0).count());
            f64::from(n) >= (MET_SHARE * of(*one).min(of(*other)) as f64).max(3.0)
        };
        let often = met.into_iter().filter(|(pair, n)| is_often(pair, *n));
        often.filter_map(|((one, other), _)| Some((columns.get(one as usize)?.element, columns.get(other as usize)?.element))).collect()
    }

    /// Elements that are the sum of two others at every place where all three were reported: the total and one part stand in one of
    /// `forms`, the other part anywhere. Sorted.
    pub fn sums(&self, forms: &[Vec<ElementId>]) -> Vec<SumFinding> {
        let mut by_value: HashMap<(u32, i128), Vec<&Column>> = HashMap::new();
        for column in self.columns.values() {
            for (place, value) in &column.cells {
                by_value.entry((*place, *value)).or_default().push(column);
            }
        }
        let mut found: BTreeSet<SumFinding> = BTreeSet::new();
        for form in forms {
            let columns: Vec<&Column> = form.iter().filter_map(|e| self.columns.get(e)).filter(|c| varies(c)).collect();
            for total in &columns {
                for part in columns.iter().filter(|p| p.element != total.element && p.dimension == total.dimension) {
                    found.extend(others(total, part, &by_value));
                }
            }
        }
        found.into_iter().collect()
    }
}

fn varies(column: &Column) -> bool {
    let values: BTreeSet<i128> = column.cells.iter().map(|(_, v)| *v).filter(|v| *v != 0).collect();
    values.len() >= MIN_SUM_VALUES
}

/// The columns that are `total - part` wherever all three have a figure.
fn others(total: &Column, part: &Column, by_value: &HashMap<(u32, i128), Vec<&Column>>) -> Vec<SumFinding> {
    let parts: HashMap<u32, i128> = part.cells.iter().copied().collect();
    let rest: Vec<(u32, i128)> = total.cells.iter().filter_map(|(place, v)| Some((*place, v - parts.get(place)?))).collect();
    if rest.len() < MIN_SUM_PLACES || rest.iter().any(|(_, v)| *v < 0) {
        return Vec::new();
    }
    // The place where fewest columns have the wanted value tells most.
    let Some(candidates) = rest.iter().map(|key| by_value.get(key).map_or(&[][..], Vec::as_slice)).min_by_key(|c| c.len()) else {
        return Vec::new();
    };
    let wanted: HashMap<u32, i128> = rest.iter().copied().collect();
    let fits = |other: &&&Column| {
        let common: Vec<(i128, i128)> = other.cells.iter().filter_map(|(place, v)| Some((*v, *wanted.get(place)?))).collect();
        other.element > part.element && common.len() >= MIN_SUM_PLACES && common.len() == rest.len() && common.iter().all(|(v, w)| v == w)
    };
    let is_other = |c: &&&Column| c.element != total.element && c.dimension == total.dimension && varies(c);
    let n_places = u32::try_from(rest.len()).unwrap_or(u32::MAX);
    let sum = |c: &&Column| SumFinding { total: total.element, part: part.element, other: c.element, n_places };
    candidates.iter().filter(is_other).filter(fits).map(sum).collect()
}
