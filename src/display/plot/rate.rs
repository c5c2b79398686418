//! The panel of the rate: what the sink took, the average of the whole run, and the limit.
//!
//! A sink takes bytes in gulps, so that from stretch to stretch a rate leaps about where the flow is steady: the line is a
//! moving mean, and what there was in each stretch stands behind it.

use super::super::Finished;
use super::super::words::speed;
use super::layout::Layout;
use super::legend::Key;
use super::panel::{Head, Panel};
use super::series::Series;
use super::ticks;

/// A limit that is so many times as high as anything that was reached is not drawn.
const FAR: f64 = 3.0;

/// Stretches that the moving mean is taken over.
const WINDOW: usize = 7;

/// Room above the moving mean, as a part of it. What leaps higher is cut off, and said in words.
const HEADROOM: f64 = 1.5;

/// Draws it, with `lane` above it for what is written about stalls. `None`: nobody has looked.
pub(super) fn panel(
    it: &Finished<'_>,
    series: &Series,
    layout: &Layout,
    top: f64,
    lane: f64,
) -> Option<Panel> {
    series.rate.iter().flatten().next()?;
    let mean = moving_mean(&series.rate);
    let peak = highest(&series.rate);
    let shown = peak.min(highest(&mean) * HEADROOM);
    let average = it.sample.average;
    let limit = it.limit.map(limit_rate);
    let drawn_limit = limit.filter(|limit| *limit <= shown.max(average) * FAR);
    let ticks = ticks::bytes(shown.max(average).max(drawn_limit.unwrap_or(0.0)), 4.0);
    let ticks: Vec<_> = ticks
        .into_iter()
        .map(|tick| ticks::Tick {
            label: format!("{}/s", tick.label),
            ..tick
        })
        .collect();
    let most = ticks.last().map_or(1.0, |tick| tick.at);
    let mut keys = keys(it, series, limit, drawn_limit.is_some());
    if peak > most {
        let words = format!("up to {}, cut off", speed(peak));
        keys.push(Key::colour("rate-area", words));
    }
    let head = Head {
        id: "rate",
        name: "Rate",
        keys,
        lane,
    };
    let mut panel = Panel::new(layout, head, top, layout.rate, most).ruled(layout, &ticks);
    let zero: Vec<_> = series.rate.iter().map(|rate| rate.map(|_| 0.0)).collect();
    let rates = series.rate.iter().map(|rate| rate.map(|it| it.min(most)));
    let rates: Vec<_> = rates.collect();
    panel.draw("rate-area", panel.frame.area(&zero, &rates));
    panel.draw("line", panel.frame.steps(&mean));
    panel.draw("average", panel.level(layout, average));
    if let Some(limit) = drawn_limit {
        panel.draw("limit", panel.level(layout, limit));
    }
    Some(panel)
}

fn highest(rates: &[Option<f64>]) -> f64 {
    rates.iter().flatten().copied().fold(0.0, f64::max)
}

/// The mean of each stretch and its neighbours, where there was something to see.
fn moving_mean(rates: &[Option<f64>]) -> Vec<Option<f64>> {
    let mean = |at: usize| {
        rates[at]?;
        let from = at.saturating_sub(WINDOW / 2);
        let to = (at + WINDOW / 2 + 1).min(rates.len());
        let (mut sum, mut count) = (0.0, 0.0);
        for rate in rates[from..to].iter().flatten() {
            sum += rate;
            count += 1.0;
        }
        Some(sum / count)
    };
    (0..rates.len()).map(mean).collect()
}

#[expect(clippy::cast_precision_loss, reason = "rates are for show")]
fn limit_rate(limit: u64) -> f64 {
    limit as f64
}

fn keys(it: &Finished<'_>, series: &Series, limit: Option<f64>, is_drawn: bool) -> Vec<Key> {
    let mut keys = Vec::new();
    if series.paused.iter().any(|paused| *paused > 0.0) {
        keys.push(Key::colour("paused", "source paused"));
    }
    keys.push(Key::line("line", "moving mean"));
    let average = format!("average {}", speed(it.sample.average));
    keys.push(Key::line("average", average));
    if let Some(limit) = limit {
        let beyond = if is_drawn { "" } else { ", above the picture" };
        let words = format!("limit {}{beyond}", speed(limit));
        keys.push(Key::line("limit", words));
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::{WINDOW, moving_mean};

    #[test]
    fn gulps_of_a_steady_flow_are_evened_out_and_what_nobody_saw_stays_unseen() {
        let gulps: Vec<_> = (0..40).map(|n| Some(f64::from(n % 2) * 100.0)).collect();
        let mean = moving_mean(&gulps);
        let within = &mean[WINDOW..40 - WINDOW];
        assert!(
            within
                .iter()
                .flatten()
                .all(|rate| (rate - 50.0).abs() < 10.0),
            "{mean:?}"
        );
        assert_eq!(
            moving_mean(&[Some(5.0), None, Some(1.0)]),
            [Some(3.0), None, Some(3.0)]
        );
        assert_eq!(moving_mean(&[]), []);
    }
}
