//! The numbers of a transfer, as a list of names and values.

use super::super::Finished;
use super::super::figures::Figures;
use super::super::verdict;
use super::buffer::Buffer;
use super::phases;
use super::text::{clean, together};
use crate::account::span::Span;
use crate::endpoint::EndStatus;
use crate::engine::link::LinkSnapshot;
use crate::text::words::{
    brief, bytes_exactly, count, percent, percents, precise, size, speed, time,
};
use std::time::Duration;

/// A number and its name.
#[derive(Debug)]
pub(super) struct Number {
    pub(super) name: String,
    pub(super) value: String,
}

/// The numbers of this transfer that neither the first line of its summary nor the bar above the chart has.
pub(super) fn of(it: &Finished<'_>) -> Vec<Number> {
    let mut numbers = Vec::new();
    let mut put = |name: &str, value: Option<String>| {
        numbers.extend(value.map(|value| Number {
            name: name.to_owned(),
            value: together(&clean(&value)),
        }));
    };
    let now = &it.sample.now;
    put("outcome", Some(outcome(it)));
    let sink = if now.has_several_sinks() {
        "every sink"
    } else {
        "the sink"
    };
    put(&format!("taken by {sink}"), Some(taken(it)));
    let read = (now.bytes_in != now.bytes_out).then(|| bytes_exactly(now.bytes_in));
    put("read from the source", read);
    // The first line of the summary has the time and, of bytes that nothing transforms, the average rate.
    let is_summed = it.completion.is_some();
    put("time", (!is_summed).then(|| precise(now.elapsed)));
    let is_told = is_summed && now.stages.is_empty();
    put("average", (!is_told).then(|| speed(it.sample.average)));
    put(
        "rate limit",
        it.limit.map(|limit| format!("{}/s", size(limit))),
    );
    if let Some(link) = ends_of(&now.links) {
        put("pauses", Some(pauses(&link, now.elapsed)));
        put("drains", Some(link.drains.to_string()));
        let fill = |mark, most, median| {
            let [mark, most, median] = [mark, most, median].map(size);
            format!("peak {most} of {mark}, median {median}")
        };
        let readable = link.readable;
        let readable = readable.map(|it| fill(it.mark, it.max_len, it.median_len));
        put(Buffer::Readable.called(it.sample).number, readable);
        let name = Buffer::Writable.called(it.sample).number;
        for (sink, it) in link.consumers.iter().enumerate() {
            let writable = it.writable;
            let writable = writable.map(|it| fill(it.mark, it.max_len, it.median_len));
            match link.consumers.len() {
                1 => put(name, writable),
                _ => put(&format!("buffer of {}", now.sink_name(sink)), writable),
            }
        }
    }
    for (sink, verdict) in verdict::sink_verdicts(it.sample, true) {
        put(&sink, Some(verdict.join(", ")));
    }
    put("stalls", stalls(it));
    put("sink's connection waited for", blame(it));
    put("what the buffers were good for", advice(it));
    put("source's connection", connection(&now.ends.source));
    put("sink's connection", connection(&now.ends.sink));
    put("road", road(it));
    numbers
}

/// The readable buffer of the first link and the writable one of the last, as one link.
fn ends_of(links: &[LinkSnapshot]) -> Option<LinkSnapshot> {
    let (first, last) = (links.first()?, links.last()?);
    Some(LinkSnapshot {
        consumers: last.consumers.clone(),
        ..first.clone()
    })
}

fn outcome(it: &Finished<'_>) -> String {
    format!("{}, exit status {}", it.ending.outcome, it.ending.exit_code)
}

fn taken(it: &Finished<'_>) -> String {
    let (sample, figures) = (it.sample, Figures::of(it.sample));
    let taken = bytes_exactly(sample.now.bytes_out);
    match (figures.size, figures.percent) {
        // The output of a transform is no part of the size, which is that of the source.
        (Some(size), Some(percent)) if percent < 100 && sample.now.stages.is_empty() => {
            format!("{taken}, {percent}% of {size}")
        }
        _ => taken,
    }
}

fn pauses(link: &LinkSnapshot, elapsed: Duration) -> String {
    if link.paused.is_zero() || elapsed.is_zero() {
        return link.pauses.to_string();
    }
    let part = link.paused.as_secs_f64() / elapsed.as_secs_f64();
    let (length, part) = (precise(link.paused), percent(part.min(1.0)));
    format!("{}, {length} in all, {part} of the time", link.pauses)
}

fn stalls(it: &Finished<'_>) -> Option<String> {
    let stalls = &it.recording.stalls;
    let longest = stalls.iter().map(Span::length).max()?;
    let all: Duration = stalls.iter().map(Span::length).sum();
    Some(match stalls.len() {
        1 => time(all),
        n => format!("{n}, {} in all, {} the longest", time(all), time(longest)),
    })
}

/// The kernel's numbers of a connection.
fn connection(status: &EndStatus) -> Option<String> {
    let connection = status.connection()?;
    let round_trip = brief(connection.round_trip);
    let again = count(u64::from(connection.retransmits), "segment");
    Some(format!("round trip {round_trip}, {again} sent again"))
}

fn blame(it: &Finished<'_>) -> Option<String> {
    let blame = it.sample.whole.blame?;
    let names = [
        "the remote reader",
        "the network",
        "our send buffer",
        "the receiver or the network, unknown which",
    ];
    let parts = percents([blame.reader, blame.network, blame.buffer, blame.unknown]);
    Some(phases::parts_in_words(names.into_iter().zip(parts)))
}

fn advice(it: &Finished<'_>) -> Option<String> {
    let advice = it.ending.advice.as_ref()?;
    let mut parts = Vec::new();
    if advice.absorbed > Duration::from_millis(1) {
        parts.push(format!("absorbed {} of stalls", precise(advice.absorbed)));
    }
    parts.push(format!("a mark of {} would have done", size(advice.enough)));
    parts.push(if advice.larger_saves > 0.0 {
        let saved = percent(advice.larger_saves);
        format!("larger ones would have saved {saved} of the time")
    } else {
        "larger ones would not have helped".to_owned()
    });
    Some(parts.join("; "))
}

fn road(it: &Finished<'_>) -> Option<String> {
    let taken = it.road?;
    Some(match taken.calls() {
        Some(calls) => format!("{} ({})", taken.name(), calls.name()),
        None => taken.name().to_owned(),
    })
}
