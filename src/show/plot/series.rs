//! The values of each stretch of a transfer: a recording of any length becomes some hundred points.

use super::buffer::Buffer;
use super::grid::Grid;
use crate::account::phase::{Phase, Waits};
use crate::account::recording::{Level, Recording, Sampled};
use crate::account::span::Span;
use std::time::Duration;

/// How full a buffer was in a stretch of time, in bytes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Fill {
    /// The most it may hold, where that is known.
    pub(super) mark: Option<f64>,
    /// The least it held.
    pub(super) least: f64,
    /// The most it held.
    pub(super) most: f64,
    /// What it held on average.
    pub(super) mean: f64,
}

/// Where the time went in each stretch.
pub(super) type Shares = Vec<Option<[f64; 5]>>;

/// The values of each stretch. Every list has one element for each stretch of the grid.
#[derive(Debug)]
pub(super) struct Series {
    pub(super) grid: Grid,
    /// Bytes a second that came from the source.
    pub(super) read: Vec<Option<f64>>,
    /// Bytes a second that the sink took.
    pub(super) rate: Vec<Option<f64>>,
    fills: [Vec<Vec<Option<Fill>>>; 4],
    /// For each writer the parts of the time that the phases took, in the order of [`Phase::ALL`]. They add up to 1.
    pub(super) shares: Vec<Shares>,
    /// The part of the time in which the source was paused, from 0 to 1.
    pub(super) paused: Vec<f64>,
}

/// A shorter transfer is not drawn over time. A recording has a sample every 10 ms: of fewer than ten samples the picture shows
/// little but the burst with which a transfer begins.
pub(super) const SHORTEST: Duration = Duration::from_millis(100);

impl Series {
    /// Cuts a recording into `count` stretches. `None`: it is too short to be drawn over time.
    pub(super) fn to_draw(recording: &Recording, count: usize) -> Option<Self> {
        let is_long = recording.elapsed >= SHORTEST;
        Self::of(recording, count).filter(|_| is_long)
    }

    /// Cuts a recording into `count` stretches. `None`: it took no time.
    pub(super) fn of(recording: &Recording, count: usize) -> Option<Self> {
        let grid = Grid::new(recording.elapsed, count)?;
        let RatesAndFills { read, rate, fills } = RatesAndFills::of(grid, recording);
        Some(Self {
            grid,
            read,
            rate,
            fills: fills.map(|all| all.into_iter().map(unmixed).collect()),
            shares: recording.phases.iter().map(|it| shares(grid, it)).collect(),
            paused: paused(grid, recording),
        })
    }

    /// How full the buffers of a kind were: none, one, or one for each of several sinks.
    pub(super) fn fills(&self, buffer: Buffer) -> &[Vec<Option<Fill>>] {
        &self.fills[buffer as usize]
    }
}

/// Rates and fills of each stretch.
struct RatesAndFills {
    read: Vec<Option<f64>>,
    rate: Vec<Option<f64>>,
    fills: [Vec<Vec<Option<Mixed>>>; 4],
}

impl RatesAndFills {
    fn of(grid: Grid, recording: &Recording) -> Self {
        let mut it = Self {
            read: vec![None; grid.count],
            rate: vec![None; grid.count],
            fills: Buffer::ALL.map(|_| Vec::new()),
        };
        for look in &recording.samples {
            let seconds = look.length().as_secs_f64();
            for (index, part) in grid.parts(look.from, look.to) {
                it.add(index, part, &look.what, seconds);
            }
        }
        for sum in it.read.iter_mut().chain(&mut it.rate).flatten() {
            *sum /= grid.step();
        }
        it
    }

    /// Adds the part of a sample that lies in a stretch; the whole sample covers `seconds`.
    #[expect(clippy::cast_precision_loss, reason = "rates are for show")]
    fn add(&mut self, index: usize, part: f64, look: &Sampled, seconds: f64) {
        *self.read[index].get_or_insert(0.0) += look.bytes_in as f64 * part;
        *self.rate[index].get_or_insert(0.0) += look.bytes_out as f64 * part;
        // A sample that covers no time counts for the fills all the same.
        let weight = (part * seconds).max(f64::MIN_POSITIVE);
        for (buffer, fills) in Buffer::ALL.into_iter().zip(&mut self.fills) {
            let levels = levels(look, buffer);
            while fills.len() < levels.len() {
                fills.push(vec![None; self.rate.len()]);
            }
            for (fills, level) in fills.iter_mut().zip(levels) {
                mix(&mut fills[index], level, weight);
            }
        }
    }
}

fn levels(look: &Sampled, buffer: Buffer) -> &[Level] {
    match buffer {
        Buffer::Front => look.kernel.source.as_slice(),
        Buffer::Readable => look.readable.as_slice(),
        Buffer::Writable => &look.writables,
        Buffer::Behind => look.kernel.sink.as_slice(),
    }
}

/// A fill that is being averaged, and the time it covers so far in seconds.
#[derive(Clone)]
struct Mixed {
    fill: Fill,
    weight: f64,
}

fn unmixed(fills: Vec<Option<Mixed>>) -> Vec<Option<Fill>> {
    fills.into_iter().map(|it| it.map(|it| it.fill)).collect()
}

#[expect(clippy::cast_precision_loss, reason = "fills are for show")]
fn mix(into: &mut Option<Mixed>, level: &Level, weight: f64) {
    let (least, most) = (level.least as f64, level.most as f64);
    let fill = Fill {
        mark: level.mark.map(|mark| mark as f64),
        least,
        most,
        mean: level.mean().clamp(least, most),
    };
    let Some(it) = into else {
        *into = Some(Mixed { fill, weight });
        return;
    };
    it.weight += weight;
    it.fill = Fill {
        mark: fill.mark,
        least: it.fill.least.min(least),
        most: it.fill.most.max(most),
        mean: it.fill.mean + (fill.mean - it.fill.mean) * (weight / it.weight),
    };
}

fn shares(grid: Grid, phases: &[Span<Waits>]) -> Shares {
    let mut sums = vec![[0.0; 5]; grid.count];
    for span in phases {
        for (index, part) in grid.parts(span.from, span.to) {
            for (sum, phase) in sums[index].iter_mut().zip(Phase::ALL) {
                *sum += span.what.of(phase).as_secs_f64() * part;
            }
        }
    }
    sums.into_iter().map(parts_of_one).collect()
}

fn parts_of_one(times: [f64; 5]) -> Option<[f64; 5]> {
    let total: f64 = times.iter().sum();
    (total > 0.0).then(|| times.map(|time| time / total))
}

fn paused(grid: Grid, recording: &Recording) -> Vec<f64> {
    let mut parts = vec![0.0; grid.count];
    for span in &recording.pauses {
        let paused: Duration = span.what.paused.min(span.length());
        for (index, part) in grid.parts(span.from, span.to) {
            parts[index] += paused.as_secs_f64() * part / grid.step();
        }
    }
    for part in &mut parts {
        *part = part.clamp(0.0, 1.0);
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::Series;
    use crate::account::phase::{Phase, Waits};
    use crate::account::recording::{Level, Recording, Sampled};
    use crate::account::span::Span;
    use crate::engine::link::PauseTotals;
    use crate::show::plot::buffer::Buffer;
    use proptest::prelude::*;
    use std::time::Duration;

    /// Samples, phases and pauses of these lengths in microseconds, one after the other.
    fn recording(lengths: &[(u64, u64)]) -> Recording {
        let mut it = Recording {
            phases: vec![Vec::new()],
            ..Recording::default()
        };
        for (n, (length, amount)) in lengths.iter().enumerate() {
            let (from, length) = (it.elapsed, Duration::from_micros(*length));
            let to = from + length;
            it.elapsed = to;
            let what = Sampled {
                bytes_in: *amount,
                bytes_out: *amount,
                writables: vec![Level::new(*amount, Some(1 << 20))],
                ..Sampled::default()
            };
            it.samples.push(Span { from, to, what });
            let what = Waits::in_one(Phase::ALL[n % 5], length);
            it.phases[0].push(Span { from, to, what });
            let what = PauseTotals {
                pauses: 1,
                drains: 1,
                paused: length.mul_f64(0.7),
            };
            it.pauses.push(Span { from, to, what });
        }
        it
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_nothing_is_more_than_there_was(
            lengths in prop::collection::vec((0u64..100_000, 0u64..1 << 20), 1..300), count in 1usize..400
        ) {
            let recording = recording(&lengths);
            let Some(series) = Series::of(&recording, count) else {
                prop_assert!(recording.elapsed.is_zero());
                return Ok(());
            };
            #[expect(clippy::cast_precision_loss, reason = "few bytes")]
            let bytes = lengths.iter().map(|(_, bytes)| *bytes).sum::<u64>() as f64;
            let drawn: f64 = series.rate.iter().flatten().map(|rate| rate * series.grid.step()).sum();
            prop_assert!((drawn - bytes).abs() <= bytes * 1e-6 + 1e-6, "{drawn} of {bytes}");
            for shares in &series.shares[0] {
                let sum: f64 = shares.iter().flatten().sum();
                prop_assert!((sum - 1.0).abs() < 1e-9, "{sum}");
            }
            for paused in &series.paused {
                prop_assert!((0.0..=0.7 + 1e-6).contains(paused), "{paused}");
            }
            for fill in series.fills(Buffer::Writable)[0].iter().flatten() {
                prop_assert!(fill.least <= fill.mean && fill.mean <= fill.most, "{fill:?}");
            }
            prop_assert!(series.fills(Buffer::Readable).is_empty());
        }
    }
}
