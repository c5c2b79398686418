//! How full the buffers of a link are now, and nothing that has to be computed: cheap enough to be asked for often.

use super::shared::Link;

/// What the buffers hold, and their marks, in bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Levels {
    /// Whether the buffers are ours, and not the pipes that the ends are.
    pub is_ours: bool,
    /// Length and high-water mark of the readable side, if there is one.
    pub readable: Option<(u64, u64)>,
    /// The same of the writable side of each consumer. Empty where there is none.
    pub writables: Vec<(u64, u64)>,
}

impl Link {
    /// The levels now.
    #[must_use]
    pub fn levels(&self) -> Levels {
        let pipes = self.pipes.lock();
        let numbers = self.read_numbers();
        let writables = || numbers.writable_levels().collect();
        match &*pipes {
            Some(pipes) => {
                let [source, sink] = pipes.levels(self.clock.now());
                Levels {
                    is_ours: pipes.own,
                    readable: source,
                    writables: if pipes.own {
                        writables()
                    } else {
                        sink.into_iter().collect()
                    },
                }
            }
            None => Levels {
                is_ours: true,
                readable: Some(numbers.readable_level()),
                writables: writables(),
            },
        }
    }
}
