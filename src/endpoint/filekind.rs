//! What a kind of file is: in words, to the kernel, and as one of two ends.

use super::{Raw, Unfit};
use crate::error::Side;
use crate::text::words::bytes_exactly;
use rustix::fs::{FileType, RawMode};
use rustix::net::SocketType;
use rustix::net::sockopt::socket_type;
use std::fs::Metadata;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;

/// Why the kernel moves nothing into a file that is open for appending.
pub(super) const APPENDS: Unfit = "it is open for appending, which splice(2) refuses";

/// What stands there.
pub(super) fn kind_of(found: &Metadata) -> FileType {
    // The standard library widens the mode where the system has fewer bits.
    FileType::from_raw_mode(found.mode() as RawMode)
}

/// What the kernel can move bytes from or to where there is something of this kind.
pub(super) fn raw_of(
    kind: FileType,
    appends: bool,
    is_null: bool,
    is_terminal: bool,
) -> Result<Raw, Unfit> {
    match kind {
        FileType::Fifo => Ok(Raw::Pipe),
        FileType::RegularFile | FileType::BlockDevice if appends => Err(APPENDS),
        FileType::RegularFile | FileType::BlockDevice => Ok(Raw::File),
        // Others may be reading or writing it, and its flags, which keep a call from sleeping, are theirs too.
        FileType::Socket => Err("it is a socket that is shared with others"),
        _ if is_null => Ok(Raw::Null),
        _ if is_terminal => Err("it is a terminal"),
        _ => Err("it is a device"),
    }
}

/// Refuses a socket that keeps messages apart as an end of a stream (socket(2)): a read loses what does not fit into it, and
/// a write is refused that does not fit into a message, so that whether it works would depend on chance.
///
/// # Errors
/// The refusal, or what the system says to the question.
pub(super) fn check_stream(socket: impl AsFd, side: Side) -> io::Result<()> {
    let kind = match socket_type(socket)? {
        SocketType::STREAM => return Ok(()),
        SocketType::DGRAM => "datagram",
        SocketType::SEQPACKET => "seqpacket",
        _ => "message",
    };
    let place = match side {
        Side::Source => "a read loses what does not fit into it",
        Side::Sink => "a write is refused that does not fit into one",
    };
    let why = format!("a {kind} socket keeps messages apart, and {place}; use a stream socket");
    Err(io::Error::new(io::ErrorKind::InvalidInput, why))
}

/// What the kernel can move bytes from where there is something of this kind.
pub(super) fn raw_source_of(raw: Raw, tells_its_size: bool) -> Result<Raw, Unfit> {
    match raw {
        Raw::Null => Err("it is a device"),
        Raw::File if !tells_its_size => {
            Err("its size is not known, as of a file that is made while it is read")
        }
        raw => Ok(raw),
    }
}

/// A kind of file in words.
pub(super) fn words(kind: FileType, size: u64) -> String {
    match kind {
        FileType::RegularFile if size == 0 => "an empty regular file".to_owned(),
        FileType::RegularFile => format!("a regular file of {}", bytes_exactly(size)),
        FileType::Directory => "a directory".to_owned(),
        FileType::Fifo => "a FIFO".to_owned(),
        FileType::Socket => "a socket".to_owned(),
        FileType::BlockDevice => "a block device".to_owned(),
        FileType::CharacterDevice => "a character device".to_owned(),
        _ => "something that is no file".to_owned(),
    }
}

/// What the end of such a SOURCE is.
pub(super) fn source_ending(kind: FileType, is_terminal: bool) -> &'static str {
    match kind {
        FileType::RegularFile => "at the end of the file",
        FileType::BlockDevice => "at the end of the device",
        FileType::Fifo => "when nobody has the pipe open for writing any more",
        FileType::Socket => "when the peer has shut its side down",
        _ if is_terminal => "when somebody types ^D on a line of its own",
        _ => "when the device says so, if it ever does",
    }
}

/// When the bytes in such a SINK are delivered, if nothing more is asked for.
pub(super) fn sink_ending(kind: FileType) -> &'static str {
    match kind {
        FileType::RegularFile | FileType::BlockDevice => {
            "once the system has every byte and has reported no error (written)"
        }
        FileType::Fifo => {
            "once the pipe has taken every byte (written); whether its reader reads them is not known"
        }
        FileType::Socket => {
            "once the system has every byte (written); the connection is neither shut down nor read"
        }
        FileType::CharacterDevice => "once the device has taken every byte (written)",
        _ => "once the system has every byte (written)",
    }
}

/// Bytes up to the end of something of this kind that says it has `left`, or why that is not known.
pub(super) fn size_of(kind: FileType, left: u64) -> Result<u64, &'static str> {
    match kind {
        FileType::RegularFile if left > 0 => Ok(left),
        FileType::RegularFile => Err("the file says that it holds nothing"),
        FileType::BlockDevice => Err("the device is asked when the transfer starts"),
        FileType::Fifo => Err("a pipe does not say how much will come"),
        FileType::Socket => Err("the peer does not say how much will come"),
        _ => Err("it does not say how much will come"),
    }
}
