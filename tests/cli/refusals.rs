//! A kernel that refuses, fails or interrupts the calls that move bytes: a first refusal costs nothing but the road, a
//! later failure is one, and whatever else comes in between does no harm.

use crate::peer::{Peer, Step};
use crate::tide::{Done, Scratch, noise};
use crate::tracing::{can_trace, line};
use std::io::Write;
use std::net::{SocketAddr, TcpStream};

const REFUSALS: [&str; 4] = ["EINVAL", "ENOSYS", "EPERM", "EXDEV"];

/// More than one filling of the pipe, and no whole number of them.
const LEN: usize = 2_500_000;

/// One way from `in` to `out`, or to a peer that keeps what arrives.
#[derive(Debug, Clone, Copy)]
struct Route {
    ends: &'static str,
    /// Which call is the first one into the pipe of our own, or to the sink, and which the first out of that pipe: it is
    /// filled by three, as it grows.
    firsts: &'static [u32],
    /// A call by which bytes have moved before.
    later: u32,
}

const ROUTES: [Route; 7] = [
    Route {
        ends: "in out",
        firsts: &[1, 4],
        later: 5,
    },
    Route {
        ends: "- out <in",
        firsts: &[1, 4],
        later: 6,
    },
    Route {
        ends: "in file:out#atomic",
        firsts: &[1, 4],
        later: 5,
    },
    Route {
        ends: "in PEER",
        firsts: &[1, 4],
        later: 5,
    },
    Route {
        ends: "in | cat >out",
        firsts: &[1],
        later: 2,
    },
    Route {
        ends: "cat in | $T - out",
        firsts: &[1, 2],
        later: 3,
    },
    Route {
        ends: "cat in | $T - | cat >out",
        firsts: &[1],
        later: 2,
    },
];

/// A transfer along the route under strace.
struct Traced {
    it: Scratch,
    data: Vec<u8>,
    done: Done,
    peer: Option<Peer>,
}

impl Route {
    /// Through a pipe, where it may be spared one.
    fn travel(self, road: &str, inject: &str) -> Traced {
        self.travel_by(road, &format!("-e inject=sendfile:error=EINVAL {inject}"))
    }

    fn travel_by(self, road: &str, inject: &str) -> Traced {
        let (it, data) = (Scratch::new(), noise(LEN));
        it.write("in", &data);
        let (peer, ends) = if self.ends.contains("PEER") {
            let (peer, address): (_, SocketAddr) = Peer::listens(vec![Step::ReadAll]);
            (
                Some(peer),
                self.ends.replace("PEER", &format!("tcp://{address}")),
            )
        } else {
            (None, self.ends.to_owned())
        };
        let strace = format!("-e trace=splice,sendfile,copy_file_range {inject}");
        let line = line(&format!("--road {road} --stats s"), &ends);
        let done = it.traced(&strace, &line).run();
        Traced {
            it,
            data,
            done,
            peer,
        }
    }

    /// Whether it is clear at once which road it is: a stream is waited for, on the road that is likely.
    fn is_told_at_once(self) -> bool {
        !self.ends.contains("cat in")
    }
}

impl Traced {
    /// What has arrived.
    fn got(self) -> Vec<u8> {
        match self.peer {
            Some(peer) => peer.story().bytes,
            None => std::fs::read(self.it.path("out")).unwrap_or_default(),
        }
    }

    #[track_caller]
    fn arrives_whole(self, what: &str) {
        assert_eq!((self.done.code(), &*self.done.stderr), (0, ""), "{what}");
        assert_eq!(self.it.end_of("s")["bytes_out"], LEN, "{what}");
        assert_eq!(self.it.end_of("s")["bytes_in"], LEN, "{what}");
        let data = self.data.clone();
        assert!(self.got() == data, "{what}: other bytes arrived");
    }
}

#[test]
fn a_first_refusal_of_the_kernel_means_the_other_road_and_loses_nothing() {
    if !can_trace() {
        return;
    }
    for route in ROUTES {
        for (errno, call) in REFUSALS.into_iter().zip(route.firsts.iter().cycle()) {
            refused(route, errno, *call);
        }
        for call in route.firsts {
            refused(route, "EINVAL", *call);
        }
    }
}

#[track_caller]
fn refused(route: Route, errno: &str, call: u32) {
    let all = "copy_file_range:error=EXDEV:when=1";
    let inject = format!("-e inject={all} -e inject=splice:error={errno}:when={call}");
    let traced = route.travel("auto", &inject);
    let what = format!("{route:?} {errno} {call}");
    let (end, records) = (traced.it.end_of("s"), traced.it.read("s"));
    assert_eq!(end["road"], "buffered", "{what}: {}", traced.it.trace());
    let start = &crate::tide::records(&records)[0];
    assert!(
        start["road"] == "buffered" || !route.is_told_at_once(),
        "{what}"
    );
    // What was counted on the way that was given up is not counted twice.
    let link = &end["links"][0];
    assert!(
        link["readable"].is_object() && link["writable"].is_object(),
        "{what}"
    );
    traced.arrives_whole(&what);
}

#[test]
fn a_first_refusal_is_refused_too_where_the_kernel_road_was_insisted_on() {
    if !can_trace() {
        return;
    }
    for route in ROUTES {
        for call in route.firsts {
            let inject = format!(
                "-e inject=copy_file_range:error=EXDEV:when=1 -e inject=splice:error=EINVAL:when={call}"
            );
            let traced = route.travel("kernel", &inject);
            assert!(!traced.it.path("s").exists(), "{route:?}: it never began");
            let stderr = &traced.done.stderr;
            assert!(
                stderr.starts_with("tidegate: --road kernel from"),
                "{route:?}: {stderr}"
            );
            assert_eq!(traced.done.code(), 2, "{route:?}");
            assert_eq!(traced.got(), b"", "{route:?}");
        }
    }
}

#[test]
fn a_later_failure_of_the_kernel_is_one_and_says_truly_how_much_is_there() {
    if !can_trace() {
        return;
    }
    for route in ROUTES {
        for (errno, later) in [("EIO", 0), ("ENOSPC", 0), ("EIO", 1)] {
            let call = route.later + later;
            let inject = format!("-e inject=splice:error={errno}:when={call}");
            let traced = route.travel("auto", &inject);
            let what = format!("{route:?} {errno} {call}");
            let end = traced.it.end_of("s");
            assert_eq!(
                (&end["outcome"], &end["road"]),
                (&"failed".into(), &"kernel".into()),
                "{what}"
            );
            assert_eq!(
                (traced.done.code(), traced.done.stderr.lines().count()),
                (1, 1),
                "{what}"
            );
            let stderr = &traced.done.stderr;
            assert!(
                stderr.starts_with("tidegate: ") && stderr.contains(" delivered"),
                "{what}: {stderr}"
            );
            let delivered = end["bytes_out"].as_u64().expect("a number");
            let names = traced.it.names();
            let is_atomic = route.ends.contains("atomic");
            assert_eq!(
                names.contains(&"out".to_owned()),
                !is_atomic && traced.peer.is_none(),
                "{names:?}"
            );
            assert!(
                !names.iter().any(|name| name.starts_with(".tidegate")),
                "{names:?}"
            );
            let (is_file, data) = (traced.peer.is_none() && !is_atomic, traced.data.clone());
            let got = traced.got();
            assert!(data.starts_with(&got) && got.len() < LEN, "{what}");
            // A reset takes away what the peer had not read.
            assert!(
                !is_file || got.len() as u64 == delivered,
                "{what}: {delivered}"
            );
            assert!(
                delivered > 0 && delivered < LEN as u64,
                "{what}: {delivered}"
            );
        }
    }
}

#[test]
fn where_both_ends_fail_the_message_says_why_of_each() {
    if !can_trace() {
        return;
    }
    let it = Scratch::new();
    it.write("in", noise(LEN));
    // The source fails while some of it is in the pipe, and the sink may not become as long as that.
    let strace = "-e trace=splice,copy_file_range -e inject=copy_file_range:error=EXDEV -e inject=splice:error=EIO:when=2";
    let done = it
        .traced(
            strace,
            "trap '' XFSZ; ulimit -f 40; $T --road kernel in out",
        )
        .run();
    let failed = "tidegate: writing to out: File too large; reading in failed too: Input/output error; 40 KiB (40960 bytes) delivered";
    assert_eq!((done.code(), done.stderr.trim_end()), (1, failed));
}

#[test]
fn a_later_refusal_of_the_kernel_means_the_other_road_and_loses_nothing() {
    if !can_trace() {
        return;
    }
    for route in ROUTES {
        for (errno, later) in [("EINVAL", 0), ("EPERM", 0), ("ENOSYS", 1)] {
            let call = route.later + later;
            let inject = format!("-e inject=splice:error={errno}:when={call}");
            let traced = route.travel("auto", &inject);
            let what = format!("{route:?} {errno} {call}");
            let end = traced.it.end_of("s");
            assert_eq!(end["road"], "buffered", "{what}: {}", traced.it.trace());
            traced.arrives_whole(&what);
        }
    }
}

#[test]
fn a_later_refusal_is_a_failure_where_the_kernel_road_was_insisted_on() {
    if !can_trace() {
        return;
    }
    for route in ROUTES {
        let inject = format!("-e inject=splice:error=EINVAL:when={}", route.later);
        let traced = route.travel("kernel", &inject);
        let (end, stderr) = (traced.it.end_of("s"), &traced.done.stderr);
        assert_eq!(
            (&end["outcome"], &end["exit_code"], traced.done.code()),
            (&"failed".into(), &1.into(), 1),
            "{route:?}"
        );
        assert!(
            stderr.contains("Invalid argument; --road auto goes on by the buffered road")
                && stderr.lines().count() == 1,
            "{route:?}: {stderr}"
        );
        assert!(traced.data.clone().starts_with(&traced.got()), "{route:?}");
    }
}

/// A file that the kernel can send to a socket, in whole marks.
const SENT: Route = ROUTES[3];

#[test]
fn a_kernel_that_does_not_send_files_takes_them_through_a_pipe() {
    if !can_trace() {
        return;
    }
    for (inject, calls) in [
        ("error=EINVAL", "splice through a pipe"),
        ("error=ENOSYS:when=1", "splice through a pipe"),
        ("error=EPERM:when=1", "splice through a pipe"),
        ("error=EOVERFLOW:when=1", "splice through a pipe"),
        ("error=EAGAIN", "splice through a pipe"),
        ("error=EINTR:when=1..4", "sendfile"),
        ("error=EINVAL:when=2", "sendfile"),
        ("error=EIO:when=3", "sendfile"),
        ("error=EAGAIN:when=2+2", "sendfile"),
        ("retval=0:when=2", "sendfile"),
    ] {
        let traced = SENT.travel_by("kernel", &format!("-e inject=sendfile:{inject}"));
        let start = &crate::tide::records(&traced.it.read("s"))[0];
        assert_eq!(start["calls"], calls, "{inject}");
        let end = traced.it.end_of("s");
        let (pauses, drains) = (&end["links"][0]["pauses"], &end["links"][0]["drains"]);
        let marks = LEN.div_ceil(1 << 20) as u64;
        let holds =
            |count: &serde_json::Value| count.as_u64().is_some_and(|it| it.abs_diff(marks) <= 1);
        assert!(holds(pauses) && holds(drains), "{inject}: {end}");
        traced.arrives_whole(inject);
    }
}

#[test]
fn a_connection_that_fails_while_a_file_is_sent_says_why_though_it_says_so_only_once() {
    if !can_trace() {
        return;
    }
    let inject = "-e inject=sendfile:error=ETIMEDOUT:when=2 -e inject=splice:error=EPIPE:when=4";
    let traced = SENT.travel_by("kernel", inject);
    let stderr = &traced.done.stderr;
    assert_eq!(traced.done.code(), 1);
    assert!(
        stderr.contains("Connection timed out; at most 1 MiB ("),
        "{stderr}"
    );
}

#[test]
fn interruptions_and_not_now_at_any_call_do_no_harm() {
    if !can_trace() {
        return;
    }
    for route in ROUTES {
        for (errno, when) in [
            ("EINTR", "1"),
            ("EINTR", "2..7+2"),
            ("EINTR", "1+3"),
            ("EAGAIN", "1"),
            ("EAGAIN", "2"),
            ("EAGAIN", "1+2"),
            ("EAGAIN", "2+2"),
            ("EAGAIN", "1+3"),
        ] {
            let inject = format!("-e inject=splice:error={errno}:when={when}");
            let traced = route.travel("kernel", &inject);
            traced.arrives_whole(&format!("{route:?} {errno} {when}"));
        }
    }
}

#[test]
fn what_should_never_happen_is_told_in_a_line_and_leaves_nothing_of_ours_behind() {
    if !can_trace() {
        return;
    }
    // The runtime has no answer to this.
    for call in [1, 2, 3] {
        let it = Scratch::new();
        it.write("out", "old");
        let strace = format!("-e trace=epoll_wait -e inject=epoll_wait:error=EBADF:when={call}+");
        let line = "unset RUST_BACKTRACE; $T --control c - file:out#atomic";
        let idle = it.traced(&strace, line).open_input().start();
        let done = idle.done().fails_saying(1, &["this is a bug", "driver.rs"]);
        assert_eq!(it.names(), ["out", "trace"], "{call}: {}", done.stderr);
        assert_eq!(it.read("out"), b"old");
    }
}

#[test]
fn a_refusal_before_a_peer_has_sent_anything_costs_a_file_nothing() {
    if !can_trace() {
        return;
    }
    let data = noise(300_000);
    for (sent, kept, code) in [(&data[..], &data[..], 0), (b"", b"what was there", 3)] {
        let it = Scratch::new();
        it.write("out", "what was there");
        let strace = "-e trace=splice -e inject=splice:error=EINVAL";
        let mut running = it
            .traced(strace, "$T --stats s tcp-listen://127.0.0.1:0 out")
            .start();
        let address = running.listening();
        let mut peer = TcpStream::connect(address).unwrap();
        peer.write_all(sent).unwrap();
        drop(peer);
        let done = running.done().exits(code);
        assert!(it.read("out") == kept, "{}", done.stderr);
        let end = it.end_of("s");
        assert_eq!(end["bytes_out"], sent.len(), "{end}");
        assert_eq!(end["road"], "buffered", "{end}");
    }
}
