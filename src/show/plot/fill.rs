//! The panel of a buffer: how full it was, between the least and the most, and how full it may be.

use super::super::Finished;
use super::buffer::Buffer;
use super::layout::Layout;
use super::legend::Key;
use super::mean::mean_over;
use super::panel::{Head, Panel};
use super::series::{Fill, Series};
use super::ticks::{self, Tick};
use crate::text::words::{size, whole};

/// How full one buffer was, stretch by stretch.
type Fills = Vec<Option<Fill>>;

/// The panel. `None`: there was no such buffer, or there are no samples.
pub(super) fn panel(
    it: &Finished<'_>,
    buffer: Buffer,
    series: &Series,
    layout: &Layout,
    top: f64,
) -> Option<Panel> {
    let all = series.fills(buffer);
    let known = || all.iter().flatten().flatten();
    known().next()?;
    let marks = Marks::of(known);
    let most = known().map(|it| it.most).fold(0.0, f64::max);
    let ticks = axis(&marks, most);
    let most = ticks.iter().map(|it| it.at).fold(most, f64::max);
    let head = Head {
        id: buffer.id().to_owned(),
        name: buffer.called(it.sample).title.to_owned(),
        keys: match all {
            [fills] => keys(buffer, series, fills, &marks),
            several => keys_of_sinks(it, buffer, several.len(), &marks),
        },
        lane: 0.0,
    };
    let panel = Panel::new(layout, head, top, layout.fill, most.max(1.0)).ruled(layout, &ticks);
    Some(match all {
        [fills] => with_one(panel, fills),
        several => with_several(panel, several),
    })
}

/// The mean, and what lies between the least and the most.
fn with_one(mut panel: Panel, fills: &Fills) -> Panel {
    let zero = values(fills, |_| 0.0);
    let mean = values(fills, |it| it.mean);
    let band = (values(fills, |it| it.least), values(fills, |it| it.most));
    panel.draw("fill-area", panel.frame.area(&zero, &mean));
    panel.draw("band", panel.frame.area(&band.0, &band.1));
    panel.draw("mark", panel.frame.steps(&marks_of(fills)));
    panel.draw("line", panel.frame.steps(&mean));
    panel
}

/// The mean of each, in its own colour.
fn with_several(mut panel: Panel, several: &[Fills]) -> Panel {
    let mut marks: Vec<_> = several.iter().map(marks_of).collect();
    marks.dedup();
    for marks in marks {
        panel.draw("mark", panel.frame.steps(&marks));
    }
    for (sink, fills) in several.iter().enumerate() {
        let mean = values(fills, |it| it.mean);
        panel.draw(line_of(sink), panel.frame.steps(&mean));
    }
    panel
}

fn values(fills: &Fills, of: fn(&Fill) -> f64) -> Vec<Option<f64>> {
    fills.iter().map(|fill| fill.as_ref().map(of)).collect()
}

fn marks_of(fills: &Fills) -> Vec<Option<f64>> {
    fills.iter().map(|it| it.and_then(|it| it.mark)).collect()
}

/// The class in the style sheet for the line of one of several sinks: five colours, then the same with dashes.
fn line_of(sink: usize) -> &'static str {
    const LINES: [&str; 10] = [
        "of-sink nth-1",
        "of-sink nth-2",
        "of-sink nth-3",
        "of-sink nth-4",
        "of-sink nth-5",
        "of-sink nth-1 again",
        "of-sink nth-2 again",
        "of-sink nth-3 again",
        "of-sink nth-4 again",
        "of-sink nth-5 again",
    ];
    LINES[sink % LINES.len()]
}

/// How full a buffer may be, over the whole transfer.
enum Marks {
    /// Not known.
    Unknown,
    /// The mark never changed; in bytes.
    One(f64),
    /// The mark was changed, or is not the same for all sinks; the highest one, in bytes.
    Several(f64),
}

impl Marks {
    fn of<'a, T: Iterator<Item = &'a Fill>>(fills: impl Fn() -> T) -> Self {
        let marks = || fills().filter_map(|it| it.mark);
        let least = marks().fold(f64::INFINITY, f64::min);
        let most = marks().fold(0.0, f64::max);
        if marks().next().is_none() {
            Self::Unknown
        } else if most > least {
            Self::Several(most)
        } else {
            Self::One(most)
        }
    }
}

/// The lines of the axis, for fills up to `most` bytes.
fn axis(marks: &Marks, most: f64) -> Vec<Tick> {
    match marks {
        Marks::One(mark) => [0.0, mark / 2.0, *mark]
            .into_iter()
            .map(|at| Tick {
                at,
                label: size(whole(at)),
            })
            .collect(),
        Marks::Several(mark) => ticks::bytes(mark.max(most), 2.0),
        Marks::Unknown => ticks::bytes(most, 2.0),
    }
}

fn keys(buffer: Buffer, series: &Series, fills: &Fills, marks: &Marks) -> Vec<Key> {
    let mut keys = vec![Key::line("line", mean_over(series.grid.step()))];
    if fills.iter().flatten().any(|it| it.most > it.least) {
        keys.push(Key::colour("band", "least to most"));
    }
    keys.extend(key_of_marks(buffer, marks, ", changed on the way"));
    keys
}

fn keys_of_sinks(it: &Finished<'_>, buffer: Buffer, sinks: usize, marks: &Marks) -> Vec<Key> {
    let names = (0..sinks).map(|sink| (sink, it.sample.now.sink_name(sink)));
    let lines = names.map(|(sink, name)| Key::line(line_of(sink), name));
    lines.chain(key_of_marks(buffer, marks, "s")).collect()
}

/// The key to the mark; `several` is what follows its name where it is not one and the same.
fn key_of_marks(buffer: Buffer, marks: &Marks, several: &str) -> Option<Key> {
    let limit = buffer.limit();
    let words = match marks {
        Marks::Unknown => return None,
        Marks::One(mark) => format!("{limit} {}", size(whole(*mark))),
        Marks::Several(_) => format!("{limit}{several}"),
    };
    Some(Key::line("mark", words))
}
