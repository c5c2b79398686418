//! A pipeline: a source, a sink and what stands between them, as one value. It owns no signals, no standard error and no plan:
//! a session, a test and a benchmark make one alike, and a process may run as many as it likes.

mod controls;
mod empty;
mod handle;
#[cfg(test)]
mod locks;

pub use crate::engine::road::{End, Event, GRACE};
pub use controls::{Controls, FixedMarks};
pub use empty::empty_snapshot;
pub use handle::Handle;

use crate::account::clock::Clock;
use crate::account::meter::Meter;
use crate::endpoint::{Sink, Source};
use crate::engine::gate::ConsumerId;
use crate::engine::limit::Limit;
use crate::engine::link::{Chain, Marks};
use crate::engine::road::{
    self, FlowOptions, Impossible, Job, Leftovers, Preference, Progress, Road, Shared, TeeRoad,
    WriterStage, buffered, forked, kernel,
};
use crate::error::reason;
use crate::platform::sync::Lock;
use crate::transform::Made;
use std::fmt;
use std::io;
use std::sync::Arc;

/// What a pipeline is made with, beside its ends.
#[derive(Debug, Default)]
pub struct Options {
    /// The sinks after the first one, which get the same bytes.
    pub more_sinks: Vec<MoreSink>,
    /// The mark of the writable of the first sink, in bytes, where it is not that of every link.
    pub sink_mark: Option<u64>,
    /// The marks of every link.
    pub marks: Marks,
    /// How many bytes are moved, and in which pieces.
    pub flow: FlowOptions,
    /// What the bytes pass in this order, each with the name by which it is shown.
    pub transforms: Vec<(&'static str, Made)>,
    /// The most that may leave for the sink, in bytes a second. `None`: as fast as it goes.
    pub rate: Option<u64>,
    /// The credit that may build up for that, in bytes.
    pub burst: u64,
    /// Whether nothing may leave until it is let go ([`Controls::hold`]).
    pub is_held: bool,
    /// Whether it is recorded what happens when ([`Meter::recording`]).
    pub is_recorded: bool,
    /// The clock that everything is booked by. It may have run for a while.
    pub clock: Arc<Clock>,
}

/// A sink beside the first one.
pub struct MoreSink {
    /// The open end.
    pub sink: Box<dyn Sink>,
    /// The mark of its writable, in bytes, where it is not that of every link.
    pub mark: Option<u64>,
}

impl fmt::Debug for MoreSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MoreSink")
            .field("mark", &self.mark)
            .finish_non_exhaustive()
    }
}

/// A source, a sink and what stands between them, before the first byte moves.
///
/// ```
/// use std::io::{self, IoSlice, Write};
/// use std::sync::{Arc, Mutex};
/// use std::time::Instant;
/// use tidegate::endpoint::{Delivered, Finish, Sink, Source};
/// use tidegate::engine::link::Marks;
/// use tidegate::engine::pipeline::{Options, Pipeline};
/// use tidegate::engine::road::Preference;
/// use tidegate::engine::wait::Ready;
///
/// /// Gives what is in memory, and is never waited for.
/// struct Memory(&'static [u8]);
///
/// impl Source for Memory {
///     fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
///         io::Read::read(&mut self.0, buf)
///     }
///     fn ready(&self) -> Ready<'_> {
///         Ready::At(Instant::now())
///     }
/// }
///
/// /// Keeps everything.
/// struct Keep(Arc<Mutex<Vec<u8>>>);
///
/// impl Sink for Keep {
///     fn write(&mut self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
///         self.0.lock().unwrap().write_vectored(bufs)
///     }
///     fn ready(&self) -> Ready<'_> {
///         Ready::At(Instant::now())
///     }
///     fn finish(&mut self) -> io::Result<Finish<'_>> {
///         Ok(Finish::Done(Delivered::Written))
///     }
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let kept = Arc::default();
/// let (source, sink) = (Memory(b"every byte"), Keep(Arc::clone(&kept)));
/// let marks = Marks { readable: 4096, writable: 4096, low: 0 };
///
/// let mut pipeline = Pipeline::new(Box::new(source), Box::new(sink), Options { marks, ..Options::default() })?;
/// let road = pipeline.choose(Preference::Auto)?;
/// let end = pipeline.start(road)?.wait();
///
/// assert!(end.is_delivered());
/// assert_eq!(*kept.lock().unwrap(), b"every byte");
/// # Ok(())
/// # }
/// ```
pub struct Pipeline {
    source: Box<dyn Source>,
    transforms: Vec<Made>,
    sink: Box<dyn Sink>,
    more_sinks: Vec<Box<dyn Sink>>,
    marks: Marks,
    /// Those of the writables of the sinks, in bytes.
    sink_marks: Vec<u64>,
    flow: FlowOptions,
    controls: Controls,
}

impl fmt::Debug for Pipeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pipeline").finish_non_exhaustive()
    }
}

impl Pipeline {
    /// A pipeline from one open end to the other. Pipes that are ends may grow to the marks from now on.
    ///
    /// # Errors
    /// When the process is out of descriptors.
    pub fn new(source: Box<dyn Source>, sink: Box<dyn Sink>, options: Options) -> io::Result<Self> {
        let (names, transforms): (Vec<_>, Vec<_>) = options.transforms.into_iter().unzip();
        let (marks, flow) = (options.marks, options.flow);
        let own_marks = options.more_sinks.iter().map(|it| it.mark);
        let own_marks = std::iter::once(options.sink_mark).chain(own_marks);
        let sink_marks: Vec<_> = own_marks.map(|it| it.unwrap_or(marks.writable)).collect();
        let more_sinks = options.more_sinks.into_iter().map(|it| it.sink);
        let more_sinks: Vec<_> = more_sinks.collect();
        let chain = Chain::new(&names, marks, &sink_marks, flow.chunk_size, &options.clock)?;
        let meter = Arc::new(Meter::new(chain.clone(), options.clock));
        if options.is_recorded {
            meter.record();
        }
        let limit = Limit::new(options.rate, options.burst);
        limit.hold_all(options.is_held);
        let progress = Progress::new(names.len(), sink_marks.len());
        if let Some(pipe) = source.pipe() {
            pipe.let_grow(marks.readable);
        }
        let sinks = std::iter::once(&sink).chain(&more_sinks);
        for (sink, mark) in sinks.zip(&sink_marks) {
            if let Some(pipe) = sink.pipe() {
                pipe.let_grow(*mark);
            }
        }
        let shared = Shared {
            chain,
            meter,
            limit,
            progress,
            leftovers: Lock::default(),
        };
        Ok(Self {
            source,
            transforms,
            sink,
            more_sinks,
            marks,
            sink_marks,
            flow,
            controls: Controls::new(shared),
        })
    }

    /// What can be asked and changed of it, from now on.
    #[must_use]
    pub fn controls(&self) -> &Controls {
        &self.controls
    }

    /// Chooses a road. Nothing is moved yet.
    ///
    /// # Errors
    /// When the kernel road is asked for and cannot be had.
    pub fn choose(&mut self, preference: Preference) -> Result<Road, Impossible> {
        let is_transformed = !self.transforms.is_empty();
        if !self.more_sinks.is_empty() {
            let sinks = std::iter::once(&mut self.sink).chain(&mut self.more_sinks);
            return road::choose_for_open_sinks(
                &mut *self.source,
                sinks,
                preference,
                (self.marks, &self.sink_marks),
                is_transformed,
            );
        }
        road::choose(
            &mut *self.source,
            &mut *self.sink,
            preference,
            self.marks,
            is_transformed,
        )
    }

    /// Starts it on this road, which was chosen for it. With transforms that is always the buffered one.
    ///
    /// # Errors
    /// When there is no memory for the buffers, when the sink cannot be started, or when the system has no threads left. The
    /// ends are dropped then, and the sink is as it was but for the last of these.
    pub fn start(mut self, road: Road) -> Result<Handle, StartError> {
        let are_many = !self.more_sinks.is_empty();
        let methods = match road {
            Road::Kernel(methods)
                if self.transforms.is_empty() && methods.serves(1 + self.more_sinks.len()) =>
            {
                Some(methods)
            }
            _ => None,
        };
        let shared = self.controls.shared();
        if methods.is_none() {
            shared.chain.reserve().map_err(StartError::Memory)?;
        }
        let sinks = std::iter::once(&mut self.sink).chain(&mut self.more_sinks);
        let mut facts = Vec::new();
        for (id, sink) in sinks.enumerate() {
            facts.push(sink.facts());
            // A sink that would lose what it holds starts once bytes have come: a connection alone is not enough.
            let starts_later = self.flow.least.bytes(true) > 0 && sink.would_lose() > 0;
            if !starts_later {
                let started = sink.start(self.flow.expected);
                started.map_err(|error| StartError::Sink(id, error))?;
            }
        }
        if let Some(expected) = self.flow.expect_size {
            let left = expected.checked_add(self.flow.skip);
            let left = left.filter(|_| self.transforms.is_empty());
            self.source.size_is_checked(left);
        }
        let source = self.source.facts();
        let probes = facts.iter().map(|it| it.probe.clone()).collect();
        shared.meter.watch(source.probe, probes);
        shared.meter.start();
        shared.limit.start();
        *shared.leftovers.lock() = Leftovers {
            source: source.leftover,
            sinks: facts.into_iter().filter_map(|it| it.leftover).collect(),
        };
        let handle = Handle::new(self.controls.clone());
        let job = Job {
            source: self.source,
            transforms: self.transforms,
            sink: self.sink,
            more_sinks: self.more_sinks,
            flow: self.flow,
            writer: WriterStage::new(shared),
        };
        let started = match methods {
            _ if are_many => forked::start(job, methods.and_then(TeeRoad::new)),
            Some(methods) => kernel::start(methods, job),
            None => buffered::start(job),
        };
        started.map(|()| handle).map_err(StartError::Threads)
    }
}

/// Why a pipeline could not be started.
#[derive(Debug)]
pub enum StartError {
    /// There is no memory for the buffers.
    Memory(io::Error),
    /// This sink, counted from 0, could not be made, or emptied.
    Sink(ConsumerId, io::Error),
    /// The system has no threads left.
    Threads(io::Error),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StartError::Memory(error) => write!(f, "reserving the buffers: {}", reason(error)),
            StartError::Sink(_, error) => write!(f, "opening the sink: {}", reason(error)),
            StartError::Threads(error) => write!(f, "starting a thread: {}", reason(error)),
        }
    }
}

impl std::error::Error for StartError {}
