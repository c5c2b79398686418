//! Flow: which bytes go through, and how marks, chunks and pauses bound them on their way.

use crate::live::{is_full, until};
use crate::peer::{Peer, Step};
use crate::tide::{Scratch, noise};
use serde_json::Value;
use std::io::{Read, Write};
use std::thread;

const RECORDS: [&str; 4] = ["--stats", "fd:2", "-i", "20ms"];
const MIB: u64 = 1 << 20;

#[apply(on_both_roads)]
fn skip_and_take_cut_out_the_same_part_of_a_file_and_of_a_pipe() {
    let it = Scratch::new();
    let data = noise(200_000);
    it.write("in", &data);
    for (skip, take) in [
        (0, 0),
        (0, 1),
        (1, 0),
        (5, 70_000),
        (65_536, 65_536),
        (131_073, 100_000),
        (199_999, 1),
        (200_000, 1),
        (300_000, 5),
        (0, 1_000_000),
    ] {
        let (skip_arg, take_arg) = (skip.to_string(), take.to_string());
        let flags = ["--skip", &skip_arg, "--take", &take_arg];
        let from = skip.min(data.len());
        let part = &data[from..(from + take).min(data.len())];
        let file = it.tide([&flags[..], &["in"]].concat());
        file.run().succeeds().prints(part);
        let pipe = it.tide(flags).input(data.clone());
        pipe.run().succeeds().prints(part);
    }
    let all_but_some = it.tide(["--skip", "199990", "in"]).run();
    all_but_some.succeeds().prints(&data[199_990..]);
}

#[apply(on_both_roads)]
fn take_leaves_the_rest_of_a_shared_input_to_others() {
    let it = Scratch::new();
    let data = noise(100_000);
    it.write("in", &data);
    for flags in [
        "--take 5",
        "--take 5 -c 1",
        "--take 5 -c 3 -H 2",
        "--skip 2 --take 3",
        "--skip 4 --take 1 -c 1M",
        "--take 5 --expect-size 5",
    ] {
        let line = format!("{{ $T {flags} - null: && cat; }}");
        let file = it.sh(&format!("{line} <in")).run();
        file.succeeds().prints(&data[5..]);
        let pipe = it.sh(&line).input(data.clone()).run();
        pipe.succeeds().prints(&data[5..]);
    }
    let none = it.sh("{ $T --take 0 --skip 9 - null: && cat; } <in").run();
    none.succeeds().prints(&data);
}

#[apply(on_both_roads)]
fn take_does_not_wait_for_more_than_it_takes() {
    let it = Scratch::new();
    let idle = it.tide(["--take", "0", "-"]).open_input().start();
    idle.done().succeeds().prints("");
    let mut idle = it
        .tide(["--skip", "1", "--take", "4", "-"])
        .open_input()
        .start();
    idle.feed("12345");
    idle.done().succeeds().prints("2345");
}

#[apply(on_both_roads)]
fn skipping_beyond_the_end_is_an_empty_success() {
    let it = Scratch::new();
    it.write("in", "short");
    it.tide(["--skip", "1G", "in"]).run().succeeds().prints("");
    it.tide(["--skip", "1G"])
        .input("short")
        .run()
        .succeeds()
        .prints("");
    it.write("out", "old");
    it.tide(["--skip", "5", "in", "out"]).run().succeeds();
    assert_eq!(it.read("out"), b"");
}

#[apply(on_both_roads)]
fn marks_bound_the_buffers_whatever_the_chunk_size() {
    let it = Scratch::new();
    let data = noise(5003);
    for (high, chunk) in [
        ("1", "1"),
        ("1", "64K"),
        ("2", "3"),
        ("3", "2"),
        ("7", "5"),
        ("1000", "7"),
        ("1000", "999"),
        ("4096", "4097"),
        ("1M", "1"),
        ("1G", "1G"),
    ] {
        let done = it
            .tide([&RECORDS[..], &["-H", high, "-c", chunk]].concat())
            .input(data.clone())
            .run();
        let end = done.exits(0).prints(&data).end();
        let link = &end["links"][0];
        let mark = link["writable"]["high_water_mark"].as_u64().unwrap();
        let peak = link["writable"]["max_len"].as_u64().unwrap();
        assert!((1..=mark).contains(&peak), "-H {high} -c {chunk}: {link}");
        assert_eq!(link["state"], "ended");
        assert_eq!(
            (&link["readable"]["len"], &link["writable"]["len"]),
            (&0.into(), &0.into())
        );
        assert!(link["drains"].as_u64() <= link["pauses"].as_u64(), "{link}");
    }
}

#[apply(on_both_roads)]
fn each_side_can_have_a_mark_of_its_own() {
    let it = Scratch::new();
    let flags = [
        &RECORDS[..],
        &[
            "--hwm",
            "9K",
            "--read-high-water-mark",
            "3K",
            "--write-high-water-mark",
            "5K",
        ],
        &["--low-water-mark", "1K", "zero:#size=100K", "null:#rate=2M"],
    ];
    let end = it.tide(flags.concat()).run().exits(0).end();
    let link = &end["links"][0];
    assert_eq!(link["readable"]["high_water_mark"], 3 * 1024);
    assert_eq!(link["writable"]["high_water_mark"], 5 * 1024);
    assert_eq!(link["writable"]["low_water_mark"], 1024);
    assert_eq!(link["writable"]["max_len"], 5 * 1024);
}

#[apply(on_both_roads)]
fn a_low_water_mark_resumes_the_source_before_the_buffer_is_empty() {
    let it = Scratch::new();
    let pauses = |low: &str| {
        let flags = ["-H", "64K", "--low-water-mark", low];
        let ends = ["zero:#size=512K", "null:#rate=1M"];
        let cmd = it.tide([&RECORDS[..], &flags, &ends].concat());
        let end = cmd.run().exits(0).end();
        end["links"][0]["pauses"].as_u64().unwrap()
    };
    // A 10 ms grain of the sink is 10.2 KiB: with 48K two of them make room.
    let (node, early) = (pauses("0"), pauses("48K"));
    assert!((7..=9).contains(&node), "{node}");
    assert!((22..=26).contains(&early), "{early}");
}

#[apply(on_both_roads)]
fn the_environment_sets_flags_and_the_command_line_wins() {
    let it = Scratch::new();
    let run = |args: &[&str]| {
        it.tide([&RECORDS[..], args, &["zero:"]].concat())
            .env("TIDEGATE_HIGH_WATER_MARK", "4K")
            .env("TIDEGATE_LOW_WATER_MARK", "1K")
            .env("TIDEGATE_CHUNK_SIZE", "3")
            .env("TIDEGATE_TAKE", "100")
            .run()
            .exits(0)
    };
    let marks = |end: &Value, side: &str| end["links"][0][side]["high_water_mark"].clone();
    let set = run(&[]).prints([0; 100]);
    assert_eq!(marks(&set.end(), "readable"), 4096);
    assert_eq!(set.end()["links"][0]["writable"]["low_water_mark"], 1024);
    let won = run(&["-H", "8K", "--take", "7"]).prints([0; 7]);
    assert_eq!(marks(&won.end(), "writable"), 8192);
    let wrong = it.tide(["zero:"]).env("TIDEGATE_TAKE", "many").run();
    wrong.refuses(&["many"]);
}

#[apply(on_both_roads)]
fn a_stalled_sink_stops_the_source_within_the_marks() {
    let it = Scratch::new();
    let flags = [
        "-H",
        "100K",
        "--write-high-water-mark",
        "70K",
        "-",
        "null:#stall=0:1h",
    ];
    let (stdin, mut feed) = std::io::pipe().unwrap();
    let pipe = feed.try_clone().unwrap();
    let stalled = it.tide([&RECORDS[..], &flags].concat()).stdin(stdin);
    let mut stalled = stalled.start();
    // Ends with a broken pipe when the test does.
    thread::spawn(move || while feed.write_all(&[0; 4096]).is_ok() {});
    let bound = (100 + 70) * 1024;
    let full = stalled.record(|record| {
        let (bytes_in, bytes_out) = (&record["bytes_in"], &record["bytes_out"]);
        let held = bytes_in.as_u64().unwrap_or(0) - bytes_out.as_u64().unwrap_or(0);
        assert!(held <= bound, "{record}");
        held == bound
    });
    let link = &full["links"][0];
    assert_eq!(link["state"], "paused");
    assert_eq!(link["readable"]["len"], 100 * 1024);
    assert_eq!(link["writable"]["len"], 70 * 1024);
    assert_eq!(full["bytes_out"], 0);
    // The pressure reaches whoever feeds us.
    until("a full pipe behind us", || is_full(&pipe).then_some(()));
    assert_eq!(stalled.has_written(0)["bytes_in"], full["bytes_in"]);
}

#[apply(on_both_roads)]
fn an_unread_pipe_stops_the_source_within_the_marks() {
    let it = Scratch::new();
    it.fifo("p");
    let both = std::fs::OpenOptions::new()
        .read(true)
        .write(true)
        .open(it.path("p"));
    let fifo = both.unwrap();
    let (_out, pipe) = std::io::pipe().unwrap();
    for stdout in [pipe.into(), std::os::fd::OwnedFd::from(fifo)] {
        let flags = ["--road", "buffered", "-H", "100K", "zero:"];
        let stalled = it.tide([&RECORDS[..], &flags].concat()).stdout(stdout);
        let mut stalled = stalled.start();
        let paused = stalled.record(|record| record["links"][0]["readable"]["len"] == 100 * 1024);
        let next = stalled.record(|record| record["links"][0]["state"] == "paused");
        let held = next["bytes_in"].as_u64().unwrap() - next["bytes_out"].as_u64().unwrap();
        assert!(held <= 200 * 1024, "{next}");
        assert_eq!(paused["bytes_in"], next["bytes_in"]);
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_pipe_holds_no_more_than_its_mark_of_what_a_socket_gives_in_large_pieces() {
    for (mark, most) in [("64K", 64 << 10), ("1M", 1 << 20)] {
        let it = Scratch::new();
        let sent = noise(30 << 20);
        let steps = vec![Step::Send(sent.clone()), Step::HalfClose, Step::ReadAll];
        let (_peer, address) = Peer::listens(steps);
        let (mut out, pipe) = std::io::pipe().unwrap();
        let uri = format!("tcp://{address}");
        let args = [&RECORDS[..], &["--road", "kernel", "-H", mark, &uri, "-"]].concat();
        let mut stalled = it.tide(args).stdout(pipe).start();
        let full = stalled.record(|record| record["links"][0]["state"] == "paused");
        let taken = full["bytes_out"].as_u64().unwrap();
        assert!(taken <= most, "{full}");
        let mut got = vec![0; sent.len()];
        out.read_exact(&mut got).unwrap();
        assert!(got == sent);
        drop(out);
        let end = stalled.done().end();
        let longest = end["links"][0]["writable"]["max_len"].as_u64().unwrap();
        assert!(longest <= most, "{end}");
    }
}

#[apply(on_both_roads)]
fn a_sink_slower_than_the_source_pauses_it_once_a_mark() {
    let it = Scratch::new();
    let args = [
        "-q",
        "--stats",
        "s",
        "--take",
        "64M",
        "-H",
        "1M",
        "-c",
        "64K",
        "zero:",
        "null:#rate=32M",
    ];
    it.tide(args).run().succeeds();
    let end = it.end_of("s");
    let pauses = end["links"][0]["pauses"].as_u64().unwrap();
    assert!((63..=65).contains(&pauses), "{end}");
    let waits = end["waits"].as_object().unwrap();
    let sum: f64 = waits.values().map(|wait| wait.as_f64().unwrap()).sum();
    let elapsed = end["elapsed_s"].as_f64().unwrap();
    assert!((sum - elapsed).abs() <= elapsed / 100.0, "{end}");
    assert!(elapsed >= 1.99, "{end}");
    assert_eq!(end["bound_by"], "sink");
}

#[apply(on_both_roads)]
fn pauses_are_the_bytes_over_the_mark_for_marks_of_any_size() {
    let it = Scratch::new();
    for (mark, bytes, sink) in [
        (10_000, 333_333, "null:#rate=2M"),
        (65_536, 655_360, "null:#rate=4M"),
        (1_000_000, 900_000, "null:#stall=0:50ms"),
        (1_000_000, 1_900_000, "null:#stall=0:50ms"),
        (50_000, 100_000, "null:#stall=0:50ms"),
    ] {
        let (source, mark_arg) = (format!("zero:#size={bytes}"), mark.to_string());
        let args = [&RECORDS[..], &["-H", &mark_arg, "-c", "7K", &source, sink]].concat();
        let end = it.tide(args).run().exits(0).end();
        let pauses = end["links"][0]["pauses"].as_u64().unwrap();
        // A filling takes in more than the mark where the sink takes some while the source waits for a processor.
        let wanted = u64::div_ceil(bytes, mark);
        let fewest = wanted - wanted / 8 - 1;
        assert!(
            (fewest..=wanted + 1).contains(&pauses),
            "{bytes} / {mark}: {pauses}"
        );
    }
}

/// Peak resident memory in bytes when so many have gone through and all buffers are full.
fn peak_memory(bytes: u64) -> u64 {
    let (it, sink) = (Scratch::new(), format!("null:#stall={bytes}:1h"));
    let args = [&RECORDS[..], &["-H", "2M", "zero:", &sink]].concat();
    let mut running = it.tide(args).start();
    running.record(|record| {
        let is_full = record["links"][0]["readable"]["len"] == 2 * MIB;
        is_full && record["bytes_out"] == bytes
    });
    let peak = running.proc_status("VmHWM");
    let kib: u64 = peak.trim_end_matches(" kB").parse().unwrap();
    kib * 1024
}

#[apply(on_both_roads)]
fn memory_is_a_few_mib_and_the_marks_however_much_goes_through() {
    // Mapped pages of the program count too, and without optimisation there are more of them.
    let own = if cfg!(debug_assertions) { 20 } else { 12 } * MIB;
    let (little, much) = (peak_memory(128 * MIB), peak_memory(1024 * MIB));
    assert!(much <= own + 2 * 2 * MIB, "{much}");
    // Whether all buffers were ever in use at the same moment is chance, worth a mark at most.
    assert!(much.abs_diff(little) <= 2 * MIB, "{little}, {much}");
}
