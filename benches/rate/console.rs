//! The one place that speaks: notes to stderr, the final tables to stdout.

use std::io::{self, Write};

/// Says one line on stderr. A closed stderr is no reason to stop measuring.
pub(crate) fn say(line: &str) {
    let _ = writeln!(io::stderr(), "rate: {line}");
}

/// Prints the final report on stdout.
pub(crate) fn print(text: &str) -> io::Result<()> {
    io::stdout().write_all(text.as_bytes())
}
