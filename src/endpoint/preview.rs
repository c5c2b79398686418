//! What an end says of itself before it is opened: in words for people, and in what the choice of a road depends on.

use super::{FileId, OpenError, Raw, Unfit};

/// An end that is not open, as far as it can be known without touching it.
#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "four things that an end is or is not, whatever the others are"
)]
pub struct Preview {
    /// What it was parsed as.
    pub parsed: String,
    /// What stands there now, if anything can.
    pub now: Option<String>,
    /// What opening it is, where it is more than a system call.
    pub opening: Option<String>,
    /// Of a SINK: what becomes of what stands there.
    pub effect: Option<String>,
    /// Of a SINK: what is on the disk before success.
    pub synced: &'static str,
    /// Of a SOURCE: what its end is. Of a SINK: when its bytes are delivered.
    pub ending: String,
    /// What the kernel will be able to move bytes from or to, or why it will not.
    pub raw: Result<Raw, Unfit>,
    /// Something on which that depends and that only opening can tell, after `if`.
    pub condition: Option<&'static str>,
    /// Bytes that the pipe holds that it is, if it is open already.
    pub holds: Option<u64>,
    /// Of a SOURCE: bytes up to its end, or why they are not known, after `not known: `.
    pub size: Result<u64, &'static str>,
    /// Of a SOURCE: whether it can move ahead without reading.
    pub seeks: bool,
    /// Of a SOURCE: whether its file system may have a way of its own to copy.
    pub copies: bool,
    /// Of a SINK: whether it takes bytes at a pace of its own.
    pub is_paced: bool,
    /// Whether somebody types or sees what passes.
    pub is_terminal: bool,
    /// Which file it is, if it is one that must not be both ends.
    pub file_id: Option<FileId>,
    /// Why it cannot be opened as things stand.
    pub obstacle: Option<OpenError>,
}

impl Preview {
    /// An end that was parsed as `parsed`, and whose end or delivery is `ending`. The rest is that of an end without
    /// anything special about it.
    #[must_use]
    pub fn new(parsed: impl Into<String>, ending: impl Into<String>) -> Self {
        Self {
            parsed: parsed.into(),
            now: None,
            opening: None,
            effect: None,
            synced: "nothing",
            ending: ending.into(),
            raw: Err("its bytes are made or taken by this program"),
            condition: None,
            holds: None,
            size: Err("it does not say how much will come"),
            seeks: false,
            copies: false,
            is_paced: false,
            is_terminal: false,
            file_id: None,
            obstacle: None,
        }
    }
}
