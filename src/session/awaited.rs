//! What ends that are not open wait for: whoever opens them writes it down, and whoever is asked how things stand reads it.

use crate::endpoint::PerEnd;
use crate::error::Side;
use crate::text::words::seconds;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// What the ends of a transfer wait for.
#[derive(Debug, Default)]
pub struct Awaited(Mutex<PerEnd<Option<EndWait>>>);

/// What an end that is not open waits for, and since when.
#[derive(Debug)]
struct EndWait {
    what: String,
    since: Instant,
}

impl Awaited {
    /// `side` waits for this from now on, or for something else than before.
    pub(super) fn waits(&self, side: Side, what: String) {
        let mut ends = self.lock();
        let wait = ends.of_mut(side);
        let since = wait.as_ref().map_or_else(Instant::now, |it| it.since);
        *wait = Some(EndWait { what, since });
    }

    /// `side` is open, and waits for nothing any more.
    pub(super) fn is_open(&self, side: Side) {
        *self.lock().of_mut(side) = None;
    }

    /// What the ends wait for: `connecting to host:9000`.
    pub(super) fn in_words(&self) -> String {
        let ends = self.lock();
        let waits = [&ends.source, &ends.sink].into_iter().flatten();
        let waits: Vec<_> = waits.map(|it| it.what.as_str()).collect();
        waits.join(" and ")
    }

    /// What the ends wait for, each with the time since it began: `connecting to host:9000, 3 s`.
    pub(super) fn with_times(&self) -> Vec<String> {
        let ends = self.lock();
        let waits = [&ends.source, &ends.sink].into_iter().flatten();
        waits
            .map(|it| format!("{}, {} so far", it.what, seconds(it.since.elapsed())))
            .collect()
    }

    fn lock(&self) -> MutexGuard<'_, PerEnd<Option<EndWait>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
