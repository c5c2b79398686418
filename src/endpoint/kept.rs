//! What a file has already of a copy that is to go on behind that (`--resume`), and the comparison of its last bytes with those of the
//! source.

use super::Source;
use crate::engine::wait;
use crate::engine::wakeup::Wakeup;
use std::fs::File;
use std::io::{self, ErrorKind};
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;
use std::time::{Duration, Instant};

/// How many bytes at the end of the file are compared at most.
pub const COMPARED: u64 = 1 << 20;

/// How many of them are compared at once.
const PIECE: usize = 64 * 1024;

/// What a file has already.
#[derive(Debug)]
pub struct Kept {
    file: File,
    /// How many bytes it has; there is at least one.
    pub length: u64,
}

/// Why a copy cannot go on behind what there is. Positions are in bytes from the beginning of the file.
#[derive(Debug)]
pub enum NotResumed {
    /// The source has other bytes, from here on.
    Different(u64),
    /// The source ends here, and the file goes on.
    Longer(u64),
    /// The source, though it is asked to, does not begin behind its first bytes.
    FromTheBeginning,
    /// The source has let nothing come for too long.
    Idle,
    /// The source cannot be read.
    Source(io::Error),
    /// The file cannot be read.
    Sink(io::Error),
}

impl Kept {
    /// The first `length` bytes of a file that can be read.
    pub(super) fn new(file: OwnedFd, length: u64) -> Self {
        let file = File::from(file);
        Self { file, length }
    }

    /// Where the bytes begin that are compared.
    #[must_use]
    pub fn compared_from(&self) -> u64 {
        self.length.saturating_sub(COMPARED)
    }

    /// Compares the last bytes with those that the source has there, if its byte `skip` is the first one of the file. The source is
    /// behind them then. Waits for it, but for no byte longer than `patience`.
    ///
    /// # Errors
    /// When the source does not go on where the file ends, or one of them cannot be read.
    pub fn compare(
        &self,
        source: &mut dyn Source,
        skip: u64,
        patience: Option<Duration>,
    ) -> Result<(), NotResumed> {
        let mut source = BlockingSource::new(source, patience).map_err(NotResumed::Source)?;
        let mut at = self.compared_from();
        source.go_to(skip.saturating_add(at), skip)?;
        let (mut ours, mut theirs) = (vec![0; PIECE], vec![0; PIECE]);
        while at < self.length {
            let most = usize::try_from(self.length - at).map_or(PIECE, |left| left.min(PIECE));
            let n = source.read(&mut theirs[..most])?;
            if n == 0 {
                return Err(NotResumed::Longer(at));
            }
            let read = self.file.read_exact_at(&mut ours[..n], at);
            read.map_err(NotResumed::Sink)?;
            let mut pairs = ours[..n].iter().zip(&theirs[..n]);
            if let Some(same) = pairs.position(|(ours, theirs)| ours != theirs) {
                return Err(NotResumed::Different(at + same as u64));
            }
            at += n as u64;
        }
        Ok(())
    }
}

/// A source that is waited for.
struct BlockingSource<'a> {
    source: &'a mut dyn Source,
    /// Nobody raises it: a comparison is left behind where the transfer is given up.
    wakeup: Wakeup,
    patience: Option<Duration>,
}

impl<'a> BlockingSource<'a> {
    fn new(source: &'a mut dyn Source, patience: Option<Duration>) -> io::Result<Self> {
        Ok(Self {
            source,
            wakeup: Wakeup::new()?,
            patience,
        })
    }

    /// Has the source begin at `from`, of which `skip` bytes are not in the file.
    fn go_to(&mut self, from: u64, skip: u64) -> Result<(), NotResumed> {
        let size = self.source.facts().size;
        let reached = self.source.seek_ahead(from).map_err(NotResumed::Source)?;
        if reached >= from {
            return Ok(());
        }
        // It has ended before, or is at its beginning still.
        let end = match size.filter(|size| *size < from) {
            Some(size) => size,
            None if self.read(&mut [0])? == 0 => reached,
            None => return Err(NotResumed::FromTheBeginning),
        };
        Err(NotResumed::Longer(end.saturating_sub(skip)))
    }

    /// Reads what comes next; 0 is the end.
    fn read(&mut self, buf: &mut [u8]) -> Result<usize, NotResumed> {
        let until = self.patience.map(|patience| Instant::now() + patience);
        loop {
            match self.source.read(buf) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    let has_come = wait::wait(&self.wakeup, &[self.source.ready()], until);
                    let has_come = has_come.map_err(NotResumed::Source)?;
                    if has_come && until.is_some_and(|until| until <= Instant::now()) {
                        return Err(NotResumed::Idle);
                    }
                }
                done => return done.map_err(NotResumed::Source),
            }
        }
    }
}
