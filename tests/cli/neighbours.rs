//! What is shared with others, on both roads: their place in a file, and files that change meanwhile.

use crate::live::{is_full, until};
use crate::peer::{Peer, Step, gate};
use crate::tide::{Scratch, noise};
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write, pipe};

const ROADS: [&str; 2] = ["kernel", "buffered"];
const MIB: usize = 1 << 20;

#[test]
fn what_is_beyond_the_part_that_was_asked_for_is_left_to_who_reads_on() {
    let (it, data) = (Scratch::new(), noise(3_000_000));
    it.write("in", &data);
    for road in ROADS {
        for take in [0, 1, 4097, 65_537, MIB + 1, 3_000_000] {
            for sink in ["out", "- >out", "- | cat >out", "null: && cp part out"] {
                it.write("part", &data[..take]);
                let line = format!("{{ $T --road {road} --take {take} - {sink}; cat; }}");
                for input in ["<in", "< <(cat in)"] {
                    let done = it.sh(&format!("{line} {input}")).run();
                    done.succeeds().prints(&data[take..]);
                    assert!(it.read("out") == data[..take], "{line} {input}");
                }
            }
        }
    }
}

#[test]
fn what_is_skipped_is_waited_for_with_records() {
    let it = Scratch::new();
    for road in ROADS {
        let args = ["--road", road, "--stats", "fd:2", "--skip", "5", "-", "out"];
        let mut running = it.tide(args).open_input().start();
        assert_eq!(running.started()["road"], road);
        running.feed("12345678");
        running.end_of_input().exits(0);
        assert_eq!(it.read("out"), b"678");
    }
}

#[test]
fn a_sparse_file_arrives_byte_for_byte() {
    let it = Scratch::new();
    let mut file = File::create(it.path("in")).expect("a file");
    for at in [100_000, 3_000_001, 8_000_000] {
        file.seek(SeekFrom::Start(at)).expect("seeking");
        file.write_all(&noise(5000)).expect("writing");
    }
    file.set_len(10_000_000).expect("a hole at the end");
    let data = it.read("in");
    for road in ROADS {
        let line = format!("$T --road {road} in out; $T --road {road} in | cat");
        it.sh(&line).run().succeeds().prints(&data);
        assert!(it.read("out") == data, "{road}");
    }
}

#[test]
fn a_file_that_grows_while_it_is_sent_is_sent_to_its_new_end() {
    for road in ROADS {
        let (it, mut data) = (Scratch::new(), noise(20_000_000));
        it.write("in", &data);
        let (mut out, stdout) = pipe().expect("a pipe");
        let unread = stdout.try_clone().expect("a pipe");
        let running = it.tide(["--road", road, "in"]).stdout(stdout).start();
        until("a full pipe", || is_full(&unread).then_some(()));
        drop(unread);
        let mut file = OpenOptions::new()
            .append(true)
            .open(it.path("in"))
            .expect("the file");
        file.write_all(b"more").expect("appending");
        data.extend_from_slice(b"more");
        let mut got = Vec::new();
        out.read_to_end(&mut got).expect("reading");
        running.done().succeeds();
        assert!(got == data, "{road}: {} bytes", got.len());
    }
}

#[test]
fn a_file_that_is_truncated_while_a_pipe_takes_it_is_no_success_and_what_was_read_is_delivered() {
    for road in ROADS {
        let (it, data) = (Scratch::new(), noise(20_000_000));
        it.write("in", &data);
        let (mut out, stdout) = pipe().expect("a pipe");
        let unread = stdout.try_clone().expect("a pipe");
        let args = ["--road", road, "--stats", "s", "in"];
        let running = it.tide(args).stdout(stdout).start();
        until("a full pipe", || is_full(&unread).then_some(()));
        running.sleeps();
        drop(unread);
        shorten(&it);
        let mut got = Vec::new();
        out.read_to_end(&mut got).expect("reading");
        let told = "reading in: the file was truncated while it was read";
        running.done().fails_saying(1, &[told, " delivered\n"]);
        is_what_was_read(&it, &data, &got);
        assert_eq!(it.end_of("s")["bytes_out"], got.len(), "{road}");
    }
}

#[test]
fn a_file_that_is_truncated_while_a_peer_takes_it_is_no_success_and_what_was_read_is_delivered() {
    for road in ROADS {
        let (it, data, (open, hold)) = (Scratch::new(), noise(20_000_000), gate());
        it.write("in", &data);
        let (peer, address) = Peer::listens(vec![hold, Step::ReadAll]);
        let uri = format!("tcp://{address}");
        let args = ["--road", road, "--stats", "s", "-i", "20ms", "in", &uri];
        let running = it.tide(args).start();
        it.recorded("s", |it| {
            it["links"][0]["state"] == "paused" && it["rate_bytes_s"] == 0.0
        });
        shorten(&it);
        drop(open);
        let told = "reading in: the file was truncated while it was read";
        running
            .done()
            .fails_saying(1, &[told, "at most", " delivered\n"]);
        // The reset by which the peer learns of it takes away what it had not read yet.
        is_what_was_read(&it, &data, &peer.story().sees_a_reset().bytes);
    }
}

/// So much of the file stays as it was, and everybody has read that long ago.
const REST: usize = MIB;

/// Cuts the file `in` short.
fn shorten(it: &Scratch) {
    let file = OpenOptions::new().write(true).open(it.path("in"));
    file.and_then(|file| file.set_len(REST as u64))
        .expect("truncating");
}

/// This is of the file as it was; what a pipe of the kernel holds of a file that changes may change with it.
#[track_caller]
fn is_what_was_read(it: &Scratch, data: &[u8], got: &[u8]) {
    let end = it.end_of("s");
    assert_eq!(
        (&end["outcome"], &end["exit_code"]),
        (&"failed".into(), &1.into())
    );
    assert_eq!(end["bytes_in"], end["bytes_out"], "{end}");
    assert!(got.len() < data.len(), "{end}");
    let sure = if end["road"] == "kernel" {
        REST
    } else {
        data.len()
    };
    let sure = sure.min(got.len());
    assert!(got[..sure] == data[..sure], "{end}");
}

#[test]
fn a_file_that_says_it_is_empty_and_is_not_is_read_by_the_buffered_road() {
    let it = Scratch::new();
    for sink in ["", "out && cat out", "| cat"] {
        let line = format!("set -o pipefail; $T --stats s /proc/version {sink}");
        let version = std::fs::read("/proc/version").expect("a version");
        it.sh(&line).run().succeeds().prints(version);
        assert_eq!(it.end_of("s")["road"], "buffered", "{sink}");
    }
    let done = it.tide(["/proc/self/status"]).run().succeeds();
    assert!(done.stdout.starts_with(b"Name:\ttidegate\n"));
    let done = it.tide(["--road", "kernel", "/proc/version", "-"]).run();
    done.refuses(&["its size is not known"]).prints("");
    it.tide(["/proc/self/mem", "out"]).run().exits(1);
}
