//! What an open end can do, as a source or as a sink, and what it does for the kernel road if the kernel can move its bytes.

use super::raw::{Extent, Raw, Unfit};
use super::{Leftover, Probe};
use crate::endpoint::pipe::NeighbourPipe;
use crate::engine::wait::Ready;
use crate::platform::FdAt;
use std::io::{self, IoSlice};
use std::time::Instant;

/// An open end that bytes come from. A socket that is dropped without [`Source::close`] resets its connection.
pub trait Source: Send {
    /// Reads what is there into the non-empty `buf`; 0 is the end of input.
    ///
    /// # Errors
    /// `WouldBlock`: nothing is there, wait for [`Source::ready`]. Anything else ends the transfer.
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize>;

    /// Reads as [`Source::read`] does, and leaves what it has read to be read again.
    ///
    /// # Errors
    /// As [`Source::read`]; `Unsupported`: this source cannot.
    fn peek(&mut self, _buf: &mut [u8]) -> io::Result<usize> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// What to wait for after `WouldBlock`.
    fn ready(&self) -> Ready<'_>;

    /// The pipe that another process writes to, if it is one.
    fn pipe(&self) -> Option<&NeighbourPipe> {
        None
    }

    /// What is known of it and stays as it is. Asked once it is open, before the first read.
    fn facts(&self) -> SourceFacts {
        SourceFacts::default()
    }

    /// How many bytes there have to be is checked behind this end, so it may take for the end what could be a cut: after `left` more
    /// bytes, or wherever it comes if that number is not known here. Called before the first read.
    fn size_is_checked(&mut self, _left: Option<u64>) {}

    /// Moves up to `n` bytes ahead without reading; returns by how many.
    ///
    /// # Errors
    /// When the system cannot seek in what should be seekable.
    fn seek_ahead(&mut self, _n: u64) -> io::Result<u64> {
        Ok(0)
    }

    /// What it is to the kernel, and how it serves the kernel road, which moves bytes without their entering this process.
    ///
    /// # Errors
    /// The reason why the kernel cannot move bytes from here.
    fn kernel(&mut self) -> Result<(Raw, &mut dyn KernelSource), Unfit> {
        Err("its bytes are made by this program")
    }

    /// Which of several sources, read one after the other, it is at, counted from 0.
    fn part(&self) -> usize {
        0
    }

    /// Whether no other source follows that.
    fn is_last_part(&self) -> bool {
        true
    }

    /// Goes on to the next of several sources, where one follows: the present one has ended. [`Source::read`] does so by itself.
    ///
    /// # Errors
    /// `WouldBlock`: it is not open yet, wait for [`Source::ready`]. Anything else: there is none, or it cannot be opened.
    fn next_part(&mut self) -> io::Result<()> {
        Err(io::ErrorKind::NotFound.into())
    }

    /// No more of it is wanted: it has ended, as far as it was read, or not. Asked after the last read, before the sink is finished,
    /// unless the transfer has failed. `Some`: it is not done yet; wait for [`Source::ready`], but no longer than until this
    /// moment, and ask again.
    ///
    /// # Errors
    /// When what it gave is no success after all, which fails the transfer.
    fn leave(&mut self) -> io::Result<Option<Instant>> {
        Ok(None)
    }

    /// Closes it cleanly, after everything was delivered; of a half of a peer, in [both directions](crate::endpoint::Halves).
    fn close(self: Box<Self>) {}
}

/// An open end that bytes go to. If it is dropped before it has finished, nothing is left that looks like success.
pub trait Sink: Send {
    /// What is known of it and stays as it is. Asked once it is open, before [`Sink::start`].
    fn facts(&self) -> SinkFacts {
        SinkFacts::default()
    }

    /// Makes the file, or empties the one that existed. Called before the first byte, with the number of bytes that are expected
    /// to come, if that is known: there may come more or fewer. Does nothing when it is called again, even after bytes were
    /// written: a pipeline calls it, and each road that it takes.
    ///
    /// # Errors
    /// When the system refuses.
    fn start(&mut self, _expected: Option<u64>) -> io::Result<()> {
        Ok(())
    }

    /// Bytes of the file that it will empty or replace.
    fn would_lose(&self) -> u64 {
        0
    }

    /// The pipe that another process reads from, if it is one.
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

    /// The kernel has said `broken`: nobody reads any more what it moves here. Returns the error that a write has for that.
    fn why_broken(&mut self, broken: io::Error) -> io::Error {
        broken
    }

    /// What the peer says back, if it is a connection or a command.
    fn backchannel(&self) -> Option<&dyn Backchannel> {
        None
    }

    /// What to warn the user of after success, as a text that follows the name of this end.
    fn warning(&self) -> Option<String> {
        None
    }

    /// What it is to the kernel, and how it serves the kernel road, which moves bytes without their entering this process.
    /// May be called before [`Sink::start`].
    ///
    /// # Errors
    /// The reason why the kernel cannot move bytes here.
    fn kernel(&mut self) -> Result<(Raw, &mut dyn KernelSink), Unfit> {
        Err("its bytes are taken by this program")
    }

    /// Takes the next step after the last byte: flush, half-close, sync, rename, await delivery.
    ///
    /// # Errors
    /// When delivery has failed.
    fn finish(&mut self) -> io::Result<Finish<'_>>;
}

/// What the peer of a sink says back. What comes on a connection while bytes are written is read and dropped: a peer that is not
/// heard may stop reading too, and closing a socket with something unread resets the connection. Where it is the source of the other
/// direction ([`Halves`](crate::endpoint::Halves)) it is left alone, and only that the connection fails is heard. A command says how
/// it exits.
pub trait Backchannel {
    /// What to wait for while there is nothing to write: that the peer sends something or goes away. `None`: it is gone, and
    /// nothing more comes.
    fn ready(&self) -> Option<Ready<'_>>;

    /// Hears what the peer says.
    ///
    /// # Errors
    /// The first error of the connection, or the failure of the command, which fails the transfer.
    fn hear(&self) -> io::Result<()>;

    /// Bytes written that the peer's system has not acknowledged, or the command has not read; on a Unix socket the memory that those
    /// take up which the peer has not read.
    fn unacknowledged(&self) -> u64;
}

/// What is known of an open source and does not change.
#[derive(Debug, Clone, Default)]
pub struct SourceFacts {
    /// Bytes from where it was opened to the end, where that is known.
    pub size: Option<u64>,
    /// The peer that it is connected with, as people write it.
    pub peer: Option<String>,
    /// Whether it is a terminal, whose user types what is read.
    pub is_terminal: bool,
    /// Whether it can begin behind its first bytes when it is opened another time.
    pub begins_anywhere: bool,
    /// Whether its peer is to learn how the transfer ended, so that it is kept until then.
    pub is_told_of_delivery: bool,
    /// How to ask for its status.
    pub probe: Probe,
    /// What is to be removed if the transfer is given up while this end is in a system call.
    pub leftover: Option<Leftover>,
}

/// What is known of an open sink and does not change.
#[derive(Debug, Clone, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "four independent properties of an end"
)]
pub struct SinkFacts {
    /// The peer that it is connected with, as people write it.
    pub peer: Option<String>,
    /// Whether it is a terminal, whose user sees what is written.
    pub is_terminal: bool,
    /// Whether it limits its own speed, so that no road is faster than another.
    pub is_paced: bool,
    /// Whether a write may sleep in the system: files and terminals, which never say "not now".
    pub sleeps: bool,
    /// Whether a broken pipe means that the reader of the output went away, as `head` does, and is no error.
    pub is_pipeline: bool,
    /// How to ask for its status.
    pub probe: Probe,
    /// What is to be removed if the transfer is given up while this end is in a system call.
    pub leftover: Option<Leftover>,
}

/// A source that serves the kernel road.
pub trait KernelSource: Source {
    /// The descriptor that the kernel moves bytes from, and the offset in its file, where that is not its position.
    fn at(&self) -> Option<FdAt<'_>>;

    /// How many of `most` bytes the kernel may move from here now; 0 is the end of input. In a file whose position other
    /// processes share, these bytes are claimed for this transfer, and given back if it ends before it has moved them.
    ///
    /// # Errors
    /// When nothing can be claimed, so that the kernel cannot move bytes from here.
    fn claim(&mut self, most: u64) -> io::Result<u64> {
        Ok(most)
    }

    /// The kernel has moved `n` bytes from here.
    fn moved(&mut self, _n: u64) {}

    /// The kernel has reported the end of input. Returns whether it is the end: some files, as those of /proc, have more to
    /// read all the same.
    ///
    /// # Errors
    /// `WouldBlock`: it is not known yet, wait for [`Source::ready`]. Anything else when input ends too early.
    fn has_ended(&mut self) -> io::Result<bool> {
        Ok(true)
    }

    /// The hole and the data ahead in a sparse file.
    ///
    /// # Errors
    /// When the system cannot say.
    fn extent(&mut self) -> io::Result<Extent> {
        Ok(Extent::DATA)
    }

    /// Asks to be ready only once `bytes` are there, or no more fit; 1 is ready with any byte. A stream may ignore it.
    fn gather(&mut self, _bytes: u64) {}
}

/// A sink that serves the kernel road.
pub trait KernelSink: Sink {
    /// The descriptor that the kernel moves bytes to, and the offset in its file, where that is not its position. `None`:
    /// it is not open before [`Sink::start`], or has finished.
    fn at(&self) -> Option<FdAt<'_>>;

    /// How many of `most` bytes the kernel may move here now. In a file whose position other processes share, these are
    /// claimed for this transfer: ask for no more than there are to be moved.
    ///
    /// # Errors
    /// `WouldBlock`: none, wait for [`Sink::ready`]. `Unsupported`: the kernel cannot move bytes here.
    fn grant(&mut self, most: u64) -> io::Result<u64> {
        Ok(most)
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
}

/// How far a sink has come in finishing.
#[derive(Debug)]
pub enum Finish<'a> {
    /// Everything is delivered.
    Done(Delivered),
    /// Not yet: wait, then ask again.
    Wait {
        /// What to wait for, if a descriptor can tell.
        ready: Option<Ready<'a>>,
        /// When to ask again at the latest.
        until: Instant,
        /// Whether bytes were delivered since the last step.
        moved: bool,
        /// Whether the wait is for the peer, so that `--idle-timeout` counts.
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
    /// The peer's system has them all, or on a Unix socket the peer; it has not closed.
    Acknowledged,
    /// The same, and the peer has closed its side.
    Closed,
    /// The command that got them has exited, with status 0.
    Exited,
    /// The server that got them has answered that it accepts them.
    Accepted,
}

impl Delivered {
    /// Its name in records and the summary.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Delivered::Written => "written",
            Delivered::Synced => "synced",
            Delivered::Acknowledged => "acknowledged",
            Delivered::Closed => "closed",
            Delivered::Exited => "exited",
            Delivered::Accepted => "accepted",
        }
    }
}
