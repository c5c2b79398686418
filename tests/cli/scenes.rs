//! The scenes that people meet at a terminal, each on screens of four widths; and the questions that someone has who knows pv and
//! has read nothing about this program, with the words on the screen that answer them.

use crate::insight::slow_reader;
use crate::screen::{CTRL_C, Ended, Screen};
use crate::tide::{Scratch, noise};
use crate::view::View;
use std::cell::RefCell;

const WIDTHS: [u16; 4] = [60, 80, 100, 120];

/// Where the fills of the last seconds are drawn beside its rates.
const WIDE: u16 = 100;

const MIB: usize = 1 << 20;

/// A question, the scene that answers it, and the words that do. Of words with `|` between them one is enough: there is less
/// room on a narrow screen.
type Question = (&'static str, &'static str, &'static [&'static str]);

/// The key to the ten questions.
const QUESTIONS: [Question; 10] = [
    (
        "Which side is slow?",
        "sending",
        &["slow: the remote reader ("],
    ),
    (
        "How long will it take, and how long has it taken?",
        "throttled",
        &["ETA 0:", "time 0:"],
    ),
    (
        "Is it stuck, on whom, and for how long?",
        "stalled",
        &["stalled for 0:0", "waiting for the sink"],
    ),
    (
        "What does the limit do?",
        "throttled",
        &[
            "limit 1 MiB/s|slow: the rate limit (",
            "1.00 MiB/s|1 MiB/s| KiB/s",
        ],
    ),
    (
        "How full are the buffers, and how often was the source held up?",
        "throttled",
        &["source →", "[██|[█", "paused|flowing", " pauses, |p "],
    ),
    (
        "Can I use the copy, now that I have interrupted it?",
        "interrupted",
        &["interrupted: ", "copy is incomplete"],
    ),
    (
        "Which stage is slow, and how much has come of how much?",
        "transforms",
        &["slow: exec (", "exec →|exec", "%"],
    ),
    (
        "Why does nothing move, and what lets it go on?",
        "told to pause",
        &["PAUSED by --tell", "--tell ctl resume"],
    ),
    (
        "What does it do before anyone has connected?",
        "listening",
        &["waiting for a connection on 127.0.0.1:", " s so far"],
    ),
    (
        "Who sends to whom?",
        "receiving",
        &["tcp-listen://", "(127.0.0.1:", "→ got"],
    ),
];

/// Screens of these widths on which the same line runs, each in a directory of its own.
struct Scene(Vec<Place>);

struct Place {
    columns: u16,
    it: Scratch,
    screen: Screen,
}

impl Scene {
    /// A shell runs `line`, where there is a file of 8 MiB with the name `disk`. `$SINK` is what `sink` comes to.
    fn new(line: &str, sink: impl Fn() -> String) -> Self {
        let places = WIDTHS.map(|columns| {
            let it = Scratch::new();
            it.write("disk", noise(8 * MIB));
            let screen = it.sh(line).env("SINK", sink()).on_screen(columns, 20);
            Place {
                columns,
                it,
                screen,
            }
        });
        Self(places.into())
    }

    fn of(line: &str) -> Self {
        Self::new(line, String::new)
    }

    /// Waits on every screen until `fits`, and until everything is answered that is asked about a scene of this name.
    #[track_caller]
    fn shows(&self, name: &str, fits: impl Fn(&View) -> bool) -> Vec<(u16, View)> {
        let answers = |view: &View| fits(view) && unanswered(name, &view.rows()).is_none();
        let views = self.0.iter();
        let views = views.map(|it| (it.columns, it.screen.until(name, answers)));
        views.collect()
    }

    /// ^C on every screen. What had been drawn was never wider than the screen, nor is what is said in the end. A frame under way is
    /// cut by the `^C`: the terminal drops what it has not shown yet (termios(3), `NOFLSH`), line ends too.
    #[track_caller]
    fn interrupted(self) -> Vec<(u16, Ended)> {
        for place in &self.0 {
            place.screen.keys(CTRL_C);
        }
        let ended = self.0.into_iter().map(|place| {
            let ended = place.screen.done();
            let ended = ended.always("within the width", |it| !it.wraps() || it.has("^C"));
            let lines = ended.view.lines().into_iter();
            let mut said =
                lines.filter_map(|it| Some(it.get(it.find("tidegate: ")?..)?.to_owned()));
            assert!(
                said.all(|it| it.chars().count() <= place.columns.into()),
                "{ended:?}"
            );
            (place.columns, ended)
        });
        ended.collect()
    }
}

/// The question that is asked about a scene and that these rows do not answer.
fn unanswered(scene: &str, rows: &[String]) -> Option<&'static str> {
    let has = |words: &str| {
        words
            .split('|')
            .any(|it| rows.iter().any(|row| row.contains(it)))
    };
    let mut asked = QUESTIONS.iter().filter(|(_, of, _)| *of == scene);
    let unanswered = asked.find(|(.., words)| !words.iter().all(|it| has(it)));
    unanswered.map(|(question, ..)| *question)
}

/// The row that begins with this.
#[track_caller]
fn row(view: &View, begin: &str) -> String {
    let rows = view.rows();
    let found = rows.iter().find(|row| row.trim_start().starts_with(begin));
    found
        .unwrap_or_else(|| panic!("no {begin} in\n{view:?}"))
        .clone()
}

/// Whether a row of the last seconds tells of buffers too, on either side.
fn has_fills(past: &str) -> bool {
    past.contains("  read ") || past.contains("write ")
}

/// Names, then progress, then every buffer with its state and counts, then the verdict, then the last seconds: on every screen.
#[track_caller]
fn is_laid_out((columns, view): &(u16, View), from: &str, to: &str) {
    let rows = view.rows();
    assert!(
        rows[0].starts_with(from) && rows[0].ends_with(to),
        "{view:?}"
    );
    assert!(
        rows[1].contains("time ") && rows[1].contains("/s"),
        "{view:?}"
    );
    let buffer = row(view, "source →");
    assert!(buffer.contains('[') && buffer.contains("→ "), "{view:?}");
    assert!(
        ["paused", "flowing", "idle"]
            .iter()
            .any(|it| buffer.contains(it)),
        "{view:?}"
    );
    let is_told = buffer.contains(" pause") && buffer.contains(" drain");
    let is_told_briefly = *columns < 80 && buffer.ends_with('d') && buffer.contains("p ");
    assert!(is_told || is_told_briefly, "{view:?}");
    if view.has("  rate ") {
        let is_wide = has_fills(&row(view, "last "));
        assert_eq!(is_wide, *columns >= WIDE, "{view:?}");
    }
}

#[test]
fn a_copy_at_full_speed_leaves_a_line_that_tells_of_no_pauses() {
    for place in Scene::of("$T disk copy").0 {
        let ended = place.screen.done().exits(0);
        let lines = ended.view.lines();
        assert!(lines[0].starts_with("tidegate: 8 MiB in "), "{ended:?}");
        assert!(
            lines[0].ends_with(", written") && lines.len() == 1,
            "{ended:?}"
        );
    }
}

#[test]
fn a_throttled_copy_tells_its_limit_and_an_interrupted_one_what_is_left() {
    let scene = Scene::of("exec $T -L 1M -H 256K disk copy");
    for seen in scene.shows("throttled", |view| view.has("  rate ")) {
        is_laid_out(&seen, "disk →", "→ copy");
    }
    for (columns, ended) in scene.interrupted() {
        let ended = ended.exits(130).leaves_the_cursor_below();
        let unanswered = unanswered("interrupted", &[ended.view.lines().join(" ")]);
        assert_eq!(unanswered, None, "{columns}: {ended:?}");
        assert!(ended.view.lines().len() <= 4, "{columns}: {ended:?}");
    }
}

#[test]
fn a_pipeline_says_that_its_reader_is_slow() {
    let scene = Scene::of("$T disk | $T -q -L 1M - null:");
    for seen in scene.shows("pipeline", |view| view.has("slow: the pipe's reader (")) {
        is_laid_out(&seen, "disk →", "→ stdout");
    }
    scene.interrupted();
}

#[test]
fn of_two_in_a_pipeline_one_draws_and_both_are_summed_up() {
    let scene = Scene::of("$T disk | $T -L 3M - null:");
    scene.shows("two", |view| view.has("time 0:"));
    for place in scene.0 {
        let ended = place
            .screen
            .done()
            .exits(0)
            .always("one at a time", |view| {
                let rows = view.rows();
                rows.iter().filter(|row| row.contains("time 0:")).count() <= 1
            });
        let said = ended.view.lines().join(" ");
        assert_eq!(said.matches("8 MiB in ").count(), 2, "{ended:?}");
        let of_first = said.contains("disk -> stdout: 8 MiB in ");
        assert!(
            of_first || said.contains("stdin -> null: 8 MiB in "),
            "{ended:?}"
        );
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_sender_shows_its_peer_and_its_queue() {
    let peers = RefCell::new(Vec::new());
    let scene = Scene::new("exec $T disk $SINK", || {
        let (peer, sink) = slow_reader();
        peers.borrow_mut().push(peer);
        sink
    });
    for seen in scene.shows("sending", |view| view.has("send queue")) {
        is_laid_out(&seen, "disk →", "");
        assert!(seen.1.rows()[0].contains("→ tcp://127.0.0.1:"), "{seen:?}");
    }
    scene.interrupted();
}

#[test]
#[cfg(target_os = "linux")]
fn a_receiver_says_that_it_waits_and_then_from_whom_it_gets() {
    let scene = Scene::of("exec $T tcp-listen://127.0.0.1:0#rcvbuf=64K got");
    let views = scene.shows("listening", |view| !view.has(", 0 s so far"));
    let senders = scene.0.iter().zip(&views).map(|(place, (_, view))| {
        let rows = view.rows();
        let address = rows
            .iter()
            .find_map(|row| row.strip_prefix("listening on "));
        let sink = format!("tcp://{}", address.expect("an address"));
        place.it.tide(["-q", "-L", "1M", "zero:", &sink]).start()
    });
    let senders: Vec<_> = senders.collect();
    for (columns, view) in scene.shows("receiving", |view| view.has("slow: the remote sender (")) {
        let mut rows = view.rows();
        // The line that scripts wait for stands above the rows.
        assert!(
            rows.remove(0).starts_with("listening on 127.0.0.1:"),
            "{view:?}"
        );
        assert!(
            rows[0].starts_with("tcp-listen://127.0.0.1") && rows[0].ends_with("→ got"),
            "{columns}: {view:?}"
        );
        assert!(view.has("receive queue"), "{columns}: {view:?}");
    }
    for (columns, ended) in scene.interrupted() {
        let since = ended
            .raw
            .split_once("waiting for a connection")
            .map(|it| it.1);
        let waiting = since.and_then(|it| it.split_once("receive queue"));
        let waiting = waiting.expect("a wait and then bytes").0;
        // What is drawn there is drawn over, and erased only once it is over.
        let erased = waiting.matches("\r\u{1b}[J").count();
        assert!(erased <= 1, "{columns}: {ended:?}");
    }
    drop(senders);
}

#[test]
fn a_stall_says_for_how_long_and_on_whom() {
    let scene = Scene::of("exec $T 'zero:#size=8M' 'null:#stall=2M:1h'");
    for seen in scene.shows("stalled", |_| true) {
        is_laid_out(&seen, "zero:#size=8M →", "→ null:#stall=2M:1h");
    }
    scene.interrupted();
}

#[test]
fn a_source_that_gives_nothing_leaves_the_buffers_idle() {
    let scene = Scene::of("(printf x; exec sleep 600) | $T - null:");
    for seen in scene.shows("idle", |view| view.has("idle") && view.has("stalled for")) {
        is_laid_out(&seen, "stdin →", "→ null:");
        assert!(
            !seen.1.has("flowing") && seen.1.has("waiting for whoever writes into the pipe"),
            "{seen:?}"
        );
    }
    scene.interrupted();
}

#[test]
fn a_pause_that_was_told_says_how_it_goes_on() {
    let scene = Scene::of("exec $T --control ctl zero: 'null:#rate=2M'");
    scene.shows("drawn", |view| view.has("time 0:"));
    for place in &scene.0 {
        place.it.tide(["--tell", "ctl", "pause"]).run().exits(0);
    }
    for seen in scene.shows("told to pause", |_| true) {
        is_laid_out(&seen, "zero: →", "→ null:#rate=2M");
    }
    scene.interrupted();
}

#[test]
fn three_transforms_have_a_row_for_each_buffer_between_them() {
    let scene = Scene::of("exec $T -t lines -t \"exec=$T -q -L 1M -\" -t base64 disk null:");
    for (columns, view) in scene.shows("transforms", |view| view.has("exec")) {
        for between in ["source →", "lines →", "exec →", "base64 →"] {
            let row = row(&view, between);
            assert!(row.contains('['), "{columns}: {view:?}");
        }
    }
    scene.interrupted();
}
