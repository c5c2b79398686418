//! The readable side: when Node asks, buffers, delivers, pauses, resumes and ends.

use std::collections::VecDeque;

use tidegate::engine::gate::{ConsumerId, ReadableGate};
use tidegate::engine::gates::{Gates, Passage, deliver, flow};

use super::{Job, Machine, ReadableId, WritableId};
use crate::log::{Name, What};

/// What a run knows of a readable beyond its gate.
#[expect(
    clippy::struct_excessive_bools,
    reason = "Node keeps independent flags, not one state"
)]
pub(super) struct Readable {
    pub(super) name: Name,
    /// Its own gate, and those of the writables it is piped to, in pipe order.
    pub(super) gates: Gates,
    /// The waiting chunks, none of them empty; the gate holds their sum.
    queue: VecDeque<u64>,
    /// A request was made and not answered yet.
    asking: bool,
    /// The request is on the stack.
    in_ask: bool,
    /// Somebody found too little and is to be woken.
    wants: bool,
    wake_posted: bool,
    resume_posted: bool,
    topup_posted: bool,
    /// `end` was logged, which is later than the gate's [`ReadableGate::is_ended`].
    ended: bool,
    /// The writables it is piped to; the position is the gates' consumer.
    pub(super) dests: Vec<WritableId>,
}

impl Readable {
    pub(super) fn new(name: Name, gates: Gates) -> Self {
        Self {
            name,
            gates,
            queue: VecDeque::new(),
            asking: false,
            in_ask: false,
            wants: false,
            wake_posted: false,
            resume_posted: false,
            topup_posted: false,
            ended: false,
            dests: Vec::new(),
        }
    }

    pub(super) fn gate(&self) -> &ReadableGate {
        &self.gates.readable
    }

    /// The length of the chunk a taker would get, 0 if there is none.
    fn front(&self) -> u64 {
        self.queue.front().copied().unwrap_or(0)
    }

    /// Whether the producer is to be asked before `taking` bytes leave.
    fn should_ask(&self, taking: u64) -> bool {
        let ended = self.gate().is_ended();
        !self.asking && !ended && (self.wants || wants_after(self.gate(), taking))
    }
}

/// Node's rules of when a source is asked for more. A link has no use for them, since its producer reads whenever there is
/// room.
///
/// Read-ahead: whether the source should be asked for more although no sink takes anything. Below the mark always; at a mark
/// of 0 only while flowing.
fn wants(gate: &ReadableGate) -> bool {
    gate.room() > 0 || (!gate.is_ended() && bypasses(gate))
}

/// Whether the source should be asked before `taking` bytes leave: the test is on what will remain.
fn wants_after(gate: &ReadableGate, taking: u64) -> bool {
    !gate.is_ended() && (gate.is_empty() || gate.len() - taking < gate.mark())
}

/// The answer to a push, advice to the source: "go on" while there is room or nothing at all.
fn answer(gate: &ReadableGate) -> bool {
    !gate.is_ended() && (gate.room() > 0 || gate.is_empty())
}

/// Whether the buffer holds something and has reached its mark.
fn is_full(gate: &ReadableGate) -> bool {
    !gate.is_empty() && gate.len() >= gate.mark()
}

/// Whether a consumer that found too little should be told of the next data.
fn is_within_mark(gate: &ReadableGate) -> bool {
    gate.len() <= gate.mark()
}

/// Whether a chunk that arrives now goes straight to the sinks and is never counted.
fn bypasses(gate: &ReadableGate) -> bool {
    gate.is_flowing() && gate.is_empty()
}

/// A readable of a machine, whose chunks the product's loop passes on.
struct Piped<'a> {
    machine: &'a mut Machine,
    readable: ReadableId,
}

impl Passage for Piped<'_> {
    fn gates(&mut self) -> &mut Gates {
        &mut self.machine.readables[self.readable].gates
    }

    fn take(&mut self) -> Option<u64> {
        let goes_on = self.machine.may_go_on();
        goes_on.then(|| self.machine.take(self.readable)).flatten()
    }

    fn offered(&mut self, consumer: ConsumerId, n: u64) {
        let w = self.machine.readables[self.readable].dests[consumer];
        self.machine.offered(w, n);
    }

    fn answered(&mut self, consumer: ConsumerId, n: u64, goes_on: bool, is_pause: bool) {
        let w = self.machine.readables[self.readable].dests[consumer];
        self.machine.answered(w, n, goes_on);
        if is_pause {
            self.machine.log_unless_ended(self.readable, What::Pause);
        }
    }
}

impl Machine {
    /// A chunk, or end-of-file (`None`), from the producer.
    pub(super) fn push(&mut self, r: ReadableId, item: Option<u64>) {
        self.readables[r].asking = false;
        match item {
            Some(n) => {
                self.push_chunk(r, n);
                self.topup(r);
            }
            None => self.push_eof(r),
        }
        let gate = self.readables[r].gate();
        let what = What::Push {
            len: item,
            ret: answer(gate),
            readable_length: gate.len(),
        };
        self.log(self.readables[r].name, what);
    }

    fn push_eof(&mut self, r: ReadableId) {
        let readable = &mut self.readables[r];
        if readable.gate().is_ended() {
            return;
        }
        readable.gates.readable.end();
        if readable.in_ask {
            self.wake(r);
        } else {
            readable.wants = false;
            self.wake_job(r);
        }
    }

    fn push_chunk(&mut self, r: ReadableId, n: u64) {
        let readable = &mut self.readables[r];
        if n == 0 {
            return;
        }
        if !readable.in_ask && bypasses(readable.gate()) {
            self.deliver(r, n);
            return;
        }
        readable.queue.push_back(n);
        readable.gates.readable.push(n);
        if readable.wants {
            self.wake(r);
        }
    }

    fn wake(&mut self, r: ReadableId) {
        let readable = &mut self.readables[r];
        readable.wants = false;
        if !readable.wake_posted {
            readable.wake_posted = true;
            self.post(Job::Wake(r));
        }
    }

    pub(super) fn wake_job(&mut self, r: ReadableId) {
        let readable = &mut self.readables[r];
        if !readable.gate().is_empty() || readable.gate().is_ended() {
            readable.wake_posted = false;
        }
        let gate = readable.gate();
        if !gate.is_flowing() && !gate.is_ended() && is_within_mark(gate) {
            readable.wants = true;
        }
        self.flow(r);
    }

    fn topup(&mut self, r: ReadableId) {
        let readable = &mut self.readables[r];
        if !readable.topup_posted {
            readable.topup_posted = true;
            self.post(Job::Topup(r));
        }
    }

    /// Reads ahead until the mark is reached or asking gains nothing.
    pub(super) fn topup_job(&mut self, r: ReadableId) {
        while !self.readables[r].asking && wants(self.readables[r].gate()) && self.may_go_on() {
            let before = self.readables[r].gate().len();
            self.poke(r);
            if self.readables[r].gate().len() == before {
                break;
            }
        }
        self.readables[r].topup_posted = false;
    }

    fn ask(&mut self, r: ReadableId) {
        let readable = &mut self.readables[r];
        readable.asking = true;
        readable.in_ask = true;
        if readable.gate().is_empty() {
            readable.wants = true;
        }
        let what = What::Read {
            readable_length: readable.gate().len(),
        };
        self.log(self.readables[r].name, what);
        self.produce(r);
        self.readables[r].in_ask = false;
    }

    /// Asks for more without taking anything.
    fn poke(&mut self, r: ReadableId) {
        let readable = &self.readables[r];
        let ended = readable.gate().is_ended();
        if ended && readable.gate().is_empty() {
            self.close(r);
            return;
        }
        if readable.wants && (ended || is_full(readable.gate())) {
            self.wake(r);
            return;
        }
        if ended {
            return;
        }
        if readable.should_ask(0) {
            self.ask(r);
        }
        let readable = &mut self.readables[r];
        if is_within_mark(readable.gate()) {
            readable.wants = true;
        }
    }

    /// Takes one chunk, to be delivered. Returns its length, if there was one.
    fn take(&mut self, r: ReadableId) -> Option<u64> {
        let readable = &mut self.readables[r];
        readable.wake_posted = false;
        let mut m = readable.front();
        if m == 0 && readable.gate().is_ended() {
            self.close(r);
            return None;
        }
        if readable.should_ask(m) {
            self.ask(r);
            // A request left unanswered does not change what is taken, even if the producer's side of it
            // moved chunks.
            if !self.readables[r].asking {
                m = self.readables[r].front();
            }
        }
        if m == 0 {
            self.readables[r].wants = true;
            if self.readables[r].gate().is_ended() {
                self.close(r);
            }
            return None;
        }
        self.remove(r, m);
        Some(m)
    }

    fn remove(&mut self, r: ReadableId, m: u64) {
        let readable = &mut self.readables[r];
        readable.queue.pop_front();
        readable.gates.readable.take(m);
        if !readable.gate().is_empty() {
            return;
        }
        if readable.gate().is_ended() {
            self.close(r);
        } else {
            readable.wants = true;
        }
    }

    /// Delivers chunks until a sink says "stop" or there is none.
    fn flow(&mut self, r: ReadableId) {
        flow(&mut Piped {
            machine: self,
            readable: r,
        });
    }

    /// Offers a chunk to every sink, whatever the others said.
    fn deliver(&mut self, r: ReadableId, n: u64) {
        let mut piped = Piped {
            machine: self,
            readable: r,
        };
        deliver(&mut piped, n);
    }

    pub(super) fn post_resume(&mut self, r: ReadableId) {
        let readable = &mut self.readables[r];
        if !readable.resume_posted {
            readable.resume_posted = true;
            self.post(Job::Resume(r));
        }
    }

    pub(super) fn resume_job(&mut self, r: ReadableId) {
        if !self.readables[r].asking {
            self.poke(r);
        }
        self.readables[r].resume_posted = false;
        // Said even when the readable was paused again in the meantime.
        self.log_unless_ended(r, What::Resume);
        self.flow(r);
        let readable = &self.readables[r];
        if readable.gate().is_flowing() && !readable.asking {
            self.poke(r);
        }
    }

    fn close(&mut self, r: ReadableId) {
        if !self.readables[r].ended {
            self.post(Job::End(r));
        }
    }

    pub(super) fn end_job(&mut self, r: ReadableId) {
        let readable = &mut self.readables[r];
        if readable.ended || !readable.gate().is_empty() {
            return;
        }
        readable.ended = true;
        self.log(self.readables[r].name, What::End);
        for place in 0..self.readables[r].dests.len() {
            self.end(self.readables[r].dests[place]);
        }
    }

    fn log_unless_ended(&mut self, r: ReadableId, what: What) {
        let readable = &self.readables[r];
        if !readable.ended {
            self.log(readable.name, what);
        }
    }
}
