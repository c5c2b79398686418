//! Job control in an interactive shell: ^Z, bg, fg and &. Who has the terminal draws, and nobody else.

use crate::screen::{CTRL_Z, Screen};
use crate::tide::{Scratch, noise};
use crate::view::View;
use std::fs::File;
use std::io::Write;
use std::thread;
use std::time::{Duration, Instant};

/// A transfer that the test feeds through a FIFO.
const COPY: &str = "$T --summary never --stats stats -i 20ms -s 100K in out";

/// Longer than it takes to draw a display several times.
const A_WHILE: f64 = 0.4;

/// A shell in which a transfer runs in the foreground, draws, and waits for more.
fn copying(it: &Scratch) -> (Screen, File) {
    it.fifo("in");
    let shell = it.shell(80, 24);
    shell.enter(COPY);
    let mut input = File::create(it.path("in")).unwrap();
    input.write_all(b"some ").unwrap();
    shell.until("a live display", |view| view.has("/s"));
    (shell, input)
}

/// Suspends the job in the foreground.
fn suspend(shell: &Screen) -> View {
    let running = shell.keys(CTRL_Z);
    let stopped = shell.prompted(&running);
    let told = |row: &String| row.starts_with("[1]+  Stopped") && row.contains("$T");
    assert!(stopped.rows().iter().any(told), "{stopped:?}");
    stopped
}

/// Whether somebody drew.
fn drew(output: &str) -> bool {
    output.contains("/s") || output.contains('%')
}

/// Lets time pass in which a display could be drawn.
fn let_it_run(it: &Scratch) {
    let elapsed = |record: &serde_json::Value| record["elapsed_s"].as_f64().unwrap_or(0.0);
    let start = elapsed(&it.recorded("stats", |_| true));
    it.recorded("stats", |record| elapsed(record) > start + A_WHILE);
}

#[apply(on_both_roads)]
fn a_suspended_transfer_goes_on_in_the_background_without_drawing() {
    let it = Scratch::new();
    let (shell, mut input) = copying(&it);
    let stopped = suspend(&shell);
    let put = shell.enter("bg");
    shell.prompted(&put);
    let_it_run(&it);
    input.write_all(b"data").unwrap();
    drop(input);
    // What the shell says of a job that has ended comes now or later; that it waits is enough.
    let waiting = shell.enter("wait; echo waited=$?");
    shell.said(&waiting, "waited=0");
    assert!(!drew(&shell.since(&stopped)), "{:?}", shell.since(&stopped));
    assert_eq!(it.read("out"), b"some data");
    shell.prompted(&waiting);
    shell.enter("exit");
    shell.done().exits(0);
}

#[apply(on_both_roads)]
fn a_suspended_transfer_draws_again_in_the_foreground_below_what_the_shell_said() {
    let it = Scratch::new();
    let (shell, mut input) = copying(&it);
    for round in 1..=2 {
        suspend(&shell);
        let suspended = shell.enter("fg");
        let mut seen = shell.said(&suspended, "/s");
        for _ in 0..2 {
            seen = shell.changed(&seen);
        }
        input.write_all(&[b'0' + round]).unwrap();
    }
    let running = shell.view();
    drop(input);
    shell.prompted(&running);
    assert_eq!(it.read("out"), b"some 12");
    shell.enter("exit");
    let ended = shell.done().exits(0);
    let mut lines = ended.view.lines().into_iter();
    for start in [
        "ready> $T",
        "[1]+  Stopped",
        "ready> fg",
        "$T",
        "[1]+  Stopped",
        "ready> fg",
        "$T",
        "ready> exit",
    ] {
        assert!(
            lines.any(|line| line.starts_with(start)),
            "no {start}: {ended:?}"
        );
    }
}

#[apply(on_both_roads)]
fn time_in_which_it_was_suspended_does_not_count() {
    let it = Scratch::new();
    let began = Instant::now();
    let (shell, input) = copying(&it);
    // A transfer of some hundredths of a second does not heed stops.
    let_it_run(&it);
    suspend(&shell);
    // The time itself is what is tested.
    thread::sleep(Duration::from_millis(1500));
    let suspended = shell.enter("fg");
    shell.said(&suspended, "/s");
    drop(input);
    shell.prompted(&suspended);
    let wall = began.elapsed().as_secs_f64();
    let end = it.end_of("stats");
    assert!(
        end["elapsed_s"].as_f64().unwrap() < wall - 1.0,
        "{wall} s: {end}"
    );
}

#[apply(on_both_roads)]
fn a_transfer_started_in_the_background_draws_nothing_until_it_has_the_terminal() {
    let it = Scratch::new();
    it.fifo("in");
    let shell = it.shell(80, 24);
    let before = shell.enter(&format!("{COPY} &"));
    let mut input = File::create(it.path("in")).unwrap();
    input.write_all(&noise(1000)).unwrap();
    shell.prompted(&before);
    let_it_run(&it);
    assert!(!drew(&shell.since(&before)), "{:?}", shell.since(&before));
    let before = shell.enter("fg");
    shell.said(&before, "/s");
    drop(input);
    shell.prompted(&before);
    assert_eq!(it.read("out"), noise(1000));
    shell.enter("exit");
    shell.done().exits(0);
}
