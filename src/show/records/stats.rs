//! `--stats`: writes the records on a thread of its own, so that a slow reader of them never holds the flow up.

use super::record::{self, Ending, Record, Start, VERSION};
use crate::error::Side;
use crate::platform::{self, threads};
use crate::session::stderr::StderrWriter;
use crate::show::{Sample, SideFile};
use std::io;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::timeout;

/// How many records may wait for a slow reader. Further ones are dropped, but for the last.
const BACKLOG: usize = 1024;

/// Once the transfer has ended, the reader of a FIFO is waited for this long.
const READER_PATIENCE: Duration = Duration::from_secs(1);

/// Waits until `opened`, the opening of a FIFO for writing, is done, which waits for a reader.
///
/// # Errors
/// When no reader has come within a second.
pub async fn await_reader<T>(opened: impl Future<Output = T>) -> io::Result<T> {
    let opened = timeout(READER_PATIENCE, opened).await;
    opened.map_err(|_| io::Error::other("nobody reads this FIFO"))
}

/// The writer of the records.
#[derive(Debug)]
pub struct Stats {
    /// What is written to, for messages.
    pub name: String,
    destination: Destination,
}

#[derive(Debug)]
enum Destination {
    File(Writer),
    /// Standard error, among the messages and in their order.
    StderrWriter(StderrWriter),
}

/// A thread that writes.
#[derive(Debug)]
struct Writer {
    lines: Sender<String>,
    /// How many lines are not written yet.
    waiting: Arc<AtomicUsize>,
    is_fifo: bool,
    /// Resolves once the file is open for writing.
    opened: oneshot::Receiver<()>,
    finished: oneshot::Receiver<io::Result<()>>,
}

impl Stats {
    /// Begins `file` and starts a thread that writes to it.
    ///
    /// # Errors
    /// When the system starts no thread.
    pub fn start(file: SideFile) -> io::Result<Self> {
        let (name, is_fifo) = (file.name(), file.is_fifo());
        let (lines, queue) = channel();
        let (open, opened) = oneshot::channel();
        let (finish, finished) = oneshot::channel();
        let waiting = Arc::new(AtomicUsize::new(0));
        let left = Arc::clone(&waiting);
        threads::spawn("stats", move || {
            // The receiver is gone when the process is about to end.
            let _ = finish.send(write_lines(file, open, &queue, &left));
        })?;
        let destination = Destination::File(Writer {
            lines,
            waiting,
            is_fifo,
            opened,
            finished,
        });
        Ok(Self { name, destination })
    }

    /// Writes the records to standard error, in order with the messages.
    #[must_use]
    pub fn among(stderr: StderrWriter, name: String) -> Self {
        let destination = Destination::StderrWriter(stderr);
        Self { name, destination }
    }

    /// Whether the records go to standard error among the messages. Then the last record has to be the last line.
    #[must_use]
    pub fn is_among_messages(&self) -> bool {
        matches!(self.destination, Destination::StderrWriter(_))
    }

    /// Writes that an end listens.
    pub fn listening(&self, side: Side, address: &str) {
        self.put(&Record::Listening {
            version: VERSION,
            end: side.name(),
            address,
        });
    }

    /// Writes that both ends are open.
    pub fn started(&self, start: Start<'_>) {
        self.put(&Record::Start {
            version: VERSION,
            start,
        });
    }

    /// Writes a sample.
    pub fn sample(&self, sample: &Sample) {
        self.put(&Record::Sample(sample.into()));
    }

    /// Queues the last record, or that of each direction, and waits until everything is written, however slow the reader of the
    /// records is.
    ///
    /// # Errors
    /// When a record could not be written.
    pub fn end(
        self,
        lanes: &[(&Sample, Ending<'_>)],
    ) -> impl Future<Output = io::Result<()>> + Send + use<> {
        let last = lanes.iter();
        let last = last.map(|(sample, ending)| record::end(sample, *ending));
        let line: String = last.collect();
        async move {
            match self.destination {
                Destination::File(writer) => writer.end(line).await,
                Destination::StderrWriter(stderr) => {
                    stderr.record(line);
                    Ok(())
                }
            }
        }
    }

    /// Drops the record if the backlog is full: the numbers are cumulative, so the next record makes up for it.
    fn put(&self, record: &Record<'_>) {
        let line = record::line(record);
        match &self.destination {
            Destination::File(writer) => writer.put(line),
            Destination::StderrWriter(stderr) => stderr.record_if(BACKLOG, line),
        }
    }
}

impl Writer {
    fn put(&self, line: String) {
        if self.waiting.fetch_add(1, Ordering::Relaxed) < BACKLOG {
            // The thread is gone only after a failure, which `end` reports.
            let _ = self.lines.send(line);
        } else {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
        }
    }

    async fn end(self, line: String) -> io::Result<()> {
        // The thread ends when it has written everything, now that the channel is closed.
        let _ = self.lines.send(line);
        drop(self.lines);
        if self.is_fifo {
            // If the file could not be opened, the result below says why.
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
    // The receiver may be gone, as in `start`.
    let _ = opened.send(());
    for line in queue {
        platform::write_all(file.as_fd(), line.as_bytes())?;
        waiting.fetch_sub(1, Ordering::Relaxed);
    }
    Ok(())
}
