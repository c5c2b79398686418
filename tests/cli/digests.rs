//! A digest that was asked for is never lost: whatever else is said, it is shown once, and a file for it that could not
//! be written is no success.

use crate::tide::Scratch;

/// Each transform that makes a digest, its digest of `hello`, and how a line of it is written.
const SUMS: [(&str, &str, &str); 6] = [
    (
        "sha256",
        "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
        "HEX  NAME",
    ),
    (
        "sha512",
        "9b71d224bd62f3785d96d46ad3ea3d73319bfbc2890caadae2dff72519673ca72323c3d99ba5c11d7c7acc6e14b8c5da0c4663475c2e5c3adef46f73bcdec043",
        "HEX  NAME",
    ),
    (
        "blake3",
        "ea8f163db38682925e4491c5e58d4bb3506ef8c14eb78a86e908c5624a67200f",
        "HEX  NAME",
    ),
    ("md5", "5d41402abc4b2a76b9719d911017c592", "HEX  NAME"),
    ("crc32", "3610a686", "HEX  NAME"),
    ("xxh3", "9555e8555c62dcfd", "XXH3 (NAME) = HEX"),
];

fn scratch() -> Scratch {
    let it = Scratch::new();
    it.write("in", "hello");
    it
}

#[test]
fn a_digest_that_nothing_else_shows_is_a_line_as_the_tools_write_it() {
    for (name, hex, form) in SUMS {
        for (line, file) in [
            ("in out", "out"),
            ("-q in out", "out"),
            ("--summary never in out", "out"),
            ("-p none - out <in", "out"),
            ("in - >taken", "in"),
            ("- - <in >taken", "-"),
            ("- null: <in", "-"),
            ("in out 2>said; cat said >&2", "out"),
        ] {
            let it = scratch();
            let done = it.sh(&format!("$T -t {name} {line}")).run().exits(0);
            let expected = form.replace("HEX", hex).replace("NAME", file);
            done.says(&format!("{expected}\n"));
        }
    }
}

#[test]
fn several_digests_are_a_line_each_and_the_tool_checks_what_was_said() {
    let it = scratch();
    let done = it.sh("$T -q -t sha256 -t md5 in out").run().exits(0);
    let (sha256, md5) = (SUMS[0].1, SUMS[3].1);
    done.says(&format!("{sha256}  out\n{md5}  out\n"));
    it.sh("$T -q -t sha256 in 'a name' 2>sums && sha256sum -c --quiet sums")
        .run()
        .succeeds();
}

#[test]
fn a_digest_is_not_shown_twice() {
    for (line, count) in [
        ("--summary always in out", 1),
        ("-v in out", 1),
        ("-p line in out", 1),
        ("-q -p line in out", 1),
        ("-p json in out", 1),
        ("-p json --summary always in out", 2),
        ("--digest-file sums in out", 0),
        ("-q --digest-file sums in out", 0),
        ("--digest-file - in out", 0),
        ("--stats s in out", 0),
        ("--plot p.svg in out", 1),
    ] {
        let it = scratch();
        let done = it.sh(&format!("$T -t sha256 {line}")).run().exits(0);
        let shown = done.stderr.matches(SUMS[0].1).count();
        assert_eq!(shown, count, "{line}: {}", done.stderr);
    }
}

#[test]
fn a_digest_that_was_compared_and_one_of_a_failure_are_not_announced() {
    let it = scratch();
    let hex = SUMS[0].1;
    it.sh(&format!("$T -t sha256={hex} in out"))
        .run()
        .succeeds();
    let done = it.sh("$T -t sha256 in /dev/full").run();
    done.fails_saying(1, &["writing to /dev/full"]);
    let done = it.sh("$T -t sha256 --expect-size 9 in out").run();
    done.fails_saying(3, &["--expect-size"]);
}

#[test]
fn a_digest_that_could_not_be_written_is_a_failure_that_names_the_file_and_shows_it() {
    for (line, why) in [
        ("--digest-file /dev/full in out", "/dev/full: No space left"),
        (
            "-q --digest-file /dev/full in out",
            "/dev/full: No space left",
        ),
        ("--digest-file - in out", "-: Broken pipe"),
        (
            "--digest-file fd:3 in out 3</dev/null",
            "fd:3: Bad file descriptor",
        ),
    ] {
        let it = scratch();
        let (reader, nobody_reads) = std::io::pipe().expect("a pipe");
        drop(reader);
        let cmd = it.sh(&format!("$T -t sha256 {line}"));
        let done = cmd.stdout(nobody_reads).run().exits(1);
        let (failure, digest) = done.stderr.split_once('\n').expect("two lines");
        let named = format!("tidegate: writing --digest-file {why}");
        assert!(failure.starts_with(&named), "{failure}");
        assert!(failure.ends_with("; 5 bytes delivered"), "{failure}");
        assert_eq!(digest, format!("{}  out\n", SUMS[0].1));
        assert_eq!(it.read("out"), b"hello");
    }
}
