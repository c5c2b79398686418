//! The legacy frames of lz4, as `lz4 -l` writes them and the Linux kernel reads them: blocks of up to 8 MiB, each behind its
//! size. There is no checksum and no mark at the end: a frame ends with the input, or where no size is.

use crate::platform::resources::reserve;
use crate::transform::{Failure, Input, Output};
use lz4::block::{compress_bound, decompress_to_buffer};

/// How such a frame begins.
pub(super) const MAGIC: [u8; 4] = [0x02, 0x21, 0x4c, 0x18];

/// The most bytes that a block unpacks to.
const BLOCK: i32 = 8 << 20;

/// The blocks of a frame.
#[derive(Default)]
pub(super) struct Legacy {
    /// The bytes so far of the size of the next block.
    size: Vec<u8>,
    /// The length of the block that is being taken. 0: its size is not known yet.
    wanted: usize,
    block: Vec<u8>,
    /// The content of the last block, its length, and how many bytes of it have been put out.
    content: Vec<u8>,
    filled: usize,
    put: usize,
}

impl Legacy {
    /// Whether the input may end here.
    pub(super) fn may_end(&self) -> bool {
        self.size.is_empty() && self.put == self.filled
    }

    /// Takes and puts out as far as both cursors allow. Returns the first bytes of something else that follows the frame.
    pub(super) fn run(
        &mut self,
        input: &mut Input<'_>,
        output: &mut Output<'_>,
    ) -> Result<Option<[u8; 4]>, Failure> {
        loop {
            self.put += output.put(&self.content[self.put..self.filled]);
            if self.put < self.filled || input.is_empty() {
                return Ok(None);
            }
            if self.wanted == 0 {
                if let Some(other) = self.take_size(input)? {
                    return Ok(Some(other));
                }
            } else {
                self.take_block(input)?;
            }
        }
    }

    /// Takes the size of a block. Returns its bytes if no block is so large, and they begin something else.
    fn take_size(&mut self, input: &mut Input<'_>) -> Result<Option<[u8; 4]>, Failure> {
        self.size.extend(input.take(4 - self.size.len()));
        let Ok(size) = self.size[..].try_into() else {
            return Ok(None);
        };
        let most = compress_bound(BLOCK as usize).map_err(|_| damaged())?;
        match u32::from_le_bytes(size) as usize {
            0 => Err(damaged()),
            wanted if wanted > most => Ok(Some(size)),
            wanted => {
                self.wanted = wanted;
                Ok(None)
            }
        }
    }

    /// Takes bytes of a block, and unpacks it once it is complete.
    fn take_block(&mut self, input: &mut Input<'_>) -> Result<(), Failure> {
        reserve(&mut self.block, self.wanted).map_err(|error| Failure::system(&error))?;
        let missing = self.wanted - self.block.len();
        self.block.extend_from_slice(input.take(missing));
        if self.block.len() < self.wanted {
            return Ok(());
        }
        let reserved = reserve(&mut self.content, BLOCK as usize);
        reserved.map_err(|error| Failure::system(&error))?;
        self.content.resize(BLOCK as usize, 0);
        let n = decompress_to_buffer(&self.block, Some(BLOCK), &mut self.content);
        (self.filled, self.put) = (n.map_err(|_| damaged())?.min(self.content.len()), 0);
        self.block.clear();
        self.size.clear();
        self.wanted = 0;
        Ok(())
    }
}

fn damaged() -> Failure {
    Failure::input("the lz4 data is damaged: its contents make no sense")
}
