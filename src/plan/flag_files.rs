//! Files that are written beside the sink: no two flags may name the same one.

use crate::endpoint::Identity;
use crate::error::UsageError;

/// A file that is written to beside the sink: the flag that asks for it, and which file it is.
#[derive(Debug, Clone)]
pub struct FlagFile {
    /// The flag.
    pub flag: &'static str,
    /// The file, unless it is a device.
    pub id: Option<Identity>,
    /// Whether it is for records. These may share a file, since they are written a line at a time.
    pub has_records: bool,
}

/// Refuses to write two different things into one file beside the sink.
///
/// # Errors
/// When two of them are the same.
pub fn check_distinct(all: &[FlagFile]) -> Result<(), UsageError> {
    for (n, it) in all.iter().enumerate() {
        let clashes = |other: &&FlagFile| {
            it.id.is_some() && it.id == other.id && !(it.has_records && other.has_records)
        };
        if let Some(other) = all[..n].iter().find(clashes) {
            return Err(UsageError::new(format!(
                "{} and {} would write into the same file; give each a file of its own",
                other.flag, it.flag
            )));
        }
    }
    Ok(())
}
