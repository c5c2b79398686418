//! An end that was asked for and is not open yet: what it promises, and how it is opened.

use super::{FileId, Least, OpenError, Preview, Sink, Source};
use crate::error::Side;
use std::future::Future;
use std::net::SocketAddr;
use std::path::Path;
use std::pin::Pin;

/// A boxed future; opening may wait for a name server, a peer, or the other end of a FIFO.
pub type Opening<'a, T> = Pin<Box<dyn Future<Output = Result<T, OpenError>> + 'a>>;

/// Tells the world of a listening end.
pub trait Announce {
    /// `side` listens on `address`.
    fn listening(&self, side: Side, address: SocketAddr);

    /// `side` does not let this `peer` in, and waits on.
    fn refused(&self, side: Side, peer: SocketAddr);
}

/// An end that was asked for and is not open yet.
pub trait EndPlan {
    /// What can be said of it on this side without touching it: nothing is opened, read, resolved or waited for.
    fn preview(&self, side: Side) -> Preview;

    /// Does what waits for nobody: opens the file, binds the listener. Nothing that exists is changed.
    fn prepare<'a>(&'a mut self, _side: Side, _announce: &'a dyn Announce) -> Opening<'a, ()> {
        Box::pin(async { Ok(()) })
    }

    /// The path that was asked for, if it is one.
    fn path(&self) -> Option<&Path> {
        None
    }

    /// The file this is, known after `prepare`.
    fn file_id(&self) -> Option<FileId> {
        None
    }
}

/// A SOURCE that was asked for.
pub trait SourcePlan: EndPlan {
    /// Opens it, waiting for a peer if there is one.
    fn open(self: Box<Self>, announce: &dyn Announce) -> Opening<'_, Box<dyn Source>>;

    /// The least that it has to give.
    fn least(&self) -> Least {
        Least::Nothing
    }
}

/// A SINK that was asked for.
pub trait SinkPlan: EndPlan {
    /// Opens it, waiting for a peer if there is one. What existed is still as it was.
    fn open(self: Box<Self>, announce: &dyn Announce) -> Opening<'_, Box<dyn Sink>>;
}
