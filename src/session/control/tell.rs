//! `--tell`: the client of a control socket. One request, one answer, in a bounded time and of a bounded length, and
//! nothing is sent to a process of another user, nor to another process than the one that was meant.

use super::REFUSAL;
use super::process::{Silence, address_of, numbered};
use crate::error::reason;
use crate::platform;
use crate::session::exit::Exit;
use crate::session::report::{self, Form};
use crate::text::visible::{line, named};
use rustix::io::Errno;
use rustix::net::{SocketAddrUnix, connect};
use rustix::process::Pid;
use socket2::{Domain, Socket, Type};
use std::ffi::{OsStr, OsString};
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::net::Shutdown;
use std::os::fd::AsFd;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long all of it may take: to be connected, to send the request, and to get the answer.
const TIME_LIMIT: Duration = Duration::from_secs(10);

/// How long a process may take to listen, which may have been started a moment ago, and how often it is tried.
const START_LIMIT: Duration = Duration::from_millis(250);
const START_INTERVAL: Duration = Duration::from_millis(5);

/// The longest answer, in bytes, its newline included; a record is a few thousand.
const LONGEST_ANSWER: usize = 1 << 20;

/// Sends the words to the transfer that `whom` is the number of the process of, or the path of the socket. Its answer goes to
/// standard output; a refusal is an error.
#[must_use]
pub fn tell(whom: &OsStr, words: &[OsString]) -> Exit {
    let failed = |exit, why: &str| {
        report::fail(Form::Lines, &format!("--tell {}: {why}", named(whom)));
        exit
    };
    let words: Vec<_> = words.iter().map(|word| word.to_string_lossy()).collect();
    let connection = match numbered(whom) {
        Some(process) => to_process(process, &named(whom)),
        None => SocketAddrUnix::new(Path::new(whom))
            .map_err(io::Error::from)
            .and_then(|address| Connection::to(&address)),
    };
    match connection.and_then(|connection| ask(connection, &words.join(" "))) {
        Ok(answer) => {
            let answer = line(&answer);
            match answer.strip_prefix(REFUSAL) {
                Some(why) => failed(Exit::Usage, why),
                None => report::answer(&format!("{answer}\n")),
            }
        }
        // The system says "not now" where a call has come to its deadline (socket(7), SO_RCVTIMEO).
        Err(error) if matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock) => {
            let limit = humantime::format_duration(TIME_LIMIT);
            let why = format!(
                "no answer within {limit}; whoever listens there is stopped (^Z), or is no tidegate"
            );
            failed(Exit::Timeout, &why)
        }
        Err(error) => failed(Exit::Io, &reason(&error)),
    }
}

/// A connection to a process that may have been started a moment ago. Its number was typed as `number`.
fn to_process(process: Pid, number: &str) -> io::Result<Connection> {
    let address = address_of(process).map_err(|_| {
        io::Error::other(
            "on this system a process is not found by its number; with --control PATH it listens at PATH",
        )
    })?;
    let until = Instant::now() + START_LIMIT;
    loop {
        match Connection::to(&address) {
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => {
                let silence = Silence::of(process);
                if silence != Silence::DoesNotListen || Instant::now() > until {
                    return Err(io::Error::other(silence.why(number)));
                }
                sleep(START_INTERVAL);
            }
            other => return other.and_then(|connection| connection.check_process(process)),
        }
    }
}

/// The answer of the server, without its newline.
fn ask(mut connection: Connection, request: &str) -> io::Result<Vec<u8>> {
    if let Some(peer) = platform::stranger(&connection.socket)? {
        return Err(io::Error::other(format!(
            "user {} listens there, who is neither you nor root; nothing was sent",
            peer.user
        )));
    }
    let request = format!("{}\n", request.replace('\n', " "));
    // A server that hangs up before the end of the request may have answered why.
    unless_hung_up(connection.write_all(request.as_bytes()))?;
    unless_hung_up(connection.socket.shutdown(Shutdown::Write))?;
    let mut answer = Vec::new();
    let mut answers = BufReader::new(connection).take(LONGEST_ANSWER as u64);
    unless_hung_up(answers.read_until(b'\n', &mut answer).map(drop))?;
    match answer.strip_suffix(b"\n") {
        Some(answer) => Ok(answer.to_owned()),
        None => Err(io::Error::other(match answer.len() {
            0 => "it has ended without an answer",
            LONGEST_ANSWER => {
                "its answer is longer than 1 MiB; whoever listens there is no tidegate"
            }
            _ => "it has ended in the middle of its answer",
        })),
    }
}

/// Passes on every error but that the other side has hung up, which is reported where there is no answer.
fn unless_hung_up(result: io::Result<()>) -> io::Result<()> {
    match result.as_ref().map_err(io::Error::kind) {
        Err(ErrorKind::BrokenPipe | ErrorKind::ConnectionReset | ErrorKind::NotConnected) => Ok(()),
        _ => result,
    }
}

/// A connection on which every call ends when the time for all of them is over.
struct Connection {
    socket: Socket,
    until: Instant,
}

impl Connection {
    /// Connects, which waits where too many others do so (unix(7)).
    fn to(address: &SocketAddrUnix) -> io::Result<Self> {
        let connection = Self {
            socket: Socket::new(Domain::UNIX, Type::STREAM, None)?,
            until: Instant::now() + TIME_LIMIT,
        };
        loop {
            connection
                .socket
                .set_write_timeout(Some(connection.left()?))?;
            match connect(&connection.socket, address) {
                // A call with a time limit is not taken up again after a stop (signal(7)).
                Err(Errno::INTR) => {}
                other => return Ok(other.map(|()| connection)?),
            }
        }
    }

    /// Refuses whoever has taken the name of the process, as one of the same number in another container can.
    fn check_process(self, process: Pid) -> io::Result<Self> {
        match platform::peer(self.socket.as_fd())? {
            Some(peer) if peer.process != Some(process) => Err(io::Error::other(
                "another process listens in its place, perhaps of another container; nothing was sent",
            )),
            _ => Ok(self),
        }
    }

    /// The time that is left, or an error if there is none.
    fn left(&self) -> io::Result<Duration> {
        let left = self.until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(ErrorKind::TimedOut.into());
        }
        Ok(left)
    }
}

impl Read for Connection {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.socket.set_read_timeout(Some(self.left()?))?;
        self.socket.read(buf)
    }
}

impl Write for Connection {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.socket.set_write_timeout(Some(self.left()?))?;
        self.socket.write(buf)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
