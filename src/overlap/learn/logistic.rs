//! Logistic regression that starts from weights already held and moves only as far as the cases force it.
//!
//! The weights held are the centre of a normal prior for each weight; the most probable weights after the cases are found by Newton's
//! method. With few cases little moves, with many the cases decide: the pseudo-count of a prior in another dress. The number of steps is
//! fixed and the cases come sorted, so that the same cases give the same weights.

/// Newton steps; from a sensible start five are enough, and the rest change nothing.
const STEPS: usize = 25;
/// Longest step of one weight, which keeps cases that can be told apart perfectly from running away early.
const MAX_STEP: f64 = 2.0;

/// A case: what was seen, and whether it was a yes.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    /// Value of each feature.
    pub values: Vec<f64>,
    /// Log odds that no weight has a part in.
    pub offset: f64,
    /// The answer: 1 for yes, 0 for no.
    pub answer: f64,
    /// How much the case counts.
    pub weight: f64,
}

/// The prior of one weight.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Prior {
    /// Where the weight stands without cases.
    pub centre: f64,
    /// How firmly: one over the variance; infinite holds it in place.
    pub precision: f64,
}

/// The most probable weights after the cases.
pub(crate) fn fit(cases: &[Case], priors: &[Prior]) -> Vec<f64> {
    let mut weights: Vec<f64> = priors.iter().map(|p| p.centre).collect();
    for _ in 0..STEPS {
        let (mut gradient, mut hessian) = prior_terms(&weights, priors);
        for case in cases {
            let log_odds = case.offset + dot(&case.values, &weights);
            let p = 1.0 / (1.0 + (-log_odds).exp());
            let (residual, curvature) = (case.weight * (case.answer - p), case.weight * p * (1.0 - p));
            add_case(&mut gradient, &mut hessian, &case.values, residual, curvature);
        }
        for (at, prior) in priors.iter().enumerate() {
            if prior.precision.is_infinite() {
                hold(&mut gradient, &mut hessian, at);
            }
        }
        let Some(step) = solve(hessian, gradient) else { break };
        for (weight, by) in weights.iter_mut().zip(step) {
            *weight += by.clamp(-MAX_STEP, MAX_STEP);
        }
    }
    weights
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

fn prior_terms(weights: &[f64], priors: &[Prior]) -> (Vec<f64>, Vec<Vec<f64>>) {
    let n = weights.len();
    let mut gradient = vec![0.0; n];
    let mut hessian = vec![vec![0.0; n]; n];
    for (at, (weight, prior)) in weights.iter().zip(priors).enumerate() {
        if prior.precision.is_finite() {
            if let Some(g) = gradient.get_mut(at) {
                *g = prior.precision * (prior.centre - weight);
            }
            if let Some(h) = hessian.get_mut(at).and_then(|row| row.get_mut(at)) {
                *h = prior.precision;
            }
        }
    }
    (gradient, hessian)
}

fn add_case(gradient: &mut [f64], hessian: &mut [Vec<f64>], values: &[f64], residual: f64, curvature: f64) {
    // Most features of a pair are absent, so the rows of absent ones are skipped.
    for ((x, g), row) in values.iter().zip(gradient.iter_mut()).zip(hessian.iter_mut()).filter(|((x, _), _)| **x != 0.0) {
        *g += residual * x;
        for (y, h) in values.iter().zip(row.iter_mut()) {
            *h += curvature * x * y;
        }
    }
}

/// Takes a weight that does not move out of the equations.
fn hold(gradient: &mut [f64], hessian: &mut [Vec<f64>], at: usize) {
    if let Some(g) = gradient.get_mut(at) {
        *g = 0.0;
    }
    for (row_at, row) in hessian.iter_mut().enumerate() {
        for (column_at, h) in row.iter_mut().enumerate() {
            if row_at == at || column_at == at {
                *h = if row_at == column_at { 1.0 } else { 0.0 };
            }
        }
    }
}

/// Solves a symmetric positive system by Cholesky's decomposition; `None` where it is not positive.
fn solve(mut matrix: Vec<Vec<f64>>, vector: Vec<f64>) -> Option<Vec<f64>> {
    let n = vector.len();
    for i in 0..n {
        for j in 0..=i {
            let (row_i, row_j) = (matrix.get(i)?, matrix.get(j)?);
            let known: f64 = row_i.iter().zip(row_j).take(j).map(|(x, y)| x * y).sum();
            let rest = row_i.get(j)? - known;
            let value = if i == j {
                if rest <= 0.0 {
                    return None;
                }
                rest.sqrt()
            } else {
                rest / row_j.get(j)?
            };
            *matrix.get_mut(i)?.get_mut(j)? = value;
        }
    }
    let mut half = vector;
    for i in 0..n {
        let row = matrix.get(i)?;
        let known: f64 = row.iter().zip(&half).take(i).map(|(x, y)| x * y).sum();
        let value = (half.get(i)? - known) / row.get(i)?;
        *half.get_mut(i)? = value;
    }
    for i in (0..n).rev() {
        let mut known = 0.0;
        for j in i + 1..n {
            known += matrix.get(j)?.get(i)? * half.get(j)?;
        }
        let value = (half.get(i)? - known) / matrix.get(i)?.get(i)?;
        *half.get_mut(i)? = value;
    }
    Some(half)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(values: [f64; 2], answer: f64, weight: f64) -> Case {
        Case { values: values.to_vec(), offset: 0.0, answer, weight }
    }

    const PRIOR: [Prior; 2] = [Prior { centre: -1.0, precision: 1.0 }, Prior { centre: 2.0, precision: 1.0 }];

    #[test]
    fn without_cases_nothing_moves() {
        assert_eq!(fit(&[], &PRIOR), [-1.0, 2.0]);
    }

    #[test]
    fn answers_move_the_weights_of_what_was_seen() {
        let yes = fit(&[case([1.0, 0.0], 1.0, 5.0)], &PRIOR);
        assert!(yes[0] > -1.0 && yes[1] == 2.0, "{yes:?}");
        let no = fit(&[case([1.0, 1.0], 0.0, 5.0)], &PRIOR);
        assert!(no[0] < -1.0 && no[1] < 2.0, "{no:?}");
    }

    #[test]
    fn many_cases_give_their_share() {
        let cases = [case([1.0, 0.0], 1.0, 3_000.0), case([1.0, 0.0], 0.0, 1_000.0)];
        let fitted = fit(&cases, &PRIOR);
        assert!((fitted[0] - 3.0_f64.ln()).abs() < 0.01, "{fitted:?}");
    }

    #[test]
    fn what_is_held_stays() {
        let held = [Prior { centre: 0.5, precision: f64::INFINITY }, PRIOR[1]];
        let fitted = fit(&[case([1.0, 1.0], 0.0, 50.0)], &held);
        assert!(fitted[0] == 0.5 && fitted[1] < 0.0, "{fitted:?}");
    }
}
