//! The writing side: takes what was offered, writes it as soon as the sink accepts it, and sees the end through.

use super::Flow;
use crate::endpoint::{Delivered, Finish, Sink};
use crate::link::{End, Link, Next};
use crate::meter::{Meter, Phase};
use crate::wait;
use bytes::BytesMut;
use rustix::time::{ClockId, clock_gettime};
use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::time::{Duration, Instant};

/// How writing ended.
#[derive(Debug)]
pub enum WriterEnd {
    /// Everything was delivered.
    Delivered {
        /// In which sense.
        how: Delivered,
        /// Bytes a peer sent to us meanwhile, which were dropped.
        heard: u64,
    },
    /// What there was is written, but the source was cut short.
    SourceCut,
    /// The transfer was given up.
    Cancelled,
    /// More or fewer bytes than expected.
    WrongSize {
        /// What `--expect-size` says.
        expected: u64,
    },
    /// The sink failed.
    Failed {
        /// While it was being `writing to`, `finishing`.
        act: &'static str,
        /// Why.
        error: io::Error,
        /// Whether it is the reader of our output that went away.
        downstream: bool,
    },
}

/// How long a little data may wait for more that is being read: half the time in which small data has to be through.
const PATIENCE: Duration = Duration::from_micros(250);

/// The most slices one write takes; the system's limit is 1024 (writev(2)).
const MOST_SLICES: usize = 64;

/// Writes until the end, an error, or a cancellation. A sink that did not finish is dropped here.
pub(super) fn run(sink: Box<dyn Sink>, flow: Flow, link: &Link, meter: &Meter) -> WriterEnd {
    let mut writer = Writer {
        sink,
        link,
        meter,
        batch: VecDeque::new(),
        expect_size: flow.expect_size,
        look_every: flow.idle_timeout.map(|limit| limit / 4),
        queued: 0,
    };
    let _guard = link.cancel_on_panic();
    let end = writer.write_all().unwrap_or_else(|failure| failure);
    if !matches!(end, WriterEnd::Delivered { .. }) {
        link.cancel();
    }
    end
}

/// What the writer waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum For {
    /// The link's bell: something to write.
    Data,
    /// The same, but only for a moment.
    Batch,
    /// The sink, or a cancellation.
    Sink,
}

struct Writer<'a> {
    sink: Box<dyn Sink>,
    link: &'a Link,
    meter: &'a Meter,
    /// In flight: taken from the link and not completed.
    batch: VecDeque<BytesMut>,
    expect_size: Option<u64>,
    /// How often to look whether the system's queue moves while it takes no more.
    look_every: Option<Duration>,
    /// Its length at the last look.
    queued: u64,
}

impl Writer<'_> {
    fn write_all(&mut self) -> Result<WriterEnd, WriterEnd> {
        let mut impatient = false;
        loop {
            match self.link.next(&mut self.batch, impatient) {
                Next::Chunks => {
                    impatient = false;
                    self.write_batch()?;
                }
                Next::Nothing => {
                    self.meter.enter(Phase::Source);
                    self.wait(For::Data)?;
                }
                Next::Little => {
                    self.meter.enter(Phase::Source);
                    self.wait(For::Batch)?;
                    impatient = true;
                }
                Next::End(End::Whole) => return self.finish(),
                Next::End(End::Cut) => return Err(WriterEnd::SourceCut),
                Next::Cancelled => return Err(WriterEnd::Cancelled),
            }
        }
    }

    fn write_batch(&mut self) -> Result<(), WriterEnd> {
        self.meter.enter(Phase::Moving);
        while !self.batch.is_empty() {
            match self.write_once() {
                Ok(0) => return Err(self.failed("writing to", io::ErrorKind::WriteZero.into())),
                Ok(n) => self.complete(n)?,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.meter.enter(Phase::Sink);
                    self.wait(For::Sink)?;
                    self.meter.enter(Phase::Moving);
                }
                Err(error) => return Err(self.failed("writing to", error)),
            }
            if self.link.is_cancelled() {
                return Err(WriterEnd::Cancelled);
            }
        }
        Ok(())
    }

    fn write_once(&mut self) -> io::Result<usize> {
        let slices: Vec<_> = self
            .batch
            .iter()
            .take(MOST_SLICES)
            .map(|chunk| IoSlice::new(chunk))
            .collect();
        if !self.sink.sleeps() {
            return self.sink.write(&slices);
        }
        let asleep = Asleep::watch();
        let result = self.sink.write(&slices);
        self.meter.slept_in_sink(asleep.time());
        result
    }

    /// `n` bytes of the batch have left.
    fn complete(&mut self, n: usize) -> Result<(), WriterEnd> {
        let mut left = n;
        let mut done = Vec::new();
        while left > 0 {
            let Some(piece) = crate::chunk::take_front(&mut self.batch, left as u64) else {
                break;
            };
            left -= piece.len();
            done.push(piece);
        }
        self.meter.count_out(n as u64);
        self.link.complete(done);
        match self.expect_size {
            Some(expected) if self.meter.bytes_out() > expected => {
                Err(WriterEnd::WrongSize { expected })
            }
            _ => Ok(()),
        }
    }

    fn finish(&mut self) -> Result<WriterEnd, WriterEnd> {
        if let Some(expected) = self
            .expect_size
            .filter(|expected| *expected != self.meter.bytes_out())
        {
            return Err(WriterEnd::WrongSize { expected });
        }
        self.meter.enter(Phase::Sink);
        self.meter.set_peer_counts(false);
        loop {
            let waited = match self.sink.finish() {
                Ok(Finish::Done(how)) => {
                    return Ok(WriterEnd::Delivered {
                        how,
                        heard: self.sink.heard(),
                    });
                }
                Ok(Finish::Wait {
                    ready,
                    until,
                    moved,
                    peer,
                }) => {
                    self.meter.set_peer_counts(peer);
                    if moved {
                        self.meter.moved();
                    }
                    let ends = ready.into_iter().collect::<Vec<_>>();
                    wait::wait(self.link.writer_bell(), &ends, Some(until))
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(()),
                Err(error) => return Err(self.failed("finishing", error)),
            };
            waited.map_err(|error| self.failed("finishing", error))?;
            if self.link.is_cancelled() {
                return Err(WriterEnd::Cancelled);
            }
        }
    }

    /// Waits; a peer that talks back meanwhile is heard.
    fn wait(&mut self, purpose: For) -> Result<(), WriterEnd> {
        let mut ends = Vec::with_capacity(2);
        if purpose == For::Sink {
            ends.push(self.sink.ready());
        }
        let backchannel = self.sink.backchannel();
        ends.extend(backchannel);
        let listens = backchannel.is_some();
        let most = match purpose {
            For::Data => None,
            For::Batch => Some(PATIENCE),
            For::Sink => self.look_every,
        };
        let until = most.map(|most| Instant::now() + most);
        let mut result = wait::wait(self.link.writer_bell(), &ends, until);
        if listens && result.is_ok() {
            result = self.sink.hear();
        }
        if purpose == For::Sink {
            self.look_at_queue();
        }
        result.map_err(|error| self.failed("writing to", error))
    }

    /// A peer that reads slowly moves bytes out of the system's queue long before there is room in it for more.
    fn look_at_queue(&mut self) {
        let queued = self.sink.unacknowledged();
        if queued < self.queued {
            self.meter.moved();
        }
        self.queued = queued;
    }

    fn failed(&self, act: &'static str, error: io::Error) -> WriterEnd {
        let downstream = error.kind() == io::ErrorKind::BrokenPipe && self.sink.is_pipeline();
        WriterEnd::Failed {
            act,
            error,
            downstream,
        }
    }
}

/// How long the thread sleeps inside a call: wall time less the time it ran.
struct Asleep {
    wall: Instant,
    ran: Duration,
}

impl Asleep {
    fn watch() -> Self {
        Self {
            wall: Instant::now(),
            ran: thread_time(),
        }
    }

    fn time(&self) -> Duration {
        self.wall
            .elapsed()
            .saturating_sub(thread_time().saturating_sub(self.ran))
    }
}

fn thread_time() -> Duration {
    let spent = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(
        u64::try_from(spent.tv_sec).unwrap_or(0),
        u32::try_from(spent.tv_nsec).unwrap_or(0),
    )
}
