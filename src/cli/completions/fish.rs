//! fish. Files are its own offer for SOURCE and SINK; ours stand beside them.

use super::ends::rows;
use crate::cli::spellings::flags_with_values;
use clap::Command;
use std::fmt::Write;

const OURS: &str = include_str!("ours.fish");

/// clap's script, then ours.
pub(super) fn script(generated: &str, flags: &Command) -> String {
    let takes = flags_with_values(flags).join(" ");
    let functions = OURS.replace("@TAKES@", &takes);
    format!("{generated}\n{}\n{functions}", table())
}

/// A function that prints `WORD TAB HELP` lines.
fn table() -> String {
    let mut cases = String::new();
    for row in rows() {
        // Writing to a string does not fail, here and below.
        let _ = writeln!(cases, "        case '{}'", row.key());
        for offer in &row.offers {
            let (text, help) = (&offer.text, offer.help.replace('\'', "\\'"));
            let _ = writeln!(cases, "            printf '%s\\t%s\\n' '{text}' '{help}'");
        }
    }
    format!(
        "# How a SOURCE or a SINK can start; with a scheme, what may stand behind its '#'.\n\
         function __tidegate_table -a side scheme\n    switch \"$side,$scheme\"\n{cases}    end\nend\n"
    )
}
