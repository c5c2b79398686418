//! The link of the kernel road: the bytes are in pipes, one of our own between the two ends or those of our neighbours
//! at the ends, and only their numbers are here.
//!
//! A pipe of our own is the writable side: it is filled up to its mark and no further, and is emptied before it is
//! filled again, as Node's rule has it. Where an end is a pipe, bytes go straight from one end to the other. The
//! neighbours' pipes are shown then, and between them there is a writable with a mark of 0: bytes that were there and
//! that the sink did not take are a pause, and the drain is that it took some again.

use super::fill::Fill;
use super::{Link, Marks, ReadableFill, WritableFill};
use crate::platform;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

/// A pipe is writable again once it has room for so much (pipe(7), `PIPE_BUF`).
const PIPE_BUF: u64 = 4096;

/// The pipes that hold the bytes of a link.
#[derive(Debug, Default)]
pub struct Pipes {
    /// Whether there is one of our own, with the marks of the link.
    pub own: bool,
    /// Our neighbour's, from which we read.
    pub before: Option<Watched>,
    /// Our neighbour's, to which we write.
    pub behind: Option<Watched>,
}

/// A pipe that is not ours: the kernel tells how full it is.
#[derive(Debug)]
pub struct Watched {
    /// Not there any more once the pipe is no longer our business.
    fd: Option<OwnedFd>,
    size: u64,
    len: u64,
    max_len: u64,
    fill: Fill,
}

impl Watched {
    /// Watches the pipe that `fd` is an end of. `None`: it is none, or we are out of descriptors; the flow goes on
    /// without being watched then.
    #[must_use]
    pub fn new(fd: impl AsFd) -> Option<Self> {
        let fd = fd.as_fd();
        let size = platform::pipe_size(fd)?;
        Some(Self {
            fd: Some(rustix::io::fcntl_dupfd_cloexec(fd, 3).ok()?),
            size,
            len: 0,
            max_len: 0,
            fill: Fill::new(),
        })
    }

    /// What it held when it was last looked at, and what it may hold, in bytes.
    pub(super) fn level(&self) -> (u64, u64) {
        (self.len, self.size)
    }

    /// It holds more or less than it did.
    fn resize(&mut self) {
        let size = self
            .fd
            .as_ref()
            .and_then(|fd| platform::pipe_size(fd.as_fd()));
        self.size = size.unwrap_or(self.size);
    }

    fn look(&mut self, now: Duration) {
        if let Some(len) = self
            .fd
            .as_ref()
            .and_then(|fd| platform::bytes_in(fd.as_fd()))
        {
            self.len = len;
            self.max_len = self.max_len.max(len);
            self.fill.note(now, len, self.size);
        }
    }
}

impl Pipes {
    pub(super) fn look(&mut self, now: Duration) {
        let both = [&mut self.before, &mut self.behind];
        both.into_iter().flatten().for_each(|pipe| pipe.look(now));
    }

    pub(super) fn readable(&self, now: Duration) -> Option<ReadableFill> {
        self.before.as_ref().map(|pipe| ReadableFill {
            len: pipe.len,
            mark: pipe.size,
            max_len: pipe.max_len,
            median_len: pipe.fill.median(now, pipe.size),
        })
    }

    pub(super) fn writable(&self, now: Duration) -> Option<WritableFill> {
        self.behind.as_ref().map(|pipe| WritableFill {
            len: pipe.len,
            mark: pipe.size,
            low: pipe.size.saturating_sub(PIPE_BUF),
            max_len: pipe.max_len,
            median_len: pipe.fill.median(now, pipe.size),
        })
    }

    /// What is in them now is no longer ours.
    fn let_go(&mut self, now: Duration) {
        self.look(now);
        for pipe in [&mut self.before, &mut self.behind].into_iter().flatten() {
            (pipe.fd, pipe.len) = (None, 0);
        }
    }
}

impl Link {
    /// From now on the bytes are in `pipes`. Nothing must have passed before.
    pub fn hand_over(&self, pipes: Pipes) {
        let mut state = self.lock();
        let straight = Marks {
            readable: 0,
            writable: 0,
            low: 0,
        };
        let marks = if pipes.own { self.marks } else { straight };
        state.gates.restart(marks);
        state.pipes = Some(pipes);
        state.note();
    }

    /// The pipes of our neighbours were enlarged.
    pub fn pipes_changed(&self) {
        let mut state = self.lock();
        if let Some(pipes) = &mut state.pipes {
            let both = [&mut pipes.before, &mut pipes.behind];
            both.into_iter().flatten().for_each(Watched::resize);
        }
    }

    /// From now on the bytes are in chunks after all. What was counted still counts if something `has_passed`.
    pub fn take_back(&self, has_passed: bool) {
        let mut state = self.lock();
        if has_passed {
            state.gates.go_on(self.marks);
        } else {
            state.gates.restart(self.marks);
        }
        state.pipes = None;
    }

    /// The transfer is at its end: our neighbours' pipes are let go, so that they are closed when their ends are.
    pub fn let_go(&self) {
        let mut state = self.lock();
        let now = state.gates.now();
        if let Some(pipes) = &mut state.pipes {
            pipes.let_go(now);
        }
    }

    /// How much may enter the pipe of our own now: nothing while the flow is paused.
    #[must_use]
    pub fn pipe_room(&self) -> u64 {
        let state = self.lock();
        if state.gates.readable.is_flowing() {
            state.gates.writable.room()
        } else {
            0
        }
    }

    /// How much the pipe of our own holds.
    #[must_use]
    pub fn pipe_len(&self) -> u64 {
        self.lock().gates.writable.len()
    }

    /// `n` bytes have entered the pipe of our own. At its mark, that is a pause.
    pub fn entered(&self, n: u64) {
        let mut state = self.lock();
        state.gates.offer(n);
        state.note();
    }

    /// The source has more, but the pipe of our own takes no more, below its mark: a pipe may be out of slots before
    /// it is out of bytes. That is a pause.
    pub fn refused(&self) {
        self.lock().gates.refuse();
    }

    /// `n` bytes have left the pipe of our own. Once it has emptied, that is a drain.
    pub fn left(&self, n: u64) {
        let mut state = self.lock();
        state.gates.writable.complete(n);
        state.gates.drain();
        state.note();
    }

    /// The sink does not take what the source has ready. That is a pause, unless it is one already.
    pub fn held_up(&self) {
        let mut state = self.lock();
        if state.gates.writable.is_empty() {
            state.gates.offer(1);
        }
        state.look();
    }

    /// The sink has taken `n` bytes at once. That is a drain if it had held the source up.
    pub fn passed(&self, n: u64) {
        let mut state = self.lock();
        if let Some(pipe) = state.pipes.as_mut().and_then(|pipes| pipes.behind.as_mut()) {
            pipe.max_len = pipe.max_len.max(n);
        }
        let held_up = state.gates.writable.len();
        if held_up > 0 {
            state.gates.writable.complete(held_up);
            state.gates.drain();
        }
    }

    /// The source has given all it has.
    pub fn input_ended(&self) {
        self.lock().gates.end();
    }
}
