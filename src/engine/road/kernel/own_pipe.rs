//! A pipe of our own, which is the writable side of the link on the kernel road.

use crate::endpoint::pipe::Growth;
use crate::engine::link::Marks;
use crate::platform;
use crate::platform::resources::ensure_descriptors;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;

/// A pipe of our own.
#[derive(Debug)]
pub struct OwnPipe {
    /// Its reading end.
    pub(super) reader: Arc<OwnedFd>,
    /// Its writing end.
    pub(super) writer: OwnedFd,
    /// How far it grows.
    pub(super) growth: Growth,
}

impl OwnPipe {
    /// A pipe for these marks. It may grow beyond the writable's mark, since pieces of files do not fill the pages they take
    /// up.
    ///
    /// # Errors
    /// When the system has none to give, or only one of two pages, or no more descriptors than for that.
    pub fn new(marks: Marks) -> io::Result<Self> {
        let (reader, writer, size) = platform::make_pipe(marks.writable)?;
        // The sink may have a file yet to open.
        ensure_descriptors(1)?;
        let growth = Growth::new(size, marks.writable.saturating_mul(4));
        Ok(Self {
            reader: Arc::new(reader),
            writer,
            growth,
        })
    }
}
