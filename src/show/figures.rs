//! The figures of a look that stand beside each other, so that none contradicts another.

use super::Sample;
use crate::text::words::{Size, whole};
use std::time::Duration;

/// How far a transfer has come, as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Figures {
    /// What has passed, of the expected size if there is one.
    pub(super) passed: Size,
    /// The expected size.
    pub(super) size: Option<Size>,
    /// How much of it that is, in percent.
    pub(super) percent: Option<u64>,
    /// What the transforms have made of it, and how many times that is as much.
    pub(super) made: Option<(Size, String)>,
    /// How much time is left. Never none: what is over has nothing left.
    pub(super) eta: Option<Duration>,
}

impl Figures {
    /// Those of a look.
    pub(super) fn of(sample: &Sample) -> Self {
        let part = sample.part();
        let whole = sample.size.filter(|size| *size > 0 && part <= *size);
        let passed = whole.map_or_else(|| Size::of(part), |size| Size::part(part, size));
        let size = whole.map(Size::of);
        Self {
            passed,
            size,
            percent: size.and_then(|size| passed.percent_of(size)),
            made: made(sample, passed),
            eta: eta(sample).filter(|_| size.is_some()),
        }
    }
}

/// What has become of it, unless it was not changed.
fn made(sample: &Sample, passed: Size) -> Option<(Size, String)> {
    let stages = &sample.now.stages;
    let changes = stages.iter().any(|it| it.bytes_in != it.bytes_out);
    let made = Size::of(sample.now.bytes_out);
    let ratio = made.ratio_to(passed).filter(|_| changes)?;
    Some((made, ratio))
}

/// There is none without a rate, nor when nothing is left that it could be worked out from.
fn eta(sample: &Sample) -> Option<Duration> {
    let moves = whole(sample.speed) > 0 && !sample.is_stalled();
    sample.eta.filter(|eta| moves && !eta.is_zero())
}
