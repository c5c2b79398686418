//! The data of SVG paths (lines in steps, and areas between them), in as few characters as possible.

use std::fmt::Write;
use std::ops::Range;

/// A coordinate, to a tenth of a unit. One that is not finite, which SVG cannot express, becomes 0.
pub(super) fn number(place: f64) -> String {
    let mut text = String::new();
    put(&mut text, tenths(place));
    text
}

/// A coordinate in tenths of a unit.
#[expect(
    clippy::cast_possible_truncation,
    reason = "nothing is drawn so far away"
)]
fn tenths(place: f64) -> i64 {
    if place.is_finite() {
        (place * 10.0).round() as i64
    } else {
        0
    }
}

/// Appends a coordinate in as few characters as possible.
#[expect(clippy::cast_precision_loss, reason = "nothing is drawn so far away")]
fn put(path: &mut String, tenths: i64) {
    // Writing to a string does not fail.
    let _ = write!(path, "{}", tenths as f64 / 10.0);
}

/// Appends a command of the path with its coordinate.
fn go(path: &mut String, verb: char, tenths: i64) {
    path.push(verb);
    put(path, tenths);
}

/// The area of a panel in which values are drawn: where stretches and values are on the picture.
#[derive(Debug, Clone, Copy)]
pub(super) struct PanelFrame {
    /// The left border.
    pub(super) left: f64,
    /// How wide a stretch is.
    pub(super) step: f64,
    /// The upper border, where the highest value is.
    pub(super) top: f64,
    /// How high it is.
    pub(super) height: f64,
    /// The highest value; 0 is at the lower border.
    pub(super) most: f64,
}

impl PanelFrame {
    /// Where the left border of a stretch is.
    #[expect(clippy::cast_precision_loss, reason = "some hundred stretches")]
    pub(super) fn x(&self, index: usize) -> f64 {
        self.left + index as f64 * self.step
    }

    /// Where a value is.
    pub(super) fn y(&self, value: f64) -> f64 {
        let part = (value / self.most).clamp(0.0, 1.0);
        self.top + self.height * (1.0 - part)
    }

    /// A line in steps, broken where there is no value.
    pub(super) fn steps(&self, values: &[Option<f64>]) -> String {
        let mut path = String::new();
        for run in runs(values) {
            self.rightwards(&mut path, values, &run);
        }
        path
    }

    /// What lies between two lines in steps. Both have a value or neither.
    pub(super) fn area(&self, low: &[Option<f64>], high: &[Option<f64>]) -> String {
        let mut path = String::new();
        for run in runs(high) {
            self.rightwards(&mut path, high, &run);
            let (start, back) = (run.start, run.rev());
            let lower = back.map(|index| (index + 1, low[index].unwrap_or(0.0)));
            self.walk(&mut path, lower, start, 'V');
            path.push('Z');
        }
        path
    }

    /// Begins a line with the values of a run.
    fn rightwards(&self, path: &mut String, values: &[Option<f64>], run: &Range<usize>) {
        go(path, 'M', tenths(self.x(run.start)));
        let steps = run
            .clone()
            .map(|index| (index, values[index].unwrap_or(0.0)));
        self.walk(path, steps, run.end, ' ');
    }

    /// Through the values of stretches, each with the border where it begins; up to the border `end`. A step is left out where
    /// nothing changes.
    fn walk(
        &self,
        path: &mut String,
        values: impl Iterator<Item = (usize, f64)>,
        end: usize,
        mut verb: char,
    ) {
        let mut last = None;
        for (border, value) in values {
            let place = tenths(self.y(value));
            if last == Some(place) {
                continue;
            }
            if last.is_some() {
                go(path, 'H', tenths(self.x(border)));
            }
            go(path, verb, place);
            (last, verb) = (Some(place), 'V');
        }
        go(path, 'H', tenths(self.x(end)));
    }
}

/// The runs of values without a gap.
fn runs(values: &[Option<f64>]) -> Vec<Range<usize>> {
    let mut runs: Vec<Range<usize>> = Vec::new();
    for (index, _) in values.iter().enumerate().filter(|(_, it)| it.is_some()) {
        match runs.last_mut() {
            Some(run) if run.end == index => run.end += 1,
            _ => runs.push(index..index + 1),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::{PanelFrame, number};

    const FRAME: PanelFrame = PanelFrame {
        left: 10.0,
        step: 2.0,
        top: 100.0,
        height: 50.0,
        most: 10.0,
    };

    #[test]
    fn places_are_short_and_finite() {
        for (place, text) in [
            (1.0, "1"),
            (1.26, "1.3"),
            (-0.01, "0"),
            (-12.34, "-12.3"),
            (0.96, "1"),
            (f64::NAN, "0"),
            (f64::INFINITY, "0"),
        ] {
            assert_eq!(number(place), text);
        }
    }

    #[test]
    fn a_line_goes_in_steps_and_breaks_where_nothing_is_known() {
        let values = [Some(0.0), Some(10.0), Some(10.0), None, Some(5.0)];
        assert_eq!(FRAME.steps(&values), "M10 150H12V100H16M18 125H20");
        assert_eq!(FRAME.steps(&[]), "");
        assert_eq!(FRAME.steps(&[Some(99.0)]), "M10 100H12");
    }

    #[test]
    fn an_area_is_closed() {
        let (low, high) = ([Some(0.0), Some(1.0)], [Some(5.0), Some(10.0)]);
        assert_eq!(FRAME.area(&low, &high), "M10 125H12V100H14V145H12V150H10Z");
    }
}
