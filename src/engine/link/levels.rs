//! How full the buffers of a link are now, and nothing that has to be computed: cheap enough to be asked for often.

use super::shared::Link;

/// What the buffers hold, and their marks, in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Levels {
    /// Whether the buffers are ours, and not the pipes that the ends are.
    pub is_ours: bool,
    /// Length and high-water mark of the readable side, if there is one.
    pub readable: Option<(u64, u64)>,
    /// The same of the fullest writable side.
    pub writable: Option<(u64, u64)>,
}

impl Link {
    /// The levels now.
    #[must_use]
    pub fn levels(&self) -> Levels {
        let pipes = self.pipes.lock();
        let numbers = self.read_numbers();
        let writable = numbers.writable_levels().max_by_key(|(len, _)| *len);
        match &*pipes {
            Some(pipes) => {
                let [source, sink] = pipes.levels(self.clock.now());
                Levels {
                    is_ours: pipes.own,
                    readable: source,
                    writable: if pipes.own { writable } else { sink },
                }
            }
            None => Levels {
                is_ours: true,
                readable: Some(numbers.readable_level()),
                writable,
            },
        }
    }
}
