//! Finds out for how long we were stopped when nobody said so beforehand (SIGSTOP cannot be caught, signal(7)).
//!
//! A pulse that comes late says that we did not run; SIGCONT says that it was because we were stopped, and not
//! because the machine was busy. The two come in either order.

use std::time::{Duration, Instant};

/// Time between two pulses, which is how exactly a stop is known.
pub(super) const PULSE: Duration = Duration::from_millis(100);

/// The pulses so far.
#[derive(Debug)]
pub(super) struct Pulse {
    last: Instant,
    /// By how much a pulse was late, until it is clear why.
    late: Duration,
}

impl Pulse {
    /// Pulses from `now` on.
    pub(super) fn new(now: Instant) -> Self {
        Self {
            last: now,
            late: Duration::ZERO,
        }
    }

    /// A pulse. Returns whether it was late.
    pub(super) fn beat(&mut self, now: Instant) -> bool {
        self.late = self.lateness(now);
        self.last = now;
        !self.late.is_zero()
    }

    /// We go on after a stop. Returns how long it was.
    pub(super) fn continued(&mut self, now: Instant) -> Duration {
        let stopped = self.late + self.lateness(now);
        self.skip(now);
        stopped
    }

    /// What has passed until `now` is accounted for.
    pub(super) fn skip(&mut self, now: Instant) {
        *self = Self::new(now);
    }

    /// On an idle machine a pulse is late by a millisecond; a stop begins half a pulse after the last one, on average.
    fn lateness(&self, now: Instant) -> Duration {
        let gap = now.saturating_duration_since(self.last);
        if gap < PULSE * 2 {
            Duration::ZERO
        } else {
            gap.saturating_sub(PULSE / 2)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{PULSE, Pulse};
    use std::time::{Duration, Instant};

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn a_stop_is_noticed_whether_the_pulse_or_the_signal_comes_first() {
        let start = Instant::now();
        let mut pulse = Pulse::new(start);
        assert!(!pulse.beat(start + PULSE));
        let expected = LONG.saturating_sub(PULSE / 2);
        assert_eq!(pulse.continued(start + PULSE + LONG), expected);

        let mut pulse = Pulse::new(start);
        assert!(pulse.beat(start + LONG));
        assert_eq!(pulse.continued(start + LONG), expected);
        assert_eq!(pulse.continued(start + LONG), Duration::ZERO, "not twice");
    }

    #[test]
    fn a_late_pulse_is_no_stop_unless_we_were_continued() {
        let start = Instant::now();
        let mut pulse = Pulse::new(start);
        pulse.beat(start + LONG);
        pulse.beat(start + LONG + PULSE);
        assert_eq!(pulse.continued(start + LONG + PULSE), Duration::ZERO);
    }

    #[test]
    fn a_stop_that_is_accounted_for_is_not_noticed_again() {
        let start = Instant::now();
        let mut pulse = Pulse::new(start);
        pulse.skip(start + LONG);
        assert_eq!(pulse.continued(start + LONG), Duration::ZERO);
    }
}
