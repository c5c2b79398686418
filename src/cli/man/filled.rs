//! What the pages say that is declared elsewhere: the options, the table of endpoints, and that of placeholders.

use super::page::Page;
use crate::cli::declared;
use crate::endpoint::{KINDS, Kind, OptionSpec, SINK_OPTIONS};
use crate::error::Side;
use crate::show::PLACEHOLDERS;
use crate::transform;
use clap::{Arg, Command};

/// Every option, under the headings of the help screens.
pub(super) fn options(page: &mut Page, command: &Command) {
    let mut built = command.clone();
    built.build();
    for heading in declared::headings(&built) {
        page.part(heading);
        for argument in declared::under(&built, heading) {
            option(page, argument);
        }
    }
    page.part("Other");
    for argument in built.get_arguments().filter(|it| declared::is_other(it)) {
        option(page, argument);
    }
}

fn option(page: &mut Page, argument: &Arg) {
    let help = argument.get_long_help().or(argument.get_help());
    let (text, told) = without_default(&help.map(ToString::to_string).unwrap_or_default());
    let default = told.or_else(|| declared::default(argument));
    let default = default.map(|default| format!(" The default is `{default}`."));
    let text = text + &default.unwrap_or_default();
    page.term(&names(argument), &text);
    let values = declared::values(argument);
    if values.is_empty() {
        return;
    }
    page.into();
    for value in values {
        let help = value.get_help().map(ToString::to_string);
        let text = sentences(&help.unwrap_or_default());
        page.term(&format!("`{}`", value.get_name()), &text);
    }
    page.out();
}

/// As sentences, and the default by itself where the help itself tells it, at whatever place.
fn without_default(help: &str) -> (String, Option<String>) {
    let told = help.split_once(" [default: ").and_then(|(before, rest)| {
        let (default, after) = rest.split_once(']')?;
        Some((format!("{before}{after}"), default.to_owned()))
    });
    match told {
        Some((text, default)) => (sentences(&text), Some(default)),
        None => (sentences(help), None),
    }
}

/// Each name in bold, with the value in italics.
fn names(argument: &Arg) -> String {
    let names = declared::spellings(argument);
    let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    let value = match declared::placeholder(argument) {
        value if value.is_empty() => value,
        value => format!(" {{{value}}}"),
    };
    format!("{}{value}", names.join(", "))
}

/// Help texts have no full stop at the end of a paragraph that is one sentence.
fn sentences(help: &str) -> String {
    let paragraphs = help.split("\n\n").map(|paragraph| {
        let dot = if paragraph.ends_with('.') { "" } else { "." };
        format!("{paragraph}{dot}")
    });
    paragraphs.collect::<Vec<_>>().join(" ")
}

/// Every kind of endpoint.
pub(super) fn forms(page: &mut Page) {
    bare(page);
    for kind in KINDS {
        form(page, kind);
    }
}

/// Every kind of endpoint with its options.
pub(super) fn endpoints(page: &mut Page) {
    bare(page);
    for kind in KINDS {
        form(page, kind);
        endpoint_options(page, kind);
    }
}

/// The ends that are of no kind by their names.
fn bare(page: &mut Page) {
    page.term(
        "`-`",
        "Standard input as {SOURCE}, standard output as {SINK}.",
    );
    page.term(
        "{PATH}",
        "A file, FIFO or device; the path is taken literally.",
    );
}

fn form(page: &mut Page, kind: &Kind) {
    let side = match declared::only_side(kind) {
        Some(Side::Source) => "As {SOURCE} only: ",
        Some(Side::Sink) => "As {SINK} only: ",
        None => "",
    };
    let summary = sentences(kind.summary);
    let text = if side.is_empty() {
        capital(&summary)
    } else {
        format!("{side}{summary}")
    };
    page.term(&format!("`{}`", kind.form), &text);
}

fn endpoint_options(page: &mut Page, kind: &Kind) {
    if kind.options.is_empty() {
        return;
    }
    page.into();
    options_of_end(page, kind.options, true);
    page.out();
}

/// The options that every SINK has.
pub(super) fn sink_options(page: &mut Page) {
    options_of_end(page, SINK_OPTIONS, false);
}

fn options_of_end(page: &mut Page, options: &[OptionSpec], of_one_side: bool) {
    for option in options {
        let value = match option.value.placeholder() {
            "" => String::new(),
            placeholder => format!("`=`{{{placeholder}}}"),
        };
        page.term(
            &format!("`{}`{value}", option.name),
            &meaning(option, of_one_side),
        );
    }
}

/// Every transform with what may be set, and an example.
pub(super) fn transforms(page: &mut Page) {
    for (group, kinds) in transform::groups() {
        page.part(&capital(group.name()));
        let mut told: Vec<&transform::Kind> = Vec::new();
        page.tight();
        for kind in kinds {
            transform(page, kind, &told);
            told.push(kind);
        }
        page.apart();
    }
}

/// What may be set in the same way as in one that the group has told is not told again.
fn transform(page: &mut Page, kind: &transform::Kind, told: &[&transform::Kind]) {
    page.term(&format!("`{}`", kind.name), &capital(&sentences(kind.help)));
    page.into();
    for key in kind.keys {
        let before = kind.before_value(key);
        let term = format!("`{before}`{{{}}}", key.value.placeholder());
        let default = match key.default {
            "" => String::new(),
            default => format!(" The default is {default}."),
        };
        let has_it = |it: &&&transform::Kind| it.keys.iter().any(|its| its.help == key.help);
        let text = match told.iter().find(has_it) {
            Some(first) => format!("As for `{}`.", first.name),
            None => capital(&sentences(key.help)),
        };
        page.term(&term, &(text + &default));
    }
    if kind.is_here() {
        page.example(&format!("    {}", kind.example));
    }
    page.out();
}

/// Every placeholder of `--format`.
pub(super) fn placeholders(page: &mut Page) {
    for placeholder in PLACEHOLDERS {
        let text = capital(&sentences(placeholder.meaning));
        page.term(&format!("`{{{}}}`", placeholder.name), &text);
    }
}

fn meaning(option: &OptionSpec, of_one_side: bool) -> String {
    let mut text = capital(&sentences(option.help));
    if option.value.repeats() {
        text.push_str(" May be given several times.");
    }
    if let Some(side) = option.only.filter(|_| of_one_side) {
        text = format!("{text} For a {{{}}} only.", side.name().to_uppercase());
    }
    if !option.default.is_empty() {
        text = format!("{text} The default is {}.", option.default);
    }
    text
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|it| it.to_uppercase().to_string());
    format!("{}{}", first.unwrap_or_default(), letters.as_str())
}

#[cfg(test)]
mod tests {
    use super::without_default;

    #[test]
    fn a_default_told_by_the_help_is_taken_out_of_it() {
        let table = [
            ("A mark", "A mark.", None),
            ("A mark [default: -H]", "A mark.", Some("-H")),
            (
                "A mark [default: -H]\n\nMore of it.",
                "A mark. More of it.",
                Some("-H"),
            ),
        ];
        for (help, text, default) in table {
            let wanted = (text.to_owned(), default.map(str::to_owned));
            assert_eq!(without_default(help), wanted);
        }
    }
}
