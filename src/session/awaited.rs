//! What ends that are not open wait for: whoever opens them writes it down, and whoever is asked how things stand reads it.

use crate::endpoint::EndId;
use crate::text::words::seconds;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// What the ends of a transfer wait for.
#[derive(Debug, Default)]
pub struct Awaited(Mutex<BTreeMap<EndId, EndWait>>);

/// What an end that is not open waits for, and since when.
#[derive(Debug)]
struct EndWait {
    what: String,
    since: Instant,
}

impl Awaited {
    /// This end waits for this from now on, or for something else than before.
    pub(super) fn waits(&self, end: EndId, what: String) {
        let mut ends = self.lock();
        let since = ends.get(&end).map_or_else(Instant::now, |it| it.since);
        ends.insert(end, EndWait { what, since });
    }

    /// This end is open, and waits for nothing any more.
    pub(super) fn is_open(&self, end: EndId) {
        self.lock().remove(&end);
    }

    /// What the ends wait for: `connecting to host:9000`.
    pub(super) fn in_words(&self) -> String {
        let ends = self.lock();
        let waits: Vec<_> = ends.values().map(|it| it.what.as_str()).collect();
        waits.join(" and ")
    }

    /// What the ends wait for, each with the time since it began: `connecting to host:9000, 3 s`.
    pub(super) fn with_times(&self) -> Vec<String> {
        let ends = self.lock();
        ends.values()
            .map(|it| format!("{}, {} so far", it.what, seconds(it.since.elapsed())))
            .collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<EndId, EndWait>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
