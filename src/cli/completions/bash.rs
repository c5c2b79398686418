//! bash. It takes words apart at the colons and equals signs of a URI (`COMP_WORDBREAKS`), so they are put together
//! again here, without the help of the bash-completion package. Our script calls clap's function for flags.

use super::ends::rows;
use std::fmt::Write;

pub(super) const OURS: &str = include_str!("ours.bash");

/// A function that prints what the table says.
pub(super) fn table() -> String {
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
