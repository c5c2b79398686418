//! Where the time went: a panel of bands on top of each other, and one bar for the whole transfer.

use super::super::verdict::verdict;
use super::super::{Finished, Sample};
use super::layout::{BASELINE, GAP, Layout, ROW, WRITING};
use super::legend::{self, Key, PlacedKey};
use super::panel::{Head, Panel};
use super::path::number;
use super::series::Shares;
use super::text;
use super::ticks::Tick;
use crate::account::phase::Phase;
use crate::text::words::percent;

/// How high the bar of the whole transfer is.
const BAR: f64 = 24.0;

/// A phase in words.
pub(super) fn words(phase: Phase) -> &'static str {
    match phase {
        Phase::Source => "waiting for the source",
        Phase::Sink => "waiting for the sink",
        Phase::Rate => "held by the rate limit",
        Phase::Transform => "waiting for a transform",
        Phase::Moving => "moving bytes",
    }
}

/// The phases from the bottom to the top and from the left to the right, the desirable ones first.
const ORDER: [Phase; 5] = [
    Phase::Moving,
    Phase::Rate,
    Phase::Transform,
    Phase::Source,
    Phase::Sink,
];

/// The bands of the writer to this sink. `None`: it is not known where its time went.
pub(super) fn panel(
    it: &Finished<'_>,
    sink: usize,
    shares: &Shares,
    layout: &Layout,
    top: f64,
) -> Option<Panel> {
    shares.iter().flatten().next()?;
    let now = &it.sample.now;
    let (id, name) = ("phases", "Where the time went");
    let (id, name) = if now.has_several_sinks() {
        let sink_name = now.sink_name(sink);
        (format!("{id}-{}", sink + 1), format!("{name}: {sink_name}"))
    } else {
        (id.to_owned(), name.to_owned())
    };
    let head = Head {
        id,
        name,
        keys: Vec::new(),
        lane: 0.0,
    };
    let ticks = [0.0, 0.5, 1.0].map(|at| Tick {
        at,
        label: percent(at),
    });
    let mut panel = Panel::new(layout, head, top, layout.phases, 1.0).ruled(layout, &ticks);
    panel.is_shaded = false;
    let zero: Vec<_> = shares.iter().map(|it| it.map(|_| 0.0)).collect();
    // Each band reaches from the bottom up and covers the lower part of the one before, so that no gap shows between them.
    for (n, phase) in ORDER.into_iter().enumerate().rev() {
        let up_to = |shares: &[f64; 5]| ORDER[..=n].iter().map(|it| shares[*it as usize]).sum();
        let high = shares.iter().map(|it| it.as_ref().map(up_to));
        let high: Vec<Option<f64>> = high.collect();
        let is_there = |shares: &[f64; 5]| shares[phase as usize] > 0.0;
        if shares.iter().flatten().any(is_there) {
            panel.draw(phase.name(), panel.frame.area(&zero, &high));
        }
    }
    Some(panel)
}

/// Where the time of the whole transfer went, as one bar.
#[derive(Debug)]
pub(super) struct PhaseBar {
    /// The verdict, as its heading.
    pub(super) verdict: String,
    pub(super) baseline: String,
    pub(super) top: String,
    pub(super) height: f64,
    pub(super) parts: Vec<BarPart>,
    pub(super) keys: Vec<PlacedKey>,
    /// Where it ends, with the room below it.
    pub(super) bottom: f64,
}

/// A part of the bar.
#[derive(Debug)]
pub(super) struct BarPart {
    /// The class in the style sheet: the name of its phase.
    pub(super) class: &'static str,
    pub(super) x: String,
    pub(super) width: String,
    /// Its percentage, where there is room for it.
    pub(super) percent: Option<String>,
    pub(super) middle: String,
    pub(super) baseline: String,
}

/// The bar of the whole transfer. `None`: no time has passed.
pub(super) fn bar(sample: &Sample, layout: &Layout, top: f64) -> Option<PhaseBar> {
    let whole = &sample.whole;
    let shares = ORDER.map(|phase| (phase, whole.share(phase), whole.percent(phase)));
    let shares = shares.into_iter().filter(|(_, share, _)| *share > 0.0);
    let shares: Vec<_> = shares.collect();
    if shares.is_empty() {
        return None;
    }
    let keys = shares.iter().map(|(phase, _, percent)| {
        let words = format!("{} {}", words(*phase), in_words(*percent));
        Key::colour(phase.name(), words)
    });
    let verdict = verdict(sample, whole);
    let taken = text::bold_width(&verdict, WRITING + 4.0);
    let (keys, rows) = legend::place(keys.collect(), taken, layout.x(1.0), top);
    let bar_top = top + ROW * (1.0 + rows) + 2.0;
    Some(PhaseBar {
        verdict,
        baseline: number(top + BASELINE + 1.0),
        top: number(bar_top),
        height: BAR,
        parts: parts(&shares, layout, bar_top),
        keys,
        bottom: bar_top + BAR + GAP,
    })
}

/// A percentage in words. What is shown at all took some time, so that it is never 0.
fn in_words(percent: u64) -> String {
    if percent == 0 {
        "<1%".to_owned()
    } else {
        format!("{percent}%")
    }
}

fn parts(shares: &[(Phase, f64, u64)], layout: &Layout, top: f64) -> Vec<BarPart> {
    let mut x = 0.0;
    let mut parts = Vec::new();
    for (phase, share, percent) in shares {
        let width = layout.width * share;
        let label = format!("{percent}%");
        let fits = text::bold_width(&label, WRITING) + 8.0 <= width;
        parts.push(BarPart {
            class: phase.name(),
            x: number(x),
            width: number(width),
            percent: fits.then_some(label),
            middle: number(x + width / 2.0),
            baseline: number(top + BAR / 2.0 + 4.0),
        });
        x += width;
    }
    parts
}

/// Parts in words: `the network 91%, our send buffer 9%`. Those that round to nothing are left out.
pub(super) fn parts_in_words<'a>(parts: impl IntoIterator<Item = (&'a str, u64)>) -> String {
    let parts = parts.into_iter().filter(|(_, percent)| *percent > 0);
    let parts: Vec<_> = parts
        .map(|(name, percent)| format!("{name} {percent}%"))
        .collect();
    parts.join(", ")
}
