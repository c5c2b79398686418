//! Several SINKs (`--tee`), which get the same bytes: the slowest holds the source up, and one that fails ends alone.

use crate::peer::{Peer, Step, gate};
use crate::screen::CTRL_C;
use crate::tide::{Scratch, noise, records};
use serde_json::{Value, json};

/// A file `in`, and what is in it.
fn with_file(len: usize) -> (Scratch, Vec<u8>) {
    let (it, whole) = (Scratch::new(), noise(len));
    it.write("in", &whole);
    (it, whole)
}

/// How it ended at each sink: the outcome, in which sense it was delivered, and how many bytes it took.
fn at_sinks(end: &Value) -> Vec<(String, String, u64)> {
    let sinks = end["sinks"].as_array().expect("sinks").iter();
    let text = |value: &Value| value.as_str().unwrap_or("null").to_owned();
    let sinks = sinks.map(|it| {
        let bytes = it["bytes_out"].as_u64().expect("bytes");
        (text(&it["outcome"]), text(&it["delivered"]), bytes)
    });
    sinks.collect()
}

/// A peer that reads nothing until what is returned beside it is dropped.
fn held_back() -> (std::sync::mpsc::Sender<()>, Peer, String) {
    let (opener, closed) = gate();
    let (peer, address) = Peer::listens(vec![closed, Step::ReadAll]);
    (opener, peer, format!("tcp://{address}"))
}

#[apply(on_both_roads)]
fn every_sink_gets_all_bytes_whatever_the_kinds() {
    let (it, whole) = with_file(3_000_000);
    let (peer, address) = Peer::listens(vec![Step::ReadAll]);
    let uri = format!("tcp://{address}");
    it.fifo("fifo");
    let reader = it.sh("cat fifo").start();
    let sinks = [
        "file:plain",
        "file:atomic#atomic,sync",
        &uri,
        "exec:cat >by-command",
        "fifo",
        "null:",
    ];
    let tees = sinks.iter().flat_map(|sink| ["--tee", sink]);
    let args = ["in"].into_iter().chain(tees).chain(["--stats", "s", "-"]);
    it.tide(args).run().succeeds().prints(&whole);
    for name in ["plain", "atomic", "by-command"] {
        assert!(it.read(name) == whole, "{name}");
    }
    reader.done().succeeds().prints(&whole);
    peer.story().sees_the_end_after(&whole);
    let how = [
        "written", "written", "synced", "closed", "exited", "written", "written",
    ];
    let expected = how.map(|how| ("complete".to_owned(), how.to_owned(), 3_000_000));
    assert_eq!(at_sinks(&it.end_of("s")), expected);
    let start = &records(&it.read("s"))[0];
    let all: Vec<_> = ["-"].iter().chain(&sinks).collect();
    assert_eq!(start["sinks"], json!(all));
}

#[apply(on_both_roads)]
fn what_is_to_be_known_of_a_sink_is_told_of_each() {
    let (it, whole) = with_file(100_000);
    let talks = || Peer::listens(vec![Step::Send(b"five!".to_vec()), Step::ReadAll]);
    let ((one, first), (two, second)) = (talks(), talks());
    let uris = [first, second].map(|it| format!("tcp://{it}"));
    let done = it.tide(["in", "--tee", &uris[0], &uris[1]]).run().exits(0);
    for uri in &uris {
        let told = format!("warning: {uri} ");
        assert!(done.stderr.contains(&told), "{}", done.stderr);
    }
    assert_eq!(done.stderr.lines().count(), 2, "{}", done.stderr);
    for peer in [one, two] {
        peer.story().sees_the_end_after(&whole);
    }
}

#[apply(on_both_roads)]
fn what_a_command_puts_out_never_gets_among_the_bytes() {
    let (it, whole) = with_file(100_000);
    let args = ["in", "--tee", "exec:wc -c", "-"];
    let done = it.tide(args).run().exits(0).prints(&whole);
    assert_eq!(done.stderr.trim(), "100000");
    let done = it
        .tide(["in", "--tee", "exec:wc -c", "file:out"])
        .run()
        .succeeds();
    assert_eq!(done.stdout.trim_ascii(), b"100000");
}

#[apply(on_both_roads)]
fn what_is_left_out_taken_and_transformed_is_so_for_all() {
    let (it, whole) = with_file(500_000);
    it.write("more", "ten bytes\n");
    let args = [
        "--skip", "7", "--take", "499999", "in", "more", "--tee", "file:a", "file:b",
    ];
    it.tide(args).run().succeeds();
    let expected = [&whole[7..], b"ten by"].concat();
    assert!(it.read("a") == expected && it.read("b") == expected);
    let done = it
        .tide([
            "-t",
            "sha256",
            "-t",
            "gzip",
            "in",
            "--tee",
            "file:a#atomic",
            "file:b",
        ])
        .run()
        .exits(0);
    let sum = it.sh("sha256sum <in | cut -c1-64").run().stdout;
    assert!(done.stderr.contains(String::from_utf8_lossy(&sum).trim()));
    for name in ["a", "b"] {
        let line = format!("gzip -dc <{name} | cmp - in");
        it.sh(&line).run().succeeds();
    }
}

#[apply(on_both_roads)]
fn a_rest_of_standard_input_is_left_for_the_next_program() {
    let it = Scratch::new();
    let line = "(printf 'one two three' | ($T --take 4 --tee file:a - file:b; cat))";
    it.sh(line).run().succeeds().prints("two three");
    assert!(it.read("a") == b"one " && it.read("b") == b"one ");
}

#[apply(on_both_roads)]
fn a_sink_that_fails_ends_alone_and_is_named_with_what_it_took() {
    let (it, whole) = with_file(3_000_000);
    let (peer, address) = Peer::listens(vec![Step::ReadExactly(1000), Step::Reset]);
    let uri = format!("tcp://{address}");
    let args = [
        "in",
        "--tee",
        "file:whole",
        "--tee",
        &uri,
        "--tee",
        "exec:head -c 9 >/dev/null; exit 3",
        "--tee",
        "/dev/full",
        "--stats",
        "s",
        "-",
    ];
    let done = it.tide(args).run().exits(1).prints(&whole);
    assert!(it.read("whole") == whole);
    let told: Vec<_> = done.stderr.lines().collect();
    assert_eq!(told.len(), 4, "{}", done.stderr);
    let said = |parts: &[&str]| {
        told.iter()
            .any(|it| parts.iter().all(|part| it.contains(part)))
    };
    assert!(
        said(&[&format!("writing to {uri}: "), "at most "]),
        "{told:?}"
    );
    assert!(said(&["exec:head", "status 3"]), "{told:?}");
    let full = "writing to /dev/full: No space left on device; 0 bytes delivered";
    assert!(said(&[full]), "{told:?}");
    assert_eq!(
        told[3],
        "tidegate: 2 of 5 sinks have everything: -, file:whole"
    );
    let end = it.end_of("s");
    let outcomes: Vec<_> = at_sinks(&end).into_iter().map(|it| it.0).collect();
    assert_eq!(
        outcomes,
        ["complete", "complete", "failed", "failed", "failed"]
    );
    assert_eq!(end["bytes_out"], 3_000_000);
    assert!(
        end["sinks"][4]["error"]
            .as_str()
            .unwrap()
            .contains("No space")
    );
    peer.story();
}

#[apply(on_both_roads)]
fn a_pipe_whose_reader_goes_away_ends_alone_too_and_without_a_word() {
    let (it, whole) = with_file(3_000_000);
    let line = "$T in --tee file:whole - | head -c 5 >/dev/null; exit ${PIPESTATUS[0]}";
    it.sh(line)
        .run()
        .exits(141)
        .says("tidegate: 1 of 2 sinks have everything: file:whole\n");
    assert!(it.read("whole") == whole);
    // Where nobody is left, nothing more is read.
    let line = "$T zero: --tee exec:'head -c 5 >/dev/null' - | head -c 5 >/dev/null; exit ${PIPESTATUS[0]}";
    it.sh(line).run().exits(141).says("");
}

#[apply(on_both_roads)]
fn of_several_outcomes_the_gravest_is_the_exit_status() {
    let (it, _) = with_file(5_000_000);
    let (gone, full) = ("exec:head -c 5 >/dev/null", "/dev/full");
    let idle = ["--idle-timeout", "300ms"];
    let table: [(&[&str], &[&str], i32); 5] = [
        (&[], &["null:", "null:"], 0),
        (&[], &[gone, "null:"], 141),
        (&idle, &[gone, "null:#stall=5:60s"], 4),
        (&idle, &[full, "null:#stall=5:60s", gone], 1),
        (&["--expect-size", "3"], &[full, "null:"], 3),
    ];
    for (flags, sinks, code) in table {
        let tees = sinks[1..].iter().flat_map(|sink| ["--tee", sink]);
        let args = flags.iter().copied().chain(["in"]).chain(tees);
        let done = it.tide(args.chain([sinks[0]])).run();
        assert_eq!(done.code(), code, "{sinks:?}: {}", done.stderr);
    }
}

#[apply(on_both_roads)]
fn where_the_stream_is_not_what_was_expected_no_atomic_sink_is_replaced() {
    let (it, _) = with_file(200_000);
    let digest = format!("sha256={}", "0".repeat(64));
    for flags in [
        ["--expect-size", "5"],
        ["--expect-size", "5000000"],
        ["-t", &digest],
    ] {
        it.write("a", "old");
        let args = [
            flags[0],
            flags[1],
            "in",
            "--tee",
            "file:a#atomic",
            "file:b#atomic",
        ];
        let done = it.tide(args).run().exits(3);
        assert!(done.stderr.contains("a is as it was"), "{}", done.stderr);
        assert!(done.stderr.contains("b was not made"), "{}", done.stderr);
        assert_eq!(it.read("a"), b"old");
        assert_eq!(it.names(), ["a", "in"], "{flags:?}");
    }
}

#[apply(on_both_roads)]
fn the_source_that_fails_is_told_once() {
    let it = Scratch::new();
    let args = [
        "exec:echo some; exit 7",
        "--tee",
        "file:a#atomic",
        "--tee",
        "file:b",
        "null:",
        "--stats",
        "s",
    ];
    let done = it.tide(args).run();
    let parts = [
        "reading exec:echo some; exit 7: ",
        "status 7",
        "a was not made",
    ];
    done.fails_saying(1, &parts);
    assert_eq!(it.read("b"), b"some\n");
    let outcomes = at_sinks(&it.end_of("s"));
    assert!(
        outcomes.iter().all(|it| it.0 == "failed" && it.2 == 5),
        "{outcomes:?}"
    );
}

#[apply(on_both_roads)]
fn with_fail_fast_all_end_as_soon_as_one_fails() {
    let it = Scratch::new();
    let args = [
        "zero:",
        "--fail-fast",
        "--tee",
        "file:a#atomic",
        "--tee",
        "exec:head -c 9 >/dev/null; exit 3",
        "null:",
    ];
    let done = it.tide(args).run().exits(1);
    let told = "file:a#atomic: given up, since another SINK has failed (--fail-fast)";
    done.mentions(&["status 3", told, "null:: given up"]);
    assert_eq!(it.names(), [""; 0]);
    // A source that ends is no failure of a sink.
    it.write("in", noise(100_000));
    it.tide(["in", "--fail-fast", "--tee", "file:a", "file:b"])
        .run()
        .succeeds();
    assert!(it.read("a") == it.read("b"));
}

#[apply(on_both_roads)]
fn a_sink_that_detaches_is_given_up_once_it_has_held_the_others_up_for_so_long() {
    let (it, whole) = with_file(20_000_000);
    let (opener, peer, uri) = held_back();
    let detaches = format!("{uri}#slow=detach,patience=300ms");
    let args = [
        "in",
        "--tee",
        &detaches,
        "--tee",
        "file:whole",
        "--stats",
        "s",
        "null:",
    ];
    let done = it.tide(args).run().exits(4);
    let told =
        format!("writing to {detaches}: it held the others up for 300ms (slow=detach); at most ");
    done.mentions(&[&told, "2 of 3 sinks have everything: null:, file:whole"]);
    assert!(it.read("whole") == whole);
    let end = it.end_of("s");
    let [_, (outcome, _, took), _] = &at_sinks(&end)[..] else {
        panic!("{end}");
    };
    assert_eq!((outcome.as_str(), *took < 20_000_000), ("failed", true));
    drop(opener);
    // It learns that this was not all.
    peer.story().sees_a_reset();
}

#[apply(on_both_roads)]
fn without_that_the_others_wait_for_the_slowest() {
    let (it, whole) = with_file(20_000_000);
    let (opener, peer, uri) = held_back();
    let args = [
        "in",
        "--tee",
        &uri,
        "--tee",
        "file:whole#slow=detach,patience=60s",
        "--stats",
        "s",
        "-i",
        "10ms",
        "null:",
    ];
    let running = it.tide(args).start();
    // The file has all that it gets as long as the peer reads nothing.
    let is_held = |record: &Value| {
        let (first, last) = (&record["sinks"][0], &record["sinks"][2]);
        record["links"][0]["state"] == "paused"
            && first["bytes_out"] == last["bytes_out"]
            && record["links"][0]["consumers"][1]["stops"]
                != record["links"][0]["consumers"][1]["drains"]
    };
    it.recorded("s", is_held);
    assert!(it.read("whole").len() < 20_000_000);
    drop(opener);
    running.done().succeeds();
    peer.story().sees_the_end_after(&whole);
    assert!(it.read("whole") == whole);
}

#[apply(on_both_roads)]
fn the_last_sink_that_is_left_is_given_up_by_nothing_but_the_idle_timeout() {
    let (it, _) = with_file(20_000_000);
    let (opener, peer, uri) = held_back();
    let detaches = format!("{uri}#slow=detach,patience=1ms");
    let args = [
        "in",
        "--tee",
        &detaches,
        "--idle-timeout",
        "500ms",
        "/dev/full",
    ];
    let done = it.tide(args).run().exits(1);
    let idle = format!("waiting for {detaches}: nothing moved for 500ms (--idle-timeout)");
    done.mentions(&["/dev/full: No space left", &idle]);
    drop(opener);
    peer.story().sees_a_reset();
}

#[apply(on_both_roads)]
fn a_peer_that_lets_nothing_move_times_out_alone() {
    let (it, whole) = with_file(20_000_000);
    let (opener, peer, uri) = held_back();
    let args = [
        "in",
        "--tee",
        &uri,
        "--tee",
        "file:whole",
        "--idle-timeout",
        "500ms",
        "null:",
    ];
    let done = it.tide(args).run().exits(4);
    let idle = format!("waiting for {uri}: nothing moved for 500ms (--idle-timeout)");
    done.mentions(&[&idle, "2 of 3 sinks have everything"]);
    assert!(it.read("whole") == whole);
    drop(opener);
    peer.story().sees_a_reset();
    // A source that gives nothing ends all of it.
    it.fifo("fifo");
    let line = "sleep 60 >fifo & $T fifo --tee file:a --idle-timeout 300ms null:; code=$?; kill $!; exit $code";
    it.sh(line)
        .run()
        .exits(4)
        .mentions(&["waiting for fifo: nothing moved for 300ms"]);
}

#[apply(on_both_roads)]
fn the_rate_limit_is_on_the_side_of_the_source() {
    let (it, _) = with_file(500_000);
    let args = [
        "-L",
        "1M",
        "in",
        "--tee",
        "file:a",
        "file:b",
        "--stats",
        "s",
        "--control",
        "c",
    ];
    it.tide(args).run().succeeds();
    let end = it.end_of("s");
    assert!(end["elapsed_s"].as_f64() > Some(0.46), "{end}");
    assert_eq!(end["bound_by"], "rate");
    let sinks = end["sinks"].as_array().unwrap();
    assert!(sinks.iter().all(|it| it["bound_by"] == "rate"), "{end}");
}

#[apply(on_both_roads)]
fn a_transfer_that_was_told_to_pause_or_to_hurry_is_so_at_all_sinks() {
    let (it, _) = with_file(30_000_000);
    let args = [
        "-L",
        "1",
        "in",
        "--tee",
        "file:a",
        "file:b",
        "--control",
        "c",
    ];
    let running = it.tide(args).start();
    let tell = |words: &[&str]| {
        let words = ["--tell", "c"].iter().chain(words);
        it.tide(words.copied().collect::<Vec<_>>())
            .run()
            .exits(0)
            .stdout
    };
    crate::peer::until("the control socket", || it.path("c").exists());
    tell(&["pause"]);
    tell(&["rate", "none"]);
    let status = String::from_utf8(tell(&["status"])).unwrap();
    assert!(status.contains("PAUSED by --tell"), "{status}");
    assert!(
        status.contains("file:a") && status.contains("file:b"),
        "{status}"
    );
    tell(&["resume"]);
    running.done().succeeds();
    assert!(it.read("a") == it.read("in") && it.read("b") == it.read("in"));
}

#[apply(on_both_roads)]
fn a_sink_has_its_own_mark_if_it_asks_for_one() {
    let (it, _) = with_file(1_000_000);
    let args = [
        "-H",
        "64K",
        "in",
        "--tee",
        "null:#mark=4K",
        "--stats",
        "s",
        "null:",
    ];
    it.tide(args).run().succeeds();
    let end = it.end_of("s");
    let mark = |sink: usize| &end["links"][0]["consumers"][sink]["writable"];
    assert_eq!(mark(0)["high_water_mark"], 65_536);
    assert_eq!(mark(1)["high_water_mark"], 4096);
    assert!(mark(1)["max_len"].as_u64() <= Some(4096));
    let one = ["--road", "buffered", "in", "null:#mark=4K", "--stats", "s"];
    it.tide(one).run().succeeds();
    assert_eq!(
        it.end_of("s")["links"][0]["writable"]["high_water_mark"],
        4096
    );
}

#[test]
fn what_cannot_be_meant_is_refused_before_anything_is_changed() {
    let (it, _) = with_file(10);
    it.write("old", "as it was");
    let table: [(&[&str], i32, &str); 9] = [
        (
            &["in", "--tee", "file:old", "file:./old"],
            2,
            "two SINKs are the same file",
        ),
        (
            &["in", "--tee", "in", "file:old"],
            2,
            "source and sink are the same file",
        ),
        (
            &["in", "--tee", "file:old", "--stats", "old", "-"],
            2,
            "--stats would write into",
        ),
        (&["in", "--tee", "-", "-"], 2, "two SINKs are the same"),
        (
            &["in", "--tee", "zero:", "file:old"],
            2,
            "zero: cannot be the SINK",
        ),
        (&["in", "file:old#slow=detach"], 2, "add one with --tee"),
        (
            &["in", "--tee", "file:old#patience=1s", "-"],
            2,
            "needs slow=detach",
        ),
        (
            &[
                "in",
                "--tee",
                "file:old",
                "--low-water-mark",
                "8K",
                "null:#mark=8K",
            ],
            2,
            "--low-water-mark 8192",
        ),
        (
            &["in", "--tee", "file:old", "tcp://127.0.0.1:1"],
            1,
            "Connection refused",
        ),
    ];
    for (args, code, why) in table {
        it.tide(args).run().fails_saying(code, &[why]);
        assert_eq!(it.read("old"), b"as it was", "{args:?}");
        assert_eq!(it.names(), ["in", "old"], "{args:?}");
    }
    let line = "ulimit -n 16; $T in --tee file:old --tee file:b --tee file:c --tee file:d --tee file:e --tee file:f \
                --tee file:g --tee file:h -";
    it.sh(line)
        .run()
        .fails_saying(1, &["too many open files (ulimit -n)"]);
    assert_eq!(it.names(), ["in", "old"]);
}

#[apply(on_both_roads)]
fn a_signal_leaves_all_sinks_as_it_says() {
    let it = Scratch::new();
    let flags = [
        "-L",
        "1M",
        "--summary",
        "always",
        "--stats",
        "fd:2",
        "-i",
        "10ms",
    ];
    let args = [&flags[..], &["zero:", "--tee", "file:a", "file:b#atomic"]].concat();
    let mut running = it.tide(args).start();
    running.record(|it| it["bytes_out"].as_u64() > Some(0));
    running.signal("INT");
    let done = running.done().exits(130);
    assert!(
        done.stderr.contains("b was not made; a is incomplete"),
        "{}",
        done.stderr
    );
    assert_eq!(it.names(), ["a"]);
    let end = done.records().pop().unwrap();
    assert!(
        at_sinks(&end).iter().all(|it| it.0 == "interrupted"),
        "{end}"
    );
}

#[test]
fn the_screen_has_a_row_for_each_sink_and_says_who_holds_the_source_up() {
    let (it, _) = with_file(50_000_000);
    for columns in [60, 80, 120] {
        let (opener, peer, uri) = held_back();
        let port = &uri[uri.len() - 6..];
        let args = ["in", "--tee", &uri, "--tee", "/dev/full", "file:copy"];
        let screen = it.tide(args).on_screen(columns, 16);
        screen.until("who holds the others up", |view| {
            let rows = view.rows();
            let row = |name: &str, state: &str| {
                let mut rows = rows.iter();
                rows.any(|it| it.contains(name) && it.contains(state))
            };
            view.has("file:copy + 2 more")
                && row(port, "HOLDS UP")
                && row("/dev/full", "FAILED")
                && row("file:copy", "[")
                && row("source →", "→ 3 sinks")
                && row("the remote reader", port)
        });
        screen.keys(CTRL_C);
        screen.done().exits(130);
        drop(opener);
        peer.story();
    }
}

#[test]
fn of_many_sinks_those_that_hold_up_most_have_rows_and_the_others_are_summed() {
    let it = Scratch::new();
    let tees = (0..11).flat_map(|_| ["--tee", "null:#rate=100K"]);
    let args = ["zero:"].into_iter().chain(tees).chain(["null:"]);
    let screen = it.tide(args).on_screen(100, 24);
    screen.until("twelve sinks", |view| {
        view.has("→ 12 sinks") && view.has("and 4 more") && view.has("together")
    });
    screen.keys(CTRL_C);
    screen.done().exits(130);
}

#[apply(on_both_roads)]
fn the_summary_has_a_line_for_each_sink() {
    let (it, _) = with_file(2_000_000);
    let args = [
        "in",
        "--tee",
        "null:#rate=2M",
        "--tee",
        "file:a#sync",
        "file:b",
        "--summary",
        "always",
    ];
    let done = it.tide(args).run().exits(0);
    let told: Vec<_> = done
        .stderr
        .lines()
        .map(|it| it.trim_start_matches("tidegate: "))
        .collect();
    assert!(told[0].ends_with("to 3 sinks"), "{told:?}");
    let starts = [
        "file:b: 1.91 MiB, written",
        "null:: 1.91 MiB, written, slow: the sink (",
        "file:a: 1.91 MiB, written and synced to disk",
        "slow: null: (",
    ];
    for start in starts {
        assert!(
            told.iter().any(|it| it.starts_with(start)),
            "{start} in {told:?}"
        );
    }
}

#[test]
fn pictures_and_traces_have_every_sink() {
    let (it, _) = with_file(1_000_000);
    let args = [
        "in",
        "--tee",
        "null:#rate=4M",
        "--plot",
        "p.svg",
        "--trace",
        "t.json",
        "file:copy",
    ];
    it.tide(args).run().succeeds();
    for name in ["p.svg", "t.json"] {
        let text = String::from_utf8(it.read(name)).unwrap();
        assert!(
            text.contains("file:copy") && text.contains("null:"),
            "{name}"
        );
    }
}

#[test]
fn explain_tells_of_every_sink_and_changes_nothing() {
    let (it, _) = with_file(1000);
    let args = [
        "--explain",
        "in",
        "--tee",
        "file:a#slow=detach,mark=8K",
        "tcp://127.0.0.1:1",
    ];
    let done = it.tide(args).run().succeeds();
    let told = String::from_utf8(done.stdout).unwrap();
    for part in [
        "sink 1 of 2",
        "sink 2 of 2",
        "slow=detach",
        "given up (exit 4) once it has held the others up for 5s",
        "1048576, 8192 bytes",
        "if one fails",
    ] {
        assert!(told.contains(part), "{part} is not in {told}");
    }
    assert_eq!(it.names(), ["in"]);
    let refused = ["--explain", "in", "--tee", "file:a", "file:./a"];
    it.tide(refused)
        .run()
        .refuses(&["two SINKs are the same file"]);
}

#[apply(on_both_roads)]
fn what_cannot_be_read_is_told_with_several_sinks_too() {
    let (it, whole) = with_file(100_000);
    let args = ["-E", "in", "--tee", "file:a", "file:b"];
    it.tide(args).run().succeeds();
    assert!(it.read("a") == whole && it.read("b") == whole);
}

#[apply(on_both_roads)]
fn an_empty_source_makes_every_sink() {
    let it = Scratch::new();
    it.tide(["/dev/null", "--tee", "file:a#atomic", "file:b"])
        .run()
        .succeeds();
    assert!(it.read("a").is_empty() && it.read("b").is_empty());
}

#[test]
fn a_hundred_sinks_hold_every_byte_once() {
    let (it, _) = with_file(20_000_000);
    let tees = (0..99).flat_map(|_| ["--tee", "null:"]);
    let args = ["in"]
        .into_iter()
        .chain(tees)
        .chain(["null:", "--stats", "s"]);
    it.tide(args).run().succeeds();
    let all = at_sinks(&it.end_of("s"));
    assert!(all.len() == 100 && all.iter().all(|it| it.2 == 20_000_000));
}
