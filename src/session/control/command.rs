//! The commands of the control socket: how they are parsed, and what they change.

use super::{DONE, REFUSAL};
use crate::account::meter::Meter;
use crate::engine::limit::Limit;
use crate::engine::link::Chain;
use crate::engine::road::RoadInUse;
use crate::plan::most_for_each;
use crate::platform::resources::memory;
use crate::show::{Sampler, record};
use crate::text::size::{parse_positive_size, parse_rate};
use crate::text::visible::named;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// All commands, for messages.
const VALID: &str = "rate RATE, rate none, pause, resume, high-water-mark SIZE, status";

/// The parts of a transfer that can be asked and changed while it runs.
#[derive(Debug)]
pub struct Steering {
    limit: Arc<Limit>,
    chain: Chain,
    meter: Arc<Meter>,
    state: Mutex<RunState>,
}

/// What becomes known in the course of the transfer.
#[derive(Debug)]
struct RunState {
    sampler: Sampler,
    road: Option<RoadInUse>,
}

/// A request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Command {
    Rate(Option<u64>),
    Pause,
    Resume,
    HighWaterMark(u64),
    Status,
}

impl Steering {
    /// For the transfer that these are parts of.
    #[must_use]
    pub fn new(limit: Arc<Limit>, chain: Chain, meter: Arc<Meter>) -> Self {
        let state = RunState {
            sampler: Sampler::new(None),
            road: None,
        };
        Self {
            limit,
            chain,
            meter,
            state: Mutex::new(state),
        }
    }

    /// Sets the expected size, in bytes.
    pub fn set_size(&self, size: Option<u64>) {
        self.lock().sampler = Sampler::new(size);
    }

    /// Sets the road that the bytes take.
    pub fn set_road(&self, road: RoadInUse) {
        self.lock().road = Some(road);
    }

    /// Carries out the command in `line`. Returns the answer, without a newline.
    #[must_use]
    pub fn obey(&self, line: &str) -> String {
        let answer = parse(line).and_then(|command| self.carry_out(command));
        answer.unwrap_or_else(|why| format!("{REFUSAL}{why}"))
    }

    fn carry_out(&self, command: Command) -> Result<String, String> {
        match command {
            Command::Rate(rate) => self.limit.set_rate(rate),
            Command::Pause => self.limit.hold_all(true),
            Command::Resume => self.limit.hold_all(false),
            Command::HighWaterMark(mark) => self.set_mark(mark)?,
            Command::Status => return Ok(self.status()),
        }
        // The stage in front of the sink may be waiting by the old limit: it asks again.
        self.chain.last().consumer_wakeup().wake();
        Ok(DONE.to_owned())
    }

    fn status(&self) -> String {
        let now = self.meter.snapshot();
        record(&self.lock().sampler.sample(now))
    }

    fn set_mark(&self, mark: u64) -> Result<(), String> {
        let buffers = self.chain.links().count();
        let most = memory().map(|memory| most_for_each(buffers, memory));
        if let Some(most) = most.filter(|most| mark > *most) {
            return Err(format!(
                "high-water-mark {mark}: there is memory for {most} bytes at most"
            ));
        }
        match self.lock().road {
            Some(RoadInUse::Buffered) => {
                self.chain.links().for_each(|link| link.set_marks(mark));
                Ok(())
            }
            Some(RoadInUse::Kernel(_)) => {
                Err("the buffers of the kernel road are the kernel's; see --road buffered".into())
            }
            None => {
                Err("no byte has moved yet, so that it is not clear which buffers there are".into())
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, RunState> {
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
    match (name, value) {
        ("rate", Some("none")) => Ok(Command::Rate(None)),
        ("rate", Some(rate)) => parse_rate(rate)
            .map(|rate| Command::Rate(Some(rate)))
            .map_err(|why| format!("rate {}: {why}", named(rate))),
        ("high-water-mark", Some(size)) => parse_positive_size(size)
            .map(Command::HighWaterMark)
            .map_err(|why| format!("high-water-mark {}: {why}", named(size))),
        ("pause", None) => Ok(Command::Pause),
        ("resume", None) => Ok(Command::Resume),
        ("status", None) => Ok(Command::Status),
        ("rate" | "high-water-mark", None) => Err(format!("{name} needs a value; valid: {VALID}")),
        ("pause" | "resume" | "status", Some(_)) => Err(format!("{name} takes no value")),
        _ => Err(format!("unknown command '{}'; valid: {VALID}", named(name))),
    }
}

#[cfg(test)]
mod tests {
    use super::{Command, parse};
    use proptest::prelude::*;

    #[test]
    fn commands_are_words_and_nothing_more() {
        let table = [
            ("rate 20M", Command::Rate(Some(20 << 20))),
            ("  rate\t80Mbit  ", Command::Rate(Some(10_000_000))),
            ("rate none", Command::Rate(None)),
            ("pause", Command::Pause),
            ("resume", Command::Resume),
            ("high-water-mark 4M", Command::HighWaterMark(4 << 20)),
            ("status", Command::Status),
        ];
        for (line, command) in table {
            assert_eq!(parse(line), Ok(command), "{line}");
        }
        for line in [
            "",
            "rate",
            "rate 0",
            "rate x",
            "rate 1 2",
            "pause 5",
            "status now",
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
