//! What a person sees beside the numbers: the kernel's own buffers, the last seconds, and who is waited for.

use crate::peer::{Peer, Step};
use crate::tide::{Scratch, noise};
use crate::view::View;
use std::time::Duration;

const MIB: usize = 1 << 20;

/// The row that holds this.
#[track_caller]
fn row(view: &View, text: &str) -> String {
    let rows = view.rows();
    let found = rows.iter().find(|row| row.contains(text));
    found
        .unwrap_or_else(|| panic!("no {text} in\n{view:?}"))
        .clone()
}

/// A receiver that takes everything, slowly.
pub(crate) fn slow_reader() -> (Peer, String) {
    let (peer, address) = Peer::listens(vec![Step::ReadSlowly(MIB, Duration::from_millis(100))]);
    (peer, format!("tcp://{address}#sndbuf=256K"))
}

#[apply(on_both_roads)]
#[cfg(target_os = "linux")]
fn the_queue_of_a_connection_is_seen_and_whom_it_waits_for() {
    let it = Scratch::new();
    it.write("in", noise(32 * MIB));
    let (_peer, sink) = slow_reader();
    let screen = it.tide(["in", &sink]).on_screen(120, 24);
    let view = screen.until("a full queue", |view| {
        view.has("send queue") && view.has("slow: the remote reader (")
    });
    let kernel = row(&view, "kernel");
    assert!(
        kernel.contains("→  send queue ") && kernel.contains("  rtt "),
        "{kernel}"
    );
    let verdict = row(&view, "slow: ");
    let reader = verdict
        .split_once("reader (")
        .and_then(|(_, it)| it.split_once('%'));
    let share: u64 = reader.expect("a share").0.parse().expect("a number");
    assert!((50..=100).contains(&share), "{verdict}");
}

#[apply(on_both_roads)]
#[cfg(target_os = "linux")]
fn a_peer_that_has_stopped_reading_is_the_one_that_a_stalled_flow_waits_for() {
    let it = Scratch::new();
    it.write("in", noise(32 * MIB));
    let (_peer, address) = Peer::listens(vec![Step::Wait(Duration::from_secs(20)), Step::ReadAll]);
    let screen = it
        .tide(["in", &format!("tcp://{address}#sndbuf=256K")])
        .on_screen(120, 24);
    let view = screen.until("a stall", |view| view.has("stalled for 0:03"));
    assert_eq!(
        row(&view, "stalled"),
        "stalled for 0:03: waiting for the remote reader"
    );
}

#[apply(on_both_roads)]
#[cfg(target_os = "linux")]
fn pipes_on_both_sides_are_seen_once_wherever_the_bytes_are() {
    let it = Scratch::new();
    it.write("in", noise(32 * MIB));
    for (road, is_ours) in [("buffered", true), ("kernel", false)] {
        let line = format!("cat in | $T --road {road} | {{ sleep 30; cat; }} >out");
        let screen = it.sh(&line).on_screen(120, 24);
        let view = screen.until("a stall", |view| view.has("stalled for"));
        assert_eq!(view.has("kernel"), is_ours, "{view:?}");
        let buffers = row(&view, "paused");
        // A writing side of our own that waits to be empty may hold anything.
        let full = buffers.matches("1.00 MiB of 1 MiB").count();
        assert!(full == 2 || full == 1 && is_ours, "{view:?}");
        if is_ours {
            let kernel = row(&view, "kernel");
            let pipe = "pipe  [██████████]    1.00 MiB of 1 MiB";
            assert_eq!(kernel, format!("kernel  {pipe}  →  {pipe}"));
        }
        let why = "waiting for whoever reads from the pipe";
        assert!(row(&view, "stalled").ends_with(why), "{view:?}");
    }
}

#[apply(on_both_roads)]
fn the_last_seconds_are_drawn_with_their_rates_and_fills() {
    let it = Scratch::new();
    let screen = it
        .tide(["--road", "buffered", "zero:", "null:#stall=64M:1h"])
        .on_screen(120, 24);
    let view = screen.until("the past", |view| view.has("last 3 s"));
    let past = row(&view, "last 3 s");
    let words: Vec<_> = past.split_whitespace().collect();
    // Both labels and both words of the peak are between.
    let [
        _,
        "3",
        "s",
        "rate",
        rate,
        ..,
        "read",
        read,
        "to",
        "write",
        written,
    ] = words[..]
    else {
        panic!("{past}");
    };
    assert_eq!(rate, "█··", "it moved in the first second only: {past}");
    assert!(read.ends_with("██") && written.ends_with("██"), "{past}");
}

#[apply(on_both_roads)]
fn what_matters_least_is_left_out_first_on_a_screen_of_few_rows() {
    let it = Scratch::new();
    it.write("in", noise(32 * MIB));
    let parts = ["paused", "stalled for", "stdin → stdout", "last ", "kernel"];
    let screens = [1u16, 2, 3, 4, 5, 6].map(|rows| {
        let line = "cat in | $T --road buffered | { sleep 30; cat; } >out";
        (it.sh(line).on_screen(100, rows), rows)
    });
    for (screen, rows) in screens {
        let shown = usize::from(rows) - 1;
        let there = |part: &str| part != "kernel" || cfg!(target_os = "linux");
        let view = screen.until("all that fits", |view| {
            view.has("0 B/s")
                && parts[..shown]
                    .iter()
                    .all(|part| view.has(part) || !there(part))
        });
        assert!(
            !parts[shown..].iter().any(|part| view.has(part)),
            "{view:?}"
        );
    }
}

#[apply(on_both_roads)]
fn the_live_verdict_names_whoever_is_slow() {
    let it = Scratch::new();
    it.write("in", noise(1000));
    let cases = [
        (
            "while cat in; do sleep 0.1; done | $T - null:",
            "slow: the pipe's writer (",
        ),
        ("$T zero: null:#rate=1M", "slow: the sink ("),
        ("$T --road kernel zero: null:#rate=1M", "slow: the sink ("),
        (
            "$T zero: | while head -c 100000; do sleep 0.1; done >out",
            "slow: the pipe's reader (",
        ),
        ("$T -L 1M zero: null:", "slow: the rate limit ("),
    ];
    let screens = cases.map(|(line, ..)| it.sh(line).on_screen(120, 24));
    for (screen, (line, bound)) in screens.iter().zip(cases) {
        let share = |view: &View| -> Option<u64> {
            let row = view.rows().into_iter().find(|row| row.starts_with(bound))?;
            row.strip_prefix(bound)?.split_once('%')?.0.parse().ok()
        };
        let what = format!("{bound} 90% of {line}");
        screen.until(&what, |view| share(view) >= Some(90));
    }
}
