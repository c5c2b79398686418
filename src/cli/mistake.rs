//! Turns what clap says of a command line that it refuses into one line, with what was probably meant.

use super::declared::{equals, spellings};
use super::flags::declaration;
use crate::endpoint::KINDS;
use crate::error::UsageError;
use crate::text::suggest;
use crate::text::visible::named;
use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};

/// The refusal in our own words, as far as they are better.
pub(super) fn usage_error(mut refusal: clap::Error) -> UsageError {
    if refusal.kind() == ErrorKind::UnknownArgument {
        suggest_meant(&mut refusal);
    }
    let names = all_names(&refusal).map(|names| format!("; its names are {names}"));
    UsageError::new(in_one_line(refusal) + &names.unwrap_or_default())
}

/// All names of a flag that is given twice, if it has several of a kind: one may not know that they mean the same.
fn all_names(refusal: &clap::Error) -> Option<String> {
    let given = |kind| match refusal.get(kind) {
        Some(ContextValue::String(text)) => text.split(' ').next(),
        _ => None,
    };
    let flag = given(ContextKind::InvalidArg)?.strip_prefix("--")?;
    let is_twice = given(ContextKind::PriorArg) == given(ContextKind::InvalidArg);
    let command = declaration();
    let mut arguments = command.get_arguments();
    let argument = arguments.find(|it| is_twice && it.get_long() == Some(flag))?;
    argument.get_visible_aliases()?;
    Some(spellings(argument).join(", "))
}

/// What clap says in several lines: what is wrong, what is valid, and its tips.
fn in_one_line(mut refusal: clap::Error) -> String {
    let texts = refusal.context().filter_map(|(kind, value)| match value {
        ContextValue::String(text) => Some((kind, named(text))),
        _ => None,
    });
    for (kind, text) in texts.collect::<Vec<_>>() {
        refusal.insert(kind, ContextValue::String(text));
    }
    refusal.remove(ContextKind::Usage);
    let text = refusal.render().to_string();
    let text = text.strip_prefix("error: ").unwrap_or(&text);
    let lines = text.lines().map(str::trim);
    let told = lines.filter(|line| !line.is_empty() && !line.starts_with("For more information"));
    let parts: Vec<_> = told.map(part).collect();
    match &parts[..] {
        [all] if refusal.kind() == ErrorKind::UnknownArgument => {
            format!("{all}; --help lists all there are")
        }
        parts => parts.join("; "),
    }
}

fn part(line: &str) -> String {
    let values = line.strip_prefix("[possible values: ");
    let values = values.and_then(|rest| rest.strip_suffix(']'));
    values.map_or_else(|| line.to_owned(), |values| format!("valid: {values}"))
}

/// Adds what was probably meant by an unknown argument.
fn suggest_meant(refusal: &mut clap::Error) {
    let Some(ContextValue::String(typed)) = refusal.get(ContextKind::InvalidArg) else {
        return;
    };
    let tip = match typed.strip_prefix("--") {
        Some(name) => match (option_of_an_end(name), nearest_flag(name)) {
            (Some(tip), _) => Some(tip),
            (None, Some(meant)) => {
                refusal.remove(ContextKind::Suggested);
                refusal.insert(ContextKind::SuggestedArg, ContextValue::String(meant));
                return;
            }
            (None, None) => as_a_value(refusal, typed),
        },
        None if typed.starts_with('-') => as_a_value(refusal, typed),
        None => None,
    };
    if let Some(tip) = tip {
        let tips = ContextValue::StyledStrs(vec![StyledStr::from(tip)]);
        refusal.remove(ContextKind::SuggestedArg);
        refusal.insert(ContextKind::Suggested, tips);
    }
}

/// clap's own tip, where it gives it, with what was typed made safe to print.
fn as_a_value(refusal: &clap::Error, typed: &str) -> Option<String> {
    refusal.get(ContextKind::Suggested)?;
    let typed = named(typed);
    Some(format!("to pass '{typed}' as a value, use '-- {typed}'"))
}

/// How an option of an endpoint is written that was given as a flag.
fn option_of_an_end(typed: &str) -> Option<String> {
    let (kind, option) = KINDS.iter().find_map(|kind| {
        let mut options = kind.options.iter();
        options
            .find(|option| option.name == typed)
            .map(|option| (kind, option))
    })?;
    let (form, name, value) = (kind.form, option.name, equals(option));
    Some(format!(
        "'{name}' is not a flag but an option of an endpoint: {form}#{name}{value}"
    ))
}

/// The nearest flag. clap's own search finds no short names.
fn nearest_flag(typed: &str) -> Option<String> {
    let command = declaration();
    let names = command
        .get_arguments()
        .filter(|argument| !argument.is_hide_set())
        .filter_map(clap::Arg::get_long_and_visible_aliases)
        .flatten();
    suggest::nearest(typed, names).map(|name| format!("--{name}"))
}
