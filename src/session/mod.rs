//! One transfer: opens its ends, starts a pipeline between them, watches over it, and says how it ended.

mod announce;
mod awaited;
mod both;
mod conclude;
pub mod control;
mod draw;
pub mod exit;
mod lane;
mod moving;
mod open;
mod outcome;
mod patience;
mod program_stderr;
pub mod report;
mod resume;
mod side_files;
pub mod signal;
mod sinks;
mod sources;
pub mod stderr;
mod transfer;
mod watch;

pub use outcome::Outcome;

use crate::plan::{HeldFiles, Plan};
use exit::Exit;
use std::io;
use transfer::Transfer;

/// Runs the planned transfer to its end and tells the user about it.
///
/// # Errors
/// When the process is out of descriptors before it has begun.
pub async fn run(plan: Plan, held: HeldFiles) -> io::Result<Exit> {
    let mut transfer = Transfer::new(plan, held)?;
    for warning in transfer.plan.warnings() {
        transfer.stderr.warn(&warning);
    }
    let outcome = match transfer.open().await {
        Ok(ends) => transfer.move_bytes(ends).await,
        Err(outcome) => outcome,
    };
    Ok(transfer.conclude(outcome).await)
}
