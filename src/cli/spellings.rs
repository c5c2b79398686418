//! How flags are spelled, in what is generated from them.

use super::declared::{spellings, values};
use clap::Command;

/// The names of the flags whose value is the next word.
pub(super) fn flags_with_values(flags: &Command) -> Vec<String> {
    let with_values = flags
        .get_arguments()
        .filter(|it| it.get_action().takes_values());
    with_values.flat_map(spellings).collect()
}

/// Every spelling of the flags that take one of a few words, with those words.
pub(super) fn flags_with_words(flags: &Command) -> Vec<(String, Vec<String>)> {
    let with_words = flags.get_arguments().flat_map(|argument| {
        let values = values(argument).into_iter();
        let words: Vec<_> = values.map(|it| it.get_name().to_owned()).collect();
        let names = spellings(argument).into_iter();
        names.map(move |name| (name, words.clone()))
    });
    with_words.filter(|(_, words)| !words.is_empty()).collect()
}
