//! Several SOURCEs, read one after the other as by cat(1); and what cannot be read of one (`--skip-errors`).

use crate::live::untested;
use crate::screen::CTRL_C;
use crate::tide::{Scratch, noise, records};
use std::io::Write;
use std::net::{TcpListener, TcpStream};

/// Three files, and what they are together.
fn three() -> (Scratch, Vec<u8>) {
    let it = Scratch::new();
    let (a, b, c) = (noise(700_001), b"ten bytes\n".to_vec(), noise(300_000));
    for (name, content) in [("a", &a), ("b", &b), ("c", &c)] {
        it.write(name, content);
    }
    (it, [a, b, c].concat())
}

#[apply(on_both_roads)]
fn several_sources_arrive_one_after_the_other_whatever_they_are() {
    let (it, whole) = three();
    it.tide(["a", "b", "c", "file:out"]).run().succeeds();
    assert!(it.read("out") == whole);
    it.tide(["a", "b", "c", "-"])
        .run()
        .succeeds()
        .prints(&whole);
    let piped = it.tide(["a", "-", "c", "-"]).input("ten bytes\n");
    piped.run().succeeds().prints(&whole);
    let empty = ["/dev/null", "a", "zero:#size=0", "b", "c", "/dev/null", "-"];
    it.tide(empty).run().succeeds().prints(&whole);
    it.tide(["a", "b", "c", "file:out#append"]).run().succeeds();
    assert!(it.read("out") == whole.repeat(2));
}

#[apply(on_both_roads)]
fn what_is_left_out_and_taken_is_counted_over_all_sources() {
    let (it, whole) = three();
    for skip in [0, 5, 700_000, 700_001, 700_005, 700_011, 999_999, 2_000_000] {
        for take in [0, 1, 11, 299_000, 5_000_000] {
            let (skip_flag, take_flag) = (skip.to_string(), take.to_string());
            let flags = [
                "--skip", &skip_flag, "--take", &take_flag, "a", "b", "c", "-",
            ];
            let from = skip.min(whole.len());
            let to = (from + take).min(whole.len());
            it.tide(flags).run().succeeds().prints(&whole[from..to]);
        }
    }
    let len = whole.len().to_string();
    it.tide(["--expect-size", &len, "a", "b", "c", "-"])
        .run()
        .succeeds();
    it.tide(["--expect-size", "700001", "a", "b", "c", "-"])
        .run()
        .exits(3);
}

#[apply(on_both_roads)]
fn a_rate_limit_and_transforms_are_over_all_sources() {
    let (it, whole) = three();
    let summed = it
        .tide([
            "-t", "sha256", "-t", "gzip", "-t", "gunzip", "a", "b", "c", "-",
        ])
        .run();
    let sum = it.sh("cat a b c | sha256sum | cut -c1-64").run();
    let sum = String::from_utf8(sum.succeeds().stdout).unwrap();
    assert!(summed.stderr.contains(sum.trim()), "{}", summed.stderr);
    assert!(summed.exits(0).stdout == whole);
    let limited = ["-L", "2M", "--stats", "s", "a", "b", "c", "null:"];
    it.tide(limited).run().succeeds();
    assert!(it.end_of("s")["elapsed_s"].as_f64() > Some(0.45));
}

#[apply(on_both_roads)]
fn the_sizes_add_up_and_all_sources_are_in_the_records() {
    let (it, whole) = three();
    it.tide(["--stats", "s", "a", "b", "c", "file:out"])
        .run()
        .succeeds();
    let records = crate::tide::records(&it.read("s"));
    assert_eq!(records[0]["sources"], serde_json::json!(["a", "b", "c"]));
    let end = it.end_of("s");
    let size = serde_json::json!(whole.len());
    for field in ["size", "bytes_in", "bytes_out"] {
        assert_eq!(end[field], size, "{field} of {end}");
    }
    assert_eq!(
        (&end["source"], records.len() > 1),
        (&serde_json::Value::Null, true)
    );
}

#[apply(on_both_roads)]
fn nothing_moves_where_a_later_source_cannot_be_one() {
    let (it, _) = three();
    std::fs::create_dir(it.path("directory")).unwrap();
    it.write("old", "as it was");
    let sink = it.path("old").to_str().unwrap().to_owned();
    let table = [
        ("missing", 1, "opening missing: No such file or directory"),
        ("directory", 1, "opening directory: Is a directory"),
        (&sink, 2, "source and sink are the same file"),
        ("zero:#sise=1", 2, "did you mean 'size'?"),
        ("null:", 2, "null: cannot be the SOURCE"),
        (
            "tcp-listen://127.0.0.1:0#min-size=5",
            2,
            "--expect-size counts all bytes",
        ),
    ];
    for (source, code, why) in table {
        let done = it.tide(["a", source, "c", "file:old"]).run();
        done.fails_saying(code, &[why]);
        assert_eq!(it.read("old"), b"as it was", "{source}");
    }
}

#[test]
fn the_last_of_many_files_is_not_overwritten_by_mistake() {
    let (it, _) = three();
    for line in ["$T *", "$T a b c", "$T a b /dev/null c"] {
        let done = it.sh(line).run();
        done.fails_saying(
            2,
            &[
                "'c' is the SINK, and there is such a file already",
                "file:c",
            ],
        );
        assert_eq!(it.read("c").len(), 300_000, "{line}");
    }
    it.sh("$T a b new && $T a c && $T a b file:c")
        .run()
        .succeeds();
    assert_eq!(
        (it.read("new").len(), it.read("c").len()),
        (700_011, 700_011)
    );
}

#[apply(on_both_roads)]
fn a_later_source_that_fails_is_named_with_what_was_delivered() {
    let (it, _) = three();
    it.fifo("gate");
    let sink = "file:out#atomic";
    let args = ["--stats", "fd:2", "-i", "10ms", "a", "gate", "b", sink];
    let mut running = it.tide(args).start();
    running.has_written(700_001);
    std::fs::remove_file(it.path("b")).unwrap();
    drop(std::fs::File::create(it.path("gate")).unwrap());
    let line = "tidegate: opening b: No such file or directory; 683.59 KiB (700001 bytes) delivered, but out was not made";
    running.done().exits(1).mentions(&[line]);

    it.write("c", "x");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let uri = format!("tcp://{}", listener.local_addr().unwrap());
    let args = ["--stats", "fd:2", "-i", "10ms", "a", &uri, "c", sink];
    let mut running = it.tide(args).start();
    let (peer, _) = listener.accept().unwrap();
    let peer = socket2::Socket::from(peer);
    (&peer).write_all(b"five!").unwrap();
    running.has_written(700_006);
    peer.set_linger(Some(std::time::Duration::ZERO)).unwrap();
    drop(peer);
    let line = format!("tidegate: reading {uri}: Connection reset by peer; ");
    running.done().exits(1).mentions(&[&line]);
    assert!(!it.path("out").exists());
}

#[apply(on_both_roads)]
fn a_later_source_that_listens_is_in_the_records_too() {
    let it = Scratch::new();
    it.write("a", "before ");
    let mut running = it
        .tide(["--stats", "s", "a", "tcp-listen://127.0.0.1:0", "file:out"])
        .start();
    let address = running.listening();
    TcpStream::connect(&*address)
        .expect("connecting")
        .write_all(b"after")
        .expect("sending");
    running.done().exits(0);
    assert_eq!(it.read("out"), b"before after");
    let records = records(&it.read("s"));
    let listening: Vec<_> = records
        .iter()
        .filter(|it| it["type"] == "listening")
        .collect();
    assert_eq!(listening.len(), 1);
    assert_eq!(listening[0]["end"], "source");
    assert_eq!(listening[0]["address"], address);
}

#[apply(on_both_roads)]
fn a_peer_learns_how_the_transfer_ended_after_its_part_of_it() {
    let (it, _) = three();
    for (last, is_reset) in [("c", false), ("missing-by-then", true)] {
        it.write(last, "x");
        it.fifo("gate");
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let uri = format!("tcp://{}", listener.local_addr().unwrap());
        let running = it.tide([&*uri, "gate", last, "file:out"]).start();
        let (mut peer, _) = listener.accept().unwrap();
        peer.write_all(b"mine").unwrap();
        peer.shutdown(std::net::Shutdown::Write).unwrap();
        let gate = std::fs::File::create(it.path("gate")).unwrap();
        if is_reset {
            std::fs::remove_file(it.path(last)).unwrap();
        }
        drop(gate);
        running.done().exits(i32::from(is_reset));
        let read = std::io::Read::read(&mut peer, &mut [0]);
        assert_eq!(read.is_err(), is_reset, "{last}: {read:?}");
        std::fs::remove_file(it.path("gate")).unwrap();
    }
}

#[apply(on_both_roads)]
#[cfg(target_os = "linux")]
fn the_kernel_moves_all_sources_that_it_can_move() {
    if crate::tide::road() == "buffered" {
        return;
    }
    let (it, whole) = three();
    let flags = ["--road", "kernel", "--stats", "s", "a", "b", "c"];
    for sink in ["file:out", "-"] {
        let done = it.tide([&flags[..], &[sink]].concat()).run().succeeds();
        let got = if sink == "-" {
            done.stdout
        } else {
            it.read("out")
        };
        assert!(got == whole, "{sink}");
        assert_eq!(it.end_of("s")["road"], "kernel");
    }
    // What the kernel cannot move is where the buffered road goes on, or where it ends.
    it.tide(["a", "random:#size=9", "c", "--stats", "s", "null:"])
        .run()
        .succeeds();
    let end = it.end_of("s");
    assert_eq!(
        (&end["road"], &end["bytes_out"]),
        (&"buffered".into(), &1_000_010.into())
    );
    let insisting = ["--road", "kernel", "a", "random:#size=9", "c", "file:out"];
    it.tide(insisting)
        .run()
        .fails_saying(1, &["reading random:#size=9: ", "--road auto goes on"]);
}

#[test]
fn many_small_files_need_few_descriptors() {
    let it = Scratch::new();
    let numbers: Vec<_> = (0..300).map(|n| n.to_string()).collect();
    let expected = numbers.join("\n") + "\n";
    let line = "for n in $(seq -w 0 299); do echo $((10#$n)) >f$n; done; ulimit -n 40; $T f* -";
    it.sh(line).run().succeeds().prints(expected);
}

#[test]
fn the_screen_says_which_source_it_is_at() {
    let (it, _) = three();
    it.fifo("gate");
    let screen = it.tide(["a", "gate", "c", "file:out"]).on_screen(80, 12);
    screen.until("the second source", |view| {
        view.has("gate (2 of 3) → file:out")
    });
    screen.keys(CTRL_C);
    screen.done().exits(130);
}

#[test]
fn explain_tells_of_every_source() {
    let (it, whole) = three();
    let done = it
        .tide(["--explain", "a", "b", "c", "file:out"])
        .run()
        .succeeds();
    let told = String::from_utf8(done.stdout).unwrap();
    for part in [
        "source 1 of 3",
        "source 3 of 3",
        "what is left of all sources",
        &whole.len().to_string(),
    ] {
        assert!(told.contains(part), "{part} is not in {told}");
    }
    it.tide(["--explain", "a", "missing", "file:out"])
        .run()
        .succeeds()
        .mentions(&[]);
}

#[test]
#[cfg(target_os = "linux")]
fn what_cannot_be_read_is_left_out_told_and_an_error_in_the_end() {
    let it = Scratch::new();
    if !it.can("strace -qq -o /dev/null true") {
        return untested("no strace");
    }
    let whole = noise(100 << 10);
    it.write("in", &whole);
    // The third read and the fourth fail, as do those that are made once more in smaller pieces.
    let strace = "strace -f -qq -o /dev/null -P $PWD/in -e inject=preadv2,read:error=EIO:when=3..4";
    for sink in ["file:out", "file:out2#atomic"] {
        let done = it
            .sh(&format!("{strace} $T -E -c 16K in {sink}"))
            .run()
            .exits(1);
        let told: Vec<_> = done
            .stderr
            .lines()
            .filter(|it| it.starts_with("tidegate: "))
            .collect();
        assert_eq!(
            told,
            [
                "tidegate: warning: in: 4 KiB (4096 bytes) at 49152 cannot be read, and are zeros: Input/output error",
                "tidegate: reading in: 4 KiB (4096 bytes) in 1 place cannot be read, and are zeros; \
                 100 KiB (102400 bytes) delivered",
            ]
        );
        let mut expected = whole.clone();
        expected[49_152..49_152 + 4096].fill(0);
        let name = sink.trim_start_matches("file:").trim_end_matches("#atomic");
        assert!(it.read(name) == expected, "{sink}");
    }
    let strict = format!("{strace} $T --road buffered -c 16K in file:strict#atomic");
    let done = it.sh(&strict).run().exits(1);
    assert!(
        done.stderr.contains("reading in: Input/output error"),
        "{}",
        done.stderr
    );
    assert!(!it.path("strict").exists());
}

#[apply(on_both_roads)]
fn a_cut_connection_or_a_command_that_fails_is_no_success_for_skipping_errors() {
    let (it, _) = three();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let uri = format!("tcp://{}", listener.local_addr().unwrap());
    for before in [&[][..], &["a"]] {
        let flags = ["-E", "--stats", "fd:2", "-i", "10ms"];
        let args = [&flags[..], before, &[&uri, "file:out#atomic"]].concat();
        let mut running = it.tide(args).start();
        let peer = socket2::Socket::from(listener.accept().unwrap().0);
        (&peer).write_all(b"five!").unwrap();
        running.has_written(if before.is_empty() { 5 } else { 700_006 });
        peer.set_linger(Some(std::time::Duration::ZERO)).unwrap();
        drop(peer);
        let done = running.done().exits(1);
        assert!(
            done.stderr.contains("Connection reset by peer"),
            "{}",
            done.stderr
        );
    }
    let command = ["-E", "exec:echo hi; exit 3", "file:out#atomic"];
    it.tide(command)
        .run()
        .fails_saying(1, &["ended with status 3"]);
    assert!(!it.path("out").exists());
}
