//! How low a share can be of which only a few cases were seen: the exact lower bound of Clopper and Pearson (1934).
//!
//! A merge without asking needs a precision that is practically certain. The observed share says nothing of that: of three answers that all
//! were yes, the true share may still be a third. The bound says what the answers prove.

/// How often the bound may fail to hold: one time in twenty.
const ERROR: f64 = 0.05;
/// Halvings of the interval; leaves less than a part in 10^12.
const HALVINGS: usize = 40;

/// The lower bound of the share of which `n_yes` of `n` cases were seen, at 95 % on one side; 0 where nothing was seen.
pub(crate) fn lower_bound(n_yes: usize, n: usize) -> f64 {
    if n_yes == 0 || n_yes > n {
        return 0.0;
    }
    let (mut low, mut high) = (0.0_f64, 1.0_f64);
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(low, high);
        if tail(n_yes, n, middle) < ERROR { low = middle } else { high = middle }
    }
    // Rounded down, so that no platform's last digit lifts a bound over a limit.
    (low * 1e6).floor() / 1e6
}

/// Probability of `n_yes` or more among `n` where each is yes with `share`.
fn tail(n_yes: usize, n: usize, share: f64) -> f64 {
    if share <= 0.0 || share >= 1.0 {
        return if share >= 1.0 { 1.0 } else { 0.0 };
    }
    // From all yes downwards: log C(n, i) grows by the factor (i + 1) / (n - i) for each step down.
    let (log_yes, log_no) = (share.ln(), (-share).ln_1p());
    let mut log_term = n as f64 * log_yes;
    let mut sum = log_term.exp();
    for i in (n_yes..n).rev() {
        log_term += ((i + 1) as f64 / (n - i) as f64).ln() + log_no - log_yes;
        sum += log_term.exp();
    }
    sum.min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_tables() {
        // One-sided 95 % bounds; all yes has the closed form 0.05^(1/n).
        for (n_yes, n, expect) in
            [(10, 10, 0.741_134), (299, 299, 0.990_031), (9, 10, 0.605_838), (50, 100, 0.413_621), (0, 7, 0.0), (0, 0, 0.0)]
        {
            let bound = lower_bound(n_yes, n);
            assert!((bound - expect).abs() < 2e-5, "{n_yes} of {n}: {bound}");
        }
        assert!(lower_bound(298, 298) < 0.99 && lower_bound(299, 299) >= 0.99);
    }

    #[test]
    fn more_of_the_same_raises_it_and_a_no_lowers_it() {
        let grows = [5, 20, 80, 320].map(|n| lower_bound(n, n));
        assert!(grows.is_sorted());
        assert!(lower_bound(79, 80) < lower_bound(80, 80));
        assert!(lower_bound(20_000, 20_010) > 0.99);
    }
}
