//! The figures of a sample that are shown beside each other, rounded together so that none contradicts another.

use super::Sample;
use crate::text::words::{Size, whole};
use std::time::Duration;

/// How far a transfer has come, as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Figures {
    /// The bytes of the source that are done with; where a size is expected, rounded as a part of it.
    pub(super) passed: Size,
    /// The expected size.
    pub(super) size: Option<Size>,
    /// `passed` in percent of `size`.
    pub(super) percent: Option<u64>,
    /// The bytes that the sink has taken, and their ratio to `passed`; where transforms change the bytes.
    pub(super) made: Option<(Size, String)>,
    /// The time that is left. Never zero: a transfer that is over has no ETA.
    pub(super) eta: Option<Duration>,
}

impl Figures {
    /// The figures of a sample.
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

/// The bytes that the sink has taken and their ratio to `passed`, where a transform has changed the bytes.
fn made(sample: &Sample, passed: Size) -> Option<(Size, String)> {
    let stages = &sample.now.stages;
    let changes = stages.iter().any(|it| it.bytes_in != it.bytes_out);
    let made = Size::of(sample.now.bytes_out);
    let ratio = made.ratio_to(passed).filter(|_| changes)?;
    Some((made, ratio))
}

/// There is no ETA without a rate, nor when nothing is left.
fn eta(sample: &Sample) -> Option<Duration> {
    let moves = whole(sample.speed) > 0 && !sample.is_stalled();
    sample.eta.filter(|eta| moves && !eta.is_zero())
}
