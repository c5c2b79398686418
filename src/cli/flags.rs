//! The flags: the declaration that clap reads them by, and from which help, man page and completions are made.

use super::choices::{Generate, ProgressChoice, RoadChoice, SummaryChoice};
use crate::engine::link::Marks;
use crate::engine::road::FlowOptions;
use crate::text::duration::parse_duration;
use crate::text::size::{parse_positive_size, parse_rate, parse_size};
use clap::builder::BoolishValueParser;
use clap::{Arg, ArgAction, Command, CommandFactory, Parser, ValueHint};
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::time::Duration;

/// High-water mark of every buffer unless asked otherwise, in bytes.
pub const DEFAULT_MARK: u64 = Marks::DEFAULT.writable;

/// The most one read takes unless asked otherwise, in bytes.
pub const DEFAULT_CHUNK: u64 = FlowOptions::DEFAULT.chunk_size;

// Of a flag's documentation the first paragraph is what the help screens show, and all of it what the man page says.

/// Copies bytes from SOURCE to SINK, and shows how fast and which side is slow
#[derive(Debug, Parser)]
#[command(
    name = "tidegate",
    version,
    override_usage = "tidegate [OPTIONS] [SOURCE... [SINK]]"
)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
pub struct Cli {
    /// Where bytes come from
    #[arg(default_value = "-", value_hint = ValueHint::AnyPath)]
    pub source: OsString,

    /// Where bytes go; standard output if it is not given
    #[arg(value_hint = ValueHint::AnyPath)]
    pub sink: Option<OsString>,

    /// Of several, the last is the SINK, and the others are SOURCEs that are read one after the other
    #[arg(hide = true, value_hint = ValueHint::AnyPath)]
    pub more: Vec<OsString>,

    /// The most that each buffer may hold
    ///
    /// There are two buffers, one on the reading side and one on the writing side. Neither ever holds more than this,
    /// whatever the chunk size. All buffers together may take half of the memory of the machine; a larger SIZE is cut to
    /// what fits, and a warning says so.
    #[arg(short = 'H', long, value_name = "SIZE")]
    #[arg(visible_short_alias = 'B', visible_aliases = ["buffer", "hwm"])]
    #[arg(value_parser = parse_positive_size, default_value = "1M", help_heading = FLOW)]
    pub high_water_mark: u64,

    /// The same for the buffer on the reading side alone [default: -H]
    #[arg(hide_short_help = true, long, value_name = "SIZE")]
    #[arg(value_parser = parse_positive_size, help_heading = FLOW)]
    pub read_high_water_mark: Option<u64>,

    /// The same for the buffer on the writing side alone [default: -H]
    #[arg(hide_short_help = true, long, value_name = "SIZE")]
    #[arg(value_parser = parse_positive_size, help_heading = FLOW)]
    pub write_high_water_mark: Option<u64>,

    /// When the buffer on the writing side was full, read on once it has fallen to SIZE; 0 waits until it is empty
    ///
    /// It has to be below the high-water mark of the writing side. 0 is the rule of the streams of Node.js.
    #[arg(hide_short_help = true, long, value_name = "SIZE")]
    #[arg(value_parser = parse_size, default_value = "0", help_heading = FLOW)]
    pub low_water_mark: u64,

    /// Read at most SIZE bytes at a time
    #[arg(hide_short_help = true, short, long, value_name = "SIZE")]
    #[arg(value_parser = parse_positive_size, default_value = "1M", help_heading = FLOW)]
    pub chunk_size: u64,

    /// Leave out the first SIZE bytes of SOURCE
    ///
    /// In a file they are not read but skipped by seeking.
    #[arg(hide_short_help = true, long, value_name = "SIZE", value_parser = parse_size)]
    #[arg(default_value = "0", hide_default_value = true, help_heading = FLOW)]
    pub skip: u64,

    /// Copy only the first SIZE bytes, and read no more
    ///
    /// What follows on standard input or `fd:N` is left for the next program to read. Bytes that `--skip` leaves out do
    /// not count.
    #[arg(long, value_name = "SIZE", value_parser = parse_size, help_heading = FLOW)]
    pub take: Option<u64>,

    /// Show percent and time left of SIZE, or PATH's size
    ///
    /// Of a file this is known without it. Nothing is checked; for that, see `--expect-size`.
    #[arg(short, long, value_name = "SIZE|@PATH", help_heading = FLOW)]
    pub size: Option<OsString>,

    /// Fail (exit 3) unless exactly SIZE bytes arrive
    ///
    /// What counts is what was delivered to the sink. If it fails, a sink with `atomic` is not replaced. Percent and time
    /// left are shown by it, unless `--size` is given.
    #[arg(long, value_name = "SIZE", value_parser = parse_size, help_heading = FLOW)]
    pub expect_size: Option<u64>,

    /// Go on where the SINK file ends; see tidegate-endpoints(7)
    #[arg(hide_short_help = true, long, action = ArgAction::SetTrue, help_heading = FLOW)]
    #[arg(value_parser = BoolishValueParser::new())]
    pub resume: bool,

    /// Put zeros where a file or a device cannot be read, and go on
    ///
    /// Each place is told. The SINK is kept, and the exit status is 1.
    #[arg(hide_short_help = true, short = 'E', long, action = ArgAction::SetTrue, help_heading = FLOW)]
    #[arg(value_parser = BoolishValueParser::new())]
    pub skip_errors: bool,

    /// With --skip-errors, give up SIZE bytes at a time
    #[arg(hide_short_help = true, long, value_name = "SIZE")]
    #[arg(value_parser = parse_positive_size, default_value = "4K", help_heading = FLOW)]
    pub error_block: u64,

    /// Move at most RATE bytes a second
    ///
    /// The limit is on what leaves for the sink, from the first byte on. Once the buffers are full it holds the source too.
    /// See `THE RATE`.
    #[arg(short = 'L', long, value_name = "RATE", value_parser = parse_rate, help_heading = FLOW)]
    pub rate: Option<u64>,

    /// After a wait, let up to SIZE bytes pass faster than --rate [default: none]
    #[arg(hide_short_help = true, long, value_name = "SIZE", value_parser = parse_size, help_heading = FLOW)]
    pub burst: Option<u64>,

    /// Send the same bytes to SINK too
    ///
    /// It may be given several times. See `SEVERAL SINKS` in `tidegate-endpoints`(7).
    #[arg(long, value_name = "SINK", action = ArgAction::Append, value_hint = ValueHint::AnyPath, help_heading = FLOW)]
    pub tee: Vec<OsString>,

    /// With --tee, end all as soon as one SINK has failed
    #[arg(hide_short_help = true, long, action = ArgAction::SetTrue, help_heading = FLOW)]
    #[arg(value_parser = BoolishValueParser::new())]
    pub fail_fast: bool,

    /// Connect two ends, A and B, in both directions
    ///
    /// B is `-`, standard input and output, if it is not given. See `BOTH DIRECTIONS` in `tidegate-endpoints`(7).
    #[arg(long, action = ArgAction::SetTrue, help_heading = FLOW)]
    #[arg(value_parser = BoolishValueParser::new())]
    pub duplex: bool,

    /// Compress, checksum, convert; -t help lists all
    ///
    /// It may be given several times; bytes pass the transforms in this order. SPEC is `NAME`, `NAME=VALUE` or
    /// `NAME=key:value,...`. See `TRANSFORMS`.
    #[arg(short = 't', long, value_name = "SPEC", action = ArgAction::Append, help_heading = FLOW)]
    pub transform: Vec<String>,

    /// Write the checksums that -t makes to FILE, as `sha256sum -c` reads them
    ///
    /// FILE may be fd:N, or `-` for standard output. It is written when everything has been delivered; if the transfer fails,
    /// it stays as it was. If it cannot be written, the exit status is 1. A name that the tool of that digest cannot read is
    /// refused. See `TRANSFORMS`.
    #[arg(hide_short_help = true, long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = FLOW)]
    pub digest_file: Option<PathBuf>,

    /// Who moves the bytes, the kernel or tidegate itself
    ///
    /// See `ROADS`. `-v` tells in the summary which road it was, and so does `start` in the records.
    #[arg(hide_short_help = true, long, value_name = "ROAD", value_enum, default_value_t, help_heading = FLOW)]
    pub road: RoadChoice,

    /// Connect by the proxy URL: socks5h://, socks5://, http://
    ///
    /// It is for every end that connects; `none` is none. See `PROXIES` in `tidegate-endpoints`(7).
    #[arg(hide_short_help = true, long, value_name = "URL", help_heading = FLOW)]
    pub proxy: Option<String>,

    /// Give up (exit 4) when no data moves for D
    ///
    /// Only waiting for the other end of SOURCE or SINK counts, its acknowledgement at the end included. Waiting for `--rate`,
    /// or for the `rate` of a `null:`, does not; its `stall` does.
    #[arg(long, value_name = "D", help_heading = FLOW)]
    #[arg(value_parser = parse_duration)]
    pub idle_timeout: Option<Duration>,

    /// Show progress
    ///
    /// It goes to standard error. Nothing is drawn on a terminal that is the sink, nor, unless it is asked for, on one that is
    /// the source.
    #[arg(short, long, value_name = "HOW", value_enum, default_value_t, help_heading = SHOW)]
    pub progress: ProgressChoice,

    /// Print a line of this form each --interval, such as `{percent} {rate:h}`
    ///
    /// What may stand in braces is listed under `LINES OF YOUR OWN`. Nothing else is said on standard error then but errors,
    /// warnings, digests, and where an end listens.
    #[arg(hide_short_help = true, long, value_name = "TEMPLATE", help_heading = SHOW)]
    pub format: Option<String>,

    /// Begin each line of `-p line`, and each message, with the time
    ///
    /// It is that of UTC, by RFC 3339. Lines of `--format` are left as they are, and have `{time}` for it.
    #[arg(hide_short_help = true, long, action = ArgAction::SetTrue, help_heading = SHOW)]
    #[arg(value_parser = BoolishValueParser::new())]
    pub timestamps: bool,

    /// Call the transfer LABEL on the screen
    #[arg(hide_short_help = true, short = 'N', long, value_name = "LABEL", help_heading = SHOW)]
    pub name: Option<String>,

    /// Write progress to FILE (or fd:N) as JSON lines
    ///
    /// FILE may be `-` for standard output. A file is emptied or made once the transfer begins. See `RECORDS`.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = SHOW)]
    pub stats: Option<PathBuf>,

    /// At the end, write a timeline of the transfer to FILE, to open in Perfetto
    ///
    /// FILE may be fd:N, or `-` for standard output. See `TRACES AND PICTURES`.
    #[arg(hide_short_help = true, long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = SHOW)]
    pub trace: Option<PathBuf>,

    /// At the end, draw a chart into FILE (.svg, .html)
    ///
    /// It shows the rate over time, how full the buffers were, and the pauses; an .html file also shows the values where
    /// one points. See `TRACES AND PICTURES`.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = SHOW)]
    pub plot: Option<PathBuf>,

    /// Time between two lines, records or updates of the live display
    ///
    /// Without it, 1s between two lines or records, and 100ms between two updates of the live display.
    #[arg(hide_short_help = true, short, long, value_name = "D", help_heading = SHOW)]
    #[arg(value_parser = parse_interval)]
    pub interval: Option<Duration>,

    /// Whether to sum the transfer up at its end
    #[arg(hide_short_help = true, long, value_name = "WHEN", value_enum, default_value_t, help_heading = SHOW)]
    pub summary: SummaryChoice,

    /// Print a longer summary, and refused connections
    ///
    /// The summary tells the road too. The connections are those that the option `from` of a listening end refuses.
    #[arg(hide_short_help = true, short, long, action = ArgAction::SetTrue, help_heading = SHOW)]
    #[arg(value_parser = BoolishValueParser::new())]
    pub verbose: bool,

    /// Print only errors, digests and 'listening on'
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

    /// Print what would happen and why, and do nothing
    ///
    /// Nothing is opened, made, emptied, bound, connected, looked up or read for it. It goes to standard output, even
    /// where that is the sink. See `EXPLAINING`.
    #[arg(long, action = ArgAction::SetTrue, help_heading = SHOW)]
    #[arg(value_parser = BoolishValueParser::new())]
    pub explain: bool,

    /// Print a man page, or a completion script for a shell
    #[arg(long, value_name = "WHAT", value_enum, conflicts_with_all = ["source", "sink"])]
    pub generate: Option<Generate>,
}

impl Cli {
    /// Where bytes come from, one after the other; there is at least one.
    #[must_use]
    pub fn sources(&self) -> Vec<&OsStr> {
        let first = std::iter::once(&self.source);
        // The last of several is the SINK, so that the second is a SOURCE.
        let second = self.sink.iter().filter(|_| !self.more.is_empty());
        let others = self.more.iter().rev().skip(1).rev();
        let all = first.chain(second).chain(others);
        all.map(OsString::as_os_str).collect()
    }

    /// Where bytes go, if that is given.
    #[must_use]
    pub fn last_sink(&self) -> Option<&OsStr> {
        let last = self.more.last().or(self.sink.as_ref());
        last.map(OsString::as_os_str)
    }
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
const WITHOUT_VARIABLE: [&str; 12] = [
    "tee",
    "duplex",
    "resume",
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
            "tee",
            "duplex",
            "resume",
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
