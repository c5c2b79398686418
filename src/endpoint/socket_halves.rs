//! The two halves of a connected stream socket that is an end of both directions: one reads, the other writes, each on a thread of
//! its own.
//!
//! The system tells an error of a connection but once, to whichever call comes first (`SO_ERROR`, socket(7)); from then on a read
//! finds the end, and a write a broken pipe. So what a half hears it keeps for the other, and neither takes an end for one before it
//! has made sure that the connection was not cut. On the kernel road an error may come to a call that is not made here: then the half
//! is dropped before it is done, and the other one learns from that.

use super::send_queue::SendQueue;
use super::socket::{StreamSocket, send_now};
use super::{
    Backchannel, Delivered, Finish, Halves, KernelSink, KernelSource, OtherHalfFailed, Raw, Sink,
    SinkFacts, Source, SourceFacts, Unfit,
};
use crate::engine::wait::{self, Ready};
use crate::platform::sync::Lock;
use crate::platform::{self, FdAt};
use crate::sys;
use rustix::event::PollFlags;
use rustix::io::Errno;
use rustix::net::{RecvFlags, Shutdown, recv, shutdown, sockopt};
use std::cell::Cell;
use std::io::{self, IoSlice};
use std::os::fd::BorrowedFd;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long the sink half waits before it asks again what the source half has found, where no event tells.
const NEXT_LOOK: Duration = Duration::from_millis(20);

/// The most reads of what is dropped when a connection is closed whose peer has not ended.
const MOST_DROPPING_READS: usize = 256;

/// The halves of `socket`, which is set to close with a reset unless others share it.
pub(super) fn of(socket: impl StreamSocket + Sync) -> Halves {
    let shared = Arc::new(SharedSocket {
        socket,
        state: Lock::default(),
    });
    Halves {
        source: Box::new(ReadingHalf {
            shared: Arc::clone(&shared),
        }),
        sink: Box::new(WritingHalf {
            shared,
            queue: None,
            hung_up: Cell::new(false),
        }),
    }
}

/// The connection, which is closed when both halves are dropped: by a reset, unless all went well.
#[derive(Debug)]
struct SharedSocket<S> {
    socket: S,
    state: Lock<State>,
}

/// What the halves tell each other.
#[derive(Debug, Default)]
struct State {
    /// The first error of the connection that one of them has heard of.
    error: Option<Errno>,
    /// One of them was dropped before it was done.
    is_given_up: bool,
    reading: Reading,
    writing: Writing,
}

/// How far the source half has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Reading {
    #[default]
    UnderWay,
    /// It has read the peer's end.
    Ended,
    /// It was closed, after everything was delivered.
    Closed,
}

/// How far the sink half has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Writing {
    #[default]
    UnderWay,
    /// Our FIN is sent.
    Ended,
    /// The peer's system has everything.
    Delivered,
}

/// The state of a connection that has no error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line {
    Up,
    /// Both sides have ended; or it was cut, and the other half was told of the error just now.
    HungUp,
}

impl<S: StreamSocket> SharedSocket<S> {
    /// Fails with the first error of the connection, or where the other half has failed.
    fn check(&self) -> io::Result<Line> {
        self.checked(&mut self.state.lock())
    }

    fn checked(&self, state: &mut State) -> io::Result<Line> {
        if let Some(error) = state.error {
            return Err(error.into());
        }
        if state.is_given_up {
            return Err(OtherHalfFailed.into());
        }
        // Without an interest poll(2) reports errors and hang-ups alone.
        if !wait::is_ready(self.socket.as_fd(), PollFlags::empty()) {
            return Ok(Line::Up);
        }
        let pending = sockopt::socket_error(&self.socket)?.err();
        let is_cut = self.socket.hangs_up_only_when_cut() && state.writing == Writing::UnderWay;
        state.error = pending.or(is_cut.then_some(Errno::CONNRESET));
        match state.error {
            Some(error) => Err(error.into()),
            None => Ok(Line::HungUp),
        }
    }

    /// A call has failed like this: keeps the reason for the other half. Returns the reason, which may be known better by now.
    fn failed(&self, error: io::Error) -> io::Error {
        let is_none = |kind| matches!(kind, io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted);
        if is_none(error.kind()) {
            return error;
        }
        let state = &mut *self.state.lock();
        if error.kind() == io::ErrorKind::BrokenPipe
            && let Err(first) = self.checked(state)
        {
            return first;
        }
        state.error = state.error.or(Errno::from_io_error(&error));
        error
    }

    /// A read has found the end: makes sure that it is the peer's.
    fn reading_ended(&self) -> io::Result<()> {
        let state = &mut *self.state.lock();
        self.checked(state)?;
        state.reading = Reading::Ended;
        Ok(())
    }

    /// Sends our FIN, unless that was done.
    fn half_close(&self) -> io::Result<()> {
        let state = &mut *self.state.lock();
        if state.writing == Writing::UnderWay {
            self.checked(state)?;
            shutdown(&self.socket, Shutdown::Write)?;
            state.writing = Writing::Ended;
        }
        Ok(())
    }

    /// The source half was closed, or the sink half has delivered. If the other one has too, closing is a clean end from here on.
    fn done(&self, change: impl FnOnce(&mut State)) {
        let state = &mut *self.state.lock();
        change(state);
        let ends = (state.reading, state.writing);
        if ends == (Reading::Closed, Writing::Delivered) && !self.socket.is_shared() {
            // It fails only if the connection is gone already.
            let _ = sockopt::set_socket_linger(&self.socket, None);
        }
    }

    /// Reads and drops what has come: closing a socket with something unread resets the connection.
    fn drop_unread(&self) {
        let mut dropped = [0u8; 16 * 1024];
        for _ in 0..MOST_DROPPING_READS {
            match recv(&self.socket, &mut dropped[..], RecvFlags::DONTWAIT) {
                Ok((1.., _)) | Err(Errno::INTR) => {}
                Ok(_) | Err(_) => return,
            }
        }
    }

    fn raw(&self) -> Result<Raw, Unfit> {
        if self.socket.is_shared() {
            Err("it is a socket that is shared with others")
        } else {
            Ok(Raw::Socket)
        }
    }

    fn fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// The half that reads what the peer sends, until the peer's FIN.
#[derive(Debug)]
struct ReadingHalf<S: StreamSocket> {
    shared: Arc<SharedSocket<S>>,
}

impl<S: StreamSocket> ReadingHalf<S> {
    fn recv(&self, buf: &mut [u8], flags: RecvFlags) -> io::Result<usize> {
        match recv(&self.shared.socket, buf, flags | RecvFlags::DONTWAIT) {
            Ok((0, _)) => self.shared.reading_ended().map(|()| 0),
            Ok((n, _)) => Ok(n),
            Err(error) => Err(self.shared.failed(error.into())),
        }
    }
}

impl<S: StreamSocket> Drop for ReadingHalf<S> {
    fn drop(&mut self) {
        let state = &mut *self.shared.state.lock();
        state.is_given_up |= state.reading != Reading::Closed;
    }
}

impl<S: StreamSocket + Sync> Source for ReadingHalf<S> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.recv(buf, RecvFlags::empty())
    }

    fn peek(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.recv(buf, RecvFlags::PEEK)
    }

    fn ready(&self) -> Ready<'_> {
        Ready::Readable(self.shared.fd())
    }

    fn facts(&self) -> SourceFacts {
        SourceFacts {
            probe: self.shared.socket.probe(),
            peer: self.shared.socket.peer(),
            is_told_of_delivery: true,
            ..SourceFacts::default()
        }
    }

    /// Of a peer that has not ended, since nothing more can be sent to where its bytes go, the rest is not wanted.
    fn close(self: Box<Self>) {
        if self.shared.state.lock().reading == Reading::UnderWay {
            self.shared.drop_unread();
        }
        self.shared.done(|state| state.reading = Reading::Closed);
    }

    fn kernel(&mut self) -> Result<(Raw, &mut dyn KernelSource), Unfit> {
        Ok((self.shared.raw()?, self))
    }
}

impl<S: StreamSocket + Sync> KernelSource for ReadingHalf<S> {
    fn at(&self) -> Option<FdAt<'_>> {
        Some(self.shared.fd().into())
    }

    // splice(2) reports urgent data as the end once the peer's FIN has arrived; recv(2) does not.
    fn has_ended(&mut self) -> io::Result<bool> {
        let not_yet = |kind| matches!(kind, io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted);
        match self.recv(&mut [0; 1], RecvFlags::PEEK) {
            Ok(n) => Ok(n == 0),
            Err(error) if not_yet(error.kind()) => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn gather(&mut self, bytes: u64) {
        // If it fails, bytes come in smaller pieces.
        let _ = platform::gather(self.shared.fd(), bytes);
    }
}

/// The half that writes to the peer, and leaves what the peer sends to the other half.
#[derive(Debug)]
struct WritingHalf<S: StreamSocket> {
    shared: Arc<SharedSocket<S>>,
    /// The send queue after our FIN.
    queue: Option<SendQueue>,
    /// Whether a hang-up was found that is no failure: poll(2) reports it at every wait.
    hung_up: Cell<bool>,
}

impl<S: StreamSocket> Drop for WritingHalf<S> {
    fn drop(&mut self) {
        let state = &mut *self.shared.state.lock();
        state.is_given_up |= state.writing != Writing::Delivered;
    }
}

impl<S: StreamSocket> WritingHalf<S> {
    fn has_peer_ended(&self) -> bool {
        self.shared.state.lock().reading != Reading::UnderWay
    }
}

impl<S: StreamSocket + Sync> Sink for WritingHalf<S> {
    fn write(&mut self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        let sent = send_now(self.shared.fd(), bufs);
        sent.map_err(|error| self.shared.failed(error))
    }

    fn ready(&self) -> Ready<'_> {
        Ready::Writable(self.shared.fd())
    }

    fn why_broken(&mut self, broken: io::Error) -> io::Error {
        self.shared.failed(broken)
    }

    fn backchannel(&self) -> Option<&dyn Backchannel> {
        Some(self)
    }

    fn facts(&self) -> SinkFacts {
        SinkFacts {
            probe: self.shared.socket.probe(),
            peer: self.shared.socket.peer(),
            ..SinkFacts::default()
        }
    }

    fn kernel(&mut self) -> Result<(Raw, &mut dyn KernelSink), Unfit> {
        Ok((self.shared.raw()?, self))
    }

    fn finish(&mut self) -> io::Result<Finish<'_>> {
        self.shared.half_close()?;
        // The queue is read before the error: a reset empties the queue, and would look like delivery otherwise.
        let queued = self.unacknowledged();
        let line = self.shared.check()?;
        self.hung_up.set(line == Line::HungUp);
        let now = Instant::now();
        if queued > 0 {
            let queue = self.queue.get_or_insert_with(SendQueue::new);
            let (moved, until) = (queue.seen(queued), now + queue.next_look());
            return Ok(Finish::Wait {
                ready: (line == Line::Up).then(|| Ready::Failed(self.shared.fd())),
                until,
                moved,
                peer: true,
            });
        }
        let how = match (self.has_peer_ended(), line) {
            (true, _) => Delivered::Closed,
            (false, Line::Up) => Delivered::Acknowledged,
            // The source half is about to find out whether the peer has ended or the connection was cut.
            (false, Line::HungUp) => {
                return Ok(Finish::Wait {
                    ready: None,
                    until: now + NEXT_LOOK,
                    moved: false,
                    peer: false,
                });
            }
        };
        self.shared.done(|state| state.writing = Writing::Delivered);
        Ok(Finish::Done(how))
    }
}

impl<S: StreamSocket + Sync> Backchannel for WritingHalf<S> {
    fn ready(&self) -> Option<Ready<'_>> {
        if !self.hung_up.get() {
            return Some(Ready::Failed(self.shared.fd()));
        }
        // Nothing more happens here, but the source half may still hear of an error.
        (!self.has_peer_ended()).then(|| Ready::At(Instant::now() + NEXT_LOOK))
    }

    fn hear(&self) -> io::Result<()> {
        let line = self.shared.check()?;
        self.hung_up.set(line == Line::HungUp);
        Ok(())
    }

    fn unacknowledged(&self) -> u64 {
        sys::unacknowledged(self.shared.fd()).unwrap_or(0)
    }
}

impl<S: StreamSocket + Sync> KernelSink for WritingHalf<S> {
    fn at(&self) -> Option<FdAt<'_>> {
        Some(self.shared.fd().into())
    }
}

#[cfg(test)]
mod tests;
