//! What is refused because of the ends and the files beside them together, before a byte has moved.

use crate::endpoint::Identity;
use crate::error::{Class, TransferError};
use crate::plan::Plan;
use crate::plan::flag_files::FlagFile;
use std::fmt;

/// The files that the two ends are, or will be.
#[derive(Debug, Clone)]
pub struct EndFiles {
    /// The SOURCE.
    pub source: Option<Identity>,
    /// The SINK.
    pub sink: Option<Identity>,
}

impl EndFiles {
    /// Whether `id` is one of them.
    #[must_use]
    pub fn contain(&self, id: Option<&Identity>) -> bool {
        id.is_some() && (id == self.source.as_ref() || id == self.sink.as_ref())
    }
}

/// Refuses a transfer whose ends, or an end and a file beside them, are the same file.
///
/// # Errors
/// When two of them are the same.
pub fn same_file(
    plan: &Plan,
    ends: &EndFiles,
    flag_files: &[FlagFile],
) -> Result<(), TransferError> {
    let refuse = |why: String| {
        let (source, sink) = (&plan.source.uri, &plan.sink.uri);
        Err(usage(format!("'{source}' to '{sink}'"), why))
    };
    if ends.source.is_some() && ends.source == ends.sink {
        return refuse("source and sink are the same file".to_owned());
    }
    if let Some(it) = flag_files.iter().find(|it| ends.contain(it.id.as_ref())) {
        return refuse(format!(
            "{} would write into the SOURCE or SINK; give it a file of its own",
            it.flag
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
        format!("{why}; without --road, tidegate moves the bytes itself"),
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
