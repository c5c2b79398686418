//! A peer that is open as an end of both directions: what it says is the source of one pipeline, and what is said to it goes to the
//! sink of another.

use super::{Sink, Source};
use std::error::Error;
use std::fmt;
use std::io;

/// The two halves of an open peer. Each is used by a thread of its own, and they share the connection, or the command.
///
/// - **Halves end one by one.** The end of what the peer says is that of the source half, and the sink half goes on. Finishing the
///   sink half tells the peer that nothing more comes (a half-close), and waits until its system has everything; the source half goes
///   on, for however long a reply takes. So the sink half drops nothing that the peer says, and does not wait for its end.
/// - **Failures are told to both.** The system tells an error of a connection but once; the half that hears of it first keeps it
///   for the other, which fails as well. A command that fails does so for both, once its output is delivered.
/// - **The last half that is dropped closes.** That is a clean end only if the source half was [closed](Source::close) and the sink
///   half has [finished](Sink::finish). If one of them was dropped before, the transfer has failed: the other half fails where it
///   would say that all is well, a connection is reset, and a command is ended. So whoever holds the source halves keeps them until
///   both directions have ended, and closes them if all was delivered; that of a direction that has failed is dropped at once.
///   The other direction is not woken by that where nothing else tells it, and is to be given up.
pub struct Halves {
    /// What the peer says.
    pub source: Box<dyn Source>,
    /// What the peer is told.
    pub sink: Box<dyn Sink>,
}

impl std::fmt::Debug for Halves {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Halves").finish_non_exhaustive()
    }
}

/// Why a half fails where nothing is wrong with it: the other one was dropped before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OtherHalfFailed;

impl OtherHalfFailed {
    /// Whether this error says so.
    #[must_use]
    pub fn is(error: &io::Error) -> bool {
        let inner = error.get_ref();
        inner.is_some_and(<dyn Error + Send + Sync>::is::<Self>)
    }
}

impl fmt::Display for OtherHalfFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the other direction has failed")
    }
}

impl Error for OtherHalfFailed {}

impl From<OtherHalfFailed> for io::Error {
    fn from(error: OtherHalfFailed) -> Self {
        io::Error::other(error)
    }
}
