//! The methods by which the kernel can move bytes, and which of them are tried in which order.

use super::own_pipe::OwnPipe;
use super::syscalls::Syscalls;
use super::tee_pipes::TeePipes;
use crate::endpoint::Raw;
use crate::engine::road::in_use::Calls;

/// A method by which the kernel can move bytes.
#[derive(Debug)]
pub(in crate::engine::road) enum Method {
    /// From one end to the other, one of which is a pipe.
    Direct,
    /// Through a pipe of our own.
    ThroughPipe(OwnPipe),
    /// From file to file, as the file system can.
    Copy,
}

impl Method {
    /// The calls that it makes.
    pub(super) fn calls(&self) -> Calls {
        match self {
            Method::Direct => Calls::Splice,
            Method::ThroughPipe(_) => Calls::SpliceThroughPipe,
            Method::Copy => Calls::CopyFileRange,
        }
    }

    /// Whether it is used where there is a rate limit from the start. When a file system shares blocks between two files,
    /// no bytes move that could be held back; a limit that is set later holds back only what the next call copies.
    pub(super) fn can_be_limited(&self) -> bool {
        !matches!(self, Method::Copy)
    }

    /// Whether it takes bytes from the source before it asks the sink.
    pub(super) fn takes_first(&self) -> bool {
        matches!(self, Method::ThroughPipe(_))
    }
}

/// Whether sendfile(2) can move bytes past a pipe of our own, as far as the sink takes them at once.
pub(super) fn can_sendfile(from: Raw, to: Raw) -> bool {
    (from, to) == (Raw::File, Raw::Socket)
}

/// The methods to try, in order.
#[derive(Debug)]
pub struct Methods {
    pub(in crate::engine::road) in_order: Vec<Method>,
    /// The pipes to duplicate bytes through instead, to several sinks.
    pub(in crate::engine::road) tee: Option<TeePipes>,
    /// Whether the transfer fails where none of them is accepted (`--road kernel`).
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
    /// Pipes of our own: one that the source fills, and one for each sink.
    OwnForEachSink,
    /// None.
    None,
}

impl Methods {
    /// The methods that can be used, with a rate limit or without.
    fn usable(&self, is_limited: bool) -> impl Iterator<Item = &Method> {
        let methods = self.in_order.iter();
        methods.filter(move |method| !is_limited || method.can_be_limited())
    }

    /// Whether they can move bytes to so many sinks.
    pub(in crate::engine) fn serves(&self, sinks: usize) -> bool {
        let pipes = self.tee.as_ref().map(|it| it.of_sinks.len());
        pipes.unwrap_or(1) == sinks
    }

    /// The calls by which bytes would move between ends of these kinds, in the order in which they are tried.
    #[must_use]
    pub fn calls(&self, from: Option<Raw>, to: Option<Raw>, is_limited: bool) -> Vec<Calls> {
        if self.tee.is_some() {
            return vec![Calls::Tee];
        }
        let calls = self.usable(is_limited).flat_map(|method| {
            let sends = matches!(method, Method::ThroughPipe(_))
                && from
                    .zip(to)
                    .is_some_and(|(from, to)| can_sendfile(from, to))
                && !is_limited;
            [sends.then_some(Calls::Sendfile), Some(method.calls())]
        });
        calls.flatten().collect()
    }

    /// The buffers of the first method.
    #[must_use]
    pub fn buffers(&self, is_limited: bool) -> Buffers {
        match self.usable(is_limited).next() {
            _ if self.tee.is_some() => Buffers::OwnForEachSink,
            Some(Method::Direct) => Buffers::Neighbours,
            Some(Method::ThroughPipe(_)) => Buffers::Own,
            Some(Method::Copy) | None => Buffers::None,
        }
    }
}
