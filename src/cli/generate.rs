//! `--generate`: writes the files of `man/` and `completions/`, the same text everywhere and on every day.

use super::{completions, man};
use crate::error::{Class, reason};
use crate::exit::Exit;
use crate::report;
use crate::sys;
use clap::ValueEnum;
use clap_complete::Shell;
use std::io::{self, ErrorKind, Write};

/// What can be generated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Generate {
    /// The man page
    Man,
    /// Completion for bash
    Bash,
    /// Completion for zsh
    Zsh,
    /// Completion for fish
    Fish,
    /// Completion for elvish
    Elvish,
    /// Completion for `PowerShell`
    #[value(name = "powershell")]
    PowerShell,
}

impl Generate {
    /// The text of the file.
    #[must_use]
    pub fn text(self) -> String {
        match self {
            Generate::Man => man::page(),
            Generate::Bash => completions::script(Shell::Bash),
            Generate::Zsh => completions::script(Shell::Zsh),
            Generate::Fish => completions::script(Shell::Fish),
            Generate::Elvish => completions::script(Shell::Elvish),
            Generate::PowerShell => completions::script(Shell::PowerShell),
        }
    }
}

/// Writes it to standard output.
#[must_use]
pub fn write(what: Generate) -> Exit {
    if sys::closed_at_start(1) {
        report::say("writing to standard output: it is not open");
        return Exit::Io;
    }
    let mut stdout = io::stdout().lock();
    let written = stdout
        .write_all(what.text().as_bytes())
        .and_then(|()| stdout.flush());
    match written {
        Ok(()) => Exit::Success,
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Class::DownstreamClosed.into(),
        Err(error) => {
            report::say(&format!("writing to standard output: {}", reason(&error)));
            Exit::Io
        }
    }
}
