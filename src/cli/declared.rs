//! What the flags and the endpoint table declare, in the words that help, man page and completions share.

use crate::endpoint::{Kind, OptionSpec};
use crate::error::Side;
use clap::builder::PossibleValue;
use clap::{Arg, Command};

/// The headings of the flags, in the order of their declaration.
pub(super) fn headings(command: &Command) -> Vec<&str> {
    let mut headings = Vec::new();
    for heading in command.get_arguments().filter_map(Arg::get_help_heading) {
        if !headings.contains(&heading) {
            headings.push(heading);
        }
    }
    headings
}

/// The flags under a heading, but for hidden ones.
pub(super) fn under<'a>(command: &'a Command, heading: &'a str) -> impl Iterator<Item = &'a Arg> {
    command
        .get_arguments()
        .filter(move |it| it.get_help_heading() == Some(heading) && !it.is_hide_set())
}

/// Whether it is a flag under no heading: help and version.
pub(super) fn is_other(argument: &Arg) -> bool {
    argument.get_help_heading().is_none() && !argument.is_positional() && !argument.is_hide_set()
}

/// `-H, --high-water-mark`.
pub(super) fn names(argument: &Arg) -> String {
    match (argument.get_short(), argument.get_long()) {
        (Some(short), Some(long)) => format!("-{short}, --{long}"),
        (Some(short), None) => format!("-{short}"),
        (None, long) => format!("--{}", long.unwrap_or_default()),
    }
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

/// `SIZE`, `PATH COMMAND`, or nothing for a flag that takes no value.
pub(super) fn placeholder(argument: &Arg) -> String {
    if !argument.get_action().takes_values() {
        return String::new();
    }
    let names = argument.get_value_names().unwrap_or_default();
    let names: Vec<_> = names.iter().map(ToString::to_string).collect();
    names.join(" ")
}

/// The default as it would be typed.
pub(super) fn default(argument: &Arg) -> Option<String> {
    let shown = argument.get_action().takes_values() && !argument.is_hide_default_value_set();
    let values = argument.get_default_values().iter();
    let text: Vec<_> = values.filter_map(|it| it.to_str()).collect();
    (shown && !text.is_empty()).then(|| text.join(" "))
}

/// The values of a flag that takes one of a few words.
pub(super) fn values(argument: &Arg) -> Vec<PossibleValue> {
    let values = argument.get_possible_values();
    let shown = values.into_iter().filter(|it| !it.is_hide_set());
    shown
        .filter(|_| argument.get_action().takes_values())
        .collect()
}

/// `=SIZE`, or nothing for an endpoint option that is a word alone.
pub(super) fn equals(option: &OptionSpec) -> String {
    match option.value.placeholder() {
        "" => String::new(),
        placeholder => format!("={placeholder}"),
    }
}

/// The only side an end can be on, or an option makes sense on.
pub(super) fn only_side(kind: &Kind) -> Option<Side> {
    match (kind.source, kind.sink) {
        (Some(_), None) => Some(Side::Source),
        (None, Some(_)) => Some(Side::Sink),
        _ => None,
    }
}
