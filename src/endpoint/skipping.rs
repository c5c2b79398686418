//! A source whose bytes are zeros where it cannot be read (`--skip-errors`), and what these places are.

use super::{KernelSource, Raw, Source, SourceFacts, Unfit};
use crate::endpoint::pipe::NeighbourPipe;
use crate::engine::wait::Ready;
use crate::error::reason;
use crate::platform::sync::Lock;
use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::time::Instant;

/// How many places are told one by one. A disk that is broken everywhere must not fill the memory with them.
const MOST_TOLD: usize = 1000;

/// The places of sources that could not be read, as they are met.
#[derive(Debug, Default)]
pub struct Unreadable(Lock<Gaps>);

/// The places that could not be read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Gaps {
    /// The first of them, in the order in which they were met.
    pub first: Vec<Gap>,
    /// The last one, if it is not among the first.
    last: Option<Gap>,
    /// How many there are in all.
    pub count: u64,
    /// How many bytes all of them have.
    pub bytes: u64,
}

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
    /// What is known of them now.
    #[must_use]
    pub fn gaps(&self) -> Gaps {
        self.0.lock().clone()
    }
}

impl Gaps {
    /// Adds a place; one that goes on where the last one ends belongs to it.
    fn add(&mut self, gap: Gap) {
        self.bytes += gap.bytes;
        match self.last.as_mut().or(self.first.last_mut()) {
            Some(last) if last.is_followed_by(&gap) => last.bytes += gap.bytes,
            _ => {
                self.count += 1;
                if self.first.len() < MOST_TOLD {
                    self.first.push(gap);
                } else {
                    self.last = Some(gap);
                }
            }
        }
    }

    /// How many there are beside the first ones, and their bytes.
    #[must_use]
    pub fn others(&self) -> (u64, u64) {
        let bytes: u64 = self.first.iter().map(|gap| gap.bytes).sum();
        (self.count - self.first.len() as u64, self.bytes - bytes)
    }
}

impl Gap {
    fn is_followed_by(&self, other: &Gap) -> bool {
        self.part == other.part && self.at + self.bytes == other.at && self.why == other.why
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
    /// The source, this one of several, with zeros where it cannot be read, if blocks of so many bytes are to be given up and it is a
    /// file or a device: a connection that was reset, or a command that failed, says "end" when it is read once more, and would look
    /// whole.
    #[must_use]
    pub fn over(
        mut source: Box<dyn Source>,
        part: usize,
        block: Option<u64>,
        unreadable: &Arc<Unreadable>,
    ) -> Box<dyn Source> {
        let is_file = matches!(source.kernel(), Ok((Raw::File, _)));
        match block.filter(|_| is_file) {
            Some(block) => Box::new(Self::new(source, part, block, Arc::clone(unreadable))),
            None => source,
        }
    }

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
        self.unreadable.0.lock().add(Gap {
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

    fn size_is_checked(&mut self, left: Option<u64>) {
        self.source.size_is_checked(left);
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
    use super::{Gap, MOST_TOLD, Skipping, Unreadable};
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
            prop_assert_eq!(unreadable.gaps().bytes, zeros as u64);
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
        assert_eq!(unreadable.gaps().first, [gap(16, 32), gap(70, 10)]);
    }

    #[test]
    fn a_disk_that_is_broken_everywhere_takes_no_more_memory_than_for_the_first_places() {
        let broken = (0..5000).map(|n| 20 * n..20 * n + 1);
        let disk = Disk {
            at: 0,
            size: 100_000,
            broken: broken.collect(),
            seeks: true,
        };
        let unreadable = Arc::new(Unreadable::default());
        let mut source = Skipping::new(Box::new(disk), 0, 10, Arc::clone(&unreadable));
        read_all(&mut source, 100).unwrap();
        let gaps = unreadable.gaps();
        assert_eq!((gaps.count, gaps.bytes), (5000, 50_000));
        assert_eq!(gaps.first.len(), MOST_TOLD);
        assert_eq!(gaps.others(), (4000, 40_000));
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
