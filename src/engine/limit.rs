//! The rate limit of a pipeline under way: its controls set it, and the writing thread keeps to it by a throttle of its own, on
//! the system's clock. Neither waits for the other.

use crate::engine::throttle::{Allowance, Throttle};
use crate::platform::sync::Lock;
use std::cell::RefCell;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How long the writing thread sleeps while nothing may leave, unless it is woken: as good as for ever.
const A_DAY: Duration = Duration::from_secs(86_400);

/// In the place of a rate: there is no limit. A rate is at least a byte a second.
const NONE: u64 = 0;

/// What may leave for the sink, as it is asked for.
#[derive(Debug)]
pub struct Limit {
    /// In bytes a second.
    rate: AtomicU64,
    is_held: AtomicBool,
    /// What the writing thread keeps to it by, unless that has it.
    throttle: Lock<Option<Throttle>>,
}

impl Limit {
    /// At most `rate` bytes a second, up to `burst` bytes at once after idle time. `None`: as fast as it goes.
    #[must_use]
    pub fn new(rate: Option<u64>, burst: u64) -> Self {
        let throttle = Throttle::new(rate, burst, Instant::now());
        Self {
            rate: AtomicU64::new(throttle.rate().unwrap_or(NONE)),
            is_held: AtomicBool::new(false),
            throttle: Lock::new(Some(throttle)),
        }
    }

    /// Both ends are open: credit is earned from now on.
    pub fn start(&self) {
        if let Some(throttle) = &mut *self.throttle.lock() {
            throttle.start(Instant::now());
        }
    }

    /// The limit as it is now, in bytes a second.
    #[must_use]
    pub fn rate(&self) -> Option<u64> {
        Some(self.rate.load(Ordering::Relaxed)).filter(|rate| *rate != NONE)
    }

    /// From now on there is another limit, or none. The caller has to wake the writing thread, which may be waiting for
    /// the old one.
    pub fn set_rate(&self, rate: Option<u64>) {
        let rate = rate.map_or(NONE, |rate| rate.max(1));
        self.rate.store(rate, Ordering::Relaxed);
    }

    /// Lets nothing leave, or lets it leave again. The caller has to wake the writing thread.
    pub fn hold_all(&self, is_held: bool) {
        self.is_held.store(is_held, Ordering::Relaxed);
    }

    /// For the writing thread. One that takes over from another goes on with what that has earned.
    pub(crate) fn pace(&self) -> Pace<'_> {
        let none = || Throttle::new(None, 0, Instant::now());
        let throttle = self.throttle.lock().take().unwrap_or_else(none);
        Pace {
            limit: self,
            throttle: RefCell::new(throttle),
        }
    }

    /// Whether nothing may leave.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.is_held.load(Ordering::Relaxed)
    }
}

/// The limit in the hands of the writing thread.
#[derive(Debug)]
pub(crate) struct Pace<'a> {
    limit: &'a Limit,
    throttle: RefCell<Throttle>,
}

impl Pace<'_> {
    /// Whether there is a limit now.
    pub(crate) fn is_on(&self) -> bool {
        self.limit.rate().is_some() || self.limit.is_held()
    }

    /// How many of `most` bytes may leave now.
    pub(crate) fn allow(&self, most: u64) -> Allowance {
        if self.limit.is_held() {
            Allowance::Not(Instant::now() + A_DAY)
        } else if self.is_current_and_none() {
            Allowance::Bytes(most)
        } else {
            self.throttle.borrow_mut().allow(most, Instant::now())
        }
    }

    /// Whether some of `most` bytes may leave now; nothing is waited for because of that.
    pub(crate) fn would_allow(&self, most: u64) -> bool {
        !self.limit.is_held()
            && (self.is_current_and_none() || {
                let mut throttle = self.throttle.borrow_mut();
                throttle.would_allow(most, Instant::now())
            })
    }

    /// `n` bytes have left.
    pub(crate) fn spend(&self, n: u64) {
        let mut throttle = self.throttle.borrow_mut();
        if throttle.is_on() {
            throttle.spend(n);
        }
    }

    /// Keeps to the limit as it is asked for now. Returns whether that is none.
    fn is_current_and_none(&self) -> bool {
        let (rate, mut throttle) = (self.limit.rate(), self.throttle.borrow_mut());
        if throttle.rate() != rate {
            throttle.set_rate(rate, Instant::now());
        }
        rate.is_none()
    }
}

/// Gives the throttle back.
impl Drop for Pace<'_> {
    fn drop(&mut self) {
        let none = Throttle::new(None, 0, Instant::now());
        *self.limit.throttle.lock() = Some(self.throttle.replace(none));
    }
}
