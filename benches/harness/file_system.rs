//! What kind of file system a directory is on.

use std::path::Path;

use rustix::fs::{StatFs, statfs};

/// What `statfs` says of a tmpfs.
const TMPFS_MAGIC: u64 = 0x0102_1994;

/// And of other file systems that files are often on.
const FILE_SYSTEMS: &[(u64, &str)] = &[
    (TMPFS_MAGIC, "tmpfs"),
    (0xEF53, "ext2, ext3 or ext4"),
    (0x5846_5342, "xfs"),
    (0x9123_683E, "btrfs"),
    (0x2FC1_2FC1, "zfs"),
    (0x794C_7630, "overlayfs"),
];

/// Whether it is a tmpfs.
pub(crate) fn is_tmpfs(found: &StatFs) -> bool {
    magic(found) == TMPFS_MAGIC
}

/// The name of the file system of `dir`, or its number; empty if that cannot be found out.
pub(crate) fn name(dir: &Path) -> String {
    let Ok(found) = statfs(dir) else {
        return String::new();
    };
    let magic = magic(&found);
    let known = FILE_SYSTEMS.iter().find(|(number, _)| *number == magic);
    known.map_or_else(|| format!("{magic:#x}"), |(_, name)| (*name).to_owned())
}

fn magic(found: &StatFs) -> u64 {
    u64::try_from(found.f_type).unwrap_or(0)
}
