//! A transfer over time, to be drawn afterwards: what each writer did when, when the source was paused, and how full the
//! buffers were at every sample. However long the transfer takes, that is no more than 2 MiB: where there are several sinks, they
//! share it.

use crate::account::phase::{MOST_PHASES, Phase, Waits};
use crate::account::span::{Joins, Span, Spans};
use crate::endpoint::connection::Connection;
use crate::endpoint::{EndStatus, PerEnd};
use crate::engine::link::{Levels, PauseTotals};
use std::time::Duration;

/// Time between two samples while bytes move, until there are so many that neighbours are joined; from then on, as long
/// as the joined ones.
const FIRST_INTERVAL: Duration = Duration::from_millis(10);

/// How many samples are remembered of a transfer to one sink.
const MOST_SAMPLES: usize = 1 << 12;

/// How many stalls are remembered.
const MOST_STALLS: usize = 1 << 10;

/// When nothing has moved for so long, the flow is stalled.
pub const STALLED: Duration = Duration::from_secs(2);

/// A transfer over time. All moments are counted from when both ends were open, and none is later than `elapsed`.
#[derive(Debug, Clone, Default)]
pub struct Recording {
    /// How long it took.
    pub elapsed: Duration,
    /// Where the time of each writer went; without gaps.
    pub phases: Vec<Vec<Span<Waits>>>,
    /// When the source was paused.
    pub pauses: Vec<Span<PauseTotals>>,
    /// When nothing moved for 2 s or longer, unless because of our own rate limit alone.
    pub stalls: Vec<Span<Stall>>,
    /// What moved and how full the buffers were, from sample to sample.
    pub samples: Vec<Span<Sampled>>,
}

/// A time in which nothing moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stall {
    /// What the flow waited for.
    pub waits_for: Phase,
}

/// What happened from one sample to the next.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sampled {
    /// Bytes that came from the source.
    pub bytes_in: u64,
    /// Bytes that the sink took.
    pub bytes_out: u64,
    /// The readable side.
    pub readable: Option<Level>,
    /// The writable side of each consumer. Empty where there is none.
    pub writables: Vec<Level>,
    /// The kernel's own: what a pipe holds, what was received and not read, what was sent and not acknowledged.
    pub kernel: PerEnd<Option<Level>>,
}

/// How full a buffer was, at one sample or at several.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Level {
    /// What it may hold, in bytes, where that is known.
    pub mark: Option<u64>,
    /// The least it held, in bytes.
    pub least: u64,
    /// The most it held, in bytes.
    pub most: u64,
    sum: f64,
    samples: f64,
}

impl Level {
    /// The level of a buffer with `len` bytes in it, at one sample.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a mean is for show")]
    pub fn new(len: u64, mark: Option<u64>) -> Self {
        Self {
            mark,
            least: len,
            most: len,
            sum: len as f64,
            samples: 1.0,
        }
    }

    /// What it held on average, in bytes.
    #[must_use]
    pub fn mean(&self) -> f64 {
        self.sum / self.samples
    }

    fn join(&mut self, next: &Self) {
        self.mark = next.mark;
        self.least = self.least.min(next.least);
        self.most = self.most.max(next.most);
        self.sum += next.sum;
        self.samples += next.samples;
    }
}

fn join(level: &mut Option<Level>, next: Option<Level>) {
    match (level.as_mut(), next) {
        (Some(level), Some(next)) => level.join(&next),
        (None, next) => *level = next,
        (Some(_), None) => {}
    }
}

impl Joins for Sampled {
    fn continues_as(&self, _: &Self) -> bool {
        false
    }

    fn join(&mut self, next: &Self) {
        self.bytes_in += next.bytes_in;
        self.bytes_out += next.bytes_out;
        join(&mut self.readable, next.readable);
        if self.writables.is_empty() {
            self.writables.clone_from(&next.writables);
        } else {
            let both = self.writables.iter_mut().zip(&next.writables);
            both.for_each(|(level, next)| level.join(next));
        }
        join(&mut self.kernel.source, next.kernel.source);
        join(&mut self.kernel.sink, next.kernel.sink);
    }
}

impl Joins for Stall {
    fn continues_as(&self, next: &Self) -> bool {
        self == next
    }

    fn join(&mut self, _: &Self) {}
}

/// What one sample reads from the meter.
#[derive(Debug, Clone)]
pub struct Observation {
    /// Since both ends were open.
    pub elapsed: Duration,
    /// Bytes read from the source.
    pub bytes_in: u64,
    /// Bytes the sink took.
    pub bytes_out: u64,
    /// What the writer is doing now.
    pub phase: Phase,
    /// How long nothing has moved.
    pub still: Duration,
    /// How full the buffers are.
    pub levels: Levels,
    /// What the ends say beside that.
    pub ends: PerEnd<EndStatus>,
}

/// Records a transfer while it runs.
#[derive(Debug)]
pub struct Recorder {
    samples: Spans<Sampled>,
    stalls: Spans<Stall>,
    /// When the last sample was taken, and what had passed by then.
    at: Duration,
    bytes_in: u64,
    bytes_out: u64,
}

impl Recorder {
    /// Nothing recorded yet of a transfer to so many sinks.
    #[must_use]
    pub fn new(sinks: usize) -> Self {
        Self {
            samples: Spans::new(most_samples(sinks)),
            stalls: Spans::new(MOST_STALLS),
            at: Duration::ZERO,
            bytes_in: 0,
            bytes_out: 0,
        }
    }

    /// Time until the next sample is due.
    #[must_use]
    pub fn interval(&self) -> Duration {
        self.samples.grain().max(FIRST_INTERVAL)
    }

    /// Adds a sample.
    pub fn sample(&mut self, now: &Observation) {
        let from = self.at;
        self.at = now.elapsed;
        let level = |(len, mark)| Level::new(len, Some(mark));
        let writables = now.levels.writables.iter().copied().map(level);
        self.samples.push(Span {
            from,
            to: now.elapsed,
            what: Sampled {
                // The kernel road may have refused, and what was read be read again.
                bytes_in: now.bytes_in.saturating_sub(self.bytes_in),
                bytes_out: now.bytes_out.saturating_sub(self.bytes_out),
                readable: now.levels.readable.map(level),
                writables: writables.collect(),
                kernel: kernel(now),
            },
        });
        (self.bytes_in, self.bytes_out) = (now.bytes_in, now.bytes_out);
        self.note_stall(now);
    }

    fn note_stall(&mut self, now: &Observation) {
        if now.still < STALLED {
            return;
        }
        let since = now.elapsed.saturating_sub(now.still);
        let what = Stall {
            waits_for: now.phase,
        };
        match self.stalls.last_mut() {
            Some(last) if last.to > since => {
                last.to = now.elapsed;
                last.what = what;
            }
            _ => self.stalls.push(Span {
                from: since,
                to: now.elapsed,
                what,
            }),
        }
    }

    /// What was recorded.
    #[must_use]
    pub fn finish(self) -> Recording {
        Recording {
            stalls: self.stalls.into_list(),
            samples: self.samples.into_list(),
            ..Recording::default()
        }
    }
}

/// How many bytes a sample takes.
const fn sample_size(sinks: usize) -> usize {
    size_of::<Span<Sampled>>() + sinks * size_of::<Level>()
}

/// How many samples are remembered: of several sinks as many as take no more memory than those of one.
const fn most_samples(sinks: usize) -> usize {
    MOST_SAMPLES * sample_size(1) / sample_size(sinks)
}

/// How many spans of phases are remembered of each writer.
pub(crate) const fn most_phases(sinks: usize) -> usize {
    MOST_PHASES / sinks
}

/// The levels of the kernel's own buffers, as far as they are known.
fn kernel(now: &Observation) -> PerEnd<Option<Level>> {
    let level = |seen: &EndStatus, queue: fn(&Connection) -> u64| match seen {
        EndStatus::Connection(connection) => Some(Level::new(queue(connection), None)),
        EndStatus::Pipe(Some(pipe)) | EndStatus::Command(Some(pipe)) => {
            Some(Level::new(pipe.len, Some(pipe.size)))
        }
        _ => None,
    };
    PerEnd {
        source: level(&now.ends.source, |it| it.receive_queue),
        sink: level(&now.ends.sink, |it| it.send_queue),
    }
}

#[cfg(test)]
mod tests {
    use super::{
        Level, MOST_SAMPLES, MOST_STALLS, Observation, Recorder, Sampled, Stall, most_phases,
        most_samples, sample_size,
    };
    use crate::account::phase::{Phase, Waits};
    use crate::account::span::{Joins, Span};
    use crate::endpoint::PerEnd;
    use crate::engine::link::{Levels, MOST_PAUSES, PauseTotals};
    use std::time::Duration;

    #[test]
    fn a_recording_takes_no_more_memory_than_the_man_page_says() {
        for sinks in [1, 2, 3, 16, 100] {
            let phases = sinks * most_phases(sinks) * size_of::<Span<Waits>>();
            let pauses = MOST_PAUSES * size_of::<Span<PauseTotals>>();
            let samples = most_samples(sinks) * sample_size(sinks);
            let stalls = MOST_STALLS * size_of::<Span<Stall>>();
            let all = phases + pauses + samples + stalls;
            assert!(all < 2 << 20, "{phases} {pauses} {samples} {stalls}");
        }
        assert_eq!(most_samples(1), MOST_SAMPLES);
    }

    #[test]
    fn the_buffer_of_each_sink_keeps_its_own_level_however_many_samples_are_joined() {
        let mut recorder = Recorder::new(3);
        let samples = 3 * most_samples(3);
        for n in 0..samples as u64 {
            recorder.sample(&Observation {
                elapsed: Duration::from_millis(10 * (n + 1)),
                bytes_in: n,
                bytes_out: n,
                phase: Phase::Moving,
                still: Duration::ZERO,
                levels: Levels {
                    is_ours: true,
                    readable: None,
                    writables: vec![(7, 100), (n % 2 * 50, 200), (300, 300)],
                },
                ends: PerEnd::default(),
            });
        }
        let recording = recorder.finish();
        assert!(recording.samples.len() < samples / 2);
        for span in &recording.samples {
            let levels = span.what.writables.iter();
            let levels: Vec<_> = levels.map(|it| (it.mark, it.least, it.most)).collect();
            assert_eq!(levels.len(), 3);
            assert_eq!(levels[0], (Some(100), 7, 7));
            assert_eq!(levels[2], (Some(300), 300, 300));
        }
        let joined = &recording.samples[0].what.writables[1];
        assert_eq!((joined.least, joined.most), (0, 50));
    }

    #[test]
    fn joined_samples_are_what_they_were_together() {
        let sample = |bytes_out, len| Sampled {
            bytes_out,
            writables: vec![Level::new(len, Some(100))],
            ..Sampled::default()
        };
        let mut all = sample(5, 10);
        for (bytes, len) in [(7, 40), (0, 100), (1, 50)] {
            all.join(&sample(bytes, len));
        }
        let level = all.writables[0];
        assert_eq!((all.bytes_out, level.least, level.most), (13, 10, 100));
        assert_eq!((level.mean(), all.readable), (50.0, None));
    }
}
