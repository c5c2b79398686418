//! How full a buffer was for how long: the most it held, and the median over time.

use crate::account::clock::nanos;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Degrees of fullness that are told apart, beside empty.
const DEGREES: usize = 128;

/// The lowest bits of [`Occupancy::now`], which hold the degree.
const DEGREE_BITS: u32 = 8;

/// The time spent at each degree. Any thread may note and read it at any time, and none waits for another.
#[derive(Debug)]
pub(super) struct Occupancy {
    /// In nanoseconds.
    times: [AtomicU64; DEGREES + 1],
    /// How full it is and since when, in nanoseconds and one more, above the bits of the degree; 0 until it is first noted.
    now: AtomicU64,
    max_len: AtomicU64,
}

impl Occupancy {
    /// Nothing is known of the buffer yet.
    pub(super) fn new() -> Self {
        Self {
            times: [const { AtomicU64::new(0) }; DEGREES + 1],
            now: AtomicU64::new(0),
            max_len: AtomicU64::new(0),
        }
    }

    /// From `now` on there are `len` bytes, of `mark` that there may be.
    pub(super) fn note(&self, now: Duration, len: u64, mark: u64) {
        let packed = ((nanos(now) + 1) << DEGREE_BITS) | degree(len, mark) as u64;
        let (degree, spent) = spent(self.now.swap(packed, Ordering::Relaxed), now);
        if spent > 0 {
            self.times[degree].fetch_add(spent, Ordering::Relaxed);
        }
        if len > self.max_len.load(Ordering::Relaxed) {
            self.max_len.fetch_max(len, Ordering::Relaxed);
        }
    }

    /// It held `len` bytes at one moment.
    pub(super) fn held(&self, len: u64) {
        self.max_len.fetch_max(len, Ordering::Relaxed);
    }

    /// The most there ever was, in bytes.
    pub(super) fn max_len(&self) -> u64 {
        self.max_len.load(Ordering::Relaxed)
    }

    /// Nothing is known of it any more.
    pub(super) fn reset(&self) {
        for number in self.times.iter().chain([&self.now, &self.max_len]) {
            number.store(0, Ordering::Relaxed);
        }
    }

    /// What it held for half of the time until `now`, or less, as a part of `mark` bytes; rounded up to a 128th of it, but
    /// not beyond what it ever held.
    pub(super) fn median(&self, now: Duration, mark: u64) -> u64 {
        let (degree, spent) = spent(self.now.load(Ordering::Relaxed), now);
        let times = self.times.iter().map(|time| time.load(Ordering::Relaxed));
        let mut times: Vec<_> = times.collect();
        times[degree] += spent;
        let half = times.iter().sum::<u64>().div_ceil(2);
        let mut passed = 0;
        let median = times.iter().position(|time| {
            passed += time;
            passed >= half
        });
        let part = u128::from(mark) * median.unwrap_or(0) as u128 / DEGREES as u128;
        u64::try_from(part).unwrap_or(mark).min(self.max_len())
    }
}

/// The degree in what was noted, and the nanoseconds until `now` since that was noted.
fn spent(noted: u64, now: Duration) -> (usize, u64) {
    let degree = usize::try_from(noted & ((1 << DEGREE_BITS) - 1)).unwrap_or(DEGREES);
    let since = (noted >> DEGREE_BITS).checked_sub(1);
    let spent = since.map_or(0, |since| nanos(now).saturating_sub(since));
    (degree.min(DEGREES), spent)
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
            let (fill, mut now) = (Occupancy::new(), Duration::ZERO);
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
        let fill = Occupancy::new();
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
