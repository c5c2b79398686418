//! What held a transfer up: shades for pauses, marks and words for stalls.

use super::super::words::time;
use super::layout::{Layout, WRITING};
use super::path::number;
use super::phases::{look, words};
use super::series::Series;
use super::text;
use crate::phase::Phase;
use crate::recording::{Recording, Stall};
use crate::span::Span;
use std::fmt::Write;

/// Depths of shade that are told apart.
const DEPTHS: f64 = 10.0;

/// The least width of what marks a stall.
const LEAST: f64 = 2.0;

/// Pauses of one depth of shade, over all panels.
#[derive(Debug)]
pub(super) struct Shade {
    /// Which part of the time the source was paused, from 0 to 1.
    pub(super) depth: f64,
    /// Where.
    pub(super) path: String,
}

/// A stall.
#[derive(Debug)]
pub(super) struct Mark {
    /// The colour of what it waited for, as a class of the style sheet.
    pub(super) look: &'static str,
    pub(super) x: String,
    pub(super) width: String,
}

/// What is written above a stall.
#[derive(Debug)]
pub(super) struct Note {
    /// Its middle.
    pub(super) x: String,
    pub(super) words: String,
}

/// The pauses, from the height `top` to `bottom`.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "ten depths"
)]
pub(super) fn shades(series: &Series, layout: &Layout, top: f64, bottom: f64) -> Vec<Shade> {
    // What was paused at all is to be seen.
    let depths: Vec<_> = series
        .paused
        .iter()
        .map(|part| (part * DEPTHS).ceil())
        .collect();
    let mut paths = vec![String::new(); DEPTHS as usize + 1];
    let mut x = layout.left;
    for run in depths.chunk_by(|one, other| one == other) {
        #[expect(clippy::cast_precision_loss, reason = "some hundred stretches")]
        let width = run.len() as f64 * layout.step;
        let path = &mut paths[run[0] as usize];
        let (from, to) = (number(x), number(x + width));
        let (top, bottom) = (number(top), number(bottom));
        let _ = write!(path, "M{from} {top}H{to}V{bottom}H{from}Z");
        x += width;
    }
    let shades = paths.into_iter().zip(0u32..).skip(1);
    shades
        .filter(|(path, _)| !path.is_empty())
        .map(|(path, depth)| Shade {
            depth: f64::from(depth) / DEPTHS,
            path,
        })
        .collect()
}

/// The stalls.
pub(super) fn marks(recording: &Recording, layout: &Layout) -> Vec<Mark> {
    let stalls = recording.stalls.iter().map(|stall| {
        let (from, to) = borders(stall, recording, layout);
        Mark {
            look: look(stall.what.waits_for),
            x: number(from),
            width: number(to - from),
        }
    });
    stalls.collect()
}

/// What is written above them: of the longest first, and of others where there is room.
pub(super) fn notes(recording: &Recording, layout: &Layout) -> Vec<Note> {
    let mut stalls: Vec<_> = recording.stalls.iter().collect();
    stalls.sort_by_key(|stall| std::cmp::Reverse(stall.length()));
    let (mut notes, mut taken) = (Vec::new(), Vec::<(f64, f64)>::new());
    for stall in stalls {
        let words = told(stall);
        let room = text::width(&words, WRITING) / 2.0;
        let (from, to) = borders(stall, recording, layout);
        let middle = f64::midpoint(from, to).min(layout.width - room).max(room);
        let (left, right) = (middle - room, middle + room);
        if taken
            .iter()
            .all(|it| right + 8.0 < it.0 || left > it.1 + 8.0)
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
    let (from, to) = (x(stall.from), x(stall.to));
    let from = from.min(layout.x(1.0) - LEAST);
    (from, to.max(from + LEAST))
}
