//! The command line as typed. What it means is decided in `plan`; nothing after that looks at clap.

use crate::endpoint;
use crate::size::{parse_positive_size, parse_size};
use clap::builder::BoolishValueParser;
use clap::error::ErrorKind;
use clap::{ArgAction, CommandFactory, Parser, ValueEnum, ValueHint};
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

/// High-water mark of every buffer unless asked otherwise, in bytes. Chosen by measurement: 512 KiB and
/// less cost more CPU time into sockets, 2 MiB and more gained nothing.
pub const DEFAULT_MARK: u64 = 1 << 20;

/// The most one read takes unless asked otherwise, in bytes. Chosen by measurement: a whole mark at once costs the
/// fewest wake-ups, which matters most for sockets; pipes give what they hold in any case.
pub const DEFAULT_CHUNK: u64 = 1 << 20;

/// Streams bytes from SOURCE to SINK through bounded buffers, and tells where they are stuck
#[derive(Debug, Parser)]
#[command(name = "tidegate", version, override_usage = "tidegate [OPTIONS] [SOURCE [SINK]]", max_term_width = 100, after_help = SHORT_HELP, after_long_help = long_help())]
pub struct Cli {
    /// Where bytes come from: an endpoint or a path
    #[arg(default_value = "-", value_hint = ValueHint::AnyPath)]
    pub source: OsString,

    /// Where bytes go
    #[arg(default_value = "-", value_hint = ValueHint::AnyPath)]
    pub sink: OsString,

    /// High-water mark of every buffer, in bytes: beyond it the source is paused
    #[arg(
        short = 'H',
        long,
        visible_alias = "hwm",
        value_name = "SIZE",
        env = "TIDEGATE_HIGH_WATER_MARK",
        hide_env = true
    )]
    #[arg(value_parser = parse_positive_size, default_value = "1M", help_heading = FLOW)]
    pub high_water_mark: u64,

    /// High-water mark of the reading side alone [default: --high-water-mark]
    #[arg(
        long,
        value_name = "SIZE",
        env = "TIDEGATE_READ_HIGH_WATER_MARK",
        hide_env = true
    )]
    #[arg(value_parser = parse_positive_size, help_heading = FLOW)]
    pub read_high_water_mark: Option<u64>,

    /// High-water mark of the writing side alone [default: --high-water-mark]
    #[arg(
        long,
        value_name = "SIZE",
        env = "TIDEGATE_WRITE_HIGH_WATER_MARK",
        hide_env = true
    )]
    #[arg(value_parser = parse_positive_size, help_heading = FLOW)]
    pub write_high_water_mark: Option<u64>,

    /// A paused source resumes when the sink's buffer has fallen to this; 0 is Node's rule
    #[arg(
        long,
        value_name = "SIZE",
        env = "TIDEGATE_LOW_WATER_MARK",
        hide_env = true
    )]
    #[arg(value_parser = parse_size, default_value = "0", help_heading = FLOW)]
    pub low_water_mark: u64,

    /// The most one read takes
    #[arg(
        short,
        long,
        value_name = "SIZE",
        env = "TIDEGATE_CHUNK_SIZE",
        hide_env = true
    )]
    #[arg(value_parser = parse_positive_size, default_value = "1M", help_heading = FLOW)]
    pub chunk_size: u64,

    /// Leave out the first bytes
    #[arg(long, value_name = "SIZE", env = "TIDEGATE_SKIP", hide_env = true, value_parser = parse_size)]
    #[arg(default_value = "0", hide_default_value = true, help_heading = FLOW)]
    pub skip: u64,

    /// Stop after so many bytes, reading none beyond them
    #[arg(long, value_name = "SIZE", env = "TIDEGATE_TAKE", hide_env = true, value_parser = parse_size, help_heading = FLOW)]
    pub take: Option<u64>,

    /// Expected size, for percent and ETA, or @PATH for the size of that file [default: found]
    #[arg(short, long, value_name = "SIZE|@PATH", env = "TIDEGATE_SIZE", hide_env = true, help_heading = FLOW)]
    pub size: Option<OsString>,

    /// Succeed only if exactly so many bytes were delivered (exit 3)
    #[arg(long, value_name = "SIZE", env = "TIDEGATE_EXPECT_SIZE", hide_env = true, value_parser = parse_size, help_heading = FLOW)]
    pub expect_size: Option<u64>,

    /// How bytes travel
    #[arg(long, value_name = "ROAD", env = "TIDEGATE_ROAD", hide_env = true, value_enum, default_value_t, help_heading = FLOW)]
    pub road: RoadChoice,

    /// Fail (exit 4) when no byte moved for so long on account of a peer
    #[arg(long, value_name = "D", env = "TIDEGATE_IDLE_TIMEOUT", hide_env = true, help_heading = FLOW)]
    #[arg(value_parser = endpoint::parse_duration)]
    pub idle_timeout: Option<Duration>,

    /// What is shown on standard error while bytes move
    #[arg(short, long, value_name = "HOW", env = "TIDEGATE_PROGRESS", hide_env = true, value_enum, default_value_t, help_heading = SHOW)]
    pub progress: ProgressChoice,

    /// Call this transfer LABEL in what is shown
    #[arg(short = 'N', long, value_name = "LABEL", env = "TIDEGATE_NAME", hide_env = true, help_heading = SHOW)]
    pub name: Option<String>,

    /// Write records of the transfer, a JSON object a line, to FILE or fd:N
    #[arg(long, value_name = "FILE", env = "TIDEGATE_STATS", hide_env = true, value_hint = ValueHint::FilePath, help_heading = SHOW)]
    pub stats: Option<PathBuf>,

    /// Time between two lines or records [default: 1s], or two drawings of the bar [default: 100ms]
    #[arg(short, long, value_name = "D", env = "TIDEGATE_INTERVAL", hide_env = true, help_heading = SHOW)]
    #[arg(value_parser = parse_interval)]
    pub interval: Option<Duration>,

    /// One line at the end; auto: with a bar or lines
    #[arg(long, value_name = "WHEN", env = "TIDEGATE_SUMMARY", hide_env = true, value_enum, default_value_t, help_heading = SHOW)]
    pub summary: SummaryChoice,

    /// Say nothing but errors, and where a listening end listens
    #[arg(short, long, env = "TIDEGATE_QUIET", hide_env = true, action = ArgAction::SetTrue, help_heading = SHOW)]
    #[arg(value_parser = BoolishValueParser::new())]
    pub quiet: bool,
}

const FLOW: &str = "Flow";
const SHOW: &str = "What it shows";

const SHORT_HELP: &str = "\
SIZE: 512, 64K, 1.5MiB, 10MB (K M G T 1024-based, KB MB GB TB 1000-based). D: 500ms, 10s, 2m.
Every flag has an environment variable TIDEGATE_… of its name. --help tells the endpoints and exit codes.";

/// How bytes travel.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum RoadChoice {
    /// The best there is for the two ends
    #[default]
    Auto,
    /// Through our own buffers
    Buffered,
    /// Through the kernel's alone
    Kernel,
}

/// What is shown while bytes move.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum ProgressChoice {
    /// A bar on a terminal that can redraw, lines on one that cannot, else nothing
    #[default]
    Auto,
    /// Rows that are redrawn in place; lines where that cannot be done
    Bar,
    /// A line an interval
    Line,
    /// The records of --stats
    Json,
    /// Nothing
    None,
}

/// When there is a summary.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum SummaryChoice {
    /// With a bar or lines
    #[default]
    Auto,
    /// After every transfer that was not failed, unless --quiet was given
    Always,
    /// Not at all
    Never,
}

fn parse_interval(text: &str) -> Result<Duration, String> {
    let interval = endpoint::parse_duration(text)?;
    if interval.is_zero() {
        Err("must be longer than 0".to_owned())
    } else {
        Ok(interval)
    }
}

fn long_help() -> String {
    format!("{}\n{EXIT_STATUS}\n{SHORT_HELP}", endpoint::help())
}

const EXIT_STATUS: &str = "\
Exit status:
  0    the source ended, or --take was reached, and every byte was delivered
  1    an I/O error on either end, a reset connection included
  2    usage; source and sink the same file
  3    an integrity expectation failed (--expect-size)
  4    a timeout (connect-timeout, accept-timeout, --idle-timeout)
  129, 130, 143  ended by SIGHUP, SIGINT, SIGTERM
  141  the reader of a pipe we write to went away (SIGPIPE)

SIGUSR1 prints one status line.
";

/// A usage error in clap's own form.
#[must_use]
pub fn usage_error(message: &str) -> clap::Error {
    Cli::command().error(ErrorKind::ValueValidation, message)
}

#[cfg(test)]
mod tests {
    use super::{Cli, DEFAULT_CHUNK, DEFAULT_MARK};
    use clap::{CommandFactory, Parser};

    #[test]
    fn the_declaration_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_defaults_shown_are_the_defaults() {
        let cli = Cli::parse_from(["tidegate"]);
        assert_eq!(
            (cli.high_water_mark, cli.chunk_size),
            (DEFAULT_MARK, DEFAULT_CHUNK)
        );
    }

    #[test]
    fn every_flag_has_its_environment_variable() {
        for argument in Cli::command()
            .get_arguments()
            .filter(|it| it.get_long().is_some())
        {
            let name = format!(
                "TIDEGATE_{}",
                argument
                    .get_long()
                    .unwrap_or_default()
                    .to_uppercase()
                    .replace('-', "_")
            );
            assert_eq!(
                argument.get_env().and_then(|it| it.to_str()),
                Some(name.as_str())
            );
        }
    }
}
