//! What one of several sinks is fed from on the kernel road: a pipe of our own, out of which the kernel moves bytes to the sink. Where it
//! refuses that for this sink, they are read and written instead, and the other sinks notice nothing.

use super::faults::{as_told_by_sink, is_not_now, is_refusal};
use super::syscalls::Syscalls;
use super::tee_pipes::TeePipe;
use crate::endpoint::pipe::NeighbourPipe;
use crate::endpoint::{Raw, Sink};
use crate::engine::link::{Batch, Link};
use crate::engine::road::outlet::WriterOutcome;
use crate::error::reason;
use crate::platform::resources::allocate;
use bytes::BytesMut;
use std::io::{self, ErrorKind};
use std::os::fd::AsFd;
use std::sync::Arc;

/// The pipe that a sink is fed from.
#[derive(Debug)]
pub(in crate::engine::road) struct Feed {
    pipe: Arc<TeePipe>,
    syscalls: Arc<dyn Syscalls>,
    /// Whether the sink fails where the kernel refuses to move bytes to it (`--road kernel`).
    insists: bool,
    is_refused: bool,
}

impl Feed {
    pub(super) fn new(pipe: &Arc<TeePipe>, syscalls: &Arc<dyn Syscalls>, insists: bool) -> Self {
        Self {
            pipe: Arc::clone(pipe),
            syscalls: Arc::clone(syscalls),
            insists,
            is_refused: false,
        }
    }

    /// Whether the kernel moves bytes out of it. If not, they are to be read.
    pub(in crate::engine::road) fn is_moved_by_kernel(&self) -> bool {
        !self.is_refused
    }

    /// Moves what the sink takes of the first `most` bytes in the pipe.
    ///
    /// # Errors
    /// `WouldBlock`: nothing fits, wait for the sink. Others are for [`Feed::refused`], or are the sink's.
    pub(in crate::engine::road) fn splice(
        &self,
        sink: &mut dyn Sink,
        most: u64,
        link: &Link,
    ) -> io::Result<usize> {
        loop {
            let error = match self.splice_once(sink, most) {
                Ok((_, 0)) => return Ok(0),
                Ok((_, n)) => {
                    if sink.pipe().is_some_and(|it| it.grow_if_filled(n)) {
                        link.pipes_resized();
                    }
                    return Ok(usize::try_from(n).unwrap_or(usize::MAX));
                }
                Err(error) => error,
            };
            if error.kind() != ErrorKind::WouldBlock
                || !sink.pipe().is_some_and(NeighbourPipe::grow)
            {
                return Err(error);
            }
            link.pipes_resized();
        }
    }

    fn splice_once(&self, sink: &mut dyn Sink, most: u64) -> io::Result<(Raw, u64)> {
        let (raw, end) = sink
            .kernel()
            .map_err(|why| io::Error::new(ErrorKind::Unsupported, why))?;
        let most = match end.grant(most)? {
            0 if most > 0 => return Err(end.why_broken(ErrorKind::WriteZero.into())),
            most => most,
        };
        let to = end.at().ok_or(ErrorKind::NotConnected)?;
        match self
            .syscalls
            .splice(self.pipe.reader.as_fd().into(), to, most)
        {
            Ok(n) => {
                end.moved(n);
                Ok((raw, n))
            }
            Err(error) if is_not_now(raw, &error) => Err(ErrorKind::WouldBlock.into()),
            Err(error) if error.kind() == ErrorKind::BrokenPipe && raw == Raw::Pipe => {
                Err(end.why_broken(error))
            }
            Err(error) => Err(as_told_by_sink(raw, error)),
        }
    }

    /// Whether the kernel only refuses to move bytes to this sink, which has taken `bytes_out` by now, so that they are to be read
    /// and written.
    ///
    /// # Errors
    /// How writing ends where the kernel road is insisted on.
    pub(in crate::engine::road) fn refused(
        &mut self,
        error: &io::Error,
        bytes_out: u64,
    ) -> Result<bool, WriterOutcome> {
        if self.is_refused || !is_refusal(error) {
            return Ok(false);
        }
        self.is_refused = true;
        if !self.insists {
            return Ok(true);
        }
        let why = reason(error);
        Err(if bytes_out == 0 {
            WriterOutcome::NoRoad {
                error: io::Error::other(why),
            }
        } else {
            let why = format!("{why}; --road auto goes on by plain writes");
            WriterOutcome::Failed {
                act: "writing to",
                error: io::Error::other(why),
                downstream: false,
            }
        })
    }

    /// Reads all that the batch has in the pipe.
    ///
    /// # Errors
    /// When there is no memory for it.
    pub(in crate::engine::road) fn read(&self, batch: &mut Batch) -> io::Result<()> {
        let len = usize::try_from(batch.in_pipe()).unwrap_or(usize::MAX);
        let mut bytes = allocate(len, || BytesMut::zeroed(len))?;
        let mut read = 0;
        while read < len {
            match rustix::io::read(&*self.pipe.reader, &mut bytes[read..]) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(n) => read += n,
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        batch.was_read(bytes);
        Ok(())
    }
}
