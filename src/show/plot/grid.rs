//! The time of a transfer, cut into stretches of equal length.

use std::time::Duration;

/// Stretches of equal length that cover the whole time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Grid {
    /// The whole time, in seconds.
    elapsed: f64,
    /// How many stretches there are.
    pub(super) count: usize,
}

impl Grid {
    /// Cuts `elapsed` into `count` stretches. `None`: one of them is zero.
    pub(super) fn new(elapsed: Duration, count: usize) -> Option<Self> {
        let elapsed = elapsed.as_secs_f64();
        (elapsed > 0.0 && count > 0).then_some(Self { elapsed, count })
    }

    /// How long a stretch is, in seconds.
    #[expect(clippy::cast_precision_loss, reason = "some hundred stretches")]
    pub(super) fn step(&self) -> f64 {
        self.elapsed / self.count as f64
    }

    /// The stretches that a span of time overlaps, each with the part of the span that lies in it. The parts add up to 1; a
    /// span without length lies in one stretch.
    #[expect(clippy::cast_precision_loss, reason = "some hundred stretches")]
    pub(super) fn parts(
        self,
        from: Duration,
        to: Duration,
    ) -> impl Iterator<Item = (usize, f64)> + use<> {
        let (from, to) = (from.as_secs_f64(), to.as_secs_f64());
        let (first, last) = (self.at(from), self.at(to));
        let step = self.step();
        (first..=last).filter_map(move |index| {
            if first == last {
                return Some((index, 1.0));
            }
            // The outermost stretches reach to the ends of the span, so that nothing is lost by rounding.
            let left = if index == first {
                from
            } else {
                index as f64 * step
            };
            let right = if index == last {
                to
            } else {
                (index + 1) as f64 * step
            };
            let part = (right - left) / (to - from);
            (part > 0.0).then_some((index, part))
        })
    }

    /// The stretch that a moment falls into.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a cast of a float saturates, and the moment is not negative"
    )]
    fn at(&self, moment: f64) -> usize {
        let index = (moment / self.step()) as usize;
        index.min(self.count - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::Grid;
    use proptest::prelude::*;
    use std::time::Duration;

    #[test]
    fn a_moment_falls_into_one_stretch_and_a_span_into_all_it_touches() {
        let second = Duration::from_secs(1);
        let grid = Grid::new(second * 4, 4).unwrap();
        let parts = |from, to| grid.parts(second * from, second * to).collect::<Vec<_>>();
        assert_eq!(parts(2, 2), [(2, 1.0)]);
        assert_eq!(parts(4, 4), [(3, 1.0)]);
        assert_eq!(parts(0, 4), [0, 1, 2, 3].map(|index| (index, 0.25)));
        assert!(Grid::new(Duration::ZERO, 4).is_none() && Grid::new(second, 0).is_none());
    }

    proptest! {
        #[test]
        fn the_parts_of_a_span_add_up_to_all_of_it(
            elapsed in 1u64.., count in 1usize..400, from in 0.0f64..=1.0, length in 0.0f64..=1.0
        ) {
            let elapsed = Duration::from_nanos(elapsed);
            let grid = Grid::new(elapsed, count).unwrap();
            let (from, to) = (elapsed.mul_f64(from), elapsed.mul_f64((from + length).min(1.0)));
            let parts: Vec<_> = grid.parts(from, to).collect();
            let sum: f64 = parts.iter().map(|(_, part)| part).sum();
            prop_assert!((sum - 1.0).abs() < 1e-6, "{sum}");
            prop_assert!(parts.iter().all(|(index, _)| *index < count));
        }
    }
}
