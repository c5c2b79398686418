//! A panel: one quantity over time, with its name, its keys, its axis and its lines.

use super::layout::{BASELINE, Layout, ROW, WRITING};
use super::legend::{self, Key, PlacedKey};
use super::path::{PanelFrame, number};
use super::text;
use super::ticks::Tick;
use std::fmt::Write;

/// Room between the keys of a panel and its frame, above which half a label of the axis reaches.
const NEAR: f64 = 6.0;

/// One quantity over time.
#[derive(Debug)]
pub(super) struct Panel {
    /// Its name in ids and for the script.
    pub(super) id: String,
    /// Its heading.
    pub(super) name: String,
    /// The baseline of its heading.
    pub(super) baseline: String,
    /// The keys to its lines and colours.
    pub(super) keys: Vec<PlacedKey>,
    /// The area in which its values are drawn.
    pub(super) frame: PanelFrame,
    /// The labels of its axis.
    pub(super) labels: Vec<Label>,
    /// The lines of its axis.
    pub(super) rules: String,
    /// The shapes in it, from the back to the front.
    pub(super) shapes: Vec<Shape>,
    /// Whether pauses and stalls are shaded behind its shapes.
    pub(super) is_shaded: bool,
}

/// A label of an axis.
#[derive(Debug)]
pub(super) struct Label {
    pub(super) x: String,
    pub(super) y: String,
    pub(super) words: String,
}

/// A path of SVG.
#[derive(Debug)]
pub(super) struct Shape {
    /// The class in the style sheet.
    pub(super) class: &'static str,
    /// Its data.
    pub(super) path: String,
}

/// The heading of a panel and its keys.
pub(super) struct Head {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) keys: Vec<Key>,
    /// Room between its keys and its frame.
    pub(super) lane: f64,
}

impl Panel {
    /// An empty panel at `top`, `height` high without its head, for values up to `most`.
    pub(super) fn new(layout: &Layout, head: Head, top: f64, height: f64, most: f64) -> Self {
        let taken = text::bold_width(&head.name, WRITING + 1.0);
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

    /// Adds the lines of the axis and their labels.
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

    /// Adds a shape in front of the others.
    pub(super) fn draw(&mut self, class: &'static str, path: String) {
        if !path.is_empty() {
            self.shapes.push(Shape { class, path });
        }
    }

    /// The path of a horizontal line at a value.
    pub(super) fn level(&self, layout: &Layout, value: f64) -> String {
        let (from, to) = (number(self.frame.left), number(layout.x(1.0)));
        format!("M{from} {}H{to}", number(self.frame.y(value)))
    }

    /// Its lower border.
    pub(super) fn bottom(&self) -> f64 {
        self.frame.top + self.frame.height
    }
}
