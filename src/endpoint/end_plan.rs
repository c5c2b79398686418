//! An end that was asked for and is not open yet: what it promises, and how it is opened.

use super::{FileId, Least, OpenError, Preview, Sink, Source};
use crate::error::Side;
use std::future::Future;
use std::net::SocketAddr;
use std::path::Path;
use std::pin::Pin;

/// A boxed future; opening may wait for a name server, a peer, or the other end of a FIFO.
pub type Opening<'a, T> = Pin<Box<dyn Future<Output = Result<T, OpenError>> + 'a>>;

/// Hears what happens at a listening end, to tell the user.
pub trait Announce {
    /// `side` listens on `address`.
    fn listening(&self, side: Side, address: SocketAddr);

    /// `side` does not let this `peer` in, and waits on.
    fn refused(&self, side: Side, peer: SocketAddr);
}

/// An end that was asked for and is not open yet.
pub trait EndPlan {
    /// What is known of it on this side without opening, reading, resolving or waiting for anything.
    fn preview(&self, side: Side) -> Preview;

    /// Does what needs no waiting for a peer: opens the file, binds the listener. Nothing that exists is changed.
    fn prepare<'a>(&'a mut self, _side: Side, _announce: &'a dyn Announce) -> Opening<'a, ()> {
        Box::pin(async { Ok(()) })
    }

    /// Its path, if it has one.
    fn path(&self) -> Option<&Path> {
        None
    }

    /// Which file it is; known after `prepare`.
    fn file_id(&self) -> Option<FileId> {
        None
    }
}

/// A source that was asked for and is not open yet.
pub trait SourcePlan: EndPlan {
    /// Opens it, waiting for a peer if there is one.
    fn open(self: Box<Self>, announce: &dyn Announce) -> Opening<'_, Box<dyn Source>>;

    /// How many bytes have to come from it at least.
    fn least(&self) -> Least {
        Least::Nothing
    }
}

/// A sink that was asked for and is not open yet.
pub trait SinkPlan: EndPlan {
    /// Opens it, waiting for a peer if there is one. A file that existed is unchanged.
    fn open(self: Box<Self>, announce: &dyn Announce) -> Opening<'_, Box<dyn Sink>>;
}
