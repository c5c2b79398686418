//! What the methods of the kernel road share: the two ends as the kernel sees them, how much may move between them, the
//! calls that move it, what is counted, and what is waited for.
//!
//! Before a method makes a call, it asks three times how much may move: the source, how many bytes there are to be had and
//! are not another process's (`claim`, by [`Ends::claimed`]); then the rate limit, how many it lets go (`allow`), and the
//! sink, how many it has room for (`grant`, both by [`Ends::granted`]). After the call it counts what has come
//! ([`Ends::count_in`]) and what has gone ([`Ends::count_out`]).

use super::announcement::Announcement;
use super::ending::Stop;
use super::faults::{EmptyCalls, as_told_by_sink, failing_side, is_not_now, is_refusal};
use super::gathering::Gathering;
use super::syscalls::Syscalls;
use crate::account::meter::WriterAccount;
use crate::account::phase::Phase;
use crate::endpoint::{KernelSink, KernelSource, Raw};
use crate::engine::link::{Passed, PipedLink};
use crate::engine::road::FlowOptions;
use crate::engine::road::flow::WriterContext;
use crate::engine::road::inlet::Inlet;
use crate::engine::road::outlet::{Outlet, WaitFor, WriterOutcome, timed};
use crate::engine::road::progress::Progress;
use crate::engine::road::small_pieces::PIPE_GATHER_TIME;
use crate::engine::throttle::Allowance;
use crate::engine::wait;
use crate::error::Side;
use crate::platform::FdAt;
use rustix::event::PollFlags;
use std::io::{self, ErrorKind};
use std::os::fd::BorrowedFd;
use std::time::Duration;
use std::time::Instant;

/// The two ends of a transfer on the kernel road.
pub(super) struct Ends<'a> {
    pub(super) inlet: Inlet<'a, dyn KernelSource + 'a>,
    pub(super) outlet: Outlet<'a, dyn KernelSink + 'a>,
    /// What the source is to the kernel.
    pub(super) from: Raw,
    /// What the sink is to the kernel.
    pub(super) to: Raw,
    pub(super) link: PipedLink<'a>,
    account: &'a WriterAccount<'a>,
    syscalls: &'a dyn Syscalls,
    /// The most bytes that one call moves, but for copies.
    pub(super) chunk_size: u64,
    pub(super) gathering: Gathering,
    pub(super) announcement: Announcement<'a>,
    empty_calls: EmptyCalls,
    /// Whether no other source follows this one.
    is_last: bool,
    /// What the sink had taken before.
    taken_before: u64,
}

/// What the next of several sources needs of the one before.
pub(super) struct Rest {
    pub(super) passed: Passed,
    /// Bytes still to be read, if there is a limit (`--take`).
    pub(super) take: Option<u64>,
}

/// What may go to the sink now.
#[derive(Debug, Clone, Copy)]
pub(super) enum Grant {
    /// So many bytes.
    Bytes(u64),
    /// Nothing, because of this.
    Not(Obstacle),
}

/// What is between bytes and the sink.
#[derive(Debug, Clone, Copy)]
pub(super) enum Obstacle {
    /// The sink takes nothing now.
    Sink,
    /// The rate limit lets nothing go before this moment.
    Rate(Instant),
}

impl<'a> Ends<'a> {
    pub(super) fn new(
        (from, source): (Raw, &'a mut dyn KernelSource),
        (to, sink): (Raw, &'a mut dyn KernelSink),
        (flow, is_last): (FlowOptions, bool),
        (context, link): (WriterContext<'a>, PipedLink<'a>),
        syscalls: &'a dyn Syscalls,
        progress: &'a Progress,
    ) -> Self {
        let account = context.account;
        Self {
            gathering: Gathering::new(from, flow.chunk_size),
            from,
            to,
            inlet: Inlet::new(source, flow.take, context.first, None, account.meter()),
            outlet: Outlet::new(sink, flow, context),
            link,
            account,
            syscalls,
            chunk_size: flow.chunk_size,
            announcement: Announcement::new(progress),
            empty_calls: EmptyCalls::default(),
            is_last,
            taken_before: account.bytes_out(),
        }
    }

    /// Whether another source follows, of which something is wanted.
    pub(super) fn go_on(&self) -> bool {
        !self.is_last && !self.inlet.is_done()
    }

    /// What is left for the source that follows.
    pub(super) fn into_rest(self) -> Rest {
        Rest {
            take: self.inlet.left(),
            passed: self.link.set_aside(),
        }
    }

    /// The descriptor of the source, if it is open.
    pub(super) fn source_fd(&self) -> Option<BorrowedFd<'_>> {
        self.inlet.source.at().map(|at| at.fd)
    }

    /// The descriptor of the sink, if it is open.
    pub(super) fn sink_fd(&self) -> Option<BorrowedFd<'_>> {
        self.outlet.sink.at().map(|at| at.fd)
    }

    /// Whether the source is a file, which is always readable, and whose calls may sleep.
    pub(super) fn reads_file(&self) -> bool {
        self.from == Raw::File
    }

    /// Whether the sink has taken anything of this source.
    pub(super) fn has_delivered(&self) -> bool {
        self.account.bytes_out() > self.taken_before
    }

    /// Whether the sink has taken anything of this source, or of one before it.
    pub(super) fn has_ever_delivered(&self) -> bool {
        self.account.bytes_out() > 0
    }

    /// The source has given all it has; unless another one follows, that is the end of the input.
    pub(super) fn input_ended(&mut self) {
        if !self.go_on() {
            self.link.input_ended();
        }
    }

    /// Fails once the transfer was given up.
    pub(super) fn check_cancelled(&self) -> Result<(), WriterOutcome> {
        if self.link.link().is_cancelled() {
            Err(WriterOutcome::Cancelled)
        } else {
            Ok(())
        }
    }
}

/// How much may move.
impl Ends<'_> {
    /// How many of `most` bytes may come from the source now, at most as many as are wanted; 0 is its end.
    pub(super) fn claimed(&mut self, most: u64) -> Result<u64, Stop> {
        let most = self.inlet.wanted(most);
        let claimed = self.inlet.source.claim(most);
        claimed.map_err(|error| self.stop_for(Side::Source, error))
    }

    /// How many of `most` bytes may go to the sink now.
    pub(super) fn granted(&mut self, most: u64) -> Result<Grant, Stop> {
        self.outlet.begin()?;
        let most = match self.outlet.allow(most) {
            Allowance::Bytes(most) => most,
            Allowance::Not(until) => return Ok(Grant::Not(Obstacle::Rate(until))),
        };
        match self.outlet.sink.grant(most) {
            Ok(most) => Ok(Grant::Bytes(most)),
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(Grant::Not(Obstacle::Sink)),
            Err(error) => Err(self.stop_for(Side::Sink, error)),
        }
    }
}

/// The calls that move bytes. `sleeps_at` is the side at which one may sleep. None is made for 0 bytes, which is what a
/// source at its end has.
impl Ends<'_> {
    /// One splice(2) from the source to the sink.
    pub(super) fn splice(&self, most: u64, sleeps_at: Option<Side>) -> io::Result<u64> {
        self.splice_between(self.source_at()?, self.sink_at()?, most, sleeps_at)
    }

    /// One splice(2) from the source into a pipe of our own.
    pub(super) fn splice_in(&self, pipe: FdAt<'_>, most: u64) -> io::Result<u64> {
        let sleeps_at = self.reads_file().then_some(Side::Source);
        self.splice_between(self.source_at()?, pipe, most, sleeps_at)
    }

    /// One splice(2) from a pipe of our own to the sink.
    pub(super) fn splice_out(&self, pipe: FdAt<'_>, most: u64) -> io::Result<u64> {
        let sleeps_at = self.outlet.facts.sleeps.then_some(Side::Sink);
        self.splice_between(pipe, self.sink_at()?, most, sleeps_at)
    }

    /// One sendfile(2).
    pub(super) fn send(&self, most: u64) -> io::Result<u64> {
        let (from, to) = (self.source_at()?, self.sink_at()?);
        timed(self.account, Some(Side::Source), || {
            self.syscalls.send(from, to, most)
        })
    }

    /// One `copy_file_range(2)`.
    pub(super) fn copy(&self, most: u64) -> io::Result<u64> {
        if most == 0 {
            return Ok(0);
        }
        let (from, to) = (self.source_at()?, self.sink_at()?);
        timed(self.account, Some(Side::Sink), || {
            self.syscalls.copy(from, to, most)
        })
    }

    fn splice_between(
        &self,
        from: FdAt<'_>,
        to: FdAt<'_>,
        most: u64,
        sleeps_at: Option<Side>,
    ) -> io::Result<u64> {
        if most == 0 {
            return Ok(0);
        }
        timed(self.account, sleeps_at, || {
            self.syscalls.splice(from, to, most)
        })
    }

    fn source_at(&self) -> io::Result<FdAt<'_>> {
        let at = self.inlet.source.at();
        at.ok_or_else(|| ErrorKind::NotConnected.into())
    }

    fn sink_at(&self) -> io::Result<FdAt<'_>> {
        let at = self.outlet.sink.at();
        at.ok_or_else(|| ErrorKind::NotConnected.into())
    }
}

/// What has moved.
impl Ends<'_> {
    /// `n` bytes have come from the source.
    pub(super) fn count_in(&mut self, n: u64) {
        self.empty_calls = EmptyCalls::default();
        self.inlet.source.moved(n);
        self.inlet.count(n);
        self.gathering.came(n, &mut *self.inlet.source);
    }

    /// `n` bytes have gone to the sink.
    pub(super) fn count_out(&mut self, n: u64) -> Result<(), Stop> {
        self.outlet.sink.moved(n);
        self.count_moved(n)
    }

    /// The same, of bytes that the sink knows of.
    pub(super) fn count_moved(&mut self, n: u64) -> Result<(), Stop> {
        self.announcement.make();
        Ok(self.outlet.count(n)?)
    }

    /// Leaves a hole of `n` bytes in the sink for the one that is ahead in the source. Returns whether it did.
    pub(super) fn leave_hole(&mut self, n: u64) -> Result<bool, Stop> {
        // The hole is bytes that have come, and a sink that was emptied after it would lose it.
        self.outlet.start()?;
        let left = self.outlet.sink.leave_hole(n);
        if !left.map_err(|error| self.stop_for_sink(error))? {
            return Ok(false);
        }
        self.inlet.source.seek_ahead(n).map_err(Stop::Source)?;
        self.inlet.count(n);
        self.count_out(n)?;
        Ok(true)
    }

    /// A call has moved nothing, which for the kernel is the end of input. Returns whether it is, and waits where that is not
    /// known yet. Where it is not, the first call counts as refused.
    pub(super) fn has_ended(&mut self, is_first: bool) -> Result<bool, Stop> {
        match self.inlet.source.has_ended() {
            Ok(true) => Ok(true),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                self.wait_for_source(None)?;
                Ok(false)
            }
            Ok(false) if is_first => {
                let why = io::Error::other("it finds nothing in a file that is not empty");
                Err(Stop::Refused(Side::Source, why))
            }
            // More has been written to the file in between.
            Ok(false) => self.moved_nothing().map(|()| false),
            Err(error) => Err(Stop::Source(error)),
        }
    }

    /// A call has moved nothing, and not because of the sink. If that goes on while the source is readable, the kernel
    /// road ends here.
    pub(super) fn moved_nothing(&mut self) -> Result<(), Stop> {
        let at = self.inlet.source.at();
        let is_readable = || at.is_some_and(|at| wait::is_ready(at.fd, PollFlags::IN));
        self.empty_calls.one_more(is_readable)
    }
}

/// What the error of a call means.
impl Ends<'_> {
    /// Of a call between both ends, which does not say which end it is about.
    pub(super) fn stop_for_call(&mut self, error: io::Error) -> Stop {
        self.stop_for(failing_side(self.from, self.to, &error), error)
    }

    /// Of a call at one of the ends: the end has failed, or the kernel only refuses this method.
    pub(super) fn stop_for(&mut self, side: Side, error: io::Error) -> Stop {
        match side {
            _ if is_refusal(&error) => Stop::Refused(side, error),
            Side::Source => Stop::Source(error),
            Side::Sink => self.stop_for_sink(error),
        }
    }

    /// The sink has failed.
    pub(super) fn stop_for_sink(&mut self, error: io::Error) -> Stop {
        let error = as_told_by_sink(self.to, error);
        let error = match error.kind() {
            ErrorKind::ConnectionReset | ErrorKind::WriteZero => self.outlet.sink.why_broken(error),
            _ => error,
        };
        Stop::Sink(self.outlet.failure("writing to", error))
    }

    /// Whether a call that writes to the sink has to be made again later.
    pub(super) fn must_retry(&self, error: &io::Error) -> bool {
        is_not_now(self.to, error)
    }
}

/// What is waited for.
impl Ends<'_> {
    /// Whether the source has something now.
    pub(super) fn source_is_ready(&self) -> bool {
        let fd = self.source_fd();
        fd.is_some_and(|fd| wait::is_ready(fd, PollFlags::IN))
    }

    /// Whether the sink takes something now.
    pub(super) fn sink_is_ready(&self) -> bool {
        let fd = self.sink_fd();
        fd.is_some_and(|fd| wait::is_ready(fd, PollFlags::OUT))
    }

    /// Waits until the source has something, but no longer than until it counts as idle, or `until`.
    pub(super) fn wait_for_source(&mut self, until: Option<Instant>) -> Result<(), WriterOutcome> {
        self.announcement.make();
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

    /// After the last byte: leaves the source.
    pub(super) fn leave_source(&mut self) -> Result<(), Stop> {
        while let Some(until) = self.inlet.source.leave().map_err(Stop::Source)? {
            self.check_cancelled()?;
            self.wait_for_source(Some(until))?;
        }
        Ok(())
    }

    /// Waits until the obstacle may be gone. Returns earlier if the buffer `has_room` and the source has more.
    pub(super) fn wait_for_sink(
        &mut self,
        obstacle: Obstacle,
        has_room: bool,
    ) -> Result<(), WriterOutcome> {
        self.announcement.make();
        // A file is always readable.
        let source = (has_room && !self.reads_file()).then(|| self.inlet.source.ready());
        if let Obstacle::Rate(until) = obstacle {
            return self.outlet.wait_for_rate(until, source);
        }
        self.account.enter(Phase::Sink);
        self.outlet.wait(WaitFor {
            sink: true,
            source,
            ..WaitFor::default()
        })?;
        self.account.enter(Phase::Moving);
        Ok(())
    }

    /// Gives the process at the other side of a pipe time to write or read more at once.
    pub(super) fn sleep_briefly(&mut self, phase: Phase) -> Result<(), WriterOutcome> {
        self.sleep(phase, PIPE_GATHER_TIME)
    }

    /// Waits for so long, or until it is told to give up.
    pub(super) fn sleep(&mut self, phase: Phase, most: Duration) -> Result<(), WriterOutcome> {
        self.announcement.make();
        self.account.enter(phase);
        self.outlet.wait(WaitFor {
            most: Some(most),
            ..WaitFor::default()
        })?;
        self.account.enter(Phase::Moving);
        Ok(())
    }

    /// A method begins.
    pub(super) fn begin_moving(&self) {
        self.account.enter(Phase::Moving);
    }
}
