//! How much a source has to give before its end is taken for one.

/// The least that has to come from a source, of what it gives and not of what becomes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Least {
    /// Nothing: an empty source is one like any other.
    Nothing,
    /// A byte, where the sink would lose what it holds for nothing: whoever looks which ports are open connects, too.
    AByteForWhatIsHeld,
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

    /// The same in bytes, for a sink that `holds` something that would be lost or does not.
    #[must_use]
    pub fn bytes(self, holds: bool) -> u64 {
        match self {
            Self::Nothing => 0,
            Self::AByteForWhatIsHeld => u64::from(holds),
            Self::Bytes(bytes) => bytes,
        }
    }
}
