//! The writable side: when Node starts, completes, batches, drains and finishes.

use std::collections::VecDeque;

use tidegate::engine::gate::{SinkId, WritableGate};

use super::ends::Manual;
use super::{Job, Machine, ReadableId, TRANSFORM_OUT, WritableId};
use crate::log::{Name, What};
use crate::scenario::{SinkMode, SinkSpec};

/// Who accepts what a writable hands over.
pub(super) enum Target {
    Sync,
    NextTick,
    Manual(Manual),
    Transform,
}

impl Target {
    pub(super) fn sink(spec: &SinkSpec) -> Self {
        match spec.mode {
            SinkMode::Sync => Self::Sync,
            SinkMode::NextTick => Self::NextTick,
            SinkMode::Manual => Self::Manual(Manual::new(&spec.schedule)),
        }
    }
}

/// What a run knows of a writable beyond its gate.
#[expect(
    clippy::struct_excessive_bools,
    reason = "Node keeps independent flags, not one state"
)]
pub(super) struct Writable {
    pub(super) name: Name,
    pub(super) gate: WritableGate,
    pub(super) target: Target,
    writev: bool,
    /// The readable that is piped here, and the id this writable has in that readable's gate.
    pub(super) feeder: ReadableId,
    pub(super) place: SinkId,
    /// A chunk or batch is in flight, of `current` bytes.
    busy: bool,
    pub(super) current: u64,
    /// The target is accepting right now.
    in_write: bool,
    backlog: VecDeque<u64>,
    /// Set with the first queued chunk, but cleared only when unloading is over: for a while it outlasts
    /// the backlog itself.
    has_backlog: bool,
    unloading: bool,
    settle_posted: bool,
    /// Accepted chunks not accounted for yet, and posted finish jobs.
    open: usize,
    final_started: bool,
    pub(super) finished: bool,
}

impl Writable {
    pub(super) fn new(
        name: Name,
        mark: u64,
        writev: bool,
        target: Target,
        feeder: ReadableId,
        place: SinkId,
    ) -> Self {
        Self {
            name,
            gate: WritableGate::new(mark),
            target,
            writev,
            feeder,
            place,
            busy: false,
            current: 0,
            in_write: false,
            backlog: VecDeque::new(),
            has_backlog: false,
            unloading: false,
            settle_posted: false,
            open: 0,
            final_started: false,
            finished: false,
        }
    }

    pub(super) fn is_sink(&self) -> bool {
        !matches!(self.target, Target::Transform)
    }

    fn may_finish(&self) -> bool {
        self.gate.is_finished() && !self.finished && !self.busy && !self.has_backlog
    }
}

impl Machine {
    /// Offers a chunk. Returns the gate's answer: false is "stop".
    pub(super) fn write(&mut self, w: WritableId, n: u64) -> bool {
        let writable = &mut self.writables[w];
        writable.open += 1;
        writable.gate.offer(n);
        if writable.busy {
            writable.backlog.push_back(n);
            writable.has_backlog = true;
        } else {
            self.start(w, n, 1);
        }
        // Asked only now, when a sink that completes at once has done so.
        let writable = &mut self.writables[w];
        let ret = writable.gate.answer();
        let what = What::Write {
            len: n,
            ret,
            writable_length: writable.gate.len(),
        };
        self.log(self.writables[w].name, what);
        ret
    }

    fn start(&mut self, w: WritableId, n: u64, chunks: usize) {
        let writable = &mut self.writables[w];
        writable.current = n;
        writable.busy = true;
        writable.in_write = true;
        let name = writable.name;
        self.log(name, What::Begin { len: n, chunks });
        self.accept(w, n);
        self.writables[w].in_write = false;
    }

    /// What was in flight has left.
    pub(super) fn done(&mut self, w: WritableId) {
        let writable = &mut self.writables[w];
        let at_once = writable.in_write;
        writable.busy = false;
        writable.gate.complete(writable.current);
        writable.current = 0;
        if writable.has_backlog {
            self.unload(w);
        }
        if !at_once {
            self.settle(w);
            return;
        }
        let writable = &mut self.writables[w];
        if writable.gate.owes_drain() && !writable.settle_posted {
            writable.settle_posted = true;
            self.post(Job::Settle(w));
        } else {
            self.account(w);
        }
    }

    fn unload(&mut self, w: WritableId) {
        let writable = &mut self.writables[w];
        if writable.unloading {
            return;
        }
        writable.unloading = true;
        if writable.writev && writable.backlog.len() > 1 {
            self.unload_batch(w);
        } else {
            self.unload_singly(w);
        }
        self.writables[w].unloading = false;
    }

    fn unload_batch(&mut self, w: WritableId) {
        let writable = &mut self.writables[w];
        let chunks = writable.backlog.len();
        writable.open -= chunks - 1;
        // Nothing is in flight here, so the gate's length is the backlog's.
        let n = writable.gate.len();
        self.start(w, n, chunks);
        let writable = &mut self.writables[w];
        writable.backlog.clear();
        writable.has_backlog = false;
    }

    fn unload_singly(&mut self, w: WritableId) {
        while !self.writables[w].busy && self.may_go_on() {
            let Some(n) = self.writables[w].backlog.pop_front() else {
                break;
            };
            self.start(w, n, 1);
        }
        let writable = &mut self.writables[w];
        if writable.backlog.is_empty() {
            writable.has_backlog = false;
        }
    }

    pub(super) fn settle(&mut self, w: WritableId) {
        let writable = &mut self.writables[w];
        writable.settle_posted = false;
        if writable.gate.drain() {
            let name = writable.name;
            self.log(name, What::Drain);
            self.drained(w);
        }
        self.account(w);
    }

    /// Closes the account of one accepted chunk.
    fn account(&mut self, w: WritableId) {
        let writable = &mut self.writables[w];
        writable.open -= 1;
        if writable.gate.is_ending() {
            self.try_finish(w);
        }
    }

    pub(super) fn end(&mut self, w: WritableId) {
        let gate = &mut self.writables[w].gate;
        if !gate.is_ending() {
            gate.end();
            self.try_finish(w);
        }
    }

    fn try_finish(&mut self, w: WritableId) {
        let writable = &mut self.writables[w];
        if !writable.may_finish() {
            return;
        }
        if !writable.final_started {
            writable.final_started = true;
            if !writable.is_sink() {
                writable.open += 1;
                self.push(TRANSFORM_OUT, None);
                self.post(Job::Finish(w));
            }
        }
        let writable = &mut self.writables[w];
        if writable.open == 0 {
            writable.open += 1;
            self.post(Job::Finish(w));
        }
    }

    pub(super) fn finish_job(&mut self, w: WritableId) {
        let writable = &mut self.writables[w];
        writable.open -= 1;
        writable.finished = true;
        let name = writable.name;
        self.log(name, What::Finish);
    }
}
