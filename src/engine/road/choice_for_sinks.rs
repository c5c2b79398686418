//! Chooses the road from one source to several sinks, which all get the same bytes.

use super::choice::{EndPair, Impossible, Preference, Reason, Road, TOO_WIDE, TRANSFORMED};
use super::kernel::{Kernel, Methods, TeePipes};
use crate::endpoint::{Sink, Source};
use crate::engine::link::Marks;
use crate::error::reason;
use crate::platform::WIDEST_PIPE;
use std::io;

/// What the choice has to know of all ends.
#[derive(Debug, Clone)]
pub struct ManyEnds {
    /// The source with each sink, in their order.
    pub pairs: Vec<EndPair>,
    /// The marks of the writables of the sinks, in bytes.
    pub sink_marks: Vec<u64>,
    /// Whether other sources follow the source.
    pub has_more_sources: bool,
}

/// Chooses a road for these open ends, whose pipes may grow already: the marks of the link, and those of the sinks. Nothing is moved yet.
///
/// # Errors
/// When the kernel road was asked for and cannot be had.
pub fn choose_for_open_sinks<'s>(
    source: &mut dyn Source,
    sinks: impl Iterator<Item = &'s mut Box<dyn Sink>>,
    preference: Preference,
    (marks, sink_marks): (Marks, &[u64]),
    is_transformed: bool,
) -> Result<Road, Impossible> {
    let pairs = sinks.map(|sink| EndPair::of(source, &mut **sink, is_transformed));
    let ends = ManyEnds {
        pairs: pairs.collect(),
        sink_marks: sink_marks.to_vec(),
        has_more_sources: !source.is_last_part(),
    };
    choose_for_many(&ends, preference, marks, TeePipes::new)
}

/// Chooses a road for ends like these. `pipes` makes the pipes of our own if they are needed, for so many sinks and bytes.
///
/// # Errors
/// When the kernel road was asked for and cannot be had.
pub fn choose_for_many(
    ends: &ManyEnds,
    preference: Preference,
    marks: Marks,
    pipes: impl FnOnce(usize, u64) -> io::Result<TeePipes>,
) -> Result<Road, Impossible> {
    let is_transformed = ends.pairs.iter().any(|it| it.is_transformed);
    match preference {
        Preference::Buffered => return Ok(Road::Buffered(Reason::Asked)),
        Preference::ReadingBuffer => return Ok(Road::Buffered(Reason::ReadingBuffer)),
        Preference::Auto if is_transformed => return Ok(Road::Buffered(Reason::Transforms)),
        Preference::Auto if ends.pairs.iter().any(|it| it.is_paced) => {
            return Ok(Road::Buffered(Reason::Paced));
        }
        Preference::Auto | Preference::Kernel => {}
    }
    let mut obstacles = ends.obstacles(marks);
    if obstacles.is_empty() {
        match pipes(ends.pairs.len(), ends.widest(marks)) {
            Ok(_) if preference == Preference::Auto && ends.are_narrow(marks) => {
                return Ok(Road::Buffered(Reason::Narrow));
            }
            Ok(pipes) => {
                return Ok(Road::Kernel(Methods {
                    in_order: Vec::new(),
                    tee: Some(pipes),
                    insists: preference == Preference::Kernel,
                    syscalls: Box::new(Kernel),
                }));
            }
            Err(error) => obstacles.push(Impossible::NoPipe(reason(&error))),
        }
    }
    if preference == Preference::Kernel {
        Err(obstacles.swap_remove(0))
    } else {
        Ok(Road::Buffered(Reason::Impossible(obstacles)))
    }
}

impl ManyEnds {
    /// The largest of all marks, in bytes.
    fn widest(&self, marks: Marks) -> u64 {
        self.sink_marks
            .iter()
            .copied()
            .fold(marks.readable, u64::max)
    }

    /// All reasons in the ends and the marks against the kernel road.
    fn obstacles(&self, marks: Marks) -> Vec<Impossible> {
        let mut all = Vec::new();
        if self.pairs.iter().any(|it| it.is_transformed) {
            all.push(TRANSFORMED);
        }
        let from = self.pairs.first().and_then(|it| it.from.err());
        all.extend(from.map(Impossible::Source));
        for unfit in self.pairs.iter().filter_map(|it| it.to.err()) {
            let why = Impossible::Sink(unfit);
            if !all.contains(&why) {
                all.push(why);
            }
        }
        if self.widest(marks) > WIDEST_PIPE {
            all.push(TOO_WIDE);
        }
        if marks.low > 0 {
            all.push(Impossible::Options(
                "--low-water-mark is for a buffer of our own, and a pipe has to be empty before a duplicate goes into it",
            ));
        }
        if self.has_more_sources {
            all.push(Impossible::Options(
                "from several SOURCEs to several SINKs only plain reads and writes move bytes",
            ));
        }
        all
    }

    fn are_narrow(&self, marks: Marks) -> bool {
        let is_below = |size: Option<u64>, mark| size.is_some_and(|size| size < mark);
        let mut sinks = self.pairs.iter().zip(&self.sink_marks);
        sinks.any(|(it, mark)| {
            is_below(it.source_pipe, marks.readable) || is_below(it.sink_pipe, *mark)
        })
    }
}
