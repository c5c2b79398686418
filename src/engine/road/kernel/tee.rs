//! From one source to several sinks: splice(2) into a pipe of our own, which is the readable of the link, tee(2) from there into one
//! for each sink, which are its writables, and splice(2) out of those, on a thread for each sink.
//!
//! The thread here fills the first pipe and passes on what is in it, which `tee_pipes` tells how. Where the kernel refuses, the buffered
//! road begins with what is in the first pipe.

use super::announcement::Announcement;
use super::ending::{Stop, Undelivered};
use super::faults::{EmptyCalls, is_refusal};
use super::gathering::{Gather, Gathering, MOST_GATHERED};
use super::syscalls::Syscalls;
use super::tee_pipes::TeePipes;
use crate::endpoint::pipe::IDLE;
use crate::endpoint::{KernelSource, Raw};
use crate::engine::limit::Pace;
use crate::engine::link::{Link, Passable, Room};
use crate::engine::road::flow::FlowOptions;
use crate::engine::road::in_use::Calls;
use crate::engine::road::inlet::Inlet;
use crate::engine::road::job::Shared;
use crate::engine::road::reader::{leave, skip};
use crate::engine::road::small_pieces::PIPE_GATHER_TIME;
use crate::engine::throttle::Allowance;
use crate::engine::wait::{self, Ready};
use crate::error::Side;
use rustix::event::PollFlags;
use std::io::{self, ErrorKind};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::Instant;

/// The reading side of a transfer to several sinks.
pub(super) struct Tee<'a> {
    inlet: Inlet<'a, dyn KernelSource + 'a>,
    from: Raw,
    link: &'a Link,
    pipes: TeePipes,
    syscalls: Arc<dyn Syscalls>,
    pace: Pace<'a>,
    chunk_size: u64,
    gathering: Gathering,
    announcement: Announcement<'a>,
    empty_calls: EmptyCalls,
    /// Whether anything has come from the source, and has been passed on.
    has_come: bool,
    has_passed: bool,
    /// Whether nothing more comes: the source has ended or failed.
    input_ended: bool,
    undelivered: Undelivered,
}

/// How it ended.
pub(super) struct TeeEnd {
    pub(super) result: Result<(), Stop>,
    pub(super) is_left_well: bool,
    /// Whether anything was passed on.
    pub(super) has_passed: bool,
    pub(super) undelivered: Undelivered,
    /// Bytes still to be read, if there is a limit (`--take`).
    pub(super) take: Option<u64>,
}

/// Why the first pipe is not filled any further now.
enum Pause {
    /// It is full.
    Full,
    /// The source has nothing.
    NothingThere,
    /// The rate limit lets nothing come before this moment.
    Rate(Instant),
    /// Nothing more comes.
    Ended,
    /// The link is cancelled.
    Cancelled,
}

/// What was passed on of what is in the first pipe.
#[derive(Clone, Copy, PartialEq, Eq)]
enum PassedOn {
    All,
    Some,
    Nothing,
}

impl<'a> Tee<'a> {
    pub(super) fn new(
        (pipes, syscalls): (TeePipes, Arc<dyn Syscalls>),
        (from, source): (Raw, &'a mut dyn KernelSource),
        flow: FlowOptions,
        shared: &'a Shared,
    ) -> Self {
        let (link, meter) = (&**shared.chain.first(), &*shared.meter);
        let mut announcement = Announcement::new(&shared.progress);
        announcement.prepare(Calls::Tee);
        Self {
            inlet: Inlet::new(source, flow.take, link, None, meter),
            from,
            link,
            pipes,
            syscalls,
            pace: shared.limit.pace(),
            chunk_size: flow.chunk_size,
            gathering: Gathering::new(from, flow.chunk_size),
            announcement,
            empty_calls: EmptyCalls::default(),
            has_come: false,
            has_passed: false,
            input_ended: false,
            undelivered: Undelivered::default(),
        }
    }

    /// Skips the first `n` bytes and moves the rest, as far as the kernel does not refuse.
    pub(super) fn run(mut self, n: u64) -> TeeEnd {
        let mut result = self.skip(n).and_then(|()| self.move_all());
        if matches!(result, Err(Stop::Refused(..))) {
            // Whoever takes over begins with empty buffers, but for the first pipe.
            result = self.await_sinks().and(result);
        }
        self.gathering.stop(&mut *self.inlet.source);
        let mut is_left_well = true;
        if let Err(Stop::Refused(..)) = result {
            let (held, first) = (self.link.readable_len(), &self.pipes.first.reader);
            let in_pipes = &mut self.undelivered.in_pipes;
            let begun: u64 = in_pipes.iter().map(|(_, len)| len).sum();
            in_pipes.extend((held > begun).then(|| (Arc::clone(first), held - begun)));
        } else {
            let left = leave(&mut self.inlet, self.link, self.link);
            is_left_well = left.is_ok();
            result = result.and(left.map_err(Stop::Source));
        }
        TeeEnd {
            result,
            is_left_well,
            has_passed: self.has_passed,
            undelivered: self.undelivered,
            take: self.inlet.left(),
        }
    }

    fn skip(&mut self, n: u64) -> Result<(), Stop> {
        if n > 0 {
            // It may take long.
            self.announcement.make();
        }
        skip(&mut self.inlet, self.link, n).map_err(Stop::Source)
    }

    fn move_all(&mut self) -> Result<(), Stop> {
        loop {
            let pause = match self.fill() {
                Err(Stop::Source(error)) => {
                    // What it gave is still delivered.
                    self.undelivered.source_error = Some(error);
                    self.input_ended = true;
                    Pause::Ended
                }
                other => other?,
            };
            let passed = self.pass_on()?;
            match (pause, passed) {
                (Pause::Cancelled, _) => return Ok(()),
                (Pause::Ended, PassedOn::All) => {
                    self.announcement.make();
                    let error = self.undelivered.source_error.take();
                    return error.map_or(Ok(()), |error| Err(Stop::Source(error)));
                }
                (Pause::Full, PassedOn::All | PassedOn::Some) => {}
                (Pause::Full | Pause::Ended, _) => self.wait(&[], None)?,
                (Pause::NothingThere, passed) => self.wait_for_source(passed)?,
                (Pause::Rate(until), _) => {
                    self.inlet.set_throttled(true);
                    let waited = self.wait(&[], Some(until));
                    self.inlet.set_throttled(false);
                    waited?;
                }
            }
        }
    }

    /// Waits until every sink has what was passed on.
    fn await_sinks(&mut self) -> Result<(), Stop> {
        while !self.link.is_cancelled() && self.link.emptied().is_none() {
            self.wait(&[], None)?;
        }
        Ok(())
    }
}

/// Into the first pipe.
impl Tee<'_> {
    /// Fills the first pipe as far as the source has something, and the mark and the rate limit allow it.
    fn fill(&mut self) -> Result<Pause, Stop> {
        let mut room = self.link.ask_for_room();
        loop {
            let most = match room {
                Room::Cancelled => return Ok(Pause::Cancelled),
                _ if self.input_ended || self.inlet.is_done() => return Ok(Pause::Ended),
                Room::None => return Ok(Pause::Full),
                Room::Bytes(room) => self.inlet.wanted(room.min(self.chunk_size)),
            };
            let most = match self.pace.allow(most) {
                Allowance::Bytes(most) => most,
                Allowance::Not(until) => return Ok(Pause::Rate(until)),
            };
            let claimed = self.inlet.source.claim(most).map_err(stop_for)?;
            match self.splice_in(claimed) {
                Ok(0) => {
                    if let Some(pause) = self.moved_nothing()? {
                        return Ok(pause);
                    }
                }
                Ok(n) => {
                    room = self.came(n);
                    // A file that gave less has ended, or the pipe is out of slots: the next call tells which.
                    if n < claimed && self.from != Raw::File {
                        return Ok(Pause::NothingThere);
                    }
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return self.not_now(),
                Err(error) => return Err(stop_for(error)),
            }
        }
    }

    fn splice_in(&self, most: u64) -> io::Result<u64> {
        if most == 0 {
            return Ok(0);
        }
        let from = self.inlet.source.at().ok_or(ErrorKind::NotConnected)?;
        let to = self.pipes.first.writer.as_fd();
        self.syscalls.splice(from, to.into(), most)
    }

    /// `n` bytes have come from the source into the first pipe. Returns how much may be added next.
    fn came(&mut self, n: u64) -> Room {
        self.has_come = true;
        self.empty_calls = EmptyCalls::default();
        self.pace.spend(n);
        self.inlet.source.moved(n);
        self.inlet.count(n);
        self.gathering.came(n, &mut *self.inlet.source);
        let pipe = self.inlet.source.pipe();
        if pipe.is_some_and(|pipe| pipe.grow_if_filled(n)) {
            self.link.pipes_resized();
        }
        self.link.entered(n)
    }

    /// A call has moved nothing, which for the kernel is the end of input. `None`: it is not, and is to be made again. Where it is not,
    /// the first call counts as refused.
    fn moved_nothing(&mut self) -> Result<Option<Pause>, Stop> {
        match self.inlet.source.has_ended() {
            Ok(true) => {
                self.input_ended = true;
                Ok(Some(Pause::Ended))
            }
            Ok(false) if !self.has_come => {
                let why = io::Error::other("it finds nothing in a file that is not empty");
                Err(Stop::Refused(Side::Source, why))
            }
            Ok(false) => self.count_empty_call().map(|()| None),
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(Some(Pause::NothingThere)),
            Err(error) => Err(Stop::Source(error)),
        }
    }

    /// A call has said "not now", but not whether the source is empty or the pipe is full.
    fn not_now(&mut self) -> Result<Pause, Stop> {
        if self.link.readable_len() == 0 {
            self.count_empty_call()?;
            return Ok(Pause::NothingThere);
        }
        Ok(if self.source_is_ready() {
            Pause::Full
        } else {
            Pause::NothingThere
        })
    }

    fn count_empty_call(&mut self) -> Result<(), Stop> {
        let is_ready = self.source_is_ready();
        self.empty_calls.one_more(|| is_ready)
    }

    fn source_is_ready(&self) -> bool {
        let at = self.inlet.source.at();
        at.is_some_and(|at| wait::is_ready(at.fd, PollFlags::IN))
    }
}

/// Out of the first pipe.
impl Tee<'_> {
    /// Passes on what is in the first pipe, unless a sink has not taken all that it was given before.
    fn pass_on(&mut self) -> Result<PassedOn, Stop> {
        let mut passed = PassedOn::Nothing;
        loop {
            match self.link.passable() {
                Passable::Nothing => return Ok(PassedOn::All),
                Passable::NotYet => return Ok(passed),
                // Without any, the link is cancelled.
                Passable::Bytes(_, sinks) if sinks.is_empty() => return Ok(passed),
                Passable::Bytes(n, sinks) => {
                    self.pipes.grow_if_filled(n, &sinks);
                    let begun = &mut self.undelivered.in_pipes;
                    let passed_on = self.pipes.pass_on(n, &sinks, &*self.syscalls, begun);
                    let refused = |error| Stop::Refused(Side::Sink, error);
                    self.link.duplicated(passed_on.map_err(refused)?);
                    self.announcement.make();
                    (self.has_passed, passed) = (true, PassedOn::Some);
                }
            }
        }
    }
}

/// What is waited for.
impl Tee<'_> {
    /// Waits until the source has something, or the sinks have taken all if something is left for them. If that takes long, the pipes
    /// get the sizes that they had at first.
    fn wait_for_source(&mut self, passed: PassedOn) -> Result<(), Stop> {
        let is_all = passed == PassedOn::All;
        let gathers = matches!(self.gathering.to_wait_for(), Gather::Sleep);
        if is_all && gathers && self.pace.would_allow(MOST_GATHERED) {
            self.wait(&[], Some(Instant::now() + PIPE_GATHER_TIME))?;
        }
        let gathered = self.gathering.time_limit(&mut *self.inlet.source);
        let gathered = gathered.map(|most| Instant::now() + most);
        let pipe_idle_from = self.inlet.idle_from();
        let is_large = is_all && self.pipes.are_enlarged();
        let idle_from = is_large.then(|| Instant::now() + IDLE);
        let until = [gathered, pipe_idle_from, idle_from]
            .into_iter()
            .flatten()
            .min();
        self.announcement.make();
        let ready = [self.inlet.source.ready()];
        wait::wait(self.link.producer_wakeup(), &ready, until).map_err(Stop::Source)?;
        self.inlet.give_back_if_idle(pipe_idle_from);
        let is_idle = idle_from.is_some_and(|at| at <= Instant::now());
        if is_idle && let Some(sinks) = self.link.emptied() {
            self.pipes.give_back(&sinks);
        }
        Ok(())
    }

    fn wait(&mut self, ends: &[Ready<'_>], until: Option<Instant>) -> Result<(), Stop> {
        self.announcement.make();
        wait::wait(self.link.producer_wakeup(), ends, until).map_err(Stop::Source)?;
        Ok(())
    }
}

/// The source has failed, or the kernel only refuses to move its bytes.
fn stop_for(error: io::Error) -> Stop {
    if is_refusal(&error) {
        Stop::Refused(Side::Source, error)
    } else {
        Stop::Source(error)
    }
}
