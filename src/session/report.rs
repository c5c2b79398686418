//! The only place that writes messages: whole lines on standard error, each in one write, and on standard output what was
//! asked for instead of a transfer. Those of a transfer are queued by `stderr.rs`.

use crate::error::{Class, UsageError, reason};
use crate::platform;
use crate::session::exit::Exit;
use crate::show;
use crate::sys;
use crate::text::visible;
use crate::text::wall_clock::rfc3339;
use rustix::stdio::stderr;
use std::io::{self, ErrorKind, Write};
use std::time::SystemTime;

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
    pub(super) fn line(self, level: Level, text: &str) -> String {
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

pub(super) fn write(text: impl AsRef<[u8]>) {
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
