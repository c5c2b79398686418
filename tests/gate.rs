//! Tables for the gates: what recorded Node runs cannot show, such as rooms, low-water marks and peaks.

use tidegate::engine::gate::{ConsumerId, ReadableGate, WritableGate};
use tidegate::engine::gates::{Drain, Gates, Passage, deliver, flow};

/// A readable with `len` bytes buffered, on its way to being paused or ended if so wanted.
fn readable(mark: u64, len: u64, paused: bool, ended: bool) -> ReadableGate {
    let mut gate = ReadableGate::new(mark);
    gate.push(len);
    if paused {
        assert!(gate.await_drain(0), "a new readable flows");
    }
    if ended {
        gate.end();
    }
    gate
}

fn writable(mark: u64, low: u64, len: u64) -> WritableGate {
    let mut gate = WritableGate::new(mark, low);
    gate.offer(len);
    gate
}

#[test]
fn a_new_gate_is_empty_and_remembers_its_marks() {
    let gate = ReadableGate::new(7);
    assert_eq!((gate.mark(), gate.len(), gate.pauses()), (7, 0, 0));
    assert!(gate.is_empty() && gate.is_flowing() && !gate.is_ended());

    let gate = WritableGate::new(7, 3);
    assert_eq!((gate.mark(), gate.low_water_mark()), (7, 3));
    assert_eq!((gate.len(), gate.max_len(), gate.drains()), (0, 0, 0));
    assert!(gate.is_empty() && !gate.is_ending() && !gate.owes_drain());
}

#[test]
fn room_is_what_fits_below_the_mark() {
    for (mark, len, room) in [
        (0, 0, 0),
        (0, 1, 0),
        (4, 0, 4),
        (4, 3, 1),
        (4, 4, 0),
        (4, 9, 0),
    ] {
        let state = format!("mark {mark}, length {len}");
        assert_eq!(readable(mark, len, false, false).room(), room, "{state}");
        assert_eq!(readable(mark, len, true, false).room(), room, "{state}");
        assert_eq!(readable(mark, len, false, true).room(), 0, "{state}");
        assert_eq!(writable(mark, 0, len).room(), room, "{state}");
    }
}

#[test]
fn a_transform_is_released_by_an_unchanged_length_or_one_below_the_mark() {
    for (mark, len, before, releases) in [
        (4, 3, 0, true),
        (4, 4, 0, false),
        (4, 4, 4, true),
        (4, 9, 9, true),
        (4, 9, 8, false),
        (0, 1, 0, false),
        (0, 0, 0, true),
    ] {
        let gate = readable(mark, len, false, false);
        let state = format!("mark {mark}, length {len}, before {before}");
        assert_eq!(gate.releases(before), releases, "{state}");
    }
}

#[test]
fn pushes_add_and_takes_remove() {
    let mut gate = ReadableGate::new(4);
    gate.push(3);
    gate.push(5);
    assert_eq!(gate.len(), 8);
    gate.take(3);
    assert_eq!(gate.len(), 5);
    gate.end();
    gate.take(5);
    assert!(gate.is_empty() && gate.is_ended());
}

#[test]
fn the_slowest_of_three_sinks_decides() {
    let mut gate = ReadableGate::new(4);
    assert!(gate.await_drain(2));
    assert!(!gate.await_drain(0), "paused already");
    assert!(!gate.await_drain(2), "awaited already");
    assert!(!gate.is_flowing());
    assert!(!gate.drained(1), "never awaited");
    assert!(!gate.drained(2), "sink 0 is still full");
    assert!(!gate.is_flowing());
    assert!(gate.drained(0));
    assert!(gate.is_flowing());
    assert!(!gate.drained(0), "flowing already");
    assert!(gate.is_flowing());
    assert_eq!((gate.pauses(), gate.resumes()), (1, 1));
}

#[test]
fn each_pause_is_counted_once() {
    let mut gate = ReadableGate::new(4);
    for pauses in 1..=3 {
        assert!(gate.await_drain(0));
        assert!(!gate.await_drain(1));
        assert_eq!(gate.pauses(), pauses);
        assert!(!gate.drained(0));
        assert!(gate.drained(1));
    }
    assert_eq!(gate.pauses(), 3);
}

#[test]
fn an_offer_is_answered_no_from_the_mark_on() {
    for (mark, len, answer) in [
        (0, 0, true),
        (0, 1, false),
        (4, 0, true),
        (4, 3, true),
        (4, 4, false),
        (4, 5, false),
    ] {
        let mut gate = writable(mark, 0, len);
        let state = format!("mark {mark}, length {len}");
        assert_eq!(gate.answer(), answer, "{state}");
        gate.complete(len);
        assert_eq!(gate.owes_drain(), !answer, "{state}");
        assert_eq!(gate.drain(), !answer, "{state}");
        assert_eq!(gate.drains(), u64::from(!answer), "{state}");
        assert!(!gate.drain(), "{state}: one drain for one no");
    }
}

#[test]
fn a_drain_stays_owed_when_a_later_answer_is_yes() {
    let mut gate = writable(4, 0, 4);
    assert!(!gate.answer());
    gate.complete(3);
    assert!(gate.answer(), "one of four bytes");
    gate.complete(1);
    assert!(gate.drain());
}

#[test]
fn a_drain_comes_at_the_low_water_mark_and_only_once() {
    for (low, completed, due) in [
        (0, 7, false),
        (0, 8, true),
        (3, 4, false),
        (3, 5, true),
        (3, 8, true),
    ] {
        let mut gate = writable(8, low, 8);
        assert!(!gate.answer());
        gate.complete(completed);
        let state = format!("low-water mark {low}, {completed} of 8 completed");
        assert_eq!(gate.owes_drain(), due, "{state}");
        assert_eq!(gate.drain(), due, "{state}");
        assert_eq!(gate.drains(), u64::from(due), "{state}");
        gate.complete(8 - completed);
        assert_eq!(gate.drain(), !due, "{state}");
        assert_eq!(gate.drains(), 1, "{state}");
    }
}

#[test]
fn a_refusal_below_the_mark_owes_one_drain_like_any_no() {
    for (low, len, completed, due) in [
        (0, 3, 2, false),
        (0, 3, 3, true),
        (1, 3, 1, false),
        (1, 3, 2, true),
        (2, 1, 0, true),
        (0, 0, 0, true),
    ] {
        let mut gate = writable(8, low, len);
        assert!(gate.answer() && !gate.owes_drain());
        gate.declare_full();
        gate.declare_full();
        gate.complete(completed);
        let state = format!("low-water mark {low}, {completed} of {len} completed");
        assert_eq!(gate.owes_drain(), due, "{state}");
        assert_eq!(gate.drain(), due, "{state}");
        gate.complete(len - completed);
        assert_eq!(gate.drain(), !due, "{state}");
        assert_eq!(
            gate.drains(),
            1,
            "{state}: one drain, however often it refused"
        );
    }
}

#[test]
fn a_refusal_changes_neither_length_nor_room_nor_what_is_answered_next() {
    let mut gate = writable(8, 0, 3);
    gate.declare_full();
    assert_eq!((gate.len(), gate.max_len(), gate.room()), (3, 3, 5));
    gate.offer(1);
    assert!(gate.answer(), "four of eight bytes");
    gate.complete(4);
    assert!(gate.drain(), "the drain is owed all the same");
}

#[test]
fn a_refusal_after_the_end_was_requested_owes_nothing_that_is_given() {
    for refuses_first in [true, false] {
        let mut gate = writable(8, 0, 3);
        if refuses_first {
            gate.declare_full();
            gate.end();
        } else {
            gate.end();
            gate.declare_full();
        }
        gate.complete(3);
        assert!(!gate.drain() && gate.is_finished());
        assert_eq!(gate.drains(), 0);
    }
}

#[test]
fn drains_are_counted() {
    let mut gate = WritableGate::new(1, 0);
    for drains in 1..=3 {
        gate.offer(1);
        assert!(!gate.answer());
        gate.complete(1);
        assert!(gate.drain());
        assert_eq!(gate.drains(), drains);
    }
}

#[test]
fn nothing_drains_after_the_end_was_requested() {
    let mut gate = writable(4, 0, 4);
    assert!(!gate.answer());
    gate.end();
    assert!(gate.is_ending() && !gate.is_finished());
    gate.complete(4);
    assert!(!gate.drain());
    assert_eq!(gate.drains(), 0);
    assert!(gate.is_finished());
}

#[test]
fn an_empty_writable_is_finished_only_when_ending() {
    let mut gate = WritableGate::new(4, 0);
    assert!(!gate.is_finished());
    gate.end();
    assert!(gate.is_finished());
}

#[test]
fn the_peak_outlives_completions() {
    let mut gate = WritableGate::new(4, 0);
    for (offer, complete, len, peak) in [(3, 2, 1, 3), (5, 6, 0, 6), (2, 0, 2, 6), (1, 0, 3, 6)] {
        gate.offer(offer);
        gate.complete(complete);
        assert_eq!((gate.len(), gate.max_len()), (len, peak));
        assert_eq!(gate.is_empty(), len == 0);
    }
}

/// Passes what is readable in pieces of at most three bytes, and notes the answers.
struct Pieces {
    gates: Gates,
    answers: Vec<(ConsumerId, u64, bool, bool)>,
}

impl Pieces {
    fn new(marks: &[u64]) -> Self {
        let writables = marks.iter().map(|mark| WritableGate::new(*mark, 0));
        Self {
            gates: Gates::new(ReadableGate::new(100), writables),
            answers: Vec::new(),
        }
    }

    fn lens(&self) -> Vec<u64> {
        self.gates
            .writables()
            .iter()
            .map(WritableGate::len)
            .collect()
    }
}

impl Passage for Pieces {
    fn gates(&mut self) -> &mut Gates {
        &mut self.gates
    }

    fn take(&mut self) -> Option<u64> {
        let n = self.gates.passable().min(3);
        self.gates.readable.take(n);
        (n > 0).then_some(n)
    }

    fn answered(&mut self, consumer: ConsumerId, n: u64, goes_on: bool, is_pause: bool) {
        self.answers.push((consumer, n, goes_on, is_pause));
    }
}

#[test]
fn what_is_readable_passes_to_every_consumer_until_one_of_them_says_stop() {
    let mut pieces = Pieces::new(&[10, 4, 4]);
    pieces.gates.readable.push(9);
    flow(&mut pieces);
    // No more than the smallest has room for, and the one that said "stop" first has paused the readable.
    let answers = [
        (0, 3, true, false),
        (1, 3, true, false),
        (2, 3, true, false),
        (0, 1, true, false),
        (1, 1, false, true),
        (2, 1, false, false),
    ];
    assert_eq!(pieces.answers, answers);
    assert_eq!(
        (pieces.lens(), pieces.gates.readable.len()),
        (vec![4; 3], 5)
    );

    pieces.gates.complete(1, 4);
    assert_eq!(pieces.gates.drain(1), Drain::Given);
    pieces.gates.complete(0, 4);
    assert_eq!(pieces.gates.drain(0), Drain::None, "it has not said stop");
    flow(&mut pieces);
    assert_eq!(pieces.lens(), [0, 0, 4], "it is paused");
    pieces.gates.complete(2, 4);
    assert_eq!(pieces.gates.drain(2), Drain::Resumes);
    flow(&mut pieces);
    assert_eq!(pieces.lens(), [4; 3]);
    let counts = |gate: &WritableGate| (gate.stops(), gate.drains());
    let counts: Vec<_> = pieces.gates.writables().iter().map(counts).collect();
    assert_eq!(counts, [(0, 0), (2, 1), (2, 1)]);
    assert_eq!(pieces.gates.readable.pauses(), 2);
}

#[test]
fn a_delivery_reaches_every_consumer_whatever_the_others_answer() {
    let mut pieces = Pieces::new(&[2, 100]);
    deliver(&mut pieces, 50);
    assert_eq!(pieces.lens(), [50, 50]);
    assert_eq!(pieces.answers, [(0, 50, false, true), (1, 50, true, false)]);
}

#[test]
fn a_consumer_that_is_declared_full_pauses_the_readable_until_its_drain() {
    let mut gates = Pieces::new(&[8, 8]).gates;
    assert!(gates.declare_full(1));
    assert!(!gates.declare_full(1) && !gates.readable.is_flowing());
    assert_eq!(
        (gates.drain(0), gates.drain(1)),
        (Drain::None, Drain::Resumes)
    );
    gates.end();
    assert!(gates.writables().iter().all(WritableGate::is_finished));
}

#[test]
#[cfg(debug_assertions)]
#[should_panic(expected = "took 5 of 4 bytes")]
fn more_cannot_be_taken_than_is_there() {
    readable(4, 4, false, false).take(5);
}

#[test]
#[cfg(debug_assertions)]
#[should_panic(expected = "completed 5 of 4 bytes")]
fn more_cannot_be_completed_than_was_offered() {
    writable(4, 0, 4).complete(5);
}
