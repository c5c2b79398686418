//! `--stats`: the records, written by a thread of its own so that a slow reader of them never holds the flow up.

use super::record;
use super::{Ending, Sample, Start};
use crate::error::Side;
use crate::threads;
use crate::wait;
use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use tokio::sync::oneshot;

/// Records that may wait for a slow reader; samples beyond are left out.
const BACKLOG: usize = 1024;

/// The writer of the records.
#[derive(Debug)]
pub struct Stats {
    /// The flag that asked for them.
    pub flag: &'static str,
    lines: Sender<String>,
    /// How many of them are not written yet.
    waiting: Arc<AtomicUsize>,
    finished: oneshot::Receiver<io::Result<()>>,
}

impl Stats {
    /// Starts writing to `file`, which `flag` has asked for.
    ///
    /// # Errors
    /// When the system has no threads left.
    pub fn start(flag: &'static str, file: File) -> io::Result<Self> {
        let (lines, queue) = channel();
        let (finish, finished) = oneshot::channel();
        let waiting = Arc::new(AtomicUsize::new(0));
        let left = Arc::clone(&waiting);
        threads::spawn("stats", move || {
            // Nobody listens any more when the process is about to end.
            let _ = finish.send(write_lines(&file, &queue, &left));
        })?;
        Ok(Self {
            flag,
            lines,
            waiting,
            finished,
        })
    }

    /// An end listens.
    pub fn listening(&self, side: Side, address: &str) {
        self.put(record::listening(side, address));
    }

    /// Both ends are open.
    pub fn started(&self, start: Start<'_>) {
        self.put(record::start(start));
    }

    /// A look in between.
    pub fn sample(&self, sample: &Sample) {
        self.put(record::sample(sample));
    }

    /// Queues the last record. What comes back resolves once everything is written, however slow the reader of the
    /// records is.
    ///
    /// # Errors
    /// When a record could not be written.
    pub fn end(
        self,
        sample: &Sample,
        ending: Ending<'_>,
    ) -> impl Future<Output = io::Result<()>> + use<> {
        // A writer that has failed says so itself; it ends when it has written all, now that nothing more comes.
        let _ = self.lines.send(record::end(sample, ending));
        let finished = self.finished;
        async move {
            finished
                .await
                .unwrap_or_else(|_| Err(io::ErrorKind::BrokenPipe.into()))
        }
    }

    /// A record that finds the backlog full is left out: the numbers are cumulative, so the next one tells as much.
    fn put(&self, line: String) {
        if self.waiting.fetch_add(1, Ordering::Relaxed) < BACKLOG {
            // As above.
            let _ = self.lines.send(line);
        } else {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

fn write_lines(file: &File, queue: &Receiver<String>, waiting: &AtomicUsize) -> io::Result<()> {
    for line in queue {
        wait::write_all(file.as_fd(), line.as_bytes())?;
        waiting.fetch_sub(1, Ordering::Relaxed);
    }
    Ok(())
}
