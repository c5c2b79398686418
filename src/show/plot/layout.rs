//! The sizes of a chart, for wide screens and paper and for narrow screens. Lengths are in SVG user units.

/// The sizes of a chart.
#[derive(Debug)]
pub(super) struct Layout {
    /// The class of its charts, which those of both layouts may be on one page.
    pub(super) class: &'static str,
    /// The whole width.
    pub(super) width: f64,
    /// Room for the labels of the vertical axes.
    pub(super) left: f64,
    /// Into how many stretches the time is cut.
    pub(super) stretches: usize,
    /// How wide a stretch is.
    pub(super) step: f64,
    /// About how many lines the axis of time has.
    pub(super) times: f64,
    /// How high the rate is drawn.
    pub(super) rate: f64,
    /// How high a buffer is drawn.
    pub(super) fill: f64,
    /// How high the panel with the phases is drawn.
    pub(super) phases: f64,
}

/// For wide screens and paper.
pub(super) const WIDE: Layout = Layout {
    class: "wide",
    width: 960.0,
    left: 80.0,
    stretches: 288,
    step: 3.0,
    times: 8.0,
    rate: 168.0,
    fill: 84.0,
    phases: 64.0,
};

/// For narrow screens.
pub(super) const NARROW: Layout = Layout {
    class: "narrow",
    width: 400.0,
    left: 76.0,
    stretches: 96,
    step: 3.25,
    times: 4.0,
    rate: 132.0,
    fill: 72.0,
    phases: 60.0,
};

/// The font size in a chart.
pub(super) const WRITING: f64 = 12.0;

/// How far below the top of a row the baseline of its text is.
pub(super) const BASELINE: f64 = 12.0;

/// From one row of text to the next.
pub(super) const ROW: f64 = 20.0;

/// Between two panels.
pub(super) const GAP: f64 = 22.0;

impl Layout {
    /// How wide the axis of time is.
    pub(super) fn span(&self) -> f64 {
        self.border(self.stretches) - self.left
    }

    /// Where the left border of a stretch is.
    #[expect(clippy::cast_precision_loss, reason = "some hundred stretches")]
    pub(super) fn border(&self, stretch: usize) -> f64 {
        self.left + stretch as f64 * self.step
    }

    /// Where a moment is, given as a part of the whole time from 0 to 1.
    pub(super) fn x(&self, part: f64) -> f64 {
        self.left + self.span() * part.clamp(0.0, 1.0)
    }
}
