//! Reads what is shown as a person reads it, and checks that no figure contradicts those beside it, whatever the numbers are.

use super::live::{Past, Screen, View, picture};
use super::{Completion, Route, Sample, Sampler, Summary, Template, Theme, status};
use crate::account::meter::{SinkSnapshot, Snapshot};
use crate::account::phase::{Phase, Waits};
use crate::account::stages::StageSnapshot;
use crate::endpoint::connection::Connection;
use crate::endpoint::{Delivered, EndStatus, PerEnd};
use crate::engine::link::{ConsumerSnapshot, LinkSnapshot, LinkState, WritableFill};
use proptest::prelude::*;
use std::time::Duration;

const THEME: Theme = Theme {
    name: None,
    colour: false,
    unicode: false,
};

/// A text, cut into words where a person would: brackets, commas and slashes are no part of them.
fn words(text: &str) -> Vec<&str> {
    let cuts = |it: char| it.is_whitespace() || matches!(it, '(' | ')' | ',' | ';' | '[' | ']');
    text.split(cuts).filter(|it| !it.is_empty()).collect()
}

/// The size that two words stand for, in hundredths of a byte; `/s` may follow.
fn size(number: &str, unit: &str) -> Option<u128> {
    let unit = unit.trim_end_matches("/s");
    let power = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
        .iter()
        .position(|it| *it == unit)?;
    let (whole, part) = number.split_once('.').unwrap_or((number, "00"));
    let hundredths: u128 = format!("{whole}{part}").parse().ok()?;
    assert!(part.len() == 2, "{number}");
    assert!(
        hundredths < 102_400,
        "{number} {unit} is more than one of the next unit"
    );
    Some(hundredths << (10 * power))
}

/// The first size in it, and what comes behind.
fn first_size<'a, 'b>(words: &'b [&'a str]) -> Option<(u128, &'b [&'a str])> {
    let at = words
        .windows(2)
        .position(|it| size(it[0], it[1]).is_some())?;
    Some((size(words[at], words[at + 1])?, &words[at + 2..]))
}

/// `A of B  P%`, and `A [of B P%] -> C (R.R%)`, at the beginning of a row.
#[expect(
    clippy::cast_precision_loss,
    reason = "a ratio of numbers of six digits"
)]
fn check_progress(text: &str, is_over: bool) {
    let all = words(text);
    let (passed, mut rest) = first_size(&all).unwrap_or_else(|| panic!("no size: {text}"));
    if rest.first() == Some(&"of") {
        let (whole, behind) = first_size(rest).unwrap_or_else(|| panic!("of nothing: {text}"));
        rest = behind;
        let percent = rest.first().and_then(|it| it.strip_suffix('%'));
        if let Some(percent) = percent {
            let percent: u128 = percent.parse().unwrap();
            assert_eq!(percent, passed * 100 / whole, "{text}");
        }
    }
    let percent = rest.first().and_then(|it| it.strip_suffix('%'));
    assert!(
        percent != Some("100") || is_over,
        "100% before the end: {text}"
    );
    let Some(ratio) = all
        .iter()
        .position(|it| it.ends_with('%') && it.contains('.'))
    else {
        return;
    };
    let (made, _) = first_size(&all[ratio - 2..]).unwrap_or_else(|| panic!("of nothing: {text}"));
    let exact = made as f64 * 100.0 / passed as f64;
    assert_eq!(all[ratio], format!("{exact:.1}%"), "{text}");
}

/// What is left takes time, and there is a rate.
fn check_eta(text: &str) {
    let all = words(text);
    let Some(at) = all.iter().position(|it| *it == "ETA") else {
        return;
    };
    let eta = all[at + 1];
    if eta == "-:--" {
        return;
    }
    assert!(eta.contains(|it| ('1'..='9').contains(&it)), "{text}");
    let rate = all.windows(2).find(|it| it[1].ends_with("/s"));
    assert!(
        rate.is_none_or(|rate| rate[0] != "0"),
        "an ETA without a rate: {text}"
    );
}

/// Parts of a whole are no more than it, and name no part twice.
fn check_shares(text: &str) {
    let percents: Vec<u64> = words(text)
        .iter()
        .filter_map(|it| it.strip_suffix('%')?.parse().ok())
        .collect();
    assert!(percents.iter().sum::<u64>() <= 100, "{text}");
}

/// `A in the median, B at most`.
fn check_fills(text: &str) {
    for fill in text.split("; ").filter(|it| it.contains("in the median")) {
        let all = words(fill);
        let (median, rest) = first_size(&all).unwrap();
        let (most, _) = first_size(rest).unwrap();
        assert!(median <= most, "{text}");
    }
}

/// The rows of the live display.
fn rows(sample: &Sample, past: &Past, columns: usize) -> Vec<String> {
    let view = View {
        theme: &THEME,
        route: &Route::default(),
        screen: Screen { columns, rows: 24 },
        step: 0,
    };
    picture(sample, past, view)
}

/// The lines of the summary.
fn summary(sample: &Sample, how: Completion) -> Vec<String> {
    let summary = Summary {
        sample,
        how,
        sinks: &[],
        sink: None,
        advice: None,
        digests: &[],
        details: None,
    };
    summary.lines(usize::MAX)
}

/// Checks everything that is shown of a sample.
fn check(sample: &Sample, past: &Past) {
    let now = &sample.now;
    let is_over =
        now.passed() == sample.size.unwrap_or(0) && (now.stages.is_empty() || now.has_ended());
    let line = status(sample);
    check_progress(&line, is_over);
    check_eta(&line);
    for columns in [250, 120, 80, 60, 40] {
        let rows = rows(sample, past, columns);
        check_progress(&rows[0], is_over);
        check_eta(&rows[0]);
        for row in &rows[1..] {
            let (shares, blame) = row.split_once('(').unwrap_or((row, ""));
            check_shares(shares);
            check_shares(blame.split(')').next().unwrap_or(""));
            assert!(!row.contains("peak 0 B/s"), "{row}");
        }
    }
    let ended = summary(sample, Completion::Complete(Delivered::Written));
    check_progress(&ended[0], is_over);
    for line in &ended {
        check_fills(line);
    }
    let template = Template::parse("{bytes:h} of {size:h} {percent:h}%").unwrap();
    if sample
        .size
        .is_some_and(|size| size > 0 && now.passed() <= size)
        && now.stages.is_empty()
    {
        check_progress(&template.fill(sample), is_over);
    }
    let exact = Template::parse("{percent}").unwrap().fill(sample);
    assert!(exact != "100" || is_over, "{exact}% before the end");
}

/// Numbers of every magnitude.
fn number() -> impl Strategy<Value = u64> {
    (0_u32..60, any::<u64>()).prop_map(|(bits, n)| n % (2_u64 << bits))
}

/// A number that is all of another, nearly all of it, or any.
fn beside(whole: u64) -> impl Strategy<Value = u64> {
    prop_oneof![
        Just(whole),
        (0_u64..3).prop_map(move |less| whole.saturating_sub(less)),
        (0_u64..1000).prop_map(move |less| whole - whole / 10_000 * less.min(9999)),
        number().prop_map(move |n| n % whole.saturating_add(1)),
        number(),
    ]
}

fn waits() -> impl Strategy<Value = Waits> {
    prop::array::uniform5(0_u64..1_000_000).prop_map(|times| {
        let mut waits = Waits::default();
        for (phase, time) in Phase::ALL.into_iter().zip(times) {
            waits.add(phase, Duration::from_micros(time));
        }
        waits
    })
}

/// An expected size, and two snapshots of a transfer, one a while after the other.
fn snapshots() -> impl Strategy<Value = (Option<u64>, [Snapshot; 2])> {
    let flow = number().prop_flat_map(|size| {
        let size_shown = prop_oneof![9 => Just(Some(size)), 1 => Just(None)];
        (size_shown, beside(size), beside(size), number())
    });
    let kind = (any::<bool>(), any::<bool>(), any::<bool>(), waits());
    let time = (
        1_u64..40_000_000,
        1_u64..40_000_000,
        number(),
        number(),
        number(),
    );
    (flow, kind, time).prop_map(|((size, passed, before, made), kind, time)| {
        let (is_transformed, has_ended, is_connection, waits) = kind;
        let (earlier, later, busy, window, network) = time;
        let (len, most) = (made % 4097, made % 4097 + passed % 4097);
        let link = LinkSnapshot {
            state: if has_ended {
                LinkState::Ended
            } else {
                LinkState::Flowing
            },
            is_ours: true,
            readable: None,
            consumers: vec![ConsumerSnapshot {
                writable: Some(WritableFill {
                    len: if has_ended { 0 } else { len },
                    mark: 4096,
                    low: 0,
                    max_len: most,
                    median_len: len,
                }),
                ..ConsumerSnapshot::default()
            }],
            pauses: 1,
            drains: 1,
            paused: Duration::from_micros(earlier / 2),
        };
        let stage = |bytes_in| StageSnapshot {
            name: "zstd",
            bytes_in,
            bytes_out: made,
            lines: None,
            blamed: Duration::ZERO,
        };
        let connection = Connection {
            busy: Duration::from_micros(busy % 1_000_000),
            window_limited: Duration::from_micros(window % 1_000_000),
            attributed: crate::endpoint::connection::Attributed {
                network: Duration::from_micros(network % 1_000_000),
                ..Default::default()
            },
            ..Connection::default()
        };
        let snapshot = |elapsed, passed: u64, waits| Snapshot {
            elapsed: Duration::from_micros(elapsed),
            bytes_in: passed,
            bytes_out: if is_transformed { made } else { passed },
            waits,
            phase: Phase::Moving,
            still: Duration::ZERO,
            links: vec![link.clone()],
            sinks: Vec::new(),
            stages: if is_transformed {
                vec![stage(passed)]
            } else {
                Vec::new()
            },
            ends: PerEnd {
                source: EndStatus::File,
                sink: if is_connection {
                    EndStatus::Connection(connection)
                } else {
                    EndStatus::File
                },
            },
        };
        let first = snapshot(earlier, before.min(passed), Waits::default());
        (size, [first, snapshot(earlier + later, passed, waits)])
    })
}

/// The same transfer to several sinks, each with the time of its writer and for how long it has held the source up.
fn to_several(mut now: Snapshot, sinks: &[(Waits, u64)]) -> Snapshot {
    let link = &mut now.links[0];
    let consumer = link.consumers[0];
    let consumers = sinks.iter().map(|(_, held_up)| ConsumerSnapshot {
        held_up: Duration::from_micros(*held_up),
        ..consumer
    });
    link.consumers = consumers.collect();
    let sinks = sinks.iter().map(|(waits, _)| SinkSnapshot {
        bytes_out: now.bytes_out,
        waits: *waits,
        phase: Phase::Moving,
        end: now.ends.sink,
        ..SinkSnapshot::default()
    });
    now.sinks = sinks.collect();
    now
}

/// The sink that is named behind these words.
fn sink_behind<'a>(words: &str, text: &'a str) -> Option<&'a str> {
    let (_, behind) = text.split_once(words)?;
    behind.split(|it: char| !it.is_ascii_digit()).next()
}

/// All that is said of the sinks agrees on which is the slow one, which is not held up itself.
fn check_sinks(sample: &Sample) {
    let ended = super::verdict::sink_verdicts(sample, true).into_iter();
    let ended: Vec<_> = ended
        .map(|(name, it)| format!("{name}: {}", it.join(", ")))
        .collect();
    let slow = sample.whole.sink.map(|it| (it + 1).to_string());
    let slow = slow.as_deref();
    for number in 1..=sample.now.sinks.len() {
        let number = number.to_string();
        let start = format!("sink {number}: ");
        let line = ended.iter().find(|it| it.starts_with(&start)).unwrap();
        let behind = sink_behind("held up by sink ", line);
        assert!(behind.is_none() || behind == slow, "{ended:?}");
        let is_slow = slow == Some(&number);
        let is_bound = is_slow && sample.whole.waits.bound_by() == Some(Phase::Sink);
        assert!(!is_bound || line.contains("slow: "), "{ended:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_figure_of_several_sinks_contradicts_those_beside_it(
        (size, snapshots) in snapshots(), sinks in prop::collection::vec((waits(), 0_u64..1_000_000), 2..5)
    ) {
        let mut sampler = Sampler::new(size);
        let mut past = Past::default();
        for snapshot in snapshots {
            let sample = sampler.sample(to_several(snapshot, &sinks));
            past.note(&sample);
            check(&sample, &past);
            check_sinks(&sample);
        }
    }

    #[test]
    fn no_figure_contradicts_those_beside_it((size, snapshots) in snapshots()) {
        let mut sampler = Sampler::new(size);
        let mut past = Past::default();
        for snapshot in snapshots {
            let sample = sampler.sample(snapshot);
            past.note(&sample);
            check(&sample, &past);
        }
    }
}

/// What was once shown, and could not be.
#[test]
fn figures_that_were_impossible_are_gone() {
    let after = |passed, size, elapsed| {
        let now = Snapshot {
            elapsed: Duration::from_millis(elapsed),
            bytes_in: passed,
            bytes_out: passed,
            waits: Waits::default(),
            phase: Phase::Moving,
            still: Duration::ZERO,
            links: Vec::new(),
            stages: Vec::new(),
            sinks: Vec::new(),
            ends: PerEnd::default(),
        };
        Sampler::new(Some(size)).sample(now)
    };
    let gib = 1 << 30;
    let table = [
        (after(gib - 1, gib, 1000), "1023.99 MiB of 1 GiB (99%)"),
        (after(gib / 4 * 3 - 1, gib, 1000), "768 MiB of 1 GiB (75%)"),
        (after(gib, gib, 1000), "1 GiB of 1 GiB (100%)"),
        (after((1 << 20) - 1, 1 << 30, 1000), "1 MiB of 1 GiB (0%)"),
        (after(1023, 1024, 1000), "1023 B of 1 KiB (99%)"),
    ];
    for (sample, expected) in table {
        let line = status(&sample);
        assert!(line.starts_with(expected), "{line}");
    }
    let mut working = after(1000, 1000, 1000).now;
    working.stages = vec![StageSnapshot {
        name: "xz",
        bytes_in: 1000,
        bytes_out: 0,
        lines: None,
        blamed: Duration::ZERO,
    }];
    working.bytes_out = 0;
    let line = status(&Sampler::new(Some(1000)).sample(working));
    assert!(
        line.starts_with("999 B of 1000 B (99%) -> 0 B (0.0%), "),
        "{line}"
    );
    assert!(!line.contains("ETA"), "{line}");
}
