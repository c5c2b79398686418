//! What is left of a source when the kernel road hands over to the buffered one: bytes that are in a pipe of ours
//! already, and the rest of the source.

use super::ending::Undelivered;
use crate::endpoint::Source;
use crate::engine::wait::Ready;
use std::io;
use std::time::Instant;

/// Gives what the kernel road has not delivered, then the source.
pub(super) struct Remainder {
    before: Undelivered,
    source: Box<dyn Source>,
}

impl Remainder {
    pub(super) fn new(before: Undelivered, source: Box<dyn Source>) -> Self {
        Self { before, source }
    }
}

impl Source for Remainder {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let Some((pipe, left)) = self.before.in_pipes.front_mut() else {
            return match self.before.source_error.take() {
                Some(error) => Err(error),
                None => self.source.read(buf),
            };
        };
        let most = usize::try_from(*left).map_or(buf.len(), |left| buf.len().min(left));
        let n = rustix::io::read(&*pipe, &mut buf[..most])?;
        *left = left.saturating_sub(n as u64);
        if *left == 0 {
            self.before.in_pipes.pop_front();
        }
        Ok(n)
    }

    fn ready(&self) -> Ready<'_> {
        if self.before.in_pipes.is_empty() {
            self.source.ready()
        } else {
            Ready::At(Instant::now())
        }
    }

    fn part(&self) -> usize {
        self.source.part()
    }

    fn leave(&mut self) -> io::Result<Option<Instant>> {
        self.source.leave()
    }

    fn close(self: Box<Self>) {
        self.source.close();
    }
}
