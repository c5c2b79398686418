//! tidegate as the first process of a container, which no signal ends that it raises itself (`pid_namespaces(7)`): it exits
//! with the status that a shell would show for the signal.

use crate::live::{is_full, untested, until};
use crate::tide::{Running, Scratch};
use rustix::process::{Pid, Signal, kill_process};

/// Whether a container of the simplest kind can be had.
fn has_containers(it: &Scratch) -> bool {
    let has = it.can("unshare -rpf --kill-child true");
    if !has {
        untested("no PID namespaces for this user, or no unshare");
    }
    has
}

/// Starts a shell line as the first process of a container.
fn contained(it: &Scratch, line: &str) -> crate::tide::Cmd {
    it.sh(&format!("exec unshare -rpf --kill-child bash -c '{line}'"))
}

/// The first process in it, as it is known outside.
fn first(container: &Running) -> Pid {
    let id = container.child.id();
    until("a first process", || {
        let children = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children")).ok()?;
        Pid::from_raw(children.trim().parse().ok()?)
    })
}

#[apply(on_both_roads)]
fn a_signal_ends_the_first_process_of_a_container_with_the_status_of_that_signal() {
    let it = Scratch::new();
    if !has_containers(&it) {
        return;
    }
    it.write("out", "old");
    for (signal, code) in [
        (Signal::HUP, 129),
        (Signal::INT, 130),
        (Signal::QUIT, 131),
        (Signal::USR2, 140),
        (Signal::TERM, 143),
        (Signal::XCPU, 152),
    ] {
        let line = "exec $T --stats fd:2 -i 20ms - file:out#atomic";
        let mut idle = contained(&it, line).open_input().start();
        idle.feed("some");
        idle.has_written(4);
        kill_process(first(&idle), signal).expect("sending a signal");
        let done = idle.done().exits(code);
        assert_eq!(done.end()["exit_code"], code);
        assert_eq!(it.names(), ["out"], "nothing is left behind");

        let line = "exec $T tcp-listen://127.0.0.1:0 out";
        let mut waiting = contained(&it, line).start();
        waiting.listening();
        kill_process(first(&waiting), signal).expect("sending a signal");
        waiting.done().exits(code);
    }
    assert_eq!(it.read("out"), b"old");
}

#[apply(on_both_roads)]
fn insisting_ends_the_first_process_of_a_container_at_once() {
    let it = Scratch::new();
    if !has_containers(&it) {
        return;
    }
    // Records that nobody reads are waited for at the end.
    let (_unread, records) = std::io::pipe().unwrap();
    let line = "exec 3>&1 1>/dev/null; exec $T --stats fd:3 -i 1ms - null:";
    let stuck = contained(&it, line).open_input();
    let mut stuck = stuck.stdout(records.try_clone().unwrap()).start();
    until("records that fill the pipe", || {
        is_full(&records).then_some(())
    });
    let pid = first(&stuck);
    until("an end", || {
        // It may be gone already.
        let _ = kill_process(pid, Signal::INT);
        stuck.child.try_wait().unwrap()
    });
    stuck.done().exits(130);
}

#[apply(on_both_roads)]
fn a_reader_that_leaves_ends_the_first_process_of_a_container_as_sigpipe_does() {
    let it = Scratch::new();
    if !has_containers(&it) {
        return;
    }
    it.write("in", vec![0; 4 << 20]);
    for line in ["exec $T zero: -", "exec $T in -", "exec $T < <(cat in)"] {
        let (reader, stdout) = std::io::pipe().unwrap();
        let sending = contained(&it, line).stdout(stdout).start();
        drop(reader);
        sending.done().exits(141).says("");
    }
}
