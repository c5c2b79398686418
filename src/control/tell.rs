//! `--tell`: the client of a control socket. One request, one answer.

use super::REFUSAL;
use crate::error::reason;
use crate::exit::Exit;
use crate::report::{Form, fail};
use crate::visible::{line, named};
use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Tells the transfer that listens at `path` what the words say. Its answer goes to standard output, what it refuses is
/// an error.
#[must_use]
pub fn tell(path: &Path, words: &[OsString]) -> Exit {
    let shown = named(path);
    let words: Vec<_> = words.iter().map(|word| word.to_string_lossy()).collect();
    match ask(path, &words.join(" ")) {
        Ok(answer) => {
            if let Some(why) = answer.strip_prefix(REFUSAL) {
                fail(Form::Lines, &format!("--tell {shown}: {why}"));
                return Exit::Usage;
            }
            // Whoever does not read the answer does not need it.
            let _ = writeln!(io::stdout(), "{}", line(&answer));
            Exit::Success
        }
        Err(error) => {
            fail(Form::Lines, &format!("--tell {shown}: {}", reason(&error)));
            Exit::Io
        }
    }
}

fn ask(path: &Path, request: &str) -> io::Result<String> {
    let mut stream = UnixStream::connect(path)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.write_all(request.replace('\n', " ").as_bytes())?;
    stream.write_all(b"\n")?;
    stream.shutdown(Shutdown::Write)?;
    let mut answer = String::new();
    if BufReader::new(stream).read_line(&mut answer)? == 0 {
        return Err(io::Error::other("it has ended without an answer"));
    }
    Ok(answer.trim_end().to_owned())
}
