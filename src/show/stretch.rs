//! Where the time of a stretch of a transfer went.

use crate::account::phase::{Phase, Waits};
use crate::endpoint::connection::Blame;
use crate::text::words::percents;

/// Where the time of a stretch of the transfer went.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Stretch {
    /// As the writer saw it. Of several writers that of the sink which has held the source up for longest.
    pub waits: Waits,
    /// What a sink that is a connection waited for, by the kernel's account.
    pub blame: Option<Blame>,
    /// The transform that was waited for longest, if any was.
    pub transform: Option<&'static str>,
    /// Which of several sinks it is that all of this is of.
    pub sink: Option<usize>,
}

impl Stretch {
    /// The part of the time that was spent in `phase`, from 0 to 1.
    #[must_use]
    pub fn share(&self, phase: Phase) -> f64 {
        let total = self.waits.total().as_secs_f64();
        if total > 0.0 {
            self.waits.of(phase).as_secs_f64() / total
        } else {
            0.0
        }
    }

    /// The parts of the time in percent, which add up to 100, in the order of [`Phase::ALL`].
    pub(super) fn percents(&self) -> [(Phase, u64); 5] {
        let percents = percents(Phase::ALL.map(|phase| self.share(phase)));
        std::array::from_fn(|at| (Phase::ALL[at], percents[at]))
    }

    /// The part of the time that was spent in `phase`, in percent.
    pub(super) fn percent(&self, phase: Phase) -> u64 {
        self.percents()[phase as usize].1
    }
}
