//! What is left of a source when the kernel road hands over to the buffered one: bytes that are in a pipe of ours
//! already, and the rest of the source.

use crate::endpoint::Source;
use crate::engine::wait::Ready;
use std::io;
use std::os::fd::OwnedFd;
use std::time::Instant;

/// Gives the bytes in the pipe, then the source, or the error with which the source has failed already.
pub(super) struct Remainder {
    in_pipe: Option<(OwnedFd, u64)>,
    source: Box<dyn Source>,
    failure: Option<io::Error>,
}

impl Remainder {
    pub(super) fn new(
        in_pipe: Option<(OwnedFd, u64)>,
        source: Box<dyn Source>,
        failure: Option<io::Error>,
    ) -> Self {
        Self {
            in_pipe,
            source,
            failure,
        }
    }
}

impl Source for Remainder {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let Some((pipe, left)) = &mut self.in_pipe else {
            return match self.failure.take() {
                Some(error) => Err(error),
                None => self.source.read(buf),
            };
        };
        let most = usize::try_from(*left).map_or(buf.len(), |left| buf.len().min(left));
        let n = rustix::io::read(pipe, &mut buf[..most])?;
        *left = left.saturating_sub(n as u64);
        if *left == 0 {
            self.in_pipe = None;
        }
        Ok(n)
    }

    fn ready(&self) -> Ready<'_> {
        match self.in_pipe {
            Some(_) => Ready::At(Instant::now()),
            None => self.source.ready(),
        }
    }

    fn close(self: Box<Self>) {
        self.source.close();
    }
}
