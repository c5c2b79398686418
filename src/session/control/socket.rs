//! The file of a control socket: for this user alone, and removed when the transfer ends.

use crate::endpoint::{FileId, Identity, check_directory};
use crate::error::{Class, TransferError, UsageError, is_shortage, reason};
use crate::plan::flag_files::FlagFile;
use crate::platform;
use crate::text::visible::named;
use rustix::io::Errno;
use rustix::net::{SocketAddrUnix, listen};
use std::fs::{Metadata, remove_file, symlink_metadata};
use std::io;
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::{UnixDatagram, UnixListener};
use std::path::{Path, PathBuf};

/// Clients that the system lets wait to be accepted (listen(2)).
pub(super) const BACKLOG: i32 = 16;

/// The file of a listening socket. It is removed when this is dropped, unless another file has its name by then.
#[derive(Debug)]
pub struct SocketFile {
    path: PathBuf,
    id: Option<FileId>,
}

/// Where a socket is to be made.
#[derive(Debug)]
pub struct SocketPath {
    path: PathBuf,
    /// The file that is there now, or would be.
    id: Option<Identity>,
    /// Whether a dead process has left a socket there, which is replaced.
    pub has_dead_socket: bool,
}

impl SocketPath {
    /// Looks at `path` without connecting, making or removing anything.
    ///
    /// # Errors
    /// When a process listens there, when something else than a socket is there, or when it is clear that the system
    /// would refuse.
    pub fn at(path: &Path) -> Result<Self, UsageError> {
        let found = symlink_metadata(path).ok();
        let possible = match &found {
            Some(found) => check_dead(path, found),
            None => Ok(()),
        };
        possible.map_err(|why| refused(path, &why))?;
        let nameable = SocketAddrUnix::new(path).map_err(io::Error::from);
        nameable
            .and_then(|_| check_directory(path))
            .map_err(|error| refused(path, &reason(&error)))?;
        let existing = found.as_ref().map(FileId::from);
        Ok(Self {
            path: path.to_owned(),
            id: Identity::of_end(existing, Some(path)),
            has_dead_socket: found.is_some(),
        })
    }

    /// For the check that no other file is the same.
    #[must_use]
    pub fn as_flag_file(&self) -> FlagFile {
        FlagFile {
            flag: "--control",
            id: self.id.clone(),
            has_records: false,
        }
    }

    /// What [`SocketPath::bind`] would do, in words.
    #[must_use]
    pub fn effect(&self) -> &'static str {
        if self.has_dead_socket {
            "there is a socket that nobody listens on any more; it is replaced"
        } else {
            "would be made, for you alone, and removed at the end"
        }
    }

    /// Listens there, for this user alone. What a dead process has left is replaced.
    ///
    /// # Errors
    /// As [`SocketPath::at`], which may have become so by now.
    pub fn bind(self) -> Result<(UnixListener, SocketFile), TransferError> {
        let path = self.path;
        let failed = |class, why: String| TransferError {
            class,
            at: None,
            doing: doing(&path),
            why: anyhow::Error::msg(why),
        };
        if let Ok(found) = symlink_metadata(&path) {
            let made_way = check_dead(&path, &found)
                .and_then(|()| remove_file(&path).map_err(|error| reason(&error)));
            made_way.map_err(|why| failed(Class::Usage, why))?;
        }
        let listener = listener(&path).map_err(|error| {
            let is_mistake = !is_shortage(&error);
            let class = if is_mistake { Class::Usage } else { Class::Io };
            failed(class, reason(&error))
        })?;
        let id = symlink_metadata(&path).ok().as_ref().map(FileId::from);
        Ok((listener, SocketFile { path, id }))
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        let found = symlink_metadata(&self.path);
        let is_ours = found.is_ok_and(|found| Some(FileId::from(&found)) == self.id);
        if is_ours {
            // There is nothing left to report a failure to.
            let _ = remove_file(&self.path);
        }
    }
}

fn refused(path: &Path, why: &str) -> UsageError {
    UsageError::new(format!("{}: {why}", doing(path)))
}

fn doing(path: &Path) -> String {
    format!("--control {}", named(path))
}

/// Checks that there is a socket on which no process listens, without a listener noticing: a datagram socket cannot connect to
/// a stream socket, and the error tells whether one is listening.
fn check_dead(path: &Path, found: &Metadata) -> Result<(), String> {
    if !found.file_type().is_socket() {
        return Err("exists, and is no socket".to_owned());
    }
    let asked = UnixDatagram::unbound().and_then(|socket| socket.connect(path));
    match asked {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => Ok(()),
        Err(error) if error.raw_os_error() != Some(Errno::PROTOTYPE.raw_os_error()) => {
            Err(reason(&error))
        }
        _ => Err("somebody listens there already".to_owned()),
    }
}

/// A listening socket that other users cannot connect to at any time.
fn listener(path: &Path) -> io::Result<UnixListener> {
    let socket = platform::private_socket(path)?;
    listen(&socket, BACKLOG)?;
    Ok(socket.into())
}
