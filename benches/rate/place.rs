//! The file system of a directory, as the description of the machine has it.

use std::path::Path;

use rustix::fs::statfs;

/// What `statfs` says of a tmpfs.
const TMPFS_MAGIC: u64 = 0x0102_1994;

/// Whether it is a tmpfs, or else its number; empty if that cannot be found out.
pub(crate) fn file_system(dir: &Path) -> String {
    match statfs(dir).map(|found| u64::try_from(found.f_type).unwrap_or(0)) {
        Ok(TMPFS_MAGIC) => "tmpfs".to_owned(),
        Ok(magic) => format!("{magic:#x}"),
        Err(_) => String::new(),
    }
}
