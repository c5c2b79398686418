//! The two directions of a transfer between two ends, A and B.

use super::Theme;
use serde::Serialize;

/// One of both directions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Direction {
    /// What A says goes to B.
    #[serde(rename = "a-to-b")]
    There,
    /// What B says goes to A.
    #[serde(rename = "b-to-a")]
    Back,
}

impl Direction {
    /// Both, in the order in which they are told.
    pub const BOTH: [Direction; 2] = [Direction::There, Direction::Back];

    /// That of the pipeline at this place, where there are so many. `None`: there is but one.
    #[must_use]
    pub fn of(place: usize, pipelines: usize) -> Option<Self> {
        (pipelines > 1).then(|| Self::BOTH[place.min(1)])
    }

    /// An arrow that points from A, on the left, to B, or the other way.
    #[must_use]
    pub fn arrow(self, theme: &Theme) -> &'static str {
        match (self, theme.unicode) {
            (Direction::There, true) => "→",
            (Direction::There, false) => "->",
            (Direction::Back, true) => "←",
            (Direction::Back, false) => "<-",
        }
    }
}
