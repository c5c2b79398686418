//! elvish. clap's completer knows the flags; ours calls it for them, and adds their values, SOURCE and SINK.

use super::ends::rows;
use crate::cli::declared;
use crate::cli::spellings::{flags_with_values, spellings};
use clap::Command;
use clap::builder::ValueHint;
use std::fmt::Write;

const OURS: &str = include_str!("ours.elv");

/// clap's script, then ours.
pub(super) fn script(generated: &str, flags: &Command) -> String {
    let mut takes = String::new();
    for name in flags_with_values(flags) {
        // Writing to a string does not fail, here and below.
        let _ = write!(takes, " {name}");
    }
    let functions = OURS.replace("@TAKES@", takes.trim_start());
    format!("{generated}\n{}\n{functions}", tables(flags))
}

/// Maps from a side or a side and scheme to words, and from a flag to its values.
fn tables(flags: &Command) -> String {
    let mut table = String::from("var tidegate-table = [\n");
    for row in rows() {
        let _ = writeln!(table, "  &{}=[", row.key());
        for offer in &row.offers {
            let help = offer.help.replace('\'', "''");
            let _ = writeln!(table, "    ['{}' '{help}']", offer.text);
        }
        table.push_str("  ]\n");
    }
    table.push_str("]\nvar tidegate-values = [\n");
    for argument in flags.get_arguments() {
        let values = declared::values(argument);
        let words: Vec<_> = values.iter().map(|it| it.get_name().to_owned()).collect();
        for name in spellings(argument).iter().filter(|_| !words.is_empty()) {
            let _ = writeln!(table, "  &{name}=[{}]", words.join(" "));
        }
    }
    table.push_str("]\nvar tidegate-files = [");
    let files = flags
        .get_arguments()
        .filter(|it| it.get_long().is_some() && it.get_value_hint() == ValueHint::FilePath);
    table.push_str(&files.flat_map(spellings).collect::<Vec<_>>().join(" "));
    table.push_str("]\n");
    table
}
