//! The place of a control socket in the file system: ours alone while we run, and gone afterwards.

use crate::endpoint::{FileId, Identity, check_directory};
use crate::error::{Class, TransferError, UsageError, is_shortage, reason};
use crate::plan::beside::Beside;
use crate::platform;
use crate::text::visible::named;
use rustix::io::Errno;
use rustix::net::{SocketAddrUnix, listen};
use std::fs::{Metadata, remove_file, symlink_metadata};
use std::io;
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::{UnixDatagram, UnixListener};
use std::path::{Path, PathBuf};

/// Clients that the system lets wait.
const BACKLOG: i32 = 16;

/// The name of a listening socket. It is removed when this is dropped, unless somebody else has it by then.
#[derive(Debug)]
pub struct Name {
    path: PathBuf,
    id: Option<FileId>,
}

/// The place of a socket that is not there yet.
#[derive(Debug)]
pub struct SocketPath {
    path: PathBuf,
    /// Which file it is now, or would be.
    id: Option<Identity>,
    /// Whether a dead process has left a socket there, which is replaced.
    pub is_taken: bool,
}

impl SocketPath {
    /// Looks at `path` without connecting, making or removing anything.
    ///
    /// # Errors
    /// When somebody listens there, when something else than a socket is there, or when it is clear that the system
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
            is_taken: found.is_some(),
        })
    }

    /// As a file that no other may be.
    #[must_use]
    pub fn beside(&self) -> Beside {
        Beside {
            flag: "--control",
            id: self.id.clone(),
            has_records: false,
        }
    }

    /// What [`SocketPath::bind`] would do, in words.
    #[must_use]
    pub fn effect(&self) -> &'static str {
        if self.is_taken {
            "there is a socket that nobody listens on any more; it is replaced"
        } else {
            "would be made, for you alone, and removed at the end"
        }
    }

    /// Listens there, for this user alone. What a dead process has left is replaced.
    ///
    /// # Errors
    /// As [`SocketPath::at`], which may have become so by now.
    pub fn bind(self) -> Result<(UnixListener, Name), TransferError> {
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
        Ok((listener, Name { path, id }))
    }
}

impl Drop for Name {
    fn drop(&mut self) {
        let found = symlink_metadata(&self.path);
        let is_ours = found.is_ok_and(|found| Some(FileId::from(&found)) == self.id);
        if is_ours {
            // Nobody can be told any more.
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

/// Whether what is there is a socket that nobody listens on. It is asked in a way that a listener does not notice: a
/// datagram socket may not connect to a stream, and is told so only if there is one.
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

/// A socket that nobody else may connect to, at no time.
fn listener(path: &Path) -> io::Result<UnixListener> {
    let socket = platform::private_socket(path)?;
    listen(&socket, BACKLOG)?;
    Ok(socket.into())
}
