//! `--plot`: the pictures as a real browser shows them.

use crate::browser::Browser;
use crate::peer::last_record;
use crate::tide::Scratch;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// One that has to be broken into lines, and is no markup.
const LABEL: &str =
    "nightly & <b>weekly</b>: what the people of the third floor call it, and those of the fourth";

/// Draws a transfer that a slow sink holds up for a second or so, and opens the picture.
fn drawn(scratch: &Scratch, name: &str) -> Option<Browser> {
    let files = ["--plot", name, "--stats", "stats", "-N", LABEL];
    let ends = ["--road", "buffered", "zero:#size=4M", "null:#rate=4M"];
    scratch.tide(files.iter().chain(&ends)).run().exits(0);
    let browser = Browser::start(scratch)?;
    browser.open(&scratch.path(name));
    Some(browser)
}

fn number(it: &Value) -> f64 {
    it.as_f64().unwrap_or_else(|| panic!("{it}"))
}

/// A number with a unit, as it is written for people.
fn bytes(text: &str) -> f64 {
    let text = text.trim_end_matches("/s");
    let (number, unit) = text.split_once(' ').expect("a unit");
    let power = ["B", "KiB", "MiB", "GiB"].iter().position(|it| *it == unit);
    let power = i32::try_from(power.expect("a unit")).expect("few units");
    number.parse::<f64>().expect("a number") * 1024f64.powi(power)
}

/// What runs out of its picture or off the screen, of what is to be seen at all.
const OUTSIDE: &str = r#"
    const width = document.documentElement.clientWidth;
    const seen = Array.from(document.querySelectorAll("body *, svg text"));
    const out = [];
    if (document.documentElement.scrollWidth > width) out.push("the page: " + document.documentElement.scrollWidth);
    for (const it of seen) {
        if (it.closest(".unseen, defs, script, style, clipPath")) continue;
        const box = it.getBoundingClientRect();
        if (box.width === 0 && box.height === 0) continue;
        const picture = it.closest("svg");
        const frame = picture ? picture.getBoundingClientRect() : { left: 0, right: width };
        if (box.left < frame.left - 1.5 || box.right > frame.right + 1.5) {
            out.push(it.tagName + " " + it.textContent.slice(0, 60) + " " + box.left + " to " + box.right);
        }
    }
    return out;
"#;

/// The names of the panels to be seen, and whether all of them have a size.
const PANELS: &str = r#"
    const shown = Array.from(document.querySelectorAll("svg")).filter(it => it.getBoundingClientRect().width > 0);
    const panels = shown.flatMap(it => Array.from(it.querySelectorAll("g.panel")));
    return panels.map(it => {
        const box = it.getBoundingClientRect();
        const lines = Array.from(it.querySelectorAll("path")).map(it => it.getBoundingClientRect());
        return [it.dataset.panel, Math.min(box.width, box.height, lines.length)];
    });
"#;

#[test]
fn a_page_is_whole_on_wide_and_narrow_screens_and_asks_for_nothing() {
    let scratch = Scratch::new();
    let Some(browser) = drawn(&scratch, "run.html") else {
        return;
    };
    for width in [1200, 900, 400, 320] {
        browser.widen(width);
        assert_eq!(browser.ask(OUTSIDE), json!([]), "at {width}");
        let panels = browser.ask(PANELS);
        let panels = panels.as_array().expect("panels");
        let names: BTreeSet<_> = panels.iter().filter_map(|it| it[0].as_str()).collect();
        let expected = ["phases", "rate", "readable", "writable"];
        assert_eq!(names, BTreeSet::from(expected), "at {width}");
        assert_eq!(panels.len(), expected.len(), "at {width}");
        assert!(panels.iter().all(|it| number(&it[1]) > 1.0), "{panels:?}");
    }
    let title = browser.ask("return document.querySelector('h1').textContent");
    let expected = format!("{LABEL}: zero:#size=4M → null:#rate=4M");
    assert_eq!(title, expected.as_str());
    assert_eq!(browser.complaints(), Vec::<String>::new());
    let requests = browser.requests();
    assert_eq!(requests.len(), 1, "{requests:?}");
    assert!(requests[0].ends_with("/run.html\""), "{requests:?}");
}

/// What is told of a moment: its time and the rows, by name.
fn told(browser: &Browser) -> Option<(String, Vec<(String, String)>)> {
    let told = browser.ask(
        r#"
        const tip = document.querySelector(".tip");
        if (tip.hidden || tip.getBoundingClientRect().width === 0) return null;
        const rows = Array.from(tip.querySelectorAll("div"));
        return [tip.querySelector("b").textContent, rows.map(it => Array.from(it.children).map(it => it.textContent))];
    "#,
    );
    let time = told[0].as_str()?.to_owned();
    let rows = told[1].as_array().expect("rows").iter().map(|row| {
        let text = |n: usize| row[n].as_str().expect("a text").to_owned();
        (text(0), text(1))
    });
    Some((time, rows.collect()))
}

/// The values that a page has in it.
fn values(browser: &Browser) -> Value {
    browser.ask("return JSON.parse(document.querySelector('.values').textContent)")
}

#[test]
fn pointing_at_a_moment_tells_its_values() {
    let scratch = Scratch::new();
    let Some(browser) = drawn(&scratch, "run.html") else {
        return;
    };
    browser.widen(1200);
    let values = values(&browser);
    let (count, elapsed) = (number(&values["count"]), number(&values["elapsed"]));
    let rates: Vec<_> = values["rate"].as_array().expect("rates").iter().collect();
    let end = last_record(&scratch, "stats");
    assert!((elapsed - number(&end["elapsed_s"])).abs() < 1e-3);
    let drawn: f64 = rates.iter().map(|it| number(it) * elapsed / count).sum();
    assert!(
        (drawn / number(&end["bytes_out"]) - 1.0).abs() < 1e-3,
        "{drawn}"
    );

    assert_eq!(told(&browser), None);
    let places = browser.ask(
        r#"
        const svg = document.querySelector("svg.wide");
        const box = svg.getBoundingClientRect();
        const scale = box.width / svg.viewBox.baseVal.width;
        return [box.left + svg.dataset.from * scale, svg.dataset.span * scale, box.top + box.height / 3];
    "#,
    );
    let (left, span, y) = (number(&places[0]), number(&places[1]), number(&places[2]));
    for stretch in [0usize, 50, 143, 287] {
        #[expect(clippy::cast_precision_loss, reason = "few stretches")]
        let middle = (stretch as f64 + 0.5) / count;
        let place = json!({ "type": "mouseMoved", "x": left + span * middle, "y": y });
        browser.tool("Input.dispatchMouseEvent", &place);
        let (time, rows) = told(&browser).expect("values");
        let time: f64 = time.trim_end_matches(" s").parse().expect("seconds");
        assert!((time - middle * elapsed).abs() < 0.006, "{time}");
        let row = |name: &str| {
            let row = rows.iter().find(|(it, _)| it == name);
            &row.unwrap_or_else(|| panic!("no {name}: {rows:?}")).1
        };
        let (rate, expected) = (bytes(row("rate")), number(rates[stretch]));
        assert!(
            (rate - expected).abs() <= expected * 0.005 + 1.0,
            "{rate} {expected}"
        );
        assert!(row("writing side").ends_with(" of 1 MiB"));
        assert!(
            ["yes", "no"].contains(&row("source paused").as_str())
                || row("source paused").ends_with('%')
        );
        assert_eq!(browser.ask(OUTSIDE), json!([]));
    }
    let (_, rows) = told(&browser).expect("values");
    assert!(rows.len() > 5, "{rows:?}");
}

#[test]
fn keys_and_fingers_walk_through_the_moments() {
    let scratch = Scratch::new();
    let Some(browser) = drawn(&scratch, "run.html") else {
        return;
    };
    browser.widen(400);
    let press = |key: &str| {
        for kind in ["keyDown", "keyUp"] {
            browser.tool(
                "Input.dispatchKeyEvent",
                &json!({ "type": kind, "key": key }),
            );
        }
        told(&browser).map(|(time, _)| time)
    };
    browser.ask("document.querySelector('.picture').focus()");
    let first = press("Home").expect("the first moment");
    let second = press("ArrowRight").expect("the next moment");
    browser.widen(1200);
    assert_eq!(told(&browser).map(|(time, _)| time), Some(second.clone()));
    assert_eq!(browser.ask(OUTSIDE), json!([]));
    browser.widen(400);
    let last = press("End").expect("the last moment");
    assert_eq!(press("ArrowRight"), Some(last.clone()));
    let times = [&first, &second, &last]
        .map(|it| it.trim_end_matches(" s").parse::<f64>().expect("seconds"));
    assert!(times.is_sorted() && times[0] < times[2], "{times:?}");
    assert_eq!(press("Escape"), None);
    let touch = json!({ "type": "touchStart", "touchPoints": [{ "x": 200, "y": 400 }] });
    browser.tool("Input.dispatchTouchEvent", &touch);
    assert!(told(&browser).is_some());
    assert_eq!(browser.ask(OUTSIDE), json!([]));
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn each_of_two_directions_tells_its_own_values() {
    let scratch = Scratch::new();
    let ends = ["exec:sleep 0.4", "exec:sleep 0.4"];
    let flags = ["--duplex", "--plot", "run.html"];
    scratch.tide(flags.iter().chain(&ends)).run().exits(0);
    let Some(browser) = Browser::start(&scratch) else {
        return;
    };
    browser.open(&scratch.path("run.html"));
    let shown = "return Array.from(document.querySelectorAll('.tip'), it => !it.hidden)";
    for (place, expected) in [(0, [true, false]), (1, [false, true])] {
        browser.ask(&format!(
            "document.querySelectorAll('.picture')[{place}].focus()"
        ));
        let key = json!({ "type": "keyDown", "key": "Home" });
        browser.tool("Input.dispatchKeyEvent", &key);
        assert_eq!(browser.ask(shown), json!(expected));
    }
    for width in [1200, 400] {
        browser.widen(width);
        assert_eq!(browser.ask(OUTSIDE), json!([]), "at {width}");
    }
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

/// Colours as numbers from 0 to 255, and the least ratio there must be to the paper.
const COLOURS: &str = r#"
    const shown = it => it.getBoundingClientRect().width > 0;
    const colour = (selector, property) => {
        const it = Array.from(document.querySelectorAll(selector)).find(shown);
        return it ? getComputedStyle(it)[property].match(/[\d.]+/g).slice(0, 3).map(Number) : null;
    };
    return {
        paper: colour("body, rect.paper", document.body ? "backgroundColor" : "fill"),
        found: [
            [4.5, colour("h1, text.title", document.body ? "color" : "fill")],
            [4.5, colour("td, text.value", document.body ? "color" : "fill")],
            [4.5, colour("text.axis", "fill")],
            [4.5, colour("text.verdict", "fill")],
            [3, colour("g.panel path.line", "stroke")],
            [3, colour("path.average", "stroke")],
            [3, colour("rect.sink", "fill")],
            [3, colour("rect.moving", "fill")],
        ],
    };
"#;

/// How light a colour is, as WCAG has it.
fn luminance(colour: &Value) -> f64 {
    let parts = colour.as_array().expect("a colour").iter().map(|part| {
        let part = number(part) / 255.0;
        if part <= 0.04045 {
            part / 12.92
        } else {
            ((part + 0.055) / 1.055).powf(2.4)
        }
    });
    parts
        .zip([0.2126, 0.7152, 0.0722])
        .map(|(part, weight)| part * weight)
        .sum()
}

#[test]
fn pictures_are_to_be_read_in_the_light_and_in_the_dark() {
    let scratch = Scratch::new();
    let Some(browser) = drawn(&scratch, "run.html") else {
        return;
    };
    scratch
        .tide([
            "-N",
            LABEL,
            "--plot",
            "run.svg",
            "zero:#size=1M",
            "null:#rate=4M",
        ])
        .run()
        .exits(0);
    for file in ["run.html", "run.svg"] {
        browser.open(&scratch.path(file));
        browser.widen(1200);
        let mut seen = Vec::new();
        for scheme in ["light", "dark"] {
            let feature = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
            browser.tool(
                "Emulation.setEmulatedMedia",
                &json!({ "features": feature }),
            );
            let colours = browser.ask(COLOURS);
            let paper = luminance(&colours["paper"]);
            for row in colours["found"].as_array().expect("colours") {
                let colour = luminance(&row[1]);
                let ratio = (paper.max(colour) + 0.05) / (paper.min(colour) + 0.05);
                assert!(ratio >= number(&row[0]), "{file}, {scheme}: {ratio} {row}");
            }
            seen.push(colours);
        }
        let (light, dark) = (luminance(&seen[0]["paper"]), luminance(&seen[1]["paper"]));
        assert!(light > 0.9 && dark < 0.05, "{file}: {light}, {dark}");
        assert_ne!(seen[0]["found"], seen[1]["found"], "{file}");
        assert_eq!(
            browser.ask(
                OUTSIDE
                    .replace("document.documentElement.clientWidth", "innerWidth")
                    .as_str()
            ),
            json!([]),
            "{file}"
        );
    }
}

#[test]
fn an_svg_is_an_image() {
    let scratch = Scratch::new();
    let Some(browser) = drawn(&scratch, "run.svg") else {
        return;
    };
    let page = scratch.write("page.html", "<!DOCTYPE html><img src=\"run.svg\">");
    browser.open(&page);
    let size = browser.ask(
        "const it = document.images[0]; return [it.complete, it.naturalWidth, it.naturalHeight]",
    );
    assert_eq!(size[0], true);
    assert!(
        number(&size[1]) > 900.0 && number(&size[2]) > 500.0,
        "{size}"
    );
    assert_eq!(browser.complaints(), Vec::<String>::new());
}
