//! Inherited descriptors as ends: `-`, `stdin:`, `stdout:`, and for `fd:N`. Other processes share them, so their flags are left
//! as they are.

use super::descriptor::Descriptor;
use super::effects::Effects;
use super::file_facts::{check_stream, sink_ending};
use super::output::FileSink;
use super::{
    Announce, EndPlan, Extent, FileId, KernelSource, Kind, Opening, Options, Preview, Probe, Raw,
    Sink, SinkPlan, Slashes, Source, SourcePlan, Unfit, descriptor_words,
};
use crate::endpoint::pipe::NeighbourPipe;
use crate::endpoint::uri::Uri;
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
    summary: "standard input, as - is for a SOURCE",
    options: &[],
    source: Some(|uri, _: &Options| no_rest(uri, "stdin:").and_then(|()| source())),
    sink: None,
};

/// `stdout:`.
pub(super) const STDOUT: Kind = Kind {
    scheme: "stdout",
    form: "stdout:",
    slashes: Slashes::Forbidden,
    summary: "standard output, as - is for a SINK",
    options: &[],
    source: None,
    sink: Some(|uri, _: &Options| no_rest(uri, "stdout:").and_then(|()| sink())),
};

/// Plans standard input as the SOURCE.
pub(super) fn source() -> Result<Box<dyn SourcePlan>, UsageError> {
    Ok(Box::new(InheritedPlan::adopt(
        0,
        Side::Source,
        "standard input",
    )?))
}

/// Plans standard output as the SINK.
pub(super) fn sink() -> Result<Box<dyn SinkPlan>, UsageError> {
    Ok(Box::new(InheritedPlan::adopt(
        1,
        Side::Sink,
        "standard output",
    )?))
}

/// Refuses anything behind the colon of a scheme that takes nothing.
pub(super) fn no_rest(uri: &Uri, form: &str) -> Result<(), UsageError> {
    if uri.rest.is_empty() {
        Ok(())
    } else {
        Err(UsageError::new(format!("'{uri}': write {form}")))
    }
}

/// A descriptor that was open when this program was started. It is adopted while planning, before this program opens others.
#[derive(Debug)]
pub(super) struct InheritedPlan {
    descriptor: Descriptor,
    /// Its name in messages.
    name: String,
    /// Whether to sync before success.
    sync: bool,
}

impl InheritedPlan {
    pub(super) fn adopt(fd: RawFd, side: Side, name: &str) -> Result<Self, UsageError> {
        let refused = |error: io::Error| {
            let is_closed = Errno::from_io_error(&error) == Some(Errno::BADF);
            UsageError::new(if is_closed {
                format!("{name} is not open")
            } else {
                format!("{name}: {}", reason(&error))
            })
        };
        let descriptor = sys::adopt(fd)
            .and_then(Descriptor::shared)
            .map_err(refused)?;
        if descriptor.facts.file_type == FileType::Socket {
            check_stream(descriptor.raw_fd(), side).map_err(refused)?;
        }
        Ok(Self {
            descriptor,
            name: name.to_owned(),
            sync: false,
        })
    }

    /// The descriptor that `path` names.
    pub(super) fn named(fd: RawFd, side: Side, path: &Path) -> Result<Self, UsageError> {
        let (name, path) = (descriptor_words(fd), named(path));
        let plan = Self::adopt(fd, side, &format!("{path}: {name}"))?;
        Ok(plan.called(format!("{name}, by the name {path}")))
    }

    /// Sets the name.
    pub(super) fn called(self, name: String) -> Self {
        Self { name, ..self }
    }

    /// Asks for a sync before success.
    pub(super) fn synced(self) -> Self {
        Self { sync: true, ..self }
    }

    fn preview_source(&self, base: Preview) -> Preview {
        let (it, facts) = (&self.descriptor, &self.descriptor.facts);
        let left = facts.is_regular().then(|| it.size_left()).flatten();
        Preview {
            ending: facts.source_ending().to_owned(),
            raw: it.raw_source(),
            size: left.map_or_else(|| facts.size(0), Ok),
            seeks: facts.file_type == FileType::BlockDevice || left.is_some(),
            copies: platform::copies_by_itself(it.raw_fd()),
            ..base
        }
    }

    fn preview_sink(&self, base: Preview) -> Preview {
        let (it, effects) = (&self.descriptor, self.effects());
        let offset = it.offset().unwrap_or(0);
        let effect = match it.facts.file_type {
            FileType::RegularFile if it.appends() => {
                "what it holds is kept, and written on behind its end".to_owned()
            }
            FileType::RegularFile | FileType::BlockDevice => {
                format!("written from offset {offset} on; what stands behind is kept")
            }
            _ => String::new(),
        };
        Preview {
            ending: sink_ending(it.facts.file_type).to_owned(),
            synced: effects.synced(Some(it.facts.file_type)),
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

    /// The file in words, as it is now.
    fn now(&self) -> String {
        let it = &self.descriptor;
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
}

impl EndPlan for InheritedPlan {
    fn preview(&self, side: Side) -> Preview {
        let base = Preview {
            now: Some(self.now()),
            holds: self.descriptor.pipe_size(),
            is_terminal: self.descriptor.facts.is_terminal,
            file_id: self.descriptor.facts.file_id(),
            ..Preview::new(&*self.name, "")
        };
        match side {
            Side::Source => self.preview_source(base),
            Side::Sink => self.preview_sink(base),
        }
    }

    fn file_id(&self) -> Option<FileId> {
        self.descriptor.facts.file_id()
    }
}

impl SourcePlan for InheritedPlan {
    fn open(self: Box<Self>, _: &dyn Announce) -> Opening<'_, Box<dyn Source>> {
        Box::pin(async { Ok(Box::new(PlainSource::new(self.descriptor)) as Box<dyn Source>) })
    }
}

impl SinkPlan for InheritedPlan {
    fn open(self: Box<Self>, _: &dyn Announce) -> Opening<'_, Box<dyn Sink>> {
        Box::pin(async move {
            let effects = self.effects();
            Ok(Box::new(FileSink::inherited(self.descriptor, effects)) as Box<dyn Sink>)
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

    fn size(&self) -> Option<u64> {
        self.descriptor.size_left()
    }

    fn is_terminal(&self) -> bool {
        self.descriptor.facts.is_terminal
    }

    fn seek_ahead(&mut self, n: u64) -> io::Result<u64> {
        self.descriptor.seek_ahead(n)
    }

    fn probe(&self) -> Probe {
        self.descriptor.probe()
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
