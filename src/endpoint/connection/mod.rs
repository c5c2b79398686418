//! What the kernel's TCP says of a connection, and a look at it that does not keep it open.

mod blame;
mod local;

pub use blame::{Blame, Found, Suspect};

use crate::platform;
use blame::Judge;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

/// The kernel's account of a TCP connection since it was made (tcp(7), `TCP_INFO`), and what follows from it. What a
/// kernel does not know is 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Connection {
    /// Bytes sent by us that the peer's system has not acknowledged, or that have not gone out (`SIOCOUTQ`).
    pub send_queue: u64,
    /// Bytes received that we have not read (`SIOCINQ`).
    pub receive_queue: u64,
    /// From sending to the acknowledgement, smoothed.
    pub round_trip: Duration,
    /// The shortest there was lately.
    pub least_round_trip: Duration,
    /// Segments that were sent once more.
    pub retransmits: u32,
    /// Of those: that the peer had got already, as it says.
    pub needless: u32,
    /// Whether nothing has been acknowledged for so long that all that is on its way counts as lost.
    pub is_lost: bool,
    /// How fast the peer's system has acknowledged lately, in bytes a second.
    pub delivery_rate: u64,
    /// Bytes of the send queue that have not gone out.
    pub unsent: u64,
    /// How much more than it has acknowledged the peer's system was ready to take, when it last said so.
    pub window: u64,
    /// For how long there was something on its way or to be sent.
    pub busy: Duration,
    /// Of that: the peer's receive window was full, so that the peer's program does not read.
    pub window_limited: Duration,
    /// Of that: our send buffer was full of bytes on their way, so that a larger one (`sndbuf`) would have helped.
    pub buffer_limited: Duration,
    /// Of the rest: what can be put on somebody.
    pub found: Found,
    /// Whether the peer is on this machine, so that there is no network.
    pub is_local: bool,
}

/// A connection of ours, open as long as this value lives.
#[derive(Debug)]
pub struct Connected {
    fd: Arc<OwnedFd>,
    view: View,
}

impl Connected {
    /// Owns a connected socket.
    #[must_use]
    pub fn new(fd: OwnedFd) -> Self {
        let fd = Arc::new(fd);
        let view = View {
            socket: Arc::downgrade(&fd),
            is_local: local::is_local(fd.as_fd()),
            judge: Arc::default(),
        };
        Self { fd, view }
    }

    /// For those who want to look at it.
    #[must_use]
    pub fn view(&self) -> View {
        self.view.clone()
    }
}

impl AsFd for Connected {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// What was to be seen at the end is what is seen from then on.
impl Drop for Connected {
    fn drop(&mut self) {
        self.view.look();
    }
}

/// A look at a connection: the last one that was possible once it is closed. Closing it is not put off by more than the
/// look takes.
#[derive(Debug, Clone)]
pub struct View {
    socket: Weak<OwnedFd>,
    is_local: bool,
    judge: Arc<Mutex<Judge>>,
}

impl View {
    /// How it stands.
    pub fn look(&self) -> Connection {
        let mut judge = self.judge.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = self
            .socket
            .upgrade()
            .and_then(|it| platform::connection(it.as_fd()));
        if let Some(now) = seen {
            judge.note(now, Instant::now());
        }
        Connection {
            is_local: self.is_local,
            ..judge.last()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Connected;
    use std::io::Write;
    use std::net::{Ipv4Addr, TcpListener, TcpStream};
    use std::time::Duration;

    #[test]
    fn a_look_does_not_keep_a_connection_open_and_remembers_its_end() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let mut stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (mut peer, _) = listener.accept().unwrap();
        stream.write_all(b"four").unwrap();
        peer.write_all(b"three").unwrap();
        let connected = Connected::new(stream.into());
        let view = connected.view();
        drop(connected);
        let linux = cfg!(target_os = "linux");
        let last = view.look();
        assert_eq!(last.receive_queue == 5, linux, "{last:?}");
        assert_eq!(last.round_trip > Duration::ZERO, linux, "{last:?}");
        assert_eq!(last.window > 0, linux, "{last:?}");
        assert!(last.is_local, "{last:?}");
        // Nobody reads any more, as a write or the one after it finds out.
        let mut writes = (0..1000).map(|_| peer.write(&[0; 1000]));
        assert!(writes.any(|write| write.is_err()));
    }
}
