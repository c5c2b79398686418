//! What a person at a terminal sees, through script(1)'s pseudo-terminal.

use crate::tide::Scratch;

/// Runs the line with a terminal on standard error; says so aloud where there is no script(1).
fn on_terminal(it: &Scratch, line: &str) -> Option<String> {
    if !it.sh("command -v script").run().status.success() {
        eprintln!("skipped: no script(1) here");
        return None;
    }
    let done = it
        .sh(&format!("script -qec {line:?} /dev/null </dev/null"))
        .env("TERM", "xterm")
        .run()
        .exits(0);
    Some(String::from_utf8_lossy(&done.stdout).into_owned())
}

#[test]
fn a_person_watches_a_live_line_and_is_left_with_the_summary() {
    let it = Scratch::new();
    let Some(seen) = on_terminal(&it, "$T zero:#size=4M null:#rate=8M") else {
        return;
    };
    assert!(seen.contains('[') && seen.contains("PAUSED"), "{seen:?}");
    let last = seen
        .trim_end()
        .rsplit(['\r', '\n'])
        .next()
        .unwrap_or_default();
    assert!(last.contains("tidegate: 4 MiB in 0.5"), "{seen:?}");
    assert!(last.contains("sink-bound"), "{seen:?}");
}

#[test]
fn nothing_is_drawn_when_asked_to_be_quiet_or_on_a_dumb_terminal() {
    let it = Scratch::new();
    let Some(seen) = on_terminal(&it, "$T -q zero:#size=1M null:#rate=10M") else {
        return;
    };
    assert_eq!(seen, "");
    let Some(seen) = on_terminal(
        &it,
        "TERM=dumb $T --summary never zero:#size=1M null:#rate=10M",
    ) else {
        return;
    };
    assert_eq!(seen, "");
}
