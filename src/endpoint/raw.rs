//! What the kernel road needs to know of an end.

/// What an end is to the calls by which the kernel moves bytes itself (splice(2)).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Raw {
    /// A pipe or FIFO, which is a buffer.
    Pipe,
    /// A socket.
    Socket,
    /// A file or block device.
    File,
    /// The null device, which discards all bytes.
    Null,
}

/// Why the kernel cannot move bytes from or to an end, as a clause of which `it` is this end.
pub type Unfit = &'static str;

/// What is ahead in a file: first a hole, which reads as zeros, then data (lseek(2), `SEEK_HOLE`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// The length of the hole in bytes; may be 0.
    pub hole: u64,
    /// The length of the data in bytes; `u64::MAX` if no hole follows.
    pub data: u64,
}

impl Extent {
    /// Nothing but data.
    pub const DATA: Self = Self {
        hole: 0,
        data: u64::MAX,
    };
}
