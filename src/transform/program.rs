//! A program of somebody else's as a stage of the pipeline, before it runs.

use std::io::PipeWriter;

/// A program to be run as a stage of the pipeline.
#[derive(Debug)]
pub struct Program {
    /// What the shell is to run.
    pub command: String,
    /// Its standard error. `None`: ours.
    pub stderr: Option<PipeWriter>,
}
