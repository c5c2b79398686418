//! Compresses independent blocks in parallel, and puts them out in order.
//!
//! It holds two blocks for each worker, compressed or not, and the one that is being filled.

use super::pool::{Block, MakeWork, Pool};
use crate::platform::resources::reserve;
use crate::transform::{Failure, Input, Output, Pending, Transform};

/// A format that is written in blocks.
pub(super) trait BlockFormat: Send {
    /// How many bytes of the input a block is made of.
    fn block_len(&self) -> usize;

    /// Makes what a worker compresses blocks with.
    fn work(&self) -> MakeWork;

    /// What stands before the first block.
    fn head(&self) -> Vec<u8> {
        Vec::new()
    }

    /// Told of bytes that have been taken, for a checksum of the input.
    fn took(&mut self, _bytes: &[u8]) {}

    /// What stands behind the last block.
    fn tail(&self) -> Vec<u8> {
        Vec::new()
    }

    /// How many bytes of the input before a block help to compress it.
    fn window(&self) -> usize {
        0
    }

    /// Whether the end needs a block even if it is empty; `is_only`: there was none before.
    fn needs_a_block(&self, is_only: bool) -> bool;
}

/// A format as a transform.
pub(super) struct Blocks<F> {
    format: F,
    pool: Pool,
    /// The input of the next block, behind `start` bytes of the window.
    filling: Vec<u8>,
    start: usize,
    /// The block that is being put out, and how many bytes of it have been.
    outgoing: Block,
    put: usize,
    /// Blocks whose buffers are free.
    spare: Vec<Block>,
    submitted: bool,
    end: End,
}

/// How far the end of the stream has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// More input may come.
    Open,
    /// The last block has been submitted.
    Blocks,
    /// The tail is being put out.
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
            outgoing: head,
            put: 0,
            spare: Vec::new(),
            submitted: false,
            end: End::Open,
            format,
        }
    }

    /// Puts out blocks that are done, as far as they fit. Returns whether there is room left.
    fn put_ready(&mut self, output: &mut Output<'_>) -> Result<bool, Failure> {
        loop {
            self.put += output.put(&self.outgoing.output[self.put..]);
            if self.put < self.outgoing.output.len() {
                return Ok(false);
            }
            match self.pool.take_done() {
                Some(done) => self.next(done)?,
                None => return Ok(!output.is_full()),
            }
        }
    }

    /// Makes this block the outgoing one, and frees the buffers of the last.
    fn next(&mut self, done: Result<Block, Failure>) -> Result<(), Failure> {
        let gone = std::mem::replace(&mut self.outgoing, done?);
        self.put = 0;
        self.spare.push(gone);
        Ok(())
    }

    /// Waits for the oldest block, and makes it the outgoing one.
    fn wait(&mut self) -> Result<(), Failure> {
        match self.pool.wait() {
            Some(done) => self.next(done),
            None => Ok(()),
        }
    }

    /// Gives the filled block to the workers.
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

    /// How many bytes the next block has.
    fn filled(&self) -> usize {
        self.filling.len() - self.start
    }

    /// Takes input, as much as the block has room for.
    fn fill(&mut self, input: &mut Input<'_>) -> Result<(), Failure> {
        let len = self.start + self.format.block_len();
        reserve(&mut self.filling, len).map_err(|error| Failure::system(&error))?;
        let missing = len - self.filling.len();
        let taken = input.take(missing);
        self.format.took(taken);
        self.filling.extend_from_slice(taken);
        Ok(())
    }

    /// Puts out every block that was submitted, as far as they fit. Returns whether all are out.
    fn put_all(&mut self, output: &mut Output<'_>) -> Result<bool, Failure> {
        while self.put_ready(output)? {
            if self.pool.is_empty() {
                return Ok(true);
            }
            self.wait()?;
        }
        Ok(self.pool.is_empty() && self.put == self.outgoing.output.len())
    }
}

impl<F: BlockFormat> Transform for Blocks<F> {
    fn step(&mut self, input: &mut Input<'_>, output: &mut Output<'_>) -> Result<(), Failure> {
        while self.put_ready(output)? && !input.is_empty() {
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
        self.put_all(output).map(Pending::unless)
    }

    fn finish(&mut self, output: &mut Output<'_>) -> Result<Pending, Failure> {
        if self.end == End::Open {
            self.end = End::Blocks;
            if self.filled() > 0 || self.format.needs_a_block(!self.submitted) {
                self.submit(true)?;
            }
        }
        if !self.put_all(output)? {
            return Ok(Pending::More);
        }
        if self.end == End::Blocks {
            (self.end, self.put) = (End::Tail, 0);
            self.outgoing.output = self.format.tail();
        }
        self.put_all(output).map(Pending::unless)
    }
}
