//! The road that bytes have taken, as records and messages name it.

/// The road that bytes have taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// Through our own buffers, by plain reads and writes.
    Buffered,
    /// Through the kernel's, which moves the bytes by these calls.
    Kernel(Calls),
}

/// The calls by which the kernel moves bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Calls {
    /// splice(2) from one end to the other.
    Splice,
    /// splice(2) into a pipe of our own, and out of it.
    SpliceThroughPipe,
    /// `copy_file_range(2)`.
    CopyFileRange,
    /// sendfile(2), and splice(2) for what the socket does not take at once.
    Sendfile,
}

impl Taken {
    /// The word for the road in records and messages.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Taken::Buffered => "buffered",
            Taken::Kernel(_) => "kernel",
        }
    }

    /// By which calls the kernel moves the bytes, if it does.
    #[must_use]
    pub fn calls(self) -> Option<Calls> {
        match self {
            Taken::Buffered => None,
            Taken::Kernel(calls) => Some(calls),
        }
    }
}

impl Calls {
    /// The words for the calls in records and messages.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Calls::Splice => "splice",
            Calls::SpliceThroughPipe => "splice through a pipe",
            Calls::CopyFileRange => "copy_file_range",
            Calls::Sendfile => "sendfile",
        }
    }
}
