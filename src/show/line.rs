//! Plain lines: the status, on demand or once an interval, and the summary at the end.

use super::figures::Figures;
use super::verdict::{self, verdict};
use super::{Display, Sample, Template, Theme};
use crate::account::meter::Snapshot;
use crate::account::replay::Advice;
use crate::endpoint::Delivered;
use crate::engine::link::{LinkSnapshot, LinkState};
use crate::engine::road::RoadInUse;
use crate::session::report::StderrWriter;
use crate::text::words::{count, size, speed, time};
use crate::transform::Digest;

/// A status line an interval, for logs and terminals that cannot redraw.
#[derive(Debug)]
pub(super) struct Lines {
    pub(super) theme: Theme,
    /// The format of a line, if the user gave one.
    pub(super) template: Option<Template>,
    pub(super) stderr: StderrWriter,
}

impl Display for Lines {
    fn draw(&mut self, sample: &Sample) {
        match &self.template {
            Some(template) => self.stderr.remark_as_is(&template.fill(sample)),
            None => self.stderr.remark(&self.theme.named(&status(sample))),
        }
    }

    fn clear(&mut self) {}
}

/// One line that says where a running transfer stands.
#[must_use]
pub fn status(sample: &Sample) -> String {
    let figures = Figures::of(sample);
    let mut parts = vec![
        moved(&figures, &of_size(&figures)),
        format!("in {}", time(sample.now.elapsed)),
        speed(sample.speed),
    ];
    parts.extend(sample.lines().map(|lines| count(lines, "line")));
    let links = sample.now.links.iter().enumerate();
    parts.extend(
        links.map(|(place, link)| between(&sample.now, place) + &buffers(&sample.now, link)),
    );
    parts.push(verdict(sample, &sample.whole));
    if let Some(eta) = figures.eta {
        parts.push(format!("ETA {}", time(eta)));
    }
    parts.join(", ")
}

/// How a transfer ended, for its summary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Completion {
    /// Everything was delivered, in this sense.
    Complete(Delivered),
    /// A signal came first.
    Interrupted,
}

/// A line with the numbers of a transfer, and the road if `road` is given; a line for each of several sinks; where there is something to say, a line that
/// says who was slow and another about the buffers; and a line for each digest.
#[must_use]
pub fn summary(
    sample: &Sample,
    how: Completion,
    road: Option<RoadInUse>,
    advice: Option<&Advice>,
    digests: &[Digest],
) -> Vec<String> {
    let numbers = numbers(sample, how, road);
    let sinks = verdict::sink_verdicts(sample).into_iter();
    let sinks = sinks.map(|(name, verdict)| format!("{name}: {verdict}"));
    let sentences = verdict::sentences(sample, advice);
    let digests = digests
        .iter()
        .map(|it| format!("{} {}", it.algorithm, it.hex));
    [numbers]
        .into_iter()
        .chain(sinks)
        .chain(sentences)
        .chain(digests)
        .collect()
}

fn numbers(sample: &Sample, how: Completion, road: Option<RoadInUse>) -> String {
    let mut parts = vec![
        format!(
            "{} in {} ({})",
            moved(&Figures::of(sample), ""),
            time(sample.now.elapsed),
            speed(sample.pace)
        ),
        how.words().to_owned(),
    ];
    parts.extend(sample.lines().map(|lines| count(lines, "line")));
    for (place, link) in sample.now.links.iter().enumerate() {
        let paused = if link.paused.is_zero() {
            String::new()
        } else {
            format!(" ({} in all)", time(link.paused))
        };
        parts.push(format!(
            "{}{}{paused}, {}",
            between(&sample.now, place),
            count(link.pauses, "pause"),
            count(link.drains, "drain")
        ));
    }
    parts.push(verdict(sample, &sample.whole));
    parts.extend(road.map(|taken| match taken.calls() {
        Some(calls) => format!("{} road ({})", taken.name(), calls.name()),
        None => format!("{} road", taken.name()),
    }));
    parts.join("; ")
}

impl Completion {
    /// In which sense it was delivered, or that it was interrupted.
    pub(super) fn words(self) -> &'static str {
        match self {
            Completion::Complete(Delivered::Written) => "written",
            Completion::Complete(Delivered::Synced) => "written and synced to disk",
            Completion::Complete(Delivered::Acknowledged) => {
                "acknowledged by the peer's system, but the peer did not close"
            }
            Completion::Complete(Delivered::Closed) => "acknowledged, and closed by the peer",
            Completion::Interrupted => "interrupted",
        }
    }
}

/// How much has been moved, with `of` behind it; where transforms change the bytes, also how much has come out.
fn moved(figures: &Figures, of: &str) -> String {
    let passed = figures.passed;
    match &figures.made {
        Some((made, ratio)) => format!("{passed}{of} -> {made} ({ratio})"),
        None => format!("{passed}{of}"),
    }
}

/// The stages on both sides of a link, where there are several links.
fn between(now: &Snapshot, place: usize) -> String {
    match now.neighbours(place) {
        _ if now.links.len() == 1 => String::new(),
        (from, to) => format!("{from} -> {to}: "),
    }
}

fn of_size(figures: &Figures) -> String {
    match (figures.size, figures.percent) {
        (Some(expected), Some(percent)) => format!(" of {expected} ({percent}%)"),
        _ => String::new(),
    }
}

fn buffers(now: &Snapshot, link: &LinkSnapshot) -> String {
    let state = match link.state {
        LinkState::Flowing => "flowing",
        LinkState::Paused => "PAUSED",
        LinkState::Ended => "input ended",
    };
    let mut parts = vec![state.to_owned()];
    if let Some(read) = link.readable {
        parts.push(format!("read {}", filled(read.len, read.mark)));
    }
    for (sink, it) in link.consumers.iter().enumerate() {
        if let Some(written) = it.writable {
            let name = match link.consumers.len() {
                1 => "to write".to_owned(),
                _ => now.sink_name(sink),
            };
            parts.push(format!("{name} {}", filled(written.len, written.mark)));
        }
    }
    parts.push(count(link.pauses, "pause"));
    parts.push(count(link.drains, "drain"));
    parts.join(", ")
}

/// What a buffer holds, and its mark. A mark that was lowered is in force once the buffer has drained to it.
fn filled(len: u64, mark: u64) -> String {
    let between = if len > mark { ", draining to " } else { "/" };
    format!("{}{between}{}", size(len), size(mark))
}
