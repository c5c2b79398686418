//! What a link tells displays, which read it at any time and never hold up what moves bytes.

use super::occupancy::Occupancy;
use super::pauses::{PauseList, PauseTotals};
use super::snapshot::{ConsumerSnapshot, LinkState, ReadableFill, WritableFill};
use super::stops::Stops;
use crate::account::clock::nanos;
use crate::account::published::Published;
use crate::account::span::Span;
use crate::engine::gate::WritableGate;
use crate::engine::gates::Gates;
use crate::platform::sync::Lock;
use std::time::Duration;

/// How many numbers are published of the readable, and of each consumer.
const OF_READABLE: usize = 7;
const OF_CONSUMER: usize = 8;

/// In the place of a moment: there is none.
const NONE: u64 = u64::MAX;

/// The numbers of a link.
#[derive(Debug)]
pub(super) struct LinkNumbers {
    published: Published,
    readable: Occupancy,
    consumers: Vec<Occupancy>,
    /// When there was a pause, if that is to be remembered.
    pause_list: Lock<Option<PauseList>>,
}

/// The numbers of a link at one moment.
#[derive(Debug)]
pub(super) struct Numbers<'a> {
    of: &'a LinkNumbers,
    now: Duration,
    row: Vec<u64>,
}

impl LinkNumbers {
    /// Zeros, for a link with so many consumers.
    pub(super) fn new(consumers: usize) -> Self {
        Self {
            published: Published::new(OF_READABLE + consumers * OF_CONSUMER),
            readable: Occupancy::new(),
            consumers: (0..consumers).map(|_| Occupancy::new()).collect(),
            pause_list: Lock::new(None),
        }
    }

    /// How many consumers there are.
    pub(super) fn consumers(&self) -> usize {
        self.consumers.len()
    }

    /// Publishes what the gates and stops are from `now` on.
    pub(super) fn publish(
        &self,
        now: Duration,
        gates: &Gates,
        pauses: &Stops,
        stops: impl Iterator<Item = Stops>,
    ) {
        let readable = &gates.readable;
        self.readable.note(now, readable.len(), readable.mark());
        for (occupancy, gate) in self.consumers.iter().zip(gates.writables()) {
            occupancy.note(now, gate.len(), gate.mark());
        }
        let state = if gates.writables().iter().all(WritableGate::is_ending) {
            LinkState::Ended
        } else if readable.is_flowing() {
            LinkState::Flowing
        } else {
            LinkState::Paused
        };
        let of_readable = [readable.len(), readable.mark(), state as u64];
        let of_readable = of_readable.into_iter().chain(of_stops(pauses));
        let of_consumers = gates.writables().iter().zip(stops);
        let of_consumers = of_consumers.flat_map(|(gate, stops)| {
            let lengths = [
                gate.len(),
                gate.mark(),
                gate.low_water_mark(),
                gate.max_len(),
            ];
            lengths.into_iter().chain(of_stops(&stops))
        });
        self.published.publish(of_readable.chain(of_consumers));
    }

    /// What is known of the fill belongs to other buffers.
    pub(super) fn forget_fill(&self) {
        self.consumers
            .iter()
            .chain([&self.readable])
            .for_each(Occupancy::reset);
    }

    /// The numbers as they were last published, at `now`.
    pub(super) fn read(&self, now: Duration) -> Numbers<'_> {
        Numbers {
            of: self,
            now,
            row: self.published.read(),
        }
    }

    /// From now on it is remembered when there was a pause.
    pub(super) fn record(&self) {
        *self.pause_list.lock() = Some(PauseList::new());
    }

    /// Remembers a pause that is over.
    pub(super) fn add_pause(
        &self,
        since: Duration,
        now: Duration,
        drained: bool,
        counted: &PauseTotals,
    ) {
        if let Some(list) = &mut *self.pause_list.lock() {
            list.add(since, now, drained, counted);
        }
    }

    /// When there was a pause, with one that goes on. Ends the recording; empty unless there was one.
    pub(super) fn finish_recording(&self, now: Duration) -> Vec<Span<PauseTotals>> {
        let Some(mut list) = self.pause_list.lock().take() else {
            return Vec::new();
        };
        let pauses = self.read(now).pauses();
        let mut counted = PauseTotals::of(&pauses);
        if let Some(since) = pauses.since {
            counted.paused += now.saturating_sub(since);
            list.add(since, now, false, &counted);
        }
        list.finish(&counted)
    }
}

impl Numbers<'_> {
    pub(super) fn state(&self) -> LinkState {
        match self.row[2] {
            it if it == LinkState::Ended as u64 => LinkState::Ended,
            it if it == LinkState::Paused as u64 => LinkState::Paused,
            _ => LinkState::Flowing,
        }
    }

    /// The pauses of the readable.
    pub(super) fn pauses(&self) -> Stops {
        stops(&self.row[3..OF_READABLE])
    }

    /// For how long the readable was paused in all.
    pub(super) fn paused(&self) -> Duration {
        self.pauses().total(self.now)
    }

    /// Length and mark of the readable.
    pub(super) fn readable_level(&self) -> (u64, u64) {
        (self.row[0], self.row[1])
    }

    /// Length and mark of the writable of each consumer.
    pub(super) fn writable_levels(&self) -> impl Iterator<Item = (u64, u64)> {
        self.of_consumers().map(|it| (it[0], it[1]))
    }

    pub(super) fn readable(&self) -> ReadableFill {
        let (len, mark) = self.readable_level();
        ReadableFill {
            len,
            mark,
            max_len: self.of.readable.max_len(),
            median_len: self.of.readable.median(self.now, mark),
        }
    }

    pub(super) fn consumers(&self) -> Vec<ConsumerSnapshot> {
        let consumers = self.of_consumers().zip(&self.of.consumers);
        let consumers = consumers.map(|(it, occupancy)| {
            let stops = stops(&it[4..]);
            ConsumerSnapshot {
                writable: Some(WritableFill {
                    len: it[0],
                    mark: it[1],
                    low: it[2],
                    max_len: it[3],
                    median_len: occupancy.median(self.now, it[1]),
                }),
                stops: stops.count,
                drains: stops.drains,
                held_up: stops.total(self.now),
            }
        });
        consumers.collect()
    }

    fn of_consumers(&self) -> impl Iterator<Item = &[u64]> {
        self.row[OF_READABLE..].chunks(OF_CONSUMER)
    }
}

fn of_stops(it: &Stops) -> [u64; 4] {
    [
        it.count,
        it.drains,
        nanos(it.time),
        it.since.map_or(NONE, nanos),
    ]
}

fn stops(numbers: &[u64]) -> Stops {
    Stops {
        count: numbers[0],
        drains: numbers[1],
        time: Duration::from_nanos(numbers[2]),
        since: (numbers[3] != NONE).then(|| Duration::from_nanos(numbers[3])),
    }
}
