//! Several sources that are read one after the other, as by cat(1). Each is opened, by somebody else, when its turn has come.

use super::{KernelSource, Raw, Source, SourceFacts, Unfit};
use crate::endpoint::pipe::NeighbourPipe;
use crate::engine::wait::Ready;
use crate::platform::WakeFd;
use crate::platform::sync::Lock;
use std::io::{self, ErrorKind};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::Notify;

/// The source that follows, on its way from whoever opens it.
#[derive(Debug)]
pub struct NextSource {
    /// Told when it is to be opened.
    wanted: Notify,
    opened: Lock<Opened>,
    /// Readable once it is open, or could not be opened.
    has_come: WakeFd,
}

#[derive(Default)]
struct Opened(Option<io::Result<Box<dyn Source>>>);

impl std::fmt::Debug for Opened {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Opened").field(&self.0.is_some()).finish()
    }
}

impl NextSource {
    /// None is wanted yet.
    ///
    /// # Errors
    /// When the process is out of descriptors.
    pub fn new() -> io::Result<Self> {
        Ok(Self {
            wanted: Notify::new(),
            opened: Lock::new(Opened::default()),
            has_come: WakeFd::new()?,
        })
    }

    /// Resolves once the next source is wanted.
    pub async fn wanted(&self) {
        self.wanted.notified().await;
    }

    /// Hands over the source that was wanted, or says why there is none.
    pub fn hand_over(&self, opened: io::Result<Box<dyn Source>>) {
        self.opened.lock().0 = Some(opened);
        self.has_come.raise();
    }

    fn take(&self) -> Option<io::Result<Box<dyn Source>>> {
        let opened = self.opened.lock().0.take();
        if opened.is_some() {
            self.has_come.clear();
        }
        opened
    }
}

/// Several sources, one after the other.
pub struct Sequence {
    current: Box<dyn Source>,
    /// Which it is, counted from 0.
    part: usize,
    /// How many there are.
    parts: usize,
    /// Whether the present one has ended, and the next one was asked for.
    has_ended: bool,
    next: Arc<NextSource>,
    /// Those before whose peers are to learn whether everything was delivered.
    held: Vec<Box<dyn Source>>,
    is_size_checked: bool,
}

impl Sequence {
    /// `first`, and so many more that `next` hands over.
    #[must_use]
    pub fn new(first: Box<dyn Source>, more: usize, next: Arc<NextSource>) -> Self {
        Self {
            current: first,
            part: 0,
            parts: more + 1,
            has_ended: false,
            next,
            held: Vec::new(),
            is_size_checked: false,
        }
    }

    /// The present source has ended, so the next one is asked for.
    fn end_part(&mut self) {
        if !std::mem::replace(&mut self.has_ended, true) {
            self.next.wanted.notify_one();
        }
    }
}

impl Source for Sequence {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        loop {
            // The end of a source is not read twice: at a terminal that would take another ^D.
            if self.has_ended {
                self.next_part()?;
            }
            match self.current.read(buf)? {
                0 if !self.is_last_part() => self.end_part(),
                n => return Ok(n),
            }
        }
    }

    fn ready(&self) -> Ready<'_> {
        if self.has_ended {
            Ready::Readable(self.next.has_come.as_fd())
        } else {
            self.current.ready()
        }
    }

    fn pipe(&self) -> Option<&NeighbourPipe> {
        self.current.pipe()
    }

    fn facts(&self) -> SourceFacts {
        self.current.facts()
    }

    fn size_is_checked(&mut self, _: Option<u64>) {
        self.is_size_checked = true;
        // It is that of all parts.
        self.current.size_is_checked(None);
    }

    fn seek_ahead(&mut self, n: u64) -> io::Result<u64> {
        self.current.seek_ahead(n)
    }

    fn kernel(&mut self) -> Result<(Raw, &mut dyn KernelSource), Unfit> {
        self.current.kernel()
    }

    fn part(&self) -> usize {
        self.part
    }

    fn is_last_part(&self) -> bool {
        self.part + 1 == self.parts
    }

    fn next_part(&mut self) -> io::Result<()> {
        self.end_part();
        let opened = self.next.take().ok_or(ErrorKind::WouldBlock)??;
        let before = std::mem::replace(&mut self.current, opened);
        if before.facts().is_told_of_delivery {
            self.held.push(before);
        }
        if self.is_size_checked {
            self.current.size_is_checked(None);
        }
        self.part += 1;
        self.has_ended = false;
        Ok(())
    }

    fn leave(&mut self) -> io::Result<Option<Instant>> {
        self.current.leave()
    }

    fn close(self: Box<Self>) {
        self.held.into_iter().for_each(Source::close);
        self.current.close();
    }
}
