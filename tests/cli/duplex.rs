//! Both directions at once (`--duplex`): half-closes are passed on, late replies arrive, and a failure on one side is one on both.

use crate::peer::{Peer, Saw, Step, gate};
use crate::real_peers::is_here;
use crate::screen::CTRL_D;
use crate::tide::{Cmd, Running, Scratch, noise, records};
use serde_json::Value;
use std::net::SocketAddr;

/// A peer that tidegate connects with.
fn connected(steps: Vec<Step>) -> (Peer, String) {
    let (peer, address) = Peer::listens(steps);
    (peer, uri(address))
}

fn uri(address: SocketAddr) -> String {
    format!("tcp://{address}")
}

/// tidegate between a peer that comes and one that it goes to.
fn relay(
    it: &Scratch,
    comes: Vec<Step>,
    is_met: Vec<Step>,
    flags: &[&str],
) -> (Running, Peer, Peer) {
    let (there, uri) = connected(is_met);
    let ends = ["--duplex", "tcp-listen://127.0.0.1:0", &uri];
    let mut running = it.tide(flags.iter().chain(&ends)).start();
    let address = running.listening();
    (running, Peer::connects(&address, comes), there)
}

fn duplex(it: &Scratch, args: &[&str]) -> Cmd {
    it.tide(["--duplex"].iter().chain(args))
}

#[apply(on_both_roads)]
fn much_goes_both_ways_at_once_though_neither_side_reads_before_it_has_written() {
    let it = Scratch::new();
    let (a, b) = (noise(20_000_000), noise(15_000_000));
    let says = |bytes: &Vec<u8>| vec![Step::SendMeanwhile(bytes.clone()), Step::ReadAll];
    // Each half-closes once all it has to say is on its way.
    let mut from_a = says(&a);
    let mut from_b = says(&b);
    from_a.splice(0..1, [Step::Send(a.clone()), Step::HalfClose]);
    from_b.splice(
        0..1,
        [
            Step::SendMeanwhile(b[..1_000_000].to_vec()),
            Step::ReadExactly(a.len()),
        ],
    );
    from_b.extend([Step::Send(b[1_000_000..].to_vec()), Step::HalfClose]);
    let (running, comes, there) = relay(&it, from_a, from_b, &["--stats", "s"]);
    running.done().exits(0);
    comes.story().sees_the_end_after(&b);
    assert!(there.story().bytes == a);
    let all = records(&it.read("s"));
    let ends: Vec<_> = all.iter().filter(|it| it["type"] == "end").collect();
    let told = |field: &str| -> Vec<Value> { ends.iter().map(|it| it[field].clone()).collect() };
    assert_eq!(told("direction"), ["a-to-b", "b-to-a"]);
    assert_eq!(told("bytes_out"), [20_000_000, 15_000_000]);
    assert_eq!(told("outcome"), ["complete", "complete"]);
    let starts = all.iter().filter(|it| it["type"] == "start");
    let sources: Vec<_> = starts.map(|it| it["source"].clone()).collect();
    assert_eq!(sources.len(), 2);
    assert!(
        sources.contains(&"tcp-listen://127.0.0.1:0".into()),
        "{sources:?}"
    );
    assert_eq!(ends[1], all.last().unwrap());
}

#[apply(on_both_roads)]
fn a_half_close_is_passed_on_and_a_reply_that_comes_late_arrives() {
    let it = Scratch::new();
    for comes_first in [true, false] {
        let asks = || {
            vec![
                Step::Send(b"question".to_vec()),
                Step::HalfClose,
                Step::ReadAll,
            ]
        };
        let (opener, closed) = gate();
        let answers = vec![Step::ReadAll, closed, Step::Send(b"a late answer".to_vec())];
        let (first, second) = if comes_first {
            (asks(), answers)
        } else {
            (answers, asks())
        };
        let (running, comes, there) = relay(&it, first, second, &[]);
        let (asker, answerer) = if comes_first {
            (comes, there)
        } else {
            (there, comes)
        };
        // It has heard the end of the question before it answers.
        answerer.has_done(1);
        drop(opener);
        running.done().exits(0);
        asker.story().sees_the_end_after(b"a late answer");
        answerer.story().sees_the_end_after(b"question");
    }
}

#[apply(on_both_roads)]
fn a_connection_that_is_cut_is_a_failure_of_both_directions_and_both_peers_learn_of_it() {
    let it = Scratch::new();
    for comes_first in [true, false] {
        let cuts = vec![
            Step::Send(b"some".to_vec()),
            Step::ReadExactly(4),
            Step::Reset,
        ];
        let (opener, closed) = gate();
        let other = vec![
            Step::Send(b"more".to_vec()),
            Step::ReadExactly(4),
            Step::ReadAll,
            closed,
        ];
        let (first, second) = if comes_first {
            (cuts, other)
        } else {
            (other, cuts)
        };
        let (running, comes, there) = relay(&it, first, second, &[]);
        let done = running.done().exits(1);
        assert!(
            done.stderr.contains("Connection reset by peer"),
            "{}",
            done.stderr
        );
        let other = if comes_first { there } else { comes };
        drop(opener);
        other.story().sees_a_reset();
    }
}

#[apply(on_both_roads)]
fn standard_input_and_output_are_the_second_end_unless_another_is_named() {
    let it = Scratch::new();
    let whole = noise(3_000_000);
    for b in [&[][..], &["-"]] {
        let (peer, uri) = connected(vec![Step::ReadAll, Step::Send(whole.clone())]);
        let done = duplex(&it, &[&[&*uri], b].concat()).input(&*whole).run();
        done.succeeds().prints(&whole);
        assert_eq!(peer.story().saw, Saw::Fin);
    }
    // The other way round, A is what is piped.
    let (peer, uri) = connected(vec![Step::ReadAll, Step::Send(b"reply".to_vec())]);
    let done = duplex(&it, &["-", &uri]).input("question").run();
    done.succeeds().prints("reply");
    peer.story().sees_the_end_after(b"question");
}

#[apply(on_both_roads)]
fn the_end_of_what_the_peer_says_is_the_end_of_standard_output_while_input_goes_on() {
    let it = Scratch::new();
    let (peer, uri) = connected(vec![
        Step::Send(b"hello".to_vec()),
        Step::HalfClose,
        Step::ReadAll,
    ]);
    it.fifo("in");
    let line =
        format!("exec 3<>in; $T --duplex {uri} <in 3>&- | cat >out; exit ${{PIPESTATUS[0]}}");
    let running = it.sh(&line).start();
    // cat has ended, and so the greeting is whole, while nothing has been said yet.
    crate::peer::until("the greeting", || {
        it.path("out").exists() && it.read("out") == b"hello"
    });
    std::fs::write(it.path("in"), "goodbye").unwrap();
    drop(running);
    drop(peer);
}

#[apply(on_both_roads)]
fn commands_talk_to_each_other_and_end_it_together() {
    let it = Scratch::new();
    let table = [
        (
            "exec:echo hi; read x; echo $x >a",
            "exec:read y; echo $y >b; echo reply",
            "hi",
            "reply",
        ),
        ("exec:cat >b; echo end >a", "exec:echo 1; echo 2", "", "end"),
    ];
    for (a, b, at_b, at_a) in table {
        duplex(&it, &[a, b]).run().succeeds();
        if !at_b.is_empty() {
            assert_eq!(it.read("b"), format!("{at_b}\n").as_bytes(), "{a}");
        }
        assert_eq!(it.read("a"), format!("{at_a}\n").as_bytes(), "{a}");
    }
    // A command that ends well ends both directions, though nothing comes from the other end.
    duplex(&it, &["exec:echo whole"])
        .open_input()
        .run()
        .succeeds()
        .prints("whole\n");
    let failing = duplex(&it, &["exec:echo some; exit 3", "exec:cat >/dev/null"]).run();
    failing.fails_saying(1, &["reading exec:echo some; exit 3: ", "status 3"]);
    // Whatever is still running is told to end.
    let failing = duplex(&it, &["exec:exit 4", "exec:sleep 600"]).run();
    failing.fails_saying(1, &["status 4"]);
}

#[apply(on_both_roads)]
fn small_pieces_are_passed_on_at_once() {
    let it = Scratch::new();
    let mut asks = Vec::new();
    let mut answers = Vec::new();
    for _ in 0..300 {
        asks.extend([Step::Send(vec![b'?'; 64]), Step::ReadExactly(64)]);
        answers.extend([Step::ReadExactly(64), Step::Send(vec![b'!'; 64])]);
    }
    asks.push(Step::HalfClose);
    answers.push(Step::ReadAll);
    let (running, comes, there) = relay(&it, asks, answers, &[]);
    running.done().exits(0);
    assert_eq!(comes.story().bytes.len(), 64 * 300);
    assert_eq!(there.story().bytes.len(), 64 * 300);
}

#[apply(on_both_roads)]
fn a_rate_limit_holds_for_each_direction() {
    let it = Scratch::new();
    let says = || vec![Step::Send(noise(400_000)), Step::HalfClose, Step::ReadAll];
    let (running, comes, there) = relay(&it, says(), says(), &["-L", "1M", "--stats", "s"]);
    running.done().exits(0);
    for peer in [comes, there] {
        assert_eq!(peer.story().bytes.len(), 400_000);
    }
    let all = records(&it.read("s"));
    for end in all.iter().filter(|it| it["type"] == "end") {
        assert_eq!(end["bound_by"], "rate");
        assert!(end["elapsed_s"].as_f64() > Some(0.37), "{end}");
        assert!(end["elapsed_s"].as_f64() < Some(20.0), "{end}");
    }
}

#[apply(on_both_roads)]
fn the_idle_timeout_counts_over_both_directions() {
    let it = Scratch::new();
    // One direction is silent all the time, the other one is not.
    let mut trickles = Vec::new();
    for _ in 0..8 {
        trickles.extend([
            Step::Send(b"x".to_vec()),
            Step::Wait(std::time::Duration::from_millis(100)),
        ]);
    }
    trickles.extend([Step::HalfClose, Step::ReadAll]);
    let flags = ["--idle-timeout", "500ms"];
    let (running, comes, there) = relay(&it, trickles, vec![Step::ReadAll], &flags);
    running.done().exits(0);
    comes.story();
    assert_eq!(there.story().bytes, b"xxxxxxxx");
    let (opener, closed) = gate();
    let (running, comes, there) = relay(&it, vec![closed], vec![Step::ReadAll], &flags);
    let done = running.done().exits(4);
    assert!(
        done.stderr
            .contains("nothing moved for 500ms (--idle-timeout)"),
        "{}",
        done.stderr
    );
    drop(opener);
    comes.story();
    there.story().sees_a_reset();
}

#[apply(on_both_roads)]
fn a_signal_resets_both_connections() {
    let it = Scratch::new();
    let (opener, closed) = gate();
    let comes = vec![Step::Send(b"some".to_vec()), Step::ReadAll];
    let (running, comes, there) = relay(
        &it,
        comes,
        vec![Step::ReadExactly(4), closed, Step::ReadAll],
        &[],
    );
    there.has_done(1);
    running.signal("TERM");
    running.done().exits(143);
    comes.story().sees_a_reset();
    drop(opener);
    there.story().sees_a_reset();
}

#[test]
fn both_directions_are_on_the_screen_and_in_a_status() {
    let it = Scratch::new();
    let (opener, closed) = gate();
    let (there, uri) = connected(vec![
        Step::Send(noise(200_000)),
        Step::ReadExactly(9),
        closed,
    ]);
    let (opener2, closed) = gate();
    let comes = vec![
        Step::Send(b"nine byte".to_vec()),
        Step::ReadExactly(200_000),
        closed,
    ];
    let args = [
        "--duplex",
        "tcp-listen://127.0.0.1:0",
        &uri,
        "--control",
        "c",
        "--stats",
        "s",
    ];
    let screen = it.tide(args).on_screen(100, 14);
    let view = screen.until("where it listens", |view| {
        view.has("listening on 127.0.0.1:")
    });
    let rows = view.lines();
    let line = rows.iter().find(|it| it.contains("listening on ")).unwrap();
    let address = line.split(' ').nth(2).unwrap().to_owned();
    let comes = Peer::connects(&address, comes);
    screen.until("both directions", |view| {
        view.has(" ↔ tcp://127.0.0.1:") && view.has("→         9 B") && view.has("←  195.31 KiB")
    });
    let told = it.tide(["--tell", "c", "status"]).run().succeeds();
    let told = String::from_utf8(told.stdout).unwrap();
    assert!(
        told.contains(" 9 B, in ") && told.contains(" 195.31 KiB, in "),
        "{told}"
    );
    let told = it
        .tide(["--tell", "c", "status", "--json"])
        .run()
        .succeeds();
    let told: Value = serde_json::from_slice(&told.stdout).unwrap();
    assert_eq!(
        (&told[0]["direction"], &told[1]["direction"]),
        (&"a-to-b".into(), &"b-to-a".into())
    );
    drop((opener, opener2));
    comes.story();
    there.story();
    screen.done().exits(0);
}

#[test]
fn at_a_terminal_lines_are_sent_as_they_are_typed_and_its_end_is_the_end() {
    let it = Scratch::new();
    let (opener, closed) = gate();
    let steps = vec![
        Step::ReadExactly(6),
        Step::Send(b"WORLD\n".to_vec()),
        Step::HalfClose,
        closed,
        Step::ReadAll,
    ];
    let (peer, uri) = connected(steps);
    let screen = duplex(&it, &[&uri]).on_screen(60, 10);
    screen.keys("hello\r");
    screen.until("the answer", |view| view.has("WORLD"));
    screen.until("what is waited for", |view| {
        view.has("the peer has closed; ^D ends")
    });
    drop(opener);
    screen.keys(CTRL_D);
    screen.done().exits(0);
    peer.story().sees_the_end_after(b"hello\n");
}

#[test]
fn the_summary_has_a_line_for_each_direction() {
    let it = Scratch::new();
    let (peer, uri) = connected(vec![Step::ReadAll, Step::Send(b"reply".to_vec())]);
    let done = duplex(&it, &[&uri, "--summary", "always"])
        .input("question")
        .run();
    let told: Vec<_> = done.stderr.lines().collect();
    assert!(
        told[0].contains(" 5 B in ") && told[0].ends_with(", written"),
        "{told:?}"
    );
    assert!(told[1].contains(" 8 B in "), "{told:?}");
    peer.story();
}

#[test]
fn what_cannot_be_meant_is_refused() {
    let it = Scratch::new();
    it.write("f", "x");
    let table: [(&[&str], &str); 12] = [
        (&[], "--duplex needs an end to connect with"),
        (&["-", "-"], "one and the same end"),
        (&["-"], "one and the same end"),
        (
            &["f"],
            "'f' cannot be an end of --duplex; valid: - tcp://HOST:PORT",
        ),
        (&["zero:", "-"], "'zero:' cannot be an end of --duplex"),
        (&["localhost:80"], "did you mean tcp://localhost:80?"),
        (
            &["tcp://127.0.0.1:1", "-", "-"],
            "connects two ends, and there are more",
        ),
        (
            &["tcp://127.0.0.1:1#close-timeout=1s"],
            "makes no sense with --duplex",
        ),
        (
            &["tcp://127.0.0.1:1#slow=detach"],
            "makes no sense with --duplex",
        ),
        (
            &["-t", "gzip", "tcp://127.0.0.1:1"],
            "--transform makes no sense with --duplex",
        ),
        (
            &["--tee", "null:", "tcp://127.0.0.1:1"],
            "--tee makes no sense with --duplex",
        ),
        (
            &["--take", "1", "tcp://127.0.0.1:1"],
            "--take makes no sense with --duplex",
        ),
    ];
    for (args, why) in table {
        duplex(&it, args).run().refuses(&[why]);
    }
    let refused = duplex(&it, &["tcp://127.0.0.1:1"]).run();
    refused.fails_saying(1, &["connecting to tcp://127.0.0.1:1: Connection refused"]);
}

#[test]
fn pictures_and_traces_have_both_directions() {
    let it = Scratch::new();
    let (a, b) = (
        "exec:head -c 1000000 /dev/zero; exec cat >a",
        "exec:head -c 2000000 /dev/zero; exec cat >b",
    );
    for plot in ["p.svg", "p.html"] {
        let args = ["--plot", plot, "--trace", "t.json", a, b];
        duplex(&it, &args).run().succeeds();
        assert_eq!(it.read("b").len() + it.read("a").len(), 3_000_000);
        let picture = String::from_utf8(it.read(plot)).unwrap();
        // Both commands have a `>`, which stands in no picture as it is.
        let [a, b] = [a, b].map(|it| it.replace('>', "&#62;"));
        for ends in [format!("{a} → {b}"), format!("{b} → {a}")] {
            assert!(picture.contains(&ends), "{plot} has no {ends}");
        }
        for bytes in ["1000000 bytes", "2000000 bytes"] {
            assert!(picture.contains(bytes), "{plot} has no {bytes}");
        }
    }
    let trace: Value = serde_json::from_slice(&it.read("t.json")).unwrap();
    let events = trace["traceEvents"].as_array().unwrap();
    let names = events.iter().filter(|it| it["name"] == "process_name");
    let names: Vec<_> = names.map(|it| it["args"]["name"].clone()).collect();
    assert_eq!(names, [format!("{a} → {b}"), format!("{b} → {a}")]);
    let road = &trace["otherData"]["back"]["road"];
    assert!(road.is_string(), "{trace}");
}

#[apply(on_both_roads)]
fn a_relay_between_connections_is_drawn_with_the_bytes_and_buffers_of_each_direction() {
    let it = Scratch::new();
    let says = |bytes: usize| {
        let bytes = noise(bytes);
        vec![Step::Send(bytes), Step::HalfClose, Step::ReadAll]
    };
    let flags = ["--trace", "t.json", "--plot", "p.svg"];
    let (running, comes, there) = relay(&it, says(30_000), says(50_000), &flags);
    running.done().exits(0);
    drop((comes.story(), there.story()));
    let picture = String::from_utf8(it.read("p.svg")).unwrap();
    let place = |text: &str| {
        let place = picture.find(text);
        place.unwrap_or_else(|| panic!("no {text} in {picture}"))
    };
    assert!(place("(30000 bytes)") < place("(50000 bytes)"));
    let trace: Value = serde_json::from_slice(&it.read("t.json")).unwrap();
    let events = trace["traceEvents"].as_array().unwrap();
    for pid in [1, 2] {
        let has = |name: &str| {
            let of_it = |event: &&Value| event["pid"] == pid && event["name"] == name;
            events.iter().filter(of_it).count() > 0
        };
        assert!(has("complete") && has("rate"), "{pid}: {trace}");
        assert!(
            has("reading buffer") || has("writing buffer"),
            "{pid}: {trace}"
        );
    }
}

#[test]
fn what_failed_stands_above_both_directions_once() {
    let it = Scratch::new();
    let steps = vec![Step::Send(vec![0; 1000]), Step::ReadExactly(1), Step::Reset];
    let (peer, uri) = connected(steps);
    let args = ["--plot", "p.html", "exec:echo; cat >/dev/null", &uri];
    duplex(&it, &args).run().exits(1);
    drop(peer.story());
    let picture = String::from_utf8(it.read("p.html")).unwrap();
    let told: Vec<_> = picture.match_indices(r#"class="told failed""#).collect();
    let heading = picture.find("<h2>").unwrap();
    assert!(told.len() == 1 && told[0].0 < heading, "{picture}");
}

#[test]
fn explain_tells_of_both_directions() {
    let it = Scratch::new();
    let done = duplex(&it, &["tcp://127.0.0.1:1", "--explain"])
        .run()
        .succeeds();
    let told = String::from_utf8(done.stdout).unwrap();
    for part in [
        "From A to B",
        "From B to A",
        "connects to the address 127.0.0.1, port 1",
    ] {
        assert!(told.contains(part), "{part} is not in {told}");
    }
}

#[test]
fn other_tools_on_both_sides_say_the_same_as_directly() {
    if !is_here("socat") {
        return;
    }
    let it = Scratch::new();
    let (asked, answered) = (noise(2_000_000), noise(3_000_000));
    it.write("asked", &asked);
    it.write("answered", &answered);
    // Without socat on the other side these lose bytes over unix sockets when they talk to each other directly.
    let tools = [
        ("nc", "nc -N -U t"),
        ("ncat", "ncat -U t"),
        ("socat", "socat -t 60 - UNIX-CONNECT:t"),
    ];
    for (_, connects) in tools.into_iter().filter(|it| is_here(it.0)) {
        let line = format!(
            "socat -t 60 - UNIX-LISTEN:s <answered >got & P1=$!; until [ -S s ]; do :; done
            $T --duplex unix-listen:t unix:s 2>/dev/null & T1=$!
            until [ -S t ]; do :; done
            {connects} <asked >back && wait $T1 && wait $P1"
        );
        it.sh(&format!("set -m; {line}")).run().exits(0);
        let said = (it.read("got") == asked, it.read("back") == answered);
        assert_eq!(said, (true, true), "{connects}");
    }
}
