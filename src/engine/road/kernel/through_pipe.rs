//! Through a pipe of our own, which is the writable side of the link: filled up to its mark, then emptied.
//!
//! From a file to a socket, sendfile(2) moves what the socket takes at once past the pipe. It is counted like the rest:
//! as if it had entered the pipe, and left it when the pipe is emptied next.

use super::ending::Stop;
use super::faults::is_refusal;
use super::grant::{Grant, Obstacle};
use super::methods::can_sendfile;
use super::pump::Pump;
use crate::endpoint::pipe::{Growth, IDLE};
use crate::engine::road::outlet::timed;
use crate::error::Side;
use std::io::{self, ErrorKind};
use std::os::fd::{AsFd, OwnedFd};
use std::time::Instant;

/// The pipe, and how far the transfer through it has got.
struct PipeTransfer<'a> {
    reader: &'a OwnedFd,
    writer: &'a OwnedFd,
    growth: &'a Growth,
    /// Whether the kernel has accepted a splice into the pipe.
    accepted: bool,
    input_ended: bool,
    /// Bytes that were sent past the pipe and are still counted as being in it.
    sent: u64,
    sendfile: Sendfile,
}

/// Whether sendfile(2) can be used.
enum Sendfile {
    Can,
    /// Not between these ends.
    Never,
    /// Not any more. A failed connection gives its reason once, and after that only says that it is broken.
    Failed(io::Error),
}

impl Sendfile {
    /// The reason of the sink's failure, if all that the sink says now is `error`.
    fn explains(self, error: io::Error) -> io::Error {
        match self {
            Sendfile::Failed(first)
                if error.kind() == ErrorKind::BrokenPipe && !is_refusal(&first) =>
            {
                first
            }
            _ => error,
        }
    }
}

impl Pump<'_> {
    /// Moves everything through the pipe.
    pub(super) fn move_through_pipe(
        &mut self,
        reader: &OwnedFd,
        writer: &OwnedFd,
        growth: &Growth,
    ) -> Result<(), Stop> {
        let mut pipe = PipeTransfer {
            reader,
            writer,
            growth,
            accepted: false,
            input_ended: self.inlet.is_done(),
            sent: 0,
            sendfile: if can_sendfile(self.from, self.to) {
                Sendfile::Can
            } else {
                Sendfile::Never
            },
        };
        loop {
            self.check_cancelled()?;
            let filled = self.fill(&mut pipe);
            self.count_sent(&mut pipe)?;
            match filled {
                Err(Stop::Source(error)) => self.source_failed(&mut pipe, error),
                other => other?,
            }
            if let Some(obstacle) = self.empty(&mut pipe)? {
                let has_room = !pipe.input_ended && self.link.pipe_room() > 0;
                self.wait_for_sink(obstacle, has_room)?;
            } else if pipe.input_ended {
                return self
                    .source_error
                    .take()
                    .map_or(Ok(()), |error| Err(Stop::Source(error)));
            } else {
                self.wait_for_more(&pipe)?;
            }
        }
    }

    /// Fills the pipe as far as the source has something and the mark allows it.
    fn fill(&mut self, pipe: &mut PipeTransfer<'_>) -> Result<(), Stop> {
        // What is in the pipe has to go before anything else is sent.
        let can_send = matches!(pipe.sendfile, Sendfile::Can) && !self.outlet.is_limited();
        let mut sends = can_send && self.link.pipe_len() == 0;
        while !pipe.input_ended {
            let room = self.link.pipe_room().min(self.chunk_size);
            if room == 0 {
                return Ok(());
            }
            if self.data_left == 0 {
                if self.link.pipe_len() > 0 {
                    // What is in the pipe has to be written before the hole.
                    return Ok(());
                }
                let is_past = self.pass_hole()?;
                if self.inlet.is_done() {
                    self.input_ended(pipe);
                    return Ok(());
                }
                if !is_past {
                    self.check_cancelled()?;
                    continue;
                }
            }
            let most = self.claimed(room.min(self.data_left))?;
            if sends && most > 0 {
                sends = self.send(pipe, most)?;
            } else if !self.splice_some(pipe, most)? {
                break;
            }
        }
        Ok(())
    }

    /// Makes one call that moves up to `most` bytes into the pipe. Returns whether another one may move more.
    fn splice_some(&mut self, pipe: &mut PipeTransfer<'_>, most: u64) -> Result<bool, Stop> {
        match self.splice_in(pipe, most) {
            Ok(0) => {
                if self.has_ended(!pipe.accepted && self.is_untouched(pipe))? {
                    self.input_ended(pipe);
                } else {
                    self.moved_nothing()?;
                }
                Ok(true)
            }
            Ok(n) => {
                pipe.accepted = true;
                self.enter(pipe, n);
                if self.link.pipe_room() > 0 {
                    pipe.growth.grow_if_filled(pipe.writer.as_fd(), n);
                }
                // A file that gave less has ended, or the pipe is out of slots: the next call tells which. Any other
                // source has given what it had.
                Ok(n == most || self.reads_file())
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => Ok(true),
            // The error does not say whether the source is empty or the pipe is full.
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                if self.link.pipe_len() == 0 {
                    self.moved_nothing()?;
                } else if self.source_is_ready() {
                    if pipe.growth.grow(pipe.writer.as_fd()) {
                        return Ok(true);
                    }
                    self.link.pipe_out_of_slots();
                }
                Ok(false)
            }
            Err(error) => Err(self.stop_for(Side::Source, error)),
        }
    }

    /// Sends past the empty pipe what the socket takes of `most` bytes. Returns whether it takes more.
    fn send(&mut self, pipe: &mut PipeTransfer<'_>, most: u64) -> Result<bool, Stop> {
        let Grant::Bytes(most) = self.granted(most)? else {
            return Ok(false);
        };
        match self.send_out(most) {
            Ok(0) => Ok(false),
            Ok(n) => {
                self.has_sent_past_pipe();
                pipe.sent += n;
                self.enter(pipe, n);
                Ok(n == most)
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => Ok(true),
            Err(error) if self.must_retry(&error) => Ok(false),
            Err(error) => {
                // If the socket or the file has failed, the next splice says so.
                pipe.sendfile = Sendfile::Failed(error);
                Ok(false)
            }
        }
    }

    /// Whether nothing was moved yet.
    fn is_untouched(&self, pipe: &PipeTransfer<'_>) -> bool {
        pipe.sent == 0 && self.meter.bytes_out() == 0
    }

    /// Counts what was sent past the pipe as having left it.
    fn count_sent(&mut self, pipe: &mut PipeTransfer<'_>) -> Result<(), Stop> {
        match std::mem::take(&mut pipe.sent) {
            0 => Ok(()),
            n => {
                self.link.left_pipe(n);
                self.count_out(n)
            }
        }
    }

    /// Empties the pipe as far as the sink takes it. Returns why something is left, if it is.
    fn empty(&mut self, pipe: &mut PipeTransfer<'_>) -> Result<Option<Obstacle>, Stop> {
        loop {
            let len = self.link.pipe_len();
            if len == 0 {
                return Ok(None);
            }
            self.check_cancelled()?;
            let most = match self.granted(len)? {
                Grant::Bytes(most) => most,
                Grant::Not(obstacle) => return Ok(Some(obstacle)),
            };
            match self.splice_out(pipe, most) {
                Ok(0) => {
                    let nothing = ErrorKind::WriteZero.into();
                    return Err(self.stop_for_sink(nothing));
                }
                Ok(n) => {
                    self.link.left_pipe(n);
                    self.count_out(n)?;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if self.must_retry(&error) => return Ok(Some(Obstacle::Sink)),
                Err(error) => {
                    let why =
                        std::mem::replace(&mut pipe.sendfile, Sendfile::Never).explains(error);
                    return Err(self.stop_for(Side::Sink, why));
                }
            }
        }
    }

    /// The pipe is empty: waits until the source has something, which may be so already.
    fn wait_for_more(&mut self, pipe: &PipeTransfer<'_>) -> Result<(), Stop> {
        if self.reads_file() {
            return Ok(());
        }
        let idle_from = pipe.growth.is_enlarged().then(|| Instant::now() + IDLE);
        self.wait_for_source(idle_from)?;
        if idle_from.is_some_and(|at| at <= Instant::now()) {
            pipe.growth.give_back(pipe.writer.as_fd());
        }
        Ok(())
    }

    /// `n` bytes have entered the pipe.
    fn enter(&mut self, pipe: &mut PipeTransfer<'_>, n: u64) {
        self.data_left -= n;
        self.link.entered_pipe(n);
        self.count_in(n);
        if self.inlet.is_done() {
            self.input_ended(pipe);
        }
    }

    /// The source has failed; what it gave is still delivered.
    fn source_failed(&mut self, pipe: &mut PipeTransfer<'_>, error: io::Error) {
        self.source_error = Some(error);
        self.input_ended(pipe);
    }

    fn input_ended(&mut self, pipe: &mut PipeTransfer<'_>) {
        pipe.input_ended = true;
        self.link.input_ended();
    }

    fn send_out(&self, most: u64) -> io::Result<u64> {
        let (from, to) = (self.source_at()?, self.sink_at()?);
        timed(self.meter, Some(Side::Source), || {
            self.syscalls.send(from, to, most)
        })
    }

    fn splice_in(&self, pipe: &PipeTransfer<'_>, most: u64) -> io::Result<u64> {
        let sleeping_side = self.reads_file().then_some(Side::Source);
        let (from, to) = (self.source_at()?, pipe.writer.as_fd().into());
        self.splice(from, to, most, sleeping_side)
    }

    fn splice_out(&self, pipe: &PipeTransfer<'_>, most: u64) -> io::Result<u64> {
        let sleeping_side = self.outlet.facts.sleeps.then_some(Side::Sink);
        let (from, to) = (pipe.reader.as_fd().into(), self.sink_at()?);
        self.splice(from, to, most, sleeping_side)
    }
}
