//! The only place that speaks to the user: whole lines on standard error, each in one write.

use crate::cli;
use crate::error::UsageError;
use std::io::Write;

/// Prints `tidegate: TEXT`. Nobody can be told when even that fails.
pub fn say(text: &str) {
    line(&format!("tidegate: {text}\n"));
}

/// Prints `TEXT` as it is: what scripts wait for.
pub fn announce(text: &str) {
    line(&format!("{text}\n"));
}

/// Prints a usage error in clap's own form.
pub fn usage(error: &UsageError) {
    // As above.
    let _ = cli::usage_error(&error.to_string()).print();
}

fn line(text: &str) {
    let _ = std::io::stderr().write_all(text.as_bytes());
}
