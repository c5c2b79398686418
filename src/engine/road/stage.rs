//! A transform at work between two links: takes what was offered by the one, and fills the other as far as it has room.
//!
//! As in Node's Transform the completion of an input is withheld while the readable side behind is full
//! (<https://nodejs.org/docs/latest-v20.x/api/stream.html#implementing-a-transform-stream>), so that backpressure travels
//! through the pipeline from its end to its beginning.

use crate::account::meter::Meter;
use crate::account::stages::Activity;
use crate::engine::link::{End, Link, Next, Room};
use crate::engine::wait;
use crate::transform::{Digest, Failure, Input, Output, Pending, Transform};
use bytes::BytesMut;
use std::collections::VecDeque;
use std::io;
use std::time::{Duration, Instant};

/// How long a little data may wait for more that is on its way, or for more to be made.
const PATIENCE: Duration = Duration::from_micros(250);

/// When no input has come for so long, what the transform holds is put out: short enough for somebody who watches, and
/// long enough not to cut what comes in bursts into pieces.
const FLUSH_AFTER: Duration = Duration::from_millis(100);

/// How a transform ended.
#[derive(Debug, Clone, Default)]
pub struct StageEnd {
    /// Why it gave up, if it did.
    pub failure: Option<Failure>,
    /// What it found out about the bytes.
    pub digest: Option<Digest>,
    /// What the user should know although nothing failed.
    pub warning: Option<String>,
}

/// Which two links, and which transform of the pipeline it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct StageContext<'a> {
    pub(super) from: &'a Link,
    pub(super) to: &'a Link,
    pub(super) meter: &'a Meter,
    /// Counted from the source.
    pub(super) index: usize,
}

impl StageContext<'_> {
    /// What it does from now on.
    pub(super) fn set_doing(&self, doing: Activity) {
        self.meter.set_doing(self.index, doing);
    }

    /// So many bytes more were taken and made.
    pub(super) fn count(&self, bytes_in: u64, bytes_out: u64) {
        if let Some(count) = self.meter.stage(self.index) {
            count.count(bytes_in, bytes_out);
        }
    }

    /// Waits until there is room behind. Returns how much of the buffer may be filled, which is a new one if it is empty.
    pub(super) fn wait_for_room(&self, buffer: &mut BytesMut) -> Result<usize, StageStop> {
        loop {
            match self.to.room() {
                Room::Bytes(room) => {
                    if buffer.is_empty() {
                        *buffer = self.to.buffer()?;
                    }
                    let room = usize::try_from(room).unwrap_or(usize::MAX);
                    return Ok(room.min(buffer.len()));
                }
                Room::None => {
                    self.to.flush();
                    wait::wait(self.to.producer_wakeup(), &[], None)?;
                }
                Room::Cancelled => return Err(StageStop::Cancelled),
            }
        }
    }

    /// Neither side is to wait for the other any more.
    pub(super) fn cancel(&self) {
        self.from.cancel();
        self.to.cancel();
    }
}

/// Why a stage stops before its end.
#[derive(Debug)]
pub(super) enum StageStop {
    /// The transfer was given up.
    Cancelled,
    /// It cannot go on.
    Failed(Failure),
}

impl From<io::Error> for StageStop {
    fn from(error: io::Error) -> Self {
        StageStop::Failed(Failure::system(&error))
    }
}

/// Transforms until the end, a failure, or a cancellation.
pub(super) fn run(transform: Box<dyn Transform>, place: StageContext<'_>) -> StageEnd {
    let _guards = (place.from.cancel_on_panic(), place.to.cancel_on_panic());
    let mut stage = Stage {
        transform,
        place,
        batch: VecDeque::new(),
        buffer: BytesMut::new(),
        taken: 0,
        holds: false,
        doing: Activity::Waits,
    };
    let failure = stage
        .go_on()
        .map_or_else(|stop| stop.told(&place), |()| None);
    StageEnd {
        digest: stage.transform.digest().filter(|_| failure.is_none()),
        warning: stage.transform.warning(),
        failure,
    }
}

impl StageStop {
    /// Tells both sides. Returns what is to be told the user.
    pub(super) fn told(self, place: &StageContext<'_>) -> Option<Failure> {
        match self {
            StageStop::Cancelled => {
                place.cancel();
                None
            }
            StageStop::Failed(failure) => {
                // What was put out before is good, and is delivered.
                place.to.end(End::Cut);
                place.from.cancel();
                Some(failure)
            }
        }
    }
}

struct Stage<'a> {
    transform: Box<dyn Transform>,
    place: StageContext<'a>,
    /// Taken from the link before and not completed.
    batch: VecDeque<BytesMut>,
    /// What is filled next.
    buffer: BytesMut,
    /// Bytes of the input that the transform is done with.
    taken: u64,
    /// Whether there may be something that it has not put out yet.
    holds: bool,
    doing: Activity,
}

impl Stage<'_> {
    fn go_on(&mut self) -> Result<(), StageStop> {
        let mut impatient = false;
        loop {
            match self.place.from.next(&mut self.batch, impatient) {
                Next::Chunks => {
                    impatient = false;
                    self.set_doing(Activity::Computes);
                    while let Some(chunk) = self.batch.pop_front() {
                        self.convert(chunk)?;
                    }
                }
                Next::Little => {
                    self.wait_for_input(Some(PATIENCE))?;
                    impatient = true;
                }
                Next::Nothing => self.idle()?,
                Next::End(end) => return self.end(end),
                Next::Cancelled => return Err(StageStop::Cancelled),
            }
        }
    }

    /// Transforms a chunk. A piece of it is completed once what was made of it has been passed on, and the link behind
    /// has room again.
    fn convert(&mut self, mut chunk: BytesMut) -> Result<(), StageStop> {
        while !chunk.is_empty() {
            let room = self.place.wait_for_room(&mut self.buffer)?;
            let mut input = Input::new(&chunk);
            let mut output = Output::new(&mut self.buffer[..room]);
            let (began, mut result) = (Instant::now(), Ok(()));
            while result.is_ok() && !input.is_empty() && !output.is_full() {
                result = self.transform.step(&mut input, &mut output);
                if began.elapsed() >= PATIENCE {
                    // Whoever waits behind is not to wait for all of the chunk.
                    break;
                }
            }
            let (taken, made) = (input.taken(), output.filled());
            self.taken += taken as u64;
            self.holds = true;
            let is_released = self.pass_on(taken, made);
            if began.elapsed() >= PATIENCE {
                self.place.to.flush();
            }
            result.map_err(|failure| self.failed(failure))?;
            if !is_released {
                self.place.wait_for_room(&mut self.buffer)?;
            }
            let done = chunk.split_to(taken);
            let goes_on = !chunk.is_empty() || !self.batch.is_empty();
            self.place.from.complete([done], goes_on);
        }
        Ok(())
    }

    /// Nothing comes for now. What there is goes on at once, and what the transform holds after a while.
    fn idle(&mut self) -> Result<(), StageStop> {
        self.place.to.flush();
        if !self.holds {
            return self.wait_for_input(None);
        }
        let until = Instant::now() + FLUSH_AFTER;
        self.wait_for_input(Some(FLUSH_AFTER))?;
        if Instant::now() >= until {
            self.put_out(|transform, output| transform.flush(output))?;
        }
        Ok(())
    }

    /// The input has ended, and so does the output.
    fn end(&mut self, end: End) -> Result<(), StageStop> {
        match end {
            End::Whole => self.put_out(|transform, output| transform.finish(output))?,
            // It would only say that the input should have gone on.
            End::Cut => self.put_out(|transform, output| transform.flush(output))?,
        }
        self.place.to.end(end);
        self.set_doing(Activity::Waits);
        Ok(())
    }

    /// Puts out what the transform holds, by calls of one kind.
    fn put_out(
        &mut self,
        mut call: impl FnMut(&mut dyn Transform, &mut Output<'_>) -> Result<Pending, Failure>,
    ) -> Result<(), StageStop> {
        self.set_doing(Activity::Computes);
        loop {
            let room = self.place.wait_for_room(&mut self.buffer)?;
            let mut output = Output::new(&mut self.buffer[..room]);
            let held = call(&mut *self.transform, &mut output);
            let made = output.filled();
            self.pass_on(0, made);
            if held.map_err(|failure| self.failed(failure))? == Pending::Nothing {
                break;
            }
        }
        self.holds = false;
        Ok(())
    }

    /// Passes on what was made. Returns whether the input may be completed that it was made of.
    fn pass_on(&mut self, taken: usize, made: usize) -> bool {
        let Some(count) = self.place.meter.stage(self.place.index) else {
            return true;
        };
        count.count(taken as u64, made as u64);
        if let Some(lines) = self.transform.lines() {
            count.set_lines(lines);
        }
        made == 0 || self.place.to.push(self.buffer.split_to(made))
    }

    fn wait_for_input(&mut self, most: Option<Duration>) -> Result<(), StageStop> {
        self.set_doing(Activity::Waits);
        let until = most.map(|most| Instant::now() + most);
        wait::wait(self.place.from.consumer_wakeup(), &[], until)?;
        Ok(())
    }

    fn set_doing(&mut self, doing: Activity) {
        if self.doing != doing {
            self.doing = doing;
            self.place.set_doing(doing);
        }
    }

    /// Names the place in the input, if it is to blame.
    fn failed(&self, failure: Failure) -> StageStop {
        StageStop::Failed(failure.at(self.taken))
    }
}
