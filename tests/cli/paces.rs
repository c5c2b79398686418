//! Ends that do not keep up, on both roads: every mark's worth of bytes is a pause, and a drain.

use crate::peer::{Peer, Step};
use crate::tide::{Scratch, noise};
use serde_json::Value;
use std::io::{Read, pipe};
use std::time::Duration;

const ROADS: [&str; 2] = ["kernel", "buffered"];
const RECORDS: [&str; 4] = ["--stats", "fd:2", "-i", "20ms"];

/// One pause for every mark, and a drain for each of them but perhaps the last.
#[track_caller]
fn pauses_once_a_mark(end: &Value, mark: u64) {
    let link = &end["links"][0];
    let bytes = end["bytes_in"].as_u64().expect("bytes");
    let count = |name: &str| link[name].as_u64().expect("a number");
    let (pauses, drains) = (count("pauses"), count("drains"));
    assert!(pauses.abs_diff(bytes.div_ceil(mark)) <= 1, "{mark}: {end}");
    assert!((drains..=drains + 1).contains(&pauses), "{mark}: {end}");
    assert_eq!(link["writable"]["high_water_mark"], mark, "{end}");
    assert!(link["writable"]["max_len"].as_u64() <= Some(mark), "{end}");
}

#[test]
fn pauses_are_the_bytes_over_the_mark_on_either_road() {
    let it = Scratch::new();
    for (mark, bytes, sink) in [
        (10_000, 333_333, "null:#rate=2M"),
        (65_536, 655_360, "null:#rate=4M"),
        (65_537, 655_360, "null:#rate=4M"),
        (1_000_000, 900_000, "null:#stall=0:50ms"),
        (1_000_000, 1_900_000, "null:#stall=0:50ms"),
        (1 << 20, 8 << 20, "null:#rate=64M"),
    ] {
        it.write("in", noise(bytes));
        let zeros = format!("zero:#size={bytes}");
        for source in ["in", &zeros] {
            for road in ROADS {
                let mark_arg = mark.to_string();
                let flags = ["--road", road, "-H", &mark_arg, source, sink];
                let end = it
                    .tide([&RECORDS[..], &flags].concat())
                    .run()
                    .exits(0)
                    .end();
                // What bound it is told by tests of more than a tenth of a second: a busy machine may hold us up that long.
                assert_eq!(end["road"], road);
                pauses_once_a_mark(&end, mark);
            }
        }
    }
}

#[test]
fn a_low_water_mark_resumes_the_source_sooner_on_either_road_that_can() {
    let it = Scratch::new();
    // A 10 ms grain of the sink is 10.2 KiB: with 48K two of them make room.
    let flags = [
        "-H",
        "64K",
        "--low-water-mark",
        "48K",
        "zero:#size=512K",
        "null:#rate=1M",
    ];
    let pauses = ROADS.map(|road| {
        let cmd = it.tide([&RECORDS[..], &["--road", road], &flags].concat());
        let end = cmd.run().exits(0).end();
        assert_eq!(end["links"][0]["writable"]["low_water_mark"], 48 << 10);
        end["links"][0]["pauses"].as_u64().expect("a number")
    });
    assert!(pauses.iter().all(|it| (22..=26).contains(it)), "{pauses:?}");
}

#[test]
fn a_peer_that_reads_slowly_pauses_us_once_a_mark_on_either_road() {
    for road in ROADS {
        let (it, data) = (Scratch::new(), noise(2_000_000));
        it.write("in", &data);
        let slowly = Step::ReadSlowly(16 << 10, Duration::from_millis(2));
        let (peer, address) = Peer::listens(vec![slowly]);
        let uri = format!("tcp://{address}#sndbuf=16K");
        let args = ["--road", road, "--stats", "s", "-H", "64K", "in", &uri];
        it.tide(args).run().succeeds();
        peer.story().sees_the_end_after(&data);
        let end = it.end_of("s");
        pauses_once_a_mark(&end, 64 << 10);
        assert_eq!(end["bound_by"], "sink", "{end}");
    }
}

#[test]
fn a_stalled_sink_stops_the_source_at_the_mark_of_the_kernel_road() {
    let it = Scratch::new();
    let args = [
        &RECORDS[..],
        &[
            "--road",
            "kernel",
            "-H",
            "100K",
            "zero:",
            "null:#stall=5000:1h",
        ],
    ]
    .concat();
    let mut stalled = it.tide(args).start();
    let paused =
        stalled.record(|it| it["links"][0]["state"] == "paused" && it["bytes_out"] == 5000);
    assert_eq!(paused["links"][0]["writable"]["len"], (100 << 10) - 5000);
    assert_eq!(paused["bytes_in"], 100 << 10);
    assert_eq!(stalled.has_written(5000)["bytes_in"], 100 << 10);
}

#[test]
fn a_pipe_that_nobody_reads_pauses_the_source_of_the_kernel_road_until_it_is_read() {
    let (it, data) = (Scratch::new(), noise(20_000_000));
    it.write("in", &data);
    for source in ["in", "-"] {
        let (mut out, stdout) = pipe().expect("a pipe");
        let args = ["--road", "kernel", source];
        let cmd = it.tide([&RECORDS[..], &args].concat()).stdout(stdout);
        let mut running = if source == "-" {
            cmd.input(&*data).start()
        } else {
            cmd.start()
        };
        let paused = running.record(|it| it["links"][0]["state"] == "paused");
        let link = &paused["links"][0];
        assert_eq!((&link["pauses"], &link["drains"]), (&1.into(), &0.into()));
        assert_eq!(link["writable"]["len"], paused["bytes_out"], "{paused}");
        let mut got = Vec::new();
        out.read_to_end(&mut got).expect("reading");
        assert!(got == data, "{source}");
        let end = running.done().exits(0).end();
        let link = &end["links"][0];
        assert!(link["pauses"].as_u64() >= Some(1), "{end}");
        assert_eq!(link["pauses"], link["drains"], "{end}");
        assert_eq!(link["state"], "ended");
    }
}
