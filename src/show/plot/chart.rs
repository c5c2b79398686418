//! The chart: the bar of the whole transfer, the panels over one axis of time, and the shades behind them.

use super::super::{Direction, Finished};
use super::buffer::Buffer;
use super::layout::{BASELINE, GAP, Layout, ROW, WRITING};
use super::panel::{Label, Panel};
use super::path::number;
use super::phases::{self, PhaseBar};
use super::series::{SHORTEST, Series};
use super::stalls::{self, Note, Shade, StallMark};
use super::{fill, rate, text, ticks};
use crate::account::recording::Recording;
use askama::Template;
use std::fmt::Write;

/// Room between the rate and its keys for the labels of stalls.
const LANE: f64 = 24.0;

/// The chart, without the document around it.
#[derive(Debug, Template)]
#[template(path = "plot/chart.svg")]
pub(super) struct Chart {
    /// The class of charts of this layout.
    pub(super) class: &'static str,
    /// The prefix of its ids: there may be several charts in one document.
    prefix: String,
    pub(super) width: f64,
    /// Where the axis of time begins, and its length.
    pub(super) from: String,
    pub(super) span: String,
    bar: Option<PhaseBar>,
    /// In the place of panels, that there was too little to draw.
    too_short: Option<Label>,
    panels: Vec<Panel>,
    /// Whether there are lines of several sinks, which have colours of their own.
    has_several_sinks: bool,
    shades: Vec<Shade>,
    marks: Vec<StallMark>,
    notes: Vec<Note>,
    times: Vec<Label>,
    /// The lines of the axis of time.
    rules: String,
    /// From the top of the first panel to the bottom of the last.
    top: f64,
    bottom: f64,
    /// The whole height.
    pub(super) height: f64,
}

impl Chart {
    /// Draws a direction of a transfer in the sizes of `layout`.
    pub(super) fn of(it: &Finished<'_>, series: Option<&Series>, layout: &Layout) -> Self {
        let prefix = match it.direction {
            None | Some(Direction::There) => layout.class.to_owned(),
            Some(Direction::Back) => format!("{}-back", layout.class),
        };
        let bar = phases::bar(it.sample, layout, 0.0);
        let top = bar.as_ref().map_or(0.0, |bar| bar.bottom);
        let panels = series.map_or_else(Vec::new, |series| panels(it, series, layout, top));
        let ends = panels.first().zip(panels.last());
        let (top, bottom) =
            ends.map_or((top, top), |(first, last)| (first.frame.top, last.bottom()));
        let has_panels = !panels.is_empty();
        let (times, rules) = series
            .filter(|_| has_panels)
            .map_or_else(Default::default, |series| axis(series, layout, top, bottom));
        let recording = it.recording;
        let too_short = too_short(recording, top);
        let empty = too_short.as_ref().map_or(top, |_| top + ROW);
        Self {
            class: layout.class,
            prefix,
            width: layout.width,
            from: number(layout.left),
            span: number(layout.span()),
            bar,
            too_short,
            shades: series.map_or_else(Vec::new, |it| stalls::shades(it, layout, top, bottom)),
            marks: stalls::marks(recording, layout),
            notes: stalls::notes(recording, layout),
            has_several_sinks: it.sample.now.has_several_sinks(),
            times,
            rules,
            top,
            bottom,
            height: if has_panels {
                bottom + ROW + 8.0
            } else {
                empty
            },
            panels,
        }
    }

    /// Whether there is anything to be seen.
    pub(super) fn is_empty(&self) -> bool {
        self.bar.is_none() && self.too_short.is_none() && self.panels.is_empty()
    }

    /// Panels behind which pauses and stalls are shaded.
    fn shaded(&self) -> impl Iterator<Item = &Panel> {
        self.panels.iter().filter(|panel| panel.is_shaded)
    }
}

/// That a transfer was too short to be drawn over time, below `top`. `None`: it was not, or it never began.
fn too_short(recording: &Recording, top: f64) -> Option<Label> {
    let is_short = !recording.elapsed.is_zero() && recording.elapsed < SHORTEST;
    is_short.then(|| Label {
        x: number(0.0),
        y: number(top + BASELINE),
        words: format!(
            "Too short to draw over time: less than {} s",
            SHORTEST.as_secs_f64()
        ),
    })
}

fn panels(it: &Finished<'_>, series: &Series, layout: &Layout, mut top: f64) -> Vec<Panel> {
    let lane = if it.recording.stalls.is_empty() {
        0.0
    } else {
        LANE
    };
    let mut panels = Vec::new();
    let mut put = |panel: Option<Panel>, top: &mut f64| {
        if let Some(panel) = panel {
            *top = panel.bottom() + GAP;
            panels.push(panel);
        }
    };
    put(rate::panel(it, series, layout, top, lane), &mut top);
    for buffer in Buffer::ALL {
        put(fill::panel(it, buffer, series, layout, top), &mut top);
    }
    for (sink, shares) in series.shares.iter().enumerate() {
        put(phases::panel(it, sink, shares, layout, top), &mut top);
    }
    panels
}

/// The labels of the axis of time and its lines, which go through all panels.
#[expect(clippy::cast_precision_loss, reason = "some hundred stretches")]
fn axis(series: &Series, layout: &Layout, top: f64, bottom: f64) -> (Vec<Label>, String) {
    let elapsed = series.grid.step() * series.grid.count as f64;
    let (mut labels, mut rules) = (Vec::new(), String::new());
    for tick in ticks::times(elapsed, layout.times) {
        let x = number(layout.x(tick.at / elapsed));
        let _ = write!(rules, "M{x} {}V{}", number(top), number(bottom));
        // The last label does not reach beyond the right border.
        let room = text::width(&tick.label, WRITING) / 2.0;
        labels.push(Label {
            x: number(layout.x(tick.at / elapsed).min(layout.width - room)),
            y: number(bottom + ROW),
            words: tick.label,
        });
    }
    (labels, rules)
}
