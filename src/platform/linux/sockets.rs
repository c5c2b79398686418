//! Unix sockets, and who is at the other end of one.

use crate::platform::types::Peer;
use crate::sys;
use rustix::fs::{FileType, Mode, OFlags, chmod, fstat, open};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, socket_with};
use rustix::process::Pid;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// The length of `struct ucred`: three words, of the process, the user and the group (unix(7)).
const UCRED_LEN: usize = 12;

/// Gives the socket at `path` this mode, whatever the umask is.
///
/// # Errors
/// When there is no socket any more, and when the user may not.
pub(crate) fn set_socket_mode(path: &Path, mode: Mode) -> io::Result<()> {
    // The descriptor is of the file at the path itself: a link that somebody has put there is not followed (open(2)).
    let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = open(path, flags, Mode::empty())?;
    if FileType::from_raw_mode(fstat(&file)?.st_mode) != FileType::Socket {
        return Err(Errno::NOTSOCK.into());
    }
    Ok(chmod(format!("/proc/self/fd/{}", file.as_raw_fd()), mode)?)
}

/// The abstract name of a Unix socket (unix(7)): no file has it, and it is gone when nobody has the socket any more. It is known
/// in this network namespace (`network_namespaces(7)`).
///
/// # Errors
/// When it is too long.
pub(crate) fn abstract_address(name: &[u8]) -> io::Result<SocketAddrUnix> {
    Ok(SocketAddrUnix::new_abstract_name(name)?)
}

/// The user of a process, who owns its directory (proc(5)). `None`: there is no such process, or it is hidden from us.
pub(crate) fn user_of(process: Pid) -> Option<u32> {
    let directory = std::fs::metadata(format!("/proc/{}", process.as_raw_nonzero()));
    directory.ok().map(|it| it.uid())
}

/// The process at the other end of a Unix socket (unix(7), `SO_PEERCRED`): the one that has connected, or that listens.
///
/// # Errors
/// When it is no Unix socket.
pub(crate) fn peer(socket: BorrowedFd<'_>) -> io::Result<Option<Peer>> {
    let mut credentials = [0; UCRED_LEN];
    sys::peer_credentials(socket, &mut credentials)?;
    let word = |at: usize| credentials[at..at + 4].try_into().unwrap_or_default();
    Ok(Some(Peer {
        process: Pid::from_raw(i32::from_ne_bytes(word(0))),
        user: u32::from_ne_bytes(word(4)),
    }))
}

/// A Unix stream socket that does not wait.
///
/// # Errors
/// When the process is out of descriptors.
pub(crate) fn unix_socket() -> io::Result<OwnedFd> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
    Ok(socket)
}
