//! Lets bytes that stream in gather in front of us, so that they are moved in few large pieces: every piece wakes whoever
//! is behind us, and on two processors waking is what most of the time goes into.
//!
//! On a fast connection every wake-up finds what has come since the last one, which is little: on a loopback 90 KiB of
//! the 1 MiB that a call can move. So while much comes, a socket is to say that it is readable only once a whole piece
//! is there (`SO_RCVLOWAT`), and is waited for a moment; as soon as little comes, it says so at once again. A pipe knows
//! no such thing, and its writer is given a shorter moment instead.

use crate::endpoint::{Raw, Source};
use std::time::Duration;

/// So many bytes at once are a stream.
const MUCH: u64 = 64 << 10;

/// A stream into a socket has to bring so many bytes within [`PATIENCE`] to go on being one.
const ENOUGH: u64 = 128 << 10;

/// How long bytes in a socket may wait for others: half the time in which small data has to be through.
const PATIENCE: Duration = Duration::from_micros(250);

/// How long those in a pipe may. Chosen by measurement.
pub(super) const MOMENT: Duration = Duration::from_micros(50);

/// Whether bytes are gathered, and how it goes.
#[derive(Debug)]
pub(super) struct Gathering {
    place: Option<Raw>,
    /// What is to gather, in bytes.
    goal: u64,
    is_on: bool,
    /// A moment has passed, and nothing has come.
    in_vain: bool,
}

/// What to wait for before the source is asked for more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gather {
    /// Nothing.
    Nothing,
    /// The source, with [`Gathering::patience`].
    Source,
    /// The clock.
    Moment,
}

impl Gathering {
    /// Lets `goal` bytes gather in front of a source of this kind, once there is a stream.
    pub(super) fn before(place: Option<Raw>, goal: u64) -> Self {
        Self {
            place,
            goal,
            is_on: false,
            in_vain: false,
        }
    }

    /// `n` bytes have come at once.
    pub(super) fn came(&mut self, n: u64, source: &mut dyn Source) {
        self.in_vain = false;
        match self.place {
            // Half of the goal is as good as all of it.
            Some(Raw::Pipe) => self.is_on = (MUCH..self.goal / 2).contains(&n),
            Some(Raw::Socket) if self.is_on && n < ENOUGH.min(self.goal) => self.stop(source),
            Some(Raw::Socket) if !self.is_on && n >= MUCH && self.goal > MUCH => {
                self.is_on = true;
                source.gather(self.goal);
            }
            _ => {}
        }
    }

    /// What to wait for.
    pub(super) fn wants(&self) -> Gather {
        match self.place {
            _ if !self.is_on => Gather::Nothing,
            Some(Raw::Socket) => Gather::Source,
            _ => Gather::Moment,
        }
    }

    /// How long to wait for the source. A moment in which nothing comes is the end of the stream.
    pub(super) fn patience(&mut self, source: &mut dyn Source) -> Option<Duration> {
        let is_stream = self.is_on && self.place == Some(Raw::Socket);
        if is_stream && self.in_vain {
            self.stop(source);
            return None;
        }
        self.in_vain = is_stream;
        is_stream.then_some(PATIENCE)
    }

    /// From now on the source is ready with anything it has.
    pub(super) fn stop(&mut self, source: &mut dyn Source) {
        if std::mem::take(&mut self.is_on) {
            source.gather(1);
        }
    }
}
