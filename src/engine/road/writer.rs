//! The writer thread of the buffered road: takes chunks from the link, and writes them as soon as the sink accepts
//! them. On the kernel road to several sinks each has such a thread as well, and what it takes is in a pipe.

use super::flow::{FlowOptions, WriterContext};
use super::job::GRACE;
use super::kernel::Feed;
use super::outlet::{Outlet, WaitFor, WriterOutcome, timed};
use super::progress::Progress;
use crate::account::meter::WriterAccount;
use crate::account::phase::Phase;
use crate::endpoint::Sink;
use crate::engine::link::{Batch, Consumer, InputEnd, Link, Next};
use crate::engine::throttle::Allowance;
use crate::engine::wait::GATHER_TIME;
use crate::error::Side;
use std::io;
use std::time::{Duration, Instant};

/// The most slices one write takes; the system's limit is 1024 (writev(2)).
const MOST_SLICES: usize = 64;

/// Writes until the end, an error, or a cancellation. A sink that did not finish is dropped here.
pub(super) fn run(
    mut sink: Box<dyn Sink>,
    flow: FlowOptions,
    context: WriterContext<'_>,
    progress: &Progress,
    feed: Option<Feed>,
) -> WriterOutcome {
    let (consumer, account) = (context.consumer, context.account);
    let mut writer = Writer {
        outlet: Outlet::new(&mut *sink, flow, context),
        first: context.first,
        progress,
        consumer,
        account,
        batch: Batch::default(),
        feed,
    };
    writer.write_all().unwrap_or_else(|failure| failure)
}

struct Writer<'a> {
    outlet: Outlet<'a>,
    /// The link that the source fills.
    first: &'a Link,
    progress: &'a Progress,
    consumer: Consumer<'a>,
    account: &'a WriterAccount<'a>,
    /// Chunks in flight: taken from the link and not completed.
    batch: Batch,
    /// The pipe in which some of that may be.
    feed: Option<Feed>,
}

impl Writer<'_> {
    fn write_all(&mut self) -> Result<WriterOutcome, WriterOutcome> {
        let mut next = self.consumer.next(&mut self.batch, false);
        loop {
            next = match next {
                Next::Chunks => self.write_batch()?,
                Next::Nothing => self.wait_for_data(None)?,
                Next::Little => self.wait_for_data(Some(GATHER_TIME))?,
                Next::End(InputEnd::Whole) if self.source_is_left_badly() => {
                    return Err(self.outlet.cut_short());
                }
                Next::End(InputEnd::Whole) => return self.outlet.finish(),
                Next::End(InputEnd::Cut) => return Err(self.outlet.cut_short()),
                Next::Cancelled => return Err(WriterOutcome::Cancelled),
            }
        }
    }

    /// Whether the source says that what it gave is no success. Where the transforms want no more than that, it may say so only
    /// now, and is waited for a moment.
    fn source_is_left_badly(&self) -> bool {
        if self.first.is_cancelled() {
            self.progress.await_stages(Instant::now() + GRACE);
        }
        self.progress.is_left_badly()
    }

    /// Waits until the link has something to write, or enough of it within this time. Returns what it has then.
    fn wait_for_data(&mut self, most: Option<Duration>) -> Result<Next, WriterOutcome> {
        self.account.starve();
        self.outlet.wait(WaitFor {
            most,
            ..WaitFor::default()
        })?;
        Ok(self.consumer.next(&mut self.batch, most.is_some()))
    }

    /// Writes the batch. Returns what the link has then.
    fn write_batch(&mut self) -> Result<Next, WriterOutcome> {
        if !self.outlet.begin()? {
            let all = self.batch.len();
            let next = self.consumer.complete(&mut self.batch, all);
            return Ok(next.unwrap_or(Next::Nothing));
        }
        self.account.enter(Phase::Moving);
        loop {
            match self.write_some()? {
                Ok(0) => {
                    let nothing = io::ErrorKind::WriteZero.into();
                    return Err(self.outlet.failure("writing to", nothing));
                }
                Ok(n) => {
                    let next = self.consumer.complete(&mut self.batch, n as u64);
                    self.outlet.count(n as u64)?;
                    if let Some(next) = next {
                        return Ok(next);
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.account.enter(Phase::Sink);
                    self.outlet.wait(WaitFor {
                        sink: true,
                        ..WaitFor::default()
                    })?;
                    self.account.enter(Phase::Moving);
                }
                Err(error) if self.is_to_be_read(&error)? => {}
                Err(error) => return Err(self.outlet.failure("writing to", error)),
            }
            if self.consumer.is_cancelled() {
                return Err(WriterOutcome::Cancelled);
            }
        }
    }

    /// Waits until the rate limit lets something go, and writes that much.
    fn write_some(&mut self) -> Result<io::Result<usize>, WriterOutcome> {
        loop {
            match self.outlet.allow(self.batch.len()) {
                Allowance::Bytes(most) => return Ok(self.write_once(most)),
                Allowance::Not(until) => self.outlet.wait_for_rate(until, None)?,
            }
            if self.consumer.is_cancelled() {
                return Err(WriterOutcome::Cancelled);
            }
        }
    }

    /// Whether the kernel only refuses to move to this sink what is in its pipe.
    fn is_to_be_read(&mut self, error: &io::Error) -> Result<bool, WriterOutcome> {
        match &mut self.feed {
            Some(feed) if self.batch.in_pipe() > 0 => feed.refused(error, self.account.bytes_out()),
            _ => Ok(false),
        }
    }

    fn write_once(&mut self, most: u64) -> io::Result<usize> {
        let sleeping_side = self.outlet.facts.sleeps.then_some(Side::Sink);
        let sink = &mut *self.outlet.sink;
        if let Some(feed) = &self.feed
            && self.batch.in_pipe() > 0
        {
            if feed.is_moved_by_kernel() {
                let link = self.consumer.link();
                let splice = || feed.splice(sink, most, link);
                return timed(self.account, sleeping_side, splice);
            }
            feed.read(&mut self.batch)?;
        }
        let slices = self.batch.slices(most, MOST_SLICES);
        timed(self.account, sleeping_side, || sink.write(&slices))
    }
}
