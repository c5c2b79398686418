//! The reading side: asks for room, reads what is there, pushes it into the link.

use super::Flow;
use crate::endpoint::Source;
use crate::link::{End, Link, Room};
use crate::meter::Meter;
use crate::wait;
use bytes::BytesMut;
use std::io;

/// How reading ended.
pub struct ReaderEnd {
    /// The source, to be held until everything is delivered.
    pub source: Box<dyn Source>,
    /// The error that cut it short.
    pub result: io::Result<()>,
}

impl std::fmt::Debug for ReaderEnd {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ReaderEnd")
            .field("result", &self.result)
            .finish_non_exhaustive()
    }
}

/// Reads until the end, the last byte that was asked for, an error, or a cancellation.
pub(super) fn run(source: Box<dyn Source>, flow: Flow, link: &Link, meter: &Meter) -> ReaderEnd {
    let mut reader = Reader {
        source,
        link,
        meter,
        left: flow.take,
    };
    let _guard = link.cancel_on_panic();
    let result = reader
        .skip(flow.skip)
        .and_then(|()| reader.read_all(flow.chunk_size));
    link.end(if result.is_ok() { End::Whole } else { End::Cut });
    ReaderEnd {
        source: reader.source,
        result,
    }
}

struct Reader<'a> {
    source: Box<dyn Source>,
    link: &'a Link,
    meter: &'a Meter,
    /// Bytes still to be read, if there is a last one.
    left: Option<u64>,
}

impl Reader<'_> {
    /// Leaves out the first `n` bytes: by moving ahead where the source can, by reading otherwise.
    fn skip(&mut self, n: u64) -> io::Result<()> {
        if n == 0 || self.left == Some(0) {
            return Ok(());
        }
        let mut left = n - self.source.seek_ahead(n)?;
        let mut dropped = BytesMut::zeroed(64 * 1024);
        while left > 0 && !self.link.is_cancelled() {
            let most = dropped
                .len()
                .min(usize::try_from(left).unwrap_or(usize::MAX));
            match self.read(&mut dropped[..most])? {
                // The end is not asked for twice: a terminal would want ^D again.
                Some(0) => {
                    self.left = Some(0);
                    break;
                }
                Some(n) => {
                    left -= n as u64;
                    self.meter.moved();
                }
                None => {}
            }
        }
        Ok(())
    }

    fn read_all(&mut self, chunk_size: u64) -> io::Result<()> {
        let mut buffer = BytesMut::new();
        while self.left != Some(0) {
            let room = match self.link.room() {
                Room::Bytes(room) => room,
                Room::None => {
                    self.link.flush();
                    wait::wait(self.link.reader_bell(), &[], None)?;
                    continue;
                }
                Room::Cancelled => break,
            };
            if buffer.is_empty() {
                buffer = self.link.buffer();
            }
            let most = room.min(chunk_size).min(self.left.unwrap_or(u64::MAX));
            let most = buffer
                .len()
                .min(usize::try_from(most).unwrap_or(usize::MAX));
            match self.read(&mut buffer[..most])? {
                Some(0) => break,
                Some(n) => {
                    self.left = self.left.map(|left| left - n as u64);
                    self.meter.count_in(n as u64);
                    self.link.push(buffer.split_to(n));
                }
                None => {}
            }
        }
        Ok(())
    }

    /// One read. `None`: nothing was there, and it was waited for; or a signal came in between.
    fn read(&mut self, buf: &mut [u8]) -> io::Result<Option<usize>> {
        match self.source.read(buf) {
            Ok(n) => Ok(Some(n)),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(None),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                self.link.flush();
                wait::wait(self.link.reader_bell(), &[self.source.ready()], None)?;
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}
