//! The verdict in words: what binds a flow and by how much, who is slow, and whether another buffer would have helped.

use super::sample::{Sample, Stretch};
use crate::account::meter::Snapshot;
use crate::account::phase::Phase;
use crate::account::replay::Advice;
use crate::endpoint::EndStatus;
use crate::endpoint::connection::{Blame, Connection, Suspect};
use crate::engine::link::LinkSnapshot;
use crate::text::words::{percent, percents, size, time};
use std::time::Duration;

/// A shorter transfer gets no sentences about where it was stuck.
const LONG_ENOUGH: Duration = Duration::from_millis(500);

/// A smaller part of the time than this is not mentioned.
const NEGLIGIBLE: f64 = 0.05;

/// Two words and a number: `sink-bound 91%`, `transform-bound: zstd 88%`.
pub(super) fn verdict(stretch: &Stretch) -> String {
    let name = stretch.transform;
    match (stretch.waits.bound_by(), name) {
        (Some(phase @ Phase::Transform), Some(name)) => {
            let percent = stretch.percent(phase);
            format!("{}-bound: {name} {percent}%", phase.name())
        }
        (bound_by, _) => bound(bound_by, stretch),
    }
}

fn bound(bound_by: Option<Phase>, stretch: &Stretch) -> String {
    match bound_by {
        Some(phase) => format!("{}-bound {}%", phase.name(), stretch.percent(phase)),
        None => format!("moving {}%", stretch.percent(Phase::Moving)),
    }
}

/// Who is slow, if the flow is bound: the end of a sentence that begins with the verdict.
pub(super) fn culprit(sample: &Sample, stretch: &Stretch) -> Option<&'static str> {
    let ends = &sample.now.ends;
    Some(match stretch.waits.bound_by()? {
        Phase::Source => match ends.source {
            EndStatus::Connection(it) if it.is_local => "the remote sender is slow",
            EndStatus::Connection(_) => "the sender or the network: cannot be told",
            EndStatus::Pipe(_) => "whoever writes into the pipe is slow",
            EndStatus::File => "reading the file is slow",
            EndStatus::Other => "the source is slow",
        },
        Phase::Sink => match ends.sink {
            EndStatus::Connection(it) => match suspect(&it, stretch) {
                Suspect::Reader => "the remote reader is slow",
                Suspect::Network => "the network is slow",
                Suspect::Buffer => "the network could take more than our send buffer holds",
                Suspect::Unknown => "the receiver or the network: cannot be told",
            },
            EndStatus::Pipe(_) => "whoever reads from the pipe is slow",
            EndStatus::File => "writing the file is slow",
            EndStatus::Other => "the sink is slow",
        },
        Phase::Rate => "the rate limit holds it",
        Phase::Transform => "the transform is slow",
        Phase::Moving => return None,
    })
}

/// What most likely keeps a connection from taking what is sent.
pub(super) fn suspect(connection: &Connection, stretch: &Stretch) -> Suspect {
    match stretch.blame {
        Some(blame) => blame.most(),
        None if connection.is_local => Suspect::Reader,
        None => Suspect::Unknown,
    }
}

/// What a sender waits for, with the parts that are not negligible.
pub(super) fn shares_of_blame(blame: Blame) -> String {
    let names = ["reader", "network", "send buffer", "unknown"];
    let parts = [blame.reader, blame.network, blame.buffer, blame.unknown];
    let parts: Vec<_> = names
        .into_iter()
        .zip(parts.into_iter().zip(percents(parts)))
        .filter(|(_, (part, _))| *part >= NEGLIGIBLE)
        .map(|(name, (_, percent))| format!("{name} {percent}%"))
        .collect();
    format!("({})", parts.join(", "))
}

/// The sentences of a summary: who was slow, and what the buffers were good for. None where the transfer was too short, or
/// did not wait.
pub(super) fn sentences(sample: &Sample, advice: Option<&Advice>) -> Vec<String> {
    let is_long = sample.now.elapsed >= LONG_ENOUGH;
    let Some(culprit) = culprit(sample, &sample.whole).filter(|_| is_long) else {
        return Vec::new();
    };
    let mut verdict = vec![format!("{}: {culprit}", verdict(&sample.whole))];
    verdict.extend(remedy(sample, advice));
    let mut buffers = fills(&sample.now);
    if let Some(advice) = advice {
        buffers.extend(benefit(sample, advice));
    }
    let sentences = [verdict.join("; "), buffers.join("; ")];
    sentences.into_iter().filter(|it| !it.is_empty()).collect()
}

/// Whether a larger buffer would have helped.
fn remedy(sample: &Sample, advice: Option<&Advice>) -> Option<String> {
    let whole = &sample.whole;
    let no = || Some("a larger buffer would not have helped".to_owned());
    match (whole.waits.bound_by()?, advice) {
        (Phase::Rate | Phase::Moving, _) => None,
        (Phase::Sink, None) if whole.blame.is_some_and(|it| it.buffer > 0.5) => {
            Some("a larger one (#sndbuf=SIZE) would have helped".to_owned())
        }
        (_, Some(advice)) if advice.larger_saves > 0.0 => {
            let saved = percent(advice.larger_saves);
            Some(format!(
                "a larger buffer would have saved {saved} of the time"
            ))
        }
        (_, Some(_)) => no(),
        // A buffer bridges times in which one side waits for the other. Where only one of them ever waited, there were none.
        (_, None) => {
            let least = whole.share(Phase::Source).min(whole.share(Phase::Sink));
            if least < NEGLIGIBLE { no() } else { None }
        }
    }
}

/// How full the buffers were, but for those that never held anything.
fn fills(now: &Snapshot) -> Vec<String> {
    let fill = |name: &str, median, most| {
        let words = format!(
            "{name} {} in the median, {} at most",
            size(median),
            size(most)
        );
        Some(words).filter(|_| most > 0)
    };
    let of = |(place, link): (usize, &LinkSnapshot)| {
        let (read, written) = match now.neighbours(place) {
            _ if now.stages.is_empty() => ("read".to_owned(), "to write".to_owned()),
            (from, to) => (format!("behind {from}"), format!("before {to}")),
        };
        let readable = link.readable;
        let readable = readable.and_then(|it| fill(&read, it.median_len, it.max_len));
        let writable = link.writable();
        let writable = writable.and_then(|it| fill(&written, it.median_len, it.max_len));
        [readable, writable]
    };
    let links = now.links.iter().enumerate();
    let fills: Vec<_> = links.flat_map(of).flatten().collect();
    if fills.is_empty() {
        return fills;
    }
    vec![format!("buffers: {}", fills.join("; "))]
}

/// What the buffers were good for.
fn benefit(sample: &Sample, advice: &Advice) -> Vec<String> {
    let mut parts = Vec::new();
    if advice.absorbed.as_secs_f64() > sample.now.elapsed.as_secs_f64() * NEGLIGIBLE {
        parts.push(format!("they absorbed {} of stalls", time(advice.absorbed)));
    }
    let links = sample.now.links.iter();
    let mark = links
        .filter_map(LinkSnapshot::writable)
        .map(|it| it.mark)
        .max();
    let mark = mark.filter(|mark| *mark > advice.enough).map(size);
    if let Some(mark) = mark.filter(|mark| *mark != size(advice.enough)) {
        let enough = size(advice.enough);
        parts.push(format!(
            "a mark of {enough} instead of {mark} would have done the same"
        ));
    }
    parts
}
