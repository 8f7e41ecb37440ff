//! Calibration (校准): what share of the pairs with a score really was one figure, and from which score on a merge needs no question.
//!
//! Decided pairs are scored by weights that were learnt without them. Pools of adjacent violators (isotonic regression) turn the answers into
//! shares that rise with the score. A score merges by itself only from where the lower bound of the share, not the share, is high enough.

use crate::overlap::learn::bound::lower_bound;

/// Share of right merges that must be proven before any is made without asking.
pub(crate) const PRECISION: f64 = 0.99;

/// A range of scores in which the answers had one share.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// Lowest score of the range.
    pub from: f64,
    /// Pairs of the range that were decided.
    pub n: usize,
    /// Of them, those that are one figure.
    pub n_same: usize,
}

/// What the answers say of the scores.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Calibration {
    /// Ranges, rising.
    pub steps: Vec<Step>,
    /// Score from which on a merge is proven to be right often enough; `None` while that is not proven.
    pub automatic_from: Option<f64>,
}

impl Calibration {
    /// Calibrates from scores and answers.
    pub(crate) fn of(mut scored: Vec<(f64, bool)>) -> Self {
        scored.sort_by(|x, y| x.0.total_cmp(&y.0).then(x.1.cmp(&y.1)));
        let mut steps: Vec<Step> = Vec::new();
        for (score, same) in &scored {
            let step = Step { from: *score, n: 1, n_same: usize::from(*same) };
            match steps.last_mut() {
                Some(last) if last.from.total_cmp(score).is_eq() => {
                    last.n += 1;
                    last.n_same += step.n_same;
                }
                _ => steps.push(step),
            }
        }
        let automatic_from = automatic_from(&steps);
        Self { steps: pooled(steps), automatic_from }
    }

    /// The share that the answers gave pairs of this score.
    pub fn share(&self, score: f64) -> Option<f64> {
        let step = self.steps.iter().rev().find(|s| s.from <= score).or_else(|| self.steps.first())?;
        Some(step.n_same as f64 / step.n.max(1) as f64)
    }
}

/// The lowest score such that what lies at or above it, taken together, is proven.
fn automatic_from(steps: &[Step]) -> Option<f64> {
    let (mut n, mut n_same, mut proven) = (0, 0, None);
    for step in steps.iter().rev() {
        n += step.n;
        n_same += step.n_same;
        if lower_bound(n_same, n) >= PRECISION {
            proven = Some(step.from);
        }
    }
    proven
}

/// Joins neighbours until the shares rise.
fn pooled(steps: Vec<Step>) -> Vec<Step> {
    let mut pools: Vec<Step> = Vec::new();
    for step in steps {
        pools.push(step);
        while let [.., low, high] = pools.as_slice()
            && low.n_same * high.n >= high.n_same * low.n
        {
            let joined = Step { from: low.from, n: low.n + high.n, n_same: low.n_same + high.n_same };
            pools.truncate(pools.len() - 2);
            pools.push(joined);
        }
    }
    pools
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scored(parts: &[(f64, usize, usize)]) -> Vec<(f64, bool)> {
        let part = |(score, n, n_same): &(f64, usize, usize)| (0..*n).map(|at| (*score, at < *n_same)).collect::<Vec<_>>();
        parts.iter().flat_map(part).collect()
    }

    #[test]
    fn shares_rise_with_the_score() {
        let calibration = Calibration::of(scored(&[(0.1, 10, 0), (0.4, 10, 5), (0.5, 10, 3), (0.9, 10, 10)]));
        let shares: Vec<f64> = calibration.steps.iter().map(|s| s.n_same as f64 / s.n as f64).collect();
        assert_eq!(shares, [0.0, 0.4, 1.0]);
        assert_eq!([0.05, 0.45, 0.95].map(|s| calibration.share(s)), [Some(0.0), Some(0.4), Some(1.0)]);
        assert_eq!(Calibration::default().share(0.5), None);
    }

    #[test]
    fn nothing_merges_below_the_bound() {
        let from = |parts: &[(f64, usize, usize)]| Calibration::of(scored(parts)).automatic_from;
        assert_eq!(from(&[]), None);
        assert_eq!(from(&[(0.9, 298, 298)]), None, "298 of 298 prove no 99 in 100");
        assert_eq!(from(&[(0.9, 299, 299)]), Some(0.9));
        assert_eq!(from(&[(0.9, 299, 298)]), None);
        assert_eq!(from(&[(0.5, 100, 10), (0.8, 100, 100), (0.95, 400, 400)]), Some(0.8));
    }
}
