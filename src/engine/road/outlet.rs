//! The sink of a road: what it has taken, how it is waited for, and how the transfer is finished.

use super::flow::{FlowOptions, WriterContext};
use crate::account::meter::WriterAccount;
use crate::account::phase::Phase;
use crate::endpoint::pipe::IDLE;
use crate::endpoint::{Backchannel, Delivered, Finish, Least, Sink, SinkFacts};
use crate::engine::limit::{Limit, Pace};
use crate::engine::link::{Consumer, InputEnd, Link};
use crate::engine::throttle::Allowance;
use crate::engine::wait::{self, Ready};
use crate::error::Side;
use rustix::time::{ClockId, clock_gettime};
use std::io;
use std::time::{Duration, Instant};

/// How writing ended.
#[derive(Debug)]
pub enum WriterOutcome {
    /// Everything was delivered.
    Delivered {
        /// In which sense.
        how: Delivered,
        /// A warning about the sink for the user.
        warning: Option<String>,
    },
    /// The input of the sink was cut short, by the source or a transform; what came is written.
    SourceCut,
    /// The transfer was given up.
    Cancelled,
    /// More or fewer bytes than expected.
    WrongSize {
        /// What `--expect-size` says.
        expected: u64,
    },
    /// Less came from the source than has to, and the sink was not finished.
    TooLittle {
        /// Bytes that came.
        came: u64,
        /// Bytes that have to come.
        least: u64,
    },
    /// The kernel road was insisted on, and the kernel does not move bytes between these ends.
    NoRoad {
        /// What the kernel says.
        error: io::Error,
    },
    /// The sink held the others up for too long, or its peer let nothing move for too long, and the others went on without it.
    GivenUp(GivenUp),
    /// The sink failed.
    Failed {
        /// What was being done: `opening`, `writing to`, `finishing`.
        act: &'static str,
        /// Why.
        error: io::Error,
        /// Whether the process that reads our output went away.
        downstream: bool,
    },
}

/// Why the others went on without a sink.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GivenUp {
    /// It held them up for too long.
    Detached,
    /// Its peer let nothing move for too long.
    Idle,
}

impl WriterOutcome {
    /// Whether everything was delivered.
    #[must_use]
    pub fn is_delivered(&self) -> bool {
        matches!(self, WriterOutcome::Delivered { .. })
    }

    /// Whether the reason is at this sink, and not that its input was cut short or all of it given up.
    #[must_use]
    pub fn is_failure_of_sink(&self) -> bool {
        !matches!(
            self,
            WriterOutcome::Delivered { .. } | WriterOutcome::SourceCut | WriterOutcome::Cancelled
        )
    }
}

/// What is waited for, beside a cancellation.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct WaitFor<'a> {
    /// Whether the sink is waited for.
    pub(super) sink: bool,
    /// The source, if it is waited for.
    pub(super) source: Option<Ready<'a>>,
    /// How long at most.
    pub(super) most: Option<Duration>,
    /// Until when at most.
    pub(super) until: Option<Instant>,
}

/// The sink of a flow.
pub(super) struct Outlet<'a, S: ?Sized = dyn Sink> {
    pub(super) sink: &'a mut S,
    pub(super) facts: SinkFacts,
    /// Whether the sink has been started here. The session may have started it before, or the kernel road that hands over to
    /// the buffered one; [`Sink::start`] does nothing then.
    has_begun: bool,
    /// Whether what the transforms make is dropped: they want nothing of the source, of which nothing had come.
    drops: bool,
    first: &'a Link,
    consumer: Consumer<'a>,
    account: &'a WriterAccount<'a>,
    /// What it keeps to the rate limit by, unless the reader does.
    pace: Option<Pace<'a>>,
    expected: Option<u64>,
    expect_size: Option<u64>,
    least: Least,
    /// How often to check whether the kernel's send queue moves while it takes no more.
    check_queue_every: Option<Duration>,
    /// The length of the send queue at the last check.
    queue_len: u64,
}

impl<'a, S: Sink + ?Sized> Outlet<'a, S> {
    pub(super) fn new(sink: &'a mut S, flow: FlowOptions, context: WriterContext<'a>) -> Self {
        Self {
            facts: sink.facts(),
            sink,
            has_begun: false,
            drops: false,
            first: context.first,
            consumer: context.consumer,
            account: context.account,
            pace: context.limit.map(Limit::pace),
            expected: flow.expected,
            expect_size: flow.expect_size,
            least: flow.least,
            check_queue_every: flow.idle_timeout.map(|limit| limit / 4),
            queue_len: 0,
        }
    }

    /// Before the first byte: starts the sink, if that has been put off. What the sink holds must not be lost for a
    /// source that has given nothing, even if a transform puts something out before or without any input. Returns whether
    /// the sink is to get it: not where the transforms want nothing of the source, of which nothing has come. Then the transfer has
    /// failed, and only how the transforms end is still to be told.
    pub(super) fn begin(&mut self) -> Result<bool, WriterOutcome> {
        while !self.has_begun && !self.drops {
            let is_unwanted = self.first.is_cancelled();
            // In this order: once the end of the input is known, all that came has been counted.
            let (end, came) = (self.first.input_end(), self.account.meter().given());
            match end {
                _ if came > 0 || !self.is_put_off() => self.start()?,
                Some(_) => return Err(self.cut_short()),
                // The input of a cancelled link has no end.
                None if is_unwanted => self.drops = true,
                None => self.await_source()?,
            }
        }
        Ok(!self.drops)
    }

    /// Whether the sink is started only once bytes have come, since it would lose what it holds.
    pub(super) fn is_put_off(&self) -> bool {
        !self.has_begun && self.sink.would_lose() > 0 && self.least.bytes(true) > 0
    }

    /// Starts the sink, unless that has been done.
    pub(super) fn start(&mut self) -> Result<(), WriterOutcome> {
        if self.has_begun {
            return Ok(());
        }
        let started = self.sink.start(self.expected);
        started.map_err(|error| self.failure("opening", error))?;
        self.has_begun = true;
        Ok(())
    }

    /// Waits for the first bytes of the source, or its end: the reader thread of the buffered road wakes the writer. The
    /// kernel road does not come here, since it uses no method that asks a sink that is put off before bytes have come.
    fn await_source(&mut self) -> Result<(), WriterOutcome> {
        self.account.enter(Phase::Source);
        self.wait(WaitFor::default())?;
        if self.consumer.is_cancelled() {
            Err(WriterOutcome::Cancelled)
        } else {
            Ok(())
        }
    }

    /// Fails if less has come from the source, which has ended, than has to.
    fn check_least(&self) -> Result<(), WriterOutcome> {
        let came = if self.drops {
            0
        } else {
            self.account.meter().given()
        };
        let least = self.least.bytes(self.sink.would_lose() > 0);
        if came < least {
            Err(WriterOutcome::TooLittle { came, least })
        } else {
            Ok(())
        }
    }

    /// The end of a transfer whose input was cut short, after what came is written. If the source itself has ended with
    /// less than has to come, that is the reason: the transform may have failed for that.
    pub(super) fn cut_short(&self) -> WriterOutcome {
        let is_whole = self.first.input_end() == Some(InputEnd::Whole);
        let checked = self.check_least().err().filter(|_| is_whole);
        checked.unwrap_or(WriterOutcome::SourceCut)
    }

    /// Whether a rate limit is in force.
    pub(super) fn is_limited(&self) -> bool {
        self.pace.as_ref().is_some_and(Pace::is_on)
    }

    /// How many of `most` bytes the rate limit lets go now.
    pub(super) fn allow(&self, most: u64) -> Allowance {
        match &self.pace {
            Some(pace) => pace.allow(most),
            None => Allowance::Bytes(most),
        }
    }

    /// Whether the rate limit would let some of `most` bytes go now.
    pub(super) fn would_allow(&self, most: u64) -> bool {
        self.pace.as_ref().is_none_or(|it| it.would_allow(most))
    }

    /// Waits until the rate limit lets bytes go, or the source has something if it is given.
    pub(super) fn wait_for_rate(
        &mut self,
        until: Instant,
        source: Option<Ready<'_>>,
    ) -> Result<(), WriterOutcome> {
        self.account.enter(Phase::Rate);
        self.wait(WaitFor {
            source,
            until: Some(until),
            ..WaitFor::default()
        })?;
        self.account.enter(Phase::Moving);
        Ok(())
    }

    /// The sink has taken `n` bytes.
    pub(super) fn count(&self, n: u64) -> Result<(), WriterOutcome> {
        if let Some(pace) = &self.pace {
            pace.spend(n);
        }
        self.account.count_out(n);
        match self.expect_size {
            Some(expected) if self.account.bytes_out() > expected => {
                Err(WriterOutcome::WrongSize { expected })
            }
            _ => Ok(()),
        }
    }

    /// After the last byte: waits until everything is delivered.
    pub(super) fn finish(&mut self) -> Result<WriterOutcome, WriterOutcome> {
        if let Some(expected) = self
            .expect_size
            .filter(|expected| *expected != self.account.bytes_out())
        {
            return Err(WriterOutcome::WrongSize { expected });
        }
        self.check_least()?;
        self.start()?;
        self.account.enter(Phase::Sink);
        self.account.set_peer_counts(false);
        loop {
            let waited = match self.sink.finish() {
                Ok(Finish::Done(how)) => {
                    return Ok(WriterOutcome::Delivered {
                        how,
                        warning: self.sink.warning(),
                    });
                }
                Ok(Finish::Wait {
                    ready,
                    until,
                    moved,
                    peer,
                }) => {
                    self.account.set_peer_counts(peer);
                    if moved {
                        self.account.moved();
                    }
                    let ends = ready.into_iter().collect::<Vec<_>>();
                    wait::wait(self.consumer.wakeup(), &ends, Some(until)).map(drop)
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(()),
                Err(error) => return Err(self.failure("finishing", error)),
            };
            waited.map_err(|error| self.failure("finishing", error))?;
            if self.consumer.is_cancelled() {
                return Err(WriterOutcome::Cancelled);
            }
        }
    }

    /// Waits for one of `what`. Meanwhile hears what the peer says on the sink's connection, and checks whether the
    /// send queue moves.
    pub(super) fn wait(&mut self, what: WaitFor<'_>) -> Result<(), WriterOutcome> {
        let mut ends = Vec::with_capacity(3);
        if what.sink {
            ends.push(self.sink.ready());
        }
        ends.extend(what.source);
        let backchannel = self.sink.backchannel();
        ends.extend(backchannel.and_then(Backchannel::ready));
        let check_queue_every = self.check_queue_every.filter(|_| what.sink);
        let most = what.most.into_iter().chain(check_queue_every).min();
        let most = most.map(|most| Instant::now() + most);
        let until = most.into_iter().chain(what.until).min();
        let mut result = self.wait_for(&ends, until);
        if let (Some(backchannel), Ok(())) = (backchannel, &result) {
            result = backchannel.hear();
        }
        if what.sink {
            self.check_queue();
        }
        // A peer was heard to fail; or poll(2) has failed, which is the system's fault, not that of the end waited for.
        result.map_err(|error| self.failure("writing to", error))
    }

    /// Waits for one of `ends`. If that takes long, gives back what the pipe of the sink was enlarged by.
    fn wait_for(&self, ends: &[Ready<'_>], until: Option<Instant>) -> io::Result<()> {
        loop {
            let pipe = self.sink.pipe().filter(|pipe| pipe.is_enlarged());
            let idle_from = pipe.map(|_| Instant::now() + IDLE);
            let first = until.into_iter().chain(idle_from).min();
            let has_come = wait::wait(self.consumer.wakeup(), ends, first)?;
            // What has come may be a moment of `ends`.
            let is_idle = || idle_from.is_some_and(|at| at <= Instant::now());
            match pipe {
                Some(pipe) if has_come && first == idle_from && is_idle() => {
                    pipe.give_back();
                    self.consumer.link().pipes_resized();
                }
                _ => return Ok(()),
            }
        }
    }

    /// The end of a transfer whose sink has failed in this `act`.
    pub(super) fn failure(&self, act: &'static str, error: io::Error) -> WriterOutcome {
        let downstream = error.kind() == io::ErrorKind::BrokenPipe && self.facts.is_pipeline;
        WriterOutcome::Failed {
            act,
            error,
            downstream,
        }
    }

    /// The send queue shrinks as the peer reads, long before there is room in it for more.
    fn check_queue(&mut self) {
        let queue_len = match (self.sink.backchannel(), self.sink.pipe()) {
            (Some(backchannel), _) => backchannel.unacknowledged(),
            (None, Some(pipe)) => pipe.unread(),
            (None, None) => 0,
        };
        if queue_len < self.queue_len {
            self.account.moved();
        }
        self.queue_len = queue_len;
    }
}

/// Makes a `call` that may sleep in the kernel, and books the time it slept (wall time less CPU time) on `side`.
/// Without a `side` the call does not sleep.
pub(super) fn timed<T>(
    account: &WriterAccount<'_>,
    side: Option<Side>,
    call: impl FnOnce() -> T,
) -> T {
    let Some(side) = side else {
        return call();
    };
    let (wall, ran) = (Instant::now(), thread_time());
    let result = call();
    let ran = thread_time().saturating_sub(ran);
    account.slept(side, wall.elapsed().saturating_sub(ran));
    result
}

fn thread_time() -> Duration {
    let spent = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(
        u64::try_from(spent.tv_sec).unwrap_or(0),
        u32::try_from(spent.tv_nsec).unwrap_or(0),
    )
}
