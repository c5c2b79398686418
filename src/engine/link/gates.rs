//! Both gates of a link, and how long it was paused: what the two roads have in common.

use super::occupancy::Occupancy;
use super::pauses::{PauseList, PauseTotals};
use super::snapshot::{LinkState, Marks, ReadableFill, WritableFill};
use crate::account::clock::Clock;
use crate::account::span::Span;
use crate::engine::gate::{ReadableGate, SinkId, WritableGate};
use std::sync::Arc;
use std::time::Duration;

/// The only sink of a link that feeds one.
const SINK: SinkId = 0;

/// Both gates of a link, and what is kept about them.
#[derive(Debug)]
pub(super) struct Gates {
    pub(super) readable: ReadableGate,
    pub(super) writable: WritableGate,
    /// How full they were for how long.
    readable_occupancy: Occupancy,
    writable_occupancy: Occupancy,
    clock: Arc<Clock>,
    paused_since: Option<Duration>,
    paused: Duration,
    /// Pauses and drains that were counted before these gates were made.
    earlier_counts: (u64, u64),
    /// When there was a pause, if that is to be remembered.
    pause_list: Option<PauseList>,
}

impl Gates {
    pub(super) fn new(marks: Marks, clock: Arc<Clock>) -> Self {
        Self {
            readable: ReadableGate::new(marks.readable),
            writable: WritableGate::with_low_water_mark(marks.writable, marks.low),
            readable_occupancy: Occupancy::new(),
            writable_occupancy: Occupancy::new(),
            clock,
            paused_since: None,
            paused: Duration::ZERO,
            earlier_counts: (0, 0),
            pause_list: None,
        }
    }

    /// From now on it is remembered when there was a pause.
    pub(super) fn record(&mut self) {
        self.pause_list = Some(PauseList::new());
    }

    /// When there was a pause. Ends a pause that goes on, and the recording.
    pub(super) fn finish_recording(&mut self) -> Vec<Span<PauseTotals>> {
        self.stop_pause(false);
        let counted = self.counted();
        let list = self.pause_list.take();
        list.map_or_else(Vec::new, |list| list.finish(&counted))
    }

    /// New gates with these marks, and nothing counted yet.
    pub(super) fn restart(&mut self, marks: Marks) {
        let is_recorded = self.pause_list.is_some();
        *self = Self::new(marks, Arc::clone(&self.clock));
        if is_recorded {
            self.record();
        }
    }

    /// New gates with these marks, after something has passed: what was counted still counts.
    pub(super) fn continue_with(&mut self, marks: Marks) {
        self.stop_pause(false);
        let (earlier, paused) = ((self.pauses(), self.drains()), self.paused);
        let recorded = self.pause_list.take();
        self.restart(marks);
        (self.earlier_counts, self.paused, self.pause_list) = (earlier, paused, recorded);
    }

    /// The time on the clock of the transfer.
    pub(super) fn now(&self) -> Duration {
        self.clock.now()
    }

    /// Both marks, as they are now.
    pub(super) fn marks(&self) -> Marks {
        Marks {
            readable: self.readable.mark(),
            writable: self.writable.mark(),
            low: self.writable.low_water_mark(),
        }
    }

    /// Notes how full both sides are at `now`.
    pub(super) fn note(&mut self, now: Duration) {
        self.readable_occupancy
            .note(now, self.readable.len(), self.readable.mark());
        self.writable_occupancy
            .note(now, self.writable.len(), self.writable.mark());
    }

    pub(super) fn readable_fill(&self) -> ReadableFill {
        let (len, mark) = (self.readable.len(), self.readable.mark());
        ReadableFill {
            len,
            mark,
            max_len: self.readable_occupancy.max_len(),
            median_len: self.readable_occupancy.median(self.now(), mark),
        }
    }

    pub(super) fn writable_fill(&self) -> WritableFill {
        let (len, mark) = (self.writable.len(), self.writable.mark());
        WritableFill {
            len,
            mark,
            low: self.writable.low_water_mark(),
            max_len: self.writable.max_len(),
            median_len: self.writable_occupancy.median(self.now(), mark),
        }
    }

    /// How often the readable was paused.
    pub(super) fn pauses(&self) -> u64 {
        self.earlier_counts.0 + self.readable.pauses()
    }

    /// How often the writable has drained.
    pub(super) fn drains(&self) -> u64 {
        self.earlier_counts.1 + self.writable.drains()
    }

    /// `n` bytes are offered to the writable, which may say "stop".
    pub(super) fn offer(&mut self, n: u64) {
        self.writable.offer(n);
        if !self.writable.answer() {
            self.pause();
        }
    }

    /// There is no room for more, which is known without an offer: the pipe that holds the writable's bytes is full below
    /// its mark, or the mark was lowered.
    pub(super) fn declare_full(&mut self) {
        self.writable.declare_full();
        self.pause();
    }

    /// Gives the drain if one is due. Returns whether the readable flows again.
    pub(super) fn drain(&mut self) -> bool {
        let resumed = self.writable.drain() && self.readable.drained(SINK);
        if resumed {
            self.stop_pause(true);
        }
        resumed
    }

    /// The input has ended and was handed on.
    pub(super) fn end(&mut self) {
        self.writable.end();
        self.stop_pause(false);
    }

    /// For how long the readable was paused in all.
    pub(super) fn paused(&self) -> Duration {
        self.paused + self.current_pause()
    }

    pub(super) fn state(&self) -> LinkState {
        if self.writable.is_ending() {
            LinkState::Ended
        } else if self.readable.is_flowing() {
            LinkState::Flowing
        } else {
            LinkState::Paused
        }
    }

    fn pause(&mut self) {
        if self.readable.await_drain(SINK) {
            self.paused_since = Some(self.clock.now());
        }
    }

    /// Ends the pause, if there is one: by a drain, or at the end of input.
    fn stop_pause(&mut self, drained: bool) {
        let Some(since) = self.paused_since.take() else {
            return;
        };
        let now = self.clock.now();
        self.paused += now.saturating_sub(since);
        let counted = self.counted();
        if let Some(list) = &mut self.pause_list {
            list.add(since, now, drained, &counted);
        }
    }

    /// All pauses so far, without the time of one that goes on.
    fn counted(&self) -> PauseTotals {
        PauseTotals {
            pauses: self.pauses(),
            drains: self.drains(),
            paused: self.paused,
        }
    }

    fn current_pause(&self) -> Duration {
        let since = self.paused_since;
        since.map_or(Duration::ZERO, |since| {
            self.clock.now().saturating_sub(since)
        })
    }
}
