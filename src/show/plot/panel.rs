//! A panel: one thing over time, with its name, its keys, its axis and its lines.

use super::layout::{BASELINE, Layout, ROW, WRITING};
use super::legend::{self, Key, PlacedKey};
use super::path::{PanelFrame, number};
use super::text;
use super::ticks::Tick;
use std::fmt::Write;

/// Between the keys of a panel and its frame: half a label of its axis reaches above it.
const NEAR: f64 = 6.0;

/// One thing over time.
#[derive(Debug)]
pub(super) struct Panel {
    /// What it is called by machines.
    pub(super) id: &'static str,
    /// What it is called by people.
    pub(super) name: &'static str,
    /// Where its name stands.
    pub(super) baseline: String,
    /// What its lines mean.
    pub(super) keys: Vec<PlacedKey>,
    /// Where its values are.
    pub(super) frame: PanelFrame,
    /// The labels of its axis.
    pub(super) labels: Vec<Label>,
    /// The lines of its axis.
    pub(super) rules: String,
    /// What is drawn in it, from the back to the front.
    pub(super) shapes: Vec<Shape>,
    /// Whether it shows something measured, behind which pauses and stalls are shaded.
    pub(super) is_shaded: bool,
}

/// A text of an axis.
#[derive(Debug)]
pub(super) struct Label {
    pub(super) x: String,
    pub(super) y: String,
    pub(super) words: String,
}

/// A path.
#[derive(Debug)]
pub(super) struct Shape {
    /// How it looks, as a class of the style sheet.
    pub(super) look: &'static str,
    /// Its data.
    pub(super) path: String,
}

/// What a panel begins with.
pub(super) struct Head {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    pub(super) keys: Vec<Key>,
    /// Room between its keys and its frame.
    pub(super) lane: f64,
}

impl Panel {
    /// An empty panel at `top`, `height` high without its head, for values up to `most`.
    pub(super) fn new(layout: &Layout, head: Head, top: f64, height: f64, most: f64) -> Self {
        let taken = text::bold_width(head.name, WRITING + 1.0);
        let (keys, rows) = legend::place(head.keys, taken, layout.x(1.0), top);
        let frame = PanelFrame {
            left: layout.left,
            step: layout.step,
            top: top + ROW * (1.0 + rows) + NEAR + head.lane,
            height,
            most,
        };
        Self {
            id: head.id,
            name: head.name,
            baseline: number(top + BASELINE),
            keys,
            frame,
            labels: Vec::new(),
            rules: String::new(),
            shapes: Vec::new(),
            is_shaded: true,
        }
    }

    /// With these lines across it.
    pub(super) fn ruled(mut self, layout: &Layout, ticks: &[Tick]) -> Self {
        for tick in ticks {
            let y = self.frame.y(tick.at);
            let (from, to) = (number(self.frame.left), number(layout.x(1.0)));
            let _ = write!(self.rules, "M{from} {}H{to}", number(y));
            self.labels.push(Label {
                x: number(self.frame.left - 8.0),
                y: number(y + 4.0),
                words: tick.label.clone(),
            });
        }
        self
    }

    /// Draws something on top of what there is.
    pub(super) fn draw(&mut self, look: &'static str, path: String) {
        if !path.is_empty() {
            self.shapes.push(Shape { look, path });
        }
    }

    /// A straight line at a value.
    pub(super) fn level(&self, layout: &Layout, value: f64) -> String {
        let (from, to) = (number(self.frame.left), number(layout.x(1.0)));
        format!("M{from} {}H{to}", number(self.frame.y(value)))
    }

    /// Its lower border.
    pub(super) fn bottom(&self) -> f64 {
        self.frame.top + self.frame.height
    }
}
