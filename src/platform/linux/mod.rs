//! The functions of `platform` on Linux.

mod attributes;
mod memory;
mod pipes;
mod signals;
mod sockets;
mod stopwatch;
mod wake;

pub(crate) use attributes::{attributes, remove_attribute, set_attribute};
pub(crate) use memory::memory;
pub(crate) use pipes::{
    bytes_in, enlarge_pipe, make_pipe, may_have_pipes, pipe_size, set_pipe_size,
};
pub(crate) use signals::{SignalQueue, more_ending_signals};
pub(crate) use sockets::{abstract_address, peer, set_socket_mode, unix_socket, user_of};
pub(crate) use stopwatch::Stopwatch;
pub(crate) use wake::WakeFd;

use self::pipes::usize_of;
use crate::endpoint::connection::Connection;
use crate::platform::FdAt;
use crate::sys;
use rustix::fs::{
    AtFlags, CWD, MemfdFlags, Mode, OFlags, StatxAttributes, StatxFlags, copy_file_range, fstat,
    fstatfs, ftruncate, major, makedev, memfd_create, sendfile, statfs, statx,
};
use rustix::io::{Errno, ReadWriteFlags, preadv2, pwritev2};
use rustix::pipe::SpliceFlags;
use rustix::process::{Pid, PidfdFlags, Resource, getrlimit, pidfd_open};
use rustix::thread::{CapabilitySet, capabilities};
use std::io::{IoSlice, IoSliceMut};
use std::os::fd::{BorrowedFd, OwnedFd};
use std::path::Path;
use std::time::Duration;

/// A descriptor that becomes readable once a child process has exited (`pidfd_open(2)`, since Linux 5.3).
///
/// # Errors
/// When the kernel has none to give.
pub(crate) fn pidfd(child: Pid) -> std::io::Result<OwnedFd> {
    Ok(pidfd_open(child, PidfdFlags::empty())?)
}

/// Number of the null device (null(4)).
const NULL: (u32, u32) = (1, 3);

/// Major numbers of terminals: consoles and serial lines, /dev/tty and its like, and those of pts(4).
const TERMINALS: [(u32, u32); 2] = [(4, 5), (136, 143)];

/// The number of the file system of /proc in statfs(2). Its files report a size of 0, and have content all the same.
const PROC_FILE_SYSTEM: u64 = 0x9FA0;

/// The file systems that are known to leave `copy_file_range(2)` to the kernel's general code, by their numbers in
/// statfs(2): ext2 to ext4, and tmpfs.
const PLAIN_FILE_SYSTEMS: [u64; 2] = [0xEF53, 0x0102_1994];

/// The length of the part of `struct tcp_info` that is read here. Kernels before 5.4 fill less of it.
const TCP_INFO_LEN: usize = 232;

/// The state of a connection after a retransmission timeout, `TCP_CA_Loss` of linux/tcp.h.
const TCP_CA_LOSS: u8 = 4;

/// Readable and writable for all users, as programs make files before the umask.
const ANY_NEW_FILE: Mode = Mode::from_raw_mode(0o666);

/// The offset -1, by which preadv2(2) reads at the current position as read(2) does.
const CURRENT_POSITION: u64 = u64::MAX;

/// Reads what is there (preadv2(2), `RWF_NOWAIT`). `None`: this kind of descriptor, or this kernel, cannot be read without waiting.
pub(crate) fn read_now(fd: BorrowedFd<'_>, buf: &mut [u8]) -> Option<std::io::Result<usize>> {
    answer(preadv2(
        fd,
        &mut [IoSliceMut::new(buf)],
        CURRENT_POSITION,
        ReadWriteFlags::NOWAIT,
    ))
}

/// Writes what fits. `None` as in [`read_now`].
pub(crate) fn write_now(
    fd: BorrowedFd<'_>,
    bufs: &[IoSlice<'_>],
) -> Option<std::io::Result<usize>> {
    answer(pwritev2(fd, bufs, CURRENT_POSITION, ReadWriteFlags::NOWAIT))
}

/// Moves at most `most` bytes from one descriptor to the other, of which one is a pipe, without waiting for a pipe.
/// 0 is the end of input (splice(2)).
///
/// # Errors
/// `WouldBlock`: nothing is there, or nothing fits; the system does not say which.
pub(crate) fn splice(mut from: FdAt<'_>, mut to: FdAt<'_>, most: u64) -> std::io::Result<u64> {
    let (from_at, to_at) = (from.offset.as_mut(), to.offset.as_mut());
    let (most, flags) = (usize_of(most), SpliceFlags::NONBLOCK);
    Ok(rustix::pipe::splice(from.fd, from_at, to.fd, to_at, most, flags)? as u64)
}

/// Duplicates at most the first `most` bytes of one pipe into the other, without waiting; they stay in the first one. 0: that is empty, and
/// has no writer (tee(2)).
///
/// # Errors
/// `WouldBlock`: nothing is there, or nothing fits; the system does not say which.
pub(crate) fn tee(from: BorrowedFd<'_>, to: BorrowedFd<'_>, most: u64) -> std::io::Result<u64> {
    let (most, flags) = (usize_of(most), SpliceFlags::NONBLOCK);
    Ok(rustix::pipe::tee(from, to, most, flags)? as u64)
}

/// Copies at most `most` bytes from one file to another. 0 is the end of input, or a file that this does not work
/// with (`copy_file_range(2)`).
///
/// # Errors
/// Those of reading and writing.
pub(crate) fn copy(mut from: FdAt<'_>, mut to: FdAt<'_>, most: u64) -> std::io::Result<u64> {
    let (from_at, to_at) = (from.offset.as_mut(), to.offset.as_mut());
    Ok(copy_file_range(from.fd, from_at, to.fd, to_at, usize_of(most))? as u64)
}

/// Sends at most `most` bytes of a file to a socket that does not wait. 0 is the end of input (sendfile(2)).
///
/// # Errors
/// `WouldBlock`: the socket takes nothing now. Otherwise the file's or the socket's; the system does not say which.
pub(crate) fn send(mut from: FdAt<'_>, to: BorrowedFd<'_>, most: u64) -> std::io::Result<u64> {
    Ok(sendfile(to, from.fd, from.offset.as_mut(), usize_of(most))? as u64)
}

/// Whether the file system of `fd` may have its own way to copy, as one that shares blocks or lies on a server has. Elsewhere
/// `copy_file_range(2)` moves 64 KiB at a time, and a pipe of more than that is faster.
pub(crate) fn copies_by_itself(fd: BorrowedFd<'_>) -> bool {
    !is_plain(fd)
}

/// [`copies_by_itself`] for a file that is not open.
pub(crate) fn copies_by_itself_at(path: &Path) -> bool {
    !file_system_at(path).is_some_and(is_plain_number)
}

/// Whether the file at `path`, which reports a size of 0, is empty. `None`: only opening it could tell.
pub(crate) fn is_empty_at(path: &Path) -> Option<bool> {
    let number = file_system_at(path)?;
    (is_plain_number(number) || number == PROC_FILE_SYSTEM).then_some(number != PROC_FILE_SYSTEM)
}

fn is_plain(fd: BorrowedFd<'_>) -> bool {
    let number = fstatfs(fd)
        .ok()
        .and_then(|it| u64::try_from(it.f_type).ok());
    number.is_some_and(is_plain_number)
}

fn is_plain_number(number: u64) -> bool {
    PLAIN_FILE_SYSTEMS.contains(&number)
}

/// The number of the file system at `path`.
fn file_system_at(path: &Path) -> Option<u64> {
    u64::try_from(statfs(path).ok()?.f_type).ok()
}

/// Whether a file that reports a size of 0 is certainly empty: a read at offset 0 says so without waiting, or its file system is
/// known to report sizes truly.
pub(crate) fn is_empty(fd: BorrowedFd<'_>) -> bool {
    let mut byte = [0; 1];
    let asked = preadv2(
        fd,
        &mut [IoSliceMut::new(&mut byte)],
        0,
        ReadWriteFlags::NOWAIT,
    );
    asked == Ok(0) || is_plain(fd)
}

/// The mode that a new file in `directory` gets: what the umask leaves of 0666, or a default access control list of the
/// directory (acl(5)). It is read from a temporary file without a name (open(2),
/// `O_TMPFILE`).
pub(crate) fn mode_of_a_new_file(directory: &Path) -> Mode {
    let flags = OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC;
    let unnamed = rustix::fs::open(directory, flags, ANY_NEW_FILE).and_then(fstat);
    match unnamed {
        Ok(unnamed) => Mode::from_raw_mode(unnamed.st_mode & 0o777),
        Err(_) => super::less_umask(ANY_NEW_FILE),
    }
}

/// Whether this process may do to all files what only their owners may (capabilities(7), `CAP_FOWNER`).
pub(crate) fn overrules_owners() -> bool {
    capabilities(None).is_ok_and(|sets| sets.effective.contains(CapabilitySet::FOWNER))
}

/// Whether the file at `path` is marked as immutable or append-only (statx(2)).
pub(crate) fn is_immutable(path: &Path) -> bool {
    let found = statx(CWD, path, AtFlags::empty(), StatxFlags::TYPE);
    let marks = StatxAttributes::IMMUTABLE | StatxAttributes::APPEND;
    found.is_ok_and(|found| found.stx_attributes.intersects(marks))
}

/// Whether the device of this number is the null device.
pub(crate) fn is_null_number(number: u64) -> bool {
    let (null_major, null_minor) = NULL;
    number == makedev(null_major, null_minor)
}

/// Whether the character device of this number is a terminal.
pub(crate) fn is_terminal_number(number: u64) -> bool {
    let number = major(number);
    TERMINALS
        .iter()
        .any(|&(first, last)| (first..=last).contains(&number))
}

/// A file of so many zero bytes that takes up no memory.
///
/// # Errors
/// When the process is out of descriptors, or may make no file as large (`ulimit -f`).
pub(crate) fn zeros(bytes: u64) -> std::io::Result<OwnedFd> {
    // No file can be longer, and no transfer gets so far.
    let len = bytes.min(i64::MAX as u64 - 0xFFFF);
    if getrlimit(Resource::Fsize)
        .current
        .is_some_and(|most| len > most)
    {
        // Trying it would raise SIGXFSZ (setrlimit(2)).
        return Err(Errno::FBIG.into());
    }
    let fd = memfd_create("zero", MemfdFlags::CLOEXEC)?;
    ftruncate(&fd, len)?;
    Ok(fd)
}

/// From now on poll(2) reports a TCP socket as readable only once it has received `bytes`, or its buffer is full
/// (tcp(7), `SO_RCVLOWAT` of socket(7)).
///
/// # Errors
/// When the system refuses.
pub(crate) fn gather(fd: BorrowedFd<'_>, bytes: u64) -> std::io::Result<()> {
    sys::set_receive_low_water_mark(fd, i32::try_from(bytes).unwrap_or(i32::MAX))
}

/// The kernel's account of a TCP connection. `None`: `fd` is no TCP socket.
pub(crate) fn connection(fd: BorrowedFd<'_>) -> Option<Connection> {
    let mut info = [0; TCP_INFO_LEN];
    sys::tcp_info(fd, &mut info).ok()?;
    // These are the offsets in `struct tcp_info` of linux/tcp.h, to which fields are only added at the end.
    let word = |at: usize| u32::from_ne_bytes(info[at..at + 4].try_into().unwrap_or_default());
    let long = |at: usize| u64::from_ne_bytes(info[at..at + 8].try_into().unwrap_or_default());
    Some(Connection {
        send_queue: sys::unacknowledged(fd).unwrap_or(0),
        receive_queue: bytes_in(fd).unwrap_or(0),
        round_trip: Duration::from_micros(word(68).into()),
        least_round_trip: Duration::from_micros(word(148).into()),
        retransmits: word(100),
        needless: word(216),
        is_lost: info[1] == TCP_CA_LOSS,
        delivery_rate: long(160),
        unsent: word(144).into(),
        window: word(228).into(),
        busy: Duration::from_micros(long(168)),
        window_limited: Duration::from_micros(long(176)),
        buffer_limited: Duration::from_micros(long(184)),
        ..Connection::default()
    })
}

fn answer(result: Result<usize, Errno>) -> Option<std::io::Result<usize>> {
    match result {
        Err(Errno::OPNOTSUPP | Errno::NOSYS | Errno::INVAL | Errno::SPIPE | Errno::PERM) => None,
        other => Some(other.map_err(Into::into)),
    }
}
