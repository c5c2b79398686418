//! Says where two outcomes part: the first differing event, or the differing result.

use std::fmt::Write as _;

use serde::Serialize;

use crate::log::{Event, Outcome};

/// How many events before a difference are shown.
const CONTEXT: usize = 4;

/// Which part of the log decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Depth {
    /// What an application can see.
    Core,
    /// The calls between the streams and their ends as well.
    Full,
}

/// The core log comes first: a difference there says most about a gate.
pub(crate) fn outcomes(expected: &Outcome, actual: &Outcome, depth: Depth) -> Result<(), String> {
    let core = |outcome: &Outcome| -> Vec<Event> {
        let events = outcome.events.iter().filter(|event| event.is_core());
        events.cloned().collect()
    };
    events("core log", &core(expected), &core(actual))?;
    result("finished", &expected.finished, &actual.finished)?;
    result("lastTick", &expected.last_tick, &actual.last_tick)?;
    result("counters", &expected.counters, &actual.counters)?;
    result("others", &expected.others, &actual.others)?;
    match depth {
        Depth::Core => Ok(()),
        Depth::Full => events("full log", &expected.events, &actual.events),
    }
}

fn result<T: PartialEq + Serialize>(key: &str, expected: &T, actual: &T) -> Result<(), String> {
    if expected == actual {
        return Ok(());
    }
    Err(format!(
        "`{key}` differs\n  expected {}\n  actual   {}",
        json(Some(expected)),
        json(Some(actual))
    ))
}

fn events(log: &str, expected: &[Event], actual: &[Event]) -> Result<(), String> {
    let longest = expected.len().max(actual.len());
    let Some(at) = (0..longest).find(|&at| expected.get(at) != actual.get(at)) else {
        return Ok(());
    };
    let mut report = format!("{log} differs at event {at}");
    let first = at.saturating_sub(CONTEXT);
    for (index, event) in expected.iter().enumerate().take(at).skip(first) {
        // Writing to a string cannot fail.
        let _ = write!(report, "\n  both     {index:>4} {}", json(Some(event)));
    }
    for (side, event) in [("expected", expected.get(at)), ("actual  ", actual.get(at))] {
        let _ = write!(report, "\n  {side} {at:>4} {}", json(event));
    }
    Err(report)
}

fn json<T: Serialize>(value: Option<&T>) -> String {
    match value.map(serde_json::to_string) {
        None => "the log ends".to_owned(),
        Some(Ok(text)) => text,
        Some(Err(error)) => error.to_string(),
    }
}
