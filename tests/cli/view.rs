//! What stands on the screen of a terminal at a moment.

use vt100::{Cell, Color, Screen};

/// A copy of the screen, which stays as it is while the terminal goes on.
#[derive(Clone)]
pub(crate) struct View {
    screen: Screen,
    /// How many bytes had come by then.
    pub(crate) bytes: usize,
}

impl View {
    pub(crate) fn new(screen: &Screen, bytes: usize) -> Self {
        let screen = screen.clone();
        Self { screen, bytes }
    }

    /// What every row of the screen shows.
    pub(crate) fn rows(&self) -> Vec<String> {
        let (_, columns) = self.screen.size();
        let rows = self.screen.rows(0, columns.get());
        rows.map(|row| row.trim_end().to_owned()).collect()
    }

    /// How many rows are in use, counted from the top.
    pub(crate) fn height(&self) -> usize {
        let blank_below = self
            .rows()
            .iter()
            .rev()
            .take_while(|row| row.is_empty())
            .count();
        self.rows().len() - blank_below
    }

    /// All lines, those scrolled off included, each in one piece even if it fills several rows.
    pub(crate) fn lines(&self) -> Vec<String> {
        let mut all = self.screen.clone();
        let (rows, columns) = all.size();
        let (mut lines, mut joins) = (vec![], false);
        let mut add = |screen: &Screen, row: u16| {
            let text = screen
                .rows(0, columns.get())
                .nth(row.into())
                .unwrap_or_default();
            match lines.last_mut() {
                Some(line) if joins => *line = format!("{line}{text}"),
                _ => lines.push(text),
            }
            joins = screen.row_wrapped(row);
        };
        for back in (1..=all.scrollback_len()).rev() {
            all.set_scrollback(back);
            add(&all, 0);
        }
        all.set_scrollback(0);
        (0..rows.get()).for_each(|row| add(&all, row));
        let mut lines: Vec<_> = lines
            .iter()
            .map(|line| line.trim_end().to_owned())
            .collect();
        let used = lines
            .iter()
            .rposition(|line| !line.is_empty())
            .map_or(0, |last| last + 1);
        lines.truncate(used);
        lines
    }

    pub(crate) fn has(&self, text: &str) -> bool {
        self.rows().iter().any(|row| row.contains(text))
    }

    /// Row and column, both counted from 0. The column is beyond the last one when the row has been filled.
    pub(crate) fn cursor(&self) -> (u16, u16) {
        self.screen.cursor_position()
    }

    /// Whether a row was too long for the screen.
    pub(crate) fn wraps(&self) -> bool {
        let (rows, _) = self.screen.size();
        (0..rows.get()).any(|row| self.screen.row_wrapped(row))
    }

    /// The colour in which this text begins; `None` for the one that the terminal uses by itself.
    #[track_caller]
    pub(crate) fn colour_of(&self, text: &str) -> Option<Color> {
        self.colour_near(text, 0)
    }

    /// The colour of a character, counted from where this text begins.
    #[track_caller]
    fn colour_near(&self, text: &str, after: usize) -> Option<Color> {
        let begins = |row: &String| row.find(text).map(|at| row[..at].chars().count());
        let rows = self.rows();
        let mut places = rows.iter().map(begins).enumerate();
        let place = places.find_map(|(row, column)| Some((row, column? + after)));
        let (row, column) = place.unwrap_or_else(|| panic!("no {text} in\n{self:?}"));
        let number = |n: usize| u16::try_from(n).expect("a small screen");
        let cell = self.screen.cell(number(row), number(column));
        cell.map(Cell::fgcolor)
            .filter(|colour| *colour != Color::Default)
    }
}

/// The screen in a frame, for those who have to find out why a test fails.
impl std::fmt::Debug for View {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for row in &self.rows()[..self.height()] {
            writeln!(f, "|{row}")?;
        }
        write!(f, "cursor at {:?}", self.cursor())
    }
}
