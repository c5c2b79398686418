//! What a flag is in each mode: with one SOURCE and one SINK, several SOURCEs, several SINKs, or both directions. The table is the
//! only place that says where a flag makes no sense; `docs/modes.md` shows it to people.

use crate::error::UsageError;
use clap::ArgMatches;
use clap::parser::ValueSource;

/// What a transfer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// One SOURCE, one SINK.
    Copy,
    /// Several SOURCEs.
    Sources,
    /// Several SINKs.
    Tee,
    /// Both directions.
    Duplex,
}

impl Mode {
    /// All modes, in the order of the columns.
    pub const ALL: [Mode; 4] = [Mode::Copy, Mode::Sources, Mode::Tee, Mode::Duplex];

    /// How a person calls it.
    fn words(self) -> &'static str {
        match self {
            Mode::Copy => "one SOURCE and one SINK",
            Mode::Sources => "several SOURCEs",
            Mode::Tee => "--tee",
            Mode::Duplex => "--duplex",
        }
    }
}

/// The flags that do not make sense in every mode, and in which they do, in the order of [`Mode::ALL`].
pub const FLAGS: [(&str, [bool; 4]); 12] = [
    ("transform", [true, true, true, false]),
    ("skip", [true, true, true, false]),
    ("take", [true, true, true, false]),
    ("size", [true, true, true, false]),
    ("expect_size", [true, true, true, false]),
    ("resume", [true, false, false, false]),
    ("skip_errors", [true, true, true, false]),
    ("error_block", [true, true, true, false]),
    ("tee", [true, true, true, false]),
    ("fail_fast", [true, true, true, false]),
    ("digest_file", [true, true, true, false]),
    ("format", [true, true, true, false]),
];

/// Refuses a flag that was typed and makes no sense in the mode of this command line. What a variable sets is for the modes in
/// which it does.
///
/// # Errors
/// When there is one.
pub(super) fn check(matches: &ArgMatches) -> Result<(), UsageError> {
    let is_typed = |id: &str| matches.value_source(id) == Some(ValueSource::CommandLine);
    let mode = mode(matches);
    let column = Mode::ALL.iter().position(|it| *it == mode).unwrap_or(0);
    let senseless = FLAGS
        .iter()
        .find(|(id, modes)| is_typed(id) && !modes[column]);
    if let Some((id, _)) = senseless {
        let (flag, mode) = (id.replace('_', "-"), mode.words());
        return Err(UsageError::new(format!(
            "--{flag} makes no sense with {mode}"
        )));
    }
    if mode == Mode::Duplex && matches.contains_id("more") && is_typed("more") {
        return Err(UsageError::new(
            "--duplex connects two ends, and there are more",
        ));
    }
    if mode == Mode::Duplex && !is_typed("source") {
        return Err(UsageError::new(
            "--duplex needs an end to connect with, as in --duplex tcp://HOST:PORT",
        ));
    }
    Ok(())
}

fn mode(matches: &ArgMatches) -> Mode {
    let is_typed = |id: &str| matches.value_source(id) == Some(ValueSource::CommandLine);
    if matches.get_flag("duplex") {
        Mode::Duplex
    } else if is_typed("tee") {
        Mode::Tee
    } else if is_typed("more") {
        Mode::Sources
    } else {
        Mode::Copy
    }
}
