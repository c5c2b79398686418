//! The panel of the rate: what the sink took, the average of the whole run, and the limit.

use super::super::Finished;
use super::super::words::speed;
use super::layout::Layout;
use super::legend::Key;
use super::panel::{Head, Panel};
use super::series::Series;
use super::ticks;

/// A limit that is so many times as high as anything that was reached is not drawn.
const FAR: f64 = 3.0;

/// Draws it, with `lane` above it for what is written about stalls. `None`: nobody has looked.
pub(super) fn panel(
    it: &Finished<'_>,
    series: &Series,
    layout: &Layout,
    top: f64,
    lane: f64,
) -> Option<Panel> {
    series.rate.iter().flatten().next()?;
    let peak = series.rate.iter().flatten().copied().fold(0.0, f64::max);
    let average = it.sample.average;
    let limit = it.limit.map(limit_rate);
    let drawn_limit = limit.filter(|limit| *limit <= peak.max(average) * FAR);
    let ticks = ticks::bytes(peak.max(average).max(drawn_limit.unwrap_or(0.0)), 4.0);
    let ticks: Vec<_> = ticks
        .into_iter()
        .map(|tick| ticks::Tick {
            label: format!("{}/s", tick.label),
            ..tick
        })
        .collect();
    let most = ticks.last().map_or(1.0, |tick| tick.at);
    let head = Head {
        id: "rate",
        name: "Rate",
        keys: keys(it, series, limit, drawn_limit.is_some()),
        lane,
    };
    let mut panel = Panel::new(layout, head, top, layout.rate, most).ruled(layout, &ticks);
    let zero: Vec<_> = series.rate.iter().map(|rate| rate.map(|_| 0.0)).collect();
    panel.draw("rate-area", panel.frame.area(&zero, &series.rate));
    panel.draw("line", panel.frame.steps(&series.rate));
    panel.draw("average", panel.level(layout, average));
    if let Some(limit) = drawn_limit {
        panel.draw("limit", panel.level(layout, limit));
    }
    Some(panel)
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
    let average = format!("average {}", speed(it.sample.average));
    keys.push(Key::line("average", average));
    if let Some(limit) = limit {
        let beyond = if is_drawn { "" } else { ", above the picture" };
        let words = format!("limit {}{beyond}", speed(limit));
        keys.push(Key::line("limit", words));
    }
    keys
}
