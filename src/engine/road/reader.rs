//! The reader of the buffered road: asks the link for room, reads what is there, pushes it into the link. It has a thread of its
//! own if the source has more than is read at once.

use super::flow::FlowOptions;
use super::inlet::{Inlet, ReaderOutcome};
use super::small_pieces::{PIPE_GATHER_TIME, SmallPieces};
use crate::account::meter::Meter;
use crate::endpoint::Source;
use crate::engine::limit::{Limit, Pace};
use crate::engine::link::{InputEnd, Link, Room};
use crate::engine::throttle::Allowance;
use crate::engine::wait;
use bytes::BytesMut;
use std::io;
use std::time::Instant;

/// Steps that are made ahead: one reads what is there, and the next finds that there is no more.
const STEPS_AHEAD: usize = 2;

/// A source that is read into a link.
pub(super) struct Reader {
    source: Box<dyn Source>,
    flow: FlowOptions,
    /// Memory for the next bytes.
    buffer: BytesMut,
}

/// What came of reading ahead.
pub(super) enum Ahead {
    /// That was all.
    Ended(ReaderOutcome),
    /// There may be more, which takes a thread.
    More(Reader),
}

/// What one attempt to read came to.
enum Step {
    /// So much was read; whether it was all that was asked for; and the room that is left.
    Read(u64, bool, Room),
    /// There is nothing to read now.
    Nothing,
    /// The link has no room.
    NoRoom,
    /// The source has ended, all that was asked for is read, or the link is cancelled.
    Ended,
}

impl Reader {
    pub(super) fn new(source: Box<dyn Source>, flow: FlowOptions) -> Self {
        Self {
            source,
            flow,
            buffer: BytesMut::new(),
        }
    }

    /// Reads what little is there, and does not wait for more.
    pub(super) fn run_ahead(mut self, link: &Link, meter: &Meter) -> Ahead {
        if self.flow.skip > 0 {
            return Ahead::More(self);
        }
        let mut inlet = Inlet::new(&mut *self.source, self.flow.take, link, None, meter);
        for _ in 0..STEPS_AHEAD {
            let room = link.ask_for_room();
            let chunk_size = self.flow.chunk_size;
            let result = match step(&mut inlet, link, &mut self.buffer, chunk_size, room) {
                Ok(Step::Read(_, false, _)) => continue,
                Ok(Step::Ended) => inlet.source.leave(),
                Ok(_) => break,
                Err(error) => Err(error),
            };
            let result = match result {
                Ok(Some(_)) => break,
                other => other.map(drop),
            };
            return Ahead::Ended(self.ended(link, result, true));
        }
        self.flow.take = inlet.left();
        Ahead::More(self)
    }

    /// Reads until the end, the last byte that was asked for, an error, or a cancellation.
    ///
    /// The consumers of the `last` link, given where there are transforms, may wait for the first byte or the end of the
    /// source. A `limit` is given where it is not the writer that keeps to it.
    pub(super) fn run(
        mut self,
        link: &Link,
        last: Option<&Link>,
        limit: Option<&Limit>,
        meter: &Meter,
    ) -> ReaderOutcome {
        let flow = self.flow;
        let mut inlet = Inlet::new(&mut *self.source, flow.take, link, last, meter);
        let _guard = link.cancel_on_panic();
        let pace = limit.map(Limit::pace);
        let read = skip(&mut inlet, link, flow.skip).and_then(|()| {
            let buffer = &mut self.buffer;
            read_all(&mut inlet, link, buffer, flow.chunk_size, pace.as_ref())
        });
        let left = leave(&mut inlet, link, last.unwrap_or(link));
        let is_left_well = left.is_ok();
        let outcome = self.ended(link, read.and(left), is_left_well);
        if let Some(last) = last {
            last.wake_consumers();
        }
        outcome
    }

    fn ended(self, link: &Link, result: io::Result<()>, is_left_well: bool) -> ReaderOutcome {
        link.end(if result.is_ok() {
            InputEnd::Whole
        } else {
            InputEnd::Cut
        });
        ReaderOutcome {
            source: self.source,
            result,
            is_left_well,
        }
    }
}

/// After the last read: leaves the source, unless the transfer is given up, which cancels the `last` link too.
pub(super) fn leave<S: Source + ?Sized>(
    inlet: &mut Inlet<'_, S>,
    link: &Link,
    last: &Link,
) -> io::Result<()> {
    while !last.is_cancelled()
        && let Some(until) = inlet.source.leave()?
    {
        link.nothing_more_for_now();
        let ends = [inlet.source.ready()];
        wait::wait(link.producer_wakeup(), &ends, Some(until))?;
    }
    Ok(())
}

/// Skips the first `n` bytes.
pub(super) fn skip<S: Source + ?Sized>(
    inlet: &mut Inlet<'_, S>,
    link: &Link,
    n: u64,
) -> io::Result<()> {
    let mut left = inlet.seek_ahead(n)?;
    while left > 0 && !link.is_cancelled() {
        match inlet.drop_some(left) {
            Ok(less) => left = less,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                wait_for_source(inlet, link)?;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn read_all(
    inlet: &mut Inlet<'_>,
    link: &Link,
    buffer: &mut BytesMut,
    chunk_size: u64,
    pace: Option<&Pace<'_>>,
) -> io::Result<()> {
    let is_pipe = inlet.source.pipe().is_some();
    let (mut pieces, mut room) = (SmallPieces::default(), link.ask_for_room());
    loop {
        if let Some(pace) = pace {
            room = allowed(room, pace, inlet, link)?;
        }
        let step = step(inlet, link, buffer, chunk_size, room)?;
        if let (Some(pace), Step::Read(n, ..)) = (pace, &step) {
            pace.spend(*n);
        }
        room = match step {
            Step::Read(n, _, Room::Bytes(_))
                if is_pipe && pieces.came(n, Instant::now()) && !inlet.is_done() =>
            {
                let until = Instant::now() + PIPE_GATHER_TIME;
                wait::wait(link.producer_wakeup(), &[], Some(until))?;
                // It may have been a cancellation that ended the wait.
                link.ask_for_room()
            }
            Step::Read(_, _, room) => room,
            Step::Nothing => {
                wait_for_source(inlet, link)?;
                link.ask_for_room()
            }
            Step::NoRoom => {
                wait::wait(link.producer_wakeup(), &[], None)?;
                link.ask_for_room()
            }
            Step::Ended => return Ok(()),
        };
    }
}

/// As much of the room as the rate limit lets come now; waits until it lets something come.
fn allowed(room: Room, pace: &Pace<'_>, inlet: &Inlet<'_>, link: &Link) -> io::Result<Room> {
    let mut room = room;
    loop {
        let most = match room {
            Room::Bytes(most) => inlet.wanted(most),
            Room::None | Room::Cancelled => return Ok(room),
        };
        let until = match pace.allow(most) {
            Allowance::Bytes(bytes) => return Ok(Room::Bytes(bytes)),
            Allowance::Not(until) => until,
        };
        link.nothing_more_for_now();
        inlet.set_throttled(true);
        let waited = wait::wait(link.producer_wakeup(), &[], Some(until));
        inlet.set_throttled(false);
        waited?;
        room = link.ask_for_room();
    }
}

/// Reads once into `room`, and pushes what came.
fn step(
    inlet: &mut Inlet<'_>,
    link: &Link,
    buffer: &mut BytesMut,
    chunk_size: u64,
    room: Room,
) -> io::Result<Step> {
    let bytes = match room {
        _ if inlet.is_done() => return Ok(Step::Ended),
        Room::Cancelled => return Ok(Step::Ended),
        Room::None => return Ok(Step::NoRoom),
        Room::Bytes(bytes) => bytes,
    };
    if buffer.is_empty() {
        *buffer = link.buffer()?;
    }
    let most = inlet.wanted(bytes.min(chunk_size));
    let most = buffer
        .len()
        .min(usize::try_from(most).unwrap_or(usize::MAX));
    match read(inlet, &mut buffer[..most]) {
        Ok(0) => Ok(Step::Ended),
        Ok(n) => {
            inlet.count(n as u64);
            let room = link.push(buffer.split_to(n));
            Ok(Step::Read(n as u64, n == most, room))
        }
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
            link.nothing_more_for_now();
            Ok(Step::Nothing)
        }
        Err(error) => Err(error),
    }
}

/// One read, begun again where a signal interrupts it.
fn read(inlet: &mut Inlet<'_>, buf: &mut [u8]) -> io::Result<usize> {
    loop {
        match inlet.source.read(buf) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            done => return done,
        }
    }
}

/// Waits until the source has something. If that takes long, gives back what its pipe was enlarged by.
fn wait_for_source<S: Source + ?Sized>(inlet: &Inlet<'_, S>, link: &Link) -> io::Result<()> {
    let until = inlet.idle_from();
    wait::wait(link.producer_wakeup(), &[inlet.source.ready()], until)?;
    inlet.give_back_if_idle(until);
    Ok(())
}
