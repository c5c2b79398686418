//! The writable side: when Node starts, completes, batches, drains and finishes.

use std::collections::VecDeque;

use tidegate::engine::gate::{ConsumerId, WritableGate};
use tidegate::engine::gates::Drain;

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
    pub(super) target: Target,
    writev: bool,
    /// The readable that is piped here, and the place that this writable has among the consumers in its gates.
    pub(super) feeder: ReadableId,
    pub(super) place: ConsumerId,
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
        writev: bool,
        target: Target,
        feeder: ReadableId,
        place: ConsumerId,
    ) -> Self {
        Self {
            name,
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
}

impl Machine {
    /// The gate of a writable, which is among those of the readable that is piped to it.
    pub(super) fn gate(&self, w: WritableId) -> &WritableGate {
        let writable = &self.writables[w];
        &self.readables[writable.feeder].gates.writables()[writable.place]
    }

    fn gate_mut(&mut self, w: WritableId) -> &mut WritableGate {
        let Writable { feeder, place, .. } = self.writables[w];
        &mut self.readables[feeder].gates.writables_mut()[place]
    }

    /// A chunk is offered.
    pub(super) fn offered(&mut self, w: WritableId, n: u64) {
        let writable = &mut self.writables[w];
        writable.open += 1;
        if writable.busy {
            writable.backlog.push_back(n);
            writable.has_backlog = true;
        } else {
            self.start(w, n, 1);
        }
    }

    /// The gate has answered, after a sink that completes at once has done so.
    pub(super) fn answered(&mut self, w: WritableId, n: u64, ret: bool) {
        let what = What::Write {
            len: n,
            ret,
            writable_length: self.gate(w).len(),
        };
        self.log(self.writables[w].name, what);
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
        let n = std::mem::take(&mut writable.current);
        let (feeder, place) = (writable.feeder, writable.place);
        self.readables[feeder].gates.complete(place, n);
        if self.writables[w].has_backlog {
            self.unload(w);
        }
        if !at_once {
            self.settle(w);
            return;
        }
        if self.gate(w).owes_drain() && !self.writables[w].settle_posted {
            self.writables[w].settle_posted = true;
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
        let n = self.gate(w).len();
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
        let (name, feeder, place) = (writable.name, writable.feeder, writable.place);
        let drain = self.readables[feeder].gates.drain(place);
        if drain != Drain::None {
            self.log(name, What::Drain);
        }
        if drain == Drain::Resumes {
            self.post_resume(feeder);
        }
        self.account(w);
    }

    /// Closes the account of one accepted chunk.
    fn account(&mut self, w: WritableId) {
        self.writables[w].open -= 1;
        if self.gate(w).is_ending() {
            self.try_finish(w);
        }
    }

    pub(super) fn end(&mut self, w: WritableId) {
        let gate = self.gate_mut(w);
        if !gate.is_ending() {
            gate.end();
            self.try_finish(w);
        }
    }

    fn try_finish(&mut self, w: WritableId) {
        let is_finished = self.gate(w).is_finished();
        let writable = &mut self.writables[w];
        if !is_finished || writable.finished || writable.busy || writable.has_backlog {
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
