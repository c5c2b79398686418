//! Texts of a picture: what of them can be shown, how wide they are, and how they are made to fit.

use crate::wrap::wrapped;
use console::measure_text_width;

/// How wide a column of a text is, as a part of its height. That of the widest of the usual system fonts: a text that
/// is narrower than its room is no harm.
const COLUMN: f64 = 0.6;

/// More of a text than this, in characters, is shown nowhere.
const LONGEST: usize = 2000;

/// Bytes of a column, marks above and below its letter included, beyond which it is no column any more.
const COLUMN_BYTES: usize = 16;

/// Without what XML cannot hold, and without what would turn the writing round or hide a part of it.
pub(super) fn clean(text: &str) -> String {
    text.chars()
        .take(LONGEST)
        .map(|char| match char {
            '\t' | '\n' | '\r' => ' ',
            '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}'
            | '\u{feff}'
            | '\u{fffe}'
            | '\u{ffff}' => '\u{fffd}',
            char if char.is_control() => '\u{fffd}',
            char => char,
        })
        .collect()
}

/// How wide a text is about, at a height of `size`.
#[expect(clippy::cast_precision_loss, reason = "texts are short")]
pub(super) fn width(text: &str, size: f64) -> f64 {
    measure_text_width(text) as f64 * size * COLUMN
}

/// How many columns of a height of `size` have room in `width`.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a cast of a float saturates"
)]
pub(super) fn columns(width: f64, size: f64) -> usize {
    (width / (size * COLUMN)) as usize
}

/// At most `columns` wide: what is too long loses its middle, since the ends of a name say most.
pub(super) fn shortened(text: &str, columns: usize) -> String {
    if text.len() <= columns * COLUMN_BYTES && measure_text_width(text) <= columns {
        return text.to_owned();
    }
    let room = columns.saturating_sub(1);
    let head = first_columns(text.chars(), room.div_ceil(2));
    let tail: String = first_columns(text.chars().rev(), room / 2);
    let tail: String = tail.chars().rev().collect();
    format!("{head}…{tail}")
}

fn first_columns(chars: impl Iterator<Item = char>, columns: usize) -> String {
    let mut taken = String::new();
    for char in chars {
        taken.push(char);
        if taken.len() > columns * COLUMN_BYTES || measure_text_width(&taken) > columns {
            taken.pop();
            break;
        }
    }
    taken
}

/// In lines of at most `columns`; a word that is longer than a line is shortened, and so is the last of `most` lines.
pub(super) fn lines(text: &str, columns: usize, most: usize) -> Vec<String> {
    let words: Vec<_> = text.split(' ').map(|it| shortened(it, columns)).collect();
    let mut lines = wrapped(&words.join(" "), columns);
    if lines.len() > most {
        lines.truncate(most);
        if let Some(last) = lines.last_mut() {
            *last = format!("{} …", shortened(last, columns.saturating_sub(2)));
        }
    }
    lines
        .into_iter()
        .map(|line| shortened(&line, columns))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{clean, lines, shortened};
    use console::measure_text_width;
    use proptest::prelude::*;

    #[test]
    fn what_cannot_be_shown_is_replaced() {
        assert_eq!(
            clean("a\0b\x1b[1m\tc\nd\u{202e}e"),
            "a\u{fffd}b\u{fffd}[1m c d\u{fffd}e"
        );
    }

    #[test]
    fn what_is_too_long_loses_its_middle() {
        assert_eq!(shortened("tcp://receiver:9000", 11), "tcp:/…:9000");
        assert_eq!(shortened("short", 5), "short");
        assert_eq!(shortened("anything", 0), "…");
    }

    proptest! {
        #[test]
        fn no_line_is_wider_than_its_room(text in "\\PC{0,200}", columns in 4usize..60, most in 1usize..5) {
            let lines = lines(&clean(&text), columns, most);
            prop_assert!(lines.len() <= most);
            prop_assert!(lines.iter().all(|it| measure_text_width(it) <= columns), "{lines:?}");
        }
    }
}
