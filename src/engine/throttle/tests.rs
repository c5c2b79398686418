//! In no window does more leave than the rate allows, and no less on the whole, however late the timers are.

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
    u128::from(rate) * MOST_LATENESS.saturating_sub(LEAST_LATENESS).as_nanos() / 1_000_000_000 + 1
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
fn asking_whether_anything_may_leave_is_no_promise_to_ask_again() {
    let start = Instant::now();
    let hours = start + Duration::from_secs(10_000);
    let mut throttle = Throttle::new(Some(1_000_000), 0, start);
    assert!(!throttle.would_allow(1 << 20, start));
    assert!(throttle.would_allow(1 << 20, hours));
    assert_eq!(throttle.allow(1 << 20, hours), Allowance::Bytes(9500));
    throttle.spend(9500);
    // Nobody was late.
    let nap = GRAIN.saturating_sub(LEAST_LATENESS);
    assert_eq!(throttle.allow(1 << 20, hours), Allowance::Not(hours + nap));
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
