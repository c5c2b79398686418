//! Connected stream sockets as ends, of whatever family, and how a transfer over one finishes.
//!
//! Every socket is set to close with a reset (`SO_LINGER` 0, socket(7)) until its transfer has succeeded, so that the peer
//! never takes the death of this process for a clean end. A Unix socket has no reset: its peer is told only if it has not read
//! everything, or goes on writing (unix(7)).

use super::send_queue::SendQueue;
use super::{
    Backchannel, Delivered, Finish, KernelSink, KernelSource, OptionSpec, Options, Preview, Probe,
    Raw, Sink, SinkFacts, Source, SourceFacts, Unfit, ValueKind,
};
use crate::engine::wait::{Ready, is_gone};
use crate::error::Side;
use crate::platform::{self, FdAt};
use crate::sys;
use crate::text::words::bytes_exactly;
use rustix::io::Errno;
use rustix::net::{
    RecvFlags, SendAncillaryBuffer, SendFlags, Shutdown, recv, sendmsg, shutdown, sockopt,
};
use std::cell::Cell;
use std::io::{self, IoSlice};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

/// How long the peer may take to close, once its system has everything.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(10);

/// The most reads in one [`Backchannel::hear`], so that a peer that sends without end does not keep the sink from writing.
const MOST_READS_AT_ONCE: usize = 16;

/// An option that makes sense on both sides.
pub(super) const fn option(
    name: &'static str,
    value: ValueKind,
    default: &'static str,
    help: &'static str,
) -> OptionSpec {
    OptionSpec {
        name,
        value,
        only: None,
        default,
        help,
    }
}

/// `close-timeout`, an option of every sink that is a socket.
pub(super) const CLOSE: OptionSpec = OptionSpec {
    only: Some(Side::Sink),
    ..option(
        "close-timeout",
        ValueKind::Duration,
        "10s",
        "after the last byte, wait up to D for the peer to close",
    )
};
/// `sndbuf`, an option of every socket.
pub(super) const SNDBUF: OptionSpec = option(
    "sndbuf",
    ValueKind::Size,
    "the system's",
    "size of the socket's send buffer",
);
/// `rcvbuf`, an option of every socket.
pub(super) const RCVBUF: OptionSpec = option(
    "rcvbuf",
    ValueKind::Size,
    "the system's",
    "size of the socket's receive buffer",
);

/// A connected stream socket, open as long as this value lives.
pub(super) trait StreamSocket: AsFd + Send + 'static {
    /// How to ask for the status of the connection, where the system keeps one for sockets of this family.
    fn probe(&self) -> Probe {
        Probe::Nothing
    }

    /// The address of the peer, as people write it, if it has one.
    fn peer(&self) -> Option<String> {
        None
    }

    /// Whether other processes share it, so that its options are left as they are, and the kernel does not move bytes here.
    fn is_shared(&self) -> bool {
        false
    }

    /// Whether poll(2) reports a hang-up of a socket that this side has not shut down only when the connection is cut: so it is
    /// with TCP, whose peer ends by a FIN and nothing else. A Unix socket hangs up when its peer closes.
    fn hangs_up_only_when_cut(&self) -> bool {
        false
    }
}

/// What is known of a connection before it is made: what it was parsed as, what opening it does, and how it ends.
pub(super) fn preview(parsed: String, opening: String, ending: String) -> Preview {
    Preview {
        opening: Some(opening),
        raw: Ok(Raw::Socket),
        size: Err("the peer does not say how much will come"),
        ..Preview::new(parsed, ending)
    }
}

/// The end that reads from `socket`, to which the settings have been applied.
pub(super) fn source(socket: impl StreamSocket) -> Box<dyn Source> {
    Box::new(SocketSource { socket })
}

/// The options of every socket.
#[derive(Debug, Clone, Copy)]
pub(super) struct SocketSettings {
    sndbuf: Option<usize>,
    rcvbuf: Option<usize>,
    pub(super) close_timeout: Duration,
}

impl SocketSettings {
    pub(super) fn of(options: &Options) -> Self {
        let size = |name| {
            options
                .number(name)
                .map(|size| usize::try_from(size).unwrap_or(usize::MAX))
        };
        Self {
            sndbuf: size("sndbuf"),
            rcvbuf: size("rcvbuf"),
            close_timeout: options.duration("close-timeout").unwrap_or(CLOSE_TIMEOUT),
        }
    }

    /// Sets the sizes of the buffers, and closing by a reset, so that no connection can end cleanly before it has succeeded.
    pub(super) fn apply(&self, socket: impl AsFd) -> io::Result<()> {
        sockopt::set_socket_linger(&socket, Some(Duration::ZERO))?;
        // The kernel takes an int.
        let most = usize::try_from(i32::MAX).unwrap_or(usize::MAX);
        if let Some(size) = self.sndbuf {
            sockopt::set_socket_send_buffer_size(&socket, size.min(most))?;
        }
        if let Some(size) = self.rcvbuf {
            sockopt::set_socket_recv_buffer_size(&socket, size.min(most))?;
        }
        Ok(())
    }

    /// The end that writes to `socket`, to which the settings have been applied.
    pub(super) fn sink(&self, socket: impl StreamSocket) -> Box<dyn Sink> {
        Box::new(SocketSink {
            socket,
            close_timeout: self.close_timeout,
            heard: Cell::new(0),
            peer_closed: Cell::new(false),
            ending: None,
        })
    }
}

/// A socket that is read until the peer's FIN. This side is never shut down first: `nc -l <file` and `ncat -l <file` stop
/// sending when they receive a FIN.
#[derive(Debug)]
struct SocketSource<S> {
    socket: S,
}

impl<S: StreamSocket> Source for SocketSource<S> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        Ok(recv(&self.socket, buf, RecvFlags::DONTWAIT)?.0)
    }

    fn ready(&self) -> Ready<'_> {
        Ready::Readable(self.socket.as_fd())
    }

    fn facts(&self) -> SourceFacts {
        SourceFacts {
            probe: self.socket.probe(),
            peer: self.socket.peer(),
            is_told_of_delivery: true,
            ..SourceFacts::default()
        }
    }

    fn close(self: Box<Self>) {
        // It fails only if the connection is gone already.
        let _ = sockopt::set_socket_linger(&self.socket, None);
    }

    fn kernel(&mut self) -> Result<(Raw, &mut dyn KernelSource), Unfit> {
        Ok((Raw::Socket, self))
    }
}

impl<S: StreamSocket> KernelSource for SocketSource<S> {
    fn at(&self) -> Option<FdAt<'_>> {
        Some(self.socket.as_fd().into())
    }

    // splice(2) reports urgent data as the end once the peer's FIN has arrived; recv(2) does not.
    fn has_ended(&mut self) -> io::Result<bool> {
        let peek = RecvFlags::PEEK | RecvFlags::DONTWAIT;
        match recv(&self.socket, &mut [0; 1][..], peek) {
            Ok((n, _)) => Ok(n == 0),
            Err(Errno::AGAIN | Errno::INTR) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    fn gather(&mut self, bytes: u64) {
        // If it fails, bytes come in smaller pieces.
        let _ = platform::gather(self.socket.as_fd(), bytes);
    }
}

/// A socket that is written to, while what the peer sends is read and dropped.
#[derive(Debug)]
struct SocketSink<S> {
    socket: S,
    close_timeout: Duration,
    /// Bytes that the peer has sent, which were dropped.
    heard: Cell<u64>,
    /// The peer has sent its FIN, which it may do at any time.
    peer_closed: Cell<bool>,
    /// Set once our FIN is sent.
    ending: Option<Ending>,
}

/// The state of the connection after our FIN.
#[derive(Debug)]
struct Ending {
    queue: SendQueue,
    /// When the peer's system had acknowledged everything.
    empty_since: Option<Instant>,
}

impl<S: StreamSocket> SocketSink<S> {
    /// Fails with the pending error of the connection, if there is one (`SO_ERROR`, socket(7)).
    fn check(&self) -> io::Result<()> {
        match sockopt::socket_error(&self.socket)? {
            Ok(()) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    fn half_close(&mut self) -> io::Result<()> {
        if self.ending.is_none() {
            self.check()?;
            shutdown(&self.socket, Shutdown::Write)?;
            self.ending = Some(Ending {
                queue: SendQueue::new(),
                empty_since: None,
            });
        }
        Ok(())
    }

    fn delivered(&self, how: Delivered) -> io::Result<Finish<'_>> {
        self.check()?;
        // From here on closing is a clean end. This fails only if the connection is gone already.
        let _ = sockopt::set_socket_linger(&self.socket, None);
        Ok(Finish::Done(how))
    }
}

impl<S: StreamSocket> Sink for SocketSink<S> {
    fn write(&mut self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        send_now(self.socket.as_fd(), bufs)
    }

    fn ready(&self) -> Ready<'_> {
        Ready::Writable(self.socket.as_fd())
    }

    fn backchannel(&self) -> Option<&dyn Backchannel> {
        Some(self)
    }

    fn warning(&self) -> Option<String> {
        let heard = self.heard.get();
        (heard > 0).then(|| format!("sent {}, dropped", bytes_exactly(heard)))
    }

    fn kernel(&mut self) -> Result<(Raw, &mut dyn KernelSink), Unfit> {
        Ok((Raw::Socket, self))
    }

    fn facts(&self) -> SinkFacts {
        SinkFacts {
            probe: self.socket.probe(),
            peer: self.socket.peer(),
            ..SinkFacts::default()
        }
    }

    fn finish(&mut self) -> io::Result<Finish<'_>> {
        self.half_close()?;
        self.hear()?;
        // The queue is read before the error: a reset empties the queue, and would look like delivery otherwise.
        let queued = self.unacknowledged();
        self.check()?;
        let (now, peer_closed, close_timeout) =
            (Instant::now(), self.peer_closed.get(), self.close_timeout);
        let Some(ending) = &mut self.ending else {
            return Err(io::ErrorKind::NotConnected.into());
        };
        if queued > 0 {
            let moved = ending.queue.seen(queued);
            let until = now + ending.queue.next_look();
            // After both FINs poll(2) would report a hang-up at once, every time.
            let ready = (!peer_closed).then(|| Ready::Readable(self.socket.as_fd()));
            return Ok(Finish::Wait {
                ready,
                until,
                moved,
                peer: true,
            });
        }
        let until = *ending.empty_since.get_or_insert(now) + close_timeout;
        if peer_closed {
            return self.delivered(Delivered::Closed);
        }
        if now >= until {
            return self.delivered(Delivered::Acknowledged);
        }
        Ok(Finish::Wait {
            ready: Some(Ready::Readable(self.socket.as_fd())),
            until,
            moved: false,
            peer: false,
        })
    }
}

impl<S: StreamSocket> Backchannel for SocketSink<S> {
    fn ready(&self) -> Option<Ready<'_>> {
        let fd = self.socket.as_fd();
        if !self.peer_closed.get() {
            return Some(Ready::Readable(fd));
        }
        // A Unix socket tells that its peer has closed both ways, at every wait; the next write fails.
        (!is_gone(fd)).then_some(Ready::Failed(fd))
    }

    fn hear(&self) -> io::Result<()> {
        let mut dropped = [0u8; 16 * 1024];
        for _ in 0..MOST_READS_AT_ONCE {
            if self.peer_closed.get() {
                break;
            }
            match recv(&self.socket, &mut dropped[..], RecvFlags::DONTWAIT) {
                Ok((0, _)) => self.peer_closed.set(true),
                Ok((n, _)) => self.heard.set(self.heard.get() + n as u64),
                Err(Errno::AGAIN | Errno::INTR) => break,
                Err(error) => return Err(error.into()),
            }
        }
        self.check()
    }

    fn unacknowledged(&self) -> u64 {
        sys::unacknowledged(self.socket.as_fd()).unwrap_or(0)
    }
}

impl<S: StreamSocket> KernelSink for SocketSink<S> {
    fn at(&self) -> Option<FdAt<'_>> {
        Some(self.socket.as_fd().into())
    }
}

/// Sends what fits into a socket. A peer that went away is an error, not a signal: Rust programs ignore SIGPIPE.
pub(super) fn send_now(fd: BorrowedFd<'_>, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
    let (mut nothing, flags) = (SendAncillaryBuffer::default(), SendFlags::DONTWAIT);
    match sendmsg(fd, bufs, &mut nothing, flags) {
        // The system has no memory for the queue at the moment; poll(2) reports when the socket is writable again.
        Err(Errno::NOBUFS) => Err(io::ErrorKind::WouldBlock.into()),
        other => Ok(other?),
    }
}

#[cfg(test)]
mod tests;
