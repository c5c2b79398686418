//! Few descriptors, few threads, little memory: whatever the limit, a transfer either delivers every byte, or ends with a
//! line that names what there was not enough of.

use crate::live::untested;
use crate::tide::{Cmd, Done, Scratch, noise};
use assert_cmd::cargo::cargo_bin;
use std::fs::Permissions;
use std::io::Read as _;
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;

const DESCRIPTORS: &[&str] = &["too many open files (ulimit -n)"];
const THREADS: &[&str] = &["no more threads or processes are allowed (ulimit -u"];
const MEMORY: &[&str] = &["not enough memory", "no memory for"];

/// A transfer of `src` to where it arrives as it was.
struct Row {
    args: &'static str,
    /// It has records, without which a transfer goes on after a line that says so.
    has_records: bool,
    /// It runs programs, which may say something themselves and fail by themselves.
    has_programs: bool,
}

const fn row(args: &'static str) -> Row {
    Row {
        args,
        has_records: false,
        has_programs: false,
    }
}

/// Those whose road depends on what is asked for.
const PLAIN: [Row; 9] = [
    row("src out"),
    row("src file:out#atomic,sync"),
    row("src -"),
    row("- out"),
    row("src tcp-listen://127.0.0.1:0"),
    row("--control c src out"),
    Row {
        has_records: true,
        ..row("--stats s src out")
    },
    row("--plot p.svg src file:out#atomic"),
    row("src --tee file:a#atomic --tee null: file:out#atomic"),
];

/// Those that take the buffered road anyway. None leaves anything of a file that it has not finished.
const TRANSFORMED: [Row; 8] = [
    Row {
        has_programs: true,
        ..row("-t exec=cat src file:out#atomic")
    },
    row("-t gzip -t gunzip src file:out#atomic"),
    row("-t zstd -t unzstd src file:out#atomic"),
    row("-t xz=0 -t unxz src file:out#atomic"),
    row("-t lz4 -t unlz4 src file:out#atomic"),
    row("-t bzip2=1 -t bunzip2 src file:out#atomic"),
    row("-t brotli=1 -t unbrotli src file:out#atomic"),
    row("-t lines -t hex -t unhex src file:out#atomic"),
];

fn rows() -> impl Iterator<Item = &'static Row> {
    let transformed = TRANSFORMED.iter().filter(|_| crate::tide::road() == "auto");
    PLAIN.iter().chain(transformed)
}

/// A scratch directory that others may use as well, with a source in it.
struct Place {
    it: Scratch,
    src: Vec<u8>,
}

impl Place {
    fn new() -> Self {
        let (it, src) = (Scratch::new(), noise(300_000));
        it.write("src", &src);
        open_to_all(&it);
        Self { it, src }
    }

    /// Runs a row under a limit, and judges how it ended: whether it has delivered every byte, or named what there was not
    /// enough of, one of `names`.
    #[track_caller]
    fn succeeds(&self, row: &Row, limited: Cmd, limit: &str, names: &[&str]) -> bool {
        for name in self.it.names().iter().filter(|name| *name != "src") {
            std::fs::remove_file(self.it.path(name)).unwrap();
        }
        let limited = match row.args {
            "- out" => limited.input(&*self.src),
            _ => limited,
        };
        let mut running = limited.start();
        let received = row.args.contains("tcp-listen").then(|| {
            let address = running.line_if_any()?;
            let mut peer = TcpStream::connect(address.strip_prefix("listening on ")?).ok()?;
            let mut received = Vec::new();
            // It is reset where the transfer fails.
            let _ = peer.read_to_end(&mut received);
            Some(received)
        });
        let done = running.done();
        let shown = format!("{limit}: tidegate {}: {:?}", row.args, done.stderr);
        let left = self.it.names().into_iter();
        let left: Vec<_> = left.filter(|it| it.contains("tmp") || it == "c").collect();
        assert!(left.is_empty(), "{shown}: left {left:?}");
        let said = Said::by(&done);
        match done.code() {
            0 => {
                let names_records = row.has_records && said.names(row, names).is_ok();
                assert!(said.is_nothing() || names_records, "{shown}");
                let got = match (received.flatten(), row.args) {
                    (Some(received), _) => received,
                    (None, "src -") => done.stdout,
                    (None, _) => self.it.read("out"),
                };
                assert!(got == self.src, "{shown}: {} bytes", got.len());
                true
            }
            1 => {
                said.names(row, names)
                    .unwrap_or_else(|why| panic!("{shown}: {why}"));
                false
            }
            code => panic!("{shown}: exit {code}"),
        }
    }
}

/// Lines of standard error.
struct Said<'a> {
    ours: Vec<&'a str>,
    others: Vec<&'a str>,
}

impl<'a> Said<'a> {
    fn by(done: &'a Done) -> Self {
        // A program may be in the middle of a line of its own.
        let lines = done
            .stderr
            .lines()
            .map(|line| match line.find("tidegate: ") {
                Some(at) if line.starts_with("sh: ") => &line[at..],
                _ => line,
            });
        let lines = lines.filter(|line| !line.starts_with("listening on "));
        let (ours, others) = lines.partition(|line| line.starts_with("tidegate: "));
        Self { ours, others }
    }

    fn is_nothing(&self) -> bool {
        self.ours.is_empty() && self.others.is_empty()
    }

    fn names(&self, row: &Row, names: &[&str]) -> Result<(), &'static str> {
        if !(self.others.is_empty() || row.has_programs) {
            return Err("these are no lines of ours");
        }
        if !(self.ours.len() == 1 || row.has_records && self.ours.len() == 2) {
            return Err("this is not one line");
        }
        let is_named = |line: &str| names.iter().any(|name| line.contains(name));
        let by_itself = |line: &str| row.has_programs && line.contains("command");
        let lines = &self.ours;
        let all = lines.iter().all(|line| is_named(line) || by_itself(line));
        all.then_some(())
            .ok_or("what there was not enough of is not named")
    }
}

#[apply(on_both_roads)]
fn few_descriptors_are_enough_or_named() {
    let place = Place::new();
    for row in rows() {
        let succeeds = |most: &u32| {
            let line = format!("ulimit -n {most}; exec $T {}", row.args);
            let limit = format!("{most} descriptors");
            place.succeeds(row, place.it.sh(&line), &limit, DESCRIPTORS)
        };
        let enough: Vec<_> = (4..24).chain([40]).filter(succeeds).collect();
        // What is enough is enough with more of them: nothing takes the last that others need.
        let least = enough
            .first()
            .copied()
            .expect("it succeeds with 40 of them");
        let all: Vec<_> = (least..24).chain([40]).collect();
        assert_eq!(enough, all, "{}", row.args);
    }
}

#[apply(on_both_roads)]
fn a_host_that_cannot_be_looked_up_for_want_of_descriptors_is_not_said_to_be_unknown() {
    let it = Scratch::new();
    for most in 4..20 {
        let line = format!("ulimit -n {most}; exec $T tcp://localhost:1 out");
        let done = it.sh(&line).run().fails_saying(1, &[]);
        let said = done.stderr;
        let parts = [DESCRIPTORS[0], "Connection refused"];
        assert!(
            parts.iter().any(|part| said.contains(part)),
            "{most}: {said}"
        );
    }
}

#[apply(on_both_roads)]
fn little_memory_is_enough_or_named() {
    let place = Place::new();
    let starts = |kib: &u32| {
        let line = format!("ulimit -v {kib}; exec $T --version");
        place.it.can(&line)
    };
    // Below that the system does not get so far as to start it.
    let least = (8000..400_000)
        .step_by(1000)
        .find(starts)
        .expect("it starts");
    let steps = (0..12).map(|n| n * 700);
    let steps = steps.chain((0..12).map(|n| 9000 + n * 1900));
    let steps: Vec<_> = steps.chain([50_000, 100_000, 200_000, 400_000]).collect();
    for row in rows() {
        let succeeds = |more: &u32| {
            let kib = least + more;
            let line = format!("ulimit -v {kib}; exec $T {}", row.args);
            place.succeeds(row, place.it.sh(&line), &format!("{kib} KiB"), MEMORY)
        };
        let enough: Vec<_> = steps.iter().copied().filter(succeeds).collect();
        assert!(enough.contains(&400_000), "{}: {enough:?}", row.args);
        assert!(!enough.contains(&0), "{}", row.args);
    }
}

/// Marks and chunks that no machine can hold. Twice the first is beyond 64 bits, and so is the sum of any two.
const TOO_LARGE: [&str; 7] = [
    "-H 18446744073709551615",
    "-H 9223372036854775809 -c 16777215T",
    "--read-high-water-mark 18446744073709551615",
    "--write-high-water-mark 16777215T",
    "-H 64T -c 64T --low-water-mark 1K",
    "-H 64T -t hex -t unhex",
    "-c 18446744073709551615",
];

#[apply(on_both_roads)]
fn buffers_larger_than_memory_are_as_large_as_there_is_memory_for_and_that_is_said() {
    let (it, src) = (Scratch::new(), noise(300_000));
    it.write("src", &src);
    for flags in TOO_LARGE {
        let line = format!("exec $T --summary always --stats s {flags} src out");
        let done = it.sh(&line).run().exits(0);
        let flag = flags.split(' ').next().unwrap();
        let flag = flag.replace("-H", "--high-water-mark");
        let flag = flag.replace("-c", "--chunk-size");
        let warning = format!("tidegate: warning: {flag} ");
        assert!(
            done.stderr.starts_with(&warning),
            "{flags}: {}",
            done.stderr
        );
        assert!(it.read("out") == src, "{flags}");
        let explained = it
            .sh(&format!("$T --explain {flags} src out"))
            .run()
            .exits(0);
        let explained = String::from_utf8(explained.stdout).unwrap();
        assert!(
            explained.contains("is more than there is memory for"),
            "{flags}: {explained}"
        );
    }
}

#[apply(on_both_roads)]
fn buffers_that_cannot_be_had_are_an_error_before_the_sink_is_touched() {
    let (it, src) = (Scratch::new(), noise(8_000_000));
    it.write("src", &src);
    for flags in TOO_LARGE {
        let mut ends = Vec::new();
        for kib in (24_000..110_000).step_by(10_000) {
            let limited = format!("ulimit -v {kib}; exec $T --road buffered {flags}");
            for sink in ["out", "file:out#atomic"] {
                it.write("out", "old");
                let done = it.sh(&format!("{limited} --control c src {sink}")).run();
                let shown = format!("{kib} KiB: {flags} {sink}: {:?}", done.stderr);
                let said = done.stderr.lines();
                let errors = said.filter(|line| !line.starts_with("tidegate: warning: "));
                let errors: Vec<_> = errors.collect();
                assert_eq!(it.names(), ["out", "src"], "{shown}");
                match done.code() {
                    0 => assert!(it.read("out") == src && errors.is_empty(), "{shown}"),
                    1 => {
                        assert!(it.read("out") == b"old", "{shown}");
                        assert_eq!(errors.len(), 1, "{shown}");
                        assert!(errors[0].contains(MEMORY[0]), "{shown}");
                    }
                    code => panic!("{shown}: exit {code}"),
                }
                ends.push(done.code());
            }
        }
        assert!(ends.contains(&0) && ends.contains(&1), "{flags}: {ends:?}");
    }
}

/// Users that have no other processes, one for each run: what has ended may be counted for a while.
struct Users {
    /// Where they find tidegate.
    place: Scratch,
    next: u32,
}

impl Users {
    /// `None`: there are none here, which is said aloud.
    fn find(offset: u32) -> Option<Self> {
        let place = Scratch::new();
        let program = cargo_bin!("tidegate");
        std::fs::copy(program, place.path("tidegate")).unwrap();
        open_to_all(&place);
        let next = 20_000 + std::process::id() % 64 * 512 + offset;
        let mut users = Self { place, next };
        let it = Scratch::new();
        let can = users.limited(&it, 40, "--version").run().code() == 0;
        if !can {
            untested("few threads: no setpriv, or not the privilege to be another user");
        }
        can.then_some(users)
    }

    /// tidegate as a user of his own with so many threads and processes in all.
    fn limited(&mut self, it: &Scratch, most: u32, args: &str) -> Cmd {
        let id = self.next;
        self.next += 1;
        let user = format!("setpriv --reuid {id} --regid {id} --clear-groups");
        let line = format!("exec {user} bash -c 'ulimit -u {most}; exec $T {args}'");
        it.sh(&line).env("T", self.place.path("tidegate"))
    }
}

fn open_to_all(place: &Scratch) {
    std::fs::set_permissions(place.path(""), Permissions::from_mode(0o777)).unwrap();
}

#[apply(on_both_roads)]
fn few_threads_are_enough_or_named() {
    let place = Place::new();
    let Some(mut users) = Users::find(0) else {
        return;
    };
    for row in rows() {
        let succeeds = |most: &u32| {
            let limited = users.limited(&place.it, *most, row.args);
            place.succeeds(row, limited, &format!("{most} threads"), THREADS)
        };
        let enough: Vec<_> = (1..10).chain([40]).filter(succeeds).collect();
        assert!(enough.contains(&40), "{}: {enough:?}", row.args);
        assert!(!enough.contains(&1), "{}: {enough:?}", row.args);
    }
}

#[apply(on_both_roads)]
fn what_is_done_side_by_side_goes_on_with_fewer_threads_or_none_beside() {
    // Transforms take this road anyway.
    let users = (crate::tide::road() == "auto").then(|| Users::find(256));
    let Some(mut users) = users.flatten() else {
        return;
    };
    let it = Scratch::new();
    open_to_all(&it);
    let src = noise(5_000_000);
    it.write("src", &src);
    it.tide(["-t", "xz=0,workers:3", "src", "src.xz"])
        .run()
        .succeeds();
    // Two of our own, those of the ends, and that of the transform.
    for most in 5..7 {
        for (compress, undo) in [
            ("gzip=1,workers:8", "gunzip"),
            ("zstd=1,workers:8", "unzstd"),
            ("xz=0,workers:8", "unxz"),
            ("lz4=workers:8", "unlz4"),
            ("bzip2=1,workers:8", "bunzip2"),
        ] {
            let args = format!("-t {compress} src -");
            let done = users.limited(&it, most, &args).run().succeeds();
            it.write("compressed", done.stdout);
            it.tide(["-t", undo, "compressed"])
                .run()
                .succeeds()
                .prints(&src);
        }
        let args = "-t unxz=workers:8 src.xz -";
        users.limited(&it, most, args).run().succeeds().prints(&src);
    }
}
