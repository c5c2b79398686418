//! How many bytes have to come from a source for its end to count as success.

/// The least number of bytes that has to come from a source, counted before any transform.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Least {
    /// None: an empty source is fine.
    Nothing,
    /// One byte, if the sink would lose what it holds: a port scan connects and sends nothing, and must not empty a file.
    OneByteToReplace,
    /// So many bytes, at least 1.
    Bytes(u64),
}

impl Least {
    /// At least `bytes`.
    #[must_use]
    pub fn of(bytes: u64) -> Self {
        match bytes {
            0 => Self::Nothing,
            bytes => Self::Bytes(bytes),
        }
    }

    /// The number of bytes, for a sink that `would_lose` what it holds, or would not.
    #[must_use]
    pub fn bytes(self, would_lose: bool) -> u64 {
        match self {
            Self::Nothing => 0,
            Self::OneByteToReplace => u64::from(would_lose),
            Self::Bytes(bytes) => bytes,
        }
    }
}
