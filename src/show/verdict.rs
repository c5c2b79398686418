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

/// A flow that was held up for less than this, or for less than [`WORTH_SAYING`] of the time, is not told who was slow.
const LONG_ENOUGH: Duration = Duration::from_millis(500);

/// A fifth of the time.
const WORTH_SAYING: f64 = 0.2;

/// A smaller part of the time than this is not mentioned.
const NEGLIGIBLE: f64 = 0.05;

/// Who is slow, and for which part of the time the flow waited for that: `slow: the sink (91%)`.
pub(super) fn verdict(sample: &Sample, stretch: &Stretch) -> String {
    match stretch.waits.bound_by() {
        Some(phase) => slow_for(sample, stretch, phase),
        None => "nothing holds it up".to_owned(),
    }
}

fn slow_for(sample: &Sample, stretch: &Stretch, phase: Phase) -> String {
    let who = slow(sample, stretch, phase);
    format!("slow: {who} ({}%)", stretch.percent(phase))
}

/// The same about one of several sinks, where `all` is about the whole flow. A sink that gets nothing because another one holds
/// the source up does not wait for the source.
pub(super) fn sink_verdict(sample: &Sample, own: &Stretch, all: &Stretch) -> String {
    let of_all = all.waits.bound_by().zip(all.sink);
    match (own.waits.bound_by(), of_all) {
        (Some(phase @ (Phase::Source | Phase::Transform)), Some((Phase::Sink, slow)))
            if own.sink != Some(slow) =>
        {
            let (slow, percent) = (sample.now.sink_name(slow), own.percent(phase));
            format!("held up by {slow} ({percent}%)")
        }
        (Some(phase @ Phase::Sink), _) => {
            let who = slow_sink(sample, own);
            format!("slow: {who} ({}%)", own.percent(phase))
        }
        _ => verdict(sample, own),
    }
}

/// What the sink says of itself that the stretch is of.
pub(super) fn sink_end(sample: &Sample, stretch: &Stretch) -> EndStatus {
    let sink = stretch.sink.and_then(|it| sample.now.sinks.get(it));
    sink.map_or(sample.now.ends.sink, |it| it.end)
}

/// Who is slow where the flow waits in this phase. Of several sinks it is one of them, by its name.
pub(super) fn slow(sample: &Sample, stretch: &Stretch, phase: Phase) -> String {
    match phase {
        Phase::Source => slow_source(&sample.now.ends.source).to_owned(),
        Phase::Sink => match stretch.sink {
            Some(sink) => sample.now.sink_name(sink),
            None => slow_sink(sample, stretch).to_owned(),
        },
        Phase::Rate => "the rate limit".to_owned(),
        Phase::Transform => stretch.transform.unwrap_or("the transform").to_owned(),
        Phase::Moving => "nobody".to_owned(),
    }
}

fn slow_source(source: &EndStatus) -> &'static str {
    match source {
        EndStatus::Connection(it) if it.is_local => "the remote sender",
        EndStatus::Connection(_) => "the sender or the network",
        EndStatus::Pipe(_) => "the pipe's writer",
        EndStatus::UnixSocket => "the socket's writer",
        EndStatus::Command(_) => "the command's output",
        EndStatus::File => "reading the file",
        EndStatus::Other => "the source",
    }
}

fn slow_sink(sample: &Sample, stretch: &Stretch) -> &'static str {
    match sink_end(sample, stretch) {
        EndStatus::Connection(it) => match suspect(&it, stretch) {
            Suspect::Reader => "the remote reader",
            Suspect::Network => "the network",
            Suspect::Buffer => "our send buffer",
            Suspect::Unknown => "the receiver or the network",
        },
        EndStatus::Pipe(_) => "the pipe's reader",
        EndStatus::UnixSocket => "the socket's reader",
        EndStatus::Command(_) => "the command",
        EndStatus::File => "writing the file",
        EndStatus::Other => "the sink",
    }
}

/// What most likely keeps a connection from taking what is sent.
pub(super) fn suspect(connection: &Connection, stretch: &Stretch) -> Suspect {
    match stretch.blame {
        Some(blame) => blame.most(),
        None if connection.is_local => Suspect::Reader,
        None => Suspect::Unknown,
    }
}

/// What a sender waits for, with the parts that are not negligible; nothing if it is one thing alone, which the verdict names.
pub(super) fn shares_of_blame(blame: Blame) -> String {
    let names = ["reader", "network", "send buffer", "unknown"];
    let parts = [blame.reader, blame.network, blame.buffer, blame.unknown];
    let parts: Vec<_> = names
        .into_iter()
        .zip(parts.into_iter().zip(percents(parts)))
        .filter(|(_, (part, _))| *part >= NEGLIGIBLE)
        .map(|(name, (_, percent))| format!("{name} {percent}%"))
        .collect();
    if parts.len() < 2 {
        return String::new();
    }
    format!("({})", parts.join(", "))
}

/// Who was slow, how often and for how long that paused the source, and whether a larger buffer would have helped: from the
/// longest form to the shortest. `None` where the flow was held up too briefly to say so.
pub(super) fn hold_up(sample: &Sample, advice: Option<&Advice>) -> Option<[String; 3]> {
    let whole = &sample.whole;
    let phase = whole.waits.longest_wait();
    if !is_worth_saying(whole, phase) {
        return None;
    }
    let verdict = slow_for(sample, whole, phase);
    let remedy = remedy(sample, phase, advice).map_or_else(String::new, |it| format!("; {it}"));
    let first = sample.now.links.first().filter(|it| it.pauses > 0);
    let pauses = first.map_or_else(String::new, |it| format!(", {}", count(it.pauses, "pause")));
    let in_all = first.map_or_else(String::new, |it| format!(" ({})", time(it.paused)));
    Some([
        format!("{verdict}{pauses}{in_all}{remedy}"),
        format!("{verdict}{pauses}{remedy}"),
        format!("{verdict}{remedy}"),
    ])
}

/// Whether so much of the stretch was waited in this phase that it is told.
fn is_worth_saying(stretch: &Stretch, phase: Phase) -> bool {
    stretch.waits.of(phase) >= LONG_ENOUGH && stretch.share(phase) >= WORTH_SAYING
}

/// How full the buffers were, and what they were good for.
pub(super) fn buffers(sample: &Sample, advice: Option<&Advice>) -> Vec<String> {
    let mut buffers = fills(&sample.now);
    if let Some(advice) = advice {
        buffers.extend(benefit(sample, advice));
    }
    buffers
}

/// Where there are several sinks, the name of each, and what it took and who was slow there; with all details also how often it
/// held the source up.
pub(super) fn sink_verdicts(sample: &Sample, has_details: bool) -> Vec<(String, Vec<String>)> {
    let now = &sample.now;
    if !now.has_several_sinks() {
        return Vec::new();
    }
    let consumers = now.links.last().map(|link| &link.consumers);
    let lines = now.sinks.iter().zip(&sample.sinks).enumerate();
    let lines = lines.map(|(sink, (it, stretches))| {
        let mut parts = vec![size(it.bytes_out)];
        let held_up = consumers.and_then(|all| Some(held_up(all.get(sink)?)));
        parts.extend(held_up.filter(|_| has_details));
        let own = &stretches.whole;
        let has_waited = is_worth_saying(own, own.waits.longest_wait());
        let verdict = sink_verdict(sample, own, &sample.whole);
        parts.extend(Some(verdict).filter(|_| has_details || has_waited));
        (now.sink_name(sink), parts)
    });
    lines.collect()
}

/// How often a consumer has held the source up, and for how long.
fn held_up(it: &ConsumerSnapshot) -> String {
    let time = if it.held_up.is_zero() {
        String::new()
    } else {
        format!(" ({})", time(it.held_up))
    };
    count(it.stops, "stop") + &time
}

/// Whether a larger buffer would have helped.
fn remedy(sample: &Sample, phase: Phase, advice: Option<&Advice>) -> Option<String> {
    let whole = &sample.whole;
    let no = || Some("a larger -H would not help".to_owned());
    match (phase, advice) {
        (Phase::Rate | Phase::Moving, _) => None,
        (Phase::Sink, None) if whole.blame.is_some_and(|it| it.buffer > 0.5) => {
            Some("#sndbuf=SIZE would help".to_owned())
        }
        (_, Some(advice)) if advice.larger_saves > 0.0 => {
            let saved = percent(advice.larger_saves);
            Some(format!("a larger -H would have saved {saved} of the time"))
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
    use super::{hold_up, sink_verdicts, verdict};
    use crate::account::phase::{Phase, Waits};
    use crate::endpoint::Delivered;
    use crate::show::{Completion, Sampler, Summary, several, status};
    use std::time::Duration;

    #[test]
    fn of_several_sinks_the_slow_one_is_named_and_each_has_its_own_verdict() {
        let sample = several::sample(3);
        let how = Completion::Complete(Delivered::Written);
        let expected = [
            "31 MiB in 12.0 s, 2.58 MiB/s, to 3 sinks",
            "sink 1: 32 MiB, held up by sink 2 (75%)",
            "sink 2: 31 MiB, slow: the remote reader (75%)",
            "sink 3: 32 MiB, held up by sink 2 (75%)",
            "slow: sink 2 (75%), 5 pauses (9.00 s); a larger -H would not help",
        ];
        let told = Summary {
            sample: &sample,
            how,
            sinks: &[],
            sink: None,
            advice: None,
            digests: &[],
            details: None,
        };
        assert_eq!(told.lines(80), expected);
        let line = status(&sample);
        let fills =
            "read 1 MiB/1 MiB, sink 1 256 KiB/1 MiB, sink 2 1 MiB/1 MiB, sink 3 256 KiB/1 MiB";
        assert!(line.contains(fills), "{line}");
        assert!(line.contains("slow: sink 2 (75%)"), "{line}");
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
        assert_eq!(verdict(&sample, &sample.whole), "slow: the source (100%)");
        assert!(
            sink_verdicts(&sample, true)
                .iter()
                .all(|(_, it)| it.concat().ends_with("slow: the source (100%)"))
        );
        let [longest, ..] = hold_up(&sample, None).unwrap();
        assert!(longest.starts_with("slow: the source (100%)"), "{longest}");
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
        assert_eq!(verdict(&sample, &sample.recent), "slow: sink 1 (100%)");
        assert_eq!(sample.whole.sink, Some(1));
    }
}
