//! The marks of a link, and its numbers at one moment.

use std::time::Duration;

/// The marks of one link, in bytes. All are 0 where the kernel moves bytes without a buffer of ours; elsewhere a high-water
/// mark is at least 1, and the low-water mark is below that of the writable side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Marks {
    /// High-water mark of the readable side.
    pub readable: u64,
    /// High-water mark of the writable side.
    pub writable: u64,
    /// A paused readable resumes once the writable has fallen to this, its low-water mark.
    pub low: u64,
}

impl Marks {
    /// 1 MiB on both sides. Chosen by measurement: 512 KiB and less cost more CPU time into sockets, 2 MiB and more gained
    /// nothing.
    pub const DEFAULT: Self = Self {
        readable: 1 << 20,
        writable: 1 << 20,
        low: 0,
    };
}

impl Default for Marks {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// The numbers of a link at one moment, to be shown.
#[derive(Debug, Clone)]
pub struct LinkSnapshot {
    /// Whether the readable flows, is paused, or has nothing left to give.
    pub state: LinkState,
    /// Whether the buffers are ours, and not the pipes that the ends are.
    pub is_ours: bool,
    /// The readable side, if there is one.
    pub readable: Option<ReadableFill>,
    /// What the readable feeds; at least one.
    pub consumers: Vec<ConsumerSnapshot>,
    /// How often a "stop" has paused the readable.
    pub pauses: u64,
    /// How often a drain has let it go on.
    pub drains: u64,
    /// For how long the readable was paused in all.
    pub paused: Duration,
}

/// The numbers of one consumer of a link.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ConsumerSnapshot {
    /// Its writable side, if there is one.
    pub writable: Option<WritableFill>,
    /// How often it has said "stop".
    pub stops: u64,
    /// How often it has drained after that.
    pub drains: u64,
    /// For how long it has held the readable up in all, with others or alone.
    pub held_up: Duration,
}

impl ConsumerSnapshot {
    /// Whether it has said "stop" and not drained since.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.stops > self.drains
    }
}

impl LinkSnapshot {
    /// The consumer that has held the readable up for longest: the only one, or the first of several that have not.
    #[must_use]
    pub fn slowest(&self) -> Option<&ConsumerSnapshot> {
        let consumers = self.consumers.iter();
        consumers.reduce(|one, other| {
            if other.held_up > one.held_up {
                other
            } else {
                one
            }
        })
    }

    /// The writable side of the slowest consumer, if there is one.
    #[must_use]
    pub fn writable(&self) -> Option<WritableFill> {
        self.slowest()?.writable
    }
}

/// How full a readable side is, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadableFill {
    /// What it holds.
    pub len: u64,
    /// Its high-water mark.
    pub mark: u64,
    /// The most it has held.
    pub max_len: u64,
    /// What it held for half of the time, or less.
    pub median_len: u64,
}

/// How full a writable side is, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WritableFill {
    /// What it holds.
    pub len: u64,
    /// Its high-water mark.
    pub mark: u64,
    /// Its low-water mark.
    pub low: u64,
    /// The most it has held.
    pub max_len: u64,
    /// What it held for half of the time, or less.
    pub median_len: u64,
}

/// The readable side in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkState {
    /// Chunks are delivered as they come.
    Flowing,
    /// A sink's "stop" is in force.
    Paused,
    /// The input ended and was handed on.
    Ended,
}
