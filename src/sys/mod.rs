//! The only unsafe code: system calls that no safe crate offers, and the allocator.
#![allow(unsafe_code)]

mod allocator;

pub use allocator::Allocator;
pub(crate) use allocator::set_up_heap;

use crate::platform::SignalQueue;
use nix::sys::signal::{SigSet, Signal, raise};
use std::io;
use std::os::fd::{BorrowedFd, FromRawFd, IntoRawFd, OwnedFd, RawFd};
use std::os::unix::process::CommandExt;
use std::process::Command;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// A close-on-exec duplicate of the inherited descriptor `fd`.
///
/// # Errors
/// `EBADF` when no such descriptor was open when this program was started.
pub(crate) fn adopt(fd: RawFd) -> io::Result<OwnedFd> {
    if !is_inherited(fd) {
        return Err(io::Error::from_raw_os_error(libc::EBADF));
    }
    // SAFETY: fcntl only reads its integer arguments; a descriptor that is not open is answered with EBADF.
    let duplicate = unsafe { libc::fcntl(fd, libc::F_DUPFD_CLOEXEC, 3) };
    if duplicate < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the kernel has just made this descriptor; nothing else in this process owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(duplicate) })
}

/// Whether `fd` was open when this program was started. Descriptors that it has opened since are close-on-exec; inherited ones
/// cannot be, or execve(2) would have closed them.
#[must_use]
pub(crate) fn is_inherited(fd: RawFd) -> bool {
    // SAFETY: fcntl only reads its integer arguments; a descriptor that is not open is answered with -1.
    let flags = unsafe { libc::fcntl(fd, libc::F_GETFD) };
    flags >= 0 && flags & libc::FD_CLOEXEC == 0 && !closed_at_start(fd)
}

/// Closes `fd` and returns the error of close(2), for which some file systems keep a failed write; dropping `fd` would hide it.
///
/// # Errors
/// Those of close(2); the descriptor is closed all the same.
pub(crate) fn close(fd: OwnedFd) -> io::Result<()> {
    // SAFETY: `into_raw_fd` gives up ownership, so the descriptor is closed exactly once, here.
    match unsafe { libc::close(fd.into_raw_fd()) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Whether `signal` was set to be ignored by the parent process (nohup, or a shell for its background job).
#[must_use]
pub(crate) fn is_ignored(signal: i32) -> bool {
    // SAFETY: an all-zero `sigaction` is a valid value of that plain C struct.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    // SAFETY: a null new action only asks; the answer goes into a struct of the right type that outlives the call.
    let asked = unsafe { libc::sigaction(signal, std::ptr::null(), &raw mut action) };
    asked == 0 && action.sa_sigaction == libc::SIG_IGN
}

/// `signals` as something that a task of this runtime can wait for.
///
/// # Errors
/// When the kernel has no memory for it.
pub(crate) fn watched(signals: SignalQueue) -> io::Result<AsyncFd<SignalQueue>> {
    // SAFETY: the queue owns its descriptor, which is open and the same for as long as the queue lives.
    let watched = unsafe { AsyncFd::register_with_interest(signals, Interest::READABLE) };
    Ok(watched?)
}

/// Takes the default action of `signal`, which ends the process. Returns where the signal has no effect: the first process of a
/// container is spared the signals for which it has no handler (`pid_namespaces(7)`).
pub(crate) fn die_of(signal: i32) {
    // SAFETY: an all-zero `sigaction` is a valid value of that plain C struct, and means the default action.
    let default: libc::sigaction = unsafe { std::mem::zeroed() };
    // SAFETY: `default` is of the right type and outlives the call, and a signal that does not exist is answered with an error.
    unsafe { libc::sigaction(signal, &raw const default, std::ptr::null_mut()) };
    if let Ok(signal) = Signal::try_from(signal) {
        let only: SigSet = [signal].into_iter().collect();
        let _ = raise(signal).and_then(|()| only.thread_unblock());
    }
}

/// Lets `command` begin with no signal blocked, though signals are blocked here.
pub(crate) fn begin_unblocked(command: &mut Command) {
    let unblock = || Ok(SigSet::empty().thread_set_mask()?);
    // SAFETY: between fork and exec this makes one system call, which is async-signal-safe (signal-safety(7)).
    unsafe { command.pre_exec(unblock) };
}

/// Whether the system has so many bytes of memory left for this process (mmap(2)).
pub(crate) fn can_map(bytes: usize) -> bool {
    let (access, flags) = (
        libc::PROT_READ | libc::PROT_WRITE,
        libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
    );
    // SAFETY: a new mapping where the kernel finds room touches nothing that exists.
    let mapped = unsafe { libc::mmap(std::ptr::null_mut(), bytes, access, flags, -1, 0) };
    if mapped == libc::MAP_FAILED {
        return false;
    }
    // SAFETY: the mapping was made above, of this length, and nothing else refers to it.
    unsafe { libc::munmap(mapped, bytes) };
    true
}

/// The time that is left of a sleep: a `struct timespec` as ppoll(2) takes it, two longs of seconds and nanoseconds.
#[cfg(target_os = "linux")]
#[derive(Debug)]
#[repr(transparent)]
pub(crate) struct Countdown([std::sync::atomic::AtomicIsize; 2]);

#[cfg(target_os = "linux")]
impl Countdown {
    /// A countdown of so many seconds.
    pub(crate) fn new(seconds: u32) -> Self {
        let seconds = isize::try_from(seconds).unwrap_or(isize::MAX);
        Self([seconds.into(), 0.into()])
    }

    /// The time that is left.
    pub(crate) fn left(&self) -> std::time::Duration {
        use std::sync::atomic::Ordering::SeqCst;
        let [seconds, nanos] = &self.0;
        loop {
            let read = (seconds.load(SeqCst), nanos.load(SeqCst));
            // The kernel writes the two words one after the other.
            if seconds.load(SeqCst) == read.0 {
                let (seconds, nanos) = (u64::try_from(read.0), u32::try_from(read.1));
                return std::time::Duration::new(seconds.unwrap_or(0), nanos.unwrap_or(0));
            }
        }
    }
}

/// Sleeps until `fd` is readable or `time` has run out. Whenever the sleep is interrupted, and when it ends, the kernel writes the
/// time that is left; after a stop of the process the sleep goes on with that ("C library/kernel differences" in ppoll(2)). No
/// signal is handled meanwhile. Returns whether `fd` is readable.
///
/// # Errors
/// Those of ppoll(2).
#[cfg(target_os = "linux")]
pub(crate) fn count_down(fd: BorrowedFd<'_>, time: &Countdown) -> io::Result<bool> {
    use std::os::fd::AsRawFd;
    let mut fds = libc::pollfd {
        fd: fd.as_raw_fd(),
        events: libc::POLLIN,
        revents: 0,
    };
    let every_signal = u64::MAX;
    // SAFETY: `fds` is one pollfd, and `every_signal` a mask of the size given with it; both outlive the call. `time` is
    // two longs, which is what the kernel takes for this call's timespec; it is written by the kernel while other threads
    // only load it atomically, and outlives the call.
    let ready = unsafe {
        libc::syscall(
            libc::SYS_ppoll,
            &raw mut fds,
            1_usize,
            (&raw const *time).cast_mut(),
            &raw const every_signal,
            size_of::<u64>(),
        )
    };
    if ready < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(ready > 0)
}

/// Bytes in the send queue of a TCP socket that the peer has not acknowledged, our FIN included (`SIOCOUTQ`, tcp(7)). On a Unix
/// socket it is the memory that bytes take up which the peer has not read.
///
/// # Errors
/// When `fd` is neither.
#[cfg(target_os = "linux")]
pub(crate) fn unacknowledged(fd: BorrowedFd<'_>) -> io::Result<u64> {
    use std::os::fd::AsRawFd;
    let mut queued: libc::c_int = 0;
    // SAFETY: SIOCOUTQ (the same number as TIOCOUTQ) writes one int to the address given, which is valid for it.
    match unsafe { libc::ioctl(fd.as_raw_fd(), libc::TIOCOUTQ, &raw mut queued) } {
        0 => Ok(u64::try_from(queued).unwrap_or(0)),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Other systems do not tell the length of the send queue; the peer's FIN and the close timeout decide alone.
///
/// # Errors
/// None.
#[cfg(not(target_os = "linux"))]
pub(crate) fn unacknowledged(_fd: BorrowedFd<'_>) -> io::Result<u64> {
    Ok(0)
}

/// Fills `answer` with the `struct tcp_info` of a connection (`TCP_INFO`, tcp(7) and linux/tcp.h). Returns how many bytes were
/// written; older kernels know fewer fields.
///
/// # Errors
/// When `fd` is no TCP socket.
#[cfg(target_os = "linux")]
pub(crate) fn tcp_info(fd: BorrowedFd<'_>, answer: &mut [u8]) -> io::Result<usize> {
    option(fd, libc::IPPROTO_TCP, libc::TCP_INFO, answer)
}

/// Fills `answer` with the `struct ucred` of the peer of a Unix socket (`SO_PEERCRED`, unix(7)). Returns how many bytes were
/// written.
///
/// # Errors
/// When `fd` is no Unix socket.
#[cfg(target_os = "linux")]
pub(crate) fn peer_credentials(fd: BorrowedFd<'_>, answer: &mut [u8]) -> io::Result<usize> {
    option(fd, libc::SOL_SOCKET, libc::SO_PEERCRED, answer)
}

/// Fills `answer` with the value of an option of a socket (getsockopt(2)). Returns how many bytes were written.
#[cfg(target_os = "linux")]
fn option(
    fd: BorrowedFd<'_>,
    level: libc::c_int,
    name: libc::c_int,
    answer: &mut [u8],
) -> io::Result<usize> {
    use std::os::fd::AsRawFd;
    let mut len = libc::socklen_t::try_from(answer.len()).unwrap_or(libc::socklen_t::MAX);
    let (fd, value) = (fd.as_raw_fd(), answer.as_mut_ptr().cast());
    // SAFETY: the kernel writes at most `len` bytes to an address that is valid for so many, and sets `len` to how many
    // it has written.
    match unsafe { libc::getsockopt(fd, level, name, value, &raw mut len) } {
        0 => Ok(usize::try_from(len).unwrap_or(0)),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Sets `SO_RCVLOWAT` (socket(7)): how many bytes must have been received before poll(2) reports the socket as readable.
///
/// # Errors
/// When `fd` is no socket.
#[cfg(target_os = "linux")]
pub(crate) fn set_receive_low_water_mark(fd: BorrowedFd<'_>, bytes: i32) -> io::Result<()> {
    use std::os::fd::AsRawFd;
    let size = libc::socklen_t::try_from(size_of::<libc::c_int>()).unwrap_or(0);
    // SAFETY: the option is one int, read from an address that is valid for it and of the size given with it.
    let set = unsafe {
        libc::setsockopt(
            fd.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_RCVLOWAT,
            (&raw const bytes).cast(),
            size,
        )
    };
    match set {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// The hour, minute and second of a moment where the user is; the moment is in seconds since 1970 (`localtime_r(3)`). `None`:
/// its year is beyond what the C library can tell.
pub(crate) fn time_of_day(moment: u64) -> Option<[i32; 3]> {
    let moment = libc::time_t::try_from(moment).ok()?;
    // SAFETY: an all-zero `tm` is a valid value of that plain C struct.
    let mut local: libc::tm = unsafe { std::mem::zeroed() };
    // SAFETY: both point to values of the right types that outlive the call. It reads the variable `TZ`, and nothing in this
    // program sets a variable.
    let told = unsafe { libc::localtime_r(&raw const moment, &raw mut local) };
    (!told.is_null()).then_some([local.tm_hour, local.tm_min, local.tm_sec])
}

/// Whether standard descriptor `fd` (0 to 2) was closed when this program was started. Rust's runtime opens /dev/null in its
/// place before `main`, so that reading would look like an empty input and writing like success.
fn closed_at_start(fd: RawFd) -> bool {
    usize::try_from(fd).is_ok_and(|at| at < 3 && start::closed(at))
}

#[cfg(target_os = "linux")]
mod start {
    use std::sync::atomic::{AtomicBool, Ordering};

    static CLOSED: [AtomicBool; 3] = [const { AtomicBool::new(false) }; 3];

    // SAFETY: the C library calls the functions in .init_array once each, while there is one thread only, before `main`
    // and before Rust's runtime touches the descriptors.
    #[used]
    #[unsafe(link_section = ".init_array")]
    static CHECK: extern "C" fn() = check;

    extern "C" fn check() {
        for (fd, closed) in (0..).zip(&CLOSED) {
            // SAFETY: F_GETFD only asks; a closed descriptor is answered with -1.
            let is_closed = unsafe { libc::fcntl(fd, libc::F_GETFD) } < 0;
            closed.store(is_closed, Ordering::Relaxed);
        }
    }

    pub(super) fn closed(at: usize) -> bool {
        CLOSED[at].load(Ordering::Relaxed)
    }
}

#[cfg(not(target_os = "linux"))]
mod start {
    pub(super) fn closed(_at: usize) -> bool {
        false
    }
}
