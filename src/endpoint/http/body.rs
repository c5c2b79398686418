//! The body of an answer as it is framed, read from the peer without waiting.

use super::chunked::Chunked;
use super::head::Framing;
use crate::endpoint::Source;
use std::io::{self, ErrorKind};

/// The most that is read at once of a body in chunks, in bytes.
const PIECE: usize = 64 * 1024;

/// A body, of which some may have been read.
#[derive(Debug)]
pub(super) struct Body {
    framing: Unread,
    /// What was read from the peer and is not handed on yet.
    held: Vec<u8>,
    /// How much of that was handed on.
    taken: usize,
}

#[derive(Debug)]
enum Unread {
    Length(u64),
    Chunked(Chunked),
    UntilClose { has_ended: bool },
}

impl Body {
    /// A body of which the first bytes may have come with the head.
    pub(super) fn new(framing: Framing, held: Vec<u8>) -> Self {
        let framing = match framing {
            Framing::Length(length) => Unread::Length(length),
            Framing::Chunked => Unread::Chunked(Chunked::default()),
            Framing::UntilClose => Unread::UntilClose { has_ended: false },
        };
        Self {
            framing,
            held,
            taken: 0,
        }
    }

    /// Bytes that are still to come, if that is known.
    pub(super) fn left(&self) -> Option<u64> {
        match self.framing {
            Unread::Length(left) => Some(left),
            _ => None,
        }
    }

    /// Bytes that were read from the peer and are not handed on yet.
    pub(super) fn held(&self) -> u64 {
        (self.held.len() - self.taken) as u64
    }

    /// Why the kernel cannot move what is left, if so.
    pub(super) fn needs_us(&self) -> Option<&'static str> {
        match self.framing {
            Unread::Chunked(_) => Some("it comes in chunks, which this program takes apart"),
            _ if self.held() > 0 => Some("some of it has been read"),
            _ => None,
        }
    }

    /// The kernel has moved so many bytes of it.
    pub(super) fn moved(&mut self, n: u64) {
        if let Unread::Length(left) = &mut self.framing {
            *left = left.saturating_sub(n);
        }
    }

    /// Reads what is there; 0 is the end of the body.
    ///
    /// # Errors
    /// `UnexpectedEof` when the peer has ended before the body has.
    pub(super) fn read(&mut self, source: &mut dyn Source, buf: &mut [u8]) -> io::Result<usize> {
        match &mut self.framing {
            Unread::Length(0) | Unread::UntilClose { has_ended: true } => Ok(0),
            Unread::Length(left) => {
                let most = usize::try_from(*left).map_or(buf.len(), |left| left.min(buf.len()));
                let buf = &mut buf[..most];
                let n = read_plain((&mut self.held, &mut self.taken), source, buf)?;
                if n == 0 && most > 0 {
                    return Err(ErrorKind::UnexpectedEof.into());
                }
                *left -= n as u64;
                Ok(n)
            }
            Unread::UntilClose { has_ended } => {
                let n = read_plain((&mut self.held, &mut self.taken), source, buf)?;
                *has_ended = n == 0 && !buf.is_empty();
                Ok(n)
            }
            Unread::Chunked(_) => self.read_chunks(source, buf),
        }
    }

    fn read_chunks(&mut self, source: &mut dyn Source, buf: &mut [u8]) -> io::Result<usize> {
        let Unread::Chunked(chunked) = &mut self.framing else {
            return Ok(0);
        };
        loop {
            let input = &self.held[self.taken..];
            let (done, data) = chunked
                .decode(input, buf.len())
                .map_err(|error| io::Error::new(ErrorKind::InvalidData, error.to_string()))?;
            self.taken += done;
            if !data.is_empty() {
                buf[..data.len()].copy_from_slice(data);
                return Ok(data.len());
            }
            if chunked.has_ended() || buf.is_empty() {
                return Ok(0);
            }
            self.taken = 0;
            self.held.resize(PIECE, 0);
            let read = source.read(&mut self.held);
            self.held.truncate(*read.as_ref().unwrap_or(&0));
            if read? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
        }
    }
}

/// Reads what is held, or else from the peer.
fn read_plain(
    (held, taken): (&mut Vec<u8>, &mut usize),
    source: &mut dyn Source,
    buf: &mut [u8],
) -> io::Result<usize> {
    let here = &held[*taken..];
    if here.is_empty() {
        return source.read(buf);
    }
    let n = here.len().min(buf.len());
    buf[..n].copy_from_slice(&here[..n]);
    *taken += n;
    if *taken == held.len() {
        *held = Vec::new();
        *taken = 0;
    }
    Ok(n)
}
