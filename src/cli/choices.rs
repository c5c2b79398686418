//! The values of flags that take one of a few words.

use clap::ValueEnum;

/// How bytes travel.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum RoadChoice {
    /// The kernel where both ends allow it, else tidegate
    #[default]
    Auto,
    /// tidegate, through its own buffers
    Buffered,
    /// The kernel; fail (exit 2) where it cannot
    Kernel,
}

/// What is shown while bytes move.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum ProgressChoice {
    /// A live display on a terminal, nothing elsewhere
    #[default]
    Auto,
    /// A live display; lines where nothing can be redrawn
    Bar,
    /// One row that is redrawn in place, as pv has it
    Short,
    /// One line each --interval
    Line,
    /// JSON lines as --stats writes them, and nothing else
    Json,
    /// Nothing
    None,
}

/// When there is a summary.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum SummaryChoice {
    /// If progress was shown
    #[default]
    Auto,
    /// After every transfer that did not fail
    Always,
    /// Never
    Never,
}

/// What can be generated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Generate {
    /// The man page
    Man,
    /// The man page of endpoints and their options
    ManEndpoints,
    /// Completion for bash
    Bash,
    /// Completion for zsh
    Zsh,
    /// Completion for fish
    Fish,
    /// Completion for elvish
    Elvish,
    /// Completion for `PowerShell`
    #[value(name = "powershell", help = "Completion for PowerShell")]
    PowerShell,
}
