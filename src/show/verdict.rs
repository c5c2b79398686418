//! The verdict in words: what binds a flow and by how much, who is slow, and whether another buffer would have helped.

use super::{Sample, Stretch};
use crate::account::meter::Snapshot;
use crate::account::phase::Phase;
use crate::account::replay::Advice;
use crate::endpoint::EndStatus;
use crate::endpoint::connection::{Blame, Connection, Suspect};
use crate::engine::link::{ConsumerSnapshot, LinkSnapshot};
use crate::text::words::{count, percent, percents, size, time};
use std::time::Duration;

/// A shorter transfer gets no sentences about where it was stuck.
const LONG_ENOUGH: Duration = Duration::from_millis(500);

/// A smaller part of the time than this is not mentioned.
const NEGLIGIBLE: f64 = 0.05;

/// Two words and a number: `sink-bound 91%`, `transform-bound: zstd 88%`. Of several sinks it names the slow one:
/// `sink-bound 91%, slow: sink 2`.
pub(super) fn verdict(sample: &Sample, stretch: &Stretch) -> String {
    let bound = bound(stretch);
    match (stretch.waits.bound_by(), stretch.sink) {
        (Some(Phase::Sink), Some(sink)) => {
            format!("{bound}, slow: {}", sample.now.sink_name(sink))
        }
        _ => bound,
    }
}

/// The same about one of several sinks, where `all` is about the whole flow. A sink that gets nothing because another one holds
/// the source up is not bound by the source.
pub(super) fn sink_verdict(sample: &Sample, own: &Stretch, all: &Stretch) -> String {
    let of_all = all.waits.bound_by().zip(all.sink);
    match (own.waits.bound_by(), of_all) {
        (Some(phase @ (Phase::Source | Phase::Transform)), Some((Phase::Sink, slow)))
            if own.sink != Some(slow) =>
        {
            let (slow, percent) = (sample.now.sink_name(slow), own.percent(phase));
            format!("held up by {slow} {percent}%")
        }
        _ => bound(own),
    }
}

fn bound(stretch: &Stretch) -> String {
    match (stretch.waits.bound_by(), stretch.transform) {
        (Some(phase @ Phase::Transform), Some(name)) => {
            let percent = stretch.percent(phase);
            format!("{}-bound: {name} {percent}%", phase.name())
        }
        (Some(phase), _) => format!("{}-bound {}%", phase.name(), stretch.percent(phase)),
        (None, _) => format!("moving {}%", stretch.percent(Phase::Moving)),
    }
}

/// What the sink says of itself that the stretch is of.
pub(super) fn sink_end(sample: &Sample, stretch: &Stretch) -> EndStatus {
    let sink = stretch.sink.and_then(|it| sample.now.sinks.get(it));
    sink.map_or(sample.now.ends.sink, |it| it.end)
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
        Phase::Sink => match sink_end(sample, stretch) {
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
    let whole = &sample.whole;
    let Some(culprit) = culprit(sample, whole).filter(|_| is_long(sample)) else {
        return Vec::new();
    };
    let verdict = verdict(sample, whole);
    let mut verdict = vec![match (whole.waits.bound_by(), whole.sink) {
        // The line of the sink that the verdict names says more.
        (Some(Phase::Sink), Some(_)) => verdict,
        _ => format!("{verdict}: {culprit}"),
    }];
    verdict.extend(remedy(sample, advice));
    let mut buffers = fills(&sample.now);
    if let Some(advice) = advice {
        buffers.extend(benefit(sample, advice));
    }
    let sentences = [verdict.join("; "), buffers.join("; ")];
    sentences.into_iter().filter(|it| !it.is_empty()).collect()
}

/// Where there are several sinks, the name of each, and what it took, how often it held the source up, and its own verdict.
pub(super) fn sink_verdicts(sample: &Sample) -> Vec<(String, String)> {
    let now = &sample.now;
    if !now.has_several_sinks() {
        return Vec::new();
    }
    let consumers = now.links.last().map(|link| &link.consumers);
    let lines = now.sinks.iter().zip(&sample.sinks).enumerate();
    let lines = lines.map(|(sink, (it, stretches))| {
        let mut parts = vec![size(it.bytes_out)];
        parts.extend(consumers.and_then(|all| Some(held_up(all.get(sink)?))));
        let own = &stretches.whole;
        let verdict = sink_verdict(sample, own, &sample.whole);
        let is_slow = own.waits.bound_by() == Some(Phase::Sink) && is_long(sample);
        let culprit = culprit(sample, own).filter(|_| is_slow);
        parts.push(culprit.map_or(verdict.clone(), |culprit| format!("{verdict}: {culprit}")));
        (now.sink_name(sink), parts.join("; "))
    });
    lines.collect()
}

/// How often a consumer has held the source up, and for how long.
fn held_up(it: &ConsumerSnapshot) -> String {
    let time = if it.held_up.is_zero() {
        String::new()
    } else {
        format!(" ({} in all)", time(it.held_up))
    };
    let (stops, drains) = (count(it.stops, "stop"), count(it.drains, "drain"));
    format!("{stops}{time}, {drains}")
}

/// Whether a transfer took long enough for sentences.
fn is_long(sample: &Sample) -> bool {
    sample.now.elapsed >= LONG_ENOUGH
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
        let is_one = link.consumers.len() <= 1;
        let consumers = link.consumers.iter().enumerate();
        let writables = consumers.filter_map(move |(sink, it)| {
            let name = if is_one {
                written.clone()
            } else {
                format!("before {}", now.sink_name(sink))
            };
            let writable = it.writable?;
            fill(&name, writable.median_len, writable.max_len)
        });
        readable.into_iter().chain(writables).collect::<Vec<_>>()
    };
    let links = now.links.iter().enumerate();
    let fills: Vec<_> = links.flat_map(of).collect();
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
    let consumers = links.flat_map(|link| &link.consumers);
    let writables = consumers.filter_map(|it| it.writable);
    let mark = writables.map(|it| it.mark).max();
    let mark = mark.filter(|mark| *mark > advice.enough).map(size);
    if let Some(mark) = mark.filter(|mark| *mark != size(advice.enough)) {
        let enough = size(advice.enough);
        parts.push(format!(
            "a mark of {enough} instead of {mark} would have done the same"
        ));
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::{sentences, sink_verdicts, verdict};
    use crate::account::phase::{Phase, Waits};
    use crate::endpoint::Delivered;
    use crate::show::{Completion, Sampler, several, status, summary};
    use std::time::Duration;

    #[test]
    fn of_several_sinks_the_slow_one_is_named_and_each_has_its_own_verdict() {
        let sample = several::sample(3);
        let how = Completion::Complete(Delivered::Written);
        let expected = [
            "31 MiB in 12.0 s (2.58 MiB/s); written; 5 pauses (9.00 s in all), 4 drains; sink-bound 75%, slow: sink 2",
            "sink 1: 32 MiB; 0 stops, 0 drains; held up by sink 2 75%",
            "sink 2: 31 MiB; 5 stops (9.00 s in all), 4 drains; sink-bound 75%: the remote reader is slow",
            "sink 3: 32 MiB; 0 stops, 0 drains; held up by sink 2 75%",
            "sink-bound 75%, slow: sink 2; a larger buffer would not have helped",
            "buffers: read 1 MiB in the median, 1 MiB at most; before sink 1 256 KiB in the median, 1 MiB at most; \
             before sink 2 1 MiB in the median, 1 MiB at most; before sink 3 256 KiB in the median, 1 MiB at most",
        ];
        assert_eq!(summary(&sample, how, None, None, &[]), expected);
        let line = status(&sample);
        let fills =
            "read 1 MiB/1 MiB, sink 1 256 KiB/1 MiB, sink 2 1 MiB/1 MiB, sink 3 256 KiB/1 MiB";
        assert!(line.contains(fills), "{line}");
        assert!(line.contains("sink-bound 75%, slow: sink 2"), "{line}");
    }

    #[test]
    fn a_source_that_is_slow_for_all_sinks_is_slow_for_each() {
        let mut now = several::snapshot(2);
        for sink in &mut now.sinks {
            sink.waits = Waits::in_one(Phase::Source, Duration::from_secs(12));
        }
        for consumer in &mut now.links[0].consumers {
            consumer.held_up = Duration::ZERO;
        }
        let sample = Sampler::new(None).sample(now);
        assert_eq!(verdict(&sample, &sample.whole), "source-bound 100%");
        assert!(
            sink_verdicts(&sample)
                .iter()
                .all(|(_, it)| it.ends_with("source-bound 100%"))
        );
        let said = sentences(&sample, None);
        assert!(
            said[0].starts_with("source-bound 100%: the source is slow"),
            "{said:?}"
        );
    }

    #[test]
    fn the_slow_sink_is_the_one_that_held_the_source_up_in_that_time() {
        let mut sampler = Sampler::new(None);
        let mut now = several::snapshot(2);
        sampler.sample(now.clone());
        now.elapsed += Duration::from_secs(10);
        now.links[0].consumers[0].held_up += Duration::from_secs(8);
        now.sinks[0].waits.add(Phase::Sink, Duration::from_secs(10));
        now.sinks[1]
            .waits
            .add(Phase::Source, Duration::from_secs(10));
        let sample = sampler.sample(now);
        assert_eq!(sample.recent.sink, Some(0));
        assert_eq!(
            verdict(&sample, &sample.recent),
            "sink-bound 100%, slow: sink 1"
        );
        assert_eq!(sample.whole.sink, Some(1));
    }
}
