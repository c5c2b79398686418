//! The verdict: rehearsed cases in which it is known who is slow. It has to name the right one, live and at the end, and
//! what it says of the shares has to add up.

use crate::peer::{Peer, Step};
use crate::tide::{Scratch, noise};
use serde_json::Value;
use std::time::Duration;

const MIB: usize = 1 << 20;

/// What is slow gets this much of all waiting at least.
const NEARLY_ALL: f64 = 0.9;

fn seconds(record: &Value, name: &str) -> f64 {
    record["waits"][name].as_f64().expect("seconds")
}

/// Waits and shares are the same, and all of the time.
#[track_caller]
pub(crate) fn adds_up(record: &Value) {
    let names = ["source", "sink", "rate", "transform", "moving"];
    let waits: f64 = names
        .iter()
        .map(|it| seconds(record, &format!("{it}_s")))
        .sum();
    let elapsed = record["elapsed_s"].as_f64().expect("seconds");
    assert!((waits - elapsed).abs() <= elapsed * 0.01, "{record}");
    for name in names {
        let share = record["shares"][name].as_f64().expect("a share");
        let wait = seconds(record, &format!("{name}_s"));
        assert!(
            (share * elapsed - wait).abs() <= elapsed * 0.01,
            "{name}: {record}"
        );
    }
    let recent = &record["recent"]["shares"];
    let recent: f64 = names.iter().filter_map(|it| recent[it].as_f64()).sum();
    assert!((recent - 1.0).abs() < 0.01 || elapsed == 0.0, "{record}");
}

/// Nearly all waiting was for `phase`, in a record of any kind.
#[track_caller]
pub(crate) fn blames(record: &Value, phase: &str) {
    let waiting: f64 = ["source_s", "sink_s", "rate_s", "transform_s"]
        .iter()
        .map(|name| seconds(record, name))
        .sum();
    let share = seconds(record, &format!("{phase}_s")) / waiting;
    assert!(share >= NEARLY_ALL, "{phase} {share}: {record}");
    assert_eq!(record["bound_by"], phase, "{record}");
}

/// Runs `line`, in which `$F` are flags: what is slow is said to be so in the last sample and in the end record, and the
/// second line of the summary says `sentence`.
#[track_caller]
pub(crate) fn is_bound(it: &Scratch, line: &str, phase: &str, sentence: &str) -> Value {
    let flags = "--stats s -i 100ms --summary always";
    let done = it.sh(&line.replace("$F", flags)).run().exits(0);
    let records = crate::tide::records(&it.read("s"));
    for record in records
        .iter()
        .filter(|it| it["type"] != "start" && it["type"] != "listening")
    {
        adds_up(record);
    }
    let mut samples = records.iter().filter(|record| record["type"] == "sample");
    let last = samples.rfind(|it| it["elapsed_s"].as_f64() > Some(0.4));
    let last = last.expect("a sample");
    let recently = |name: &str| last["recent"]["shares"][name].as_f64().expect("a share");
    let waiting = 1.0 - recently("moving");
    assert!(recently(phase) >= waiting * NEARLY_ALL, "{last}");
    let end = it.end_of("s");
    blames(&end, phase);
    let said = done
        .stderr
        .lines()
        .find(|line| line.starts_with("tidegate: slow: "));
    let said = said.unwrap_or_else(|| panic!("no verdict: {}", done.stderr));
    assert!(said.contains(sentence), "{said}");
    end
}

#[apply(on_both_roads)]
fn a_slow_source_is_named() {
    let it = Scratch::new();
    it.write("in", noise(100));
    for line in [
        "for i in 1 2 3 4 5 6; do cat in; sleep 0.1; done | $T $F - out",
        "for i in 1 2 3 4 5 6; do cat in; sleep 0.1; done | $T $F | cat >out",
    ] {
        let end = is_bound(&it, line, "source", "slow: the pipe's writer (");
        assert_eq!(end["bytes_out"], 600);
        assert_eq!(end["sockets"]["sink"], Value::Null);
    }
}

#[apply(on_both_roads)]
fn a_slow_reader_of_a_pipe_is_named() {
    let it = Scratch::new();
    it.write("in", noise(3 * MIB));
    for line in [
        "$T $F in | { sleep 0.7; cat >out; }",
        "cat in | $T $F | { sleep 0.7; cat >out; }",
    ] {
        is_bound(&it, line, "sink", "slow: the pipe's reader (");
    }
}

#[apply(on_both_roads)]
fn a_rehearsed_slow_sink_is_named() {
    let it = Scratch::new();
    // That of the kernel only where it is asked for: nothing is gained by it.
    for line in [
        "$T $F zero:#size=700K null:#rate=1M",
        "$T $F --road kernel zero:#size=700K null:#rate=1M",
    ] {
        let end = is_bound(&it, line, "sink", "slow: the sink (");
        assert_eq!(end["bytes_out"], 700 << 10);
    }
}

#[apply(on_both_roads)]
fn a_rate_limit_is_named_and_no_advice_is_given() {
    let it = Scratch::new();
    it.write("in", noise(700_000));
    for line in ["$T $F -L 1MB in out", "cat in | $T $F -L 1MB | cat >out"] {
        let end = is_bound(&it, line, "rate", "slow: the rate limit (");
        assert!(end["blame"].is_null(), "{end}");
    }
}

#[apply(on_both_roads)]
fn a_slow_reader_behind_a_connection_is_told_from_a_slow_network() {
    let it = Scratch::new();
    it.write("in", noise(8 * MIB));
    let slowly = || Step::ReadSlowly(MIB, Duration::from_millis(100));
    for line in ["$T $F in tcp://$A", "cat in | $T $F - tcp://$A"] {
        let (peer, address) = Peer::listens(vec![slowly()]);
        let line = line.replace("$A", &format!("{address}#sndbuf=256K"));
        let end = is_bound(&it, &line, "sink", "slow: the remote reader (");
        assert_eq!(peer.story().bytes.len(), 8 * MIB);
        if cfg!(target_os = "linux") {
            let reader = end["blame"]["reader"].as_f64().expect("a share");
            assert!(reader >= 0.7, "{end}");
            let socket = &end["sockets"]["sink"];
            assert!(socket["rtt_s"].as_f64() > Some(0.0), "{end}");
            assert!(
                socket["receive_window_limited_s"].as_f64() > Some(0.3),
                "{end}"
            );
            assert_eq!(socket["send_queue"], 0, "{end}");
        }
    }
}

#[apply(on_both_roads)]
fn a_peer_that_does_not_read_at_all_for_a_while_is_named() {
    let it = Scratch::new();
    it.write("in", noise(16 * MIB));
    let steps = vec![Step::Wait(Duration::from_millis(700)), Step::ReadAll];
    let (peer, address) = Peer::listens(steps);
    let line = format!("$T $F in tcp://{address}");
    is_bound(&it, &line, "sink", "slow: the remote reader (");
    assert_eq!(peer.story().bytes.len(), 16 * MIB);
}

#[apply(on_both_roads)]
fn a_source_in_bursts_is_named() {
    let it = Scratch::new();
    let bursts = (0..8).flat_map(|_| {
        let burst = Step::Send(noise(100_000));
        [burst, Step::Wait(Duration::from_millis(100))]
    });
    let (_peer, address) = Peer::listens(bursts.chain([Step::HalfClose]).collect());
    let why = "slow: the remote sender (";
    let end = is_bound(&it, &format!("$T $F tcp://{address} out"), "source", why);
    assert_eq!(end["sockets"]["source"]["receive_queue"], 0, "{end}");
}

#[apply(on_both_roads)]
fn a_buffer_that_bridges_bursts_says_what_it_was_good_for() {
    let it = Scratch::new();
    // 4 MB at once four times, half a second apart, for a sink that takes them in as long.
    it.write("in", noise(4_000_000));
    let bursts = "for i in 1 2 3 4; do cat in; sleep 0.5; done";
    let line = format!("{bursts} | $T --road buffered -H 8M --stats s - null:#rate=8MB");
    it.sh(&line).run().exits(0);
    let end = it.end_of("s");
    let buffer = &end["buffer"];
    let enough = buffer["high_water_mark"].as_u64().expect("a mark");
    assert!((256 << 10..=4 << 20).contains(&enough), "{end}");
    assert!(buffer["absorbed_s"].as_f64() > Some(0.3), "{end}");
    let (readable, writable) = (&end["links"][0]["readable"], &end["links"][0]["writable"]);
    for side in [readable, writable] {
        let (median, most) = (side["median_len"].as_u64(), side["max_len"].as_u64());
        assert!(median <= most && most <= Some(8 << 20), "{end}");
    }
    assert!(writable["max_len"].as_u64() > Some(1 << 20), "{end}");

    let line = format!("{bursts} | $T --road buffered -H 64K --stats s - null:#rate=8MB");
    it.sh(&line).run().exits(0);
    let saves = it.end_of("s")["buffer"]["larger_saves"].as_f64();
    assert!(saves > Some(0.1), "{}", it.end_of("s"));
}

#[apply(on_both_roads)]
fn a_transfer_that_is_over_at_once_is_not_judged() {
    let it = Scratch::new();
    let done = it
        .tide(["--summary", "always", "zero:#size=1M", "null:"])
        .run();
    assert_eq!(done.exits(0).stderr.lines().count(), 1);
}
