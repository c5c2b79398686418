//! Straight from one end to the other, of which one is a pipe.

use super::arrival::Stop;
use super::pump::Pump;
use crate::account::phase::Phase;
use crate::endpoint::Raw;
use crate::engine::road::outlet::booked;
use crate::engine::wait;
use crate::error::Side;
use crate::platform;
use std::io::{self, ErrorKind};

impl Pump<'_> {
    /// Moves everything, straight.
    pub(super) fn go_straight(&mut self) -> Result<(), Stop> {
        let sleeper = self.sleeper();
        let mut is_first = true;
        while !self.inlet.is_done() {
            self.check()?;
            let Some(piece) = self.piece() else {
                if self.has_hung_up() {
                    break;
                }
                self.wait_for_source(None)?;
                continue;
            };
            let most = self.claimed(piece)?;
            let Some(most) = self.granted(most)? else {
                self.hold_up()?;
                continue;
            };
            match self.splice_straight(most, sleeper) {
                Ok(0) if self.ends(is_first)? => break,
                Ok(0) => self.in_vain()?,
                Ok(n) => {
                    is_first = false;
                    self.link.passed(n);
                    self.count_in(n);
                    self.count_out(n)?;
                    self.let_gather()?;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // It is not said which end is not ready.
                Err(error) if self.is_not_now(&error) => {
                    if self.sink_is_ready() {
                        self.in_vain()?;
                        self.wait_for_source(None)?;
                    } else {
                        self.hold_up()?;
                    }
                }
                // A pipe without a reader says so even if there is nothing to be written to it.
                Err(error) if error.kind() == ErrorKind::BrokenPipe && self.has_nothing() => {
                    if self.is_at_its_end()? {
                        break;
                    }
                }
                Err(error) => return Err(self.between_failed(error)),
            }
        }
        Ok(())
    }

    /// What to ask for at once. More than is there would make TCP hold the last of it back: what fills the sixteen pages of
    /// a call goes out as if more were to follow at once (`MSG_MORE`, send(2)). What is there need not wait until the rate
    /// limit lets more go than that. And in a file just what is there may be claimed. `None`: wait for what is to be written
    /// to one.
    fn piece(&self) -> Option<u64> {
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

    /// Whether nobody can write any more to the pipe in front of us, and nothing is in it.
    fn has_hung_up(&self) -> bool {
        let from = self.inlet.source.raw_fd();
        from.is_some_and(wait::has_hung_up) && self.has_nothing()
    }

    fn splice_straight(&self, most: u64, sleeper: Option<Side>) -> io::Result<u64> {
        if most == 0 {
            return Ok(0);
        }
        let (from, to) = (self.source_at()?, self.sink_at()?);
        booked(self.meter, sleeper, || self.syscalls.splice(from, to, most))
    }

    /// Whether nothing is there to be moved now.
    fn has_nothing(&self) -> bool {
        let from = self.inlet.source.raw_fd();
        from.is_some_and(|fd| platform::bytes_in(fd) == Some(0))
    }

    /// A source that has nothing is waited for. Returns whether it has ended.
    fn is_at_its_end(&mut self) -> Result<bool, Stop> {
        if !self.source_is_ready() {
            self.wait_for_source(None)?;
            return Ok(false);
        }
        match self.inlet.source.read(&mut [0]) {
            Ok(0) => Ok(true),
            Err(error) if error.kind() != ErrorKind::WouldBlock => Err(Stop::Source(error)),
            _ => Ok(false),
        }
    }

    /// The sink takes nothing now. It holds the source up if that has something.
    fn hold_up(&mut self) -> Result<(), Stop> {
        if self.source_is_ready() && self.held.is_some() {
            self.wait_for_sink(false)
        } else if self.source_is_ready() {
            if self.make_room() {
                return Ok(());
            }
            self.link.held_up();
            self.wait_for_sink(false)?;
            // A pipe says that it has room as soon as one page is free.
            if self.sink_is_half_full() {
                self.give_a_moment(Phase::Sink)?;
            }
            Ok(())
        } else {
            self.held = None;
            self.wait_for_source(None)
        }
    }

    /// Whether the sink is a pipe with little room.
    fn sink_is_half_full(&self) -> bool {
        let pipe = self
            .outlet
            .sink
            .raw_fd()
            .filter(|_| self.to == Some(Raw::Pipe));
        pipe.is_some_and(|fd| platform::bytes_in(fd) > platform::pipe_size(fd).map(|size| size / 2))
    }

    /// Which end may sleep in the system: only one is a file.
    fn sleeper(&self) -> Option<Side> {
        if self.reads_file() {
            Some(Side::Source)
        } else {
            self.outlet.sink.sleeps().then_some(Side::Sink)
        }
    }
}
