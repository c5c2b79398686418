//! The pipes of our own between one source and several sinks: one that is filled from the source, and one for each sink, into which
//! that is duplicated.
//!
//! tee(2) begins at the beginning of a pipe, so that a duplicate that came out short could not be completed. It never does where the pipe
//! that it goes into is empty and has as many slots. So all have equally many slots, which are compared before, and grow and shrink
//! together; they are duplicated into only while those of all sinks are empty; and the first duplicate says how many bytes
//! the others have to have. Bytes leave the first pipe only for that of the last sink, by splice(2): whatever is refused before that,
//! everything is still in the first pipe, and nobody looks at the duplicates.

use super::syscalls::Syscalls;
use crate::engine::gate::ConsumerId;
use crate::platform::resources::ensure_descriptors;
use crate::platform::{self, WIDEST_PIPE};
use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;

/// By what their sizes are multiplied in one step.
const GROWTH_FACTOR: u64 = 4;

/// The pipes of our own between one source and several sinks.
#[derive(Debug)]
pub struct TeePipes {
    /// The one that is filled from the source.
    pub(super) first: TeePipe,
    /// Those of the sinks, in their order.
    pub(super) of_sinks: Vec<TeePipe>,
    /// The size of each, in bytes: at first, now, and at most.
    first_size: u64,
    size: u64,
    most: u64,
}

/// One of these pipes.
#[derive(Debug)]
pub(super) struct TeePipe {
    pub(super) reader: Arc<OwnedFd>,
    pub(super) writer: OwnedFd,
}

impl TeePipe {
    fn size(&self) -> Option<u64> {
        platform::pipe_size(self.writer.as_fd())
    }
}

impl TeePipes {
    /// Pipes for so many sinks, which hold up to `mark` bytes. They may grow beyond that, since pieces of files do not fill the pages they
    /// take up.
    ///
    /// # Errors
    /// When the system has not that many to give, or only ones of two pages, or too few descriptors.
    pub fn new(sinks: usize, mark: u64) -> io::Result<Self> {
        let make = || {
            let (reader, writer, size) = platform::make_pipe(mark)?;
            let reader = Arc::new(reader);
            io::Result::Ok((TeePipe { reader, writer }, size))
        };
        let (first, size) = make()?;
        let of_sinks = (0..sinks).map(|_| Ok(make()?.0));
        let pipes = Self {
            first,
            of_sinks: of_sinks.collect::<io::Result<_>>()?,
            first_size: size,
            size,
            most: mark.saturating_mul(4).min(WIDEST_PIPE).max(size),
        };
        // The sinks may have files yet to open.
        ensure_descriptors(sinks)?;
        if pipes.are_alike() {
            Ok(pipes)
        } else {
            Err(io::Error::other(
                "the pipes of this user are of different sizes",
            ))
        }
    }

    /// Whether all of them have equally many slots.
    pub(super) fn are_alike(&self) -> bool {
        let size = self.first.size();
        size.is_some() && self.of_sinks.iter().all(|it| it.size() == size)
    }

    /// Passes up to `n` bytes on from the first pipe: duplicates for the pipes of the `others`, and the bytes themselves for that of
    /// the `last` sink, all of which are empty. Returns how many there were.
    ///
    /// # Errors
    /// When the kernel refuses a call, or the duplicates have different lengths. All is still in the first pipe then, but for
    /// what the last sink's has of it, which is put into `begun`.
    pub(super) fn pass_on(
        &self,
        n: u64,
        others: &[ConsumerId],
        last: ConsumerId,
        calls: &dyn Syscalls,
        begun: &mut VecDeque<(Arc<OwnedFd>, u64)>,
    ) -> io::Result<u64> {
        if !self.are_alike() {
            return Err(io::Error::other("the pipes have different sizes"));
        }
        let from = self.first.reader.as_fd();
        let (mut n, mut is_known) = (n, false);
        for sink in others {
            let to = self.of_sinks[*sink].writer.as_fd();
            let duplicated = uninterrupted(|| calls.tee(from, to, n))?;
            if duplicated == 0 || (is_known && duplicated != n) {
                return Err(io::Error::other("the duplicates have different lengths"));
            }
            (n, is_known) = (duplicated, true);
        }
        let last = &self.of_sinks[last];
        let mut left = n;
        while left > 0 {
            let to = last.writer.as_fd();
            let moved = uninterrupted(|| calls.splice(from.into(), to.into(), left));
            left -= match moved {
                Ok(moved @ 1..) => moved,
                other => {
                    let is_begun = left < n;
                    begun.extend(is_begun.then(|| (Arc::clone(&last.reader), n - left)));
                    return other.and(Err(ErrorKind::WriteZero.into()));
                }
            }
        }
        Ok(n)
    }

    /// Enlarges all by a step if the first one, which holds `len` bytes, is at least half full. Those of the sinks have to be empty.
    pub(super) fn grow_if_filled(&mut self, len: u64) {
        if self.size >= self.most || len < self.size / 2 {
            return;
        }
        let wanted = self.size.saturating_mul(GROWTH_FACTOR).min(self.most);
        let mut pipes = self.writers();
        if pipes.all(|pipe| platform::enlarge_pipe(pipe, wanted).is_some()) {
            drop(pipes);
            self.size = wanted;
        } else {
            drop(pipes);
            self.most = self.size;
            self.set_sizes(self.size);
        }
    }

    /// Whether they are larger than they were at first.
    pub(super) fn are_enlarged(&self) -> bool {
        self.size > self.first_size
    }

    /// Gives all of them, which are empty, their first size again.
    pub(super) fn give_back(&mut self) {
        self.set_sizes(self.first_size);
        self.size = self.first_size;
    }

    fn set_sizes(&self, size: u64) {
        for pipe in self.writers() {
            platform::set_pipe_size(pipe, size);
        }
    }

    fn writers(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        let all = std::iter::once(&self.first).chain(&self.of_sinks);
        all.map(|it| it.writer.as_fd())
    }
}

/// Makes a call again as long as a signal interrupts it.
fn uninterrupted(call: impl Fn() -> io::Result<u64>) -> io::Result<u64> {
    loop {
        match call() {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            done => return done,
        }
    }
}
