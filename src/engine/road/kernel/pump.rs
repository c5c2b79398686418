//! What all ways of the kernel road have in common: their ends, what has passed, and how they stop.

use super::arrival::{Arrival, Refusal, Stop};
use super::gathering::{Gather, Gathering, MOMENT};
use super::methods::Method;
use super::syscalls::Syscalls;
use crate::account::meter::Meter;
use crate::account::phase::Phase;
use crate::endpoint::pipe::NeighbourPipe;
use crate::endpoint::{Raw, Sink, Source};
use crate::engine::link::{Link, Pipes, WatchedPipe};
use crate::engine::road::Flow;
use crate::engine::road::flow::Account;
use crate::engine::road::inlet::{Inlet, ReaderEnd};
use crate::engine::road::outlet::{Outlet, WaitFor, WriterEnd};
use crate::engine::road::taken::{Calls, Taken};
use crate::engine::throttle::Allowance;
use crate::engine::wait;
use crate::error::Side;
use crate::platform::FdAt;
use rustix::event::PollFlags;
use std::io;
use std::os::fd::BorrowedFd;
use std::time::Instant;
use tokio::sync::watch;

/// What is worth waiting for where bytes gather, in bytes: as much as one call moves.
const PIECE: u64 = 1 << 20;

/// The two ends, and everything that is kept about the flow between them.
pub(super) struct Pump<'a> {
    pub(super) inlet: Inlet<'a>,
    pub(super) outlet: Outlet<'a>,
    /// What the source is to the kernel.
    pub(super) from: Option<Raw>,
    /// What the sink is to the kernel.
    pub(super) to: Option<Raw>,
    pub(super) link: &'a Link,
    pub(super) meter: &'a Meter,
    pub(super) syscalls: &'a dyn Syscalls,
    pub(super) chunk_size: u64,
    pub(super) gathering: Gathering,
    /// How often in a row nothing has moved.
    pub(super) vain: u32,
    /// Bytes of the source up to its next hole.
    pub(super) before_hole: u64,
    /// Until when the rate limit lets nothing go.
    pub(super) held: Option<Instant>,
    skip: u64,
    /// How the source failed while some of what it gave was still to be delivered.
    pub(super) cut: Option<io::Error>,
    /// The way that is gone, until it was told.
    untold: Option<Calls>,
    taken: &'a watch::Sender<Option<Taken>>,
}

impl<'a> Pump<'a> {
    pub(super) fn new(
        source: Box<dyn Source>,
        sink: Box<dyn Sink>,
        flow: Flow,
        account: Account<'a>,
        syscalls: &'a dyn Syscalls,
        taken: &'a watch::Sender<Option<Taken>>,
    ) -> Self {
        let (link, meter) = (account.link, account.meter);
        Self {
            gathering: Gathering::before(source.raw().ok(), flow.chunk_size.min(PIECE)),
            from: source.raw().ok(),
            to: sink.raw().ok(),
            inlet: Inlet::new(source, flow.take, link, None, meter),
            outlet: Outlet::new(sink, flow, account),
            link,
            meter,
            syscalls,
            chunk_size: flow.chunk_size,
            vain: 0,
            before_hole: 0,
            held: None,
            skip: flow.skip,
            cut: None,
            untold: None,
            taken,
        }
    }

    /// Moves everything, in the first of the ways that the kernel goes.
    pub(super) fn run(mut self, methods: Vec<Method>) -> Result<Arrival, Refusal> {
        let mut last = None;
        let mut end = self.skip(&methods);
        if end.is_ok() {
            for way in methods {
                if self.outlet.is_limited() && !way.can_be_limited() {
                    continue;
                }
                self.set_out(&way);
                end = self.go(&way);
                last = Some(way);
                // Another way begins with nothing delivered, as its buffers do.
                if !matches!(end, Err(Stop::Refused(..))) || self.meter.bytes_out() > 0 {
                    break;
                }
            }
        }
        let end = end.and_then(|()| Ok(self.outlet.finish()?));
        self.conclude(end, last)
    }

    /// Leaves out the first bytes. Others may have to wait for that, so it is told before which way it is to be.
    fn skip(&mut self, methods: &[Method]) -> Result<(), Stop> {
        let mut left = self.inlet.seek_ahead(self.skip).map_err(Stop::Source)?;
        if left > 0 {
            self.untold = methods.first().map(Method::calls);
            self.settle();
        }
        while left > 0 {
            self.check()?;
            match self.inlet.drop_some(left) {
                Ok(less) => left = less,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.wait_for_source(None)?;
                }
                Err(error) => return Err(Stop::Source(error)),
            }
        }
        Ok(())
    }

    fn set_out(&mut self, way: &Method) {
        let neighbours = matches!(way, Method::Straight);
        let watched =
            |fd: Option<BorrowedFd<'_>>| fd.filter(|_| neighbours).and_then(WatchedPipe::new);
        self.link.hand_over(Pipes {
            own: matches!(way, Method::Through { .. }),
            before: watched(self.inlet.source.raw_fd()),
            behind: watched(self.outlet.sink.raw_fd()),
        });
        self.untold = Some(way.calls());
    }

    fn go(&mut self, way: &Method) -> Result<(), Stop> {
        self.meter.enter(Phase::Moving);
        let end = match way {
            Method::Straight => self.go_straight(),
            Method::Through {
                reader,
                writer,
                growth,
            } => self.go_through(reader, writer, growth),
            Method::Copy => self.copy(),
        };
        if end.is_ok() {
            self.link.input_ended();
        }
        // It was this way, even if nothing has gone it.
        if !matches!(end, Err(Stop::Refused(..))) {
            self.settle();
        }
        self.link.let_go();
        end
    }

    fn conclude(
        mut self,
        end: Result<WriterEnd, Stop>,
        last: Option<Method>,
    ) -> Result<Arrival, Refusal> {
        self.gathering.stop(&mut *self.inlet.source);
        let source = self.inlet.source;
        let (result, writer) = match end {
            Ok(end) | Err(Stop::Sink(end)) => (Ok(()), end),
            Err(Stop::Source(error)) => (Err(error), WriterEnd::SourceCut),
            Err(Stop::Refused(at, error)) => {
                let len = self.link.pipe_len();
                let in_pipe = match last {
                    Some(Method::Through { reader, .. }) if len > 0 => Some((reader, len)),
                    _ => None,
                };
                let result = self.cut.map_or(Ok(()), Err);
                return Err(Refusal {
                    at,
                    error,
                    rest: ReaderEnd { source, result },
                    sink: self.outlet.sink,
                    in_pipe,
                });
            }
        };
        Ok(Arrival {
            reader: ReaderEnd { source, result },
            writer,
        })
    }

    /// The source, as the kernel is to read from it.
    pub(super) fn source_at(&self) -> io::Result<FdAt<'_>> {
        let source = &self.inlet.source;
        let fd = source.raw_fd().ok_or(io::ErrorKind::NotConnected)?;
        let offset = source.offset();
        Ok(FdAt { fd, offset })
    }

    /// The sink, as the kernel is to write to it.
    pub(super) fn sink_at(&self) -> io::Result<FdAt<'_>> {
        let sink = &self.outlet.sink;
        let fd = sink.raw_fd().ok_or(io::ErrorKind::NotConnected)?;
        let offset = sink.offset();
        Ok(FdAt { fd, offset })
    }

    /// How many of `most` bytes may come from the source now, at most as many as are wanted; 0 is its end.
    pub(super) fn claimed(&mut self, most: u64) -> Result<u64, Stop> {
        let most = self.inlet.wanted(most);
        let claimed = self.inlet.source.claim(most);
        claimed.map_err(|error| self.failed(Side::Source, error))
    }

    /// How many of `most` bytes may go to the sink now. `None`: none, as it takes none, or is to be `held` back from.
    pub(super) fn granted(&mut self, most: u64) -> Result<Option<u64>, Stop> {
        self.outlet.begin()?;
        let Some(most) = self.allowed(most) else {
            return Ok(None);
        };
        match self.outlet.sink.grant(most) {
            Ok(most) => Ok(Some(most)),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
            Err(error) => Err(self.failed(Side::Sink, error)),
        }
    }

    /// How many of `most` bytes the rate limit lets go now.
    pub(super) fn allowed(&mut self, most: u64) -> Option<u64> {
        match self.outlet.allow(most) {
            Allowance::Bytes(n) => Some(n),
            Allowance::Not(until) => {
                self.held = Some(until);
                None
            }
        }
    }

    /// The kernel goes this way.
    pub(super) fn settle(&mut self) {
        if let Some(calls) = self.untold.take() {
            self.taken.send_replace(Some(Taken::Kernel(calls)));
        }
    }

    /// The kernel spares bytes the pipe that they were to go through.
    pub(super) fn spares_pipe(&mut self) {
        if let Some(calls) = &mut self.untold {
            *calls = Calls::Sendfile;
        }
    }

    /// `n` bytes have come from the source.
    pub(super) fn count_in(&mut self, n: u64) {
        self.vain = 0;
        self.inlet.source.moved(n);
        if self.inlet.source.pipe().is_some_and(|pipe| pipe.held(n)) {
            self.link.pipes_changed();
        }
        self.inlet.count(n);
        self.gathering.came(n, &mut *self.inlet.source);
    }

    /// `n` bytes have gone to the sink.
    pub(super) fn count_out(&mut self, n: u64) -> Result<(), Stop> {
        self.outlet.sink.moved(n);
        if self.outlet.sink.pipe().is_some_and(|pipe| pipe.held(n)) {
            self.link.pipes_changed();
        }
        self.settle();
        Ok(self.outlet.count(n)?)
    }

    /// Fails once the transfer was given up.
    pub(super) fn check(&self) -> Result<(), Stop> {
        if self.link.is_cancelled() {
            Err(Stop::Sink(WriterEnd::Cancelled))
        } else {
            Ok(())
        }
    }

    /// The kernel says that the input has ended. At its very first call that may not be so.
    pub(super) fn ends(&mut self, is_first: bool) -> Result<bool, Stop> {
        match self.inlet.source.has_ended() {
            Ok(true) => Ok(true),
            Ok(false) if is_first => {
                let why = io::Error::other("it finds nothing in a file that is not empty");
                Err(Stop::Refused(Side::Source, why))
            }
            // Somebody has written more to it just now.
            Ok(false) => Ok(false),
            Err(error) => Err(Stop::Source(error)),
        }
    }

    /// Lets a stream gather before it is asked for more, if the rate limit does not give it the time anyway.
    pub(super) fn let_gather(&mut self) -> Result<(), Stop> {
        match self.gathering.wants() {
            Gather::Nothing => Ok(()),
            _ if matches!(self.outlet.allow(PIECE), Allowance::Not(_)) => Ok(()),
            Gather::Source => self.wait_for_source(None),
            Gather::Moment => self.give_a_moment(Phase::Source),
        }
    }

    /// Lets a neighbour do more at once.
    pub(super) fn give_a_moment(&mut self, phase: Phase) -> Result<(), Stop> {
        self.meter.enter(phase);
        self.outlet.wait(WaitFor {
            most: Some(MOMENT),
            ..WaitFor::default()
        })?;
        self.meter.enter(Phase::Moving);
        Ok(())
    }

    /// Waits until the source has something, for no longer than until it is idle or `until`.
    pub(super) fn wait_for_source(&mut self, until: Option<Instant>) -> Result<(), Stop> {
        self.settle();
        self.meter.enter(Phase::Source);
        let most = self.gathering.patience(&mut *self.inlet.source);
        let idle_from = self.inlet.idle_from();
        self.outlet.wait(WaitFor {
            source: Some(self.inlet.source.ready()),
            most,
            until: idle_from.or(until),
            ..WaitFor::default()
        })?;
        self.inlet.rest(idle_from);
        self.meter.enter(Phase::Moving);
        Ok(())
    }

    /// Waits until the sink takes something, or the rate limit lets something go if it is that which held it back, or
    /// the source has more if that `has_room`.
    pub(super) fn wait_for_sink(&mut self, has_room: bool) -> Result<(), Stop> {
        self.settle();
        // A file always says that it has something.
        let source = (has_room && !self.reads_file()).then(|| self.inlet.source.ready());
        if let Some(until) = self.held.take() {
            return Ok(self.outlet.hold(until, source)?);
        }
        self.meter.enter(Phase::Sink);
        self.outlet.wait(WaitFor {
            sink: true,
            source,
            ..WaitFor::default()
        })?;
        self.meter.enter(Phase::Moving);
        Ok(())
    }

    /// Makes room in the pipe behind us, which is full. Returns whether there is some now.
    pub(super) fn make_room(&mut self) -> bool {
        let has_grown = self.outlet.sink.pipe().is_some_and(NeighbourPipe::grow);
        if has_grown {
            self.link.pipes_changed();
        }
        has_grown
    }

    /// Whether the source has something now.
    pub(super) fn source_is_ready(&self) -> bool {
        let fd = self.inlet.source.raw_fd();
        fd.is_some_and(|fd| wait::is_ready(fd, PollFlags::IN))
    }

    /// Whether the sink takes something now.
    pub(super) fn sink_is_ready(&self) -> bool {
        let fd = self.outlet.sink.raw_fd();
        fd.is_some_and(|fd| wait::is_ready(fd, PollFlags::OUT))
    }

    /// Whether the source is a file, which is always ready, and a call for it may sleep.
    pub(super) fn reads_file(&self) -> bool {
        self.from == Some(Raw::File)
    }
}
