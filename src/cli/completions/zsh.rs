//! zsh. clap's script calls our functions where it would offer files alone, or put a blank behind the beginning of a URL.

use super::ends::{SIDES, rows};
use std::fmt::Write;

const OURS: &str = include_str!("ours.zsh");

/// clap's script with ours behind its first line, since its last lines call it.
pub(super) fn script(generated: &str) -> String {
    let (first, rest) = generated.split_once('\n').unwrap_or_default();
    let rest: Vec<_> = rest.lines().map(completed_by_us).collect();
    let ours = OURS.replace("@PROXIES@", &super::PROXIES.join(" "));
    format!("{first}\n\n{}\n{ours}\n{}\n", table(), rest.join("\n"))
}

/// SOURCE and SINK are completed by our functions; every other line stays.
fn completed_by_us(line: &str) -> String {
    for side in SIDES.map(crate::error::Side::name) {
        if line.starts_with(&format!("'::{side}")) {
            return line.replace(":_files'", &format!(":_tidegate_{side}'"));
        }
    }
    if let Some((flag, _)) = line.split_once(":URL:(") {
        return format!("{flag}:URL:_tidegate_proxy' \\");
    }
    if line.starts_with("'*::more") || line.starts_with("'*--tee=") {
        return line.replace(":_files'", ":_tidegate_sink'");
    }
    line.to_owned()
}

/// A function that fills the array `ends` with `WORD:HELP`.
fn table() -> String {
    let mut cases = String::new();
    for row in rows() {
        // Writing to a string does not fail, here and below.
        let _ = writeln!(cases, "    {})\n      ends=(", row.key());
        for offer in &row.offers {
            let _ = writeln!(cases, "        {}", described(&offer.text, offer.help));
        }
        cases.push_str("      )\n      ;;\n");
    }
    format!(
        "# How a SOURCE or a SINK can start; with a scheme, what may stand behind its '#'.\n\
         _tidegate_table() {{\n  case $1,$2 in\n{cases}  esac\n}}\n"
    )
}

fn described(word: &str, help: &str) -> String {
    let word = word.replace(':', "\\:");
    format!("'{word}:{}'", help.replace('\'', "'\\''"))
}
