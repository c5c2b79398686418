//! Node's order of events: the virtual clock and the job queue around the product's gates.
//!
//! The procedures in the modules below carry the names of the rule set they were written from, so that the
//! two can be read side by side.

mod ends;
mod readable;
mod writable;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::log::{Counters, Event, Name, Outcome, What};
use crate::scenario::Scenario;
use ends::{Source, Transform};
use readable::Readable;
use tidegate::engine::gate::{ReadableGate, WritableGate};
use tidegate::engine::gates::Gates;
use writable::{Target, Writable};

/// An index into the machine's readables.
type ReadableId = usize;
/// An index into the machine's writables.
type WritableId = usize;

/// The source is always the first readable, the readable half of a transform the second.
const SOURCE: ReadableId = 0;
const TRANSFORM_OUT: ReadableId = 1;
/// With a transform, its writable half is the first writable; the sinks follow in pipe order.
const TRANSFORM_IN: WritableId = 0;

/// Steps (jobs, actions, turns of a loop) any scenario may take, and those each item adds. A chunk needs
/// about a dozen; a wrong gate that goes round in circles runs out of them instead of hanging the test.
const STEPS: usize = 1_000;
const STEPS_PER_ITEM: usize = 200;

/// What runs before the clock moves on, first in, first out.
#[derive(Debug, Clone, Copy)]
enum Job {
    Wake(ReadableId),
    Topup(ReadableId),
    Resume(ReadableId),
    End(ReadableId),
    Settle(WritableId),
    Finish(WritableId),
    Complete(WritableId),
}

/// What happens at a later tick. The derived order settles ties: the source, then the sinks in pipe order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Action {
    Answer,
    Complete(WritableId),
}

struct Machine {
    tick: u64,
    last_tick: u64,
    steps_left: usize,
    jobs: VecDeque<Job>,
    actions: BTreeSet<(u64, Action)>,
    readables: Vec<Readable>,
    writables: Vec<Writable>,
    source: Source,
    transform: Option<Transform>,
    events: Vec<Event>,
}

/// Plays a scenario to its end. An error says why the run does not count.
pub(crate) fn play(scenario: &Scenario) -> Result<Outcome, String> {
    play_within(scenario, STEPS + STEPS_PER_ITEM * scenario.source.len())
}

/// Plays a scenario that has to come to its end in fewer than `steps` steps.
pub(crate) fn play_within(scenario: &Scenario, steps: usize) -> Result<Outcome, String> {
    let mut machine = Machine::new(scenario, steps);
    machine.run();
    if machine.steps_left == 0 {
        return Err(format!(
            "no end in probe at tick {} after {} events",
            machine.tick,
            machine.events.len()
        ));
    }
    machine.check_gate_counts()?;
    Ok(machine.outcome())
}

impl Machine {
    fn new(scenario: &Scenario, steps_left: usize) -> Self {
        let mut machine = Self {
            tick: 0,
            last_tick: 0,
            steps_left,
            jobs: VecDeque::new(),
            actions: BTreeSet::new(),
            readables: Vec::new(),
            writables: Vec::new(),
            source: Source::new(scenario),
            transform: scenario.transform.as_ref().map(Transform::new),
            events: Vec::new(),
        };
        let sinks = [
            (Name::Sink, Some(&scenario.sink)),
            (Name::Sink2, scenario.tee.as_ref()),
        ];
        let sinks = sinks.into_iter().filter_map(|(name, spec)| {
            let spec = spec?;
            let (mark, target) = (spec.write_high_water_mark, Target::sink(spec));
            Some((name, mark, spec.writev, target))
        });
        let mark = scenario.read_high_water_mark;
        match &scenario.transform {
            None => machine.add(Name::Source, mark, sinks.collect()),
            Some(spec) => {
                let input = spec.writable_high_water_mark;
                let input = (Name::Transform, input, false, Target::Transform);
                machine.add(Name::Source, mark, vec![input]);
                machine.add(
                    Name::Transform,
                    spec.readable_high_water_mark,
                    sinks.collect(),
                );
            }
        }
        machine
    }

    /// Adds a readable, piped to these writables. A readable's gate flows from birth, so the first pipe only has to
    /// post the job that starts the flow.
    fn add(&mut self, name: Name, mark: u64, writables: Vec<(Name, u64, bool, Target)>) {
        let feeder = self.readables.len();
        let marks = writables.iter().map(|(_, mark, ..)| *mark);
        // Node drains at empty.
        let gates = marks.map(|mark| WritableGate::new(mark, 0));
        let gates = Gates::new(ReadableGate::new(mark), gates);
        self.readables.push(Readable::new(name, gates));
        for (place, (name, _, writev, target)) in writables.into_iter().enumerate() {
            self.readables[feeder].dests.push(self.writables.len());
            self.writables
                .push(Writable::new(name, writev, target, feeder, place));
        }
        self.post_resume(feeder);
    }

    fn run(&mut self) {
        self.run_jobs();
        while self.may_go_on() {
            let Some((due, action)) = self.actions.pop_first() else {
                break;
            };
            self.tick = due;
            self.last_tick = due;
            match action {
                Action::Answer => self.answer_request(),
                Action::Complete(w) => self.complete(w),
            }
            self.run_jobs();
        }
    }

    fn run_jobs(&mut self) {
        while self.may_go_on() {
            let Some(job) = self.jobs.pop_front() else {
                break;
            };
            match job {
                Job::Wake(r) => self.wake_job(r),
                Job::Topup(r) => self.topup_job(r),
                Job::Resume(r) => self.resume_job(r),
                Job::End(r) => self.end_job(r),
                Job::Settle(w) => self.settle(w),
                Job::Finish(w) => self.finish_job(w),
                Job::Complete(w) => self.complete(w),
            }
        }
    }

    /// Takes one step of those the run has; every loop of the machine asks here.
    fn may_go_on(&mut self) -> bool {
        self.steps_left = self.steps_left.saturating_sub(1);
        self.steps_left > 0
    }

    fn post(&mut self, job: Job) {
        self.jobs.push_back(job);
    }

    fn act_at(&mut self, due: u64, action: Action) {
        self.actions.insert((due, action));
    }

    fn log(&mut self, on: Name, what: What) {
        let t = self.tick;
        self.events.push(Event { t, on, what });
    }

    fn counters(&self, w: WritableId) -> Counters {
        let writable = &self.writables[w];
        let feeder = self.readables[writable.feeder].name;
        Counters::of(&self.events, writable.name, feeder)
    }

    /// The gates count too, and the product reports their numbers: they have to agree with the log. Pauses
    /// and drains agree exactly, since no chunk is delivered after `end` and nothing drains after that.
    /// The log shows a length only when a write returns, so it may miss the peak of one completed within.
    fn check_gate_counts(&self) -> Result<(), String> {
        for (w, writable) in self.writables.iter().enumerate() {
            let readable = &self.readables[writable.feeder];
            let log = self.counters(w);
            let (pauses, drains) = (readable.gate().pauses(), self.gate(w).drains());
            let max_len = self.gate(w).max_len();
            if (pauses, drains) != (log.pauses, log.drains) || max_len < log.max_writable_length {
                return Err(format!(
                    "the gates before {:?} counted {pauses} pauses, {drains} drains and a length of \
                     {max_len}, the log has {log:?}",
                    writable.name
                ));
            }
        }
        Ok(())
    }

    fn outcome(self) -> Outcome {
        let mut others: BTreeMap<Name, Counters> = (0..self.writables.len())
            .map(|w| (self.writables[w].name, self.counters(w)))
            .collect();
        let mut sinks = self.writables.iter().filter(|w| w.is_sink());
        Outcome {
            finished: sinks.all(|sink| sink.finished),
            last_tick: self.last_tick,
            counters: others.remove(&Name::Sink).unwrap_or_default(),
            others,
            events: self.events,
        }
    }
}
