//! A source whose bytes are zeros where it cannot be read (`--skip-errors`), and what these places are.

use super::{KernelSource, Raw, Source, SourceFacts, Unfit};
use crate::endpoint::pipe::NeighbourPipe;
use crate::engine::wait::Ready;
use crate::error::reason;
use crate::platform::sync::Lock;
use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::time::Instant;

/// The places of sources that could not be read.
#[derive(Debug, Default)]
pub struct Unreadable(Lock<Vec<Gap>>);

/// A place that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// Which of several sources it is in, counted from 0.
    pub part: usize,
    /// Where it begins, in bytes from where the source was opened.
    pub at: u64,
    /// How many bytes it has.
    pub bytes: u64,
    /// What the system says of it.
    pub why: String,
}

impl Unreadable {
    /// All of them, in the order in which they were met.
    #[must_use]
    pub fn gaps(&self) -> Vec<Gap> {
        self.0.lock().clone()
    }

    /// Adds a place; one that goes on where the last one ends belongs to it.
    fn add(&self, gap: Gap) {
        let mut gaps = self.0.lock();
        match gaps.last_mut() {
            Some(last)
                if last.part == gap.part
                    && last.at + last.bytes == gap.at
                    && last.why == gap.why =>
            {
                last.bytes += gap.bytes;
            }
            _ => gaps.push(gap),
        }
    }
}

/// A source of which unreadable blocks are left out, and zeros put in their place.
pub struct Skipping {
    source: Box<dyn Source>,
    /// Which of several sources it is, counted from 0.
    part: usize,
    /// The length of a block in bytes, at least 1.
    block: u64,
    /// Where it is, in bytes from where it was opened.
    at: u64,
    unreadable: Arc<Unreadable>,
}

impl Skipping {
    /// `source`, of which blocks of so many bytes are given up at a time.
    #[must_use]
    pub fn new(
        source: Box<dyn Source>,
        part: usize,
        block: u64,
        unreadable: Arc<Unreadable>,
    ) -> Self {
        Self {
            source,
            part,
            block: block.max(1),
            at: 0,
            unreadable,
        }
    }

    /// After a read that has failed: reads what may be left of the block in a smaller piece, or gives it up.
    fn read_block(&mut self, buf: &mut [u8], error: io::Error) -> io::Result<usize> {
        let left = self.block - self.at % self.block;
        let piece = usize::try_from(left).map_or(buf.len(), |left| left.min(buf.len()));
        let error = match self.source.read(&mut buf[..piece]) {
            Err(error) if is_of_the_medium(&error) => error,
            _ if piece == 0 => return Err(error),
            done => return done,
        };
        // What cannot be passed by seeking, as a pipe, or has no more bytes, has failed for good.
        let passed = self.source.seek_ahead(piece as u64)?;
        let n = usize::try_from(passed).map_or(0, |passed| passed.min(piece));
        if n == 0 {
            return Err(error);
        }
        buf[..n].fill(0);
        self.unreadable.add(Gap {
            part: self.part,
            at: self.at,
            bytes: passed,
            why: reason(&error),
        });
        Ok(n)
    }
}

/// Whether an error says that bytes cannot be read, and not that they are not there yet.
fn is_of_the_medium(error: &io::Error) -> bool {
    !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}

impl Source for Skipping {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = match self.source.read(buf) {
            Err(error) if is_of_the_medium(&error) => self.read_block(buf, error)?,
            done => done?,
        };
        self.at += n as u64;
        Ok(n)
    }

    fn ready(&self) -> Ready<'_> {
        self.source.ready()
    }

    fn pipe(&self) -> Option<&NeighbourPipe> {
        self.source.pipe()
    }

    fn facts(&self) -> SourceFacts {
        self.source.facts()
    }

    fn seek_ahead(&mut self, n: u64) -> io::Result<u64> {
        let passed = self.source.seek_ahead(n)?;
        self.at += passed;
        Ok(passed)
    }

    fn kernel(&mut self) -> Result<(Raw, &mut dyn KernelSource), Unfit> {
        Err("--skip-errors has to look at every read from it")
    }

    fn leave(&mut self) -> io::Result<Option<Instant>> {
        self.source.leave()
    }

    fn close(self: Box<Self>) {
        self.source.close();
    }
}

#[cfg(test)]
mod tests {
    use super::{Gap, Skipping, Unreadable};
    use crate::endpoint::Source;
    use crate::engine::wait::Ready;
    use proptest::prelude::*;
    use rustix::io::Errno;
    use std::io;
    use std::ops::Range;
    use std::sync::Arc;
    use std::time::Instant;

    /// A disk whose bytes are ones, but for places that cannot be read. A read stops before such a place.
    struct Disk {
        at: usize,
        size: usize,
        broken: Vec<Range<usize>>,
        seeks: bool,
    }

    impl Source for Disk {
        fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
            let is_broken = |at: usize| self.broken.iter().any(|it| it.contains(&at));
            let end = self.size.min(self.at + buf.len());
            let good = (self.at..end).take_while(|at| !is_broken(*at)).count();
            if good == 0 && self.at < end {
                return Err(Errno::IO.into());
            }
            buf[..good].fill(1);
            self.at += good;
            Ok(good)
        }

        fn ready(&self) -> Ready<'_> {
            Ready::At(Instant::now())
        }

        fn seek_ahead(&mut self, n: u64) -> io::Result<u64> {
            let n = usize::try_from(n).unwrap().min(self.size - self.at);
            let n = if self.seeks { n } else { 0 };
            self.at += n;
            Ok(n as u64)
        }
    }

    fn read_all(source: &mut Skipping, piece: usize) -> io::Result<Vec<u8>> {
        let (mut all, mut buf) = (Vec::new(), vec![9; piece]);
        loop {
            match source.read(&mut buf)? {
                0 => return Ok(all),
                n => all.extend_from_slice(&buf[..n]),
            }
        }
    }

    proptest! {
        #[test]
        fn every_byte_is_there_and_zeros_stand_for_blocks_that_have_something_broken(
            size in 0usize..400,
            broken in prop::collection::vec((0usize..400, 1usize..60), 0..4),
            block in 1u64..70,
            piece in 1usize..100,
        ) {
            let broken: Vec<_> = broken.iter().map(|(at, len)| *at..at + len).collect();
            let is_broken = |at: usize| broken.iter().any(|it| it.contains(&at));
            let disk = Disk { at: 0, size, broken: broken.clone(), seeks: true };
            let unreadable = Arc::new(Unreadable::default());
            let mut source = Skipping::new(Box::new(disk), 0, block, Arc::clone(&unreadable));
            let all = read_all(&mut source, piece).unwrap();
            prop_assert_eq!(all.len(), size);
            let block = usize::try_from(block).unwrap();
            for (at, byte) in all.iter().enumerate() {
                let around = at / block * block..(at / block + 1) * block;
                prop_assert!(!is_broken(at) || *byte == 0);
                prop_assert!(*byte == 1 || around.into_iter().any(is_broken), "{} is given up", at);
            }
            let zeros = all.len() - all.iter().map(|byte| usize::from(*byte)).sum::<usize>();
            let told: u64 = unreadable.gaps().iter().map(|gap| gap.bytes).sum();
            prop_assert_eq!(told, zeros as u64);
        }
    }

    #[test]
    fn places_that_join_are_one() {
        let disk = Disk {
            at: 0,
            size: 100,
            broken: vec![16..48, 70..71],
            seeks: true,
        };
        let unreadable = Arc::new(Unreadable::default());
        let mut source = Skipping::new(Box::new(disk), 2, 16, Arc::clone(&unreadable));
        read_all(&mut source, 100).unwrap();
        let gap = |at, bytes| Gap {
            part: 2,
            at,
            bytes,
            why: "Input/output error".to_owned(),
        };
        assert_eq!(unreadable.gaps(), [gap(16, 32), gap(70, 10)]);
    }

    #[test]
    fn what_cannot_seek_fails_as_ever() {
        let disk = Disk {
            at: 0,
            size: 100,
            broken: vec![16..48, 70..71],
            seeks: false,
        };
        let mut source = Skipping::new(Box::new(disk), 0, 16, Arc::default());
        let error = read_all(&mut source, 100).unwrap_err();
        assert_eq!(Errno::from_io_error(&error), Some(Errno::IO));
    }
}
