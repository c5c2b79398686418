//! What the kernel's TCP says of a connection, and a look at it that does not keep it open.

mod blame;
mod facts;
mod local;

pub use blame::{Blame, Suspect};
pub use facts::{Connection, Found};

use crate::platform;
use blame::Judge;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Instant;

/// A connection of ours, open as long as this value lives.
#[derive(Debug)]
pub struct Connected {
    fd: Arc<OwnedFd>,
    view: ConnectionProbe,
}

impl Connected {
    /// Owns a connected socket.
    #[must_use]
    pub fn new(fd: OwnedFd) -> Self {
        let fd = Arc::new(fd);
        let view = ConnectionProbe {
            socket: Arc::downgrade(&fd),
            is_local: local::is_local(fd.as_fd()),
            judge: Arc::default(),
        };
        Self { fd, view }
    }

    /// For those who want to look at it.
    #[must_use]
    pub fn view(&self) -> ConnectionProbe {
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
pub struct ConnectionProbe {
    socket: Weak<OwnedFd>,
    is_local: bool,
    judge: Arc<Mutex<Judge>>,
}

impl ConnectionProbe {
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
