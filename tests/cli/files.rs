//! Files as SINK: their options, redirections, and a file that would be both ends.

use crate::live::{bound, until};
use crate::tide::{Scratch, noise};
use std::os::unix::fs::{MetadataExt, PermissionsExt};

#[apply(on_both_roads)]
fn a_file_is_truncated_as_cp_does() {
    let it = Scratch::new();
    it.write("out", noise(10_000));
    let inode = it.path("out").metadata().unwrap().ino();
    it.tide(["-", "out"]).input("new").run().succeeds();
    assert_eq!(it.read("out"), b"new");
    assert_eq!(it.path("out").metadata().unwrap().ino(), inode);
}

#[apply(on_both_roads)]
fn append_writes_behind_what_is_there() {
    let it = Scratch::new();
    for text in ["one ", "two"] {
        let cmd = it.tide(["-", "file:out#append"]).input(text);
        cmd.run().succeeds();
    }
    assert_eq!(it.read("out"), b"one two");
}

#[apply(on_both_roads)]
fn create_fails_if_the_file_exists_and_leaves_it_alone() {
    let it = Scratch::new();
    for options in ["create", "create,atomic", "create,append", "create,sync"] {
        let uri = format!("file:out#{options}");
        it.tide(["-", &uri]).input("first").run().succeeds();
        let again = it.tide(["-", &uri]).input("second").run();
        again.fails_saying(1, &[&format!("opening {uri}: "), "File exists"]);
        assert_eq!(it.read("out"), b"first", "{options}");
        assert_eq!(it.names(), ["out"], "{options}");
        std::fs::remove_file(it.path("out")).unwrap();
    }
}

#[apply(on_both_roads)]
fn create_does_not_follow_a_link_that_leads_nowhere() {
    let it = Scratch::new();
    std::os::unix::fs::symlink("target", it.path("link")).unwrap();
    let done = it.tide(["-", "file:link#create"]).input("x").run();
    done.fails_saying(1, &["File exists"]);
    assert_eq!(it.names(), ["link"]);
}

#[apply(on_both_roads)]
fn a_synced_file_is_reported_as_synced() {
    let it = Scratch::new();
    for (uri, delivered) in [
        ("file:out", "written"),
        ("file:out#sync", "synced"),
        ("file:out#sync,atomic", "synced"),
        ("file:out#sync,append", "synced"),
    ] {
        it.tide(["--stats", "s", "-", uri])
            .input("x")
            .run()
            .succeeds();
        assert_eq!(it.end_of("s")["delivered"], delivered, "{uri}");
    }
    assert_eq!(it.read("out"), b"xx");
}

#[apply(on_both_roads)]
fn an_atomic_file_keeps_its_old_content_until_the_new_one_is_complete() {
    let it = Scratch::new();
    it.write("out", "old");
    let mut running = it
        .tide(["--stats", "fd:2", "-i", "20ms", "-", "file:out#atomic"])
        .open_input()
        .start();
    running.feed("brand new");
    running.has_written(9);
    assert_eq!(it.read("out"), b"old");
    running.end_of_input().exits(0);
    assert_eq!(it.read("out"), b"brand new");
    assert_eq!(it.names(), ["out"]);
}

#[apply(on_both_roads)]
fn an_atomic_file_that_fails_leaves_the_old_one_and_nothing_else() {
    let (_socket, nobody) = bound();
    let refused = format!("tcp://{nobody}");
    for (code, args) in [
        (3, &["--expect-size", "4", "zero:#size=3"][..]),
        (3, &["--expect-size", "2", "zero:#size=3"]),
        (3, &["--expect-size", "2", "zero:"]),
        (4, &["tcp-listen://127.0.0.1:0#accept-timeout=10ms"]),
        (1, &["missing"]),
        (1, &[&refused]),
    ] {
        let it = Scratch::new();
        it.write("out", "old");
        it.tide([args, &["file:out#atomic"]].concat())
            .run()
            .exits(code);
        assert_eq!(it.read("out"), b"old", "{args:?}");
        assert_eq!(it.names(), ["out"], "{args:?}");
        it.tide([args, &["file:fresh#atomic"]].concat())
            .run()
            .exits(code);
        assert_eq!(it.names(), ["out"], "{args:?}");
    }
}

#[apply(on_both_roads)]
fn an_atomic_file_keeps_the_mode_of_the_one_it_replaces() {
    let it = Scratch::new();
    for mode in [0o640, 0o755, 0o600, 0o444] {
        it.write("out", "old");
        let permissions = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(it.path("out"), permissions).unwrap();
        it.tide(["-", "file:out#atomic"])
            .input("new")
            .run()
            .succeeds();
        assert_eq!(it.path("out").metadata().unwrap().mode() & 0o7777, mode);
        assert_eq!(it.read("out"), b"new");
        std::fs::remove_file(it.path("out")).unwrap();
    }
}

#[apply(on_both_roads)]
fn a_new_atomic_file_gets_the_mode_any_new_file_gets() {
    let it = Scratch::new();
    it.sh("umask 027; $T zero:#size=1 plain; $T zero:#size=1 file:atomic#atomic")
        .run()
        .succeeds();
    let mode = |name| it.path(name).metadata().unwrap().mode();
    assert_eq!(mode("atomic"), mode("plain"));
    assert_eq!(mode("plain") & 0o777, 0o640);
}

#[apply(on_both_roads)]
fn an_atomic_file_is_written_where_a_link_leads() {
    let it = Scratch::new();
    std::fs::create_dir(it.path("there")).unwrap();
    it.write("there/target", "old");
    std::os::unix::fs::symlink("there/target", it.path("link")).unwrap();
    it.tide(["-", "file:link#atomic"])
        .input("new")
        .run()
        .succeeds();
    assert!(it.path("link").is_symlink());
    assert_eq!(it.read("there/target"), b"new");
    assert_eq!(it.names(), ["link", "there"]);
}

#[apply(on_both_roads)]
fn append_and_atomic_exclude_each_other() {
    let it = Scratch::new();
    it.write("out", "old");
    for uri in ["file:out#append,atomic", "file:out#atomic,append"] {
        let done = it.tide(["-", uri]).input("x").run();
        done.refuses(&["append", "atomic"]);
    }
    let device = it.tide(["-", "file:/dev/null#atomic"]).input("x").run();
    device.refuses(&["atomic"]);
    assert_eq!(it.read("out"), b"old");
}

#[apply(on_both_roads)]
fn an_appending_redirection_appends() {
    let it = Scratch::new();
    it.write("out", "old ");
    it.sh("$T - >>out && $T - fd:3 3>>out")
        .input("new")
        .run()
        .succeeds();
    assert_eq!(it.read("out"), b"old new");
}

#[apply(on_both_roads)]
fn a_read_write_redirection_overwrites_in_place() {
    let it = Scratch::new();
    it.write("out", "0123456789");
    it.sh("$T - 1<>out").input("abc").run().succeeds();
    assert_eq!(it.read("out"), b"abc3456789");
}

#[apply(on_both_roads)]
fn a_redirection_goes_on_where_the_last_command_stopped() {
    let it = Scratch::new();
    it.sh("{ echo before; $T -; echo after; } >out")
        .input("between\n")
        .run()
        .succeeds();
    assert_eq!(it.read("out"), b"before\nbetween\nafter\n");
}

#[apply(on_both_roads)]
fn a_file_that_would_be_both_ends_is_refused_before_it_is_touched() {
    let data = noise(100_000);
    for line in [
        "$T f f",
        "$T f ./f",
        "$T f file:f",
        "$T file:f#  f",
        "$T f hard",
        "$T hard f",
        "$T f soft",
        "$T soft hard",
        "$T f file:f#append",
        "$T f file:f#atomic",
        "$T f file:soft#atomic",
        "$T - f <f",
        "$T - hard <f",
        "$T f >>f",
        "$T f 1<>f",
        "$T <f >>f",
        "$T <f >>hard",
        "$T <f 1<>f",
        "$T fd:3 f 3<f",
        "$T f fd:3 3>>f",
        "$T fd:3 fd:4 3<f 4>>hard",
        "$T --take 0 f f",
    ] {
        let it = Scratch::new();
        it.write("f", &data);
        std::fs::hard_link(it.path("f"), it.path("hard")).unwrap();
        std::os::unix::fs::symlink("f", it.path("soft")).unwrap();
        it.sh(line).run().refuses(&["same file"]).prints("");
        assert!(it.read("f") == data, "{line}");
        assert_eq!(it.names(), ["f", "hard", "soft"], "{line}");
    }
}

#[apply(on_both_roads)]
fn a_fifo_that_would_be_both_ends_is_refused_without_waiting() {
    let it = Scratch::new();
    it.fifo("p");
    it.tide(["p", "p"]).run().refuses(&["same file"]);
}

#[apply(on_both_roads)]
fn two_equal_files_are_not_the_same_file() {
    let it = Scratch::new();
    it.write("a", "equal");
    it.write("b", "equal");
    it.tide(["a", "b"]).run().succeeds();
    it.sh("$T /dev/null /dev/null").run().succeeds();
}

#[apply(on_both_roads)]
fn a_sink_that_exists_is_not_emptied_before_its_source_is_there() {
    let it = Scratch::new();
    it.write("out", "old");
    let mut waiting = it.tide(["tcp-listen://127.0.0.1:0", "out"]).start();
    let address = waiting.listening();
    waiting.sleeps();
    assert_eq!(it.read("out"), b"old");
    it.tide(["zero:#size=1", &format!("tcp://{address}")])
        .run()
        .succeeds();
    waiting.done().exits(0);
    assert_eq!(it.read("out"), [0]);
}

#[apply(on_both_roads)]
fn a_transfer_that_never_began_leaves_no_empty_file() {
    let it = Scratch::new();
    it.tide(["missing", "out"]).run().exits(1);
    it.tide(["tcp-listen://127.0.0.1:0#accept-timeout=10ms", "out"])
        .run()
        .exits(4);
    assert!(it.names().is_empty(), "{:?}", it.names());
}

#[apply(on_both_roads)]
fn an_interrupted_wait_removes_nothing_that_others_put_there() {
    for line in ["echo precious >out", "echo precious >new; mv new out"] {
        let it = Scratch::new();
        let mut waiting = it.tide(["tcp-listen://127.0.0.1:0", "out"]).start();
        waiting.listening();
        waiting.sleeps();
        it.sh(line).run().succeeds();
        waiting.signal("INT");
        waiting.done().dies_of("INT");
        assert_eq!(it.names(), ["out"], "{line}");
        assert_eq!(it.read("out"), b"precious\n", "{line}");
    }
}

#[apply(on_both_roads)]
fn an_atomic_file_is_seen_whole_by_those_who_look_meanwhile() {
    let it = Scratch::new();
    it.write("out", vec![1; 300_000]);
    let args = ["zero:#size=300000", "file:out#atomic"];
    let mut running = it.tide(args).start();
    until("the new content", || {
        let seen = it.read("out");
        assert_eq!(seen.len(), 300_000);
        let ended = running.child.try_wait().unwrap().is_some();
        ended.then_some(())
    });
    running.done().succeeds();
    assert_eq!(it.read("out"), vec![0; 300_000]);
}
