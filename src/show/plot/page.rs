//! The HTML page: the chart for wide and for narrow screens, the title, sentences and numbers around it, and the values that
//! the script shows. Two directions stand one below the other.

use super::super::Finished;
use super::chart::Chart;
use super::hover;
use super::layout::{Layout, NARROW, WIDE};
use super::numbers::{self, Number};
use super::series::Series;
use super::sheet::{MADE_BY, arrow, failure, title, told};
use super::text::clean;
use askama::Template;

/// The page.
#[derive(Debug, Template)]
#[template(path = "plot/page.html")]
pub(super) struct Page {
    title: String,
    name: Option<String>,
    source: String,
    arrow: &'static str,
    sink: String,
    failure: Option<String>,
    sections: Vec<PageSection>,
    made_by: &'static str,
}

/// What is drawn and told of a direction.
#[derive(Debug)]
struct PageSection {
    /// Its ends, if there are two directions.
    heading: Option<String>,
    told: Vec<String>,
    charts: Vec<Chart>,
    numbers: Vec<Number>,
    /// The values of the chart as JSON, if there is a chart.
    values: Option<String>,
}

impl Page {
    /// Lays out a transfer, with each of its directions. `None`: there is none.
    pub(super) fn of(directions: &[Finished<'_>]) -> Option<Self> {
        let first = directions.first()?;
        Some(Self {
            title: title(directions)?,
            name: first.name.map(clean),
            source: clean(first.source),
            arrow: arrow(directions),
            sink: clean(first.sink),
            failure: failure(directions),
            sections: directions.iter().map(PageSection::of).collect(),
            made_by: MADE_BY,
        })
    }

    /// Whether there is a chart whose values can be told.
    fn has_values(&self) -> bool {
        self.sections.iter().any(|it| it.values.is_some())
    }
}

impl PageSection {
    fn of(it: &Finished<'_>) -> Self {
        let draw = |layout: &Layout| {
            let series = Series::to_draw(it.recording, layout.stretches);
            Chart::of(it, series.as_ref(), layout)
        };
        let charts = [draw(&WIDE), draw(&NARROW)];
        let values =
            Series::to_draw(it.recording, WIDE.stretches).map(|series| hover::json(it, &series));
        let ends = format!("{} → {}", it.source, it.sink);
        Self {
            heading: it.direction.map(|_| clean(&ends)),
            told: told(it),
            charts: charts.into_iter().filter(|it| !it.is_empty()).collect(),
            numbers: numbers::of(it),
            values,
        }
    }
}
