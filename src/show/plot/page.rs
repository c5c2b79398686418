//! The HTML page: the chart for wide and for narrow screens, the title, sentences and numbers around it, and the values that
//! the script shows.

use super::super::Finished;
use super::chart::Chart;
use super::hover;
use super::layout::{Layout, NARROW, WIDE};
use super::numbers::{self, Number};
use super::series::Series;
use super::sheet::{MADE_BY, title, told};
use super::text::clean;
use askama::Template;

/// The page.
#[derive(Debug, Template)]
#[template(path = "plot/page.html")]
pub(super) struct Page {
    title: String,
    name: Option<String>,
    source: String,
    sink: String,
    is_failure: bool,
    told: Vec<String>,
    charts: Vec<Chart>,
    numbers: Vec<Number>,
    /// The values of the chart as JSON, if there is a chart.
    values: Option<String>,
    made_by: &'static str,
}

impl Page {
    /// Lays out a transfer.
    pub(super) fn of(it: &Finished<'_>) -> Self {
        let draw = |layout: &Layout| {
            let series = Series::to_draw(it.recording, layout.stretches);
            Chart::of(it, series.as_ref(), layout)
        };
        let charts = [draw(&WIDE), draw(&NARROW)];
        let values =
            Series::to_draw(it.recording, WIDE.stretches).map(|series| hover::json(it, &series));
        Self {
            title: title(it),
            name: it.name.map(clean),
            source: clean(it.source),
            sink: clean(it.sink),
            is_failure: it.ending.error.is_some(),
            told: told(it),
            charts: charts.into_iter().filter(|it| !it.is_empty()).collect(),
            numbers: numbers::of(it),
            values,
            made_by: MADE_BY,
        }
    }
}
