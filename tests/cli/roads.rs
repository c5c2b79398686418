//! Either road between every pair of ends: the same bytes, the same records, and only the buffers that there are.

use crate::ends::{From, SINKS, SOURCES, To, Transfer, Way, way};
use crate::tide::Scratch;
use serde_json::Value;

const MIB: usize = 1 << 20;

/// None, few, around a page, and more than the buffers hold.
const SIZES: [usize; 6] = [0, 1, 4095, 4097, MIB + 1, 5_000_000];

/// Buffers of a size that is none of the kernel's.
const MARK: u64 = 100_001;

/// A link has the buffers that there are on this way, and none of them has held more than it may.
#[track_caller]
fn shows_its_buffers(end: &Value, calls: &Value, way: Way, mark: u64) {
    let (readable, writable) = (&end["links"][0]["readable"], &end["links"][0]["writable"]);
    match way {
        Way::Straight { before, behind } => {
            assert_eq!(calls, "splice", "{end}");
            assert_eq!(readable.is_null(), !before, "{end}");
            assert_eq!(writable.is_null(), !behind, "{end}");
            // A pipe holds so many pieces, and those of a socket may be larger than pages: its size is no hard bound.
            for pipe in [readable, writable].into_iter().filter(|it| !it.is_null()) {
                assert!(pipe["high_water_mark"].as_u64() >= Some(4096), "{end}");
                assert_eq!(pipe["len"], 0, "{end}");
            }
        }
        Way::ThroughOrCopy if calls == "copy_file_range" => {
            assert!(readable.is_null() && writable.is_null(), "{end}");
        }
        _ => {
            let through = calls == "splice through a pipe" || calls == "sendfile";
            assert!(through, "{calls} {end}");
            assert!(readable.is_null(), "{end}");
            assert_eq!(writable["high_water_mark"], mark, "{end}");
            assert_eq!(writable["low_water_mark"], 0, "{end}");
            assert_eq!(writable["len"], 0, "{end}");
            let peak = writable["max_len"].as_u64();
            assert!(
                (1..=mark).contains(&peak.unwrap_or(0)) || end["bytes_in"] == 0,
                "{end}"
            );
        }
    }
}

/// Sends to every sink on both roads. Every sink gets some of the sizes, and every size some of the sinks.
fn everywhere_from(from: From) {
    let mark = format!("-H {MARK}");
    for (at, to) in SINKS.into_iter().enumerate() {
        for (nth, size) in SIZES.into_iter().enumerate() {
            let data = from.data(size);
            if way(from, to) != Way::None && (at + nth) % 3 != 2 {
                let flags = format!("--road kernel {mark}");
                let transfer = Transfer {
                    from,
                    to,
                    flags: &flags,
                };
                let made = transfer.make(&data);
                made.delivers(&data, &transfer);
                made.took("kernel", &transfer);
                let calls = &made.start.as_ref().expect("a start")["calls"];
                shows_its_buffers(&made.end, calls, way(from, to), MARK);
            }
            // The other target sends everything by this road.
            if (at + nth) % 3 == 0 {
                let flags = format!("--road buffered {mark}");
                let transfer = Transfer {
                    from,
                    to,
                    flags: &flags,
                };
                let made = transfer.make(&data);
                made.delivers(&data, &transfer);
                made.took("buffered", &transfer);
                let link = &made.end["links"][0];
                assert_eq!(link["readable"]["high_water_mark"], MARK, "{link}");
                assert_eq!(link["writable"]["high_water_mark"], MARK, "{link}");
            }
        }
    }
}

#[test]
fn a_file_gets_everywhere() {
    everywhere_from(From::File);
}

#[test]
fn a_redirected_file_gets_everywhere() {
    everywhere_from(From::StdinFile);
}

#[test]
fn an_inherited_descriptor_gets_everywhere() {
    everywhere_from(From::Fd);
}

#[test]
fn a_pipe_gets_everywhere() {
    everywhere_from(From::StdinPipe);
}

#[test]
fn a_fifo_gets_everywhere() {
    everywhere_from(From::Fifo);
}

#[test]
fn a_peer_that_is_called_gets_everywhere() {
    everywhere_from(From::Connects);
}

#[test]
fn a_peer_that_calls_gets_everywhere() {
    everywhere_from(From::Listens);
}

#[test]
fn a_unix_socket_gets_everywhere() {
    everywhere_from(From::Unix);
}

#[test]
fn zeros_get_everywhere() {
    everywhere_from(From::Zero);
}

#[test]
fn a_part_is_cut_out_alike_whatever_the_road_and_the_ends() {
    let (len, most) = (300_000, usize::MAX);
    for (at, (skip, take)) in [
        (0, 0),
        (0, 1),
        (1, most),
        (4095, 4097),
        (65_536, 65_536),
        (100_001, 199_999),
        (299_999, 5),
        (300_000, most),
        (400_000, 1),
    ]
    .into_iter()
    .enumerate()
    {
        for (nth, from) in SOURCES.into_iter().enumerate() {
            let data = from.data(len);
            let part = &data[skip.min(len)..];
            let part = &part[..part.len().min(take)];
            // Every source meets all three in turn.
            let to = [To::NewFile, To::StdoutPipe, To::Connects][(at + nth) % 3];
            for road in ["kernel", "buffered"] {
                let taken = if take == most {
                    String::new()
                } else {
                    format!("--take {take}")
                };
                let flags = format!("--road {road} --skip {skip} {taken}");
                let transfer = Transfer {
                    from,
                    to,
                    flags: &flags,
                };
                let made = transfer.make(&data);
                made.delivers(part, &transfer);
                made.took(road, &transfer);
            }
        }
    }
}

#[test]
fn a_file_that_others_have_read_from_is_gone_on_with() {
    let (it, data) = (Scratch::new(), crate::tide::noise(200_000));
    it.write("in", &data);
    for road in ["kernel", "buffered"] {
        for (sink, out) in [("-", ">out"), ("out", ""), ("- | cat", ">out")] {
            for (flags, part) in [("", 4097..200_000), ("--skip 3 --take 9", 4100..4109)] {
                let line = format!(
                    "{{ dd bs=4097 count=1 status=none >/dev/null; $T --road {road} {flags} - {sink}; }} <in {out}"
                );
                it.sh(&line).run().succeeds();
                assert!(it.read("out") == data[part], "{line}");
            }
        }
    }
}

#[test]
fn marks_of_any_size_are_hard_bounds_on_the_kernel_road() {
    for (mark, size) in [
        (1_u64, 3000),
        (2, 5000),
        (4095, 100_000),
        (4096, 100_000),
        (4097, 100_000),
        (65_535, 500_000),
        (1 << 20, 5_000_000),
    ] {
        for (from, to) in [
            (From::File, To::Null),
            (From::Zero, To::NewFile),
            (From::File, To::Connects),
            (From::Connects, To::NewFile),
            (From::Connects, To::Connects),
        ] {
            let (flags, data) = (format!("--road kernel -H {mark}"), from.data(size));
            let transfer = Transfer {
                from,
                to,
                flags: &flags,
            };
            let made = transfer.make(&data);
            made.delivers(&data, &transfer);
            let calls = &made.start.as_ref().expect("a start")["calls"];
            shows_its_buffers(&made.end, calls, Way::Through, mark);
        }
    }
}
