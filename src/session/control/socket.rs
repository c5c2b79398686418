//! `--control PATH`: the control socket, for this user alone.

use crate::endpoint::{SocketFile, SocketPath};
use crate::error::{Class, TransferError, UsageError, is_shortage, reason};
use crate::plan::flag_files::FlagFile;
use crate::text::visible::named;
use rustix::fs::Mode;
use std::io;
use std::os::unix::net::UnixListener;
use std::path::Path;

/// Clients that the system lets wait to be accepted (listen(2)).
pub(super) const BACKLOG: i32 = 16;

/// Where the control socket is to be made.
#[derive(Debug)]
pub struct ControlPath(SocketPath);

impl ControlPath {
    /// Looks at `path` without connecting, making or removing anything.
    ///
    /// # Errors
    /// As [`SocketPath::at`].
    pub fn at(path: &Path) -> Result<Self, UsageError> {
        let looked = SocketPath::at(path);
        looked
            .map(Self)
            .map_err(|error| UsageError::new(format!("{}: {}", doing(path), reason(&error))))
    }

    /// For the check that no other file is the same.
    #[must_use]
    pub fn as_flag_file(&self) -> FlagFile {
        FlagFile {
            flag: "--control",
            id: self.0.identity.clone(),
            has_records: false,
        }
    }

    /// Whether a dead process has left a socket there, which is replaced.
    #[must_use]
    pub fn has_dead_socket(&self) -> bool {
        self.0.has_dead_socket
    }

    /// What [`ControlPath::bind`] would do, in words.
    #[must_use]
    pub fn effect(&self) -> &'static str {
        if self.has_dead_socket() {
            "there is a socket that nobody listens on any more; it is replaced"
        } else {
            "would be made, for you alone, and removed at the end"
        }
    }

    /// Listens there, for this user alone.
    ///
    /// # Errors
    /// As [`SocketPath::bind`].
    pub fn bind(&self) -> Result<(UnixListener, SocketFile), TransferError> {
        let bound = self.0.bind(Mode::RUSR | Mode::WUSR, BACKLOG);
        let (socket, file) = bound.map_err(|error| self.failed(&error))?;
        Ok((socket.into(), file))
    }

    fn failed(&self, error: &io::Error) -> TransferError {
        let is_mistake = !is_shortage(error);
        TransferError {
            class: if is_mistake { Class::Usage } else { Class::Io },
            at: None,
            doing: doing(self.0.path()),
            why: anyhow::Error::msg(reason(error)),
        }
    }
}

fn doing(path: &Path) -> String {
    format!("--control {}", named(path))
}
