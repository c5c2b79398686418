//! Any other Unix: there is the buffered road.

use super::types::{Attribute, FdAt};
use crate::endpoint::connection::Connection;
use crate::platform::threads;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, chmod};
use rustix::io::{FdFlags, fcntl_setfd, ioctl_fionbio};
use rustix::net::{AddressFamily, SocketAddrUnix, SocketType, bind, socket};
use std::ffi::OsStr;
use std::io::IoSlice;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How often there is a sign of life.
const NAP: Duration = Duration::from_millis(100);

/// A wake-up that can be polled for: a pipe that holds at most one byte of note.
#[derive(Debug)]
pub(crate) struct Signal {
    reader: OwnedFd,
    writer: OwnedFd,
}

impl Signal {
    /// A wake-up that nobody has sent yet.
    pub(crate) fn new() -> std::io::Result<Self> {
        let (reader, writer) = rustix::pipe::pipe()?;
        own(&reader)?;
        own(&writer)?;
        Ok(Self { reader, writer })
    }

    /// Makes the descriptor readable until it is cleared.
    pub(crate) fn raise(&self) {
        // Fails only when the pipe is full of wake-ups.
        let _ = rustix::io::write(&self.writer, &[1]);
    }

    /// Takes all wake-ups sent so far.
    pub(crate) fn clear(&self) {
        while matches!(rustix::io::read(&self.reader, &mut [0u8; 64][..]), Ok(64)) {}
    }
}

impl AsFd for Signal {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.reader.as_fd()
    }
}

/// How much memory there is, which is not asked here.
pub(crate) fn memory() -> Option<u64> {
    None
}

/// Lets no call wait, and no other program have it.
fn own(fd: &OwnedFd) -> std::io::Result<()> {
    ioctl_fionbio(fd, true)?;
    Ok(fcntl_setfd(fd, FdFlags::CLOEXEC)?)
}

/// Tells when the process was last stopped, as far as that can be found out: no thread of it has run for some time, though
/// one wakes often. A machine that is as busy as that is taken for a stop.
#[derive(Debug)]
pub(crate) struct Stopwatch(Arc<Naps>);

#[derive(Debug)]
struct Naps {
    signs: Mutex<Signs>,
    end: Signal,
}

/// Signs of life.
#[derive(Debug)]
struct Signs {
    last: Instant,
    /// How long it takes from one to the next, lately.
    usual: Duration,
    /// For how long the process was stopped in all, and the last stop on a clock that stood meanwhile.
    stopped: Duration,
    stopped_at: Option<Instant>,
}

impl Stopwatch {
    /// One that runs.
    ///
    /// # Errors
    /// When the process is out of descriptors or threads.
    pub(crate) fn start() -> std::io::Result<Self> {
        let naps = Arc::new(Naps {
            signs: Mutex::new(Signs {
                last: Instant::now(),
                usual: NAP,
                stopped: Duration::ZERO,
                stopped_at: None,
            }),
            end: Signal::new()?,
        });
        let napping = Arc::clone(&naps);
        threads::spawn("stopwatch", move || {
            let nap = Timespec {
                tv_sec: 0,
                tv_nsec: NAP.subsec_nanos().into(),
            };
            while poll(&mut [PollFd::new(&napping.end, PollFlags::IN)], Some(&nap)) != Ok(1) {
                napping.sign();
            }
        })?;
        Ok(Self(naps))
    }

    /// When the process was last stopped: the moment at which it would have been, had it never been stopped before.
    pub(crate) fn stopped_at(&self) -> Option<Instant> {
        self.0.sign()
    }
}

impl Drop for Stopwatch {
    fn drop(&mut self) {
        self.0.end.raise();
    }
}

impl Naps {
    /// We live. If nobody has for two naps, a stop began in the middle of what is usual between two signs, on average.
    fn sign(&self) -> Option<Instant> {
        let mut signs = self.signs.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let gap = now.saturating_duration_since(signs.last);
        if gap >= NAP * 2 {
            let ran = signs.usual / 2;
            signs.stopped_at = (signs.last + ran).checked_sub(signs.stopped);
            signs.stopped += gap.saturating_sub(ran);
        } else {
            signs.usual = gap.max(signs.usual / 8 * 7);
        }
        signs.last = now;
        signs.stopped_at
    }
}

/// Those that end a process beside the ones that do everywhere differ from system to system, and are left to do so.
pub(crate) fn more_endings() -> impl Iterator<Item = i32> {
    std::iter::empty()
}

/// A Unix socket with this name, to which nobody else may connect: nobody can before it listens, and by then its mode is
/// set.
pub(crate) fn private_socket(path: &Path) -> std::io::Result<OwnedFd> {
    let socket = socket(AddressFamily::UNIX, SocketType::STREAM, None)?;
    own(&socket)?;
    bind(&socket, &SocketAddrUnix::new(path)?)?;
    chmod(path, Mode::RUSR | Mode::WUSR)?;
    Ok(socket)
}

/// Not asked for here: the mode of the socket says who may connect to it.
///
/// # Errors
/// None.
pub(crate) fn peer_user(_socket: BorrowedFd<'_>) -> std::io::Result<Option<u32>> {
    Ok(None)
}

/// No call here reads without waiting unless the descriptor's flags say so.
pub(crate) fn read_now(_fd: BorrowedFd<'_>, _buf: &mut [u8]) -> Option<std::io::Result<usize>> {
    None
}

/// Pipes here have the size they have.
pub(crate) fn enlarge_pipe(_fd: BorrowedFd<'_>, _bytes: u64) -> Option<u64> {
    None
}

/// As [`enlarge_pipe`].
pub(crate) fn set_pipe_size(_fd: BorrowedFd<'_>, _bytes: u64) -> bool {
    false
}

/// As [`enlarge_pipe`].
pub(crate) fn may_have_pipes() -> bool {
    false
}

/// Bytes cannot be moved from pipe to pipe here, so that there is no use for one.
///
/// # Errors
/// Always.
pub(crate) fn make_pipe(_least: u64) -> std::io::Result<(OwnedFd, OwnedFd, u64)> {
    Err(std::io::ErrorKind::Unsupported.into())
}

/// Not known here.
pub(crate) fn pipe_size(_fd: BorrowedFd<'_>) -> Option<u64> {
    None
}

/// Not known here.
pub(crate) fn bytes_in(_fd: BorrowedFd<'_>) -> Option<u64> {
    None
}

/// Not known here.
pub(crate) fn connection(_fd: BorrowedFd<'_>) -> Option<Connection> {
    None
}

/// The kernel moves nothing by itself here.
///
/// # Errors
/// Always.
pub(crate) fn splice(_from: FdAt<'_>, _to: FdAt<'_>, _most: u64) -> std::io::Result<u64> {
    Err(std::io::ErrorKind::Unsupported.into())
}

/// As [`splice`].
///
/// # Errors
/// Always.
pub(crate) fn copy(_from: FdAt<'_>, _to: FdAt<'_>, _most: u64) -> std::io::Result<u64> {
    Err(std::io::ErrorKind::Unsupported.into())
}

/// As [`splice`].
///
/// # Errors
/// Always.
pub(crate) fn send(_from: FdAt<'_>, _to: BorrowedFd<'_>, _most: u64) -> std::io::Result<u64> {
    Err(std::io::ErrorKind::Unsupported.into())
}

/// As [`splice`].
pub(crate) fn copies_by_itself(_fd: BorrowedFd<'_>) -> bool {
    false
}

/// Of no use where [`splice`] does nothing.
pub(crate) fn is_empty(_fd: BorrowedFd<'_>) -> bool {
    false
}

/// Of no use where [`splice`] does nothing.
pub(crate) fn is_null_number(_number: u64) -> bool {
    false
}

/// Not known here.
pub(crate) fn is_terminal_number(_number: u64) -> bool {
    false
}

/// As [`splice`].
pub(crate) fn copies_by_itself_at(_path: &Path) -> bool {
    false
}

/// As [`is_empty`].
pub(crate) fn is_empty_at(_path: &Path) -> Option<bool> {
    Some(false)
}

/// Of no use where [`splice`] does nothing.
///
/// # Errors
/// Always.
pub(crate) fn zeros(_bytes: u64) -> std::io::Result<OwnedFd> {
    Err(std::io::ErrorKind::Unsupported.into())
}

/// Of no use where [`splice`] does nothing.
///
/// # Errors
/// Always.
pub(crate) fn gather(_fd: BorrowedFd<'_>, _bytes: u64) -> std::io::Result<()> {
    Err(std::io::ErrorKind::Unsupported.into())
}

/// No call here writes without waiting unless the descriptor's flags say so.
pub(crate) fn write_now(
    _fd: BorrowedFd<'_>,
    _bufs: &[IoSlice<'_>],
) -> Option<std::io::Result<usize>> {
    None
}

/// Not asked for here.
///
/// # Errors
/// None.
pub(crate) fn attributes(_path: &Path, _unlisted: &str) -> std::io::Result<Vec<Attribute>> {
    Ok(Vec::new())
}

/// As [`attributes`].
///
/// # Errors
/// Always.
pub(crate) fn set_attribute(
    _fd: BorrowedFd<'_>,
    _name: &OsStr,
    _value: &[u8],
) -> std::io::Result<()> {
    Err(std::io::ErrorKind::Unsupported.into())
}

/// As [`attributes`].
///
/// # Errors
/// None.
pub(crate) fn remove_attribute(_fd: BorrowedFd<'_>, _name: &OsStr) -> std::io::Result<()> {
    Ok(())
}

/// The mode that a new file in `directory` gets.
pub(crate) fn mode_of_a_new_file(_directory: &Path) -> Mode {
    super::less_umask(Mode::from_raw_mode(0o666))
}

/// Whether we may do to files of others what is reserved to their owners.
pub(crate) fn overrules_owners() -> bool {
    rustix::process::geteuid().is_root()
}

/// Not asked for here.
pub(crate) fn is_immutable(_path: &Path) -> bool {
    false
}
