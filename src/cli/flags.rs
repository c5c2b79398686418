//! The flags: the declaration that clap reads them by, and from which help, man page and completions are made.

use super::choices::{Generate, ProgressChoice, RoadChoice, SummaryChoice};
use crate::engine::link::Marks;
use crate::engine::road::FlowOptions;
use crate::text::duration::parse_duration;
use crate::text::size::{parse_positive_size, parse_rate, parse_size};
use clap::builder::BoolishValueParser;
use clap::{Arg, ArgAction, Command, CommandFactory, Parser, ValueHint};
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

/// High-water mark of every buffer unless asked otherwise, in bytes.
pub const DEFAULT_MARK: u64 = Marks::DEFAULT.writable;

/// The most one read takes unless asked otherwise, in bytes.
pub const DEFAULT_CHUNK: u64 = FlowOptions::DEFAULT.chunk_size;

// Of a flag's documentation the first paragraph is what the help screens show, and all of it what the man page says.

/// Streams bytes from SOURCE to SINK, and tells where they are stuck
#[derive(Debug, Parser)]
#[command(
    name = "tidegate",
    version,
    override_usage = "tidegate [OPTIONS] [SOURCE [SINK]]"
)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
pub struct Cli {
    /// Where bytes come from
    #[arg(default_value = "-", value_hint = ValueHint::AnyPath)]
    pub source: OsString,

    /// Where bytes go
    #[arg(default_value = "-", value_hint = ValueHint::AnyPath)]
    pub sink: OsString,

    /// Bound of each buffer, in bytes
    ///
    /// There are two, that of the reading side and that of the writing side. Neither ever holds more, whatever the
    /// chunk size. All buffers together may hold half of the memory there is; of a mark above that, what fits is taken, and a
    /// line says so.
    #[arg(short = 'H', long, visible_alias = "hwm", value_name = "SIZE")]
    #[arg(value_parser = parse_positive_size, default_value = "1M", help_heading = FLOW)]
    pub high_water_mark: u64,

    /// That of the reading side alone [default: -H]
    #[arg(hide_short_help = true, long, value_name = "SIZE")]
    #[arg(value_parser = parse_positive_size, help_heading = FLOW)]
    pub read_high_water_mark: Option<u64>,

    /// That of the writing side alone [default: -H]
    #[arg(hide_short_help = true, long, value_name = "SIZE")]
    #[arg(value_parser = parse_positive_size, help_heading = FLOW)]
    pub write_high_water_mark: Option<u64>,

    /// Resume a paused source once the writing side's buffer has fallen to this; 0, empty, is the rule of Node.js
    ///
    /// It has to be below the high-water mark of the writing side.
    #[arg(hide_short_help = true, long, value_name = "SIZE")]
    #[arg(value_parser = parse_size, default_value = "0", help_heading = FLOW)]
    pub low_water_mark: u64,

    /// The most one read takes
    #[arg(hide_short_help = true, short, long, value_name = "SIZE")]
    #[arg(value_parser = parse_positive_size, default_value = "1M", help_heading = FLOW)]
    pub chunk_size: u64,

    /// Leave out the first bytes
    ///
    /// A file is not read for it: its offset is moved.
    #[arg(hide_short_help = true, long, value_name = "SIZE", value_parser = parse_size)]
    #[arg(default_value = "0", hide_default_value = true, help_heading = FLOW)]
    pub skip: u64,

    /// Stop after so many bytes, reading none beyond them
    ///
    /// What follows on standard input or `fd:N` is left for others to read. Bytes that `--skip` leaves out do not count.
    #[arg(long, value_name = "SIZE", value_parser = parse_size, help_heading = FLOW)]
    pub take: Option<u64>,

    /// Expected size, for percent and ETA; @PATH is the size of that file
    ///
    /// Without it, it is found where the source is a file: what lies behind its offset. Nothing is checked by it; see
    /// `--expect-size`.
    #[arg(hide_short_help = true, short, long, value_name = "SIZE|@PATH", help_heading = FLOW)]
    pub size: Option<OsString>,

    /// Exit 3 unless exactly so many were delivered
    ///
    /// With `atomic`, nothing gets the name of the sink then. Percent and ETA go by it, unless `--size` is given.
    #[arg(long, value_name = "SIZE", value_parser = parse_size, help_heading = FLOW)]
    pub expect_size: Option<u64>,

    /// At most so many bytes a second leave for the sink
    ///
    /// That is so from the first byte on. Through the buffers and their marks it holds the source too. See `THE RATE`.
    #[arg(short = 'L', long, value_name = "RATE", value_parser = parse_rate, help_heading = FLOW)]
    pub rate: Option<u64>,

    /// Credit for --rate that may build up while nothing leaves [default: none]
    #[arg(hide_short_help = true, long, value_name = "SIZE", value_parser = parse_size, help_heading = FLOW)]
    pub burst: Option<u64>,

    /// Change or examine what passes; -t help tells how
    ///
    /// It may be given several times; bytes pass the transforms in this order. SPEC is `NAME`, `NAME=VALUE` or
    /// `NAME=key:value,...`. See `TRANSFORMS`.
    #[arg(short = 't', long, value_name = "SPEC", action = ArgAction::Append, help_heading = FLOW)]
    pub transform: Vec<String>,

    /// Write the digests that transforms make to FILE, for `sha256sum -c` and its like
    ///
    /// It is written when everything has been delivered, or to fd:N, or to standard output for `-`; a transfer that fails
    /// leaves what it held. If it cannot be written, the exit status is 1. A line names the sink, if that is a file and has
    /// just what the digest is of, or the source, in the way in which the tool of that digest reads names: `b3sum`, `xxhsum`,
    /// `rhash` for CRC-32, `sha256sum` and its like; a name that the tool cannot read is refused. See `TRANSFORMS`.
    #[arg(hide_short_help = true, long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = FLOW)]
    pub digest_file: Option<PathBuf>,

    /// How bytes travel
    ///
    /// See `ROADS`. `-v` tells in the summary which road it was, and so does `start` in the records.
    #[arg(hide_short_help = true, long, value_name = "ROAD", value_enum, default_value_t, help_heading = FLOW)]
    pub road: RoadChoice,

    /// Exit 4 when a peer lets nothing move so long
    ///
    /// Waiting at the end for its acknowledgement counts too. Waiting for the `rate` of a `null:` does not; its `stall` does.
    #[arg(long, value_name = "D", help_heading = FLOW)]
    #[arg(value_parser = parse_duration)]
    pub idle_timeout: Option<Duration>,

    /// How to show it
    ///
    /// This goes to standard error. On a terminal that also is the sink nothing is drawn, and unless it is asked for
    /// neither on one that is the source.
    #[arg(short, long, value_name = "HOW", value_enum, default_value_t, help_heading = SHOW)]
    pub progress: ProgressChoice,

    /// A line each --interval that looks like this
    ///
    /// `{percent}` in it stands for how much has been delivered, and so on; see `LINES OF YOUR OWN`. Nothing else is said
    /// on standard error then but errors, digests, and where an end listens.
    #[arg(hide_short_help = true, long, value_name = "TEMPLATE", help_heading = SHOW)]
    pub format: Option<String>,

    /// Begin each line of `-p line`, and each message, with the time
    ///
    /// It is that of UTC, by RFC 3339. Lines of `--format` are left as they are, and have `{time}` for it.
    #[arg(hide_short_help = true, long, action = ArgAction::SetTrue, help_heading = SHOW)]
    #[arg(value_parser = BoolishValueParser::new())]
    pub timestamps: bool,

    /// Call this transfer LABEL in what is shown
    #[arg(hide_short_help = true, short = 'N', long, value_name = "LABEL", help_heading = SHOW)]
    pub name: Option<String>,

    /// Write JSON records to FILE, or to fd:N
    ///
    /// Each is an object on a line of its own. FILE may be `-`, standard output. A file is emptied or made once the
    /// transfer begins. See `RECORDS`.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = SHOW)]
    pub stats: Option<PathBuf>,

    /// Write what happened when to FILE, for Perfetto or the tracing of Chrome
    ///
    /// It is written at the end, or to fd:N, or to standard output for `-`. See `TRACES AND PICTURES`.
    #[arg(hide_short_help = true, long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = SHOW)]
    pub trace: Option<PathBuf>,

    /// Draw the transfer at its end: rate, fills, pauses and the verdict
    ///
    /// FILE ends in .svg, or in .html for values where one points. See `TRACES AND PICTURES`.
    #[arg(hide = true, long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = SHOW)]
    pub plot: Option<PathBuf>,

    /// Time between two lines or records, or two drawings of the bar
    ///
    /// Without it, 1s between two lines or records, and 100ms between two drawings of the bar.
    #[arg(hide_short_help = true, short, long, value_name = "D", help_heading = SHOW)]
    #[arg(value_parser = parse_interval)]
    pub interval: Option<Duration>,

    /// What it was like, at the end: a line each for its numbers, the verdict, the buffers
    ///
    /// Where a transfer was over within half a second, or was not held up, there are only its numbers.
    #[arg(hide_short_help = true, long, value_name = "WHEN", value_enum, default_value_t, help_heading = SHOW)]
    pub summary: SummaryChoice,

    /// Sum the transfer up, and say which road it took and whom `from` refused
    #[arg(hide_short_help = true, short, long, action = ArgAction::SetTrue, help_heading = SHOW)]
    #[arg(value_parser = BoolishValueParser::new())]
    pub verbose: bool,

    /// Say only errors, digests and where an end listens
    #[arg(short, long, action = ArgAction::SetTrue, help_heading = SHOW)]
    #[arg(value_parser = BoolishValueParser::new())]
    pub quiet: bool,

    /// Listen at PATH for commands from `--tell`
    ///
    /// It is a unix socket that only you may use. See `CONTROL`.
    #[arg(hide_short_help = true, long, value_name = "PATH", value_hint = ValueHint::FilePath, help_heading = FLOW)]
    pub control: Option<PathBuf>,

    /// Tell a running transfer: status, status --json, rate RATE, rate none, pause, resume, or high-water-mark SIZE
    ///
    /// It is that of process PID, or the one that listens at PATH; digits are a PID, and `./12` is a path. Nothing is moved,
    /// and what it answers is printed. See `CONTROL`.
    #[arg(hide_short_help = true, long, num_args = 2.., value_names = ["PATH|PID", "COMMAND"], value_hint = ValueHint::FilePath, help_heading = FLOW)]
    #[arg(conflicts_with_all = ["source", "sink"], allow_hyphen_values = true)]
    pub tell: Option<Vec<OsString>>,

    /// Print what would happen, and why, and move nothing
    ///
    /// Nothing is opened, made, emptied, bound, connected, looked up or read for it. It goes to standard output, even
    /// where that is the sink. See `EXPLAINING`.
    #[arg(hide_short_help = true, long, action = ArgAction::SetTrue, help_heading = SHOW)]
    #[arg(value_parser = BoolishValueParser::new())]
    pub explain: bool,

    /// Write the man page or a completion to standard output
    #[arg(long, value_name = "WHAT", value_enum, hide = true, conflicts_with_all = ["source", "sink"])]
    pub generate: Option<Generate>,
}

const FLOW: &str = "Flow";

const SHOW: &str = "What it shows";

/// A clock that ticks faster would keep a processor busy by itself.
const SHORTEST_INTERVAL: Duration = Duration::from_millis(1);

fn parse_interval(text: &str) -> Result<Duration, String> {
    let interval = parse_duration(text)?;
    if interval < SHORTEST_INTERVAL {
        Err("must be at least 1ms".to_owned())
    } else {
        Ok(interval)
    }
}

/// Flags that no environment variable sets, since they run a program, write a file or choose what is done.
const WITHOUT_VARIABLE: [&str; 9] = [
    "transform",
    "digest-file",
    "stats",
    "trace",
    "plot",
    "control",
    "tell",
    "explain",
    "generate",
];

/// What the name of every variable begins with.
pub(super) const VARIABLES: &str = "TIDEGATE_";

/// The declaration, with one help flag for both screens. The variables of the flags are not in it.
pub(super) fn declaration() -> Command {
    let help = Arg::new("help").short('h').long("help");
    let help = help.action(ArgAction::Help);
    Cli::command()
        .disable_help_flag(true)
        .arg(help.help("Print a screen of help (-h), or all of it (--help)"))
}

/// The flag, set by its variable.
pub(super) fn with_variable(argument: Arg) -> Arg {
    match variable(&argument) {
        Some(name) => argument.env(name).hide_env(true),
        None => argument,
    }
}

/// The variable that sets a flag: `TIDEGATE_HIGH_WATER_MARK` for `--high-water-mark`.
pub(super) fn variable(argument: &Arg) -> Option<String> {
    let flag = argument.get_long()?;
    let is_typed_alone = flag == "help" || WITHOUT_VARIABLE.contains(&flag);
    (!is_typed_alone).then(|| format!("{VARIABLES}{}", flag.to_uppercase().replace('-', "_")))
}

#[cfg(test)]
mod tests {
    use super::{Cli, DEFAULT_CHUNK, DEFAULT_MARK, declaration, variable};
    use clap::Parser;

    #[test]
    fn the_declaration_is_sound() {
        declaration().debug_assert();
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
    fn a_flag_has_its_environment_variable_unless_it_runs_something_writes_a_file_or_chooses_a_mode()
     {
        let typed_alone = [
            "transform",
            "digest-file",
            "stats",
            "trace",
            "plot",
            "control",
            "tell",
            "explain",
            "generate",
            "help",
        ];
        for argument in declaration().get_arguments() {
            let Some(flag) = argument.get_long() else {
                continue;
            };
            if typed_alone.contains(&flag) {
                assert_eq!(variable(argument), None, "{flag}");
                continue;
            }
            let name = format!("TIDEGATE_{}", flag.to_uppercase().replace('-', "_"));
            assert_eq!(variable(argument), Some(name));
        }
    }
}
