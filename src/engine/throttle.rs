//! The rate limit, pure over a given clock: a token bucket that holds little more than what one wake-up lets pass.
//!
//! The bucket earns credit at `rate` bytes a second, and every byte that leaves spends some. What the bucket holds at
//! most is all that can ever leave at once, so that in no window of any length more leaves than
//! `rate × window + burst + grain`. A grain is 9.5 ms worth of the rate, or a little more than a byte: too little to be
//! noticed when it leaves at once, and enough that the writer need not be woken often. The writer is woken when only a
//! part of the grain is earned: the rest makes up for timers that are late, and is no more than that needs. Credit is
//! counted in billionths of a byte, which is exact: a nanosecond earns a whole number of them.

use std::time::{Duration, Instant};

/// The most that can leave at once, as the time in which it is earned: just below a hundredth of a second.
const GRAIN: Duration = Duration::from_micros(9500);

/// How much of that at most makes up for late wake-ups. What is earned in a longer delay is lost.
const MOST_LATENESS: Duration = Duration::from_micros(2500);

/// And at least: several times of what a timer is late by on an idle machine.
const LEAST_LATENESS: Duration = Duration::from_micros(500);

/// A late wake-up is forgotten after about so many punctual ones.
const FORGOTTEN_AFTER: u32 = 512;

/// Billionths of a byte in a byte, and nanoseconds in a second.
const BILLION: u128 = 1_000_000_000;

/// What may leave now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allowance {
    /// So many bytes.
    Bytes(u64),
    /// None before this moment.
    Not(Instant),
}

/// A limit of so many bytes a second, or none.
#[derive(Debug)]
pub struct Throttle {
    rate: Option<u64>,
    burst: u64,
    /// What has been earned and not spent, in billionths of a byte.
    credit: u128,
    /// Until when it has been earned.
    earned: Instant,
    /// When the writer was told to ask again.
    due: Option<Instant>,
    /// How late it asked then, less what is forgotten since.
    lateness: Duration,
}

impl Throttle {
    /// A limit that is in force from `now` on, with nothing earned yet. `rate` is in bytes a second and at least 1;
    /// up to `burst` bytes of credit may build up while nothing leaves.
    #[must_use]
    pub fn new(rate: Option<u64>, burst: u64, now: Instant) -> Self {
        Self {
            rate: rate.map(|rate| rate.max(1)),
            burst,
            credit: 0,
            earned: now,
            due: None,
            lateness: Duration::ZERO,
        }
    }

    /// Credit is earned from `now` on, and not before.
    pub fn start(&mut self, now: Instant) {
        (self.credit, self.earned) = (0, now);
    }

    /// The limit, in bytes a second.
    #[must_use]
    pub fn rate(&self) -> Option<u64> {
        self.rate
    }

    /// Whether there is a limit.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.rate.is_some()
    }

    /// How many of `most` bytes may leave at `now`. Less than is worth waking for is not worth a system call either,
    /// unless it is all there is.
    pub fn allow(&mut self, most: u64, now: Instant) -> Allowance {
        self.earn(now);
        let Some(rate) = self.rate else {
            return Allowance::Bytes(most);
        };
        self.measure_lateness(now);
        let missing = self.missing(most, rate);
        if missing == 0 {
            let credit = u64::try_from(self.credit / BILLION).unwrap_or(u64::MAX);
            Allowance::Bytes(most.min(credit))
        } else {
            let due = now + nanoseconds(missing.div_ceil(u128::from(rate)));
            self.due = Some(due);
            Allowance::Not(due)
        }
    }

    /// Whether some of `most` bytes may leave at `now`. Unlike [`Throttle::allow`] this tells no writer to ask again.
    #[must_use]
    pub fn would_allow(&mut self, most: u64, now: Instant) -> bool {
        self.earn(now);
        self.rate.is_none_or(|rate| self.missing(most, rate) == 0)
    }

    /// `n` bytes have left.
    pub fn spend(&mut self, n: u64) {
        self.credit = self.credit.saturating_sub(u128::from(n) * BILLION);
    }

    /// From `now` on there is another limit, or none. What was earned under the old one counts as far as it may.
    pub fn set_rate(&mut self, rate: Option<u64>, now: Instant) {
        self.earn(now);
        self.rate = rate.map(|rate| rate.max(1));
        self.credit = self.credit.min(self.most_credit());
        self.due = None;
    }

    /// The most that can leave at once, in bytes, beside the burst.
    #[must_use]
    pub fn grain(&self) -> u64 {
        let most = self.rate.map_or(0, most_at_once).div_ceil(BILLION);
        u64::try_from(most).unwrap_or(u64::MAX)
    }

    /// What is missing before some of `most` bytes may leave, in billionths of a byte.
    fn missing(&self, most: u64, rate: u64) -> u128 {
        let wanted = most.min(self.worth_waking(rate));
        (u128::from(wanted) * BILLION).saturating_sub(self.credit)
    }

    fn earn(&mut self, now: Instant) {
        let time = now.saturating_duration_since(self.earned).as_nanos();
        // A `now` that is older than the last one earns nothing.
        self.earned = self.earned.max(now);
        let earned = u128::from(self.rate.unwrap_or(0)).saturating_mul(time);
        self.credit = self.credit.saturating_add(earned).min(self.most_credit());
    }

    /// Notes how late the writer asks, if the moment has come at which it was told to ask again.
    fn measure_lateness(&mut self, now: Instant) {
        let Some(due) = self.due.take_if(|due| *due <= now) else {
            return;
        };
        let forgotten = self
            .lateness
            .saturating_sub(self.lateness / FORGOTTEN_AFTER);
        self.lateness = now.duration_since(due).min(MOST_LATENESS).max(forgotten);
    }

    /// How many bytes are worth waking for: as many as can leave at once, less what may be earned until the writer is
    /// awake. Waking costs more than anything else that a limit does.
    fn worth_waking(&self, rate: u64) -> u64 {
        let late = (self.lateness * 2).clamp(LEAST_LATENESS, MOST_LATENESS);
        let worth = u128::from(rate) * GRAIN.saturating_sub(late).as_nanos() / BILLION;
        u64::try_from(worth).unwrap_or(u64::MAX).max(1)
    }

    fn most_credit(&self) -> u128 {
        self.rate.map_or(0, most_at_once) + u128::from(self.burst) * BILLION
    }
}

/// What may be earned while nothing leaves, beside the burst: a grain, or a byte and what is earned until the writer is
/// awake. In billionths of a byte.
fn most_at_once(rate: u64) -> u128 {
    let rate = u128::from(rate);
    let on_time = (rate * GRAIN.saturating_sub(MOST_LATENESS).as_nanos()).max(BILLION);
    on_time + rate * MOST_LATENESS.as_nanos()
}

fn nanoseconds(n: u128) -> Duration {
    Duration::from_nanos(u64::try_from(n).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests;
