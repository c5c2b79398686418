//! The state of a TCP connection, which can be asked without keeping the connection open.

mod blame;
mod facts;
mod local;

pub use blame::{Blame, Suspect};
pub use facts::{Attributed, Connection};

use crate::platform;
use blame::BlameTracker;
use rustix::net::getpeername;
use std::net::SocketAddr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Instant;

/// The socket of a connection, open as long as this value lives.
#[derive(Debug)]
pub struct Connected {
    fd: Arc<OwnedFd>,
    probe: ConnectionProbe,
    is_proxied: bool,
}

impl Connected {
    /// Owns a connected socket.
    #[must_use]
    pub fn new(fd: OwnedFd) -> Self {
        let fd = Arc::new(fd);
        let probe = ConnectionProbe {
            socket: Arc::downgrade(&fd),
            is_local: local::is_local(fd.as_fd()),
            tracker: Arc::default(),
        };
        Self {
            fd,
            probe,
            is_proxied: false,
        }
    }

    /// The same, which is connected with a proxy, and by way of that with the peer.
    #[must_use]
    pub fn with_a_proxy(mut self) -> Self {
        self.is_proxied = true;
        self
    }

    /// The address of the peer, or else that it is a proxy's, as people write it. `None`: it has none, or the connection is gone.
    #[must_use]
    pub fn peer(&self) -> Option<String> {
        let peer = getpeername(&self.fd).ok().flatten()?;
        let peer = SocketAddr::try_from(peer).ok()?;
        Some(if self.is_proxied {
            format!("by the proxy {peer}")
        } else {
            peer.to_string()
        })
    }

    /// A probe for another thread.
    #[must_use]
    pub fn probe(&self) -> ConnectionProbe {
        self.probe.clone()
    }
}

impl AsFd for Connected {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// Reads the state a last time; probes return it from then on.
impl Drop for Connected {
    fn drop(&mut self) {
        self.probe.read();
    }
}

/// Reads the state of a connection; once it is closed, the last one. A probe keeps the socket open only while it is being asked.
#[derive(Debug, Clone)]
pub struct ConnectionProbe {
    socket: Weak<OwnedFd>,
    is_local: bool,
    tracker: Arc<Mutex<BlameTracker>>,
}

impl ConnectionProbe {
    /// The state now.
    pub fn read(&self) -> Connection {
        let mut tracker = self.tracker.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = self
            .socket
            .upgrade()
            .and_then(|it| platform::connection(it.as_fd()));
        if let Some(now) = seen {
            tracker.update(now, Instant::now());
        }
        Connection {
            is_local: self.is_local,
            ..tracker.last()
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
    fn a_probe_does_not_keep_a_connection_open_and_remembers_its_last_state() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let mut stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (mut peer, _) = listener.accept().unwrap();
        stream.write_all(b"four").unwrap();
        peer.write_all(b"three").unwrap();
        let connected = Connected::new(stream.into());
        let probe = connected.probe();
        drop(connected);
        let linux = cfg!(target_os = "linux");
        let last = probe.read();
        assert_eq!(last.receive_queue == 5, linux, "{last:?}");
        assert_eq!(last.round_trip > Duration::ZERO, linux, "{last:?}");
        assert_eq!(last.window > 0, linux, "{last:?}");
        assert!(last.is_local, "{last:?}");
        // The socket is closed, as one of the peer's writes finds out.
        let mut writes = (0..1000).map(|_| peer.write(&[0; 1000]));
        assert!(writes.any(|write| write.is_err()));
    }
}
