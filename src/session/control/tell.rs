//! `--tell`: the client of a control socket. One request, one answer, in a bounded time and of a bounded length, and
//! nothing is sent to a process of another user.

use super::{REFUSAL, stranger};
use crate::error::reason;
use crate::session::exit::Exit;
use crate::session::report::{self, Form};
use crate::text::visible::{line, named};
use socket2::{Domain, SockAddr, Socket, Type};
use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::net::Shutdown;
use std::path::Path;
use std::time::{Duration, Instant};

/// How long all of it may take: to be connected, to send the request, and to get the answer.
const TIME_LIMIT: Duration = Duration::from_secs(10);

/// The longest answer, in bytes, its newline included; a record is a few thousand.
const LONGEST_ANSWER: usize = 1 << 20;

/// Sends the words to the transfer that listens at `path`. Its answer goes to standard output; a refusal is an error.
#[must_use]
pub fn tell(path: &Path, words: &[OsString]) -> Exit {
    let failed = |exit, why: &str| {
        report::fail(Form::Lines, &format!("--tell {}: {why}", named(path)));
        exit
    };
    let words: Vec<_> = words.iter().map(|word| word.to_string_lossy()).collect();
    match ask(path, &words.join(" ")) {
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

/// The answer of the server at `path`, without its newline.
fn ask(path: &Path, request: &str) -> io::Result<Vec<u8>> {
    let mut connection = Connection::to(path)?;
    if let Some(user) = stranger(&connection.socket)? {
        return Err(io::Error::other(format!(
            "user {user} listens there, who is neither you nor root; nothing was sent"
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
    fn to(path: &Path) -> io::Result<Self> {
        let connection = Self {
            socket: Socket::new(Domain::UNIX, Type::STREAM, None)?,
            until: Instant::now() + TIME_LIMIT,
        };
        let address = SockAddr::unix(path)?;
        loop {
            connection
                .socket
                .set_write_timeout(Some(connection.left()?))?;
            match connection.socket.connect(&address) {
                // A call with a time limit is not taken up again after a stop (signal(7)).
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                other => return other.map(|()| connection),
            }
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
