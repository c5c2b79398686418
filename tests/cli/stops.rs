//! Time in which the process was stopped, which does not count: not in the elapsed time, not as a wait, not for
//! `--idle-timeout`.

use crate::live::until;
use crate::tide::{Running, Scratch};
use serde_json::Value;
use std::process::Stdio;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Waiting for its input, with records on standard error.
pub(crate) fn idle(it: &Scratch, flags: &[&str]) -> Running {
    let records = ["--stats", "fd:2", "-i", "10ms"];
    let running = it.tide([&records[..], flags].concat()).open_input();
    let mut running = running.in_a_group_of_its_own().start();
    running.started();
    running
}

/// Waits until stops are heeded, which takes a thread that a transfer of some hundredths of a second does without.
fn heeds_stops(running: &mut Running) {
    running.record(|it| it["elapsed_s"].as_f64() > Some(0.15));
}

/// A transfer under watch from outside: for how long its process has run, at least and at most.
struct Watch {
    began: Instant,
    /// When it was last known to run.
    ran: Instant,
    stops: u32,
    stopped: [Duration; 2],
}

impl Watch {
    /// Before its process is started.
    fn new() -> Self {
        Self {
            began: Instant::now(),
            ran: Instant::now(),
            stops: 0,
            stopped: [Duration::ZERO; 2],
        }
    }

    /// Stops it for `time`, at least, and lets it go on.
    fn stop_for(&mut self, running: &Running, signal: &str, time: Duration) {
        self.stops += 1;
        let told = Instant::now();
        running.signal(signal);
        until("a stop", || is_stopped(running).then_some(()));
        let stopped = Instant::now();
        // Nothing happens meanwhile, which is what is to be tested.
        sleep(time);
        self.stopped[0] += stopped.elapsed();
        let before = switches(running);
        running.signal("CONT");
        // On a busy machine it is some time before it runs again.
        until("going on", || (switches(running) != before).then_some(()));
        self.stopped[1] += told.elapsed();
        self.runs();
    }

    /// It runs, and has not ended.
    fn runs(&mut self) {
        self.ran = Instant::now();
    }

    /// Whether it has counted the time in which it ran, `started` of which had passed until it was open.
    #[track_caller]
    fn agrees(&self, started: Duration, elapsed: f64) {
        // Its end came at some moment between that when it was last known to run and now.
        let [at_least, at_most] = [self.ran - self.began, self.began.elapsed()];
        let least = at_least.saturating_sub(self.stopped[1] + started);
        let most = at_most.saturating_sub(self.stopped[0]);
        let late = LATE * f64::from(self.stops);
        let range = least.as_secs_f64() * 0.99 - late..most.as_secs_f64() * 1.01 + late;
        assert!(range.contains(&elapsed), "{elapsed} s, and not {range:?}");
    }
}

/// What it takes until a process that is to stop has stopped, in seconds: on a busy machine, too.
const LATE: f64 = 0.02;

/// How often it was switched to and from.
fn switches(running: &Running) -> [String; 2] {
    let kinds = ["voluntary_ctxt_switches", "nonvoluntary_ctxt_switches"];
    kinds.map(|kind| running.proc_status(kind))
}

fn is_stopped(running: &Running) -> bool {
    running.proc_status("State").starts_with('T')
}

/// Stops it for `time`, at least, and lets it go on.
fn stop_for(running: &Running, signal: &str, time: Duration) {
    Watch::new().stop_for(running, signal, time);
}

/// Waits and pauses are parts of the time that has passed.
#[track_caller]
fn adds_up(end: &Value) -> f64 {
    let elapsed = end["elapsed_s"].as_f64().expect("seconds");
    let waits = end["waits"].as_object().expect("waits");
    let sum: f64 = waits.values().filter_map(Value::as_f64).sum();
    assert!((sum - elapsed).abs() <= elapsed * 0.001, "{end}");
    elapsed
}

#[apply(on_both_roads)]
fn ten_stops_are_left_out_as_a_watch_outside_sees_them() {
    let it = Scratch::new();
    // The last column is how long it takes at least, but for 10 ms worth of the rate that may leave at once after each stop.
    let rehearsals = [
        (
            "STOP",
            250,
            "zero:#size=12M",
            "null:",
            &["-L", "5M"][..],
            2.3,
        ),
        ("TSTP", 250, "zero:#size=12M", "null:", &["-L", "5M"], 2.3),
        ("STOP", 20, "zero:#size=6M", "out", &["-L", "5M"], 1.1),
        ("STOP", 120, "zero:#size=6M", "null:#rate=5M", &[], 1.1),
    ];
    for (signal, millis, source, sink, flags, least) in rehearsals {
        let mut watch = Watch::new();
        let records = ["--stats", "fd:2", "-i", "20ms", source, sink];
        let cmd = it.tide([flags, &records].concat());
        let mut running = cmd.in_a_group_of_its_own().start();
        running.started();
        let started = watch.began.elapsed();
        heeds_stops(&mut running);
        for n in 1..=10 {
            running.record(|it| it["elapsed_s"].as_f64() > Some(0.1 + 0.06 * f64::from(n)));
            watch.stop_for(&running, signal, Duration::from_millis(millis));
        }
        let done = running.done().exits(0);
        let elapsed = adds_up(&done.end());
        watch.agrees(started, elapsed);
        assert!(elapsed >= least * 0.99, "{signal} {sink}: {elapsed} s");
    }
}

#[apply(on_both_roads)]
fn a_transfer_that_waits_for_its_input_is_stopped_no_less_exactly() {
    let it = Scratch::new();
    for signal in ["TSTP", "STOP"] {
        let mut watch = Watch::new();
        let mut stopped = idle(&it, &[]);
        let started = watch.began.elapsed();
        heeds_stops(&mut stopped);
        stopped.feed("before");
        stopped.has_written(6);
        for _ in 0..4 {
            // Nobody reads the clock by chance in the meantime.
            sleep(Duration::from_millis(70));
            watch.stop_for(&stopped, signal, Duration::from_millis(200));
        }
        stopped.feed("after");
        stopped.has_written(11);
        watch.runs();
        let done = stopped.end_of_input().exits(0).prints("beforeafter");
        watch.agrees(started, adds_up(&done.end()));
    }
}

#[apply(on_both_roads)]
fn a_stop_right_before_the_end_is_left_out_too() {
    let it = Scratch::new();
    let mut watch = Watch::new();
    let mut stopped = idle(&it, &[]);
    let started = watch.began.elapsed();
    heeds_stops(&mut stopped);
    stopped.feed("x");
    stopped.has_written(1);
    let mut input = stopped.child.stdin.take();
    watch.runs();
    stopped.signal("STOP");
    until("a stop", || is_stopped(&stopped).then_some(()));
    // When it goes on, there is nothing left to do.
    drop(input.take());
    sleep(Duration::from_millis(500));
    (watch.stops, watch.stopped[0]) = (1, Duration::from_millis(500));
    stopped.signal("CONT");
    let done = stopped.done().exits(0).prints("x");
    watch.agrees(started, adds_up(&done.end()));
}

#[apply(on_both_roads)]
fn a_stop_is_no_peer_that_lets_nothing_move() {
    let it = Scratch::new();
    for signal in ["TSTP", "STOP"] {
        let mut stopped = idle(&it, &["--idle-timeout", "4s"]);
        heeds_stops(&mut stopped);
        stopped.feed("x");
        stopped.has_written(1);
        stop_for(&stopped, signal, Duration::from_millis(4500));
        stopped.feed("y");
        stopped.has_written(2);
        stopped.end_of_input().exits(0).prints("xy");
    }
}

#[apply(on_both_roads)]
fn time_never_runs_backwards_over_a_stop() {
    let it = Scratch::new();
    for signal in ["TSTP", "STOP"] {
        let mut stopped = idle(&it, &[]);
        for round in 1..=3 {
            stopped.feed("x");
            stopped.has_written(round);
            stop_for(&stopped, signal, Duration::from_millis(400));
        }
        let done = stopped.end_of_input().exits(0);
        let mut last = 0.0;
        for record in &done.records()[1..] {
            let elapsed = record["elapsed_s"].as_f64().unwrap();
            assert!(elapsed >= last, "{signal}: {last} s, then {record}");
            last = elapsed;
        }
    }
}

/// Starts a transfer with records in the file `s`, stops it in its midst for longer than it runs, and interrupts it.
fn stopped_in_its_midst(it: &Scratch, signal: &str, args: &[&str], stdout: Stdio) -> Value {
    let args = [&["--stats", "s", "-i", "10ms"], args].concat();
    let running = it.tide(args).stdout(stdout).in_a_group_of_its_own().start();
    let elapsed = |record: &Value| record["elapsed_s"].as_f64().unwrap_or(0.0);
    let before = it.recorded("s", |record| elapsed(record) > 0.3);
    stop_for(&running, signal, Duration::from_secs(1));
    it.recorded("s", |record| elapsed(record) > elapsed(&before) + 0.3);
    running.signal("INT");
    running.done().dies_of("INT");
    let end = it.end_of("s");
    std::fs::remove_file(it.path("s")).unwrap();
    end
}

#[apply(on_both_roads)]
fn a_stop_is_no_wait_for_anybody() {
    let it = Scratch::new();
    for signal in ["TSTP", "STOP"] {
        let args = ["zero:", "/dev/null"];
        let end = stopped_in_its_midst(&it, signal, &args, Stdio::null());
        let elapsed = end["elapsed_s"].as_f64().unwrap();
        let waits = end["waits"].as_object().unwrap();
        let sum: f64 = waits.values().filter_map(Value::as_f64).sum();
        assert!((sum - elapsed).abs() <= elapsed * 0.01, "{signal}: {end}");
        // It takes everything at once, so whatever is booked to it was the stop.
        let sink = waits["sink_s"].as_f64().unwrap();
        assert!(sink < elapsed * 0.5, "{signal}: {end}");
    }
}

#[apply(on_both_roads)]
fn no_pause_is_longer_than_the_transfer_that_was_stopped_in_it() {
    let it = Scratch::new();
    for signal in ["TSTP", "STOP"] {
        for sink in ["null:#stall=64K:1h", "null:#rate=1M", "-"] {
            let (_unread, stdout) = std::io::pipe().unwrap();
            let args = ["-H", "16K", "zero:", sink];
            let end = stopped_in_its_midst(&it, signal, &args, stdout.into());
            let paused = end["links"][0]["paused_s"].as_f64().unwrap();
            let elapsed = end["elapsed_s"].as_f64().unwrap();
            assert!(paused > 0.0, "{signal}, {sink}: {end}");
            assert!(paused <= elapsed, "{signal}, {sink}: {end}");
        }
    }
}
