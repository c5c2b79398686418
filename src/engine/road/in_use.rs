//! The road that bytes travel on, as records and messages name it.

/// The road that bytes travel on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoadInUse {
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
    /// splice(2) into a pipe of our own, tee(2) from there into one for each of several sinks, and splice(2) out of those.
    Tee,
    /// `copy_file_range(2)`.
    CopyFileRange,
    /// sendfile(2), and splice(2) for what the socket does not take at once.
    Sendfile,
}

impl RoadInUse {
    /// The word for the road in records and messages.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            RoadInUse::Buffered => "buffered",
            RoadInUse::Kernel(_) => "kernel",
        }
    }

    /// By which calls the kernel moves the bytes, if it does.
    #[must_use]
    pub fn calls(self) -> Option<Calls> {
        match self {
            RoadInUse::Buffered => None,
            RoadInUse::Kernel(calls) => Some(calls),
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
            Calls::Tee => "tee through pipes",
            Calls::CopyFileRange => "copy_file_range",
            Calls::Sendfile => "sendfile",
        }
    }
}
