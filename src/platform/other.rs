//! The functions of `platform` on any other Unix, which has the buffered road alone.

use super::types::{Attribute, FdAt, Peer};
use crate::endpoint::connection::Connection;
use crate::platform::threads;
use nix::sys::signal::{SigSet, Signal};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{AtFlags, CWD, Mode, chmodat};
use rustix::io::{FdFlags, fcntl_setfd, ioctl_fionbio};
use rustix::net::{AddressFamily, SocketAddrUnix, SocketType, socket};
use rustix::process::Pid;
use std::ffi::OsStr;
use std::io::IoSlice;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How often the heartbeat thread wakes.
const INTERVAL: Duration = Duration::from_millis(100);

/// A wake-up that can be polled for: a pipe that has something in it.
#[derive(Debug)]
pub(crate) struct WakeFd {
    reader: OwnedFd,
    writer: OwnedFd,
}

impl WakeFd {
    /// A descriptor that is not readable yet.
    pub(crate) fn new() -> std::io::Result<Self> {
        let (reader, writer) = rustix::pipe::pipe()?;
        set_flags(&reader)?;
        set_flags(&writer)?;
        Ok(Self { reader, writer })
    }

    /// Makes the descriptor readable until it is cleared.
    pub(crate) fn raise(&self) {
        // Fails only when the pipe is full of wake-ups.
        let _ = rustix::io::write(&self.writer, &[1]);
    }

    /// Takes all wake-ups sent so far, so that the descriptor is no longer readable.
    pub(crate) fn clear(&self) {
        while matches!(rustix::io::read(&self.reader, &mut [0u8; 64][..]), Ok(64)) {}
    }
}

impl AsFd for WakeFd {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.reader.as_fd()
    }
}

/// There is no descriptor of a process here.
pub(crate) fn pidfd(_child: Pid) -> std::io::Result<OwnedFd> {
    Err(std::io::ErrorKind::Unsupported.into())
}

/// The memory of the machine, which is not known here.
pub(crate) fn memory() -> Option<u64> {
    None
}

/// Sets `fd` to non-blocking and close-on-exec.
fn set_flags(fd: &OwnedFd) -> std::io::Result<()> {
    ioctl_fionbio(fd, true)?;
    Ok(fcntl_setfd(fd, FdFlags::CLOEXEC)?)
}

/// Tells when the process was last stopped, as far as that can be found out: a thread wakes at an interval, and where it has not
/// for two of them the process is taken to have been stopped. A machine that is too busy to run the thread looks the same.
#[derive(Debug)]
pub(crate) struct Stopwatch(Arc<Heartbeat>);

#[derive(Debug)]
struct Heartbeat {
    beats: Mutex<Beats>,
    end: WakeFd,
}

/// When the thread has woken, and what follows from that.
#[derive(Debug)]
struct Beats {
    last: Instant,
    /// The recent time from one wake-up to the next.
    usual: Duration,
    /// For how long the process was stopped in all, and its last stop on a clock that stands still while it is stopped.
    stopped: Duration,
    stopped_at: Option<Instant>,
}

impl Stopwatch {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the process is out of descriptors or threads.
    pub(crate) fn start() -> std::io::Result<Self> {
        let heartbeat = Arc::new(Heartbeat {
            beats: Mutex::new(Beats {
                last: Instant::now(),
                usual: INTERVAL,
                stopped: Duration::ZERO,
                stopped_at: None,
            }),
            end: WakeFd::new()?,
        });
        let theirs = Arc::clone(&heartbeat);
        threads::spawn("stopwatch", move || {
            let interval = Timespec {
                tv_sec: 0,
                tv_nsec: INTERVAL.subsec_nanos().into(),
            };
            while poll(
                &mut [PollFd::new(&theirs.end, PollFlags::IN)],
                Some(&interval),
            ) != Ok(1)
            {
                theirs.beat();
            }
        })?;
        Ok(Self(heartbeat))
    }

    /// When the process was last stopped, on a clock that stands still while the process is stopped.
    pub(crate) fn stopped_at(&self) -> Option<Instant> {
        self.0.beat()
    }
}

impl Drop for Stopwatch {
    fn drop(&mut self) {
        self.0.end.raise();
    }
}

impl Heartbeat {
    /// Notes that the process runs now. If it has not for two intervals it was stopped: on average, half of the usual time after
    /// the last beat.
    fn beat(&self) -> Option<Instant> {
        let mut beats = self.beats.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let gap = now.saturating_duration_since(beats.last);
        if gap >= INTERVAL * 2 {
            let ran = beats.usual / 2;
            beats.stopped_at = (beats.last + ran).checked_sub(beats.stopped);
            beats.stopped += gap.saturating_sub(ran);
        } else {
            beats.usual = gap.max(beats.usual / 8 * 7);
        }
        beats.last = now;
        beats.stopped_at
    }
}

/// Signals that end a process on this system alone are not known here, and keep their default action.
pub(crate) fn more_ending_signals() -> impl Iterator<Item = Signal> {
    std::iter::empty()
}

/// Blocked signals of this process that are waiting, as a descriptor that is readable while there are any: a thread takes them
/// (sigwait(3)) and writes their numbers into a pipe. It goes on as long as the process does.
#[derive(Debug)]
pub(crate) struct SignalQueue(OwnedFd);

impl SignalQueue {
    /// Those of `signals`, which are blocked in every thread.
    ///
    /// # Errors
    /// When the process is out of descriptors or threads.
    pub(crate) fn of(signals: &SigSet) -> std::io::Result<Self> {
        let (reader, writer) = rustix::pipe::pipe()?;
        set_flags(&reader)?;
        fcntl_setfd(&writer, FdFlags::CLOEXEC)?;
        let signals = *signals;
        threads::spawn("signals", move || {
            while let Ok(signal) = signals.wait() {
                let number = (signal as i32).to_ne_bytes();
                if rustix::io::write(&writer, &number).is_err() {
                    return;
                }
            }
        })?;
        Ok(Self(reader))
    }

    /// The number of the next one.
    ///
    /// # Errors
    /// [`std::io::ErrorKind::WouldBlock`] if none is waiting.
    pub(crate) fn next(&self) -> std::io::Result<i32> {
        let mut number = [0; size_of::<i32>()];
        match rustix::io::read(&self.0, &mut number)? {
            // A pipe takes and gives a few bytes whole (pipe(7), PIPE_BUF).
            4 => Ok(i32::from_ne_bytes(number)),
            _ => Err(std::io::ErrorKind::UnexpectedEof.into()),
        }
    }
}

impl AsRawFd for SignalQueue {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}

/// A Unix stream socket that does not wait.
pub(crate) fn unix_socket() -> std::io::Result<OwnedFd> {
    let socket = socket(AddressFamily::UNIX, SocketType::STREAM, None)?;
    set_flags(&socket)?;
    Ok(socket)
}

/// Gives the socket at `path` this mode, and nothing that a link there leads to.
pub(crate) fn set_socket_mode(path: &Path, mode: Mode) -> std::io::Result<()> {
    Ok(chmodat(CWD, path, mode, AtFlags::SYMLINK_NOFOLLOW)?)
}

/// There are no names of sockets but those of files here.
pub(crate) fn abstract_address(_name: &[u8]) -> std::io::Result<SocketAddrUnix> {
    Err(std::io::ErrorKind::Unsupported.into())
}

/// Not known here.
pub(crate) fn user_of(_process: Pid) -> Option<u32> {
    None
}

/// Not known here; the mode of the socket decides which users may connect.
pub(crate) fn peer(_socket: BorrowedFd<'_>) -> std::io::Result<Option<Peer>> {
    Ok(None)
}

/// Without `O_NONBLOCK` no call here reads without waiting.
pub(crate) fn read_now(_fd: BorrowedFd<'_>, _buf: &mut [u8]) -> Option<std::io::Result<usize>> {
    None
}

/// The size of a pipe cannot be changed here.
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

/// The kernel cannot move bytes from pipe to pipe here, so this program needs none.
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
pub(crate) fn tee(_from: BorrowedFd<'_>, _to: BorrowedFd<'_>, _most: u64) -> std::io::Result<u64> {
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

/// Not needed where [`splice`] does nothing.
pub(crate) fn is_empty(_fd: BorrowedFd<'_>) -> bool {
    false
}

/// Not needed where [`splice`] does nothing.
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

/// Not needed where [`splice`] does nothing.
///
/// # Errors
/// Always.
pub(crate) fn zeros(_bytes: u64) -> std::io::Result<OwnedFd> {
    Err(std::io::ErrorKind::Unsupported.into())
}

/// Not needed where [`splice`] does nothing.
///
/// # Errors
/// Always.
pub(crate) fn gather(_fd: BorrowedFd<'_>, _bytes: u64) -> std::io::Result<()> {
    Err(std::io::ErrorKind::Unsupported.into())
}

/// Without `O_NONBLOCK` no call here writes without waiting.
pub(crate) fn write_now(
    _fd: BorrowedFd<'_>,
    _bufs: &[IoSlice<'_>],
) -> Option<std::io::Result<usize>> {
    None
}

/// Not read here.
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

/// Whether this process may do to all files what only their owners may.
pub(crate) fn overrules_owners() -> bool {
    rustix::process::geteuid().is_root()
}

/// Not known here.
pub(crate) fn is_immutable(_path: &Path) -> bool {
    false
}
