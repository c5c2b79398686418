//! What is refused because of the ends and the files beside them together, before a byte has moved.

use crate::endpoint::Identity;
use crate::error::{Class, TransferError};
use crate::plan::Plan;
use crate::plan::flag_files::FlagFile;
use std::fmt;

/// The files that the two ends are, or will be.
#[derive(Debug, Clone)]
pub struct EndFiles {
    /// Every SOURCE.
    pub sources: Vec<Option<Identity>>,
    /// The SINK.
    pub sink: Option<Identity>,
}

impl EndFiles {
    /// Whether `id` is one of them.
    #[must_use]
    pub fn contain(&self, id: Option<&Identity>) -> bool {
        let mut ends = self.sources.iter().chain([&self.sink]);
        id.is_some() && ends.any(|end| end.as_ref() == id)
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
    let refuse = |part: usize, why: String| {
        let (source, sink) = (&plan.source_at(part).uri, &plan.sink.uri);
        Err(usage(format!("'{source}' to '{sink}'"), why))
    };
    let mut sources = ends.sources.iter();
    if ends.sink.is_some()
        && let Some(part) = sources.position(|source| *source == ends.sink)
    {
        return refuse(part, "source and sink are the same file".to_owned());
    }
    if let Some(it) = flag_files.iter().find(|it| ends.contain(it.id.as_ref())) {
        let mut sources = ends.sources.iter();
        let part = sources.position(|source| *source == it.id);
        return refuse(
            part.unwrap_or(0),
            format!(
                "{} would write into the SOURCE or SINK; give it a file of its own",
                it.flag
            ),
        );
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
