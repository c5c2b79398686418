//! bash. It takes words apart at the colons and equals signs of a URI (`COMP_WORDBREAKS`), so they are put together
//! again here, without the help of the bash-completion package.

use super::ends::rows;
use crate::cli::spellings::flags_with_values;
use clap::Command;
use std::fmt::Write;

const OURS: &str = include_str!("ours.bash");

/// clap's script, then ours, which calls clap's function for flags.
pub(super) fn script(generated: &str, flags: &Command) -> String {
    let takes = flags_with_values(flags).join(" ");
    let functions = OURS.replace("@TAKES@", &takes);
    format!("{generated}\n{}\n{functions}", table())
}

/// A function that prints what the table says.
fn table() -> String {
    let mut cases = String::new();
    for row in rows() {
        let words: Vec<_> = row.offers.iter().map(|it| it.text.as_str()).collect();
        // Writing to a string does not fail.
        let _ = writeln!(
            cases,
            "        {}) echo '{}' ;;",
            row.key(),
            words.join(" ")
        );
    }
    format!(
        "# How a SOURCE or a SINK can start; with a scheme, what may stand behind its '#'.\n\
         _tidegate_table() {{\n    case $1,$2 in\n{cases}    esac\n}}\n"
    )
}
