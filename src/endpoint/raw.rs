//! What an end is to a kernel that moves bytes by itself.

/// What an end is to a kernel that moves bytes by itself (splice(2)).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Raw {
    /// A pipe or FIFO, which is a buffer.
    Pipe,
    /// A socket.
    Socket,
    /// A file or block device.
    File,
    /// What takes everything and keeps nothing.
    Null,
}

/// Why the kernel cannot move bytes by itself here, as the end of a sentence about this end.
pub type Unfit = &'static str;

/// What lies ahead in a file, in bytes: first a hole, which reads as zeros, then what is really there (lseek(2),
/// `SEEK_HOLE`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// Of the hole; may be 0.
    pub hole: u64,
    /// Up to the next hole. There is none before the end: the most there can be.
    pub data: u64,
}

impl Extent {
    /// Nothing but data.
    pub const DATA: Self = Self {
        hole: 0,
        data: u64::MAX,
    };
}
