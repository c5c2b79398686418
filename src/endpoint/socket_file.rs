//! The file of a listening Unix socket: it takes the place of none but a dead one, lets in whom its mode lets in, and is removed
//! when its value is dropped.

use super::named_file::check_directory;
use super::{FileId, Identity};
use crate::platform;
use rustix::fs::{Mode, fchmod, lstat};
use rustix::io::Errno;
use rustix::net::{SocketAddrUnix, bind, listen};
use std::fs::{Metadata, remove_file, symlink_metadata};
use std::io::{self, ErrorKind};
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};

/// The file of a listening socket. It is removed when this is dropped, unless another file has its name by then.
#[derive(Debug)]
pub struct SocketFile {
    path: PathBuf,
    id: FileId,
}

/// Where a socket is to be made.
#[derive(Debug)]
pub struct SocketPath {
    path: PathBuf,
    /// The file that is there now, or would be.
    pub identity: Option<Identity>,
    /// Whether a dead process has left a socket there, which is replaced.
    pub has_dead_socket: bool,
}

impl SocketPath {
    /// Looks at `path` without making or removing anything, and without a listener noticing.
    ///
    /// # Errors
    /// When a process listens there, when something else than a socket is there, or when it is clear that the system
    /// would refuse.
    pub fn at(path: &Path) -> io::Result<Self> {
        let found = symlink_metadata(path).ok();
        if let Some(found) = &found {
            check_dead(path, found)?;
        }
        SocketAddrUnix::new(path)?;
        check_directory(path)?;
        let existing = found.as_ref().map(FileId::from);
        Ok(Self {
            path: path.to_owned(),
            identity: Identity::of_end(existing, Some(path)),
            has_dead_socket: found.is_some(),
        })
    }

    /// Its path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Listens there, for those whom `mode` lets in and for nobody else at any time; `backlog` peers may wait to be accepted
    /// (listen(2)). What a dead process has left is replaced.
    ///
    /// # Errors
    /// As [`SocketPath::at`], which may have become so by now.
    pub fn bind(&self, mode: Mode, backlog: i32) -> io::Result<(OwnedFd, SocketFile)> {
        if let Ok(found) = symlink_metadata(&self.path) {
            check_dead(&self.path, &found)?;
            remove_file(&self.path)?;
        }
        let socket = platform::unix_socket()?;
        // On Linux the file gets the mode of its socket, less the umask; other systems do not know of one.
        let _ = fchmod(&socket, mode);
        bind(&socket, &SocketAddrUnix::new(&self.path)?)?;
        let file = SocketFile {
            path: self.path.clone(),
            id: FileId::from(&symlink_metadata(&self.path)?),
        };
        // Nobody can connect before it listens.
        if Mode::from_raw_mode(lstat(&self.path)?.st_mode) != mode {
            platform::set_socket_mode(&self.path, mode)?;
        }
        listen(&socket, backlog)?;
        Ok((socket, file))
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        let found = symlink_metadata(&self.path);
        if found.is_ok_and(|found| FileId::from(&found) == self.id) {
            // There is nothing left to report a failure to.
            let _ = remove_file(&self.path);
        }
    }
}

/// Checks that there is a socket on which no process listens.
fn check_dead(path: &Path, found: &Metadata) -> io::Result<()> {
    if !found.file_type().is_socket() {
        return Err(io::Error::new(
            ErrorKind::AlreadyExists,
            "exists, and is no socket",
        ));
    }
    if is_served(path)? {
        return Err(io::Error::new(
            ErrorKind::AddrInUse,
            "somebody listens there already",
        ));
    }
    Ok(())
}

/// Whether a process has the socket at `path`, which does not notice: a datagram socket cannot connect to a stream socket, and
/// the error tells whether that is one's.
pub(super) fn is_served(path: &Path) -> io::Result<bool> {
    let asked = UnixDatagram::unbound().and_then(|socket| socket.connect(path));
    match asked {
        Err(error) if error.kind() == ErrorKind::ConnectionRefused => Ok(false),
        Err(error) if Errno::from_io_error(&error) != Some(Errno::PROTOTYPE) => Err(error),
        _ => Ok(true),
    }
}
