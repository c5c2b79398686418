//! `PowerShell`. clap's completer knows the flags; it becomes a block that ours calls, since there can be one only.

use super::ends::rows;
use crate::cli::spellings::flags_with_words;
use clap::Command;
use std::fmt::Write;

const OURS: &str = include_str!("ours.ps1");

const REGISTER: &str = "Register-ArgumentCompleter -Native -CommandName 'tidegate' -ScriptBlock {";

/// clap's script as a block, then ours; `takes` are the names of the flags whose value is the next word.
pub(super) fn script(generated: &str, flags: &Command, takes: &[String]) -> String {
    let flags_alone = generated.replace(REGISTER, "$global:TidegateFlags = {");
    let functions = OURS.replace("@TAKES@", &listed(takes));
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
    for (name, words) in flags_with_words(flags) {
        let words = listed(&words);
        let _ = writeln!(table, "$global:TidegateValues['{name}'] = @({words})");
    }
    table
}

fn listed(words: &[String]) -> String {
    let words: Vec<_> = words.iter().map(|word| quoted(word)).collect();
    words.join(", ")
}

fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', "''"))
}
