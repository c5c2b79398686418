//! The thread of a transform: takes chunks from the link before it, and fills the link after it as far as that has
//! room.
//!
//! As in Node's Transform, an input is completed only when the readable it was transformed into is below its mark
//! (<https://nodejs.org/docs/latest-v20.x/api/stream.html#implementing-a-transform-stream>), so that backpressure
//! travels through the pipeline from the sink to the source.

use crate::account::meter::Meter;
use crate::account::stages::Activity;
use crate::engine::link::{Batch, InputEnd, Link, Next, Room};
use crate::engine::wait::{self, GATHER_TIME};
use crate::transform::{Digest, Failure, Input, Output, Pending, Transform};
use bytes::BytesMut;
use std::io;
use std::time::{Duration, Instant};

/// When no input has come for so long, the transform is flushed: short enough for a person who watches the output, and
/// long enough not to cut input that comes in bursts into pieces.
const FLUSH_AFTER: Duration = Duration::from_millis(100);

/// How a transform ended.
#[derive(Debug, Clone, Default)]
pub struct TransformOutcome {
    /// Why it failed, if it did.
    pub failure: Option<Failure>,
    /// What it found out about the bytes.
    pub digest: Option<Digest>,
    /// What the user should know although nothing failed.
    pub warning: Option<String>,
}

/// The links before and after a transform, and which transform of the pipeline it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct TransformContext<'a> {
    pub(super) from: &'a Link,
    pub(super) to: &'a Link,
    pub(super) meter: &'a Meter,
    /// The place of the transform, counted from the source.
    pub(super) index: usize,
}

impl TransformContext<'_> {
    /// Notes what the transform does from now on.
    pub(super) fn set_activity(&self, activity: Activity) {
        self.meter.set_activity(self.index, activity);
    }

    /// Counts bytes that the transform has consumed and made.
    pub(super) fn count(&self, bytes_in: u64, bytes_out: u64) {
        if let Some(count) = self.meter.stage(self.index) {
            count.count(bytes_in, bytes_out);
        }
    }

    /// Waits until the link after the transform has room. Returns how many bytes of `buffer` may be filled; an empty
    /// buffer is replaced by a new one. The transform still counts as computing: what is waited for is behind it.
    pub(super) fn wait_for_room(&self, buffer: &mut BytesMut) -> Result<usize, TransformStop> {
        loop {
            match self.to.ask_for_room() {
                Room::Bytes(room) => {
                    if buffer.is_empty() {
                        *buffer = self.to.buffer()?;
                    }
                    let room = usize::try_from(room).unwrap_or(usize::MAX);
                    return Ok(room.min(buffer.len()));
                }
                Room::None => {
                    wait::wait(self.to.producer_wakeup(), &[], None)?;
                }
                Room::Cancelled => return Err(TransformStop::Cancelled),
            }
        }
    }

    /// Cancels both links, so that neither stage next to it waits any more.
    pub(super) fn cancel(&self) {
        self.from.cancel();
        self.to.cancel();
    }
}

/// Why a transform stops before its end.
#[derive(Debug)]
pub(super) enum TransformStop {
    /// One of its links was cancelled.
    Cancelled,
    /// The transform has failed.
    Failed(Failure),
}

impl From<io::Error> for TransformStop {
    fn from(error: io::Error) -> Self {
        TransformStop::Failed(Failure::system(&error))
    }
}

/// Transforms until the end, a failure, or a cancellation.
pub(super) fn run(
    transform: Box<dyn Transform>,
    context: TransformContext<'_>,
) -> TransformOutcome {
    let _guards = (context.from.cancel_on_panic(), context.to.cancel_on_panic());
    let mut stage = TransformStage {
        transform,
        context,
        batch: Batch::default(),
        buffer: BytesMut::new(),
        consumed: 0,
        holds_output: false,
        activity: Activity::Waits,
    };
    let ended = stage.run();
    let failure = ended.err().and_then(|stop| stop.into_failure(&context));
    TransformOutcome {
        digest: stage.transform.digest().filter(|_| failure.is_none()),
        warning: stage.transform.warning(),
        failure,
    }
}

impl TransformStop {
    /// Ends both links.
    pub(super) fn end_links(&self, context: &TransformContext<'_>) {
        match self {
            TransformStop::Cancelled => context.cancel(),
            TransformStop::Failed(_) => {
                // What was put out before the failure is good, and is delivered.
                context.to.end(InputEnd::Cut);
                context.from.cancel();
            }
        }
    }

    /// Ends both links. Returns the failure, if that is the reason.
    pub(super) fn into_failure(self, context: &TransformContext<'_>) -> Option<Failure> {
        self.end_links(context);
        match self {
            TransformStop::Cancelled => None,
            TransformStop::Failed(failure) => Some(failure),
        }
    }
}

struct TransformStage<'a> {
    transform: Box<dyn Transform>,
    context: TransformContext<'a>,
    /// Chunks taken from the link before and not completed.
    batch: Batch,
    /// The buffer that is filled next.
    buffer: BytesMut,
    /// Bytes of the input that were transformed so far.
    consumed: u64,
    /// Whether the transform may hold something that it has not put out yet.
    holds_output: bool,
    activity: Activity,
}

impl TransformStage<'_> {
    fn run(&mut self) -> Result<(), TransformStop> {
        let consumer = self.context.from.consumer();
        let mut next = consumer.next(&mut self.batch, false);
        loop {
            let accepts_little = matches!(next, Next::Little);
            match next {
                Next::Chunks => {
                    self.set_activity(Activity::Computes);
                    next = self.convert_batch()?;
                    continue;
                }
                Next::Little => self.wait_for_input(Some(GATHER_TIME))?,
                Next::Nothing => self.idle()?,
                Next::End(end) => return self.end(end),
                Next::Cancelled => return Err(TransformStop::Cancelled),
            }
            next = consumer.next(&mut self.batch, accepts_little);
        }
    }

    /// Transforms a batch. Each piece of it is completed once its output was passed on and the link after the transform
    /// has room again. Returns what the link before it has then.
    fn convert_batch(&mut self) -> Result<Next, TransformStop> {
        loop {
            let room = self.context.wait_for_room(&mut self.buffer)?;
            let mut input = Input::new(self.batch.front());
            let mut output = Output::new(&mut self.buffer[..room]);
            let (began, mut result) = (Instant::now(), Ok(()));
            while result.is_ok() && !input.is_empty() && !output.is_full() {
                result = self.transform.step(&mut input, &mut output);
                if began.elapsed() >= GATHER_TIME {
                    // What was made does not wait for the rest of the chunk.
                    break;
                }
            }
            let (consumed, made) = (input.taken(), output.filled());
            self.consumed += consumed as u64;
            self.holds_output = true;
            let is_released = self.pass_on(consumed, made);
            if began.elapsed() >= GATHER_TIME {
                self.context.to.nothing_more_for_now();
            }
            result.map_err(|failure| self.stop_for(failure))?;
            if !is_released {
                self.context.wait_for_room(&mut self.buffer)?;
            }
            let from = self.context.from.consumer();
            if let Some(next) = from.complete(&mut self.batch, consumed as u64) {
                return Ok(next);
            }
        }
    }

    /// No input for now. What was made goes on at once, and what the transform holds after a while.
    fn idle(&mut self) -> Result<(), TransformStop> {
        self.context.to.nothing_more_for_now();
        if !self.holds_output {
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
    fn end(&mut self, end: InputEnd) -> Result<(), TransformStop> {
        match end {
            InputEnd::Whole => self.put_out(|transform, output| transform.finish(output))?,
            // To finish it would only fail, saying that the input should have gone on.
            InputEnd::Cut => self.put_out(|transform, output| transform.flush(output))?,
        }
        self.context.to.end(end);
        self.set_activity(Activity::Waits);
        Ok(())
    }

    /// Puts out what the transform holds, by repeating `call` until it holds nothing.
    fn put_out(
        &mut self,
        mut call: impl FnMut(&mut dyn Transform, &mut Output<'_>) -> Result<Pending, Failure>,
    ) -> Result<(), TransformStop> {
        self.set_activity(Activity::Computes);
        loop {
            let room = self.context.wait_for_room(&mut self.buffer)?;
            let mut output = Output::new(&mut self.buffer[..room]);
            let held = call(&mut *self.transform, &mut output);
            let made = output.filled();
            self.pass_on(0, made);
            if held.map_err(|failure| self.stop_for(failure))? == Pending::Nothing {
                break;
            }
        }
        self.holds_output = false;
        Ok(())
    }

    /// Passes `made` bytes on. Returns whether the input they were made of may be completed.
    fn pass_on(&mut self, consumed: usize, made: usize) -> bool {
        if let Some(count) = self.context.meter.stage(self.context.index) {
            count.count(consumed as u64, made as u64);
            if let Some(lines) = self.transform.lines() {
                count.set_lines(lines);
            }
        }
        made == 0 || self.context.to.push_made(self.buffer.split_to(made))
    }

    fn wait_for_input(&mut self, most: Option<Duration>) -> Result<(), TransformStop> {
        self.set_activity(Activity::Waits);
        let until = most.map(|most| Instant::now() + most);
        wait::wait(self.context.from.consumer().wakeup(), &[], until)?;
        Ok(())
    }

    fn set_activity(&mut self, activity: Activity) {
        if self.activity != activity {
            self.activity = activity;
            self.context.set_activity(activity);
        }
    }

    /// Adds the position in the input to a failure that the input is to blame for.
    fn stop_for(&self, failure: Failure) -> TransformStop {
        TransformStop::Failed(failure.at(self.consumed))
    }
}

#[cfg(test)]
mod tests {
    use super::{TransformContext, run};
    use crate::account::clock::Clock;
    use crate::account::meter::Meter;
    use crate::engine::link::{Batch, Chain, InputEnd, Marks, Next};
    use crate::transform::{Failure, Input, Output, Transform};
    use bytes::BytesMut;
    use std::sync::Arc;

    struct Same;

    impl Transform for Same {
        fn step(&mut self, input: &mut Input<'_>, output: &mut Output<'_>) -> Result<(), Failure> {
            output.put(input.take(1));
            Ok(())
        }
    }

    #[test]
    fn what_a_transform_makes_is_delivered_though_nothing_counts_it() {
        let clock = Arc::new(Clock::new());
        let marks = Marks::DEFAULT;
        let chain = |names| Chain::new(names, marks, &[marks.writable], 100, &clock).unwrap();
        let (without, chain) = (chain(&[]), chain(&["same"]));
        let (from, to) = (chain.first(), chain.last());
        from.push(BytesMut::from(&b"given"[..]));
        from.end(InputEnd::Whole);
        let context = TransformContext {
            from,
            to,
            meter: &Meter::new(without, Arc::clone(&clock)),
            index: 0,
        };
        assert_eq!(run(Box::new(Same), context).failure, None);
        let mut batch = Batch::default();
        assert!(matches!(to.consumer().next(&mut batch, true), Next::Chunks));
        assert_eq!(batch.front(), b"given");
    }
}
