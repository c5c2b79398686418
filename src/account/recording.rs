//! A transfer over time, for those who draw it afterwards: what the writer did when, when the source was paused, and how
//! full the buffers were whenever somebody looked. However long it takes, it takes no more than 2 MiB.

use crate::account::phase::{Phase, Waits};
use crate::account::span::{Joins, Span, Spans};
use crate::endpoint::connection::Connection;
use crate::endpoint::{EndStatus, PerEnd};
use crate::engine::link::{Levels, Pauses};
use std::time::Duration;

/// Time between two looks while bytes move, until there are so many that neighbours are joined; as long as those then.
const FIRST_INTERVAL: Duration = Duration::from_millis(10);

/// Spans between two looks that are remembered.
const MOST_LOOKS: usize = 1 << 12;

/// Stalls that are remembered.
const MOST_STALLS: usize = 1 << 10;

/// When nothing has moved for so long, the flow is stalled.
pub const STALLED: Duration = Duration::from_secs(2);

/// What there was over time. All moments are since both ends were open, and none is later than `elapsed`.
#[derive(Debug, Clone, Default)]
pub struct Recording {
    /// How long it took.
    pub elapsed: Duration,
    /// Where the time went; without gaps.
    pub phases: Vec<Span<Waits>>,
    /// When the source was paused.
    pub pauses: Vec<Span<Pauses>>,
    /// When nothing moved for 2 s or longer, by more than our own rate limit.
    pub stalls: Vec<Span<Stall>>,
    /// What had moved and how full the buffers were, from look to look.
    pub looks: Vec<Span<Looked>>,
}

/// A time in which nothing moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stall {
    /// Whom the flow waited for.
    pub waits_for: Phase,
}

/// What happened from one look to another.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Looked {
    /// Bytes that came from the source.
    pub bytes_in: u64,
    /// Bytes that the sink took.
    pub bytes_out: u64,
    /// The buffer of the reading side.
    pub readable: Option<Level>,
    /// That of the writing side.
    pub writable: Option<Level>,
    /// The kernel's own: what a pipe holds, what was received and not read, what was sent and not acknowledged.
    pub kernel: PerEnd<Option<Level>>,
}

/// How full a buffer was, at one look or at several.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Level {
    /// What it may hold, in bytes, where that is known.
    pub mark: Option<u64>,
    /// The least it held, in bytes.
    pub least: u64,
    /// The most it held, in bytes.
    pub most: u64,
    sum: f64,
    looks: f64,
}

impl Level {
    /// Of a buffer with `len` bytes in it.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a mean is for show")]
    pub fn new(len: u64, mark: Option<u64>) -> Self {
        Self {
            mark,
            least: len,
            most: len,
            sum: len as f64,
            looks: 1.0,
        }
    }

    /// What it held on average, in bytes.
    #[must_use]
    pub fn mean(&self) -> f64 {
        self.sum / self.looks
    }

    fn join(&mut self, next: &Self) {
        self.mark = next.mark;
        self.least = self.least.min(next.least);
        self.most = self.most.max(next.most);
        self.sum += next.sum;
        self.looks += next.looks;
    }
}

fn join(level: &mut Option<Level>, next: Option<Level>) {
    match (level.as_mut(), next) {
        (Some(level), Some(next)) => level.join(&next),
        (None, next) => *level = next,
        (Some(_), None) => {}
    }
}

impl Joins for Looked {
    fn goes_on_as(&self, _: &Self) -> bool {
        false
    }

    fn join(&mut self, next: &Self) {
        self.bytes_in += next.bytes_in;
        self.bytes_out += next.bytes_out;
        join(&mut self.readable, next.readable);
        join(&mut self.writable, next.writable);
        join(&mut self.kernel.source, next.kernel.source);
        join(&mut self.kernel.sink, next.kernel.sink);
    }
}

impl Joins for Stall {
    fn goes_on_as(&self, next: &Self) -> bool {
        self == next
    }

    fn join(&mut self, _: &Self) {}
}

/// What is looked at, at one moment.
#[derive(Debug, Clone, Copy)]
pub struct Glimpse {
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
    /// What is to be seen of the ends beside that.
    pub ends: PerEnd<EndStatus>,
}

/// Looks at a transfer while it runs.
#[derive(Debug)]
pub struct Recorder {
    looks: Spans<Looked>,
    stalls: Spans<Stall>,
    /// When it last looked, and what had passed by then.
    at: Duration,
    bytes_in: u64,
    bytes_out: u64,
}

impl Recorder {
    /// Nothing seen yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            looks: Spans::new(MOST_LOOKS),
            stalls: Spans::new(MOST_STALLS),
            at: Duration::ZERO,
            bytes_in: 0,
            bytes_out: 0,
        }
    }

    /// Time until another look says more.
    #[must_use]
    pub fn interval(&self) -> Duration {
        self.looks.grain().max(FIRST_INTERVAL)
    }

    /// Takes note of `now`.
    pub fn look(&mut self, now: &Glimpse) {
        let from = self.at;
        self.at = now.elapsed;
        let level = |(len, mark)| Level::new(len, Some(mark));
        self.looks.push(Span {
            from,
            to: now.elapsed,
            what: Looked {
                // The kernel road may have refused, and what was read be read again.
                bytes_in: now.bytes_in.saturating_sub(self.bytes_in),
                bytes_out: now.bytes_out.saturating_sub(self.bytes_out),
                readable: now.levels.readable.map(level),
                writable: now.levels.writable.map(level),
                kernel: kernel(now),
            },
        });
        (self.bytes_in, self.bytes_out) = (now.bytes_in, now.bytes_out);
        self.note_stall(now);
    }

    fn note_stall(&mut self, now: &Glimpse) {
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

    /// What it has seen.
    #[must_use]
    pub fn finish(self) -> Recording {
        Recording {
            stalls: self.stalls.into_list(),
            looks: self.looks.into_list(),
            ..Recording::default()
        }
    }
}

impl Default for Recorder {
    fn default() -> Self {
        Self::new()
    }
}

/// The kernel's own buffers, as far as they are to be seen.
fn kernel(now: &Glimpse) -> PerEnd<Option<Level>> {
    let level = |seen: &EndStatus, queue: fn(&Connection) -> u64| match seen {
        EndStatus::Connection(connection) => Some(Level::new(queue(connection), None)),
        EndStatus::Pipe(Some(pipe)) => Some(Level::new(pipe.len, Some(pipe.size))),
        _ => None,
    };
    PerEnd {
        source: level(&now.ends.source, |it| it.receive_queue),
        sink: level(&now.ends.sink, |it| it.send_queue),
    }
}

#[cfg(test)]
mod tests {
    use super::{Level, Looked, MOST_LOOKS, MOST_STALLS, Stall};
    use crate::account::phase::{MOST_PHASES, Waits};
    use crate::account::span::{Joins, Span};
    use crate::engine::link::{MOST_PAUSES, Pauses};

    #[test]
    fn a_recording_takes_no_more_memory_than_the_man_page_says() {
        let phases = MOST_PHASES * size_of::<Span<Waits>>();
        let pauses = MOST_PAUSES * size_of::<Span<Pauses>>();
        let looks = MOST_LOOKS * size_of::<Span<Looked>>();
        let stalls = MOST_STALLS * size_of::<Span<Stall>>();
        let all = phases + pauses + looks + stalls;
        assert!(all < 2 << 20, "{phases} {pauses} {looks} {stalls}");
    }

    #[test]
    fn what_two_looks_saw_is_what_both_saw_together() {
        let look = |bytes_out, len| Looked {
            bytes_out,
            writable: Some(Level::new(len, Some(100))),
            ..Looked::default()
        };
        let mut all = look(5, 10);
        for (bytes, len) in [(7, 40), (0, 100), (1, 50)] {
            all.join(&look(bytes, len));
        }
        let level = all.writable.unwrap();
        assert_eq!((all.bytes_out, level.least, level.most), (13, 10, 100));
        assert_eq!((level.mean(), all.readable), (50.0, None));
    }
}
