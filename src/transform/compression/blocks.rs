//! Compresses blocks side by side, none of which waits for what becomes of another, and puts them out in order.
//!
//! What is held is two blocks for each worker, compressed or not, and the one that is being filled.

use super::pool::{Block, MakeWork, Pool};
use crate::platform::resources::reserve;
use crate::transform::{Failure, Input, Output, Pending, Transform};

/// A format that is written in blocks.
pub(super) trait BlockFormat: Send {
    /// How many bytes of the input a block is made of.
    fn block_len(&self) -> usize;

    /// What compresses blocks, one after the other.
    fn work(&self) -> MakeWork;

    /// What stands before the first block.
    fn head(&self) -> Vec<u8> {
        Vec::new()
    }

    /// These bytes have been taken.
    fn took(&mut self, _bytes: &[u8]) {}

    /// What stands behind the last block.
    fn tail(&self) -> Vec<u8> {
        Vec::new()
    }

    /// How many of the bytes before a block are of use for it. They are what was taken, not what became of it.
    fn window(&self) -> usize {
        0
    }

    /// Whether at the end there has to be a block even of nothing, after others or as the only one.
    fn needs_a_block(&self, is_only: bool) -> bool;
}

/// A format as a transform.
pub(super) struct Blocks<F> {
    format: F,
    pool: Pool,
    /// What the next block is made of, behind as many bytes of the window.
    filling: Vec<u8>,
    start: usize,
    /// What is to be put out next, and how much of it has been.
    leaving: Block,
    left: usize,
    /// Buffers that are not in use.
    spare: Vec<Block>,
    submitted: bool,
    end: End,
}

/// How far the end has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// More input may come.
    Open,
    /// The last block is on its way.
    Blocks,
    /// So is what stands behind it.
    Tail,
}

impl<F: BlockFormat> Blocks<F> {
    pub(super) fn new(format: F, workers: u32) -> Self {
        let head = Block {
            output: format.head(),
            ..Block::default()
        };
        Self {
            pool: Pool::new(workers as usize, format.work()),
            filling: Vec::new(),
            start: 0,
            leaving: head,
            left: 0,
            spare: Vec::new(),
            submitted: false,
            end: End::Open,
            format,
        }
    }

    /// Puts out what is there, as far as it fits. Returns whether there is room left.
    fn leave(&mut self, output: &mut Output<'_>) -> Result<bool, Failure> {
        loop {
            self.left += output.put(&self.leaving.output[self.left..]);
            if self.left < self.leaving.output.len() {
                return Ok(false);
            }
            match self.pool.take_done() {
                Some(done) => self.next(done)?,
                None => return Ok(!output.is_full()),
            }
        }
    }

    /// This is to be put out next; the buffers of the last are free.
    fn next(&mut self, done: Result<Block, Failure>) -> Result<(), Failure> {
        let gone = std::mem::replace(&mut self.leaving, done?);
        self.left = 0;
        self.spare.push(gone);
        Ok(())
    }

    /// Waits for the oldest block, to be put out next.
    fn wait(&mut self) -> Result<(), Failure> {
        match self.pool.wait() {
            Some(done) => self.next(done),
            None => Ok(()),
        }
    }

    /// Has what was taken compressed.
    fn submit(&mut self, is_last: bool) -> Result<(), Failure> {
        self.submitted = true;
        let mut block = self.spare.pop().unwrap_or_default();
        std::mem::swap(&mut block.input, &mut self.filling);
        (block.start, block.is_last) = (self.start, is_last);
        self.filling.clear();
        let window = block.input.len().saturating_sub(self.format.window());
        self.filling.extend_from_slice(&block.input[window..]);
        self.start = self.filling.len();
        self.pool.submit(block)
    }

    /// How many bytes there are for the next block.
    fn filled(&self) -> usize {
        self.filling.len() - self.start
    }

    /// Takes as much as a block has room for.
    fn fill(&mut self, input: &mut Input<'_>) -> Result<(), Failure> {
        let len = self.start + self.format.block_len();
        reserve(&mut self.filling, len).map_err(|error| Failure::system(&error))?;
        let missing = len - self.filling.len();
        let taken = input.take(missing);
        self.format.took(taken);
        self.filling.extend_from_slice(taken);
        Ok(())
    }

    /// Puts out all that was submitted. Returns whether it is out.
    fn drain(&mut self, output: &mut Output<'_>) -> Result<bool, Failure> {
        while self.leave(output)? {
            if self.pool.is_empty() {
                return Ok(true);
            }
            self.wait()?;
        }
        Ok(self.pool.is_empty() && self.left == self.leaving.output.len())
    }
}

impl<F: BlockFormat> Transform for Blocks<F> {
    fn step(&mut self, input: &mut Input<'_>, output: &mut Output<'_>) -> Result<(), Failure> {
        while self.leave(output)? && !input.is_empty() {
            if self.filled() < self.format.block_len() {
                self.fill(input)?;
            } else if self.pool.is_full() {
                self.wait()?;
            } else {
                self.submit(false)?;
            }
        }
        Ok(())
    }

    fn flush(&mut self, output: &mut Output<'_>) -> Result<Pending, Failure> {
        if self.filled() > 0 {
            self.submit(false)?;
        }
        self.drain(output).map(held)
    }

    fn finish(&mut self, output: &mut Output<'_>) -> Result<Pending, Failure> {
        if self.end == End::Open {
            self.end = End::Blocks;
            if self.filled() > 0 || self.format.needs_a_block(!self.submitted) {
                self.submit(true)?;
            }
        }
        if !self.drain(output)? {
            return Ok(Pending::More);
        }
        if self.end == End::Blocks {
            (self.end, self.left) = (End::Tail, 0);
            self.leaving.output = self.format.tail();
        }
        self.drain(output).map(held)
    }
}

fn held(done: bool) -> Pending {
    if done {
        Pending::Nothing
    } else {
        Pending::More
    }
}
