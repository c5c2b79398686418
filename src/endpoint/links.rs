//! Where paths lead: through symbolic links, and to the directory that holds the last name.

use rustix::io::Errno;
use std::io;
use std::path::{Path, PathBuf};

/// How many links are followed, as many as the kernel follows (`path_resolution(7)`).
pub(super) const MOST_LINKS: usize = 40;

/// The path that `path` leads to if it is a link, and the links behind it; also if nothing is there yet.
pub(super) fn target_of(path: &Path) -> io::Result<PathBuf> {
    let mut target = path.to_owned();
    for _ in 0..MOST_LINKS {
        match target.read_link() {
            Ok(link) => target = directory_of(&target).join(link),
            Err(_) => return Ok(target),
        }
    }
    Err(Errno::LOOP.into())
}

/// The directory that `path` names something in.
pub(super) fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}
