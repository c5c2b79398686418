//! `zero:` and `random:`: sources that make their bytes, to rehearse a pipeline.

use super::path::SEEKING;
use super::stdio::no_rest;
use super::{
    Announce, EndPlan, EndStatus, KernelSource, Kind, Opening, OptionSpec, Prepared,
    PreparedSource, Preview, Probe, Raw, Slashes, Source, SourceFacts, SourcePlan, Unfit,
    ValueKind,
};
use crate::endpoint::uri::Rest;
use crate::engine::wait::Ready;
use crate::error::Side;
use crate::platform::{self, FdAt};
use crate::text::words::bytes_exactly;
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng, SeedableRng};
use rustix::fs::{SeekFrom, seek};
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Instant;

const SIZE: OptionSpec = OptionSpec {
    name: "size",
    value: ValueKind::SizeOrZero,
    only: None,
    default: "endless",
    help: "stop after SIZE bytes",
};

/// `zero:`.
pub(super) const ZERO: Kind = Kind {
    scheme: "zero",
    form: "zero:",
    slashes: Slashes::Forbidden,
    rest: Rest::Decoded,
    summary: "zero bytes without end, as /dev/zero",
    options: &[SIZE],
    source: Some(|uri, options, _| {
        no_rest(uri, "zero:")?;
        Ok(Box::new(PatternPlan {
            size: options.number("size"),
            what: Bytes::Zeros,
        }))
    }),
    sink: None,
    peer: None,
};

/// `random:`.
pub(super) const RANDOM: Kind = Kind {
    scheme: "random",
    form: "random:",
    slashes: Slashes::Forbidden,
    rest: Rest::Decoded,
    summary: "random bytes for tests, not for secrets",
    options: &[
        SIZE,
        OptionSpec {
            name: "seed",
            value: ValueKind::Count,
            only: None,
            default: "",
            help: "make the same bytes each time for the same N (xoshiro256++)",
        },
    ],
    source: Some(|uri, options, _| {
        no_rest(uri, "random:")?;
        Ok(Box::new(PatternPlan {
            size: options.number("size"),
            what: Bytes::Random {
                seed: options.number("seed"),
            },
        }))
    }),
    sink: None,
    peer: None,
};

/// A source that is to make its bytes.
struct PatternPlan {
    /// How many; `None`: they have no end.
    size: Option<u64>,
    what: Bytes,
}

/// Which bytes are made.
#[derive(Debug, Clone, Copy)]
enum Bytes {
    Zeros,
    /// Random ones, the same for the same seed, or others each time.
    Random {
        seed: Option<u64>,
    },
}

impl PatternPlan {
    /// A file of zeros, if they are zeros and the system has one. Without it they are written into a buffer.
    fn file(&self) -> Option<OwnedFd> {
        let bytes = self.size.unwrap_or(u64::MAX);
        match self.what {
            Bytes::Zeros => platform::zeros(bytes).ok(),
            Bytes::Random { .. } => None,
        }
    }

    fn generator(&self) -> Option<RandomBytes> {
        match self.what {
            Bytes::Zeros => None,
            Bytes::Random { seed } => {
                // The hasher's keys are the standard library's own randomness from the system.
                let seed = seed.unwrap_or_else(|| RandomState::new().hash_one(()));
                Some(RandomBytes::new(seed))
            }
        }
    }
}

/// A source that makes its bytes, without end or so many.
struct Pattern {
    /// How many are left; `None`: they have no end.
    left: Option<u64>,
    random: Option<RandomBytes>,
    /// A file of zeros, from which the kernel moves them.
    zeros: Option<OwnedFd>,
}

/// Why the kernel cannot move them.
const MADE: Unfit = "its bytes are made by this program";

impl EndPlan for PatternPlan {
    fn preview(&self, _: Side) -> Preview {
        let what = match self.what {
            Bytes::Random { .. } => "random bytes",
            Bytes::Zeros => "zeros",
        };
        let (parsed, ending) = match self.size {
            Some(size) => {
                let all = bytes_exactly(size);
                (format!("{what}, {all} of them"), format!("after {all}"))
            }
            None => (format!("{what} without end"), "never".to_owned()),
        };
        let has_file = self.file().is_some();
        Preview {
            raw: if has_file { Ok(Raw::File) } else { Err(MADE) },
            size: self.size.ok_or("it has no end"),
            skips: has_file.then_some(SEEKING),
            opening: has_file.then(|| "as a file of zeros that takes up no memory".to_owned()),
            ..Preview::new(parsed, ending)
        }
    }
}

impl SourcePlan for PatternPlan {
    fn prepare<'a>(&'a self, _: &'a dyn Announce) -> Opening<'a, PreparedSource<'a>> {
        let pattern = Pattern {
            left: self.size,
            random: self.generator(),
            zeros: self.file(),
        };
        let open = async { Ok(Box::new(pattern) as Box<dyn Source>) };
        Box::pin(async { Ok(Prepared::new(None, open)) })
    }
}

impl Source for Pattern {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let left = self.left.map_or(usize::MAX, |left| {
            usize::try_from(left).unwrap_or(usize::MAX)
        });
        let n = buf.len().min(left);
        match &mut self.random {
            Some(random) => random.fill(&mut buf[..n]),
            None => buf[..n].fill(0),
        }
        self.left = self.left.map(|left| left - n as u64);
        Ok(n)
    }

    fn ready(&self) -> Ready<'_> {
        Ready::At(Instant::now())
    }

    fn facts(&self) -> SourceFacts {
        SourceFacts {
            size: self.left,
            probe: match self.zeros {
                Some(_) => Probe::Known(EndStatus::File),
                None => Probe::Nothing,
            },
            ..SourceFacts::default()
        }
    }

    fn seek_ahead(&mut self, n: u64) -> io::Result<u64> {
        // Endless zeros are the same at every offset.
        let (Some(zeros), Some(left)) = (&self.zeros, self.left) else {
            return Ok(if self.zeros.is_some() { n } else { 0 });
        };
        let n = n.min(left);
        let ahead = i64::try_from(n).map_err(|_| io::ErrorKind::InvalidInput)?;
        seek(zeros, SeekFrom::Current(ahead))?;
        self.moved(n);
        Ok(n)
    }

    fn kernel(&mut self) -> Result<(Raw, &mut dyn KernelSource), Unfit> {
        match self.zeros {
            Some(_) => Ok((Raw::File, self)),
            None => Err(MADE),
        }
    }
}

impl KernelSource for Pattern {
    fn at(&self) -> Option<FdAt<'_>> {
        self.zeros.as_ref().map(|file| file.as_fd().into())
    }

    /// The file may be longer than what is left: bytes that were read without it have not moved its position.
    fn claim(&mut self, most: u64) -> io::Result<u64> {
        Ok(most.min(self.left.unwrap_or(most)))
    }

    fn moved(&mut self, n: u64) {
        self.left = self.left.map(|left| left.saturating_sub(n));
    }
}

/// Random bytes: the same sequence for the same seed, whatever the sizes of the reads.
struct RandomBytes {
    generator: Xoshiro256PlusPlus,
    word: [u8; 8],
    /// Bytes of `word` that were handed out.
    used: usize,
}

impl RandomBytes {
    fn new(seed: u64) -> Self {
        Self {
            generator: Xoshiro256PlusPlus::seed_from_u64(seed),
            word: [0; 8],
            used: 8,
        }
    }

    fn fill(&mut self, buf: &mut [u8]) {
        let started = buf.len().min(8 - self.used);
        buf[..started].copy_from_slice(&self.word[self.used..self.used + started]);
        self.used += started;
        let mut words = buf[started..].chunks_exact_mut(8);
        for word in &mut words {
            word.copy_from_slice(&self.generator.next_u64().to_le_bytes());
        }
        let rest = words.into_remainder();
        if !rest.is_empty() {
            self.word = self.generator.next_u64().to_le_bytes();
            rest.copy_from_slice(&self.word[..rest.len()]);
            self.used = rest.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RandomBytes;

    #[test]
    fn a_seed_gives_the_same_bytes_whatever_the_sizes_of_the_reads() {
        let mut whole = [0; 1000];
        RandomBytes::new(7).fill(&mut whole);
        let mut pieces = [0; 1000];
        let mut generator = RandomBytes::new(7);
        let mut at = 0;
        for n in [1, 2, 3, 8, 9, 16, 1, 60, 900] {
            generator.fill(&mut pieces[at..at + n]);
            at += n;
        }
        assert_eq!((at, pieces), (1000, whole));
    }
}
