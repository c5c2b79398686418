//! How flags are spelled, in what is generated from them.

use clap::{Arg, Command};

/// The names of the flags whose value is the next word.
pub(super) fn flags_with_values(flags: &Command) -> Vec<String> {
    let with_values = flags
        .get_arguments()
        .filter(|it| it.get_action().takes_values());
    with_values.flat_map(spellings).collect()
}

/// All spellings of a flag: `-H`, `--high-water-mark`, `--hwm`.
pub(super) fn spellings(argument: &Arg) -> Vec<String> {
    let shorts = argument.get_short_and_visible_aliases().unwrap_or_default();
    let longs = argument.get_long_and_visible_aliases().unwrap_or_default();
    let shorts = shorts.into_iter().map(|short| format!("-{short}"));
    shorts
        .chain(longs.into_iter().map(|long| format!("--{long}")))
        .collect()
}
