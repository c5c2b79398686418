//! The numbers of a transfer at one moment.

use crate::account::phase::{Phase, Waits};
use crate::account::stages::StageSnapshot;
use crate::endpoint::{EndStatus, PerEnd};
use crate::engine::link::{ConsumerSnapshot, LinkSnapshot, LinkState};
use crate::error::Side;
use std::sync::Arc;
use std::time::Duration;

/// The numbers of a transfer at one moment.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// Since both ends were open.
    pub elapsed: Duration,
    /// Bytes read from the source.
    pub bytes_in: u64,
    /// Bytes the sink took.
    pub bytes_out: u64,
    /// Where the time went.
    pub waits: Waits,
    /// What the writer is doing now.
    pub phase: Phase,
    /// For how long nothing has moved.
    pub still: Duration,
    /// The buffers, in the order in which a byte meets them.
    pub links: Vec<LinkSnapshot>,
    /// The transforms between them.
    pub stages: Vec<StageSnapshot>,
    /// What each sink has taken, and where the time of its writer went. The numbers above are those of the sink that has taken
    /// least.
    pub sinks: Vec<SinkSnapshot>,
    /// What the ends say of themselves.
    pub ends: PerEnd<EndStatus>,
}

/// The numbers of one sink at one moment.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SinkSnapshot {
    /// What it is called, if it has a name.
    pub name: Option<Arc<str>>,
    /// Bytes it took.
    pub bytes_out: u64,
    /// Where the time of its writer went.
    pub waits: Waits,
    /// What its writer is doing now.
    pub phase: Phase,
    /// Whether it takes nothing more, though the others may: it has failed, or was given up.
    pub has_left: bool,
    /// What it says of itself.
    pub end: EndStatus,
}

impl Snapshot {
    /// Whether everything is written, and only the delivery is waited for.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        let is_done = |link: &LinkSnapshot| {
            let is_empty = |it: &ConsumerSnapshot| it.writable.is_none_or(|it| it.len == 0);
            link.state == LinkState::Ended && link.consumers.iter().all(is_empty)
        };
        !self.links.is_empty() && self.links.iter().all(is_done)
    }

    /// The names of the stages before and after this link.
    #[must_use]
    pub fn neighbours(&self, link: usize) -> (&'static str, &'static str) {
        let before = link.checked_sub(1).and_then(|it| self.stages.get(it));
        let behind = self.stages.get(link);
        let sink = if self.has_several_sinks() {
            "sinks"
        } else {
            Side::Sink.name()
        };
        (
            before.map_or(Side::Source.name(), |it| it.name),
            behind.map_or(sink, |it| it.name),
        )
    }

    /// Whether there is more than one sink.
    #[must_use]
    pub fn has_several_sinks(&self) -> bool {
        self.sinks.len() > 1
    }

    /// The name of a sink: where there are several, its own, or its number, which counts from 1.
    #[must_use]
    pub fn sink_name(&self, sink: usize) -> String {
        let name = Side::Sink.name();
        let own = self.sinks.get(sink).and_then(|it| it.name.as_deref());
        match own {
            _ if !self.has_several_sinks() => name.to_owned(),
            Some(own) => own.to_owned(),
            None => format!("{name} {}", sink + 1),
        }
    }

    /// How many bytes of the source have gone as far as they go unchanged: to the sink, or into the first transform.
    #[must_use]
    pub fn passed(&self) -> u64 {
        self.stages.first().map_or(self.bytes_out, |it| it.bytes_in)
    }
}
