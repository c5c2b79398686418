//! Through a pipe of our own, which is the writable side of the link: filled up to its mark, then emptied.
//!
//! From a file to a socket, sendfile(2) moves what the socket takes at once past the pipe. It is counted like the rest:
//! as if it had entered the pipe, and left it when the pipe is emptied next.
//!
//! At a hole of a sparse file there is nothing to move, and the sink gets a hole as well.

use super::ending::{Stop, Undelivered};
use super::ends::{Ends, Grant, Obstacle};
use super::faults::is_refusal;
use super::gathering::{Gather, MOST_GATHERED};
use super::methods::can_sendfile;
use super::own_pipe::OwnPipe;
use crate::account::phase::Phase;
use crate::endpoint::pipe::IDLE;
use crate::engine::road::in_use::Calls;
use crate::engine::throttle::Allowance;
use crate::error::Side;
use std::io::{self, ErrorKind};
use std::os::fd::AsFd;
use std::time::Instant;

/// Smaller holes are not worth two calls; they are written as the zeros that they are read as.
const SMALLEST_HOLE: u64 = 64 << 10;

/// A transfer through the pipe.
pub(super) struct ThroughPipe<'r, 'a> {
    ends: &'r mut Ends<'a>,
    pipe: OwnPipe,
    /// Whether the kernel has accepted a splice into the pipe.
    accepted: bool,
    /// Whether nothing more enters the pipe: the source has ended or failed, or has given what is wanted.
    input_ended: bool,
    /// The error with which the source has failed, until what it gave is delivered.
    source_error: Option<io::Error>,
    /// Bytes of the source before its next hole; 0: the source is to be asked. One without holes says `u64::MAX`.
    data_left: u64,
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

impl<'r, 'a> ThroughPipe<'r, 'a> {
    pub(super) fn new(ends: &'r mut Ends<'a>, pipe: OwnPipe) -> Self {
        Self {
            pipe,
            accepted: false,
            input_ended: ends.inlet.is_done(),
            source_error: None,
            data_left: 0,
            sent: 0,
            sendfile: if can_sendfile(ends.from, ends.to) {
                Sendfile::Can
            } else {
                Sendfile::Never
            },
            ends,
        }
    }

    /// Moves everything. Whatever stops it, it also returns what it has taken from the source and not delivered.
    pub(super) fn run(mut self) -> (Result<(), Stop>, Undelivered) {
        let end = self.move_all();
        let len = self.ends.link.pipe_len();
        let undelivered = Undelivered {
            in_pipes: (len > 0)
                .then_some((self.pipe.reader, len))
                .into_iter()
                .collect(),
            source_error: self.source_error,
            skip: 0,
        };
        (end, undelivered)
    }

    fn move_all(&mut self) -> Result<(), Stop> {
        loop {
            self.ends.check_cancelled()?;
            let filled = self.fill();
            self.count_sent()?;
            match filled {
                Err(Stop::Source(error)) => self.source_failed(error),
                other => other?,
            }
            if let Some(obstacle) = self.empty()? {
                let has_room = !self.input_ended && self.ends.link.pipe_room() > 0;
                self.ends.wait_for_sink(obstacle, has_room)?;
            } else if !self.input_ended {
                self.wait_for_more()?;
            } else {
                return match self.source_error.take() {
                    Some(error) => Err(Stop::Source(error)),
                    None => Ok(()),
                };
            }
        }
    }

    /// Fills the pipe as far as the source has something and the mark allows it.
    fn fill(&mut self) -> Result<(), Stop> {
        // What is in the pipe has to go before anything else is sent.
        let can_send = matches!(self.sendfile, Sendfile::Can) && !self.ends.outlet.is_limited();
        let mut sends = can_send && self.ends.link.pipe_len() == 0;
        while !self.input_ended {
            let room = self.ends.link.pipe_room().min(self.ends.chunk_size);
            if room == 0 {
                return Ok(());
            }
            if self.data_left == 0 {
                if self.ends.link.pipe_len() > 0 {
                    // What is in the pipe has to be written before the hole.
                    return Ok(());
                }
                let is_past = self.pass_hole()?;
                if self.ends.inlet.is_done() {
                    self.input_ended();
                    return Ok(());
                }
                if !is_past {
                    self.ends.check_cancelled()?;
                    continue;
                }
            }
            let most = self.ends.claimed(room.min(self.data_left))?;
            if sends && most > 0 {
                sends = self.send(most)?;
            } else if !self.splice_in(most)? {
                break;
            }
        }
        Ok(())
    }

    /// At a hole: leaves one in the sink too, if that is a file that can have one, and finds the next hole. A hole
    /// counts as bytes, for the rate limit too. Returns whether the whole hole is passed.
    fn pass_hole(&mut self) -> Result<bool, Stop> {
        let extent = self.ends.inlet.source.extent().map_err(Stop::Source)?;
        let whole = self.ends.inlet.wanted(extent.hole);
        let hole = match self.ends.outlet.allow(whole) {
            Allowance::Bytes(hole) => hole,
            Allowance::Not(until) => {
                self.ends.wait_for_sink(Obstacle::Rate(until), false)?;
                return Ok(false);
            }
        };
        if whole >= SMALLEST_HOLE && self.ends.leave_hole(hole)? {
            self.data_left = if hole == whole { extent.data } else { 0 };
        } else {
            self.data_left = extent.hole.saturating_add(extent.data);
        }
        Ok(hole == whole)
    }

    /// Sends past the empty pipe what the socket takes of `most` bytes. Returns whether it takes more.
    fn send(&mut self, most: u64) -> Result<bool, Stop> {
        let Grant::Bytes(most) = self.ends.granted(most)? else {
            return Ok(false);
        };
        match self.ends.send(most) {
            Ok(0) => Ok(false),
            Ok(n) => {
                self.ends.announcement.correct(Calls::Sendfile);
                // The sink grants no more than is left of what was granted.
                self.ends.outlet.sink.moved(n);
                self.sent += n;
                self.entered(n);
                Ok(n == most)
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => Ok(true),
            Err(error) if self.ends.must_retry(&error) => Ok(false),
            Err(error) => {
                // If the socket or the file has failed, the next splice says so.
                self.sendfile = Sendfile::Failed(error);
                Ok(false)
            }
        }
    }

    /// Makes one call that moves up to `most` bytes into the pipe. Returns whether another one may move more.
    fn splice_in(&mut self, most: u64) -> Result<bool, Stop> {
        match self.ends.splice_in(self.pipe.writer.as_fd().into(), most) {
            Ok(0) => {
                if self.ends.has_ended(self.is_untouched())? {
                    self.input_ended();
                }
                Ok(true)
            }
            Ok(n) => {
                self.accepted = true;
                self.entered(n);
                if self.ends.link.pipe_room() > 0 {
                    self.pipe.growth.grow_if_filled(self.pipe.writer.as_fd(), n);
                }
                // A file that gave less has ended, or the pipe is out of slots: the next call tells which. Any other
                // source has given what it had.
                Ok(n == most || self.ends.reads_file())
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => Ok(true),
            // The error does not say whether the source is empty or the pipe is full.
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                if self.ends.link.pipe_len() == 0 {
                    self.ends.moved_nothing()?;
                } else if self.ends.source_is_ready() {
                    if self.pipe.growth.grow(self.pipe.writer.as_fd()) {
                        return Ok(true);
                    }
                    self.ends.link.pipe_out_of_slots();
                }
                Ok(false)
            }
            Err(error) => Err(self.ends.stop_for(Side::Source, error)),
        }
    }

    /// Whether nothing was moved yet.
    fn is_untouched(&self) -> bool {
        !self.accepted && self.sent == 0 && !self.ends.has_delivered()
    }

    /// `n` bytes have entered the pipe.
    fn entered(&mut self, n: u64) {
        self.data_left -= n;
        self.ends.link.entered_pipe(n);
        self.ends.count_in(n);
        if self.ends.inlet.is_done() {
            self.input_ended();
        }
    }

    fn input_ended(&mut self) {
        self.input_ended = true;
        self.ends.input_ended();
    }

    /// The source has failed; what it gave is still delivered.
    fn source_failed(&mut self, error: io::Error) {
        self.source_error = Some(error);
        self.input_ended = true;
        self.ends.link.input_ended();
    }

    /// Counts what was sent past the pipe as having left it.
    fn count_sent(&mut self) -> Result<(), Stop> {
        match std::mem::take(&mut self.sent) {
            0 => Ok(()),
            n => {
                self.ends.link.left_pipe(n);
                self.ends.count_moved(n)
            }
        }
    }

    /// Empties the pipe as far as the sink takes it. Returns why something is left, if it is.
    fn empty(&mut self) -> Result<Option<Obstacle>, Stop> {
        loop {
            let len = self.ends.link.pipe_len();
            if len == 0 {
                return Ok(None);
            }
            self.ends.check_cancelled()?;
            let most = match self.ends.granted(len)? {
                Grant::Bytes(most) => most,
                Grant::Not(obstacle) => return Ok(Some(obstacle)),
            };
            match self.ends.splice_out(self.pipe.reader.as_fd().into(), most) {
                Ok(0) => {
                    let nothing = ErrorKind::WriteZero.into();
                    return Err(self.ends.stop_for_sink(nothing));
                }
                Ok(n) => self.left(n)?,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if self.ends.must_retry(&error) => return Ok(Some(Obstacle::Sink)),
                Err(error) => {
                    let sendfile = std::mem::replace(&mut self.sendfile, Sendfile::Never);
                    return Err(self.ends.stop_for(Side::Sink, sendfile.explains(error)));
                }
            }
        }
    }

    /// `n` bytes have left the pipe.
    fn left(&mut self, n: u64) -> Result<(), Stop> {
        self.ends.link.left_pipe(n);
        self.ends.count_out(n)
    }

    /// The pipe is empty: waits until the source has something, which may be so already.
    fn wait_for_more(&mut self) -> Result<(), Stop> {
        if self.ends.reads_file() {
            return Ok(());
        }
        let gathers = matches!(self.ends.gathering.to_wait_for(), Gather::Sleep);
        if gathers && self.ends.outlet.would_allow(MOST_GATHERED) {
            self.ends.sleep_briefly(Phase::Source)?;
        }
        let idle_from = self
            .pipe
            .growth
            .is_enlarged()
            .then(|| Instant::now() + IDLE);
        self.ends.wait_for_source(idle_from)?;
        if idle_from.is_some_and(|at| at <= Instant::now()) {
            self.pipe.growth.give_back(self.pipe.writer.as_fd());
        }
        Ok(())
    }
}
