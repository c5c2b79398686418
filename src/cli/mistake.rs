//! Adds to clap's refusals what was probably meant.

use super::declaration;
use super::declared::equals;
use crate::endpoint::KINDS;
use crate::suggest;
use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};

/// The same refusal with a better hint, where there is one.
pub(super) fn explain(mut refusal: clap::Error) -> clap::Error {
    if refusal.kind() != ErrorKind::UnknownArgument {
        return refusal;
    }
    let Some(ContextValue::String(typed)) = refusal.get(ContextKind::InvalidArg) else {
        return refusal;
    };
    let tip = match typed.strip_prefix("--") {
        Some(name) => match (option_of_an_end(name), nearest_flag(name)) {
            (Some(tip), _) => tip,
            (None, Some(meant)) => {
                refusal.remove(ContextKind::Suggested);
                refusal.insert(ContextKind::SuggestedArg, ContextValue::String(meant));
                return refusal;
            }
            (None, None) => return refusal,
        },
        None if typed.starts_with('-') => return refusal,
        None => ONE_EACH.to_owned(),
    };
    let tips = ContextValue::StyledStrs(vec![StyledStr::from(tip)]);
    refusal.remove(ContextKind::SuggestedArg);
    refusal.insert(ContextKind::Suggested, tips);
    refusal
}

const ONE_EACH: &str =
    "there is one SOURCE and one SINK; quote a name that has blanks in it: 'my file'";

/// Where an option of endpoints was given as a flag: how it is written.
fn option_of_an_end(typed: &str) -> Option<String> {
    let (kind, option) = KINDS.iter().find_map(|kind| {
        let mut options = kind.options.iter();
        options
            .find(|option| option.name == typed)
            .map(|option| (kind, option))
    })?;
    let (form, name, value) = (kind.form, option.name, equals(option));
    Some(format!(
        "'{name}' is an option of an endpoint: {form}#{name}{value}"
    ))
}

/// clap compares by a measure that short names never pass.
fn nearest_flag(typed: &str) -> Option<String> {
    let command = declaration();
    let names = command
        .get_arguments()
        .filter(|argument| !argument.is_hide_set())
        .filter_map(clap::Arg::get_long_and_visible_aliases)
        .flatten();
    suggest::nearest(typed, names).map(|name| format!("--{name}"))
}
