//! The command line as typed. What it means is decided in `plan`; nothing after that looks at clap.

mod choices;
mod flags;

// What help, man page and completions share.
mod declared;

// Both help screens.
mod help;

// What was probably meant by a mistyped flag.
mod mistake;

// Which flags make sense together.
pub mod modes;

// Flags that this build does not have.
mod left_out;

// `--generate`, and what it writes.
#[cfg(feature = "generate")]
mod completions;
#[cfg(feature = "generate")]
pub mod generate;
#[cfg(feature = "generate")]
mod man;
#[cfg(feature = "generate")]
mod spellings;

// Parsing.
mod typed;

pub use choices::{Generate, ProgressChoice, RoadChoice, SummaryChoice};
pub use flags::{Cli, DEFAULT_CHUNK, DEFAULT_MARK};
pub use help::command;
pub use left_out::check_flags;
pub use typed::{Answer, parse};
