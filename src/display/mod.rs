//! Showing a transfer: samples the meter on its own clock, never touches the flow.

mod bar;
mod json;
mod line;

pub use bar::{Bar, INTERVAL as BAR_INTERVAL};
pub use json::{Ending, Stats};
pub use line::{bytes_exactly, status, summary};

use crate::meter::{Phase, Snapshot, Waits};
use std::collections::VecDeque;
use std::time::Duration;

/// Over how long the rate behind the ETA is averaged, as pv does.
const ETA_WINDOW: Duration = Duration::from_secs(30);

/// One look at the meter and what follows from it and the looks before.
#[derive(Debug, Clone)]
pub struct Sample {
    /// The numbers themselves.
    pub now: Snapshot,
    /// Bytes a second since the look before.
    pub rate: f64,
    /// Bytes a second since the start.
    pub average: f64,
    /// The expected size in bytes.
    pub size: Option<u64>,
    /// Until the expected size is reached, at the rate of the last 30 s.
    pub eta: Option<Duration>,
    /// What has bound the flow since the look before.
    pub bound_by: Option<Phase>,
}

/// Remembers the looks that the next one is compared with.
#[derive(Debug)]
pub struct Sampler {
    size: Option<u64>,
    last: (Duration, u64, Waits),
    window: VecDeque<(Duration, u64)>,
}

impl Sampler {
    /// Nothing seen yet; `size` is the expected size in bytes.
    #[must_use]
    pub fn new(size: Option<u64>) -> Self {
        Self {
            size,
            last: (Duration::ZERO, 0, Waits::default()),
            window: VecDeque::from([(Duration::ZERO, 0)]),
        }
    }

    /// Takes note of `now`.
    pub fn look(&mut self, now: Snapshot) -> Sample {
        let (elapsed, bytes, waits) = (now.elapsed, now.bytes_out, now.waits);
        let (last_elapsed, last_bytes, last_waits) = self.last;
        self.last = (elapsed, bytes, waits);
        while self
            .window
            .front()
            .is_some_and(|(then, _)| elapsed.saturating_sub(*then) > ETA_WINDOW)
        {
            self.window.pop_front();
        }
        let recent = self.window.front().map_or(0.0, |(then, had)| {
            per_second(bytes - had, elapsed.saturating_sub(*then))
        });
        self.window.push_back((elapsed, bytes));
        Sample {
            rate: per_second(bytes - last_bytes, elapsed.saturating_sub(last_elapsed)),
            average: per_second(bytes, elapsed),
            size: self.size,
            eta: self
                .size
                .and_then(|size| time_for(size.saturating_sub(bytes), recent)),
            bound_by: waits.since(&last_waits).bound_by(),
            now,
        }
    }

    /// The last look: its rate and what bound the flow are those of the whole.
    pub fn last_look(&mut self, now: Snapshot) -> Sample {
        let whole = now.waits.bound_by();
        let mut sample = self.look(now);
        (sample.rate, sample.eta, sample.bound_by) = (sample.average, None, whole);
        sample
    }
}

#[expect(clippy::cast_precision_loss, reason = "rates are for show")]
fn per_second(bytes: u64, time: Duration) -> f64 {
    if time.is_zero() {
        0.0
    } else {
        bytes as f64 / time.as_secs_f64()
    }
}

/// `None` when nothing moves, or when it would take longer than anybody waits.
#[expect(clippy::cast_precision_loss, reason = "times to come are for show")]
fn time_for(bytes: u64, rate: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(bytes as f64 / rate).ok()
}

#[cfg(test)]
mod tests {
    use super::Sampler;
    use crate::meter::{Snapshot, Waits};
    use std::time::Duration;

    fn at(seconds: u64, bytes_out: u64) -> Snapshot {
        let elapsed = Duration::from_secs(seconds);
        Snapshot {
            elapsed,
            bytes_in: bytes_out,
            bytes_out,
            waits: Waits::default(),
            links: Vec::new(),
        }
    }

    #[test]
    fn rates_are_since_the_last_look_and_since_the_start() {
        let mut sampler = Sampler::new(Some(1000));
        let first = sampler.look(at(1, 100));
        assert_eq!(
            (first.rate, first.average, first.eta),
            (100.0, 100.0, Some(Duration::from_secs(9)))
        );
        let second = sampler.look(at(2, 400));
        assert_eq!(
            (second.rate, second.average, second.eta),
            (300.0, 200.0, Some(Duration::from_secs(3)))
        );
    }

    #[test]
    fn a_stalled_flow_has_no_eta_once_the_window_has_passed() {
        let mut sampler = Sampler::new(Some(1000));
        sampler.look(at(1, 100));
        assert!(sampler.look(at(20, 100)).eta.is_some());
        assert_eq!(sampler.look(at(60, 100)).eta, None);
        assert_eq!(Sampler::new(Some(5)).look(at(0, 0)).eta, None);
    }
}
