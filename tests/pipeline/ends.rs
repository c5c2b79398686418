//! Hostile ends: pieces of any size, "not now" at any time, an error at any byte; or nothing at all.

use crate::hostile::{Act, Script, data};
use std::io::{self, IoSlice};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tidegate::endpoint::{Delivered, Finish, Sink, Source};
use tidegate::engine::pipeline::{Handle, Options, Pipeline};
use tidegate::engine::road::{Reason, Road};
use tidegate::engine::wait::Ready;

/// Starts a pipeline between these ends on the buffered road.
pub(crate) fn start(
    source: impl Source + 'static,
    sink: impl Sink + 'static,
    options: Options,
) -> Handle {
    let pipeline = Pipeline::new(Box::new(source), Box::new(sink), options).unwrap();
    pipeline.start(Road::Buffered(Reason::Asked)).unwrap()
}

/// What the ends know of each other: how much is under way.
pub(crate) struct UnderWay {
    pub(crate) given: AtomicU64,
    /// What each sink has taken; of one that has failed, more than there is.
    pub(crate) taken: Vec<AtomicU64>,
}

impl UnderWay {
    /// Nothing yet, to so many sinks.
    pub(crate) fn to(sinks: usize) -> Self {
        Self {
            given: AtomicU64::new(0),
            taken: (0..sinks).map(|_| AtomicU64::new(0)).collect(),
        }
    }

    /// What the slowest sink has taken.
    pub(crate) fn taken_by_all(&self) -> u64 {
        let taken = self.taken.iter().map(|it| it.load(Ordering::SeqCst));
        taken.min().unwrap()
    }
}

impl Default for UnderWay {
    fn default() -> Self {
        Self::to(1)
    }
}

pub(crate) struct HostileSource {
    pub(crate) data: Vec<u8>,
    pub(crate) at: usize,
    pub(crate) fails_at: Option<usize>,
    pub(crate) script: Script,
    pub(crate) ended: bool,
    pub(crate) under_way: Arc<UnderWay>,
    pub(crate) bound: u64,
}

impl Source for HostileSource {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        assert!(!buf.is_empty(), "read into nothing");
        assert!(!self.ended, "read after the end of input");
        let n = self.script.next(buf.len())?;
        let until = self
            .fails_at
            .unwrap_or(self.data.len())
            .min(self.data.len());
        if self.at >= until && self.fails_at.is_some() {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        let n = n.min(until - self.at);
        buf[..n].copy_from_slice(&self.data[self.at..self.at + n]);
        self.at += n;
        self.ended = n == 0;
        let given = self.under_way.given.fetch_add(n as u64, Ordering::SeqCst) + n as u64;
        let held = given.saturating_sub(self.under_way.taken_by_all());
        assert!(
            held <= self.bound,
            "{held} bytes held, the marks allow {}",
            self.bound
        );
        Ok(n)
    }

    fn ready(&self) -> Ready<'_> {
        Ready::At(Instant::now())
    }
}

impl HostileSource {
    /// One that gives so many bytes, as the script has it.
    pub(crate) fn new(len: usize, acts: Vec<Act>) -> Self {
        Self {
            data: data(len),
            at: 0,
            fails_at: None,
            script: Script::new(acts),
            ended: false,
            under_way: Arc::default(),
            bound: u64::MAX,
        }
    }
}

pub(crate) struct HostileSink {
    pub(crate) id: usize,
    pub(crate) got: Arc<Mutex<Vec<u8>>>,
    pub(crate) fails_at: Option<usize>,
    pub(crate) script: Script,
    pub(crate) steps_to_finish: u32,
    pub(crate) finished: bool,
    pub(crate) under_way: Arc<UnderWay>,
}

impl HostileSink {
    /// One that takes what the script has it take.
    pub(crate) fn new(got: &Arc<Mutex<Vec<u8>>>, acts: Vec<Act>) -> Self {
        Self {
            id: 0,
            got: Arc::clone(got),
            fails_at: None,
            script: Script::new(acts),
            steps_to_finish: 3,
            finished: false,
            under_way: Arc::default(),
        }
    }
}

impl Sink for HostileSink {
    fn write(&mut self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        assert!(!self.finished, "written to after the end");
        let offered: usize = bufs.iter().map(|buf| buf.len()).sum();
        assert!(offered > 0, "wrote nothing");
        let n = self.script.next(offered)?;
        let mut got = self.got.lock().unwrap();
        let n = n.min(self.fails_at.map_or(n, |at| at - got.len()));
        if n == 0 {
            self.under_way.taken[self.id].store(u64::MAX, Ordering::SeqCst);
            return Err(io::ErrorKind::StorageFull.into());
        }
        // Counted first: the source may look in between, and must not see less taken than was.
        self.under_way.taken[self.id].fetch_add(n as u64, Ordering::SeqCst);
        let mut left = n;
        for buf in bufs {
            let taken = left.min(buf.len());
            got.extend_from_slice(&buf[..taken]);
            left -= taken;
        }
        Ok(n)
    }

    fn ready(&self) -> Ready<'_> {
        Ready::At(Instant::now())
    }

    fn finish(&mut self) -> io::Result<Finish<'_>> {
        self.finished = true;
        if self.steps_to_finish == 0 {
            return Ok(Finish::Done(Delivered::Written));
        }
        self.steps_to_finish -= 1;
        Ok(Finish::Wait {
            ready: None,
            until: Instant::now(),
            moved: true,
            peer: true,
        })
    }
}

/// A source that gives nothing, and does not end.
pub(crate) struct Silent;

impl Source for Silent {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::ErrorKind::WouldBlock.into())
    }

    fn ready(&self) -> Ready<'_> {
        Ready::At(Instant::now() + Duration::from_secs(3600))
    }
}

/// A sink that takes nothing.
pub(crate) struct Full;

impl Sink for Full {
    fn write(&mut self, _: &[IoSlice<'_>]) -> io::Result<usize> {
        Err(io::ErrorKind::WouldBlock.into())
    }

    fn ready(&self) -> Ready<'_> {
        Ready::At(Instant::now() + Duration::from_secs(3600))
    }

    fn finish(&mut self) -> io::Result<Finish<'_>> {
        Ok(Finish::Done(Delivered::Written))
    }
}
