//! `--generate`: writes the files of `man/` and `completions/`, the same text everywhere and on every day.

use super::choices::Generate;
use super::{completions, man};
use crate::session::exit::Exit;
use crate::session::report;
use clap_complete::Shell;

impl Generate {
    /// The text of the file.
    #[must_use]
    pub fn text(self) -> String {
        match self {
            Generate::Man => man::program(),
            Generate::ManEndpoints => man::endpoints(),
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
    report::answer(&what.text())
}
