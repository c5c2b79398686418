//! The source of a road: how much of it is wanted, what it has given, and how it is waited for.

use crate::account::meter::Meter;
use crate::endpoint::Source;
use crate::endpoint::pipe::IDLE;
use crate::engine::link::Link;
use std::io;
use std::time::Instant;

/// How reading ended.
pub struct ReaderOutcome {
    /// The source, to be kept open until everything is delivered.
    pub source: Box<dyn Source>,
    /// The error that cut it short.
    pub result: io::Result<()>,
    /// Whether what it gave is a success as far as it says, also where the rest was not wanted.
    pub is_left_well: bool,
}

impl std::fmt::Debug for ReaderOutcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ReaderOutcome")
            .field("result", &self.result)
            .finish_non_exhaustive()
    }
}

/// The source of a flow.
pub(super) struct Inlet<'a, S: ?Sized = dyn Source> {
    pub(super) source: &'a mut S,
    link: &'a Link,
    meter: &'a Meter,
    /// The link whose consumers are woken at the first byte, where that is not `link`.
    last: Option<&'a Link>,
    /// Bytes still to be read, if there is a limit (`--take`).
    left: Option<u64>,
}

impl<'a, S: Source + ?Sized> Inlet<'a, S> {
    pub(super) fn new(
        source: &'a mut S,
        take: Option<u64>,
        link: &'a Link,
        last: Option<&'a Link>,
        meter: &'a Meter,
    ) -> Self {
        Self {
            source,
            link,
            meter,
            last,
            left: take,
        }
    }

    /// Whether the last byte that was asked for has been read.
    pub(super) fn is_done(&self) -> bool {
        self.left == Some(0)
    }

    /// Bytes still to be read, if there is a limit.
    pub(super) fn left(&self) -> Option<u64> {
        self.left
    }

    /// `most`, or as much of it as is still wanted.
    pub(super) fn wanted(&self, most: u64) -> u64 {
        most.min(self.left.unwrap_or(u64::MAX))
    }

    /// `n` bytes of the flow have come from the source.
    pub(super) fn count(&mut self, n: u64) {
        self.left = self.left.map(|left| left.saturating_sub(n));
        self.meter.count_in(n);
        self.bytes_came();
    }

    /// Bytes have come from the source.
    fn bytes_came(&mut self) {
        if let Some(last) = self.last.take() {
            last.wake_consumers();
        }
    }

    /// The rate limit lets nothing come from now on, or lets it come again.
    pub(super) fn set_throttled(&self, is_throttled: bool) {
        self.meter.set_throttled(is_throttled);
    }

    /// Skips the first `n` bytes by seeking, where the source can. Returns how many have to be read and dropped
    /// instead.
    pub(super) fn seek_ahead(&mut self, n: u64) -> io::Result<u64> {
        if n == 0 || self.is_done() {
            return Ok(0);
        }
        Ok(n - self.source.seek_ahead(n)?)
    }

    /// Reads and drops some of the `left` bytes that are to be skipped. Returns how many are left then.
    ///
    /// # Errors
    /// `WouldBlock`: nothing is there yet.
    pub(super) fn drop_some(&mut self, left: u64) -> io::Result<u64> {
        let mut dropped = [0; 16 * 1024];
        let most = usize::try_from(left).map_or(dropped.len(), |left| left.min(dropped.len()));
        match self.source.read(&mut dropped[..most]) {
            // The end is not read twice: at a terminal that would take another ^D.
            Ok(0) => {
                self.left = Some(0);
                Ok(0)
            }
            Ok(n) => {
                self.meter.leave_out(n as u64);
                self.bytes_came();
                Ok(left - n as u64)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(left),
            Err(error) => Err(error),
        }
    }

    /// When the source counts as idle if nothing comes from now on. `None`: its pipe was not enlarged, so that it does
    /// not matter.
    pub(super) fn idle_from(&self) -> Option<Instant> {
        let pipe = self.source.pipe().filter(|pipe| pipe.is_enlarged());
        pipe.map(|_| Instant::now() + IDLE)
    }

    /// After waiting for the source: gives back what its pipe was enlarged by if the source has been idle.
    pub(super) fn give_back_if_idle(&self, idle_from: Option<Instant>) {
        if let Some(pipe) = self.source.pipe()
            && idle_from.is_some_and(|at| at <= Instant::now())
        {
            pipe.give_back();
            self.link.pipes_resized();
        }
    }
}
