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
    pub(super) first: Arc<TeePipe>,
    /// Those of the sinks, in their order.
    pub(super) of_sinks: Vec<Arc<TeePipe>>,
    /// The size of each, in bytes: at first, now, and at most.
    first_size: u64,
    size: u64,
    most: u64,
}

/// One of these pipes. While the kernel moves bytes out of it into a file, it is locked, and whoever asks for its size or closes it has to wait.
/// So nothing is done with that of a sink which has left, and whose call may never return; it is closed when that returns.
#[derive(Debug)]
pub(super) struct TeePipe {
    pub(super) reader: Arc<OwnedFd>,
    pub(super) writer: OwnedFd,
}

impl TeePipes {
    /// Pipes for so many sinks, which hold up to `mark` bytes. They may grow beyond that, since pieces of files do not fill the pages
    /// they take up.
    ///
    /// # Errors
    /// When the system has not that many to give, or only ones of two pages, or too few descriptors.
    pub fn new(sinks: usize, mark: u64) -> io::Result<Self> {
        let make = || {
            let (reader, writer, size) = platform::make_pipe(mark)?;
            let reader = Arc::new(reader);
            io::Result::Ok((Arc::new(TeePipe { reader, writer }), size))
        };
        let (first, size) = make()?;
        let of_sinks = (0..sinks).map(|_| match make()? {
            (pipe, its_size) if its_size == size => Ok(pipe),
            _ => Err(io::Error::other(
                "the system gives pipes of different sizes",
            )),
        });
        let of_sinks = of_sinks.collect::<io::Result<_>>()?;
        // The sinks may have files yet to open.
        ensure_descriptors(sinks)?;
        Ok(Self {
            first,
            of_sinks,
            first_size: size,
            size,
            most: mark.saturating_mul(4).min(WIDEST_PIPE).max(size),
        })
    }

    /// Passes up to `n` bytes on from the first pipe to those of these sinks, at least one, which are empty: duplicates, and to the last of
    /// them the bytes themselves. Returns how many there were.
    ///
    /// # Errors
    /// When the kernel refuses a call, or the duplicates have different lengths. All is still in the first pipe then, but for
    /// what that of the last sink has of it, which is put into `begun`.
    pub(super) fn pass_on(
        &self,
        n: u64,
        sinks: &[ConsumerId],
        calls: &dyn Syscalls,
        begun: &mut VecDeque<(Arc<OwnedFd>, u64)>,
    ) -> io::Result<u64> {
        let sizes = self.writers(sinks).map(platform::pipe_size);
        if !sizes.into_iter().all(|size| size == Some(self.size)) {
            return Err(io::Error::other("the pipes have different sizes"));
        }
        let from = self.first.reader.as_fd();
        let (mut n, mut is_known) = (n, false);
        let (last, others) = sinks.split_last().ok_or(ErrorKind::NotFound)?;
        for sink in others {
            let to = self.of_sinks[*sink].writer.as_fd();
            let duplicated = uninterrupted(|| calls.tee(from, to, n))?;
            if duplicated == 0 || (is_known && duplicated != n) {
                return Err(io::Error::other("the duplicates have different lengths"));
            }
            (n, is_known) = (duplicated, true);
        }
        let last = &self.of_sinks[*last];
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

    /// Enlarges the pipes by a step if the first one holds `len` bytes, and that is at least half of its size. Those of these sinks are
    /// empty.
    pub(super) fn grow_if_filled(&mut self, len: u64, sinks: &[ConsumerId]) {
        if self.size >= self.most || len < self.size / 2 {
            return;
        }
        let wanted = self.size.saturating_mul(GROWTH_FACTOR).min(self.most);
        let grow = |pipe| platform::enlarge_pipe(pipe, wanted) == Some(wanted);
        if self.writers(sinks).all(grow) {
            self.size = wanted;
        } else {
            self.most = self.size;
            self.set_sizes(sinks);
        }
    }

    /// Whether they are larger than they were at first.
    pub(super) fn are_enlarged(&self) -> bool {
        self.size > self.first_size
    }

    /// Gives the pipes, of which those of these sinks are empty, their first size again.
    pub(super) fn give_back(&mut self, sinks: &[ConsumerId]) {
        self.size = self.first_size;
        self.set_sizes(sinks);
    }

    fn set_sizes(&self, sinks: &[ConsumerId]) {
        for pipe in self.writers(sinks) {
            platform::set_pipe_size(pipe, self.size);
        }
    }

    /// The first pipe and those of these sinks.
    fn writers(&self, sinks: &[ConsumerId]) -> impl Iterator<Item = BorrowedFd<'_>> {
        let of_sinks = sinks.iter().map(|sink| &self.of_sinks[*sink]);
        std::iter::once(&self.first)
            .chain(of_sinks)
            .map(|it| it.writer.as_fd())
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
