//! Ends without a system behind them: `zero:` and `random:` produce, `null:` swallows. They rehearse a pipeline.

use super::descriptor;
use super::stdio::no_rest;
use super::{
    Delivered, EndPlan, Finish, Kind, Opening, OptionSpec, Raw, Sink, SinkPlan, Slashes, Source,
    SourcePlan, Unfit, ValueKind,
};
use crate::platform;
use crate::wait::Ready;
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng, SeedableRng};
use rustix::fs::{OFlags, SeekFrom, seek};
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::io::{self, IoSlice};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::time::{Duration, Instant};

const SIZE: OptionSpec = OptionSpec {
    name: "size",
    value: ValueKind::SizeOrZero,
    only: None,
    default: "endless",
    help: "end after so many bytes",
};

/// `zero:`.
pub(super) const ZERO: Kind = Kind {
    scheme: "zero",
    form: "zero:",
    slashes: Slashes::Forbidden,
    summary: "zero bytes",
    options: &[SIZE],
    source: Some(|uri, options| {
        no_rest(uri, "zero:")?;
        Ok(Box::new(Pattern {
            left: options.number("size"),
            random: None,
            zeros: None,
        }))
    }),
    sink: None,
};

/// `random:`.
pub(super) const RANDOM: Kind = Kind {
    scheme: "random",
    form: "random:",
    slashes: Slashes::Forbidden,
    summary: "random bytes, not for secrets",
    options: &[
        SIZE,
        OptionSpec {
            name: "seed",
            value: ValueKind::Count,
            only: None,
            default: "",
            help: "the same bytes for the same N (xoshiro256++)",
        },
    ],
    source: Some(|uri, options| {
        no_rest(uri, "random:")?;
        // The hasher's keys are the standard library's own randomness from the system.
        let seed = options
            .number("seed")
            .unwrap_or_else(|| RandomState::new().hash_one(()));
        Ok(Box::new(Pattern {
            left: options.number("size"),
            random: Some(RandomBytes::new(seed)),
            zeros: None,
        }))
    }),
    sink: None,
};

/// `null:`.
pub(super) const NULL: Kind = Kind {
    scheme: "null",
    form: "null:",
    slashes: Slashes::Forbidden,
    summary: "discards; rehearses a slow reader",
    options: &[
        OptionSpec {
            name: "rate",
            value: ValueKind::Size,
            only: None,
            default: "",
            help: "take so many bytes a second, 10 ms' worth at a time",
        },
        OptionSpec {
            name: "stall",
            value: ValueKind::SizeAndDuration,
            only: None,
            default: "",
            help: "stop once for D after SIZE bytes",
        },
    ],
    source: None,
    sink: Some(|uri, options| {
        no_rest(uri, "null:")?;
        Ok(Box::new(Null::new(
            options.number("rate"),
            options.size_and_duration("stall"),
        )))
    }),
};

/// Endless bytes, or so many.
struct Pattern {
    left: Option<u64>,
    random: Option<RandomBytes>,
    /// The zeros in a file, from which the kernel can take them.
    zeros: Option<OwnedFd>,
}

impl EndPlan for Pattern {}

impl SourcePlan for Pattern {
    fn open(mut self: Box<Self>) -> Opening<'static, Box<dyn Source>> {
        if self.random.is_none() {
            // Without it they are written into our own memory.
            self.zeros = platform::zeros(self.left.unwrap_or(u64::MAX)).ok();
        }
        Box::pin(async { Ok(self as Box<dyn Source>) })
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

    fn size(&self) -> Option<u64> {
        self.left
    }

    fn seek_ahead(&mut self, n: u64) -> io::Result<u64> {
        // Endless zeros look alike wherever one starts.
        let (Some(zeros), Some(left)) = (&self.zeros, self.left) else {
            return Ok(if self.zeros.is_some() { n } else { 0 });
        };
        let n = n.min(left);
        let ahead = i64::try_from(n).map_err(|_| io::ErrorKind::InvalidInput)?;
        seek(zeros, SeekFrom::Current(ahead))?;
        self.moved(n);
        Ok(n)
    }

    fn raw(&self) -> Result<Raw, Unfit> {
        match self.zeros {
            Some(_) => Ok(Raw::File),
            None => Err("its bytes are made by this program"),
        }
    }

    fn raw_fd(&self) -> Option<BorrowedFd<'_>> {
        self.zeros.as_ref().map(AsFd::as_fd)
    }

    fn moved(&mut self, n: u64) {
        self.left = self.left.map(|left| left.saturating_sub(n));
    }
}

/// The same sequence of bytes whatever the sizes of the reads.
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

/// Takes everything, at a rate or with a stall if asked.
struct Null {
    rate: Option<u64>,
    stall: Option<(u64, Duration)>,
    taken: u64,
    busy_until: Option<Instant>,
    /// The moment from which what was granted last counts.
    from: Option<Instant>,
    /// Where the kernel may leave the bytes.
    device: Option<OwnedFd>,
}

impl Null {
    fn new(rate: Option<u64>, stall: Option<(u64, Duration)>) -> Self {
        Self {
            rate,
            stall,
            taken: 0,
            busy_until: None,
            from: None,
            device: None,
        }
    }

    /// The most one write takes now: a 10 ms grain of the rate, and not past the stall.
    fn most(&self) -> u64 {
        let grain = self.rate.map_or(u64::MAX, |rate| (rate / 100).max(1));
        let before_stall = self.stall.map_or(u64::MAX, |(after, _)| after - self.taken);
        grain.min(before_stall)
    }

    /// Starts the stall if it is due now.
    fn stall_if_due(&mut self) {
        if let Some((_, pause)) = self.stall.take_if(|(after, _)| *after <= self.taken) {
            let from = self.busy_until.unwrap_or_else(Instant::now);
            self.busy_until = Some(from + pause);
        }
    }

    /// The moment from which the next bytes count: when we were ready for them if somebody waited for that, and
    /// now otherwise, so that nothing is credited for idle time.
    fn accept_from(&mut self) -> Option<Instant> {
        let now = Instant::now();
        match self.busy_until.take() {
            Some(until) if until > now => {
                self.busy_until = Some(until);
                None
            }
            Some(until) if now - until < Duration::from_millis(2) => Some(until),
            _ => Some(now),
        }
    }
}

/// How long `bytes` take at `rate` bytes a second. A grain is 10 ms at most, or a single byte.
fn time_for(bytes: u64, rate: u64) -> Duration {
    let nanos = u128::from(bytes) * 1_000_000_000 / u128::from(rate);
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

impl EndPlan for Null {}

impl SinkPlan for Null {
    fn open(mut self: Box<Self>) -> Opening<'static, Box<dyn Sink>> {
        // Without it the bytes come to us.
        self.device = descriptor::open(Path::new("/dev/null"), OFlags::WRONLY).ok();
        Box::pin(async { Ok(self as Box<dyn Sink>) })
    }
}

impl Sink for Null {
    fn write(&mut self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        let all = bufs.iter().map(|buf| buf.len()).sum::<usize>();
        let n = self.grant(all as u64)?;
        self.moved(n);
        Ok(usize::try_from(n).unwrap_or(all))
    }

    fn grant(&mut self, most: u64) -> io::Result<u64> {
        if self.rate.is_none() && self.stall.is_none() && self.busy_until.is_none() {
            return Ok(most);
        }
        self.stall_if_due();
        self.from = self.accept_from();
        if self.from.is_none() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        Ok(most.min(self.most()))
    }

    fn moved(&mut self, n: u64) {
        self.taken += n;
        if let (Some(rate), Some(from)) = (self.rate, self.from) {
            self.busy_until = Some(from + time_for(n, rate));
        }
    }

    fn is_paced(&self) -> bool {
        self.rate.is_some() || self.stall.is_some()
    }

    fn raw(&self) -> Result<Raw, Unfit> {
        match self.device {
            Some(_) => Ok(Raw::Null),
            None => Err("there is no /dev/null"),
        }
    }

    fn raw_fd(&self) -> Option<BorrowedFd<'_>> {
        self.device.as_ref().map(AsFd::as_fd)
    }

    fn ready(&self) -> Ready<'_> {
        Ready::At(self.busy_until.unwrap_or_else(Instant::now))
    }

    fn finish(&mut self) -> io::Result<Finish<'_>> {
        // The last bytes take their time too.
        match self.busy_until {
            Some(until) if until > Instant::now() => Ok(Finish::Wait {
                ready: None,
                until,
                moved: false,
                peer: true,
            }),
            _ => Ok(Finish::Done(Delivered::Written)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Null, RandomBytes};
    use crate::endpoint::Sink;
    use std::io::IoSlice;
    use std::time::Duration;

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

    #[test]
    fn a_rate_takes_one_grain_and_then_says_not_now() {
        let mut null = Null::new(Some(100_000), None);
        let data = [0; 5000];
        assert_eq!(null.write(&[IoSlice::new(&data)]).ok(), Some(1000));
        assert!(null.write(&[IoSlice::new(&data)]).is_err());
    }

    #[test]
    fn a_stall_takes_what_stands_before_it_and_comes_once() {
        let mut null = Null::new(None, Some((10, Duration::ZERO)));
        let data = [0; 64];
        assert_eq!(null.write(&[IoSlice::new(&data)]).ok(), Some(10));
        assert_eq!(null.write(&[IoSlice::new(&data)]).ok(), Some(64));
    }
}
