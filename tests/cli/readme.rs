//! Every example in the README and in the pages of `docs/` for users is run as it stands there, and what it shows is compared
//! with what comes.
//!
//! In output, numbers and units are masked, so that a capture may be of any machine and day, but not of another form.

use crate::generated::in_tree;
use crate::live::untested;
use crate::tide::{Cmd, Done, Running, Scratch, noise};
use assert_cmd::cargo::cargo_bin;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;

const README: &str = include_str!("../../README.md");
const ENDPOINTS: &str = include_str!("../../docs/endpoints.md");
const MEASURED: &str = include_str!("../../docs/performance.md");

/// The pages with examples, in the order in which they are run.
const PAGES: [&str; 8] = [
    README,
    include_str!("../../docs/install.md"),
    include_str!("../../docs/screen.md"),
    ENDPOINTS,
    include_str!("../../docs/transforms.md"),
    include_str!("../../docs/rate.md"),
    include_str!("../../docs/backpressure.md"),
    include_str!("../../docs/scripts.md"),
];

/// What is said in the pages, and what is run in its place.
const STAND_INS: [(&str, &str); 8] = [
    ("\"$URL\"", "file://$PWD/far/big"),
    ("\"$SHA256\"", "$(sha256sum <far/big | cut -c 1-64)"),
    ("cargo run --release --", "tidegate"), // what it builds and runs is here already
    ("1G", "1M"),                           // the same in less time
    ("100M:5s", "1M:5ms"),
    ("tcp-listen://:9000", "tcp-listen://:0"), // a free port
    ("tcp://receiver:9000", "tcp://127.0.0.1:PORT"), // the port that was announced
    ("& sleep 1;", "& hears $!; sleep 1;"),    // not before it can be asked
];

/// Programs that only the author of the pages has.
const PROGRAMS: [(&str, &str); 5] = [
    ("ssh", "cd far && sh -c \"$2\""),
    ("pg_dump", "seq 1000000"),
    ("slow-uploader", "cat >uploaded"),
    ("process-the-rest", "cat >rest"),
    // Signal 10, SIGUSR1, is bit 9 of those it blocks, and reads.
    (
        "hears",
        "while [ -e /proc/$1 ] && ! (( 0x$(sed -n 's/^SigBlk:\\t//p' /proc/$1/status) & 0x200 )); do :; done",
    ),
];

/// Examples that are not run: `cargo test` is what runs this, and what would be installed is what is tested here.
const NOT_RUN: [&str; 2] = ["cargo test", "cargo install --path ."];

/// Programs that examples need and that may not be there.
const NEEDED: [&str; 2] = ["curl", "jq"];

/// How each example in a `sh` block starts, its exit status, and what must be so afterwards.
const SHELL: [(&str, i32, &str); 36] = [
    ("cargo run", 0, "[[ $ERR = 'tidegate: 1 MiB in '* ]]"),
    (
        "install -D -m 644 man/tidegate.1",
        0,
        "cmp man/tidegate.1 home/.local/share/man/man1/tidegate.1",
    ),
    (
        "install -D -m 644 man/tidegate-endpoints",
        0,
        "cmp man/tidegate-endpoints.7 home/.local/share/man/man7/tidegate-endpoints.7",
    ),
    (
        "install -D -m 644 completions",
        0,
        "cmp completions/tidegate.bash home/.local/share/bash-completion/completions/tidegate",
    ),
    ("tidegate disk.img copy.img", 0, "cmp disk.img copy.img"),
    ("tidegate --resume disk.img", 0, "cmp disk.img copy.img"),
    ("tidegate --resume \"$URL\"", 0, "cmp far/big tool.tar.gz"),
    (
        "tidegate disk.img access.log",
        0,
        "cat disk.img access.log | cmp - whole.img",
    ),
    (
        "tidegate disk.img --tee",
        0,
        "cmp disk.img first.img && cmp disk.img second.img && sha256sum <disk.img | cmp - sums",
    ),
    ("printf 'question' |", 0, "[[ $(cat answer) = QUESTION ]]"),
    ("tidegate -E", 0, "cmp disk.img rescued.img"),
    (
        "tar c src | tidegate | gzip",
        0,
        "tar xzOf src.tar.gz src/file | cmp - src/file",
    ),
    ("curl -fsSL", 0, "cmp far/big tool.tar.gz"),
    ("tar c src | tidegate | ssh", 0, "cmp src/file far/src/file"),
    ("pg_dump db | tidegate -H", 0, "pg_dump db | cmp - uploaded"),
    (
        "tidegate -L 1M",
        0,
        "cmp disk.img copy.img && [[ $OUT = ok && ! -e ctl ]]",
    ),
    (
        "tidegate -L 20M",
        0,
        "cmp disk.img copy.img && [[ $OUT = *ok && ! -e ctl ]]",
    ),
    ("pg_dump db | tidegate -L", 0, "pg_dump db | cmp - uploaded"),
    (
        "{ tidegate --take 512",
        0,
        "cat header.bin rest | cmp - input && [ $(stat -c %s header.bin) = 512 ]",
    ),
    (
        "tidegate -t zstd",
        0,
        "tidegate -t unzstd disk.img.zst | cmp - disk.img",
    ),
    ("tidegate -t decompress", 0, "cmp disk.img restored.img"),
    (
        "tidegate -t sha256",
        0,
        "cmp disk.img copy.img && [[ $OUT = 'copy.img: OK' ]]",
    ),
    (
        "pg_dump db | tidegate -t",
        0,
        "pg_dump db | tr a-z A-Z | cmp - <(gzip -dc dump.gz)",
    ),
    (
        "tidegate 'exec:pg_dump",
        0,
        "pg_dump db | cmp - <(gzip -dc db.sql.gz)",
    ),
    ("tidegate access.log", 141, "[[ $OUT = 1 && -z $ERR ]]"),
    (
        "tidegate --stats",
        0,
        "cmp disk.img copy.img && tail -1 run.ndjson | grep '\"type\":\"end\"'",
    ),
    ("jq -r", 0, "[[ $OUT =~ ^(source|sink|none)$ ]]"),
    ("ssh host 'cat big'", 0, "cmp far/big big && [[ -z $OUT ]]"),
    (
        "tidegate -p line --timestamps",
        0,
        "grep -E '^20[0-9]{2}-[0-9-]+T[0-9:]+Z tidegate: nightly: ' backup.log",
    ),
    (
        "tidegate --plot",
        0,
        "grep -q '</html>' run.html && jq -e '.traceEvents | length > 9' run.json",
    ),
    (
        "tidegate --format '{percent}",
        0,
        "[[ $(tail -n 1 percent.log) = 100 ]] && cmp disk.img copy.img",
    ),
    (
        "tidegate --format '{time}",
        0,
        "grep -E '^20[0-9-]+T[0-9:]+Z 100% done at ' percent.log",
    ),
    (
        "tidegate -p json",
        0,
        "cmp disk.img copy.img && [[ -n $OUT ]]",
    ),
    (
        "tidegate 'random:",
        0,
        "[ $(stat -c %s big) = $((1 << 20)) ]",
    ),
    ("tidegate big 'null:#rate", 0, "[[ -z $OUT$ERR ]]"),
    ("tidegate big 'null:#stall", 0, "[[ -z $OUT$ERR ]]"),
];

/// A command line of a page.
#[derive(Debug)]
struct Example {
    /// What is before the `$`: the machine on which it is typed.
    host: &'static str,
    line: &'static str,
    /// What it shows.
    output: Vec<&'static str>,
}

impl Example {
    fn shows_progress(&self) -> bool {
        let flags = ["-p", "--progress", "-N", "--name"];
        self.line.split(' ').any(|word| flags.contains(&word))
    }

    /// What is run instead, with the port of the peer that listens.
    fn run_as(&self, port: &str) -> String {
        with_stand_ins(self.line, port)
    }

    /// The row that knows it.
    #[track_caller]
    fn known(&self) -> (&'static str, i32, &'static str) {
        let mut rows = SHELL.iter().filter(|row| self.line.starts_with(row.0));
        match (rows.next(), rows.next()) {
            (Some(row), None) => *row,
            _ => panic!("tests/cli/readme.rs does not know this example: {self:?}"),
        }
    }
}

fn with_stand_ins(line: &str, port: &str) -> String {
    let replace = |line: String, (said, run): &(&str, &str)| line.replace(said, run);
    let line = STAND_INS.iter().fold(line.to_owned(), replace);
    line.replace("PORT", port)
}

/// The blocks of code of all pages, each with its language.
fn blocks() -> Vec<(&'static str, Vec<&'static str>)> {
    let mut blocks = Vec::new();
    let mut lines = PAGES.iter().flat_map(|page| page.lines());
    while let Some(line) = lines.next() {
        if let Some(language) = line.trim_start().strip_prefix("```") {
            let content = lines.by_ref().take_while(|line| !line.starts_with("```"));
            blocks.push((language, content.collect()));
        }
    }
    blocks
}

fn examples(language: &str) -> Vec<Example> {
    let mut examples: Vec<Example> = Vec::new();
    for (language, lines) in blocks().into_iter().filter(|block| block.0 == language) {
        for line in lines.into_iter().filter(|line| !line.is_empty()) {
            let (host, line, is_output) = match (language, line.split_once("$ ")) {
                ("sh", _) => ("", line, false),
                (_, Some((host, line))) if ["", "sender", "receiver"].contains(&host) => {
                    (host, line, false)
                }
                _ => ("", line, true),
            };
            if is_output {
                let example = examples.last_mut().expect("output comes after a command");
                example.output.push(line);
            } else {
                let output = Vec::new();
                examples.push(Example { host, line, output });
            }
        }
    }
    examples.retain(|example| !NOT_RUN.contains(&example.line));
    assert!(!examples.is_empty(), "no {language} block in the pages");
    examples
}

/// A directory with everything the examples use.
fn scratch() -> Scratch {
    let it = Scratch::new();
    for directory in ["bin", "src", "far", "sender", "receiver", "home"] {
        fs::create_dir(it.path(directory)).expect("a directory");
    }
    for directory in ["man", "completions"] {
        symlink(in_tree(directory), it.path(directory)).expect("a link");
    }
    symlink(cargo_bin!("tidegate"), it.path("bin/tidegate")).expect("a link");
    for (name, script) in PROGRAMS {
        let path = it.write(&format!("bin/{name}"), format!("#!/bin/bash\n{script}\n"));
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("a program");
    }
    let mebibyte = noise(1 << 20);
    for name in ["src/file", "input", "big", "far/big"] {
        it.write(name, &mebibyte);
    }
    for name in ["disk.img", "sender/disk.img"] {
        it.write(name, mebibyte.repeat(100));
    }
    let numbers: Vec<_> = (1..1_000_000).map(|number| number.to_string()).collect();
    for name in ["access.log", "sender/access.log"] {
        it.write(name, numbers.join("\n"));
    }
    it
}

/// A line of a page, where the programs of the pages are.
fn bash(it: &Scratch, example: &Example, port: &str) -> Cmd {
    let (host, line) = (example.host, example.run_as(port));
    let path = std::env::var("PATH").expect("a PATH");
    let at = it.path("bin");
    it.sh(&format!("set -o pipefail; cd ./{host}\n{line}"))
        .env("PATH", format!("{}:{path}", at.display()))
        .env("HOME", it.path("home"))
}

/// Runs examples of `sh` blocks, in order.
#[track_caller]
fn run_shell(examples: impl IntoIterator<Item = Example>) {
    let it = scratch();
    for example in examples {
        let (_, status, check) = example.known();
        let is_missing = |name: &&str| {
            example.line.contains(&format!("{name} ")) && !it.can(&format!("command -v {name}"))
        };
        if let Some(name) = NEEDED.into_iter().find(is_missing) {
            untested(&format!("no {name} here for {}", example.line));
            continue;
        }
        let done = bash(&it, &example, "").run().exits(status);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
        it.sh(&format!("PATH=$PWD/bin:$PATH; {check}"))
            .env("OUT", text(&done.stdout))
            .env("ERR", text(done.stderr.as_bytes()))
            .run()
            .exits(0);
    }
}

#[test]
fn every_shell_example_in_the_pages_does_what_it_says() {
    let examples = examples("sh").into_iter();
    run_shell(examples.filter(|example| !example.shows_progress()));
}

#[test]
fn every_example_of_progress_in_the_pages_does_what_it_says() {
    let examples = examples("sh").into_iter();
    run_shell(examples.filter(Example::shows_progress));
}

/// The same text for the same form: without numbers, units, plurals, and what depends on the moment.
fn masked(line: &str) -> String {
    if line.starts_with("listening on ") {
        return "listening on #".to_owned();
    }
    let mut masked = String::new();
    for character in line.chars() {
        let is_number = character.is_ascii_digit();
        let goes_on = masked.ends_with('#') && (character == '.' || character == ':');
        if is_number && !masked.ends_with('#') {
            masked.push('#');
        } else if !is_number && !goes_on {
            masked.push(character);
        }
    }
    let alike = [
        ("KiB", "B"),
        ("MiB", "B"),
        ("GiB", "B"),
        ("pauses", "pause"),
        ("drains", "drain"),
        (" (# s in all)", ""),
        ("PAUSED", "flowing"),
        ("paused", "flowing"),
    ];
    alike
        .iter()
        .fold(masked, |line, (from, to)| line.replace(from, to))
}

#[track_caller]
fn looks_like(example: &Example, done: &Done) {
    // Whether a transfer took its time, and what was in its buffers, depends on the machine.
    let of_the_machine = ["slow:", "buffers:", "they absorbed", "a mark of"];
    let is_of_the_machine = |line: &&str| {
        let text = line.strip_prefix("tidegate: ").unwrap_or_default();
        of_the_machine.iter().any(|start| text.starts_with(start))
    };
    let mask = |text: &str| {
        // A line of a summary that is too long goes on in the next one.
        let text = [",", ";"].iter().fold(text.to_owned(), |text, end| {
            text.replace(&format!("{end}\ntidegate: "), &format!("{end} "))
        });
        let lines = text.lines().filter(|line| !is_of_the_machine(line));
        lines.map(masked).collect::<Vec<_>>()
    };
    let (got, shown) = (mask(&done.stderr), mask(&example.output.join("\n")));
    assert_eq!(got, shown, "{}\n{}", example.line, done.stderr);
    assert!(done.stdout.is_empty(), "{}", example.line);
}

/// A tidegate that listens waits for the next example, which is its peer.
#[test]
fn every_screen_in_the_pages_is_what_comes() {
    let it = scratch();
    let mut peer: Option<(Example, Running, String)> = None;
    for example in examples("console") {
        // As at a terminal, which is where these were captured.
        let port = peer.as_ref().map_or("", |peer| &peer.2);
        let cmd = bash(&it, &example, port).env("TIDEGATE_SUMMARY", "always");
        let mut running = cmd.start();
        if example.line.contains("tcp-listen:") {
            let address = running.listening();
            let port = address.rsplit(':').next().expect("a port").to_owned();
            assert!(peer.is_none(), "nobody came to {:?}", peer.map(|it| it.0));
            peer = Some((example, running, port));
            continue;
        }
        looks_like(&example, &running.done().exits(0));
        if let Some((example, running, _)) = peer.take() {
            looks_like(&example, &running.done().exits(0));
        }
    }
    assert!(peer.is_none(), "nobody came to {:?}", peer.map(|it| it.0));
    for name in ["disk.img", "access.log"] {
        let line = format!("cmp sender/{name} receiver/{name}");
        it.sh(&line).run().exits(0);
    }
}

/// The rows that a terminal of 100 columns gets.
fn on_terminal(it: &Scratch, example: &Example, port: &str) -> Vec<String> {
    let line = "script -qec \"stty cols 100 rows 24; $LINE\" /dev/null </dev/null";
    let at = it.path("bin");
    let done = it
        .sh(&format!("PATH=\"{}:$PATH\" {line}", at.display()))
        .env("LINE", example.run_as(port))
        .env("TERM", "xterm")
        .env("LC_ALL", "C.UTF-8")
        .env("NO_COLOR", "1")
        .run()
        .exits(0);
    let seen = String::from_utf8_lossy(&done.stdout).into_owned();
    // An escape sequence ends with its first letter; before the first there is text.
    let texts = format!("\x1b[m{seen}");
    let texts = texts.split('\x1b').map(|text| {
        let text = text.split_once(|it: char| it.is_ascii_alphabetic());
        text.unwrap_or_default().1
    });
    let rows = texts.flat_map(|text| text.split(['\r', '\n']));
    rows.map(bare).collect()
}

/// What is the same in every drawing of a row: no numbers, no filling, no blanks.
fn bare(row: &str) -> String {
    let is_filling = |it: char| matches!(it, '\u{2580}'..='\u{259f}' | '·') || it.is_whitespace();
    let text: String = masked(row).chars().filter(|it| !is_filling(*it)).collect();
    // Where the machine is busy, the loopback is slow at times, and there is more that takes time.
    let on_a_busy_machine = [
        ",network#%",
        "source#%",
        "moving#%",
        "#packetsresent",
        "#packetresent",
    ];
    let text = text.replace("##", "#");
    on_a_busy_machine
        .iter()
        .fold(text, |text, it| text.replace(*it, ""))
}

#[test]
fn every_drawing_in_the_pages_is_what_a_terminal_gets() {
    let it = scratch();
    if !it.can("command -v script") {
        return untested("no script(1) here");
    }
    for example in examples("text") {
        // Whoever is sent to is slow.
        let mut receiver = it
            .tide(["tcp-listen://127.0.0.1:0", "null:#rate=32M"])
            .start();
        let address = receiver.listening();
        let (_, port) = address.rsplit_once(':').expect("a port");
        let rows = on_terminal(&it, &example, port);
        for shown in &example.output {
            // Behind the verdict may stand what else took time.
            let wanted = bare(&with_stand_ins(shown, port));
            let is_drawn = rows.iter().any(|row| row.starts_with(&wanted));
            assert!(is_drawn, "{shown:?} is not in {rows:?}");
        }
    }
}

#[test]
fn nothing_is_kept_for_examples_that_the_pages_no_longer_have() {
    let (shell, screens) = (examples("sh"), examples("console"));
    let drawings = examples("text");
    let said = |what: &str| {
        let mut examples = shell.iter().chain(&screens).chain(&drawings);
        examples.any(|example| example.line.contains(what) || example.run_as("").contains(what))
    };
    for (what, _) in STAND_INS.iter().chain(&PROGRAMS) {
        assert!(said(what), "{what}");
    }
    for (start, _, _) in SHELL {
        let known = |example: &Example| example.known().0 == start;
        assert_eq!(shell.iter().filter(|it| known(it)).count(), 1, "{start}");
    }
    let all = blocks();
    for line in NOT_RUN {
        assert!(all.iter().any(|block| block.1.contains(&line)), "{line}");
    }
    for (language, _) in all {
        let is_known = ["sh", "console", "text"].contains(&language);
        assert!(is_known, "a block of {language:?}: nothing would run it");
    }
}

#[test]
fn the_readme_is_short() {
    let words = README.split_whitespace().count();
    assert!(words <= 1_300, "{words} words");
}

/// The rows of the first table behind a heading, each by its columns.
fn table(page: &str, heading: &str) -> Vec<Vec<String>> {
    let (_, section) = page.split_once(heading).expect("a section");
    let lines = section.lines().skip_while(|line| !line.starts_with("| -"));
    let rows = lines.skip(1).take_while(|line| line.starts_with('|'));
    rows.map(|row| {
        let columns = row.replace("\\|", "\0");
        let columns = columns.trim_matches('|').split('|');
        columns.map(|it| it.trim().to_owned()).collect()
    })
    .collect()
}

#[test]
fn the_readme_says_of_the_speed_of_others_only_what_was_measured() {
    let measured = table(MEASURED, "# Performance\n");
    let mut rows: Vec<Vec<String>> = Vec::new();
    for mut row in measured {
        // Below a row of the same route.
        if row[0].is_empty() {
            row[0].clone_from(&rows.last().expect("a row before")[0]);
        }
        rows.push(row);
    }
    let said = table(README, "\n## Speed\n");
    assert_eq!(said.len(), 3);
    for row in said {
        assert!(rows.iter().any(|it| it[..3] == row[..3]), "{row:?}");
    }
}

#[test]
fn every_flag_that_stands_for_one_of_another_tool_exists() {
    let help = Scratch::new().tide(["--help"]).run().exits(0);
    let help = String::from_utf8(help.stdout).expect("help is UTF-8");
    let rows = table(README, "\n## Coming from pv, mbuffer, nc, dd\n");
    assert!(rows.len() > 10);
    for row in rows {
        let ours = if row[1] == "the same" {
            &row[0]
        } else {
            &row[1]
        };
        let words = ours.split(|it: char| it.is_whitespace() || "`,'".contains(it));
        for flag in words.filter(|it| it.starts_with('-') && it.len() > 1) {
            let is_there = [" ", ","].map(|end| help.contains(&format!(" {flag}{end}")));
            assert!(is_there.contains(&true), "{flag}");
        }
    }
}

/// The pages for people, and what is in them, by their paths in the tree.
fn all_pages() -> Vec<(PathBuf, String)> {
    let docs = fs::read_dir(in_tree("docs")).expect("pages");
    let docs = docs.map(|it| it.expect("a page").path());
    let pages = docs.filter(|path| path.extension().is_some_and(|it| it == "md"));
    let pages = pages.chain([in_tree("README.md")]);
    pages
        .map(|path| (path.clone(), fs::read_to_string(path).expect("a page")))
        .collect()
}

/// What a page points to.
fn targets(page: &str) -> impl Iterator<Item = &str> {
    let targets = page.split("](").skip(1);
    let targets = targets.map(|it| it.split(')').next().unwrap_or_default());
    targets.filter(|it| !it.starts_with("https://"))
}

/// The part of an address by which a heading is pointed to.
fn anchor(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = text
        .chars()
        .filter(|it| it.is_alphanumeric() || " -".contains(*it));
    kept.collect::<String>().replace(' ', "-")
}

#[test]
fn what_the_pages_point_to_is_there() {
    for (path, page) in all_pages() {
        for target in targets(&page) {
            let (file, heading) = target.split_once('#').unwrap_or((target, ""));
            let to = path.parent().expect("a directory").join(file);
            assert!(to.exists(), "{}: {target}", path.display());
            if heading.is_empty() {
                continue;
            }
            let text = fs::read_to_string(to).expect("a page");
            let mut headings = text.lines().filter(|line| line.starts_with('#'));
            assert!(headings.any(|it| anchor(it) == heading), "{target}");
        }
    }
}

#[test]
fn every_page_is_pointed_to_by_the_readme() {
    for (path, _) in all_pages() {
        let is_target = |target: &str| in_tree(target) == path;
        let is_readme = path == in_tree("README.md");
        assert!(
            is_readme || targets(README).any(is_target),
            "{}",
            path.display()
        );
    }
}

#[test]
fn every_endpoint_option_in_the_pages_exists() {
    let help = Scratch::new().tide(["--help"]).run().exits(0);
    let help = String::from_utf8(help.stdout).expect("help is UTF-8");
    for row in table(ENDPOINTS, "# Endpoints") {
        let options = row.last().expect("the last column");
        for option in options.split('`').skip(1).step_by(2) {
            assert!(help.contains(&format!("    #{option}")), "{option}");
        }
    }
}
