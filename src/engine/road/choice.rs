//! Which road a transfer takes: by what was asked for, what the ends can do, and how large the buffers are to be.
//!
//! The decision looks at nothing but an [`EndPair`], so that `--explain` can tell it before an end is open.

use super::Syscalls;
use super::kernel::{Kernel, Method, Methods, OwnPipe};
use crate::endpoint::pipe::NeighbourPipe;
use crate::endpoint::{Raw, Sink, Source, Unfit};
use crate::engine::link::Marks;
use crate::error::reason;
use crate::platform::{self, WIDEST_PIPE};
use std::fmt;
use std::io;

/// What was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preference {
    /// The kernel road where it can be had.
    Auto,
    /// Our own buffers.
    Buffered,
    /// A readable side with a mark of its own, which only the buffered road has.
    ReadingBuffer,
    /// The kernel road or none.
    Kernel,
}

/// The road to take.
#[derive(Debug)]
pub enum Road {
    /// Through our own buffers, for this reason.
    Buffered(Reason),
    /// Through the kernel's, by one of these methods.
    Kernel(Methods),
}

impl Road {
    /// The same road; what the kernel moves, it moves by these calls.
    #[must_use]
    pub fn with_syscalls(self, syscalls: Box<dyn Syscalls>) -> Self {
        match self {
            Road::Buffered(why) => Road::Buffered(why),
            Road::Kernel(methods) => Road::Kernel(Methods {
                syscalls,
                ..methods
            }),
        }
    }
}

/// Why the kernel road cannot be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Impossible {
    /// The kernel cannot move bytes from this source.
    Source(Unfit),
    /// The kernel cannot move bytes to this sink.
    Sink(Unfit),
    /// Something else that was asked for.
    Options(&'static str),
    /// The system gives no pipe as wide as the mark, for this reason.
    NoPipe(String),
}

impl fmt::Display for Impossible {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Impossible::Source(why) => write!(f, "the SOURCE does not allow it: {why}"),
            Impossible::Sink(why) => write!(f, "the SINK does not allow it: {why}"),
            Impossible::Options(why) => f.write_str(why),
            Impossible::NoPipe(why) => {
                write!(f, "no pipe as wide as the high-water mark: {why} (pipe(7))")
            }
        }
    }
}

impl std::error::Error for Impossible {}

/// What is in the way of every method.
pub(super) const TRANSFORMED: Impossible =
    Impossible::Options("a --transform has to see the bytes, which the kernel would not show us");
pub(super) const TOO_WIDE: Impossible =
    Impossible::Options("a high-water mark above 1 MiB is more than a pipe of the kernel holds");

/// Why it is the buffered road.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// It was asked for.
    Asked,
    /// A readable side with a mark of its own was asked for.
    ReadingBuffer,
    /// Transforms have to see the bytes.
    Transforms,
    /// The sink takes bytes at a pace of its own, so that there is nothing to gain.
    Paced,
    /// A pipe that is an end holds less than the mark.
    Narrow,
    /// The kernel road cannot be had, for each of these reasons.
    Impossible(Vec<Impossible>),
}

/// What the choice of a road has to know of both ends.
#[derive(Debug, Clone, Copy)]
pub struct EndPair {
    /// What the kernel can move bytes from.
    pub from: Result<Raw, Unfit>,
    /// What it can move bytes to.
    pub to: Result<Raw, Unfit>,
    /// How many bytes the pipe that is the source holds or may be made to hold; `None` if it is no pipe, or cannot be
    /// asked.
    pub source_pipe: Option<u64>,
    /// The same of the pipe that is the sink.
    pub sink_pipe: Option<u64>,
    /// Whether the file system of the source may copy by itself.
    pub copies: bool,
    /// Whether the sink takes bytes at a pace of its own.
    pub is_paced: bool,
    /// Whether there are transforms between the ends.
    pub is_transformed: bool,
}

/// Chooses a road for these open ends, whose pipes may grow already. Nothing is moved yet.
///
/// # Errors
/// When the kernel road was asked for and cannot be had.
pub fn choose(
    source: &mut dyn Source,
    sink: &mut dyn Sink,
    preference: Preference,
    marks: Marks,
    is_transformed: bool,
) -> Result<Road, Impossible> {
    let pair = EndPair::of(source, sink, is_transformed);
    choose_for(&pair, preference, marks, OwnPipe::new)
}

/// Chooses a road for ends like these. `pipe` makes the pipe of our own if one is needed.
///
/// # Errors
/// When the kernel road was asked for and cannot be had.
pub fn choose_for(
    pair: &EndPair,
    preference: Preference,
    marks: Marks,
    pipe: impl FnOnce(Marks) -> io::Result<OwnPipe>,
) -> Result<Road, Impossible> {
    match preference {
        Preference::Buffered => return Ok(Road::Buffered(Reason::Asked)),
        Preference::ReadingBuffer => return Ok(Road::Buffered(Reason::ReadingBuffer)),
        Preference::Auto if pair.is_transformed => {
            return Ok(Road::Buffered(Reason::Transforms));
        }
        // Where there is nothing to gain, the road with two buffers shows more.
        Preference::Auto if pair.is_paced => return Ok(Road::Buffered(Reason::Paced)),
        Preference::Auto | Preference::Kernel => {}
    }
    match pair.methods(marks, pipe) {
        // A pipe that cannot grow holds less than was asked for.
        Ok(_) if preference == Preference::Auto && pair.is_narrow(marks) => {
            Ok(Road::Buffered(Reason::Narrow))
        }
        Ok(methods) => Ok(Road::Kernel(Methods {
            in_order: methods,
            tee: None,
            insists: preference == Preference::Kernel,
            syscalls: Box::new(Kernel),
        })),
        Err((why, _)) if preference == Preference::Kernel => Err(why),
        Err((why, more)) => Ok(Road::Buffered(Reason::Impossible(
            std::iter::once(why).chain(more).collect(),
        ))),
    }
}

impl EndPair {
    pub(super) fn of(source: &mut dyn Source, sink: &mut dyn Sink, is_transformed: bool) -> Self {
        let is_paced = sink.facts().is_paced;
        let source_pipe = source.pipe().map(NeighbourPipe::most);
        let sink_pipe = sink.pipe().map(NeighbourPipe::most);
        let (from, source_fd) = match source.kernel() {
            Ok((raw, source)) => (Ok(raw), source.at().map(|at| at.fd)),
            Err(why) => (Err(why), None),
        };
        let (to, sink_fd) = match sink.kernel() {
            Ok((raw, sink)) => (Ok(raw), sink.at().map(|at| at.fd)),
            Err(why) => (Err(why), None),
        };
        Self {
            from,
            to,
            source_pipe: source_pipe.or_else(|| source_fd.and_then(platform::pipe_size)),
            sink_pipe: sink_pipe.or_else(|| sink_fd.and_then(platform::pipe_size)),
            copies: from == Ok(Raw::File) && source_fd.is_some_and(platform::copies_by_itself),
            is_paced,
            is_transformed,
        }
    }

    fn is_narrow(&self, marks: Marks) -> bool {
        self.source_pipe.is_some_and(|size| size < marks.readable)
            || self.sink_pipe.is_some_and(|size| size < marks.writable)
    }

    /// The methods by which the kernel can move bytes here, in the order in which they are tried; or the first reason
    /// why there are none, and the others.
    fn methods(
        &self,
        marks: Marks,
        pipe: impl FnOnce(Marks) -> io::Result<OwnPipe>,
    ) -> Result<Vec<Method>, (Impossible, Vec<Impossible>)> {
        let mut obstacles = self.obstacles(marks).into_iter();
        if let Some(first) = obstacles.next() {
            return Err((first, obstacles.collect()));
        }
        if self.is_direct() {
            return Ok(vec![Method::Direct]);
        }
        let made = pipe(marks).map_err(|error| (Impossible::NoPipe(reason(&error)), Vec::new()));
        let through = Method::ThroughPipe(made?);
        let copies = (self.from, self.to) == (Ok(Raw::File), Ok(Raw::File)) && self.copies;
        Ok(if copies {
            vec![Method::Copy, through]
        } else {
            vec![through]
        })
    }

    /// All reasons in the ends and the marks against the kernel road.
    fn obstacles(&self, marks: Marks) -> Vec<Impossible> {
        let mut all = Vec::new();
        if self.is_transformed {
            all.push(TRANSFORMED);
        }
        all.extend(self.from.err().map(Impossible::Source));
        all.extend(self.to.err().map(Impossible::Sink));
        if marks.readable.max(marks.writable) > WIDEST_PIPE {
            all.push(TOO_WIDE);
        }
        if self.is_direct() && marks.low > 0 {
            all.push(Impossible::Options(
                "--low-water-mark is for a buffer of our own, and with a pipe at one end there is none",
            ));
        }
        all
    }

    /// Whether bytes go directly from one end to the other, one of which is a pipe. From a pipe to a file they do not: while
    /// splice(2) copies into the file it keeps the pipe locked, and whoever writes into it would wait as long.
    fn is_direct(&self) -> bool {
        let to_file = (self.from, self.to) == (Ok(Raw::Pipe), Ok(Raw::File));
        let has_pipe = self.from == Ok(Raw::Pipe) || self.to == Ok(Raw::Pipe);
        has_pipe && !to_file
    }
}

#[cfg(test)]
mod tests {
    use super::{EndPair, Impossible, OwnPipe, Preference, Reason, Road, choose_for};
    use crate::endpoint::Raw;
    use crate::engine::link::Marks;
    use std::io;

    const MARKS: Marks = Marks {
        readable: 1 << 16,
        writable: 1 << 16,
        low: 0,
    };

    fn between(from: Raw, to: Raw) -> EndPair {
        EndPair {
            from: Ok(from),
            to: Ok(to),
            source_pipe: (from == Raw::Pipe).then_some(1 << 16),
            sink_pipe: (to == Raw::Pipe).then_some(1 << 16),
            copies: false,
            is_paced: false,
            is_transformed: false,
        }
    }

    /// Why it is the buffered road.
    fn reason(pair: &EndPair, preference: Preference, marks: Marks) -> Option<Reason> {
        match choose_for(pair, preference, marks, OwnPipe::new) {
            Ok(Road::Buffered(why)) => Some(why),
            _ => None,
        }
    }

    #[test]
    fn what_was_asked_for_is_the_reason_before_anything_else() {
        let unfit = EndPair {
            from: Err("it is none"),
            is_paced: true,
            is_transformed: true,
            ..between(Raw::File, Raw::File)
        };
        for (preference, why) in [
            (Preference::Buffered, Reason::Asked),
            (Preference::ReadingBuffer, Reason::ReadingBuffer),
            (Preference::Auto, Reason::Transforms),
        ] {
            assert_eq!(reason(&unfit, preference, MARKS), Some(why));
        }
    }

    #[test]
    fn every_reason_is_told_and_the_first_one_refuses() {
        let unfit = EndPair {
            from: Err("one"),
            to: Err("two"),
            ..between(Raw::File, Raw::File)
        };
        let marks = Marks {
            writable: 2 << 20,
            ..MARKS
        };
        let Some(Reason::Impossible(all)) = reason(&unfit, Preference::Auto, marks) else {
            panic!("another reason");
        };
        assert_eq!(
            all[..2],
            [Impossible::Source("one"), Impossible::Sink("two")]
        );
        assert_eq!(all.len(), 3);
        let refused = choose_for(&unfit, Preference::Kernel, marks, OwnPipe::new).err();
        assert_eq!(refused, Some(Impossible::Source("one")));
    }

    #[test]
    fn a_low_water_mark_is_in_the_way_only_of_a_pipe_at_one_end() {
        let marks = Marks { low: 5, ..MARKS };
        let straight = between(Raw::File, Raw::Pipe);
        let why = reason(&straight, Preference::Auto, marks);
        assert!(matches!(why, Some(Reason::Impossible(all)) if all.len() == 1));
        assert!(choose_for(&straight, Preference::Kernel, MARKS, OwnPipe::new).is_ok());
    }

    #[test]
    fn a_narrow_pipe_of_a_neighbour_is_passed_by_unless_the_kernel_road_is_insisted_on() {
        let narrow = EndPair {
            source_pipe: Some(4096),
            ..between(Raw::Pipe, Raw::Socket)
        };
        assert_eq!(
            reason(&narrow, Preference::Auto, MARKS),
            Some(Reason::Narrow)
        );
        assert!(choose_for(&narrow, Preference::Kernel, MARKS, OwnPipe::new).is_ok());
    }

    #[test]
    fn a_system_without_a_pipe_for_us_leaves_the_buffered_road() {
        let none = |_| Err(io::ErrorKind::OutOfMemory.into());
        let files = between(Raw::File, Raw::Null);
        let decided = choose_for(&files, Preference::Auto, MARKS, none);
        assert!(matches!(decided, Ok(Road::Buffered(Reason::Impossible(_)))));
        let refused = choose_for(&files, Preference::Kernel, MARKS, none);
        assert!(matches!(refused, Err(Impossible::NoPipe(_))));
    }
}
