//! Every example of the man pages, run as it stands there, but for hosts and sizes.

use crate::generated::man_pages;
use crate::real_peers::is_here;
use crate::tide::{Done, Running, Scratch, noise};
use std::fs;
use std::os::unix::fs::PermissionsExt;

/// What an example is known by, and what must be true after it; `$OUT` holds what it printed.
const EXAMPLES: [(&str, &str); 17] = [
    ("--duplex tcp://", "cmp disk.img $OUT"),
    ("--tee", "cmp db.sql disk.img && cmp far/db.sql disk.img"),
    ("ssh host", "cmp src/big far/src/big"),
    ("pg_dump", "gzip -dc db.sql.gz | cmp - disk.img"),
    (
        "--take 512",
        "cmp -n 512 header.bin disk.img && gzip -dc rest.gz | cat header.bin - | cmp - disk.img",
    ),
    ("#retry=30", "cmp disk.img far/disk.img"),
    ("nc -N", "cmp disk.img far/copy.img"),
    ("mkfifo", "cmp disk.img copy.img"),
    ("tls-listen://", "cmp disk.img far/disk.img"),
    ("- null:#rate=", "true"),
    ("#stall=", "true"),
    ("./program", "test \"$(cat $OUT)\" = 3145728"),
    ("exec:pg_dump", "gzip -dc db.sql.gz | cmp - disk.img"),
    ("exec:ssh", "cmp src/big far/src/big"),
    (
        "--explain",
        "grep -q 'does not exist' $OUT && ! test -e copy.img",
    ),
    (
        "case $?",
        "test \"$(cat $OUT)\" = complete && cmp disk.img out.bin",
    ),
    (
        "tail -n 1",
        "test \"$(cat $OUT)\" = 'complete, bound by sink'",
    ),
];

/// What is too large or far away here, and what stands for it.
const SMALLER: [(&str, &str); 5] = [
    ("40G", "4M"),
    ("from=192.0.2.7", "from=127.0.0.1"),
    ("1G", "3M"),
    ("16M:2s", "1M:50ms"),
    ("nc -N receiver 9000", "nc -N 127.0.0.1 PORT"),
];

/// Programs that an example calls and that do something else here.
const STAND_INS: [(&str, &str); 3] = [
    ("bin/ssh", "#!/bin/sh\nshift; cd far && sh -c \"$*\"\n"),
    ("bin/pg_dump", "#!/bin/sh\ncat disk.img\n"),
    ("program", "#!/bin/sh\nwc -c\n"),
];

fn scratch() -> Scratch {
    let it = Scratch::new();
    for directory in ["bin", "src", "far"] {
        fs::create_dir(it.path(directory)).expect("a directory");
    }
    it.write("src/big", noise(3_000_000));
    it.write("disk.img", noise(4 << 20));
    for (name, text) in STAND_INS {
        let path = it.write(name, text);
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("permissions");
    }
    it.sh("ln -s \"$T\" bin/tidegate").run().succeeds();
    it
}

/// The indented blocks of the sections of that name, as they would be typed.
fn examples(pages: &str) -> Vec<String> {
    let sections = pages.split("\n.SH EXAMPLES\n").skip(1);
    let sections = sections.map(|it| it.split_once("\n.SH ").expect("more sections").0);
    let blocks = sections.flat_map(|it| it.split(".nf\n").skip(1));
    let blocks = blocks.map(|it| it.split_once("\n.fi").expect("an end").0);
    blocks
        .map(|block| {
            let plain = block.replace("\\*(Aq", "'").replace("\\-", "-");
            plain.replace("\\&", "").replace("\\\\", "\\")
        })
        .collect()
}

fn with(it: &Scratch, line: &str) -> crate::tide::Cmd {
    let path = std::env::var("PATH").unwrap_or_default();
    let bin = it.path("bin");
    it.sh(line).env("PATH", format!("{}:{path}", bin.display()))
}

/// Starts the other end of a connection; returns it and where it listens.
fn peer(it: &Scratch, line: &str) -> (Running, String) {
    let mut peer = with(it, line).start();
    let address = peer.listening();
    (peer, address)
}

fn run(it: &Scratch, block: &str) -> Done {
    if block.contains("tcp://host:9000") {
        let (peer, address) = peer(it, "tidegate disk.img tcp-listen://127.0.0.1:0");
        let done = with(it, &block.replace("host:9000", &address)).run();
        peer.done().exits(0);
        return done;
    }
    with(it, &format!("set -eo pipefail\n{block}")).run()
}

/// An example of two blocks, one for each machine.
fn run_both(it: &Scratch, receiver: &str, sender: &str) -> Done {
    let receiver = receiver.replace("//:9000", "//127.0.0.1:0");
    let mut peer = with(it, &format!("cd far\n{receiver}")).start();
    let said = peer.line();
    let address = said.split(' ').nth(2).expect("an address").trim_end();
    let port = address.rsplit(':').next().expect("a port");
    let pin = said.split("(pin ").nth(1).unwrap_or_default();
    let sender = sender.replace("receiver:9000", address);
    let sender = sender.replace("sha256:0f1e...", pin.trim_end().trim_end_matches(')'));
    let done = with(it, &sender.replace("PORT", port)).run();
    peer.done().exits(0);
    done
}

#[test]
fn every_example_of_the_man_pages_does_what_it_says() {
    let here = ["nc", "jq"].map(is_here);
    let all = examples(&man_pages()).join("\n\n");
    let small = SMALLER.iter().fold(all, |text, (large, small)| {
        assert!(text.contains(large), "no example has {large}");
        text.replace(large, small)
    });
    let mut blocks = small.split("\n\n");
    let mut left: Vec<_> = EXAMPLES.iter().collect();
    while let Some(block) = blocks.next() {
        let sender = if block.starts_with("# on the receiver") {
            blocks.next()
        } else {
            None
        };
        let whole = format!("{block}\n{}", sender.unwrap_or_default());
        let known = left.iter().position(|(key, _)| whole.contains(key));
        let (_, check) = left.remove(known.unwrap_or_else(|| panic!("untested: {whole}")));
        if (whole.contains("nc -N") && !here[0]) || (whole.contains("jq") && !here[1]) {
            continue;
        }
        let it = scratch();
        let done = match sender {
            Some(sender) => run_both(&it, block, sender),
            None => run(&it, block),
        };
        let done = done.exits(0);
        it.write("printed", &done.stdout);
        let check = it.sh(check).env("OUT", "printed").run();
        assert_eq!(check.code(), 0, "{whole}\n{done:?}\n{check:?}");
    }
    assert!(left.is_empty(), "no example has these: {left:?}");
}
