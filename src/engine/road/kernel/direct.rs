//! Directly from one end to the other, one of which is a pipe. The buffers are the pipes that the ends are.

use super::ending::Stop;
use super::grant::{Grant, Obstacle};
use super::pump::Pump;
use crate::account::phase::Phase;
use crate::endpoint::Raw;
use crate::engine::wait;
use crate::error::Side;
use crate::platform;
use std::io::{self, ErrorKind};

impl Pump<'_> {
    /// Moves everything until the end of the source.
    pub(super) fn move_directly(&mut self) -> Result<(), Stop> {
        let sleeping_side = self.sleeping_side();
        let mut is_first = true;
        while !self.inlet.is_done() {
            self.check_cancelled()?;
            let Some(wanted) = self.call_length() else {
                if self.has_hung_up() {
                    break;
                }
                self.wait_for_source(None)?;
                continue;
            };
            let most = self.claimed(wanted)?;
            let most = match self.granted(most)? {
                Grant::Bytes(most) => most,
                Grant::Not(obstacle) => {
                    self.sink_not_ready(obstacle)?;
                    continue;
                }
            };
            match self.splice_directly(most, sleeping_side) {
                Ok(0) if self.has_ended(is_first)? => break,
                Ok(0) => self.moved_nothing()?,
                Ok(n) => {
                    is_first = false;
                    self.link.passed_through(n);
                    self.count_in(n);
                    self.count_out(n)?;
                    self.let_gather()?;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // The error does not say which end is not ready.
                Err(error) if self.must_retry(&error) => {
                    if self.sink_is_ready() {
                        self.moved_nothing()?;
                        self.wait_for_source(None)?;
                    } else {
                        self.sink_not_ready(Obstacle::Sink)?;
                    }
                }
                // A pipe without a reader says so even if there is nothing to write.
                Err(error) if error.kind() == ErrorKind::BrokenPipe && self.has_nothing() => {
                    if self.source_ended(error)? {
                        break;
                    }
                }
                Err(error) => return Err(self.stop_for_call(error)),
            }
        }
        Ok(())
    }

    /// How many bytes to ask for in one call; `None`: wait for the source first.
    ///
    /// To a socket or with a rate limit no more than the source has. If a call asks for more, TCP holds back what fills
    /// its sixteen pages, as if more were to follow at once (`MSG_MORE`, send(2)); and what is there need not wait
    /// until the rate limit lets more go than that. For a file, too, no more is claimed than is there.
    fn call_length(&self) -> Option<u64> {
        let asks = matches!(self.to, Some(Raw::Socket | Raw::File)) || self.outlet.is_limited();
        let from = self.inlet.source.raw_fd();
        let there = from
            .filter(|_| asks && !self.reads_file())
            .and_then(platform::bytes_in);
        match there {
            Some(0) if self.to == Some(Raw::File) => None,
            Some(0) | None => Some(self.chunk_size),
            Some(there) => Some(self.chunk_size.min(there)),
        }
    }

    /// Whether the last writer of the pipe that is the source is gone, and the pipe is empty.
    fn has_hung_up(&self) -> bool {
        let from = self.inlet.source.raw_fd();
        from.is_some_and(wait::has_hung_up) && self.has_nothing()
    }

    fn splice_directly(&self, most: u64, sleeping_side: Option<Side>) -> io::Result<u64> {
        self.splice(self.source_at()?, self.sink_at()?, most, sleeping_side)
    }

    /// Whether the source has nothing now.
    fn has_nothing(&self) -> bool {
        let from = self.inlet.source.raw_fd();
        from.is_some_and(|fd| platform::bytes_in(fd) == Some(0))
    }

    /// Waits for a source that has nothing, or finds out whether it has ended. The sink is `broken`, which is a failure if
    /// there is anything for it.
    fn source_ended(&mut self, broken: io::Error) -> Result<bool, Stop> {
        if !self.source_is_ready() {
            self.wait_for_source(None)?;
            return Ok(false);
        }
        match self.inlet.source.read(&mut [0]) {
            Ok(0) => Ok(true),
            // It came just now, and is taken from the source without having reached the sink.
            Ok(_) => Err(self.stop_for_call(broken)),
            Err(error) if is_not_now(&error) => Ok(false),
            Err(error) => Err(Stop::Source(error)),
        }
    }

    /// The sink takes nothing now, or the rate limit lets nothing go. If the source has something, that is a pause, but
    /// for the rate limit.
    fn sink_not_ready(&mut self, obstacle: Obstacle) -> Result<(), Stop> {
        match obstacle {
            _ if !self.source_is_ready() => self.wait_for_source(None),
            Obstacle::Rate(_) => self.wait_for_sink(obstacle, false),
            Obstacle::Sink if self.grow_sink_pipe() => Ok(()),
            Obstacle::Sink => {
                self.link.source_held_up();
                self.wait_for_sink(obstacle, false)?;
                // A pipe is writable as soon as one page is free.
                if self.sink_has_little_room() {
                    self.sleep_briefly(Phase::Sink)?;
                }
                Ok(())
            }
        }
    }

    /// Whether the sink is a pipe that is more than half full.
    fn sink_has_little_room(&self) -> bool {
        let pipe = self
            .outlet
            .sink
            .raw_fd()
            .filter(|_| self.to == Some(Raw::Pipe));
        pipe.is_some_and(|fd| platform::bytes_in(fd) > platform::pipe_size(fd).map(|size| size / 2))
    }

    /// At which end a call may sleep in the kernel: at the one that is a file.
    fn sleeping_side(&self) -> Option<Side> {
        if self.reads_file() {
            Some(Side::Source)
        } else {
            self.outlet.facts.sleeps.then_some(Side::Sink)
        }
    }
}

/// Whether a call is to be made again: nothing was there, or a signal came in between.
fn is_not_now(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}
