//! Help that a person can read, and what is said to a person who mistyped.

use crate::tide::Scratch;
use tidegate::endpoint::KINDS;

fn screen(flag: &str, columns: &str) -> String {
    let it = Scratch::new();
    let done = it.tide([flag]).env("COLUMNS", columns).run().succeeds();
    String::from_utf8(done.stdout).expect("help is UTF-8")
}

#[track_caller]
fn is_no_wider_than(text: &str, columns: usize) {
    for line in text.lines() {
        assert!(line.chars().count() <= columns, "{line:?}");
    }
}

#[test]
fn the_short_help_is_one_screen() {
    let help = screen("-h", "80");
    assert!((24..=40).contains(&help.lines().count()), "{help}");
    is_no_wider_than(&help, 80);
    for part in [
        "tcp://HOST:PORT",
        "null:",
        "-H,",
        "-B, --buffer SIZE",
        "--plot FILE",
        "Examples:",
        "--take",
        "SIZE:",
        "--help",
    ] {
        assert!(help.contains(part), "{part}: {help}");
    }
}

#[test]
fn the_long_help_has_its_sections_in_order_and_fits_in_80_columns() {
    let help = screen("--help", "80");
    is_no_wider_than(&help, 80);
    let mut rest = help.as_str();
    for heading in [
        "Usage: ",
        "\nFlow:\n",
        "\nWhat it shows:\n",
        "\nOther:\n",
        "\nEndpoints:\n",
        "\nSizes and durations:\n",
        "\nExit status:\n",
        "\nSignals and environment:\n",
        "\nExamples:\n",
    ] {
        let (_, after) = rest
            .split_once(heading)
            .unwrap_or_else(|| panic!("no {heading:?} in {rest}"));
        rest = after;
    }
}

#[test]
fn the_help_is_the_same_however_wide_the_terminal() {
    for flag in ["-h", "--help"] {
        assert_eq!(screen(flag, "80"), screen(flag, "100"));
        assert_eq!(screen(flag, "80"), screen(flag, "200"));
    }
}

#[test]
fn the_long_help_tells_every_flag_and_every_endpoint() {
    let help = screen("--help", "80");
    for flag in tidegate::cli::command().get_arguments() {
        let Some(name) = flag.get_long() else {
            continue;
        };
        assert_eq!(
            help.contains(&format!("--{name}")),
            !flag.is_hide_set(),
            "{name}"
        );
    }
    for kind in KINDS {
        assert!(help.contains(kind.form), "{}", kind.form);
        for option in kind.options {
            assert!(
                help.contains(&format!("#{}", option.name)),
                "{}",
                option.name
            );
        }
    }
}

#[test]
fn a_buffer_has_a_size_by_whatever_name_and_two_sizes_are_refused() {
    let it = Scratch::new();
    let marks = |args: &[&str], set: &str| {
        let explain = it.tide([args, &["--explain", "zero:", "null:"]].concat());
        let done = explain.env("TIDEGATE_BUFFER", set).run().succeeds();
        let told = String::from_utf8(done.stdout).expect("UTF-8");
        let row = told.lines().find(|line| line.contains("  marks  "));
        row.expect("a row for the marks").trim().to_owned()
    };
    let wanted = marks(&["-H", "3M"], "");
    assert!(wanted.contains("readable 3145728"), "{wanted}");
    for name in ["-B", "--buffer", "--high-water-mark", "--hwm"] {
        assert_eq!(marks(&[name, "3M"], ""), wanted, "{name}");
    }
    // A variable sets the flag by its main name alone.
    assert_ne!(marks(&[], "3M"), wanted);
    for twice in [["-H", "1M", "-B", "2M"], ["--buffer", "1M", "--hwm", "2M"]] {
        let parts = ["--high-water-mark", "-B", "--buffer", "--hwm"];
        it.tide(twice).run().refuses(&parts);
    }
    it.tide(["-L", "1", "-L", "2"]).run().refuses(&["--rate"]);
}

#[test]
fn every_sentence_of_help_is_whole_and_names_what_it_is_about() {
    // Words that a reader would have to find the meaning of elsewhere in the sentence.
    const VAGUE: [&str; 5] = ["so many", "so long", "that of the", "and none", "is none"];
    let it = Scratch::new();
    let transforms = it.tide(["-t", "help"]).run().succeeds().stdout;
    let transforms = String::from_utf8(transforms).expect("UTF-8");
    for text in [screen("-h", "80"), screen("--help", "80"), transforms] {
        let text = text.to_lowercase();
        let text: Vec<_> = text.split_whitespace().collect();
        let text = text.join(" ");
        for vague in VAGUE {
            assert!(!text.contains(vague), "{vague:?} in {text}");
        }
    }
}

#[test]
fn help_whose_reader_goes_away_is_no_failure() {
    let it = Scratch::new();
    for line in ["$T --help | true", "$T --help >&-", "$T -h >/dev/full"] {
        it.sh(&format!("set -o pipefail; {line}")).run().succeeds();
    }
}

#[test]
fn a_slip_is_answered_with_what_was_meant() {
    let it = Scratch::new();
    let table: [(&[&str], &[&str]); 24] = [
        (&["localhost:9000"], &["did you mean tcp://localhost:9000?"]),
        (
            &["zero:", "example.org:443#nodelay"],
            &[
                "neither a file nor an endpoint",
                "did you mean tcp://example.org:443#nodelay?",
                "./example.org:443",
            ],
        ),
        (&["--bufer", "5"], &["'--buffer'"]),
        (&["tpc://h:1"], &["did you mean tcp://HOST:PORT"]),
        (&["zero:", "nul:"], &["did you mean null:"]),
        (&["--highwatermark", "5"], &["'--high-water-mark'"]),
        (&["--hmw", "5"], &["'--hwm'"]),
        (&["--stat=x"], &["'--stats'"]),
        (&["--quite"], &["'--quiet'"]),
        (&["--idle-timout", "5s"], &["'--idle-timeout'"]),
        (&["--atomic"], &["file:PATH#atomic"]),
        (&["--rat", "5M"], &["'--rate'"]),
        (
            &["zero:", "file:x#atomci"],
            &["valid: ", "did you mean 'atomic'?"],
        ),
        (&["zero:", "null:#rat=5"], &["did you mean 'rate'?"]),
        (&["--summary", "alway"], &["; valid: auto", "'always'"]),
        (
            &["-H", "64Q"],
            &["unknown unit 'Q'", "K M G T", "KB MB GB TB"],
        ),
        (&["--take", "1,5M"], &["'1,5M'", "--take", "valid: "]),
        (&["--idle-timeout", "5M"], &["'5M'", "did you mean 5m?"]),
        (&["--idle-timeout", "x"], &["'x'", "write 500ms, 10s or 2m"]),
        (&["--take", "10Mb"], &["'10Mb'", "10MB", "10Mbit"]),
        (&["-L", "10Mb/s"], &["'10Mb/s'", "10MB", "10Mbit"]),
        (&["zero:#size=1gb"], &["size=1gb", "1gB", "1gbit"]),
        (&["zero:", "null:#stall=5M"], &["write SIZE:D"]),
        (
            &["zero:#size=5KiBB"],
            &["size=5KiBB", "unknown unit 'KiBB'"],
        ),
    ];
    for (args, parts) in table {
        it.tide(args).run().refuses(parts);
    }
}

#[test]
fn a_stranger_among_the_flags_gets_no_far_fetched_advice() {
    let it = Scratch::new();
    let done = it.tide(["--xyzzy"]).run().refuses(&["'--xyzzy'"]);
    assert!(!done.stderr.contains("similar"), "{}", done.stderr);
}
