//! The order of runs: every contender once in a round, and the whole table once in a time.

use std::ops::RangeInclusive;

use anyhow::Result;

use super::console::say;
use super::stop;

/// Runs every contender once in each of `rounds`, which begin with another contender each. `prepare` is done before each.
pub(crate) fn in_turns<C>(
    rounds: RangeInclusive<u32>,
    contenders: &mut [C],
    mut prepare: impl FnMut() -> Result<()>,
    mut run: impl FnMut(&mut C, u32) -> Result<()>,
) -> Result<()> {
    let count = contenders.len();
    for round in rounds {
        prepare()?;
        for turn in 0..count {
            stop::check_signals()?;
            run(&mut contenders[(turn + round as usize) % count], round)?;
        }
    }
    Ok(())
}

/// Measures all entries of `table` `times` times, one whole time after the other. The first time is 1.
pub(crate) fn each_time<T, R>(
    times: u32,
    table: &[T],
    mut measure: impl FnMut(&T, u32) -> Result<R>,
) -> Result<Vec<R>> {
    let mut results = Vec::new();
    for time in 1..=times {
        if times > 1 {
            say(&format!("time {time} of {times}"));
        }
        for entry in table {
            results.push(measure(entry, time)?);
        }
    }
    Ok(results)
}

/// What a heading adds for one of several times.
pub(crate) fn of_times(time: u32, times: u32) -> String {
    match times {
        1 => String::new(),
        times => format!(", time {time} of {times}"),
    }
}
