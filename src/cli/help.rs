//! Both help screens, drawn for 80 columns from the declaration and the endpoint table: `-h` is one screen of what is
//! used most, `--help` is everything there is to look up.

use super::declared::{
    default, equals, headings, is_other, names, only_side, placeholder, under, values,
};
use super::flags::{declaration, with_variable};
use super::left_out;
use crate::endpoint::{KINDS, OptionSpec, SINK_OPTIONS};
use crate::error::Side;
use crate::show::Theme;
use crate::text::wrap::wrapped;
use clap::builder::PossibleValue;
use clap::builder::styling::Style;
use clap::{Arg, Command};
use std::fmt::Write;
use std::io::{self, IsTerminal};

const WIDTH: usize = 80;

/// Where the explanations of flags and endpoints start.
const COLUMN: usize = 30;

/// Where the explanations of SOURCE, SINK and other short words start.
const NARROW: usize = 10;

/// What stands out on a screen.
#[derive(Debug, Clone, Copy, Default)]
struct Styles {
    heading: Style,
    /// What is typed as it stands.
    literal: Style,
}

impl Styles {
    /// Those of a terminal.
    const SEEN: Self = Self {
        heading: Style::new().bold().underline(),
        literal: Style::new().bold(),
    };

    /// Those for standard output.
    fn of_stdout() -> Self {
        let term = std::env::var_os("TERM");
        let can_show = term.is_some_and(|term| !term.is_empty() && term != "dumb");
        if can_show && io::stdout().is_terminal() && Theme::from_environment().colour {
            Self::SEEN
        } else {
            Self::default()
        }
    }
}

/// The declaration with the variables of the flags and its help screens, in plain text.
#[must_use]
pub fn command() -> Command {
    with_screens(declaration().mut_args(with_variable), Styles::default())
}

/// The declaration with its help screens, as they are to be printed on standard output.
pub(super) fn command_for_stdout() -> Command {
    with_screens(declaration(), Styles::of_stdout())
}

/// Gives the declaration its help screens. clap lays out only what stands above them.
fn with_screens(command: Command, styles: Styles) -> Command {
    let command = command.mut_args(left_out::hidden);
    let mut built = command.clone();
    built.build();
    let Styles { heading, .. } = styles;
    command
        .help_template(format!(
            "{{about-with-newline}}\n{heading}Usage:{heading:#} {{usage}}{{after-help}}"
        ))
        .after_help(short(&built, styles))
        .after_long_help(long(&built, styles))
}

fn short(command: &Command, styles: Styles) -> String {
    let mut screen = Screen::new(styles);
    screen.row(NARROW, "SOURCE", &forms(Side::Source));
    screen.row(NARROW, "SINK", &forms(Side::Sink));
    for heading in headings(command) {
        screen.heading(heading);
        for argument in under(command, heading).filter(|it| !it.is_hide_short_help_set()) {
            screen.flag(argument, Detail::OneLine);
        }
    }
    screen.heading("Examples");
    screen.lines(SHORT_EXAMPLES);
    screen.lines(SHORT_END);
    screen.text
}

fn long(command: &Command, styles: Styles) -> String {
    let mut screen = Screen::new(styles);
    screen.row(
        NARROW,
        "SOURCE",
        "what to read from, one after the other: endpoints, see below [default: -]",
    );
    screen.row(
        NARROW,
        "SINK",
        "what to write to: an endpoint, see below [default: -]",
    );
    for heading in headings(command) {
        screen.heading(heading);
        for argument in under(command, heading) {
            screen.flag(argument, Detail::Values);
        }
    }
    screen.heading("Other");
    for argument in command.get_arguments().filter(|it| is_other(it)) {
        screen.flag(argument, Detail::Values);
    }
    screen.endpoints();
    for (heading, lines) in SECTIONS {
        screen.heading(heading);
        screen.lines(lines);
    }
    screen.text
}

/// What an end on this side can be.
fn forms(side: Side) -> String {
    let word = match side {
        Side::Source => "read from",
        Side::Sink => "write to",
    };
    let kinds = KINDS
        .iter()
        .filter(|kind| only_side(kind).is_none_or(|only| only == side))
        .map(|kind| kind.form);
    let forms: Vec<_> = ["-", "PATH"].into_iter().chain(kinds).collect();
    format!("{word} {} [default: -]", forms.join(", "))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Detail {
    OneLine,
    Values,
}

struct Screen {
    text: String,
    styles: Styles,
}

impl Screen {
    fn new(styles: Styles) -> Self {
        Self {
            text: String::new(),
            styles,
        }
    }

    fn heading(&mut self, text: &str) {
        let style = self.styles.heading;
        // Writing to a string does not fail, here and below.
        let _ = write!(self.text, "\n{style}{text}:{style:#}\n");
    }

    fn lines(&mut self, lines: &str) {
        self.text.push_str(lines);
    }

    /// A word, and its explanation, all lines of which start at the column.
    fn row(&mut self, column: usize, left: &str, right: &str) {
        let style = self.styles.literal;
        let indent = left.len() - left.trim_start().len() + 2;
        let left = left.trim_start();
        let _ = write!(self.text, "{:indent$}{style}{left}{style:#}", "");
        let mut at = indent + left.len();
        if at + 2 > column && !right.is_empty() {
            self.text.push('\n');
            at = 0;
        }
        for line in wrapped(right, WIDTH - column) {
            let gap = column - at;
            let line = line.replace(UNBROKEN, " ");
            let _ = writeln!(self.text, "{:gap$}{line}", "");
            at = 0;
        }
    }

    fn flag(&mut self, argument: &Arg, detail: Detail) {
        let indent = if argument.get_short().is_some() {
            ""
        } else {
            "    "
        };
        let left = format!("{indent}{} {}", names(argument), placeholder(argument));
        let mut right = argument
            .get_help()
            .map(ToString::to_string)
            .unwrap_or_default();
        let values = values(argument);
        if detail == Detail::OneLine && !values.is_empty() {
            let names: Vec<_> = values.iter().map(PossibleValue::get_name).collect();
            let _ = write!(right, ": {}", names.join(", "));
        } else if let Some(default) = default(argument) {
            let _ = write!(right, " {}", together(&format!("[default: {default}]")));
        }
        let (other_names, more) = other_names(argument);
        if detail == Detail::Values {
            for alias in more {
                let _ = write!(right, " {}", together(&format!("[alias: --{alias}]")));
            }
        }
        self.row(COLUMN, left.trim_end(), &right);
        for name in other_names {
            let left = format!("{name} {}", placeholder(argument));
            self.row(COLUMN, &left, &format!("The same as {}", names(argument)));
        }
        let values = values.into_iter();
        for value in values.filter(|_| detail == Detail::Values) {
            let help = value
                .get_help()
                .map(ToString::to_string)
                .unwrap_or_default();
            let left = format!("{:1$}{2}", "", COLUMN - 2, value.get_name());
            self.row(COLUMN + NARROW, &left, &help);
        }
    }

    fn endpoints(&mut self) {
        self.heading("Endpoints");
        self.row(COLUMN, "-", "standard input or standard output");
        self.row(
            COLUMN,
            "PATH",
            "a file, FIFO or device; write ./a:b if there is a colon in its name",
        );
        for kind in KINDS {
            let summary = on(only_side(kind), kind.summary);
            self.row(COLUMN, kind.form, &summary);
            for option in kind.options {
                self.option_of_end(option, &on(option.only, option.help));
            }
        }
        self.row(COLUMN, "every SINK", "one of several, see --tee");
        for option in SINK_OPTIONS {
            self.option_of_end(option, option.help);
        }
        self.lines(OPTION_SYNTAX);
    }

    fn option_of_end(&mut self, option: &OptionSpec, help: &str) {
        let mut help = help.to_owned();
        if option.value.repeats() {
            help.push_str(" [repeatable]");
        }
        if !option.default.is_empty() {
            let default = format!("[default: {}]", option.default);
            let _ = write!(help, " {}", together(&default));
        }
        let left = format!("  #{}{}", option.name, equals(option));
        self.row(COLUMN, &left, &help);
    }
}

/// Other names that a flag has both in short and long, `-B, --buffer`, and its other long names. The first short one and the
/// first long one belong together, and so on.
fn other_names(argument: &Arg) -> (Vec<String>, Vec<&str>) {
    let shorts = argument.get_visible_short_aliases().unwrap_or_default();
    let mut longs = argument.get_visible_aliases().unwrap_or_default();
    let more = longs.split_off(shorts.len().min(longs.len()));
    let pairs = shorts.iter().zip(longs);
    let pairs = pairs.map(|(short, long)| format!("-{short}, --{long}"));
    (pairs.collect(), more)
}

/// Says which side it is for, if it is for one alone.
fn on(only: Option<Side>, text: &str) -> String {
    match only {
        Some(side) => format!("{} only: {text}", side.name().to_uppercase()),
        None => text.to_owned(),
    }
}

/// A space at which no line is broken.
const UNBROKEN: char = '\u{a0}';

fn together(text: &str) -> String {
    text.replace(' ', "\u{a0}")
}

const SHORT_EXAMPLES: &str = "  \
  tidegate disk.img copy.img
  tar c src | tidegate | gzip >src.tar.gz
  tidegate tcp-listen://:9000 copy.img        # on one machine, and then
  tidegate disk.img tcp://host:9000           # on another
";

const SHORT_END: &str = "
SIZE: 512, 64K, 1.5MiB, 10MB.  RATE: 10M, 80Mbit.  D: 500ms, 10s, 2m.
All flags, and options as in file:PATH#atomic: tidegate --help, man tidegate.
";

const OPTION_SYNTAX: &str =
    "  Options follow a '#', separated by commas: tcp://host:9000#nodelay,retry=3
";

const SECTIONS: &[(&str, &str)] = &[
    (
        "Sizes and durations",
        "  \
  SIZE    512, 64K, 1.5MiB, 10MB, in bytes. K M G T and KiB MiB GiB TiB are
          1024-based, KB MB GB TB 1000-based. Upper and lower case are the same,
          but 10Mb is refused, as it could mean 10MB or 10Mbit.
  RATE    a SIZE for each second, or bits for each second: 10M, 80Mbit, 10M/s
  D       500ms, 10s, 2m; a number alone is seconds
",
    ),
    (
        "Exit status",
        "  \
  0       everything was read and delivered
  1       reading, writing or a transform failed; a connection was reset; the
          digests could not be written to their file
  2       the command line is wrong; SOURCE and SINK, or another file that would
          be written, are the same file
  3       the bytes are not as expected: --expect-size, a digest, min-size, or a
          connection without a byte for a file that is not empty
  4       a timeout: connect-timeout, accept-timeout or --idle-timeout
  129, 130, 143
          ended by SIGHUP, SIGINT (^C) or SIGTERM; 128 + N by another signal N
  141     whatever read our output has stopped reading (SIGPIPE)
",
    ),
    (
        "Signals and environment",
        "  \
  SIGUSR1 prints how the transfer stands, in one line. Most flags can be set by
  a variable: TIDEGATE_HIGH_WATER_MARK=64M is -H 64M. Flags that run a program,
  write a file or choose what is done cannot. NO_COLOR is honoured.
",
    ),
    (
        "Examples",
        "  \
  tidegate disk.img copy.img                               # copy a file
  tar c src | tidegate | ssh host 'tar x'                  # in a pipeline
  tidegate tcp-listen://:9000 file:disk.img#atomic,sync    # on the receiver
  tidegate disk.img tcp://receiver:9000                    # on the sender
  tidegate disk.img 'null:#rate=10M'                       # test a slow reader
",
    ),
];
