//! The rows that show buffers: those of a link, and the kernel's on both sides.

use super::cells::{Cell, Text, Tone, fitted};
use crate::endpoint::EndStatus;
use crate::endpoint::connection::Connection;
use crate::engine::link::{LinkSnapshot, LinkState};
use crate::show::{Sample, Theme};
use crate::text::words::{brief, count, size, steady_size};

/// The buffers of a link, its state, and its pauses and drains. `is_still`: nothing has moved for a while.
pub(super) fn link_row(
    link: &LinkSnapshot,
    (from, to): (&str, &str),
    is_still: bool,
    theme: &Theme,
    columns: usize,
) -> String {
    let arrow = arrow(theme);
    // Backpressure is what the buffers are there for, and no alarm.
    let state = match link.state {
        LinkState::Flowing if is_still => "idle   ",
        LinkState::Flowing => "flowing",
        LinkState::Paused => "paused ",
        LinkState::Ended => "ended  ",
    };
    let side = |text| Cell::optional(8, Text::toned(text, Tone::Faint));
    let mut cells = vec![side(format!("{from} {arrow}"))];
    if let Some(read) = link.readable {
        cells.extend(fill(read.len, read.mark, theme));
    }
    cells.push(Cell::fixed(Text::plain(state.to_owned())));
    if let [consumer] = &link.consumers[..]
        && let Some(written) = consumer.writable
    {
        cells.extend(fill(written.len, written.mark, theme));
    }
    let to = match link.consumers.len() {
        several @ 2.. => format!("{several} {to}"),
        _ => to.to_owned(),
    };
    cells.push(side(format!("{arrow} {to}")));
    cells.push(counts(5, (link.pauses, "pause"), link.drains));
    fitted(&mut cells, columns, theme)
}

/// How full a buffer is, as a gauge of several widths.
fn gauge(len: u64, mark: u64, theme: &Theme) -> Cell {
    let form = |(rank, cells)| {
        let filled = filled(len, mark, cells, theme.unicode);
        (rank, Text::plain(format!("[{filled}]")))
    };
    Cell::new([(4, 10), (6, 8), (7, 6), (u8::MAX, 4)].map(form))
}

/// `cells` columns, filled in proportion to `len` of `mark`. Something looks different from nothing, and everything from
/// nearly everything.
pub(super) fn filled(len: u64, mark: u64, cells: usize, unicode: bool) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let parts = if unicode { 8 } else { 1 };
    let all = (cells * parts) as u128;
    let part = u128::from(len.min(mark)) * all / u128::from(mark.max(1));
    let least = u128::from(len > 0);
    let part = usize::try_from(part.max(least)).unwrap_or(0);
    let (full, rest) = (part / parts, part % parts);
    let text = if unicode { "█" } else { "#" }.repeat(full) + EIGHTHS[rest];
    let blank = cells - full - usize::from(rest > 0);
    text + &" ".repeat(blank)
}

/// How full a buffer is, as a gauge and in numbers.
pub(super) fn fill(len: u64, mark: u64, theme: &Theme) -> [Cell; 2] {
    [gauge(len, mark, theme), numbers(len, mark)]
}

fn numbers(len: u64, mark: u64) -> Cell {
    let shown = format!("{:>10}", steady_size(len));
    // A mark that was lowered is in force once the buffer has drained to it. So the mark is kept longer on a narrow screen.
    let (rank, of) = if len > mark {
        (9, "draining to")
    } else {
        (1, "of")
    };
    let of_mark = format!("{shown} {of} {}", size(mark));
    Cell::new([
        (rank, Text::plain(of_mark)),
        (3, Text::plain(shown)),
        (u8::MAX, Text::none()),
    ])
}

/// How often it was stopped, in the word for that, and how often it drained. The words are kept for so long.
pub(super) fn counts(rank: u8, (stops, word): (u64, &str), drains: u64) -> Cell {
    let words = format!("{}, {}", count(stops, word), count(drains, "drain"));
    let brief = format!("{stops}{} {drains}d", &word[..1]);
    Cell::new([
        (rank, Text::plain(words)),
        (9, Text::plain(brief)),
        (u8::MAX, Text::none()),
    ])
}

/// The arrow between two stages.
pub(super) fn arrow(theme: &Theme) -> &'static str {
    if theme.unicode { "→" } else { "->" }
}

/// The kernel's buffers before and behind the transfer, but for pipes that the row of a link shows. `None`: there are none.
/// Those behind several sinks have rows of their own.
pub(super) fn kernel_row(sample: &Sample, theme: &Theme, columns: usize) -> Option<String> {
    let ends = &sample.now.ends;
    let is_shown = sample.now.links.iter().any(|link| !link.is_ours);
    let before = kernel(&ends.source, is_shown, theme, |it| {
        vec![queue("receive queue", it.receive_queue)]
    });
    let behind = if sample.now.has_several_sinks() {
        Vec::new()
    } else {
        kernel(&ends.sink, is_shown, theme, sending)
    };
    let name = Cell::optional(2, Text::toned("kernel".to_owned(), Tone::Faint));
    row_of_kernel(name, before, behind, theme, columns)
}

pub(super) fn row_of_kernel(
    name: Cell,
    before: Vec<Cell>,
    behind: Vec<Cell>,
    theme: &Theme,
    columns: usize,
) -> Option<String> {
    if before.is_empty() && behind.is_empty() {
        return None;
    }
    let arrow = Text::toned(arrow(theme).to_owned(), Tone::Faint);
    let mut cells = vec![name];
    cells.extend(before);
    cells.push(Cell::fixed(arrow));
    cells.extend(behind);
    Some(fitted(&mut cells, columns, theme))
}

/// The kernel's buffer of one end; `connection` gives the cells for a connection.
pub(super) fn kernel(
    status: &EndStatus,
    is_shown: bool,
    theme: &Theme,
    connection: impl Fn(&Connection) -> Vec<Cell>,
) -> Vec<Cell> {
    match status {
        EndStatus::Connection(it) => connection(it),
        EndStatus::Pipe(Some(pipe)) | EndStatus::Command(Some(pipe)) if !is_shown => {
            let name = Cell::optional(4, Text::toned("pipe".to_owned(), Tone::Faint));
            let fill = fill(pipe.len, pipe.size, theme);
            [name].into_iter().chain(fill).collect()
        }
        _ => Vec::new(),
    }
}

/// The cells for a connection that is sent to.
pub(super) fn sending(it: &Connection) -> Vec<Cell> {
    let round_trip = format!("rtt {}", brief(it.round_trip));
    let mut cells = vec![
        queue("send queue", it.send_queue),
        Cell::optional(4, Text::plain(round_trip)),
    ];
    if it.retransmits > 0 {
        let resent = format!("{} resent", count(it.retransmits.into(), "packet"));
        cells.push(Cell::optional(5, Text::toned(resent, Tone::Warning)));
    }
    cells
}

fn queue(name: &str, bytes: u64) -> Cell {
    let bytes = format!("{:>10}", steady_size(bytes));
    Cell::new([
        (3, Text::plain(format!("{name} {bytes}"))),
        (u8::MAX, Text::plain(bytes)),
    ])
}

#[cfg(test)]
mod tests {
    use super::{filled, kernel_row, link_row};
    use crate::account::meter::Snapshot;
    use crate::account::phase::{Phase, Waits};
    use crate::endpoint::connection::Connection;
    use crate::endpoint::pipe::PipeFill;
    use crate::endpoint::{EndStatus, PerEnd};
    use crate::engine::link::{ConsumerSnapshot, LinkSnapshot, LinkState, WritableFill};
    use crate::show::{Sample, Sampler, Theme};
    use console::measure_text_width;
    use std::time::Duration;

    const THEME: Theme = Theme {
        name: None,
        colour: false,
        unicode: false,
    };

    fn between(source: EndStatus, sink: EndStatus) -> Sample {
        Sampler::new(None).sample(Snapshot {
            elapsed: Duration::from_secs(1),
            bytes_in: 0,
            bytes_out: 0,
            waits: Waits::default(),
            phase: Phase::Moving,
            still: Duration::ZERO,
            links: Vec::new(),
            stages: Vec::new(),
            sinks: Vec::new(),
            ends: PerEnd { source, sink },
        })
    }

    #[test]
    fn what_the_kernel_holds_is_told_of_pipes_and_connections() {
        let pipe = EndStatus::Pipe(Some(PipeFill {
            len: 32 << 10,
            size: 64 << 10,
        }));
        let connection = EndStatus::Connection(Connection {
            send_queue: 5 << 19,
            receive_queue: 1 << 19,
            round_trip: Duration::from_micros(23_100),
            retransmits: 7,
            ..Connection::default()
        });
        let table = [
            (EndStatus::File, EndStatus::Other, None),
            (EndStatus::Pipe(None), EndStatus::File, None),
            (
                pipe,
                connection,
                Some(
                    "kernel  pipe  [#####     ]   32.00 KiB of 64 KiB  ->  send queue   2.50 MiB  rtt 23.1 ms  7 packets resent",
                ),
            ),
            (
                connection,
                EndStatus::File,
                Some("kernel  receive queue 512.00 KiB  ->"),
            ),
        ];
        for (source, sink, expected) in table {
            let row = kernel_row(&between(source, sink), &THEME, 120);
            assert_eq!(row.as_deref(), expected, "{source:?} {sink:?}");
        }
        for columns in 40..120 {
            let row = kernel_row(&between(pipe, connection), &THEME, columns).unwrap();
            assert!(measure_text_width(&row) <= columns, "{columns}: {row}");
        }
    }

    #[test]
    fn a_gauge_shows_a_trace_as_something_and_only_all_as_all() {
        let table = [
            (0, "    ", "    "),
            (1, "#   ", "▏   "),
            (500, "##  ", "██  "),
            (999, "### ", "███▉"),
            (1000, "####", "████"),
            (5000, "####", "████"),
        ];
        for (len, ascii, unicode) in table {
            assert_eq!(filled(len, 1000, 4, false), ascii, "{len}");
            assert_eq!(filled(len, 1000, 4, true), unicode, "{len}");
        }
    }

    #[test]
    fn a_mark_that_was_lowered_is_what_the_buffer_drains_to() {
        let link = |len, mark| LinkSnapshot {
            state: LinkState::Paused,
            is_ours: true,
            readable: None,
            consumers: vec![ConsumerSnapshot {
                writable: Some(WritableFill {
                    len,
                    mark,
                    low: 0,
                    max_len: len,
                    median_len: len,
                }),
                ..ConsumerSnapshot::default()
            }],
            pauses: 1,
            drains: 0,
            paused: Duration::ZERO,
        };
        for columns in [70, 80, 120] {
            let row = |len| {
                link_row(
                    &link(len, 4 << 10),
                    ("source", "sink"),
                    false,
                    &THEME,
                    columns,
                )
            };
            assert!(
                row(1 << 20).contains("1.00 MiB draining to 4 KiB"),
                "{}",
                row(1 << 20)
            );
            assert!(!row(4 << 10).contains("draining"), "{}", row(4 << 10));
        }
    }
}
