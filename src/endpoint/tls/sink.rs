//! The end of a TLS connection that writes. Of one direction it hears what the peer says and drops it; as a half of both it leaves
//! that to the other half.

use super::shared::{BY_US, Sending, Talk, TlsConnection};
use crate::endpoint::send_queue::SendQueue;
use crate::endpoint::socket::StreamSocket;
use crate::endpoint::{Backchannel, Delivered, Finish, KernelSink, Raw, Sink, SinkFacts, Unfit};
use crate::engine::wait::{self, Ready};
use crate::sys;
use crate::text::words::bytes_exactly;
use rustix::event::PollFlags;
use rustix::net::{Shutdown, shutdown};
use std::io::{self, ErrorKind, IoSlice};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a half waits before it asks again what the other one has found, where no event tells.
const NEXT_LOOK: Duration = Duration::from_millis(20);

/// How long a full socket is waited for before it is looked at again.
const FULL_LOOK: Duration = Duration::from_millis(100);

/// The end that writes.
pub(super) struct TlsSink {
    shared: Arc<TlsConnection>,
    queue: SendQueue,
    /// When the peer's system had acknowledged everything.
    empty_since: Option<Instant>,
}

impl Drop for TlsSink {
    fn drop(&mut self) {
        let state = &mut *self.shared.lock();
        state.is_given_up |= state.writing != Sending::Delivered;
    }
}

/// What a finishing sink waits for on its socket.
#[derive(Debug, Clone, Copy)]
enum Event {
    Readable,
    Writable,
}

/// How a finishing sink waits.
struct FinishWait {
    on: Option<Event>,
    until: Instant,
    moved: bool,
    peer: bool,
}

impl FinishWait {
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
    pub(super) fn new(shared: Arc<TlsConnection>) -> Self {
        Self {
            shared,
            queue: SendQueue::new(),
            empty_since: None,
        }
    }

    /// Says that nothing more comes, once. `Some`: that has to wait.
    fn half_close(&self, state: &mut Talk) -> io::Result<Option<FinishWait>> {
        if state.writing != Sending::UnderWay {
            return Ok(None);
        }
        let fd = self.shared.fd();
        let before = state.session.unsent();
        // In TLS 1.2 it is the end of both directions.
        let is_read_on = !state.has_peer_ended && !state.is_source_closed;
        let is_withheld = self.shared.is_two_way && state.session.ends_both_ways() && is_read_on;
        if !is_withheld {
            state.session.end();
        }
        let sent = state.session.flush(fd);
        sent.map_err(|error| state.failed(error))?;
        if state.session.has_unsent() {
            return Ok(Some(FinishWait {
                on: Some(Event::Writable),
                moved: state.session.unsent() < before,
                peer: true,
                ..FinishWait::look_again(FULL_LOOK)
            }));
        }
        if is_withheld {
            return Ok(Some(FinishWait::look_again(NEXT_LOOK)));
        }
        self.shared.check_socket(state)?;
        shutdown(fd, Shutdown::Write)?;
        state.writing = Sending::Ended;
        Ok(None)
    }

    /// Takes the next step; `Err(how)`: everything is delivered.
    fn step(&mut self, state: &mut Talk) -> io::Result<Result<FinishWait, Delivered>> {
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
            return Ok(Ok(FinishWait {
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
        Ok(Ok(FinishWait {
            on,
            until,
            moved: false,
            peer: false,
        }))
    }

    /// Hears what the peer says, or of both directions only that the connection fails.
    fn hear_now(&self, state: &mut Talk) -> io::Result<()> {
        state.check()?;
        let fd = self.shared.fd();
        if state.writing == Sending::UnderWay {
            state
                .session
                .flush(fd)
                .map_err(|error| state.failed(error))?;
        }
        if self.shared.is_two_way {
            // Without an interest poll(2) reports errors and hang-ups alone.
            let is_cut = wait::is_ready(fd, PollFlags::empty());
            self.shared.check_socket(state)?;
            if is_cut && state.writing == Sending::UnderWay {
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
    fn under_way(&self, state: &Talk) -> u64 {
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
                shared.done(|state| state.writing = Sending::Delivered);
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
            (true, false) if state.has_peer_ended => Ready::Writable(fd),
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
