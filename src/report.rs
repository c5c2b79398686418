//! The only place that speaks to the user: whole lines on standard error, each in one write, and on standard output what
//! was asked for instead of a transfer.
//!
//! While a transfer runs, a thread of its own does the writing. A terminal that is held (^S), or a log that nobody
//! reads, keeps a write waiting for as long as it likes, and neither signals nor the end of the transfer may wait with
//! it.

use crate::cli;
use crate::error::{Class, UsageError, reason};
use crate::exit::Exit;
use crate::sys;
use crate::threads;
use crate::wait;
use rustix::stdio::stderr;
use std::io::{self, ErrorKind, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use tokio::sync::oneshot;

/// Status lines that may wait for a slow reader; those beyond are left out.
const BACKLOG: usize = 16;

/// Prints `tidegate: TEXT`, where no transfer runs. Nobody can be told when even that fails.
pub fn say(text: &str) {
    write(&line(text));
}

/// Prints a usage error in clap's own form, where no transfer runs.
pub fn usage(error: &UsageError) {
    // As above.
    let _ = cli::usage_error(&error.to_string()).print();
}

/// Prints what was asked for instead of a transfer.
#[must_use]
pub fn answer(text: &str) -> Exit {
    if !sys::is_inherited(1) {
        say("writing to standard output: it is not open");
        return Exit::Io;
    }
    let mut stdout = io::stdout().lock();
    let written = stdout.write_all(text.as_bytes());
    match written.and_then(|()| stdout.flush()) {
        Ok(()) => Exit::Success,
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Class::DownstreamClosed.into(),
        Err(error) => {
            say(&format!("writing to standard output: {}", reason(&error)));
            Exit::Io
        }
    }
}

/// What a transfer says, in the order in which it says it, written by a thread of its own.
#[derive(Debug, Clone)]
pub struct Voice {
    queue: Sender<Said>,
    /// How much has been said and is not written yet.
    waiting: Arc<AtomicUsize>,
}

#[derive(Debug)]
enum Said {
    Text(String),
    /// For a terminal, unless somebody else has it by then.
    Drawing(String),
    Usage(UsageError),
    /// Answered when everything before it is written.
    Flush(oneshot::Sender<()>),
}

impl Voice {
    /// A voice that has said nothing yet.
    ///
    /// # Errors
    /// When the system has no threads left.
    pub fn start() -> io::Result<Self> {
        let (queue, said) = channel();
        let waiting = Arc::new(AtomicUsize::new(0));
        let left = Arc::clone(&waiting);
        threads::spawn("voice", move || speak(&said, &left))?;
        Ok(Self { queue, waiting })
    }

    /// Prints `tidegate: TEXT`.
    pub fn say(&self, text: &str) {
        self.put(Said::Text(line(text)));
    }

    /// Prints `tidegate: TEXT`, unless too much waits to be written: there will be another one.
    pub fn remark(&self, text: &str) {
        if self.has_time() {
            self.say(text);
        }
    }

    /// Prints `TEXT` as it is, unless too much waits to be written.
    pub fn remark_plainly(&self, text: &str) {
        if self.has_time() {
            self.announce(text);
        }
    }

    fn has_time(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) < BACKLOG
    }

    /// Prints `TEXT` as it is: what scripts wait for.
    pub fn announce(&self, text: &str) {
        self.put(Said::Text(format!("{text}\n")));
    }

    /// Prints a usage error in clap's own form.
    pub fn usage(&self, error: UsageError) {
        self.put(Said::Usage(error));
    }

    /// Draws on the terminal, unless something still waits to be written: there will be another frame.
    pub(crate) fn draw(&self, frame: String) {
        if self.waiting.load(Ordering::Relaxed) == 0 {
            self.put(Said::Drawing(frame));
        }
    }

    /// Takes what was drawn off the terminal.
    pub(crate) fn erase(&self, erasure: &str) {
        self.put(Said::Drawing(erasure.to_owned()));
    }

    /// Resolves once everything said before is written.
    pub async fn flushed(&self) {
        let (flush, flushed) = oneshot::channel();
        self.put(Said::Flush(flush));
        // A thread that is gone writes nothing any more.
        let _ = flushed.await;
    }

    fn put(&self, said: Said) {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        // As above.
        let _ = self.queue.send(said);
    }
}

/// Whether the terminal on standard error is ours to draw on: in the foreground, or without job control on it
/// (tcgetpgrp(3)).
pub(crate) fn has_terminal() -> bool {
    match rustix::termios::tcgetpgrp(stderr()) {
        Ok(group) => group == rustix::process::getpgrp(),
        Err(_) => true,
    }
}

fn speak(said: &Receiver<Said>, waiting: &AtomicUsize) {
    for said in said {
        match said {
            Said::Text(text) => write(&text),
            Said::Drawing(frame) if has_terminal() => write(&frame),
            Said::Drawing(_) => {}
            Said::Usage(error) => usage(&error),
            Said::Flush(flush) => drop(flush.send(())),
        }
        waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

fn line(text: &str) -> String {
    format!("tidegate: {text}\n")
}

fn write(text: &str) {
    // Nobody can be told when even that fails.
    let _ = wait::write_all(stderr(), text.as_bytes());
}
