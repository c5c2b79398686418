//! The rate limit of a pipeline under way: a throttle on the system's clock, which the writing thread asks and the
//! controls of the pipeline change.

use crate::engine::throttle::{Allowance, Throttle};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long the writing thread sleeps while nothing may leave, unless it is woken: as good as for ever.
const A_DAY: Duration = Duration::from_secs(86_400);

/// What may leave for the sink.
#[derive(Debug)]
pub struct Limit {
    throttle: Mutex<Throttle>,
    /// Whether the throttle has to be asked.
    is_on: AtomicBool,
    is_held: AtomicBool,
}

impl Limit {
    /// At most `rate` bytes a second, up to `burst` bytes at once after idle time. `None`: as fast as it goes.
    #[must_use]
    pub fn new(rate: Option<u64>, burst: u64) -> Self {
        let throttle = Throttle::new(rate, burst, Instant::now());
        Self {
            is_on: AtomicBool::new(throttle.is_on()),
            throttle: Mutex::new(throttle),
            is_held: AtomicBool::new(false),
        }
    }

    /// Whether there is a limit now.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.is_on.load(Ordering::Relaxed) || self.is_held()
    }

    /// How many of `most` bytes may leave now.
    #[must_use]
    pub fn allow(&self, most: u64) -> Allowance {
        if self.is_held() {
            Allowance::Not(Instant::now() + A_DAY)
        } else if self.is_on() {
            self.lock().allow(most, Instant::now())
        } else {
            Allowance::Bytes(most)
        }
    }

    /// Whether some of `most` bytes may leave now; nothing is waited for because of that.
    #[must_use]
    pub fn would_allow(&self, most: u64) -> bool {
        !self.is_held() && (!self.is_on() || self.lock().would_allow(most, Instant::now()))
    }

    /// `n` bytes have left.
    pub fn spend(&self, n: u64) {
        if self.is_on() {
            self.lock().spend(n);
        }
    }

    /// Both ends are open: credit is earned from now on.
    pub fn start(&self) {
        self.lock().start(Instant::now());
    }

    /// The limit as it is now, in bytes a second.
    #[must_use]
    pub fn rate(&self) -> Option<u64> {
        self.lock().rate()
    }

    /// From now on there is another limit, or none. The caller has to wake the writing thread, which may be waiting for
    /// the old one.
    pub fn set_rate(&self, rate: Option<u64>) {
        let mut throttle = self.lock();
        throttle.set_rate(rate, Instant::now());
        self.is_on.store(throttle.is_on(), Ordering::Relaxed);
    }

    /// Lets nothing leave, or lets it leave again. The caller has to wake the writing thread.
    pub fn hold_all(&self, is_held: bool) {
        self.is_held.store(is_held, Ordering::Relaxed);
    }

    fn is_held(&self) -> bool {
        self.is_held.load(Ordering::Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, Throttle> {
        self.throttle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
