//! Ends over a TLS session: one that reads, one that writes and drops what the peer says, or both as halves of a peer.
//!
//! The socket is set to close with a reset, and nothing says that this is the end, until the transfer has succeeded: so no peer
//! takes a transfer that has failed for a whole one. The two halves share the session, which is locked only while bytes are
//! moved; what one of them hears of a failure it keeps for the other.

use super::session::Session;
use crate::endpoint::connection::Connected;
use crate::endpoint::send_queue::SendQueue;
use crate::endpoint::socket::StreamSocket;
use crate::endpoint::tcp::Settings;
use crate::endpoint::{
    Backchannel, Delivered, Finish, Halves, KernelSink, KernelSource, OpenError, OtherHalfFailed,
    Preview, Raw, Sink, SinkFacts, Source, SourceFacts, Unfit,
};
use crate::engine::wait::{self, Ready};
use crate::error::{Side, reason};
use crate::platform::sync::{Lock, MutexGuard};
use crate::sys;
use crate::text::words::bytes_exactly;
use rustix::event::PollFlags;
use rustix::net::{Shutdown, shutdown, sockopt};
use std::io::{self, ErrorKind, IoSlice};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;

const BY_US: Unfit = "TLS is done by this program";

/// How long a half waits before it asks again what the other one has found, where no event tells.
const NEXT_LOOK: Duration = Duration::from_millis(20);

/// How long a full socket is waited for before it is looked at again.
const FULL_LOOK: Duration = Duration::from_millis(100);

/// What is known of a connection before it is made.
pub(super) fn preview(settings: Settings, side: Side, parsed: String, opening: String) -> Preview {
    let of_tcp = settings.preview(side, parsed, opening);
    let ending = match side {
        Side::Source => {
            "when the peer says that this is the end (close_notify); closing without a word is a failure".to_owned()
        }
        Side::Sink => of_tcp.ending.clone(),
    };
    Preview {
        raw: Err(BY_US),
        ending,
        ..of_tcp
    }
}

/// What is known of one half of a connection before it is made.
pub(super) fn preview_half(side: Side, parsed: String, opening: String) -> Preview {
    Preview {
        raw: Err(BY_US),
        ..Settings::preview_half(side, parsed, opening)
    }
}

/// A session that stands, and its connection.
pub(super) struct Opened {
    pub(super) session: Session,
    pub(super) stream: TcpStream,
}

impl Opened {
    pub(super) fn source(self, settings: Settings) -> Result<Box<dyn Source>, OpenError> {
        let shared = self.shared(settings, false)?;
        Ok(Box::new(TlsSource { shared }))
    }

    pub(super) fn sink(self, settings: Settings) -> Result<Box<dyn Sink>, OpenError> {
        let shared = self.shared(settings, false)?;
        Ok(Box::new(TlsSink {
            shared,
            queue: SendQueue::new(),
            empty_since: None,
        }))
    }

    pub(super) fn halves(self, settings: Settings) -> Result<Halves, OpenError> {
        let talking = Settings {
            nodelay: true,
            ..settings
        };
        let shared = self.shared(talking, true)?;
        Ok(Halves {
            source: Box::new(TlsSource {
                shared: Arc::clone(&shared),
            }),
            sink: Box::new(TlsSink {
                shared,
                queue: SendQueue::new(),
                empty_since: None,
            }),
        })
    }

    fn shared(self, settings: Settings, is_two_way: bool) -> Result<Arc<Shared>, OpenError> {
        let socket = settings.connected(self.stream);
        Ok(Arc::new(Shared {
            socket: socket.map_err(|error| OpenError::io("setting up", error))?,
            is_two_way,
            close_timeout: settings.socket.close_timeout,
            state: Lock::new(State {
                session: self.session,
                error: None,
                is_given_up: false,
                heard: 0,
                has_peer_ended: false,
                is_source_closed: false,
                writing: Writing::UnderWay,
            }),
        }))
    }
}

/// A connection, which is closed when all its ends are dropped: by a reset, unless all went well.
struct Shared {
    socket: Connected,
    /// Whether both directions are used.
    is_two_way: bool,
    close_timeout: Duration,
    state: Lock<State>,
}

struct State {
    session: Session,
    /// The first error of the connection, which the system tells but once.
    error: Option<(ErrorKind, String)>,
    /// A half was dropped before it was done.
    is_given_up: bool,
    /// Bytes that the peer has sent, which were dropped.
    heard: u64,
    has_peer_ended: bool,
    is_source_closed: bool,
    writing: Writing,
}

/// How far the writing has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Writing {
    UnderWay,
    /// All is sent, and that nothing more comes.
    Ended,
    /// The peer's system has everything.
    Delivered,
}

impl State {
    /// Fails with the first error, or where the other half has failed.
    fn check(&self) -> io::Result<()> {
        match &self.error {
            Some((kind, text)) => Err(io::Error::new(*kind, text.clone())),
            None if self.is_given_up => Err(OtherHalfFailed.into()),
            None => Ok(()),
        }
    }

    /// A call has failed like this: keeps the reason for the other half.
    fn failed(&mut self, error: io::Error) -> io::Error {
        let is_none = matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted);
        if !is_none && self.error.is_none() {
            self.error = Some((error.kind(), reason(&error)));
        }
        error
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }

    fn fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }

    /// Fails with the pending error of the connection, if there is one (`SO_ERROR`, socket(7)).
    fn check_socket(&self, state: &mut State) -> io::Result<()> {
        state.check()?;
        let pending = sockopt::socket_error(&self.socket)?;
        pending.map_err(|error| state.failed(error.into()))
    }

    /// Notes how far an end has come. Where both directions are done, closing is a clean end from here on.
    fn done(&self, change: impl FnOnce(&mut State)) {
        let state = &mut *self.lock();
        change(state);
        let is_done = match self.is_two_way {
            true => state.is_source_closed && state.writing == Writing::Delivered,
            false => true,
        };
        if is_done {
            // It fails only if the connection is gone already.
            let _ = sockopt::set_socket_linger(&self.socket, None);
        }
    }
}

/// The end that reads.
struct TlsSource {
    shared: Arc<Shared>,
}

impl Drop for TlsSource {
    fn drop(&mut self) {
        let state = &mut *self.shared.lock();
        state.is_given_up |= !state.is_source_closed;
    }
}

impl Source for TlsSource {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let state = &mut *self.shared.lock();
        state.check()?;
        match state.session.read(self.shared.fd(), buf) {
            Ok(n) => {
                state.has_peer_ended |= n == 0;
                Ok(n)
            }
            Err(error) => Err(state.failed(error)),
        }
    }

    fn ready(&self) -> Ready<'_> {
        let fd = self.shared.fd();
        if self.shared.lock().session.has_unsent() {
            Ready::ReadableOrWritable(fd)
        } else {
            Ready::Readable(fd)
        }
    }

    fn facts(&self) -> SourceFacts {
        SourceFacts {
            probe: StreamSocket::probe(&self.shared.socket),
            peer: self.shared.socket.peer(),
            is_told_of_delivery: true,
            ..SourceFacts::default()
        }
    }

    fn kernel(&mut self) -> Result<(Raw, &mut dyn KernelSource), Unfit> {
        Err(BY_US)
    }

    /// Of one direction it says that nothing comes from here either. What the peer still sends is dropped.
    fn close(self: Box<Self>) {
        let (fd, is_two_way) = (self.shared.fd(), self.shared.is_two_way);
        self.shared.done(|state| {
            state.is_source_closed = true;
            if !is_two_way {
                state.session.end();
                // A peer that is gone does not want to know.
                let _ = state.session.flush(fd);
            }
            let _ = state.session.drop_incoming(fd);
        });
    }
}

/// The end that writes.
struct TlsSink {
    shared: Arc<Shared>,
    queue: SendQueue,
    /// When the peer's system had acknowledged everything.
    empty_since: Option<Instant>,
}

impl Drop for TlsSink {
    fn drop(&mut self) {
        let state = &mut *self.shared.lock();
        state.is_given_up |= state.writing != Writing::Delivered;
    }
}

/// What a finishing sink waits for on its socket.
#[derive(Debug, Clone, Copy)]
enum Event {
    Readable,
    Writable,
}

/// How a finishing sink waits.
struct Step {
    on: Option<Event>,
    until: Instant,
    moved: bool,
    peer: bool,
}

impl Step {
    /// To be asked again after so long at the latest.
    fn look_again(after: Duration) -> Self {
        Self {
            on: None,
            until: Instant::now() + after,
            moved: false,
            peer: false,
        }
    }
}

impl TlsSink {
    /// Says that nothing more comes, once. `Some`: that has to wait.
    fn half_close(&self, state: &mut State) -> io::Result<Option<Step>> {
        if state.writing != Writing::UnderWay {
            return Ok(None);
        }
        let fd = self.shared.fd();
        let before = state.session.unsent();
        // In TLS 1.2 it is the end of both directions.
        let is_withheld =
            self.shared.is_two_way && state.session.ends_both_ways() && !state.has_peer_ended;
        if !is_withheld {
            state.session.end();
        }
        let sent = state.session.flush(fd);
        sent.map_err(|error| state.failed(error))?;
        if state.session.has_unsent() {
            return Ok(Some(Step {
                on: Some(Event::Writable),
                moved: state.session.unsent() < before,
                peer: true,
                ..Step::look_again(FULL_LOOK)
            }));
        }
        if is_withheld {
            return Ok(Some(Step::look_again(NEXT_LOOK)));
        }
        self.shared.check_socket(state)?;
        shutdown(fd, Shutdown::Write)?;
        state.writing = Writing::Ended;
        Ok(None)
    }

    /// Takes the next step; `Err(how)`: everything is delivered.
    fn step(&mut self, state: &mut State) -> io::Result<Result<Step, Delivered>> {
        state.check()?;
        if let Some(step) = self.half_close(state)? {
            return Ok(Ok(step));
        }
        // The queue is read before the error: a reset empties the queue, and would look like delivery otherwise.
        let queued = self.under_way(state);
        self.hear_now(state)?;
        let now = Instant::now();
        let is_heard = !self.shared.is_two_way && !state.has_peer_ended;
        // After both FINs poll(2) would report a hang-up at once, every time.
        let on = is_heard.then_some(Event::Readable);
        if queued > 0 {
            let moved = self.queue.seen(queued);
            return Ok(Ok(Step {
                on,
                until: now + self.queue.next_look(),
                moved,
                peer: true,
            }));
        }
        let until = *self.empty_since.get_or_insert(now) + self.shared.close_timeout;
        if state.has_peer_ended {
            return Ok(Err(Delivered::Closed));
        }
        if self.shared.is_two_way || now >= until {
            return Ok(Err(Delivered::Acknowledged));
        }
        Ok(Ok(Step {
            on,
            until,
            moved: false,
            peer: false,
        }))
    }

    /// Hears what the peer says, or of both directions only that the connection fails.
    fn hear_now(&self, state: &mut State) -> io::Result<()> {
        state.check()?;
        let fd = self.shared.fd();
        if state.writing == Writing::UnderWay {
            state
                .session
                .flush(fd)
                .map_err(|error| state.failed(error))?;
        }
        if self.shared.is_two_way {
            // Without an interest poll(2) reports errors and hang-ups alone.
            let is_cut = wait::is_ready(fd, PollFlags::empty());
            self.shared.check_socket(state)?;
            if is_cut && state.writing == Writing::UnderWay {
                return Err(state.failed(ErrorKind::ConnectionReset.into()));
            }
            return Ok(());
        }
        if !state.has_peer_ended {
            let (heard, has_ended) = state
                .session
                .drop_incoming(fd)
                .map_err(|error| state.failed(error))?;
            state.heard += heard;
            state.has_peer_ended = has_ended;
        }
        self.shared.check_socket(state)
    }

    /// Bytes that are on their way.
    fn under_way(&self, state: &State) -> u64 {
        let queued = sys::unacknowledged(self.shared.fd()).unwrap_or(0);
        queued + state.session.unsent()
    }
}

impl Sink for TlsSink {
    fn write(&mut self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        let state = &mut *self.shared.lock();
        state.check()?;
        let written = state.session.write(self.shared.fd(), bufs);
        written.map_err(|error| state.failed(error))
    }

    fn ready(&self) -> Ready<'_> {
        Ready::Writable(self.shared.fd())
    }

    fn backchannel(&self) -> Option<&dyn Backchannel> {
        Some(self)
    }

    fn warning(&self) -> Option<String> {
        let heard = self.shared.lock().heard;
        (heard > 0).then(|| format!("sent {}, dropped", bytes_exactly(heard)))
    }

    fn facts(&self) -> SinkFacts {
        SinkFacts {
            probe: StreamSocket::probe(&self.shared.socket),
            peer: self.shared.socket.peer(),
            ..SinkFacts::default()
        }
    }

    fn kernel(&mut self) -> Result<(Raw, &mut dyn KernelSink), Unfit> {
        Err(BY_US)
    }

    fn finish(&mut self) -> io::Result<Finish<'_>> {
        let shared = Arc::clone(&self.shared);
        let step = self.step(&mut shared.lock())?;
        Ok(match step {
            Err(how) => {
                shared.done(|state| state.writing = Writing::Delivered);
                Finish::Done(how)
            }
            Ok(step) => Finish::Wait {
                ready: step.on.map(|on| match on {
                    Event::Readable => Ready::Readable(self.shared.fd()),
                    Event::Writable => Ready::Writable(self.shared.fd()),
                }),
                until: step.until,
                moved: step.moved,
                peer: step.peer,
            },
        })
    }
}

impl Backchannel for TlsSink {
    fn ready(&self) -> Option<Ready<'_>> {
        let (fd, state) = (self.shared.fd(), self.shared.lock());
        Some(match (state.session.has_unsent(), self.shared.is_two_way) {
            (true, true) => Ready::Writable(fd),
            (true, false) => Ready::ReadableOrWritable(fd),
            (false, true) => Ready::Failed(fd),
            (false, false) if state.has_peer_ended => Ready::Failed(fd),
            (false, false) => Ready::Readable(fd),
        })
    }

    fn hear(&self) -> io::Result<()> {
        self.hear_now(&mut self.shared.lock())
    }

    fn unacknowledged(&self) -> u64 {
        self.under_way(&self.shared.lock())
    }
}
