//! The row with the last seconds, one column for each: the rate, and how full the buffers were.

use super::cells::{Cell, Text, Tone, fitted};
use crate::engine::link::LinkSnapshot;
use crate::show::{Sample, Theme};
use crate::text::words::{seconds, speed, whole};
use std::collections::VecDeque;
use std::time::Duration;

/// The least time that a column covers.
const STEP: Duration = Duration::from_secs(1);

/// The number of columns that are remembered, and shown in a wide row.
const MOST: usize = 40;

/// From so many columns on the row has the fills too.
const WIDE: usize = 99;

/// Levels of a column, from nothing to everything.
const BLOCKS: [char; 9] = ['·', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The same where there is only ASCII.
const ASCII: [char; 9] = ['_', '.', ',', '-', '~', '=', '+', '*', '#'];

/// A second or a little more of the transfer.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Column {
    time: Duration,
    /// Bytes a second.
    rate: f64,
    /// How full the buffers were on average, as parts of their marks from 0 to 1.
    read: Option<f64>,
    written: Option<f64>,
    /// Whether the source was paused for most of the time.
    is_paused: bool,
}

/// A column that is not complete yet.
#[derive(Debug, Clone, Copy, Default)]
struct OpenColumn {
    at: Duration,
    bytes: u64,
    paused: Duration,
    read: Mean,
    written: Mean,
}

#[derive(Debug, Clone, Copy, Default)]
struct Mean {
    sum: f64,
    count: f64,
}

/// The last seconds.
#[derive(Debug, Default)]
pub(in crate::show) struct Past {
    columns: VecDeque<Column>,
    open: OpenColumn,
    /// The present rate, in bytes a second.
    speed: f64,
}

impl Past {
    /// Adds a sample.
    pub(in crate::show) fn note(&mut self, sample: &Sample) {
        let now = &sample.now;
        self.speed = sample.speed;
        let (link, last) = (now.links.first(), now.links.last());
        let open = &mut self.open;
        if let (Some(first), Some(last)) = (link, last) {
            let read = first.readable.map(|it| (it.len, it.mark));
            let written = last.writable().map(|it| (it.len, it.mark));
            open.read.add(read);
            open.written.add(written);
        }
        let time = now.elapsed.saturating_sub(open.at);
        if time < STEP {
            return;
        }
        let paused = link.map_or(Duration::ZERO, |it: &LinkSnapshot| it.paused);
        self.columns
            .push_back(open.column(now.passed(), paused, time));
        if self.columns.len() > MOST {
            self.columns.pop_front();
        }
        self.open = OpenColumn {
            at: now.elapsed,
            bytes: now.passed(),
            paused,
            ..OpenColumn::default()
        };
    }

    /// The row. `None`: no column is complete yet.
    pub(super) fn row(&self, theme: &Theme, columns: usize) -> Option<String> {
        if self.columns.is_empty() {
            return None;
        }
        let most = columns_for(columns);
        let skip = self.columns.len().saturating_sub(most);
        let shown: Vec<_> = self.columns.iter().skip(skip).copied().collect();
        let time: Duration = shown.iter().map(|it| it.time).sum();
        let peak = shown.iter().map(|it| it.rate).fold(0.0, f64::max);
        let spark = |name, tone: fn(&Column) -> Tone, part: &dyn Fn(&Column) -> Option<f64>| {
            spark(name, tone, &shown, most, theme, part)
        };
        let rate = spark("rate", |_| Tone::Plain, &|it| Some(it.rate / peak.max(1.0)));
        let faint = |text| Text::toned(text, Tone::Faint);
        let mut cells = vec![
            Cell::optional(2, faint(format!("last {}", seconds(time)))),
            Cell::fixed(rate),
        ];
        // The present rate, which the row above shows, is that of other seconds.
        let peak = peak.max(self.speed);
        if whole(peak) > 0 {
            cells.push(Cell::optional(1, faint(format!("peak {}", speed(peak)))));
        }
        let read = spark("read", Column::tone, &|it| it.read);
        let written = spark("to write", Column::tone, &|it| it.written);
        if columns >= WIDE {
            cells.extend([Cell::optional(3, read), Cell::optional(4, written)]);
        }
        Some(fitted(&mut cells, columns, theme))
    }
}

impl OpenColumn {
    fn column(&self, bytes: u64, paused: Duration, time: Duration) -> Column {
        let paused = paused.saturating_sub(self.paused);
        Column {
            time,
            rate: float(bytes.saturating_sub(self.bytes)) / time.as_secs_f64(),
            read: self.read.value(),
            written: self.written.value(),
            is_paused: paused * 2 >= time,
        }
    }
}

impl Column {
    /// The colour of how full a buffer was: a warning where the source was paused most of the time.
    fn tone(&self) -> Tone {
        if self.is_paused {
            Tone::Warning
        } else {
            Tone::Plain
        }
    }
}

impl Mean {
    /// Adds a buffer that holds `len` bytes of its `mark`, if there is one.
    fn add(&mut self, fill: Option<(u64, u64)>) {
        if let Some((len, mark)) = fill {
            self.sum += (float(len) / float(mark.max(1))).min(1.0);
            self.count += 1.0;
        }
    }

    fn value(&self) -> Option<f64> {
        (self.count > 0.0).then(|| self.sum / self.count)
    }
}

#[expect(clippy::cast_precision_loss, reason = "what is drawn has eight levels")]
fn float(n: u64) -> f64 {
    n as f64
}

/// How many seconds are shown in a row of so many columns.
fn columns_for(columns: usize) -> usize {
    match columns {
        0..100 => MOST / 4,
        100..178 => MOST / 2,
        _ => MOST,
    }
}

/// A name and a character for each column, which shows `part` of it; padded to `most` characters. Empty where no column has
/// the part.
fn spark(
    name: &str,
    tone: impl Fn(&Column) -> Tone,
    columns: &[Column],
    most: usize,
    theme: &Theme,
    part: impl Fn(&Column) -> Option<f64>,
) -> Text {
    let mut text = Text::none();
    if columns.iter().all(|it| part(it).is_none()) {
        return text;
    }
    text.push(&format!("{name} "), Tone::Faint);
    for column in columns {
        let level = part(column).map_or(' ', |part| level(part, theme));
        text.push(level.encode_utf8(&mut [0; 4]), tone(column));
    }
    text.push(&" ".repeat(most - columns.len()), Tone::Plain);
    text
}

/// The character for a part. Nothing, and the least that is something, look different.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a part from 0 to 1, clamped"
)]
fn level(part: f64, theme: &Theme) -> char {
    let levels = if theme.unicode { BLOCKS } else { ASCII };
    let most = levels.len() - 1;
    let level = (part.clamp(0.0, 1.0) * 8.0).ceil() as usize;
    levels[level.min(most)]
}

#[cfg(test)]
mod tests {
    use super::{MOST, Past, level};
    use crate::account::meter::Snapshot;
    use crate::account::phase::{Phase, Waits};
    use crate::endpoint::PerEnd;
    use crate::engine::link::{ConsumerSnapshot, LinkSnapshot, LinkState, WritableFill};
    use crate::show::{Sampler, Theme};
    use std::time::Duration;

    const THEME: Theme = Theme {
        name: None,
        colour: false,
        unicode: true,
    };

    fn at(seconds: f64, bytes_out: u64, len: u64, paused: f64) -> Snapshot {
        let link = LinkSnapshot {
            state: LinkState::Flowing,
            is_ours: true,
            readable: None,
            consumers: vec![ConsumerSnapshot {
                writable: Some(WritableFill {
                    len,
                    mark: 800,
                    low: 0,
                    max_len: len,
                    median_len: len,
                }),
                ..ConsumerSnapshot::default()
            }],
            pauses: 0,
            drains: 0,
            paused: Duration::from_secs_f64(paused),
        };
        Snapshot {
            elapsed: Duration::from_secs_f64(seconds),
            bytes_in: bytes_out,
            bytes_out,
            waits: Waits::default(),
            phase: Phase::Moving,
            still: Duration::ZERO,
            links: vec![link],
            stages: Vec::new(),
            sinks: Vec::new(),
            ends: PerEnd::default(),
        }
    }

    fn past(snapshots: &[Snapshot]) -> Past {
        let mut sampler = Sampler::new(None);
        let mut past = Past::default();
        for snapshot in snapshots {
            past.note(&sampler.sample(snapshot.clone()));
        }
        past
    }

    #[test]
    fn a_second_is_a_column_with_its_rate_and_the_mean_of_its_fills() {
        let past = past(&[
            at(0.5, 100, 800, 0.0),
            at(1.0, 400, 400, 0.0),
            at(2.0, 1200, 0, 0.9),
            at(3.0, 1200, 100, 1.0),
        ]);
        let row = past.row(&THEME, 110).unwrap();
        let blank = " ".repeat(MOST / 2 - 3);
        let expected = format!("last 3 s  rate ▄█·{blank}  peak 800 B/s  to write ▆·▁{blank}");
        assert_eq!(row, expected);
        let coloured = Theme {
            colour: true,
            ..THEME
        };
        let row = past.row(&coloured, 110).unwrap();
        assert!(
            row.contains("▆\x1b[33m"),
            "the second one is paused: {row:?}"
        );
    }

    #[test]
    fn the_first_second_is_not_past_yet_and_the_oldest_ones_are_forgotten() {
        assert_eq!(past(&[at(0.9, 100, 0, 0.0)]).row(&THEME, 200), None);
        let snapshots: Vec<_> = (1u32..200)
            .map(|n| at(f64::from(n), u64::from(n), 0, 0.0))
            .collect();
        let row = past(&snapshots).row(&THEME, 200).unwrap();
        assert!(
            row.starts_with(&format!("last {MOST} s  rate {}", "█".repeat(MOST))),
            "{row}"
        );
    }

    #[test]
    fn a_row_is_never_too_long_and_gives_the_rate_up_last() {
        let past = past(&[at(1.0, 100, 800, 0.0), at(2.0, 200, 800, 0.0)]);
        for columns in 15..200 {
            let row = past.row(&THEME, columns).unwrap();
            assert!(
                console::measure_text_width(&row) <= columns,
                "{columns}: {row}"
            );
            assert!(row.contains("rate ██"), "{columns}: {row}");
        }
    }

    #[test]
    fn nothing_and_the_least_look_different_and_only_all_is_all() {
        let of = |part| level(part, &THEME);
        assert_eq!(
            [of(0.0), of(0.001), of(0.5), of(0.999), of(1.0)],
            ['·', '▁', '▄', '█', '█']
        );
    }
}
