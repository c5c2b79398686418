//! Unix sockets, and who is at the other end of one.

use crate::platform::types::Peer;
use crate::sys;
use rustix::fs::{Mode, fchmod};
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, bind, socket_with};
use rustix::process::{Pid, geteuid, getpid};
use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// The length of `struct ucred`: three words, of the process, the user and the group (unix(7)).
const UCRED_LEN: usize = 12;

/// A Unix socket at this path to which no other user can connect: its mode is set before it is bound (unix(7)).
pub(crate) fn private_socket(path: &Path) -> io::Result<OwnedFd> {
    let socket = unix_socket()?;
    fchmod(&socket, Mode::RUSR | Mode::WUSR)?;
    bind(&socket, &SocketAddrUnix::new(path)?)?;
    Ok(socket)
}

/// The socket of this process at its [`process_address`], to which every user can connect.
///
/// # Errors
/// When somebody else has that name, and when the process is out of descriptors.
pub(crate) fn process_socket() -> io::Result<OwnedFd> {
    let socket = unix_socket()?;
    bind(&socket, &process_address(getpid())?)?;
    Ok(socket)
}

/// The name `tidegate-UID-PID` among the abstract names of Unix sockets (unix(7)): no file has it, and it is gone when nobody
/// listens any more. The user is that of this process, the number of `process` is as we see it, and the name is known in this
/// network namespace (`network_namespaces(7)`).
///
/// # Errors
/// None.
pub(crate) fn process_address(process: Pid) -> io::Result<SocketAddrUnix> {
    let name = format!(
        "tidegate-{}-{}",
        geteuid().as_raw(),
        process.as_raw_nonzero()
    );
    Ok(SocketAddrUnix::new_abstract_name(name.as_bytes())?)
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

fn unix_socket() -> io::Result<OwnedFd> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
    Ok(socket)
}
