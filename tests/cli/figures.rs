//! The figures that are shown, beside each other, of real transfers: none is impossible. Every combination of numbers is
//! tried in `src/show/consistency.rs`.

use crate::tide::{Scratch, noise};

/// The texts of a template, once for each look.
fn filled(it: &Scratch, template: &str, args: &[&str]) -> Vec<String> {
    let flags = ["-p", "line", "-i", "20ms", "--format", template];
    let done = it.tide([&flags[..], args].concat()).run().exits(0);
    done.stderr.lines().map(str::to_owned).collect()
}

#[apply(on_both_roads)]
fn nothing_is_said_to_be_over_while_a_transform_goes_on() {
    let it = Scratch::new();
    it.write("in", noise(1 << 20));
    let slow = "exec=cat >all; sleep 0.7; cat all";
    let lines = filled(&it, "{percent} {eta}", &["-t", slow, "in", "null:"]);
    let (last, before) = lines.split_last().expect("a line");
    assert_eq!(last, "100 0", "{lines:?}");
    let is_over = |line: &String| line.starts_with("100") || line.ends_with(" 0");
    assert!(!before.iter().any(is_over), "{lines:?}");
    assert!(before.contains(&"99 -".to_owned()), "{lines:?}");
}

#[apply(on_both_roads)]
fn the_last_lines_of_a_slow_end_do_not_run_ahead() {
    let it = Scratch::new();
    let args = ["zero:#size=1000003", "null:#rate=3M"];
    let lines = filled(&it, "{bytes:h} of {size:h} {percent:h}%", &args);
    let (last, before) = lines.split_last().expect("a line");
    assert_eq!(last, "976.57 KiB of 976.57 KiB 100%");
    assert!(
        !before
            .iter()
            .any(|line| line.starts_with("976.57") && !line.ends_with("100%"))
    );
}

#[apply(on_both_roads)]
fn a_median_is_no_more_than_the_most_there_was() {
    let it = Scratch::new();
    // Of a mark of 1 MiB, a 128th is 8 KiB.
    let done = it
        .sh("for i in 1 2 3 4 5 6 7; do echo $i; sleep 0.1; done | $T --summary always --stats s - null:#rate=4")
        .run()
        .exits(0);
    let end = it.end_of("s");
    for side in ["readable", "writable"] {
        let side = &end["links"][0][side];
        assert!(
            side["median_len"].as_u64() <= side["max_len"].as_u64(),
            "{end}"
        );
    }
    assert!(
        !done.stderr.contains("8 KiB in the median"),
        "{}",
        done.stderr
    );
}
