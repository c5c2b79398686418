//! An end that was asked for and is not open yet: what it promises, and how it is opened, in two steps. A plan is only read by
//! them, and can be read on.

use super::{Halves, Identity, Kept, Least, OpenError, Preview, Sink, Source};
use crate::error::Side;
use std::future::Future;
use std::io::PipeWriter;
use std::os::fd::RawFd;
use std::path::Path;
use std::pin::Pin;

/// A boxed future; opening may wait for a name server, a peer, or the other end of a FIFO.
pub type Opening<'a, T> = Pin<Box<dyn Future<Output = Result<T, OpenError>> + 'a>>;

/// A source that is prepared.
pub type PreparedSource<'a> = Prepared<'a, Box<dyn Source>>;

/// A sink that is prepared.
pub type PreparedSink<'a> = Prepared<'a, Box<dyn Sink>>;

/// A peer that is prepared.
pub type PreparedPeer<'a> = Prepared<'a, Halves>;

/// An end whose file is open or whose listener is bound. Nothing that exists has been changed, and no peer has been waited for.
pub struct Prepared<'a, E> {
    /// Which file it is, if it must not be both ends.
    pub identity: Option<Identity>,
    /// What it has of a copy that is to go on behind that, if there is something.
    pub kept: Option<Kept>,
    opening: Opening<'a, E>,
}

impl<'a, E> Prepared<'a, E> {
    /// An end that `opening` waits for. It is not begun before [`Prepared::open`].
    pub fn new(
        identity: Option<Identity>,
        opening: impl Future<Output = Result<E, OpenError>> + 'a,
    ) -> Self {
        Self {
            identity,
            kept: None,
            opening: Box::pin(opening),
        }
    }

    /// The same end, which has this of a copy that is to go on.
    #[must_use]
    pub fn keeping(self, kept: Option<Kept>) -> Self {
        Self { kept, ..self }
    }

    /// Opens it, waiting for a peer if there is one. A file that existed is unchanged.
    ///
    /// # Errors
    /// When the peer or the system refuses.
    pub async fn open(self) -> Result<E, OpenError> {
        self.opening.await
    }
}

/// Hears what happens at an end that is being opened, to tell the user.
pub trait Announce {
    /// `side` waits for what `what` says from now on, until it is open: `connecting to host:9000`.
    fn waiting(&self, side: Side, what: String);

    /// `side` listens on `address`, as people write it; `hint` is what else they should know of that.
    fn listening(&self, side: Side, address: &str, hint: &str);

    /// `side` does not let this `peer` in, by the option `by`, and waits on.
    fn refused(&self, side: Side, peer: &str, by: &'static str);

    /// With this `peer` there is no session, for that reason, and `side` waits on.
    fn turned_away(&self, side: Side, peer: &str, why: &str);

    /// What the user has to know of the end at `side`, with `--quiet` too.
    fn warning(&self, side: Side, text: &str);

    /// The standard error of a command that is to be started. `None`: ours.
    fn stderr_of_command(&self) -> Option<PipeWriter>;

    /// Whether standard input is an end, so that a command that is to be started must not read from it.
    fn reads_stdin(&self) -> bool;

    /// Whether standard output is an end, so that a command that is to be started must not write to it.
    fn writes_stdout(&self) -> bool;

    /// How many bytes of this source are to be left out, as it will be told by [`Source::seek_ahead`]. One that can begin behind
    /// them does.
    fn skips(&self) -> u64 {
        0
    }

    /// Where in this source nothing more is wanted, in bytes from its beginning, if that is before its end (`--take`).
    fn stops_at(&self) -> Option<u64> {
        None
    }
}

/// An end that was asked for and is not open yet.
pub trait EndPlan {
    /// What is known of it on this side without opening, reading, resolving or waiting for anything.
    fn preview(&self, side: Side) -> Preview;

    /// Its path, if it has one.
    fn path(&self) -> Option<&Path> {
        None
    }

    /// Whether it is the descriptor of this number, which we were given.
    fn is_descriptor(&self, _number: RawFd) -> bool {
        false
    }

    /// Whether it waits for a peer to come, and says where.
    fn listens(&self) -> bool {
        false
    }

    /// Whether opening it does something that would better not be done for a transfer that never comes, because the other end
    /// cannot be opened.
    fn acts_when_opened(&self) -> bool {
        false
    }
}

/// A source that was asked for and is not open yet.
pub trait SourcePlan: EndPlan {
    /// Does what needs no waiting for a peer: opens the file, binds the listener.
    fn prepare<'a>(&'a self, announce: &'a dyn Announce) -> Opening<'a, PreparedSource<'a>>;

    /// How many bytes have to come from it at least.
    fn least(&self) -> Least {
        Least::Nothing
    }
}

/// A sink that was asked for and is not open yet.
pub trait SinkPlan: EndPlan {
    /// Does what needs no waiting for a peer: opens the file, binds the listener. Nothing that exists is changed.
    fn prepare<'a>(&'a self, announce: &'a dyn Announce) -> Opening<'a, PreparedSink<'a>>;

    /// The same sink, in which a copy is to go on behind what it has (`--resume`). `None`: that cannot be asked of it.
    #[must_use]
    fn resumed(self: Box<Self>) -> Option<Box<dyn SinkPlan>> {
        None
    }

    /// Whether a copy into it that was cut short could go on so.
    fn can_be_resumed(&self) -> bool {
        false
    }

    /// What has become of it where a transfer was cut short, in words for the user: `copy.img is incomplete`. `None`: there is
    /// nothing that stays.
    fn when_cut(&self) -> Option<String> {
        None
    }

    /// The same, where nothing stays of what was written unless all of it is delivered.
    fn when_undone(&self) -> Option<String> {
        None
    }
}

/// A peer that was asked for as an end of both directions, and is not open yet.
pub trait PeerPlan: EndPlan {
    /// Does what needs no waiting for a peer: binds the listener, takes the descriptor. There are two such ends: it is announced as
    /// that on this `side`.
    fn prepare<'a>(
        &'a self,
        side: Side,
        announce: &'a dyn Announce,
    ) -> Opening<'a, PreparedPeer<'a>>;

    /// What is known of one of its halves, as [`EndPlan::preview`] tells it of an end of one direction.
    fn preview_half(&self, side: Side) -> Preview;

    /// Whether it is a program that we run. Once that has ended well nothing more can be sent to it, which is no failure: both
    /// directions are over once its output is delivered.
    fn is_command(&self) -> bool {
        false
    }
}
