//! Inherited descriptors as ends of both directions: `-`, which is standard input and output together, and `fd:N`.
//!
//! A terminal gives lines as they are typed, and its end is ^D. Where the end of what is written can be told, it is: a socket is shut
//! down for writing, whoever shares it, and a pipe that is standard output is closed.

use super::descriptor::Descriptor;
use super::effects::Effects;
use super::output::FileSink;
use super::socket::StreamSocket;
use super::socket_halves;
use super::stdio::{InheritedPlan, PlainSource};
use super::{
    Announce, EndPlan, Halves, OpenError, OpenFailure, Opening, PeerPlan, Prepared, PreparedPeer,
    Preview, World,
};
use crate::error::{Side, UsageError};
use rustix::fs::{FileType, OFlags, fcntl_getfl, fstat};
use rustix::net::getsockname;
use std::net::SocketAddr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd, RawFd};

const OPENING: &str = "opening";

/// Plans standard input and output as one end.
pub(super) fn peer(world: &dyn World) -> Result<Box<dyn PeerPlan>, UsageError> {
    Ok(Box::new(StdioPeer {
        input: InheritedPlan::of(0, Side::Source, "standard input", world)?,
        output: InheritedPlan::of(1, Side::Sink, "standard output", world)?,
    }))
}

/// Standard input and output.
#[derive(Debug)]
struct StdioPeer {
    input: InheritedPlan,
    output: InheritedPlan,
}

impl StdioPeer {
    fn of(&self, side: Side) -> &InheritedPlan {
        match side {
            Side::Source => &self.input,
            Side::Sink => &self.output,
        }
    }

    fn halves(&self) -> Result<Halves, OpenError> {
        let (input, output) = (self.input.adopt()?, self.output.adopt()?);
        if is_same_socket(&input, &output) {
            return Ok(socket_halves::of(InheritedSocket::new(input.into_fd())));
        }
        Ok(Halves {
            source: Box::new(PlainSource::new(input)),
            sink: Box::new(FileSink::stdout_that_ends(output)),
        })
    }
}

impl EndPlan for StdioPeer {
    fn preview(&self, side: Side) -> Preview {
        self.of(side).preview(side)
    }

    fn is_descriptor(&self, number: RawFd) -> bool {
        number == 0 || number == 1
    }
}

impl PeerPlan for StdioPeer {
    fn prepare<'a>(&'a self, _: Side, _: &'a dyn Announce) -> Opening<'a, PreparedPeer<'a>> {
        Box::pin(async {
            let halves = self.halves()?;
            Ok(Prepared::new(None, async { Ok(halves) }))
        })
    }

    fn preview_half(&self, side: Side) -> Preview {
        let base = self.preview(side);
        match (side, self.input.adopt(), self.output.adopt()) {
            (Side::Sink, Ok(input), Ok(output)) => Preview {
                ending: sink_ending(&output, is_same_socket(&input, &output), &base),
                ..base
            },
            _ => base,
        }
    }
}

/// When a sink is delivered that was to end so if nothing went the other way.
fn sink_ending(it: &Descriptor, is_heard_too: bool, base: &Preview) -> String {
    match it.facts.file_type {
        FileType::Socket if is_heard_too => "once the peer's system has every byte (acknowledged)",
        FileType::Socket => "once the system has every byte (written); the peer is told the end",
        _ => &base.ending,
    }
    .to_owned()
}

/// A descriptor that is read and written.
#[derive(Debug)]
pub(super) struct DescriptorPeer(InheritedPlan);

impl DescriptorPeer {
    pub(super) fn new(plan: InheritedPlan) -> Self {
        Self(plan)
    }

    fn halves(&self) -> Result<Halves, OpenError> {
        let descriptor = self.0.adopt()?;
        check_both_ways(&descriptor)?;
        if descriptor.facts.file_type == FileType::Socket {
            return Ok(socket_halves::of(InheritedSocket::new(
                descriptor.into_fd(),
            )));
        }
        Ok(Halves {
            source: Box::new(PlainSource::new(descriptor)),
            sink: Box::new(FileSink::inherited(self.0.adopt()?, Effects::default())),
        })
    }
}

impl EndPlan for DescriptorPeer {
    fn preview(&self, side: Side) -> Preview {
        self.0.preview(side)
    }

    fn is_descriptor(&self, number: RawFd) -> bool {
        self.0.is_descriptor(number)
    }
}

impl PeerPlan for DescriptorPeer {
    fn prepare<'a>(&'a self, _: Side, _: &'a dyn Announce) -> Opening<'a, PreparedPeer<'a>> {
        Box::pin(async {
            let halves = self.halves()?;
            Ok(Prepared::new(None, async { Ok(halves) }))
        })
    }

    fn preview_half(&self, side: Side) -> Preview {
        let base = self.preview(side);
        let Ok(it) = self.0.adopt() else { return base };
        let ending = match side {
            Side::Source => base.ending.clone(),
            Side::Sink => sink_ending(&it, true, &base),
        };
        Preview {
            ending,
            obstacle: check_both_ways(&it).err(),
            ..base
        }
    }
}

/// Refuses what bytes cannot go both ways through: a pipe, a file, and what is open for one of both alone.
fn check_both_ways(it: &Descriptor) -> Result<(), OpenError> {
    let refuse = |why: &str| {
        Err(OpenError {
            act: OPENING,
            why: OpenFailure::Usage(why.to_owned()),
        })
    };
    match it.facts.file_type {
        FileType::Socket => return Ok(()),
        FileType::CharacterDevice => {}
        FileType::Fifo => {
            return refuse(
                "a pipe goes one way, and --duplex goes both; use a socket, or - for two pipes",
            );
        }
        _ => return refuse("--duplex goes both ways; use a socket or a terminal"),
    }
    let mode = fcntl_getfl(&it.fd).map_or(OFlags::RDWR, |flags| flags & OFlags::RWMODE);
    if mode == OFlags::RDWR {
        Ok(())
    } else {
        refuse("it is open for one direction, and --duplex goes both ways; open it as by 3<>DEVICE")
    }
}

/// Whether both are the same socket, as programs are started with by others that talk to them by one.
fn is_same_socket(input: &Descriptor, output: &Descriptor) -> bool {
    let are_sockets = [input, output].map(|it| it.facts.file_type) == [FileType::Socket; 2];
    let id = |it: &Descriptor| fstat(&it.fd).ok().map(|found| (found.st_dev, found.st_ino));
    are_sockets && id(input).is_some() && id(input) == id(output)
}

/// A connected socket that others share.
#[derive(Debug)]
struct InheritedSocket {
    fd: OwnedFd,
    is_internet: bool,
}

impl InheritedSocket {
    fn new(fd: OwnedFd) -> Self {
        let address = getsockname(&fd).ok();
        let is_internet = address.is_some_and(|it| SocketAddr::try_from(it).is_ok());
        Self { fd, is_internet }
    }
}

impl AsFd for InheritedSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl StreamSocket for InheritedSocket {
    fn is_shared(&self) -> bool {
        true
    }

    fn hangs_up_only_when_cut(&self) -> bool {
        self.is_internet
    }
}
