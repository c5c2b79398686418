//! An open `http://` or `https://` sink: sends the request with its body, hears the answer all the while, and has delivered once that is 2xx.

use super::asked::{close, fd_of};
use super::hearing::Hearing;
use super::url::Url;
use crate::endpoint::{
    Backchannel, Delivered, Finish, Halves, KernelSink, Raw, Sink, SinkFacts, Unfit,
};
use crate::engine::wait::Ready;
use crate::platform::FdAt;
use std::cell::RefCell;
use std::fmt::Write as _;
use std::io::{self, ErrorKind, IoSlice};
use std::os::fd::BorrowedFd;
use std::time::{Duration, Instant};

/// A body of more bytes is sent only once the server has said that it wants it, or has said nothing for a while.
const MOST_UNASKED: u64 = 1 << 20;

/// How long a server is waited for to say so (RFC 9110, section 10.1.1).
const CONTINUE_TIME: Duration = Duration::from_secs(1);

/// How often the send queue is looked at while the answer is waited for.
const NEXT_LOOK: Duration = Duration::from_millis(500);

/// A request under way.
pub(super) struct HttpSink {
    sink: Box<dyn Sink>,
    raw: Result<Raw, Unfit>,
    /// What of ours is to be sent before the next bytes of the body: the head, or the framing of chunks.
    ours: Vec<u8>,
    framed: Framed,
    /// Until when the server is waited for to want the body.
    wanted_by: Option<Instant>,
    hearing: RefCell<Hearing>,
    /// What the peer had not acknowledged when it was last looked at.
    queued: u64,
    /// How long the connection may take to end, once the answer has come.
    close_time: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Framed {
    NotStarted,
    Length {
        left: u64,
        total: u64,
    },
    Chunked {
        left: u64,
        is_first: bool,
    },
    /// The last byte was handed over, or is in `ours`.
    Ended,
}

impl HttpSink {
    /// A request of which nothing was sent, with its `head` as far as it is known before the length is.
    pub(super) fn new(halves: Halves, url: Url, head: String, close_time: Duration) -> Self {
        let Halves { source, mut sink } = halves;
        let raw = sink.kernel().map(|(raw, _)| raw);
        Self {
            sink,
            raw,
            ours: head.into_bytes(),
            framed: Framed::NotStarted,
            wanted_by: None,
            hearing: RefCell::new(Hearing::new(source, url)),
            queued: 0,
            close_time,
        }
    }

    fn fd(&self) -> Option<BorrowedFd<'_>> {
        fd_of(self.sink.ready())
    }

    /// The connection, if it holds something itself that it has to send.
    fn unsent(&self) -> Option<&dyn Backchannel> {
        let backchannel = self.sink.backchannel();
        backchannel.filter(|it| matches!(it.ready(), Some(Ready::Writable(_))))
    }

    /// Whether all of the request was handed to the connection.
    fn is_all_sent(&self) -> bool {
        let is_all = matches!(self.framed, Framed::Ended | Framed::Length { left: 0, .. });
        is_all && self.ours.is_empty()
    }

    /// Whether the body is to wait.
    fn must_wait(&mut self) -> bool {
        let wants = self.hearing.borrow().wants_body;
        if self
            .wanted_by
            .is_some_and(|until| wants || until <= Instant::now())
        {
            self.wanted_by = None;
        }
        self.wanted_by.is_some()
    }

    /// Sends what is ours, and then of `bufs` what fits. Returns how much of `bufs`.
    fn send(&mut self, bufs: &[IoSlice<'_>], most: u64) -> io::Result<usize> {
        let mut left = usize::try_from(most).unwrap_or(usize::MAX);
        let mut slices = Vec::with_capacity(bufs.len() + 1);
        slices.push(IoSlice::new(&self.ours));
        for buf in bufs {
            let here = buf.len().min(left);
            left -= here;
            slices.push(IoSlice::new(&buf[..here]));
        }
        let slices = if self.ours.is_empty() {
            &slices[1..]
        } else {
            &slices
        };
        let sent = self.sink.write(slices)?;
        let of_ours = sent.min(self.ours.len());
        self.ours.drain(..of_ours);
        Ok(sent - of_ours)
    }

    /// Sends what is ours.
    fn send_ours(&mut self) -> io::Result<()> {
        while !self.ours.is_empty() {
            let sent = self.send(&[], 0);
            sent.map_err(|error| self.told_by_answer(error))?;
        }
        Ok(())
    }

    /// The body may begin, once what is ours was sent.
    fn may_send(&mut self) -> io::Result<()> {
        self.hear()?;
        if self.must_wait() {
            self.send_ours()?;
            return Err(ErrorKind::WouldBlock.into());
        }
        Ok(())
    }

    /// Framed has failed like this: the answer may tell why.
    fn told_by_answer(&self, error: io::Error) -> io::Error {
        if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) {
            return error;
        }
        let heard = self.hear();
        match heard {
            Err(told) if told.kind() == ErrorKind::Other => told,
            _ => error,
        }
    }

    /// After the answer: closes the connection.
    fn close(&mut self) {
        let source = self.hearing.get_mut().source.take();
        if let Some(source) = source {
            close(source, &mut *self.sink, self.close_time);
        }
    }

    /// All bytes of the body have come.
    fn end_body(&mut self) -> io::Result<()> {
        match self.framed {
            Framed::Length { left: 0, .. } | Framed::Ended => {}
            Framed::Length { left, total } => {
                let came = total - left;
                return Err(io::Error::other(format!(
                    "{came} bytes came of {total} that were announced"
                )));
            }
            Framed::Chunked { is_first, .. } => {
                let end = if is_first {
                    &b"0\r\n\r\n"[..]
                } else {
                    b"\r\n0\r\n\r\n"
                };
                self.ours.extend_from_slice(end);
            }
            Framed::NotStarted => self.start(Some(0))?,
        }
        self.framed = Framed::Ended;
        Ok(())
    }

    /// How many of `most` bytes may be sent next.
    fn next(&mut self, most: u64) -> io::Result<u64> {
        if self.framed == Framed::NotStarted {
            self.start(None)?;
        }
        match &mut self.framed {
            Framed::Length { left: 0, .. } => Err(self.too_much()),
            Framed::Length { left, .. } => Ok(most.min(*left)),
            Framed::Chunked { left, is_first } => {
                if *left == 0 {
                    let before = if *is_first { "" } else { "\r\n" };
                    let size = format!("{before}{most:x}\r\n");
                    self.ours.extend_from_slice(size.as_bytes());
                    (*left, *is_first) = (most, false);
                }
                Ok(most.min(*left))
            }
            Framed::NotStarted | Framed::Ended => Err(ErrorKind::NotConnected.into()),
        }
    }

    fn too_much(&self) -> io::Error {
        let total = match self.framed {
            Framed::Length { total, .. } => total,
            _ => 0,
        };
        io::Error::other(format!(
            "more bytes came than the {total} that were announced"
        ))
    }

    fn count(&mut self, n: u64) {
        if let Framed::Length { left, .. } | Framed::Chunked { left, .. } = &mut self.framed {
            *left = left.saturating_sub(n);
        }
    }
}

impl Sink for HttpSink {
    fn facts(&self) -> SinkFacts {
        self.sink.facts()
    }

    fn start(&mut self, expected: Option<u64>) -> io::Result<()> {
        if self.framed != Framed::NotStarted {
            return Ok(());
        }
        let mut fields = String::new();
        // Writing to a string cannot fail.
        let _ = match expected {
            Some(total) => write!(fields, "Content-Length: {total}\r\n"),
            None => write!(fields, "Transfer-Encoding: chunked\r\n"),
        };
        if expected.is_none_or(|total| total > MOST_UNASKED) {
            fields.push_str("Expect: 100-continue\r\n");
            self.wanted_by = Some(Instant::now() + CONTINUE_TIME);
        }
        self.ours.extend_from_slice(fields.as_bytes());
        self.ours.extend_from_slice(b"\r\n");
        self.framed = match expected {
            Some(total) => Framed::Length { left: total, total },
            None => Framed::Chunked {
                left: 0,
                is_first: true,
            },
        };
        Ok(())
    }

    fn write(&mut self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        let offered: u64 = bufs.iter().map(|buf| buf.len() as u64).sum();
        if self.framed == Framed::NotStarted {
            self.start(None)?;
        }
        self.may_send()?;
        let most = self.next(offered)?;
        loop {
            let sent = self.send(bufs, most);
            let n = sent.map_err(|error| self.told_by_answer(error))?;
            if n > 0 {
                self.count(n as u64);
                return Ok(n);
            }
        }
    }

    fn ready(&self) -> Ready<'_> {
        match self.wanted_by {
            Some(until) if self.ours.is_empty() => Ready::At(until),
            _ => self.sink.ready(),
        }
    }

    fn why_broken(&mut self, broken: io::Error) -> io::Error {
        match broken.kind() {
            // Nothing more is granted once all that was announced has been sent.
            ErrorKind::WriteZero => self.too_much(),
            _ => self.told_by_answer(broken),
        }
    }

    fn backchannel(&self) -> Option<&dyn Backchannel> {
        Some(self)
    }

    fn kernel(&mut self) -> Result<(Raw, &mut dyn KernelSink), Unfit> {
        Ok((self.raw?, self))
    }

    fn finish(&mut self) -> io::Result<Finish<'_>> {
        self.end_body()?;
        let sent = self.may_send().and_then(|()| self.send_ours());
        match sent {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                let until = self.wanted_by.unwrap_or_else(|| Instant::now() + NEXT_LOOK);
                let ready = match self.wanted_by {
                    Some(_) => self.fd().map(Ready::Readable),
                    None => Some(self.sink.ready()),
                };
                return Ok(Finish::Wait {
                    ready,
                    until,
                    moved: false,
                    peer: true,
                });
            }
            sent => sent?,
        }
        self.hear()?;
        if self.hearing.borrow().answer.is_some() {
            self.close();
            return Ok(Finish::Done(Delivered::Accepted));
        }
        let queued = self.unacknowledged();
        let moved = queued < self.queued;
        self.queued = queued;
        Ok(Finish::Wait {
            ready: Backchannel::ready(self),
            until: Instant::now() + NEXT_LOOK,
            moved,
            peer: true,
        })
    }
}

impl Backchannel for HttpSink {
    fn ready(&self) -> Option<Ready<'_>> {
        let has_answer = self.hearing.borrow().answer.is_some();
        let fd = self.fd().filter(|_| !has_answer)?;
        Some(match self.unsent() {
            Some(_) => Ready::ReadableOrWritable(fd),
            None => Ready::Readable(fd),
        })
    }

    fn hear(&self) -> io::Result<()> {
        self.hearing.borrow_mut().hear(self.is_all_sent())?;
        // What the connection holds itself of what was written is sent on. The answer may tell why that fails.
        self.unsent().map_or(Ok(()), Backchannel::hear)
    }

    fn unacknowledged(&self) -> u64 {
        let backchannel = self.sink.backchannel();
        backchannel.map_or(0, Backchannel::unacknowledged)
    }
}

impl KernelSink for HttpSink {
    fn at(&self) -> Option<FdAt<'_>> {
        self.fd().map(Into::into)
    }

    fn grant(&mut self, most: u64) -> io::Result<u64> {
        if self.framed == Framed::NotStarted {
            self.start(None)?;
        }
        if matches!(self.framed, Framed::Chunked { .. }) {
            return Err(ErrorKind::Unsupported.into());
        }
        // Whether the source has ended is found out by a call that could move something, or by one that moves nothing.
        if most == 0 || matches!(self.framed, Framed::Length { left: 0, .. }) {
            return Ok(0);
        }
        self.may_send()?;
        self.send_ours()?;
        self.next(most)
    }

    fn moved(&mut self, n: u64) {
        self.count(n);
    }
}
