//! What an open end can do: the two sides that a road moves bytes between.

use super::raw::{Extent, Raw, Unfit};
use super::{Leftover, Probe};
use crate::endpoint::pipe::NeighbourPipe;
use crate::engine::wait::Ready;
use std::io::{self, IoSlice};
use std::os::fd::BorrowedFd;
use std::time::Instant;

/// An open end that bytes come from. Dropped without [`Source::close`], a socket tells its peer by a reset.
pub trait Source: Send {
    /// Reads what is there into the non-empty `buf`; 0 is the end of input.
    ///
    /// # Errors
    /// `WouldBlock`: nothing is there, wait for [`Source::ready`]. Anything else ends the transfer.
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize>;

    /// What to wait for after `WouldBlock`.
    fn ready(&self) -> Ready<'_>;

    /// The pipe that somebody else feeds, if it is one.
    fn pipe(&self) -> Option<&NeighbourPipe> {
        None
    }

    /// Bytes from here to the end, where that is known.
    fn size(&self) -> Option<u64> {
        None
    }

    /// Whether somebody types what is read.
    fn is_terminal(&self) -> bool {
        false
    }

    /// Moves up to `n` bytes ahead without reading; returns by how many.
    ///
    /// # Errors
    /// When the system cannot seek in what should be seekable.
    fn seek_ahead(&mut self, _n: u64) -> io::Result<u64> {
        Ok(0)
    }

    /// What the kernel can move bytes from without our seeing them.
    ///
    /// # Errors
    /// The reason why it cannot.
    fn raw(&self) -> Result<Raw, Unfit> {
        Err("its bytes are made by this program")
    }

    /// The descriptor that [`Source::raw`] speaks of.
    fn raw_fd(&self) -> Option<BorrowedFd<'_>> {
        None
    }

    /// How many of `most` bytes the kernel may move from here now; 0 is the end of input. What a file holds whose
    /// position others share is claimed for this transfer, and given back if it comes to its end before.
    ///
    /// # Errors
    /// When nothing can be claimed, so that the kernel cannot move bytes from here.
    fn claim(&mut self, most: u64) -> io::Result<u64> {
        Ok(most)
    }

    /// Where the kernel is to read in the file, unless at its position.
    fn offset(&self) -> Option<u64> {
        None
    }

    /// What there is to be seen of it from outside.
    fn probe(&self) -> Probe {
        Probe::of(self.raw())
    }

    /// The kernel has moved `n` bytes from here.
    fn moved(&mut self, _n: u64) {}

    /// The kernel has met the end of input. Returns whether it is one: some files, as those of /proc, have something to
    /// read all the same.
    ///
    /// # Errors
    /// When this end comes too early.
    fn has_ended(&mut self) -> io::Result<bool> {
        Ok(true)
    }

    /// What lies ahead in a sparse file.
    ///
    /// # Errors
    /// When the system cannot say.
    fn extent(&mut self) -> io::Result<Extent> {
        Ok(Extent::DATA)
    }

    /// Asks to be ready only once `bytes` are there, or no more fit; 1 is ready with anything. A wish, for bytes that
    /// come in a stream.
    fn gather(&mut self, _bytes: u64) {}

    /// Lets go of it after everything was delivered.
    fn close(self: Box<Self>) {}
}

/// An open end that bytes go to. Dropped before it has finished, it leaves nothing that looks like success.
pub trait Sink: Send {
    /// Empties what existed, if that is what opening it for writing means. Called before the first byte; does nothing when it
    /// is called again.
    ///
    /// # Errors
    /// When the system refuses.
    fn start(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// Whether something is there that will be lost when it starts, or at its end: a file that is not empty.
    fn would_lose(&self) -> bool {
        false
    }

    /// The pipe that somebody else reads from, if it is one.
    fn pipe(&self) -> Option<&NeighbourPipe> {
        None
    }

    /// Writes what fits of the non-empty `bufs`.
    ///
    /// # Errors
    /// `WouldBlock`: nothing fits, wait for [`Sink::ready`]. Anything else ends the transfer.
    fn write(&mut self, bufs: &[IoSlice<'_>]) -> io::Result<usize>;

    /// What to wait for after `WouldBlock`.
    fn ready(&self) -> Ready<'_>;

    /// What to listen to beside waiting: a peer that talks back or goes away while we have nothing for it.
    fn backchannel(&self) -> Option<Ready<'_>> {
        None
    }

    /// Reads and drops what the peer says.
    ///
    /// # Errors
    /// The first error of the connection, which is the transfer's.
    fn hear(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// What the user is to be told after success, behind the name of this end.
    fn warning(&self) -> Option<String> {
        None
    }

    /// What the kernel can move bytes to without our seeing them. May be asked before [`Sink::start`].
    ///
    /// # Errors
    /// The reason why it cannot.
    fn raw(&self) -> Result<Raw, Unfit> {
        Err("its bytes are taken by this program")
    }

    /// The descriptor that [`Sink::raw`] speaks of.
    fn raw_fd(&self) -> Option<BorrowedFd<'_>> {
        None
    }

    /// Where the kernel is to write in the file, unless at its position.
    fn offset(&self) -> Option<u64> {
        None
    }

    /// What there is to be seen of it from outside.
    fn probe(&self) -> Probe {
        Probe::of(self.raw())
    }

    /// How many of `most` bytes the kernel may move here now. In a file whose position others share so many are claimed
    /// for this transfer: ask for no more than are there to be moved.
    ///
    /// # Errors
    /// `WouldBlock`: none, wait for [`Sink::ready`]. `Unsupported`: the kernel cannot move bytes here.
    fn grant(&mut self, most: u64) -> io::Result<u64> {
        Ok(most)
    }

    /// Whether it takes bytes at a pace of its own, so that no road is faster than another.
    fn is_paced(&self) -> bool {
        false
    }

    /// The kernel has moved `n` bytes here, of those that were granted.
    fn moved(&mut self, _n: u64) {}

    /// Leaves a hole of `n` bytes, which read as zeros. Returns whether it did: only in a file, at its end.
    ///
    /// # Errors
    /// When the system refuses.
    fn leave_hole(&mut self, _n: u64) -> io::Result<bool> {
        Ok(false)
    }

    /// One step towards the end after the last byte: flush, half-close, sync, rename, await delivery.
    ///
    /// # Errors
    /// When delivery has failed.
    fn finish(&mut self) -> io::Result<Finish<'_>>;

    /// Whether a write may sleep in the system: files and terminals, which never say "not now".
    fn sleeps(&self) -> bool {
        false
    }

    /// Whether a broken pipe means that the reader of our output went away, as `head` does, and is no error.
    fn is_pipeline(&self) -> bool {
        false
    }

    /// Whether somebody sees what is written.
    fn is_terminal(&self) -> bool {
        false
    }

    /// What is to be removed if this end is given up while it cannot answer.
    fn leftover(&self) -> Option<Leftover> {
        None
    }

    /// Bytes written that the peer's system has not acknowledged, or that the reader of a pipe has not read.
    fn unacknowledged(&self) -> u64 {
        0
    }
}

/// How far the end of a sink has come.
#[derive(Debug)]
pub enum Finish<'a> {
    /// Everything is where it should be.
    Done(Delivered),
    /// Not yet: wait, then ask again.
    Wait {
        /// For this descriptor, if one can tell.
        ready: Option<Ready<'a>>,
        /// At most until then.
        until: Instant,
        /// Whether something has moved since the last step.
        moved: bool,
        /// Whether the peer is to blame for waiting, so that `--idle-timeout` counts.
        peer: bool,
    },
}

/// In which sense the bytes were delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivered {
    /// The system took them.
    Written,
    /// They are on the disk.
    Synced,
    /// The peer's system has them all; the peer has not closed.
    Acknowledged,
    /// The peer's system has them all and the peer has closed its side.
    Closed,
}

impl Delivered {
    /// The word for it in records and the summary.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Delivered::Written => "written",
            Delivered::Synced => "synced",
            Delivered::Acknowledged => "acknowledged",
            Delivered::Closed => "closed",
        }
    }
}
