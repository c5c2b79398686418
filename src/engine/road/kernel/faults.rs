//! What an error of a call says: whose it is, and whether the kernel only refuses to go this way.

use super::arrival::Stop;
use super::pump::Pump;
use crate::endpoint::Raw;
use crate::error::Side;
use rustix::io::Errno;
use std::io;

/// How often something may come just between a call that found nothing and the question whether something is there.
const COINCIDENCES: u32 = 16;

impl Pump<'_> {
    /// What becomes of an error of a call between the two ends: it is the one's or the other's.
    pub(super) fn between_failed(&self, error: io::Error) -> Stop {
        let is_sinks = match (self.from, self.to) {
            _ if error.kind() == io::ErrorKind::BrokenPipe => true,
            (_, Some(Raw::Pipe)) => false,
            (Some(Raw::Pipe), _) => true,
            _ => is_of_writing(&error),
        };
        let side = if is_sinks { Side::Sink } else { Side::Source };
        self.failed(side, error)
    }

    /// What becomes of an error at one of the ends: it has failed, or the kernel only refuses to go this way.
    pub(super) fn failed(&self, side: Side, error: io::Error) -> Stop {
        match side {
            _ if is_refusal(&error) => Stop::Refused(side, error),
            Side::Source => Stop::Source(error),
            Side::Sink => self.sink_failed(error),
        }
    }

    /// Whether a call for a sink has to be made again later. A socket may be short of memory for a moment.
    pub(super) fn is_not_now(&self, error: &io::Error) -> bool {
        let is_short = self.to == Some(Raw::Socket)
            && Errno::from_io_error(error).is_some_and(|errno| errno == Errno::NOBUFS);
        error.kind() == io::ErrorKind::WouldBlock || is_short
    }

    /// The kernel has moved nothing, though it was not the sink's fault. If that goes on while the source says that it has
    /// something, the kernel road ends here: splice(2) does not get past urgent data (tcp(7)), as a read does.
    pub(super) fn in_vain(&mut self) -> Result<(), Stop> {
        self.vain = self.vain.saturating_add(1);
        if self.vain <= COINCIDENCES || !self.source_is_ready() {
            return Ok(());
        }
        let why = io::Error::other("the kernel does not move what the source has");
        Err(Stop::Refused(Side::Source, why))
    }

    /// The sink has failed. A call that had moved some bytes before a reset came keeps that to itself, and the next one
    /// finds the pipe broken: that we have shut down a socket ourselves, as the error says (send(2)), is not so.
    pub(super) fn sink_failed(&self, error: io::Error) -> Stop {
        let is_reset = error.kind() == io::ErrorKind::BrokenPipe && self.to == Some(Raw::Socket);
        let error = if is_reset {
            Errno::CONNRESET.into()
        } else {
            error
        };
        Stop::Sink(self.outlet.failed("writing to", error))
    }
}

/// Whether only a file that is written to can say this (write(2)).
fn is_of_writing(error: &io::Error) -> bool {
    let of_writing = [
        Errno::NOSPC,
        Errno::DQUOT,
        Errno::FBIG,
        Errno::PERM,
        Errno::ROFS,
        Errno::TXTBSY,
    ];
    Errno::from_io_error(error).is_some_and(|errno| of_writing.contains(&errno))
}

/// Whether a call that says this says that the kernel, or what watches over it, does not do this here, or not any more.
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
