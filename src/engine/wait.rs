//! Where stages wait for descriptors and for each other: until one is ready, a thread wakes them, or a moment has come.

use crate::engine::wakeup::Wakeup;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use std::io;
use std::os::fd::BorrowedFd;
use std::time::{Duration, Instant};

/// How long bytes may wait for more to follow, so that few large pieces are moved instead of many small ones. Half
/// of the time in which small data is to be through.
pub const GATHER_TIME: Duration = Duration::from_micros(250);

/// What an end that said "not now" waits for.
#[derive(Debug, Clone, Copy)]
pub enum Ready<'fd> {
    /// The descriptor has something to read, or has failed.
    Readable(BorrowedFd<'fd>),
    /// The descriptor takes something, or has failed.
    Writable(BorrowedFd<'fd>),
    /// The descriptor has failed; nothing else is of interest.
    Failed(BorrowedFd<'fd>),
    /// Nothing but this moment.
    At(Instant),
}

/// Sleeps until `wakeup` is raised, one of `ends` is ready, or `deadline` has come. Returns whether it was woken by
/// nothing but the time. Returns early when a signal handler ran: callers try again and wait again.
///
/// # Errors
/// When poll(2) fails, which means that the process is out of memory or a descriptor was closed behind our back.
pub fn wait(wakeup: &Wakeup, ends: &[Ready<'_>], deadline: Option<Instant>) -> io::Result<bool> {
    let mut fds = Vec::with_capacity(1 + ends.len());
    fds.push(PollFd::new(wakeup.fd(), PollFlags::IN));
    let mut until = deadline;
    for end in ends {
        match end {
            Ready::Readable(fd) => fds.push(PollFd::from_borrowed_fd(*fd, PollFlags::IN)),
            Ready::Writable(fd) => fds.push(PollFd::from_borrowed_fd(*fd, PollFlags::OUT)),
            Ready::Failed(fd) => fds.push(PollFd::from_borrowed_fd(*fd, PollFlags::empty())),
            Ready::At(moment) => until = Some(until.map_or(*moment, |other| other.min(*moment))),
        }
    }
    let has_come = match poll(&mut fds, until.map(time_until).as_ref()) {
        Ok(ready) => ready == 0,
        Err(Errno::INTR) => false,
        Err(error) => return Err(error.into()),
    };
    if !fds[0].revents().is_empty() {
        wakeup.reset();
    }
    Ok(has_come)
}

/// Whether `fd` can be read or written (`interest`) without waiting, or has failed.
#[must_use]
pub fn is_ready(fd: BorrowedFd<'_>, interest: PollFlags) -> bool {
    let mut fds = [PollFd::from_borrowed_fd(fd, interest)];
    matches!(poll(&mut fds, Some(&Timespec::default())), Ok(1..))
}

/// Whether the last writer of the pipe that `fd` reads from is gone (poll(2), `POLLHUP`); something may be left in the
/// pipe.
#[must_use]
pub fn has_hung_up(fd: BorrowedFd<'_>) -> bool {
    let mut fds = [PollFd::from_borrowed_fd(fd, PollFlags::IN)];
    let ready = poll(&mut fds, Some(&Timespec::default()));
    ready.is_ok() && fds[0].revents().contains(PollFlags::HUP)
}

fn time_until(moment: Instant) -> Timespec {
    let left = moment.saturating_duration_since(Instant::now());
    Timespec {
        tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: left.subsec_nanos().into(),
    }
}
