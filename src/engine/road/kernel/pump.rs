//! What the methods of the kernel road have in common: their ends, what has passed, how they wait, and how they stop.
//!
//! Before a method makes a call, it asks three times how much may move: the source, how many bytes there are to be had and
//! are not another process's (`claim`, by [`Pump::claimed`]); then the rate limit, how many it lets go (`allow`), and the
//! sink, how many it has room for (`grant`, both by [`Pump::granted`]).

use super::ending::{Refusal, RoadOutcome, Stop};
use super::gathering::{Gather, Gathering, PIPE_GATHER_TIME};
use super::methods::Method;
use super::syscalls::Syscalls;
use crate::account::meter::WriterAccount;
use crate::account::phase::Phase;
use crate::endpoint::pipe::NeighbourPipe;
use crate::endpoint::{Raw, Sink, Source};
use crate::engine::link::{PipedLink, Pipes, WatchedPipe};
use crate::engine::road::FlowOptions;
use crate::engine::road::flow::WriterContext;
use crate::engine::road::in_use::{Calls, RoadInUse};
use crate::engine::road::inlet::{Inlet, ReaderOutcome};
use crate::engine::road::outlet::{Outlet, WaitFor, WriterOutcome, timed};
use crate::engine::road::progress::Progress;
use crate::engine::wait;
use crate::error::Side;
use crate::platform::FdAt;
use rustix::event::PollFlags;
use std::io;
use std::os::fd::BorrowedFd;
use std::time::Instant;

/// The most bytes that are worth waiting for, for a source whose bytes gather: as many as one call moves.
const MOST_GATHERED: u64 = 1 << 20;

/// The two ends, and what is kept about the flow between them.
pub(super) struct Pump<'a> {
    pub(super) inlet: Inlet<'a>,
    pub(super) outlet: Outlet<'a>,
    /// What the source is to the kernel.
    pub(super) from: Option<Raw>,
    /// What the sink is to the kernel.
    pub(super) to: Option<Raw>,
    pub(super) link: PipedLink<'a>,
    pub(super) account: &'a WriterAccount<'a>,
    pub(super) syscalls: &'a dyn Syscalls,
    pub(super) chunk_size: u64,
    pub(super) gathering: Gathering,
    /// How many calls in a row have moved nothing.
    pub(super) empty_calls: u32,
    /// Bytes of the source before its next hole; 0: the source is to be asked. One without holes says `u64::MAX`.
    pub(super) data_left: u64,
    skip: u64,
    /// The error with which the source failed while some of what it gave was still to be delivered.
    pub(super) source_error: Option<io::Error>,
    /// The calls of the current method, until they are announced.
    unannounced: Option<Calls>,
    progress: &'a Progress,
}

impl<'a> Pump<'a> {
    pub(super) fn new(
        source: Box<dyn Source>,
        sink: Box<dyn Sink>,
        flow: FlowOptions,
        context: WriterContext<'a>,
        syscalls: &'a dyn Syscalls,
        progress: &'a Progress,
    ) -> Self {
        let (link, account) = (context.first, context.account);
        Self {
            gathering: Gathering::new(source.raw().ok(), flow.chunk_size.min(MOST_GATHERED)),
            from: source.raw().ok(),
            to: sink.raw().ok(),
            inlet: Inlet::new(source, flow.take, link, None, account.meter()),
            outlet: Outlet::new(sink, flow, context),
            link: link.use_pipes(),
            account,
            syscalls,
            chunk_size: flow.chunk_size,
            empty_calls: 0,
            data_left: 0,
            skip: flow.skip,
            source_error: None,
            unannounced: None,
            progress,
        }
    }

    /// Moves everything, by the first of the methods that can be used and that the kernel accepts.
    pub(super) fn run(mut self, methods: Vec<Method>) -> Result<RoadOutcome, Refusal> {
        let mut last = None;
        let mut end = self.skip(&methods);
        if end.is_ok() {
            let none = io::Error::other("none of its calls can do what was asked for");
            end = Err(Stop::Refused(Side::Sink, none));
            for method in methods {
                if !self.can_use(&method) {
                    continue;
                }
                self.prepare(&method);
                end = self.run_method(&method);
                last = Some(method);
                // Only the last method fills a pipe of our own, so that the next one begins with empty buffers.
                if !matches!(end, Err(Stop::Refused(..))) || self.account.bytes_out() > 0 {
                    break;
                }
            }
        }
        let end = end.and_then(|()| Ok(self.outlet.finish()?));
        self.conclude(end, last)
    }

    /// Whether the method can keep to the rate limit, and leave a sink alone that is put off until bytes have come.
    fn can_use(&self, method: &Method) -> bool {
        (method.can_be_limited() || !self.outlet.is_limited())
            && (method.takes_first() || !self.outlet.is_put_off())
    }

    /// Skips the first bytes. That may take long if they have to be read, so the first method is reported before.
    fn skip(&mut self, methods: &[Method]) -> Result<(), Stop> {
        let mut left = self.inlet.seek_ahead(self.skip).map_err(Stop::Source)?;
        if left > 0 {
            self.unannounced = methods.first().map(Method::calls);
            self.announce_road();
        }
        while left > 0 {
            self.check_cancelled()?;
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

    /// Tells the link which pipes the bytes will be in, and takes note of the method.
    fn prepare(&mut self, method: &Method) {
        let ends_are_buffers = matches!(method, Method::Direct);
        let watched =
            |fd: Option<BorrowedFd<'_>>| fd.filter(|_| ends_are_buffers).and_then(WatchedPipe::new);
        self.link.begin(Pipes {
            own: matches!(method, Method::ThroughPipe { .. }),
            source: watched(self.inlet.source.raw_fd()),
            sink: watched(self.outlet.sink.raw_fd()),
        });
        self.unannounced = Some(method.calls());
    }

    /// Moves everything by one method.
    fn run_method(&mut self, method: &Method) -> Result<(), Stop> {
        self.account.enter(Phase::Moving);
        let end = match method {
            Method::Direct => self.move_directly(),
            Method::ThroughPipe {
                reader,
                writer,
                growth,
            } => self.move_through_pipe(reader, writer, growth),
            Method::Copy => self.copy(),
        };
        if end.is_ok() {
            self.link.input_ended();
        }
        // The method is announced even if there was nothing to move.
        if !matches!(end, Err(Stop::Refused(..))) {
            self.announce_road();
        }
        self.link.release_pipes();
        end
    }

    /// How both ends ended; or, if the kernel has refused the `last` method, what is left for the buffered road.
    fn conclude(
        mut self,
        end: Result<WriterOutcome, Stop>,
        last: Option<Method>,
    ) -> Result<RoadOutcome, Refusal> {
        self.gathering.stop(&mut *self.inlet.source);
        let source = self.inlet.source;
        let (result, writer) = match end {
            Ok(end) | Err(Stop::Sink(end)) => (self.source_error.map_or(Ok(()), Err), end),
            Err(Stop::Source(error)) => (Err(error), WriterOutcome::SourceCut),
            Err(Stop::Refused(at, error)) => {
                let len = self.link.pipe_len();
                let in_pipe = match last {
                    Some(Method::ThroughPipe { reader, .. }) if len > 0 => Some((reader, len)),
                    _ => None,
                };
                self.link.use_chunks(self.account.bytes_out() > 0);
                return Err(Refusal {
                    at,
                    error,
                    source,
                    source_error: self.source_error,
                    sink: self.outlet.sink,
                    in_pipe,
                });
            }
        };
        Ok(RoadOutcome {
            reader: ReaderOutcome { source, result },
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
        claimed.map_err(|error| self.stop_for(Side::Source, error))
    }

    /// One splice(2), which may sleep at one side. No call is made for 0 bytes, which is what a source at its end has.
    pub(super) fn splice(
        &self,
        from: FdAt<'_>,
        to: FdAt<'_>,
        most: u64,
        sleeping_side: Option<Side>,
    ) -> io::Result<u64> {
        if most == 0 {
            return Ok(0);
        }
        timed(self.account, sleeping_side, || {
            self.syscalls.splice(from, to, most)
        })
    }

    /// Reports the road and its calls, at the first byte or before the first wait.
    pub(super) fn announce_road(&mut self) {
        if let Some(calls) = self.unannounced.take() {
            self.progress.set_road(RoadInUse::Kernel(calls));
        }
    }

    /// Bytes have gone past the pipe by sendfile(2).
    pub(super) fn has_sent_past_pipe(&mut self) {
        if let Some(calls) = &mut self.unannounced {
            *calls = Calls::Sendfile;
        }
    }

    /// `n` bytes have come from the source.
    pub(super) fn count_in(&mut self, n: u64) {
        self.empty_calls = 0;
        self.inlet.source.moved(n);
        if self
            .inlet
            .source
            .pipe()
            .is_some_and(|pipe| pipe.grow_if_filled(n))
        {
            self.link.link().pipes_resized();
        }
        self.inlet.count(n);
        self.gathering.came(n, &mut *self.inlet.source);
    }

    /// `n` bytes have gone to the sink.
    pub(super) fn count_out(&mut self, n: u64) -> Result<(), Stop> {
        self.outlet.sink.moved(n);
        if self
            .outlet
            .sink
            .pipe()
            .is_some_and(|pipe| pipe.grow_if_filled(n))
        {
            self.link.link().pipes_resized();
        }
        self.announce_road();
        Ok(self.outlet.count(n)?)
    }

    /// Fails once the transfer was given up.
    pub(super) fn check_cancelled(&self) -> Result<(), Stop> {
        if self.link.link().is_cancelled() {
            Err(Stop::Sink(WriterOutcome::Cancelled))
        } else {
            Ok(())
        }
    }

    /// The kernel says that the input has ended. Where that is not so, the first call counts as refused.
    pub(super) fn has_ended(&mut self, is_first: bool) -> Result<bool, Stop> {
        match self.inlet.source.has_ended() {
            Ok(true) => Ok(true),
            Ok(false) if is_first => {
                let why = io::Error::other("it finds nothing in a file that is not empty");
                Err(Stop::Refused(Side::Source, why))
            }
            // More has been written to the file in between.
            Ok(false) => Ok(false),
            Err(error) => Err(Stop::Source(error)),
        }
    }

    /// Lets a stream gather before the source is read again, unless the rate limit gives it the time anyway.
    pub(super) fn let_gather(&mut self) -> Result<(), Stop> {
        match self.gathering.to_wait_for() {
            Gather::Nothing => Ok(()),
            _ if !self.outlet.would_allow(MOST_GATHERED) => Ok(()),
            Gather::Source => self.wait_for_source(None),
            Gather::Sleep => self.sleep_briefly(Phase::Source),
        }
    }

    /// Gives the process at the other side of a pipe time to write or read more at once.
    pub(super) fn sleep_briefly(&mut self, phase: Phase) -> Result<(), Stop> {
        self.account.enter(phase);
        self.outlet.wait(WaitFor {
            most: Some(PIPE_GATHER_TIME),
            ..WaitFor::default()
        })?;
        self.account.enter(Phase::Moving);
        Ok(())
    }

    /// Waits until the source has something, but no longer than until it counts as idle, or `until`.
    pub(super) fn wait_for_source(&mut self, until: Option<Instant>) -> Result<(), Stop> {
        self.announce_road();
        self.account.enter(Phase::Source);
        let most = self.gathering.time_limit(&mut *self.inlet.source);
        let idle_from = self.inlet.idle_from();
        self.outlet.wait(WaitFor {
            source: Some(self.inlet.source.ready()),
            most,
            until: idle_from.into_iter().chain(until).min(),
            ..WaitFor::default()
        })?;
        self.inlet.give_back_if_idle(idle_from);
        self.account.enter(Phase::Moving);
        Ok(())
    }

    /// Enlarges the pipe that is the sink, which is full. Returns whether it was enlarged.
    pub(super) fn grow_sink_pipe(&mut self) -> bool {
        let has_grown = self.outlet.sink.pipe().is_some_and(NeighbourPipe::grow);
        if has_grown {
            self.link.link().pipes_resized();
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

    /// Whether the source is a file, which is always readable, and whose calls may sleep.
    pub(super) fn reads_file(&self) -> bool {
        self.from == Some(Raw::File)
    }
}
