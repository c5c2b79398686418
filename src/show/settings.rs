//! Decides what is shown, by the flags, by what standard error is, and by what the ends are.

use super::line::Lines;
use super::live::{Bar, Short, Waiting, columns};
use super::theme::Theme;
use super::{Display, Route, Sample, Template};
use crate::session::stderr::StderrWriter;
use std::io::IsTerminal;
use std::time::Duration;

/// Time between two lines, and between two records.
const LINE_INTERVAL: Duration = Duration::from_secs(1);

/// Time between two drawings of the bar, also while the flow is stalled: the clock in it goes on.
const BAR_INTERVAL: Duration = Duration::from_millis(100);

/// Columns of a line of the summary where there is room.
const SUMMARY_COLUMNS: usize = 80;

/// A terminal that is narrower breaks lines itself.
const LEAST_COLUMNS: usize = 40;

/// What is asked for while bytes move.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Progress {
    /// What suits standard error.
    #[default]
    Auto,
    /// Lines that are redrawn in place.
    Bar,
    /// One row that is redrawn in place.
    Short,
    /// A line an interval.
    Line,
    /// Nothing.
    None,
}

/// What standard error is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StderrKind {
    /// A terminal that can redraw a line.
    Terminal,
    /// A terminal that cannot (terminfo(5), `dumb`).
    DumbTerminal,
    /// A file, a pipe, a journal.
    Log,
}

/// Which ends are terminals.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Terminals {
    /// The source is a terminal: a person types what is sent.
    pub source: bool,
    /// The sink is a terminal: a person reads what arrives.
    pub sink: bool,
}

/// What is to be shown of a transfer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Show {
    /// While it runs.
    pub progress: Progress,
    /// Whether there is a summary at the end. `None`: where there is a bar or lines.
    pub summary: Option<bool>,
    /// The format of a line, if the user gave one.
    pub template: Option<Template>,
    /// Whether nothing is said but errors and what was asked for (`--quiet`).
    pub is_quiet: bool,
    /// Whether the summary says which road bytes took.
    pub says_road: bool,
    /// Whether there is a message for each peer that a listening end refuses.
    pub tells_refusals: bool,
    /// Time between two drawings, lines or records.
    pub interval: Option<Duration>,
    /// What standard error is.
    pub stderr: StderrKind,
    /// Colours, characters and the name.
    pub theme: Theme,
}

impl StderrKind {
    /// What standard error is now.
    #[must_use]
    pub fn stderr() -> Self {
        let can_redraw =
            std::env::var_os("TERM").is_some_and(|term| !term.is_empty() && term != "dumb");
        match (std::io::stderr().is_terminal(), can_redraw) {
            (true, true) => Self::Terminal,
            (true, false) => Self::DumbTerminal,
            (false, _) => Self::Log,
        }
    }
}

impl Show {
    /// Time between two lines, and between two records.
    #[must_use]
    pub fn record_interval(&self) -> Duration {
        self.interval.unwrap_or(LINE_INTERVAL)
    }

    /// The display for a transfer between these ends, and the time between two drawings.
    #[must_use]
    pub fn display(
        &self,
        ends: Terminals,
        route: Route,
        stderr: &StderrWriter,
    ) -> Option<(Box<dyn Display>, Duration)> {
        let (theme, stderr) = (self.theme.clone(), stderr.clone());
        let display: Box<dyn Display> = match self.resolved(ends) {
            Progress::Bar => Box::new(Bar::new(theme, route, stderr)),
            Progress::Short => Box::new(Short::new(theme, stderr)),
            Progress::Line => Box::new(Lines {
                theme,
                template: self.template.clone(),
                stderr,
            }),
            Progress::None | Progress::Auto => return None,
        };
        Some((display, self.draw_interval(ends)))
    }

    /// The display for a transfer whose ends are not open yet, where rows are drawn.
    #[must_use]
    pub fn waiting(&self, route: Route, stderr: &StderrWriter) -> Waiting {
        Waiting::new(self.theme.clone(), route, stderr.clone())
    }

    /// Whether rows are redrawn in place while bytes move between these ends.
    #[must_use]
    pub fn draws_rows(&self, ends: Terminals) -> bool {
        matches!(self.resolved(ends), Progress::Bar | Progress::Short)
    }

    /// Time between two drawings.
    #[must_use]
    pub fn draw_interval(&self, ends: Terminals) -> Duration {
        if self.draws_rows(ends) {
            self.interval.unwrap_or(BAR_INTERVAL)
        } else {
            self.record_interval()
        }
    }

    /// Columns that a line of the summary may take: 80, or what the terminal has if that is less and not too little.
    #[must_use]
    pub fn summary_columns(&self) -> usize {
        match self.stderr {
            StderrKind::Log => SUMMARY_COLUMNS,
            StderrKind::Terminal | StderrKind::DumbTerminal => {
                columns().clamp(LEAST_COLUMNS, SUMMARY_COLUMNS)
            }
        }
    }

    /// Whether the end of a transfer between these ends is summed up.
    #[must_use]
    pub fn sums_up(&self, ends: Terminals) -> bool {
        // Lines in a format of the user's are read by programs, which expect no other line.
        let suits = self.template.is_none() && self.resolved(ends) != Progress::None;
        self.summary.unwrap_or(suits)
    }

    /// The last line in the user's format, where there is one.
    #[must_use]
    pub fn last_line(&self, ends: Terminals, sample: &Sample) -> Option<String> {
        let shows = self.resolved(ends) == Progress::Line;
        let template = self.template.as_ref().filter(|_| shows)?;
        Some(template.fill(sample))
    }

    /// Whether the user is told, before it happens, that a file is emptied or replaced.
    #[must_use]
    pub fn tells_replacing(&self) -> bool {
        self.stderr != StderrKind::Log && !self.is_quiet && self.template.is_none()
    }

    /// What is shown while bytes move between these ends. Never `Auto`.
    #[must_use]
    pub fn resolved(&self, ends: Terminals) -> Progress {
        let is_terminal = self.stderr != StderrKind::Log;
        match (self.progress, self.stderr) {
            // Nothing is drawn into data on the terminal.
            _ if ends.sink && is_terminal => Progress::None,
            // Nor into what a person types, unless asked for.
            (Progress::Auto, _) if ends.source => Progress::None,
            (Progress::Auto, StderrKind::Log) | (Progress::None, _) => Progress::None,
            (Progress::Auto | Progress::Bar, StderrKind::Terminal) => Progress::Bar,
            (Progress::Short, StderrKind::Terminal) => Progress::Short,
            (Progress::Auto, StderrKind::DumbTerminal)
            | (Progress::Bar | Progress::Short | Progress::Line, _) => Progress::Line,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Progress, Route, Show, StderrKind, Terminals, Theme};
    use crate::session::report::Form;
    use crate::session::stderr::StderrWriter;

    const NEITHER: Terminals = Terminals {
        source: false,
        sink: false,
    };
    const TYPED: Terminals = Terminals {
        source: true,
        sink: false,
    };
    const SEEN: Terminals = Terminals {
        source: false,
        sink: true,
    };

    fn show(progress: Progress, stderr: StderrKind) -> Show {
        Show {
            progress,
            summary: None,
            template: None,
            is_quiet: false,
            says_road: false,
            tells_refusals: false,
            interval: None,
            stderr,
            theme: Theme {
                name: None,
                colour: false,
                unicode: false,
            },
        }
    }

    #[test]
    fn what_is_shown_depends_on_what_was_asked_for_and_who_watches() {
        use Progress::{Auto, Bar, Line, None};
        use StderrKind::{DumbTerminal, Log, Terminal};
        let table = [
            (Auto, Terminal, NEITHER, Bar),
            (Auto, DumbTerminal, NEITHER, Line),
            (Auto, Log, NEITHER, None),
            (Auto, Terminal, TYPED, None),
            (Auto, Terminal, SEEN, None),
            (Bar, Terminal, TYPED, Bar),
            (Bar, Terminal, SEEN, None),
            (Bar, DumbTerminal, NEITHER, Line),
            (Bar, Log, NEITHER, Line),
            (Line, Terminal, NEITHER, Line),
            (Line, DumbTerminal, SEEN, None),
            (Line, Log, SEEN, Line),
            (None, Terminal, NEITHER, None),
        ];
        let writer = StderrWriter::new(Form::Lines);
        for (asked, stderr, ends, expected) in table {
            let show = show(asked, stderr);
            assert_eq!(
                show.resolved(ends),
                expected,
                "{asked:?} {stderr:?} {ends:?}"
            );
            assert_eq!(
                show.display(ends, Route::default(), &writer).is_some(),
                expected != None
            );
            assert_eq!(show.sums_up(ends), expected != None);
        }
    }

    #[test]
    fn a_summary_that_was_asked_for_or_forbidden_needs_no_display() {
        for (stderr, asked) in [(StderrKind::Log, true), (StderrKind::Terminal, false)] {
            let show = Show {
                summary: Some(asked),
                ..show(Progress::Auto, stderr)
            };
            assert_eq!(show.sums_up(NEITHER), asked);
        }
    }
}
