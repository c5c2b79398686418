//! Completion scripts: clap's own for the flags, and for SOURCE and SINK a small piece for each shell, made from the
//! endpoint table.

mod bash;
mod elvish;
mod ends;
mod fish;
mod powershell;
mod zsh;

use super::command;
use super::declared::values;
use super::spellings::flags_with_values;
use crate::transform::KINDS;
use clap::Command;
use clap::builder::{PossibleValue, PossibleValuesParser, ValueHint};
use clap_complete::Shell;

/// How the value of `--proxy` can begin.
const PROXIES: [&str; 4] = ["socks5h://", "socks5://", "http://", "none"];

/// The script of this shell.
pub(super) fn script(shell: Shell) -> String {
    let mut flags = flags();
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut flags, "tidegate", &mut text);
    let generated = String::from_utf8(text).unwrap_or_default();
    let takes = flags_with_values(&flags);
    let followed = |table: String, ours: &str| {
        let ours = ours.replace("@TAKES@", &takes.join(" "));
        format!("{generated}\n{table}\n{ours}")
    };
    match shell {
        Shell::Zsh => zsh::script(&generated),
        Shell::Fish => followed(fish::table(), fish::OURS),
        Shell::Elvish => followed(elvish::tables(&flags), elvish::OURS),
        Shell::PowerShell => powershell::script(&generated, &flags, &takes),
        _ => followed(bash::table(), bash::OURS),
    }
}

/// The command line as completions show it: nothing hidden, and no files where a number is to be typed.
fn flags() -> Command {
    let whole = command();
    let shown = whole.get_arguments().filter(|it| !it.is_hide_set());
    let shown = shown.cloned().map(|argument| {
        match argument.get_long() {
            // What may follow the name is for `-t help`.
            Some("transform") => {
                return argument.value_parser(PossibleValuesParser::new(transforms()));
            }
            Some("proxy") => return argument.value_parser(PossibleValuesParser::new(PROXIES)),
            _ => {}
        }
        let wants_text = argument.get_action().takes_values()
            && argument.get_value_hint() == ValueHint::Unknown
            && values(&argument).is_empty();
        if wants_text {
            argument.value_hint(ValueHint::Other)
        } else {
            argument
        }
    });
    Command::new("tidegate")
        .version(env!("CARGO_PKG_VERSION"))
        .disable_help_flag(true)
        .args(shown)
}

/// The transforms there are, with what they do.
fn transforms() -> impl Iterator<Item = PossibleValue> {
    let named = |(name, help)| PossibleValue::new(name).help(help);
    let kinds = KINDS.iter().filter(|kind| kind.is_here());
    let kinds = kinds.map(|kind| (kind.name, kind.help));
    kinds.chain([("help", "lists the transforms")]).map(named)
}

#[cfg(test)]
mod tests {
    use super::script;
    use clap_complete::Shell;

    #[test]
    fn what_is_put_in_place_of_generated_text_found_that_text() {
        let zsh = script(Shell::Zsh);
        for side in ["source", "sink"] {
            let line = zsh
                .lines()
                .find(|line| line.starts_with(&format!("'::{side}")));
            let action = format!(":_tidegate_{side}' \\");
            assert!(line.is_some_and(|line| line.ends_with(&action)), "{line:?}");
        }
        let powershell = script(Shell::PowerShell);
        assert_eq!(powershell.matches("Register-ArgumentCompleter").count(), 1);
        assert!(powershell.contains("$global:TidegateFlags = {\n"));
    }

    #[test]
    fn every_flag_is_offered_and_every_way_to_begin_an_end() {
        for shell in [
            Shell::Bash,
            Shell::Zsh,
            Shell::Fish,
            Shell::Elvish,
            Shell::PowerShell,
        ] {
            let script = script(shell);
            for flag in ["high-water-mark", "buffer", "plot", "generate"] {
                assert!(script.contains(flag), "{shell}: {flag}");
            }
            assert!(script.contains("tcp-listen"), "{shell}");
        }
    }
}
