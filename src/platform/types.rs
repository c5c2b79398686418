//! Types that the functions of every system take and return.

use rustix::process::Pid;
use std::ffi::OsString;
use std::os::fd::BorrowedFd;

/// A descriptor that the kernel moves bytes from or to, and the offset in its file, unless that is the position of its
/// open file description (open(2)).
#[derive(Debug, Clone, Copy)]
pub struct FdAt<'fd> {
    /// The descriptor.
    pub fd: BorrowedFd<'fd>,
    /// The offset.
    pub offset: Option<u64>,
}

impl<'fd> From<BorrowedFd<'fd>> for FdAt<'fd> {
    fn from(fd: BorrowedFd<'fd>) -> Self {
        Self { fd, offset: None }
    }
}

/// An extended attribute: its name, and its value, unless the user may not read it.
pub(crate) type Attribute = (OsString, Option<Vec<u8>>);

/// Who is at the other end of a Unix socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Peer {
    /// The process. `None`: it has no number among the processes that we see (`pid_namespaces(7)`).
    pub(crate) process: Option<Pid>,
    /// Its user.
    pub(crate) user: u32,
}
