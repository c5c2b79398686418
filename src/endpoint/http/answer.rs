//! Reads the head of an answer from a peer without waiting, and the first line of its body for a message.

use super::body::Body;
use super::head::{Head, MOST_BYTES};
use crate::endpoint::Source;
use crate::text::visible::named;
use std::ffi::OsStr;
use std::io::{self, ErrorKind};
use std::os::unix::ffi::OsStrExt;

/// How many answers may come before the final one (RFC 9110, section 15.2).
const MOST_INTERIM: u32 = 16;

/// How much is read at once. What is behind the head stays with the system if it can, for the kernel road.
const PIECE: usize = 4096;

/// The longest line of a body that a message has, in bytes.
const LONGEST_LINE: usize = 200;

/// A head that is being read.
#[derive(Debug, Default)]
pub(super) struct HeadReader {
    bytes: Vec<u8>,
    interim: u32,
}

impl HeadReader {
    /// The next head, which may be that of an interim answer.
    ///
    /// # Errors
    /// `WouldBlock`: it is not there yet. `UnexpectedEof`: the peer has ended. `InvalidData`: it is no head.
    pub(super) fn next(&mut self, source: &mut dyn Source) -> io::Result<Head> {
        loop {
            if let Some((head, len)) = parse(&self.bytes)? {
                self.bytes.drain(..len);
                self.interim += u32::from(head.is_interim());
                if self.interim > MOST_INTERIM {
                    let why = format!("more than {MOST_INTERIM} interim answers (1xx) came");
                    return Err(io::Error::new(ErrorKind::InvalidData, why));
                }
                return Ok(head);
            }
            if self.read_more(source)? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
        }
    }

    /// What was read behind the head.
    pub(super) fn into_rest(self) -> Vec<u8> {
        self.bytes
    }

    fn read_more(&mut self, source: &mut dyn Source) -> io::Result<usize> {
        let mut piece = [0; PIECE];
        let before = self.bytes.len();
        let n = match source.peek(&mut piece) {
            Err(error) if error.kind() == ErrorKind::Unsupported => {
                let n = source.read(&mut piece)?;
                self.bytes.extend_from_slice(&piece[..n]);
                return Ok(n);
            }
            peeked => peeked?,
        };
        self.bytes.extend_from_slice(&piece[..n]);
        // More than the head is left where it is; a head that is wrong is told of by whoever asks for it.
        let of_head = match parse(&self.bytes) {
            Ok(Some((_, len))) => len.saturating_sub(before).min(n),
            _ => n,
        };
        let read = source.read(&mut piece[..of_head])?;
        self.bytes.truncate(before + read);
        Ok(read)
    }
}

fn parse(bytes: &[u8]) -> io::Result<Option<(Head, usize)>> {
    let bytes = &bytes[..bytes.len().min(MOST_BYTES + PIECE)];
    Head::parse(bytes).map_err(|why| io::Error::new(ErrorKind::InvalidData, why))
}

/// The first line of the body of an answer.
#[derive(Debug)]
pub(super) struct FirstLine {
    body: Option<Body>,
    line: Vec<u8>,
}

impl FirstLine {
    pub(super) fn new(head: &Head, rest: Vec<u8>) -> Self {
        Self {
            body: head.framing().ok().map(|framing| Body::new(framing, rest)),
            line: Vec::new(),
        }
    }

    /// Reads what is there. Returns whether the line is complete, or no more of it will come.
    pub(super) fn read(&mut self, source: &mut dyn Source) -> bool {
        while let Some(body) = &mut self.body {
            if self.line.len() > LONGEST_LINE || self.line.contains(&b'\n') {
                break;
            }
            let mut piece = [0; 256];
            match body.read(source, &mut piece) {
                Ok(0) => break,
                Ok(n) => self.line.extend_from_slice(&piece[..n]),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return error.kind() != ErrorKind::WouldBlock,
            }
        }
        true
    }

    /// What a message says of the answer with this `head`.
    pub(super) fn told(&self, head: &Head) -> String {
        let line = self
            .line
            .split(|it| *it == b'\n')
            .next()
            .unwrap_or_default();
        let line = line.trim_ascii();
        let is_cut = line.len() > LONGEST_LINE;
        let line = &line[..line.len().min(LONGEST_LINE)];
        let status = head.status_in_words();
        if line.is_empty() {
            return format!("the server answered {status}");
        }
        let more = if is_cut { "…" } else { "" };
        let line = named(OsStr::from_bytes(line));
        format!("the server answered {status}: {line}{more}")
    }
}

/// Why there is no answer, in words.
pub(super) fn reason(error: &io::Error) -> String {
    if error.kind() == ErrorKind::UnexpectedEof {
        return "the server closed the connection without an answer".to_owned();
    }
    crate::error::reason(error)
}
