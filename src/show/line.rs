//! Plain lines: the status, on demand or once an interval.

use super::figures::Figures;
use super::verdict::verdict;
use super::{Display, Sample, Template, Theme};
use crate::account::meter::Snapshot;
use crate::engine::link::{LinkSnapshot, LinkState};
use crate::session::stderr::StderrWriter;
use crate::text::words::{count, size, speed, time};

/// A status line an interval, for logs and terminals that cannot redraw.
#[derive(Debug)]
pub(super) struct Lines {
    pub(super) theme: Theme,
    /// The format of a line, if the user gave one.
    pub(super) template: Option<Template>,
    pub(super) stderr: StderrWriter,
}

impl Display for Lines {
    fn draw(&mut self, samples: &[Sample]) {
        for sample in samples {
            if let Some(template) = &self.template {
                self.stderr.remark_as_is(&template.fill(sample));
            } else {
                let line = pointed(&status(sample), sample, &self.theme);
                self.stderr.remark(&self.theme.named(&line));
            }
        }
    }

    fn clear(&mut self) {}
}

/// One line that says where a running transfer stands, in both directions if there are.
#[must_use]
pub fn status_of_all(samples: &[Sample], theme: &Theme) -> String {
    let all = samples.iter().map(|it| pointed(&status(it), it, theme));
    all.collect::<Vec<_>>().join("; ")
}

/// The text with the arrow of its direction before it, where there are both.
pub(super) fn pointed(text: &str, sample: &Sample, theme: &Theme) -> String {
    match sample.direction {
        Some(direction) => format!("{} {text}", direction.arrow(theme)),
        None => text.to_owned(),
    }
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
    parts.extend(sample.limit.map(|it| format!("limit {}/s", size(it))));
    parts.extend(sample.lines().map(|lines| count(lines, "line")));
    let links = sample.now.links.iter().enumerate();
    parts.extend(
        links.map(|(place, link)| between(&sample.now, place) + &buffers(&sample.now, link)),
    );
    parts.push(if sample.is_held {
        "PAUSED by --tell".to_owned()
    } else {
        verdict(sample, &sample.whole)
    });
    if let Some(eta) = figures.eta {
        parts.push(format!("ETA {}", time(eta)));
    }
    parts.join(", ")
}

/// How much has been moved, with `of` behind it; where transforms change the bytes, also how much has come out.
pub(super) fn moved(figures: &Figures, of: &str) -> String {
    let passed = figures.passed;
    match &figures.made {
        Some((made, ratio)) => format!("{passed}{of} -> {made} ({ratio})"),
        None => format!("{passed}{of}"),
    }
}

/// The stages on both sides of a link, where there are several links.
pub(super) fn between(now: &Snapshot, place: usize) -> String {
    match now.neighbours(place) {
        _ if now.links.len() == 1 => String::new(),
        (from, to) => format!("{from} -> {to}: "),
    }
}

pub(super) fn of_size(figures: &Figures) -> String {
    match (figures.size, figures.percent) {
        (Some(expected), Some(percent)) => format!(" of {expected} ({percent}%)"),
        _ => String::new(),
    }
}

fn buffers(now: &Snapshot, link: &LinkSnapshot) -> String {
    let state = match link.state {
        LinkState::Flowing => "flowing",
        LinkState::Paused => "paused",
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
