//! What is refused because of both ends together, before a byte has moved.

use crate::endpoint::FileId;
use crate::error::{Class, TransferError};
use crate::plan::Plan;
use std::fmt;

/// A file that is one of the two ends, or may be.
#[derive(Debug, Clone, Copy)]
pub struct EndFiles {
    /// The SOURCE.
    pub source: Option<FileId>,
    /// The SINK.
    pub sink: Option<FileId>,
}

impl EndFiles {
    /// Whether `id` is one of them.
    #[must_use]
    pub fn contain(&self, id: Option<FileId>) -> bool {
        id.is_some() && (id == self.source || id == self.sink)
    }
}

/// Refuses to eat our own tail: both ends, and the files of `records`, each with its flag, have to be different files.
///
/// # Errors
/// When two of them are the same.
pub fn same_file(
    plan: &Plan,
    ends: EndFiles,
    records: impl IntoIterator<Item = (&'static str, Option<FileId>)>,
) -> Result<(), TransferError> {
    let refuse = |why: String| {
        let (source, sink) = (&plan.source.uri, &plan.sink.uri);
        Err(usage(format!("'{source}' to '{sink}'"), why))
    };
    if ends.source.is_some() && ends.source == ends.sink {
        return refuse("source and sink are the same file".to_owned());
    }
    let mut records = records.into_iter();
    if let Some((flag, _)) = records.find(|(_, id)| ends.contain(*id)) {
        return refuse(format!(
            "{flag} would write into an end of the transfer; give the records a file of their own"
        ));
    }
    Ok(())
}

/// The kernel road was insisted on and cannot be had.
#[must_use]
pub fn no_road(plan: &Plan, why: &impl fmt::Display) -> TransferError {
    let (source, sink) = (&plan.source.uri, &plan.sink.uri);
    usage(
        format!("--road kernel from '{source}' to '{sink}'"),
        format!("{why}; --road auto takes the buffered road here"),
    )
}

fn usage(doing: String, why: String) -> TransferError {
    TransferError {
        class: Class::Usage,
        at: None,
        doing,
        why: anyhow::Error::msg(why),
    }
}
