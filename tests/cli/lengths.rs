//! Durations beyond all measure: they are refused, and what is accepted harms nobody.

use crate::live::bound;
use crate::tide::Scratch;

/// As far as the parser of durations goes, and twice as far as we do.
const TOO_LONG: [&str; 2] = ["584542046090years", "200years"];

#[apply(on_both_roads)]
fn a_duration_above_100_years_is_refused() {
    let (_socket, nobody) = bound();
    let it = Scratch::new();
    for long in TOO_LONG {
        for (option, source, sink) in [
            (
                "close-timeout",
                "zero:#size=1K".to_owned(),
                format!("tcp://{nobody}#close-timeout={long}"),
            ),
            (
                "connect-timeout",
                "zero:#size=1K".to_owned(),
                format!("tcp://{nobody}#connect-timeout={long}"),
            ),
            (
                "accept-timeout",
                format!("tcp-listen://127.0.0.1:0#accept-timeout={long}"),
                "null:".to_owned(),
            ),
            (
                "stall",
                "zero:#size=1K".to_owned(),
                format!("null:#stall=1K:{long}"),
            ),
        ] {
            let done = it.tide([source, sink]).run();
            done.refuses(&[option, "100 years"]);
        }
        for (flag, name) in [("--idle-timeout", "--idle-timeout"), ("-i", "--interval")] {
            let args = [flag, long, "zero:#size=1K", "null:"];
            it.tide(args).run().refuses(&[name, "100 years"]);
        }
    }
}

#[apply(on_both_roads)]
fn a_duration_of_100_years_is_accepted() {
    let it = Scratch::new();
    for args in [
        [
            "--summary",
            "auto",
            "zero:#size=1K",
            "null:#stall=1G:100years",
        ],
        ["--idle-timeout", "100years", "zero:#size=1K", "null:"],
        ["-i", "100years", "zero:#size=1K", "null:"],
    ] {
        it.tide(args).run().succeeds();
    }
    let listens = ["tcp-listen://127.0.0.1:0#accept-timeout=100years", "out"];
    let mut receiver = it.tide(listens).start();
    let address = receiver.listening();
    let peer = format!("tcp://{address}#connect-timeout=100years,close-timeout=100years");
    it.tide(["zero:#size=1K", &peer]).run().succeeds();
    receiver.done().exits(0);
    assert_eq!(it.read("out"), [0; 1024]);
}
