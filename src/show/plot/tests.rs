//! What a picture must be, whatever it is of.

use super::super::{Direction, Finished};
use super::runs::{self, MIB, Moment, Run};
use super::text::clean;
use crate::account::phase::{Phase, Waits};
use crate::account::recording::{Level, Recording, Sampled};
use crate::account::span::Span;
use crate::engine::link::{LinkState, PauseTotals};
use crate::error::Side;
use proptest::prelude::*;
use roxmltree::{Document, Node, ParsingOptions};
use serde_json::Value;
use std::collections::BTreeSet;
use std::time::Duration;

/// No picture is larger, in bytes.
const MOST: usize = 300 << 10;

/// The only address in a picture, which is that of nothing to be fetched.
const XMLNS: &str = "http://www.w3.org/2000/svg";

/// The document of one direction.
pub(super) fn svg(it: &Finished<'_>) -> String {
    super::svg(&[*it]).unwrap()
}

/// The page of one direction.
pub(super) fn html(it: &Finished<'_>) -> String {
    super::html(&[*it]).unwrap()
}

/// A page without its scripts, which are no XML.
fn without_scripts(page: &str) -> String {
    let mut parts = page.split("<script");
    let mut kept = parts.next().unwrap().to_owned();
    for part in parts {
        kept += part.split_once("</script>").unwrap().1;
    }
    kept
}

pub(super) fn parse(text: &str) -> Document<'_> {
    let options = ParsingOptions {
        allow_dtd: true,
        ..ParsingOptions::default()
    };
    Document::parse_with_options(text, options).unwrap_or_else(|why| panic!("{why}: {text}"))
}

/// The values behind the drawing of a page.
pub(super) fn values(page: &str) -> Option<Value> {
    let (_, rest) = page.split_once(r#"class="values">"#)?;
    serde_json::from_str(rest.split_once("</script>")?.0).unwrap()
}

fn ids(document: &Document<'_>) -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    for id in document.descendants().filter_map(|it| it.attribute("id")) {
        assert!(ids.insert(id.to_owned()), "{id} stands twice");
    }
    ids
}

/// What holds of every picture.
fn assert_sound(picture: &str, of: &str) {
    assert!(picture.len() < MOST, "{of}: {} bytes", picture.len());
    assert!(!picture.contains("NaN"), "{of}");
    let text = without_scripts(picture);
    let document = parse(&text);
    ids(&document);
    for node in document.descendants() {
        for attribute in node.attributes() {
            let value = attribute.value();
            assert!(!value.contains("inf"), "{of}: {attribute:?}");
            assert!(!value.contains("://") || node.has_tag_name("svg"), "{of}");
            let is_a_place = matches!(attribute.name(), "x" | "y" | "width" | "height");
            let is_outside = value.parse::<f64>().is_ok_and(|it| it < 0.0);
            assert!(!(is_a_place && is_outside), "{of}: {node:?}");
        }
        for name in ["href", "src"] {
            assert_eq!(node.attribute(name), None, "{of}");
        }
    }
    let css = text.split("<style>").nth(1).unwrap();
    let css = css.split("</style>").next().unwrap();
    assert!(!css.contains("@import") && !css.contains("url("), "{of}");
}

fn assert_all_sound(run: &Run, of: &str) {
    let it = run.finished();
    let (svg, html) = (svg(&it), html(&it));
    assert_sound(&svg, of);
    assert_sound(&html, of);
    assert!(!svg.contains("<script"), "{of}");
    assert_eq!(
        parse(&svg).root_element().tag_name().namespace(),
        Some(XMLNS)
    );
}

#[test]
fn both_directions_stand_one_below_the_other_under_their_ends() {
    let (slow, fast) = (runs::slow_sink(), runs::limited());
    let there = Finished {
        direction: Some(Direction::There),
        ..slow.finished()
    };
    let back = Finished {
        direction: Some(Direction::Back),
        source: there.sink,
        sink: there.source,
        ..fast.finished()
    };
    let both = [there, back];
    for picture in [super::svg(&both), super::html(&both)].map(Option::unwrap) {
        assert_sound(&picture, "both directions");
        let headings = [
            clean(&format!("{} ↔ {}", there.source, there.sink)),
            clean(&format!("{} → {}", there.source, there.sink)),
            clean(&format!("{} → {}", back.source, back.sink)),
        ];
        let text = without_scripts(&picture);
        let document = parse(&text);
        let texts: Vec<_> = document
            .descendants()
            .filter(Node::is_element)
            .map(|it| {
                let texts = it.descendants().filter(Node::is_text);
                texts.filter_map(|it| it.text()).collect::<String>()
            })
            .collect();
        let places = headings.map(|heading| {
            let place = texts.iter().position(|it| *it == heading);
            place.unwrap_or_else(|| panic!("no {heading}"))
        });
        assert!(places.is_sorted(), "{places:?}");
        let charts = picture.matches("data-panel=\"rate\"").count();
        let values = picture.matches(r#"class="values">"#).count();
        assert!([(2, 0), (4, 2)].contains(&(charts, values)), "{charts}");
    }
}

#[test]
fn pictures_are_well_formed_small_and_need_nothing_else() {
    for (name, run) in runs::all() {
        assert_all_sound(&run, name);
    }
}

#[test]
fn there_is_a_panel_for_all_that_was_seen_and_for_nothing_else() {
    let table: [(Run, &[&str]); 6] = [
        (
            runs::slow_sink(),
            &["phases", "rate", "readable", "writable"],
        ),
        (
            runs::stalled(),
            &["behind", "phases", "rate", "readable", "writable"],
        ),
        (runs::kernel(), &["phases", "rate", "writable"]),
        (runs::tiny(), &[]),
        (runs::never_open(), &[]),
        (
            runs::several(3),
            &[
                "phases-1", "phases-2", "phases-3", "rate", "readable", "writable",
            ],
        ),
    ];
    for (run, expected) in table {
        let page = without_scripts(&html(&run.finished()));
        let document = parse(&page);
        for layout in ["wide", "narrow"] {
            let panels = document.descendants().filter_map(|it| it.attribute("id"));
            let panels: BTreeSet<_> = panels
                .filter_map(|id| id.strip_prefix(layout)?.strip_prefix('-'))
                .filter(|id| !["hatch", "panels", "shaded"].contains(id))
                .collect();
            assert_eq!(panels, expected.iter().copied().collect(), "{}", run.sink);
        }
        assert_eq!(
            values(&html(&run.finished())).is_some(),
            !expected.is_empty()
        );
    }
}

#[test]
fn the_values_behind_the_drawing_are_those_of_the_run() {
    let run = runs::bursts();
    let values = values(&html(&run.finished())).unwrap();
    let list = |it: &Value| -> Vec<f64> {
        let list = it.as_array().unwrap().iter();
        list.map(|it| it.as_f64().unwrap()).collect()
    };
    let (count, elapsed) = (
        values["count"].as_u64().unwrap(),
        values["elapsed"].as_f64().unwrap(),
    );
    let rate = list(&values["rate"]);
    assert_eq!((rate.len() as u64, elapsed), (count, 40.0));
    #[expect(clippy::cast_precision_loss, reason = "few bytes")]
    let (bytes, step) = (run.sample.now.bytes_out as f64, elapsed / count as f64);
    let drawn: f64 = rate.iter().map(|rate| rate * step).sum();
    assert!((drawn / bytes - 1.0).abs() < 1e-5, "{drawn} of {bytes}");
    for buffer in values["buffers"].as_array().unwrap() {
        for name in ["mean", "least", "most"] {
            assert_eq!(list(&buffer[name]).len() as u64, count);
        }
        assert_eq!(list(&buffer["mark"]), [1_048_576.0]);
    }
    let phases = values["phases"].as_array().unwrap();
    let shares: Vec<_> = phases.iter().map(|it| list(&it["share"])).collect();
    for n in 0..rate.len() {
        let sum: f64 = shares.iter().map(|share| share[n]).sum();
        assert!((sum - 1.0).abs() < 0.003, "{sum}");
    }
    assert!(
        list(&values["paused"])
            .iter()
            .all(|it| (0.0..=1.0).contains(it))
    );
}

#[test]
fn each_of_several_sinks_has_a_line_with_a_key_and_a_strip_with_its_name() {
    let picture = svg(&runs::several(3).finished());
    let document = parse(&picture);
    let panel = |id: &str| {
        let mut nodes = document.descendants();
        nodes.find(|it| it.attribute("id") == Some(id)).unwrap()
    };
    let writable = panel("wide-writable");
    let texts = writable.descendants().filter(|it| it.has_tag_name("text"));
    let texts: Vec<_> = texts.filter_map(|it| it.text()).collect();
    let expected = [
        "Buffer of the writing side",
        "sink 1",
        "sink 2",
        "sink 3",
        "high-water mark 1 MiB",
    ];
    assert_eq!(texts[..5], expected);
    for class in ["of-sink nth-1", "of-sink nth-2", "of-sink nth-3"] {
        let mut lines = writable
            .children()
            .filter(|it| it.attribute("class") == Some(class));
        assert!(lines.next().is_some() && lines.next().is_none(), "{class}");
    }
    for sink in 1..=3 {
        let strip = panel(&format!("wide-phases-{sink}"));
        let mut texts = strip.descendants().filter_map(|it| it.text());
        let name = format!("Where the time went: sink {sink}");
        assert!(texts.any(|it| it == name), "{name}");
    }
    assert!(picture.contains(">slow: sink 2 (75%)<"));
    assert!(picture.contains(".nth-1 {") && !svg(&runs::slow_sink().finished()).contains("nth-1"));
}

#[test]
fn the_values_of_several_sinks_are_told_with_their_names() {
    let values = values(&html(&runs::several(2).finished())).unwrap();
    let names = |list: &str, name: &str| -> Vec<String> {
        let list = values[list].as_array().unwrap().iter();
        list.map(|it| it[name].as_str().unwrap().to_owned())
            .collect()
    };
    let buffers = [
        "reading side",
        "writing side, sink 1",
        "writing side, sink 2",
    ];
    assert_eq!(names("buffers", "name"), buffers);
    let phases = [
        "sink 1: waiting for the source",
        "sink 1: moving bytes",
        "sink 2: waiting for the sink",
        "sink 2: moving bytes",
    ];
    assert_eq!(names("phases", "words"), phases);
}

#[test]
fn stalls_and_failures_are_written_out() {
    let stalled = svg(&runs::stalled().finished());
    assert!(stalled.contains(">stalled 3.36 s: waiting for the sink<"));
    assert!(stalled.contains(">slow: the remote reader (59%)<"));
    let page = html(&runs::stalled().finished());
    let words = &values(&page).unwrap()["stalls"];
    assert_eq!(words[1], "stalled 3.36 s: waiting for the sink");
    let failed = html(&runs::disk_full().finished());
    assert!(failed.contains("writing to /mnt/backup/disk.img: No space left on device"));
    assert!(failed.contains("failed, exit status 1"));
}

#[test]
fn texts_of_users_are_texts() {
    let hostile = "</title></text><script>alert(1)</script>&amp;\"'\0\x1b[31m\u{202e}\u{ffff}";
    let mut run = runs::slow_sink();
    run.name = Some("<b>&");
    run.source = hostile.to_owned();
    run.sink = format!("file:{}", "W".repeat(100_000));
    let failed = runs::disk_full().failed(Side::Sink, "writing to", hostile, "]]> --> </svg>");
    for run in [run, failed] {
        assert_all_sound(&run, "hostile");
        let picture = html(&run.finished());
        assert!(!picture.contains("<script>alert"));
        let text = without_scripts(&picture);
        let document = parse(&text);
        let told = document.descendants().filter_map(|it| it.text());
        let told: Vec<_> = told.collect();
        let whole = told.concat();
        assert!(
            whole.contains("</title></text><script>alert(1)</script>&amp;\"'\\u0000\\u001b[31m")
        );
        assert!(!whole.contains(['\0', '\x1b', '\u{202e}', '\u{ffff}']));
    }
}

#[test]
fn odd_runs_are_drawn_too() {
    let second = Duration::from_secs(1);
    let nothing = |_| Moment::moving(0.0);
    let mut all = vec![
        ("no looks", Run::of(second, 0, nothing)),
        ("no bytes", Run::of(second, 50, nothing)),
        ("one look", Run::of(second, 1, nothing)),
        ("a nanosecond", Run::of(Duration::from_nanos(1), 1, nothing)),
        (
            "for ever",
            Run::of(Duration::MAX / 8192, 4096, |_| Moment::moving(1.0)),
        ),
    ];
    let mut huge = Run::of(second, 3, nothing);
    for look in &mut huge.recording.samples {
        (look.what.bytes_in, look.what.bytes_out) = (u64::MAX, u64::MAX);
        look.what.readable = Some(Level::new(u64::MAX, Some(u64::MAX)));
        look.what.writables = vec![Level::new(u64::MAX, Some(0))];
        look.what.kernel.source = Some(Level::new(u64::MAX, None));
    }
    huge.limit = Some(u64::MAX);
    huge.sample.now.bytes_out = u64::MAX;
    huge.sample.average = 1e28;
    all.push(("huge", huge));
    let mut moments = Run::of(second, 3, nothing);
    for look in &mut moments.recording.samples {
        look.from = look.to;
    }
    all.push(("looks that took no time", moments));
    let mut changed = Run::of(second, 100, nothing);
    for (n, look) in (0..).zip(&mut changed.recording.samples) {
        look.what.writables = vec![Level::new(MIB, Some(MIB * (1 + n / 50)))];
    }
    let page = html(&changed.finished());
    assert!(page.contains("high-water mark, changed on the way"));
    all.push(("changed marks", changed));
    let late = Run::of(second, 5, nothing).stalled(1.0, 1.0, Phase::Moving);
    all.push(("a stall at the very end", late));
    for (name, run) in all {
        assert_all_sound(&run, name);
    }
}

/// A recording of any kind that keeps its promises: in order, and none later than its end.
fn recording() -> impl Strategy<Value = Recording> {
    let span = (0u64..50_000_000, 0u64..1 << 40, any::<bool>(), 0usize..5);
    prop::collection::vec(span, 0..60).prop_map(|spans| {
        let mut it = Recording {
            phases: vec![Vec::new()],
            ..Recording::default()
        };
        for (length, amount, is_there, phase) in spans {
            let from = it.elapsed;
            let length = Duration::from_nanos(length);
            let to = from + length;
            it.elapsed = to;
            let what = Sampled {
                bytes_in: amount,
                bytes_out: amount / 2,
                readable: is_there.then(|| Level::new(amount, Some(amount / 3))),
                ..Sampled::default()
            };
            it.samples.push(Span { from, to, what });
            let what = Waits::in_one(Phase::ALL[phase], length);
            it.phases[0].push(Span { from, to, what });
            let paused = length / 3;
            let what = PauseTotals {
                pauses: 1,
                drains: 1,
                paused,
            };
            it.pauses.push(Span { from, to, what });
        }
        it
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn any_recording_can_be_drawn(recording in recording()) {
        let mut run = runs::tiny();
        run.sample.now.links[0].state = LinkState::Paused;
        run.recording = recording;
        assert_all_sound(&run, "any");
    }
}

/// To be looked at: every run, in a directory of its reader's choice.
#[test]
fn pictures_can_be_looked_at() {
    let Some(directory) = std::env::var_os("TIDEGATE_TEST_PICTURES") else {
        return;
    };
    for (name, run) in runs::all() {
        let path = |extension: &str| {
            let file = std::path::Path::new(name).with_extension(extension);
            std::path::Path::new(&directory).join(file)
        };
        std::fs::write(path("svg"), svg(&run.finished())).unwrap();
        std::fs::write(path("html"), html(&run.finished())).unwrap();
    }
}
