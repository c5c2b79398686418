//! The values of the chart as JSON, for the script that shows those of the moment under the pointer.

use super::super::Finished;
use super::buffer::Buffer;
use super::mean::{moving_mean, moving_mean_in_words};
use super::phases;
use super::series::{Fill, Series};
use super::stalls;
use crate::account::phase::Phase;
use serde::Serialize;

/// The values. All lists but `buffers`, `phases` and `stalls` have one for each stretch of time.
#[derive(Debug, Serialize)]
struct Values {
    /// In seconds.
    elapsed: f64,
    /// How many stretches there are.
    count: usize,
    /// Bytes a second that the sink took.
    rate: Vec<Option<f64>>,
    /// Its moving mean, which the line shows.
    mean: Vec<Option<f64>>,
    /// What that mean is called.
    mean_name: String,
    /// Bytes a second that came from the source.
    read: Vec<Option<f64>>,
    buffers: Vec<BufferValues>,
    phases: Vec<PhaseValues>,
    /// The part of the time in which the source was paused.
    paused: Vec<f64>,
    /// Stalls in words.
    stalls: Vec<String>,
    /// The index of the longest stall in the stretch.
    stalled: Vec<Option<usize>>,
}

/// How full a buffer was, in bytes.
#[derive(Debug, Serialize)]
struct BufferValues {
    id: String,
    name: String,
    mean: Vec<Option<f64>>,
    least: Vec<Option<f64>>,
    most: Vec<Option<f64>>,
    /// A single value if it never changed.
    mark: Vec<Option<f64>>,
}

#[derive(Debug, Serialize)]
struct PhaseValues {
    look: &'static str,
    words: String,
    /// From 0 to 1.
    share: Vec<Option<f64>>,
}

/// The values as JSON that can stand in a page.
pub(super) fn json(it: &Finished<'_>, series: &Series) -> String {
    let (stalls, stalled) = stalls(it, series);
    let values = Values {
        elapsed: it.recording.elapsed.as_secs_f64(),
        count: series.grid.count,
        rate: whole(series.rate.iter().copied()),
        mean: whole(moving_mean(&series.rate).into_iter()),
        mean_name: moving_mean_in_words(&series.grid),
        read: whole(series.read.iter().copied()),
        buffers: buffers(it, series),
        phases: phases(it, series),
        paused: series
            .paused
            .iter()
            .map(|part| thousandths(*part))
            .collect(),
        stalls,
        stalled,
    };
    // Writing JSON fails only for maps with keys that are not strings, of which these types have none.
    let json = serde_json::to_string(&values).unwrap_or_default();
    json.replace('<', "\\u003c").replace('&', "\\u0026")
}

/// The stalls that are the longest of some stretch, in words, and for each stretch the index of its longest.
fn stalls(it: &Finished<'_>, series: &Series) -> (Vec<String>, Vec<Option<usize>>) {
    let mut stalled = vec![None; series.grid.count];
    let mut stalls: Vec<_> = it.recording.stalls.iter().collect();
    stalls.sort_by_key(|stall| stall.length());
    for (n, stall) in stalls.iter().enumerate() {
        for (index, _) in series.grid.parts(stall.from, stall.to) {
            stalled[index] = Some(n);
        }
    }
    let mut kept: Vec<usize> = stalled.iter().flatten().copied().collect();
    kept.sort_unstable();
    kept.dedup();
    let words = kept.iter().map(|n| stalls::told(stalls[*n])).collect();
    let places = stalled.into_iter();
    let places = places.map(|n| n.and_then(|n| kept.binary_search(&n).ok()));
    (words, places.collect())
}

fn buffers(it: &Finished<'_>, series: &Series) -> Vec<BufferValues> {
    let there = Buffer::ALL.into_iter().flat_map(|buffer| {
        let all = series.fills(buffer);
        let is_one = all.len() == 1;
        let (id, name) = (buffer.id(), buffer.called(it.sample).name);
        all.iter().enumerate().map(move |(sink, fills)| {
            if is_one {
                return buffer_values(id.to_owned(), name.to_owned(), fills);
            }
            let sink_name = it.sample.now.sink_name(sink);
            buffer_values(
                format!("{id}-{}", sink + 1),
                format!("{name}, {sink_name}"),
                fills,
            )
        })
    });
    there.collect()
}

fn buffer_values(id: String, name: String, fills: &[Option<Fill>]) -> BufferValues {
    let value =
        |of: fn(&Fill) -> Option<f64>| whole(fills.iter().map(|fill| fill.as_ref().and_then(of)));
    let mut mark = value(|it| it.mark);
    mark.dedup();
    if mark.len() > 1 {
        mark = value(|it| it.mark);
    }
    BufferValues {
        id,
        name,
        mean: value(|it| Some(it.mean)),
        least: value(|it| Some(it.least)),
        most: value(|it| Some(it.most)),
        mark,
    }
}

fn phases(it: &Finished<'_>, series: &Series) -> Vec<PhaseValues> {
    let now = &it.sample.now;
    let of_sinks = series.shares.iter().enumerate().flat_map(|(sink, shares)| {
        let before = if now.has_several_sinks() {
            format!("{}: ", now.sink_name(sink))
        } else {
            String::new()
        };
        Phase::ALL.into_iter().map(move |phase| PhaseValues {
            look: phase.name(),
            words: format!("{before}{}", phases::words(phase)),
            share: shares
                .iter()
                .map(|shares| shares.map(|shares| thousandths(shares[phase as usize])))
                .collect(),
        })
    });
    of_sinks
        .filter(|it| it.share.iter().flatten().any(|share| *share > 0.0))
        .collect()
}

fn whole(values: impl Iterator<Item = Option<f64>>) -> Vec<Option<f64>> {
    values.map(|value| value.map(f64::round)).collect()
}

fn thousandths(part: f64) -> f64 {
    (part * 1000.0).round() / 1000.0
}
