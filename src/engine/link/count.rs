//! What a link counts, on both roads: its gates, for how long it was paused and by which consumer, and how full both sides
//! were. Whoever moves the bytes counts, in plain fields; what displays show of it is published in [`LinkNumbers`].

use super::numbers::LinkNumbers;
use super::pauses::PauseTotals;
use super::snapshot::Marks;
use super::stops::Stops;
use crate::account::clock::Clock;
use crate::engine::gate::{ConsumerId, ReadableGate, WritableGate};
use crate::engine::gates::{Drain, Gates, Passage, deliver, flow};
use std::sync::Arc;
use std::time::Duration;

/// The gates of a link, and what is kept about them.
#[derive(Debug)]
pub(super) struct LinkCount {
    gates: Gates,
    clock: Arc<Clock>,
    /// The time of the operation that is being counted.
    now: Duration,
    /// The pauses of the readable, without the counts of the present gates.
    pauses: Stops,
    /// The same of the "stops" of each consumer, until its drain.
    stops: Vec<Stops>,
    numbers: Arc<LinkNumbers>,
    /// Whether it is to be remembered when there was a pause.
    is_recorded: bool,
    /// Whether the producer duplicates bytes into pipes to pass them on, which have to be empty for that.
    is_duplicated: bool,
}

impl LinkCount {
    /// Nothing has passed yet.
    pub(super) fn new(marks: Marks, clock: Arc<Clock>, numbers: Arc<LinkNumbers>) -> Self {
        let consumers = numbers.consumers();
        let mut count = Self {
            gates: gates(marks, consumers),
            clock,
            now: Duration::ZERO,
            pauses: Stops::default(),
            stops: vec![Stops::default(); consumers],
            numbers,
            is_recorded: false,
            is_duplicated: false,
        };
        count.publish();
        count
    }

    /// The gates.
    pub(super) fn gates(&self) -> &Gates {
        &self.gates
    }

    /// The same, for numbers that nothing follows from but what is asked of them next.
    pub(super) fn gates_mut(&mut self) -> &mut Gates {
        &mut self.gates
    }

    /// Whether the producer duplicates bytes into pipes to pass them on.
    pub(super) fn is_duplicated(&self) -> bool {
        self.is_duplicated
    }

    /// From now on the producer does that, or does it no more.
    pub(super) fn set_duplicated(&mut self, is_duplicated: bool) {
        self.is_duplicated = is_duplicated;
    }

    /// Whether every consumer has completed all that was passed on to it.
    pub(super) fn is_passed_on_empty(&self) -> bool {
        self.gates.writables().iter().all(WritableGate::is_empty)
    }

    /// Whether a producer that waits for the consumers may go on.
    pub(super) fn producer_may_go_on(&self) -> bool {
        if self.is_duplicated {
            self.is_passed_on_empty()
        } else {
            self.gates.readable.room() > 0
        }
    }

    /// From now on it is remembered when there was a pause.
    pub(super) fn record(&mut self) {
        self.is_recorded = true;
        self.numbers.record();
    }

    /// New gates with these marks, and nothing counted yet.
    pub(super) fn restart(&mut self, marks: Marks) {
        self.pauses = Stops::default();
        self.stops.fill(Stops::default());
        self.replace_gates(marks);
    }

    /// New gates with these marks, after something has passed: what was counted still counts.
    pub(super) fn continue_with(&mut self, marks: Marks) {
        self.begin();
        self.stop_all();
        (self.pauses, self.stops) = (self.all_pauses(), self.all_stops().collect());
        self.replace_gates(marks);
    }

    /// All pauses so far.
    fn all_pauses(&self) -> Stops {
        let readable = &self.gates.readable;
        self.pauses.plus(readable.pauses(), readable.resumes())
    }

    /// All "stops" of each consumer so far.
    fn all_stops(&self) -> impl Iterator<Item = Stops> {
        let stops = self.stops.iter().zip(self.gates.writables());
        stops.map(|(it, gate)| it.plus(gate.stops(), gate.drains()))
    }

    fn replace_gates(&mut self, marks: Marks) {
        self.gates = gates(marks, self.stops.len());
        self.numbers.forget_fill();
        self.begin();
        self.publish();
    }

    /// An operation begins; returns the time, which is that of the operation.
    pub(super) fn begin(&mut self) -> Duration {
        self.now = self.clock.now();
        self.now
    }

    /// The time of the operation.
    pub(super) fn now(&self) -> Duration {
        self.now
    }

    /// Both marks, as they are now, of the first consumer.
    pub(super) fn marks(&self) -> Marks {
        let writable = self.gates.writables().first();
        Marks {
            readable: self.gates.readable.mark(),
            writable: writable.map_or(0, WritableGate::mark),
            low: writable.map_or(0, WritableGate::low_water_mark),
        }
    }

    /// Both sides have this mark from now on.
    pub(super) fn set_marks(&mut self, mark: u64) {
        self.gates.readable.set_mark(mark);
        for writable in self.gates.writables_mut() {
            writable.set_mark(mark);
        }
    }

    /// The writable of this consumer has this mark from now on.
    pub(super) fn set_mark(&mut self, consumer: ConsumerId, mark: u64) {
        self.gates.writables_mut()[consumer].set_mark(mark);
    }

    /// Passes on what the readable holds until a consumer says "stop" or there is nothing left, and the end after that.
    pub(super) fn pass_on(&mut self) {
        flow(self);
        if self.gates.readable.is_ended() && self.gates.readable.is_empty() {
            self.end();
        }
    }

    /// The producer has duplicated the first `n` bytes of the readable for every consumer.
    pub(super) fn duplicated(&mut self, n: u64) {
        self.gates.readable.take(n);
        deliver(self, n);
        self.pass_on();
    }

    /// `n` bytes have entered the readable and left it at once.
    pub(super) fn pass_through(&mut self, n: u64) {
        deliver(self, n);
    }

    /// `n` bytes have left for the consumer. A drain resumes the readable; returns whether it did.
    pub(super) fn complete(&mut self, consumer: ConsumerId, n: u64) -> bool {
        self.gates.complete(consumer, n);
        let drain = self.gates.drain(consumer);
        if drain != Drain::None {
            self.stops[consumer].end(self.now);
        }
        if drain == Drain::Resumes {
            self.stop_pause(true);
        }
        drain == Drain::Resumes
    }

    /// The consumer takes nothing more. If it held the readable up, that goes on, though not by a drain.
    pub(super) fn leave(&mut self, consumer: ConsumerId) {
        self.stops[consumer].end(self.now);
        if self.gates.leave(consumer) {
            self.stop_pause(false);
        }
    }

    /// There is no room for more, which is known without an offer: the pipe that holds the consumer's bytes is full below
    /// its mark, or the mark was lowered.
    pub(super) fn declare_full(&mut self, consumer: ConsumerId) {
        let is_pause = self.gates.declare_full(consumer);
        self.stopped(consumer, is_pause);
    }

    /// The input has ended and was handed on.
    pub(super) fn end(&mut self) {
        self.gates.end();
        self.stop_all();
    }

    /// Publishes the numbers as they are, and how full both sides are from the time of the operation on.
    pub(super) fn publish(&mut self) {
        let (pauses, stops) = (self.all_pauses(), self.all_stops());
        self.numbers.publish(self.now, &self.gates, &pauses, stops);
    }

    /// Whether a consumer can be offered nothing though it has not said "stop": its mark was lowered to what it holds, or below; or
    /// its pipe is not empty yet.
    fn has_no_room(&self, consumer: ConsumerId) -> bool {
        let writable = &self.gates.writables()[consumer];
        writable.room() == 0 || (self.is_duplicated && !writable.is_empty())
    }

    fn stopped(&mut self, consumer: ConsumerId, is_pause: bool) {
        self.stops[consumer].begin(self.now);
        if is_pause {
            self.pauses.begin(self.now);
        }
    }

    /// Ends everything that goes on, but not by a drain.
    fn stop_all(&mut self) {
        for stops in &mut self.stops {
            stops.end(self.now);
        }
        self.stop_pause(false);
    }

    /// Ends the pause, if there is one.
    fn stop_pause(&mut self, drained: bool) {
        if let Some(since) = self.pauses.end(self.now)
            && self.is_recorded
        {
            let counted = PauseTotals::of(&self.all_pauses());
            self.numbers.add_pause(since, self.now, drained, &counted);
        }
    }
}

impl Passage for LinkCount {
    fn gates(&mut self) -> &mut Gates {
        &mut self.gates
    }

    /// The marks are hard bounds: no more than every consumer has room for.
    fn take(&mut self) -> Option<u64> {
        if self.gates.readable.is_empty() {
            return None;
        }
        let n = if self.is_duplicated {
            0
        } else {
            self.gates.passable()
        };
        if n == 0 {
            for consumer in 0..self.stops.len() {
                if self.has_no_room(consumer) {
                    self.declare_full(consumer);
                }
            }
            return None;
        }
        self.gates.readable.take(n);
        Some(n)
    }

    fn answered(&mut self, consumer: ConsumerId, _: u64, goes_on: bool, is_pause: bool) {
        if !goes_on {
            self.stopped(consumer, is_pause);
        }
    }
}

fn gates(marks: Marks, consumers: usize) -> Gates {
    let writables = (0..consumers).map(|_| WritableGate::new(marks.writable, marks.low));
    Gates::new(ReadableGate::new(marks.readable), writables)
}
