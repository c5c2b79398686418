//! The one place that speaks: notes to stderr, the final tables to stdout.

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::Result;

/// Says one line on stderr. A closed stderr is no reason to stop measuring.
pub(crate) fn say(line: &str) {
    let _ = writeln!(io::stderr(), "{}: {line}", env!("CARGO_CRATE_NAME"));
}

/// Prints the final report on stdout.
pub(crate) fn print(text: &str) -> io::Result<()> {
    io::stdout().write_all(text.as_bytes())
}

/// Says why the benchmark stopped, if it did, and how it ends.
pub(crate) fn ended(result: Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("stopped: {error:#}"));
            ExitCode::FAILURE
        }
    }
}
