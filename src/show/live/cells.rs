//! Rows of a display that fit the width: a row is made of cells, each with several forms, the longest first. While a row is
//! too wide, the form with the lowest rank gives way to the next form of its cell.

use crate::show::Theme;
use console::{Style, measure_text_width, truncate_str};
use std::collections::VecDeque;

/// What a text means, which decides its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    Plain,
    /// How far the transfer is.
    Progress,
    Strong,
    Faint,
    Good,
    Warning,
    Bad,
}

/// A text without control characters, in parts that each have a tone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Text {
    parts: Vec<(String, Tone)>,
    columns: usize,
}

impl Text {
    pub(super) fn toned(text: String, tone: Tone) -> Self {
        if text.is_empty() {
            return Self::none();
        }
        Self {
            columns: columns(&text),
            parts: vec![(text, tone)],
        }
    }

    pub(super) fn plain(text: String) -> Self {
        Self::toned(text, Tone::Plain)
    }

    pub(super) fn none() -> Self {
        Self::default()
    }

    /// Appends to it.
    pub(super) fn push(&mut self, text: &str, tone: Tone) {
        self.columns += columns(text);
        match self.parts.last_mut() {
            Some((last, its_tone)) if *its_tone == tone => last.push_str(text),
            _ if text.is_empty() => {}
            _ => self.parts.push((text.to_owned(), tone)),
        }
    }

    fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    pub(super) fn styled(&self, theme: &Theme) -> String {
        let parts = self.parts.iter();
        parts.map(|(text, tone)| tone.style(text, theme)).collect()
    }
}

/// Columns of a text. The characters that rows mostly consist of take one each, which is faster to count; a text with others
/// is measured.
fn columns(text: &str) -> usize {
    let is_simple = |char| matches!(char, ' '..='~' | '▀'..='▟' | '·' | '→');
    let mut count = 0;
    for char in text.chars() {
        if !is_simple(char) {
            return measure_text_width(text);
        }
        count += 1;
    }
    count
}

impl Tone {
    fn style(self, text: &str, theme: &Theme) -> String {
        let style = match self {
            Tone::Plain => return text.to_owned(),
            Tone::Progress => Style::new().cyan(),
            Tone::Strong => Style::new().bold(),
            Tone::Faint => Style::new().dim(),
            Tone::Good => Style::new().green(),
            Tone::Warning => Style::new().yellow().bold(),
            Tone::Bad => Style::new().red().bold(),
        };
        style.force_styling(theme.colour).apply_to(text).to_string()
    }
}

/// A part of a row, in several forms.
#[derive(Debug, Clone)]
pub(super) struct Cell {
    /// The longest first, each with its rank: the greater it is, the longer the form is kept.
    forms: VecDeque<(u8, Text)>,
}

impl Cell {
    /// A cell that is always there.
    pub(super) fn fixed(text: Text) -> Self {
        Self::new([(u8::MAX, text)])
    }

    /// A cell that is left out when there is no room for it.
    pub(super) fn optional(rank: u8, text: Text) -> Self {
        Self::new([(rank, text), (u8::MAX, Text::none())])
    }

    pub(super) fn new(forms: impl IntoIterator<Item = (u8, Text)>) -> Self {
        Self {
            forms: forms.into_iter().collect(),
        }
    }

    fn shown(&self) -> Option<&Text> {
        let (_, text) = self.forms.front()?;
        Some(text).filter(|text| !text.is_empty())
    }

    /// Columns of the form it has now, with the gap behind it.
    pub(super) fn columns(&self) -> usize {
        self.shown().map_or(0, |text| text.columns + GAP.len())
    }

    pub(super) fn is_dropped(&self) -> bool {
        self.shown().is_none()
    }

    /// The rank of the form it would lose next, if it can lose one.
    fn rank(&self) -> Option<u8> {
        let (rank, _) = self.forms.front()?;
        Some(*rank).filter(|_| self.forms.len() > 1)
    }
}

/// Shortens cells, the form with the lowest rank first, until all fit into the columns or none can be shorter. Forms of the
/// same rank give way together.
pub(super) fn fit(cells: &mut [Cell], columns: usize) {
    while columns_of(cells) > columns {
        let Some(least) = cells.iter().filter_map(Cell::rank).min() else {
            return;
        };
        for cell in cells.iter_mut().filter(|cell| cell.rank() == Some(least)) {
            cell.forms.pop_front();
        }
    }
}

/// The row of these cells, made to fit; cut off if they cannot be.
pub(super) fn fitted(cells: &mut [Cell], columns: usize, theme: &Theme) -> String {
    fit(cells, columns);
    let row = row(cells, theme);
    if columns_of(cells) > columns {
        truncate_str(&row, columns, "").into_owned()
    } else {
        row
    }
}

/// Columns of a row, with two between cells.
pub(super) fn columns_of(cells: &[Cell]) -> usize {
    let shown = cells.iter().filter_map(Cell::shown);
    let with_gaps: usize = shown.map(|text| text.columns + GAP.len()).sum();
    with_gaps.saturating_sub(GAP.len())
}

/// The gap between two cells.
const GAP: &str = "  ";

/// The cells as they are now, with gaps between them.
fn row(cells: &[Cell], theme: &Theme) -> String {
    let shown: Vec<_> = cells
        .iter()
        .filter_map(Cell::shown)
        .map(|text| text.styled(theme))
        .collect();
    shown.join(GAP)
}

#[cfg(test)]
mod tests {
    use super::{Cell, GAP, Text, Theme, Tone, columns, fit, row};
    use console::measure_text_width;

    const PLAIN: Theme = Theme {
        name: None,
        colour: false,
        unicode: true,
    };

    fn cells() -> [Cell; 3] {
        let text = |text: &str| Text::plain(text.to_owned());
        [
            Cell::fixed(text("always")),
            Cell::new([
                (2, text("many words")),
                (5, text("few")),
                (u8::MAX, text("")),
            ]),
            Cell::optional(3, text("perhaps")),
        ]
    }

    #[test]
    fn the_least_important_form_gives_way_first_and_the_rest_moves_up() {
        let table = [
            (27, "always  many words  perhaps"),
            (26, "always  few  perhaps"),
            (20, "always  few  perhaps"),
            (19, "always  few"),
            (10, "always"),
            (3, "always"),
        ];
        for (columns, expected) in table {
            let mut cells = cells();
            fit(&mut cells, columns);
            assert_eq!(row(&cells, &PLAIN), expected, "in {columns} columns");
        }
    }

    #[test]
    fn characters_that_are_only_counted_are_a_column_each() {
        let simple = (' '..='~').chain('▀'..='▟').chain(['·', '→']);
        for char in simple {
            assert_eq!(
                measure_text_width(char.encode_utf8(&mut [0; 4])),
                1,
                "{char}"
            );
        }
        assert_eq!(columns("潮汐 → e\u{301}"), 8);
    }

    #[test]
    fn columns_are_counted_as_the_terminal_does_and_colours_take_none() {
        let theme = Theme {
            colour: true,
            ..PLAIN
        };
        let mut cells = [
            Cell::fixed(Text::toned("潮汐".to_owned(), Tone::Bad)),
            Cell::optional(1, Text::plain("x".to_owned())),
        ];
        fit(&mut cells, 4 + GAP.len() + 1);
        let wide = row(&cells, &theme);
        assert!(
            wide.starts_with('\u{1b}') && wide.ends_with("  x"),
            "{wide:?}"
        );
        fit(&mut cells, 4 + GAP.len());
        assert!(cells[1].is_dropped());
    }
}
