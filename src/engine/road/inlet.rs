//! The reading end of a road: the source, how much of it is wanted, and what it has given.

use crate::account::meter::Meter;
use crate::endpoint::Source;
use crate::endpoint::pipe::IDLE;
use crate::engine::link::Link;
use crate::engine::wait::{self, Wakeup};
use std::io;
use std::time::Instant;

/// How reading ended.
pub struct ReaderEnd {
    /// The source, to be held until everything is delivered.
    pub source: Box<dyn Source>,
    /// The error that cut it short.
    pub result: io::Result<()>,
}

impl std::fmt::Debug for ReaderEnd {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ReaderEnd")
            .field("result", &self.result)
            .finish_non_exhaustive()
    }
}

/// The source of a flow.
pub(super) struct Inlet<'a> {
    pub(super) source: Box<dyn Source>,
    link: &'a Link,
    meter: &'a Meter,
    /// Of somebody who waits for the first byte.
    waited_for: Option<&'a Wakeup>,
    /// Bytes still to be read, if there is a last one.
    left: Option<u64>,
}

impl<'a> Inlet<'a> {
    pub(super) fn new(
        source: Box<dyn Source>,
        take: Option<u64>,
        link: &'a Link,
        waited_for: Option<&'a Wakeup>,
        meter: &'a Meter,
    ) -> Self {
        Self {
            source,
            link,
            meter,
            waited_for,
            left: take,
        }
    }

    /// Whether the last byte that was asked for has been read.
    pub(super) fn is_done(&self) -> bool {
        self.left == Some(0)
    }

    /// `most`, or as much of it as is still wanted.
    pub(super) fn wanted(&self, most: u64) -> u64 {
        most.min(self.left.unwrap_or(u64::MAX))
    }

    /// `n` bytes of the flow have come from the source.
    pub(super) fn count(&mut self, n: u64) {
        self.left = self.left.map(|left| left.saturating_sub(n));
        self.meter.count_in(n);
        self.has_come();
    }

    /// Something has come from the source.
    fn has_come(&mut self) {
        if let Some(wakeup) = self.waited_for.take() {
            wakeup.ring();
        }
    }

    /// Moves ahead over the first `n` bytes, where the source can. Returns what has to be read and dropped instead.
    pub(super) fn seek_ahead(&mut self, n: u64) -> io::Result<u64> {
        if n == 0 || self.is_done() {
            return Ok(0);
        }
        Ok(n - self.source.seek_ahead(n)?)
    }

    /// Drops some of the `left` bytes that are to be left out. Returns how many there are then.
    ///
    /// # Errors
    /// `WouldBlock`: nothing is there yet.
    pub(super) fn drop_some(&mut self, left: u64) -> io::Result<u64> {
        let mut dropped = [0; 16 * 1024];
        let most = usize::try_from(left).map_or(dropped.len(), |left| left.min(dropped.len()));
        match self.source.read(&mut dropped[..most]) {
            // The end is not asked for twice: a terminal would want ^D again.
            Ok(0) => {
                self.left = Some(0);
                Ok(0)
            }
            Ok(n) => {
                self.meter.leave_out(n as u64);
                self.has_come();
                Ok(left - n as u64)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(left),
            Err(error) => Err(error),
        }
    }

    /// One read. `None`: nothing was there, and it was waited for; or a signal came in between.
    pub(super) fn read(&mut self, buf: &mut [u8]) -> io::Result<Option<usize>> {
        match self.source.read(buf) {
            Ok(n) => Ok(Some(n)),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(None),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                self.link.flush();
                self.wait()?;
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Waits until the source has something, and gives back what its pipe was enlarged by if that takes long.
    pub(super) fn wait(&self) -> io::Result<()> {
        let until = self.idle_from();
        wait::wait(self.link.producer_wakeup(), &[self.source.ready()], until)?;
        self.rest(until);
        Ok(())
    }

    /// When the source is idle if nothing comes from now on. `None`: that does not matter.
    pub(super) fn idle_from(&self) -> Option<Instant> {
        let pipe = self.source.pipe().filter(|pipe| pipe.is_enlarged());
        pipe.map(|_| Instant::now() + IDLE)
    }

    /// The source was waited for, and may be idle.
    pub(super) fn rest(&self, idle_from: Option<Instant>) {
        if let Some(pipe) = self.source.pipe()
            && idle_from.is_some_and(|at| at <= Instant::now())
        {
            pipe.give_back();
            self.link.pipes_changed();
        }
    }
}
