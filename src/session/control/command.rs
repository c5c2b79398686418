//! The commands of the control socket: how they are parsed, and what they change.

use super::{DONE, REFUSAL};
use crate::account::clock::Clock;
use crate::account::meter::Snapshot;
use crate::engine::link::Marks;
use crate::engine::pipeline::{Controls, FixedMarks, Options, empty_snapshot};
use crate::plan::most_for_each;
use crate::platform::resources::memory;
use crate::session::awaited::Awaited;
use crate::show::{self, Direction, Sample, Sampler, Theme, record};
use crate::text::size::{parse_positive_size, parse_rate};
use crate::text::visible::named;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// All commands, for messages.
const VALID: &str =
    "rate RATE, rate none, pause, resume, high-water-mark SIZE, status, status --json";

/// The status as long as there is no pipeline, and no peer is waited for.
const NOT_OPEN: &str = "waiting for both SOURCE and SINK to open";

/// What can be asked and changed of a transfer while it runs: of its pipeline, once there is one.
#[derive(Debug)]
pub struct Steering {
    clock: Arc<Clock>,
    /// What the transfer is called.
    theme: Theme,
    awaited: Arc<Awaited>,
    /// How many buffers there are, or will be.
    buffers: usize,
    state: Mutex<Steered>,
}

#[derive(Debug)]
struct Steered {
    /// Of the records that were asked for, one for each pipeline.
    records: Vec<Sampler>,
    /// The same of what is shown to people.
    display: Vec<Sampler>,
    pipeline: Target,
}

/// What is steered.
#[derive(Debug)]
enum Target {
    /// A pipeline that there will be once both ends are open.
    ToCome(ToCome),
    /// The pipeline, and the one of the other direction where there are both.
    Made(Vec<Controls>),
}

/// What is known of a pipeline before both ends are open. It is made with what is set here by then.
#[derive(Debug)]
pub struct ToCome {
    marks: Marks,
    /// The names of its transforms.
    transforms: Vec<&'static str>,
    /// The most that may leave for the sink, in bytes a second.
    rate: Option<u64>,
    /// Whether nothing may leave.
    is_held: bool,
}

/// A request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Command {
    /// Where it stands, for people.
    Status,
    /// The same as a record.
    Record,
    Change(Change),
}

/// What is to be different from now on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    Rate(Option<u64>),
    Hold(bool),
    HighWaterMark(u64),
}

impl ToCome {
    /// With these marks, transforms of these names, and a limit of so many bytes a second.
    #[must_use]
    pub fn new(marks: Marks, transforms: Vec<&'static str>, rate: Option<u64>) -> Self {
        Self {
            marks,
            transforms,
            rate,
            is_held: false,
        }
    }

    fn change(&mut self, change: Change) -> Result<(), FixedMarks> {
        match change {
            Change::Rate(rate) => self.rate = rate,
            Change::Hold(is_held) => self.is_held = is_held,
            Change::HighWaterMark(_) => return Err(FixedMarks::NotClear),
        }
        Ok(())
    }
}

impl Steered {
    fn new(pipeline: Target, sampler: &Sampler) -> Self {
        let pipelines = match &pipeline {
            Target::ToCome(_) => 1,
            Target::Made(made) => made.len(),
        };
        let samplers = || {
            let places = 0..pipelines;
            let directions = places.map(|place| Direction::of(place, pipelines));
            directions.map(|it| sampler.clone().going(it)).collect()
        };
        Self {
            records: samplers(),
            display: samplers(),
            pipeline,
        }
    }
}

fn change_made(pipeline: &Controls, change: Change) -> Result<(), FixedMarks> {
    match change {
        Change::Rate(rate) => pipeline.set_rate(rate),
        Change::Hold(is_held) => pipeline.hold(is_held),
        Change::HighWaterMark(mark) => pipeline.set_marks(mark)?,
    }
    Ok(())
}

impl Steering {
    /// Of a transfer by this clock, shown by this theme, whose pipeline is to come.
    #[must_use]
    pub fn new(to_come: ToCome, clock: Arc<Clock>, theme: Theme) -> Self {
        let buffers = to_come.transforms.len() + 1;
        let state = Steered::new(Target::ToCome(to_come), &Sampler::new(None));
        Self {
            clock,
            theme,
            awaited: Arc::default(),
            buffers,
            state: Mutex::new(state),
        }
    }

    /// The pipeline is made with what was told by now.
    pub fn apply(&self, options: &mut Options) {
        if let Target::ToCome(to_come) = &self.lock().pipeline {
            (options.rate, options.is_held) = (to_come.rate, to_come.is_held);
        }
    }

    /// From now on there is a pipeline, or one for each direction, of which samples are made as by `sampler`.
    pub fn attach(&self, pipelines: Vec<Controls>, sampler: &Sampler) {
        *self.lock() = Steered::new(Target::Made(pipelines), sampler);
    }

    /// The pipeline, if there is one; of both directions that from A to B.
    #[must_use]
    pub fn pipeline(&self) -> Option<Controls> {
        self.pipelines().into_iter().next()
    }

    /// Every pipeline.
    #[must_use]
    pub fn pipelines(&self) -> Vec<Controls> {
        match &self.lock().pipeline {
            Target::ToCome(_) => Vec::new(),
            Target::Made(pipelines) => pipelines.clone(),
        }
    }

    /// The numbers now, of the pipeline at this place.
    #[must_use]
    pub fn snapshot_of(&self, pipeline: usize) -> Snapshot {
        match &self.lock().pipeline {
            Target::ToCome(to_come) => {
                empty_snapshot(to_come.marks, &to_come.transforms, self.clock.now())
            }
            Target::Made(pipelines) => match pipelines.get(pipeline) {
                Some(pipeline) => pipeline.meter().snapshot(),
                None => Snapshot::default(),
            },
        }
    }

    /// The numbers now; of both directions those from A to B.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.snapshot_of(0)
    }

    /// A sample of each pipeline as it is shown to people. Its rates are since the last such sample.
    #[must_use]
    pub fn samples_for_display(&self) -> Vec<Sample> {
        let pipelines = self.pipelines();
        let samples = (0..pipelines.len().max(1)).map(|place| {
            let now = self.snapshot_of(place);
            let pipeline = pipelines.get(place);
            Sample {
                limit: pipeline.and_then(Controls::rate),
                is_held: pipeline.is_some_and(Controls::is_held),
                ..self.lock().display[place].sample(now)
            }
        });
        samples.collect()
    }

    /// Where the transfer stands, in a line.
    #[must_use]
    pub fn status(&self) -> String {
        let status = match self.pipeline() {
            None => self.waiting(),
            Some(_) => show::status_of_all(&self.samples_for_display(), &self.theme),
        };
        self.theme.named(&status)
    }

    fn waiting(&self) -> String {
        let waits = self.awaited.with_times();
        if waits.is_empty() {
            NOT_OPEN.to_owned()
        } else {
            waits.join("; ")
        }
    }

    /// What the ends wait for until they are open.
    #[must_use]
    pub fn awaited(&self) -> &Arc<Awaited> {
        &self.awaited
    }

    /// Carries out the command in `line`. Returns the answer, without a newline.
    #[must_use]
    pub fn obey(&self, line: &str) -> String {
        let answer = parse(line).and_then(|command| match command {
            Command::Status => Ok(self.status()),
            Command::Record => Ok(self.record()),
            Command::Change(change) => self.change(change).map(|()| DONE.to_owned()),
        });
        answer.unwrap_or_else(|why| format!("{REFUSAL}{why}"))
    }

    /// A record, or a list of one for each direction.
    fn record(&self) -> String {
        let count = self.lock().records.len();
        let records = (0..count).map(|place| {
            let now = self.snapshot_of(place);
            record(&self.lock().records[place].sample(now))
        });
        let records: Vec<_> = records.collect();
        match &records[..] {
            [record] => record.clone(),
            _ => format!("[{}]", records.join(",")),
        }
    }

    fn change(&self, change: Change) -> Result<(), String> {
        let most = || memory().map(|memory| most_for_each(self.buffers, memory));
        if let Change::HighWaterMark(mark) = change
            && let Some(most) = most().filter(|most| mark > *most)
        {
            return Err(format!(
                "high-water-mark {mark}: there is memory for {most} bytes at most"
            ));
        }
        let changed = match &mut self.lock().pipeline {
            Target::ToCome(to_come) => to_come.change(change),
            Target::Made(pipelines) => {
                let mut pipelines = pipelines.iter();
                pipelines.try_for_each(|it| change_made(it, change))
            }
        };
        changed.map_err(|why| why.to_string())
    }

    fn lock(&self) -> MutexGuard<'_, Steered> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn parse(line: &str) -> Result<Command, String> {
    let mut words = line.split_whitespace();
    let name = words.next().unwrap_or_default();
    let value = words.next();
    if words.next().is_some() {
        return Err(format!("too many words; valid: {VALID}"));
    }
    let change = |change| Ok(Command::Change(change));
    match (name, value) {
        ("rate", Some("none")) => change(Change::Rate(None)),
        ("rate", Some(rate)) => match parse_rate(rate) {
            Ok(rate) => change(Change::Rate(Some(rate))),
            Err(why) => Err(format!("rate {}: {why}", named(rate))),
        },
        ("high-water-mark", Some(size)) => match parse_positive_size(size) {
            Ok(mark) => change(Change::HighWaterMark(mark)),
            Err(why) => Err(format!("high-water-mark {}: {why}", named(size))),
        },
        ("pause", None) => change(Change::Hold(true)),
        ("resume", None) => change(Change::Hold(false)),
        ("status", None) => Ok(Command::Status),
        ("status", Some("--json")) => Ok(Command::Record),
        ("status", Some(_)) => Err("status takes nothing but --json".to_owned()),
        ("rate" | "high-water-mark", None) => Err(format!("{name} needs a value; valid: {VALID}")),
        ("pause" | "resume", Some(_)) => Err(format!("{name} takes no value")),
        _ => Err(format!("unknown command '{}'; valid: {VALID}", named(name))),
    }
}

#[cfg(test)]
mod tests {
    use super::{Change, Command, parse};
    use proptest::prelude::*;

    #[test]
    fn commands_are_words_and_nothing_more() {
        assert_eq!(parse("status"), Ok(Command::Status));
        assert_eq!(parse("status --json"), Ok(Command::Record));
        let table = [
            ("rate 20M", Change::Rate(Some(20 << 20))),
            ("  rate\t80Mbit  ", Change::Rate(Some(10_000_000))),
            ("rate none", Change::Rate(None)),
            ("pause", Change::Hold(true)),
            ("resume", Change::Hold(false)),
            ("high-water-mark 4M", Change::HighWaterMark(4 << 20)),
        ];
        for (line, change) in table {
            assert_eq!(parse(line), Ok(Command::Change(change)), "{line}");
        }
        for line in [
            "",
            "rate",
            "rate 0",
            "rate x",
            "rate 1 2",
            "pause 5",
            "status now",
            "status --jsn",
            "quit",
            "RATE 1",
            "high-water-mark",
            "high-water-mark 0",
        ] {
            assert!(parse(line).is_err(), "{line}");
        }
    }

    proptest! {
        #[test]
        fn any_line_is_answered_with_one_line(line in any::<String>()) {
            if let Err(why) = parse(&line) {
                prop_assert!(!why.contains(char::is_control), "{why:?}");
            }
        }
    }
}
