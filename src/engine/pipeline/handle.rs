//! The handle of a pipeline that was started: what it tells, how it is waited for, and how it is given up.

use super::Controls;
use crate::engine::road::{End, Event};
use std::future::poll_fn;
use std::time::{Duration, Instant};

/// A pipeline that was started. It is given up when this is dropped.
///
/// A task awaits its events with [`Handle::next`], in any runtime; a thread sleeps until its end with [`Handle::wait`]. The
/// end comes when the writer has ended and the other stages have too, for which the writer waits no longer than
/// [`GRACE`](super::GRACE). A writer in a system call that does not return, as a write to a file on a server that is gone, is
/// waited for without a limit: who cannot wait drops the handle.
#[derive(Debug)]
pub struct Handle {
    controls: Controls,
}

impl Handle {
    pub(super) fn new(controls: Controls) -> Self {
        Self { controls }
    }

    /// What can be asked and changed.
    #[must_use]
    pub fn controls(&self) -> &Controls {
        &self.controls
    }

    /// The next event. It never comes after the end, and none is lost if this is dropped before.
    pub async fn next(&mut self) -> Event {
        let progress = &self.controls.shared().progress;
        let event = poll_fn(|context| progress.poll_event(context)).await;
        self.note(&event);
        event
    }

    /// Sleeps until the end.
    #[must_use]
    pub fn wait(mut self) -> End {
        loop {
            if let Some(end) = self.end_before(None) {
                return end;
            }
        }
    }

    /// Sleeps until the end, but no longer than `most`; then it is `None`.
    pub fn wait_for(&mut self, most: Duration) -> Option<End> {
        self.end_before(Instant::now().checked_add(most))
    }

    /// Sleeps until the end, or until the moment has come.
    fn end_before(&mut self, until: Option<Instant>) -> Option<End> {
        loop {
            let event = self.controls.shared().progress.await_event(until)?;
            self.note(&event);
            if let Event::End(end) = event {
                return Some(end);
            }
        }
    }

    /// From the end on, time stands.
    fn note(&self, event: &Event) {
        if let Event::End(_) = event {
            self.controls.meter().stop();
        }
    }
}

impl Drop for Handle {
    /// Stages that have ended find nothing changed. One that sits in a system call may leave something behind, as the temporary
    /// file of the sink, which is removed here.
    fn drop(&mut self) {
        self.controls.cancel();
        self.controls.meter().stop();
        let leftovers = std::mem::take(&mut *self.controls.shared().leftovers.lock());
        for leftover in leftovers.source.into_iter().chain(leftovers.sinks) {
            leftover.remove();
        }
    }
}
