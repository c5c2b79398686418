//! Lets bytes that stream into a socket gather there, so that they are moved in few large pieces.
//!
//! On a fast connection every wake-up finds what has come since the last one, which is little: on a loopback 90 KiB of
//! the 1 MiB that a call can move. So while much comes, the socket is to say that it is readable only once a whole piece
//! is there (`SO_RCVLOWAT`), and is waited for a moment; as soon as little comes, it says so at once again.

use crate::endpoint::Source;
use std::time::Duration;

/// So many bytes at once are a stream.
const MUCH: u64 = 64 << 10;

/// A stream has to bring so many bytes within [`PATIENCE`] to go on being one.
const ENOUGH: u64 = 128 << 10;

/// How long bytes may wait for others: half the time in which small data has to be through.
const PATIENCE: Duration = Duration::from_micros(250);

/// Whether bytes are gathered, and how it goes.
#[derive(Debug, Default)]
pub(super) struct Gathering {
    /// What is to gather; 0 where nothing can.
    goal: u64,
    is_on: bool,
    /// A moment has passed, and nothing has come.
    in_vain: bool,
}

impl Gathering {
    /// Lets `goal` bytes gather, once there is a stream.
    pub(super) fn of(goal: u64) -> Self {
        Self {
            goal,
            ..Self::default()
        }
    }

    /// Whether there is a stream.
    pub(super) fn is_on(&self) -> bool {
        self.is_on
    }

    /// `n` bytes have come at once.
    pub(super) fn came(&mut self, n: u64, source: &mut dyn Source) {
        self.in_vain = false;
        if self.is_on && n < ENOUGH.min(self.goal) {
            self.stop(source);
        } else if !self.is_on && n >= MUCH && self.goal > MUCH {
            self.is_on = true;
            source.gather(self.goal);
        }
    }

    /// How long to wait for the source. A moment in which nothing comes is the end of the stream.
    pub(super) fn patience(&mut self, source: &mut dyn Source) -> Option<Duration> {
        if self.is_on && self.in_vain {
            self.stop(source);
        }
        self.in_vain = self.is_on;
        self.is_on.then_some(PATIENCE)
    }

    fn stop(&mut self, source: &mut dyn Source) {
        self.is_on = false;
        source.gather(1);
    }
}
