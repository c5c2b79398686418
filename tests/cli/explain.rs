//! What `--explain` tells is what would happen.

use crate::ends::{From, SINKS, SOURCES, To, Transfer};
use crate::no_road::IMPOSSIBLE;
use crate::tide::{Done, Scratch, noise};

/// What was told: rows under sections.
pub(crate) struct Told(pub(crate) String);

impl Told {
    /// What must be a description, without a word on standard error.
    #[track_caller]
    pub(crate) fn by(done: Done) -> Self {
        let done = done.succeeds();
        Self(String::from_utf8(done.stdout).expect("UTF-8"))
    }

    /// The text of a row, in one line; of one that stands there several times, all of them.
    pub(crate) fn row(&self, section: &str, label: &str) -> String {
        let (mut here, mut taken) = ("", "");
        let mut texts = Vec::new();
        for line in self.0.lines() {
            if !line.starts_with(' ') {
                (here, taken) = (line, "");
                continue;
            }
            let (left, text) = line.split_at(14);
            if !left.trim().is_empty() {
                taken = left.trim();
            }
            if (here, taken) == (section, label) {
                texts.push(text);
            }
        }
        texts.join(" ")
    }

    #[track_caller]
    pub(crate) fn says(&self, section: &str, label: &str, part: &str) {
        let text = self.row(section, label);
        assert!(
            text.contains(part),
            "{section}: {label}: {text:?} lacks {part:?}\n{}",
            self.0
        );
    }
}

/// A directory with a file, an older one, an empty one and a FIFO.
pub(crate) fn scratch() -> Scratch {
    let it = Scratch::new();
    it.write("in", noise(100_000));
    it.write("out", "what was there before\n");
    it.write("empty", "");
    it.fifo("p");
    it
}

#[track_caller]
pub(crate) fn told(it: &Scratch, line: &str) -> Told {
    Told::by(it.sh(&format!("$T --explain {line}")).run())
}

/// Every line of the table is true.
#[track_caller]
fn tells(it: &Scratch, table: &str) {
    for row in table.lines() {
        let cells: Vec<_> = row.split(" | ").collect();
        let [line, section, label, part] = cells[..] else {
            panic!("{row}");
        };
        told(it, line).says(section, label, part);
    }
}

/// Command lines, and for each a section, a label in it, and a part of the text there.
const ENDS: &str = "\
in null: | source | now | a regular file of 97.66 KiB (100000 bytes)
in null: | source | size | 100000 bytes
in null: | source | typed | in
file:%69n null: | source | typed | file:%69n
file:%69n null: | source | parsed | the path in
empty null: | source | now | empty
/proc/self/status null: | source | now | a regular file that says it is empty
p null: | source | now | a FIFO
p null: | source | opening | waits for a writer
p null: | end | reached | no process has the pipe open for writing
--take 1 /dev/zero null: | source | now | a character device
missing null: | source | now | does not exist
- null: <in | source | parsed | standard input
fd:3 null: 3<in | source | parsed | the inherited descriptor 3
- null: < <(cat in) | source | now | a pipe
zero:#size=5 null: | source | options | size=5
zero: null: | source | defaults | size=endless
zero: null: | end | reached | never
random:#seed=7 null: | source | parsed | random bytes without end
in out | sink | effect | emptied
in empty | sink | effect | is empty already
in new | sink | now | does not exist
in new | sink | effect | made once both ends are open
in file:out#append | sink | effect | kept, and the bytes are added to its end
in file:out#atomic | sink | effect | then replaced
in file:out#create | sink | effect | left as it is
in out | sink | synced | nothing
in file:out#sync | sink | synced | the file, after the last byte
in file:out#sync | end | delivered | synced
in file:out#sync,atomic | sink | synced | its directory
in file:p#sync | sink | synced | only files and block devices
in p | sink | opening | waits for a reader
in /dev/null | sink | now | the null device
in fd:3 3>>out | sink | now | open for appending
in null:#rate=1M | sink | options | rate=1048576
in null: | end | delivered | written
in tcp://h.invalid:9 | sink | parsed | the host h.invalid, port 9
in tcp://h.invalid:9 | sink | opening | (not yet)
in tcp://h:9 | sink | defaults | connect-timeout=10s, close-timeout=10s
in tcp://h:9#retry=3 | sink | options | retry=3
in tcp://h:9#retry=3 | sink | opening | 3 times more
in tcp://h:9#close-timeout=2s | end | delivered | open for 2s
tcp://[::1]:9 out | source | parsed | the address ::1, port 9
tcp://[::1]:9 out | end | reached | FIN
tcp-listen://:0 out | source | parsed | every address of this machine
tcp-listen://:0 out | source | parsed | any free port
tcp-listen://127.0.0.1:9#accept-timeout=5s - | source | opening | for 5s at most
tcp-listen://:0#from=::1,from=10.0.0.0/8 - | source | options | from=::1, from=10.0.0.0/8
tcp-listen://:0#from=::1,from=10.0.0.0/8 - | source | opening | one peer of ::1 or 10.0.0.0/8
in tcp-listen://:0#from=::1 | sink | opening | one peer of ::1 for
tcp-listen://:0 out | source | defaults | min-size=1 to replace a file that is not empty
tcp-listen://:0 out | end | at least | without one it stays as it is
tcp-listen://:0#min-size=1K out | end | at least | 1024 bytes) from the source
";

#[test]
fn every_end_is_told_as_it_was_understood_and_as_it_is() {
    let it = scratch();
    tells(&it, ENDS);
}

/// As [`ENDS`].
const FLOWS: &str = "\
in out | buffers | marks | readable 1048576, writable 1048576, low 0 bytes
-H 64K --write-high-water-mark 9 in out | buffers | marks | readable 65536, writable 9,
--low-water-mark 4K in out | buffers | marks | low 4096
-c 4K in out | buffers | chunk | 4096 bytes
random: out | buffers | kept in | two buffers of our own
in null: | buffers | kept in | a pipe of our own
- out < <(cat in) | buffers | kept in | a pipe of our own
- null: < <(cat in) | buffers | kept in | the pipe in front of us
- out < <(cat in) | buffers | enlarged | to 1048576 bytes
in out | amount | rate | no limit
-L 10M --burst 1M in out | amount | rate | (10485760 bytes) a second
-L 10M --burst 1M in out | amount | rate | (1048576 bytes) after a wait
--skip 5 in out | amount | skip | 5 bytes, by seeking
--skip 5 p out | amount | skip | 5 bytes, read and dropped
--take 5 in out | amount | take | 5 bytes
in out | amount | expected | (100000 bytes): what is left of the source
--skip 5 in out | amount | expected | (99995 bytes): what is left of the source, less
--take 5 in out | amount | expected | 5 bytes: --take
--size 7 p out | amount | expected | 7 bytes: --size
--size @in p out | amount | expected | (100000 bytes): --size
--expect-size 7 in out | amount | expected | 7 bytes: --expect-size
--expect-size 7 in out | end | must be | 7 bytes in all
p out | amount | expected | not known
--idle-timeout 30s p out | end | idle | for 30s
in out | shown | progress | standard error is not a terminal
-p none in out | shown | progress | as asked for
-p line -i 5s in out | shown | progress | a line on standard error every 5s
-p line -v in out | shown | summary | at the end, up to three lines, with the road
--summary never -p line in out | shown | summary | none
-N nightly in out | shown | name | nightly
in out | shown | records | none
--stats new in out | shown | records | new: would be made; a sample every 1s
--stats empty in out | shown | records | empty: is empty already
--trace new in out | shown | trace | new: would be made; written at the end
--stats fd:3 -p json in out 3>&2 | shown | records | fd:3: written to as it is
-p json in out | shown | records | standard error: written to as it is
--control ctl in out | shown | control | ctl: would be made
in out | shown | control | by --tell PID, for you alone
";

#[test]
fn the_flow_is_told_with_what_it_depends_on() {
    let it = scratch();
    tells(&it, FLOWS);
}

#[test]
fn a_terminal_is_told_what_it_will_see() {
    let it = scratch();
    for (line, part) in [
        (
            "in null:",
            "a live display on standard error, drawn every 100ms",
        ),
        ("in /dev/tty", "the sink is this terminal"),
        ("- null:", "the source is a terminal"),
    ] {
        let screen = it
            .sh(&format!("$T --explain {line} >told"))
            .on_screen(80, 24);
        screen.done().exits(0);
        let told = Told(String::from_utf8(it.read("told")).expect("UTF-8"));
        told.says("shown", "progress", part);
    }
}

/// The end as it is typed for an explanation, with the redirection that goes with it.
fn source(from: From) -> (&'static str, &'static str) {
    match from {
        From::File => ("in", ""),
        From::StdinFile => ("-", "<in"),
        From::Fd => ("fd:3", "3<in"),
        From::StdinPipe => ("-", "< <(cat in)"),
        From::Fifo => ("p", ""),
        From::Connects => ("tcp://h.invalid:1", ""),
        From::Listens => ("tcp-listen://127.0.0.1:0", ""),
        From::Unix => ("unix:u", ""),
        From::Zero => ("zero:#size=100000", ""),
    }
}

/// As [`source`]. What stands on standard output then is the explanation.
fn sink(to: To) -> (&'static str, &'static str) {
    match to {
        To::NewFile => ("new", ""),
        To::OldFile => ("out", ""),
        To::Atomic => ("file:out#atomic", ""),
        To::StdoutFile => ("-", ">new"),
        To::Fd => ("fd:4", "4>new"),
        To::StdoutPipe => ("-", ""),
        To::Fifo => ("q", ""),
        To::Connects => ("tcp://127.0.0.1:1", ""),
        To::Listens => ("tcp-listen://:0", ""),
        To::Unix => ("unix-listen:v", ""),
        To::DevNull => ("/dev/null", ""),
        To::Null => ("null:", ""),
        To::Rate => ("null:#rate=1G", ""),
        To::Append => ("file:out#append", ""),
        To::StdoutAppend => ("-", ">>empty"),
    }
}

#[track_caller]
fn explained(from: From, to: To, flags: &str) -> Told {
    let it = scratch();
    it.fifo("q");
    let ((from, before), (to, behind)) = (source(from), sink(to));
    let done = it
        .sh(&format!(
            "$T --explain {flags} {from} {to} {before} {behind}"
        ))
        .run()
        .succeeds();
    let kept = match behind {
        ">new" => it.read("new"),
        ">>empty" => it.read("empty"),
        _ => done.stdout,
    };
    Told(String::from_utf8(kept).expect("UTF-8"))
}

#[test]
fn the_road_explained_is_the_road_taken_between_any_two_ends() {
    const FLAGS: [&str; 7] = [
        "",
        "-H 64K",
        "-H 2M",
        "--low-water-mark 4K",
        "--rate 1G",
        "--read-high-water-mark 64K",
        "--road buffered",
    ];
    for (nth, from) in SOURCES.into_iter().enumerate() {
        for (at, to) in SINKS.into_iter().enumerate() {
            // Every pair as it comes, and with one of the flags.
            for flags in [FLAGS[0], FLAGS[1 + (nth + at) % (FLAGS.len() - 1)]] {
                let transfer = Transfer { from, to, flags };
                let made = transfer.make(&from.data(100_000));
                let start = made.start.as_ref().expect("a start");
                let told = explained(from, to, flags);
                assert_eq!(
                    told.row("road", "taken"),
                    start["road"],
                    "{transfer:?}\n{}",
                    told.0
                );
                let calls = told.row("road", "calls");
                let Some(taken) = start["calls"].as_str() else {
                    assert_eq!(calls, "plain reads and writes", "{transfer:?}");
                    continue;
                };
                // A file system may refuse to copy by itself.
                let other = calls.strip_prefix("copy_file_range, or ").unwrap_or(&calls);
                let is_told = calls.starts_with(taken) || other.starts_with(taken);
                assert!(is_told, "{transfer:?}: {taken}\n{}", told.0);
            }
        }
    }
}

#[test]
fn every_reason_for_the_buffered_road_is_told() {
    let it = scratch();
    // Where standard output is the shell's to name, the description is not ours to see.
    for (line, why) in IMPOSSIBLE
        .into_iter()
        .filter(|(line, _)| !line.contains("in - >"))
    {
        let told = told(&it, line);
        told.says("road", "taken", "buffered");
        told.says("road", "why", why);
    }
    for (line, why) in [
        ("--road buffered in out", "--road buffered asks for it"),
        (
            "--read-high-water-mark 5 in out",
            "a buffer that only this road has",
        ),
        ("in null:#rate=5", "the SINK limits its own speed"),
        ("-H 2M random: out", "its bytes are made by this program"),
        ("-H 2M random: out", "a high-water mark above 1 MiB"),
    ] {
        told(&it, line).says("road", "why", why);
    }
}

#[test]
fn what_only_opening_can_tell_stands_behind_if() {
    let it = scratch();
    for (line, part) in [
        (
            "in out",
            "the kernel accepts the first call; otherwise buffered",
        ),
        (
            "p out",
            "the system lets the pipe in front of us hold 1048576 bytes; else",
        ),
        ("--road kernel in out", "else the transfer fails (exit 2)"),
    ] {
        told(&it, line).says("road", "if", part);
    }
    assert_eq!(told(&it, "random: out").row("road", "if"), "");
}

#[test]
fn the_description_has_its_sections_in_order_and_fits_in_100_columns() {
    let it = scratch();
    for line in [
        "in tcp://h:1",
        "random: p",
        "- -",
        "missing file:out#atomic,sync",
    ] {
        let told = told(&it, line);
        let sections: Vec<_> = told
            .0
            .lines()
            .skip(1)
            .filter(|it| it.starts_with(|c| c != ' '))
            .collect();
        let all = [
            "source", "sink", "road", "buffers", "amount", "end", "shown",
        ];
        assert_eq!(sections, all, "{line}");
        assert!(
            told.0.lines().all(|it| it.chars().count() <= 100),
            "{}",
            told.0
        );
    }
}
