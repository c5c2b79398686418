//! What the error of a call means: that an end has failed, or only that the kernel refuses this method.

use super::ending::Stop;
use super::pump::Pump;
use crate::endpoint::Raw;
use crate::error::Side;
use rustix::io::Errno;
use std::io;

/// How many calls in a row may find nothing before it is checked whether the source has something, and then how many
/// although it has.
const MOST_EMPTY_CALLS: u32 = 16;

impl Pump<'_> {
    /// What an error of a call between both ends means, which does not say which end it is about.
    pub(super) fn stop_for_call(&self, error: io::Error) -> Stop {
        let is_sinks = match (self.from, self.to) {
            _ if error.kind() == io::ErrorKind::BrokenPipe => true,
            (_, Some(Raw::Pipe)) => false,
            (Some(Raw::Pipe), _) => true,
            _ => is_write_error(&error),
        };
        let side = if is_sinks { Side::Sink } else { Side::Source };
        self.stop_for(side, error)
    }

    /// What an error at one of the ends means: the end has failed, or the kernel only refuses this method.
    pub(super) fn stop_for(&self, side: Side, error: io::Error) -> Stop {
        match side {
            _ if is_refusal(&error) => Stop::Refused(side, error),
            Side::Source => Stop::Source(error),
            Side::Sink => self.stop_for_sink(error),
        }
    }

    /// Whether a call that writes to the sink has to be repeated later. A socket may be out of memory for a short time.
    pub(super) fn must_retry(&self, error: &io::Error) -> bool {
        let is_short = self.to == Some(Raw::Socket)
            && Errno::from_io_error(error).is_some_and(|errno| errno == Errno::NOBUFS);
        error.kind() == io::ErrorKind::WouldBlock || is_short
    }

    /// A call has moved nothing, and not because of the sink. If that goes on while the source is readable, the kernel
    /// road ends here: splice(2) does not get past urgent data (tcp(7)), as a read does.
    pub(super) fn moved_nothing(&mut self) -> Result<(), Stop> {
        self.empty_calls = self.empty_calls.saturating_add(1);
        if self.empty_calls <= MOST_EMPTY_CALLS {
            return Ok(());
        }
        if !self.source_is_ready() {
            self.empty_calls = 0;
        }
        // Bytes may arrive between the call and the check, but not each time.
        if self.empty_calls <= 2 * MOST_EMPTY_CALLS {
            return Ok(());
        }
        let why = io::Error::other("the kernel does not move what the source has");
        Err(Stop::Refused(Side::Source, why))
    }

    /// The sink has failed. If a reset comes after a call has moved some bytes, that call does not report it, and the
    /// next one says "broken pipe", which means that we have shut down the socket ourselves (send(2)). We have not, so
    /// it was a reset.
    pub(super) fn stop_for_sink(&self, error: io::Error) -> Stop {
        let is_reset = error.kind() == io::ErrorKind::BrokenPipe && self.to == Some(Raw::Socket);
        let error = if is_reset {
            Errno::CONNRESET.into()
        } else {
            error
        };
        Stop::Sink(self.outlet.failure("writing to", error))
    }
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
    Errno::from_io_error(error).is_some_and(|errno| write_errors.contains(&errno))
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
    Errno::from_io_error(error).is_some_and(|errno| refusals.contains(&errno))
        || error.kind() == io::ErrorKind::Unsupported
}
