//! Texts of a picture: made visible, measured, and made to fit.

use crate::text::visible;
use crate::text::wrap::lines_of;
use console::measure_text_width;

/// A text is cut off after so many characters.
const LONGEST: usize = 2000;

/// A text with more characters a column than this (combining marks, mostly) does not count as fitting anywhere.
const MARKS: usize = 8;

/// How much wider than average the widest of the usual system fonts is.
const WIDEST: f64 = 1.08;

/// How much wider bold text is.
pub(super) const BOLD: f64 = 1.2;

/// A text as it is shown, with control characters made visible: XML cannot hold them (Extensible Markup Language 1.0,
/// section 2.2).
pub(super) fn clean(text: &str) -> String {
    visible::line(text).chars().take(LONGEST).collect()
}

/// Puts a no-break space between a number and its unit, to keep them on one line.
pub(super) fn together(text: &str) -> String {
    const UNITS: [&str; 10] = [
        "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "s", "ms", "µs",
    ];
    let is_unit =
        |word: &str| UNITS.contains(&word.trim_end_matches(|it: char| !it.is_alphabetic()));
    let mut kept = String::new();
    for word in text.split(' ') {
        if !kept.is_empty() {
            let belongs = kept.ends_with(|it: char| it.is_ascii_digit()) && is_unit(word);
            kept.push(if belongs { '\u{a0}' } else { ' ' });
        }
        kept += word;
    }
    kept
}

/// About how wide a text is at the font size `size`, in the usual system fonts.
pub(super) fn width(text: &str, size: f64) -> f64 {
    text.chars().map(advance).sum::<f64>() * size
}

/// About how wide a bold text is.
pub(super) fn bold_width(text: &str, size: f64) -> f64 {
    width(text, size) * BOLD
}

/// About how wide a character is, as a part of the font size.
#[expect(clippy::cast_precision_loss, reason = "a column or two")]
fn advance(char: char) -> f64 {
    match char {
        ' ' | '\u{a0}' | '.' | ',' | ':' | ';' | '/' | '\'' | '(' | ')' | 'f' | 'i' | 'j' | 'l'
        | 'r' | 't' | 'I' => 0.33,
        'm' | 'w' | 'M' | 'W' | '%' | '@' | '…' | '→' => 0.9,
        'A'..='Z' => 0.68,
        ' '..='~' => 0.59,
        _ => 0.7 * measure_text_width(char.encode_utf8(&mut [0; 4])) as f64,
    }
}

/// The room that a line of text has to fit into.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room {
    /// How wide it is.
    pub(super) width: f64,
    /// The font size.
    pub(super) size: f64,
}

impl Room {
    /// Whether a text fits, in any of the usual system fonts.
    pub(super) fn fits(self, text: &str) -> bool {
        let width = width(text, self.size) * WIDEST;
        width <= self.width && text.chars().count() <= measure_text_width(text) * MARKS
    }

    /// A text that fits: one that is too long loses its middle, since the ends of a name tell most.
    pub(super) fn shortened(self, text: &str) -> String {
        if self.fits(text) {
            return text.to_owned();
        }
        let chars: Vec<_> = text.chars().collect();
        let without_middle = |kept: usize| -> String {
            let (head, tail) = (kept.div_ceil(2), kept / 2);
            let (head, tail) = (&chars[..head], &chars[chars.len() - tail..]);
            head.iter().chain(&['…']).chain(tail).collect()
        };
        let kept: Vec<_> = (0..chars.len()).collect();
        let least = kept.partition_point(|kept| self.fits(&without_middle(*kept)));
        without_middle(least.saturating_sub(1))
    }

    /// A text in at most `most` lines. A word that is longer than a line is shortened, and so is the last line of a
    /// text that is longer than all of them.
    pub(super) fn lines(self, text: &str, most: usize) -> Vec<String> {
        let words = text.split(' ').map(|word| self.shortened(word));
        let mut lines = lines_of(words, |line| self.fits(line));
        if lines.len() > most {
            let rest = lines.split_off(most.saturating_sub(1));
            lines.push(self.shortened(&rest.join(" ")));
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::{Room, clean, together};
    use proptest::prelude::*;

    #[test]
    fn a_number_keeps_its_unit() {
        let text = "at most 1 MiB, 3 s in all, 5 seconds; 7 B";
        let expected = "at most 1\u{a0}MiB, 3\u{a0}s in all, 5 seconds; 7\u{a0}B";
        assert_eq!(together(text), expected);
    }

    #[test]
    fn what_is_too_long_loses_its_middle() {
        let room = |width| Room { width, size: 10.0 };
        assert_eq!(room(60.0).shortened("tcp://receiver:9000"), "tcp:/…9000");
        assert_eq!(room(60.0).shortened("short"), "short");
        assert_eq!(room(0.0).shortened("anything"), "…");
        let marks = "a\u{301}".to_owned() + &"\u{301}".repeat(500);
        assert!(room(60.0).shortened(&marks).chars().count() < 50);
    }

    proptest! {
        #[test]
        fn no_line_is_wider_than_its_room(text in "\\PC{0,200}", width in 30.0f64..600.0, most in 1usize..5) {
            let room = Room { width, size: 12.0 };
            let lines = room.lines(&clean(&text), most);
            prop_assert!(lines.len() <= most);
            prop_assert!(lines.iter().all(|it| it.is_empty() || room.fits(it)), "{lines:?}");
        }
    }
}
