//! The command line as typed. What it means is decided in `plan`; nothing after that looks at clap.

mod choices;
mod flags;

// What help, man page and completions share.
mod declared;

// Both help screens.
mod help;

// What was probably meant by a mistyped flag.
mod mistake;

// `--generate`, and what it writes.
mod completions;
pub mod generate;
mod man;

// Parsing.
mod typed;

pub use choices::{Generate, ProgressChoice, RoadChoice, SummaryChoice};
pub use flags::{Cli, DEFAULT_CHUNK, DEFAULT_MARK};
pub use help::command;
pub use typed::{Answer, parse};
