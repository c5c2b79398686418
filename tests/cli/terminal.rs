//! What a person at a terminal sees of a transfer, and what they are left with.

use crate::screen::{CTRL_C, CTRL_Q, CTRL_S, Ended, Screen};
use crate::tide::Scratch;
use crate::view::View;
use rustix::process::Signal;
use serde_json::Value;
use std::io::Write;
use std::net::TcpListener;
use std::time::Duration;

/// Narrow, wide, and off by one.
const WIDTHS: [u16; 7] = [20, 39, 40, 41, 79, 80, 200];

/// The most rows that a live display takes.
const MOST: usize = 6;

/// Half a second that takes a while to be written.
const SLOW: &str = "zero:#size=500K null:#rate=1M";

/// A transfer that never ends, and is not summed up when it is made to.
const ENDLESS: &str = "--summary never zero: null:#rate=1M";

/// Runs the line on a screen on which two lines stand already.
fn below_two_lines(it: &Scratch, line: &str, (columns, rows): (u16, u16)) -> Screen {
    let line = format!("printf 'one\\ntwo\\n'; {line}");
    it.sh(&line).on_screen(columns, rows)
}

/// Waits for the live display below the two lines.
#[track_caller]
fn drawing(screen: &Screen) -> View {
    screen.until("a live display", |view| view.height() > 2 && view.has("/s"))
}

/// The display has always kept to its rows, below lines that it never touched.
#[track_caller]
fn kept_to_its_place(ended: Ended) -> Ended {
    ended
        .always("within its rows", |view| {
            view.height() <= 2 + MOST && !view.wraps()
        })
        .always("below what stood there", |view| {
            let rows = view.rows();
            ["", "one"].contains(&rows[0].as_str()) && ["", "two"].contains(&rows[1].as_str())
        })
        .once("drawn", |view| view.height() > 2)
}

#[test]
fn a_person_watches_a_live_display_and_is_left_with_the_summary() {
    let it = Scratch::new();
    let watched = it
        .tide(["zero:#size=8M", "null:#rate=8M"])
        .on_screen(80, 24);
    watched.until("backpressure", |view| view.has("paused") && view.has("%"));
    let ended = watched.done().exits(0).leaves_the_cursor_below();
    let lines = ended.view.lines();
    let said = lines.concat();
    let (numbers, verdict) = said.split_once("tidegate: slow: ").expect("a verdict");
    assert!(numbers.starts_with("tidegate: 8 MiB in "), "{ended:?}");
    assert!(numbers.ends_with("MiB/s, written"), "{ended:?}");
    assert!(verdict.starts_with("the sink ("), "{ended:?}");
}

#[test]
fn the_live_display_never_wraps_and_leaves_nothing_however_wide_the_screen() {
    let it = Scratch::new();
    let line = format!("$T --summary never {SLOW}");
    let screens = WIDTHS.map(|columns| below_two_lines(&it, &line, (columns, 24)));
    for screen in screens {
        kept_to_its_place(screen.done().exits(0)).leaves(&["one", "two"]);
    }
}

#[test]
fn the_live_display_fits_into_any_screen_whatever_the_transfer_is_called() {
    let it = Scratch::new();
    let line = format!("$T --summary never -N \"$N\" {SLOW}");
    let sizes = [
        (2, 24),
        (5, 24),
        (12, 24),
        (25, 24),
        (80, 1),
        (80, 2),
        (40, 3),
    ];
    let names = [
        "日本語の名前".repeat(20),
        "tab\there \x1b[31mred".to_owned(),
    ];
    let on_screen = |(columns, rows), name| it.sh(&line).env("N", name).on_screen(columns, rows);
    let screens = names
        .each_ref()
        .map(|name| sizes.map(|size| on_screen(size, name)));
    for screen in screens.into_iter().flatten() {
        let ended = screen.done().exits(0);
        let ended = ended.always("within its rows", |view| {
            view.height() <= MOST && !view.wraps()
        });
        assert!(!ended.raw.contains("[31m"), "{ended:?}");
        ended.leaves(&[]);
    }
}

#[test]
fn only_the_summary_is_left_at_the_bottom_of_the_screen_and_what_scrolled_off_is_whole() {
    let it = Scratch::new();
    let line = "seq 1 20; $T zero:#size=700K null:#rate=1M";
    let screens = WIDTHS.map(|columns| it.sh(line).on_screen(columns, 8));
    let numbers: Vec<_> = (1..=20).map(|n| n.to_string()).collect();
    for screen in screens {
        let ended = screen.done().exits(0).leaves_the_cursor_below();
        let lines = ended.view.lines();
        assert_eq!(lines[..20], numbers, "{ended:?}");
        assert!(lines[20].starts_with("tidegate: 700"), "{ended:?}");
        let rest: Vec<_> = lines[20..]
            .iter()
            .filter(|it| it.starts_with("tidegate: "))
            .collect();
        let slow = |line: &&String| line.starts_with("tidegate: slow: the sink ");
        assert_eq!(
            rest.into_iter().filter(|it| slow(it)).count(),
            1,
            "{ended:?}"
        );
    }
}

#[test]
fn the_interrupt_key_leaves_nothing_of_the_display_and_ends_a_script_too() {
    let it = Scratch::new();
    for size in [(80, 24), (40, 24), (80, 4)] {
        let line = format!("$T {ENDLESS}; echo after");
        let screen = below_two_lines(&it, &line, size);
        screen.until("a live display", |view| view.has("/s"));
        screen.keys(CTRL_C);
        let ended = screen.done().exits(130);
        // What the terminal itself makes of the key may stay.
        let left = ended.view.lines().join(" ").replace("^C", "");
        assert_eq!(left.trim_end(), "one two", "{ended:?}");
    }
}

#[test]
fn a_signal_that_ends_it_leaves_nothing_of_the_display() {
    let it = Scratch::new();
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143), (Signal::HUP, 129)] {
        let screen = below_two_lines(&it, &format!("exec $T {ENDLESS}"), (80, 24));
        drawing(&screen);
        screen.signal(signal);
        kept_to_its_place(screen.done().exits(code)).leaves(&["one", "two"]);
    }
}

#[test]
fn an_error_leaves_its_message_alone() {
    let it = Scratch::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let uri = format!("tcp://{}", listener.local_addr().unwrap());
    let screen = below_two_lines(&it, &format!("$T zero: {uri}"), (80, 24));
    let peer = socket2::Socket::from(listener.accept().unwrap().0);
    drawing(&screen);
    peer.set_linger(Some(Duration::ZERO)).unwrap();
    drop(peer);
    let ended = screen.done().exits(1).leaves_the_cursor_below();
    let lines = ended.view.lines();
    assert_eq!(lines[..2], ["one", "two"], "{ended:?}");
    assert!(
        lines[2].starts_with(&format!("tidegate: writing to {uri}: ")),
        "{ended:?}"
    );
    assert_eq!(lines.len(), 3, "{ended:?}");
}

#[test]
fn a_reader_that_goes_away_leaves_nothing_of_the_display() {
    let it = Scratch::new();
    it.fifo("gate");
    let line = "$T zero: | read -r line <gate; exit ${PIPESTATUS[0]}";
    let screen = below_two_lines(&it, line, (80, 24));
    drawing(&screen);
    it.write("gate", "go away\n");
    kept_to_its_place(screen.done().exits(141)).leaves(&["one", "two"]);
}

#[test]
fn a_kill_leaves_the_cursor_to_be_seen_and_what_stood_there() {
    let it = Scratch::new();
    let screen = below_two_lines(&it, &format!("exec $T {ENDLESS}"), (80, 24));
    drawing(&screen);
    screen.signal(Signal::KILL);
    kept_to_its_place(screen.done().exits(137));
}

#[test]
fn the_status_on_demand_stays_above_the_display() {
    let it = Scratch::new();
    let line = format!("exec $T {ENDLESS}");
    let screen = below_two_lines(&it, &line, (80, 24));
    for said in 1..=2 {
        drawing(&screen);
        screen.signal(Signal::USR1);
        let has_said = |view: &View| {
            let lines = view.lines();
            let statuses = lines.iter().filter(|line| line.starts_with("tidegate: "));
            statuses.count() == said && lines.len() > 2 + said
        };
        let seen = screen.until("the status and the display below it", has_said);
        screen.changed(&seen);
    }
    screen.signal(Signal::TERM);
    let ended = screen.done().exits(143).leaves_the_cursor_below();
    let lines = ended.view.lines();
    assert_eq!(lines[..2], ["one", "two"], "{ended:?}");
    assert!(
        lines[2..].iter().all(|line| line.starts_with("tidegate: ")),
        "{ended:?}"
    );
    assert_eq!(lines.len(), 4, "{ended:?}");
}

#[test]
fn a_stalled_flow_still_ticks() {
    let it = Scratch::new();
    let line = "exec $T --summary never zero: null:#stall=100K:1h";
    let screen = below_two_lines(&it, line, (80, 24));
    let mut seen = screen.until("backpressure", |view| view.has("paused"));
    for _ in 0..3 {
        seen = screen.changed(&seen);
        assert!(seen.has("100") && seen.has("paused"), "{seen:?}");
    }
    screen.signal(Signal::TERM);
    kept_to_its_place(screen.done().exits(143)).leaves(&["one", "two"]);
}

#[test]
fn a_terminal_that_is_held_holds_nothing_up() {
    let it = Scratch::new();
    it.fifo("in");
    let line = "$T --summary never --stats stats -i 20ms in out";
    let screen = below_two_lines(&it, line, (80, 24));
    let mut input = std::fs::File::create(it.path("in")).unwrap();
    input.write_all(b"some ").unwrap();
    drawing(&screen);
    screen.keys(CTRL_S);
    // Time enough to fill a terminal that takes nothing, were it filled.
    let elapsed = |record: &Value| record["elapsed_s"].as_f64().unwrap_or(0.0);
    let held = elapsed(&it.recorded("stats", |_| true));
    it.recorded("stats", |record| elapsed(record) > held + 0.5);
    input.write_all(b"data").unwrap();
    drop(input);
    it.recorded("stats", |record| record["type"] == "end");
    assert_eq!(it.read("out"), b"some data");
    screen.keys(CTRL_Q);
    screen.done().exits(0);
}

#[test]
fn a_dumb_terminal_gets_plain_lines_or_nothing() {
    let it = Scratch::new();
    for term in [Some("dumb"), Some(""), None] {
        let mut cmd = it.sh(&format!("$T -i 100ms {SLOW}"));
        match term {
            Some(term) => cmd = cmd.env("TERM", term),
            None => drop(cmd.command.env_remove("TERM")),
        }
        let ended = cmd.on_screen(80, 24).done().exits(0);
        // The terminal itself turns ends of lines into these two.
        let text = ended.raw.replace("\r\n", "\n");
        let is_plain = text.chars().all(|c| c == '\n' || !c.is_control());
        assert!(is_plain && text.contains("500"), "{ended:?}");
    }
}

#[test]
fn backpressure_is_no_alarm_and_a_pause_that_was_told_is() {
    let it = Scratch::new();
    let line = format!("exec $T --control sock {ENDLESS}");
    let screen = it.sh(&line).on_screen(80, 24);
    let paused = screen.until("backpressure", |view| view.has("paused"));
    assert!(paused.colour_of("paused").is_none(), "{paused:?}");
    it.tide(["--tell", "sock", "pause"]).run().exits(0);
    let told = screen.until("a pause", |view| {
        view.has("PAUSED by --tell; to go on: tidegate --tell sock resume")
    });
    assert!(told.colour_of("PAUSED").is_some(), "{told:?}");
    screen.signal(Signal::TERM);
    assert!(!screen.done().exits(143).colour_codes().is_empty());
}

#[test]
fn no_color_means_no_colour() {
    let it = Scratch::new();
    let colourless = it.sh(&format!("$T {SLOW}")).env("NO_COLOR", "1");
    let ended = colourless.on_screen(80, 24).done().exits(0);
    let ended = ended.once("drawn", |view| view.has("/s"));
    assert!(ended.colour_codes().is_empty(), "{ended:?}");
}

#[test]
fn a_terminal_without_unicode_gets_ascii() {
    let it = Scratch::new();
    let screen = it.sh(&format!("exec $T {ENDLESS}")).env("LC_ALL", "C");
    let screen = screen.on_screen(80, 24);
    screen.until("backpressure", |view| view.has("paused"));
    screen.signal(Signal::TERM);
    let ended = screen.done().exits(143);
    assert!(ended.raw.is_ascii(), "{ended:?}");
}

#[test]
fn quiet_is_quiet() {
    let it = Scratch::new();
    let line = format!("$T -q {SLOW}");
    let screen = below_two_lines(&it, &line, (80, 24));
    assert_eq!(screen.done().exits(0).raw, "one\r\ntwo\r\n");
}

#[test]
fn nothing_is_drawn_into_a_file() {
    let it = Scratch::new();
    let line = format!("$T {SLOW} 2>err");
    let screen = below_two_lines(&it, &line, (80, 24));
    assert_eq!(screen.done().exits(0).raw, "one\r\ntwo\r\n");
    assert_eq!(it.read("err"), b"");
}

#[test]
fn nothing_that_is_drawn_gets_into_the_data() {
    let it = Scratch::new();
    it.fifo("in");
    let screen = below_two_lines(&it, "$T --summary never in >out", (80, 24));
    let mut input = std::fs::File::create(it.path("in")).unwrap();
    input.write_all(b"some ").unwrap();
    let seen = drawing(&screen);
    input.write_all(b"data").unwrap();
    screen.changed(&seen);
    drop(input);
    kept_to_its_place(screen.done().exits(0)).leaves(&["one", "two"]);
    assert_eq!(it.read("out"), b"some data");
}

#[test]
fn nothing_is_drawn_where_the_data_goes() {
    let it = Scratch::new();
    it.fifo("in");
    let line = "$T --stats stats -i 20ms in";
    let screen = below_two_lines(&it, line, (80, 24));
    let mut input = std::fs::File::create(it.path("in")).unwrap();
    input.write_all(b"some data\n").unwrap();
    it.recorded("stats", |it| it["elapsed_s"].as_f64() > Some(0.5));
    drop(input);
    let ended = screen.done().exits(0);
    assert_eq!(ended.raw, "one\r\ntwo\r\nsome data\r\n");
}

#[test]
fn two_on_one_terminal_leave_it_as_it_was() {
    let it = Scratch::new();
    let line = "stty -a >before; $T --summary never zero:#size=500K | \
                $T --summary never - null:#rate=1M; stty -a >after";
    let screen = below_two_lines(&it, line, (80, 24));
    drawing(&screen);
    kept_to_its_place(screen.done().exits(0)).leaves(&["one", "two"]);
    assert_eq!(it.read("before"), it.read("after"));
    let settings = String::from_utf8(it.read("after")).unwrap();
    assert!(
        settings.contains(" echo ") && settings.contains(" icanon "),
        "{settings}"
    );
}

#[test]
fn of_two_on_one_terminal_one_draws_and_the_other_says_what_its_summary_is_of() {
    let it = Scratch::new();
    let line = "$T zero:#size=8M | $T - null:#rate=8M";
    let screen = it.sh(line).on_screen(100, 24);
    let ended = screen.done().exits(0).always("one draws", |view| {
        view.rows()
            .iter()
            .filter(|row| row.contains("time 0:"))
            .count()
            <= 1
    });
    let lines = ended.view.lines();
    let named = |ends: &str| {
        lines
            .iter()
            .filter(|it| it.starts_with(&format!("tidegate: {ends}: 8 MiB in ")))
            .count()
    };
    let unnamed = lines
        .iter()
        .filter(|it| it.starts_with("tidegate: 8 MiB in "))
        .count();
    assert_eq!(unnamed, 1, "{ended:?}");
    let is_whole = |line: &String| line.starts_with("tidegate: ") && !line.contains(" time ");
    assert!(lines.iter().all(is_whole), "{ended:?}");
    assert_eq!(
        named("zero: -> stdout") + named("stdin -> null"),
        1,
        "{ended:?}"
    );
}

/// What stands where, with numbers that no clock changes: a sink that has taken a quarter and takes no more. The bar
/// is whatever is left of its row, so it is looked at apart.
#[test]
fn what_matters_stands_in_its_place_at_40_80_and_200_columns() {
    let it = Scratch::new();
    let args = "--summary never -N copy -H 64K zero:#size=4M null:#stall=1M:1h";
    let expected = [
        (
            40,
            [
                "  1.00 MiB   25%       0 B/s   ETA -:--",
                "[████]  paused   [████]  17p 16d",
            ],
        ),
        (
            80,
            [
                "  1.00 MiB  of 4.00 MiB   25%  []         0 B/s   time T   ETA -:--",
                "source →  [██████████]  paused   [██████████]  → sink  17 pauses, 16 drains",
            ],
        ),
        (
            200,
            [
                "  1.00 MiB  of 4.00 MiB   25%  []         0 B/s   time T   ETA -:--",
                "source →  [██████████]   64.00 KiB of 64 KiB  paused   [██████████]   64.00 KiB of 64 KiB  → sink  \
                 17 pauses, 16 drains",
            ],
        ),
    ];
    let screens = expected.map(|(columns, rows)| {
        let words: Vec<_> = args.split(' ').collect();
        (it.tide(words).on_screen(columns, 24), columns, rows)
    });
    for (screen, columns, rows) in screens {
        // With the cursor back at its place the whole of it is drawn.
        let is_whole = |view: &View| view.has("stalled for") && view.cursor() == (0, 0);
        let view = screen.until("a stall", is_whole);
        let seen = view.rows();
        let route = match columns {
            40 => "copy:  zero: → null:",
            _ => "copy:  zero:#size=4M → null:#stall=1M:1h",
        };
        assert_eq!(seen[0], route, "{view:?}");
        let (first, bar) = without_bar(&seen[1]);
        assert_eq!([first.as_str(), &seen[2]], rows, "{view:?}");
        assert!(seen[3].starts_with("stalled for 0:"), "{view:?}");
        assert!(seen[3].ends_with(": waiting for the sink"), "{view:?}");
        if let Some((filled, length)) = bar {
            assert_eq!(filled, length / 4, "{view:?}");
            assert_eq!(
                seen[1].chars().count(),
                usize::from(columns) - 1,
                "{view:?}"
            );
        }
        screen.keys(CTRL_C);
        screen.done().exits(130);
    }
}

/// The row of progress without what stands in its bar, and without the time, which runs; how many columns of the bar are filled,
/// and how many there are.
fn without_bar(row: &str) -> (String, Option<(usize, usize)>) {
    let Some((before, rest)) = row.split_once('[') else {
        return (row.to_owned(), None);
    };
    let (bar, after) = rest.split_once(']').expect("the end of the bar");
    let (after, timed) = after.split_once("time ").expect("a time");
    let (_time, last) = timed.split_once(' ').expect("what follows");
    let filled = bar.chars().filter(|c| *c == '█').count();
    let text = format!("{before}[]{after}time T {last}");
    (text, Some((filled, bar.chars().count())))
}
