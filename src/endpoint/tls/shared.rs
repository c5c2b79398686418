//! What the ends of one connection by TLS share: the session, its socket, and how far each of them has come.
//!
//! The socket is set to close with a reset, and nothing says that this is the end, until the transfer has succeeded: so no peer
//! takes a transfer that has failed for a whole one. The two halves share the session, which is locked only while bytes are
//! moved; what one of them hears of a failure it keeps for the other.

use super::session::Session;
use crate::endpoint::connection::Connected;
use crate::endpoint::{OtherHalfFailed, Unfit};
use crate::error::reason;
use crate::platform::sync::{Lock, MutexGuard};
use rustix::net::sockopt;
use std::io::{self, ErrorKind};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

/// Why the kernel does not move the bytes.
pub(super) const BY_US: Unfit = "TLS is done by this program";

/// A connection, which is closed when all its ends are dropped: by a reset, unless all went well.
pub(super) struct TlsConnection {
    pub(super) socket: Connected,
    /// Whether both directions are used.
    pub(super) is_two_way: bool,
    pub(super) close_timeout: Duration,
    pub(super) state: Lock<Talk>,
}

pub(super) struct Talk {
    pub(super) session: Session,
    /// The first error of the connection, which the system tells but once.
    pub(super) error: Option<(ErrorKind, String)>,
    /// A half was dropped before it was done.
    pub(super) is_given_up: bool,
    /// Bytes that the peer has sent, which were dropped.
    pub(super) heard: u64,
    pub(super) has_peer_ended: bool,
    pub(super) is_source_closed: bool,
    pub(super) writing: Sending,
}

/// How far the writing has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sending {
    UnderWay,
    /// All is sent, and that nothing more comes.
    Ended,
    /// The peer's system has everything.
    Delivered,
}

impl Talk {
    /// Fails with the first error, or where the other half has failed.
    pub(super) fn check(&self) -> io::Result<()> {
        match &self.error {
            Some((kind, text)) => Err(io::Error::new(*kind, text.clone())),
            None if self.is_given_up => Err(OtherHalfFailed.into()),
            None => Ok(()),
        }
    }

    /// A call has failed like this: keeps the reason for the other half.
    pub(super) fn failed(&mut self, error: io::Error) -> io::Error {
        let is_none = matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted);
        if !is_none && self.error.is_none() {
            self.error = Some((error.kind(), reason(&error)));
        }
        error
    }
}

impl TlsConnection {
    pub(super) fn lock(&self) -> MutexGuard<'_, Talk> {
        self.state.lock()
    }

    pub(super) fn fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }

    /// Fails with the pending error of the connection, if there is one (`SO_ERROR`, socket(7)).
    pub(super) fn check_socket(&self, state: &mut Talk) -> io::Result<()> {
        state.check()?;
        let pending = sockopt::socket_error(&self.socket)?;
        pending.map_err(|error| state.failed(error.into()))
    }

    /// Notes how far an end has come. Where both directions are done, closing is a clean end from here on.
    pub(super) fn done(&self, change: impl FnOnce(&mut Talk)) {
        let state = &mut *self.lock();
        change(state);
        let are_both = state.is_source_closed && state.writing == Sending::Delivered;
        let is_done = are_both || !self.is_two_way;
        if is_done {
            // It fails only if the connection is gone already.
            let _ = sockopt::set_socket_linger(&self.socket, None);
        }
    }
}
