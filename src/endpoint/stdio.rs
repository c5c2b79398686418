//! Inherited descriptors as ends: `-`, `stdin:`, `stdout:`, and for `fd:N`. Other processes share them, so their flags are left
//! as they are.

use super::descriptor::Descriptor;
use super::effects::Effects;
use super::file_facts::{check_stream, sink_ending};
use super::output::FileSink;
use super::path::SEEKING;
use super::text_only::TextOnly;
use super::{
    Announce, EndPlan, Extent, Identity, Inherited, KernelSource, Kind, OpenError, Opening,
    Prepared, PreparedSink, PreparedSource, Preview, Raw, Sink, SinkPlan, Slashes, Source,
    SourceFacts, SourcePlan, Unfit, World, descriptor_words,
};
use crate::endpoint::pipe::NeighbourPipe;
use crate::endpoint::uri::{Rest, Uri};
use crate::engine::wait::Ready;
use crate::error::{Side, UsageError, reason};
use crate::platform::{self, FdAt};
use crate::sys;
use crate::text::visible::named;
use crate::text::words::bytes_exactly;
use rustix::fs::FileType;
use rustix::io::Errno;
use std::io;
use std::os::fd::RawFd;
use std::path::Path;

/// `stdin:`.
pub(super) const STDIN: Kind = Kind {
    scheme: "stdin",
    form: "stdin:",
    slashes: Slashes::Forbidden,
    rest: Rest::Decoded,
    summary: "standard input, the same as -",
    options: &[],
    source: Some(|uri, _, context| no_rest(uri, "stdin:").and_then(|()| source(context.world))),
    sink: None,
    peer: None,
};

/// `stdout:`.
pub(super) const STDOUT: Kind = Kind {
    scheme: "stdout",
    form: "stdout:",
    slashes: Slashes::Forbidden,
    rest: Rest::Decoded,
    summary: "standard output, the same as -",
    options: &[],
    source: None,
    sink: Some(|uri, _, context| no_rest(uri, "stdout:").and_then(|()| sink(context.world))),
    peer: None,
};

/// Plans standard input as the SOURCE.
pub(super) fn source(world: &dyn World) -> Result<Box<dyn SourcePlan>, UsageError> {
    let plan = InheritedPlan::of(0, Side::Source, "standard input", world)?;
    Ok(Box::new(plan))
}

/// Plans standard output as the SINK.
pub(super) fn sink(world: &dyn World) -> Result<Box<dyn SinkPlan>, UsageError> {
    let plan = InheritedPlan::of(1, Side::Sink, "standard output", world)?;
    Ok(Box::new(plan))
}

/// Plans standard output as the SINK because none was named.
pub(super) fn default_sink(world: &dyn World) -> Result<Box<dyn SinkPlan>, UsageError> {
    let plan = InheritedPlan::of(1, Side::Sink, "standard output", world)?;
    Ok(Box::new(InheritedPlan {
        is_default: true,
        ..plan
    }))
}

/// Refuses anything behind the colon of a scheme that takes nothing.
pub(super) fn no_rest(uri: &Uri, form: &str) -> Result<(), UsageError> {
    if uri.rest.is_empty() {
        Ok(())
    } else {
        Err(UsageError::new(format!("'{uri}': write {form}")))
    }
}

/// A descriptor that was open when this program was started.
#[derive(Debug)]
pub(super) struct InheritedPlan {
    fd: RawFd,
    /// Its name in messages.
    name: String,
    /// Whether to sync before success.
    sync: bool,
    /// Whether it is the SINK because none was named; then a terminal takes only text.
    is_default: bool,
}

impl InheritedPlan {
    /// The descriptor `fd`, which is refused as `name` if it was not open or keeps messages apart.
    pub(super) fn of(
        fd: RawFd,
        side: Side,
        name: &str,
        world: &dyn World,
    ) -> Result<Self, UsageError> {
        let found = world.inherited(fd).map_err(|error| {
            if Errno::from_io_error(&error) == Some(Errno::BADF) {
                format!("{name} is not open")
            } else {
                format!("{name}: {}", reason(&error))
            }
        });
        if let Inherited::Socket(socket_type) = found.map_err(UsageError::new)? {
            let checked = check_stream(socket_type, side);
            checked.map_err(|why| UsageError::new(format!("{name}: {why}")))?;
        }
        Ok(Self {
            fd,
            name: name.to_owned(),
            sync: false,
            is_default: false,
        })
    }

    /// The descriptor that `path` names.
    pub(super) fn named(
        fd: RawFd,
        side: Side,
        path: &Path,
        world: &dyn World,
    ) -> Result<Self, UsageError> {
        let (name, path) = (descriptor_words(fd), named(path));
        let plan = Self::of(fd, side, &format!("{path}: {name}"), world)?;
        Ok(plan.called(format!("{name}, by the name {path}")))
    }

    /// A duplicate of the descriptor. Ours are closed on exec, so that none of them is taken for an inherited one.
    pub(super) fn adopt(&self) -> Result<Descriptor, OpenError> {
        let adopted = sys::adopt(self.fd).and_then(Descriptor::shared);
        adopted.map_err(|error| OpenError::io("opening", error))
    }

    /// Sets the name.
    pub(super) fn called(self, name: String) -> Self {
        Self { name, ..self }
    }

    /// Asks for a sync before success.
    pub(super) fn synced(self) -> Self {
        Self { sync: true, ..self }
    }

    fn preview_source(it: &Descriptor, base: Preview) -> Preview {
        let facts = &it.facts;
        let left = facts.is_regular().then(|| it.size_left()).flatten();
        Preview {
            ending: facts.source_ending().to_owned(),
            raw: it.raw_source(),
            size: left.map_or_else(|| facts.size(0), Ok),
            skips: facts.seeks(it.tells_its_size()).then_some(SEEKING),
            copies: platform::copies_by_itself(it.raw_fd()),
            ..base
        }
    }

    fn preview_sink(&self, it: &Descriptor, base: Preview) -> Preview {
        let offset = it.offset().unwrap_or(0);
        let effect = match it.facts.file_type {
            FileType::RegularFile if it.appends() => {
                "what it holds is kept, and the bytes are added to its end".to_owned()
            }
            FileType::RegularFile | FileType::BlockDevice => {
                format!("written from offset {offset} on; the rest is kept")
            }
            _ => String::new(),
        };
        Preview {
            ending: sink_ending(it.facts.file_type).to_owned(),
            synced: self.effects().synced(Some(it.facts.file_type)),
            raw: it.raw(),
            effect: Some(effect).filter(|text| !text.is_empty()),
            ..base
        }
    }

    fn effects(&self) -> Effects {
        Effects {
            sync: self.sync,
            ..Effects::default()
        }
    }
}

/// The file in words, as it is now.
fn now(it: &Descriptor) -> String {
    let offset = it.offset().unwrap_or(0);
    match it.facts.file_type {
        FileType::RegularFile if it.appends() => {
            format!("{}, open for appending", it.words())
        }
        FileType::RegularFile if offset > 0 => format!("{}, at offset {offset}", it.words()),
        FileType::Fifo => match it.pipe_size() {
            Some(size) => format!("a pipe of {}", bytes_exactly(size)),
            None => "a pipe".to_owned(),
        },
        FileType::Socket => "a socket, which others may share".to_owned(),
        _ => it.words(),
    }
}

impl EndPlan for InheritedPlan {
    fn preview(&self, side: Side) -> Preview {
        let base = Preview::new(&*self.name, "");
        let it = match self.adopt() {
            Ok(descriptor) => descriptor,
            Err(obstacle) => {
                return Preview {
                    obstacle: Some(obstacle),
                    ..base
                };
            }
        };
        let base = Preview {
            now: Some(now(&it)),
            holds: it.pipe_size(),
            is_terminal: it.facts.is_terminal,
            identity: it.facts.file_id().map(Identity::Existing),
            ..base
        };
        match side {
            Side::Source => Self::preview_source(&it, base),
            Side::Sink => self.preview_sink(&it, base),
        }
    }

    fn is_descriptor(&self, number: RawFd) -> bool {
        self.fd == number
    }
}

impl SourcePlan for InheritedPlan {
    fn prepare<'a>(&'a self, _: &'a dyn Announce) -> Opening<'a, PreparedSource<'a>> {
        Box::pin(async {
            let descriptor = self.adopt()?;
            let identity = descriptor.facts.file_id().map(Identity::Existing);
            Ok(Prepared::new(identity, async {
                Ok(Box::new(PlainSource::new(descriptor)) as Box<dyn Source>)
            }))
        })
    }
}

impl SinkPlan for InheritedPlan {
    fn prepare<'a>(&'a self, _: &'a dyn Announce) -> Opening<'a, PreparedSink<'a>> {
        Box::pin(async {
            let descriptor = self.adopt()?;
            let is_text_only = self.is_default && descriptor.facts.is_terminal;
            let identity = descriptor.facts.file_id().map(Identity::Existing);
            let effects = self.effects();
            Ok(Prepared::new(identity, async move {
                let sink = FileSink::inherited(descriptor, effects);
                Ok(if is_text_only {
                    Box::new(TextOnly::new(sink)) as Box<dyn Sink>
                } else {
                    Box::new(sink)
                })
            }))
        })
    }
}

/// A descriptor that is read to its end.
#[derive(Debug)]
pub(super) struct PlainSource {
    descriptor: Descriptor,
    /// The size of the file when it was opened.
    size_at_open: Option<u64>,
}

impl PlainSource {
    pub(super) fn new(descriptor: Descriptor) -> Self {
        let size_at_open = descriptor.file_size();
        Self {
            descriptor,
            size_at_open,
        }
    }

    /// Refuses the end of a file that has become shorter since it was opened.
    fn check_end(&self) -> io::Result<()> {
        let is_shorter = self.descriptor.file_size() < self.size_at_open;
        if is_shorter {
            return Err(io::Error::other("the file was truncated while it was read"));
        }
        Ok(())
    }
}

impl Drop for PlainSource {
    fn drop(&mut self) {
        self.descriptor.give_back();
    }
}

impl Source for PlainSource {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.descriptor.read(buf)?;
        if n == 0 {
            self.check_end()?;
        }
        Ok(n)
    }

    fn ready(&self) -> Ready<'_> {
        self.descriptor.readable()
    }

    fn pipe(&self) -> Option<&NeighbourPipe> {
        self.descriptor.pipe()
    }

    fn facts(&self) -> SourceFacts {
        SourceFacts {
            is_told_of_delivery: false,
            size: self.descriptor.size_left(),
            peer: None,
            is_terminal: self.descriptor.facts.is_terminal,
            begins_anywhere: self.descriptor.size_left().is_some(),
            probe: self.descriptor.probe(),
            leftover: None,
        }
    }

    fn seek_ahead(&mut self, n: u64) -> io::Result<u64> {
        self.descriptor.seek_ahead(n)
    }

    fn kernel(&mut self) -> Result<(Raw, &mut dyn KernelSource), Unfit> {
        Ok((self.descriptor.raw_source()?, self))
    }
}

impl KernelSource for PlainSource {
    fn at(&self) -> Option<FdAt<'_>> {
        Some(self.descriptor.at())
    }

    fn claim(&mut self, most: u64) -> io::Result<u64> {
        self.descriptor.claim_to_read(most)
    }

    fn moved(&mut self, n: u64) {
        self.descriptor.use_up(n);
    }

    fn extent(&mut self) -> io::Result<Extent> {
        if self.descriptor.is_sparse() {
            self.descriptor.extent()
        } else {
            Ok(Extent::DATA)
        }
    }

    fn has_ended(&mut self) -> io::Result<bool> {
        self.check_end()?;
        Ok(!(self.descriptor.facts.is_regular() && self.descriptor.has_more()?))
    }
}
