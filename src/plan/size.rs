//! `--size`: a SIZE, or `@PATH` for the size of a file or block device.

use crate::endpoint::{SizeAt, World};
use crate::error::{UsageError, reason};
use crate::text::size::parse_size;
use crate::text::visible::named;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// What `--size` comes to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Expected {
    Bytes(u64),
    /// As much as this block device holds, which is known once it is open.
    OfDevice(PathBuf),
}

/// Reads what was given for `--size`.
pub(super) fn parse(argument: &OsStr, world: &dyn World) -> Result<Expected, UsageError> {
    match argument.as_bytes().strip_prefix(b"@") {
        Some(path) => of_path(Path::new(OsStr::from_bytes(path)), world),
        None => argument
            .to_str()
            .ok_or_else(|| "it is not UTF-8".to_owned())
            .and_then(|text| parse_size(text).map_err(|error| error.to_string()))
            .map(Expected::Bytes)
            .map_err(|why| wrong(argument, &why)),
    }
}

fn of_path(path: &Path, world: &dyn World) -> Result<Expected, UsageError> {
    let size = world.size_at(path);
    match size.map_err(|error| wrong_path(path, &reason(&error)))? {
        SizeAt::File(bytes) => Ok(Expected::Bytes(bytes)),
        SizeAt::BlockDevice => Ok(Expected::OfDevice(path.to_owned())),
        SizeAt::Neither => Err(wrong_path(path, "not a file or block device")),
    }
}

fn wrong(argument: &OsStr, why: &str) -> UsageError {
    UsageError::new(format!("--size {}: {why}", named(argument)))
}

/// The refusal of `--size @PATH`.
pub(super) fn wrong_path(path: &Path, why: &str) -> UsageError {
    let argument: Vec<_> = [b"@", path.as_os_str().as_bytes()].concat();
    wrong(OsStr::from_bytes(&argument), why)
}
