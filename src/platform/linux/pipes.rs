//! Makes pipes, and asks for and sets their sizes, within the budget that a user has for pipes (pipe(7)).

use crate::platform::WIDEST_PIPE;
use rustix::io::ioctl_fionread;
use rustix::param::page_size;
use rustix::pipe::{PipeFlags, fcntl_getpipe_size, fcntl_setpipe_size, pipe_with};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// Enlarges a pipe to `bytes` and returns its new size. `None`: the system refuses, or the user's budget for pipes would be nearly
/// used up (pipe(7), /proc/sys/fs/pipe-user-pages-soft): as much as sixteen usual pipes is left to other programs.
pub(crate) fn enlarge_pipe(fd: BorrowedFd<'_>, bytes: u64) -> Option<u64> {
    let before = pipe_size(fd)?;
    fcntl_setpipe_size(fd, usize_of(bytes)).ok()?;
    let spare = ordinary_pipe();
    if spare.is_some_and(|(_, writer)| set_pipe_size(writer.as_fd(), WIDEST_PIPE)) {
        return pipe_size(fd);
    }
    set_pipe_size(fd, before);
    None
}

/// Sets the size of a pipe to `bytes`, rounded up. Returns whether that worked: the system refuses more than the user may have,
/// and less than the pipe holds now.
pub(crate) fn set_pipe_size(fd: BorrowedFd<'_>, bytes: u64) -> bool {
    fcntl_setpipe_size(fd, usize_of(bytes)).is_ok()
}

/// Whether a new pipe of this user has the usual size; a user whose budget is used up gets pipes of two pages (pipe(7)).
pub(crate) fn may_have_pipes() -> bool {
    ordinary_pipe().is_some()
}

/// A pipe of the usual size, which is sixteen pages (pipe(7)).
fn ordinary_pipe() -> Option<(OwnedFd, OwnedFd)> {
    let (reader, writer) = pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK).ok()?;
    let is_ordinary = fcntl_getpipe_size(&writer).is_ok_and(|size| size >= 16 * page_size());
    is_ordinary.then_some((reader, writer))
}

/// A new pipe: its reading end, its writing end, and how many bytes it can hold.
///
/// # Errors
/// When the process is out of descriptors, or the user's budget for pipes is used up and this one is too small to hold `least`
/// bytes.
pub(crate) fn make_pipe(least: u64) -> std::io::Result<(OwnedFd, OwnedFd, u64)> {
    let (reader, writer) = pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK)?;
    let size = fcntl_getpipe_size(&writer)?;
    if size < usize_of(least).min(16 * page_size()) {
        let why = "the pipes of this user take up all that they may";
        return Err(std::io::Error::other(why));
    }
    Ok((reader, writer, size as u64))
}

/// Bytes a pipe can hold. `None`: it is no pipe.
pub(crate) fn pipe_size(fd: BorrowedFd<'_>) -> Option<u64> {
    u64::try_from(fcntl_getpipe_size(fd).ok()?).ok()
}

/// Bytes that can be read from a pipe, a socket, or a file from its offset on (`FIONREAD`, ioctl(2)).
pub(crate) fn bytes_in(fd: BorrowedFd<'_>) -> Option<u64> {
    ioctl_fionread(fd).ok()
}

/// A number of bytes as the system's calls take it; more than that is as good as the most.
pub(super) fn usize_of(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap_or(usize::MAX)
}
