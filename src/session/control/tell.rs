//! `--tell`: the client of a control socket. One request, one answer, in a bounded time and of a bounded length, and
//! nothing is said to a process of somebody else.

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
const LIMIT: Duration = Duration::from_secs(10);

/// The longest answer, in bytes, its newline included; a record is a few thousand.
const LONGEST: usize = 1 << 20;

/// Tells the transfer that listens at `path` what the words say. Its answer goes to standard output, what it refuses is
/// an error.
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
            let limit = humantime::format_duration(LIMIT);
            let why = format!(
                "no answer within {limit}; whoever listens there is stopped (^Z), or is no tidegate"
            );
            failed(Exit::Timeout, &why)
        }
        Err(error) => failed(Exit::Io, &reason(&error)),
    }
}

/// What is answered at `path`, without the end of its line.
fn ask(path: &Path, request: &str) -> io::Result<Vec<u8>> {
    let mut call = Call::to(path)?;
    if let Some(user) = stranger(&call.socket)? {
        return Err(io::Error::other(format!(
            "user {user} listens there, who is neither you nor root; nothing was sent"
        )));
    }
    let request = format!("{}\n", request.replace('\n', " "));
    // Whoever hangs up before the end of the request may have said why.
    unless_hung_up(call.write_all(request.as_bytes()))?;
    unless_hung_up(call.socket.shutdown(Shutdown::Write))?;
    let mut answer = Vec::new();
    let mut answers = BufReader::new(call).take(LONGEST as u64);
    unless_hung_up(answers.read_until(b'\n', &mut answer).map(drop))?;
    match answer.strip_suffix(b"\n") {
        Some(answer) => Ok(answer.to_owned()),
        None => Err(io::Error::other(match answer.len() {
            0 => "it has ended without an answer",
            LONGEST => "its answer is longer than 1 MiB; whoever listens there is no tidegate",
            _ => "it has ended in the middle of its answer",
        })),
    }
}

/// An error only if it is another than that the other side has hung up, which the lack of an answer tells.
fn unless_hung_up(result: io::Result<()>) -> io::Result<()> {
    match result.as_ref().map_err(io::Error::kind) {
        Err(ErrorKind::BrokenPipe | ErrorKind::ConnectionReset | ErrorKind::NotConnected) => Ok(()),
        _ => result,
    }
}

/// A connection on which every call ends when the time for all of them is over.
struct Call {
    socket: Socket,
    until: Instant,
}

impl Call {
    /// Connects, which waits where too many others do so (unix(7)).
    fn to(path: &Path) -> io::Result<Self> {
        let call = Self {
            socket: Socket::new(Domain::UNIX, Type::STREAM, None)?,
            until: Instant::now() + LIMIT,
        };
        let address = SockAddr::unix(path)?;
        loop {
            call.socket.set_write_timeout(Some(call.left()?))?;
            match call.socket.connect(&address) {
                // A call with a time limit is not taken up again after a stop (signal(7)).
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                other => return other.map(|()| call),
            }
        }
    }

    /// The time that is left, which is some.
    fn left(&self) -> io::Result<Duration> {
        let left = self.until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(ErrorKind::TimedOut.into());
        }
        Ok(left)
    }
}

impl Read for Call {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.socket.set_read_timeout(Some(self.left()?))?;
        self.socket.read(buf)
    }
}

impl Write for Call {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.socket.set_write_timeout(Some(self.left()?))?;
        self.socket.write(buf)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
