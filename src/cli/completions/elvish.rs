//! elvish. clap's completer knows the flags; ours calls it for them, and adds their values, SOURCE and SINK.

use super::ends::rows;
use crate::cli::declared::spellings;
use crate::cli::spellings::flags_with_words;
use clap::Command;
use clap::builder::ValueHint;
use std::fmt::Write;

pub(super) const OURS: &str = include_str!("ours.elv");

/// Maps from a side or a side and scheme to words, and from a flag to its values.
pub(super) fn tables(flags: &Command) -> String {
    let mut table = String::from("var tidegate-table = [\n");
    for row in rows() {
        // Writing to a string does not fail, here and below.
        let _ = writeln!(table, "  &{}=[", row.key());
        for offer in &row.offers {
            let help = offer.help.replace('\'', "''");
            let _ = writeln!(table, "    ['{}' '{help}']", offer.text);
        }
        table.push_str("  ]\n");
    }
    table.push_str("]\nvar tidegate-values = [\n");
    for (name, words) in flags_with_words(flags) {
        let _ = writeln!(table, "  &{name}=[{}]", words.join(" "));
    }
    table.push_str("]\nvar tidegate-files = [");
    let files = flags
        .get_arguments()
        .filter(|it| it.get_long().is_some() && it.get_value_hint() == ValueHint::FilePath);
    table.push_str(&files.flat_map(spellings).collect::<Vec<_>>().join(" "));
    table.push_str("]\n");
    table
}
