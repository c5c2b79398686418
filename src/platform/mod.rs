//! The only module that knows operating systems apart: `linux` and `other` have the same functions. Here are also the
//! threads, processes, memory and descriptors that any system may refuse, a write that does not stop halfway, and what threads
//! share.

pub(crate) mod process;
pub mod resources;
pub mod sync;
pub mod threads;
mod types;
mod write;

pub use types::FdAt;
pub(crate) use types::{Attribute, Peer};
pub(crate) use write::write_all;

use rustix::fs::Mode;
use rustix::process::geteuid;
use std::io;
use std::os::fd::AsFd;

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
use linux as system;

#[cfg(not(target_os = "linux"))]
mod other;
#[cfg(not(target_os = "linux"))]
use other as system;

pub(crate) use system::{
    SignalQueue, Stopwatch, WakeFd, abstract_address, attributes, bytes_in, connection,
    copies_by_itself, copies_by_itself_at, copy, enlarge_pipe, gather, is_empty, is_empty_at,
    is_immutable, is_null_number, is_terminal_number, make_pipe, may_have_pipes, memory,
    mode_of_a_new_file, more_ending_signals, overrules_owners, peer, pidfd, pipe_size, read_now,
    remove_attribute, send, set_attribute, set_pipe_size, set_socket_mode, splice, tee,
    unix_socket, user_of, write_now, zeros,
};

/// The widest pipe an unprivileged user may ask for by default, in bytes (pipe(7), /proc/sys/fs/pipe-max-size).
pub(crate) const WIDEST_PIPE: u64 = 1 << 20;

/// `mode` without the bits of the umask, which can be read only by setting it for a moment (umask(2)).
pub(crate) fn less_umask(mode: Mode) -> Mode {
    let umask = rustix::process::umask(Mode::RWXG | Mode::RWXO);
    rustix::process::umask(umask);
    mode - umask
}

/// Who is at the other end of a Unix socket, if that is neither this user nor root. The mode of a socket's file keeps other users
/// away from it; nothing else does from an abstract name, nor us from a socket of theirs.
///
/// # Errors
/// When the system does not say.
pub(crate) fn stranger(socket: &impl AsFd) -> io::Result<Option<Peer>> {
    let is_trusted = |user: u32| user == 0 || user == geteuid().as_raw();
    Ok(peer(socket.as_fd())?.filter(|it| !is_trusted(it.user)))
}
