//! A window that changes its size while a transfer is drawn in it.

use crate::tide::{Scratch, noise};
use crate::tmux::Window;
use crate::view::View;
use rustix::process::Signal;
use std::fs::File;
use std::io::Write;

/// The columns of the longest row.
fn width(view: &View) -> usize {
    let widths = view.rows().into_iter().map(|row| row.chars().count());
    widths.max().unwrap_or(0)
}

#[test]
fn the_display_follows_the_width_and_leaves_nothing() {
    let it = Scratch::new();
    let line = "printf 'one\ntwo\n'; exec $T -i 1s --summary never zero: null:#rate=1M";
    let screen = it.sh(line).on_screen(80, 24);
    let mut seen = screen.until("a live display", |view| width(view) > 40);
    for columns in [40, 120] {
        // Behind a drawing and long before the next, so that no row for the old width is still on its way.
        seen = screen.drawn(&seen);
        screen.resize(columns, 24);
        for _ in 0..2 {
            seen = screen.drawn(&seen);
        }
    }
    screen.until("a display as wide as the screen allows", |view| {
        width(view) > 40
    });
    screen.signal(Signal::TERM);
    let ended = screen.done().exits(143);
    ended
        .always("whole", |view| !view.wraps())
        .leaves(&["one", "two"]);
}

#[test]
fn a_terminal_that_wraps_lines_anew_is_left_clean() {
    let it = Scratch::new();
    it.fifo("in");
    // tmux loses its place when lines that were wrapped anew push the cursor beyond the top.
    let line = "seq 10; $T --summary never -s 100K in null:; echo end; exec sleep 600";
    let Some(window) = Window::open(&it, line, 80) else {
        return;
    };
    let mut input = File::create(it.path("in")).unwrap();
    let mut more = || input.write_all(&noise(1000)).unwrap();
    more();
    let drawn = |lines: &[String]| lines.iter().any(|line| line.contains("/s"));
    let mut seen = window.until("a live display", drawn);
    for columns in [40, 120, 60] {
        window.resize(columns);
        // Long enough for tmux, which tells the program of a second change only a quarter of a second after the first.
        for _ in 0..5 {
            more();
            seen = window.changed(&seen);
        }
    }
    drop(input);
    let ended = |lines: &[String]| lines.iter().any(|line| line == "end");
    let numbers = (1..=10).map(|n| n.to_string());
    let left: Vec<_> = numbers.chain(["end".to_owned()]).collect();
    assert_eq!(window.until("the end", ended), left);
}
