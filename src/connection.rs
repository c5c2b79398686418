//! What the kernel's TCP says of a connection, and a look at it that does not keep it open.

use crate::platform;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

/// The kernel's account of a TCP connection since it was made (tcp(7), `TCP_INFO`). What a kernel does not know is 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Connection {
    /// Bytes sent by us that the peer's system has not acknowledged, or that have not gone out (`SIOCOUTQ`).
    pub send_queue: u64,
    /// Bytes received that we have not read (`SIOCINQ`).
    pub receive_queue: u64,
    /// From sending to the acknowledgement, smoothed.
    pub round_trip: Duration,
    /// Segments that were sent once more.
    pub retransmits: u32,
    /// How fast the peer's system has acknowledged lately, in bytes a second.
    pub delivery_rate: u64,
    /// For how long there was something on its way or to be sent.
    pub busy: Duration,
    /// Of that: the peer's receive window was full, so that the peer's program does not read.
    pub window_limited: Duration,
    /// Of that: our send buffer was full of bytes on their way, so that a larger one (`sndbuf`) would have helped.
    pub buffer_limited: Duration,
}

impl Connection {
    /// What made the sending side wait since `earlier`.
    #[must_use]
    pub fn blame_since(&self, earlier: &Connection) -> Option<Blame> {
        let share = |now: Duration, then: Duration| {
            let busy = self.busy.saturating_sub(earlier.busy).as_secs_f64();
            (now.saturating_sub(then).as_secs_f64() / busy).min(1.0)
        };
        if self.busy <= earlier.busy {
            return None;
        }
        let reader = share(self.window_limited, earlier.window_limited);
        let buffer = share(self.buffer_limited, earlier.buffer_limited).min(1.0 - reader);
        Some(Blame {
            reader,
            buffer,
            network: 1.0 - reader - buffer,
        })
    }
}

/// Whom a sender waits for, in shares that add up to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Blame {
    /// The program at the other end, which does not read what has come.
    pub reader: f64,
    /// The network, which carries no more.
    pub network: f64,
    /// Our send buffer, which holds less than the network carries.
    pub buffer: f64,
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
            last: Arc::default(),
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
    last: Arc<Mutex<Connection>>,
}

impl View {
    /// How it stands.
    pub fn look(&self) -> Connection {
        let seen = self
            .socket
            .upgrade()
            .and_then(|it| platform::connection(it.as_fd()));
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(seen) = seen {
            *last = seen;
        }
        *last
    }
}

#[cfg(test)]
mod tests {
    use super::{Blame, Connected, Connection};
    use std::io::Write;
    use std::net::{Ipv4Addr, TcpListener, TcpStream};
    use std::time::Duration;

    const fn millis(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn the_time_in_which_something_was_to_be_sent_is_shared_out() {
        let earlier = Connection {
            busy: millis(1000),
            window_limited: millis(500),
            ..Connection::default()
        };
        let at = |busy: u64, window: u64, buffer: u64| Connection {
            busy: millis(1000 + busy),
            window_limited: millis(500 + window),
            buffer_limited: millis(buffer),
            ..Connection::default()
        };
        let blame = |reader, network, buffer| {
            Some(Blame {
                reader,
                network,
                buffer,
            })
        };
        let table = [
            (at(0, 0, 0), None),
            (at(100, 0, 0), blame(0.0, 1.0, 0.0)),
            (at(100, 75, 25), blame(0.75, 0.0, 0.25)),
            (at(100, 100, 0), blame(1.0, 0.0, 0.0)),
            // The kernel rounds each by itself.
            (at(100, 101, 1), blame(1.0, 0.0, 0.0)),
        ];
        for (now, expected) in table {
            let parts = |it: Blame| [it.reader, it.network, it.buffer];
            let (found, expected) = (now.blame_since(&earlier).map(parts), expected.map(parts));
            let is_near = |(found, expected): (f64, f64)| (found - expected).abs() < 1e-9;
            let mut pairs = found
                .into_iter()
                .flatten()
                .zip(expected.into_iter().flatten());
            assert!(
                found.is_some() == expected.is_some() && pairs.all(is_near),
                "{now:?}: {found:?}"
            );
        }
    }

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
        // Nobody reads any more, as a write or the one after it finds out.
        let mut writes = (0..1000).map(|_| peer.write(&[0; 1000]));
        assert!(writes.any(|write| write.is_err()));
    }
}
