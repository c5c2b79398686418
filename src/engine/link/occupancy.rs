//! How full a buffer was for how long: the most it held, and the median over time.

use crate::account::clock::nanos;
use std::time::Duration;

/// Degrees of fullness that are told apart, beside empty.
const DEGREES: usize = 128;

/// The time spent at each degree, in nanoseconds.
#[derive(Debug, Clone)]
pub(super) struct Occupancy {
    times: [u64; DEGREES + 1],
    total: u64,
    degree: usize,
    /// Since when it is that full; unknown until it is first noted.
    since: Option<Duration>,
    max_len: u64,
}

impl Occupancy {
    /// Nothing is known of the buffer yet.
    pub(super) fn new() -> Self {
        Self {
            times: [0; DEGREES + 1],
            total: 0,
            degree: 0,
            since: None,
            max_len: 0,
        }
    }

    /// From `now` on there are `len` bytes, of `mark` that there may be.
    pub(super) fn note(&mut self, now: Duration, len: u64, mark: u64) {
        let spent = self.spent(now);
        self.times[self.degree] += spent;
        self.total += spent;
        self.since = Some(now);
        self.degree = degree(len, mark);
        self.max_len = self.max_len.max(len);
    }

    /// The most there ever was, in bytes.
    pub(super) fn max_len(&self) -> u64 {
        self.max_len
    }

    /// What it held for half of the time until `now`, or less, as a part of `mark` bytes; rounded up to a 128th of it, but
    /// not beyond what it ever held.
    pub(super) fn median(&self, now: Duration, mark: u64) -> u64 {
        let spent = self.spent(now);
        let half = (self.total + spent).div_ceil(2);
        let mut passed = 0;
        let median = self.times.iter().enumerate().position(|(degree, time)| {
            passed += time + if degree == self.degree { spent } else { 0 };
            passed >= half
        });
        let part = u128::from(mark) * median.unwrap_or(0) as u128 / DEGREES as u128;
        u64::try_from(part).unwrap_or(mark).min(self.max_len)
    }

    /// The time since it was last noted.
    fn spent(&self, now: Duration) -> u64 {
        self.since
            .map_or(0, |since| nanos(now.saturating_sub(since)))
    }
}

/// 0 for empty, and the last for all and more.
fn degree(len: u64, mark: u64) -> usize {
    let degree = (u128::from(len) * DEGREES as u128).div_ceil(u128::from(mark.max(1)));
    usize::try_from(degree.min(DEGREES as u128)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::Occupancy;
    use proptest::prelude::*;
    use std::time::Duration;

    proptest! {
        #[test]
        fn nothing_held_more_than_the_most_for_half_of_the_time(
            notes in prop::collection::vec((0_u64..1000, 0_u64..5000, 1_u64..5000), 1..20)
        ) {
            let (mut fill, mut now) = (Occupancy::new(), Duration::ZERO);
            for (millis, len, mark) in notes {
                now += Duration::from_millis(millis);
                // The mark may be changed at any time.
                fill.note(now, len, mark);
                prop_assert!(fill.median(now + Duration::from_millis(millis), mark) <= fill.max_len());
            }
        }
    }

    #[test]
    fn the_median_is_what_was_held_for_half_of_the_time() {
        let second = Duration::from_secs;
        let mut fill = Occupancy::new();
        assert_eq!(fill.median(second(9), 1280), 0, "nothing is known yet");
        // Full for 4 s, empty for 3 s, then half full.
        for (at, len) in [(10, 1280), (14, 0), (17, 640)] {
            fill.note(second(at), len, 1280);
        }
        let table = [(17, 1280), (18, 640), (30, 640)];
        for (now, expected) in table {
            assert_eq!(fill.median(second(now), 1280), expected, "at {now} s");
        }
        assert_eq!(fill.max_len(), 1280);
        // A trace is not nothing, and nothing is.
        fill.note(second(30), 1, 1280);
        assert_eq!(fill.median(second(1000), 1280), 10);
        fill.note(second(1000), 0, 1280);
        assert_eq!(fill.median(second(9000), 1280), 0);
    }
}
