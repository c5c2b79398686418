//! Parses the command line of this process, with what the environment sets.

use super::flags::{Cli, VARIABLES, declaration, variable, with_variable};
use super::help::command_for_stdout;
use super::{mistake, modes};
use crate::endpoint::proxy::has_password;
use crate::error::UsageError;
use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{ArgMatches, Command, FromArgMatches};
use std::io::{self, IsTerminal};

/// Why there is no command line to act on.
#[derive(Debug)]
pub enum Answer {
    /// Nothing was typed, and this is the help for it.
    Nothing(clap::Error),
    /// Help or version was asked for, and this is it.
    Text(clap::Error),
    /// It is refused.
    Refusal(UsageError),
}

/// The command line of this process.
///
/// # Errors
/// When there is none to act on.
pub fn parse() -> Result<Cli, Answer> {
    if is_bare_at_a_terminal() {
        let help = command_for_stdout().try_get_matches_from(["tidegate", "-h"]);
        return help
            .and_then(|matches| Cli::from_arg_matches(&matches))
            .map_err(Answer::Nothing);
    }
    let matches = with_variables(declaration()).try_get_matches();
    let matches = matches.or_else(|refusal| match refusal.kind() {
        // The help screens take time to make, so that they are made only where they are asked for.
        ErrorKind::DisplayHelp => with_variables(command_for_stdout()).try_get_matches(),
        _ => Err(refusal),
    });
    if let Ok(matches) = &matches {
        modes::check(matches).map_err(Answer::Refusal)?;
        check_password(matches).map_err(Answer::Refusal)?;
    }
    let cli = matches.and_then(|matches| Cli::from_arg_matches(&matches));
    cli.map_err(|refusal| {
        if refusal.use_stderr() {
            Answer::Refusal(mistake::usage_error(refusal))
        } else {
            Answer::Text(refusal)
        }
    })
}

/// Refuses a password that was typed, which every other user can see; a variable may have one.
fn check_password(matches: &ArgMatches) -> Result<(), UsageError> {
    let is_typed = matches.value_source("proxy") == Some(ValueSource::CommandLine);
    let proxy = matches.get_one::<String>("proxy").filter(|_| is_typed);
    if proxy.is_some_and(|proxy| has_password(proxy)) {
        return Err(UsageError::new(
            "--proxy: a password in an argument is seen by everybody (ps); set TIDEGATE_PROXY=socks5h://USER:PASSWORD@HOST in the environment",
        ));
    }
    Ok(())
}

/// Whether nothing was typed but the name of the program, so that it would read what is typed next and print it again.
fn is_bare_at_a_terminal() -> bool {
    let is_bare = std::env::args_os().len() < 2;
    is_bare && io::stdin().is_terminal() && io::stdout().is_terminal()
}

/// The command with the variables that are set; one that is set to nothing counts as one that is not. Hardly ever is there one,
/// and clap would look for each at every start.
fn with_variables(command: Command) -> Command {
    let mut names = std::env::vars_os().map(|(name, _)| name);
    if !names.any(|name| name.as_encoded_bytes().starts_with(VARIABLES.as_bytes())) {
        return command;
    }
    command.mut_args(|argument| {
        let value = variable(&argument).and_then(std::env::var_os);
        if value.is_some_and(|value| !value.is_empty()) {
            with_variable(argument)
        } else {
            argument
        }
    })
}
