//! The panel of a buffer: how full it was, between the least and the most, and how full it may be.

use super::super::Finished;
use super::buffer::Buffer;
use super::layout::Layout;
use super::legend::Key;
use super::panel::{Head, Panel};
use super::series::{Fill, Series};
use super::ticks::{self, Tick};
use crate::text::words::{size, whole};

/// The panel. `None`: there was no such buffer, or there are no samples.
pub(super) fn panel(
    it: &Finished<'_>,
    buffer: Buffer,
    series: &Series,
    layout: &Layout,
    top: f64,
) -> Option<Panel> {
    let fills = series.fill(buffer);
    let known = || fills.iter().flatten();
    known().next()?;
    let marks = Marks::of(fills);
    let most = known().map(|it| it.most).fold(0.0, f64::max);
    let ticks = axis(&marks, most);
    let most = ticks.iter().map(|it| it.at).fold(most, f64::max);
    let head = Head {
        id: buffer.id(),
        name: buffer.called(it.sample).title,
        keys: keys(buffer, fills, &marks),
        lane: 0.0,
    };
    let mut panel = Panel::new(layout, head, top, layout.fill, most.max(1.0)).ruled(layout, &ticks);
    let value = |of: fn(&Fill) -> f64| -> Vec<_> {
        fills.iter().map(|fill| fill.as_ref().map(of)).collect()
    };
    let zero = value(|_| 0.0);
    panel.draw("fill-area", panel.frame.area(&zero, &value(|it| it.mean)));
    panel.draw(
        "band",
        panel
            .frame
            .area(&value(|it| it.least), &value(|it| it.most)),
    );
    let marks: Vec<_> = fills.iter().map(|it| it.and_then(|it| it.mark)).collect();
    panel.draw("mark", panel.frame.steps(&marks));
    panel.draw("line", panel.frame.steps(&value(|it| it.mean)));
    Some(panel)
}

/// How full a buffer may be, over the whole transfer.
enum Marks {
    /// Not known.
    Unknown,
    /// The mark never changed; in bytes.
    One(f64),
    /// The mark was changed; the highest one, in bytes.
    Several(f64),
}

impl Marks {
    fn of(fills: &[Option<Fill>]) -> Self {
        let marks = || fills.iter().flatten().filter_map(|it| it.mark);
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

fn keys(buffer: Buffer, fills: &[Option<Fill>], marks: &Marks) -> Vec<Key> {
    let mut keys = vec![Key::line("line", "mean")];
    if fills.iter().flatten().any(|it| it.most > it.least) {
        keys.push(Key::colour("band", "least to most"));
    }
    match marks {
        Marks::Unknown => {}
        Marks::One(mark) => {
            let words = format!("{} {}", buffer.limit(), size(whole(*mark)));
            keys.push(Key::line("mark", words));
        }
        Marks::Several(_) => {
            let words = format!("{}, changed on the way", buffer.limit());
            keys.push(Key::line("mark", words));
        }
    }
    keys
}
