//! How often each level is seen among pairs of one figure (m) and of different figures (u), found without any answer.
//!
//! Two kinds of pairs are mixed among the candidates, and nobody said which is which. Expectation and maximisation (Winkler, 1988) take turns:
//! how likely is each pair of one figure by the present probabilities, and which probabilities does that imply. What is known already, from
//! weights held and from pairs drawn at random, counts as so many pairs seen before, so that small catalogues do not run wild. Rounds are
//! fixed and sums follow the order given, so that the same pairs give the same answer.

use crate::overlap::learn::weights::Probabilities;

/// Rounds of expectation and maximisation.
const ROUNDS: usize = 60;
/// No level is believed to be rarer than this.
const LEAST: f64 = 1e-4;

/// Which levels exclude each other: the comparison that each level belongs to; `None` for what is no level.
pub(crate) type Comparisons = [Option<usize>];

/// A pair as it was compared.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    /// Degree of each level.
    pub degrees: Vec<f64>,
    /// Log odds that are no level's (rarity of words).
    pub offset: f64,
    /// Whether it is one figure, where that is known.
    pub answer: Option<bool>,
}

/// What was found, or what is held before.
#[derive(Clone, Debug)]
pub(crate) struct Mixture {
    /// Probabilities of each level.
    pub levels: Vec<Probabilities>,
    /// Share of pairs of one figure among those of which nothing is known.
    pub share: f64,
}

impl Mixture {
    /// Log odds that a pair is one figure.
    pub(crate) fn log_odds(&self, seen: &Seen) -> f64 {
        let weight = |p: &Probabilities| (p.m / p.u).ln();
        let sum: f64 = seen.degrees.iter().zip(&self.levels).filter(|(d, _)| **d > 0.0).map(|(d, p)| d * weight(p)).sum();
        sum + seen.offset + (self.share / (1.0 - self.share)).ln()
    }
}

/// For how many pairs what is held before counts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Held {
    /// In the levels of pairs of one figure.
    pub m: f64,
    /// In the levels of pairs of two.
    pub u: f64,
    /// In the share.
    pub share: f64,
}

/// Finds m, u and the share, given what is held before and how firmly.
pub(crate) fn estimate(seen: &[Seen], comparisons: &Comparisons, before: &Mixture, held: Held) -> Mixture {
    let mut found = before.clone();
    for _ in 0..ROUNDS {
        let n_levels = comparisons.len();
        let (mut with_m, mut with_u) = (vec![0.0; n_levels], vec![0.0; n_levels]);
        let (mut n_same, mut n_open) = (0.0, 0.0);
        for pair in seen {
            let same = match pair.answer {
                Some(answer) => f64::from(u8::from(answer)),
                None => 1.0 / (1.0 + (-found.log_odds(pair)).exp()),
            };
            if pair.answer.is_none() {
                n_same += same;
                n_open += 1.0;
            }
            for ((degree, m), u) in pair.degrees.iter().zip(&mut with_m).zip(&mut with_u) {
                *m += same * degree;
                *u += (1.0 - same) * degree;
            }
        }
        let m = shares(&with_m, comparisons, before, held.m, |p| p.m);
        let u = shares(&with_u, comparisons, before, held.u, |p| p.u);
        found.levels = m.into_iter().zip(u).map(|(m, u)| Probabilities { m, u }).collect();
        found.share = ((n_same + held.share * before.share) / (n_open + held.share)).clamp(LEAST, 1.0 - LEAST);
    }
    found
}

/// Shares of the levels within their comparison.
fn shares(counts: &[f64], comparisons: &Comparisons, before: &Mixture, n_before: f64, of: impl Fn(&Probabilities) -> f64) -> Vec<f64> {
    let total = |comparison: usize| -> f64 {
        counts.iter().zip(comparisons).filter(|(_, c)| **c == Some(comparison)).map(|(count, _)| count).sum()
    };
    let share = |((count, comparison), before): ((&f64, &Option<usize>), &Probabilities)| match comparison {
        Some(comparison) => ((count + n_before * of(before)) / (total(*comparison) + n_before)).max(LEAST),
        None => 1.0,
    };
    counts.iter().zip(comparisons).zip(&before.levels).map(share).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Two comparisons of two levels each and one of three; planted probabilities of the first levels.
    const COMPARISONS: [Option<usize>; 7] = [Some(0), Some(0), Some(1), Some(1), Some(2), Some(2), Some(2)];

    /// Pairs in exact planted shares: every combination of levels, as often as independence says.
    fn planted(m: [f64; 3], u: [f64; 3], share: f64) -> (Vec<Seen>, Vec<Probabilities>) {
        let full = |p: [f64; 3]| [p[0], 1.0 - p[0], p[1], 1.0 - p[1], p[2], (1.0 - p[2]) * 0.5, (1.0 - p[2]) * 0.5];
        let (m, u) = (full(m), full(u));
        let mut seen = Vec::new();
        for (x, y, z) in [0, 1].into_iter().flat_map(|x| [2, 3].into_iter().flat_map(move |y| [4, 5, 6].map(move |z| (x, y, z)))) {
            let n = 4_000.0 * (share * m[x] * m[y] * m[z] + (1.0 - share) * u[x] * u[y] * u[z]);
            let mut degrees = vec![0.0; 7];
            for at in [x, y, z] {
                degrees[at] = 1.0;
            }
            for _ in 0..n.round() as usize {
                seen.push(Seen { degrees: degrees.clone(), offset: 0.0, answer: None });
            }
        }
        (seen, m.into_iter().zip(u).map(|(m, u)| Probabilities { m, u }).collect())
    }

    const LIGHTLY: Held = Held { m: 1.0, u: 1.0, share: 1.0 };
    const FIRMLY: Held = Held { m: 50.0, u: 50.0, share: 50.0 };

    fn start() -> Mixture {
        let p = |m, u| Probabilities { m, u };
        let levels = vec![p(0.7, 0.3), p(0.3, 0.7), p(0.7, 0.3), p(0.3, 0.7), p(0.6, 0.2), p(0.2, 0.4), p(0.2, 0.4)];
        Mixture { levels, share: 0.2 }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn planted_probabilities_are_found(
            m in prop::array::uniform3(0.8_f64..0.97), u in prop::array::uniform3(0.03_f64..0.25), share in 0.1_f64..0.6,
        ) {
            let (seen, expect) = planted(m, u, share);
            let found = estimate(&seen, &COMPARISONS, &start(), LIGHTLY);
            prop_assert!((found.share - share).abs() < 0.05, "share {} for {share}", found.share);
            for (p, e) in found.levels.iter().zip(&expect) {
                prop_assert!((p.m - e.m).abs() < 0.08 && (p.u - e.u).abs() < 0.08, "{p:?} for {e:?}");
            }
        }
    }

    #[test]
    fn the_same_pairs_give_the_same_answer() {
        let (seen, _) = planted([0.9, 0.85, 0.9], [0.1, 0.2, 0.1], 0.3);
        let once = estimate(&seen, &COMPARISONS, &start(), LIGHTLY);
        let again = estimate(&seen, &COMPARISONS, &start(), LIGHTLY);
        assert_eq!(once.levels, again.levels);
        assert_eq!(once.share.to_bits(), again.share.to_bits());
    }

    #[test]
    fn few_pairs_leave_what_was_held() {
        let held = start();
        let none = estimate(&[], &COMPARISONS, &held, FIRMLY);
        for (p, h) in none.levels.iter().zip(&held.levels) {
            assert!((p.m - h.m).abs() < 1e-9 && (p.u - h.u).abs() < 1e-9);
        }
        let pair = Seen { degrees: vec![0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0], offset: 0.0, answer: Some(true) };
        let one = estimate(&[pair], &COMPARISONS, &held, FIRMLY);
        assert!(one.levels[1].m > held.levels[1].m && one.levels[1].m < held.levels[1].m + 0.02);
    }
}
