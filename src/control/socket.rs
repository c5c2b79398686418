//! The place of a control socket in the file system: ours alone while we run, and gone afterwards.

use crate::endpoint::check_directory;
use crate::error::{UsageError, reason};
use crate::platform;
use rustix::net::{SocketAddrUnix, listen};
use std::fs::{Metadata, remove_file, symlink_metadata};
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

/// Clients that the system lets wait.
const BACKLOG: i32 = 16;

/// A listening socket. Its name is removed when it is dropped.
#[derive(Debug)]
pub struct Socket {
    listener: UnixListener,
    _name: Name,
}

/// A name that is removed, unless somebody else has it by then.
#[derive(Debug)]
struct Name {
    path: PathBuf,
    id: Option<(u64, u64)>,
}

impl Socket {
    /// Listens at `path`, for this user alone. What a dead process has left there is replaced.
    ///
    /// # Errors
    /// When somebody listens there, when something else than a socket is there, or when the system refuses.
    pub fn bind(path: &Path) -> Result<Self, UsageError> {
        let refused = |why: &str| refused(path, why);
        if let Ok(found) = symlink_metadata(path) {
            make_way(path, &found).map_err(|why| refused(&why))?;
        }
        let listener = listener(path).map_err(|error| refused(&reason(&error)))?;
        let name = Name {
            path: path.to_owned(),
            id: symlink_metadata(path).ok().as_ref().map(id),
        };
        Ok(Self {
            listener,
            _name: name,
        })
    }

    /// What [`Socket::bind`] would do at `path`, in words, seen without connecting or binding.
    ///
    /// # Errors
    /// When it is clear that it would fail.
    pub fn look(path: &Path) -> Result<&'static str, UsageError> {
        let refused = |why: &str| refused(path, why);
        let seen = match symlink_metadata(path) {
            Ok(found) => {
                check_kind(&found).map_err(|why| refused(&why))?;
                "there is a socket, which is replaced if nobody listens there any more"
            }
            Err(_) => "would be made, for you alone, and removed at the end",
        };
        let possible = SocketAddrUnix::new(path).map_err(io::Error::from);
        possible
            .and_then(|_| check_directory(path))
            .map_err(|error| refused(&reason(&error)))?;
        Ok(seen)
    }

    /// What to accept clients from.
    ///
    /// # Errors
    /// When the process is out of descriptors.
    pub fn listener(&self) -> io::Result<UnixListener> {
        self.listener.try_clone()
    }
}

impl Drop for Name {
    fn drop(&mut self) {
        let is_ours = symlink_metadata(&self.path).is_ok_and(|found| Some(id(&found)) == self.id);
        if is_ours {
            // Nobody can be told any more.
            let _ = remove_file(&self.path);
        }
    }
}

fn refused(path: &Path, why: &str) -> UsageError {
    let shown = crate::uri::display(path.as_os_str());
    UsageError::new(format!("--control {shown}: {why}"))
}

fn check_kind(found: &Metadata) -> Result<(), String> {
    if found.file_type().is_socket() {
        Ok(())
    } else {
        Err("exists, and is no socket".to_owned())
    }
}

/// Removes what a dead process has left.
fn make_way(path: &Path, found: &Metadata) -> Result<(), String> {
    check_kind(found)?;
    match UnixStream::connect(path) {
        Ok(_) => Err("somebody listens there already".to_owned()),
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            remove_file(path).map_err(|error| reason(&error))
        }
        Err(error) => Err(reason(&error)),
    }
}

/// A socket that nobody else may connect to, at no time.
fn listener(path: &Path) -> io::Result<UnixListener> {
    let socket = platform::private_socket(path)?;
    listen(&socket, BACKLOG)?;
    Ok(socket.into())
}

fn id(found: &Metadata) -> (u64, u64) {
    (found.dev(), found.ino())
}
