//! A TLS connection that stands: what is read from and written to its socket, without ever waiting.
//!
//! A piece that was written may still be here when the socket is full, at most [`MOST_UNSENT`] bytes of it and what TLS adds; whoever
//! writes has it sent later, by [`Session::flush`]. What was read and decrypted is at most what the caller's buffer left over of a record.

use super::why::{self, TlsFailure};
use crate::endpoint::socket::send_now;
use crate::text::words::bytes_exactly;
use rustix::net::{RecvFlags, recv};
use rustls::{Connection, ProtocolVersion, SupportedCipherSuite};
use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::os::fd::BorrowedFd;

/// How many bytes are encrypted ahead of the socket. The library has memory for each record; more than this is given back to the system
/// and taken again all the time.
const MOST_UNSENT: usize = 128 << 10;

/// How much is read from the socket at once, and by a caller: what the caches of a processor hold beside the caller's bytes.
const READ_SIZE: usize = 64 << 10;

/// The most reads at once of what is dropped.
const MOST_DROPPING_READS: usize = 8;

/// The most bytes of a record (RFC 8446, section 5.1).
const RECORD: u64 = 1 << 14;

/// How many records before the limit of a cipher a TLS 1.2 session is given up. The library itself would end it as if all were sent.
const RESERVED_RECORDS: u64 = 64;

/// Where a peer that closes without saying so has ended the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum EndsByFin {
    Nowhere,
    /// After so many bytes.
    At(u64),
    Anywhere,
}

/// A session and what of it is on its way to or from the socket.
pub(super) struct Session {
    tls: Connection,
    incoming: Incoming,
    /// Whether a peer that closes without saying so has ended the input all the same.
    ends_by_fin: EndsByFin,
    /// What the next read fails with.
    failure: Option<io::Error>,
    /// Bytes that were read.
    received: u64,
    /// Bytes that were written since everything was sent.
    unsent: u64,
    /// How many more records the keys may encrypt, in TLS 1.2, which has no new ones.
    records_left: Option<u64>,
    /// Whether we have said that nothing more comes.
    has_ended: bool,
}

impl Session {
    pub(super) fn new(mut tls: Connection, ends_by_fin: bool) -> Self {
        let ends_by_fin = if ends_by_fin {
            EndsByFin::Anywhere
        } else {
            EndsByFin::Nowhere
        };
        tls.set_buffer_limit(Some(MOST_UNSENT));
        let limit = match tls.negotiated_cipher_suite() {
            Some(SupportedCipherSuite::Tls12(suite)) => Some(suite.common.confidentiality_limit),
            _ => None,
        };
        Self {
            tls,
            incoming: Incoming::default(),
            ends_by_fin,
            failure: None,
            received: 0,
            unsent: 0,
            records_left: limit.map(|it| it.saturating_sub(RESERVED_RECORDS)),
            has_ended: false,
        }
    }

    /// From here on a peer that closes without saying so has ended the input, after `left` more bytes if that is known: others find
    /// out whether that was all.
    pub(super) fn end_by_fin(&mut self, left: Option<u64>) {
        if self.ends_by_fin != EndsByFin::Anywhere {
            let at = left.and_then(|left| self.received.checked_add(left));
            self.ends_by_fin = at.map_or(EndsByFin::Anywhere, EndsByFin::At);
        }
        let is_end = self.is_end();
        let is_cut = |it: &mut io::Error| is_end && it.kind() == ErrorKind::UnexpectedEof;
        self.failure.take_if(is_cut);
    }

    /// Whether the input may end here by a FIN alone.
    fn is_end(&self) -> bool {
        match self.ends_by_fin {
            EndsByFin::Anywhere => true,
            EndsByFin::At(received) => self.received == received,
            EndsByFin::Nowhere => false,
        }
    }

    /// As if the cipher had no more than this.
    #[cfg(test)]
    pub(super) fn limit_records(&mut self, most: u64) {
        self.records_left = Some(most);
    }

    /// Whether the end of one direction is that of both, as in TLS 1.2 (RFC 5246, section 7.2.1).
    pub(super) fn ends_both_ways(&self) -> bool {
        self.tls.protocol_version() == Some(ProtocolVersion::TLSv1_2)
    }

    /// Whether something is still to be sent.
    pub(super) fn has_unsent(&self) -> bool {
        self.tls.wants_write()
    }

    /// Bytes that were written and may not have been sent.
    pub(super) fn unsent(&self) -> u64 {
        if self.has_unsent() { self.unsent } else { 0 }
    }

    /// Reads what has come into `buf`; 0 is the peer's end.
    pub(super) fn read(&mut self, socket: BorrowedFd<'_>, buf: &mut [u8]) -> io::Result<usize> {
        if let Some(error) = self.failure.take() {
            return Err(error);
        }
        let most = buf.len().min(READ_SIZE);
        let buf = &mut buf[..most];
        let mut filled = 0;
        while filled < buf.len() {
            match self.read_some(socket, &mut buf[filled..]) {
                Ok(0) => break,
                Ok(n) => filled += n,
                Err(error) if filled == 0 => return Err(error),
                Err(error) => {
                    // The system tells it but once, and would tell of an end afterwards (`SO_ERROR`, socket(7)).
                    self.failure = Some(error).filter(|it| it.kind() != ErrorKind::WouldBlock);
                    break;
                }
            }
        }
        Ok(filled)
    }

    fn read_some(&mut self, socket: BorrowedFd<'_>, buf: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.tls.reader().read(buf) {
                Ok(n) => {
                    self.received += n as u64;
                    return Ok(n);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
                    return if self.is_end() {
                        Ok(0)
                    } else {
                        Err(self.cut_short())
                    };
                }
                Err(error) => return Err(error),
            }
            self.take_in(socket)?;
        }
    }

    /// Takes in what has come on the socket, or its end.
    fn take_in(&mut self, socket: BorrowedFd<'_>) -> io::Result<()> {
        if self.has_unsent() {
            // If this fails, what comes tells why.
            let _ = self.send(socket);
        }
        if self.incoming.is_empty() {
            self.incoming.fill(socket)?;
        }
        self.tls.read_tls(&mut self.incoming)?;
        let taken = self.tls.process_new_packets();
        // There may be an answer to what has come, or an alert, which is sent as well as that goes.
        let sent = self.send(socket);
        taken.map_err(|error| TlsFailure::of(&error))?;
        match sent {
            Err(error) if error.kind() != ErrorKind::WouldBlock => Err(error),
            _ => Ok(()),
        }
    }

    fn cut_short(&self) -> io::Error {
        let received = bytes_exactly(self.received);
        let why = TlsFailure::new(format!(
            "cut short after {received}: the peer closed the connection without saying that this is the end"
        ));
        io::Error::new(ErrorKind::UnexpectedEof, why)
    }

    /// Encrypts what fits of `bufs`, and sends what the socket takes.
    pub(super) fn write(
        &mut self,
        socket: BorrowedFd<'_>,
        bufs: &[IoSlice<'_>],
    ) -> io::Result<usize> {
        self.check_limit()?;
        if self.has_unsent() {
            self.flush(socket)?;
        }
        let n = self.tls.writer().write_vectored(bufs)?;
        if n == 0 {
            return Err(ErrorKind::WouldBlock.into());
        }
        self.unsent += n as u64;
        if let Some(left) = &mut self.records_left {
            *left = left.saturating_sub((n as u64).div_ceil(RECORD));
        }
        self.flush(socket)?;
        Ok(n)
    }

    fn check_limit(&self) -> io::Result<()> {
        match self.records_left {
            Some(0) => Err(TlsFailure::new(why::NO_MORE_RECORDS.to_owned()).into()),
            _ => Ok(()),
        }
    }

    /// Sends what there is, as far as the socket takes it.
    pub(super) fn flush(&mut self, socket: BorrowedFd<'_>) -> io::Result<()> {
        match self.send(socket) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(()),
            // The peer may have said why before it closed.
            Err(error) => Err(self.last_word(socket).unwrap_or(error)),
            Ok(()) => Ok(()),
        }
    }

    fn send(&mut self, socket: BorrowedFd<'_>) -> io::Result<()> {
        while self.tls.wants_write() {
            self.tls.write_tls(&mut Outgoing(socket))?;
        }
        self.unsent = 0;
        Ok(())
    }

    /// The alert by which the peer has ended the connection, if there is one. What it has said before stays to be read.
    fn last_word(&mut self, socket: BorrowedFd<'_>) -> Option<io::Error> {
        let mut reads = 0..MOST_DROPPING_READS;
        let heard = reads.find_map(|_| self.take_in(socket).err());
        heard.filter(TlsFailure::is)
    }

    /// Says that nothing more comes, which is still to be sent.
    pub(super) fn end(&mut self) {
        if !self.has_ended {
            self.has_ended = true;
            self.tls.send_close_notify();
        }
    }

    /// Reads and drops what the peer sends. Returns how many bytes that was, and whether the peer has ended.
    pub(super) fn drop_incoming(&mut self, socket: BorrowedFd<'_>) -> io::Result<(u64, bool)> {
        let (mut dropped, mut reads) = (0, 0);
        let mut buf = [0; 16 << 10];
        loop {
            match self.tls.reader().read(&mut buf) {
                Ok(0) => return Ok((dropped, true)),
                Ok(n) => dropped += n as u64,
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
                    return Ok((dropped, true));
                }
                Err(error) if error.kind() != ErrorKind::WouldBlock => return Err(error),
                Err(_) => {
                    // A peer that sends without end must not keep the other direction from being served. What is left then is on
                    // the socket, which tells of it.
                    let is_taken = self.incoming.is_empty();
                    reads += usize::from(is_taken);
                    if is_taken && reads > MOST_DROPPING_READS {
                        return Ok((dropped, false));
                    }
                    match self.take_in(socket) {
                        Err(error) if error.kind() == ErrorKind::WouldBlock => {
                            return Ok((dropped, false));
                        }
                        other => other?,
                    }
                }
            }
        }
    }
}

/// What was read from the socket and not taken in. The library reads in small pieces.
#[derive(Default)]
struct Incoming {
    bytes: Vec<u8>,
    at: usize,
}

impl Incoming {
    fn is_empty(&self) -> bool {
        self.at == self.bytes.len()
    }

    /// Reads what has come; afterwards it is empty only at the end.
    fn fill(&mut self, socket: BorrowedFd<'_>) -> io::Result<()> {
        self.at = 0;
        self.bytes.resize(READ_SIZE, 0);
        let received = recv(socket, &mut self.bytes[..], RecvFlags::DONTWAIT);
        self.bytes
            .truncate(received.as_ref().map_or(0, |(n, _)| *n));
        Ok(received.map(drop)?)
    }
}

impl Read for Incoming {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = (&self.bytes[self.at..]).read(buf)?;
        self.at += n;
        Ok(n)
    }
}

/// A socket to be written to.
struct Outgoing<'fd>(BorrowedFd<'fd>);

impl Write for Outgoing<'_> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        send_now(self.0, &[IoSlice::new(buf)])
    }

    fn write_vectored(&mut self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        send_now(self.0, bufs)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
