//! The rows while ends are being opened: who is to send to whom, and what is waited for.

use super::canvas::Canvas;
use super::cells::{Cell, Text, fitted};
use super::route_row::route_row;
use crate::session::stderr::StderrWriter;
use crate::show::{Route, Theme};

/// The rows of a transfer whose ends are not open yet, which are on the terminal as long as this value lives.
#[derive(Debug)]
pub struct Waiting {
    canvas: Canvas,
    theme: Theme,
    route: Route,
}

impl Waiting {
    /// Nothing is drawn yet.
    pub(in crate::show) fn new(theme: Theme, route: Route, stderr: StderrWriter) -> Self {
        Self {
            canvas: Canvas::new(stderr),
            theme,
            route,
        }
    }

    /// Shows what is waited for, a row each.
    pub fn draw(&mut self, waits: &[String]) {
        let columns = Canvas::screen().columns;
        let wait = |text: &String| {
            let mut cells = [Cell::fixed(Text::plain(text.clone()))];
            fitted(&mut cells, columns, &self.theme)
        };
        let route = route_row(&self.route, &self.theme, columns);
        let rows: Vec<_> = [route].into_iter().chain(waits.iter().map(wait)).collect();
        self.canvas.show(&rows);
    }

    /// Removes what is drawn.
    pub fn clear(&mut self) {
        self.canvas.erase();
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.clear();
    }
}
