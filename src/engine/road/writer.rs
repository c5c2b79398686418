//! The writer thread of the buffered road: takes chunks from the link, and writes them as soon as the sink accepts
//! them.

use super::flow::{FlowOptions, WriterContext};
use super::outlet::{Outlet, WaitFor, WriterOutcome, timed};
use crate::account::meter::Meter;
use crate::account::phase::Phase;
use crate::endpoint::Sink;
use crate::engine::link::{InputEnd, Link, Next, take_front};
use crate::engine::throttle::Allowance;
use crate::engine::wait::GATHER_TIME;
use crate::error::Side;
use bytes::BytesMut;
use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::time::Duration;

/// The most slices one write takes; the system's limit is 1024 (writev(2)).
const MOST_SLICES: usize = 64;

/// Writes until the end, an error, or a cancellation. A sink that did not finish is dropped here.
pub(super) fn run(
    sink: Box<dyn Sink>,
    flow: FlowOptions,
    context: WriterContext<'_>,
) -> WriterOutcome {
    let (link, meter) = (context.link, context.meter);
    let mut writer = Writer {
        outlet: Outlet::new(sink, flow, context),
        link,
        meter,
        batch: VecDeque::new(),
    };
    let _guard = link.cancel_on_panic();
    let end = writer.write_all().unwrap_or_else(|failure| failure);
    if !matches!(end, WriterOutcome::Delivered { .. }) {
        link.cancel();
    }
    end
}

struct Writer<'a> {
    outlet: Outlet<'a>,
    link: &'a Link,
    meter: &'a Meter,
    /// Chunks in flight: taken from the link and not completed.
    batch: VecDeque<BytesMut>,
}

impl Writer<'_> {
    fn write_all(&mut self) -> Result<WriterOutcome, WriterOutcome> {
        let mut accepts_little = false;
        loop {
            match self.link.next(&mut self.batch, accepts_little) {
                Next::Chunks => {
                    accepts_little = false;
                    self.write_batch()?;
                }
                Next::Nothing => self.wait_for_data(None)?,
                Next::Little => {
                    self.wait_for_data(Some(GATHER_TIME))?;
                    accepts_little = true;
                }
                Next::End(InputEnd::Whole) => return self.outlet.finish(),
                Next::End(InputEnd::Cut) => return Err(self.outlet.cut_short()),
                Next::Cancelled => return Err(WriterOutcome::Cancelled),
            }
        }
    }

    /// Waits until the link has something to write.
    fn wait_for_data(&mut self, most: Option<Duration>) -> Result<(), WriterOutcome> {
        self.meter.starve();
        self.outlet.wait(WaitFor {
            most,
            ..WaitFor::default()
        })
    }

    fn write_batch(&mut self) -> Result<(), WriterOutcome> {
        self.outlet.begin()?;
        self.meter.enter(Phase::Moving);
        while !self.batch.is_empty() {
            match self.write_some()? {
                Ok(0) => {
                    let nothing = io::ErrorKind::WriteZero.into();
                    return Err(self.outlet.failure("writing to", nothing));
                }
                Ok(n) => self.complete(n)?,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.meter.enter(Phase::Sink);
                    self.outlet.wait(WaitFor {
                        sink: true,
                        ..WaitFor::default()
                    })?;
                    self.meter.enter(Phase::Moving);
                }
                Err(error) => return Err(self.outlet.failure("writing to", error)),
            }
            if self.link.is_cancelled() {
                return Err(WriterOutcome::Cancelled);
            }
        }
        Ok(())
    }

    /// Waits until the rate limit lets something go, and writes that much.
    fn write_some(&mut self) -> Result<io::Result<usize>, WriterOutcome> {
        let all = self.batch.iter().map(|chunk| chunk.len() as u64).sum();
        loop {
            match self.outlet.allow(all) {
                Allowance::Bytes(most) => return Ok(self.write_once(most)),
                Allowance::Not(until) => self.outlet.wait_for_rate(until, None)?,
            }
            if self.link.is_cancelled() {
                return Err(WriterOutcome::Cancelled);
            }
        }
    }

    fn write_once(&mut self, most: u64) -> io::Result<usize> {
        let slices = front(&self.batch, most);
        let sleeping_side = self.outlet.facts.sleeps.then_some(Side::Sink);
        let sink = &mut self.outlet.sink;
        timed(self.meter, sleeping_side, || sink.write(&slices))
    }

    /// The sink has taken the first `n` bytes of the batch.
    fn complete(&mut self, n: usize) -> Result<(), WriterOutcome> {
        let mut left = n as u64;
        let mut done = Vec::new();
        while left > 0 {
            let Some(piece) = take_front(&mut self.batch, left) else {
                break;
            };
            left -= piece.len() as u64;
            done.push(piece);
        }
        self.link.complete(done, !self.batch.is_empty());
        self.outlet.count(n as u64)
    }
}

/// The first `most` bytes, in as many slices as one write takes.
fn front(batch: &VecDeque<BytesMut>, most: u64) -> Vec<IoSlice<'_>> {
    let mut left = usize::try_from(most).unwrap_or(usize::MAX);
    let mut slices = Vec::with_capacity(batch.len().min(MOST_SLICES));
    for chunk in batch.iter().take(MOST_SLICES) {
        let n = chunk.len().min(left);
        if n == 0 {
            break;
        }
        slices.push(IoSlice::new(&chunk[..n]));
        left -= n;
    }
    slices
}
