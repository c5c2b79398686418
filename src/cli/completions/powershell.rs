//! `PowerShell`. clap's completer knows the flags; it becomes a block that ours calls, since there can be one only.

use super::ends::rows;
use crate::cli::declared;
use crate::cli::spellings::{flags_with_values, spellings};
use clap::Command;
use std::fmt::Write;

const OURS: &str = include_str!("ours.ps1");

const REGISTER: &str = "Register-ArgumentCompleter -Native -CommandName 'tidegate' -ScriptBlock {";

/// clap's script as a block, then ours.
pub(super) fn script(generated: &str, flags: &Command) -> String {
    let flags_alone = generated.replace(REGISTER, "$global:TidegateFlags = {");
    let takes: Vec<_> = flags_with_values(flags)
        .iter()
        .map(|it| quoted(it))
        .collect();
    let functions = OURS.replace("@TAKES@", &takes.join(", "));
    format!("{flags_alone}\n{}\n{functions}", tables(flags))
}

/// Tables from a side or a side and scheme to words and their help, and from a flag to its values.
fn tables(flags: &Command) -> String {
    let mut table = String::from("$global:TidegateEnds = @{\n");
    for row in rows() {
        // Writing to a string does not fail, here and below.
        let _ = writeln!(table, "    '{}' = [ordered]@{{", row.key());
        for offer in &row.offers {
            let (text, help) = (quoted(&offer.text), quoted(offer.help));
            let _ = writeln!(table, "        {text} = {help}");
        }
        table.push_str("    }\n");
    }
    table.push_str("}\n# The names of flags are told apart by case.\n");
    table.push_str("$global:TidegateValues = [hashtable]::new([StringComparer]::Ordinal)\n");
    for argument in flags.get_arguments() {
        let values = declared::values(argument);
        let words: Vec<_> = values.iter().map(|it| quoted(it.get_name())).collect();
        for name in spellings(argument).iter().filter(|_| !words.is_empty()) {
            let words = words.join(", ");
            let _ = writeln!(table, "$global:TidegateValues['{name}'] = @({words})");
        }
    }
    table
}

fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', "''"))
}
