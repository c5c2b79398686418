//! Where the lines of an axis are, and their labels.

use crate::text::words::{clock, size, whole};
use std::time::Duration;

/// A line of an axis.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tick {
    /// Where it is, in bytes or in seconds.
    pub(super) at: f64,
    /// Its label.
    pub(super) label: String,
}

const MINUTE: f64 = 60.0;
const HOUR: f64 = 3600.0;
const DAY: f64 = 86_400.0;

/// Round steps of a minute and longer, in minutes.
const LONG_STEPS: [f64; 11] = [
    1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 180.0, 360.0, 720.0,
];

/// More than any rate in bytes a second.
const MOST: f64 = 1e30;

/// Lines from 0 to at least `most`, about `lines` of them, at round sizes in bytes.
pub(super) fn bytes(most: f64, lines: f64) -> Vec<Tick> {
    let most = most.clamp(1.0, MOST);
    let step = byte_step(most / lines);
    multiples(step, (most / step).ceil().max(1.0))
        .map(|at| Tick {
            at,
            label: size(whole(at)),
        })
        .collect()
}

/// The smallest of 1, 2, 5, 10 … 500 in the unit that `least` is of, or one of the next unit.
fn byte_step(least: f64) -> f64 {
    let mut unit = 1.0;
    while least > 500.0 * unit {
        unit *= 1024.0;
    }
    if least <= unit {
        unit
    } else {
        round_step(least / unit) * unit
    }
}

/// The smallest of 1, 2 and 5, times a power of ten, that is at least `least`.
fn round_step(least: f64) -> f64 {
    let least = least.max(f64::MIN_POSITIVE) * (1.0 - 1e-9);
    let mut power = 1.0;
    while power >= least {
        power /= 10.0;
    }
    while power * 10.0 < least {
        power *= 10.0;
    }
    let steps = [1.0, 2.0, 5.0].map(|it| it * power);
    let step = steps.into_iter().find(|step| *step >= least);
    step.unwrap_or(10.0 * power)
}

/// Lines from 0 to at most `elapsed` seconds, about `lines` of them, at round times.
pub(super) fn times(elapsed: f64, lines: f64) -> Vec<Tick> {
    let step = time_step(elapsed / lines);
    multiples(step, (elapsed / step * (1.0 + 1e-9)).floor())
        .map(|at| Tick {
            at,
            label: moment(at, step, elapsed),
        })
        .collect()
}

fn time_step(least: f64) -> f64 {
    // 20 s and 50 s are no round times, so that below a minute the steps are 10, 15 and 30 s.
    if least > DAY / 2.0 {
        round_step(least / DAY) * DAY
    } else if least > MINUTE / 2.0 {
        let mut steps = LONG_STEPS.into_iter().map(|step| step * MINUTE);
        steps.find(|step| *step >= least).unwrap_or(DAY)
    } else if least > 5.0 {
        [10.0, 15.0, 30.0]
            .into_iter()
            .find(|step| *step >= least)
            .unwrap_or(MINUTE)
    } else {
        round_step(least)
    }
}

/// The label of the moment `at`, where labels are `step` apart and go up to `elapsed`, all in seconds.
fn moment(at: f64, step: f64, elapsed: f64) -> String {
    let time = Duration::try_from_secs_f64(at).unwrap_or_default();
    let seconds = time.as_secs();
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    if seconds == 0 && at <= 0.0 {
        "0".to_owned()
    } else if elapsed < 1e-3 {
        format!("{} µs", decimal(at * 1e6, step * 1e6))
    } else if elapsed < 1.0 {
        format!("{} ms", decimal(at * 1e3, step * 1e3))
    } else if elapsed <= MINUTE {
        format!("{} s", decimal(at, step))
    } else if step < MINUTE {
        clock(time)
    } else if elapsed <= HOUR {
        format!("{minutes} min")
    } else if step < HOUR {
        format!("{}:{minutes:02} h", seconds / 3600)
    } else if days == 0 {
        format!("{hours} h")
    } else if hours == 0 {
        format!("{days} d")
    } else {
        format!("{days} d {hours} h")
    }
}

/// A number with as many decimals as the step has.
fn decimal(number: f64, step: f64) -> String {
    let mut decimals = 0;
    let mut scaled = step;
    while decimals < 6 && (scaled - scaled.round()).abs() > 1e-6 * scaled {
        scaled *= 10.0;
        decimals += 1;
    }
    format!("{number:.decimals$}")
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "some lines"
)]
fn multiples(step: f64, count: f64) -> impl Iterator<Item = f64> {
    (0..=count as u32).map(move |n| f64::from(n) * step)
}

#[cfg(test)]
mod tests {
    use super::{Tick, bytes, times};
    use proptest::prelude::*;

    fn labels(ticks: &[Tick]) -> String {
        let labels: Vec<_> = ticks.iter().map(|it| it.label.as_str()).collect();
        labels.join(", ")
    }

    #[test]
    fn sizes_are_round_in_binary_units() {
        let mib = 1_048_576.0;
        for (most, expected) in [
            (0.0, "0 B, 1 B"),
            (3.0, "0 B, 1 B, 2 B, 3 B"),
            (1000.0, "0 B, 500 B, 1000 B"),
            (1.1 * 1024.0, "0 B, 500 B, 1000 B, 1.46 KiB"),
            (34.0 * mib, "0 B, 10 MiB, 20 MiB, 30 MiB, 40 MiB"),
            (3.7 * mib, "0 B, 1 MiB, 2 MiB, 3 MiB, 4 MiB"),
            (900.0 * mib, "0 B, 500 MiB, 1000 MiB"),
        ] {
            assert_eq!(labels(&bytes(most, 4.0)), expected, "{most}");
        }
    }

    #[test]
    fn times_are_those_people_count_in() {
        for (elapsed, expected) in [
            (0.000_02, "0, 5 µs, 10 µs, 15 µs, 20 µs"),
            (0.003, "0, 1 ms, 2 ms, 3 ms"),
            (0.7, "0, 200 ms, 400 ms, 600 ms"),
            (3.1, "0, 1 s, 2 s, 3 s"),
            (1.2, "0, 0.5 s, 1.0 s"),
            (47.0, "0, 10 s, 20 s, 30 s, 40 s"),
            (75.0, "0, 0:15, 0:30, 0:45, 1:00, 1:15"),
            (1000.0, "0, 5 min, 10 min, 15 min"),
            (9000.0, "0, 0:30 h, 1:00 h, 1:30 h, 2:00 h, 2:30 h"),
            (40_000.0, "0, 3 h, 6 h, 9 h"),
            (259_200.0, "0, 1 d, 2 d, 3 d"),
            (180_000.0, "0, 12 h, 1 d, 1 d 12 h, 2 d"),
        ] {
            assert_eq!(labels(&times(elapsed, 5.0)), expected, "{elapsed}");
        }
    }

    proptest! {
        #[test]
        fn there_are_some_lines_and_the_highest_is_no_lower_than_what_is_drawn(most in 0.0f64..1e30, elapsed in 1e-9f64..1e10) {
            let ticks = bytes(most, 4.0);
            prop_assert!((2..=6).contains(&ticks.len()), "{ticks:?}");
            prop_assert!(ticks.last().is_some_and(|it| it.at >= most * (1.0 - 1e-9)));
            let ticks = times(elapsed, 6.0);
            prop_assert!((1..=8).contains(&ticks.len()), "{ticks:?}");
            prop_assert!(ticks.iter().all(|it| it.at <= elapsed * (1.0 + 1e-6)));
        }
    }
}
