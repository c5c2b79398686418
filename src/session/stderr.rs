//! The messages of a transfer on standard error, and the rows of the live display, which make way for them.
//!
//! A thread of its own does the writing, from the first message on. A write to a terminal that is held (^S), or to a log that
//! nobody reads, may block without end, and neither signals nor the end of the transfer may wait for it.

use super::report::{Form, Level, write};
use crate::platform::threads;
use crate::text::visible;
use rustix::stdio::stderr;
use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use tokio::sync::oneshot;

/// Status lines that may wait for a slow reader; those beyond are left out.
const BACKLOG: usize = 16;

/// The messages of a transfer, written in their order by a thread of their own. There is none before the first message: many a
/// transfer says nothing.
#[derive(Debug, Clone)]
pub struct StderrWriter {
    form: Form,
    /// What the user calls the transfer: errors and warnings say whose they are.
    name: Option<Arc<str>>,
    /// Whether it writes warnings too, and not only errors and what was asked for.
    warns: bool,
    /// What the thread is to write, once there is one; `None` if the system had no thread left.
    queue: Arc<OnceLock<Option<Sender<Queued>>>>,
    /// How many of the queue are not written yet.
    waiting: Arc<AtomicUsize>,
    drawn: Arc<Drawn>,
}

/// Takes rows off the terminal, from that on at which the cursor is.
const ERASURE: &str = "\r\x1b[J";

#[derive(Debug)]
enum Queued {
    /// Whole lines. Rows that are drawn make way for them, and are drawn again below, by whoever drew them.
    Lines(Vec<u8>),
    /// A frame in the place of the one that is there, unless another process has the terminal by then.
    Frame(String),
    /// Takes the frame off the terminal.
    Erase,
    /// Answered when everything before it is written.
    Flush(oneshot::Sender<()>),
}

/// What is on the terminal, as far as the messages have to know it.
#[derive(Debug, Default)]
struct Drawn {
    /// The frame of this process, with the cursor at the beginning of its first row; empty where there is none.
    frame: Mutex<String>,
    /// Whether another process was seen to draw on the terminal, so that messages say whose they are.
    is_shared: AtomicBool,
}

impl Drawn {
    fn write(&self, queued: Queued) {
        let mut frame = self.frame.lock().unwrap_or_else(PoisonError::into_inner);
        let is_there = !frame.is_empty();
        match queued {
            Queued::Lines(lines) if (is_there || self.is_shared()) && has_terminal() => {
                write([ERASURE.as_bytes(), &lines, frame.as_bytes()].concat());
            }
            Queued::Lines(lines) => write(lines),
            Queued::Frame(new) if has_terminal() => {
                write(&new);
                *frame = new;
            }
            Queued::Erase if is_there => {
                frame.clear();
                if has_terminal() {
                    write(ERASURE);
                }
            }
            Queued::Frame(_) | Queued::Erase => {}
            Queued::Flush(flush) => drop(flush.send(())),
        }
    }

    fn is_shared(&self) -> bool {
        self.is_shared.load(Ordering::Relaxed)
    }
}

impl StderrWriter {
    /// A writer of messages of this form.
    #[must_use]
    pub fn new(form: Form) -> Self {
        Self {
            form,
            name: None,
            warns: true,
            queue: Arc::default(),
            waiting: Arc::default(),
            drawn: Arc::default(),
        }
    }

    /// The same for a transfer that the user calls `name`.
    #[must_use]
    pub fn called(self, name: Option<&str>) -> Self {
        Self {
            name: name.map(Arc::from),
            ..self
        }
    }

    /// The same without warnings, for `--quiet`.
    #[must_use]
    pub fn without_warnings(self) -> Self {
        Self {
            warns: false,
            ..self
        }
    }

    /// What standard error is made of.
    #[must_use]
    pub fn form(&self) -> Form {
        self.form
    }

    /// Says what failed: `tidegate: TEXT`, or `tidegate: NAME: TEXT`.
    pub fn fail(&self, text: &str) {
        self.say(Level::Error, &self.named(text));
    }

    /// Says what is odd: `tidegate: warning: TEXT`. Says nothing with `--quiet`.
    pub fn warn(&self, text: &str) {
        if self.warns {
            self.warn_aloud(text);
        }
    }

    /// The same, with `--quiet` too: what nobody may miss.
    pub fn warn_aloud(&self, text: &str) {
        self.say(Level::Warning, &self.named(text));
    }

    /// Whether warnings are said.
    #[must_use]
    pub fn warns(&self) -> bool {
        self.warns
    }

    fn named<'a>(&self, text: &'a str) -> Cow<'a, str> {
        match &self.name {
            Some(name) => format!("{name}: {text}").into(),
            None => text.into(),
        }
    }

    /// Says what was asked for: `tidegate: TEXT`.
    pub fn note(&self, text: &str) {
        self.say(Level::Note, text);
    }

    fn say(&self, level: Level, text: &str) {
        self.announce_bytes(self.form.line(level, text).into_bytes());
    }

    /// As [`StderrWriter::note`], unless too much waits to be written: there will be another one.
    pub fn remark(&self, text: &str) {
        if self.has_room(BACKLOG) {
            self.note(text);
        }
    }

    /// As [`StderrWriter::announce_as_is`], unless too much waits to be written.
    pub fn remark_as_is(&self, text: &str) {
        if self.has_room(BACKLOG) {
            self.announce_as_is(text);
        }
    }

    fn has_room(&self, backlog: usize) -> bool {
        self.waiting.load(Ordering::Relaxed) < backlog
    }

    /// Prints `TEXT` alone: what scripts wait for.
    pub fn announce(&self, text: &str) {
        self.announce_bytes(format!("{}\n", visible::line(text)).into_bytes());
    }

    /// Prints `TEXT` alone, whatever is in it: it is laid out as the user wants it.
    pub fn announce_as_is(&self, text: &str) {
        self.announce_bytes(format!("{text}\n").into_bytes());
    }

    /// Prints whole lines as they are, with their ends, whatever is in them.
    pub fn announce_bytes(&self, lines: Vec<u8>) {
        self.put(Queued::Lines(lines));
    }

    /// Prints a record, with its end.
    pub fn record(&self, line: String) {
        self.announce_bytes(line.into_bytes());
    }

    /// Prints a record, unless so many wait to be written.
    pub fn record_if(&self, backlog: usize, line: String) {
        if self.has_room(backlog) {
            self.record(line);
        }
    }

    /// Draws rows on the terminal in the place of those that are there, unless something still waits to be written: there will be
    /// another frame. The cursor goes back to the beginning of the first row.
    pub(crate) fn draw(&self, frame: String) {
        if self.waiting.load(Ordering::Relaxed) == 0 {
            self.put(Queued::Frame(frame));
        }
    }

    /// Another process has the terminal to draw on.
    pub(crate) fn shares_terminal(&self) {
        self.drawn.is_shared.store(true, Ordering::Relaxed);
    }

    /// Whether another process had the terminal to draw on at some time.
    pub(crate) fn is_shared(&self) -> bool {
        self.drawn.is_shared()
    }

    /// Takes the frame off the terminal.
    pub(crate) fn erase(&self) {
        // Without a queue nothing was drawn.
        if self.queue.get().is_some() {
            self.put(Queued::Erase);
        }
    }

    /// Resolves once everything said before is written.
    pub async fn flushed(&self) {
        if let Some(flushed) = self.flush() {
            // A thread that is gone writes nothing any more.
            let _ = flushed.await;
        }
    }

    /// Waits, on a thread outside the runtime, until everything said before is written.
    pub(super) fn wait_until_written(&self) {
        if let Some(flushed) = self.flush() {
            let _ = flushed.blocking_recv();
        }
    }

    fn flush(&self) -> Option<oneshot::Receiver<()>> {
        self.queue.get()?;
        let (flush, flushed) = oneshot::channel();
        self.put(Queued::Flush(flush));
        Some(flushed)
    }

    /// Has it written. Where the system has no thread left this writes it at once, since an error has to be told.
    fn put(&self, queued: Queued) {
        match self.queue.get_or_init(|| self.start()) {
            Some(queue) => {
                self.waiting.fetch_add(1, Ordering::Relaxed);
                // A thread that is gone writes nothing any more.
                let _ = queue.send(queued);
            }
            None => self.drawn.write(queued),
        }
    }

    /// Starts the thread that writes.
    fn start(&self) -> Option<Sender<Queued>> {
        let (queue, queued) = channel();
        let (waiting, drawn) = (Arc::clone(&self.waiting), Arc::clone(&self.drawn));
        threads::spawn("stderr", move || write_queued(&queued, &waiting, &drawn)).ok()?;
        Some(queue)
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

fn write_queued(queue: &Receiver<Queued>, waiting: &AtomicUsize, drawn: &Drawn) {
    for queued in queue {
        drawn.write(queued);
        waiting.fetch_sub(1, Ordering::Relaxed);
    }
}
