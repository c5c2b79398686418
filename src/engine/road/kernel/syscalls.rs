//! The calls by which the kernel moves bytes, behind a trait, so that tests can make it refuse or fail.

use crate::platform::{self, FdAt};
use std::fmt;
use std::io;
use std::os::fd::BorrowedFd;

/// The calls that move bytes on the kernel road. There are no others.
pub trait Syscalls: Send + Sync + fmt::Debug {
    /// Moves at most `most` bytes between a pipe and another descriptor; 0 is the end of input (splice(2)).
    ///
    /// # Errors
    /// `WouldBlock`: nothing is there, or nothing fits.
    fn splice(&self, from: FdAt<'_>, to: FdAt<'_>, most: u64) -> io::Result<u64>;

    /// Duplicates at most the first `most` bytes of one pipe into another; they stay in the first one (tee(2)).
    ///
    /// # Errors
    /// `WouldBlock`: nothing is there, or nothing fits.
    fn tee(&self, from: BorrowedFd<'_>, to: BorrowedFd<'_>, most: u64) -> io::Result<u64>;

    /// Copies at most `most` bytes from file to file; 0 is the end of input (`copy_file_range(2)`).
    ///
    /// # Errors
    /// Those of reading and writing.
    fn copy(&self, from: FdAt<'_>, to: FdAt<'_>, most: u64) -> io::Result<u64>;

    /// Sends at most `most` bytes of a file to a socket, without waiting for the socket; 0 is the end of input
    /// (sendfile(2)). The socket has no offset.
    ///
    /// # Errors
    /// `WouldBlock`: the socket takes nothing now.
    fn send(&self, from: FdAt<'_>, to: FdAt<'_>, most: u64) -> io::Result<u64>;
}

/// The calls of the kernel itself.
#[derive(Debug)]
pub(in crate::engine::road) struct Kernel;

impl Syscalls for Kernel {
    fn splice(&self, from: FdAt<'_>, to: FdAt<'_>, most: u64) -> io::Result<u64> {
        platform::splice(from, to, most)
    }

    fn tee(&self, from: BorrowedFd<'_>, to: BorrowedFd<'_>, most: u64) -> io::Result<u64> {
        platform::tee(from, to, most)
    }

    fn copy(&self, from: FdAt<'_>, to: FdAt<'_>, most: u64) -> io::Result<u64> {
        platform::copy(from, to, most)
    }

    fn send(&self, from: FdAt<'_>, to: FdAt<'_>, most: u64) -> io::Result<u64> {
        platform::send(from, to.fd, most)
    }
}
