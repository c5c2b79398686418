//! `--stats`: the records, written by a thread of its own so that a slow reader of them never holds the flow up.

use super::record::{self, Ending, Start};
use crate::engine::wait;
use crate::error::Side;
use crate::platform::threads;
use crate::session::report::StderrWriter;
use crate::show::{Sample, SideFile};
use std::io;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::timeout;

/// Records that may wait for a slow reader; samples beyond are left out.
const BACKLOG: usize = 1024;

/// How long a FIFO that nobody reads is waited for once the transfer has ended.
const READER_PATIENCE: Duration = Duration::from_secs(1);

/// Waits for a FIFO to be opened, which is as long as nobody reads it.
///
/// # Errors
/// When nobody does soon enough.
pub async fn await_reader<T>(opened: impl Future<Output = T>) -> io::Result<T> {
    let opened = timeout(READER_PATIENCE, opened).await;
    opened.map_err(|_| io::Error::other("nobody reads this FIFO"))
}

/// The writer of the records.
#[derive(Debug)]
pub struct Stats {
    /// What is written to, for messages.
    pub name: String,
    to: To,
}

#[derive(Debug)]
enum To {
    File(Writer),
    /// Standard error, among the messages and in their order.
    StderrWriter(StderrWriter),
}

/// A thread that writes.
#[derive(Debug)]
struct Writer {
    lines: Sender<String>,
    /// How many of them are not written yet.
    waiting: Arc<AtomicUsize>,
    is_fifo: bool,
    /// Resolves once the file is open for writing.
    opened: oneshot::Receiver<()>,
    finished: oneshot::Receiver<io::Result<()>>,
}

impl Stats {
    /// Starts writing to `file`, which is begun for it.
    ///
    /// # Errors
    /// When the system has no threads left.
    pub fn start(file: SideFile) -> io::Result<Self> {
        let (name, is_fifo) = (file.name(), file.is_fifo());
        let (lines, queue) = channel();
        let (open, opened) = oneshot::channel();
        let (finish, finished) = oneshot::channel();
        let waiting = Arc::new(AtomicUsize::new(0));
        let left = Arc::clone(&waiting);
        threads::spawn("stats", move || {
            // Nobody listens any more when the process is about to end.
            let _ = finish.send(write_lines(file, open, &queue, &left));
        })?;
        let to = To::File(Writer {
            lines,
            waiting,
            is_fifo,
            opened,
            finished,
        });
        Ok(Self { name, to })
    }

    /// Writes them among what `stderr` says.
    #[must_use]
    pub fn among(stderr: StderrWriter, name: String) -> Self {
        let to = To::StderrWriter(stderr);
        Self { name, to }
    }

    /// Whether they stand among the messages, where nothing may come after the last of them.
    #[must_use]
    pub fn is_among_messages(&self) -> bool {
        matches!(self.to, To::StderrWriter(_))
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

    /// Queues the last record, and waits until everything is written, however slow the reader of the records is.
    ///
    /// # Errors
    /// When a record could not be written.
    pub fn end(
        self,
        sample: &Sample,
        ending: Ending<'_>,
    ) -> impl Future<Output = io::Result<()>> + Send + use<> {
        let line = record::end(sample, ending);
        async move {
            match self.to {
                To::File(writer) => writer.end(line).await,
                To::StderrWriter(stderr) => {
                    stderr.record(line);
                    Ok(())
                }
            }
        }
    }

    /// A record that finds the backlog full is left out: the numbers are cumulative, so the next one tells as much.
    fn put(&self, line: String) {
        match &self.to {
            To::File(writer) => writer.put(line),
            To::StderrWriter(stderr) => stderr.record_if(BACKLOG, line),
        }
    }
}

impl Writer {
    fn put(&self, line: String) {
        if self.waiting.fetch_add(1, Ordering::Relaxed) < BACKLOG {
            // A writer that has failed says so itself.
            let _ = self.lines.send(line);
        } else {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
        }
    }

    async fn end(self, line: String) -> io::Result<()> {
        // It ends when it has written all, now that nothing more comes.
        let _ = self.lines.send(line);
        drop(self.lines);
        if self.is_fifo {
            // A file that could not be opened tells why below.
            drop(await_reader(self.opened).await?);
        }
        self.finished
            .await
            .unwrap_or_else(|_| Err(io::ErrorKind::BrokenPipe.into()))
    }
}

fn write_lines(
    file: SideFile,
    opened: oneshot::Sender<()>,
    queue: &Receiver<String>,
    waiting: &AtomicUsize,
) -> io::Result<()> {
    let file = file.begin()?;
    // As in `start`.
    let _ = opened.send(());
    for line in queue {
        wait::write_all(file.as_fd(), line.as_bytes())?;
        waiting.fetch_sub(1, Ordering::Relaxed);
    }
    Ok(())
}
