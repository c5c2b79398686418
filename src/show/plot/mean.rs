//! The moving mean of a rate: it evens out the gulps of a steady flow, but keeps the borders of longer standstills.

use super::grid::Grid;
use crate::text::words::precise;
use std::time::Duration;

/// The whole time has so many windows, on wide and on narrow screens alike: both divide their stretches into windows of an odd
/// number.
const WINDOWS: usize = 32;

/// How many stretches on each side of one are in its window.
fn reach(count: usize) -> usize {
    count / WINDOWS / 2
}

/// What the line of a moving mean is called.
#[expect(clippy::cast_precision_loss, reason = "some stretches")]
pub(super) fn moving_mean_in_words(grid: &Grid) -> String {
    mean_over(grid.step() * (2 * reach(grid.count) + 1) as f64)
}

/// What a mean over so many seconds is called.
pub(super) fn mean_over(seconds: f64) -> String {
    let time = Duration::try_from_secs_f64(seconds).unwrap_or_default();
    format!("mean over {}", precise(time))
}

/// The mean of each stretch and its neighbours, where there are values. A standstill that is as long as the window stays zero
/// and is left out of the means beside it, so that it begins and ends as sharply as it did.
pub(super) fn moving_mean(rates: &[Option<f64>]) -> Vec<Option<f64>> {
    let reach = reach(rates.len());
    let still = still(rates, 2 * reach + 1);
    let mean = |at: usize| {
        rates[at]?;
        if still[at] {
            return Some(0.0);
        }
        let window = at.saturating_sub(reach)..(at + reach + 1).min(rates.len());
        let (mut sum, mut count) = (0.0, 0.0);
        for rate in window.filter(|it| !still[*it]).filter_map(|it| rates[it]) {
            sum += rate;
            count += 1.0;
        }
        Some(sum / count)
    };
    (0..rates.len()).map(mean).collect()
}

/// Whether a stretch is part of a standstill of at least `least` stretches.
fn still(rates: &[Option<f64>], least: usize) -> Vec<bool> {
    let is_zero = |rate: &Option<f64>| rate.is_some_and(|rate| rate <= 0.0);
    let runs = rates.chunk_by(|one, other| is_zero(one) == is_zero(other));
    runs.flat_map(|run| vec![is_zero(&run[0]) && run.len() >= least; run.len()])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::moving_mean;

    #[test]
    fn gulps_of_a_steady_flow_are_evened_out() {
        let gulps: Vec<_> = (0..288).map(|n| Some(f64::from(n % 2) * 100.0)).collect();
        let mean = moving_mean(&gulps);
        let within = mean[9..279].iter().flatten();
        assert!(
            within.clone().all(|rate| (rate - 50.0).abs() < 10.0),
            "{mean:?}"
        );
    }

    #[test]
    fn a_stall_is_as_long_as_it_was_and_what_was_not_seen_stays_unseen() {
        let mut rates = vec![Some(80.0); 288];
        rates[100..150].fill(Some(0.0));
        rates[200] = None;
        assert_eq!(moving_mean(&rates), rates);
        assert_eq!(moving_mean(&[]), []);
    }
}
