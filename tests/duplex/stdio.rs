//! Standard input and output as one end of both directions, in a process of its own: this test, run once more.

use super::Outcome;
use super::peers::{DEADLINE, Peer, Relay, open, refusal};
use crate::hostile::data;
use rustix::fs::{Mode, OFlags, open as open_file};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use std::env::{current_exe, var};
use std::fs::File;
use std::io::{Read, Write, stdout};
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio, exit};
use std::sync::mpsc::channel;
use std::thread;
use tidegate::engine::road::Preference;

/// The names of the variables that have what the process relays between: an end, and the port of a peer.
const END: &str = "TIDEGATE_TEST_DUPLEX_END";
const PORT: &str = "TIDEGATE_TEST_DUPLEX_PORT";

#[test]
#[expect(clippy::exit, reason = "this is the whole of that process")]
fn relays_in_a_process_of_its_own() {
    let (Ok(end), Ok(port)) = (var(END), var(PORT)) else {
        return;
    };
    let (first, ()) = open(&end, |_| ());
    let (second, ()) = open(&format!("tcp://127.0.0.1:{port}"), |_| ());
    let ends = Relay::new(first, second, Preference::Auto).ended();
    assert!(!ends.iter().any(Outcome::is_failure), "{ends:?}");
    // What the test would say of itself goes where nobody hears it.
    exit(0);
}

/// The process, which has this as its standard input and output and relays between them, as this `end`, and the peer.
fn started(end: &str, stdin: impl Into<Stdio>, stdout: impl Into<Stdio>) -> (Running, Peer) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut this = Command::new(current_exe().unwrap());
    this.args(["--exact", "--nocapture"]);
    this.arg("stdio::relays_in_a_process_of_its_own");
    this.env(END, end);
    this.env(PORT, listener.local_addr().unwrap().port().to_string());
    let child = this.stdin(stdin).stdout(stdout).spawn().unwrap();
    let (peer, _) = listener.accept().unwrap();
    (Running(child), Peer::new(peer))
}

/// The process, which is ended with the test.
struct Running(Child);

impl Running {
    fn ends_well(mut self) {
        let status = in_time(move || (self.0.wait().unwrap(), self));
        assert!(status.0.success());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It has ended already unless the test has failed.
        let _ = self.0.kill();
    }
}

/// What this comes to, on a thread that is left behind if it takes too long.
fn in_time<T: Send + 'static>(act: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, result) = channel();
    thread::spawn(move || done.send(act()));
    result.recv_timeout(DEADLINE).expect("it hangs")
}

/// All that is read here.
fn read(mut from: impl Read + Send + 'static) -> Vec<u8> {
    let all = in_time(move || {
        let mut all = Vec::new();
        from.read_to_end(&mut all).map(|_| all)
    });
    all.unwrap()
}

/// What comes to standard output after what the test itself says there before it runs.
fn after_the_title(said: &[u8]) -> &[u8] {
    let title = b"running 1 test\n";
    let at = said.windows(title.len()).position(|it| it == title);
    &said[at.unwrap() + title.len()..]
}

#[test]
fn who_reads_standard_output_sees_its_end_while_standard_input_goes_on() {
    let (mut process, mut peer) = started("-", Stdio::piped(), Stdio::piped());
    peer.says(b"all that I say");
    peer.says_no_more();
    let heard = read(process.0.stdout.take().unwrap());
    assert_eq!(after_the_title(&heard), b"all that I say");
    let mut stdin = process.0.stdin.take().unwrap();
    stdin.write_all(b"a late reply").unwrap();
    drop(stdin);
    assert_eq!(peer.hears_the_rest(), b"a late reply");
    process.ends_well();
}

#[test]
fn a_socket_that_is_both_standard_input_and_output_is_half_closed() {
    let (theirs, mut ours) = UnixStream::pair().unwrap();
    let again = theirs.try_clone().unwrap();
    let (process, mut peer) = started("-", OwnedFd::from(theirs), OwnedFd::from(again));
    peer.says(b"all that I say");
    peer.says_no_more();
    let heard = read(ours.try_clone().unwrap());
    assert_eq!(after_the_title(&heard), b"all that I say");
    ours.write_all(b"a late reply").unwrap();
    drop(ours);
    assert_eq!(peer.hears_the_rest(), b"a late reply");
    process.ends_well();
}

#[test]
fn much_goes_both_ways_through_standard_input_and_output() {
    let (mut process, peer) = started("-", Stdio::piped(), Stdio::piped());
    let (there, back) = (data(2 << 20), data(3 << 20));
    let (stdin, stdout) = (process.0.stdin.take(), process.0.stdout.take());
    let (heard, got) = thread::scope(|scope| {
        let heard = scope.spawn(|| peer.says_and_hears(&back));
        scope.spawn(|| stdin.unwrap().write_all(&there).unwrap());
        (read(stdout.unwrap()), heard.join().unwrap())
    });
    assert!(got == there);
    assert!(after_the_title(&heard) == back);
    process.ends_well();
}

#[test]
fn a_socket_that_is_one_descriptor_is_half_closed_and_heard_on() {
    let (theirs, mut ours) = UnixStream::pair().unwrap();
    let (process, mut peer) = started("fd:0", OwnedFd::from(theirs), Stdio::null());
    peer.says(b"all that I say");
    peer.says_no_more();
    assert_eq!(read(ours.try_clone().unwrap()), b"all that I say");
    ours.write_all(b"a late reply").unwrap();
    drop(ours);
    assert_eq!(peer.hears_the_rest(), b"a late reply");
    process.ends_well();
}

/// A terminal, as its user has it and as a program has it.
fn terminal() -> (File, OwnedFd) {
    let user = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
    grantpt(&user).unwrap();
    unlockpt(&user).unwrap();
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
    let program = open_file(ptsname(&user, Vec::new()).unwrap(), flags, Mode::empty());
    (user.into(), program.unwrap())
}

#[test]
fn what_is_typed_at_a_terminal_goes_line_by_line_until_its_end_is_typed() {
    for end in ["fd:0", "-"] {
        let (mut user, program) = terminal();
        let again = program.try_clone().unwrap();
        let (process, mut peer) = started(end, program, again);
        user.write_all(b"a line\nnot all of a line").unwrap();
        assert_eq!(peer.hears(7), b"a line\n");
        // A backspace.
        user.write_all(b"\x7f\n\x04").unwrap();
        assert_eq!(peer.hears_the_rest(), b"not all of a lin\n");
        peer.says(b"the answer");
        drop(peer);
        let shown = in_time(move || {
            let (mut shown, mut buf) = (Vec::new(), [0; 1000]);
            while !String::from_utf8_lossy(&shown).contains("the answer") {
                let n = user.read(&mut buf).unwrap();
                shown.extend_from_slice(&buf[..n]);
            }
            user
        });
        process.ends_well();
        drop(shown);
    }
}

/// Set for a process that is to say why it cannot relay.
const REFUSED: &str = "TIDEGATE_TEST_DUPLEX_REFUSED";

#[test]
fn says_in_a_process_of_its_own_why_it_cannot_relay() {
    if let Ok(end) = var(REFUSED) {
        writeln!(stdout(), "refused: {}", refusal(&end)).unwrap();
    }
}

#[test]
fn what_goes_one_way_is_refused_with_what_goes_both() {
    let file = tempfile::tempfile().unwrap();
    for (stdin, why) in [
        (Stdio::piped(), "a pipe goes one way"),
        (Stdio::from(file), "use a socket or a terminal"),
        (Stdio::null(), "it is open for one direction"),
    ] {
        let mut this = Command::new(current_exe().unwrap());
        this.args(["--exact", "--nocapture"]);
        this.arg("stdio::says_in_a_process_of_its_own_why_it_cannot_relay");
        this.env(REFUSED, "fd:0").stdin(stdin);
        let said = in_time(move || this.output().unwrap());
        let said = String::from_utf8(said.stdout).unwrap();
        assert!(said.contains("refused: ") && said.contains(why), "{said}");
    }
}
