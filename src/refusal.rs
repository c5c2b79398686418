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

/// A file that is written to beside the sink: the flag that asks for it, and which file it is.
pub type Beside = (&'static str, Option<FileId>);

/// Refuses to eat our own tail: both ends, and the files of `records` and `drawings`, have to be different files. Records
/// may meet each other, a line at a time.
///
/// # Errors
/// When two of them are the same.
pub fn same_file(
    plan: &Plan,
    ends: EndFiles,
    records: &[Beside],
    drawings: &[Beside],
) -> Result<(), TransferError> {
    let refuse = |why: String| {
        let (source, sink) = (&plan.source.uri, &plan.sink.uri);
        Err(usage(format!("'{source}' to '{sink}'"), why))
    };
    if ends.source.is_some() && ends.source == ends.sink {
        return refuse("source and sink are the same file".to_owned());
    }
    let mut all = records.iter().chain(drawings);
    if let Some((flag, _)) = all.find(|(_, id)| ends.contain(*id)) {
        return refuse(format!(
            "{flag} would write into an end of the transfer; give it a file of its own"
        ));
    }
    for (n, (flag, id)) in drawings.iter().enumerate() {
        let mut others = records.iter().chain(&drawings[..n]);
        if let Some((other, _)) = others.find(|(_, it)| id.is_some() && it == id) {
            return refuse(format!(
                "{other} and {flag} would write into the same file; give each a file of its own"
            ));
        }
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
