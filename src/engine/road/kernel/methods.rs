//! The ways in which the kernel can move bytes, and which of them are tried in which order.

use super::syscalls::Syscalls;
use crate::endpoint::Raw;
use crate::endpoint::pipe::Growth;
use crate::engine::road::taken::Calls;
use std::os::fd::OwnedFd;

/// One way in which the kernel can move bytes.
#[derive(Debug)]
pub(in crate::engine::road) enum Method {
    /// From one end to the other, of which one is a pipe.
    Straight,
    /// Through a pipe of our own.
    Through {
        /// Its reading end.
        reader: OwnedFd,
        /// Its writing end.
        writer: OwnedFd,
        /// How far it grows.
        growth: Growth,
    },
    /// From file to file, as the file system can.
    Copy,
}

impl Method {
    /// The calls that it makes.
    pub(super) fn calls(&self) -> Calls {
        match self {
            Method::Straight => Calls::Splice,
            Method::Through { .. } => Calls::SpliceThroughPipe,
            Method::Copy => Calls::CopyFileRange,
        }
    }

    /// Whether it can be gone at a rate: what a file system shares is not moved at one.
    pub(super) fn can_be_limited(&self) -> bool {
        !matches!(self, Method::Copy)
    }
}

/// Whether the kernel can spare a pipe of our own what the sink takes at once.
pub(super) fn can_spare(from: Option<Raw>, to: Option<Raw>) -> bool {
    (from, to) == (Some(Raw::File), Some(Raw::Socket))
}

/// The ways to try, in order.
#[derive(Debug)]
pub struct Methods {
    pub(in crate::engine::road) in_order: Vec<Method>,
    /// Whether it has to be one of these.
    pub(in crate::engine::road) insists: bool,
    pub(in crate::engine::road) syscalls: Box<dyn Syscalls>,
}

/// Which buffers there are on the kernel road.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Buffers {
    /// The pipes that the ends are.
    Neighbours,
    /// A pipe of our own.
    Own,
    /// None.
    None,
}

impl Methods {
    /// Those that can be gone, with a rate limit or without.
    fn open(&self, is_limited: bool) -> impl Iterator<Item = &Method> {
        let methods = self.in_order.iter();
        methods.filter(move |way| !is_limited || way.can_be_limited())
    }

    /// The calls by which bytes would move between ends of these kinds, in the order in which they are tried.
    #[must_use]
    pub fn calls(&self, from: Option<Raw>, to: Option<Raw>, is_limited: bool) -> Vec<Calls> {
        let calls = self.open(is_limited).flat_map(|way| {
            let spares =
                matches!(way, Method::Through { .. }) && can_spare(from, to) && !is_limited;
            [spares.then_some(Calls::Sendfile), Some(way.calls())]
        });
        calls.flatten().collect()
    }

    /// The buffers of the first way.
    #[must_use]
    pub fn buffers(&self, is_limited: bool) -> Buffers {
        match self.open(is_limited).next() {
            Some(Method::Straight) => Buffers::Neighbours,
            Some(Method::Through { .. }) => Buffers::Own,
            Some(Method::Copy) | None => Buffers::None,
        }
    }
}
