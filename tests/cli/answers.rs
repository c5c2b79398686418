//! `--tell` and whoever answers it: it ends in time, whatever that is, and neither memory nor the terminal suffers.

use crate::live::{untested, until};
use crate::tide::{Done, Scratch};
use socket2::{Domain, SockAddr, Socket, Type};
use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::thread;
use std::time::{Duration, Instant};

/// How long all of it may take, and how late a busy machine may be.
const LIMIT: Duration = Duration::from_secs(10);
const LATE: Duration = Duration::from_secs(10);

/// Reads a request, and answers it.
type Answer = fn(UnixStream) -> std::io::Result<()>;

/// What `--tell` makes of a server that does so, and after which time.
fn told(answer: Answer) -> (Done, Duration) {
    let it = Scratch::new();
    let listener = UnixListener::bind(it.path("c")).unwrap();
    thread::spawn(move || answer(listener.accept()?.0));
    asked(&it)
}

/// Asks, with no more memory than an answer should take.
fn asked(it: &Scratch) -> (Done, Duration) {
    let began = Instant::now();
    let done = it
        .sh("ulimit -v 1000000; exec $T --tell c status 2>&1 >out | tee error >&2; exit ${PIPESTATUS[0]}")
        .run();
    (done, began.elapsed())
}

fn read_request(mut from: &UnixStream) -> std::io::Result<()> {
    let mut request = [0; 7];
    from.read_exact(&mut request)?;
    assert_eq!(&request, b"status\n");
    Ok(())
}

/// Says it and is gone.
fn say(mut to: UnixStream, answer: &[u8]) -> std::io::Result<()> {
    read_request(&to)?;
    to.write_all(answer)
}

#[test]
fn whoever_takes_his_time_is_left_when_it_is_over() {
    let mute = |client: UnixStream| {
        thread::sleep(LIMIT + LATE);
        client.shutdown(Shutdown::Both)
    };
    let by_the_byte = |mut client: UnixStream| loop {
        client.write_all(b"x")?;
        thread::sleep(Duration::from_millis(500));
    };
    let slow: [Answer; 2] = [mute, by_the_byte];
    let slow = slow.map(|answer| thread::spawn(move || told(answer)));
    let full = thread::spawn(|| {
        let it = Scratch::new();
        let _full = full_backlog(&it);
        asked(&it)
    });
    for asking in slow.into_iter().chain([full]) {
        let (done, time) = asking.join().unwrap();
        done.fails_saying(4, &["--tell c: ", "no answer within 10s"]);
        assert!((LIMIT..LIMIT + LATE).contains(&time), "{time:?}");
    }
}

/// A socket on which nobody accepts, and as many as may wait for that.
fn full_backlog(it: &Scratch) -> Vec<Socket> {
    let socket = || Socket::new(Domain::UNIX, Type::STREAM, None).unwrap();
    let address = SockAddr::unix(it.path("c")).unwrap();
    let mut all = vec![socket()];
    all[0].bind(&address).unwrap();
    all[0].listen(0).unwrap();
    loop {
        let another = socket();
        another.set_nonblocking(true).unwrap();
        if another.connect(&address).is_err() {
            return all;
        }
        all.push(another);
    }
}

#[test]
fn an_answer_that_does_not_end_is_left_before_it_fills_the_memory() {
    let (done, time) = told(|mut client| {
        read_request(&client)?;
        loop {
            client.write_all(&[b'x'; 1 << 12])?;
        }
    });
    done.fails_saying(1, &["--tell c: its answer is longer than 1 MiB"]);
    assert!(time < LIMIT, "{time:?}");
}

#[test]
fn an_answer_is_a_whole_line_or_none() {
    let rehearsals: [(Answer, &str); 5] = [
        (|_| Ok(()), "it has ended without an answer"),
        (|client| say(client, b""), "it has ended without an answer"),
        (
            |client| client.shutdown(Shutdown::Both),
            "it has ended without an answer",
        ),
        (
            |client| say(client, b"ok"),
            "it has ended in the middle of its answer",
        ),
        (
            |client| say(client, &vec![b'x'; (1 << 20) - 1]),
            "it has ended in the middle of its answer",
        ),
    ];
    for (answer, why) in rehearsals {
        told(answer).0.fails_saying(1, &["--tell c: ", why]);
    }
    let it = Scratch::new();
    drop(UnixListener::bind(it.path("c")).unwrap());
    let (done, _) = asked(&it);
    done.fails_saying(1, &["--tell c: Connection refused"]);
}

#[test]
fn whoever_hangs_up_on_a_long_request_may_have_said_why() {
    let it = Scratch::new();
    let listener = UnixListener::bind(it.path("c")).unwrap();
    thread::spawn(move || {
        let (client, _) = listener.accept()?;
        (&client).read_exact(&mut [0; 9])?;
        (&client).write_all(b"error: too long\n")
    });
    let request = vec!["x".repeat(100_000); 10];
    let done = it.tide([vec!["--tell".into(), "c".into()], request].concat());
    done.run().fails_saying(2, &["--tell c: too long"]);
}

#[test]
fn no_answer_reaches_the_terminal_as_anything_but_text() {
    let hostile =
        "\x1b[2J\x1b]0;title\x07 \u{9b}31m red \r over \x08 \0 \t \u{7f} \u{202e}txet\u{200b} text";
    for start in ["", "error: "] {
        let it = Scratch::new();
        let listener = UnixListener::bind(it.path("c")).unwrap();
        thread::spawn(move || {
            let answer = [start.as_bytes(), hostile.as_bytes(), b"\xff\xfe", b"\n"].concat();
            say(listener.accept()?.0, &answer)
        });
        let (done, _) = asked(&it);
        assert_eq!(done.code(), if start.is_empty() { 0 } else { 2 });
        let shown = [it.read("out"), it.read("error")].concat();
        let shown = String::from_utf8(shown).unwrap();
        assert!(shown.ends_with('\n') && shown.contains("text"), "{shown:?}");
        let is_unseen = |c: char| c.is_control() || "\u{202e}\u{200b}".contains(c);
        let is_text = |c: char| c == '\n' || !is_unseen(c);
        assert!(shown.chars().all(is_text), "{shown:?}");
        assert_eq!(shown.lines().count(), 1, "{shown:?}");
    }
}

/// A program that is run as another user, in a directory that is everybody's.
pub(crate) const ANOTHER: &str = "setpriv --reuid 54324 --regid 54324 --clear-groups";

pub(crate) fn everybodys() -> Option<Scratch> {
    if !rustix::process::geteuid().is_root() {
        untested("only root can be another user");
        return None;
    }
    let it = Scratch::new();
    it.sh("chmod 777 .; cp $T tide").run().succeeds();
    let can = it.can(&format!("{ANOTHER} socat -V"));
    if !can {
        untested("no setpriv or socat");
    }
    can.then_some(it)
}

#[test]
fn nothing_is_said_to_a_server_of_another_user() {
    let Some(it) = everybodys() else { return };
    // It would write down what it hears.
    let line =
        format!("exec {ANOTHER} socat -u UNIX-LISTEN:c,fork,mode=666 OPEN:heard,creat,append");
    let _server = it.sh(&line).start();
    until("a server", || it.path("c").exists().then_some(()));
    let (done, time) = asked(&it);
    done.fails_saying(
        1,
        &["--tell c: user 54324 listens there", "nothing was sent"],
    );
    assert!(time < LIMIT, "{time:?}");
    assert!(!it.path("heard").exists() || it.read("heard").is_empty());
}

#[test]
fn a_transfer_is_not_told_anything_by_another_user_but_by_root() {
    let Some(it) = everybodys() else { return };
    let running = it.tide(["--control", "c", "-L", "1", "zero:", "null:"]);
    let running = running.start();
    until("a socket", || it.path("c").exists().then_some(()));
    let as_another = format!("chmod 666 c; exec {ANOTHER} ./tide --tell c rate none");
    let done = it.sh(&as_another).run();
    done.fails_saying(2, &["--tell c: only the user of this transfer and root"]);
    let status = it.tide(["--tell", "c", "status", "--json"]);
    let status = status.run().exits(0);
    assert!(status.stdout.starts_with(b"{\"type\":\"sample\""));
    running.signal("TERM");
    running.done();
}
