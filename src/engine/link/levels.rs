//! How full the buffers of a link are now, and nothing that has to be computed: cheap enough to be asked for often.

use super::pipes::WatchedPipe;
use super::shared::{Link, State};

/// What the buffers hold, and their marks, in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Levels {
    /// Whether the buffers are ours, and not the pipes that the ends are.
    pub is_ours: bool,
    /// Length and high-water mark of the readable side, if there is one.
    pub readable: Option<(u64, u64)>,
    /// The same of the writable side.
    pub writable: Option<(u64, u64)>,
}

impl Link {
    /// The levels now.
    #[must_use]
    pub fn levels(&self) -> Levels {
        let mut state = self.lock();
        state.measure_pipes();
        Levels {
            is_ours: state.is_ours(),
            readable: state.readable_level(),
            writable: state.writable_level(),
        }
    }
}

impl State {
    fn readable_level(&self) -> Option<(u64, u64)> {
        let gate = &self.gates.readable;
        match &self.pipes {
            Some(pipes) => pipes.source.as_ref().map(WatchedPipe::level),
            None => Some((gate.len(), gate.mark())),
        }
    }

    fn writable_level(&self) -> Option<(u64, u64)> {
        let gate = &self.gates.writable;
        match &self.pipes {
            Some(pipes) if !pipes.own => pipes.sink.as_ref().map(WatchedPipe::level),
            _ => Some((gate.len(), gate.mark())),
        }
    }
}
