//! What is refused because of the ends and the files beside them together, before a byte has moved.

use crate::endpoint::Identity;
use crate::error::{Class, TransferError};
use crate::plan::Plan;
use crate::plan::flag_files::FlagFile;
use std::fmt;

/// The files that the ends are, or will be.
#[derive(Debug, Clone)]
pub struct EndFiles {
    /// Every SOURCE.
    pub sources: Vec<Option<Identity>>,
    /// Every SINK.
    pub sinks: Vec<Option<Identity>>,
}

impl EndFiles {
    /// Whether `id` is one of them.
    #[must_use]
    pub fn contain(&self, id: Option<&Identity>) -> bool {
        let mut ends = self.sources.iter().chain(&self.sinks);
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
    let refuse = |part: usize, place: usize, why: String| {
        let (source, sink) = (&plan.source_at(part).uri, &plan.sink_at(place).uri);
        Err(usage(format!("'{source}' to '{sink}'"), why))
    };
    for (place, sink) in ends.sinks.iter().enumerate().filter(|(_, it)| it.is_some()) {
        if let Some(part) = ends.sources.iter().position(|source| source == sink) {
            let why = "source and sink are the same file".to_owned();
            return refuse(part, place, why);
        }
        if let Some(other) = ends.sinks[..place].iter().position(|it| it == sink) {
            let (other, sink) = (&plan.sink_at(other).uri, &plan.sink_at(place).uri);
            let why = "two SINKs are the same file; one of them is enough".to_owned();
            return Err(usage(format!("to '{other}' and '{sink}'"), why));
        }
    }
    if let Some(it) = flag_files.iter().find(|it| ends.contain(it.id.as_ref())) {
        let part = ends.sources.iter().position(|end| *end == it.id);
        let place = ends.sinks.iter().position(|end| *end == it.id);
        return refuse(
            part.unwrap_or(0),
            place.unwrap_or(0),
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
