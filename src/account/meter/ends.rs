//! The ends of a transfer, as they are asked for their status.

use crate::endpoint::{EndStatus, PerEnd, Probe};
use crate::platform::sync::Lock;
use std::sync::Arc;

/// What asks the ends; nothing before they are open.
#[derive(Debug, Default)]
pub(super) struct Ends(Lock<Probes>);

#[derive(Debug, Default)]
struct Probes {
    source: Probe,
    sinks: Vec<Probe>,
    /// What the sinks are called, where they have names.
    names: Vec<Arc<str>>,
}

impl Ends {
    /// What the ends say, with the first sink, and what every sink says.
    pub(super) fn look(
        &self,
        look: fn(&Probe) -> EndStatus,
    ) -> (PerEnd<EndStatus>, Vec<EndStatus>) {
        let probes = self.0.lock();
        let sinks: Vec<_> = probes.sinks.iter().map(look).collect();
        let ends = PerEnd {
            source: look(&probes.source),
            sink: sinks.first().copied().unwrap_or_default(),
        };
        (ends, sinks)
    }

    /// What the sinks are called.
    pub(super) fn names(&self) -> Vec<Arc<str>> {
        self.0.lock().names.clone()
    }

    /// From now on these ends are shown too.
    pub(super) fn watch(&self, source: Probe, sinks: Vec<Probe>) {
        let mut ends = self.0.lock();
        (ends.source, ends.sinks) = (source, sinks);
    }

    /// From now on the sinks are shown by these names.
    pub(super) fn name_sinks(&self, names: impl IntoIterator<Item = String>) {
        self.0.lock().names = names.into_iter().map(Into::into).collect();
    }

    /// From now on this source is shown instead of the one before.
    pub(super) fn watch_source(&self, probe: Probe) {
        self.0.lock().source = probe;
    }
}
