//! The reader thread of the buffered road: asks the link for room, reads what is there, pushes it into the link.

use super::flow::FlowOptions;
use super::inlet::{Inlet, ReaderOutcome};
use super::small_pieces::{PIPE_GATHER_TIME, SmallPieces};
use crate::account::meter::Meter;
use crate::endpoint::Source;
use crate::engine::link::{InputEnd, Link, Room};
use crate::engine::wait;
use bytes::BytesMut;
use std::io;
use std::time::Instant;

/// Reads until the end, the last byte that was asked for, an error, or a cancellation.
///
/// The consumer of the `last` link, given where there are transforms, may wait for the first byte or the end of the
/// source.
pub(super) fn run(
    mut source: Box<dyn Source>,
    flow: FlowOptions,
    link: &Link,
    last: Option<&Link>,
    meter: &Meter,
) -> ReaderOutcome {
    let last_consumer = last.map(|link| link.consumer().wakeup());
    let mut inlet = Inlet::new(&mut *source, flow.take, link, last_consumer, meter);
    let _guard = link.cancel_on_panic();
    let result = skip(&mut inlet, link, flow.skip)
        .and_then(|()| read_all(&mut inlet, link, flow.chunk_size));
    link.end(if result.is_ok() {
        InputEnd::Whole
    } else {
        InputEnd::Cut
    });
    if let Some(wakeup) = last_consumer {
        wakeup.wake();
    }
    ReaderOutcome { source, result }
}

/// Skips the first `n` bytes.
fn skip(inlet: &mut Inlet<'_>, link: &Link, n: u64) -> io::Result<()> {
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

fn read_all(inlet: &mut Inlet<'_>, link: &Link, chunk_size: u64) -> io::Result<()> {
    let mut buffer = BytesMut::new();
    let is_pipe = inlet.source.pipe().is_some();
    let (mut pieces, mut room) = (SmallPieces::default(), link.ask_for_room());
    while !inlet.is_done() {
        let bytes = match room {
            Room::Bytes(bytes) => bytes,
            Room::None => {
                wait::wait(link.producer_wakeup(), &[], None)?;
                room = link.ask_for_room();
                continue;
            }
            Room::Cancelled => break,
        };
        if buffer.is_empty() {
            buffer = link.buffer()?;
        }
        let most = inlet.wanted(bytes.min(chunk_size));
        let most = buffer
            .len()
            .min(usize::try_from(most).unwrap_or(usize::MAX));
        match read(inlet, link, &mut buffer[..most])? {
            Some(0) => break,
            Some(n) => {
                inlet.count(n as u64);
                room = link.push(buffer.split_to(n));
                let has_room = matches!(room, Room::Bytes(_));
                if is_pipe && pieces.came(n as u64, Instant::now()) && has_room && !inlet.is_done()
                {
                    let until = Instant::now() + PIPE_GATHER_TIME;
                    wait::wait(link.producer_wakeup(), &[], Some(until))?;
                    // It may have been a cancellation that ended the wait.
                    room = link.ask_for_room();
                }
            }
            None => room = link.ask_for_room(),
        }
    }
    Ok(())
}

/// One read. `None`: nothing was there, and the source was waited for; or a signal interrupted the read.
fn read(inlet: &mut Inlet<'_>, link: &Link, buf: &mut [u8]) -> io::Result<Option<usize>> {
    match inlet.source.read(buf) {
        Ok(n) => Ok(Some(n)),
        Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(None),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
            link.nothing_more_for_now();
            wait_for_source(inlet, link)?;
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Waits until the source has something. If that takes long, gives back what its pipe was enlarged by.
fn wait_for_source(inlet: &Inlet<'_>, link: &Link) -> io::Result<()> {
    let until = inlet.idle_from();
    wait::wait(link.producer_wakeup(), &[inlet.source.ready()], until)?;
    inlet.give_back_if_idle(until);
    Ok(())
}
