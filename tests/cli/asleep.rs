//! Waiting costs nothing: neither a sink that takes nothing nor a source that gives nothing keeps a processor busy, and
//! what comes after a wait goes through at once.

use crate::live::{read_exactly, until};
use crate::peer::{Peer, Step, gate};
use crate::tide::{Running, Scratch, noise};
use std::io::{PipeReader, Read, pipe};
use std::sync::mpsc::Sender;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

const ROADS: [&str; 2] = ["kernel", "buffered"];

/// What comes after a long wait.
const LAST: &[u8] = b"last";

/// How often the threads of a command were woken so far, and how many ticks of 10 ms they have run.
fn work(running: &Running) -> (u64, u64) {
    let process = format!("/proc/{}", running.child.id());
    let tasks = std::fs::read_dir(format!("{process}/task")).expect("threads");
    let woken = tasks.flatten().map(|task| {
        let status = std::fs::read_to_string(task.path().join("status")).unwrap_or_default();
        let field = |name| status.lines().find_map(|line| line.strip_prefix(name));
        let count = field("voluntary_ctxt_switches:").unwrap_or_default();
        count.trim().parse().unwrap_or(0)
    });
    let woken: u64 = woken.sum();
    let stat = std::fs::read_to_string(format!("{process}/stat")).expect("a process");
    let fields: Vec<_> = stat
        .rsplit(") ")
        .next()
        .unwrap_or_default()
        .split(' ')
        .collect();
    // The 14th and 15th of all, of which two stand before (proc_pid_stat(5)).
    let ticks = fields[11..13]
        .iter()
        .filter_map(|it| it.parse::<u64>().ok());
    (woken, ticks.sum())
}

/// Waits until it moves nothing any more: it has not been woken for a while, but to look at the clock.
#[track_caller]
fn until_still(name: &str, running: &Running) {
    until(&format!("stillness of {name}"), || {
        let before = work(running);
        thread::sleep(Duration::from_millis(50));
        let now = work(running);
        (now.0 - before.0 <= 5 && now.1 == before.1).then_some(())
    });
}

/// They all sleep from now on, but for a look at the clock now and then.
#[track_caller]
fn sleep_soundly<'a>(all: impl Iterator<Item = (&'a str, &'a Running)> + Clone) {
    for (name, running) in all.clone() {
        until_still(name, running);
    }
    let before: Vec<_> = all.clone().map(|(_, running)| work(running)).collect();
    let began = Instant::now();
    thread::sleep(Duration::from_millis(500));
    for ((name, running), before) in all.zip(before) {
        let now = work(running);
        let (woken, ran) = (now.0 - before.0, now.1 - before.1);
        let looks = began.elapsed().as_millis() / 10;
        assert!(u128::from(woken) <= looks, "{name}: woken {woken} times");
        assert!(ran <= 4, "{name}: {ran} ticks");
    }
}

/// An end as the command line has it, `tcp` being the peer.
fn uri(end: &str, peer: std::net::SocketAddr) -> String {
    match end {
        "tcp" => format!("tcp://{peer}"),
        other => other.to_owned(),
    }
}

/// A transfer whose sink takes nothing.
struct HeldUp {
    name: String,
    running: Running,
    _held: (Scratch, Sender<()>, Peer, Peer, PipeReader),
}

impl HeldUp {
    fn new(road: &str, source: &str, sink: &str, data: &[u8]) -> Self {
        let (it, (open, held)) = (Scratch::new(), gate());
        it.write("in", data);
        let (near, near_at) = Peer::listens(vec![Step::Send(data.to_vec())]);
        let (far, far_at) = Peer::listens(vec![held]);
        let (out, stdout) = pipe().expect("a pipe");
        let args = ["--road", road, &uri(source, near_at), &uri(sink, far_at)];
        let running = it.tide(args).input(data).stdout(stdout).start();
        Self {
            name: format!("{road}: {source} to {sink}"),
            running,
            _held: (it, open, near, far, out),
        }
    }
}

/// Whether it has a thread of this name.
fn has_thread(running: &Running, name: &str) -> bool {
    let tasks = std::fs::read_dir(format!("/proc/{}/task", running.child.id())).expect("threads");
    let names = tasks
        .flatten()
        .map(|task| std::fs::read_to_string(task.path().join("comm")));
    names.flatten().any(|it| it.trim_end() == name)
}

#[apply(on_both_roads)]
fn a_transfer_has_no_thread_for_messages_before_it_says_something() {
    let it = Scratch::new();
    let mut quiet = it.tide(["-q"]).open_input().start();
    quiet.hears_signals();
    quiet.sleeps();
    assert!(!has_thread(&quiet, "stderr"));
    quiet.signal("USR1");
    quiet.line();
    assert!(has_thread(&quiet, "stderr"));
}

#[test]
fn a_sink_that_takes_nothing_is_waited_for_in_sleep() {
    let data = noise(16_000_000);
    for road in ROADS {
        let all = [
            ("zero:", "-"),
            ("in", "-"),
            ("-", "-"),
            ("tcp", "-"),
            ("zero:", "tcp"),
            ("in", "tcp"),
            ("-", "tcp"),
            ("tcp", "tcp"),
            ("zero:", "null:#stall=9:1h"),
            ("-", "null:#stall=9:1h"),
            ("tcp", "null:#stall=9:1h"),
        ]
        .map(|(source, sink)| HeldUp::new(road, source, sink, &data));
        sleep_soundly(all.iter().map(|it| (&*it.name, &it.running)));
    }
}

/// A transfer whose source gives nothing after a burst.
struct Quiet {
    name: String,
    source: &'static str,
    sink: &'static str,
    it: Scratch,
    running: Running,
    open: [Sender<()>; 2],
    _near: Peer,
    far: Peer,
    out: JoinHandle<Vec<u8>>,
}

impl Quiet {
    fn new(road: &str, source: &'static str, sink: &'static str, burst: &[u8]) -> Self {
        let (it, (open, held), (open_far, held_far)) = (Scratch::new(), gate(), gate());
        let near = vec![Step::Send(burst.to_vec()), held, Step::Send(LAST.to_vec())];
        let (near, near_at) = Peer::listens(near);
        let far = vec![Step::ReadExactly(burst.len()), held_far, Step::ReadAll];
        let (far, far_at) = Peer::listens(far);
        let (mut out, stdout) = pipe().expect("a pipe");
        let args = ["--road", road, &uri(source, near_at), &uri(sink, far_at)];
        let mut running = it.tide(args).open_input().stdout(stdout).start();
        let out = thread::spawn(move || {
            let mut got = Vec::new();
            out.read_to_end(&mut got).map(|_| got).expect("reading")
        });
        if source == "-" {
            running.feed(burst);
        }
        Self {
            name: format!("{road}: {source} to {sink}"),
            source,
            sink,
            it,
            running,
            open: [open, open_far],
            _near: near,
            far,
            out,
        }
    }

    /// The last word is said, and arrives behind the burst.
    #[track_caller]
    fn ends_with(mut self, whole: &[u8]) {
        drop(self.open);
        if self.source == "-" {
            self.running.feed(LAST);
        }
        self.running.end_of_input().succeeds();
        match self.sink {
            "-" => assert!(self.out.join().expect("a reader") == whole, "{}", self.name),
            "out" => assert!(self.it.read("out") == whole, "{}", self.name),
            "tcp" => drop(self.far.story().sees_the_end_after(whole)),
            _ => {}
        }
    }
}

#[test]
fn a_source_that_gives_nothing_is_waited_for_in_sleep_even_after_a_burst() {
    let burst = noise(3_000_000);
    let whole = [&burst, LAST].concat();
    for road in ROADS {
        let all = [
            ("-", "out"),
            ("-", "-"),
            ("-", "null:"),
            ("-", "tcp"),
            ("tcp", "out"),
            ("tcp", "-"),
            ("tcp", "null:"),
            ("tcp", "tcp"),
        ]
        .map(|(source, sink)| Quiet::new(road, source, sink, &burst));
        sleep_soundly(all.iter().map(|it| (&*it.name, &it.running)));
        for quiet in all {
            quiet.ends_with(&whole);
        }
    }
}

#[test]
fn a_little_after_much_goes_through_at_once() {
    for road in ROADS {
        let (it, (open, held), (_end, never)) = (Scratch::new(), gate(), gate());
        let burst = noise(5_000_000);
        let steps = vec![
            Step::Send(burst.clone()),
            held,
            Step::Send(LAST.to_vec()),
            never,
        ];
        let (_peer, address) = Peer::listens(steps);
        let (out, stdout) = pipe().expect("a pipe");
        let args = ["--road", road, &format!("tcp://{address}")];
        let _running = it.tide(args).stdout(stdout).start();
        let got = read_exactly(out.try_clone().expect("a pipe"), burst.len());
        assert!(got == burst, "{road}");
        drop(open);
        assert_eq!(read_exactly(out, LAST.len()), LAST, "{road}");
    }
}
