//! The command line as typed. What it means is decided in `plan`; nothing after that looks at clap.

mod choices;
mod flags;

// What all texts below say alike.
mod declared;

// Both help screens.
mod help;

// What was probably meant by a mistyped flag.
mod mistake;

// `--generate`, and what it writes.
mod completions;
pub mod generate;
mod man;

// What was typed.
mod typed;

pub use choices::{Generate, ProgressChoice, RoadChoice, SummaryChoice};
pub use flags::{Cli, DEFAULT_CHUNK, DEFAULT_MARK};
pub use help::command;
pub use typed::{Answer, parse};
