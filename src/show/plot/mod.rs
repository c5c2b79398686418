//! `--plot`: a whole transfer as one picture (rate, buffers, where the time went), in an SVG file or HTML page that needs no
//! other file.
//!
//! Texts and coordinates are made here; the markup around them is in `templates/plot`, which escapes every text.

mod buffer;
mod chart;
mod fill;
mod grid;
mod hover;
mod layout;
mod legend;
mod mean;
mod numbers;
mod page;
mod panel;
mod path;
mod phases;
mod rate;
mod series;
mod sheet;
mod stalls;
mod text;
mod ticks;

#[cfg(test)]
mod colours;
#[cfg(test)]
mod runs;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod told;

use super::Finished;
use askama::Template;

/// The picture of a transfer, with each of its directions, as an SVG document, which can stand alone or in a page as an image.
/// `None`: there is no direction.
#[must_use]
pub fn svg(directions: &[Finished<'_>]) -> Option<String> {
    sheet::Sheet::of(directions).as_ref().map(rendered)
}

/// The same as an HTML page, which tells the values at any moment.
#[must_use]
pub fn html(directions: &[Finished<'_>]) -> Option<String> {
    page::Page::of(directions).as_ref().map(rendered)
}

fn rendered(template: &impl Template) -> String {
    // Writing into a string does not fail, nor does formatting of any value in the templates.
    template.render().unwrap_or_default()
}
