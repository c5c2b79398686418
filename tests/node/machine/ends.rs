//! The scripted ends: a source that answers requests, sinks that complete, a transform between them.

use super::writable::Target;
use super::{Action, Job, Machine, ReadableId, SOURCE, TRANSFORM_IN, TRANSFORM_OUT, WritableId};
use crate::log::What;
use crate::scenario::{Scenario, TransformKind, TransformSpec};

/// Answers requests in order, as soon as arrival and delay allow.
pub(super) struct Source {
    items: Vec<u64>,
    arrivals: Vec<u64>,
    delay: u64,
    asked: usize,
}

impl Source {
    pub(super) fn new(scenario: &Scenario) -> Self {
        Self {
            items: scenario.source.clone(),
            arrivals: scenario.arrivals.clone(),
            delay: scenario.read_delay,
            asked: 0,
        }
    }

    /// Takes a request at tick `now`. Returns when it is to be answered.
    fn ask(&mut self, now: u64) -> u64 {
        let arrival = self.arrivals.get(self.asked).copied().unwrap_or(0);
        self.asked += 1;
        arrival.max(now + self.delay)
    }

    /// The item last asked for, `None` for end-of-file.
    fn asked_item(&self) -> Option<u64> {
        self.items.get(self.asked - 1).copied()
    }
}

/// The schedule of a manual sink.
pub(super) struct Manual {
    schedule: Vec<i64>,
    accepted: usize,
}

impl Manual {
    pub(super) fn new(schedule: &[i64]) -> Self {
        Self {
            schedule: schedule.to_vec(),
            accepted: 0,
        }
    }

    /// The delay of the next completion, `None` if it never comes.
    fn next_delay(&mut self) -> Option<u64> {
        let delay = self.schedule[self.accepted % self.schedule.len()];
        self.accepted += 1;
        u64::try_from(delay).ok()
    }
}

/// What joins the transform's two halves.
pub(super) struct Transform {
    kind: TransformKind,
    /// The completion of the last input is withheld until somebody reads.
    held: bool,
}

impl Transform {
    pub(super) fn new(spec: &TransformSpec) -> Self {
        Self {
            kind: spec.kind,
            held: false,
        }
    }
}

impl Machine {
    /// Hands a request to whoever fills this readable.
    pub(super) fn produce(&mut self, r: ReadableId) {
        if r != SOURCE {
            self.release();
            return;
        }
        let due = self.source.ask(self.tick);
        if due <= self.tick {
            self.answer_request();
        } else {
            self.act_at(due, Action::Answer);
        }
    }

    pub(super) fn answer_request(&mut self) {
        self.push(SOURCE, self.source.asked_item());
    }

    /// A request to the transform frees a withheld completion. It brings no data by itself.
    fn release(&mut self) {
        let held = self.transform.as_mut().map(|transform| &mut transform.held);
        if held.is_some_and(std::mem::take) {
            self.complete(TRANSFORM_IN);
        }
    }

    /// Hands what was just put in flight to its target.
    pub(super) fn accept(&mut self, w: WritableId, n: u64) {
        let delay = match &mut self.writables[w].target {
            Target::Sync => Some(0),
            Target::Manual(manual) => manual.next_delay(),
            Target::NextTick => return self.post(Job::Complete(w)),
            Target::Transform => return self.convert(n),
        };
        match delay {
            None => {}
            Some(0) => self.complete(w),
            Some(delay) => self.act_at(self.tick + delay, Action::Complete(w)),
        }
    }

    fn convert(&mut self, n: u64) {
        let Some(transform) = &self.transform else {
            return;
        };
        let output = transform.kind.output(n);
        let before = self.readables[TRANSFORM_OUT].gate().len();
        if output > 0 {
            self.push(TRANSFORM_OUT, Some(output));
        }
        let ending = self.gate(TRANSFORM_IN).is_ending();
        if ending || self.readables[TRANSFORM_OUT].gate().releases(before) {
            self.complete(TRANSFORM_IN);
        } else if let Some(transform) = &mut self.transform {
            transform.held = true;
        }
    }

    /// Reports what is in flight as completed.
    pub(super) fn complete(&mut self, w: WritableId) {
        let writable = &self.writables[w];
        let len = writable.current;
        self.log(writable.name, What::Done { len });
        self.done(w);
    }
}
