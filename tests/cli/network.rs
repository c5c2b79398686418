//! Whom a connection waits for, rehearsed: the network is blamed where it is the bottleneck, and nowhere else.

use crate::tide::{Done, Scratch, records};
use serde_json::Value;
use std::process::Command;

/// What a receiver does, and how it is fed: `$S` stands for the sender with its flags, `$TO` for its sink.
const BURSTS: &str = "for i in 1 2 3 4 5; do head -c 10M /dev/zero; sleep 0.2; done | $S - $TO";
const AT_ONCE: &str = "$S zero:#size=30M $TO";

/// The flags of a sender that is to be asked for its verdict.
const FLAGS: &str = "-i 100ms --stats s --summary always";

/// Two namespaces of the network, ours and `far`, with a link between them; they are gone when the last process in them
/// is. An ordinary user may make them too (`user_namespaces(7)`).
const LINK: &str = "set -e
mount -t tmpfs none /run
ip link set lo up
ip netns add far
ip link add near0 type veth peer name far0 netns far
ip addr add 10.9.8.1/24 dev near0
ip link set near0 up
ip -n far addr add 10.9.8.2/24 dev far0
ip -n far link set far0 up
";

/// A receiver on the far side, and a sender on ours.
const SEND: &str = "mkfifo /run/told
exec 3<>/run/told
nsenter --net=/run/netns/far $T -q tcp-listen://10.9.8.2:0 $RECEIVER 2>&3 &
read -r _ _ address <&3
TO=tcp://$address
eval \"$SENDER\"
wait";

/// A queue on our side of the link which lets so much through, in the kernel's token bucket filter (tc-tbf(8)).
fn bottleneck(rate: &str) -> String {
    format!("tc qdisc add dev near0 root tbf rate {rate} burst 32k latency 100ms\n")
}

/// Whether such a link can be had here; if not, that is said aloud.
fn can_link(queue: &str) -> bool {
    let script = format!("{LINK}{queue}");
    let tried = Command::new("unshare")
        .args(["-rnm", "bash", "-c", &script])
        .output();
    let why = match tried {
        Ok(tried) if tried.status.success() => return true,
        Ok(tried) => String::from_utf8_lossy(&tried.stderr).into_owned(),
        Err(error) => error.to_string(),
    };
    eprintln!(
        "skipped: no two namespaces with a link here: {}",
        why.trim_end()
    );
    false
}

/// Sends over the link, with this queue on it.
fn over_link(it: &Scratch, queue: &str, sender: &str, receiver: &str) -> Done {
    let script = format!("{LINK}{queue}{SEND}");
    let mut cmd = it.cmd("unshare");
    cmd.command.args(["-rnm", "bash", "-c", &script]);
    let tidegate = assert_cmd::cargo::cargo_bin!("tidegate")
        .display()
        .to_string();
    cmd.env("S", format!("{tidegate} {FLAGS}"))
        .env("T", &tidegate)
        .env("RECEIVER", receiver)
        .env("SENDER", sender)
        .run()
        .exits(0)
}

/// Sends to a receiver on this machine.
fn on_loopback(it: &Scratch, sender: &str, receiver: &str) -> Done {
    let mut listening = it
        .tide(["-q", "tcp-listen://127.0.0.1:0", receiver])
        .start();
    let to = format!("tcp://{}", listening.listening());
    let done = it
        .sh(&sender.replace("$S", &format!("$T {FLAGS}")))
        .env("TO", to)
        .run()
        .exits(0);
    listening.done().exits(0);
    done
}

/// Every blame there is in the records, of the whole and of the last seconds.
fn blames(it: &Scratch) -> Vec<Value> {
    let records = records(&it.read("s"));
    let blames = records
        .iter()
        .flat_map(|it| [&it["blame"], &it["recent"]["blame"]]);
    blames.filter(|it| it.is_object()).cloned().collect()
}

fn share(blame: &Value, of: &str) -> f64 {
    blame[of].as_f64().expect("a share")
}

/// The blame of the whole transfer.
fn in_the_end(it: &Scratch) -> Value {
    records(&it.read("s")).pop().expect("a record")["blame"].clone()
}

#[apply(on_both_roads)]
fn a_peer_on_this_machine_is_never_said_to_be_behind_a_slow_network() {
    let it = Scratch::new();
    it.write("big.img", vec![7; 200 << 20]);
    let mut blamed = 0;
    for (sender, receiver) in [
        ("$S big.img $TO", "out"),
        (AT_ONCE, "null:"),
        (BURSTS, "null:#rate=20M"),
        (AT_ONCE, "null:#stall=4M:1s"),
    ] {
        let done = on_loopback(&it, sender, receiver);
        for word in ["network", "cannot be told"] {
            assert!(
                !done.stderr.contains(word),
                "{sender} {receiver}: {}",
                done.stderr
            );
        }
        for blame in blames(&it) {
            blamed += 1;
            assert_eq!(
                (share(&blame, "network"), share(&blame, "unknown")),
                (0.0, 0.0),
                "{blame}"
            );
        }
    }
    // The first of them may end before anybody is waited for.
    assert!(blamed > 0 || !cfg!(target_os = "linux"));
}

#[apply(on_both_roads)]
fn whoever_sends_from_this_machine_is_not_said_to_be_behind_a_slow_network_either() {
    let it = Scratch::new();
    let mut listening = it
        .tide(["--summary", "always", "tcp-listen://127.0.0.1:0", "out"])
        .start();
    let to = format!("tcp://{}", listening.listening());
    let sent = it
        .sh("{ echo one; sleep 0.7; echo two; } | $T -q - $TO")
        .env("TO", to)
        .run();
    sent.succeeds();
    let done = listening
        .done()
        .exits(0)
        .mentions(&["slow: the remote sender ("]);
    assert!(!done.stderr.contains("network"), "{}", done.stderr);
}

#[apply(on_both_roads)]
#[cfg(target_os = "linux")]
fn a_reader_that_is_slow_behind_a_fast_link_is_not_taken_for_the_network() {
    if !can_link("") {
        return;
    }
    let it = Scratch::new();
    for (sender, receiver, expected) in [
        (BURSTS, "null:#rate=20M", None),
        (AT_ONCE, "null:#rate=20M", Some("slow: the remote reader (")),
        (
            AT_ONCE,
            "null:#stall=4M:1s",
            Some("slow: the remote reader ("),
        ),
    ] {
        in_one_of_three_tries(|| {
            let done = over_link(&it, "", sender, receiver);
            assert!(
                !done.stderr.contains("slow: the network ("),
                "{}",
                done.stderr
            );
            let blame = in_the_end(&it);
            assert!(
                share(&blame, "network") < 0.25,
                "{sender} {receiver}: {blame}"
            );
            let is_named = expected.is_none_or(|it| done.stderr.contains(it));
            (is_named, format!("{receiver}: {}{blame}", done.stderr))
        });
    }
}

/// Whether somebody is named depends on how often the connection is looked at, and a machine that is busy with other tests
/// looks seldom. That nobody is named wrongly does not.
#[track_caller]
#[cfg(target_os = "linux")]
fn in_one_of_three_tries(mut attempt: impl FnMut() -> (bool, String)) {
    let mut told = String::new();
    for _ in 0..3 {
        let (is_named, seen) = attempt();
        if is_named {
            return;
        }
        told.push_str(&seen);
    }
    panic!("three times: {told}");
}

#[apply(on_both_roads)]
#[cfg(target_os = "linux")]
fn a_network_that_is_the_bottleneck_is_named_at_whatever_rate() {
    let it = Scratch::new();
    for (rate, size) in [("8mbit", "2M"), ("160mbit", "40M")] {
        let queue = bottleneck(rate);
        if !can_link(&queue) {
            return;
        }
        in_one_of_three_tries(|| {
            let sender = format!("$S zero:#size={size} $TO");
            let done = over_link(&it, &queue, &sender, "null:");
            assert!(!done.stderr.contains("reader ("), "{}", done.stderr);
            let (blame, is_named) = (in_the_end(&it), done.stderr.contains("slow: the network ("));
            let is_most = share(&blame, "network") > 0.5;
            (
                is_named && is_most,
                format!("{rate}: {}{blame}", done.stderr),
            )
        });
    }
}
