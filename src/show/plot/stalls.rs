//! Pauses and stalls: shades for pauses, marks and labels for stalls.

use super::layout::{Layout, WRITING};
use super::path::number;
use super::phases::words;
use super::series::Series;
use super::text;
use crate::account::phase::Phase;
use crate::account::recording::{Recording, Stall};
use crate::account::span::Span;
use crate::text::words::time;
use std::fmt::Write;

/// The number of depths of shade.
const DEPTHS: usize = 20;

/// Room between the labels of two stalls.
const APART: f64 = 16.0;

/// The least width of the mark of a stall.
const LEAST: f64 = 2.0;

/// All pauses of one depth of shade.
#[derive(Debug)]
pub(super) struct Shade {
    /// The part of the time in which the source was paused, in percent.
    pub(super) percent: usize,
    /// The stretches that are shaded.
    pub(super) path: String,
}

/// The mark of a stall, or of several that are too close to each other on the picture.
#[derive(Debug)]
pub(super) struct StallMark {
    /// The class in the style sheet, for what was waited for.
    pub(super) class: &'static str,
    from: f64,
    to: f64,
    /// How wide its stalls are together.
    stalled: f64,
}

impl StallMark {
    /// Its opacity: how much of its width is stalled, from 0.1 to 1.
    pub(super) fn depth(&self) -> String {
        let width = (self.to - self.from).max(f64::MIN_POSITIVE);
        number((self.stalled / width).clamp(0.1, 1.0))
    }

    /// Where it begins; one below the least width begins a little earlier.
    pub(super) fn x(&self) -> String {
        number(self.from.min(self.to - LEAST).max(0.0))
    }

    /// How wide it is.
    pub(super) fn width(&self) -> String {
        number((self.to - self.from).max(LEAST))
    }
}

/// The label of a stall.
#[derive(Debug)]
pub(super) struct Note {
    /// Its middle.
    pub(super) x: String,
    pub(super) words: String,
}

/// The pauses, from the height `top` to `bottom`.
pub(super) fn shades(series: &Series, layout: &Layout, top: f64, bottom: f64) -> Vec<Shade> {
    let depths: Vec<_> = series.paused.iter().map(|part| depth(*part)).collect();
    let mut paths = vec![String::new(); DEPTHS + 1];
    let mut index = 0;
    for run in depths.chunk_by(usize::eq) {
        let (from, to) = (layout.border(index), layout.border(index + run.len()));
        index += run.len();
        let (from, to) = (number(from), number(to));
        let (top, bottom) = (number(top), number(bottom));
        let _ = write!(paths[run[0]], "M{from} {top}H{to}V{bottom}H{from}Z");
    }
    let shades = paths.into_iter().enumerate().skip(1);
    shades
        .filter(|(_, path)| !path.is_empty())
        .map(|(depth, path)| Shade {
            percent: depth * 100 / DEPTHS,
            path,
        })
        .collect()
}

/// How deep a shade is, rounded up so that every pause can be seen.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "twenty depths"
)]
fn depth(part: f64) -> usize {
    ((part * DEPTHS as f64).ceil() as usize).min(DEPTHS)
}

/// The stalls.
pub(super) fn marks(recording: &Recording, layout: &Layout) -> Vec<StallMark> {
    let mut marks: Vec<StallMark> = Vec::new();
    for stall in &recording.stalls {
        let (from, to) = borders(stall, recording, layout);
        let class = stall.what.waits_for.name();
        match marks.last_mut() {
            Some(last) if last.class == class && from <= last.to + LEAST => {
                last.stalled += to - from.max(last.to);
                last.to = to;
            }
            _ => marks.push(StallMark {
                class,
                from,
                to,
                stalled: to - from,
            }),
        }
    }
    marks
}

/// The labels of stalls: of the longest first, and of others where there is room.
pub(super) fn notes(recording: &Recording, layout: &Layout) -> Vec<Note> {
    let mut stalls: Vec<_> = recording.stalls.iter().collect();
    stalls.sort_by_key(|stall| std::cmp::Reverse(stall.length()));
    let (mut notes, mut taken) = (Vec::new(), Vec::<(f64, f64)>::new());
    for stall in stalls {
        let words = told(stall);
        let room = text::bold_width(&words, WRITING) / 2.0;
        let (from, to) = borders(stall, recording, layout);
        let middle = f64::midpoint(from, to).min(layout.width - room).max(room);
        let (left, right) = (middle - room, middle + room);
        if taken
            .iter()
            .all(|it| right + APART < it.0 || left > it.1 + APART)
        {
            taken.push((left, right));
            notes.push(Note {
                x: number(middle),
                words,
            });
        }
    }
    notes
}

/// A stall in words: `stalled 3.20 s: waiting for the sink`.
pub(super) fn told(stall: &Span<Stall>) -> String {
    let length = time(stall.length());
    match stall.what.waits_for {
        Phase::Moving => format!("stalled {length}"),
        phase => format!("stalled {length}: {}", words(phase)),
    }
}

fn borders(stall: &Span<Stall>, recording: &Recording, layout: &Layout) -> (f64, f64) {
    let elapsed = recording.elapsed.as_secs_f64().max(f64::MIN_POSITIVE);
    let x = |moment: std::time::Duration| layout.x(moment.as_secs_f64() / elapsed);
    (x(stall.from), x(stall.to))
}
