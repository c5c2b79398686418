//! What others named, in whatever is said: nothing of it moves a cursor, colours a terminal or breaks a line.
//!
//! The command lines are made from what the binary declares, so that a new flag, end, option or transform is among them.

use crate::harm::{
    ALL, Said, encoded, framed, is_unseen, joined, said, scratch, texts, values, worst,
};
use crate::live::{read_exactly, until};
use crate::screen::Ended;
use clap::Arg;
use std::any::TypeId;
use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use tidegate::endpoint::{KINDS as ENDS, Slashes};
use tidegate::text::visible::named;
use tidegate::transform::{KINDS as TRANSFORMS, ValueKind};

/// Whether any text is a value of it: what is only looked for, written to or shown.
fn takes_any_text(argument: &Arg) -> bool {
    let id = argument.get_value_parser().type_id();
    let texts = [
        TypeId::of::<String>(),
        TypeId::of::<OsString>(),
        TypeId::of::<PathBuf>(),
    ];
    texts.iter().any(|it| id == *it)
}

/// What comes of a value of `flag` is as designed: with `--format` a line looks as its user has typed it, and what is
/// refused is told so that it can be seen.
#[track_caller]
fn answers(flag: &Arg, value: &OsStr, said: Said) {
    if flag.get_long() == Some("format") && said.code == 0 {
        return;
    }
    let takes_any_text = takes_any_text(flag);
    let codes: &[i32] = if takes_any_text { &[0, 1, 2] } else { &[2] };
    let said = said.does_no_harm().exits(codes);
    if !takes_any_text && value.to_str().is_some() {
        said.tells(&named(value));
    }
}

#[test]
fn no_value_of_a_flag_gets_through_to_a_terminal() {
    let it = scratch();
    let command = tidegate::cli::command();
    let mut count = 0;
    for flag in command.get_arguments().filter(|it| it.get_long().is_some()) {
        let name = OsString::from(format!("--{}", flag.get_long().unwrap_or_default()));
        if !flag.get_action().takes_values() {
            for text in worst() {
                let args = [joined(&[&name, "=".as_ref(), &text])];
                said(&it, it.tide(args)).does_no_harm().exits(&[2]);
            }
            continue;
        }
        // A flag that takes several gets them.
        let least = flag.get_num_args().map_or(1, |range| range.min_values());
        for value in values() {
            let mut args = vec![name.clone()];
            args.extend(std::iter::repeat_n(value.clone(), least));
            answers(flag, &value, said(&it, it.tide(&args)));
            count += 1;
        }
        for value in worst().iter().flat_map(|it| framed(it)) {
            let mut args = vec!["--explain".into(), name.clone()];
            args.extend(std::iter::repeat_n(value.clone(), least));
            answers(flag, &value, said(&it, it.tide(&args)));
        }
    }
    assert!(count > 500, "{count}");
}

#[test]
fn no_variable_gets_through_to_a_terminal() {
    let it = scratch();
    let command = tidegate::cli::command();
    let (mut count, mut help) = (0, it.tide(["--help"]));
    for flag in command.get_arguments() {
        let Some(variable) = flag.get_env().and_then(OsStr::to_str) else {
            continue;
        };
        if !flag.get_action().takes_values() {
            let said = said(&it, it.tide(["in", "null:"]).env(variable, ALL));
            said.does_no_harm().exits(&[2]).tells(&named(ALL));
            continue;
        }
        for value in values() {
            let said = said(&it, it.tide(["in", "null:"]).env(variable, &value));
            answers(flag, &value, said);
            count += 1;
        }
        help = help.env(variable, ALL);
    }
    assert!(count > 300, "{count}");
    said(&it, help).does_no_harm().exits(&[0]);
}

#[test]
fn no_argument_that_there_is_none_of_gets_through_to_a_terminal() {
    let it = scratch();
    for text in texts() {
        let flag = joined(&["--".as_ref(), &text]);
        let near = joined(&["--rate".as_ref(), &text]);
        let short = joined(&["-".as_ref(), &text]);
        let cluster = joined(&["-q".as_ref(), &text]);
        let valued = joined(&["--quiet=".as_ref(), &text]);
        for args in [
            vec!["in".into(), "null:".into(), text.clone()],
            vec!["--".into(), "in".into(), "null:".into(), flag.clone()],
            vec![flag],
            vec![near],
            vec![short],
            vec![cluster],
            vec![valued],
        ] {
            said(&it, it.tide(args)).does_no_harm().exits(&[2]);
        }
    }
}

/// What stands where an end of this kind is at least looked at.
fn rest(slashes: Slashes) -> &'static str {
    match slashes {
        Slashes::Required => "//127.0.0.1:1",
        Slashes::Forbidden => "",
        Slashes::Optional => "in",
    }
}

#[test]
fn no_end_and_no_option_of_one_gets_through_to_a_terminal() {
    let it = scratch();
    let hostile: Vec<_> = worst()
        .iter()
        .flat_map(|it| [it.clone(), encoded(it)])
        .collect();
    let mut ends = texts();
    ends.extend(hostile.iter().flat_map(|text| framed(text)));
    for kind in ENDS {
        let scheme = kind.scheme;
        let good = format!("{scheme}:{}#", rest(kind.slashes));
        for text in &hostile {
            for before in ["", "//", "//h:", "//[", "///"] {
                ends.push(joined(&[format!("{scheme}:{before}").as_ref(), text]));
            }
            ends.push(joined(&[
                format!("{scheme}://").as_ref(),
                text,
                ":1".as_ref(),
            ]));
            ends.push(joined(&[format!("x{scheme}:").as_ref(), text]));
            ends.push(joined(&[good.as_ref(), text]));
            ends.push(joined(&[good.as_ref(), text, "=1".as_ref()]));
            for option in kind.options {
                for before in ["", "5", "1M:", "fe80::1%25", "[fe80::1%251]:"] {
                    let option = format!("{good}{}={before}", option.name);
                    ends.push(joined(&[option.as_ref(), text]));
                }
            }
        }
    }
    assert!(ends.len() > 500, "{}", ends.len());
    for end in ends {
        // Nothing is asked of a name server for it.
        for args in [
            ["--explain".into(), end.clone(), "null:".into()],
            ["--explain".into(), "in".into(), end],
        ] {
            said(&it, it.tide(args)).does_no_harm().exits(&[0, 2]);
        }
    }
}

#[test]
fn no_name_of_a_file_gets_through_to_a_terminal() {
    let it = scratch();
    for name in texts() {
        let in_a_uri = encoded(&name).into_string().expect("digits");
        let (shown, encoded) = (named(&name), in_a_uri.as_str());
        for (line, code, told) in [
            ("$T \"$NAME\" null:", 1, &*shown),
            ("$T \"file:$URI\" null:", 1, encoded),
            ("$T in \"in/$NAME\"", 1, &shown),
            ("$T in \"file:in/$URI#atomic\"", 1, encoded),
            ("$T --stats \"in/$NAME\" in null:", 2, &shown),
            ("$T --control \"in/$NAME\" in null:", 2, &shown),
            ("$T --digest-file \"in/$NAME\" -t md5 in null:", 2, &shown),
            ("cp in \"$NAME\"; $T \"$NAME\" \"./$NAME\"", 2, &shown),
            ("$T --summary always -v \"$NAME\" null:", 0, "6 B"),
            ("$T -p json -t md5 \"$NAME\" null:", 0, "complete"),
            ("$T -p json -t md5 \"$NAME\" /dev/full; true", 0, "failed"),
        ] {
            let cmd = it.sh(line).env("NAME", &name).env("URI", encoded);
            said(&it, cmd).does_no_harm().exits(&[code]).tells(told);
        }
    }
}

#[test]
fn no_spec_of_a_transform_gets_through_to_a_terminal() {
    let it = scratch();
    let mut count = 0;
    let mut try_spec = |spec: OsString, codes: &[i32], flags: &[&str]| {
        let flags = flags.iter().map(OsString::from);
        let args = flags.chain(["-t".into(), spec, "in".into(), "null:".into()]);
        said(&it, it.tide(args)).does_no_harm().exits(codes);
        count += 1;
    };
    for kind in TRANSFORMS {
        let name = kind.name;
        let takes_all = |it: &tidegate::transform::Key| it.value == ValueKind::Literal;
        let is_literal = kind.keys.iter().any(takes_all);
        for text in texts() {
            try_spec(joined(&[name.as_ref(), &text]), &[2], &[]);
            let spec = joined(&[format!("{name}=").as_ref(), &text]);
            let codes: &[i32] = if is_literal { &[0, 2] } else { &[2] };
            try_spec(spec.clone(), codes, &["--explain"]);
            if !is_literal {
                try_spec(spec, &[2], &[]);
            }
        }
        if is_literal {
            // What the command itself says is its own business; that it fails is ours.
            let text = ALL.replace('\n', "");
            try_spec(format!("{name}=exit 3 # {text}").into(), &[1], &[]);
            continue;
        }
        for text in worst() {
            for key in kind.keys {
                for before in ["", "5", "5,"] {
                    let spec = format!("{name}={}:{before}", key.name);
                    try_spec(joined(&[spec.as_ref(), &text]), &[2], &[]);
                }
            }
            try_spec(
                joined(&[format!("{name}=").as_ref(), &text, ":1".as_ref()]),
                &[2],
                &[],
            );
        }
    }
    assert!(count > 500, "{count}");
}

#[test]
fn nothing_that_is_told_to_or_by_a_transfer_gets_through_to_a_terminal() {
    let it = scratch();
    let told = it
        .tide(["--control", "c", "zero:", "null:#rate=1M"])
        .start();
    until("a control socket", || it.path("c").exists().then_some(()));
    for text in texts() {
        let valued =
            |command: &str| vec!["--tell".into(), "c".into(), command.into(), text.clone()];
        for args in [
            vec!["--tell".into(), "c".into(), text.clone()],
            valued("rate"),
            valued("high-water-mark"),
            valued("pause"),
            vec!["--tell".into(), text.clone(), "status".into()],
        ] {
            said(&it, it.tide(args)).does_no_harm().exits(&[1, 2]);
        }
    }
    drop(told);
    let texts = worst().map(|it| String::from_utf8_lossy(it.as_bytes()).replace('\n', ""));
    for text in texts {
        for (answer, code) in [(format!("error: {text}\n"), 2), (format!("{text}\n"), 0)] {
            let _ = std::fs::remove_file(it.path("impostor"));
            let listener = UnixListener::bind(it.path("impostor")).expect("a socket");
            let impostor = std::thread::spawn(move || {
                let (mut client, _) = listener.accept().expect("a client");
                read_exactly(client.try_clone().expect("a handle"), "status\n".len());
                client.write_all(answer.as_bytes()).expect("answering");
            });
            let args = ["--tell", "impostor", "status"];
            said(&it, it.tide(args)).does_no_harm().exits(&[code]);
            impostor.join().expect("an impostor");
        }
    }
}

#[test]
fn the_name_of_a_transfer_is_shown_and_does_nothing_more() {
    let it = scratch();
    for flags in [
        &["-p", "line"][..],
        &["--summary", "always"],
        &["-p", "json"],
    ] {
        let args = [&["-N", ALL, "in", "null:"][..], flags].concat();
        let said = said(&it, it.tide(args)).does_no_harm().exits(&[0]);
        let shown = named(ALL);
        said.tells(&if flags.contains(&"json") {
            shown.replace('\\', "\\\\")
        } else {
            shown
        });
    }
}

#[test]
fn a_line_of_ones_own_has_colours_and_tabs_as_they_were_typed() {
    let it = scratch();
    let args = [
        "--format",
        "\x1b[32m{bytes}\x1b[0m\tof {size}",
        "in",
        "null:",
    ];
    it.tide(args)
        .run()
        .exits(0)
        .says("\x1b[32m6\x1b[0m\tof 6\n");
}

#[test]
fn letters_of_any_script_and_plain_backslashes_are_shown_as_they_are() {
    let it = scratch();
    for name in ["Übergröße", "מסמך", "文件 1", "हिन्दी", "🦀", "a\\b\\n"] {
        it.tide([name, "null:"])
            .run()
            .fails_saying(1, &[&format!("opening {name}: ")]);
    }
    // No two names look alike.
    it.tide(["a\nb"])
        .run()
        .fails_saying(1, &["opening a\\u000ab: "]);
    it.tide(["a\\u000ab"])
        .run()
        .fails_saying(1, &["opening a\\\\u000ab: "]);
}

/// What the terminal got is text and the display's own: rows, what erases them, and colours.
#[track_caller]
fn is_harmless(ended: &Ended) {
    let raw = ended.raw.replace("\r\n", "\n");
    let mut pieces = raw.split("\x1b[");
    let first = pieces.next().unwrap_or_default().to_owned();
    let rest = pieces.map(|piece| {
        let (codes, text) =
            piece.split_at(piece.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(0));
        let end = text.chars().next().unwrap_or('?');
        assert!("AJKm".contains(end), "{ended:?}");
        assert!(!codes.contains("95"), "{ended:?}");
        text[1..].to_owned()
    });
    let text = [first].into_iter().chain(rest).collect::<String>();
    let harm = text.find(|c| !['\n', '\r'].contains(&c) && is_unseen(c));
    assert_eq!(harm, None, "{ended:?}");
}

#[test]
fn on_a_terminal_names_are_text_in_rows_summaries_errors_digests_and_explanations() {
    let it = scratch();
    let hostile = "\x1b]0;title\x07\x1b[95ma\u{9b}95m\u{202e}\u{200b}b\x08\x0bc";
    it.write(hostile, vec![7; 300_000]);
    for (line, code) in [
        ("$T -N \"$H\" \"$H\" null:#rate=1M", 0),
        ("$T -N \"$H\" -p line -i 50ms \"$H\" null:#rate=1M", 0),
        ("$T -N \"$H\" -p json -i 50ms \"$H\" null:#rate=1M", 0),
        ("$T -q -t sha256 -t xxh3 \"$H\" null:", 0),
        ("$T \"$H\" \"$H/x\"", 1),
        ("$T \"$H\" null: \"$H\"", 2),
        ("$T --take \"$H\" \"$H\" null:", 2),
        ("TIDEGATE_TAKE=\"5$H\" $T in null:", 2),
        ("$T -N \"$H\" -t \"exec=cat $H\" --explain \"$H\" null:", 0),
        ("$T -t \"exec=exit 3 # $H\" in null:", 1),
        ("$T --tell \"$H\" status", 1),
    ] {
        let ended = it.sh(line).env("H", hostile).on_screen(200, 50).done();
        let ended = ended.exits(code);
        is_harmless(&ended);
    }
}
