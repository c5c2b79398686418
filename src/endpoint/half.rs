//! One half of a peer of both directions, as the plan of one direction shows it: as its SOURCE or its SINK.

use super::end_plan::PeerPlan;
use super::{
    Announce, EndPlan, OpenError, OpenFailure, Opening, PlannedEnd, PreparedSink, PreparedSource,
    Preview, Settled, SinkPlan, SinkPolicy, SourcePlan,
};
use crate::error::Side;
use std::os::fd::RawFd;
use std::rc::Rc;

/// A peer that was asked for, with its name and options.
pub type PlannedPeer = Rc<PlannedEnd<dyn PeerPlan>>;

/// What a peer says is the source of one direction.
#[must_use]
pub fn source_half(peer: &PlannedPeer) -> PlannedEnd<dyn SourcePlan> {
    half(peer, Box::new(Half(Rc::clone(peer))))
}

/// What a peer is told is the sink of the other one.
#[must_use]
pub fn sink_half(peer: &PlannedPeer) -> PlannedEnd<dyn SinkPlan> {
    half(peer, Box::new(Half(Rc::clone(peer))))
}

fn half<P: ?Sized>(peer: &PlannedPeer, end: Box<P>) -> PlannedEnd<P> {
    let Settled { given, by_default } = &peer.options;
    PlannedEnd {
        uri: peer.uri.clone(),
        options: Settled {
            given: given.clone(),
            by_default: by_default.clone(),
        },
        policy: SinkPolicy::default(),
        hint: None,
        end,
    }
}

struct Half(PlannedPeer);

impl EndPlan for Half {
    fn preview(&self, side: Side) -> Preview {
        self.0.end.preview_half(side)
    }

    fn is_descriptor(&self, number: RawFd) -> bool {
        self.0.end.is_descriptor(number)
    }

    fn listens(&self) -> bool {
        self.0.end.listens()
    }

    fn acts_when_opened(&self) -> bool {
        self.0.end.acts_when_opened()
    }
}

/// Half of a peer is not opened by itself: the peer opens both at once ([`PeerPlan::prepare`]).
fn not_by_itself() -> OpenError {
    let why = "it is one of two directions, which are opened together".to_owned();
    OpenError {
        act: "opening",
        why: OpenFailure::Text(why),
    }
}

impl SourcePlan for Half {
    fn prepare<'a>(&'a self, _: &'a dyn Announce) -> Opening<'a, PreparedSource<'a>> {
        Box::pin(async { Err(not_by_itself()) })
    }
}

impl SinkPlan for Half {
    fn prepare<'a>(&'a self, _: &'a dyn Announce) -> Opening<'a, PreparedSink<'a>> {
        Box::pin(async { Err(not_by_itself()) })
    }
}
