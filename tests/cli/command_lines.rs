//! Command lines that nobody would write. Whatever stands in them, tidegate ends in time and by a status that is documented,
//! and nothing of it stays behind: no process, no temporary file, no socket.
//!
//! They are made at random from what the binary declares, so that a new flag, end, option or transform is among them. How
//! long they are tried is told by `COMMAND_LINES_S`, in seconds.

use crate::harm;
use crate::tide::{Cmd, DEADLINE, Done, Running, Scratch};
use clap::{Arg, Command};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::UnixListener;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};
use tidegate::endpoint::{KINDS as ENDS, Slashes};
use tidegate::transform::KINDS as TRANSFORMS;

/// How long they are tried where nobody says how long, in seconds.
const USUALLY: u64 = 5;

/// How many are tried side by side.
const SIDE_BY_SIDE: usize = 2;

/// Time in which most have ended by themselves; the others are told to.
const SOON: Duration = Duration::from_millis(150);

/// In the environment of a command and of whatever it starts.
const MARK: &str = "COMMAND_LINE_OF";

/// Numbers, sizes, rates, durations and words, right and wrong, near every bound.
const VALUES: [&str; 54] = [
    "",
    " ",
    "-",
    "--",
    "0",
    "1",
    "2",
    "3",
    "7",
    "9",
    "-1",
    "+1",
    "1.5",
    "1e9",
    "0x10",
    "nan",
    "٣",
    "255",
    "256",
    "4096",
    "65535",
    "65536",
    "4294967295",
    "9223372036854775807",
    "9223372036854775809",
    "18446744073709551615",
    "18446744073709551616",
    "16777215T",
    "64G",
    "1G",
    "1M",
    "100K",
    "1kb",
    "10Mb",
    "10Mbit",
    "1bit",
    "0.1K",
    "1ms",
    "20ms",
    "1s",
    "5M",
    "1h",
    "584542046y",
    "none",
    "auto",
    "kernel",
    "buffered",
    "json",
    "always",
    "status",
    "{percent} {rate}",
    "{",
    "@in",
    "workers:0",
];

/// What may stand where a file is named. Nothing outside of the scratch directory is changed by any of them.
const PATHS: [&str; 32] = [
    "in",
    "out",
    "empty",
    "new",
    "dir",
    "dir/new",
    "no/such",
    "fifo",
    "socket",
    "link",
    "loop",
    "-",
    "stdin:",
    "stdout:",
    "fd:0",
    "fd:1",
    "fd:2",
    "fd:3",
    "fd:99",
    "fd:-1",
    "/dev/null",
    "/dev/zero",
    "/dev/full",
    "/dev/stdin",
    "/dev/stdout",
    "/dev/fd/0",
    "/proc/self/fd/1",
    "/proc/self/status",
    "a:b",
    "x.svg",
    "x.html",
    ".",
];

/// Hosts and ports, none of them of another machine.
const HOSTS: [&str; 9] = [
    "//127.0.0.1:1",
    "//127.0.0.1:0",
    "//[::1]:0",
    "//:0",
    "//localhost:1",
    "//127.0.0.1:65536",
    "//127.0.0.1",
    "//",
    "//a b:1",
];

/// Commands for `exec`, none of which harms anything: they end, fail, die, take nothing, give too much, or never end.
const COMMANDS: [&str; 9] = [
    "cat",
    "true",
    "exit 7",
    "kill -9 $$",
    "head -c 1",
    "yes",
    "sleep 1000",
    "no-such-command",
    "trap '' TERM; sleep 1000",
];

/// One of them, and what surrounds it.
#[derive(Debug, Clone)]
struct Line {
    args: Vec<OsString>,
    /// A variable that sets a flag.
    variable: Option<(String, OsString)>,
    stdin: Stdin,
    stdout: Stdout,
    /// The limit of the address space, in KiB.
    memory: Option<u32>,
    descriptors: u32,
}

#[derive(Debug, Clone, Copy)]
enum Stdin {
    Closed,
    Empty,
    Bytes(usize),
    /// It never ends.
    Open,
}

#[derive(Debug, Clone, Copy)]
enum Stdout {
    Closed,
    Read,
    Full,
    File,
}

fn value() -> BoxedStrategy<OsString> {
    prop_oneof![
        6 => select(&VALUES[..]).prop_map(OsString::from),
        2 => path(),
        1 => select(harm::texts()),
        1 => "[0-9]{1,22}[KMGTkmgtBbi/s]{0,3}".prop_map(OsString::from),
        1 => "[a-z0-9=:,#{}%. -]{0,12}".prop_map(OsString::from),
    ]
    .boxed()
}

fn path() -> BoxedStrategy<OsString> {
    prop_oneof![
        8 => select(&PATHS[..]).prop_map(OsString::from),
        1 => select(harm::texts()),
    ]
    .boxed()
}

/// `NAME=VALUE`, or the name alone.
fn set(name: &'static str) -> impl Strategy<Value = OsString> {
    prop_oneof![
        1 => Just(OsString::from(name)),
        3 => value().prop_map(move |value| harm::joined(&[name.as_ref(), "=".as_ref(), &value])),
    ]
}

/// An end of any kind, with options of any kind.
fn end() -> BoxedStrategy<OsString> {
    let options: Vec<_> = ENDS.iter().flat_map(|kind| kind.options).collect();
    let names: Vec<_> = options.iter().map(|option| option.name).collect();
    let command = select(&COMMANDS[..]).prop_map(|command| format!("exec:{command}").into());
    let known = ENDS.iter().filter(|kind| kind.scheme != "exec");
    let known = known.map(|kind| {
        let options: Vec<_> = kind.options.iter().map(|option| option.name).collect();
        let options = if options.is_empty() {
            names.clone()
        } else {
            options
        };
        let options = select(options).prop_flat_map(set);
        let rest = rest(kind.slashes);
        let scheme = kind.scheme;
        (rest, prop::collection::vec(options, 0..2)).prop_map(move |(rest, options)| {
            let options = options.join(OsStr::new(","));
            let mark = if options.is_empty() { "" } else { "#" };
            harm::joined(&[
                scheme.as_ref(),
                ":".as_ref(),
                &rest,
                mark.as_ref(),
                &options,
            ])
        })
    });
    let known = select(known.map(Strategy::boxed).collect::<Vec<_>>());
    prop_oneof![
        3 => path(),
        6 => known.prop_flat_map(|end| end),
        1 => command,
        1 => value(),
    ]
    .boxed()
}

fn rest(slashes: Slashes) -> BoxedStrategy<OsString> {
    match slashes {
        Slashes::Required => prop_oneof![
            6 => select(&HOSTS[..]).prop_map(OsString::from),
            1 => value(),
        ]
        .boxed(),
        Slashes::Forbidden => prop_oneof![12 => Just(OsString::new()), 1 => value()].boxed(),
        Slashes::Optional => path(),
    }
}

fn transform() -> BoxedStrategy<OsString> {
    let command = select(&COMMANDS[..]).prop_map(|command| format!("exec={command}").into());
    let known = TRANSFORMS
        .iter()
        .filter(|kind| kind.name != "exec")
        .map(|kind| {
            let keys: Vec<_> = kind.keys.iter().map(|key| key.name).collect();
            let key = prop_oneof![2 => Just(None), 1 => (any::<Index>(), value()).prop_map(Some)];
            prop::collection::vec(key, 0..3).prop_map(move |set| {
                let set = set
                    .into_iter()
                    .flatten()
                    .map(|(at, value)| match &keys[..] {
                        [] => value,
                        keys => harm::joined(&[
                            keys[at.index(keys.len())].as_ref(),
                            ":".as_ref(),
                            &value,
                        ]),
                    });
                let set: Vec<_> = set.collect();
                let mark = if set.is_empty() { "" } else { "=" };
                harm::joined(&[
                    kind.name.as_ref(),
                    mark.as_ref(),
                    &set.join(OsStr::new(",")),
                ])
            })
        });
    let known = select(known.map(Strategy::boxed).collect::<Vec<_>>());
    prop_oneof![
        6 => known.prop_flat_map(|spec| spec),
        2 => command,
        1 => value(),
    ]
    .boxed()
}

/// A flag with what it takes, or with something else.
fn flag() -> BoxedStrategy<Vec<OsString>> {
    let command = tidegate::cli::command();
    let flags = command.get_arguments().filter(|it| it.get_long().is_some());
    let flags: Vec<_> = flags.map(|flag| one_flag(&command, flag)).collect();
    select(flags).prop_flat_map(|flag| flag).boxed()
}

fn one_flag(command: &Command, flag: &Arg) -> BoxedStrategy<Vec<OsString>> {
    let long = flag.get_long().unwrap_or_default();
    let name = OsString::from(format!("--{long}"));
    let possible: Vec<_> = flag
        .get_possible_values()
        .iter()
        .map(|it| it.get_name().to_owned())
        .collect();
    let value = match long {
        "transform" => transform(),
        "control" | "stats" | "trace" | "plot" | "digest-file" => path(),
        _ if !possible.is_empty() => {
            prop_oneof![4 => select(possible).prop_map(OsString::from), 1 => value()].boxed()
        }
        _ => {
            let good: Vec<_> = VALUES
                .iter()
                .filter(|value| takes(command, flag, value))
                .collect();
            let good = if good.is_empty() {
                VALUES.iter().collect()
            } else {
                good
            };
            prop_oneof![4 => select(good).prop_map(OsString::from), 1 => value()].boxed()
        }
    };
    if !flag.get_action().takes_values() {
        return Just(vec![name]).boxed();
    }
    let values = prop::collection::vec(value, least(flag));
    values
        .prop_map(move |values| [vec![name.clone()], values].concat())
        .boxed()
}

/// Whether the value is one of this flag, as far as it can be told without the others.
fn takes(command: &Command, flag: &Arg, value: &str) -> bool {
    let name = format!("--{}", flag.get_long().unwrap_or_default());
    let args = [vec!["tidegate", &name], vec![value; least(flag)]].concat();
    command.clone().try_get_matches_from(args).is_ok()
}

/// How many values it takes at least, if any.
fn least(flag: &Arg) -> usize {
    flag.get_num_args().map_or(1, |range| range.min_values())
}

fn variable() -> BoxedStrategy<(String, OsString)> {
    let command = tidegate::cli::command();
    let names = command
        .get_arguments()
        .filter_map(|flag| flag.get_env()?.to_str());
    let names: Vec<_> = names.map(str::to_owned).collect();
    // The system takes no NUL there.
    let value = value().prop_filter("a NUL", |value| !value.as_bytes().contains(&0));
    (select(names), value).boxed()
}

fn lines() -> impl Strategy<Value = Line> {
    let flags = prop::collection::vec(flag(), 0..4);
    let ends = prop::collection::vec(end(), 0..3);
    let variable = prop_oneof![4 => Just(None), 1 => variable().prop_map(Some)];
    let stdin = prop_oneof![
        Just(Stdin::Closed),
        Just(Stdin::Empty),
        (1_usize..200_000).prop_map(Stdin::Bytes),
        Just(Stdin::Open),
    ];
    let stdout = select(vec![
        Stdout::Closed,
        Stdout::Read,
        Stdout::Read,
        Stdout::Full,
        Stdout::File,
    ]);
    let memory = prop_oneof![3 => Just(None), 1 => (30_000_u32..400_000).prop_map(Some)];
    let descriptors = prop_oneof![4 => Just(100_u32), 1 => 8_u32..24];
    let all = (flags, ends, variable, stdin, stdout, memory, descriptors);
    all.prop_map(
        |(flags, ends, variable, stdin, stdout, memory, descriptors)| Line {
            args: flags
                .into_iter()
                .flatten()
                .chain(ends)
                .map(without_nul)
                .collect(),
            variable,
            stdin,
            stdout,
            memory,
            descriptors,
        },
    )
}

fn without_nul(arg: OsString) -> OsString {
    let bytes = arg.into_vec().into_iter().filter(|byte| *byte != 0);
    OsString::from_vec(bytes.collect())
}

/// A directory with one of everything.
fn place() -> Scratch {
    let it = Scratch::new();
    it.write("in", b"hello\n".repeat(1000));
    it.write("out", "old");
    it.write("empty", "");
    std::fs::create_dir(it.path("dir")).unwrap();
    std::os::unix::fs::symlink("nowhere", it.path("link")).unwrap();
    std::os::unix::fs::symlink("loop", it.path("loop")).unwrap();
    drop(UnixListener::bind(it.path("socket")).unwrap());
    assert!(it.can("mkfifo fifo"));
    it
}

/// Starts it under its limits; a file that grows without end meets one as well.
fn start(it: &Scratch, line: &Line, mark: &str) -> Running {
    let (stdin, stdout) = (line.stdin, line.stdout);
    let redirected = match (stdin, stdout) {
        (Stdin::Closed, Stdout::Closed) => "<&- >&-",
        (Stdin::Closed, _) => "<&-",
        (_, Stdout::Closed) => ">&-",
        _ => "",
    };
    let memory = line
        .memory
        .map_or(String::new(), |kib| format!("ulimit -v {kib};"));
    let limits = format!("ulimit -f 2048; ulimit -n {}; {memory}", line.descriptors);
    let mut cmd = it.sh(&format!("{limits} exec \"$T\" \"$@\" {redirected}"));
    cmd.command.arg("bash").args(&line.args).env(MARK, mark);
    if let Some((name, value)) = &line.variable {
        cmd.command.env(name, value);
    }
    let cmd = fed(cmd, stdin);
    match stdout {
        Stdout::Full => cmd.stdout(std::fs::File::create("/dev/full").unwrap()),
        Stdout::File => cmd.stdout(std::fs::File::create(it.path("printed")).unwrap()),
        Stdout::Closed | Stdout::Read => cmd,
    }
    .start()
}

fn fed(cmd: Cmd, stdin: Stdin) -> Cmd {
    match stdin {
        Stdin::Closed | Stdin::Empty => cmd,
        Stdin::Bytes(n) => cmd.input(vec![b'x'; n]),
        Stdin::Open => cmd.open_input(),
    }
}

/// Runs it to its end, which is its own or asked for.
fn run(it: &Scratch, line: &Line, mark: &str) -> Done {
    let mut running = start(it, line, mark);
    let soon = Instant::now() + SOON;
    while Instant::now() < soon && running.child.try_wait().unwrap().is_none() {
        thread::sleep(Duration::from_millis(1));
    }
    if running.child.try_wait().unwrap().is_none() {
        running.signal("TERM");
    }
    running.done()
}

fn ends_well(line: &Line) -> Result<i32, TestCaseError> {
    let it = place();
    let mark = format!("{}", it.path("").display());
    let done = run(&it, line, &mark);
    let said = &done.stderr;
    let is_designed = [0, 1, 2, 3, 4, 141, 143].contains(&done.code());
    prop_assert!(is_designed, "exit {}: {said}", done.code());
    for word in ["panicked", "this is a bug", "RUST_BACKTRACE"] {
        prop_assert!(!said.contains(word), "{said}");
    }
    if done.code() == 2 {
        prop_assert!(done.stdout.is_empty(), "something was written: {said}");
    }
    let gone = Instant::now() + DEADLINE;
    while let Some(left) = process_of(&mark) {
        prop_assert!(Instant::now() < gone, "left running: {left}; {said}");
        thread::sleep(Duration::from_millis(5));
    }
    for entry in std::fs::read_dir(it.path("")).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name();
        let is_temporary = name.as_bytes().starts_with(b".tidegate-");
        let is_socket = entry.file_type().unwrap().is_socket() && name != "socket";
        prop_assert!(!is_temporary && !is_socket, "left behind: {name:?}; {said}");
    }
    Ok(done.code())
}

/// The command of a process that has this mark.
fn process_of(mark: &str) -> Option<String> {
    let wanted = format!("{MARK}={mark}");
    let processes = std::fs::read_dir("/proc").ok()?.flatten();
    processes.map(|it| it.path()).find_map(|process| {
        let environment = std::fs::read(process.join("environ")).ok()?;
        let mut variables = environment.split(|byte| *byte == 0);
        variables.any(|it| it == wanted.as_bytes()).then_some(())?;
        let command = std::fs::read(process.join("cmdline")).ok()?;
        Some(String::from_utf8_lossy(&command).replace('\0', " "))
    })
}

#[test]
fn whatever_is_typed_ends_in_time_by_a_documented_status_and_leaves_nothing_behind() {
    let seconds = std::env::var("COMMAND_LINES_S").ok();
    let seconds = seconds.map_or(USUALLY, |text| text.parse().expect("seconds"));
    let until = Instant::now() + Duration::from_secs(seconds);
    let ends = Mutex::new(BTreeMap::<i32, u32>::new());
    let try_some = || {
        let config = Config {
            cases: 10,
            failure_persistence: None,
            max_shrink_iters: 100,
            ..Config::default()
        };
        let lines = lines();
        while Instant::now() < until {
            let result = TestRunner::new(config.clone()).run(&lines, |line| {
                let code = ends_well(&line)?;
                *ends.lock().expect("no failure").entry(code).or_default() += 1;
                Ok(())
            });
            result.unwrap_or_else(|error| panic!("{error}"));
        }
    };
    thread::scope(|scope| {
        for _ in 0..SIDE_BY_SIDE {
            scope.spawn(try_some);
        }
    });
    let ends = ends.into_inner().expect("no failure");
    // Most are refused; what is tried is worth something only if others are not.
    assert!(ends.keys().any(|code| *code != 2), "{ends:?}");
    eprintln!("how often each exit status was the end of one: {ends:?}");
}
