//! The layout: sections of labelled rows, whose text hangs at a column.

use crate::text::wrap::wrapped;
use std::fmt::Write;

/// No line is longer, unless a word is.
const WIDTH: usize = 100;

/// Where the text of a row starts.
const COLUMN: usize = 14;

/// Rows under their headings.
pub(super) struct Sheet {
    text: String,
}

impl Sheet {
    pub(super) fn new(first_line: &str) -> Self {
        Self {
            text: format!("{first_line}\n"),
        }
    }

    pub(super) fn section(&mut self, title: &str) {
        // Writing to a string does not fail, here and below.
        let _ = writeln!(self.text, "\n{title}");
    }

    pub(super) fn row(&mut self, label: &str, text: impl AsRef<str>) {
        let mut label = format!("  {label}");
        for line in wrapped(text.as_ref(), WIDTH - COLUMN) {
            let _ = writeln!(self.text, "{label:COLUMN$}{line}");
            label.clear();
        }
    }

    /// A row that is there if its text is.
    pub(super) fn row_if(&mut self, label: &str, text: Option<impl AsRef<str>>) {
        if let Some(text) = text {
            self.row(label, text);
        }
    }

    pub(super) fn text(self) -> String {
        self.text
    }
}

#[cfg(test)]
mod tests {
    use super::{Sheet, WIDTH};

    #[test]
    fn long_texts_hang_at_the_column_and_long_words_stay_whole() {
        let mut sheet = Sheet::new("first");
        sheet.section("source");
        sheet.row("now", "word ".repeat(30).trim_end());
        sheet.row_if("size", None::<&str>);
        sheet.row("typed", "x".repeat(120));
        let text = sheet.text();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines[..3], ["first", "", "source"]);
        assert!(lines[3].starts_with("  now         word "), "{text}");
        assert!(lines[4].starts_with("              word "), "{text}");
        assert!(lines[..lines.len() - 1].iter().all(|it| it.len() <= WIDTH));
        assert_eq!(
            lines[lines.len() - 1],
            format!("  typed       {}", "x".repeat(120))
        );
    }
}
