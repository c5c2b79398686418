//! `null:`: a sink that discards all bytes, at a limited rate or with a stall if asked, to rehearse a pipeline.

use super::descriptor;
use super::named_file::NamedFile;
use super::stdio::no_rest;
use super::{
    Announce, Delivered, EndPlan, Finish, KernelSink, Kind, Opening, OptionSpec, Prepared,
    PreparedSink, Preview, Raw, Sink, SinkFacts, SinkPlan, Slashes, Unfit, ValueKind,
};
use crate::endpoint::uri::Rest;
use crate::engine::wait::Ready;
use crate::error::Side;
use crate::platform::FdAt;
use rustix::fs::OFlags;
use std::io::{self, IoSlice};
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::time::{Duration, Instant};

/// `null:`.
pub(super) const KIND: Kind = Kind {
    scheme: "null",
    form: "null:",
    slashes: Slashes::Forbidden,
    rest: Rest::Decoded,
    summary: "discards bytes, or plays a slow reader",
    options: &[
        OptionSpec {
            name: "rate",
            value: ValueKind::Size,
            only: None,
            default: "",
            help: "take at most SIZE bytes a second",
        },
        OptionSpec {
            name: "stall",
            value: ValueKind::SizeAndDuration,
            only: None,
            default: "",
            help: "take SIZE bytes, then nothing for D, then the rest",
        },
    ],
    source: None,
    sink: Some(|uri, options, _| {
        no_rest(uri, "null:")?;
        Ok(Box::new(Pace {
            rate: options.number("rate"),
            stall: options.size_and_duration("stall"),
        }))
    }),
    peer: None,
};

/// How fast bytes are to be discarded: the plan of this end.
#[derive(Debug, Clone, Copy)]
struct Pace {
    /// How many in a second.
    rate: Option<u64>,
    /// After how many bytes nothing more is taken, for how long.
    stall: Option<(u64, Duration)>,
}

impl Pace {
    fn is_limited(self) -> bool {
        self.rate.is_some() || self.stall.is_some()
    }
}

/// Discards all bytes.
struct Null {
    /// What is left of the pace: a stall is over once it has been.
    pace: Pace,
    taken: u64,
    busy_until: Option<Instant>,
    /// When the bytes granted last began to be taken.
    granted_from: Option<Instant>,
    /// /dev/null, to which the kernel moves the bytes.
    device: Option<OwnedFd>,
}

impl Null {
    fn new(pace: Pace) -> Self {
        Self {
            pace,
            taken: 0,
            busy_until: None,
            granted_from: None,
            device: None,
        }
    }

    /// The most one write takes now: a 10 ms grain of the rate, and not past the stall.
    fn most_at_once(&self) -> u64 {
        let grain = self.pace.rate.map_or(u64::MAX, |rate| (rate / 100).max(1));
        let stall = self.pace.stall;
        let before_stall = stall.map_or(u64::MAX, |(after, _)| after - self.taken);
        grain.min(before_stall)
    }

    /// Starts the stall if it is due now.
    fn stall_if_due(&mut self) {
        let stall = &mut self.pace.stall;
        if let Some((_, pause)) = stall.take_if(|(after, _)| *after <= self.taken) {
            let from = self.busy_until.unwrap_or_else(Instant::now);
            self.busy_until = Some(from + pause);
        }
    }

    /// When the next bytes begin to be taken: when the last were done, if the writer has waited for that, and now otherwise,
    /// so that idle time does not count. `None`: the last are not done yet.
    fn accepts_from(&mut self) -> Option<Instant> {
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

/// The device that the kernel moves bytes to.
const DEVICE: &str = "/dev/null";

/// Why the kernel cannot move bytes here.
const NO_DEVICE: Unfit = "there is no /dev/null";

impl EndPlan for Pace {
    fn preview(&self, _: Side) -> Preview {
        let device = NamedFile::at(Path::new(DEVICE)).ok().flatten();
        let ending = if self.is_limited() {
            "once it has taken every byte (written), at its own speed"
        } else {
            "once it has taken every byte (written)"
        };
        Preview {
            raw: device.map_or(Err(NO_DEVICE), |it| it.facts.raw(false)),
            is_paced: self.is_limited(),
            ..Preview::new("discards every byte", ending)
        }
    }
}

impl SinkPlan for Pace {
    fn prepare<'a>(&'a self, _: &'a dyn Announce) -> Opening<'a, PreparedSink<'a>> {
        let mut null = Null::new(*self);
        // Without the device the bytes are discarded by `write`.
        null.device = descriptor::open(Path::new(DEVICE), OFlags::WRONLY).ok();
        let open = async { Ok(Box::new(null) as Box<dyn Sink>) };
        Box::pin(async { Ok(Prepared::new(None, open)) })
    }
}

impl Sink for Null {
    fn write(&mut self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        let all = bufs.iter().map(|buf| buf.len()).sum::<usize>();
        let n = self.grant(all as u64)?;
        self.moved(n);
        Ok(usize::try_from(n).unwrap_or(all))
    }

    fn facts(&self) -> SinkFacts {
        SinkFacts {
            is_paced: self.pace.is_limited(),
            ..SinkFacts::default()
        }
    }

    fn kernel(&mut self) -> Result<(Raw, &mut dyn KernelSink), Unfit> {
        match self.device {
            Some(_) => Ok((Raw::Null, self)),
            None => Err(NO_DEVICE),
        }
    }

    fn ready(&self) -> Ready<'_> {
        Ready::At(self.busy_until.unwrap_or_else(Instant::now))
    }

    fn finish(&mut self) -> io::Result<Finish<'_>> {
        // The last bytes take as long as the rate says, too.
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

impl KernelSink for Null {
    fn at(&self) -> Option<FdAt<'_>> {
        self.device.as_ref().map(|device| device.as_fd().into())
    }

    fn grant(&mut self, most: u64) -> io::Result<u64> {
        if !self.pace.is_limited() && self.busy_until.is_none() {
            return Ok(most);
        }
        self.stall_if_due();
        self.granted_from = self.accepts_from();
        if self.granted_from.is_none() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        Ok(most.min(self.most_at_once()))
    }

    fn moved(&mut self, n: u64) {
        self.taken += n;
        if let (Some(rate), Some(from)) = (self.pace.rate, self.granted_from) {
            self.busy_until = Some(from + time_for(n, rate));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Null, Pace};
    use crate::endpoint::Sink;
    use std::io::IoSlice;
    use std::time::Duration;

    fn null(rate: Option<u64>, stall: Option<(u64, Duration)>) -> Null {
        Null::new(Pace { rate, stall })
    }

    #[test]
    fn a_rate_takes_one_grain_and_then_says_not_now() {
        let mut null = null(Some(100_000), None);
        let data = [0; 5000];
        assert_eq!(null.write(&[IoSlice::new(&data)]).ok(), Some(1000));
        assert!(null.write(&[IoSlice::new(&data)]).is_err());
    }

    #[test]
    fn a_stall_comes_once_after_the_bytes_before_it() {
        let mut null = null(None, Some((10, Duration::ZERO)));
        let data = [0; 64];
        assert_eq!(null.write(&[IoSlice::new(&data)]).ok(), Some(10));
        assert_eq!(null.write(&[IoSlice::new(&data)]).ok(), Some(64));
    }
}
