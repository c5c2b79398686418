//! What is known of an end before it is opened: in words for `--explain`, and what the choice of a road depends on.

use super::{Identity, OpenError, Raw, Unfit};

/// What is known of an end that is not open.
#[derive(Debug)]
pub struct Preview {
    /// What it was parsed as.
    pub parsed: String,
    /// What exists there now, if anything can.
    pub now: Option<String>,
    /// What opening it does, if it is more than a system call.
    pub opening: Option<String>,
    /// Of a sink: what becomes of what exists there.
    pub effect: Option<String>,
    /// Of a sink: what is on the disk before success.
    pub synced: &'static str,
    /// Of a source: when it ends. Of a sink: when its bytes are delivered.
    pub ending: String,
    /// What the kernel will be able to move bytes from or to, or why it will not.
    pub raw: Result<Raw, Unfit>,
    /// What `raw` depends on and only opening can tell, as a text that follows `if`.
    pub condition: Option<&'static str>,
    /// How many bytes it can hold, if it is a pipe that is open already.
    pub holds: Option<u64>,
    /// Of a source: bytes up to its end, or why they are not known, as a text that follows `not known: `.
    pub size: Result<u64, &'static str>,
    /// Of a source: how it leaves out its first bytes without our reading them, so that it can begin behind them. `None`: it
    /// cannot.
    pub skips: Option<&'static str>,
    /// Of a sink: bytes that it has of a copy that is to go on behind them.
    pub keeps: u64,
    /// Of a source: whether its file system may have its own way to copy.
    pub copies: bool,
    /// Of a sink: whether it limits its own speed.
    pub is_paced: bool,
    /// Whether it is a terminal.
    pub is_terminal: bool,
    /// Which file it is, if it must not be both ends.
    pub identity: Option<Identity>,
    /// Why it cannot be opened as things stand.
    pub obstacle: Option<OpenError>,
}

impl Preview {
    /// An end that was parsed as `parsed`, with this `ending`. The other fields get the values that most ends have.
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
            skips: None,
            keeps: 0,
            copies: false,
            is_paced: false,
            is_terminal: false,
            identity: None,
            obstacle: None,
        }
    }
}
