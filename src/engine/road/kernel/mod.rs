//! The kernel road: the kernel moves the bytes, which never come into our memory (splice(2), sendfile(2),
//! `copy_file_range(2)`).
//!
//! One thread does it all, as two on one pipe are slower than one. Where an end is a pipe, bytes go `straight` from one
//! end to the other; else `through` a pipe of our own; and where a file system copies by itself it is asked to `copy`.
//!
//! A refusal means that this kernel, or what watches over it, does not do this between these ends, or not any more: a
//! descriptor that others share gets other flags when they say so. At the beginning the next way is tried; else, and in the
//! end, the buffered road is taken, with the bytes that are in our pipe `ahead` of the rest. Any other failure is one.

mod ahead;
mod arrival;
mod copy;
mod faults;
mod gathering;
mod holes;
mod pump;
mod straight;
mod through;

use super::{Account, Flow, Journey, Taken, buffered};
use crate::endpoint::pipe::Growth;
use crate::endpoint::{FdAt, Raw};
use crate::platform;
use crate::platform::threads;
use ahead::Ahead;
use pump::Pump;
use std::fmt;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;

/// One way in which the kernel can move bytes.
#[derive(Debug)]
pub(super) enum Way {
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

impl Way {
    fn taken(&self) -> Taken {
        let calls = match self {
            Way::Straight => "splice",
            Way::Through { .. } => "splice through a pipe",
            Way::Copy => "copy_file_range",
        };
        Taken {
            road: "kernel",
            calls: Some(calls),
        }
    }

    /// Whether it can be gone at a rate: what a file system shares is not moved at one.
    fn can_be_limited(&self) -> bool {
        !matches!(self, Way::Copy)
    }
}

/// The call that spares the pipe what a socket takes at once.
const SPARING: &str = "sendfile";

/// Whether the kernel can spare a pipe of our own what the sink takes at once.
fn can_spare(from: Option<Raw>, to: Option<Raw>) -> bool {
    (from, to) == (Some(Raw::File), Some(Raw::Socket))
}

/// The ways to try, in order.
#[derive(Debug)]
pub struct Ways {
    pub(super) in_order: Vec<Way>,
    /// Whether it has to be one of these.
    pub(super) insists: bool,
    pub(super) door: Box<dyn Door>,
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

impl Ways {
    /// Those that can be gone, with a rate limit or without.
    fn open(&self, is_limited: bool) -> impl Iterator<Item = &Way> {
        let ways = self.in_order.iter();
        ways.filter(move |way| !is_limited || way.can_be_limited())
    }

    /// The calls by which bytes would move between ends of these kinds, in the order in which they are tried.
    #[must_use]
    pub fn calls(&self, from: Option<Raw>, to: Option<Raw>, is_limited: bool) -> Vec<&'static str> {
        let calls = self.open(is_limited).flat_map(|way| {
            let spares = matches!(way, Way::Through { .. }) && can_spare(from, to) && !is_limited;
            [spares.then_some(SPARING), way.taken().calls]
        });
        calls.flatten().collect()
    }

    /// The buffers of the first way.
    #[must_use]
    pub fn buffers(&self, is_limited: bool) -> Buffers {
        match self.open(is_limited).next() {
            Some(Way::Straight) => Buffers::Neighbours,
            Some(Way::Through { .. }) => Buffers::Own,
            Some(Way::Copy) | None => Buffers::None,
        }
    }
}

/// The door to the kernel: everything that moves bytes on this road is one of these calls.
pub trait Door: Send + fmt::Debug {
    /// Moves at most `most` bytes between a pipe and another descriptor; 0 is the end of input (splice(2)).
    ///
    /// # Errors
    /// `WouldBlock`: nothing is there, or nothing fits.
    fn splice(&self, from: FdAt<'_>, to: FdAt<'_>, most: u64) -> io::Result<u64>;

    /// Copies at most `most` bytes from file to file; 0 is the end of input (`copy_file_range(2)`).
    ///
    /// # Errors
    /// Those of reading and writing.
    fn copy(&self, from: FdAt<'_>, to: FdAt<'_>, most: u64) -> io::Result<u64>;

    /// Sends at most `most` bytes of a file to a socket, without waiting for the socket; 0 is the end of input
    /// (sendfile(2)). The socket has no offset.
    ///
    /// # Errors
    /// `WouldBlock`: the socket takes nothing now.
    fn send(&self, from: FdAt<'_>, to: FdAt<'_>, most: u64) -> io::Result<u64>;
}

/// The kernel itself.
#[derive(Debug)]
pub(super) struct Kernel;

impl Door for Kernel {
    fn splice(&self, from: FdAt<'_>, to: FdAt<'_>, most: u64) -> io::Result<u64> {
        platform::splice(from, to, most)
    }

    fn copy(&self, from: FdAt<'_>, to: FdAt<'_>, most: u64) -> io::Result<u64> {
        platform::copy(from, to, most)
    }

    fn send(&self, from: FdAt<'_>, to: FdAt<'_>, most: u64) -> io::Result<u64> {
        platform::send(from, to.fd, most)
    }
}

/// Sets the thread to work.
pub(super) fn start(ways: Ways, journey: Journey) -> io::Result<()> {
    threads::spawn("kernel road", move || travel(ways, journey))
}

fn travel(ways: Ways, journey: Journey) {
    let Journey {
        source,
        sink,
        flow,
        between,
        reports,
    } = journey;
    let (link, meter) = (
        Arc::clone(between.chain.first()),
        Arc::clone(&between.meter),
    );
    let _guard = link.cancel_on_panic();
    let told = &reports.taken;
    let account = Account {
        first: &link,
        link: &link,
        meter: &meter,
        limit: &between.limit,
    };
    let pump = Pump::new(source, sink, flow, account, &*ways.door, told);
    match pump.run(ways.in_order) {
        Ok(arrival) => reports.arrived(arrival, &link),
        Err(refusal) if ways.insists => {
            reports.arrived(refusal.no_road(meter.bytes_out()), &link);
        }
        Err(refusal) => {
            link.take_back(meter.bytes_out() > 0);
            meter.recount_in();
            let sink = refusal.sink;
            let ahead = Ahead::new(refusal.in_pipe, refusal.rest);
            let detour = Journey {
                source: Box::new(ahead),
                sink,
                flow: Flow {
                    // What was to be skipped is behind us, and so is a hole at the beginning of a file.
                    skip: 0,
                    take: flow.take.map(|take| take.saturating_sub(meter.bytes_out())),
                    ..flow
                },
                between,
                reports,
            };
            buffered::go_on(detour);
        }
    }
}
