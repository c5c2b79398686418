//! The socket of a process, which `--tell` finds by the number of the process: it has a name and no file, and is gone with the
//! process. Every transfer listens there, unless `TIDEGATE_CONTROL=none` is set.

use super::socket::BACKLOG;
use super::{Steering, serve};
use crate::platform;
use rustix::io::Errno;
use rustix::net::{SocketAddrUnix, bind, listen};
use rustix::process::{Pid, geteuid, getpid, test_kill_process};
use std::ffi::OsStr;
use std::io;
use std::os::unix::net::UnixListener;
use std::sync::Arc;

/// Why no process listens, and what can be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Silence {
    /// There is no such process.
    NoProcess,
    /// It is another user's, of this number if that is known.
    Anothers(Option<u32>),
    /// It is ours. It may be about to listen.
    DoesNotListen,
}

/// Whether there are such sockets on this system.
#[must_use]
pub fn is_possible() -> bool {
    address_of(getpid()).is_ok()
}

/// Listens for commands, if it can: nobody has asked for it, and so nobody is told if it cannot.
pub fn listen_as_process(steering: &Arc<Steering>) {
    if let Ok(listener) = listener() {
        tokio::spawn(serve(listener, Arc::clone(steering)));
    }
}

/// The socket of this process, to which every user can connect.
fn listener() -> io::Result<UnixListener> {
    let socket = platform::unix_socket()?;
    bind(&socket, &address_of(getpid())?)?;
    listen(&socket, BACKLOG)?;
    Ok(socket.into())
}

/// The abstract name `tidegate-UID-PID`. The user is that of this process, and the number of `process` is as we see it.
///
/// # Errors
/// Where there are no abstract names.
pub(super) fn address_of(process: Pid) -> io::Result<SocketAddrUnix> {
    let (user, process) = (geteuid().as_raw(), process.as_raw_nonzero());
    platform::abstract_address(format!("tidegate-{user}-{process}").as_bytes())
}

/// The process that a word of digits is the number of. A number that no process can have is taken as the largest of all, which
/// none has. `None`: it is a path; a path of digits is written as `./12`.
pub(super) fn numbered(word: &OsStr) -> Option<Pid> {
    let digits = word.to_str().filter(|word| !word.is_empty())?;
    if !digits.bytes().all(|it| it.is_ascii_digit()) {
        return None;
    }
    let process = digits.parse().ok().and_then(Pid::from_raw);
    process.or(Pid::from_raw(i32::MAX))
}

impl Silence {
    /// Of a process where nobody listens.
    pub(super) fn of(process: Pid) -> Self {
        let is_ours = |owner: &u32| *owner == geteuid().as_raw();
        let owner = platform::user_of(process);
        match test_kill_process(process) {
            Err(Errno::SRCH) => Self::NoProcess,
            Ok(()) if owner.as_ref().is_none_or(is_ours) => Self::DoesNotListen,
            _ => Self::Anothers(owner),
        }
    }

    /// The same in words, for the process of this number.
    pub(super) fn why(&self, number: &str) -> String {
        match self {
            Self::NoProcess => format!(
                "there is no such process; it may have ended (a file of that name would be ./{number})"
            ),
            Self::Anothers(Some(user)) => {
                format!("it belongs to user {user}; run --tell as that user")
            }
            Self::Anothers(None) => {
                "it belongs to another user; run --tell as that user".to_owned()
            }
            Self::DoesNotListen => "it does not listen: it is no tidegate, or was started with TIDEGATE_CONTROL=none or \
                in another container; with --control PATH it would listen at PATH"
                .to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::numbered;
    use rustix::process::Pid;
    use std::ffi::OsStr;

    #[test]
    fn digits_are_the_number_of_a_process_and_all_else_is_a_path() {
        for (word, number) in [
            ("12", 12),
            ("0012", 12),
            ("0", i32::MAX),
            ("99999999999", i32::MAX),
        ] {
            assert_eq!(numbered(OsStr::new(word)), Pid::from_raw(number), "{word}");
        }
        for path in ["", "./12", "12a", "+12", "-12", "1 2", "\u{661}"] {
            assert_eq!(numbered(OsStr::new(path)), None, "{path}");
        }
    }
}
