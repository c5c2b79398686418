//! What the error of a call means: at which end it is, and whether that end has failed, or the kernel only refuses this
//! method, or the call is to be made again.

use super::ending::Stop;
use crate::endpoint::Raw;
use crate::error::Side;
use rustix::io::Errno;
use std::io::{self, ErrorKind};

/// How many calls in a row may find nothing before it is checked whether the source has something, and then how many
/// although it has.
const MOST_EMPTY_CALLS: u32 = 16;

/// At which end an error of a call between both is, which does not say it.
pub(super) fn failing_side(from: Raw, to: Raw, error: &io::Error) -> Side {
    let is_sinks = match (from, to) {
        _ if error.kind() == ErrorKind::BrokenPipe => true,
        (_, Raw::Pipe) => false,
        (Raw::Pipe, _) => true,
        _ => is_write_error(error),
    };
    if is_sinks { Side::Sink } else { Side::Source }
}

/// Whether this error can only come from writing to a file (write(2)).
fn is_write_error(error: &io::Error) -> bool {
    let write_errors = [
        Errno::NOSPC,
        Errno::DQUOT,
        Errno::FBIG,
        Errno::PERM,
        Errno::ROFS,
        Errno::TXTBSY,
    ];
    is_one_of(error, &write_errors)
}

/// Whether this error says that the kernel, or a security module, does not make this call between these ends, or not
/// any more.
pub(super) fn is_refusal(error: &io::Error) -> bool {
    let refusals = [
        Errno::INVAL,
        Errno::NOSYS,
        Errno::XDEV,
        Errno::PERM,
        Errno::OPNOTSUPP,
        Errno::ACCESS,
        Errno::BADF,
    ];
    is_one_of(error, &refusals) || error.kind() == ErrorKind::Unsupported
}

/// Whether a call that writes to the sink has to be made again later. A socket may be out of memory for a short time.
pub(super) fn is_not_now(to: Raw, error: &io::Error) -> bool {
    let is_short = to == Raw::Socket && is_one_of(error, &[Errno::NOBUFS]);
    error.kind() == ErrorKind::WouldBlock || is_short
}

/// The error of a sink that has failed. If a reset comes after a call has moved some bytes, that call does not report it,
/// and the next one says "broken pipe", which means that we have shut down the socket ourselves (send(2)). We have not,
/// so it was a reset.
pub(super) fn as_told_by_sink(to: Raw, error: io::Error) -> io::Error {
    if error.kind() == ErrorKind::BrokenPipe && to == Raw::Socket {
        Errno::CONNRESET.into()
    } else {
        error
    }
}

/// How many calls in a row have moved nothing.
#[derive(Debug, Default)]
pub(super) struct EmptyCalls(u32);

impl EmptyCalls {
    /// One more has, and not because of the sink. If that goes on while the source `is_readable`, the kernel does not
    /// move what is there: splice(2) does not get past urgent data (tcp(7)), as a read does.
    pub(super) fn one_more(&mut self, is_readable: impl FnOnce() -> bool) -> Result<(), Stop> {
        self.0 = self.0.saturating_add(1);
        if self.0 <= MOST_EMPTY_CALLS {
            return Ok(());
        }
        if !is_readable() {
            self.0 = 0;
        }
        // Bytes may arrive between the call and the check, but not each time.
        if self.0 <= 2 * MOST_EMPTY_CALLS {
            return Ok(());
        }
        let why = io::Error::other("the kernel does not move what the source has");
        Err(Stop::Refused(Side::Source, why))
    }
}

fn is_one_of(error: &io::Error, errnos: &[Errno]) -> bool {
    Errno::from_io_error(error).is_some_and(|errno| errnos.contains(&errno))
}
