//! The road from one source to several sinks: what it needs, how reading on it ends, and the buffered road that takes over where the
//! kernel refuses.

use super::ending::{Stop, Undelivered};
use super::feed::Feed;
use super::methods::Methods;
use super::remainder::Remainder;
use super::syscalls::Syscalls;
use super::tee::{Tee, TeeEnd};
use super::tee_pipes::TeePipes;
use crate::endpoint::Source;
use crate::engine::link::InputEnd;
use crate::engine::road::flow::FlowOptions;
use crate::engine::road::in_use::RoadInUse;
use crate::engine::road::inlet::ReaderOutcome;
use crate::engine::road::job::Shared;
use crate::engine::road::outlet::WriterOutcome;
use crate::engine::road::reader::Reader;
use crate::error::{Side, reason};
use std::io;
use std::sync::Arc;

/// The pipes between one source and several sinks, and the calls that move bytes through them.
#[derive(Debug)]
pub(in crate::engine) struct TeeRoad {
    pipes: TeePipes,
    syscalls: Arc<dyn Syscalls>,
    insists: bool,
}

impl TeeRoad {
    /// The road to several sinks, if the methods are for that.
    pub(in crate::engine) fn new(methods: Methods) -> Option<Self> {
        Some(Self {
            pipes: methods.tee?,
            syscalls: methods.syscalls.into(),
            insists: methods.insists,
        })
    }

    /// What each sink is fed from, in their order.
    pub(in crate::engine::road) fn feeds(&self) -> impl Iterator<Item = Feed> {
        let pipes = self.pipes.of_sinks.iter();
        pipes.map(|it| Feed::new(it, &self.syscalls, self.insists))
    }

    /// Reads until the end, an error, or a cancellation; on the buffered road from where the kernel refuses.
    pub(in crate::engine::road) fn run(
        self,
        mut source: Box<dyn Source>,
        flow: FlowOptions,
        shared: &Shared,
    ) -> ReaderOutcome {
        let link = &**shared.chain.first();
        let _guard = link.cancel_on_panic();
        let insists = self.insists;
        let end = match source.kernel() {
            Ok(from) => {
                let moved_by = (self.pipes, self.syscalls);
                Tee::new(moved_by, from, flow, shared).run(flow.skip)
            }
            // It could when the road was chosen.
            Err(why) => TeeEnd {
                result: Err(Stop::Refused(Side::Source, io::Error::other(why))),
                is_left_well: true,
                has_passed: false,
                undelivered: Undelivered {
                    skip: flow.skip,
                    ..Undelivered::default()
                },
                take: flow.take,
            },
        };
        let result = match end.result {
            Err(Stop::Refused(_, error)) if insists && !end.has_passed => {
                refuse(&error, shared);
                Ok(())
            }
            Err(Stop::Refused(_, error)) => {
                let end = TeeEnd {
                    result: Ok(()),
                    ..end
                };
                return read_instead(source, end, insists.then_some(&error), flow, shared);
            }
            Err(Stop::Source(error)) => Err(error),
            Ok(()) | Err(Stop::Sink(_)) => Ok(()),
        };
        link.end(if result.is_ok() {
            InputEnd::Whole
        } else {
            InputEnd::Cut
        });
        ReaderOutcome {
            source,
            result,
            is_left_well: end.is_left_well,
        }
    }
}

/// The kernel road was insisted on, and is refused before a sink has got anything.
fn refuse(error: &io::Error, shared: &Shared) {
    for sink in 0..shared.chain.last().consumers().count() {
        let error = io::Error::other(reason(error));
        shared
            .progress
            .set_writer(sink, WriterOutcome::NoRoad { error });
    }
    shared.chain.cancel();
}

/// Reads what is left on the buffered road, and then the rest of the source. Where the kernel road was `insisted` on, and the kernel has said
/// this, it fails after what is left.
fn read_instead(
    source: Box<dyn Source>,
    mut end: TeeEnd,
    insisted: Option<&io::Error>,
    flow: FlowOptions,
    shared: &Shared,
) -> ReaderOutcome {
    let link = &**shared.chain.first();
    let left = link.readable_len();
    link.use_chunks_instead();
    shared.meter.come_again(left);
    if let Some(error) = insisted {
        let why = format!(
            "{}; --road auto goes on by the buffered road",
            reason(error)
        );
        let failed = &mut end.undelivered.source_error;
        failed.get_or_insert_with(|| io::Error::other(why));
    } else {
        shared.progress.set_road(RoadInUse::Buffered);
    }
    let flow = FlowOptions {
        skip: end.undelivered.skip,
        take: end.take.map(|take| take + left),
        ..flow
    };
    let rest = Remainder::new(end.undelivered, source);
    Reader::new(Box::new(rest), flow).run(link, None, Some(&shared.limit), &shared.meter)
}
