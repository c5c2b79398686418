//! What a picture says in words: each thing once, and what it cannot draw.

use super::runs::{self, Moment, Run};
use super::tests::{html, parse, svg, values};
use super::text::together;
use crate::transform::Digest;
use std::time::Duration;

/// The texts of a picture, in their order.
fn texts(picture: &str, class: &str) -> Vec<String> {
    let document = parse(picture);
    let texts = document.descendants().filter(|it| it.has_tag_name("text"));
    let texts = texts.filter(|it| it.attribute("class") == Some(class));
    texts.filter_map(|it| Some(it.text()?.to_owned())).collect()
}

#[test]
fn the_head_is_the_first_line_of_the_summary_and_no_number_says_it_again() {
    let run = runs::slow_sink();
    let finished = run.finished();
    let (picture, page) = (svg(&finished), html(&finished));
    let first = together(&finished.sentences()[0]);
    assert_eq!(texts(&picture, "sentence").concat(), first);
    assert_eq!(page.matches(r#"<p class="told">"#).count(), 1);
    assert!(page.contains(&format!(r#"<p class="told">{first}</p>"#)));
    let names = texts(&picture, "name");
    let said = ["time", "average", "delivered", "where the time went"];
    assert!(said.iter().all(|it| !names.contains(&(*it).to_owned())));
    let failed = texts(&svg(&runs::disk_full().finished()), "name");
    assert!(
        ["time", "average"]
            .iter()
            .all(|it| failed.contains(&(*it).to_owned()))
    );
}

#[test]
fn digests_stand_below_the_first_line_of_the_summary() {
    let run = runs::slow_sink();
    let digests = [Digest {
        algorithm: "sha256",
        hex: "0f".repeat(32),
    }];
    let mut finished = run.finished();
    finished.ending.digests = &digests;
    let told = texts(&svg(&finished), "sentence");
    assert_eq!(told.last(), Some(&format!("sha256 {}", "0f".repeat(32))));
    assert!(html(&finished).contains(&format!(">sha256 {}<", "0f".repeat(32))));
}

#[test]
fn a_transfer_too_short_to_draw_says_so() {
    let note = "Too short to draw over time: less than 0.1 s";
    let lasting = |millis| Run::of(Duration::from_millis(millis), 9, |_| Moment::moving(1e6));
    for (run, is_short) in [
        (runs::tiny(), true),
        (lasting(99), true),
        (lasting(100), false),
        (runs::never_open(), false),
    ] {
        let finished = run.finished();
        let (svg, page) = (svg(&finished), html(&finished));
        assert_eq!(texts(&svg, "too-short"), vec![note; usize::from(is_short)]);
        assert_eq!(page.matches(note).count(), 2 * usize::from(is_short));
        assert!(!is_short || !svg.contains("data-panel") && values(&page).is_none());
    }
}

#[test]
fn a_key_says_over_what_a_mean_is_taken() {
    let page = html(&runs::limited().finished());
    assert_eq!(
        page.matches(">mean over 2.97 s<").count(),
        2,
        "of both charts"
    );
    assert_eq!(values(&page).unwrap()["mean_name"], "mean over 2.97 s");
    assert!(page.contains(">mean over 0.33 s<") && !page.contains(">mean<"));
}
