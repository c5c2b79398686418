//! The only place that writes messages: whole lines on standard error, each in one write, and on standard output what was
//! asked for instead of a transfer.
//!
//! While a transfer runs, a thread of its own does the writing, from the first line on. A write to a terminal that is held (^S),
//! or to a log that nobody reads, may block without end, and neither signals nor the end of the transfer may wait for it.

use crate::error::{Class, UsageError, reason};
use crate::platform::{self, threads};
use crate::session::exit::Exit;
use crate::show;
use crate::sys;
use crate::text::visible;
use crate::text::wall_clock::rfc3339;
use rustix::stdio::stderr;
use std::io::{self, ErrorKind, Write};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, OnceLock};
use std::time::SystemTime;
use tokio::sync::oneshot;

/// Status lines that may wait for a slow reader; those beyond are left out.
const BACKLOG: usize = 16;

/// What standard error is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Lines for people.
    Lines,
    /// Lines for people, each with the time before it (`--timestamps`).
    TimedLines,
    /// Objects, a line each (`--progress json`).
    Json,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Something failed.
    Error,
    /// Something is odd.
    Warning,
    /// Something that was asked for.
    Note,
}

impl Level {
    /// The word for it in records.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Note => "note",
        }
    }
}

impl Form {
    /// Columns that stand before the text of a note: none where it is a field of a record.
    #[must_use]
    pub fn columns_before_note(self) -> usize {
        match self {
            Form::Lines => "tidegate: ".len(),
            Form::TimedLines => "2026-01-01T00:00:00Z tidegate: ".len(),
            Form::Json => 0,
        }
    }

    /// `text` as a line of this form, with its end.
    fn line(self, level: Level, text: &str) -> String {
        let warning = match (self, level) {
            (Form::Json, _) => return show::message(level.name(), text),
            (_, Level::Warning) => "warning: ",
            (_, Level::Error | Level::Note) => "",
        };
        let time = match self {
            Form::TimedLines => rfc3339(SystemTime::now()).map(|time| time + " "),
            Form::Lines | Form::Json => None,
        };
        let time = time.unwrap_or_default();
        format!("{time}tidegate: {warning}{}\n", visible::line(text))
    }
}

/// Says what failed, where no transfer runs.
pub fn fail(form: Form, text: &str) {
    write(form.line(Level::Error, text));
}

/// Says what is wrong with a command line, where no transfer runs; among records, their last one follows.
pub fn refuse(form: Form, error: &UsageError) {
    fail(form, &error.to_string());
    if form == Form::Json {
        write(show::refused(error));
    }
}

/// Reports every panic from now on as a bug, in a line. With `RUST_BACKTRACE` Rust's own report follows.
pub fn report_panics() {
    let report_of_rust = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let what = panic.to_string().replace('\n', " ");
        fail(
            Form::Lines,
            &format!("this is a bug, please report it: {what}"),
        );
        if std::env::var_os("RUST_BACKTRACE").is_some_and(|it| it != "0") {
            report_of_rust(panic);
        }
    }));
}

/// Prints what was asked for instead of a transfer.
#[must_use]
pub fn answer(text: &str) -> Exit {
    let fail = |why: &str| fail(Form::Lines, &format!("writing to standard output: {why}"));
    if !sys::is_inherited(1) {
        fail("it is not open");
        return Exit::Io;
    }
    let mut stdout = io::stdout().lock();
    let lines: Vec<_> = text.split('\n').map(visible::line).collect();
    let written = stdout.write_all(lines.join("\n").as_bytes());
    match written.and_then(|()| stdout.flush()) {
        Ok(()) => Exit::Success,
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Class::DownstreamClosed.into(),
        Err(error) => {
            fail(&reason(&error));
            Exit::Io
        }
    }
}

/// The messages of a transfer, written in their order by a thread of their own. There is none before the first message: many a
/// transfer says nothing.
#[derive(Debug, Clone)]
pub struct StderrWriter {
    form: Form,
    /// Whether it writes warnings too, and not only errors and what was asked for.
    warns: bool,
    /// What the thread is to write, once there is one; `None` if the system had no thread left.
    queue: Arc<OnceLock<Option<Sender<Queued>>>>,
    /// How many of the queue are not written yet.
    waiting: Arc<AtomicUsize>,
    /// Whether rows are drawn on the terminal, with the cursor at the beginning of the first.
    is_drawn: Arc<AtomicBool>,
    /// Whether another process was seen to draw on the terminal, so that messages say whose they are.
    is_shared: Arc<AtomicBool>,
}

/// Takes the rows that are drawn off the terminal.
const ERASURE: &str = "\r\x1b[J";

#[derive(Debug)]
enum Queued {
    Bytes(Vec<u8>),
    /// For the terminal, unless another process has it by then.
    Drawing(String),
    /// Answered when everything before it is written.
    Flush(oneshot::Sender<()>),
}

impl Queued {
    fn write(self) {
        match self {
            Queued::Bytes(line) => write(&line),
            Queued::Drawing(frame) if has_terminal() => write(&frame),
            Queued::Drawing(_) => {}
            Queued::Flush(flush) => drop(flush.send(())),
        }
    }
}

impl StderrWriter {
    /// A writer of messages of this form.
    #[must_use]
    pub fn new(form: Form) -> Self {
        Self {
            form,
            warns: true,
            queue: Arc::default(),
            waiting: Arc::default(),
            is_drawn: Arc::default(),
            is_shared: Arc::default(),
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

    /// Says what failed: `tidegate: TEXT`.
    pub fn fail(&self, text: &str) {
        self.say(Level::Error, text);
    }

    /// Says what is odd: `tidegate: warning: TEXT`. Says nothing with `--quiet`.
    pub fn warn(&self, text: &str) {
        if self.warns {
            self.say(Level::Warning, text);
        }
    }

    /// Says what was asked for: `tidegate: TEXT`.
    pub fn note(&self, text: &str) {
        self.say(Level::Note, text);
    }

    fn say(&self, level: Level, text: &str) {
        self.print(self.form.line(level, text).into_bytes());
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

    /// Prints a line as it is, with its end, whatever is in it.
    pub fn announce_bytes(&self, line: Vec<u8>) {
        self.print(line);
    }

    /// Prints a line; rows that are drawn make way for it, and are drawn again below.
    fn print(&self, line: Vec<u8>) {
        self.erase();
        if self.is_shared() {
            // The rows of the process that draws; it draws them again.
            self.put(Queued::Drawing(ERASURE.to_owned()));
        }
        self.put(Queued::Bytes(line));
    }

    /// Prints a record, with its end.
    pub fn record(&self, line: String) {
        self.print(line.into_bytes());
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
            self.is_drawn.store(true, Ordering::Relaxed);
            self.put(Queued::Drawing(frame));
        }
    }

    /// Another process has the terminal to draw on.
    pub(crate) fn shares_terminal(&self) {
        self.is_shared.store(true, Ordering::Relaxed);
    }

    /// Whether another process had the terminal to draw on at some time.
    pub(crate) fn is_shared(&self) -> bool {
        self.is_shared.load(Ordering::Relaxed)
    }

    /// Takes what is drawn off the terminal, if anything is.
    pub(crate) fn erase(&self) {
        if self.is_drawn.swap(false, Ordering::Relaxed) {
            self.put(Queued::Drawing(ERASURE.to_owned()));
        }
    }

    /// Resolves once everything said before is written.
    pub async fn flushed(&self) {
        if self.queue.get().is_none() {
            return;
        }
        let (flush, flushed) = oneshot::channel();
        self.put(Queued::Flush(flush));
        // A thread that is gone writes nothing any more.
        let _ = flushed.await;
    }

    /// Has it written. Where the system has no thread left this writes it at once, since an error has to be told.
    fn put(&self, queued: Queued) {
        match self.queue.get_or_init(|| self.start()) {
            Some(queue) => {
                self.waiting.fetch_add(1, Ordering::Relaxed);
                // A thread that is gone writes nothing any more.
                let _ = queue.send(queued);
            }
            None => queued.write(),
        }
    }

    /// Starts the thread that writes.
    fn start(&self) -> Option<Sender<Queued>> {
        let (queue, queued) = channel();
        let waiting = Arc::clone(&self.waiting);
        threads::spawn("stderr", move || write_queued(&queued, &waiting)).ok()?;
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

fn write_queued(queue: &Receiver<Queued>, waiting: &AtomicUsize) {
    for queued in queue {
        queued.write();
        waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

fn write(text: impl AsRef<[u8]>) {
    // There is nowhere left to report a failure to.
    let _ = platform::write_all(stderr(), text.as_ref());
}

#[cfg(test)]
mod tests {
    use super::{Form, Level};

    #[test]
    fn a_message_that_forgot_what_a_name_may_have_in_it_is_one_harmless_line_all_the_same() {
        let text = "opening a\r\n\x1b[31mb\u{202e}: why";
        assert_eq!(
            Form::Lines.line(Level::Warning, text),
            "tidegate: warning: opening a\\u000d\\u000a\\u001b[31mb\\u202e: why\n"
        );
        let record = Form::Json.line(Level::Error, text);
        let read: serde_json::Value = serde_json::from_str(&record).unwrap();
        assert_eq!(read["text"], text);
        assert!(
            !record
                .trim_end()
                .contains(|c: char| c.is_control() || c == '\u{202e}')
        );
    }
}
