//! Reads and sets extended attributes of files (xattr(7)).

use crate::platform::Attribute;
use rustix::buffer::spare_capacity;
use rustix::fs::{XattrFlags, fremovexattr, fsetxattr, getxattr, listxattr};
use rustix::io::Errno;
use std::ffi::OsStr;
use std::os::fd::BorrowedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// The most bytes that the names of a file's extended attributes take, and that one value takes (xattr(7)).
const MOST_NAMES: usize = 64 << 10;
const MOST_VALUE: usize = 64 << 10;

/// All extended attributes of the file at `path`, and the attribute `unlisted`, which not every file system lists (xattr(7)).
///
/// # Errors
/// When an attribute exists and cannot be read.
pub(crate) fn attributes(path: &Path, unlisted: &str) -> std::io::Result<Vec<Attribute>> {
    let mut names = Vec::with_capacity(MOST_NAMES);
    match listxattr(path, spare_capacity(&mut names)) {
        Ok(_) => {}
        // The file system has none.
        Err(Errno::OPNOTSUPP | Errno::NOSYS) => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    }
    let unlisted = unlisted.as_bytes();
    let names = names.split(|byte| *byte == 0);
    let names = names.filter(|name| !name.is_empty() && *name != unlisted);
    let names = names.chain([unlisted]);
    let with_value = |name: &[u8]| {
        let mut value = Vec::with_capacity(MOST_VALUE);
        let found = getxattr(path, name, spare_capacity(&mut value)).map(|_| Some(value));
        let name = OsStr::from_bytes(name).to_owned();
        match found {
            Ok(value) => Ok(Some((name, value))),
            Err(Errno::PERM | Errno::ACCESS) => Ok(Some((name, None))),
            // The file has no such attribute, or no longer.
            Err(Errno::NODATA | Errno::OPNOTSUPP) => Ok(None),
            Err(error) => Err(error.into()),
        }
    };
    names
        .map(with_value)
        .filter_map(Result::transpose)
        .collect()
}

/// Sets an extended attribute.
///
/// # Errors
/// When the file system has no attributes, or the user may not set this one.
pub(crate) fn set_attribute(fd: BorrowedFd<'_>, name: &OsStr, value: &[u8]) -> std::io::Result<()> {
    Ok(fsetxattr(fd, name, value, XattrFlags::empty())?)
}

/// Removes an extended attribute, if the file has it.
///
/// # Errors
/// When the file still has it.
pub(crate) fn remove_attribute(fd: BorrowedFd<'_>, name: &OsStr) -> std::io::Result<()> {
    match fremovexattr(fd, name) {
        Err(Errno::NODATA | Errno::OPNOTSUPP | Errno::NOSYS) => Ok(()),
        other => Ok(other?),
    }
}
