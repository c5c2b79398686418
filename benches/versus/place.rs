//! Where the files of a route are, and whether that is what the route says it is.

use std::path::Path;

use rustix::fs::{StatFs, statfs};

use crate::harness::file_system::is_tmpfs;
use crate::harness::stats;
use crate::options::Options;

/// Where the data file of a route is, and the file it writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// In `--data`, of whatever kind: the route only reads from the page cache.
    Data,
    /// In `--data`, which has to be on a disk.
    Disk,
    /// In `--tmpfs`, which has to be one.
    Tmpfs,
}

impl Place {
    /// The directory.
    pub(crate) fn dir(self, options: &Options) -> &Path {
        match self {
            Self::Data | Self::Disk => &options.common.data,
            Self::Tmpfs => &options.tmpfs,
        }
    }

    /// Why no route can have its files there, if that is so.
    pub(crate) fn refusal(self, options: &Options) -> Option<String> {
        if self == Self::Data {
            return None;
        }
        let dir = self.dir(options).display();
        let found = match statfs(self.dir(options)) {
            Ok(found) => found,
            Err(error) => return Some(format!("{dir}: {error}")),
        };
        match (self, is_tmpfs(&found)) {
            (Self::Disk, true) => Some(format!("{dir} is a tmpfs, no disk")),
            (Self::Tmpfs, false) => Some(format!("{dir} is no tmpfs")),
            _ => too_small(&found, 2 * options.file_size())
                .map(|room| format!("{dir} has no room for two data files, but {room}")),
        }
    }
}

/// The room there is, if it is less than `wanted`.
fn too_small(found: &StatFs, wanted: u64) -> Option<String> {
    let block = u64::try_from(found.f_bsize).unwrap_or(0);
    let room = found.f_bavail.saturating_mul(block);
    (room < wanted).then(|| stats::bytes(room))
}
