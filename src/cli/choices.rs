//! The values of flags that take one of a few words.

use clap::ValueEnum;

/// How bytes travel.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum RoadChoice {
    /// The kernel's where both ends allow it, else our own buffers
    #[default]
    Auto,
    /// Through our own buffers
    Buffered,
    /// Through the kernel's buffers alone, or not at all (exit 2)
    Kernel,
}

/// What is shown while bytes move.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum ProgressChoice {
    /// A bar on a terminal that can redraw, lines on one that cannot, else nothing
    #[default]
    Auto,
    /// Rows that are redrawn in place; lines where that cannot be done
    Bar,
    /// One row that is redrawn in place, as pv has it
    Short,
    /// A line each --interval
    Line,
    /// The records of --stats, and nothing that is no object
    Json,
    /// Nothing
    None,
}

/// When there is a summary.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum SummaryChoice {
    /// With a bar or lines
    #[default]
    Auto,
    /// After every transfer that did not fail
    Always,
    /// Not at all
    Never,
}

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
