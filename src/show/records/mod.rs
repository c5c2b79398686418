//! The records of `--stats` and of `--progress json`: one JSON object a line. `docs/stats.md` describes every field.

mod message;
mod numbers;
mod record;
mod stats;

pub use message::{message, refused};
pub use numbers::SinkEnding;
pub use record::{Ending, Start, record};
pub use stats::{Stats, await_reader};
