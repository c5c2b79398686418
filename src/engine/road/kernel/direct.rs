//! Directly from one end to the other, one of which is a pipe. The buffers are the pipes that the ends are.

use super::ending::Stop;
use super::ends::{Ends, Grant, Obstacle};
use super::gathering::{Gather, MOST_GATHERED};
use crate::account::phase::Phase;
use crate::endpoint::Raw;
use crate::endpoint::pipe::NeighbourPipe;
use crate::engine::road::outlet::WriterOutcome;
use crate::engine::wait;
use crate::error::Side;
use crate::platform;
use std::io::{self, ErrorKind};
use std::time::Duration;

/// So few bytes were all that the source had: waiting for more takes one call, while asking takes one, another to find out
/// that it was not the sink that said "not now", and then that one.
const LITTLE: u64 = 4096;

/// The first and the longest time between two looks at a pipe that holds as much as its mark. It has slots free, since a slot takes
/// more than a page of what a socket has received, so no event tells that bytes have left it.
const LOOKS: (Duration, Duration) = (Duration::from_micros(200), Duration::from_millis(20));

/// A transfer from end to end.
pub(super) struct Direct<'r, 'a> {
    ends: &'r mut Ends<'a>,
    /// At which end a call may sleep in the kernel: at the one that is a file.
    sleeps_at: Option<Side>,
    /// Whether the kernel has moved nothing yet.
    is_first: bool,
    /// How long to wait for a pipe that holds as much as its mark.
    next_look: Duration,
}

impl<'r, 'a> Direct<'r, 'a> {
    pub(super) fn new(ends: &'r mut Ends<'a>) -> Self {
        let sleeps_at = if ends.reads_file() {
            Some(Side::Source)
        } else {
            ends.outlet.facts.sleeps.then_some(Side::Sink)
        };
        Self {
            ends,
            sleeps_at,
            is_first: true,
            next_look: LOOKS.0,
        }
    }

    /// Moves everything until the end of the source.
    pub(super) fn run(mut self) -> Result<(), Stop> {
        let mut has_ended = self.ends.inlet.is_done();
        while !has_ended {
            self.ends.check_cancelled()?;
            has_ended = self.step()? || self.ends.inlet.is_done();
        }
        Ok(())
    }

    /// Moves what one call moves, or waits until it would move something. Returns whether the source has ended.
    fn step(&mut self) -> Result<bool, Stop> {
        let Some(wanted) = self.call_length() else {
            if self.has_hung_up() {
                return self.ends.has_ended(false);
            }
            self.ends.wait_for_source(None)?;
            return Ok(false);
        };
        let room = self.room_in_sink_pipe();
        if room == Some(0) {
            self.sink_pipe_is_full()?;
            return Ok(false);
        }
        let wanted = room.map_or(wanted, |room| wanted.min(room));
        let claimed = self.ends.claimed(wanted)?;
        match self.ends.granted(claimed)? {
            Grant::Bytes(0) if claimed > 0 => self.sink_takes_no_more(),
            Grant::Bytes(most) => self.move_some(most),
            Grant::Not(obstacle) => {
                self.sink_not_ready(obstacle)?;
                Ok(false)
            }
        }
    }

    /// The sink has all that it will take, which is a failure if the source has more. Returns whether that has ended.
    fn sink_takes_no_more(&mut self) -> Result<bool, Stop> {
        if self.ends.reads_file() {
            return self.move_some(0);
        }
        if !self.has_nothing() {
            return Err(self.ends.stop_for_sink(ErrorKind::WriteZero.into()));
        }
        if self.ends.source_is_ready() || self.has_hung_up() {
            return self.ends.has_ended(false);
        }
        self.ends.wait_for_source(None)?;
        Ok(false)
    }

    /// How many bytes to ask for in one call; `None`: wait for the source first.
    ///
    /// To a socket or with a rate limit no more than the source has. If a call asks for more, TCP holds back what fills
    /// its sixteen pages, as if more were to follow at once (`MSG_MORE`, send(2)); and what is there need not wait
    /// until the rate limit lets more go than that. For a file, too, no more is claimed than is there.
    fn call_length(&self) -> Option<u64> {
        let to = self.ends.to;
        let asks = matches!(to, Raw::Socket | Raw::File) || self.ends.outlet.is_limited();
        let from = self.ends.source_fd();
        let there = from
            .filter(|_| asks && !self.ends.reads_file())
            .and_then(platform::bytes_in);
        match there {
            Some(0) if to == Raw::File => None,
            Some(0) | None => Some(self.ends.chunk_size),
            Some(there) => Some(self.ends.chunk_size.min(there)),
        }
    }

    /// How many bytes more the pipe that is the sink may hold, where its slots do not say that: from a socket they take pieces of many
    /// pages, and would hold many times its size.
    fn room_in_sink_pipe(&self) -> Option<u64> {
        if (self.ends.from, self.ends.to) != (Raw::Socket, Raw::Pipe) {
            return None;
        }
        let fd = self.ends.sink_fd()?;
        let (size, held) = (platform::pipe_size(fd)?, platform::bytes_in(fd)?);
        Some(size.saturating_sub(held))
    }

    /// The pipe that is the sink holds as many bytes as it may.
    fn sink_pipe_is_full(&mut self) -> Result<(), WriterOutcome> {
        if !self.ends.source_is_ready() {
            return self.ends.wait_for_source(None);
        }
        if self.enlarge_sink_pipe() {
            return Ok(());
        }
        self.ends.link.source_held_up();
        self.ends.sleep(Phase::Sink, self.next_look)?;
        self.next_look = (self.next_look * 2).min(LOOKS.1);
        Ok(())
    }

    /// Makes one call. Returns whether the source has ended.
    fn move_some(&mut self, most: u64) -> Result<bool, Stop> {
        match self.ends.splice(most, self.sleeps_at) {
            Ok(0) => return self.ends.has_ended(self.is_first),
            Ok(n) => self.moved(n)?,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            // The error does not say which end is not ready.
            Err(error) if self.ends.must_retry(&error) => {
                if self.ends.sink_is_ready() {
                    self.ends.moved_nothing()?;
                    self.ends.wait_for_source(None)?;
                } else {
                    self.sink_not_ready(Obstacle::Sink)?;
                }
            }
            // A pipe without a reader says so even if there is nothing to write.
            Err(error) if error.kind() == ErrorKind::BrokenPipe && self.has_nothing() => {
                return self.source_ended(error);
            }
            Err(error) if error.kind() == ErrorKind::BrokenPipe => self.sink_broken(error)?,
            Err(error) => return Err(self.ends.stop_for_call(error)),
        }
        Ok(false)
    }

    /// `n` bytes have gone from end to end.
    fn moved(&mut self, n: u64) -> Result<(), Stop> {
        self.is_first = false;
        self.next_look = LOOKS.0;
        self.ends.link.passed_through(n);
        self.enlarge_pipes_filled_by(n);
        self.ends.count_in(n);
        self.ends.count_out(n)?;
        Ok(self.let_gather(n)?)
    }

    /// Enlarges the pipes at both ends that `n` bytes fill as good as wholly.
    fn enlarge_pipes_filled_by(&self, n: u64) {
        let pipes = [self.ends.inlet.source.pipe(), self.ends.outlet.sink.pipe()];
        for pipe in pipes.into_iter().flatten() {
            if pipe.grow_if_filled(n) {
                self.ends.link.link().pipes_resized();
            }
        }
    }

    /// After `n` bytes: lets a stream gather before the source is read again, unless the rate limit gives it the time anyway.
    fn let_gather(&mut self, n: u64) -> Result<(), WriterOutcome> {
        match self.ends.gathering.to_wait_for() {
            // The source need not say that it has ended.
            _ if self.ends.inlet.is_done() => Ok(()),
            Gather::Nothing if n < LITTLE && !self.ends.reads_file() => {
                self.ends.wait_for_source(None)
            }
            Gather::Nothing => Ok(()),
            _ if !self.ends.outlet.would_allow(MOST_GATHERED) => Ok(()),
            Gather::Source => self.ends.wait_for_source(None),
            Gather::Sleep => self.ends.sleep_briefly(Phase::Source),
        }
    }

    /// The sink takes nothing now, or the rate limit lets nothing go. If the source has something, that is a pause, but
    /// for the rate limit.
    fn sink_not_ready(&mut self, obstacle: Obstacle) -> Result<(), WriterOutcome> {
        match obstacle {
            _ if !self.ends.source_is_ready() => self.ends.wait_for_source(None),
            Obstacle::Rate(_) => self.ends.wait_for_sink(obstacle, false),
            Obstacle::Sink if self.enlarge_sink_pipe() => Ok(()),
            Obstacle::Sink => {
                self.ends.link.source_held_up();
                self.ends.wait_for_sink(obstacle, false)?;
                // A pipe is writable as soon as one page is free.
                if self.sink_has_little_room() {
                    self.ends.sleep_briefly(Phase::Sink)?;
                }
                Ok(())
            }
        }
    }

    /// Enlarges the pipe that is the sink, which is full. Returns whether it was enlarged.
    fn enlarge_sink_pipe(&self) -> bool {
        let pipe = self.ends.outlet.sink.pipe();
        let has_grown = pipe.is_some_and(NeighbourPipe::grow);
        if has_grown {
            self.ends.link.link().pipes_resized();
        }
        has_grown
    }

    /// Whether the sink is a pipe that is more than half full.
    fn sink_has_little_room(&self) -> bool {
        let fd = self.ends.sink_fd();
        let pipe = fd.filter(|_| self.ends.to == Raw::Pipe);
        pipe.is_some_and(|fd| platform::bytes_in(fd) > platform::pipe_size(fd).map(|size| size / 2))
    }

    /// Whether the last writer of the pipe that is the source is gone, and the pipe is empty.
    fn has_hung_up(&self) -> bool {
        let from = self.ends.source_fd();
        from.is_some_and(wait::has_hung_up) && self.has_nothing()
    }

    /// Whether the source has nothing now.
    fn has_nothing(&self) -> bool {
        let from = self.ends.source_fd();
        from.is_some_and(|fd| platform::bytes_in(fd) == Some(0))
    }

    /// Waits for a source that has nothing, or finds out whether it has ended. The sink is `broken`, which is a failure if
    /// there is anything for it.
    fn source_ended(&mut self, broken: io::Error) -> Result<bool, Stop> {
        if !self.ends.source_is_ready() {
            self.ends.wait_for_source(None)?;
            return Ok(false);
        }
        match self.ends.inlet.source.read(&mut [0]) {
            Ok(0) => Ok(true),
            // It came just now, and is taken from the source without having reached the sink.
            Ok(_) => Err(self.ends.stop_for_call(broken)),
            Err(error) if error.kind() == ErrorKind::Interrupted => Ok(false),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                self.ends.wait_for_source(None)?;
                Ok(false)
            }
            Err(error) => Err(Stop::Source(error)),
        }
    }

    /// Nobody reads from the sink any more: asks it what that means, and waits where it does not know yet.
    fn sink_broken(&mut self, broken: io::Error) -> Result<(), Stop> {
        let error = self.ends.outlet.sink.why_broken(broken);
        if error.kind() == ErrorKind::WouldBlock {
            Ok(self.ends.wait_for_sink(Obstacle::Sink, false)?)
        } else {
            Err(self.ends.stop_for_sink(error))
        }
    }
}
