//! What a file is, whether it is known by a path or by an open descriptor, and what follows from that for an end.

use super::{FileId, Raw, Unfit};
use crate::error::Side;
use crate::platform;
use crate::text::words::bytes_exactly;
use rustix::fs::{FileType, RawMode};
use rustix::net::SocketType;
use std::fs::Metadata;
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;

/// Why the kernel moves nothing into a file that is open for appending.
pub(super) const APPENDS: Unfit = "it is open for appending, which splice(2) refuses";

/// What a file is, and stays as long as it exists.
#[derive(Debug, Clone, Copy)]
pub(super) struct FileFacts {
    pub(super) file_type: FileType,
    id: FileId,
    is_null: bool,
    pub(super) is_terminal: bool,
}

impl FileFacts {
    /// The facts that stat(2) gives. It knows terminals only by the device numbers that are common.
    pub(super) fn new(metadata: &Metadata) -> Self {
        let file_type = file_type_of(metadata);
        let is_device = file_type == FileType::CharacterDevice;
        Self {
            file_type,
            id: FileId::from(metadata),
            is_null: is_device && platform::is_null_number(metadata.rdev()),
            is_terminal: is_device && platform::is_terminal_number(metadata.rdev()),
        }
    }

    /// The facts of a file that is open as `fd`, which can be asked whether it is a terminal (isatty(3)).
    pub(super) fn of_open(fd: impl AsFd, metadata: &Metadata) -> Self {
        let facts = Self::new(metadata);
        let is_device = facts.file_type == FileType::CharacterDevice;
        Self {
            is_terminal: is_device && rustix::termios::isatty(fd),
            ..facts
        }
    }

    /// Which file this is, if both ends of a transfer must not be it: a file, a block device, a FIFO.
    pub(super) fn file_id(&self) -> Option<FileId> {
        let matters = matches!(
            self.file_type,
            FileType::RegularFile | FileType::BlockDevice | FileType::Fifo
        );
        matters.then_some(self.id)
    }

    pub(super) fn is_regular(&self) -> bool {
        self.file_type == FileType::RegularFile
    }

    /// Whether it can be read from anywhere in it. A file that does not tell its size, as those of /proc, is read from its beginning.
    pub(super) fn seeks(&self, tells_its_size: bool) -> bool {
        match self.file_type {
            FileType::RegularFile => tells_its_size,
            file_type => file_type == FileType::BlockDevice,
        }
    }

    /// What the kernel can move bytes from or to here.
    pub(super) fn raw(&self, appends: bool) -> Result<Raw, Unfit> {
        match self.file_type {
            FileType::Fifo => Ok(Raw::Pipe),
            FileType::RegularFile | FileType::BlockDevice if appends => Err(APPENDS),
            FileType::RegularFile | FileType::BlockDevice => Ok(Raw::File),
            // Other processes may read or write it too, and share its flags, which would keep a call from sleeping.
            FileType::Socket => Err("it is a socket that is shared with others"),
            _ if self.is_null => Ok(Raw::Null),
            _ if self.is_terminal => Err("it is a terminal"),
            _ => Err("it is a device"),
        }
    }

    /// The file in words, given its size in bytes.
    pub(super) fn words(&self, size: u64) -> String {
        match self.file_type {
            _ if self.is_null => "the null device".to_owned(),
            _ if self.is_terminal => "a terminal".to_owned(),
            FileType::RegularFile if size == 0 => "an empty regular file".to_owned(),
            FileType::RegularFile => format!("a regular file of {}", bytes_exactly(size)),
            FileType::Directory => "a directory".to_owned(),
            FileType::Fifo => "a FIFO".to_owned(),
            FileType::Socket => "a socket".to_owned(),
            FileType::BlockDevice => "a block device".to_owned(),
            FileType::CharacterDevice => "a character device".to_owned(),
            _ => "neither a file nor a device".to_owned(),
        }
    }

    /// When a SOURCE that is this file ends, in words.
    pub(super) fn source_ending(&self) -> &'static str {
        match self.file_type {
            FileType::RegularFile => "at the end of the file",
            FileType::BlockDevice => "at the end of the device",
            FileType::Fifo => "when no process has the pipe open for writing any more",
            FileType::Socket => "when the peer has closed the connection",
            _ if self.is_terminal => "when somebody types ^D on a line of its own",
            _ => "when the device says so, if it ever does",
        }
    }

    /// Bytes up to the end of the file, which says that it has `left`, or why that is not known.
    pub(super) fn size(&self, left: u64) -> Result<u64, &'static str> {
        match self.file_type {
            FileType::RegularFile if left > 0 => Ok(left),
            FileType::RegularFile => Err("the file says that it holds nothing"),
            FileType::BlockDevice => Err("the device is asked when the transfer starts"),
            FileType::Fifo => Err("a pipe does not say how much will come"),
            FileType::Socket => Err("the peer does not say how much will come"),
            _ => Err("it does not say how much will come"),
        }
    }
}

pub(super) fn file_type_of(metadata: &Metadata) -> FileType {
    // The standard library widens the mode where the system has fewer bits.
    FileType::from_raw_mode(metadata.mode() as RawMode)
}

/// Refuses a socket that keeps messages apart (socket(2)), since a stream has no messages: a read loses what does not fit into
/// its buffer, and a write is refused that does not fit into a message.
///
/// # Errors
/// The refusal, in words.
pub(super) fn check_stream(socket_type: SocketType, side: Side) -> Result<(), String> {
    let kind = match socket_type {
        SocketType::STREAM => return Ok(()),
        SocketType::DGRAM => "datagram",
        SocketType::SEQPACKET => "seqpacket",
        _ => "message",
    };
    let place = match side {
        Side::Source => "reading would lose what does not fit into a read",
        Side::Sink => "a write that is too long for one message fails",
    };
    Err(format!(
        "a {kind} socket keeps messages apart, and {place}; use a stream socket"
    ))
}

/// What the kernel can move bytes from, where it could move bytes to `raw`.
pub(super) fn raw_source_of(raw: Raw, tells_its_size: bool) -> Result<Raw, Unfit> {
    match raw {
        Raw::Null => Err("it is a device"),
        Raw::File if !tells_its_size => {
            Err("its size is not known, as of a file that is made while it is read")
        }
        raw => Ok(raw),
    }
}

/// When the bytes are delivered to a SINK of this type, in words, if no option asks for more.
pub(super) fn sink_ending(file_type: FileType) -> &'static str {
    match file_type {
        FileType::RegularFile | FileType::BlockDevice => {
            "once the system has taken every byte without an error (written)"
        }
        FileType::Fifo => {
            "once the pipe has taken every byte (written); whether its reader reads them is not known"
        }
        FileType::Socket => "once the system has every byte (written); the connection stays open",
        FileType::CharacterDevice => "once the device has taken every byte (written)",
        _ => "once the system has every byte (written)",
    }
}
