//! The rate limit, pure over a given clock: a token bucket that holds little more than what one wake-up lets pass.
//!
//! The bucket earns credit at `rate` bytes a second, and every byte that leaves spends some. What the bucket holds at
//! most is all that can ever leave at once, so that in no window of any length more leaves than
//! `rate × window + burst + grain`. A grain is 9.5 ms worth of the rate, or a little more than a byte: too little to be noticed after a pause,
//! and enough that the writer need not be woken often. The writer is woken when only a part of the grain is earned: the
//! rest makes up for timers that are late, and is no more than that needs. Credit is counted in billionths of a byte,
//! which is exact: a nanosecond earns a whole number of them.

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
        let wanted = most.min(self.worth_waking(rate));
        let missing = (u128::from(wanted) * BILLION).saturating_sub(self.credit);
        if missing == 0 {
            let credit = u64::try_from(self.credit / BILLION).unwrap_or(u64::MAX);
            Allowance::Bytes(most.min(credit))
        } else {
            let due = now + nanoseconds(missing.div_ceil(u128::from(rate)));
            self.due = Some(due);
            Allowance::Not(due)
        }
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

    fn earn(&mut self, now: Instant) {
        let time = now.saturating_duration_since(self.earned).as_nanos();
        // A clock that was put back earns nothing until it is where it was.
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
mod tests {
    use super::{Allowance, FORGOTTEN_AFTER, GRAIN, LEAST_LATENESS, MOST_LATENESS, Throttle};
    use proptest::prelude::*;
    use std::time::{Duration, Instant};

    /// What happens between two attempts to send.
    #[derive(Debug, Clone, Copy)]
    struct Step {
        /// Bytes that are there to be sent, of which the sink takes `taken` at most.
        there: u64,
        taken: u64,
        /// How late the writer is woken, or for how long it does not ask.
        late: Duration,
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let size = || prop_oneof![1u64..5, 1u64..5000, 1u64..(1 << 24)];
        let late = prop_oneof![
            6 => 0u64..200_000,
            2 => 0u64..20_000_000,
            1 => 0u64..10_000_000_000,
        ];
        let step = (size(), size(), late).prop_map(|(there, taken, late)| Step {
            there,
            taken,
            late: Duration::from_nanos(late),
        });
        prop::collection::vec(step, 1..120)
    }

    fn rates() -> impl Strategy<Value = u64> {
        prop_oneof![1u64..20, 1u64..100_000, 1u64..(1 << 31), Just(u64::MAX)]
    }

    /// Sends along the steps; what left when.
    fn send(throttle: &mut Throttle, start: Instant, steps: &[Step]) -> Vec<(Instant, u64)> {
        let (mut now, mut left) = (start, Vec::new());
        for step in steps {
            now += step.late;
            let mut there = step.there;
            // A few attempts a step are enough.
            for _ in 0..4 {
                if there == 0 {
                    break;
                }
                match throttle.allow(there, now) {
                    Allowance::Bytes(n) => {
                        assert!(n > 0 && n <= there, "{n} of {there}");
                        let n = n.min(step.taken);
                        throttle.spend(n);
                        left.push((now, n));
                        there -= n;
                    }
                    Allowance::Not(until) => {
                        assert!(until > now, "a wait that is none");
                        now = until;
                    }
                }
            }
        }
        left
    }

    /// Sends as much as it may, woken so many nanoseconds late each time. By how many bytes fewer have left than were
    /// earned and are not there any more.
    fn lost(rate: u64, late: &[u64]) -> u128 {
        let start = Instant::now();
        let mut throttle = Throttle::new(Some(rate), 0, start);
        let (mut now, mut sum, mut late) = (start, 0u128, late.iter());
        loop {
            match throttle.allow(u64::MAX, now) {
                Allowance::Bytes(n) => {
                    throttle.spend(n);
                    sum += u128::from(n);
                }
                Allowance::Not(until) => match late.next() {
                    Some(late) => now = until + Duration::from_nanos(*late),
                    None => break,
                },
            }
        }
        let earned = u128::from(rate) * now.duration_since(start).as_nanos() / 1_000_000_000;
        earned
            .checked_sub(sum + throttle.credit / 1_000_000_000)
            .expect("more has left than was earned")
    }

    /// What is lost at most when a timer that was believed to be punctual is not.
    fn most_lost(rate: u64) -> u128 {
        u128::from(rate) * MOST_LATENESS.saturating_sub(LEAST_LATENESS).as_nanos() / 1_000_000_000
            + 1
    }

    proptest! {
        #[test]
        fn no_window_of_any_length_exceeds_the_rate_the_burst_and_one_grain(
            rate in rates(), burst in prop_oneof![Just(0u64), 1u64..(1 << 24)], steps in steps()
        ) {
            let start = Instant::now();
            let mut throttle = Throttle::new(Some(rate), burst, start);
            let grain = throttle.grain();
            let worth = u128::from(rate) * GRAIN.as_nanos() / 1_000_000_000;
            prop_assert!(u128::from(grain) <= worth + 2);
            let left = send(&mut throttle, start, &steps);
            for (first, (began, _)) in left.iter().enumerate() {
                let mut sum = 0u128;
                for (at, n) in &left[first..] {
                    sum += u128::from(*n);
                    let time = at.duration_since(*began).as_nanos();
                    let earned = (u128::from(rate) * time).div_ceil(1_000_000_000);
                    let most = earned + u128::from(burst) + u128::from(grain);
                    prop_assert!(sum <= most, "{sum} bytes in {time} ns, {most} allowed");
                }
            }
        }

        #[test]
        fn from_the_first_byte_on_no_more_has_left_than_was_earned(rate in rates(), steps in steps()) {
            let start = Instant::now();
            let mut throttle = Throttle::new(Some(rate), 0, start);
            let mut sum = 0u128;
            for (at, n) in send(&mut throttle, start, &steps) {
                sum += u128::from(n);
                let earned = u128::from(rate) * at.duration_since(start).as_nanos();
                prop_assert!(sum * 1_000_000_000 <= earned);
            }
        }

        #[test]
        fn the_average_is_the_rate_while_both_ends_allow_it_though_timers_are_late(
            rate in rates(), late in 0u64..2_500_000
        ) {
            let lost = lost(rate, &[late; 500]);
            prop_assert!(lost <= most_lost(rate), "{lost} bytes");
        }

        #[test]
        fn a_timer_that_is_late_now_and_then_costs_little_each_time(
            rate in rates(), late in prop::collection::vec(0u64..2_500_000, 2 * FORGOTTEN_AFTER as usize)
        ) {
            let lost = lost(rate, &late);
            prop_assert!(lost <= 3 * most_lost(rate), "{lost} bytes");
        }

        #[test]
        fn a_change_is_in_force_at_once(
            before in prop::option::of(rates()), after in rates(), steps in steps(), late in steps()
        ) {
            let start = Instant::now();
            let mut throttle = Throttle::new(before, 0, start);
            let changed = send(&mut throttle, start, &steps).last().map_or(start, |(at, _)| *at);
            throttle.set_rate(Some(after), changed);
            let mut sum = 0u128;
            for (at, n) in send(&mut throttle, changed, &late) {
                sum += u128::from(n);
                let earned = u128::from(after) * at.duration_since(changed).as_nanos() / 1_000_000_000;
                prop_assert!(sum <= earned + 1 + u128::from(throttle.grain()));
            }
        }
    }

    #[test]
    fn without_a_rate_everything_may_leave() {
        let mut throttle = Throttle::new(None, 0, Instant::now());
        assert_eq!(
            throttle.allow(u64::MAX, Instant::now()),
            Allowance::Bytes(u64::MAX)
        );
        assert!(!throttle.is_on());
    }

    #[test]
    fn a_few_bytes_that_have_been_earned_need_not_wait() {
        let start = Instant::now();
        let mut throttle = Throttle::new(Some(1_000_000), 0, start);
        let now = start + Duration::from_micros(20);
        assert_eq!(throttle.allow(11, now), Allowance::Bytes(11));
        let worth = GRAIN.saturating_sub(LEAST_LATENESS + Duration::from_micros(20));
        assert_eq!(throttle.allow(1 << 20, now), Allowance::Not(now + worth));
    }

    #[test]
    fn idle_time_earns_a_grain_and_the_burst_and_no_more() {
        let start = Instant::now();
        let hours = start + Duration::from_secs(10_000);
        let mut throttle = Throttle::new(Some(1_000_000), 0, start);
        assert_eq!(throttle.allow(1 << 30, hours), Allowance::Bytes(9500));
        let mut throttle = Throttle::new(Some(1_000_000), 500_000, start);
        assert_eq!(throttle.allow(1 << 30, hours), Allowance::Bytes(509_500));
    }

    #[test]
    fn the_writer_is_woken_as_seldom_as_the_timers_allow() {
        let mut now = Instant::now();
        let mut throttle = Throttle::new(Some(1_000_000), 0, now);
        let mut nap = |late: Duration| {
            let Allowance::Not(until) = throttle.allow(u64::MAX, now) else {
                panic!("there is nothing to wait for");
            };
            let nap = until - now;
            now = until + late;
            match throttle.allow(u64::MAX, now) {
                Allowance::Bytes(n) => throttle.spend(n),
                Allowance::Not(_) => panic!("not yet"),
            }
            nap
        };
        let (on_time, late) = (Duration::from_micros(100), Duration::from_micros(1200));
        let longest = GRAIN.saturating_sub(LEAST_LATENESS);
        assert_eq!(nap(on_time), longest);
        nap(late);
        assert_eq!(nap(on_time), GRAIN.saturating_sub(late * 2));
        let naps = (0..4 * FORGOTTEN_AFTER)
            .map(|_| nap(on_time))
            .collect::<Vec<_>>();
        assert!(naps.is_sorted(), "{naps:?}");
        assert_eq!(naps.last(), Some(&longest));
    }

    #[test]
    fn the_slowest_rate_lets_a_byte_out_each_second() {
        let start = Instant::now();
        let mut throttle = Throttle::new(Some(1), 0, start);
        let second = start + Duration::from_secs(1);
        assert_eq!(throttle.allow(100, start), Allowance::Not(second));
        assert_eq!(throttle.allow(100, second), Allowance::Bytes(1));
        throttle.spend(1);
        assert_eq!(
            throttle.allow(100, second),
            Allowance::Not(second + Duration::from_secs(1))
        );
    }
}
