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
    /// The descriptor has something to read or takes something, whichever comes first, or has failed: a protocol may have to
    /// write before it can read, and to read before it can write (TLS).
    ReadableOrWritable(BorrowedFd<'fd>),
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
        let (fd, interest) = match end {
            Ready::Readable(fd) => (fd, PollFlags::IN),
            Ready::Writable(fd) => (fd, PollFlags::OUT),
            Ready::ReadableOrWritable(fd) => (fd, PollFlags::IN | PollFlags::OUT),
            Ready::Failed(fd) => (fd, PollFlags::empty()),
            Ready::At(moment) => {
                until = Some(until.map_or(*moment, |other| other.min(*moment)));
                continue;
            }
        };
        fds.push(PollFd::from_borrowed_fd(*fd, interest));
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

/// Whether the peer of a socket has closed both ways, or the connection has ended so, without an error that is still to be
/// read (poll(2), `POLLHUP` without `POLLERR`).
#[must_use]
pub fn is_gone(fd: BorrowedFd<'_>) -> bool {
    let mut fds = [PollFd::from_borrowed_fd(fd, PollFlags::empty())];
    let ready = poll(&mut fds, Some(&Timespec::default()));
    let found = fds[0].revents();
    ready.is_ok() && found.contains(PollFlags::HUP) && !found.contains(PollFlags::ERR)
}

fn time_until(moment: Instant) -> Timespec {
    let left = moment.saturating_duration_since(Instant::now());
    Timespec {
        tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: left.subsec_nanos().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Ready, Wakeup, wait};
    use std::io::{Read, Write};
    use std::os::fd::AsFd;
    use std::os::unix::net::UnixStream;
    use std::time::{Duration, Instant};

    /// Whether the end is ready now.
    fn is_ready(end: Ready<'_>) -> bool {
        let wakeup = Wakeup::new().unwrap();
        !wait(&wakeup, &[end], Some(Instant::now())).unwrap()
    }

    /// Fills a socket until it takes no more.
    fn fill(socket: &UnixStream) {
        socket.set_nonblocking(true).unwrap();
        while (&mut &*socket).write(&[0; 4096]).is_ok() {}
    }

    #[test]
    fn one_of_reading_and_writing_is_waited_for_or_either() {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        let fd = ours.as_fd();
        let all = || {
            [
                Ready::Readable(fd),
                Ready::Writable(fd),
                Ready::ReadableOrWritable(fd),
                Ready::Failed(fd),
            ]
            .map(is_ready)
        };
        assert_eq!(all(), [false, true, true, false], "there is room");
        fill(&ours);
        assert_eq!(all(), [false; 4], "there is none");
        theirs.write_all(b"x").unwrap();
        assert_eq!(all(), [true, false, true, false], "something has come");
        (&ours).read_exact(&mut [0]).unwrap();
        drop(theirs);
        assert_eq!(all(), [true; 4], "the peer is gone");
    }

    #[test]
    fn a_wait_ends_when_either_comes_while_it_lasts() {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        fill(&ours);
        let wakeup = Wakeup::new().unwrap();
        let either = [Ready::ReadableOrWritable(ours.as_fd())];
        let deadline = || Some(Instant::now() + Duration::from_secs(10));
        let made_ready: [fn(&mut UnixStream); 2] = [
            |peer| peer.write_all(b"x").unwrap(),
            |peer| {
                peer.set_nonblocking(true).unwrap();
                while peer.read(&mut [0; 4096]).is_ok() {}
            },
        ];
        for make_ready in made_ready {
            std::thread::scope(|scope| {
                scope.spawn(|| make_ready(&mut theirs));
                let has_come = wait(&wakeup, &either, deadline()).unwrap();
                assert!(!has_come, "only the deadline ended it");
            });
            let _ = (&ours).read(&mut [0]);
        }
    }

    #[test]
    fn a_wait_ends_at_a_moment_and_when_it_is_woken() {
        let wakeup = Wakeup::new().unwrap();
        let moment = Ready::At(Instant::now() + Duration::from_millis(5));
        assert!(wait(&wakeup, &[moment], None).unwrap());
        wakeup.wake();
        assert!(!wait(&wakeup, &[], None).unwrap());
    }
}
