//! Sockets that keep messages apart, inherited: they are no stream, and are refused before anything of theirs is lost.

use crate::tide::{Done, Scratch, noise};
use socket2::{Domain, Socket, Type};
use std::io::Read;
use std::net::UdpSocket;
use std::os::fd::OwnedFd;

/// Names of standard input, of standard output, and of another descriptor.
const INPUTS: [&str; 8] = [
    "-",
    "stdin:",
    "fd:0",
    "/dev/stdin",
    "/dev/fd/0",
    "/proc/self/fd/0",
    "file:/dev/stdin",
    "link",
];
const OUTPUTS: [&str; 8] = [
    "-",
    "stdout:",
    "fd:1",
    "/dev/stdout",
    "/dev/fd/1",
    "/proc/self/fd/1",
    "file:/dev/stdout",
    "link",
];
const OTHERS: [&str; 4] = ["fd:7", "/dev/fd/7", "/proc/self/fd/7", "file:/dev/fd/7"];

const KINDS: [(Type, &str); 2] = [
    (Type::DGRAM, "a datagram socket keeps messages apart"),
    (Type::SEQPACKET, "a seqpacket socket keeps messages apart"),
];

fn pair(kind: Type) -> (Socket, Socket) {
    Socket::pair(Domain::UNIX, kind, None).unwrap()
}

/// A directory with a file, and a link to a standard stream.
fn place(stream: &str) -> Scratch {
    let it = Scratch::new();
    std::os::unix::fs::symlink(stream, it.path("link")).unwrap();
    it.write("in", "data");
    it
}

/// It is refused, made nothing, and says so in a line.
#[track_caller]
fn is_refused(it: &Scratch, done: Done, parts: &[&str]) {
    done.refuses(parts)
        .mentions(&["use a stream socket"])
        .prints("");
    assert_eq!(it.names(), ["in", "link"]);
}

#[apply(on_both_roads)]
fn no_message_is_read_that_might_not_fit() {
    let it = place("/dev/stdin");
    for (kind, what) in KINDS {
        let (ours, theirs) = pair(kind);
        let message = noise(150_000);
        ours.send(&message).unwrap();
        let why = [what, "would lose what does not fit"];
        let input = || OwnedFd::from(theirs.try_clone().unwrap());
        for name in INPUTS {
            for flags in [&[][..], &["--take", "5"], &["-t", "sha256"], &["--explain"]] {
                let args = [flags, &[name, "out"]].concat();
                is_refused(&it, it.tide(args).stdin(input()).run(), &why);
            }
        }
        for name in OTHERS {
            let line = format!("exec $T {name} out 7<&0 </dev/null");
            is_refused(&it, it.sh(&line).stdin(input()).run(), &why);
        }
        let mut whole = vec![0; message.len()];
        (&theirs).read_exact(&mut whole).unwrap();
        assert!(whole == message, "it was read");
    }
}

#[apply(on_both_roads)]
fn no_bytes_are_cut_into_messages() {
    let it = place("/dev/stdout");
    for (kind, what) in KINDS {
        let (ours, theirs) = pair(kind);
        ours.set_nonblocking(true).unwrap();
        let why = [what, "too long for one message fails"];
        let output = || OwnedFd::from(theirs.try_clone().unwrap());
        for name in OUTPUTS {
            is_refused(&it, it.tide(["in", name]).stdout(output()).run(), &why);
        }
        for name in OTHERS {
            let line = format!("exec $T in {name} 7>&1 >/dev/null");
            is_refused(&it, it.sh(&line).stdout(output()).run(), &why);
        }
        assert!((&ours).read(&mut [0; 9]).is_err(), "something was written");
    }
}

#[apply(on_both_roads)]
fn sockets_of_the_network_that_keep_messages_apart_are_refused_alike() {
    let it = place("/dev/stdin");
    let udp = || OwnedFd::from(UdpSocket::bind("127.0.0.1:0").unwrap());
    let why = "standard input: a datagram socket keeps messages apart";
    is_refused(&it, it.tide(["-", "out"]).stdin(udp()).run(), &[why]);
    let why = "standard output: a datagram socket keeps messages apart";
    is_refused(&it, it.tide(["in"]).stdout(udp()).run(), &[why]);
}

#[apply(on_both_roads)]
fn records_may_go_to_a_socket_that_keeps_them_apart() {
    let it = Scratch::new();
    let (ours, theirs) = pair(Type::SEQPACKET);
    let line = "exec $T --stats fd:3 zero:#size=1K null: 3>&1 >/dev/null";
    it.sh(line).stdout(OwnedFd::from(theirs)).run().succeeds();
    let mut record = vec![0; 100_000];
    let n = (&ours).read(&mut record).unwrap();
    let record: serde_json::Value = serde_json::from_slice(&record[..n]).unwrap();
    assert_eq!(record["type"], "start");
}
