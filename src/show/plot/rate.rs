//! The panel of the rate: what the sink took, the average of the whole run, and the limit.
//!
//! A sink takes bytes in gulps, so that the rate varies from stretch to stretch even where the flow is steady. The line is
//! therefore a moving mean, and the rate of each stretch is drawn as an area behind it.

use super::super::Finished;
use super::layout::Layout;
use super::legend::Key;
use super::mean::{moving_mean, moving_mean_in_words};
use super::panel::{Head, Panel};
use super::series::Series;
use super::ticks;
use crate::text::words::speed;

/// A limit that is more than so many times as high as the rates that were reached is not drawn.
const FAR: f64 = 3.0;

/// The height of the panel as a multiple of the moving mean. Higher peaks are cut off, and a key says so.
const HEADROOM: f64 = 1.5;

/// The panel, with `lane` above it for the labels of stalls. `None`: there are no samples.
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
        id: "rate".to_owned(),
        name: "Rate".to_owned(),
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

#[expect(clippy::cast_precision_loss, reason = "rates are for show")]
fn limit_rate(limit: u64) -> f64 {
    limit as f64
}

fn keys(it: &Finished<'_>, series: &Series, limit: Option<f64>, is_drawn: bool) -> Vec<Key> {
    let mut keys = Vec::new();
    if series.paused.iter().any(|paused| *paused > 0.0) {
        keys.push(Key::colour("paused", "source paused"));
    }
    keys.push(Key::line("line", moving_mean_in_words(&series.grid)));
    let average = format!("average {}", speed(it.sample.average));
    keys.push(Key::line("average", average));
    if let Some(limit) = limit {
        let beyond = if is_drawn { "" } else { ", above the picture" };
        let words = format!("limit {}{beyond}", speed(limit));
        keys.push(Key::line("limit", words));
    }
    keys
}
