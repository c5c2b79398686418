//! Keys to the lines and colours of a panel: in the row of its heading, or in rows of their own where they have no room.

use super::layout::{BASELINE, ROW, WRITING};
use super::path::number;
use super::text;

/// How wide the sample of a line or colour is.
const SAMPLE: f64 = 18.0;

/// Between a sample and its words.
const NEAR: f64 = 6.0;

/// Between two keys.
const APART: f64 = 18.0;

/// What a line or a colour means.
#[derive(Debug, Clone)]
pub(super) struct Key {
    /// The class in the style sheet.
    pub(super) class: &'static str,
    /// Whether it is a line, not a colour.
    pub(super) is_line: bool,
    /// What it means.
    pub(super) words: String,
}

impl Key {
    /// A line.
    pub(super) fn line(class: &'static str, words: impl Into<String>) -> Self {
        Self {
            class,
            is_line: true,
            words: words.into(),
        }
    }

    /// A colour.
    pub(super) fn colour(class: &'static str, words: impl Into<String>) -> Self {
        Self {
            class,
            is_line: false,
            words: words.into(),
        }
    }

    fn width(&self) -> f64 {
        SAMPLE + NEAR + text::width(&self.words, WRITING)
    }
}

/// A key at its place.
#[derive(Debug)]
pub(super) struct PlacedKey {
    pub(super) key: Key,
    /// Where the sample begins.
    pub(super) x: String,
    /// The middle of a line's sample.
    pub(super) middle: String,
    /// The top of a colour's sample.
    pub(super) top: String,
    /// Where the words begin.
    pub(super) words_x: String,
    /// The baseline of the words.
    pub(super) baseline: String,
}

/// Places keys in the row at `top`, of which the heading takes `taken`, or in rows below. Returns how many rows they need
/// besides that one.
pub(super) fn place(keys: Vec<Key>, taken: f64, width: f64, top: f64) -> (Vec<PlacedKey>, f64) {
    let widths = keys.iter().map(Key::width);
    let all: f64 = widths.map(|it| it + APART).sum::<f64>() - APART;
    let has_room = taken + APART + all <= width;
    let (mut x, mut rows) = if has_room {
        (width - all, 0.0)
    } else {
        (0.0, 1.0)
    };
    let mut placed = Vec::new();
    for key in keys {
        let key_width = key.width();
        if !has_room && x > 0.0 && x + key_width > width {
            x = 0.0;
            rows += 1.0;
        }
        placed.push(at(key, x, top + ROW * rows));
        x += key_width + APART;
    }
    (placed, rows)
}

fn at(key: Key, x: f64, top: f64) -> PlacedKey {
    PlacedKey {
        x: number(x),
        middle: number(top + BASELINE - 4.0),
        top: number(top + BASELINE - 9.0),
        words_x: number(x + SAMPLE + NEAR),
        baseline: number(top + BASELINE),
        key,
    }
}

#[cfg(test)]
mod tests {
    use super::{Key, place};

    #[test]
    fn keys_stand_at_the_right_or_in_rows_of_their_own() {
        let keys = || vec![Key::line("a", "one"), Key::colour("b", "another one")];
        let (placed, rows) = place(keys(), 100.0, 900.0, 50.0);
        assert_eq!((rows, placed[0].baseline.as_str()), (0.0, "62"));
        let (placed, rows) = place(keys(), 100.0, 150.0, 50.0);
        assert_eq!(
            (rows, placed[0].x.as_str(), placed[1].x.as_str()),
            (2.0, "0", "0")
        );
    }
}
