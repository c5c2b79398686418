//! fish. Files are its own offer for SOURCE and SINK; ours stand beside them.

use super::ends::rows;
use std::fmt::Write;

pub(super) const OURS: &str = include_str!("ours.fish");

/// A function that prints `WORD TAB HELP` lines.
pub(super) fn table() -> String {
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
