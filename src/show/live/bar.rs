//! The live displays: they put the rows of `picture.rs`, or the one of `short.rs`, on the canvas.

use super::canvas::Canvas;
use super::past::Past;
use super::picture::{View, picture, picture_of_both};
use super::short::short;
use crate::session::stderr::StderrWriter;
use crate::show::{Display, Route, Sample, Theme};

/// The live display, which is on the terminal as long as this value lives.
#[derive(Debug)]
pub(in crate::show) struct Bar {
    canvas: Canvas,
    theme: Theme,
    route: Route,
    /// How many frames there were in which bytes had moved: the gauge moves by as many steps.
    step: usize,
    last_bytes: u64,
    /// That of each direction.
    past: [Past; 2],
}

impl Bar {
    /// Nothing is drawn yet.
    pub(in crate::show) fn new(theme: Theme, route: Route, stderr: StderrWriter) -> Self {
        Self {
            canvas: Canvas::new(stderr),
            theme,
            route,
            step: 0,
            last_bytes: 0,
            past: Default::default(),
        }
    }
}

impl Display for Bar {
    fn draw(&mut self, samples: &[Sample]) {
        let bytes = samples.iter().map(|it| it.now.passed()).sum();
        self.step += usize::from(bytes != self.last_bytes);
        self.last_bytes = bytes;
        for (past, sample) in self.past.iter_mut().zip(samples) {
            past.note(sample);
        }
        let view = View {
            theme: &self.theme,
            route: &self.route,
            screen: Canvas::screen(),
            step: self.step,
        };
        let rows = match samples {
            [one] => picture(one, &self.past[0], view),
            several => picture_of_both(several, &self.past, view),
        };
        self.canvas.show(&rows);
    }

    fn clear(&mut self) {
        self.canvas.erase();
    }

    fn set_route(&mut self, route: Route) {
        self.route = route;
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.clear();
    }
}

/// The display of one row.
#[derive(Debug)]
pub(in crate::show) struct Short {
    canvas: Canvas,
    theme: Theme,
}

impl Short {
    /// Nothing is drawn yet.
    pub(in crate::show) fn new(theme: Theme, stderr: StderrWriter) -> Self {
        Self {
            canvas: Canvas::new(stderr),
            theme,
        }
    }
}

impl Display for Short {
    fn draw(&mut self, samples: &[Sample]) {
        let columns = Canvas::screen().columns;
        let rows = samples.iter().map(|it| short(it, &self.theme, columns));
        self.canvas.show(&rows.collect::<Vec<_>>());
    }

    fn clear(&mut self) {
        self.canvas.erase();
    }
}

impl Drop for Short {
    fn drop(&mut self) {
        self.clear();
    }
}
