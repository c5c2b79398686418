//! The picture of a whole run: rate, buffers and where the time went, in one SVG file or HTML page that needs nothing else.
//!
//! The words of a picture are made here and the marks around them are in `templates/plot`, which escape every text.

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
mod runs;
#[cfg(test)]
mod tests;

use super::Finished;
use askama::Template;

/// The picture as an SVG document, which can stand alone or in a page as an image.
#[must_use]
pub fn svg(it: &Finished<'_>) -> String {
    rendered(&sheet::Sheet::of(it))
}

/// The picture as an HTML page, which tells the values at any moment.
#[must_use]
pub fn html(it: &Finished<'_>) -> String {
    rendered(&page::Page::of(it))
}

fn rendered(template: &impl Template) -> String {
    // Writing into a string does not fail, and no value of ours refuses to be written.
    template.render().unwrap_or_default()
}
