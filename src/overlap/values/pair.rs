//! What the values say of one pair of columns.

use std::collections::HashMap;

use rust_decimal::Decimal;

use crate::domain::relation::Reason;
use crate::overlap::values::{Column, UnitMistake, fixed};

/// Share of cells that differ though both columns are one figure: typing errors, corrections in one form only.
const ERROR_RATE: f64 = 0.03;
/// Chance agreement is never taken to be rarer than this, however many values there are: dependence between units is not known.
const LEAST_CHANCE: f64 = 0.01;
/// Greatest weight either way: values are one kind of evidence among others.
const MAX_WEIGHT: f64 = 12.0;
/// Log odds from which values decide: a thousand to one.
const DECISIVE: f64 = 6.9;
/// Fewest cells that can decide.
const MIN_CELLS: u32 = 8;
/// Share of cells that a unit mistake must explain.
const MISTAKE_SHARE: f64 = 0.9;

/// What the values of two columns say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ValueVerdict {
    /// Equal nearly everywhere, and hardly by chance: one figure.
    Equal,
    /// Different nearly everywhere: two figures, whatever their names.
    Different,
    /// Too few cells, or agreement that chance explains.
    Unclear,
}

/// The evidence of values for or against one figure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ValueEvidence {
    /// Units and periods for which both were reported.
    pub n_compared: u32,
    /// Those at which both are equal, rounded to the coarser of the two.
    pub n_equal: u32,
    /// Share of cells that would be equal if the columns had nothing to do with each other.
    pub chance: f64,
    /// Log-likelihood ratio, at most 12 either way.
    pub weight: f64,
    /// What follows.
    pub verdict: ValueVerdict,
}

impl ValueEvidence {
    /// The evidence as one step of an explanation.
    pub fn to_reason(&self) -> Reason {
        Reason {
            facet: "values".to_owned(),
            a: format!("{}/{}", self.n_equal, self.n_compared),
            b: format!("{:.4}", self.chance),
            weight: (self.weight * 1_000.0).round() / 1_000.0,
        }
    }
}

/// Rounds to a multiple of a step, half away from zero; a step of zero is exact.
pub(super) fn rounded(value: i128, step: i128) -> i128 {
    if step <= 1 {
        return value;
    }
    let (quotient, rest) = (value / step, value % step);
    let is_up = rest.unsigned_abs() >= step.unsigned_abs() - rest.unsigned_abs();
    if is_up { quotient + value.signum() } else { quotient }
}

/// Cells that both columns have, rounded to the coarser step.
fn common(a: &Column, b: &Column) -> Vec<(i128, i128)> {
    let step = a.step.max(b.step);
    let mut found = Vec::new();
    let (mut at, mut other) = (a.cells.iter().peekable(), b.cells.iter().peekable());
    while let (Some((x, value)), Some((y, against))) = (at.peek(), other.peek()) {
        match x.cmp(y) {
            std::cmp::Ordering::Less => drop(at.next()),
            std::cmp::Ordering::Greater => drop(other.next()),
            std::cmp::Ordering::Equal => {
                found.push((rounded(*value, step), rounded(*against, step)));
                at.next();
                other.next();
            }
        }
    }
    found
}

pub(super) fn evidence(a: &Column, b: &Column) -> Option<ValueEvidence> {
    let cells = common(a, b);
    if cells.is_empty() {
        return None;
    }
    let (mut of_a, mut of_b): (HashMap<i128, u32>, HashMap<i128, u32>) = (HashMap::new(), HashMap::new());
    for (x, y) in &cells {
        *of_a.entry(*x).or_default() += 1;
        *of_b.entry(*y).or_default() += 1;
    }
    let n = cells.len() as f64;
    // Whole numbers are added, so that the order of the map does not matter.
    let n_meetings: u64 = of_a.iter().map(|(value, n)| u64::from(*n) * u64::from(of_b.get(value).copied().unwrap_or(0))).sum();
    let chance = (n_meetings as f64 / (n * n)).clamp(LEAST_CHANCE, 1.0);
    let n_equal = cells.iter().filter(|(x, y)| x == y).count();
    let equal = n_equal as f64;
    // Where nearly everything agrees by chance, agreement says nothing, and differences are errors either way.
    let differs_by_chance = (1.0 - chance).max(ERROR_RATE);
    let raw = equal * ((1.0 - ERROR_RATE) / chance).ln().max(0.0) + (n - equal) * (ERROR_RATE / differs_by_chance).ln();
    let weight = raw.clamp(-MAX_WEIGHT, MAX_WEIGHT);
    let n_compared = u32::try_from(cells.len()).unwrap_or(u32::MAX);
    let verdict = match weight {
        w if n_compared >= MIN_CELLS && w >= DECISIVE => ValueVerdict::Equal,
        w if n_compared >= MIN_CELLS && w <= -DECISIVE => ValueVerdict::Different,
        _ => ValueVerdict::Unclear,
    };
    Some(ValueEvidence { n_compared, n_equal: u32::try_from(n_equal).unwrap_or(u32::MAX), chance, weight, verdict })
}

/// The factor of `factors` by which `a` is `b` in nearly all cells that are not zero.
pub(super) fn factor(a: &Column, b: &Column, factors: &[Decimal]) -> Option<UnitMistake> {
    let places: HashMap<u32, i128> = b.cells.iter().copied().collect();
    let cells: Vec<(i128, i128)> =
        a.cells.iter().filter_map(|(place, x)| places.get(place).map(|y| (*x, *y))).filter(|(x, y)| *x != 0 && *y != 0).collect();
    let n_compared = u32::try_from(cells.len()).unwrap_or(u32::MAX);
    let n_values = cells.iter().map(|(x, _)| x).collect::<std::collections::BTreeSet<_>>().len();
    if n_compared < MIN_CELLS || n_values < 3 {
        return None;
    }
    let count = |factor: &Decimal| -> Option<u32> {
        let (numerator, one) = (fixed(*factor)?, fixed(Decimal::ONE)?);
        let divisor = gcd(numerator, one);
        let (numerator, one) = (numerator / divisor, one / divisor);
        // The first is only known to half of its step, the second to half of its own times the factor.
        let slack = a.step.checked_mul(one)?.checked_add(b.step.checked_mul(numerator)?)?;
        let fits = |x: i128, y: i128| Some(2 * (x.checked_mul(one)? - y.checked_mul(numerator)?).abs() <= slack);
        let n = cells.iter().filter(|(x, y)| fits(*x, *y).unwrap_or(false)).count();
        u32::try_from(n).ok()
    };
    let best = factors.iter().filter(|f| **f != Decimal::ONE).filter_map(|f| count(f).map(|n| (n, *f)));
    let (n_explained, factor) = best.max_by_key(|(n, f)| (*n, std::cmp::Reverse(*f)))?;
    let is_clear = f64::from(n_explained) >= MISTAKE_SHARE * f64::from(n_compared);
    is_clear.then_some(UnitMistake { factor, n_compared, n_explained })
}

fn gcd(a: i128, b: i128) -> i128 {
    if b == 0 { a.abs().max(1) } else { gcd(b, a % b) }
}
