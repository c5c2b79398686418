//! The end of a TLS connection that reads.

use super::shared::{BY_US, TlsConnection};
use crate::endpoint::socket::StreamSocket;
use crate::endpoint::{KernelSource, Raw, Source, SourceFacts, Unfit};
use crate::engine::wait::Ready;
use std::io;
use std::sync::Arc;

/// The end that reads.
pub(super) struct TlsSource {
    shared: Arc<TlsConnection>,
}

impl TlsSource {
    pub(super) fn new(shared: Arc<TlsConnection>) -> Self {
        Self { shared }
    }
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

    fn size_is_checked(&mut self, left: Option<u64>) {
        self.shared.lock().session.end_by_fin(left);
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
