//! What planning has to ask of the world about names and numbers that were typed. Tests answer it with a world that is made up.

use super::names;
use crate::platform::resources;
use crate::sys;
use rustix::net::SocketType;
use rustix::net::sockopt::socket_type;
use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::net::{Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::os::fd::RawFd;
use std::os::unix::fs::FileTypeExt;
use std::path::Path;

/// What planning asks. No answer opens or changes anything, or waits for anybody.
pub trait World {
    /// Whether there is such a file; a link counts that leads to nothing.
    fn exists(&self, path: &Path) -> bool;

    /// The size of what is at `path`.
    ///
    /// # Errors
    /// Those of stat(2).
    fn size_at(&self, path: &Path) -> io::Result<SizeAt>;

    /// The descriptor that `path` names, itself or by symbolic links, as `/dev/stdin` does; it need not be open.
    fn descriptor_named(&self, path: &Path) -> Option<RawFd>;

    /// What a descriptor that this program was started with is.
    ///
    /// # Errors
    /// `EBADF` when no such descriptor was open.
    fn inherited(&self, fd: RawFd) -> io::Result<Inherited>;

    /// An address in the zone of an interface of this machine, which is called by its name or number (RFC 4007, section 11).
    fn in_zone(&self, address: Ipv6Addr, zone: &str, port: u16) -> Option<SocketAddr>;

    /// The value of an environment variable.
    fn variable(&self, name: &str) -> Option<OsString>;

    /// The most memory that this process may use, in bytes, if that is known.
    fn memory(&self) -> Option<u64>;
}

/// How large something at a path is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SizeAt {
    /// A file of so many bytes.
    File(u64),
    /// A block device, which has to be opened to tell.
    BlockDevice,
    /// Something that has no size.
    Neither,
}

/// What an inherited descriptor is, as far as planning has to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inherited {
    /// A socket of this type (socket(2)).
    Socket(SocketType),
    /// Anything else.
    Other,
}

/// The world as the system sees it.
#[derive(Debug, Clone, Copy)]
pub struct System;

impl World for System {
    fn exists(&self, path: &Path) -> bool {
        path.symlink_metadata().is_ok()
    }

    fn size_at(&self, path: &Path) -> io::Result<SizeAt> {
        let metadata = path.metadata()?;
        Ok(if metadata.file_type().is_block_device() {
            SizeAt::BlockDevice
        } else if metadata.is_file() {
            SizeAt::File(metadata.len())
        } else {
            SizeAt::Neither
        })
    }

    fn descriptor_named(&self, path: &Path) -> Option<RawFd> {
        names::descriptor_named(path)
    }

    fn inherited(&self, fd: RawFd) -> io::Result<Inherited> {
        let file = File::from(sys::adopt(fd)?);
        Ok(if file.metadata()?.file_type().is_socket() {
            Inherited::Socket(socket_type(&file)?)
        } else {
            Inherited::Other
        })
    }

    fn in_zone(&self, address: Ipv6Addr, zone: &str, port: u16) -> Option<SocketAddr> {
        // For a numeric address the system asks no name server; it looks up the interface.
        let found = (format!("{address}%{zone}"), port).to_socket_addrs();
        found.ok()?.next()
    }

    fn variable(&self, name: &str) -> Option<OsString> {
        std::env::var_os(name)
    }

    fn memory(&self) -> Option<u64> {
        resources::memory()
    }
}
