//! Plays recorded runs through a whole [`Link`]: chunks in buffers, taken and completed by its consumers, as its threads do it, but
//! one after the other in virtual time.
//!
//! A link keeps its marks as hard bounds, where a stream of Node.js takes whole chunks and may hold more than its mark. Where all
//! chunks have one length both are the same with marks that are the next multiples of it. Such runs are played: without a
//! transform, from a source that never keeps anybody waiting, into sinks that complete later.

#![expect(
    clippy::expect_used,
    reason = "a link that cannot be played ends the test"
)]

use crate::cases::{self, Case};
use crate::log::{Event, Name, What};
use crate::scenario::{Scenario, SinkMode, SinkSpec};
use crate::{machine, public_directory};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use tidegate::account::clock::Clock;
use tidegate::engine::link::{Batch, Chain, InputEnd, Link, Marks, Next, Room};

/// How often the readable was paused by the end of a tick, and how often each sink had drained.
type Counts = (u64, Vec<u64>);

/// The counts after each tick in which they have changed.
type Timeline = BTreeMap<u64, Counts>;

/// The sinks of a scenario, in their order.
fn sinks(scenario: &Scenario) -> Vec<&SinkSpec> {
    let all = [Some(&scenario.sink), scenario.tee.as_ref()];
    all.into_iter().flatten().collect()
}

/// The length of every chunk, if this scenario is one that can be played.
fn chunk_len(scenario: &Scenario) -> Option<u64> {
    let completes_later = |it: &&SinkSpec| {
        it.mode == SinkMode::Manual && !it.writev && it.schedule.iter().all(|delay| *delay > 0)
    };
    let fits = scenario.transform.is_none()
        && scenario.arrivals.is_empty()
        && scenario.read_delay == 0
        && scenario.read_high_water_mark > 0
        && sinks(scenario).iter().all(completes_later)
        && sinks(scenario)
            .iter()
            .all(|it| it.write_high_water_mark > 0);
    let first = *scenario.source.first().filter(|len| **len > 0)?;
    let is_even = scenario.source.iter().all(|len| *len == first);
    (fits && is_even).then_some(first)
}

/// What Node.js has seen, and the longest that each sink was.
fn of_node(scenario: &Scenario, events: &[Event]) -> (Timeline, Vec<u64>) {
    let names = &[Name::Sink, Name::Sink2][..sinks(scenario).len()];
    let (mut timeline, mut counts) = (Timeline::new(), (0, vec![0; names.len()]));
    let mut longest = vec![0; names.len()];
    for event in events {
        let sink = names.iter().position(|name| *name == event.on);
        match (&event.what, sink) {
            (What::Pause, _) => counts.0 += 1,
            (What::Drain, Some(sink)) => counts.1[sink] += 1,
            (
                What::Write {
                    writable_length, ..
                },
                Some(sink),
            ) => {
                longest[sink] = longest[sink].max(*writable_length);
                continue;
            }
            _ => continue,
        }
        timeline.insert(event.t, counts.clone());
    }
    (timeline, longest)
}

/// A link with scripted ends.
struct Play<'a> {
    sinks: Vec<&'a SinkSpec>,
    link: Arc<Link>,
    chunk_len: u64,
    /// Chunks that the source has not given yet.
    left: usize,
    is_ended: bool,
    batches: Vec<Batch>,
    /// How many chunks each sink has begun to write.
    begun: Vec<usize>,
    /// When which sink completes its chunk.
    due: BTreeSet<(u64, usize)>,
    timeline: Timeline,
    counts: Counts,
}

impl<'a> Play<'a> {
    fn new(scenario: &'a Scenario, chunk_len: u64) -> Self {
        let even = |mark: u64| mark.next_multiple_of(chunk_len);
        let sinks = sinks(scenario);
        let marks: Vec<_> = sinks
            .iter()
            .map(|it| even(it.write_high_water_mark))
            .collect();
        let of_link = Marks {
            readable: even(scenario.read_high_water_mark),
            writable: marks[0],
            low: 0,
        };
        let clock = Arc::new(Clock::new());
        let chain = Chain::new(&[], of_link, &marks, chunk_len, &clock).expect("a link");
        Self {
            link: Arc::clone(chain.first()),
            chunk_len,
            left: scenario.source.len(),
            is_ended: false,
            batches: sinks.iter().map(|_| Batch::default()).collect(),
            begun: vec![0; sinks.len()],
            due: BTreeSet::new(),
            timeline: Timeline::new(),
            counts: (0, vec![0; sinks.len()]),
            sinks,
        }
    }

    /// Plays it to its end. Returns what was seen, and the longest that each sink was.
    fn run(mut self) -> (Timeline, Vec<u64>) {
        self.go_on(0);
        while let Some((now, sink)) = self.due.pop_first() {
            let batch = &mut self.batches[sink];
            let link = Arc::clone(&self.link);
            let consumer = link.consumers().nth(sink).expect("a consumer");
            let next = consumer.complete(batch, self.chunk_len);
            // With the rest of its batch, or with the next one.
            if next.is_none_or(|next| matches!(next, Next::Chunks)) {
                self.begin(now, sink);
            }
            self.go_on(now);
        }
        let ended = self.link.snapshot().consumers;
        let longest = ended
            .iter()
            .map(|it| it.writable.expect("a buffer").max_len);
        (self.timeline, longest.collect())
    }

    /// Lets the source give what there is room for, and idle sinks take what there is.
    fn go_on(&mut self, now: u64) {
        loop {
            let has_given = self.give();
            let has_taken = self.take(now);
            if !has_given && !has_taken {
                break;
            }
        }
        let link = self.link.snapshot();
        let drains = link.consumers.iter().map(|it| it.drains).collect();
        let counts = (link.pauses, drains);
        if counts != self.counts {
            self.counts.clone_from(&counts);
            self.timeline.insert(now, counts);
        }
    }

    fn give(&mut self) -> bool {
        let mut has_given = false;
        while self.left > 0 && self.link.ask_for_room() != Room::None {
            let mut chunk = self.link.buffer().expect("memory");
            chunk.resize(usize::try_from(self.chunk_len).expect("a length"), 0);
            self.link.push(chunk);
            self.left -= 1;
            has_given = true;
        }
        if self.left == 0 && !self.is_ended {
            self.is_ended = true;
            self.link.end(InputEnd::Whole);
            has_given = true;
        }
        has_given
    }

    fn take(&mut self, now: u64) -> bool {
        let link = Arc::clone(&self.link);
        let mut has_taken = false;
        for (sink, consumer) in link.consumers().enumerate() {
            if self.batches[sink].is_empty()
                && matches!(consumer.next(&mut self.batches[sink], true), Next::Chunks)
            {
                self.begin(now, sink);
                has_taken = true;
            }
        }
        has_taken
    }

    /// The sink begins to write the first chunk that it has taken.
    fn begin(&mut self, now: u64, sink: usize) {
        let schedule = &self.sinks[sink].schedule;
        let delay = schedule[self.begun[sink] % schedule.len()];
        self.begun[sink] += 1;
        let delay = u64::try_from(delay).expect("a delay of a sink that completes");
        self.due.insert((now + delay, sink));
    }
}

fn compare(scenario: &Scenario, chunk_len: u64, events: &[Event]) -> Result<(), String> {
    let expected = of_node(scenario, events);
    let actual = Play::new(scenario, chunk_len).run();
    if expected == actual {
        return Ok(());
    }
    Err(format!("Node: {expected:?}\nlink: {actual:?}"))
}

#[test]
fn recorded_runs_pause_and_drain_a_link_at_the_same_ticks() -> Result<(), String> {
    let elsewhere = std::env::var_os("NODE_CASES");
    let directory = public_directory();
    let directory = elsewhere.as_deref().map_or(&*directory, Path::new);
    let (mut tees, mut failures) = (0, Vec::new());
    for Case {
        name,
        scenario,
        expected,
    } in cases::load(directory)?
    {
        let Some(chunk_len) = chunk_len(&scenario) else {
            continue;
        };
        tees += usize::from(scenario.tee.is_some());
        if let Err(why) = compare(&scenario, chunk_len, &expected.events) {
            failures.push(format!("case {name}\n{why}"));
        }
    }
    if elsewhere.is_none() {
        assert!(tees > 0, "a recorded tee that a link can play");
    }
    match &failures[..] {
        [] => Ok(()),
        failures => Err(failures.join("\n\n")),
    }
}

fn sink() -> impl Strategy<Value = SinkSpec> {
    let schedule = prop::collection::vec(1i64..9, 1..4);
    (1u64..60, schedule).prop_map(|(mark, schedule)| SinkSpec {
        write_high_water_mark: mark,
        mode: SinkMode::Manual,
        schedule,
        writev: false,
    })
}

proptest! {
    /// What the machine does is what Node.js does: it plays all recorded runs event for event.
    #[test]
    fn a_link_with_one_or_two_sinks_pauses_and_drains_when_node_does(
        mark in 1u64..60,
        (chunk_len, chunks) in (1u64..12, 0usize..40),
        (sink, tee) in (sink(), prop::option::of(sink())),
    ) {
        let scenario = Scenario {
            read_high_water_mark: mark,
            source: vec![chunk_len; chunks],
            arrivals: Vec::new(),
            read_delay: 0,
            transform: None,
            sink,
            tee,
        };
        let outcome = machine::play(&scenario).map_err(TestCaseError::fail)?;
        prop_assert!(outcome.finished);
        compare(&scenario, chunk_len, &outcome.events).map_err(TestCaseError::fail)?;
    }
}
